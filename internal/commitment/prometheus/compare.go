package prometheus

import (
	"strconv"
	"strings"

	"github.com/prometheus/prometheus/promql/parser"

	"github.com/slagate/slagate/internal/commitment"
	"github.com/slagate/slagate/internal/commitment/source"
)

// binary writes an operation between two expressions.
func (r *reader) binary(e *parser.BinaryExpr, s sense) {
	switch {
	case e.Op.IsComparisonOperator():
		r.comparison(e, s)
		return
	case e.Op.IsSetOperator():
		left, right := s, sense{presence: s.presence}
		switch e.Op {
		case parser.LUNLESS:
			right.presence = s.presence.turned()
		case parser.LOR:
			// What is on the left hides what is on the right, with its values.
			left.presence, right.value = s.presence.with(s.value.blurred()), s.value
		}
		r.operands(e, e.Op.String(), left, right)
		return
	}
	left, right := arithmetic(e, s)
	r.operands(e, e.Op.String(), left, right)
}

func (r *reader) operands(e *parser.BinaryExpr, op string, left, right sense) {
	r.inner(e.LHS, left)
	r.out.WriteString(" " + op + matching(e.VectorMatching) + " ")
	r.inner(e.RHS, right)
}

// arithmetic is the sense of both sides of a calculation.
func arithmetic(e *parser.BinaryExpr, s sense) (left, right sense) {
	left, right = s, s
	switch e.Op {
	case parser.ADD:
	case parser.SUB:
		right.value = s.value.turned()
	case parser.MUL:
		left.value, right.value = times(s.value, e.RHS), times(s.value, e.LHS)
	case parser.DIV:
		left.value, right.value = times(s.value, e.RHS), s.value.blurred()
		if nonNegative(e.LHS, 0) && nonNegative(e.RHS, 0) {
			right.value = s.value.turned()
		}
	default:
		left.value, right.value = s.value.blurred(), s.value.blurred()
	}
	return left, right
}

// times is the sign of a value that is multiplied with or divided by another.
func times(s sign, by parser.Expr) sign {
	if n, ok := bare(by).(*parser.NumberLiteral); ok && n.Val < 0 {
		return s.turned()
	}
	if nonNegative(by, 0) {
		return s
	}
	return s.blurred()
}

// comparison writes a comparison. A number on one of its sides is a threshold; it is
// written on the right. The operators that differ only where both sides are equal have
// one text (formats.md 1.2).
func (r *reader) comparison(e *parser.BinaryExpr, s sense) {
	if !r.within {
		r.within = true
		defer func() { r.within = false; r.closeSpans() }()
	}
	op, left, right := e.Op, e.LHS, e.RHS
	if r.isNumber(left) && !r.isNumber(right) {
		op, left, right = mirrored(op), right, left
	}
	defer func(before bool) { r.anyAtAll = before }(r.anyAtAll)
	r.anyAtAll = (op == parser.GTR || op == parser.GTE || op == parser.NEQ) && isZero(right, r.text)
	grows := s.growth(op, left, right, e.ReturnBool)
	below := sense{s.presence, grows}
	if !e.ReturnBool {
		below.value = s.value.with(grows)
	}
	if !r.isNumber(right) {
		r.factored(left, below)
		r.operator(op, e)
		r.factored(right, sense{s.presence, grows.turned()})
		return
	}
	r.inner(left, below)
	r.operator(op, e)
	if op == parser.EQLC || op == parser.NEQ {
		grows = doubtful // another number is another state, neither more nor less of it
	}
	r.threshold(right, grows.turned())
}

func isZero(e parser.Expr, text string) bool {
	n, ok := constant(e, text)
	return ok && n.Sign() == 0
}

// growth is what a larger left side does to the alert.
func (s sense) growth(op parser.ItemType, left, right parser.Expr, asBool bool) sign {
	acts := s.presence
	if asBool {
		acts = s.value
	}
	switch op {
	case parser.GTR, parser.GTE:
		return acts
	case parser.LSS, parser.LTE:
		return acts.turned()
	}
	// Of what cannot be negative, none is the least.
	if n, ok := bare(right).(*parser.NumberLiteral); ok && n.Val == 0 && nonNegative(left, 0) {
		if op == parser.EQLC {
			return acts.turned()
		}
		return acts
	}
	return acts.blurred()
}

func (r *reader) operator(op parser.ItemType, e *parser.BinaryExpr) {
	text, class := op.String(), strings.TrimSuffix(op.String(), "=")
	if op == parser.EQLC || op == parser.NEQ || r.literal {
		class = text
	}
	if e.ReturnBool {
		class += " bool"
	}
	r.out.WriteString(" " + class + matching(e.VectorMatching) + " ")
	if !r.literal {
		r.thresholds = append(r.thresholds, commitment.Field{Name: "operator" + r.of, Role: commitment.RoleNote, Value: commitment.Words(text)})
	}
}

func mirrored(op parser.ItemType) parser.ItemType {
	switch op {
	case parser.GTR:
		return parser.LSS
	case parser.GTE:
		return parser.LTE
	case parser.LSS:
		return parser.GTR
	case parser.LTE:
		return parser.GTE
	}
	return op
}

// isNumber reports whether a side of a comparison is a number, or a masked expression in its place.
func (r *reader) isNumber(e parser.Expr) bool {
	if _, ok := constant(e, r.text); ok {
		return true
	}
	return masked(e)
}

// masked reports whether an expression is nothing but an expression of a template.
func masked(e parser.Expr) bool {
	v, ok := unscaled(e).(*parser.VectorSelector)
	return ok && source.IsToken(v.Name) && len(v.Name) == tokenLength && len(v.LabelMatchers) == 1
}

// unscaled is what a scalar is made of.
func unscaled(e parser.Expr) parser.Expr {
	e = bare(e)
	if c, ok := e.(*parser.Call); ok && c.Func.Name == "scalar" && len(c.Args) == 1 {
		return bare(c.Args[0])
	}
	return e
}

// threshold writes the number of a comparison; effect is what more of it does.
func (r *reader) threshold(e parser.Expr, effect sign) {
	if r.literal || !masked(e) {
		if !r.number("threshold", e, effect) {
			r.inner(e, sense{})
			return
		}
		r.burn(bare(e))
		return
	}
	r.out.WriteString("?")
	r.thresholds = append(r.thresholds, commitment.Field{
		Name: "threshold" + r.of, Role: commitment.RoleThreshold, Value: commitment.Unread(r.asWritten(unscaled(e))), Better: effect.better(),
	})
}

// burn keeps the two factors of a threshold like 14.4 * 0.001 findable: how many times
// faster than promised the error budget is used up, and the budget itself (SRE Workbook,
// "Alerting on SLOs"; formats.md 2.5).
func (r *reader) burn(e parser.Expr) {
	b, ok := e.(*parser.BinaryExpr)
	if !ok || b.Op != parser.MUL {
		return
	}
	rate, budget := b.LHS, b.RHS
	x, okX := constant(rate, r.text)
	y, okY := constant(budget, r.text)
	if !okX || !okY {
		return
	}
	if x.Cmp(y) < 0 {
		rate, budget, x, y = budget, rate, y, x
	}
	if y.Sign() <= 0 || y.Num().Cmp(y.Denom()) >= 0 {
		return
	}
	r.thresholds = append(r.thresholds,
		commitment.Field{Name: "burn rate" + r.of, Role: commitment.RoleNote, Value: commitment.Exactly(r.asWritten(rate), x, commitment.None)},
		commitment.Field{Name: "error budget" + r.of, Role: commitment.RoleNote, Value: commitment.Exactly(r.asWritten(budget), y, commitment.Ratio)})
}

// factored writes a side of a comparison of two measurements. The number in "0.9 * limit"
// or "limit - 5" is the threshold then.
func (r *reader) factored(e parser.Expr, s sense) {
	b, ok := bare(e).(*parser.BinaryExpr)
	if !ok || r.literal || b.Op.IsSetOperator() || b.Op.IsComparisonOperator() {
		r.inner(e, s)
		return
	}
	left, right := arithmetic(b, s)
	_, leftNumber := constant(b.LHS, r.text)
	_, rightNumber := constant(b.RHS, r.text)
	if leftNumber == rightNumber || b.Op != parser.ADD && b.Op != parser.SUB && b.Op != parser.MUL && b.Op != parser.DIV {
		r.inner(e, s)
		return
	}
	r.out.WriteString("(")
	if leftNumber {
		r.number("threshold", b.LHS, left.value)
	} else {
		r.inner(b.LHS, left)
	}
	r.out.WriteString(" " + b.Op.String() + " ")
	if rightNumber {
		r.number("threshold", b.RHS, right.value)
	} else {
		r.inner(b.RHS, right)
	}
	r.out.WriteString(")")
}

// matching is how the elements of two sides are brought together.
func matching(m *parser.VectorMatching) string {
	if m == nil {
		return ""
	}
	var b strings.Builder
	if m.On || len(m.MatchingLabels) > 0 {
		word := " ignoring("
		if m.On {
			word = " on("
		}
		b.WriteString(word + strings.Join(sorted(m.MatchingLabels), ",") + ")")
	}
	switch m.Card {
	case parser.CardManyToOne:
		b.WriteString(" group_left(" + strings.Join(sorted(m.Include), ",") + ")")
	case parser.CardOneToMany:
		b.WriteString(" group_right(" + strings.Join(sorted(m.Include), ",") + ")")
	case parser.CardOneToOne, parser.CardManyToMany:
	}
	for _, fill := range []struct {
		word  string
		value *float64
	}{{" fill_left", m.FillValues.LHS}, {" fill_right", m.FillValues.RHS}} {
		if fill.value != nil {
			b.WriteString(fill.word + "(" + strconv.FormatFloat(*fill.value, 'g', -1, 64) + ")")
		}
	}
	return b.String()
}
