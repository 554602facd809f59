package cloudwatch

import (
	"slices"
	"strings"

	"github.com/slagate/slagate/internal/commitment"
	"github.com/slagate/slagate/internal/commitment/resource"
)

// metricAlarm reads an alarm on a metric or on metric math (formats.md 1.6; AWS
// provider, aws_cloudwatch_metric_alarm, for the defaults).
func metricAlarm(it resource.Item) []commitment.Commitment {
	var f resource.Fields
	above, operator := direction(it)
	f.Add(it.Attr("threshold"), resource.Spec{Name: "threshold", Role: commitment.RoleThreshold, Better: above.better, Read: resource.Plain})
	f.Made(operator.Line, resource.Spec{Name: "comparison", Role: commitment.RoleKey}, above.class)
	f.Note(operator, "comparison_operator")
	evaluation(&f, it, above.better)
	f.Definitions(it, "statistic", "extended_statistic", "unit", "threshold_metric_id")
	f.Add(it.Attr("treat_missing_data"), resource.Spec{
		Name: "treat_missing_data", Role: commitment.RoleRank,
		Read: missing(), Default: commitment.Choice("missing (default)", 2),
	})
	f.Add(it.Attr("evaluate_low_sample_count_percentiles"), resource.Spec{
		Name: "evaluate_low_sample_count_percentiles", Role: commitment.RoleRank,
		Read: resource.Order("evaluate", "ignore"), Default: commitment.Choice("evaluate (default)", 1),
	})
	actions(&f, it)
	text, shown := indicator(&f, it)
	f.Close(it)
	return []commitment.Commitment{{
		Key: it.Key(format, ""), Kind: commitment.Detection, Name: it.Title("alarm_name"),
		Indicator: text, Shown: shown, Fields: f.List, Source: it.Source,
	}}
}

// missing orders what an alarm makes of missing data (formats.md 1.6).
func missing() func(string) commitment.Value {
	return resource.Order("breaching", "missing", "ignore", "notBreaching")
}

// side is on which side of its threshold an alarm fires.
type side struct {
	class  commitment.Value
	better commitment.Better
}

// direction is the side, whatever the strictness: > and >= differ in one value only,
// which formats.md 1.2 counts as negligible.
func direction(it resource.Item) (side, resource.Attr) {
	a := it.Attr("comparison_operator")
	v := a.Value(commitment.Words)
	if !v.Exists() {
		return side{class: commitment.Words("")}, a
	}
	if v.Opaque {
		return side{class: v}, a
	}
	switch v.Text {
	case "GreaterThanThreshold", "GreaterThanOrEqualToThreshold":
		return side{commitment.Words("above"), commitment.Lower}, a
	case "LessThanThreshold", "LessThanOrEqualToThreshold":
		return side{commitment.Words("below"), commitment.Higher}, a
	}
	return side{class: commitment.Words(v.Text)}, a
}

// actions are who is told, and whether at all.
func actions(f *resource.Fields, it resource.Item) {
	f.Add(it.Attr("actions_enabled"), resource.Spec{
		Name: "actions_enabled", Role: commitment.RoleEnabled, Read: resource.Flag, Default: commitment.Switch("", true),
	})
	f.Add(it.Attr("alarm_actions"), resource.Spec{Name: "alarm_actions", Role: commitment.RoleTeller, Default: commitment.ListOf()})
	f.Add(it.Attr("create_metric_alarm"), resource.Spec{Name: "create_metric_alarm", Role: commitment.RoleEnabled, Read: resource.Flag})
	f.Notes(it, "ok_actions", "insufficient_data_actions", "alarm_name")
	f.Note(it.Attr("alarm_description"), "description")
}

// indicator is what is measured: a metric with its dimensions, or metric math.
func indicator(f *resource.Fields, it resource.Item) (text, shown string) {
	var parts, said []string
	for _, name := range []string{"namespace", "metric_name", "dimensions"} {
		if a := it.Attr(name); a.Exists() {
			f.Rely(a.Locals...)
			parts = append(parts, name+" = "+a.Text)
			said = append(said, a.Text)
		}
	}
	queries := it.Blocks("metric_query")
	texts := make([]string, 0, len(queries))
	for _, q := range queries {
		f.Rely(q.Locals()...)
		texts = append(texts, q.Text(func(path string) bool {
			return path == "period" || path == "metric.period" || path == "label"
		}))
	}
	slices.Sort(texts)
	parts = append(parts, texts...)
	said = append(said, texts...)
	return strings.Join(parts, "\n"), strings.Join(said, " ")
}
