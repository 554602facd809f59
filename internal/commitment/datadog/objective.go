package datadog

import (
	"strings"

	"github.com/slagate/slagate/internal/commitment"
	"github.com/slagate/slagate/internal/commitment/resource"
)

// objective reads datadog_service_level_objective, a commitment for each timeframe
// (formats.md 1.6; Datadog provider).
func objective(it resource.Item) []commitment.Commitment {
	thresholds := it.Blocks("thresholds")
	if len(thresholds) == 0 {
		return []commitment.Commitment{timeframe(it, it, "target_threshold", "warning_threshold")}
	}
	out := make([]commitment.Commitment, 0, len(thresholds))
	for _, b := range thresholds {
		out = append(out, timeframe(it, b, "target", "warning"))
	}
	return out
}

// timeframe reads the target over one timeframe. The key holds the timeframe only
// where there are several.
func timeframe(it resource.Item, b resource.Block, target, warning string) commitment.Commitment {
	var f resource.Fields
	f.Add(b.Attr(target), resource.Spec{Name: "target", Role: commitment.RoleTarget, Better: commitment.Higher, Read: commitment.PercentOf})
	over := b.Attr("timeframe")
	f.Add(over, resource.Spec{Name: "timeframe", Role: commitment.RoleWindow, Read: func(text string) commitment.Value {
		return commitment.Duration(text, commitment.NoPlain)
	}})
	f.Add(b.Attr(warning), resource.Spec{Name: "warning", Role: commitment.RoleAmount, Better: commitment.Higher, Read: commitment.PercentOf})
	f.Notes(it, "name", "description")
	text := measured(&f, it)
	f.Close(it)
	sub, title := "", it.Title("name")
	if len(it.Blocks("thresholds")) > 1 {
		sub, title = over.Text, title+" over "+over.Text
	}
	return commitment.Commitment{
		Key: it.Key(format, sub), Kind: commitment.Availability, Name: title,
		Indicator: text, Fields: f.List, Source: commitment.Source{Line: b.Line()},
	}
}

// measured is what an objective measures: a query, monitors, or time slices.
func measured(f *resource.Fields, it resource.Item) string {
	var parts []string
	for _, name := range []string{"type", "monitor_ids", "groups"} {
		if a := it.Attr(name); a.Exists() {
			f.Rely(a.Locals...)
			parts = append(parts, name+" = "+a.Text)
		}
	}
	for _, name := range []string{"query", "sli_specification"} {
		for _, b := range it.Blocks(name) {
			f.Rely(b.Locals()...)
			parts = append(parts, name+" "+b.Text(nil))
		}
	}
	return strings.Join(parts, "\n")
}
