package datadog

import (
	"regexp"
	"strings"

	"github.com/slagate/slagate/internal/commitment"
	"github.com/slagate/slagate/internal/commitment/resource"
)

// query is what a monitor's query says.
type query struct {
	text   string // with "?" for what is a value
	op     string
	number string
	better commitment.Better
	how    resource.How
	found  []window
}

// window is a length of time in a query.
type window struct {
	name, text string
	sliding    bool
}

// interpolated is a comparison with an expression of Terraform.
var interpolated = regexp.MustCompile(`^(.*?[^<>=!\s])\s*(>=|<=|>|<)\s*(\$\{[^{}]*\})$`)

// read takes a query apart. One that is written with expressions of Terraform in it is
// read by its source.
func read(a resource.Attr) query {
	text := a.Text
	if !a.Literal {
		text = resource.Unquoted(text)
	}
	text = strings.Join(strings.Fields(text), " ")
	q := query{text: text}
	if c, ok := resource.Compared(text); ok {
		q.text, q.op, q.number, q.better = c.Query+" "+c.Class+" ?", c.Op, c.Number, c.Better
	} else if m := interpolated.FindStringSubmatch(text); m != nil {
		class := resource.Class(m[2])
		q.text, q.op, q.number, q.better = m[1]+" "+class.Class+" ?", m[2], m[3], class.Better
	}
	for _, w := range spellings() {
		m := w.find.FindStringSubmatchIndex(q.text)
		if m == nil {
			continue
		}
		q.found = append(q.found, window{w.name, q.text[m[2]:m[3]], w.sliding})
		q.how = howOf(q.text, q.how)
		q.text = q.text[:m[2]] + "?" + q.text[m[3]:]
	}
	return q
}

type spelling struct {
	name    string
	find    *regexp.Regexp
	sliding bool
}

var (
	lastWindow  = regexp.MustCompile(`^[a-z_]+\(last_([0-9]+[smhdw])`)
	dotLast     = regexp.MustCompile(`\.last\(["']([0-9]+[smhdw])["']\)`)
	longWindow  = regexp.MustCompile(`\.long_window\(["']([0-9]+[smhdw])["']\)`)
	shortWindow = regexp.MustCompile(`\.short_window\(["']([0-9]+[smhdw])["']\)`)
	counting    = regexp.MustCompile(`^sum\(|\.rollup\(["'](count|sum|cardinality)["']`)
	largest     = regexp.MustCompile(`^max\(`)
	smallest    = regexp.MustCompile(`^min\(`)
)

// spellings are the ways to say a window: avg(last_5m): of metrics, .last("5m") of logs
// and traces, and the two of a burn rate.
func spellings() []spelling {
	return []spelling{
		{"window", lastWindow, true},
		{"window", dotLast, true},
		{"long_window", longWindow, false},
		{"short_window", shortWindow, false},
	}
}

func howOf(text string, how resource.How) resource.How {
	switch {
	case counting.MatchString(text):
		return resource.Sum
	case largest.MatchString(text):
		return resource.Most
	case smallest.MatchString(text):
		return resource.Fewest
	}
	return how
}

// windows adds the windows of the query. Both windows of a burn rate must be over it,
// so that the long one is the delay.
func (q query) windows(f *resource.Fields, a resource.Attr) {
	for _, w := range q.found {
		at := resource.Made(a.Line, w.text, func(read func(string) commitment.Value) commitment.Value { return read(w.text) })
		switch {
		case w.sliding:
			f.Window(w.name, at, q.how, q.better, resource.Plain(q.number))
		case w.name == "long_window":
			f.Add(at, resource.Spec{Name: w.name, Role: commitment.RoleDelay, Read: resource.Seconds})
		default:
			f.Define(at, w.name)
		}
	}
}

// last reads "last_15m".
func last(text string) commitment.Value {
	v := resource.Seconds(strings.TrimPrefix(text, "last_"))
	v.Text = text
	return v
}
