package policy

import (
	"cmp"
	"slices"

	"go.yaml.in/yaml/v4"
)

// Input is the text of the policy files, and what they are called in problems.
type Input struct {
	// File is the name of the repository's file in problems; default .github/slagate.yml.
	File string
	// Text of the repository's file; nil: there is none. An empty file is not nil.
	Text []byte
	// OwnerFile is the name of the owner default in problems; default slagate.yml.
	OwnerFile string
	// OwnerText is the owner default; nil: there is none.
	OwnerText []byte
	// Owner is the login of the repository's owner, whose teams alone may be named;
	// empty: not known, not checked.
	Owner string
}

// Loaded is a policy, or what is wrong with it. With neither file there is
// neither: Exists is false.
type Loaded struct {
	// Policy is nil if there is no file, or a problem in any.
	Policy *Policy
	// Problems of both files, the owner default's first, each by place.
	Problems []Problem
	// Warnings are valid but probably not meant; they break nothing.
	Warnings []Problem
	// HasRepo and HasOwner say which files there are.
	HasRepo  bool
	HasOwner bool
}

// Exists reports whether there is a policy at all, broken or not.
func (l Loaded) Exists() bool { return l.HasRepo || l.HasOwner }

// Broken reports whether there is a policy that cannot be used.
func (l Loaded) Broken() bool { return l.Exists() && l.Policy == nil }

// Load reads the owner default and the repository's file, checks both, and
// puts them together. It is total: whatever the bytes are, it gives a policy
// or at least one problem, except where there is no file.
func Load(in Input) Loaded {
	out := Loaded{HasRepo: in.Text != nil, HasOwner: in.OwnerText != nil}
	var owner, repo *draft
	if out.HasOwner {
		owner = read(cmp.Or(in.OwnerFile, "slagate.yml"), in.OwnerText)
		owner.check(nil, in.Owner)
		out.take(owner)
	}
	if out.HasRepo {
		repo = read(cmp.Or(in.File, ".github/slagate.yml"), in.Text)
		repo.check(owner, in.Owner)
		out.take(repo)
	}
	if len(out.Problems) == 0 && out.Exists() {
		out.Policy = combine(owner, repo)
	}
	return out
}

func (l *Loaded) take(d *draft) {
	l.Problems = append(l.Problems, d.sorted()...)
	l.Warnings = append(l.Warnings, d.warnings.sorted()...)
}

// maxDeclared is how many names of functions are kept to compare others with.
const maxDeclared = 1000

// draft is one file between its text and the policy: the parts of it that are
// well formed, and the problems found so far.
type draft struct {
	*reporter
	warnings reporter
	raw      rawPolicy
	hurt     map[*yaml.Node]bool
	// declared are the names of all functions that the file mentions as its own,
	// whether or not they are well formed.
	declared []string
	// blind: which functions there are cannot be told, so nothing is said
	// about unknown ones.
	blind bool
}

// read takes the text apart as far as its structure is right.
func read(file string, text []byte) *draft {
	d := &draft{reporter: &reporter{file: file}, warnings: reporter{file: file}, blind: true}
	root := parse(text, d.reporter)
	if root == nil {
		return d
	}
	shaper := newShaper(d.reporter)
	clean := shaper.check(root, fileSchema(), wholeFile)
	if clean == nil {
		return d
	}
	d.hurt = shaper.hurt
	if err := clean.Decode(&d.raw); err != nil {
		// The shape was checked; this is a difference between it and the Go types.
		d.place(root.Line, root.Column, "", "cannot be read: "+err.Error(), nil)
		return d
	}
	functions := child(root, "functions")
	d.blind = functions == nil && d.hurt[clean]
	if functions != nil && functions.Kind == yaml.MappingNode {
		for i := 0; i < min(len(functions.Content), 2*maxDeclared); i += 2 {
			d.declared = append(d.declared, functions.Content[i].Value)
		}
	}
	return d
}

// child is the value under a key of a mapping; nil if there is none.
func child(n *yaml.Node, key string) *yaml.Node {
	for i := 0; i+1 < len(n.Content) && n.Kind == yaml.MappingNode; i += 2 {
		if n.Content[i].Value == key {
			return n.Content[i+1]
		}
	}
	return nil
}

// function finds a well-formed function of a draft by name; a nil draft has none.
func (d *draft) function(name string) (rawFunction, bool) {
	if d == nil {
		return rawFunction{}, false
	}
	i := slices.IndexFunc(d.raw.Functions, func(f rawNamedFunction) bool { return f.Name.Text == name })
	if i < 0 {
		return rawFunction{}, false
	}
	return d.raw.Functions[i].Function, true
}
