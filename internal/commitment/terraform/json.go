package terraform

import (
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/slagate/slagate/internal/commitment/source"
)

// fromJSON writes the JSON form of a Terraform file as HCL, with the line of the
// JSON file for each line of it. In JSON nested blocks look like arguments; they are
// written as such, and [Block.Blocks] takes both. Strings are templates there as here.
// https://developer.hashicorp.com/terraform/language/syntax/json
func fromJSON(src []byte) (hcl []byte, lines []int, ok bool) {
	f := source.YAML("", src)
	if len(f.Problems) > 0 || f.Template || len(f.Documents) != 1 || !f.Documents[0].Root.IsMap() {
		return nil, nil, false
	}
	w := &writer{}
	for _, p := range f.Documents[0].Root.Pairs() {
		w.top(p)
	}
	return []byte(w.out.String()), w.lines, true
}

type writer struct {
	out   strings.Builder
	lines []int
}

// put writes a line that stands for one of the JSON file.
func (w *writer) put(line int, text string) {
	w.out.WriteString(text + "\n")
	for range 1 + strings.Count(text, "\n") {
		w.lines = append(w.lines, line)
	}
}

// top writes the blocks of one kind: resources have two names, others one or none.
func (w *writer) top(p source.Pair) {
	names := map[string]int{"resource": 2, "data": 2, "module": 1, "variable": 1, "output": 1, "provider": 1}[p.Key]
	w.named(p.Key, nil, names, p.Value)
}

func (w *writer) named(kind string, labels []string, more int, n source.Node) {
	if n.IsList() {
		for _, item := range n.Items() {
			if !item.IsList() {
				w.named(kind, labels, more, item)
			}
		}
		return
	}
	if more > 0 {
		for _, p := range n.Pairs() {
			w.named(kind, append(slices.Clip(labels), strconv.Quote(p.Key)), more-1, p.Value)
		}
		return
	}
	if !n.IsMap() {
		return
	}
	w.put(n.Line(), strings.Join(append([]string{kind}, labels...), " ")+" {")
	for _, p := range n.Pairs() {
		if p.Key == "//" || !isName(p.Key) {
			continue
		}
		w.put(p.Line, p.Key+" = "+value(p.Value))
	}
	w.put(n.Line(), "}")
}

func isName(text string) bool {
	return text != "" && strings.Trim(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-") == "" && !strings.ContainsAny(text[:1], "0123456789-")
}

// bare is what stands without quotes. A number in quotes is the same number.
var bare = regexp.MustCompile(`^(?:true|false|-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?)$`)

// value writes a value as an expression on one line.
func value(n source.Node) string {
	var b strings.Builder
	switch {
	case n.IsNull():
		return "null"
	case n.IsList():
		b.WriteString("[")
		for _, item := range n.Items() {
			b.WriteString(value(item) + ", ")
		}
		b.WriteString("]")
	case n.IsMap():
		b.WriteString("{")
		for _, p := range n.Pairs() {
			b.WriteString(quote(p.Key) + " = " + value(p.Value) + ", ")
		}
		b.WriteString("}")
	case bare.MatchString(n.Text()):
		return n.Text()
	default:
		return quote(n.Text())
	}
	return b.String()
}

// quote writes a text in quotes without touching the templates in it.
func quote(text string) string {
	return `"` + strings.NewReplacer("\n", `\n`, "\r", `\r`, "\t", `\t`).Replace(escape(text)) + `"`
}

// escape writes quotes and backslashes of the text itself, not those inside ${ }.
func escape(text string) string {
	var b strings.Builder
	depth := 0
	for i := 0; i < len(text); i++ {
		c := text[i]
		switch {
		case depth == 0 && (c == '$' || c == '%') && i+1 < len(text) && text[i+1] == '{' && (i == 0 || text[i-1] != c):
			depth = 1
			b.WriteString(text[i : i+2])
			i++
			continue
		case depth > 0 && c == '{':
			depth++
		case depth > 0 && c == '}':
			depth--
		case depth == 0 && (c == '"' || c == '\\'):
			b.WriteByte('\\')
		}
		b.WriteByte(c)
	}
	return b.String()
}
