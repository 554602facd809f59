package githubsim

import (
	"bytes"
	"fmt"
	"path"
	"sort"
	"strings"
)

// change is one changed path between two trees.
type change struct {
	Path     string
	Previous string // of a rename
	Before   *entry
	After    *entry
	Status   string // REST's word: added, removed, modified, renamed, changed
	Added    int
	Deleted  int
	Patch    string
}

func sameEntry(a, b *entry) bool {
	if a == nil || b == nil {
		return a == b
	}
	return a.Mode == b.Mode && a.OID == b.OID
}

// rawDiff lists the paths that differ between two trees, in order of path.
func (g *objects) rawDiff(a, b string) []*change {
	var out []*change
	g.walkDiff(a, b, "", &out)
	sort.Slice(out, func(i, j int) bool { return out[i].Path < out[j].Path })
	return out
}

func (g *objects) walkDiff(a, b, prefix string, out *[]*change) {
	if a == b {
		return
	}
	old := map[string]*entry{}
	for _, e := range g.trees[a] {
		old[e.Name] = e
	}
	for _, e := range g.trees[b] {
		g.diffEntry(old[e.Name], e, prefix+e.Name, out)
		delete(old, e.Name)
	}
	for _, e := range old {
		g.diffEntry(e, nil, prefix+e.Name, out)
	}
}

func (g *objects) diffEntry(before, after *entry, path string, out *[]*change) {
	if sameEntry(before, after) {
		return
	}
	oldTree, newTree := "", ""
	if before != nil && before.Mode == modeTree {
		oldTree, before = before.OID, nil
	}
	if after != nil && after.Mode == modeTree {
		newTree, after = after.OID, nil
	}
	g.walkDiff(oldTree, newTree, path+"/", out)
	if before != nil || after != nil {
		*out = append(*out, &change{Path: path, Before: before, After: after})
	}
}

// diff lists the changed files between two trees as GitHub shows them: renames
// paired, lines counted. The result is shared: do not change it.
func (g *objects) diff(a, b string) []*change {
	g.mu.Lock()
	defer g.mu.Unlock()
	key := [2]string{a, b}
	if d, ok := g.diffs[key]; ok {
		return d
	}
	d := g.pairRenames(g.rawDiff(a, b))
	for _, c := range d {
		switch {
		case c.Status != "":
		case c.Before == nil:
			c.Status = "added"
		case c.After == nil:
			c.Status = "removed"
		case c.Before.OID == c.After.OID:
			c.Status = "changed"
		default:
			c.Status = "modified"
		}
		g.countLines(c)
	}
	g.diffs[key] = d
	return d
}

// pairRenames joins a removed and an added path to a rename: first of equal
// content, the same base name preferred, then of contents at least half alike
// (git's default).
func (g *objects) pairRenames(raw []*change) []*change {
	var removed, added []*change
	for _, c := range raw {
		switch {
		case c.After == nil && c.Before.Mode != ModeSubmodule:
			removed = append(removed, c)
		case c.Before == nil && c.After.Mode != ModeSubmodule:
			added = append(added, c)
		}
	}
	gone := map[*change]bool{}
	pair := func(alike func(from, to *change) bool) {
		for _, to := range added {
			for _, from := range removed {
				if to.Before == nil && !gone[from] && alike(from, to) {
					gone[from] = true
					to.Previous, to.Before, to.Status = from.Path, from.Before, "renamed"
				}
			}
		}
	}
	pair(func(from, to *change) bool {
		return from.Before.OID == to.After.OID && path.Base(from.Path) == path.Base(to.Path)
	})
	pair(func(from, to *change) bool { return from.Before.OID == to.After.OID })
	if len(removed)*len(added) <= 10_000 { // git gives up on inexact renames beyond a limit too
		pair(func(from, to *change) bool {
			return isRegular(from.Before) && isRegular(to.After) && alike(g.blobs[from.Before.OID], g.blobs[to.After.OID])
		})
	}
	out := raw[:0:0]
	for _, c := range raw {
		if !gone[c] {
			out = append(out, c)
		}
	}
	return out
}

func isRegular(e *entry) bool { return e.Mode == ModeFile || e.Mode == ModeExec }

// alike reports whether at least half of the bytes of the longer text stand in
// lines that both have.
func alike(a, b string) bool {
	if a == "" || b == "" {
		return false
	}
	lines := map[string]int{}
	for l := range strings.Lines(a) {
		lines[l]++
	}
	common := 0
	for l := range strings.Lines(b) {
		if lines[l] > 0 {
			lines[l]--
			common += len(l)
		}
	}
	return 2*common >= max(len(a), len(b))
}

func isBinary(s string) bool {
	return bytes.IndexByte([]byte(s[:min(len(s), 8000)]), 0) >= 0
}

// patchLimit is the size above which GitHub leaves the patch out; its own
// number is not published.
const patchLimit = 20_000

// countLines fills in the lines added and deleted and the patch, as one hunk
// around all that differs.
func (g *objects) countLines(c *change) {
	text := func(e *entry) (string, bool) {
		if e == nil {
			return "", true
		}
		if e.Mode == ModeSubmodule {
			return "Subproject commit " + e.OID + "\n", true
		}
		t := g.blobs[e.OID]
		return t, !isBinary(t)
	}
	before, ok1 := text(c.Before)
	after, ok2 := text(c.After)
	if !ok1 || !ok2 || before == after {
		return
	}
	a, b := splitLines(before), splitLines(after)
	head := 0
	for head < len(a) && head < len(b) && a[head] == b[head] {
		head++
	}
	tail := 0
	for tail < len(a)-head && tail < len(b)-head && a[len(a)-1-tail] == b[len(b)-1-tail] {
		tail++
	}
	c.Deleted, c.Added = len(a)-head-tail, len(b)-head-tail
	c.Patch = hunk(a, b, head, tail)
	if len(c.Patch) > patchLimit {
		c.Patch = ""
	}
}

func splitLines(s string) []string {
	if s == "" {
		return nil
	}
	return strings.Split(strings.TrimSuffix(s, "\n"), "\n")
}

func hunk(a, b []string, head, tail int) string {
	const context = 3
	from := max(0, head-context)
	after := min(tail, context)
	var w strings.Builder
	span := func(n int) string {
		count := n - tail + after - from
		if n == 0 {
			return "0,0"
		}
		return fmt.Sprintf("%d,%d", from+1, count)
	}
	fmt.Fprintf(&w, "@@ -%s +%s @@", span(len(a)), span(len(b)))
	line := func(sign string, lines []string) {
		for _, l := range lines {
			w.WriteString("\n" + sign + l)
		}
	}
	line(" ", a[from:head])
	line("-", a[head:len(a)-tail])
	line("+", b[head:len(b)-tail])
	line(" ", a[len(a)-tail:len(a)-tail+after])
	return w.String()
}
