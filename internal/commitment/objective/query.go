package objective

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql/parser"

	"github.com/slagate/slagate/internal/commitment"
	"github.com/slagate/slagate/internal/commitment/source"
)

// Counts says what a query counts: its latency bounds are judged by it.
type Counts int

// What a query may count.
const (
	CountsOther Counts = iota // all events, or something else
	CountsGood
	CountsBad
)

// Measured is a query in canonical spelling, without the latency bounds in it.
type Measured struct {
	Text   string
	Bounds []Bound
	// Metrics are the names it reads, recorded values among them.
	Metrics []string
}

// Bound is the upper bound of a histogram's bucket (le="0.5"): the latency up to which
// an event is fast enough.
type Bound struct {
	Text   string
	Better commitment.Better
}

// maxQuery bounds the queries that are parsed; longer ones are compared as text.
const maxQuery = 20_000

// span stands for the window that a tool writes into a query. It is a duration that
// nobody writes himself.
const span = "7m7s"

var (
	rawText = regexp.MustCompile("(?s)\\{\\{-?\\s*`([^`]*)`\\s*-?\\}\\}")
	// window is Sloth's {{.window}} and its kin: {{ $window }}, {{window}}, and [window] of slo-generator.
	window = regexp.MustCompile(`\{\{-?\s*[.$]?[wW]indow\s*-?\}\}|\$\{?window\}?`)
	inside = regexp.MustCompile(`\[\s*window\s*\]`)
)

// Query brings a query into canonical spelling. One that is no PromQL keeps its
// words, with single blanks between them.
func Query(text string, counts Counts) Measured {
	text = rawText.ReplaceAllString(text, "$1")
	prepared := inside.ReplaceAllString(window.ReplaceAllString(text, span), "["+span+"]")
	if len(prepared) > maxQuery || !strings.ContainsAny(prepared, "({[") {
		return Measured{Text: tight(text)}
	}
	expr, err := parser.NewParser(parser.Options{}).ParseExpr(prepared)
	if err != nil {
		return Measured{Text: tight(text)}
	}
	var m Measured
	sign := 0
	switch counts {
	case CountsGood:
		sign = 1
	case CountsBad:
		sign = -1
	case CountsOther:
	}
	m.bounds(expr, sign)
	m.Text = strings.ReplaceAll(plain(expr).String(), span, "$window")
	return m
}

// tight takes the white space out of a text that does not parse: none beside
// brackets and commas, one blank elsewhere, what is in quotes as it is.
func tight(text string) string {
	var b strings.Builder
	var quote, last rune
	blank := false
	for _, r := range text {
		switch {
		case quote != 0:
			if r == quote && last != '\\' {
				quote = 0
			}
		case unicode.IsSpace(r):
			blank = true
			continue
		default:
			if blank && last != 0 && !strings.ContainsRune("([{,", last) && !strings.ContainsRune(")]},([{", r) {
				b.WriteByte(' ')
			}
			if r == '"' || r == '\'' {
				quote = r
			}
		}
		blank = false
		b.WriteRune(r)
		last = r
	}
	return b.String()
}

// plain takes the brackets out of an expression and puts one pair around every
// operation inside another, so that equal expressions have equal texts and others
// never: (a + b) * c is not a + b * c.
func plain(e parser.Expr) parser.Expr {
	switch e := e.(type) {
	case *parser.ParenExpr:
		return plain(e.Expr)
	case *parser.BinaryExpr:
		e.LHS, e.RHS = wrapped(e.LHS), wrapped(e.RHS)
		if e.VectorMatching != nil {
			slices.Sort(e.VectorMatching.MatchingLabels)
			slices.Sort(e.VectorMatching.Include)
		}
	case *parser.UnaryExpr:
		e.Expr = wrapped(e.Expr)
	case *parser.SubqueryExpr:
		e.Expr = wrapped(e.Expr)
	case *parser.AggregateExpr:
		e.Expr = wrapped(e.Expr)
		slices.Sort(e.Grouping)
		if e.Param != nil {
			e.Param = wrapped(e.Param)
		}
	case *parser.Call:
		for i := range e.Args {
			e.Args[i] = wrapped(e.Args[i])
		}
	}
	return e
}

func wrapped(e parser.Expr) parser.Expr {
	e = plain(e)
	switch e.(type) {
	case *parser.BinaryExpr, *parser.UnaryExpr:
		return &parser.ParenExpr{Expr: e}
	}
	return e
}

// bounds takes the latency bounds out of an expression. sign is 1 where more of it is
// better for customers, -1 where less is, 0 where nobody can say.
func (m *Measured) bounds(e parser.Expr, sign int) {
	switch e := e.(type) {
	case *parser.VectorSelector:
		m.Metrics = append(m.Metrics, e.Name)
		m.bound(e, sign)
	case *parser.BinaryExpr:
		left, right := sign, sign
		switch e.Op {
		case parser.SUB, parser.DIV:
			right = -sign
		case parser.ADD, parser.MUL, parser.LOR, parser.LAND:
		default:
			left, right = 0, 0
		}
		m.bounds(e.LHS, left)
		m.bounds(e.RHS, right)
	case *parser.UnaryExpr:
		if e.Op == parser.SUB {
			sign = -sign
		}
		m.bounds(e.Expr, sign)
	case *parser.Call:
		for _, arg := range e.Args {
			m.bounds(arg, monotone(e.Func.Name, sign))
		}
	case *parser.AggregateExpr:
		if e.Op != parser.SUM && e.Op != parser.AVG {
			sign = 0
		}
		m.bounds(e.Expr, sign)
	case *parser.ParenExpr:
		m.bounds(e.Expr, sign)
	case *parser.SubqueryExpr:
		m.bounds(e.Expr, sign)
	case *parser.MatrixSelector:
		m.bounds(e.VectorSelector, sign)
	}
}

// monotone keeps the sign through the functions whose value grows with their argument's.
func monotone(name string, sign int) int {
	switch name {
	case "rate", "increase", "irate", "clamp_min", "clamp_max", "clamp", "sum_over_time", "avg_over_time",
		"max_over_time", "min_over_time", "last_over_time", "label_replace", "label_join", "sort", "scalar", "vector":
		return sign
	}
	return 0
}

// bound takes le out of a selector of a latency's buckets.
func (m *Measured) bound(s *parser.VectorSelector, sign int) {
	for i, match := range s.LabelMatchers {
		if match.Name != "le" || match.Type != labels.MatchEqual {
			continue
		}
		if _, ok := commitment.ParseNumber(match.Value); !ok {
			continue // +Inf is no bound
		}
		// A bucket of a size is no latency, and a bucket among the bad events is something else.
		b := Bound{Text: match.Value}
		if sign > 0 && latency(s.Name) {
			b.Better = commitment.Lower
		}
		m.Bounds = append(m.Bounds, b)
		s.LabelMatchers[i] = &labels.Matcher{Type: labels.MatchEqual, Name: "le", Value: "?"}
	}
}

var latencyName = regexp.MustCompile(`(?i)second|duration|latenc|_ms(_|$)|milli|micro|time`)

func latency(metric string) bool { return latencyName.MatchString(metric) }

// Measure reads what is measured at a node: a query, or a mapping that holds
// queries. The same query is parsed once a file.
func (f *Found) Measure(n source.Node, counts Counts) Measured {
	var m Measured
	var b strings.Builder
	f.measure(n, counts, &b, &m, 0)
	m.Text = b.String()
	return m
}

func (f *Found) measure(n source.Node, counts Counts, b *strings.Builder, m *Measured, depth int) {
	switch {
	case n.IsNull() || depth > 50:
	case n.IsMap():
		pairs := n.Pairs()
		slices.SortFunc(pairs, func(x, y source.Pair) int { return strings.Compare(x.Key, y.Key) })
		b.WriteString("{")
		for _, p := range pairs {
			if p.Value.IsNull() || p.Value.IsList() && len(p.Value.Items()) == 0 {
				continue // an empty one is none
			}
			b.WriteString(p.Key + ": ")
			f.measure(p.Value, counted(p.Key, counts), b, m, depth+1)
			b.WriteString("; ")
		}
		b.WriteString("}")
	case n.IsList():
		for _, item := range n.Items() {
			b.WriteString("- ")
			f.measure(item, counts, b, m, depth+1)
			b.WriteString(" ")
		}
	default:
		q := f.query(n.Shown(), counts)
		b.WriteString(q.Text)
		m.Bounds, m.Metrics = append(m.Bounds, q.Bounds...), append(m.Metrics, q.Metrics...)
	}
}

func (f *Found) query(text string, counts Counts) Measured {
	key := strconv.Itoa(int(counts)) + text
	q, ok := f.queries[key]
	if !ok {
		q = Query(text, counts)
		f.queries[key] = q
	}
	return q
}

// counted says what a query counts by the key it stands under.
func counted(key string, outside Counts) Counts {
	switch strings.ToLower(strings.ReplaceAll(key, "_", "")) {
	case "good", "success", "filtergood", "querygood":
		return CountsGood
	case "bad", "errors", "errorquery", "errorratioquery", "filterbad", "querybad":
		return CountsBad
	case "total", "totalquery", "valid", "filtervalid", "queryvalid", "querytotal":
		return CountsOther
	}
	return outside
}

// Bounds adds the latency bounds of what is measured.
func (f *Fields) Bounds(at source.Node, m Measured) {
	for _, b := range m.Bounds {
		f.Put("le", commitment.RoleThreshold, b.Better, at, commitment.Number(b.Text, commitment.None))
	}
}
