// Package objective is what the formats of service level objectives (OpenSLO, Sloth,
// Pyrra and their kin) have in common: the walk over the documents of a file, fields
// with their lines, labels of alerts, and queries in one canonical spelling.
//
// Its one idea: these formats differ in where a value stands, hardly in what it means.
// So a format names its keys and says which [commitment.Role] each has; what is a
// share, a window, a query or a label that silences is decided here, once.
//
// A further format of objectives is a package of its own that hands a take function
// to [Read]. This package refuses to know any format by name, and to judge.
package objective

import (
	"fmt"
	"slices"

	"github.com/slagate/slagate/internal/commitment"
	"github.com/slagate/slagate/internal/commitment/source"
)

// Found collects what is found in one file.
type Found struct {
	parsed  commitment.Parsed
	from    commitment.Source
	queries map[string]Measured
	full    bool
}

// Read walks the items of a file: its documents, or the entries of those that are
// lists. take reads one item and reports whether it is of the format. sure says that
// the file is of the format by its very text: then it counts as such even if nothing of
// it can be read, so that it is never silence.
func Read(path string, src []byte, sure bool, take func(f *Found, item source.Node) bool) commitment.Parsed {
	file := source.YAML(path, src)
	f := &Found{
		from:    commitment.Source{File: path, Template: file.Template, Generated: file.Generated},
		queries: map[string]Measured{},
	}
	for _, doc := range file.Documents {
		for _, item := range items(doc.Root) {
			if take(f, item) {
				f.parsed.Mine = true
			}
		}
	}
	if sure && file.Whole() {
		f.parsed.Mine = true
	}
	if !f.parsed.Mine {
		return commitment.Parsed{}
	}
	f.parsed.Problems = append(file.Problems, f.parsed.Problems...)
	return f.parsed
}

// items are the objects of a document: itself, the entries of a list, the items of a
// Kubernetes List.
func items(root source.Node) []source.Node {
	if root.IsList() {
		return root.Items()
	}
	if root.Get("kind").Text() == "List" && root.Get("items").IsList() {
		return root.Get("items").Items()
	}
	return []source.Node{root}
}

// Path is the file that is read.
func (f *Found) Path() string { return f.from.File }

// Add adds a commitment that stands at a node. What is beyond the limit of a file is
// counted by nobody: one problem says so.
func (f *Found) Add(at source.Node, c commitment.Commitment) {
	if len(f.parsed.Commitments) >= commitment.MaxItems {
		if !f.full {
			f.full = true
			f.Problem(at, "it holds more than %d commitments, the rest was not read", commitment.MaxItems)
		}
		return
	}
	slices.Sort(c.Uses)
	c.Uses = slices.DeleteFunc(slices.Compact(c.Uses), func(name string) bool { return name == "" })
	c.Source = f.from
	c.Source.Line = at.Line()
	if f.from.Template {
		c.Caveats = append(c.Caveats, "read without rendering the template")
	}
	f.parsed.Commitments = append(f.parsed.Commitments, c)
}

// Problem notes what could not be read at a node.
func (f *Found) Problem(at source.Node, format string, args ...any) {
	f.parsed.Problems = append(f.parsed.Problems, commitment.Problem{Line: at.Line(), Text: fmt.Sprintf(format, args...)})
}

// Fields are the values of a commitment, in the order in which they were added. A
// node that is not there adds nothing.
type Fields []commitment.Field

// Reader reads the text of a value.
type Reader func(text string) commitment.Value

// Put adds a value that stands at a node.
func (f *Fields) Put(name string, role commitment.Role, better commitment.Better, at source.Node, v commitment.Value) {
	if v.Exists() {
		*f = append(*f, commitment.Field{Name: name, Role: role, Value: v, Better: better, Line: at.Line()})
	}
}

// Read adds a node as read reads it.
func (f *Fields) Read(name string, role commitment.Role, better commitment.Better, n source.Node, read Reader) {
	f.Put(name, role, better, n, n.As(read))
}

// Text adds a text as it stands there; white space in it means nothing.
func (f *Fields) Text(name string, role commitment.Role, n source.Node) {
	if n.IsNull() {
		return
	}
	text := n.Shown()
	if !n.IsScalar() {
		text = n.String()
	}
	f.Put(name, role, commitment.Neither, n, commitment.Words(Squeeze(text)))
}

// Flag adds a switch: absent counts as byDefault.
func (f *Fields) Flag(name string, role commitment.Role, n source.Node, byDefault bool) {
	on, ok := n.Bool()
	v := commitment.Unread(n.Shown())
	switch {
	case n.IsNull():
		v = commitment.Switch("", byDefault)
	case ok:
		v = commitment.Switch(n.Shown(), on)
	}
	if v.Num != nil && role == commitment.RoleRank {
		v.Unit = commitment.Rank
	}
	*f = append(*f, commitment.Field{Name: name, Role: role, Value: v, Line: n.Line()})
}

// Off adds something that is on unless one of the keys says that it is disabled.
func (f *Fields) Off(name string, n source.Node, keys ...string) {
	for _, key := range keys {
		at := n.Get(key)
		if at.IsNull() {
			continue
		}
		v := commitment.Unread(key + ": " + at.Shown())
		if off, ok := at.Bool(); ok {
			v = commitment.Switch(v.Text, !off)
		}
		f.Put(name, commitment.RoleEnabled, commitment.Neither, at, v)
		return
	}
	f.Absent(name, commitment.RoleEnabled, commitment.Neither, commitment.Switch("", true))
}

// Absent adds the value that counts where the file says nothing.
func (f *Fields) Absent(name string, role commitment.Role, better commitment.Better, v commitment.Value) {
	v.Text = ""
	*f = append(*f, commitment.Field{Name: name, Role: role, Value: v, Better: better})
}
