package gate

import (
	"fmt"
	"slices"

	"github.com/slagate/slagate/internal/commitment"
	"github.com/slagate/slagate/internal/policy"
	"github.com/slagate/slagate/internal/pull"
)

// policyEdit is what a pull request does to the policy, judged as a change of a
// commitment: who signs what was promised to those who sign.
type policyEdit struct {
	effect commitment.Effect
	// losers are the functions that lose their say; they are asked, whatever the policy
	// says of its own changes.
	losers    []string
	sentences []string
	// rules and matcher are the new policy's, where it is valid: what it would ask more
	// is asked of the same pull request already.
	rules   *policy.Policy
	matcher *policy.Matcher
}

// edited judges what the pull request does to the policy.
func (g *Gate) edited(sn *pull.Snapshot, r rules) policyEdit {
	if touched, _ := touchesPolicy(sn); !touched || sn.FilesProblem != "" {
		return policyEdit{}
	}
	var paths []string
	for _, f := range sn.Files {
		paths = append(paths, names(&f)...)
	}
	head := g.headPolicy(sn, r.owner)
	switch {
	case head == nil && sn.Policy.Head.State != pull.BlobAbsent:
		return policyEdit{effect: commitment.Unknown} // nobody knows what becomes of it
	case head == nil:
		e := policyEdit{sentences: []string{"The policy file is taken away: its rules end with this merge."}}
		e.effect, e.losers, _ = policy.Effect(r.policy, nil, paths)
		return e
	case head.Policy == nil:
		text := fmt.Sprintf("The new version has %d mistakes and would not be in force.", len(head.Problems))
		return policyEdit{effect: commitment.Unknown, sentences: []string{text}}
	}
	e := policyEdit{rules: head.Policy, matcher: g.compile(head.Policy), sentences: []string{"The new version is valid."}}
	effect, losers, said := policy.Effect(r.policy, head.Policy, paths)
	e.effect, e.losers = effect, losers
	e.sentences = append(e.sentences, said...)
	for _, text := range policy.Differences(r.policy, head.Policy) {
		if !slices.Contains(e.sentences, text) {
			e.sentences = append(e.sentences, text)
		}
	}
	return e
}

// newHits are the rules of the new policy that cover a path and ask otherwise than the
// rule of that name in force, or are new.
func (e *evaluation) newHits(path string) []RuleHit {
	if e.edit.matcher == nil {
		return nil
	}
	var hits []RuleHit
	for _, h := range e.edit.matcher.MatchOn(e.sn.Pull.BaseBranch, path) {
		if h.Folded == "" {
			hits = append(hits, RuleHit{Rule: h.Rule, Pattern: h.Pattern, Path: path, New: true})
		}
	}
	return hits
}

// losersWhoCan are the functions that lose their say and can be satisfied: one that
// nobody belongs to any more could otherwise never be taken out of the policy.
func (e *evaluation) losersWhoCan() []string {
	var out []string
	for _, f := range e.functions {
		if slices.Contains(e.edit.losers, f.Name) && e.members.Cannot(f, e.sn.Pull.Author, e.rules.policy.SignOffs.Author) == "" {
			out = append(out, f.Name)
		}
	}
	return out
}
