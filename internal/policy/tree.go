package policy

import (
	"strings"

	"github.com/bmatcuk/doublestar/v4"
)

// ref is a pattern of a rule: indexes into Policy.Rules and Rule.Paths.
type ref struct{ rule, pattern int }

// tree holds brace-free patterns so that a path meets only those that could
// match it. The leading literal segments of a pattern are a way down from the
// root; what remains of it hangs at the node where the way ends. The commonest
// remains are looked up, the others are left to doublestar.
//
//	slo/**            root > slo: all
//	sla/**/*.yaml     root > sla: ext ".yaml"
//	**/OWNERS         root: base "OWNERS"
//	CODEOWNERS        root > CODEOWNERS: here
//	tf/pagerduty*.tf  root > tf: globs "pagerduty*.tf"
//	**/alerts/*.yaml  root: inner "alerts"
type tree struct {
	root  branch
	count int
}

// branch is a node of the tree.
type branch struct {
	below map[string]*branch
	here  []ref            // the path ends here
	all   []ref            // "**"
	base  map[string][]ref // "**/NAME"
	ext   map[string][]tail
	inner map[string][]glob // others, by a literal segment that the path must have
	globs []glob
}

// tail is "**/*SUFFIX"; SUFFIX holds at least one dot.
type tail struct {
	suffix string
	ref
}

// glob is a remainder for doublestar, with what can be told without it.
type glob struct {
	pattern string
	prefix  string // literal start
	flat    bool   // matches no path with a "/"
	ref
}

const metas = `*?[{\`

func literal(s string) bool { return !strings.ContainsAny(s, metas) }

// add hangs a pattern into the tree.
func (t *tree) add(pattern string, r ref) {
	t.count++
	n, rest := &t.root, pattern
	for {
		segment, tail, more := strings.Cut(rest, "/")
		if !literal(segment) {
			n.hang(rest, r)
			return
		}
		n = n.child(segment)
		if !more {
			n.here = append(n.here, r)
			return
		}
		rest = tail
	}
}

func (n *branch) child(segment string) *branch {
	if n.below == nil {
		n.below = map[string]*branch{}
	}
	c := n.below[segment]
	if c == nil {
		c = &branch{}
		n.below[segment] = c
	}
	return c
}

// hang puts the remainder of a pattern, which starts with a wildcard, at its node.
func (n *branch) hang(rest string, r ref) {
	name, anywhere := strings.CutPrefix(rest, "**/")
	suffix, star := strings.CutPrefix(name, "*")
	switch {
	case rest == "**":
		n.all = append(n.all, r)
	case anywhere && literal(name) && !strings.Contains(name, "/"):
		if n.base == nil {
			n.base = map[string][]ref{}
		}
		n.base[name] = append(n.base[name], r)
	case anywhere && star && literal(suffix) && !strings.Contains(suffix, "/") && strings.Contains(suffix, "."):
		if n.ext == nil {
			n.ext = map[string][]tail{}
		}
		key := suffix[strings.LastIndexByte(suffix, '.'):]
		n.ext[key] = append(n.ext[key], tail{suffix, r})
	default:
		n.hangGlob(rest, r)
	}
}

func (n *branch) hangGlob(rest string, r ref) {
	g := glob{
		pattern: rest,
		prefix:  rest[:strings.IndexAny(rest, metas)],
		// A character class may match a "/" (doublestar lets [^a] do so).
		flat: !strings.ContainsAny(rest, "/["),
		ref:  r,
	}
	if !strings.Contains(rest, "[") {
		for segment := range strings.SplitSeq(rest, "/") {
			if literal(segment) {
				if n.inner == nil {
					n.inner = map[string][]glob{}
				}
				n.inner[segment] = append(n.inner[segment], g)
				return
			}
		}
	}
	n.globs = append(n.globs, g)
}

// find appends all patterns that match the path.
func (t *tree) find(path string, out []ref) []ref {
	if t.count == 0 {
		return out
	}
	base := path[strings.LastIndexByte(path, '/')+1:]
	ext := ""
	if i := strings.LastIndexByte(base, '.'); i >= 0 {
		ext = base[i:]
	}
	n, rest := &t.root, path
	for {
		out = n.within(rest, base, ext, out)
		segment, tail, more := strings.Cut(rest, "/")
		n = n.below[segment]
		if n == nil {
			return out
		}
		if !more {
			// doublestar: "a/**" matches "a" itself.
			return append(append(out, n.here...), n.all...)
		}
		rest = tail
	}
}

// within appends the patterns of this node that match something below it.
func (n *branch) within(rest, base, ext string, out []ref) []ref {
	out = append(out, n.all...)
	out = append(out, n.base[base]...)
	for _, t := range n.ext[ext] {
		if strings.HasSuffix(base, t.suffix) {
			out = append(out, t.ref)
		}
	}
	if len(n.inner) > 0 {
		for segment := range strings.SplitSeq(rest, "/") {
			out = tried(n.inner[segment], rest, out)
		}
	}
	return tried(n.globs, rest, out)
}

// tried appends the globs that match.
func tried(globs []glob, rest string, out []ref) []ref {
	for _, g := range globs {
		if !strings.HasPrefix(rest, g.prefix) || g.flat && strings.Contains(rest, "/") {
			continue
		}
		if doublestar.MatchUnvalidated(g.pattern, rest) {
			out = append(out, g.ref)
		}
	}
	return out
}
