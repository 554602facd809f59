package policy

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"sync"

	"golang.org/x/text/unicode/norm"
)

// Matcher answers which rules of one policy cover a path. Make it once with
// [Compile]; it may be used by several goroutines.
//
// A path is first matched as it is. Rules for which no pattern at all decided
// (neither took it nor took it away) are tried again with letter case folded,
// with invisible characters removed and with look-alike letters replaced: a
// file renamed that way is out of the pattern for the machine, not for people.
type Matcher struct {
	policy *Policy
	exact  tree
	cases  folding
	// looks is made when the first path needs it, which for most policies is never.
	looks func() *folding
	// foreign: a pattern is not ASCII, so a plain ASCII path may look like it.
	foreign bool
}

// folding holds the patterns as they are after a folding. A path that the
// folding changes is looked up among all of them; one that it leaves alone
// can only meet patterns that it changed.
type folding struct{ all, changed tree }

// find looks the folded path up.
func (f *folding) find(path string, pathChanged bool, out []ref) []ref {
	if pathChanged {
		return f.all.find(path, out)
	}
	return f.changed.find(path, out)
}

func (f *folding) add(pattern string, changed bool, r ref) {
	f.all.add(pattern, r)
	if changed {
		f.changed.add(pattern, r)
	}
}

// Hit is a rule that covers a path.
type Hit struct {
	Index   int    // into Policy.Rules
	Rule    string // its name
	Pattern string // the pattern that decided, normalised; empty for a path that is not UTF-8
	// Folded says how the path had to be read to match, one of the Folded words;
	// empty for a plain match. A folded hit counts as unknown.
	Folded string
}

// Compile prepares the policy's patterns for matching.
func Compile(p *Policy) *Matcher {
	m := &Matcher{policy: p}
	plain := plainPatterns(p)
	for _, one := range plain {
		m.exact.add(one.pattern, one.ref)
		folded := foldGlob(one.pattern, foldCase, foldClassCase)
		// An ASCII pattern in small letters stays as it is.
		m.cases.add(folded, !ascii(one.pattern) || strings.ToLower(one.pattern) != one.pattern, one.ref)
		m.foreign = m.foreign || !ascii(one.pattern)
	}
	m.looks = sync.OnceValue(func() *folding { return foldLooks(plain) })
	return m
}

// plainPattern is a pattern without braces and without its "!".
type plainPattern struct {
	pattern string
	ref
}

func plainPatterns(p *Policy) []plainPattern {
	var out []plainPattern
	for i, rule := range p.Rules {
		for j, pattern := range rule.Paths {
			rest, _ := strings.CutPrefix(pattern, takesAway)
			expanded, _ := expand(rest)
			for _, plain := range expanded {
				out = append(out, plainPattern{plain, ref{i, j}})
			}
		}
	}
	return out
}

func foldLooks(patterns []plainPattern) *folding {
	f := &folding{}
	fold := func(s string) string {
		s, _ = foldLookAlikes(s)
		return s
	}
	for _, one := range patterns {
		_, changed := foldLookAlikes(one.pattern)
		f.add(foldGlob(one.pattern, fold, anyCharacter), changed, one.ref)
	}
	return f
}

// Match gives the rules that cover the path, whatever the base branch, in policy order.
func (m *Matcher) Match(path string) []Hit { return hits(m.verdicts(path)) }

// MatchOn gives the rules that cover the path in pull requests into the base
// branch, in policy order.
func (m *Matcher) MatchOn(branch, path string) []Hit {
	return slices.DeleteFunc(m.Match(path), func(h Hit) bool {
		return !m.policy.Rules[h.Index].AppliesTo(branch)
	})
}

// verdict is what one rule says about a path.
type verdict struct {
	Hit
	away bool // the pattern takes the path away
}

func hits(verdicts []verdict) []Hit {
	var out []Hit
	for _, v := range verdicts {
		if !v.away {
			out = append(out, v.Hit)
		}
	}
	return out
}

// verdicts gives what every rule says that has a say, in policy order.
func (m *Matcher) verdicts(path string) []verdict {
	if !readable(path) {
		return m.everywhere()
	}
	name, note := path, ""
	if !norm.NFC.IsNormalString(path) {
		name, note = norm.NFC.String(path), FoldedNotNFC
	}
	out := m.decide(nil, m.exact.find(name, nil), note)

	folded := foldCase(name)
	out = m.decide(out, m.cases.find(folded, folded != name, nil), FoldedCase)
	if visible := stripInvisible(name); visible != name {
		out = m.decide(out, m.cases.all.find(foldCase(visible), nil), FoldedInvisible)
	}
	if m.foreign || !ascii(name) {
		looks, changed := foldLookAlikes(name)
		out = m.decide(out, m.looks().find(looks, changed, nil), FoldedLookAlike)
	}
	slices.SortFunc(out, func(a, b verdict) int { return cmp.Compare(a.Index, b.Index) })
	return out
}

// everywhere is the answer for a path that cannot be read: every rule covers it.
func (m *Matcher) everywhere() []verdict {
	var out []verdict
	for i, rule := range m.policy.Rules {
		out = append(out, verdict{Hit: Hit{Index: i, Rule: rule.Name, Folded: FoldedNotUTF8}})
	}
	return out
}

// decide adds the verdicts of the rules that had none so far: of the patterns
// that match, the last one of a rule counts.
func (m *Matcher) decide(decided []verdict, found []ref, folded string) []verdict {
	if len(found) == 0 {
		return decided
	}
	slices.SortFunc(found, func(a, b ref) int {
		return cmp.Or(cmp.Compare(a.rule, b.rule), cmp.Compare(b.pattern, a.pattern))
	})
	before := decided
	for i, f := range found {
		if i > 0 && found[i-1].rule == f.rule {
			continue
		}
		if slices.ContainsFunc(before, func(v verdict) bool { return v.Index == f.rule }) {
			continue
		}
		rule := &m.policy.Rules[f.rule]
		pattern := rule.Paths[f.pattern]
		decided = append(decided, verdict{
			Hit:  Hit{Index: f.rule, Rule: rule.Name, Pattern: pattern, Folded: folded},
			away: strings.HasPrefix(pattern, takesAway),
		})
	}
	return decided
}

// Explanation says for one rule why it covers a path or why not.
type Explanation struct {
	Rule    string
	Covers  bool
	Pattern string // the pattern that decided, if one did
	Folded  string // see Hit.Folded
	Why     string // in words
}

// Explain says for every rule whether it covers the path in pull requests into
// the base branch, and why. An empty branch leaves the branches out.
func (m *Matcher) Explain(path, branch string) []Explanation {
	verdicts := m.verdicts(path)
	var out []Explanation
	for i, rule := range m.policy.Rules {
		e := Explanation{Rule: rule.Name, Why: "no pattern matches"}
		at := slices.IndexFunc(verdicts, func(v verdict) bool { return v.Index == i })
		if at >= 0 {
			e = explain(rule, verdicts[at])
		}
		if e.Covers && branch != "" && !rule.AppliesTo(branch) {
			e.Covers = false
			e.Why = fmt.Sprintf("%s, but the rule is for base branches %s only", e.Why, strings.Join(rule.Branches, ", "))
		}
		out = append(out, e)
	}
	return out
}

func explain(rule Rule, v verdict) Explanation {
	e := Explanation{Rule: rule.Name, Covers: !v.away, Pattern: v.Pattern, Folded: v.Folded}
	switch {
	case v.Pattern == "":
		e.Why = "the path is " + FoldedNotUTF8 + ", so every rule covers it"
		return e
	case v.away:
		e.Why = fmt.Sprintf("taken away by %q", v.Pattern)
	default:
		e.Why = fmt.Sprintf("covered by %q", v.Pattern)
	}
	switch v.Folded {
	case "":
	case FoldedNotNFC:
		e.Why += "; the path is " + FoldedNotNFC
	default:
		e.Why += " only after folding " + v.Folded
	}
	return e
}
