package cloudwatch

import (
	"fmt"
	"math/big"

	"github.com/slagate/slagate/internal/commitment"
	"github.com/slagate/slagate/internal/commitment/resource"
)

// delayName is the time until a lasting fault fires the alarm.
const delayName = "period x evaluation_periods"

// evaluation adds how datapoints become an alarm.
func evaluation(f *resource.Fields, it resource.Item, better commitment.Better) {
	period, periods, datapoints := period(it), it.Attr("evaluation_periods"), it.Attr("datapoints_to_alarm")
	need := datapoints
	if !need.Exists() {
		need = periods
	}
	p, m := period.Value(resource.Seconds), need.Value(resource.Plain)
	line := max(period.Line, need.Line)
	switch {
	case p.Num != nil && m.Num != nil:
		product := new(big.Rat).Mul(p.Num, m.Num)
		text := fmt.Sprintf("%s x %s s", m.Text, p.Text)
		f.Made(line, resource.Spec{Name: delayName, Role: commitment.RoleDelay}, commitment.Exactly(text, product, commitment.Seconds))
		f.Note(period, "period")
		f.Note(periods, "evaluation_periods")
	case p.Num != nil || m.Num != nil:
		// One factor is not known here: as long as it stays the same, the other one tells.
		half(f, period, need, p, m)
	case period.Exists() || need.Exists():
		f.Made(line, resource.Spec{Name: delayName, Role: commitment.RoleDelay}, commitment.Unread(m.Text+" x "+p.Text))
	}
	slack(f, periods, datapoints, m)
	counted(f, it, period, better)
}

// half adds a delay of which only one factor is a number.
func half(f *resource.Fields, period, need resource.Attr, p, m commitment.Value) {
	unknown, known, name, v := period, need, "datapoints", m
	if p.Num != nil {
		unknown, known, name, v = need, period, "period", p
	}
	text := unknown.Value(resource.Plain).Text
	if text == "" {
		text = "unknown"
	}
	f.Made(unknown.Line, resource.Spec{Name: delayName, Role: commitment.RoleDelay}, commitment.Unread(text))
	f.Made(known.Line, resource.Spec{Name: name, Role: commitment.RoleAmount, Better: commitment.Lower}, v)
}

// maxSlack bounds the list of good datapoints.
const maxSlack = 100

// slack adds which good datapoints may lie between the bad ones: with M of N up to
// N - M, with N of N none. An alarm that one bad datapoint fires has none between, so
// that there it is no value, and 3 of 5 against 1 of 1 is not called worse.
func slack(f *resource.Fields, periods, datapoints resource.Attr, need commitment.Value) {
	s := resource.Spec{Name: "datapoints_to_alarm", Role: commitment.RoleCoverage}
	n := periods.Value(resource.Plain)
	v := commitment.ListOf()
	text := need.Text + " of " + n.Text
	switch {
	case need.Num != nil && need.Num.Cmp(big.NewRat(1, 1)) <= 0:
		s.Role, v.Text = commitment.RoleNote, text
	case !datapoints.Exists():
	case need.Num == nil || n.Num == nil:
		v = commitment.Unread(text)
	default:
		if v = between(need.Num, n.Num); len(v.Items) > 0 {
			v.Text = text
		}
	}
	f.Made(datapoints.Line, s, v)
}

func between(need, all *big.Rat) commitment.Value {
	var items []string
	for i := int64(1); i <= maxSlack; i++ {
		if new(big.Rat).Add(need, big.NewRat(i, 1)).Cmp(all) > 0 {
			break
		}
		items = append(items, fmt.Sprintf("faults with %d good datapoints in between", i))
	}
	return commitment.ListOf(items...)
}

// counted adds the period of an alarm on a sum or count.
func counted(f *resource.Fields, it resource.Item, period resource.Attr, better commitment.Better) {
	if statistic := it.Attr("statistic").Text; statistic == "Sum" || statistic == "SampleCount" {
		f.Counted("counted over", period, better, it.Attr("threshold").Value(resource.Plain))
	}
}

// period is the alarm's own, or the one that all metrics of its metric math share.
func period(it resource.Item) resource.Attr {
	if a := it.Attr("period"); a.Exists() {
		return a
	}
	var found resource.Attr
	for _, q := range it.Blocks("metric_query") {
		if q.Opaque() {
			return resource.Attr{}
		}
		for _, a := range append([]resource.Attr{q.Attr("period")}, metricPeriods(q)...) {
			switch {
			case !a.Exists():
			case !found.Exists():
				found = a
			case found.Text != a.Text:
				text := found.Text + " and " + a.Text
				return resource.Made(a.Line, text, func(func(string) commitment.Value) commitment.Value { return commitment.Unread(text) })
			}
		}
	}
	return found
}

func metricPeriods(query resource.Block) []resource.Attr {
	var out []resource.Attr
	for _, m := range query.Blocks("metric") {
		out = append(out, m.Attr("period"))
	}
	return out
}
