package google

import (
	"math/big"

	"github.com/slagate/slagate/internal/commitment"
	"github.com/slagate/slagate/internal/commitment/resource"
)

// kinds are the kinds of conditions.
func kinds() []string {
	return []string{
		"condition_threshold", "condition_absent", "condition_prometheus_query_language",
		"condition_monitoring_query_language", "condition_matched_log", "condition_sql",
	}
}

// condition adds the values of a condition and returns what it looks at.
func condition(f *resource.Fields, b resource.Block) string {
	for _, kind := range kinds() {
		for _, c := range b.Blocks(kind) {
			f.Rely(c.Locals()...)
			better, compared := threshold(f, c, kind)
			timing(f, c, better)
			return kind + " " + compared + c.Text(hidden(kind))
		}
	}
	f.Rely(b.Locals()...)
	return b.Text(func(path string) bool { return path == "display_name" })
}

// hidden are the parts of a condition that are fields.
func hidden(kind string) func(path string) bool {
	return func(path string) bool {
		switch path {
		case "query":
			return kind == "condition_prometheus_query_language" || kind == "condition_monitoring_query_language"
		case "duration", "threshold_value", "comparison", "evaluation_missing_data", "evaluation_interval",
			"trigger", "aggregations.alignment_period",
			"alert_rule", "rule_group", "disable_metric_validation":
			return true
		}
		return false
	}
}

// threshold adds the number that a condition compares with. compared is the query
// without it, where the number stands in a query.
func threshold(f *resource.Fields, c resource.Block, kind string) (better commitment.Better, compared string) {
	s := resource.Spec{Name: "threshold_value", Role: commitment.RoleThreshold, Read: resource.Plain}
	switch kind {
	case "condition_threshold":
		a := c.Attr("comparison")
		class := a.Value(commitment.Words)
		switch class.Text {
		case "COMPARISON_GT", "COMPARISON_GE":
			s.Better, class = commitment.Lower, commitment.Words("above")
		case "COMPARISON_LT", "COMPARISON_LE":
			s.Better, class = commitment.Higher, commitment.Words("below")
		}
		s.Default = commitment.Exactly("", new(big.Rat), commitment.None)
		f.Add(c.Attr("threshold_value"), s)
		f.Made(a.Line, resource.Spec{Name: "side", Role: commitment.RoleKey}, class)
		f.Note(a, "comparison")
	case "condition_prometheus_query_language", "condition_monitoring_query_language":
		return inQuery(f, kind, c.Attr("query"))
	}
	return s.Better, ""
}

// timing adds the delays of a condition and what it makes of missing data.
func timing(f *resource.Fields, c resource.Block, better commitment.Better) {
	f.Add(c.Attr("duration"), resource.Spec{Name: "duration", Role: commitment.RoleDelay, Read: resource.Seconds})
	f.Add(c.Attr("evaluation_interval"), resource.Spec{Name: "evaluation_interval", Role: commitment.RoleDelay, Read: resource.Seconds})
	for i, a := range c.Blocks("aggregations") {
		how := resource.Mean
		if i == 0 {
			how = aligned(a.Attr("per_series_aligner").Text)
		}
		f.Window("alignment_period", a.Attr("alignment_period"), how, better, c.Attr("threshold_value").Value(resource.Plain))
	}
	triggers := c.Blocks("trigger")
	if len(triggers) == 0 {
		// One time series is enough where nothing is said.
		f.Made(0, resource.Spec{Name: "trigger count", Role: commitment.RoleAmount, Better: commitment.Lower},
			commitment.Exactly("", big.NewRat(1, 1), commitment.None))
	}
	for _, t := range triggers {
		for _, name := range []string{"count", "percent"} {
			f.Add(t.Attr(name), resource.Spec{
				Name: "trigger " + name, Role: commitment.RoleAmount, Better: commitment.Lower, Read: resource.Plain,
			})
		}
	}
	f.Add(c.Attr("evaluation_missing_data"), resource.Spec{
		Name: "evaluation_missing_data", Role: commitment.RoleRank,
		Read:    resource.Order("EVALUATION_MISSING_DATA_ACTIVE", "EVALUATION_MISSING_DATA_NO_OP", "EVALUATION_MISSING_DATA_INACTIVE"),
		Default: commitment.Choice("EVALUATION_MISSING_DATA_NO_OP (default)", 1),
	})
}

// aligned says what an aligner makes of the values of its period, which slides
// (Cloud Monitoring, "Behavior of metric-based alerting policies").
func aligned(aligner string) resource.How {
	switch aligner {
	case "ALIGN_DELTA", "ALIGN_SUM", "ALIGN_COUNT", "ALIGN_COUNT_TRUE", "ALIGN_COUNT_FALSE":
		return resource.Sum
	case "ALIGN_MAX":
		return resource.Most
	case "ALIGN_MIN":
		return resource.Fewest
	}
	return resource.Mean
}
