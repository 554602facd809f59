// Package pagerduty reads who is paged from Terraform resources of PagerDuty.
//
// Its one idea: an escalation policy is a path in time. A rule's delay is the wait
// before leaving it, so the first one is told at once and the k-th after the sum of
// the delays before it; num_loops is how often the path starts again after its end
// (formats.md 1.5, 2.7). Beside the policies it reads services (which policy they
// use, how urgent they are, when a forgotten incident comes back, and what other
// resources say about them: integrations, rules that suppress, chat) and schedules
// (whether somebody is there, and at how many hours of the week).
//
// Another resource is a case in [parse]. The package resolves no reference to another file: whom
// "pagerduty_schedule.primary.id" stands for is read where that schedule is.
//
// https://registry.terraform.io/providers/PagerDuty/pagerduty/latest/docs
package pagerduty

import (
	"fmt"

	"github.com/slagate/slagate/internal/commitment"
	"github.com/slagate/slagate/internal/commitment/terraform"
)

const name = "pagerduty"

// Format reads PagerDuty's resources in Terraform files.
func Format() commitment.Format {
	return commitment.Format{Name: name, Sniff: sniff, Parse: parse}
}

func sniff(path string, src []byte) bool {
	return terraform.Sniff(path, src, "pagerduty_escalation_policy", "pagerduty_service", "pagerduty_schedule", "pagerduty_slack_connection", "pagerduty_event_orchestration_", "pagerduty_maintenance_window", "pagerduty_ruleset_rule")
}

// file is a file being read.
type file struct {
	terraform.File
	path string
}

func parse(path string, src []byte) commitment.Parsed {
	f := file{terraform.Read(path, src), path}
	out := commitment.Parsed{Problems: f.Problems}
	for _, b := range f.Blocks {
		kind, _ := b.Resource()
		switch kind {
		case "pagerduty_escalation_policy":
			out.Commitments = append(out.Commitments, f.policy(b))
		case "pagerduty_service":
			out.Commitments = append(out.Commitments, f.service(b))
		case "pagerduty_schedule", "pagerduty_schedulev2":
			out.Commitments = append(out.Commitments, f.schedule(b))
		}
	}
	out.Commitments = f.attached(out.Commitments)
	out.Mine = len(out.Commitments) > 0 || len(out.Problems) > 0
	return out
}

// policy reads an escalation policy.
func (f *file) policy(b terraform.Block) commitment.Commitment {
	c := b.Promise(name, f.path, f.File, commitment.Escalation)
	c.Path = &commitment.Path{Opaque: b.Broken()}
	clock := terraform.Clock{}
	for k, rule := range b.Blocks("rule") {
		level := commitment.Level{Reach: clock.Now(), Line: rule.Line(), Targets: targets(rule)}
		if rule.Opaque() {
			c.Path.Opaque = "its rules are generated: " + rule.Source()
		}
		c.Path.Levels = append(c.Path.Levels, level)
		clock.Add(rule.Attr("escalation_delay_in_minutes").Seconds(commitment.PlainMinutes))
		c.Fields = append(c.Fields, assignment(k, rule)...)
	}
	c.Path.Round = clock.Now()
	c.Path.Repeats = f.loops(b, c.Path)
	return c
}

// loops reads num_loops, absent 0. A number that is not known makes the path opaque.
func (f *file) loops(b terraform.Block, p *commitment.Path) int {
	v := b.Attr("num_loops").Value(func(text string) commitment.Value { return commitment.Number(text, commitment.None) })
	switch {
	case !v.Exists():
		return 0
	case v.Num != nil && v.Num.IsInt() && v.Num.Num().IsInt64() && v.Num.Sign() >= 0:
		return int(min(v.Num.Num().Int64(), 1000))
	case p.Opaque == "":
		p.Opaque = "how often it starts again is " + v.Text
	}
	return 0
}

func targets(rule terraform.Block) []commitment.Target {
	var out []commitment.Target
	for _, t := range rule.Blocks("target") {
		if t.Opaque() || !t.Attr("id").Exists() {
			out = append(out, commitment.Target{Name: t.Source()})
			continue
		}
		out = append(out, commitment.Target{Kind: kindOf(t.Attr("type").Text()), Name: t.Attr("id").Text()})
	}
	if rule.Opaque() && len(out) == 0 {
		out = append(out, commitment.Target{Name: "whoever is generated"})
	}
	return out
}

func kindOf(kind string) string {
	switch kind {
	case "schedule_reference":
		return "schedule"
	case "user_reference", "":
		return "user"
	}
	return kind
}

// assignment is how a rule shares incidents out among its targets. The default tells
// all of them.
func assignment(k int, rule terraform.Block) []commitment.Field {
	for _, s := range rule.Blocks("escalation_rule_assignment_strategy") {
		if a := s.Attr("type"); a.Text() != "assign_to_everyone" {
			v := commitment.Words(a.Text())
			return []commitment.Field{{Name: fmt.Sprintf("rule %d assignment", k+1), Role: commitment.RoleKey, Value: v, Line: a.Line()}}
		}
	}
	return nil
}
