package prometheus

import (
	"strings"

	"github.com/prometheus/prometheus/promql/parser"

	"github.com/slagate/slagate/internal/commitment"
)

// sign says what more of something does to an alert.
type sign int

const (
	nothing  sign = iota // it makes no difference
	more                 // more of it, and the alert fires on more
	less                 // more of it, and the alert fires on less
	doubtful             // nobody can say
)

// turned is the sign of the opposite.
func (s sign) turned() sign {
	switch s {
	case more:
		return less
	case less:
		return more
	case nothing, doubtful:
	}
	return s
}

// with is the sign of two ways of acting at once.
func (s sign) with(t sign) sign {
	switch {
	case s == nothing || s == t:
		return t
	case t == nothing:
		return s
	}
	return doubtful
}

// blurred is what is left of a sign where the order is lost on the way.
func (s sign) blurred() sign {
	if s == nothing {
		return nothing
	}
	return doubtful
}

// better is the direction in which a number gains the customer something: what makes
// the alert fire on more is better.
func (s sign) better() commitment.Better {
	switch s {
	case more:
		return commitment.Higher
	case less:
		return commitment.Lower
	case nothing, doubtful:
	}
	return commitment.Neither
}

// sense is how a part of a condition acts on the alert: by having an element at all
// (presence), and by the value of its elements.
type sense struct{ presence, value sign }

// whole is the sense of a whole condition: the alert fires for each element, whatever its value.
func whole() sense { return sense{presence: more} }

// lost is the sense below a function about which nothing is known.
func (s sense) lost() sense { return sense{s.presence.with(s.value).blurred(), s.value.blurred()} }

// through is the sense below a function or an aggregation, inner being what it is applied to.
func through(name string, s sense, inner parser.Expr) sense {
	p, v := s.presence, s.value
	switch name {
	case "count", "count_over_time":
		return sense{presence: p.with(v)}
	case "group", "present_over_time", "timestamp":
		return sense{presence: p}
	case "max", "max_over_time":
		return sense{p.with(v), v}
	case "min", "min_over_time":
		return sense{p.with(v.turned()), v}
	case "sum", "sum_over_time":
		if nonNegative(inner, 0) {
			return sense{p.with(v), v}
		}
		return sense{p.with(v.blurred()), v}
	case "avg", "quantile", "avg_over_time", "quantile_over_time", "mad_over_time":
		return sense{p.with(v.blurred()), v}
	case "absent", "absent_over_time":
		return sense{presence: p.turned()}
	case "rate", "increase", "irate":
		if _, ok := bare(inner).(*parser.SubqueryExpr); ok {
			return s.lost()
		}
		return s
	case "ceil", "floor", "round", "sqrt", "exp", "ln", "log2", "log10", "sgn", "clamp", "clamp_min", "clamp_max",
		"label_replace", "label_join", "sort", "sort_desc", "sort_by_label", "sort_by_label_desc", "vector", "last_over_time":
		return s
	case "abs":
		if nonNegative(inner, 0) {
			return s
		}
		return sense{p, v.blurred()}
	case "scalar":
		return sense{p.with(v).blurred(), v}
	}
	return s.lost()
}

// maxLook bounds how deep an expression is looked into to learn what its values are.
const maxLook = 16

// nonNegative reports whether the values of an expression are certainly not below zero.
func nonNegative(e parser.Expr, depth int) bool {
	if depth > maxLook {
		return false
	}
	switch e := bare(e).(type) {
	case *parser.NumberLiteral:
		return e.Val >= 0
	case *parser.VectorSelector:
		return countsThings(e.Name)
	case *parser.MatrixSelector:
		return nonNegative(e.VectorSelector, depth+1)
	case *parser.SubqueryExpr:
		return nonNegative(e.Expr, depth+1)
	case *parser.AggregateExpr:
		switch e.Op {
		case parser.COUNT, parser.GROUP, parser.STDDEV, parser.STDVAR:
			return true
		case parser.COUNT_VALUES:
			return false
		default:
			return nonNegative(e.Expr, depth+1)
		}
	case *parser.Call:
		return nonNegativeCall(e, depth)
	case *parser.BinaryExpr:
		return nonNegativeBinary(e, depth)
	}
	return false
}

func nonNegativeCall(e *parser.Call, depth int) bool {
	switch e.Func.Name {
	case "rate", "irate", "increase", "count_over_time", "changes", "resets", "abs", "sqrt", "exp", "absent", "absent_over_time",
		"present_over_time", "histogram_count", "time", "timestamp", "stddev_over_time", "stdvar_over_time", "mad_over_time":
		return true
	case "avg_over_time", "min_over_time", "max_over_time", "sum_over_time", "last_over_time", "ceil", "floor", "round",
		"label_replace", "label_join", "sort", "sort_desc", "vector", "scalar", "clamp_min":
		return len(e.Args) > 0 && nonNegative(e.Args[0], depth+1)
	case "quantile_over_time":
		return len(e.Args) > 1 && nonNegative(e.Args[1], depth+1)
	}
	return false
}

func nonNegativeBinary(e *parser.BinaryExpr, depth int) bool {
	if e.Op.IsComparisonOperator() && e.ReturnBool {
		return true
	}
	left, right := nonNegative(e.LHS, depth+1), nonNegative(e.RHS, depth+1)
	switch e.Op {
	case parser.ADD, parser.MUL, parser.DIV, parser.MOD, parser.POW, parser.LOR:
		return left && right
	case parser.LAND, parser.LUNLESS, parser.LSS, parser.LTE, parser.NEQ:
		return left
	case parser.GTR, parser.GTE, parser.EQLC:
		return left || right
	}
	return false
}

// countsThings reports whether a metric counts or measures what cannot be negative, by
// the naming rules of Prometheus (https://prometheus.io/docs/practices/naming/) and by
// the families of metrics that only count.
func countsThings(name string) bool {
	if name == "up" || strings.Contains(name, ":") && strings.Contains(name, "rate") {
		return true
	}
	for _, prefix := range []string{"kube_", "container_", "node_filesystem_", "node_memory_"} {
		if strings.HasPrefix(name, prefix) {
			return true
		}
	}
	for _, suffix := range []string{"_total", "_count", "_bucket", "_bytes", "_limit", "_capacity", "_replicas", "_size", "_max", "_success"} {
		if strings.HasSuffix(name, suffix) {
			return true
		}
	}
	return false
}

// bare is an expression without the brackets around it.
func bare(e parser.Expr) parser.Expr {
	for {
		switch inner := e.(type) {
		case *parser.ParenExpr:
			e = inner.Expr
		case *parser.StepInvariantExpr:
			e = inner.Expr
		default:
			return e
		}
	}
}
