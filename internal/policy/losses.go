package policy

import (
	"fmt"
	"slices"
	"strings"

	"github.com/slagate/slagate/internal/commitment"
)

// loss is what a function signed by a rule and signs no more.
type loss struct {
	rule, function string
	effects        []string
	files          int // of those that there are
}

// which names the effects, with a blank after them; nothing for all of them.
func (l loss) which() string {
	if len(l.effects) == len(commitment.Effects()) {
		return ""
	}
	return strings.Join(l.effects, ", ") + " "
}

func (l loss) count(paths []string) string {
	switch {
	case len(paths) == 0, l.files == 0:
		return "" // of the files that are looked at none is concerned
	case l.files == 1:
		return " (1 path)"
	}
	return fmt.Sprintf(" (%d paths)", l.files)
}

// losses are what the old policy asks and the new one does not: for patterns that the
// new one has no longer, and for the files that there are.
func losses(old, now *Policy, paths []string) []loss {
	carried := carriersOf(now)
	found := map[[2]string]map[commitment.Effect]bool{} // rule and function
	files := map[[2]string]int{}
	note := func(rule, function string, e commitment.Effect) {
		key := [2]string{rule, function}
		if found[key] == nil {
			found[key] = map[commitment.Effect]bool{}
		}
		found[key][e] = true
	}
	for _, r := range old.Rules {
		for i := range r.Paths {
			if strings.HasPrefix(r.Paths[i], takesAway) {
				continue
			}
			lacking(r, carried.of(r, i), note)
		}
	}
	matchOld, matchNow := Compile(old), Compile(now)
	for _, path := range paths {
		seen := map[[2]string]bool{}
		hitsNow := matchNow.Match(path)
		for _, hit := range matchOld.Match(path) {
			r := old.Rules[hit.Index]
			var kept []Rule
			for _, h := range hitsNow {
				if branchesKept(r, now.Rules[h.Index]) {
					kept = append(kept, now.Rules[h.Index])
				}
			}
			lacking(r, kept, func(rule, function string, e commitment.Effect) {
				note(rule, function, e)
				if key := [2]string{rule, function}; !seen[key] {
					seen[key] = true
					files[key]++
				}
			})
		}
	}
	return ordered(old, found, files)
}

// lacking calls note for each function and effect that a rule asks and none of the others does.
func lacking(r Rule, others []Rule, note func(rule, function string, e commitment.Effect)) {
	for _, e := range commitment.Effects() {
		for _, f := range r.Asks(e) {
			if !slices.ContainsFunc(others, func(o Rule) bool { return slices.Contains(o.Asks(e), f) }) {
				note(r.Name, f, e)
			}
		}
	}
}

// ordered lists losses by rule and function in the order of the policy.
func ordered(p *Policy, found map[[2]string]map[commitment.Effect]bool, files map[[2]string]int) []loss {
	var out []loss
	for _, r := range p.Rules {
		for _, f := range p.FunctionNames() {
			key := [2]string{r.Name, f}
			l := loss{rule: r.Name, function: f, files: files[key]}
			for _, e := range commitment.Effects() {
				if found[key][e] {
					l.effects = append(l.effects, string(e))
				}
			}
			if l.effects != nil {
				out = append(out, l)
			}
		}
	}
	return out
}

// carriers finds the rules of a policy that cover what a pattern of another policy covers.
type carriers struct {
	policy *Policy
	exact  map[string][]ref
	wide   []wide // patterns that cover whole folders
}

type wide struct {
	prefix string // "" or "folder/"
	ref
}

func carriersOf(p *Policy) carriers {
	c := carriers{policy: p, exact: map[string][]ref{}}
	for i, r := range p.Rules {
		for k, pattern := range r.Paths {
			at := ref{i, k}
			c.exact[pattern] = append(c.exact[pattern], at)
			if folder, ok := strings.CutSuffix(pattern, "**"); ok && literal(folder) && (folder == "" || strings.HasSuffix(folder, "/")) && !strings.HasPrefix(pattern, takesAway) {
				c.wide = append(c.wide, wide{folder, at})
			}
		}
	}
	return c
}

// of are the rules that cover all that the i-th pattern of a rule covers, on the same branches.
func (c carriers) of(r Rule, i int) []Rule {
	pattern := r.Paths[i]
	at := slices.Clone(c.exact[pattern])
	for _, w := range c.wide {
		if literalStart(pattern, w.prefix) {
			at = append(at, w.ref)
		}
	}
	var out []Rule
	for _, x := range at {
		n := c.policy.Rules[x.rule]
		if branchesKept(r, n) && exemptions(r.Paths[i+1:], n.Paths[x.pattern+1:]) {
			out = append(out, n)
		}
	}
	return out
}

// literalStart reports whether all that the pattern matches is below the folder.
func literalStart(pattern, folder string) bool {
	return strings.HasPrefix(pattern, folder) && !strings.Contains(pattern[len(folder):], "..")
}

// exemptions reports whether what is taken away now was taken away before.
func exemptions(old, now []string) bool {
	return !slices.ContainsFunc(now, func(p string) bool {
		return strings.HasPrefix(p, takesAway) && !slices.Contains(old, p)
	})
}

// branchesKept reports whether a rule applies wherever an old one did.
func branchesKept(old, now Rule) bool {
	if len(now.Branches) == 0 {
		return true
	}
	return len(old.Branches) > 0 && len(without(old.Branches, now.Branches)) == 0 && exemptions(old.Branches, now.Branches)
}

// ways in which an item is asked for.
type way int

const (
	notAsked way = iota
	optional
	required
)

// asked tells how the item is asked for wherever the rule's patterns hold: the least
// that holds for any of them. carried is false if a pattern is carried on by nobody.
func (c carriers) asked(r Rule, id string) (least way, carried bool) {
	least = required
	for i, pattern := range r.Paths {
		if strings.HasPrefix(pattern, takesAway) {
			continue
		}
		rules := c.of(r, i)
		if len(rules) == 0 {
			return notAsked, false
		}
		best := notAsked
		for _, n := range rules {
			for _, a := range n.Checklist {
				switch {
				case a.ID == id && a.Required:
					best = required
				case a.ID == id:
					best = max(best, optional)
				}
			}
		}
		least = min(least, best)
	}
	return least, true
}
