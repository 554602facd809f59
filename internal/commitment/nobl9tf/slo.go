package nobl9tf

import (
	"math/big"
	"slices"
	"strings"

	"github.com/slagate/slagate/internal/commitment"
	"github.com/slagate/slagate/internal/commitment/resource"
)

const format = "nobl9-terraform"

// Format reads objectives of Nobl9 in Terraform.
func Format() commitment.Format {
	return commitment.Format{
		Name:  format,
		Sniff: func(path string, src []byte) bool { return resource.Mentions(path, src, "nobl9_slo") },
		Parse: func(path string, src []byte) commitment.Parsed {
			return resource.Read(path, src, map[string]resource.Type{"nobl9_slo": objectives})
		},
	}
}

// objectives reads nobl9_slo, a commitment for each objective (formats.md 1.3).
func objectives(it resource.Item) []commitment.Commitment {
	blocks := it.Blocks("objective")
	out := make([]commitment.Commitment, 0, len(blocks))
	for _, o := range blocks {
		var f resource.Fields
		f.Add(o.Attr("target"), resource.Spec{Name: "target", Role: commitment.RoleTarget, Better: commitment.Higher, Read: commitment.RatioOf})
		for _, w := range it.Blocks("time_window") {
			window(&f, w)
		}
		kind := threshold(&f, o)
		f.Add(o.Attr("time_slice_target"), resource.Spec{
			Name: "time_slice_target", Role: commitment.RoleAmount, Better: commitment.Higher, Read: commitment.RatioOf,
		})
		f.Definitions(it, "budgeting_method")
		f.Add(it.Attr("alert_policies"), resource.Spec{Name: "alert_policies", Role: commitment.RoleTeller, Default: commitment.ListOf()})
		f.Notes(it, "display_name", "description")
		f.Note(o.Attr("display_name"), "objective")
		text := measured(&f, it, o)
		f.Close(it)
		sub, title := "", it.Title("name")
		if len(blocks) > 1 {
			sub = first(o, "name", "display_name")
			title += ": " + sub
		}
		out = append(out, commitment.Commitment{
			Key: it.Key(format, sub), Kind: kind, Name: title, Service: literal(it.Attr("service")),
			Indicator: text, Fields: f.List, Source: commitment.Source{Line: o.Line()},
		})
	}
	return out
}

func first(b resource.Block, names ...string) string {
	for _, name := range names {
		if a := b.Attr(name); a.Exists() {
			return a.Text
		}
	}
	return ""
}

func literal(a resource.Attr) string {
	if a.Literal {
		return a.Text
	}
	return ""
}

// window adds the time window: count units, rolling or by the calendar.
func window(f *resource.Fields, w resource.Block) {
	count, unit, rolling := w.Attr("count"), w.Attr("unit"), w.Attr("is_rolling")
	seconds := map[string]int64{
		"Minute": 60, "Hour": 3600, "Day": 86400, "Week": 7 * 86400, "Month": 30 * 86400, "Quarter": 91 * 86400, "Year": 365 * 86400,
	}[unit.Text]
	byCalendar := len(w.Blocks("calendar")) > 0 || rolling.Exists() && rolling.Text == "false"
	if !rolling.Exists() && !byCalendar {
		f.Made(count.Line, resource.Spec{Name: "is_rolling", Role: commitment.RoleDefinition}, commitment.Words("not said"))
	}
	f.Add(count, resource.Spec{Name: "time_window", Role: commitment.RoleWindow, Read: func(text string) commitment.Value {
		n, ok := commitment.ParseNumber(text)
		if !ok || seconds == 0 || rolling.Exists() && !rolling.Literal {
			return commitment.Unread(strings.Join([]string{text, unit.Text, rolling.Text}, " "))
		}
		v := commitment.Exactly(text+" "+unit.Text, n.Mul(n, big.NewRat(seconds, 1)), commitment.Seconds)
		v.Calendar = byCalendar
		return v
	}})
}

// threshold adds the value of a threshold metric; op says what is good: lt and lte
// want it below. Such a metric is taken for a latency.
func threshold(f *resource.Fields, o resource.Block) commitment.Kind {
	op, value := o.Attr("op"), o.Attr("value")
	if !op.Exists() {
		f.Note(value, "value") // of a ratio it only tells objectives apart
		return commitment.Availability
	}
	s := resource.Spec{Name: "value", Role: commitment.RoleThreshold, Read: resource.Plain}
	side := op.Value(commitment.Words)
	switch side.Text {
	case "lt", "lte":
		s.Better, side = commitment.Lower, commitment.Words("below")
	case "gt", "gte":
		s.Better, side = commitment.Higher, commitment.Words("above")
	}
	f.Add(value, s)
	f.Made(op.Line, resource.Spec{Name: "side", Role: commitment.RoleKey}, side)
	f.Note(op, "op")
	return commitment.Latency
}

// measured is the metric of an objective.
func measured(f *resource.Fields, it resource.Item, o resource.Block) string {
	var parts []string
	for _, name := range []string{"raw_metric", "count_metrics", "composite"} {
		for _, b := range o.Blocks(name) {
			f.Rely(b.Locals()...)
			parts = append(parts, name+" "+b.Text(nil))
		}
	}
	for _, b := range it.Blocks("indicator") {
		f.Rely(b.Locals()...)
		parts = append(parts, "indicator "+b.Text(nil))
	}
	slices.Sort(parts)
	return strings.Join(parts, "\n")
}
