package prometheus

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql/parser"

	"github.com/slagate/slagate/internal/commitment"
)

// nameLabel is the label that holds the name of a metric.
const nameLabel = "__name__"

// reader writes the canonical text of a part and collects the numbers that it leaves out.
type reader struct {
	text    string
	restore func(string) string      // puts masked expressions back
	masks   map[time.Duration]string // lengths that stand for masked expressions
	offsets shift
	main    bool   // the first part: its ranges are delays
	of      string // what the names of the fields of another part end with
	literal bool   // leave nothing out: the text of a recording rule
	within  bool   // inside a comparison
	// anyAtAll: the comparison holds for whatever is not nothing.
	anyAtAll bool

	out        strings.Builder
	thresholds []commitment.Field
	spans      []commitment.Field
	limits     []commitment.Field
	open       []span // the ranges of the comparison that is being read
}

// write writes one expression.
func (r *reader) write(e parser.Expr, s sense) {
	e = bare(e)
	if n, ok := constant(e, r.text); ok {
		r.out.WriteString(plain(n))
		return
	}
	switch e := e.(type) {
	case *parser.VectorSelector:
		r.selector(e, s, s.presence)
		r.shift(e.OriginalOffset, e.OriginalOffsetExpr)
	case *parser.MatrixSelector:
		r.matrix(e, "", s)
	case *parser.SubqueryExpr:
		r.subquery(e, "", s)
	case *parser.BinaryExpr:
		r.binary(e, s)
	case *parser.UnaryExpr:
		r.out.WriteString(e.Op.String())
		if e.Op == parser.SUB {
			s.value = s.value.turned()
		}
		r.inner(e.Expr, s)
	case *parser.AggregateExpr:
		r.aggregate(e, s)
	case *parser.Call:
		r.call(e, s)
	case *parser.StringLiteral:
		r.out.WriteString(strconv.Quote(e.Val))
	default:
		r.out.WriteString(e.String())
	}
}

// inner writes an operand: brackets stand around every operation in another, so that
// nobody needs to know which binds closer.
func (r *reader) inner(e parser.Expr, s sense) {
	e = bare(e)
	switch e.(type) {
	case *parser.BinaryExpr, *parser.UnaryExpr:
		if _, ok := constant(e, r.text); !ok {
			r.out.WriteString("(")
			defer r.out.WriteString(")")
		}
	}
	r.write(e, s)
}

// metric is the name of what a selector selects.
func metric(e *parser.VectorSelector) string {
	if e.Name != "" {
		return e.Name
	}
	for _, m := range e.LabelMatchers {
		if m.Name == nameLabel && m.Type == labels.MatchEqual {
			return m.Value
		}
	}
	return ""
}

// selector writes a selector, its matchers sorted. le="0.5" is how fast is fast enough;
// the others say what is looked at, and are a field of their own; wider says what more
// series do.
func (r *reader) selector(e *parser.VectorSelector, s sense, wider sign) {
	name := metric(e)
	r.out.WriteString(name)
	var inText, scope []string
	for _, m := range e.LabelMatchers {
		switch {
		case m.Name == nameLabel && m.Value == name && m.Type == labels.MatchEqual:
		case m.Name == labels.BucketLabel && m.Type == labels.MatchEqual && r.bucket(m.Value, s):
			inText = append(inText, `le="?"`)
		case r.literal || m.Name == nameLabel || m.Name == labels.BucketLabel || strings.Contains(m.Name+m.Value, tokenMark):
			inText = append(inText, m.Name+m.Type.String()+strconv.Quote(m.Value))
		default:
			scope = append(scope, commitment.Restriction(m.Name, m.Type.String(), m.Value)...)
		}
	}
	if len(inText) > 0 {
		slices.Sort(inText)
		r.out.WriteString("{" + strings.Join(inText, ",") + "}")
	}
	if !r.literal {
		r.limits = append(r.limits, commitment.Field{
			Name: "selector of " + cmp.Or(name, "series"), Role: commitment.RoleScope, Value: commitment.ScopeOf(scope...), Better: wider.better(),
		})
	}
	if e.Anchored {
		r.out.WriteString(" anchored")
	}
	if e.Smoothed {
		r.out.WriteString(" smoothed")
	}
	r.at(e.Timestamp, e.StartOrEnd)
}

// bucket notes the bound of a histogram's bucket. A bucket counts what is not slower
// than its bound, so a larger bound gives a larger value.
func (r *reader) bucket(text string, s sense) bool {
	v := commitment.Number(text, commitment.None)
	if r.literal || v.Opaque {
		return false
	}
	r.limits = append(r.limits, commitment.Field{Name: "le" + r.of, Role: commitment.RoleThreshold, Value: v, Better: s.value.better()})
	return true
}

func (r *reader) at(timestamp *int64, edge parser.ItemType) {
	switch {
	case timestamp != nil:
		r.out.WriteString(" @ " + strconv.FormatInt(*timestamp, 10))
	case edge == parser.START:
		r.out.WriteString(" @ start()")
	case edge == parser.END:
		r.out.WriteString(" @ end()")
	}
}

// aggregate writes an aggregation, its labels sorted and before its operand.
func (r *reader) aggregate(e *parser.AggregateExpr, s sense) {
	r.out.WriteString(e.Op.String())
	if e.Without || len(e.Grouping) > 0 {
		word := " by ("
		if e.Without {
			word = " without ("
		}
		r.out.WriteString(word + strings.Join(sorted(e.Grouping), ",") + ") ")
	}
	r.out.WriteString("(")
	if e.Param != nil {
		if e.Op != parser.QUANTILE || !r.number("quantile", e.Param, s.value) {
			r.write(e.Param, s.lost())
		}
		r.out.WriteString(", ")
	}
	r.write(e.Expr, through(e.Op.String(), s, e.Expr))
	r.out.WriteString(")")
}

// call writes a function with its arguments.
func (r *reader) call(e *parser.Call, s sense) {
	name := e.Func.Name
	r.out.WriteString(name + "(")
	for i, arg := range e.Args {
		if i > 0 {
			r.out.WriteString(", ")
		}
		switch a := bare(arg).(type) {
		case *parser.MatrixSelector:
			r.matrix(a, name, s)
		case *parser.SubqueryExpr:
			r.subquery(a, name, s)
		default:
			if !r.parameter(name, i, arg, s) {
				r.write(arg, through(name, s, arg))
			}
		}
	}
	r.out.WriteString(")")
}

// parameter writes a number that a function takes, where more or less of it has a
// meaning: a higher quantile is a larger value, and who looks further ahead sees a
// limit being reached earlier, whichever side it is on.
func (r *reader) parameter(name string, i int, arg parser.Expr, s sense) bool {
	switch {
	case (name == "histogram_quantile" || name == "quantile_over_time") && i == 0:
		return r.number("quantile", arg, s.value)
	case name == "predict_linear" && i == 1:
		ahead := s.value
		if ahead == less {
			ahead = more
		}
		return r.number("horizon", arg, ahead)
	}
	return false
}

// number leaves a constant out of the text and makes it a field; effect is what more of it does.
func (r *reader) number(name string, e parser.Expr, effect sign) bool {
	n, ok := constant(e, r.text)
	if !ok || r.literal {
		return false
	}
	unit := commitment.None
	if name == "horizon" {
		unit = commitment.Seconds
	}
	r.thresholds = append(r.thresholds, commitment.Field{
		Name: name + r.of, Role: commitment.RoleThreshold, Value: commitment.Exactly(r.asWritten(e), n, unit), Better: effect.better(),
	})
	r.out.WriteString("?")
	return true
}

// asWritten is an expression as it stands in the file, on one line.
func (r *reader) asWritten(e parser.Expr) string {
	return r.restore(strings.Join(strings.Fields(piece(bare(e), r.text)), " "))
}

func sorted(words []string) []string {
	return slices.Sorted(slices.Values(words))
}
