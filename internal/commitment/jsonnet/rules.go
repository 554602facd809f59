package jsonnet

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/google/go-jsonnet/ast"

	"github.com/slagate/slagate/internal/commitment"
	"github.com/slagate/slagate/internal/commitment/prometheus"
)

// rule is an alerting or recording rule with the group that it stands in.
type rule struct{ fields, group []field }

// ruleKeys are what package prometheus reads of a rule, groupKeys of its group.
func ruleKeys() []string {
	return []string{"alert", "record", "expr", "for", "keep_firing_for", "labels", "annotations", "enabled"}
}

func groupKeys() []string { return []string{"name", "interval", "query_offset", "limit", "labels"} }

func isRuleKey(name string) bool { return slices.Contains(ruleKeys(), name) }

// takeRule takes an object that is a rule.
func (r *reading) takeRule(fields []field, at place) bool {
	_, alert := find(fields, "alert")
	_, record := find(fields, "record")
	_, expr := find(fields, "expr")
	if !expr || !alert && !record {
		return false
	}
	for _, f := range fields {
		if isRuleKey(f.name) {
			r.take(f.at)
		}
	}
	for _, f := range at.group {
		if slices.Contains(groupKeys(), f.name) {
			r.take(f.at)
		}
	}
	r.rules = append(r.rules, rule{fields, at.group})
	return true
}

// The bounds of what is written, so that it stays in proportion to the file.
const (
	maxPlaces   = 200     // of one layout
	maxArgument = 300     // bytes of what a place is filled with
	maxSource   = 4_000   // bytes of an expression
	maxRules    = 4 << 20 // bytes of all rules
)

// caveat is said of what was not evaluated.
const caveat = "read without evaluating the Jsonnet"

// readRules writes the rules as a file of rules, each value on the line on which it
// stands here, and has it read.
func (r *reading) readRules() {
	if len(r.rules) == 0 {
		return
	}
	slices.SortStableFunc(r.rules, func(a, b rule) int { return start(a) - start(b) })
	w := writer{r: r, line: 1}
	w.out.WriteString(`{"groups": [`)
	for i, rule := range r.rules {
		if w.out.Len() > maxRules {
			r.out.Problems = append(r.out.Problems, commitment.Problem{
				Line: start(rule), Text: fmt.Sprintf("its rules are too long: %d of them were not read", len(r.rules)-i), Whole: true,
			})
			break
		}
		if i > 0 {
			w.out.WriteString(", ")
		}
		w.out.WriteString("{")
		for _, key := range groupKeys() {
			if f, ok := find(rule.group, key); ok {
				w.out.WriteString(quote(key) + ": ")
				w.value(f.body)
				w.out.WriteString(", ")
			}
		}
		w.out.WriteString(`"rules": [`)
		w.mapping(slices.DeleteFunc(slices.Clone(rule.fields), func(f field) bool { return !isRuleKey(f.name) }), nil)
		w.out.WriteString("]}")
	}
	w.out.WriteString("]}\n")
	parsed := prometheus.Format().Parse(r.from.File, []byte(w.out.String()))
	for _, c := range parsed.Commitments {
		c.Key.Format, c.Source.Generated = Name, r.from.Generated
		for i, said := range c.Caveats {
			if said == "read without rendering the template" {
				c.Caveats[i] = caveat
			}
		}
		c.Shown = ofMatcher.ReplaceAllString(c.Shown, "$1")
		r.out.Commitments = append(r.out.Commitments, c)
	}
	for _, p := range parsed.Problems {
		p.Whole = false // the rest of the file is read
		r.out.Problems = append(r.out.Problems, p)
	}
}

func start(r rule) int {
	first := r.fields[0].at.Begin.Line
	for _, f := range r.fields {
		first = min(first, f.at.Begin.Line)
	}
	return first
}

// writer writes a file of rules.
type writer struct {
	r    *reading
	out  strings.Builder
	line int
}

// down goes on to a line. Lines that are past stay so.
func (w *writer) down(line int) {
	if line > w.line {
		w.out.WriteString(strings.Repeat("\n", line-w.line))
		w.line = line
	}
}

// mapping writes fields, of those with the same name the last one. others are parts
// of it that are no objects: they make it another mapping.
func (w *writer) mapping(fields []field, others []ast.Node) {
	w.out.WriteString("{")
	first := true
	key := func(name string, line int) {
		if !first {
			w.out.WriteString(", ")
		}
		first = false
		w.down(line)
		w.out.WriteString(quote(name) + ": ")
	}
	last := map[string]int{}
	for i, f := range fields {
		last[f.name] = i
	}
	for i, f := range fields {
		if f.name != "" && last[f.name] != i {
			continue
		}
		name := f.name
		if name == "" {
			name = "{{ " + harmless(digested(computed(w.r, f), maxSource)) + " }}"
		}
		key(name, f.at.Begin.Line)
		w.value(f.body)
	}
	for _, o := range others {
		if text := w.r.written(o); text != "" {
			key("{{ "+harmless(digested(text, maxSource))+" }}", 0)
			w.out.WriteString(`""`)
		}
	}
	w.out.WriteString("}")
}

// computed is the source of a computed name.
func computed(r *reading, f field) string {
	s := r.span(f.at)
	return squeezed(strings.SplitN(r.code[s.from:s.to], "]", 2)[0])
}

// value writes a value: a literal as it is, what is none as its source.
func (w *writer) value(n ast.Node) {
	switch n := n.(type) {
	case *ast.LiteralNumber:
		w.out.WriteString(quote(n.OriginalString))
		return
	case *ast.LiteralBoolean:
		w.out.WriteString(strconv.FormatBool(n.Value))
		return
	case *ast.LiteralNull:
		w.out.WriteString("null")
		return
	case *ast.DesugaredObject, *ast.Binary:
		if fields, others := merged(n); len(fields) > 0 {
			w.mapping(fields, others)
			return
		}
	}
	w.out.WriteString(quote(w.r.text(n, 0)))
}

// text is a text with its expressions as a template has them.
func (r *reading) text(n ast.Node, depth int) string {
	const deepest = 200
	switch n := n.(type) {
	case *ast.LiteralString:
		return n.Value
	case *ast.LiteralNumber:
		if depth > 0 { // a part of a text
			return n.OriginalString
		}
	case *ast.Binary:
		if n.Op == ast.BopPlus && depth < deepest && isText(n, depth) {
			return r.text(n.Left, depth+1) + r.text(n.Right, depth+1)
		}
	case *ast.Apply:
		if layout, args, ok := formatted(n); ok {
			return r.filled(layout, args)
		}
	}
	return "{{ " + harmless(digested(r.written(n), maxSource)) + " }}"
}

// isText reports whether a sum is one of texts: one part of it is.
func isText(n ast.Node, depth int) bool {
	const deepest = 200
	switch n := n.(type) {
	case *ast.LiteralString:
		return true
	case *ast.Apply:
		_, _, ok := formatted(n)
		return ok
	case *ast.Binary:
		return n.Op == ast.BopPlus && depth < deepest && (isText(n.Left, depth+1) || isText(n.Right, depth+1))
	}
	return false
}

// formatted takes 'layout' % args apart: the parser makes std.mod(layout, args) of it.
func formatted(n *ast.Apply) (layout string, args ast.Node, ok bool) {
	target, isIndex := n.Target.(*ast.Index)
	if !isIndex || len(n.Arguments.Positional) != 2 {
		return "", nil, false
	}
	name, isName := target.Index.(*ast.LiteralString)
	text, isText := n.Arguments.Positional[0].Expr.(*ast.LiteralString)
	if !isName || !isText || name.Value != "mod" && name.Value != "format" {
		return "", nil, false
	}
	return text.Value, n.Arguments.Positional[1].Expr, true
}

// verb is a place in a layout. https://jsonnet.org/ref/stdlib.html#std-format
var verb = regexp.MustCompile(`%(\([^)]*\))?[#0\- +]*(\*|[0-9]*)(\.(\*|[0-9]*))?[hlL]*([diouxXeEfFgGcrsa%])`)

// filled puts what belongs there into the places of a layout, as expressions.
func (r *reading) filled(layout string, args ast.Node) string {
	var out strings.Builder
	last, next := 0, 0
	places := verb.FindAllStringIndex(layout, maxPlaces+1)
	if len(places) > maxPlaces {
		return "{{ " + digested(layout+" of "+r.written(args), 0) + " }}"
	}
	for _, at := range places {
		out.WriteString(layout[last:at[0]])
		last = at[1]
		written := layout[at[0]:at[1]]
		if strings.HasSuffix(written, "%") {
			out.WriteString("%")
			continue
		}
		of := r.written(args)
		if !strings.HasPrefix(written, "%(") {
			if list, ok := args.(*ast.Array); ok && next < len(list.Elements) {
				of = r.written(list.Elements[next].Expr)
			}
			next++
		}
		expression := "{{ " + harmless(written+" of "+digested(of, maxArgument)) + " }}"
		if isMatcher(layout[:at[0]], layout[at[1]:]) {
			expression = madeUp + expression + `"`
		}
		out.WriteString(expression)
	}
	out.WriteString(layout[last:])
	return out.String()
}

// madeUp begins a matcher that stands for one or more of a selector that are not known,
// so that the rest of the condition can be read.
const madeUp = `jsonnet="`

var ofMatcher = regexp.MustCompile(madeUp + `(\{\{[^{}"]*(?:[{}] [^{}"]*)*\}\})"`)

// isMatcher reports whether what stands between two texts is the matchers of a selector.
func isMatcher(before, after string) bool {
	before, after = strings.TrimSpace(before), strings.TrimSpace(after)
	open, end := strings.LastIndexAny(before, "{}\""), strings.IndexAny(after, "{}\"")
	return (strings.HasSuffix(before, "{") || strings.HasSuffix(before, ",") && open >= 0 && before[open] != '}') &&
		end >= 0 && (strings.HasPrefix(after, "}") || strings.HasPrefix(after, ","))
}

// digested is a text, shortened where it is longer than so many bytes: its beginning
// and a digest of the whole, so that another text never looks the same.
func digested(text string, limit int) string {
	if len(text) <= limit {
		return text
	}
	sum := sha256.Sum256([]byte(text))
	return strings.ToValidUTF8(text[:min(len(text), 40)], "") + "... " + hex.EncodeToString(sum[:8])
}

// harmless keeps a source from ending the expression that it stands in.
func harmless(text string) string {
	text = strings.NewReplacer("}", "} ", "{", "{ ", "`", "'").Replace(text)
	return squeezed(text)
}

// quote writes a text as JSON, which is YAML as well.
func quote(text string) string {
	out, err := json.Marshal(text)
	if err != nil {
		return `""`
	}
	return string(out)
}

// note adds a caveat where a value is an expression.
func note(v commitment.Value) []string {
	if v.Opaque {
		return []string{caveat}
	}
	return nil
}
