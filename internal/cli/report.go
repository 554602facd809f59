package cli

import (
	"cmp"
	"slices"

	"github.com/slagate/slagate/internal/gate"
	"github.com/slagate/slagate/internal/policy"
)

// Result is the answer of a check in one word.
type Result string

// The results (product.md section 5).
const (
	NothingGated   Result = "nothing-gated"
	Neutral        Result = "neutral"
	SignOffsNeeded Result = "signoffs-needed"
	Failed         Result = "error"
)

// reportVersion is the version of the JSON below. A change that is not an
// addition raises it.
const reportVersion = 1

// Report is what check prints as JSON. Every key is always there, and a list
// without entries is [].
type Report struct {
	Version   int            `json:"version" jsonschema:"enum=1"`
	Result    Result         `json:"result" jsonschema:"enum=nothing-gated,enum=neutral,enum=signoffs-needed,enum=error"`
	Functions []Function     `json:"functions" jsonschema_description:"Who is asked to sign, in the order of the policy."`
	Files     []File         `json:"files" jsonschema_description:"The files under a rule, by path."`
	Changes   []Change       `json:"changes" jsonschema_description:"What changes for customers."`
	Uncovered []Change       `json:"uncovered" jsonschema_description:"What changes for customers in files that no rule covers."`
	Findings  []Finding      `json:"findings" jsonschema_description:"What is worth knowing about the promises as they would be."`
	Checklist []ChecklistAsk `json:"checklist" jsonschema_description:"The checklist items that apply."`
	Problems  []Problem      `json:"problems" jsonschema_description:"What is wrong with the policy, or why the answer could not be found out."`
}

// Function is a function that is asked.
type Function struct {
	Name      string   `json:"name"`
	Approvals int      `json:"approvals" jsonschema:"minimum=1" jsonschema_description:"How many of its people have to sign."`
	Because   []string `json:"because" jsonschema_description:"The rules that ask it; \"policy\" for a change of the policy file."`
}

// File is a file under a rule.
type File struct {
	Path         string    `json:"path"`
	PreviousPath string    `json:"previous_path" jsonschema_description:"Its name before a rename, else empty."`
	Rules        []RuleHit `json:"rules" jsonschema:"minItems=1"`
}

// RuleHit is a rule that covers a file.
type RuleHit struct {
	Rule    string `json:"rule"`
	Pattern string `json:"pattern" jsonschema_description:"The pattern that decided; empty for a path that is not UTF-8."`
}

// ChecklistAsk is a checklist item that applies.
type ChecklistAsk struct {
	ID       string `json:"id"`
	Owner    string `json:"owner" jsonschema_description:"A function, or \"author\"."`
	Required bool   `json:"required"`
}

// Problem is one mistake with its place. Line and column are 0 where there is none.
type Problem struct {
	File    string   `json:"file"`
	Line    int      `json:"line" jsonschema:"minimum=0"`
	Column  int      `json:"column" jsonschema:"minimum=0"`
	Value   string   `json:"value"`
	Message string   `json:"message"`
	Allowed []string `json:"allowed"`
}

// newReport puts a decision in the form that check prints.
func newReport(d gate.Decision) Report {
	r := Report{
		Version: reportVersion, Result: resultOf(d), Functions: []Function{}, Files: []File{}, Changes: newChanges(d.Changes),
		Uncovered: newChanges(d.Uncovered), Findings: newFindings(d.Findings),
		Checklist: []ChecklistAsk{}, Problems: newProblems(d.Problems),
	}
	for _, f := range d.Functions {
		r.Functions = append(r.Functions, Function{f.Name, f.Approvals, filled(f.Because)})
	}
	for _, f := range d.Files {
		r.Files = append(r.Files, File{f.Path, f.Previous, ruleHits(f)})
		if !f.Read {
			r.Changes = append(r.Changes, newFileChange(f))
		}
	}
	for _, i := range d.Checklist {
		r.Checklist = append(r.Checklist, ChecklistAsk{i.ID, i.Owner, i.Required})
	}
	if r.Result == Failed && len(r.Problems) == 0 {
		r.Problems = append(r.Problems, Problem{Message: cmp.Or(d.Unanswered, "could not be found out"), Allowed: []string{}})
	}
	return r
}

// failure is the report of a check that could not be made.
func failure(why error) Report {
	r := newReport(gate.Decision{})
	r.Result, r.Problems = Failed, []Problem{{Message: why.Error(), Allowed: []string{}}}
	return r
}

// resultOf maps a decision to a result. Who belongs to a function is not known
// offline, so the verdict says only what is wrong with the policy; the rest
// follows from who is asked.
func resultOf(d gate.Decision) Result {
	required := slices.ContainsFunc(d.Checklist, func(i gate.Item) bool { return i.Required })
	switch {
	case d.Verdict == gate.PolicyBroken || d.Verdict == gate.HeadPolicyInvalid:
		return Failed
	case len(d.Functions) > 0 || required:
		return SignOffsNeeded
	case d.Verdict == gate.NoAnswer || d.AllTouched != "":
		return Failed
	case len(d.Files) > 0:
		return Neutral
	}
	return NothingGated
}

func newProblems(list []policy.Problem) []Problem {
	out := []Problem{}
	for _, p := range list {
		out = append(out, Problem{p.File, p.Line, p.Column, p.Value, p.Message, filled(p.Allowed)})
	}
	return out
}

func ruleHits(f gate.GatedFile) []RuleHit {
	var out []RuleHit
	for _, h := range f.Rules {
		if hit := (RuleHit{h.Rule, h.Pattern}); !slices.Contains(out, hit) {
			out = append(out, hit)
		}
	}
	return out
}

// filled is a list that is [] in JSON where there is nothing in it.
func filled(list []string) []string {
	if list == nil {
		return []string{}
	}
	return list
}
