package gate

import (
	"slices"
	"strings"

	"github.com/slagate/slagate/internal/commitment"
	"github.com/slagate/slagate/internal/commitment/formats"
	"github.com/slagate/slagate/internal/policy"
	"github.com/slagate/slagate/internal/pull"
)

// PolicyRule is the name under which changes of the policy file itself are gated.
const PolicyRule = "policy"

// gated finds the files that rules cover, by both names of a rename, with the
// effect of each and the functions it asks.
func (e *evaluation) gated() []GatedFile {
	var files []GatedFile
	for i := range e.sn.Files {
		f := &e.sn.Files[i]
		hits := e.hits(f)
		if len(hits) == 0 {
			hits = e.uncovered(f)
		}
		if len(hits) > 0 {
			files = append(files, e.judgeFile(f, hits))
		}
	}
	slices.SortStableFunc(files, func(a, b GatedFile) int { return strings.Compare(a.Path, b.Path) })
	return files
}

// judgeFile says what the change of a gated file does to promises, and who is asked
// because of that: for every change in it those of its effect, so that a file in
// which one promise goes and another comes asks both.
func (e *evaluation) judgeFile(f *pull.File, hits []RuleHit) GatedFile {
	g := GatedFile{Path: f.Path, Previous: f.Previous, Status: f.Status, Rules: hits}
	if effect, why, settled := e.outside(f, hits); settled {
		g.Effect, g.Why = effect, why
		g.Functions = e.asks(hits, effect)
		return g
	}
	g.Effect, g.Why = e.others(f, hits)
	g.Read = !isPolicyFile(e.sn.Ref, f.Path) && !isPolicyFile(e.sn.Ref, f.Previous) && g.Effect == commitment.Neutral
	var asked []string
	for _, i := range e.compared.of(f) {
		effect, why := e.effectIn(f, &e.compared.result.Changes[i])
		who := e.asks(hits, effect)
		if e.compared.result.Changes[i].CrossesFloor {
			who = e.inOrder(append(who, floorAsks))
		}
		g.Changes = append(g.Changes, FileChange{Index: i, Effect: effect, Why: why, Functions: who})
		asked = append(asked, who...)
		if effect.Severity() > g.Effect.Severity() {
			g.Effect, g.Why = effect, why
		}
	}
	if len(g.Changes) == 0 || !g.Read {
		asked = append(asked, e.asks(hits, g.Effect)...)
	}
	g.Functions = e.inOrder(asked)
	return g
}

// others is the effect of what no commitment says: whether the file could be read, and
// for the policy file what becomes of the rules.
func (e *evaluation) others(f *pull.File, hits []RuleHit) (commitment.Effect, string) {
	if slices.ContainsFunc(hits, func(h RuleHit) bool { return h.Rule == PolicyRule }) {
		return e.edit.effect, ""
	}
	if why := e.compared.unreadable(f); why != "" {
		return commitment.Unknown, why
	}
	if f.Status == pull.FileRenamed && f.Previous != "" {
		if !e.coversAtLeast(f.Path, f.Previous) {
			return commitment.Removed, "moved to a name that fewer rules cover"
		}
		if why := formats.PutAside(f.Previous, f.Path); why != "" {
			return commitment.Unknown, why
		}
	}
	return commitment.Neutral, ""
}

// floorAsks is the function that is always asked where a change crosses what a
// contract promises.
const floorAsks = "legal"

// effectIn is the effect of a change as one file sees it. A promise that leaves the
// file for one that fewer rules cover is removed, as far as the rules are concerned.
func (e *evaluation) effectIn(f *pull.File, c *commitment.Change) (commitment.Effect, string) {
	if c.Before == nil || c.After == nil || c.After.Source.File == f.Path {
		return c.Effect, ""
	}
	here := slices.Contains(names(f), c.Before.Source.File)
	if to := c.After.Source.File; here && !e.coversAtLeast(to, c.Before.Source.File) {
		return commitment.Removed, "moved to " + to + ", which is covered by fewer rules"
	}
	return c.Effect, ""
}

// UncoveredRule is the name under which promises are gated that stand in files that no
// rule covers: by "uncovered: gate", or because a contract's floor is crossed.
const UncoveredRule = "uncovered"

// uncovered gates a file that no rule covers, where a promise in it changes and the
// policy wants that gated, or a floor is crossed.
func (e *evaluation) uncovered(f *pull.File) []RuleHit {
	for _, i := range e.compared.of(f) {
		c := &e.compared.result.Changes[i]
		if c.CrossesFloor || e.rules.policy.Uncovered == policy.Gate && worthReporting(c) {
			return []RuleHit{{Rule: UncoveredRule, Path: f.Path}}
		}
	}
	return nil
}

// names are the names under which a file is matched.
func names(f *pull.File) []string {
	if f.Previous == "" || f.Previous == f.Path {
		return []string{f.Path}
	}
	return []string{f.Path, f.Previous}
}

// isPolicyFile reports whether changes of a file are changes of the policy: the
// repository's own, or, in the owner's .github repository, the owner default.
func isPolicyFile(ref pull.Ref, path string) bool {
	return path == pull.PolicyPath || (ref.Repo == pull.OwnerRepo && path == pull.OwnerPolicyPath)
}

func (e *evaluation) hits(f *pull.File) []RuleHit {
	var hits []RuleHit
	for _, name := range names(f) {
		if isPolicyFile(e.sn.Ref, name) {
			hits = append(hits, RuleHit{Rule: PolicyRule, Pattern: name, Path: name})
		}
		for _, h := range e.rules.matcher.MatchOn(e.sn.Pull.BaseBranch, name) {
			if slices.ContainsFunc(hits, func(x RuleHit) bool { return x.Rule == h.Rule && x.Folded == "" && h.Folded != "" }) {
				continue
			}
			hits = append(hits, RuleHit{Rule: h.Rule, Pattern: h.Pattern, Path: name, Folded: h.Folded})
		}
		for _, h := range e.newHits(name) {
			if !e.asksAlready(hits, h) {
				hits = append(hits, h)
			}
		}
	}
	return hits
}

// asksAlready reports whether rules in force ask, for every effect, whoever a new rule
// would ask of those who are functions now.
func (e *evaluation) asksAlready(hits []RuleHit, h RuleHit) bool {
	for _, effect := range commitment.Effects() {
		has := e.asks(hits, effect)
		for _, f := range e.asks([]RuleHit{h}, effect) {
			if !slices.Contains(has, f) {
				return false
			}
		}
	}
	return true
}

// outside is what can be said of a change without reading promises: how the file is
// named, what kind of thing it is, whether its content changed at all. settled is
// false where the promises in it decide.
func (e *evaluation) outside(f *pull.File, hits []RuleHit) (effect commitment.Effect, why string, settled bool) {
	for _, h := range hits {
		if h.Folded != "" {
			return commitment.Unknown, "the path is written so that it only looks like a gated one (" + h.Folded + ")", true
		}
	}
	if f.Problem != "" {
		return commitment.Unknown, f.Problem, true
	}
	if f.Before == nil || f.After == nil {
		return commitment.Unknown, notRead, true
	}
	if why := special(f); why != "" {
		return commitment.Unknown, why, true
	}
	switch {
	case !f.Before.Exists() && !f.After.Exists():
		return commitment.Unknown, "GitHub lists the file but shows it on neither side", true
	case !f.Before.Exists() || !f.After.Exists() || f.Before.OID != f.After.OID:
		return "", "", false
	case f.Status == pull.FileCopied:
		return commitment.Unknown, "a copy of another file", true
	case f.Previous != "" && f.Previous != f.Path:
		if !e.coversAtLeast(f.Path, f.Previous) {
			return commitment.Removed, "moved to a name that is covered by fewer rules", true
		}
		if why := formats.PutAside(f.Previous, f.Path); why != "" {
			return commitment.Unknown, why, true
		}
		return commitment.Neutral, "renamed, content unchanged", true
	case f.Before.Mode != f.After.Mode:
		return commitment.Neutral, "only the file mode changed", true
	}
	return commitment.Unknown, "GitHub lists the file as changed but shows the same content on both sides", true
}

func special(f *pull.File) string {
	for _, entry := range []*pull.Entry{f.Before, f.After} {
		switch entry.Mode {
		case pull.ModeSymlink:
			return "it is a symbolic link, which is never followed"
		case pull.ModeSubmodule:
			return "it is a submodule, whose content is elsewhere"
		}
	}
	return ""
}

// coversAtLeast reports whether the rules on one name ask, for every effect,
// at least the functions that those on the other ask.
func (e *evaluation) coversAtLeast(name, other string) bool {
	hits := func(path string) []RuleHit { return e.hits(&pull.File{Path: path}) }
	for _, effect := range commitment.Effects() {
		has := e.asks(hits(name), effect)
		for _, f := range e.asks(hits(other), effect) {
			if !slices.Contains(has, f) {
				return false
			}
		}
	}
	return true
}

// asks are the functions that rules ask for an effect, in policy order.
func (e *evaluation) asks(hits []RuleHit, effect commitment.Effect) []string {
	var asked []string
	for _, h := range hits {
		switch h.Rule {
		case PolicyRule:
			asked = append(asked, e.policyAsks()...)
			asked = append(asked, e.losersWhoCan()...)
			continue
		case UncoveredRule:
			asked = append(asked, e.uncoveredAsks(effect)...)
			continue
		}
		if r := e.rule(h); r != nil {
			asked = append(asked, r.Asks(effect)...)
		}
	}
	return e.inOrder(asked)
}

// rule is the rule of a hit: the one in force, or the one of the new policy.
func (e *evaluation) rule(h RuleHit) *policy.Rule {
	p := e.rules.policy
	if h.New {
		p = e.edit.rules
	}
	for i := range p.Rules {
		if p.Rules[i].Name == h.Rule {
			return &p.Rules[i]
		}
	}
	return nil
}

// inOrder sorts function names by policy order and drops doubles.
func (e *evaluation) inOrder(names []string) []string {
	var out []string
	for _, f := range e.functions {
		if slices.Contains(names, f.Name) {
			out = append(out, f.Name)
		}
	}
	return out
}
