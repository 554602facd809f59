package prometheus

import (
	"slices"
	"strings"

	"github.com/prometheus/prometheus/promql/parser"

	"github.com/slagate/slagate/internal/commitment"
)

// condition is an alert's condition taken apart.
type condition struct {
	skeleton string   // what is measured, numbers as question marks
	also     []string // further conditions of which each fires the alert too
	only     []string // conditions without which it does not fire
	fields   []commitment.Field
	uses     []string // metrics
}

// part is a piece of the condition that stands for itself.
type part struct {
	expr  parser.Expr
	sense sense
	join  string // "" for the first, "and", "unless", "or", with how elements are matched
}

// parts cuts a condition at the operators at its top. What is joined by or fires the
// alert on more, what is joined by and or unless on less: that is so whatever the rest
// says, as an alert fires for each element, whatever its value.
func parts(e parser.Expr) []part {
	var others []part
	e = bare(e)
	for {
		b, ok := e.(*parser.BinaryExpr)
		if !ok || b.Op != parser.LOR {
			break
		}
		others = append(others, part{b.RHS, whole(), "or" + matching(b.VectorMatching)})
		e = bare(b.LHS)
	}
	for {
		b, ok := e.(*parser.BinaryExpr)
		if !ok || b.Op != parser.LAND && b.Op != parser.LUNLESS {
			break
		}
		s, join := whole(), b.Op.String()+matching(b.VectorMatching)
		right := []parser.Expr{b.RHS}
		if b.Op == parser.LUNLESS {
			s.presence = less
			right = eitherOf(b.RHS)
		}
		for _, e := range slices.Backward(right) {
			others = append(others, part{e, s, join})
		}
		e = bare(b.LHS)
	}
	out := append(others, part{e, whole(), ""})
	slices.Reverse(out)
	return presentFirst(out)
}

// eitherOf are the operands of an "or" that compares all labels: each of them by itself
// keeps an alert quiet.
func eitherOf(e parser.Expr) []parser.Expr {
	b, ok := bare(e).(*parser.BinaryExpr)
	if !ok || b.Op != parser.LOR || matching(b.VectorMatching) != "" {
		return []parser.Expr{e}
	}
	return append(eitherOf(b.LHS), eitherOf(b.RHS)...)
}

// presentFirst puts what is measured before the question whether it is there at all:
// "absent(x) or x > 5" is "x > 5 or absent(x)".
func presentFirst(list []part) []part {
	absent := func(p part) bool {
		c, ok := bare(p.expr).(*parser.Call)
		return ok && (c.Func.Name == "absent" || c.Func.Name == "absent_over_time")
	}
	if !absent(list[0]) || slices.ContainsFunc(list[1:], func(p part) bool { return p.join != "or" }) {
		return list
	}
	if i := slices.IndexFunc(list, func(p part) bool { return !absent(p) }); i > 0 {
		list[0].expr, list[i].expr = list[i].expr, list[0].expr
	}
	return list
}

// read takes a condition apart.
func read(e parser.Expr, t text) condition {
	var c condition
	uses, offsets := selectors(e)
	c.uses = uses
	for _, p := range parts(e) {
		r := reader{text: t.parsed, restore: t.restore, masks: t.masks, offsets: offsets, main: p.join == ""}
		if !r.main {
			r.of = " of " + strings.Join(firstNames(p.expr), ", ")
		}
		r.write(p.expr, p.sense)
		r.closeSpans()
		skeleton := r.out.String()
		c.fields = append(c.fields, slices.Concat(r.thresholds, r.spans)...)
		switch {
		case r.main:
			c.skeleton = skeleton
			if offsets.uniform && offsets.value != nil {
				c.fields = append(c.fields, commitment.Field{Name: "offset", Role: commitment.RoleDelay, Value: *offsets.value})
			}
		case strings.HasPrefix(p.join, "or"):
			c.also = append(c.also, strings.TrimSpace(strings.TrimPrefix(p.join, "or")+" "+skeleton))
		default:
			c.only = append(c.only, p.join+" "+skeleton)
		}
		c.fields = append(c.fields, r.limits...)
	}
	c.fields = byKind(c.fields)
	return c
}

// byKind puts fields in the order in which people ask for them: thresholds, then the
// rest, each in the order in which it stands in the condition.
func byKind(fields []commitment.Field) []commitment.Field {
	slices.SortStableFunc(fields, func(x, y commitment.Field) int { return place(x) - place(y) })
	return fields
}

func place(f commitment.Field) int {
	order := []string{"threshold", "quantile", "horizon", "burn rate", "error budget", "operator", "range", "offset", "le"}
	for i, name := range order {
		if f.Name == name || strings.HasPrefix(f.Name, name+" of ") {
			return i
		}
	}
	return len(order)
}

// shift is the offset of the selectors of a condition.
type shift struct {
	uniform bool              // all have the same
	value   *commitment.Value // nil for none
}

// selectors are the metrics that a condition uses, and how they are shifted in time.
func selectors(e parser.Expr) ([]string, shift) {
	var names []string
	first, count, same := "", 0, true
	var value *commitment.Value
	note := func(text string, v commitment.Value) {
		if count == 0 {
			first = text
			if text != "" {
				value = &v
			}
		}
		count++
		same = same && text == first
	}
	parser.Inspect(e, func(n parser.Node, _ []parser.Node) error {
		switch n := n.(type) {
		case *parser.VectorSelector:
			if name := metric(n); name != "" {
				names = append(names, name)
			}
			note(offset(n.OriginalOffset, n.OriginalOffsetExpr))
		case *parser.SubqueryExpr:
			if text, _ := offset(n.OriginalOffset, n.OriginalOffsetExpr); text != "" {
				same = false
			}
		}
		return nil
	})
	slices.Sort(names)
	return slices.Compact(names), shift{uniform: same, value: value}
}

// firstNames are at most two names by which people know a part of a condition.
func firstNames(e parser.Expr) []string {
	names, _ := selectors(e)
	if len(names) == 0 {
		return []string{"a condition"}
	}
	return names[:min(len(names), 2)]
}
