package prometheus

import (
	"bytes"
	"path"
	"strings"

	"github.com/prometheus/prometheus/promql/parser"

	"github.com/slagate/slagate/internal/commitment"
	"github.com/slagate/slagate/internal/commitment/source"
)

// Name of the format.
const Name = "prometheus"

// Format reads Prometheus rules (formats.md 1.2).
func Format() commitment.Format {
	known := &conditions{}
	return commitment.Format{Name: Name, Sniff: sniff, Parse: func(name string, src []byte) commitment.Parsed { return parse(name, src, known) }}
}

// sniff looks for the words without which there are no rules. Files that are no YAML,
// whatever they quote, are left to others.
func sniff(name string, src []byte) bool {
	switch strings.ToLower(path.Ext(name)) {
	case ".md", ".mdx", ".markdown", ".txt", ".rst", ".adoc", ".html", ".tf", ".hcl", ".jsonnet", ".libsonnet", ".go", ".py", ".rb", ".js", ".ts", ".sh", ".lock":
		return false
	}
	return bytes.Contains(src, []byte("alert")) && bytes.Contains(src, []byte("expr")) ||
		bytes.Contains(src, []byte("groups")) && (bytes.Contains(src, []byte("rules")) || bytes.Contains(src, []byte("[]"))) ||
		bytes.Contains(src, []byte("record")) && bytes.Contains(src, []byte("expr")) ||
		bytes.Contains(src, []byte("PrometheusRule"))
}

// file is the reading of one file.
type file struct {
	known  *conditions
	path   string
	lines  [][]byte
	parser parser.Parser
	out    commitment.Parsed
	// What holds for the document that is being read.
	template, generated bool
	shift               int // lines of the file before an embedded text
	depth               int // of embedding
	spent               int // on parsing conditions, see maxParse
}

// parse reads all rules of a file.
func parse(name string, src []byte, known *conditions) commitment.Parsed {
	r := file{
		known: known,
		path:  name, lines: bytes.Split(src, []byte("\n")),
		parser: parser.NewParser(parser.Options{EnableExperimentalFunctions: true, EnableBinopFillModifiers: true}),
	}
	r.read(src)
	if !r.out.Mine && mentionsAlerts(src) && hasWhole(r.out.Problems) {
		r.out.Mine = true
	}
	if !r.out.Mine {
		return commitment.Parsed{}
	}
	return r.out
}

// read reads a text: the file, or one inside it.
func (r *file) read(src []byte) {
	f := source.YAML(r.path, src)
	r.template, r.generated = r.template || f.Template, r.generated || f.Generated
	for _, p := range f.Problems {
		p.Line += r.shift
		r.out.Problems = append(r.out.Problems, p)
	}
	for _, d := range f.Documents {
		r.walk(d.Root, group{fields: groupOf(source.Node{}).fields}, "")
	}
}

// mentionsAlerts reports whether a file that cannot be read was meant to hold alerts.
func mentionsAlerts(src []byte) bool {
	return (bytes.Contains(src, []byte("alert:")) || bytes.Contains(src, []byte(`"alert"`))) && bytes.Contains(src, []byte("expr"))
}

func hasWhole(problems []commitment.Problem) bool {
	for _, p := range problems {
		if p.Whole {
			return true
		}
	}
	return false
}

// walk goes through everything below a value and takes each rule, whatever it stands in.
func (r *file) walk(n source.Node, g group, key string) {
	switch {
	case len(r.out.Commitments) > commitment.MaxItems || key == "alert_rule_test":
	case n.IsMap():
		if r.rule(n, g) {
			return
		}
		if rules := n.Get("rules"); isRules(rules) {
			g = groupOf(n)
			r.out.Mine = true
		}
		if n.Get("kind").Text() == "PrometheusRule" || isGroups(n.Get("groups"), n) {
			r.out.Mine = true
		}
		for _, p := range n.Pairs() {
			r.walk(p.Value, g, p.Key)
		}
	case n.IsList():
		for _, item := range n.Items() {
			r.walk(item, g, key)
		}
	case n.IsBlock():
		r.embedded(n)
	}
}

// rule takes a mapping that is a rule.
func (r *file) rule(n source.Node, g group) bool {
	if !n.Get("expr").IsScalar() {
		return false
	}
	switch {
	case n.Get("alert").IsScalar():
		r.out.Mine = true
		r.out.Commitments = append(r.out.Commitments, r.alert(n, g))
	case n.Get("record").IsScalar():
		r.out.Mine = true
		r.out.Commitments = append(r.out.Commitments, r.record(n, g))
	default:
		return false
	}
	return true
}

// isRules reports whether a list holds rules of Prometheus, and not of something else
// that calls its parts rules.
func isRules(n source.Node) bool {
	for _, item := range n.Items() {
		if item.Get("expr").Exists() && (item.Get("alert").Exists() || item.Get("record").Exists()) {
			return true
		}
	}
	return false
}

// isGroups reports whether "groups" is that of a file of rules, even if it is empty:
// an empty list alone at the top, or groups with a name and a list of rules.
func isGroups(groups, parent source.Node) bool {
	if !groups.Exists() {
		return false
	}
	items := groups.Items()
	if len(items) == 0 {
		return len(parent.Pairs()) == 1 && (groups.IsList() || groups.IsNull())
	}
	for _, item := range items {
		rules := item.Get("rules")
		if item.Get("name").Exists() && rules.Exists() && (isRules(rules) || rules.IsNull() || len(rules.Items()) == 0) {
			return true
		}
	}
	return false
}

// embedded reads a text of several lines that holds rules, as a ConfigMap has them.
func (r *file) embedded(n source.Node) {
	const deepest = 3
	inner := n.Shown()
	if r.depth >= deepest || !strings.Contains(inner, "expr") && !strings.Contains(inner, "groups:") ||
		!strings.Contains(inner, "alert") && !strings.Contains(inner, "rules:") && !strings.Contains(inner, "record") {
		return
	}
	before, problems := r.shift, len(r.out.Problems)
	mine, template := r.out.Mine, r.template
	r.out.Mine, r.shift, r.depth = false, r.shift+r.first(n.Line()), r.depth+1
	r.read([]byte(inner))
	if !r.out.Mine {
		r.out.Mine = mentionsAlerts([]byte(inner)) && hasWhole(r.out.Problems[problems:])
	}
	if !r.out.Mine {
		r.out.Problems = r.out.Problems[:problems] // another kind of text
	}
	r.out.Mine = r.out.Mine || mine
	r.shift, r.depth, r.template = before, r.depth-1, template
}

// first is the number of lines before the text that starts at a line: one of | or >
// starts on the next.
func (r *file) first(line int) int {
	at := line + r.shift
	if at < 1 || at > len(r.lines) {
		return line
	}
	head, _, _ := strings.Cut(string(r.lines[at-1]), " #")
	head = strings.TrimRight(strings.TrimSpace(head), "+-0123456789")
	if strings.HasSuffix(head, "|") || strings.HasSuffix(head, ">") {
		return line
	}
	return line - 1
}

// source is where a rule stands.
func (r *file) source(n source.Node) commitment.Source {
	return commitment.Source{File: r.path, Line: n.Line() + r.shift, Template: r.template, Generated: r.generated}
}
