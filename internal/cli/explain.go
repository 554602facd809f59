package cli

import (
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"github.com/slagate/slagate/internal/checkout"
	"github.com/slagate/slagate/internal/gate"
	"github.com/slagate/slagate/internal/policy"
	"github.com/slagate/slagate/internal/pull"
	"github.com/slagate/slagate/internal/render"
)

// explanation is the answer to --explain as JSON.
type explanation struct {
	Version int             `json:"version"`
	Path    string          `json:"path"`
	Branch  string          `json:"branch"`
	Covered bool            `json:"covered"`
	Rules   []explainedRule `json:"rules"`
}

type explainedRule struct {
	Rule    string `json:"rule"`
	Covers  bool   `json:"covers"`
	Pattern string `json:"pattern"`
	Folded  string `json:"folded"`
	Why     string `json:"why"`
}

// explainPath says for every rule whether it covers a path, and by which pattern.
func (c *check) explainPath(found checkout.Branch) error {
	loaded := load(found.Snapshot.Policy)
	if state := found.Snapshot.Policy.Base.State; state != pull.BlobFound && state != pull.BlobAbsent {
		return fmt.Errorf("the policy %s at %s is not a readable file", pull.PolicyPath, found.Base)
	}
	if loaded.Broken() {
		c.nameFiles(gate.PolicyBroken, loaded.Problems)
		return fmt.Errorf("the policy is broken: %s", problemLine(loaded.Problems[0]))
	}
	name := fromTop(c.explain)
	x := explanation{Version: reportVersion, Path: name, Branch: found.Snapshot.Pull.BaseBranch, Rules: []explainedRule{}}
	if loaded.Policy != nil {
		x.add(policyRule(name)...)
		for _, e := range policy.Compile(loaded.Policy).Explain(name, x.Branch) {
			x.add(explainedRule(e))
		}
	}
	var err error
	switch c.format {
	case formatJSON:
		err = writeJSON(c.out, x)
	case formatMarkdown:
		_, err = io.WriteString(c.out, x.markdown())
	default:
		_, err = io.WriteString(c.out, x.text(newPaint(c.out)))
	}
	if err != nil {
		return fmt.Errorf("writing the answer: %w", err)
	}
	return nil
}

// fromTop is a path as git has it: from the top of the checkout.
func fromTop(name string) string {
	return strings.TrimPrefix(filepath.ToSlash(name), "./")
}

// policyRule is the rule that guards the policy file and stands in no policy.
func policyRule(name string) []explainedRule {
	if name != pull.PolicyPath {
		return nil
	}
	return []explainedRule{{Rule: gate.PolicyRule, Covers: true, Pattern: pull.PolicyPath, Why: "the policy protects itself"}}
}

func (x *explanation) add(rules ...explainedRule) {
	for _, r := range rules {
		x.Rules = append(x.Rules, r)
		x.Covered = x.Covered || r.Covers
	}
}

func (x *explanation) verdict() string {
	switch {
	case len(x.Rules) == 0:
		return "No rule: there is no policy, or it has no rules."
	case x.Covered:
		return "Gated: a change of it asks the functions of the rules that cover it."
	}
	return "Not gated: no rule covers it."
}

func (x *explanation) text(p paint) string {
	var b strings.Builder
	fmt.Fprintf(&b, "path %s", p.bold(inert(x.Path)))
	if x.Branch != "" {
		fmt.Fprintf(&b, ", base branch %s", inert(x.Branch))
	}
	fmt.Fprintf(&b, "\n%s\n", x.verdict())
	for _, r := range x.Rules {
		mark := p.dim("no ")
		if r.Covers {
			mark = p.yellow("yes")
		}
		fmt.Fprintf(&b, "  %s  %s: %s\n", mark, inert(r.Rule), inert(r.Why))
	}
	return b.String()
}

func (x *explanation) markdown() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s\n\n", render.Code(x.Path), x.verdict())
	for _, r := range x.Rules {
		mark := "no"
		if r.Covers {
			mark = "**yes**"
		}
		fmt.Fprintf(&b, "- %s, %s: %s\n", mark, render.Code(r.Rule), render.Code(r.Why))
	}
	return b.String()
}
