package pagerduty

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"

	"github.com/slagate/slagate/internal/commitment"
	"github.com/slagate/slagate/internal/commitment/terraform"
)

// attached are the resources that say something about a service: where its alerts come
// from, which of them are held back, and where else they are told. Each belongs to the
// service that it names; one whose service is in another file stands for itself.
func (f *file) attached(services []commitment.Commitment) []commitment.Commitment {
	at := map[string]int{}
	for i := range services {
		if key := services[i].Key; key.Group == "pagerduty_service" {
			at["pagerduty_service."+key.Name] = i
		}
	}
	out := services
	for _, b := range f.Blocks {
		fields, ok := extras(b)
		if !ok {
			continue
		}
		if i, here := at[serviceOf(b)]; here {
			join(&out[i], fields)
			continue
		}
		c := b.Promise(name, f.path, f.File, commitment.Routing)
		join(&c, fields)
		out = append(out, c)
	}
	return out
}

// extras are the fields of such a resource; ok is false for any other.
func extras(b terraform.Block) (fields []commitment.Field, ok bool) {
	field := func(name string, role commitment.Role, v commitment.Value) commitment.Field {
		return commitment.Field{Name: name, Role: role, Value: v, Line: b.Line()}
	}
	switch kind, _ := b.Resource(); kind {
	case "pagerduty_slack_connection":
		return []commitment.Field{field("slack channels", commitment.RoleTeller, commitment.ListOf(b.Attr("channel_id").Text()))}, true
	case "pagerduty_service_integration":
		return []commitment.Field{field("integrations", commitment.RoleCoverage, commitment.ListOf(integration(b)))}, true
	case "pagerduty_maintenance_window":
		when := "from " + b.Attr("start_time").Text() + " to " + b.Attr("end_time").Text()
		return []commitment.Field{field("maintenance", commitment.RoleSuppression, commitment.ListOf(when))}, true
	case "pagerduty_event_orchestration_service", "pagerduty_event_orchestration_global", "pagerduty_event_orchestration_router", "pagerduty_event_orchestration_unrouted",
		"pagerduty_service_event_rule", "pagerduty_ruleset_rule":
		silenced, rules := orchestration(b)
		return []commitment.Field{
			field("held back", commitment.RoleSuppression, commitment.ListOf(silenced...)),
			field("event rules", commitment.RoleDefinition, commitment.Words(short(rules))),
		}, true
	}
	return nil, false
}

// serviceOf is the service that a resource names, "" if it names none.
func serviceOf(b terraform.Block) string {
	for _, name := range []string{"service", "source_id", "services", "for_each"} {
		for _, v := range b.Attr(name).Variables() {
			if strings.HasPrefix(v, "pagerduty_service.") {
				return v
			}
		}
	}
	return ""
}

// integration is where alerts come from, in a word that stays when only names change.
func integration(b terraform.Block) string {
	for _, name := range []string{"vendor", "type", "integration_email", "name"} {
		if a := b.Attr(name); !a.IsNull() {
			return a.Text()
		}
	}
	return "an integration"
}

// orchestration is what the rules for events hold back, and what the others say.
func orchestration(b terraform.Block) (silenced []string, others string) {
	var said []string
	rules := b.Blocks("rule")
	for _, set := range b.Blocks("set") {
		rules = append(rules, set.Blocks("rule")...)
	}
	if len(rules) == 0 { // the older rules are resources of their own
		rules = []terraform.Block{b}
	}
	for _, rule := range rules {
		when := conditions(rule)
		for _, action := range rule.Blocks("actions") {
			if silences(action) {
				silenced = append(silenced, when)
				continue
			}
			said = append(said, when+": "+action.Source())
		}
	}
	for _, rest := range b.Blocks("catch_all") {
		for _, action := range rest.Blocks("actions") {
			if silences(action) {
				silenced = append(silenced, "everything else")
				continue
			}
			said = append(said, "else: "+action.Source())
		}
	}
	return silenced, strings.Join(said, "; ")
}

// conditions are when a rule counts: any of them is enough.
func conditions(rule terraform.Block) string {
	var out []string
	for _, name := range []string{"condition", "conditions"} {
		for _, c := range rule.Blocks(name) {
			if a := c.Attr("expression"); a.Exists() {
				out = append(out, a.Text())
			} else {
				out = append(out, c.Source())
			}
		}
	}
	if len(out) == 0 {
		return "everything"
	}
	slices.Sort(out)
	return strings.Join(out, " or ")
}

// silences reports whether an action keeps an event from becoming an incident.
// https://registry.terraform.io/providers/PagerDuty/pagerduty/latest/docs/resources/event_orchestration_service
func silences(action terraform.Block) bool {
	if action.Attr("suppress").Text() == "true" || action.Attr("drop_event").Text() == "true" {
		return true
	}
	return slices.ContainsFunc(action.Blocks("suppress"), func(s terraform.Block) bool { return s.Attr("value").Text() == "true" })
}

// maxShown bounds a text that is shown; beyond it a digest tells two texts apart.
const maxShown = 300

func short(text string) string {
	if len(text) <= maxShown {
		return text
	}
	sum := sha256.Sum256([]byte(text))
	return strings.ToValidUTF8(text[:maxShown], "") + "… (" + hex.EncodeToString(sum[:4]) + ")"
}

// join adds fields to a commitment; lists of the same name become one.
func join(c *commitment.Commitment, fields []commitment.Field) {
	for _, f := range fields {
		i := slices.IndexFunc(c.Fields, func(x commitment.Field) bool { return x.Name == f.Name })
		switch {
		case i < 0:
			c.Fields = append(c.Fields, f)
		case f.Role == commitment.RoleDefinition:
			c.Fields[i].Value = commitment.Words(short(c.Fields[i].Value.Text + "; " + f.Value.Text))
		default:
			c.Fields[i].Value = commitment.ListOf(append(slices.Clone(c.Fields[i].Value.Items), f.Value.Items...)...)
		}
	}
}
