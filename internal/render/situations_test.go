package render_test

import (
	"strings"
	"time"

	"github.com/slagate/slagate/internal/commitment"
	"github.com/slagate/slagate/internal/gate"
	"github.com/slagate/slagate/internal/policy"
	"github.com/slagate/slagate/internal/pull"
	"github.com/slagate/slagate/internal/render"
)

// situation is a pull request somebody may meet.
type situation struct {
	name     string
	decision gate.Decision
	options  render.Options
}

var (
	headOne   = strings.Repeat("a1b2c3d4e5", 4)
	headTwo   = strings.Repeat("f6e7d8c9b0", 4)
	mergeBase = strings.Repeat("0123456789", 4)
	contentA  = strings.Repeat("9f2c4e1a", 8)
	contentB  = strings.Repeat("77d0b3e5", 8)
	noon      = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
)

func person(id int64, login string) pull.Person {
	return pull.Person{ID: id, Login: login, Kind: pull.KindUser}
}

func signOff(function, method string, who pull.Person, at time.Time) pull.SignOff {
	return pull.SignOff{
		Function: function, Method: method, Person: who, At: at,
		Head: headOne, Fingerprint: contentA, State: pull.SignOffActive,
	}
}

func functions() []gate.Function {
	rules := []string{"service levels"}
	return []gate.Function{
		{Name: "product", Teams: []string{"acme/product"}, Label: "sla/product-approved", Because: rules, Approvals: 1, Fingerprint: contentA},
		{Name: "legal", Teams: []string{"acme/legal"}, Users: []string{"jane"}, Label: "sla/legal-approved", Because: rules, Approvals: 1, Fingerprint: contentA},
		{Name: "security", Teams: []string{"acme/security"}, Label: "sla/security-approved", Because: rules, Approvals: 2, Fingerprint: contentA},
		{Name: "support", Teams: []string{"acme/support"}, Label: "support: ok", Because: rules, Approvals: 1, Fingerprint: contentA},
	}
}

func files() []gate.GatedFile {
	all := []string{"product", "legal", "security", "support"}
	return []gate.GatedFile{
		{
			Path: "slo/checkout.yml", Status: pull.FileModified, Effect: commitment.Weakened, Functions: all, Read: true,
			Rules: []gate.RuleHit{{Rule: "service levels", Pattern: "slo/**", Path: "slo/checkout.yml"}},
		},
		{
			Path: "slo/payments/latency.yml", Status: pull.FileAdded, Effect: commitment.Added, Functions: all, Read: true,
			Rules: []gate.RuleHit{{Rule: "service levels", Pattern: "slo/**", Path: "slo/payments/latency.yml"}},
		},
		{
			Path: "oncall/primary.yml", Previous: "oncall/first-line.yml", Status: pull.FileRenamed, Effect: commitment.Neutral, Functions: []string{"security", "support"},
			Rules: []gate.RuleHit{{Rule: "escalation paths", Pattern: "oncall/**", Path: "oncall/primary.yml"}, {Rule: "escalation paths", Pattern: "oncall/**", Path: "oncall/first-line.yml"}},
		},
	}
}

// objective is an availability objective over 30 days.
func objective(file string, line int, name, target string) commitment.Commitment {
	return commitment.Commitment{
		Key: commitment.Key{Format: "sloth", Name: name}, Kind: commitment.Availability, Name: name, Indicator: "errors / total of " + name,
		Fields: []commitment.Field{
			{Name: "objective", Role: commitment.RoleTarget, Value: commitment.PercentOf(target), Better: commitment.Higher, Line: line},
			{Name: "window", Role: commitment.RoleWindow, Value: commitment.Duration("30d", commitment.NoPlain)},
		},
		Source: commitment.Source{File: file, Line: line},
	}
}

// changes are one that weakens, in two places, one that is new and one without effect.
func changes() []commitment.Change {
	moved := objective("oncall/first-line.yml", 4, "pager", "99")
	before := commitment.Set{Commitments: []commitment.Commitment{
		objective("slo/checkout.yml", 14, "checkout-api", "99.95"), objective("slo/eu/checkout.yml", 14, "checkout-api", "99.95"), moved,
	}}
	moved.Source.File = "oncall/primary.yml"
	after := commitment.Set{Commitments: []commitment.Commitment{
		objective("slo/checkout.yml", 14, "checkout-api", "99.5"), objective("slo/eu/checkout.yml", 14, "checkout-api", "99.5"),
		objective("slo/payments/latency.yml", 3, "payments", "99.9"), moved,
	}}
	return commitment.Diff(before, after, commitment.Options{}).Changes
}

func checklist() []gate.Item {
	return []gate.Item{
		{ID: "impact", Text: "The impact on customers is written down in this pull request", Owner: policy.AuthorOwner, Rules: []string{"service levels"}},
		{ID: "rollback", Text: "The way back is written down and was tried", Owner: policy.AuthorOwner, Required: true, Rules: []string{"service levels"}},
		{ID: "customer-notice", Text: "Customers are told in time, in the form their contract asks for", Owner: "legal", Required: true, Rules: []string{"service levels"}},
		{ID: "escalation-routing", Text: "The new escalation path was tested with a page", Owner: "support", Rules: []string{"escalation paths"}},
	}
}

func waiting() gate.Decision {
	return gate.Decision{
		Ref:  pull.Ref{Installation: 7, RepoID: 8, Owner: "acme", Repo: "shop", Number: 12},
		At:   noon,
		Head: headOne, Base: "main", Verdict: gate.Waiting,
		Functions: functions(), Files: files(), Checklist: checklist(), Changes: changes(),
		Methods: []policy.Method{policy.Label, policy.Command},
	}
}

// situations are those whose comments are kept as golden files.
func situations() []situation {
	options := render.Options{MergeBase: mergeBase, Author: person(1, "ana")}
	list := []situation{
		{name: "waiting", decision: waiting()},
		{name: "partly-signed", decision: partlySigned()},
		{name: "asked-again", decision: askedAgain()},
		{name: "refused-label", decision: refusedLabel()},
		{name: "unreadable-file", decision: unreadableFile()},
		{name: "below-contract", decision: belowContract()},
		{name: "uncovered", decision: uncovered()},
		{name: "all-signed", decision: allSigned()},
		{name: "open-items", decision: openItems()},
		{name: "cannot-sign", decision: cannotSign()},
		{name: "policy-broken", decision: policyBroken()},
		{name: "policy-invalid", decision: policyInvalid()},
		{name: "policy-edit", decision: policyEdit()},
		{name: "policy-repair", decision: policyRepair()},
		{name: "adds-policy", decision: addsPolicy()},
		{name: "no-answer", decision: noAnswer()},
		{name: "neutral", decision: allNeutral()},
		{name: "help", decision: help()},
		{name: "merged-unsigned", decision: mergedUnsigned()},
		{name: "merged-signed-after", decision: mergedSignedAfter()},
		{name: "merged-open-items", decision: mergedOpenItems()},
		{name: "merged-policy-broken", decision: mergedPolicyBroken()},
		{name: "merged-invalid-policy", decision: mergedInvalidPolicy()},
		{name: "merged-no-answer", decision: mergedNoAnswer()},
	}
	for i := range list {
		list[i].options = options
	}
	return list
}

// belowContract: a floor is crossed, a promise changes that no rule covers, and a text
// contradicts its value.
func belowContract() gate.Decision {
	d := waiting()
	d.Changes[0].CrossesFloor = true
	d.Changes[0].Text += " This is below the contract: customers were promised 99.9%."
	other := objective("teams/search/slo.yml", 7, "search", "99.9")
	now := objective("teams/search/slo.yml", 7, "search", "99")
	d.Uncovered = commitment.Diff(commitment.Set{Commitments: []commitment.Commitment{other}}, commitment.Set{Commitments: []commitment.Commitment{now}}, commitment.Options{}).Changes
	d.Findings = []commitment.Finding{{Code: "text-contradicts-value", File: "slo/checkout.yml", Line: 12, Text: "The display name still says 99.95%, the objective is 99.5%."}}
	return d
}

// uncovered: nothing is gated, but a promise changes where no rule looks.
func uncovered() gate.Decision {
	d := belowContract()
	return gate.Decision{Ref: d.Ref, At: d.At, Head: d.Head, Base: d.Base, Verdict: gate.Ungated, Uncovered: d.Uncovered}
}

func partlySigned() gate.Decision {
	d := waiting()
	d.Functions[0].SignOffs = []pull.SignOff{signOff("product", "label", person(2, "lee"), noon.Add(-3*time.Hour))}
	d.Functions[2].SignOffs = []pull.SignOff{signOff("security", "command", person(3, "sam"), noon.Add(-2*time.Hour))}
	d.Functions[3].SignOffs = []pull.SignOff{signOff("support", "command", person(4, "kim"), noon.Add(-time.Hour))}
	d.Functions[3].SignOffs[0].Note = "fine with the new on-call hours"
	d.Checklist[0].Tick = &pull.Tick{Item: "impact", State: pull.TickDone, Person: person(1, "ana"), At: noon.Add(-4 * time.Hour)}
	d.Checklist[3].Tick = &pull.Tick{
		Item: "escalation-routing", State: pull.TickNotApplicable, Person: person(4, "kim"), At: noon.Add(-time.Hour),
		Note: "only the file was renamed",
	}
	return d
}

func askedAgain() gate.Decision {
	d := allSigned()
	d.Verdict, d.Head = gate.Waiting, headTwo
	for _, i := range []int{0, 1} {
		f := &d.Functions[i]
		f.Since = &gate.Since{SignOff: f.SignOffs[0], Changed: []string{"slo/checkout.yml"}}
		f.SignOffs, f.Fingerprint, f.LabelWanted = nil, contentB, false
	}
	d.Functions[1].Since.Gained = []string{"slo/payments/latency.yml"}
	return d
}

func refusedLabel() gate.Decision {
	d := waiting()
	d.Refusals = []gate.Refusal{
		{Person: person(9, "tom"), At: noon.Add(-time.Hour), What: "the sign-off label of legal", Why: "not a member of acme/legal, and not named in the policy; the label was taken off"},
		{Person: person(1, "ana"), At: noon.Add(-time.Minute), What: "/sla sign product", Why: "the author cannot sign their own pull request"},
	}
	return d
}

func unreadableFile() gate.Decision {
	d := waiting()
	d.Files[0].Why = "the file is 12 MB, larger than slagate reads"
	d.Files[1].Path, d.Files[1].Why = "SLO/payments.yml", "the name equals a guarded one but for letter case"
	d.Files[1].Rules = []gate.RuleHit{{Rule: "service levels", Pattern: "slo/**", Path: "SLO/payments.yml", Folded: "letter case"}}
	d.AllTouched = "GitHub lists at most 3,000 changed files, this pull request has 3,412"
	return d
}

func allSigned() gate.Decision {
	d := waiting()
	d.Verdict = gate.Signed
	people := [][]pull.Person{{person(2, "lee")}, {person(5, "jane")}, {person(3, "sam"), person(6, "max")}, {person(4, "kim")}}
	for i := range d.Functions {
		d.Functions[i].LabelWanted = true
		for j, p := range people[i] {
			d.Functions[i].SignOffs = append(d.Functions[i].SignOffs,
				signOff(d.Functions[i].Name, []string{"label", "command"}[i%2], p, noon.Add(time.Duration(i-5)*time.Hour+time.Duration(j)*time.Minute)))
		}
	}
	for i := range d.Checklist {
		d.Checklist[i].Tick = &pull.Tick{Item: d.Checklist[i].ID, State: pull.TickDone, Person: person(1, "ana"), At: noon.Add(-time.Hour)}
	}
	d.Checklist[2].Tick.Person = person(5, "jane")
	d.Checklist[3].Tick.Person = person(4, "kim")
	return d
}

func openItems() gate.Decision {
	d := allSigned()
	d.Verdict = gate.OpenItems
	d.Checklist[1].Tick = nil
	return d
}

func cannotSign() gate.Decision {
	d := waiting()
	d.Verdict = gate.CannotSign
	d.Functions[1].Cannot = "team acme/legal not found"
	d.Functions[0].SignOffs = []pull.SignOff{signOff("product", "label", person(2, "lee"), noon.Add(-3*time.Hour))}
	d.Functions[0].Notes = []string{"the sign-off of max was withdrawn at 10:12 UTC"}
	d.NoLonger = []string{"finance"}
	return d
}

func problems() []policy.Problem {
	return []policy.Problem{
		{File: ".github/slagate.yml", Line: 7, Column: 3, Value: "signoffs", Message: `unknown key "sign_offs", did you mean "signoffs"?`, Allowed: []string{"version", "functions", "rules", "signoffs"}},
		{File: ".github/slagate.yml", Line: 12, Column: 14, Value: "lega|", Message: "no function has this name", Allowed: []string{"legal", "product"}},
	}
}

func policyBroken() gate.Decision {
	d := waiting()
	d.Verdict, d.Functions, d.Files, d.Checklist = gate.PolicyBroken, nil, nil, nil
	d.Problems = problems()
	return d
}

func policyInvalid() gate.Decision {
	d := policyEdit()
	d.Verdict, d.Problems = gate.HeadPolicyInvalid, problems()[:1]
	d.PolicyEdit = []string{"The new version has 1 mistakes and would not be in force."}
	return d
}

func policyEdit() gate.Decision {
	d := waiting()
	d.Functions, d.Files, d.Checklist = d.Functions[1:3], d.Files[:1], nil
	d.Files[0].Path, d.Files[0].Functions = pull.PolicyPath, []string{"legal", "security"}
	d.Files[0].Rules = []gate.RuleHit{{Rule: "policy", Pattern: pull.PolicyPath, Path: pull.PolicyPath}}
	d.PolicyEdit = []string{
		"The new version is valid.",
		`rule service levels: paths "slo/**", "!slo/experiments/**" -> "slo/**"`,
		"function security: approvals 2 -> 1",
	}
	return d
}

func policyRepair() gate.Decision {
	d := policyEdit()
	d.Functions = []gate.Function{{Name: "policy", Approvals: 1, Fingerprint: contentA}}
	d.Repair = "an admin of the repository"
	d.Methods = []policy.Method{policy.Command}
	return d
}

func addsPolicy() gate.Decision {
	d := policyEdit()
	d.Verdict, d.Functions, d.PolicyEdit = gate.AddsPolicy, nil, []string{"It asks product, legal, security and support about slo/**."}
	return d
}

func noAnswer() gate.Decision {
	d := partlySigned()
	d.Verdict, d.Unanswered = gate.NoAnswer, "the members of acme/legal"
	d.OwnerUnreadableSince = noon.AddDate(0, 0, -3)
	return d
}

func allNeutral() gate.Decision {
	d := waiting()
	d.Verdict, d.Functions, d.Checklist = gate.AllNeutral, nil, nil
	d.Files = d.Files[2:]
	d.Files[0].Functions = nil
	return d
}

func help() gate.Decision {
	d := waiting()
	d.Verdict, d.Functions, d.Files, d.Checklist, d.HelpAsked = gate.Ungated, nil, nil, nil, true
	return d
}

// bypass is ada's merge, two and a half hours before noon.
func bypass() *pull.Bypass {
	return &pull.Bypass{
		Head: headOne, At: noon.Add(-150 * time.Minute), By: person(7, "ada"), Was: "pending: Waiting for legal, security, support (1 of 4 signed)",
		Judged: true, Missing: []string{"legal", "security", "support"}, Open: []string{"rollback", "customer-notice"},
	}
}

func mergedUnsigned() gate.Decision {
	d := partlySigned()
	d.Memory.Bypass = bypass()
	return d
}

func mergedSignedAfter() gate.Decision {
	d := allSigned()
	d.Memory.Bypass = bypass()
	d.Memory.Bypass.At, d.Memory.Bypass.Settled = noon.Add(-270*time.Minute), noon
	return d
}

func mergedOpenItems() gate.Decision {
	d := openItems()
	d.Memory.Bypass = bypass()
	d.Memory.Bypass.Was, d.Memory.Bypass.WasBy = "success: Signed by everybody", person(9, "tom")
	d.Memory.Bypass.At, d.Memory.Bypass.Missing, d.Memory.Bypass.Open = noon.Add(-time.Minute), nil, []string{"rollback"}
	return d
}

func mergedPolicyBroken() gate.Decision {
	d := policyBroken()
	d.Memory.Bypass = &pull.Bypass{
		Head: headOne, At: noon.Add(-time.Hour), By: person(7, "ada"), Was: "error: .github/slagate.yml:7 unknown key", Unjudged: "the policy has mistakes", Settled: noon,
	}
	return d
}

func mergedInvalidPolicy() gate.Decision {
	d := policyInvalid()
	d.Verdict = gate.Waiting
	d.Memory.Bypass = &pull.Bypass{
		Head: headOne, At: noon.Add(-time.Hour), By: person(7, "ada"), Was: "failure: Policy would be invalid: .github/slagate.yml:7 unknown key",
		Judged: true, Missing: []string{"legal", "security"},
	}
	return d
}

func mergedNoAnswer() gate.Decision {
	d := noAnswer()
	d.Functions, d.Files, d.Checklist, d.Changes = nil, nil, nil, nil
	d.Memory.Bypass = &pull.Bypass{Head: headOne, At: noon.Add(-time.Hour), Unjudged: "GitHub did not answer: the members of acme/legal"} // by a ghost
	return d
}
