package newrelic

import (
	"math/big"
	"regexp"
	"strings"

	"github.com/slagate/slagate/internal/commitment"
	"github.com/slagate/slagate/internal/commitment/resource"
)

// term is when a condition is broken, and how urgent that is.
type term struct {
	block    resource.Block
	priority string
}

// condition reads an alert condition, a commitment for each of its terms (formats.md
// 1.6; New Relic provider, for the defaults).
func condition(it resource.Item) []commitment.Commitment {
	terms := termsOf(it)
	if len(terms) == 0 {
		terms = []term{{it, "critical"}}
	}
	out := make([]commitment.Commitment, 0, len(terms))
	for _, t := range terms {
		out = append(out, t.read(it))
	}
	return out
}

func termsOf(it resource.Item) []term {
	var out []term
	for _, priority := range []string{"critical", "warning"} {
		for _, b := range it.Blocks(priority) {
			out = append(out, term{b, priority})
		}
	}
	for _, b := range it.Blocks("term") {
		priority := strings.ToLower(b.Attr("priority").Text)
		if priority == "" {
			priority = "critical"
		}
		out = append(out, term{b, priority})
	}
	return out
}

func (t term) read(it resource.Item) commitment.Commitment {
	var f resource.Fields
	better := t.threshold(&f, it)
	t.duration(&f)
	aggregation(&f, it, better, t.number())
	signal(&f, it)
	f.Add(it.Attr("enabled"), resource.Spec{Name: "enabled", Role: commitment.RoleEnabled, Read: resource.Flag, Default: commitment.Switch("", true)})
	f.Add(it.Attr("policy_id"), resource.Spec{Name: "policy_id", Role: commitment.RoleKey})
	f.Made(t.block.Line(), resource.Spec{Name: "priority", Role: commitment.RoleSeverity}, commitment.Words(t.priority))
	f.Notes(it, "name", "description", "runbook_url", "violation_time_limit", "violation_time_limit_seconds")
	text := measured(&f, it)
	f.Close(it)
	title := it.Title("name")
	if t.priority != "critical" {
		title += " (" + t.priority + ")"
	}
	return commitment.Commitment{
		Key: it.Key(format, t.priority), Kind: commitment.Detection, Name: title,
		Indicator: text, Fields: f.List, Source: commitment.Source{Line: t.block.Line()},
	}
}

func (t term) number() commitment.Value {
	return first(t.block, "threshold", "value").Value(resource.Plain)
}

func first(b resource.Block, names ...string) resource.Attr {
	for _, name := range names {
		if a := b.Attr(name); a.Exists() {
			return a
		}
	}
	return resource.Attr{}
}

// threshold adds the number and the side on which it is beyond.
func (t term) threshold(f *resource.Fields, it resource.Item) commitment.Better {
	operator := t.block.Attr("operator")
	if !operator.Exists() {
		operator = it.Attr("comparison") // of infrastructure conditions
	}
	s := resource.Spec{Name: "threshold", Role: commitment.RoleThreshold, Read: resource.Plain}
	class := operator.Value(func(text string) commitment.Value { return commitment.Words(strings.ToLower(text)) })
	switch class.Text {
	case "above", "above_or_equals", "above_or_equal":
		s.Better, class = commitment.Lower, commitment.Words("above")
	case "below", "below_or_equals", "below_or_equal":
		s.Better, class = commitment.Higher, commitment.Words("below")
	}
	f.Add(first(t.block, "threshold", "value"), s)
	f.Made(operator.Line, resource.Spec{Name: "side", Role: commitment.RoleKey}, class)
	f.Note(operator, "operator")
	return s.Better
}

// duration adds for how long it must be so. Where one moment in it is enough it is no
// delay. A term that does not say so means all of it.
func (t term) duration(f *resource.Fields) {
	rank := resource.Order("at_least_once", "all")
	occurrences := first(t.block, "threshold_occurrences", "time_function")
	once := resource.Spec{Name: "threshold_occurrences", Role: commitment.RoleRank, Default: commitment.Choice("all (default)", 0)}
	once.Read = func(text string) commitment.Value {
		word := strings.ToLower(text)
		if word == "any" {
			word = "at_least_once"
		}
		v := rank(word)
		v.Text = text
		return v
	}
	s := resource.Spec{Name: "threshold_duration", Role: commitment.RoleDelay, Read: resource.Seconds}
	a := t.block.Attr("threshold_duration")
	if !a.Exists() {
		a, s.Read = t.block.Attr("duration"), resource.Minutes
	}
	if v := occurrences.Value(once.Read); v.Num != nil && v.Num.Sign() > 0 {
		s.Role = commitment.RoleNote
	}
	f.Add(a, s)
	f.Add(occurrences, once)
}

// sums are queries whose value grows with the window.
var sums = regexp.MustCompile(`(?i)^\s*select\s+(count|sum|uniquecount)\s*\(`)

// aggregation adds how long data is gathered before it is looked at.
func aggregation(f *resource.Fields, it resource.Item, better commitment.Better, threshold commitment.Value) {
	seconds := func(name string, absent int64) resource.Spec {
		s := resource.Spec{Name: name, Role: commitment.RoleDelay, Read: resource.Seconds}
		if absent > 0 {
			s.Default = commitment.Exactly("", big.NewRat(absent, 1), commitment.Seconds)
		}
		return s
	}
	if len(it.Blocks("nrql")) == 0 {
		return
	}
	window := it.Attr("aggregation_window")
	f.Add(window, seconds("aggregation_window", 60))
	if !it.Attr("slide_by").Exists() && sums.MatchString(query(it).Text) && window.Exists() {
		f.Counted("counted over", window, better, threshold)
	}
	method := it.Attr("aggregation_method")
	switch strings.ToLower(method.Text) {
	case "event_timer":
		f.Add(it.Attr("aggregation_timer"), seconds("aggregation_timer", 60))
	default:
		f.Add(it.Attr("aggregation_delay"), seconds("aggregation_delay", 120))
	}
	f.Notes(it, "aggregation_method")
	f.Definitions(it, "slide_by", "fill_option", "fill_value", "evaluation_delay")
}

// signal adds what is made of a signal that is lost.
func signal(f *resource.Fields, it resource.Item) {
	f.Add(it.Attr("open_violation_on_expiration"), resource.Spec{
		Name: "open_violation_on_expiration", Role: commitment.RoleEnabled, Read: resource.Flag, Default: commitment.Switch("", false),
	})
	f.Add(it.Attr("expiration_duration"), resource.Spec{
		Name: "expiration_duration", Role: commitment.RoleAmount, Better: commitment.Lower, Read: resource.Seconds,
	})
	f.Notes(it, "close_violations_on_expiration", "ignore_on_expected_termination")
}

func query(it resource.Item) resource.Attr {
	for _, b := range it.Blocks("nrql") {
		return b.Attr("query")
	}
	return resource.Attr{}
}

// measured is what a condition looks at.
func measured(f *resource.Fields, it resource.Item) string {
	var parts []string
	for _, b := range it.Blocks("nrql") {
		f.Rely(b.Locals()...)
		parts = append(parts, b.Text(nil))
	}
	for _, name := range []string{
		"type", "baseline_direction", "entities", "metric", "condition_scope", "user_defined_metric", "user_defined_value_function",
		"event", "select", "where", "process_where", "integration_provider", "monitor_id",
	} {
		if a := it.Attr(name); a.Exists() && (name != "type" || a.Text != "static") {
			f.Rely(a.Locals...)
			parts = append(parts, name+" = "+a.Text)
		}
	}
	return strings.Join(parts, "\n")
}
