package gate

import (
	"slices"
	"strings"

	"github.com/slagate/slagate/internal/commitment"
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
			continue
		}
		g := GatedFile{Path: f.Path, Previous: f.Previous, Status: f.Status, Rules: hits}
		g.Effect, g.Why = e.effect(f, hits)
		g.Functions = e.asks(hits, g.Effect)
		files = append(files, g)
	}
	slices.SortStableFunc(files, func(a, b GatedFile) int { return strings.Compare(a.Path, b.Path) })
	return files
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
	}
	return hits
}

// effect says what a change of a gated file does to the promise. Until
// commitments are compared, only a change that leaves the content alone is known
// to be harmless; everything else is unknown.
func (e *evaluation) effect(f *pull.File, hits []RuleHit) (commitment.Effect, string) {
	for _, h := range hits {
		if h.Folded != "" {
			return commitment.Unknown, "the path is written so that it only looks like a gated one (" + h.Folded + ")"
		}
	}
	if f.Problem != "" {
		return commitment.Unknown, f.Problem
	}
	if f.Before == nil || f.After == nil {
		return commitment.Unknown, "its content has not been read"
	}
	if why := special(f); why != "" {
		return commitment.Unknown, why
	}
	switch {
	case !f.Before.Exists() && !f.After.Exists():
		return commitment.Unknown, "GitHub lists the file but shows it on neither side"
	case !f.Before.Exists() || !f.After.Exists() || f.Before.OID != f.After.OID:
		return commitment.Unknown, ""
	case f.Status == pull.FileCopied:
		return commitment.Unknown, "a copy of another file"
	case f.Previous != "" && f.Previous != f.Path:
		if !e.coversAtLeast(f.Path, f.Previous) {
			return commitment.Removed, "moved to a name that is covered by fewer rules"
		}
		return commitment.Neutral, "renamed, content unchanged"
	case f.Before.Mode != f.After.Mode:
		return commitment.Neutral, "only the file mode changed"
	}
	return commitment.Unknown, "GitHub lists the file as changed but shows the same content on both sides"
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
		if h.Rule == PolicyRule {
			asked = append(asked, e.policyAsks()...)
			continue
		}
		if r := e.rule(h.Rule); r != nil {
			asked = append(asked, r.Asks(effect)...)
		}
	}
	return e.inOrder(asked)
}

func (e *evaluation) rule(name string) *policy.Rule {
	for i := range e.rules.policy.Rules {
		if e.rules.policy.Rules[i].Name == name {
			return &e.rules.policy.Rules[i]
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
