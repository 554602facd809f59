package policy

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v4"
	"go.yaml.in/yaml/v4/plugin/loaderlimits"
)

// Limits of a policy file. They are far above any real file and keep a hostile
// one cheap: it is refused in bounded time and memory.
const (
	maxText    = 1 << 20 // bytes
	maxMarks   = 100000  // line ends, commas, colons and opening brackets: the YAML reader is slow on many
	maxNodes   = 20000   // YAML nodes
	maxDepth   = 20      // levels of nesting
	parseDepth = 100     // levels at which parsing stops at all
)

// parse reads the text as one plain YAML document: no second document, no
// anchors or aliases, no tags, no merge keys. It gives the root node, or nil
// if there is none to be looked at further.
func parse(text []byte, r *reporter) *yaml.Node {
	if len(text) > maxText {
		r.place(1, 1, "", fmt.Sprintf("the file has %d bytes, at most %d are read", len(text), maxText), nil)
		return nil
	}
	if !characters(text, r) {
		return nil
	}
	loader, err := yaml.NewLoader(bytes.NewReader(text), yaml.WithPlugin(loaderlimits.New(loaderlimits.DepthValue(parseDepth))))
	if err != nil {
		r.place(1, 1, "", fmt.Sprintf("cannot be read as YAML: %v", err), nil)
		return nil
	}
	var document yaml.Node
	if err := loader.Load(&document); err != nil {
		if !errors.Is(err, io.EOF) {
			r.yaml(err, text)
			return nil
		}
		document.Content = nil
	}
	if len(document.Content) == 0 {
		r.place(1, 1, "", `"version" is missing: the file is empty; "version: 1" is the smallest valid one`, []string{"version: 1"})
		return nil
	}
	root := document.Content[0]
	if !plain(root, r) {
		return nil
	}
	r.second(loader, text)
	return root
}

// second reports a further document in the stream, which YAML readers
// silently ignore.
func (r *reporter) second(loader *yaml.Loader, text []byte) {
	var next yaml.Node
	err := loader.Load(&next)
	switch {
	case errors.Is(err, io.EOF):
	case err != nil:
		r.yaml(err, text)
	default:
		r.place(next.Line, next.Column, "---", "a second YAML document starts here; a policy is one document", nil)
	}
}

// characters checks that the text is made of characters that YAML allows, and
// that it is not made of structure only.
func characters(text []byte, r *reporter) bool {
	line, column, marks := 1, 1, 0
	for i := 0; i < len(text); {
		c, size := utf8.DecodeRune(text[i:])
		switch {
		case c == utf8.RuneError && size == 1:
			r.place(line, column, fmt.Sprintf("byte 0x%02x", text[i]), "the file is not valid UTF-8 here", nil)
			return false
		case !printable(c) && (c != '\uFEFF' || i > 0):
			r.place(line, column, fmt.Sprintf("U+%04X", c), fmt.Sprintf("the character U+%04X is not allowed here", c), nil)
			return false
		case strings.ContainsRune("\n,:[{", c):
			if marks++; marks > maxMarks {
				r.place(line, column, "", fmt.Sprintf("the file has more than %d lines, commas, colons and brackets", maxMarks), nil)
				return false
			}
		}
		if column++; c == '\n' {
			line, column = line+1, 1
		}
		i += size
	}
	return true
}

// printable is the set c-printable of YAML 1.2.2, section 5.1
// (https://yaml.org/spec/1.2.2/#51-character-set).
func printable(c rune) bool {
	return c == '\t' || c == '\n' || c == '\r' || c >= 0x20 && c <= 0x7E || c == 0x85 ||
		c >= 0xA0 && c <= 0xD7FF || c >= 0xE000 && c <= 0xFFFD && c != '\uFEFF' || c >= 0x10000
}

// yaml reports an error of the YAML reader in plain words.
func (r *reporter) yaml(err error, text []byte) {
	var at *yaml.LoadError
	if !errors.As(err, &at) {
		r.place(1, 1, "", "cannot be read as YAML", nil)
		return
	}
	mark, message := at.Mark, "cannot be read as YAML: "+at.Message
	if tab := indentTab(text, mark.Line); tab > 0 {
		r.place(mark.Line, tab, "", "a tab is used for indentation; YAML allows spaces only", nil)
		return
	}
	switch {
	case strings.Contains(at.Message, "end of stream") && at.ContextMark.Line > 0:
		mark, message = at.ContextMark, "this is opened but never closed"
	case strings.Contains(at.Message, "max depth"):
		message = tooDeep()
	case strings.Contains(at.Message, "unknown anchor"):
		message = "aliases (*name) are not allowed in a policy"
	case strings.Contains(at.Message, "expected ',' or"), strings.Contains(at.Message, "expected node content"):
		message = "a comma, a value or a closing bracket is missing before this"
	case strings.Contains(at.Message, "cannot start any token"):
		message = "this character cannot start a value in YAML; put the value in quotes"
	case strings.Contains(at.Message, "mapping values are not allowed"):
		message = `a ":" is not allowed here; put the value in quotes`
	}
	r.place(mark.Line, mark.Column, "", message, nil)
}

// indentTab is the column of a tab in the indentation of a line; 0 if there is none.
func indentTab(text []byte, number int) int {
	for i := 1; i < number; i++ {
		_, text, _ = bytes.Cut(text, []byte("\n"))
	}
	indent := text[:len(text)-len(bytes.TrimLeft(text, " \t"))]
	return bytes.IndexByte(indent, '\t') + 1
}

func tooDeep() string { return fmt.Sprintf("nested deeper than %d levels", maxDepth) }

// plain walks the tree and reports everything that is YAML but not allowed in
// a policy. It stops at the first node that goes beyond the limits; only then
// it says no.
func plain(root *yaml.Node, r *reporter) bool {
	nodes := 0
	var walk func(n *yaml.Node, depth int) bool
	walk = func(n *yaml.Node, depth int) bool {
		if nodes++; nodes > maxNodes {
			r.nodef(n, "the file has more than %d values", maxNodes)
			return false
		}
		if depth > maxDepth {
			r.node(n, tooDeep())
			return false
		}
		if message := foreign(n); message != "" {
			r.node(n, message)
		}
		for _, child := range n.Content {
			if !walk(child, depth+1) {
				return false
			}
		}
		return true
	}
	return walk(root, 1)
}

// foreign says what makes a single node unfit for a policy; "" if nothing does.
func foreign(n *yaml.Node) string {
	switch {
	case n.Kind == yaml.AliasNode:
		return "aliases (*name) are not allowed in a policy"
	case n.Anchor != "":
		return "anchors (&name) are not allowed in a policy"
	case n.Style&yaml.TaggedStyle != 0:
		return fmt.Sprintf("the tag %s is not allowed in a policy", quote(n.Tag))
	case n.Kind == yaml.ScalarNode && n.ShortTag() == "!!merge":
		return "merge keys (<<) are not allowed in a policy"
	case n.Kind == yaml.ScalarNode && (n.ShortTag() == "!!float" || n.ShortTag() == "!!int"):
		if _, ok := numeric(n); !ok {
			return "this number cannot be used; is it meant as text? Put it in quotes"
		}
	}
	return ""
}

// numeric is the value of a number node; false for NaN, infinities and what
// does not fit.
func numeric(n *yaml.Node) (float64, bool) {
	var value any
	if err := n.Decode(&value); err != nil {
		return 0, false
	}
	var f float64
	switch v := value.(type) {
	case int:
		f = float64(v)
	case int64:
		f = float64(v)
	case uint64:
		f = float64(v)
	case float64:
		f = v
	default:
		return 0, false
	}
	return f, !math.IsNaN(f) && !math.IsInf(f, 0)
}

// value gives a checked node as plain data: nil, bool, float64, string,
// []any, map[string]any.
func value(n *yaml.Node) any {
	if n.Kind == yaml.MappingNode {
		out := make(map[string]any, len(n.Content)/2)
		for i := 0; i+1 < len(n.Content); i += 2 {
			out[n.Content[i].Value] = value(n.Content[i+1])
		}
		return out
	}
	if n.Kind == yaml.SequenceNode {
		out := make([]any, 0, len(n.Content))
		for _, item := range n.Content {
			out = append(out, value(item))
		}
		return out
	}
	return scalar(n)
}

func scalar(n *yaml.Node) any {
	switch kindOf(n) {
	case kindNothing:
		return nil
	case kindBoolean:
		b, err := strconv.ParseBool(strings.ToLower(n.Value))
		return err == nil && b
	case kindNumber:
		f, _ := numeric(n)
		return f
	default:
		return n.Value
	}
}
