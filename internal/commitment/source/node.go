package source

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v4"

	"github.com/slagate/slagate/internal/commitment"
)

// document is what the nodes of one document share.
type document struct {
	line   int               // lines of the file before it
	tokens map[string]string // masked expressions by their token
}

func (d *document) restore(text string) string {
	if len(d.tokens) == 0 || !strings.Contains(text, tokenMark) {
		return text
	}
	return token.ReplaceAllStringFunc(text, func(t string) string {
		if source, ok := d.tokens[t]; ok {
			return source
		}
		return t
	})
}

// Node is a value of a document. The zero Node is none.
type Node struct {
	doc    *document
	n      *yaml.Node
	line   int      // of the use, where it came by an alias
	others []string // what else the same key says, where it stands more than once
}

// Pair is one entry of a mapping.
type Pair struct {
	Key   string
	Line  int
	Value Node
}

// Exists reports whether there is a value. A null is one.
func (n Node) Exists() bool { return n.n != nil }

// IsNull reports whether the value is null, or there is none.
func (n Node) IsNull() bool { return n.n == nil || n.n.Tag == "!!null" }

// IsMap reports whether it is a mapping.
func (n Node) IsMap() bool { return n.n != nil && n.n.Kind == yaml.MappingNode }

// IsList reports whether it is a list.
func (n Node) IsList() bool { return n.n != nil && n.n.Kind == yaml.SequenceNode }

// IsScalar reports whether it is a single value.
func (n Node) IsScalar() bool { return n.n != nil && n.n.Kind == yaml.ScalarNode }

// IsBlock reports whether it is a text of several lines (| or >), which may hold a document of its own.
func (n Node) IsBlock() bool {
	return n.IsScalar() && (n.n.Style&(yaml.LiteralStyle|yaml.FoldedStyle) != 0 || strings.Contains(n.n.Value, "\n"))
}

// Line is where the value stands in the file, 1-based; for one that came by an
// alias the line of the use. 0 for none.
func (n Node) Line() int {
	switch {
	case n.n == nil:
		return 0
	case n.line > 0:
		return n.doc.line + n.line
	}
	return n.doc.line + n.n.Line
}

// child wraps a node below n, following aliases.
func (n Node) child(c *yaml.Node) Node {
	line := n.line
	for range maxDepth {
		if c.Kind != yaml.AliasNode || c.Alias == nil {
			break
		}
		if line == 0 {
			line = c.Line
		}
		c = c.Alias
	}
	return Node{doc: n.doc, n: c, line: line}
}

// Pairs are the entries of a mapping in file order, those of merge keys after its
// own. A key that stands twice comes once, opaque.
func (n Node) Pairs() []Pair { return n.pairs(0) }

func (n Node) pairs(depth int) []Pair {
	if !n.IsMap() || depth > maxDepth {
		return nil
	}
	var out, merged []Pair
	at := make(map[string]int, len(n.n.Content)/2) // places in out, by key
	for i := 0; i+1 < len(n.n.Content); i += 2 {
		key, value := n.n.Content[i], n.child(n.n.Content[i+1])
		if key.Value == "<<" && (value.IsMap() || value.IsList()) {
			merged = append(merged, value.merge(depth)...)
			continue
		}
		if j, ok := at[key.Value]; ok {
			value.others = append(slices.Clone(out[j].Value.others), out[j].Value.String())
			out[j].Value = value
			continue
		}
		at[key.Value] = len(out)
		out = append(out, Pair{Key: key.Value, Line: n.doc.line + cmp.Or(n.line, key.Line), Value: value})
	}
	for _, p := range merged {
		if _, ok := at[p.Key]; !ok {
			at[p.Key] = len(out)
			out = append(out, p)
		}
	}
	return out
}

func (n Node) merge(depth int) []Pair {
	if n.IsMap() {
		return n.pairs(depth + 1)
	}
	var out []Pair
	for _, item := range n.Items() {
		out = append(out, item.pairs(depth+1)...)
	}
	return out
}

// Get goes down by keys of mappings.
func (n Node) Get(path ...string) Node {
	for _, key := range path {
		n = n.get(key)
	}
	return n
}

func (n Node) get(key string) Node {
	if !n.IsMap() {
		return Node{}
	}
	// The plain case without building a list: the key once, no merge.
	var found *yaml.Node
	count := 0
	for i := 0; i+1 < len(n.n.Content); i += 2 {
		if n.n.Content[i].Value == key {
			found, count = n.n.Content[i+1], count+1
		}
	}
	if count == 1 {
		return n.child(found)
	}
	for _, p := range n.Pairs() {
		if p.Key == key {
			return p.Value
		}
	}
	return Node{}
}

// First is the first of several keys that there is.
func (n Node) First(keys ...string) Node {
	for _, key := range keys {
		if v := n.get(key); v.Exists() {
			return v
		}
	}
	return Node{}
}

// Items are the entries of a list.
func (n Node) Items() []Node {
	if !n.IsList() {
		return nil
	}
	out := make([]Node, 0, len(n.n.Content))
	for _, c := range n.n.Content {
		out = append(out, n.child(c))
	}
	return out
}

// Texts are the scalars of a list, or the one scalar itself.
func (n Node) Texts() []string {
	if n.IsScalar() {
		return []string{n.Text()}
	}
	var out []string
	for _, item := range n.Items() {
		if item.IsScalar() {
			out = append(out, item.Text())
		}
	}
	return out
}

// Text is a scalar as text, tokens in place of masked expressions; "" for anything else.
func (n Node) Text() string {
	if !n.IsScalar() {
		return ""
	}
	return n.n.Value
}

// Shown is Text as it stands in the file.
func (n Node) Shown() string {
	if n.n == nil {
		return ""
	}
	text := n.doc.restore(n.Text())
	for _, other := range n.others {
		text = other + " | " + text
	}
	return text
}

// Restore puts the masked expressions of the node's document back into a piece of its text.
func (n Node) Restore(text string) string {
	if n.doc == nil {
		return text
	}
	return n.doc.restore(text)
}

// Opaque reports whether the value is not known without rendering a template or
// choosing between two of the same key.
func (n Node) Opaque() bool {
	return len(n.others) > 0 || n.IsScalar() && len(n.doc.tokens) > 0 && strings.Contains(n.n.Value, tokenMark)
}

// As reads a scalar as a value; the zero value where there is none, an opaque one
// where the scalar is opaque or no scalar.
func (n Node) As(read func(text string) commitment.Value) commitment.Value {
	switch {
	case n.IsNull():
		return commitment.Value{}
	case n.Opaque():
		return commitment.Unread(n.Shown())
	case !n.IsScalar():
		return commitment.Unread(n.String())
	}
	return read(n.Text())
}

// Bool reads a switch: YAML's true and false, quoted ones too. ok is false for anything else.
func (n Node) Bool() (on, ok bool) {
	if n.Opaque() {
		return false, false
	}
	switch strings.ToLower(n.Text()) {
	case "true", "yes", "on":
		return true, true
	case "false", "no", "off":
		return false, true
	}
	return false, false
}

// String is a canonical text of the whole value: keys sorted, on one line, masked
// expressions as they stand in the file. Equal values have equal texts.
func (n Node) String() string {
	var b strings.Builder
	n.write(&b, 0)
	return b.String()
}

func (n Node) write(b *strings.Builder, depth int) {
	switch {
	case n.n == nil || depth > maxDepth:
	case n.IsMap():
		pairs := n.Pairs()
		slices.SortFunc(pairs, func(x, y Pair) int { return cmp.Compare(x.Key, y.Key) })
		b.WriteString("{")
		for i, p := range pairs {
			if i > 0 {
				b.WriteString(", ")
			}
			b.WriteString(n.doc.restore(p.Key) + ": ")
			p.Value.write(b, depth+1)
		}
		b.WriteString("}")
	case n.IsList():
		b.WriteString("[")
		for i, item := range n.Items() {
			if i > 0 {
				b.WriteString(", ")
			}
			item.write(b, depth+1)
		}
		b.WriteString("]")
	default:
		text := n.Shown()
		if text == "" || strings.ContainsAny(text, ",:[]{}\n\"") {
			text = strconv.Quote(text)
		}
		b.WriteString(text)
	}
}

// Walk calls visit for the value and everything below it, with the keys that lead
// there ("[]" for a list's entries). visit returns false to stay out of what is below.
func (n Node) Walk(visit func(path []string, n Node) bool) { n.walk(nil, visit) }

func (n Node) walk(path []string, visit func([]string, Node) bool) {
	if n.n == nil || len(path) > maxDepth || !visit(path, n) {
		return
	}
	for _, p := range n.Pairs() {
		p.Value.walk(append(slices.Clone(path), p.Key), visit)
	}
	for _, item := range n.Items() {
		item.walk(append(slices.Clone(path), "[]"), visit)
	}
}
