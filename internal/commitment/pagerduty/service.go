package pagerduty

import (
	"cmp"
	"math/big"

	"github.com/slagate/slagate/internal/commitment"
	"github.com/slagate/slagate/internal/commitment/terraform"
)

// The provider's defaults of the two timeouts, in seconds.
const (
	defaultAcknowledgement = "1800"
	defaultResolve         = "14400"
)

// service reads a service: what happens with its incidents.
func (f *file) service(b terraform.Block) commitment.Commitment {
	c := b.Promise(name, f.path, f.File, commitment.Routing)
	c.Service = c.Name
	add := func(field string, role commitment.Role, v commitment.Value) {
		c.Fields = append(c.Fields, commitment.Field{Name: field, Role: role, Value: v, Line: b.Attr(field).Line()})
	}
	add("escalation_policy", commitment.RoleTeller, reference(b.Attr("escalation_policy")))
	add("acknowledgement_timeout", commitment.RoleRank, acknowledgement(b.Attr("acknowledgement_timeout")))
	add("incident_urgency_rule", commitment.RoleRank, urgency(b))
	add("auto_resolve_timeout", commitment.RoleKey, resolve(b.Attr("auto_resolve_timeout")))
	add("alert_creation", commitment.RoleKey, commitment.Words(cmp.Or(b.Attr("alert_creation").Text(), "create_alerts_and_incidents")))
	for _, p := range b.Blocks("auto_pause_notifications_parameters") {
		add("auto_pause_notifications_parameters", commitment.RoleDelay, pause(p))
	}
	for _, block := range []string{"support_hours", "scheduled_actions", "alert_grouping_parameters"} {
		for _, p := range b.Blocks(block) {
			c.Fields = append(c.Fields, commitment.Field{Name: block, Role: commitment.RoleDefinition, Value: commitment.Words(p.Source()), Line: p.Line()})
		}
	}
	return c
}

// reference is whom a service calls: the reference as written.
func reference(a terraform.Attr) commitment.Value {
	if a.IsNull() {
		return commitment.Value{}
	}
	return commitment.ListOf(a.Text())
}

// never orders a timeout that never ends behind all others.
const never = 1_000_000_000

// acknowledgement is the time after which an acknowledged incident calls people again.
// The later, the longer a forgotten one stays forgotten; "null" and 0 switch it off: it
// never comes back.
// https://developer.pagerduty.com/api-reference (services, acknowledgement_timeout)
func acknowledgement(a terraform.Attr) commitment.Value {
	if a.IsNull() {
		v := ranked(defaultAcknowledgement)
		v.Text = "after 30m (the default)"
		return v
	}
	v := a.Value(ranked)
	return v
}

func ranked(text string) commitment.Value {
	if text == "null" {
		return commitment.Value{Text: "never", Num: big.NewRat(-never, 1), Unit: commitment.Rank}
	}
	v := commitment.Duration(text, commitment.PlainSeconds)
	switch {
	case v.Num == nil:
		return v
	case v.Num.Sign() <= 0:
		return commitment.Value{Text: "never", Num: big.NewRat(-never, 1), Unit: commitment.Rank}
	}
	return commitment.Value{Text: "after " + commitment.Spell(v.Num), Num: new(big.Rat).Neg(v.Num), Unit: commitment.Rank}
}

// resolve is the time after which an open incident is closed by itself. Whether that is
// good for customers depends on who looks: another one is unknown.
func resolve(a terraform.Attr) commitment.Value {
	text := defaultResolve
	if !a.IsNull() {
		text = a.Text()
	}
	v := commitment.Duration(text, commitment.PlainSeconds)
	switch {
	case text == "null" || v.Num != nil && v.Num.Sign() <= 0:
		return commitment.Words("never")
	case v.Num != nil:
		return commitment.Words("after " + commitment.Spell(v.Num))
	}
	return v
}

// The places of an urgency: low pages nobody at night.
const (
	rankLow      = 0
	rankDaytime  = 1 // high while support hours last
	rankHigh     = 2
	constant     = "constant"
	supportHours = "use_support_hours"
)

// urgency is how loudly responders are told; absent is always high.
func urgency(b terraform.Block) commitment.Value {
	rules := b.Blocks("incident_urgency_rule")
	if len(rules) == 0 {
		return commitment.Choice("high", rankHigh)
	}
	rule := rules[0]
	during, outside := rule.Attr("urgency").Text(), rule.Attr("urgency").Text()
	switch kind := rule.Attr("type").Text(); {
	case rule.Opaque() || kind != constant && kind != supportHours:
		return commitment.Unread(rule.Source())
	case kind == supportHours:
		during, outside = part(rule, "during_support_hours"), part(rule, "outside_support_hours")
	}
	switch {
	case during == "high" && outside == "high":
		return commitment.Choice("high", rankHigh)
	case during == "low" && outside == "low":
		return commitment.Choice("low", rankLow)
	case during == "high" && outside == "low":
		return commitment.Choice("high in support hours, else low", rankDaytime)
	case during == outside:
		return commitment.Unread(during)
	}
	return commitment.Unread(during + " in support hours, else " + outside)
}

// part is the urgency in one of the two parts of the day.
func part(rule terraform.Block, name string) string {
	blocks := rule.Blocks(name)
	switch {
	case len(blocks) == 0:
		return "as PagerDuty chooses"
	case blocks[0].Attr("type").Text() != constant || blocks[0].Opaque():
		return blocks[0].Source()
	}
	return blocks[0].Attr("urgency").Text()
}

// pause is how long notifications are held back for alerts that may pass by themselves.
func pause(p terraform.Block) commitment.Value {
	on, timeout := p.Attr("enabled"), p.Attr("timeout")
	switch {
	case p.Opaque():
		return commitment.Unread(p.Source())
	case on.IsNull() || on.Text() == "false":
		return commitment.DurationOf(0)
	case on.Text() != "true":
		return commitment.Unread(p.Source())
	case timeout.IsNull():
		return commitment.Unread("a time that PagerDuty chooses")
	}
	return timeout.Seconds(commitment.PlainSeconds)
}
