package openslo

import (
	"cmp"
	"strings"

	"github.com/slagate/slagate/internal/commitment"
	"github.com/slagate/slagate/internal/commitment/objective"
	"github.com/slagate/slagate/internal/commitment/source"
)

// references are the names of a list: written as such, referred to, or of an object
// that stands there itself.
func references(list source.Node, ref string) []string {
	var out []string
	for _, item := range list.Items() {
		switch {
		case item.IsScalar():
			out = append(out, item.Shown())
		case item.First(ref, "targetRef", "name").Exists():
			out = append(out, item.First(ref, "targetRef", "name").Shown())
		default:
			out = append(out, cmp.Or(item.Get("metadata", "name").Shown(), item.String()))
		}
	}
	return out
}

// policy reads an alert policy: when its conditions hold, who is told.
func (o *object) policy() {
	var fields objective.Fields
	fields.Read("severity", commitment.RoleSeverity, commitment.Neither, o.spec.Get("severity"), commitment.Words)
	tellers := o.spec.First("notificationTargets", "alertMethods")
	if refs := references(tellers, "targetRef"); len(refs) > 0 {
		fields.Put("notificationTargets", commitment.RoleTeller, commitment.Neither, tellers, commitment.ListOf(refs...))
	}
	conditions := o.spec.Get("conditions")
	var names []string
	for _, c := range conditions.Items() {
		if inline := c.Get("spec"); inline.IsMap() || c.Get("measurement").Exists() {
			continue // a commitment of its own, below
		}
		names = append(names, condition(c))
	}
	if len(names) > 0 {
		fields.Put("conditions", commitment.RoleCoverage, commitment.Neither, conditions, commitment.ListOf(names...))
	}
	fields.Flag("alertWhenBreaching", commitment.RoleRank, o.spec.Get("alertWhenBreaching"), false)
	fields.Flag("alertWhenNoData", commitment.RoleRank, o.spec.Get("alertWhenNoData"), false)
	fields.Text("alertWhenResolved", commitment.RoleNote, o.spec.Get("alertWhenResolved"))
	fields.Text("coolDown", commitment.RoleNote, o.spec.Get("coolDown"))
	o.add(o.node, commitment.Commitment{
		Key: commitment.Key{Group: o.kind, Name: o.name}, Kind: commitment.Detection, Name: o.name,
	}, fields)
	for _, c := range conditions.Items() {
		switch {
		case c.Get("spec").IsMap():
			o.condition(o.name, c.Get("metadata", "name").Shown(), c.Get("spec"))
		case c.Get("measurement").Exists():
			o.measurement(c)
		}
	}
}

// condition names a condition that stands elsewhere.
func condition(c source.Node) string {
	switch {
	case c.IsScalar():
		return c.Shown()
	case c.Get("conditionRef").Exists():
		return c.Get("conditionRef").Shown()
	}
	return c.String()
}

// condition reads when an alert fires. A burn rate alerts when it is high, whatever
// op says: the specification's own example has "lte" and means it so. Of other
// kinds op gives the direction.
func (o *object) condition(called, sub string, spec source.Node) {
	c := spec.Get("condition")
	var fields objective.Fields
	better := commitment.Neither
	switch op := strings.ToLower(c.Get("op").Text()); {
	case strings.EqualFold(c.Get("kind").Text(), "burnrate"), strings.HasPrefix(op, "gt"):
		better = commitment.Lower
	case strings.HasPrefix(op, "lt"):
		better = commitment.Higher
	}
	fields.Read("threshold", commitment.RoleThreshold, better, c.Get("threshold"), objective.Number)
	fields.Read("lookbackWindow", commitment.RoleDelay, commitment.Neither, c.Get("lookbackWindow"), objective.Window)
	fields.Read("alertAfter", commitment.RoleDelay, commitment.Neither, c.Get("alertAfter"), objective.Window)
	fields.Read("severity", commitment.RoleSeverity, commitment.Neither, spec.Get("severity"), commitment.Words)
	fields.Text("op", commitment.RoleKey, c.Get("op"))
	group := "AlertCondition"
	if o.kind == "AlertPolicy" {
		group = "AlertPolicy conditions"
	}
	at := *o
	at.described = spec.Get("description")
	at.add(spec, commitment.Commitment{
		Key: commitment.Key{Group: group, Name: called, Sub: sub}, Kind: commitment.Detection,
		Name: strings.Trim(called+" / "+sub, " /"), Indicator: c.Get("kind").Shown(),
	}, fields)
}

// measurement reads a condition of Nobl9: burnedBudget and averageBurnRate alert above
// their value, timeToBurn... below.
func (o *object) measurement(c source.Node) {
	var fields objective.Fields
	kind := c.Get("measurement").Shown()
	better, read := commitment.Lower, objective.Reader(objective.Number)
	if strings.HasPrefix(strings.ToLower(kind), "timetoburn") {
		better, read = commitment.Higher, objective.Window
	}
	fields.Read("value", commitment.RoleThreshold, better, c.Get("value"), read)
	fields.Read("alertingWindow", commitment.RoleDelay, commitment.Neither, c.Get("alertingWindow"), objective.Window)
	fields.Read("lastsFor", commitment.RoleDelay, commitment.Neither, c.Get("lastsFor"), objective.Window)
	fields.Text("op", commitment.RoleKey, c.Get("op"))
	o.add(c, commitment.Commitment{
		Key: commitment.Key{Group: "AlertPolicy conditions", Name: o.name, Sub: kind}, Kind: commitment.Detection,
		Name: o.name + " / " + kind, Indicator: kind,
	}, fields)
}

// teller reads where notifications go.
func (o *object) teller() {
	var fields objective.Fields
	if target := o.spec.Get("target"); !target.IsNull() {
		fields.Put("target", commitment.RoleTeller, commitment.Neither, target, commitment.ListOf(target.Shown()))
	}
	for _, p := range o.spec.Pairs() {
		if p.Key != "target" && p.Key != "description" {
			fields.Text(p.Key, commitment.RoleKey, p.Value)
		}
	}
	o.add(o.node, commitment.Commitment{
		Key: commitment.Key{Group: o.kind, Name: o.name}, Kind: commitment.Routing, Name: o.name,
	}, fields)
}
