// Package datadogoncall reads escalation policies of Datadog On-Call from Terraform.
//
// Its one idea: a step says how long it waits before it goes on to the next one, so the
// first step is told at once, as with PagerDuty (formats.md 1.5, 2.7). retries is how
// often the policy starts again after its end.
//
// It reads datadog_on_call_escalation_policy only; schedules and the routing rules of teams are left out.
//
// https://registry.terraform.io/providers/DataDog/datadog/latest/docs/resources/on_call_escalation_policy
package datadogoncall

import (
	"fmt"

	"github.com/slagate/slagate/internal/commitment"
	"github.com/slagate/slagate/internal/commitment/terraform"
)

const (
	name     = "datadogoncall"
	resource = "datadog_on_call_escalation_policy"
)

// Format reads Datadog's escalation policies in Terraform files.
func Format() commitment.Format {
	return commitment.Format{
		Name:  name,
		Sniff: func(path string, src []byte) bool { return terraform.Sniff(path, src, resource) },
		Parse: parse,
	}
}

func parse(path string, src []byte) commitment.Parsed {
	f := terraform.Read(path, src)
	out := commitment.Parsed{Problems: f.Problems}
	for _, b := range f.Resources(resource) {
		out.Commitments = append(out.Commitments, policy(b, path, f))
	}
	out.Mine = len(out.Commitments) > 0 || len(out.Problems) > 0
	return out
}

// policy reads the steps in their order.
func policy(b terraform.Block, path string, f terraform.File) commitment.Commitment {
	c := b.Promise(name, path, f, commitment.Escalation)
	p := &commitment.Path{Opaque: b.Broken()}
	clock := terraform.Clock{}
	for k, step := range b.Blocks("step") {
		if step.Opaque() {
			p.Opaque = "its steps are generated: " + step.Source()
		}
		p.Levels = append(p.Levels, commitment.Level{Reach: clock.Now(), Line: step.Line(), Targets: targets(step)})
		clock.Add(step.Attr("escalate_after_seconds").Seconds(commitment.PlainSeconds))
		if a := step.Attr("assignment"); !a.IsNull() && a.Text() != "default" {
			c.Fields = append(c.Fields, commitment.Field{
				Name: fmt.Sprintf("step %d assignment", k+1), Role: commitment.RoleKey, Value: commitment.Words(a.Text()), Line: a.Line(),
			})
		}
	}
	p.Round = clock.Now()
	retries(p, b.Attr("retries"))
	c.Path = p
	c.Fields = append(c.Fields, end(b.Attr("resolve_page_on_policy_end")))
	return c
}

// retries says how often the policy starts again; absent is never.
func retries(p *commitment.Path, a terraform.Attr) {
	v := a.Value(func(text string) commitment.Value { return commitment.Number(text, commitment.None) })
	switch {
	case !v.Exists():
	case v.Num != nil && v.Num.IsInt() && v.Num.Num().IsInt64() && v.Num.Sign() >= 0:
		p.Repeats = int(min(v.Num.Num().Int64(), 1000))
	case p.Opaque == "":
		p.Opaque = "how often it starts again is " + v.Text
	}
}

// end says that a page which nobody answered counts as solved.
func end(a terraform.Attr) commitment.Field {
	f := commitment.Field{Name: "resolve_page_on_policy_end", Role: commitment.RoleSuppression, Line: a.Line()}
	switch text := a.Text(); {
	case a.IsNull(), text == "false":
		f.Value = commitment.ListOf()
	case text == "true":
		f.Value = commitment.ListOf("a page that nobody answered is resolved at the end")
	default:
		f.Value = commitment.Unread(a.Shown())
	}
	return f
}

// targets are those of a step: each names a team, a user or a schedule.
func targets(step terraform.Block) []commitment.Target {
	var out []commitment.Target
	for _, t := range step.Blocks("target") {
		had := len(out)
		for _, kind := range []string{"team", "user", "schedule"} {
			if a := t.Attr(kind); !a.IsNull() {
				out = append(out, commitment.Target{Kind: kind, Name: a.Text() + position(t)})
			}
		}
		if len(out) == had || t.Opaque() {
			out = append(out[:had], commitment.Target{Name: t.Source()})
			continue
		}
	}
	if step.Opaque() && len(out) == 0 {
		out = append(out, commitment.Target{Name: "whoever is generated"})
	}
	return out
}

// position says whose turn of a schedule it is, where it is not the current one.
func position(t terraform.Block) string {
	if a := t.Attr("position"); !a.IsNull() && a.Text() != "current" {
		return " (" + a.Text() + ")"
	}
	return ""
}
