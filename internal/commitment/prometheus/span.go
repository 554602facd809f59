package prometheus

import (
	"strconv"
	"time"

	"github.com/prometheus/prometheus/promql/parser"

	"github.com/slagate/slagate/internal/commitment"
)

// kind is what a longer range does.
type kind int

const (
	unclear kind = iota
	delays       // it takes longer to see a fault
	grows        // more is counted: it fires on more, and for longer
	dilutes      // more is counted, and that keeps it quiet for longer
)

// span is a range that stands in the comparison being read.
type span struct {
	text  string // canonical
	value commitment.Value
	kinds []kind
}

// spanKind is what a longer range of a function does to the alert. Where any at all is
// enough (> 0), a rate is a count: over a longer range it is there for longer.
func spanKind(name string, s sense, anyAtAll bool) kind {
	if s.presence == less || anyAtAll && name == "rate" && s.value == more {
		return unclear
	}
	switch name {
	case "rate", "deriv", "delta", "avg_over_time", "quantile_over_time", "stddev_over_time", "stdvar_over_time",
		"predict_linear", "double_exponential_smoothing", "holt_winters", "mad_over_time":
		return delays
	case "absent_over_time":
		if s.presence == more {
			return delays
		}
	case "increase", "count_over_time", "sum_over_time", "changes", "resets", "max_over_time":
		switch s.value {
		case more:
			if anyAtAll {
				return unclear
			}
			return grows
		case less:
			return dilutes
		case nothing, doubtful:
		}
	case "min_over_time":
		if s.value == more {
			return delays
		}
	}
	return unclear
}

// spanned notes a range and writes its place: equal ranges of a comparison are one
// value, as a change of one of them alone is another measurement.
func (r *reader) spanned(length time.Duration, expr *parser.DurationExpr, name string, s sense) {
	text, value := r.length(length, expr)
	if r.literal || expr != nil {
		r.out.WriteString(text)
		return
	}
	i := 0
	for i < len(r.open) && r.open[i].text != text {
		i++
	}
	if i == len(r.open) {
		r.open = append(r.open, span{text: text, value: value})
	}
	r.open[i].kinds = append(r.open[i].kinds, spanKind(name, s, r.anyAtAll))
	r.out.WriteString("?" + strconv.Itoa(i+1))
}

// length is a duration in canonical text and as a value. The text as written is not
// kept by the parser; its spelling is Prometheus's own.
func (r *reader) length(length time.Duration, expr *parser.DurationExpr) (string, commitment.Value) {
	if expr != nil {
		return expr.String(), commitment.Unread(expr.String())
	}
	if written, ok := r.masks[length]; ok {
		return written, commitment.Unread(written)
	}
	v := commitment.DurationOf(length)
	return v.Text, v
}

// closeSpans makes fields of the ranges of a comparison.
func (r *reader) closeSpans() {
	for _, x := range r.open {
		f := commitment.Field{Name: "range" + r.of, Role: commitment.RoleThreshold, Value: x.value}
		switch {
		case x.value.Opaque || !delayed(x.kinds):
		case r.main:
			f.Role = commitment.RoleDelay
		default:
			f.Better = commitment.Lower
		}
		r.spans = append(r.spans, f)
	}
	r.open = nil
}

// delayed reports whether a longer range means that a fault is seen later. Counts
// over the same range of which one is divided by another are a rate in the end.
func delayed(kinds []kind) bool {
	seen := map[kind]bool{}
	for _, k := range kinds {
		seen[k] = true
	}
	return !seen[unclear] && (!seen[grows] || seen[dilutes])
}

// matrix writes a range selector; name is the function that reads it.
func (r *reader) matrix(e *parser.MatrixSelector, name string, s sense) {
	v, ok := e.VectorSelector.(*parser.VectorSelector)
	if !ok {
		r.out.WriteString(e.String())
		return
	}
	wider := s.presence // a function over a range gives an element for each series
	if name == "absent_over_time" {
		wider = wider.turned()
	}
	r.selector(v, through(name, s, e), wider)
	r.out.WriteString("[")
	r.spanned(e.Range, e.RangeExpr, name, s)
	r.out.WriteString("]")
	r.shift(v.OriginalOffset, v.OriginalOffsetExpr)
}

// subquery writes a condition that is looked at over a range.
func (r *reader) subquery(e *parser.SubqueryExpr, name string, s sense) {
	r.inner(e.Expr, through(name, s, e))
	r.out.WriteString("[")
	r.spanned(e.Range, e.RangeExpr, name, s)
	r.out.WriteString(":")
	switch {
	case e.StepExpr != nil:
		r.out.WriteString(e.StepExpr.String())
	case e.Step != 0:
		r.out.WriteString(commitment.DurationOf(e.Step).Text)
	}
	r.out.WriteString("]")
	r.at(e.Timestamp, e.StartOrEnd)
	r.shift(e.OriginalOffset, e.OriginalOffsetExpr)
}

// offset is a shift in time in canonical text; "" for none.
func offset(length time.Duration, expr *parser.DurationExpr) (string, commitment.Value) {
	switch {
	case expr != nil:
		return expr.String(), commitment.Unread(expr.String())
	case length == 0:
		return "", commitment.Value{}
	}
	v := commitment.DurationOf(length)
	return v.Text, v
}

// shift writes an offset. The same one on all selectors is a delay and left out;
// otherwise one time is compared with another, and nobody can say which way is better.
func (r *reader) shift(length time.Duration, expr *parser.DurationExpr) {
	text, value := offset(length, expr)
	switch {
	case text == "":
	case r.literal:
		r.out.WriteString(" offset " + text)
	case r.offsets.uniform:
	default:
		r.out.WriteString(" offset ?")
		r.limits = append(r.limits, commitment.Field{Name: "offset" + r.of, Role: commitment.RoleThreshold, Value: value})
	}
}
