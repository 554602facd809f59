package google

import (
	"regexp"
	"strings"

	"github.com/slagate/slagate/internal/commitment"
	"github.com/slagate/slagate/internal/commitment/resource"
)

var (
	// condition gt(val(), 5 '1') and condition val() > 5 '1', at the end of a query of MQL.
	mqlCall = regexp.MustCompile(`^(.*\| ?condition )(gt|ge|lt|le)\( ?val\(\) ?, ?(-?[0-9][0-9.]*)((?: ?'[^']*')?) ?\)$`)
	mqlOp   = regexp.MustCompile(`^(.*\| ?condition )val\(\) ?(>=|<=|>|<) ?(-?[0-9][0-9.]*)((?: ?'[^']*')?)$`)
)

// mql takes the number off a condition on the one value of a query of MQL. Conditions
// of any other shape stay a part of the query.
func mql(text string) (resource.Comparison, bool) {
	text = strings.Join(strings.Fields(text), " ")
	m := mqlCall.FindStringSubmatch(text)
	if m == nil {
		m = mqlOp.FindStringSubmatch(text)
	}
	if m == nil {
		return resource.Comparison{}, false
	}
	op := map[string]string{"gt": ">", "ge": ">=", "lt": "<", "le": "<="}[m[2]]
	if op == "" {
		op = m[2]
	}
	c := resource.Class(op)
	c.Query, c.Number = strings.TrimSpace(m[1])+strings.TrimRight(" val()"+m[4], " "), m[3]
	return c, resource.Plain(m[3]).Num != nil
}

// compared takes the number off a query, in the language of its kind of condition.
// One with expressions of Terraform in it is read by its source.
func compared(kind string, a resource.Attr) (resource.Comparison, bool) {
	text := a.Text
	if !a.Literal {
		text = resource.Unquoted(text)
	}
	if kind == "condition_prometheus_query_language" {
		return resource.Compared(text)
	}
	return mql(text)
}

// inQuery adds the number that a query is compared with, and returns the rest of it.
func inQuery(f *resource.Fields, kind string, a resource.Attr) (commitment.Better, string) {
	q, ok := compared(kind, a)
	if !ok {
		return commitment.Neither, strings.Join(strings.Fields(a.Text), " ") + " "
	}
	f.Made(a.Line, resource.Spec{Name: "threshold", Role: commitment.RoleThreshold, Better: q.Better}, resource.Plain(q.Number))
	f.Made(a.Line, resource.Spec{Name: "comparison", Role: commitment.RoleNote}, commitment.Words(q.Op))
	return q.Better, q.Query + " " + q.Class + " ? "
}
