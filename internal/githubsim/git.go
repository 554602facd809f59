package githubsim

import (
	"crypto/sha1" //nolint:gosec // git's object ids are SHA-1
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"sort"
	"strconv"
	"strings"
	"sync"
	"time"
)

// The modes of git tree entries.
const (
	ModeFile      = "100644"
	ModeExec      = "100755"
	ModeSymlink   = "120000"
	ModeSubmodule = "160000"
	modeTree      = "040000"
)

// File is what a commit does to one path.
type File struct {
	// Content is the file's bytes; for a symbolic link its target, for a
	// submodule the id of the commit.
	Content string
	// Mode is one of the Mode constants; "" is a regular file.
	Mode string
	// Gone removes the path.
	Gone bool
}

// Text is a regular file.
func Text(content string) File { return File{Content: content} }

// Exec is an executable file.
func Exec(content string) File { return File{Content: content, Mode: ModeExec} }

// Symlink is a symbolic link to target.
func Symlink(target string) File { return File{Content: target, Mode: ModeSymlink} }

// Submodule is a submodule at the commit oid.
func Submodule(oid string) File { return File{Content: oid, Mode: ModeSubmodule} }

// Removed takes the path away.
func Removed() File { return File{Gone: true} }

// entry is an entry of a tree.
type entry struct {
	Name string
	Mode string
	OID  string
}

func (e *entry) kind() string {
	switch e.Mode {
	case modeTree:
		return "tree"
	case ModeSubmodule:
		return "commit"
	default:
		return "blob"
	}
}

// commit is a git commit.
type commit struct {
	OID       string
	Tree      string
	Parents   []string
	Author    *User
	Committer *User
	At        time.Time
	Message   string
	seq       int64 // order of creation: ties of the clock are usual
}

// objects is the object store of a repository and all its forks.
type objects struct {
	blobs   map[string]string
	trees   map[string][]*entry
	commits map[string]*commit

	mu    sync.Mutex // guards the caches below, which readers fill
	bases map[[2]string]string
	diffs map[[2]string][]*change
	apart map[[2]string][]*commit
}

func newObjects() *objects {
	g := &objects{
		blobs:   map[string]string{},
		trees:   map[string][]*entry{},
		commits: map[string]*commit{},
		bases:   map[[2]string]string{},
		diffs:   map[[2]string][]*change{},
		apart:   map[[2]string][]*commit{},
	}
	g.trees[g.writeTree(nil)] = nil
	return g
}

// BlobID is the git object id of a blob with this content.
func BlobID(content string) string { return objectID("blob", content) }

func objectID(kind, data string) string {
	h := sha1.New() //nolint:gosec // git's object ids are SHA-1
	h.Write([]byte(kind + " " + strconv.Itoa(len(data)) + "\x00" + data))
	return hex.EncodeToString(h.Sum(nil))
}

func (g *objects) writeBlob(content string) string {
	oid := BlobID(content)
	g.blobs[oid] = content
	return oid
}

func (g *objects) writeTree(entries []*entry) string {
	// git sorts folders as if their names ended in a slash
	key := func(e *entry) string {
		if e.Mode == modeTree {
			return e.Name + "/"
		}
		return e.Name
	}
	sort.Slice(entries, func(i, j int) bool { return key(entries[i]) < key(entries[j]) })
	var b strings.Builder
	for _, e := range entries {
		raw, err := hex.DecodeString(e.OID)
		if err != nil {
			raw = make([]byte, sha1.Size)
		}
		b.WriteString(strings.TrimPrefix(e.Mode, "0") + " " + e.Name + "\x00" + string(raw))
	}
	oid := objectID("tree", b.String())
	g.trees[oid] = entries
	return oid
}

// apply writes a tree that is like tree but for the changes by path; a nil entry removes.
func (g *objects) apply(tree string, changes map[string]*entry) string {
	here := map[string]*entry{}
	for _, e := range g.trees[tree] {
		here[e.Name] = e
	}
	below := map[string]map[string]*entry{}
	for path, e := range changes {
		dir, rest, nested := strings.Cut(path, "/")
		switch {
		case nested:
			if below[dir] == nil {
				below[dir] = map[string]*entry{}
			}
			below[dir][rest] = e
		case e == nil:
			delete(here, path)
		default:
			here[path] = &entry{Name: path, Mode: e.Mode, OID: e.OID}
		}
	}
	for dir, sub := range below {
		old := ""
		if e := here[dir]; e != nil && e.Mode == modeTree {
			old = e.OID
		}
		oid := g.apply(old, sub)
		switch {
		case len(g.trees[oid]) > 0:
			here[dir] = &entry{Name: dir, Mode: modeTree, OID: oid}
		case here[dir] != nil && here[dir].Mode == modeTree:
			delete(here, dir)
		}
	}
	return g.writeTree(slices.Collect(maps.Values(here)))
}

// files turns what a commit does into tree entries, writing the blobs.
func (g *objects) files(files map[string]File) map[string]*entry {
	out := make(map[string]*entry, len(files))
	for path, f := range files {
		switch {
		case f.Gone:
			out[path] = nil
		case f.Mode == ModeSubmodule:
			out[path] = &entry{Mode: ModeSubmodule, OID: f.Content}
		default:
			mode := f.Mode
			if mode == "" {
				mode = ModeFile
			}
			out[path] = &entry{Mode: mode, OID: g.writeBlob(f.Content)}
		}
	}
	return out
}

func (g *objects) writeCommit(c *commit) *commit {
	var b strings.Builder
	b.WriteString("tree " + c.Tree + "\n")
	for _, p := range c.Parents {
		b.WriteString("parent " + p + "\n")
	}
	fmt.Fprintf(&b, "author %s %d +0000\ncommitter %s %d +0000\n\n%s", c.Author.ident(), c.At.Unix(), c.Committer.ident(), c.At.Unix(), c.Message)
	c.OID = objectID("commit", b.String())
	if old := g.commits[c.OID]; old != nil {
		return old
	}
	c.seq = int64(len(g.commits))
	g.commits[c.OID] = c
	return c
}

// tree returns the tree id of a commit or of a tree, "" if there is none.
func (g *objects) tree(oid string) string {
	if c := g.commits[oid]; c != nil {
		return c.Tree
	}
	if _, ok := g.trees[oid]; ok {
		return oid
	}
	return ""
}

// find returns the entry of a path in a tree; the tree itself for "".
func (g *objects) find(tree, path string) *entry {
	e := &entry{Mode: modeTree, OID: tree}
	for path != "" {
		if e.Mode != modeTree {
			return nil
		}
		var name string
		name, path, _ = strings.Cut(path, "/")
		i := slices.IndexFunc(g.trees[e.OID], func(x *entry) bool { return x.Name == name })
		if i < 0 {
			return nil
		}
		e = g.trees[e.OID][i]
	}
	return e
}

// ancestors returns a commit and all it descends from.
func (g *objects) ancestors(oid string) map[string]bool {
	seen := map[string]bool{}
	for todo := []string{oid}; len(todo) > 0; {
		last := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		if c := g.commits[last]; c != nil && !seen[last] {
			seen[last] = true
			todo = append(todo, c.Parents...)
		}
	}
	return seen
}

// mergeBase returns the best common ancestor, "" if there is none.
func (g *objects) mergeBase(a, b string) string {
	g.mu.Lock()
	defer g.mu.Unlock()
	key := [2]string{a, b}
	if base, ok := g.bases[key]; ok {
		return base
	}
	of, best := g.ancestors(a), ""
	// Walking from the newest, the first common commit cannot be an ancestor of another one.
	for oid := range g.ancestors(b) {
		if of[oid] && (best == "" || g.commits[oid].seq > g.commits[best].seq) {
			best = oid
		}
	}
	g.bases[key] = best
	return best
}

// between lists the commits of head that base does not have, oldest first.
// Nobody may change the list: it is kept.
func (g *objects) between(base, head string) []*commit {
	g.mu.Lock()
	defer g.mu.Unlock()
	key := [2]string{base, head}
	if out, ok := g.apart[key]; ok {
		return out
	}
	old := g.ancestors(base)
	var out []*commit
	for oid := range g.ancestors(head) {
		if !old[oid] {
			out = append(out, g.commits[oid])
		}
	}
	sort.Slice(out, func(i, j int) bool { return out[i].seq < out[j].seq })
	g.apart[key] = out
	return out
}

// toMerge is what changed from base to theirs; conflicts are the paths that ours
// changed differently. It writes nothing, so readers may ask.
func (g *objects) toMerge(base, ours, theirs string) (todo map[string]*entry, conflicts []string) {
	mine := map[string]*change{}
	for _, c := range g.rawDiff(base, ours) {
		mine[c.Path] = c
	}
	todo = map[string]*entry{}
	for _, c := range g.rawDiff(base, theirs) {
		if m := mine[c.Path]; m != nil && !sameEntry(m.After, c.After) {
			conflicts = append(conflicts, c.Path)
		}
		todo[c.Path] = c.After
	}
	return todo, conflicts
}

// merge writes the tree of ours with what changed from base to theirs.
func (g *objects) merge(base, ours, theirs string) (tree string, conflicts []string) {
	todo, conflicts := g.toMerge(base, ours, theirs)
	return g.apply(ours, todo), conflicts
}
