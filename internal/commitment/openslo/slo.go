package openslo

import (
	"cmp"
	"strings"

	"github.com/slagate/slagate/internal/commitment"
	"github.com/slagate/slagate/internal/commitment/objective"
	"github.com/slagate/slagate/internal/commitment/source"
)

// slo reads the objectives of an SLO, each a promise of its own.
func (o *object) slo() {
	if inline := o.spec.Get("indicator"); inline.Get("metadata").Exists() && o.display.IsNull() {
		o.display = inline.Get("metadata", "displayName")
	}
	list := o.spec.First("objectives", "thresholds").Items()
	if len(list) == 0 {
		o.f.Problem(o.node, "the SLO %q has no objectives", o.name)
	}
	for _, n := range list {
		if !n.IsMap() {
			o.f.Problem(n, "an entry of objectives is no objective")
			continue
		}
		o.objective(n)
	}
	for _, p := range o.spec.Get("alertPolicies").Items() {
		if p.Get("kind").Text() == "AlertPolicy" {
			inline := *o
			inline.node, inline.spec, inline.kind, inline.name = p, p.Get("spec"), "AlertPolicy", cmp.Or(p.Get("metadata", "name").Shown(), o.name)
			inline.display, inline.described = p.Get("metadata", "displayName"), p.Get("spec", "description")
			inline.policy()
		}
	}
}

// objective reads one objective.
func (o *object) objective(n source.Node) {
	var fields objective.Fields
	o.target(&fields, n)
	o.windows(&fields)
	text, m := o.indicator(n)
	ratio := measuredAsRatio(o.spec, n)
	limit(&fields, n, ratio)
	fields.Bounds(n, m)
	fields.Text("budgetingMethod", commitment.RoleKey, o.spec.Get("budgetingMethod"))
	fields.Read("timeSliceTarget", commitment.RoleAmount, commitment.Higher, n.Get("timeSliceTarget"), objective.Ratio)
	fields.Read("timeSliceWindow", commitment.RoleAmount, commitment.Neither, n.Get("timeSliceWindow"), minutes)
	weight := n.Get("compositeWeight")
	fields.Read("compositeWeight", commitment.RoleAmount, commitment.Neither, weight, objective.Number)
	if weight.IsNull() {
		fields.Absent("compositeWeight", commitment.RoleAmount, commitment.Neither, objective.Number("1"))
	}
	alerts := o.spec.Get("alertPolicies")
	if refs := references(alerts, "alertPolicyRef"); len(refs) > 0 {
		fields.Put("alertPolicies", commitment.RoleTeller, commitment.Neither, alerts, commitment.ListOf(refs...))
	}
	display := n.First("displayName", "name")
	fields.Text("objective displayName", commitment.RoleNote, display)
	sub := objective.Identity(display.Shown())
	shown := o.name
	if sub != "" && len(o.spec.First("objectives", "thresholds").Items()) > 1 {
		shown += " / " + sub
	}
	kind := objective.KindOf(o.name, m)
	if op := n.Get("op").Text(); !ratio && strings.HasPrefix(op, "lt") {
		kind = commitment.Latency
	}
	o.add(n, commitment.Commitment{
		Key:  commitment.Key{Group: o.service, Name: o.name, Sub: sub},
		Kind: kind, Name: shown, Indicator: text, Uses: m.Metrics,
	}, fields)
}

// target adds the promised share, in whichever unit it is written. A percentage and a
// ratio of the same size are the same promise.
func (o *object) target(fields *objective.Fields, n source.Node) {
	ratio, percent := n.First("target", "budgetTarget"), n.Get("targetPercent")
	switch {
	case !ratio.IsNull() && !percent.IsNull():
		r, p := ratio.As(objective.Ratio), percent.As(objective.Percent)
		if !r.Equal(p) && (r.Num == nil || p.Num == nil || r.Num.Cmp(p.Num) != 0) {
			o.f.Problem(n, "target and targetPercent say different things")
			r = commitment.Unread(r.Text + " | " + p.Text)
		}
		fields.Put("target", commitment.RoleTarget, commitment.Higher, ratio, r)
	case !percent.IsNull():
		o.f.Target(fields, "target", percent, objective.Percent)
	case !ratio.IsNull():
		o.f.Target(fields, "target", ratio, objective.Ratio)
	default:
		o.f.Problem(n, "an objective of %q has no target", o.name)
	}
}

func minutes(text string) commitment.Value { return commitment.Duration(text, commitment.PlainMinutes) }

// windows adds the time over which the targets hold. One that starts with the
// calendar is another than one that rolls.
func (o *object) windows(fields *objective.Fields) {
	n := o.spec.First("timeWindow", "timeWindows")
	list := n.Items()
	if n.IsMap() {
		list = []source.Node{n}
	}
	for _, w := range list {
		v, at := w.Get("duration").As(objective.Window), w.Get("duration")
		if at.IsNull() {
			v, at = counted(w), w
		}
		if v.Exists() {
			v.Calendar = calendar(w)
			if v.Calendar {
				v.Text += " (calendar)"
			}
		}
		fields.Put("window", commitment.RoleWindow, commitment.Neither, at, v)
		if w.First("isRolling", "rolling", "calendar").IsNull() {
			// OpenSLO takes that for false, and people write it and mean true.
			fields.Put("isRolling", commitment.RoleDefinition, commitment.Neither, w, commitment.Words("not said"))
		}
		fields.Text("calendar.startTime", commitment.RoleKey, w.Get("calendar", "startTime"))
		fields.Text("calendar.timeZone", commitment.RoleKey, w.Get("calendar", "timeZone"))
	}
}

// calendar: isRolling says it; without the word a calendar block does.
func calendar(w source.Node) bool {
	if rolling, ok := w.First("isRolling", "rolling").Bool(); ok {
		return !rolling
	}
	return w.Get("calendar").IsMap()
}

// counted reads a window of v1alpha: so many of a unit.
func counted(w source.Node) commitment.Value {
	unit, count := w.Get("unit"), w.Get("count")
	if unit.IsNull() && count.IsNull() {
		return commitment.Value{}
	}
	text := strings.TrimSpace(count.Shown() + " " + unit.Shown())
	letter, ok := map[string]string{
		"second": "s", "minute": "m", "hour": "h", "day": "d", "week": "w", "month": "M", "quarter": "Q", "year": "Y",
	}[strings.ToLower(strings.TrimSuffix(unit.Text(), "s"))]
	if !ok || count.Opaque() || unit.Opaque() {
		return commitment.Unread(text)
	}
	v := commitment.Duration(count.Text()+letter, commitment.NoPlain)
	v.Text = text
	return v
}

// indicator is what an objective measures: what stands at it, or at its SLO.
func (o *object) indicator(n source.Node) (string, objective.Measured) {
	var parts []string
	var all objective.Measured
	add := func(label string, at source.Node) {
		if at.IsNull() {
			return
		}
		m := o.f.Measure(at, objective.CountsOther)
		parts = append(parts, label+": "+m.Text)
		all.Bounds, all.Metrics = append(all.Bounds, m.Bounds...), append(all.Metrics, m.Metrics...)
	}
	for _, from := range []source.Node{o.spec, n} {
		inline := from.Get("indicator")
		if spec := inline.Get("spec"); spec.Exists() {
			inline = spec // its name and description are for people
		}
		add("indicator", inline)
		add("indicator", from.Get("indicatorRef"))
		for _, key := range []string{"ratioMetric", "ratioMetrics", "countMetrics", "thresholdMetric", "rawMetric", "composite"} {
			add(key, from.Get(key))
		}
	}
	all.Text = strings.Join(parts, " ")
	return all.Text, all
}

// measuredAsRatio reports whether the share of good events is counted directly. Then a
// value at the objective is a mere number of it.
func measuredAsRatio(spec, n source.Node) bool {
	for _, from := range []source.Node{spec, n, spec.Get("indicator"), spec.Get("indicator", "spec"), n.Get("indicator"), n.Get("indicator", "spec")} {
		if from.First("ratioMetric", "ratioMetrics", "countMetrics").Exists() {
			return true
		}
	}
	return false
}

// limit adds the value that each event is compared with: "lte 0.5" is good below.
func limit(fields *objective.Fields, n source.Node, ratio bool) {
	value, op := n.Get("value"), n.Get("op")
	if ratio && op.IsNull() {
		fields.Text("value", commitment.RoleNote, value)
		return
	}
	better := commitment.Neither
	switch strings.ToLower(op.Text()) {
	case "lt", "lte":
		better = commitment.Lower
	case "gt", "gte":
		better = commitment.Higher
	}
	fields.Read("value", commitment.RoleThreshold, better, value, objective.Number)
	fields.Text("op", commitment.RoleKey, op)
}
