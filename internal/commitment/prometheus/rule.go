package prometheus

import (
	"math/big"
	"slices"
	"strings"

	"github.com/prometheus/prometheus/promql/parser"

	"github.com/slagate/slagate/internal/commitment"
	"github.com/slagate/slagate/internal/commitment/source"
)

// The bounds of the conditions that are parsed: the length of one, and, as the parser's
// time grows with the square of it, the sum of the squares of a file. What is beyond
// them is compared as text.
const (
	maxExpr  = 20_000
	maxParse = 4_000_000_000
)

// group is what the rules of a group share.
type group struct {
	name   string
	fields []commitment.Field
	labels source.Node
}

// groupOf reads what a group says about all its rules (Prometheus: rule_group).
func groupOf(n source.Node) group {
	g := group{name: n.Get("name").Shown(), labels: n.Get("labels")}
	interval := commitment.Field{
		// Prometheus evaluates once a minute where nothing else is said.
		Name: "interval", Role: commitment.RoleDelay, Value: commitment.Exactly("", big.NewRat(60, 1), commitment.Seconds),
	}
	if v := n.Get("interval"); !v.IsNull() {
		interval.Value, interval.Line = v.As(duration), v.Line()
	}
	g.fields = append(g.fields, interval)
	if v := n.Get("query_offset"); !v.IsNull() {
		g.fields = append(g.fields, commitment.Field{Name: "query_offset", Role: commitment.RoleDelay, Value: v.As(duration), Line: v.Line()})
	}
	if v := n.Get("enabled"); !v.IsNull() && n.Get("rules").Exists() {
		g.fields = append(g.fields, commitment.Field{Name: "group enabled", Role: commitment.RoleEnabled, Value: flag(v), Line: v.Line()})
	}
	if v := n.Get("limit"); !v.IsNull() {
		g.fields = append(g.fields, commitment.Field{Name: "limit", Role: commitment.RoleAmount, Value: v.As(number), Line: v.Line()})
	}
	return g
}

func duration(text string) commitment.Value { return commitment.Duration(text, commitment.NoPlain) }

func number(text string) commitment.Value { return commitment.Number(text, commitment.None) }

// alert reads one alerting rule.
func (r *file) alert(n source.Node, g group) commitment.Commitment {
	name := n.Get("alert").Shown()
	c := commitment.Commitment{
		Key:  commitment.Key{Format: Name, Group: g.name, Name: name},
		Kind: commitment.Detection, Name: name, Shown: strings.TrimSpace(n.Get("expr").Shown()), Source: r.source(n.Get("alert")),
	}
	r.condition(&c, n.Get("expr"))
	c.Fields = append(c.Fields, delay("for", n))
	if v := n.Get("keep_firing_for"); !v.IsNull() {
		c.Fields = append(c.Fields, commitment.Field{Name: "keep_firing_for", Role: commitment.RoleNote, Value: v.As(duration), Line: v.Line()})
	}
	labels := labelsOf(n.Get("labels"), g.labels)
	c.Fields = append(c.Fields, urgency(labels)...)
	c.Fields = append(c.Fields, g.fields...)
	if v := n.Get("enabled"); !v.IsNull() {
		c.Fields = append(c.Fields, commitment.Field{Name: "enabled", Role: commitment.RoleEnabled, Value: flag(v), Line: v.Line()})
	}
	c.Fields = append(c.Fields, others(labels)...)
	c.Fields = append(c.Fields, annotations(n.Get("annotations"))...)
	c.Labels = map[string]string{"alertname": name}
	for _, l := range labels {
		c.Labels[l.Key] = l.Value.Shown()
	}
	c.Service = service(labels)
	r.placed(&c)
	return c
}

// placed moves the lines of an embedded text to where it stands in the file, and says
// what was not rendered.
func (r *file) placed(c *commitment.Commitment) {
	for i := range c.Fields {
		if c.Fields[i].Line > 0 {
			c.Fields[i].Line += r.shift
		}
	}
	if c.Source.Template {
		c.Caveats = append(c.Caveats, "read without rendering the template")
	}
}

// record reads a recording rule: what others are measured by. Nothing in it is a
// number with a direction, so its expression is compared as a whole.
func (r *file) record(n source.Node, g group) commitment.Commitment {
	name := n.Get("record").Shown()
	c := commitment.Commitment{
		Key:  commitment.Key{Format: Name, Group: g.name, Name: name, Sub: "recorded"}, // an alert of that name is another thing
		Kind: commitment.Measurement, Name: name, Shown: strings.TrimSpace(n.Get("expr").Shown()), Source: r.source(n.Get("record")),
	}
	labels := labelsOf(n.Get("labels"), g.labels)
	e, t, ok := r.parse(&c, n.Get("expr"))
	if ok {
		w := reader{text: t.parsed, restore: t.restore, masks: t.masks, literal: true}
		w.write(e, sense{})
		c.Indicator = w.out.String()
		c.Uses, _ = selectors(e)
	}
	for _, l := range labels {
		c.Indicator += " " + l.Key + "=" + l.Value.Shown() // the series has another name with another label
	}
	c.Service = service(labels)
	r.placed(&c)
	return c
}

// condition reads an alert's expr. One that was read before, on the other side of a
// change mostly, is not read again.
func (r *file) condition(c *commitment.Commitment, n source.Node) {
	found, ok := r.known.find(n.Text())
	if !ok {
		e, t, ok := r.parse(c, n)
		if !ok {
			return
		}
		if found = read(e, t); !t.opaque {
			r.known.keep(n.Text(), found)
		}
	}
	c.Indicator, c.Uses = found.skeleton, found.uses
	c.Fields = slices.Clone(found.fields)
	if len(found.only) > 0 {
		c.Fields = append(c.Fields, commitment.Field{Name: "fires only", Role: commitment.RoleSuppression, Value: commitment.ListOf(found.only...)})
	}
	if len(found.also) > 0 {
		c.Fields = append(c.Fields, commitment.Field{Name: "also fires on", Role: commitment.RoleCoverage, Value: commitment.ListOf(found.also...)})
	}
	for i := range c.Fields {
		c.Fields[i].Line, c.Fields[i].Inner = n.Line(), true
	}
}

// parse parses an expression; where it is no PromQL, its words are what is compared.
func (r *file) parse(c *commitment.Commitment, n source.Node) (parser.Expr, text, bool) {
	t := prepare(n)
	if t.opaque {
		c.Source.Template = true
	}
	if r.spent += len(t.parsed) * len(t.parsed); len(t.parsed) <= maxExpr && r.spent <= maxParse {
		if e, err := r.parser.ParseExpr(t.parsed); err == nil {
			return e, t, true
		}
		// Where a number is required, a word stands for one only as a scalar.
		if again := t.asScalars(); again != t.parsed {
			if e, err := r.parser.ParseExpr(again); err == nil {
				t.parsed = again
				return e, t, true
			}
		}
	}
	c.Indicator = squeezed(n.Shown())
	c.Uses = words(t.parsed)
	if !n.IsNull() {
		c.Caveats = append(c.Caveats, "its condition cannot be read as PromQL here; it is compared as text")
	}
	return nil, t, false
}

// delay is a waiting time; absent is none.
func delay(name string, n source.Node) commitment.Field {
	v := n.Get(name)
	if v.IsNull() {
		return commitment.Field{Name: name, Role: commitment.RoleDelay, Value: commitment.Exactly("", new(big.Rat), commitment.Seconds), Line: n.Line()}
	}
	return commitment.Field{Name: name, Role: commitment.RoleDelay, Value: v.As(duration), Line: v.Line()}
}

func flag(n source.Node) commitment.Value {
	on, ok := n.Bool()
	if !ok {
		return commitment.Unread(n.Shown())
	}
	return commitment.Switch(n.Shown(), on)
}

// labelsOf are a rule's labels and those that its group gives to all, its own first.
func labelsOf(own, shared source.Node) []source.Pair {
	out := own.Pairs()
	for _, p := range shared.Pairs() {
		if !slices.ContainsFunc(out, func(x source.Pair) bool { return x.Key == p.Key }) {
			out = append(out, p)
		}
	}
	return out
}

// urgency is the severity, and a label that plainly says the same.
func urgency(labels []source.Pair) []commitment.Field {
	var out []commitment.Field
	for _, l := range labels {
		if l.Key == "severity" {
			out = append(out, commitment.Field{Name: "severity", Role: commitment.RoleSeverity, Value: word(l.Value), Line: l.Value.Line()})
		}
	}
	for _, l := range labels {
		if isUrgency(l) {
			out = append(out, commitment.Field{Name: "labels." + l.Key, Role: commitment.RoleSeverity, Value: word(l.Value), Line: l.Value.Line()})
		}
	}
	return out
}

// isUrgency reports whether a label other than severity holds a word for urgency.
func isUrgency(l source.Pair) bool {
	switch strings.ToLower(l.Key) {
	case "priority", "level", "urgency", "criticality", "sev":
	default:
		return false
	}
	return slices.ContainsFunc(commitment.Severities(), func(same []string) bool {
		return slices.Contains(same, strings.ToLower(l.Value.Text()))
	})
}

// word is a label's value; one that Prometheus fills in is not known here.
func word(n source.Node) commitment.Value {
	if n.Opaque() || strings.Contains(n.Text(), "{{") || !n.IsScalar() {
		return commitment.Unread(n.Shown())
	}
	return commitment.Words(n.Text())
}

// others are the labels that keep an alert quiet, as one list, and those that decide
// where it goes.
func others(labels []source.Pair) []commitment.Field {
	var out []commitment.Field
	var quiet []string
	line := 0
	for _, l := range labels {
		switch {
		case l.Key == "severity" || isUrgency(l):
		case silences(l.Key):
			if on, ok := l.Value.Bool(); ok && on {
				quiet, line = append(quiet, l.Key), l.Line
			} else if !ok {
				quiet, line = append(quiet, l.Key+"="+l.Value.Shown()), l.Line
			}
		case informs(l.Key):
			out = append(out, commitment.Field{Name: "labels." + l.Key, Role: commitment.RoleNote, Value: word(l.Value), Line: l.Value.Line()})
		default:
			out = append(out, commitment.Field{Name: "labels." + l.Key, Role: commitment.RoleKey, Value: word(l.Value), Line: l.Value.Line()})
		}
	}
	if len(quiet) > 0 {
		out = append(out, commitment.Field{Name: "kept quiet by", Role: commitment.RoleSuppression, Value: commitment.ListOf(quiet...), Line: line})
	}
	slices.SortStableFunc(out, func(x, y commitment.Field) int { return strings.Compare(x.Name, y.Name) })
	return out
}

// informs reports whether a label is one of those that only tell people where to read
// on; nobody routes by them.
func informs(label string) bool {
	switch strings.ToLower(label) {
	case "playbook", "runbook", "runbook_url", "dashboard", "dashboard_url", "report", "meta", "description", "summary", "message", "docs", "documentation", "link", "url", "help":
		return true
	}
	return false
}

// silences reports whether a label is one of those by which alerts are hidden
// (formats.md 1.2).
func silences(label string) bool {
	label = strings.ToLower(label)
	switch label {
	case "silence", "silenced", "silent", "mute", "muted", "suppress", "suppressed", "inhibit", "inhibited":
		return true
	}
	return strings.HasPrefix(label, "cancel_if_") || strings.HasPrefix(label, "inhibit_") || strings.HasPrefix(label, "silence_") ||
		strings.HasPrefix(label, "suppress_") || strings.HasPrefix(label, "mute_")
}

func annotations(n source.Node) []commitment.Field {
	pairs := n.Pairs()
	out := make([]commitment.Field, 0, len(pairs))
	for _, p := range pairs {
		out = append(out, commitment.Field{Name: "annotations." + p.Key, Role: commitment.RoleNote, Value: commitment.Words(p.Value.Shown()), Line: p.Value.Line()})
	}
	slices.SortStableFunc(out, func(x, y commitment.Field) int { return strings.Compare(x.Name, y.Name) })
	return out
}

// service is what an alert is about, as far as its labels say so.
func service(labels []source.Pair) string {
	for _, key := range []string{"service", "job", "app"} {
		for _, l := range labels {
			if l.Key == key && l.Value.IsScalar() && !strings.Contains(l.Value.Text(), "{{") {
				return l.Value.Shown()
			}
		}
	}
	return ""
}
