// Package opsgenie reads who is told from Terraform resources of Opsgenie and of its
// successor, Jira Service Management (the provider atlassian-operations).
//
// Its one idea: a rule's delay counts from the start of the escalation, not from the rule
// before it. So rules are levels in the order of their delays, whatever order they are
// written in, and rules of one delay are one level (formats.md 1.5, 2.7). What a rule says beside
// delay and recipient (only if not closed, the next on the schedule) is part of
// whom it tells.
//
// Another resource is a case in [parse]. Policies that hold back or close alerts
// (opsgenie_alert_policy, opsgenie_notification_policy) are not read.
//
// https://registry.terraform.io/providers/opsgenie/opsgenie/latest/docs
package opsgenie

import (
	"slices"
	"strings"

	"github.com/slagate/slagate/internal/commitment"
	"github.com/slagate/slagate/internal/commitment/terraform"
)

const name = "opsgenie"

// Format reads Opsgenie's resources in Terraform files.
func Format() commitment.Format {
	return commitment.Format{Name: name, Sniff: sniff, Parse: parse}
}

func sniff(path string, src []byte) bool {
	return terraform.Sniff(path, src, "opsgenie_escalation", "opsgenie_team_routing_rule", "opsgenie_schedule", "atlassian-operations_")
}

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
		case "opsgenie_escalation", "atlassian-operations_escalation":
			out.Commitments = append(out.Commitments, f.escalation(b))
		case "opsgenie_team_routing_rule", "atlassian-operations_routing_rule":
			out.Commitments = append(out.Commitments, f.routing(b))
		case "opsgenie_schedule", "atlassian-operations_schedule":
			out.Commitments = append(out.Commitments, f.schedule(b))
		case "opsgenie_schedule_rotation", "atlassian-operations_schedule_rotation":
			out.Commitments = append(out.Commitments, f.rotation(b))
		}
	}
	out.Mine = len(out.Commitments) > 0 || len(out.Problems) > 0
	return out
}

// escalation reads an escalation with its rules and its repetition.
func (f *file) escalation(b terraform.Block) commitment.Commitment {
	c := b.Promise(name, f.path, f.File, commitment.Escalation)
	c.Path = &commitment.Path{Opaque: b.Broken()}
	for _, rule := range b.Blocks("rules") {
		if rule.Opaque() {
			c.Path.Opaque = "its rules are generated: " + rule.Source()
		}
		c.Path.Levels = append(c.Path.Levels, level(rule))
	}
	order(c.Path)
	closed, again := commitment.ListOf(), commitment.ListOf()
	for _, r := range b.Blocks("repeat") {
		if repeat(c.Path, r) {
			closed = when(r.Attr("close_alert_after_all"), "the alert is closed after the last repetition")
			again = when(r.Attr("reset_recipient_states"), "those who acknowledged are told again")
		}
	}
	c.Fields = append(c.Fields,
		commitment.Field{Name: "close_alert_after_all", Role: commitment.RoleSuppression, Value: closed, Line: b.Line()},
		commitment.Field{Name: "reset_recipient_states", Role: commitment.RoleCoverage, Value: again, Line: b.Line()},
	)
	c.Fields = append(c.Fields, enabled(b)...)
	return c
}

// level is one rule. Its delay is in minutes; absent is none.
func level(rule terraform.Block) commitment.Level {
	reach := rule.Attr("delay").Seconds(commitment.PlainMinutes)
	if !reach.Exists() {
		reach = commitment.DurationOf(0)
	}
	l := commitment.Level{Reach: reach, Line: rule.Line()}
	for _, r := range rule.Blocks("recipient") {
		l.Targets = append(l.Targets, target(rule, r))
	}
	return l
}

func target(rule, r terraform.Block) commitment.Target {
	t := commitment.Target{Kind: r.Attr("type").Text(), Name: r.Attr("id").Text()}
	if r.Opaque() || !r.Attr("id").Exists() {
		t.Name = r.Source()
	}
	var only []string
	if a := rule.Attr("notify_type"); !a.IsNull() && a.Text() != "default" {
		only = append(only, a.Text())
	}
	if a := rule.Attr("condition"); !a.IsNull() && a.Text() != "if-not-acked" {
		only = append(only, a.Text())
	}
	if len(only) > 0 {
		t.Name += " (" + strings.Join(only, ", ") + ")"
	}
	return t
}

// order brings the levels into the order of their delays and makes one level of those
// that are reached at the same time. Where a delay is not known they stay as written.
func order(p *commitment.Path) {
	if slices.ContainsFunc(p.Levels, func(l commitment.Level) bool { return l.Reach.Num == nil }) {
		return
	}
	slices.SortStableFunc(p.Levels, func(x, y commitment.Level) int { return x.Reach.Num.Cmp(y.Reach.Num) })
	var out []commitment.Level
	for _, l := range p.Levels {
		if n := len(out); n > 0 && out[n-1].Reach.Num.Cmp(l.Reach.Num) == 0 {
			out[n-1].Targets = append(out[n-1].Targets, l.Targets...)
			continue
		}
		out = append(out, l)
	}
	p.Levels = out
}

// repeat reads how often the escalation starts again, and whether it does. A
// wait_interval of 0 switches it off.
func repeat(p *commitment.Path, r terraform.Block) bool {
	wait := r.Attr("wait_interval").Seconds(commitment.PlainMinutes)
	count := r.Attr("count").Value(func(text string) commitment.Value { return commitment.Number(text, commitment.None) })
	switch {
	case r.Opaque():
		p.Opaque = "its repetition is generated: " + r.Source()
	case !wait.Exists() || wait.Num != nil && wait.Num.Sign() <= 0:
		return false
	case count.Num == nil || !count.Num.IsInt() || !count.Num.Num().IsInt64():
		p.Opaque = "how often it starts again is not written: " + r.Source()
	default:
		p.Repeats = int(min(max(count.Num.Num().Int64(), 0), 1000))
	}
	clock := terraform.Clock{}
	if n := len(p.Levels); n > 0 {
		clock.Add(p.Levels[n-1].Reach)
	}
	clock.Add(wait)
	p.Round = clock.Now()
	return true
}

// when is a list that says what an option does, where it is on.
func when(a terraform.Attr, text string) commitment.Value {
	switch {
	case a.IsNull(), a.Text() == "false":
		return commitment.ListOf()
	case a.Text() == "true":
		return commitment.ListOf(text)
	}
	return commitment.Unread(a.Shown())
}

func enabled(b terraform.Block) []commitment.Field {
	a := b.Attr("enabled")
	if a.IsNull() {
		return nil
	}
	return []commitment.Field{{Name: "enabled", Role: commitment.RoleEnabled, Value: onOff(a), Line: a.Line()}}
}

func onOff(a terraform.Attr) commitment.Value {
	return a.Value(func(text string) commitment.Value {
		switch text {
		case "true", "false":
			return commitment.Switch(text, text == "true")
		}
		return commitment.Unread(text)
	})
}
