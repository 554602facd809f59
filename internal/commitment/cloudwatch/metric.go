package cloudwatch

import (
	"cmp"
	"math/big"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/slagate/slagate/internal/commitment"
	"github.com/slagate/slagate/internal/commitment/resource"
)

// metricAlarm reads an alarm on a metric or on metric math (formats.md 1.6; AWS
// provider, aws_cloudwatch_metric_alarm, for the defaults).
func metricAlarm(it resource.Item) []commitment.Commitment {
	var f resource.Fields
	above, operator := direction(it)
	f.Add(it.Attr("threshold"), resource.Spec{Name: "threshold", Role: commitment.RoleThreshold, Better: above.better, Read: counting(it, operator)})
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
		Indicator: text, Shown: shown, Fields: f.List, Source: it.Source, Uses: uses(it),
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

// counting reads a threshold. Of whole numbers "more than 0" and "at least 1" are the
// same: for sums and counts the first is read as the second.
func counting(it resource.Item, operator resource.Attr) func(string) commitment.Value {
	step := map[string]int64{"GreaterThanThreshold": 1, "LessThanThreshold": -1}[operator.Text]
	if statistic := it.Attr("statistic").Text; step == 0 || statistic != "Sum" && statistic != "SampleCount" {
		return resource.Plain
	}
	return func(text string) commitment.Value {
		v := resource.Plain(text)
		if v.Num != nil && v.Num.IsInt() {
			v.Num = new(big.Rat).Add(v.Num, big.NewRat(step, 1))
		}
		return v
	}
}

// anomaly is the band of what is normal: metric and width in standard deviations.
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Anomaly_Detection.html
var anomaly = regexp.MustCompile(`^\s*ANOMALY_DETECTION_BAND\(\s*(\w+)\s*(?:,\s*([0-9.]+)\s*)?\)\s*$`)

// defaultWidth is the width of a band that says none.
const defaultWidth = "2"

// band adds how wide the band of what is normal is: a wider one is left later, on
// whichever side. It returns the expression without the width; "" if it is no band.
func band(f *resource.Fields, e resource.Attr) string {
	m := anomaly.FindStringSubmatch(e.Text)
	if m == nil {
		return ""
	}
	f.Made(e.Line, resource.Spec{Name: "width of the normal band", Role: commitment.RoleThreshold, Better: commitment.Lower}, resource.Plain(cmp.Or(m[2], defaultWidth)))
	return "ANOMALY_DETECTION_BAND(" + m[1] + ") "
}

// uses are the metrics that an alarm looks at, as log filters make them.
func uses(it resource.Item) []string {
	var out []string
	add := func(b resource.Block) {
		if name := b.Attr("metric_name"); name.Exists() {
			out = append(out, b.Attr("namespace").Text+"/"+name.Text)
		}
	}
	add(it)
	for _, q := range it.Blocks("metric_query") {
		for _, m := range q.Blocks("metric") {
			add(m)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// logFilter reads what turns log lines into the metric of an alarm: with another
// pattern the alarm looks at something else, without it at nothing.
func logFilter(it resource.Item) []commitment.Commitment {
	var out []commitment.Commitment
	for i, m := range it.Blocks("metric_transformation") {
		var f resource.Fields
		f.Definitions(it, "pattern", "log_group_name")
		f.Define(m.Attr("value"), "value")
		f.Define(m.Attr("default_value"), "default_value")
		f.Close(it)
		metric := m.Attr("namespace").Text + "/" + m.Attr("name").Text
		key := it.Key(format, "")
		key.Group, key.Sub, key.Name = key.Group+" "+key.Name, strconv.Itoa(i), metric
		out = append(out, commitment.Commitment{
			Key: key, Kind: commitment.Measurement, Name: metric, Shown: it.Attr("pattern").Text, Fields: f.List, Source: it.Source,
		})
	}
	return out
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
		rest := ""
		if e := q.Attr("expression"); e.Literal {
			rest = band(f, e)
		}
		texts = append(texts, rest+q.Text(func(path string) bool {
			return path == "period" || path == "metric.period" || path == "label" || path == "expression" && rest != ""
		}))
	}
	slices.Sort(texts)
	parts = append(parts, texts...)
	said = append(said, texts...)
	return strings.Join(parts, "\n"), strings.Join(said, " ")
}
