package terraform

import (
	"math/big"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"

	"github.com/slagate/slagate/internal/commitment"
)

// Attr is an argument of a block, or a part of one. The zero Attr is none.
type Attr struct {
	scope *scope
	expr  hclsyntax.Expression
	at    int
}

// Exists reports whether the argument stands there. A null does.
func (a Attr) Exists() bool { return a.expr != nil }

// IsNull reports whether the argument is absent or null, which Terraform takes for the same.
func (a Attr) IsNull() bool {
	if a.expr == nil {
		return true
	}
	f := a.scope.fold(a.expr, 0)
	return f.ok && !f.variable && f.value.IsNull()
}

// Line is where the argument stands.
func (a Attr) Line() int {
	if a.expr == nil {
		return 0
	}
	return a.scope.line(a.at)
}

// Source is the expression as written, in one spelling: no comments, no line breaks,
// one blank where one belongs. "" for none.
func (a Attr) Source() string {
	if a.expr == nil {
		return ""
	}
	return canonical(a.scope.text(unwrap(a.expr).Range()))
}

// Literal is the value as text where the file itself says it: a literal, or one
// folded from literals and locals.
func (a Attr) Literal() (string, bool) {
	if a.expr == nil {
		return "", false
	}
	f := a.scope.fold(a.expr, 0)
	if !f.ok || f.variable {
		return "", false
	}
	return text(f.value)
}

// Text is the literal value, or else the source: equal texts are equal values.
func (a Attr) Text() string {
	if t, ok := a.Literal(); ok {
		return t
	}
	return a.Source()
}

// Value reads the argument as a value: the zero value where it is absent or null, an
// opaque one where the file does not say it. A number that is folded keeps its source
// as its text.
func (a Attr) Value(read func(text string) commitment.Value) commitment.Value {
	if a.IsNull() {
		return commitment.Value{}
	}
	t, ok := a.Literal()
	if !ok {
		return commitment.Unread(a.Shown())
	}
	v := read(t)
	if v.Num != nil && !a.plain() {
		v.Text = a.Source()
		if len(a.expr.Variables()) > 0 {
			v.Text += " (" + t + ")"
		}
	}
	return v
}

// Shown is the source with what the file says about the names in it: the default,
// where all it needs are variables of this file, or the definition of its locals. So
// another definition is another text.
func (a Attr) Shown() string {
	if a.expr == nil {
		return ""
	}
	if f := a.scope.fold(a.expr, 0); f.ok && f.variable {
		if t, ok := text(f.value); ok {
			return a.Source() + " (default " + t + ")"
		}
	}
	return a.Source() + a.scope.definitions(a.expr)
}

// plain reports whether the value is written out as a number, word or switch.
func (a Attr) plain() bool {
	switch e := unwrap(a.expr).(type) {
	case *hclsyntax.LiteralValueExpr:
		return true
	case *hclsyntax.TemplateExpr:
		return e.IsStringLiteral()
	case *hclsyntax.UnaryOpExpr:
		_, ok := e.Val.(*hclsyntax.LiteralValueExpr)
		return ok
	}
	return false
}

// Attrs are the entries of a list that is written out, through the file's locals and
// the functions that only join, copy or sort lists. ok is false for anything else.
func (a Attr) Attrs() (entries []Attr, ok bool) {
	if a.expr == nil {
		return nil, false
	}
	return a.entries(0)
}

func (a Attr) entries(depth int) ([]Attr, bool) {
	if depth > maxFollow {
		return nil, false
	}
	switch e := a.scope.follow(a.expr, depth).(type) {
	case *hclsyntax.TupleConsExpr:
		if len(e.Exprs) > maxEntries {
			return nil, false
		}
		out := make([]Attr, 0, len(e.Exprs))
		for _, x := range e.Exprs {
			out = append(out, Attr{scope: a.scope, expr: x, at: x.Range().Start.Line})
		}
		return out, true
	case *hclsyntax.FunctionCallExpr:
		switch e.Name {
		case "toset", "tolist", "distinct", "sort", "compact", "concat", "setunion":
			return a.joined(e.Args, depth)
		}
	}
	return nil, false
}

func (a Attr) joined(args []hclsyntax.Expression, depth int) ([]Attr, bool) {
	var out []Attr
	for _, x := range args {
		more, ok := Attr{scope: a.scope, expr: x, at: a.at}.entries(depth + 1)
		if !ok || len(out)+len(more) > maxEntries {
			return nil, false
		}
		out = append(out, more...)
	}
	return out, true
}

// List are the entries of such a list as texts: the literal or the source of each.
func (a Attr) List() ([]string, bool) {
	entries, ok := a.Attrs()
	if !ok {
		return nil, false
	}
	out := make([]string, 0, len(entries))
	for _, e := range entries {
		if !e.IsNull() {
			out = append(out, e.Text())
		}
	}
	return out, true
}

// pair is an entry of an object that is written out.
type pair struct {
	key   string
	value Attr
}

// pairs are the entries of an object that is written out, through the file's locals;
// ok is false for anything else.
func (a Attr) pairs() (entries []pair, ok bool) {
	if a.expr == nil {
		return nil, false
	}
	object, ok := a.scope.follow(a.expr, 0).(*hclsyntax.ObjectConsExpr)
	if !ok || len(object.Items) > maxEntries {
		return nil, false
	}
	for _, item := range object.Items {
		key, ok := a.scope.key(item.KeyExpr)
		if !ok {
			return nil, false
		}
		entries = append(entries, pair{key, Attr{scope: a.scope, expr: item.ValueExpr, at: item.KeyExpr.Range().Start.Line}})
	}
	return entries, true
}

// Names are the keys of an object that is written out, in order; ok is false for anything else.
func (a Attr) Names() (keys []string, ok bool) {
	entries, ok := a.pairs()
	for _, e := range entries {
		keys = append(keys, e.key)
	}
	return keys, ok
}

// Get is an entry of an object that is written out; the zero Attr where there is none.
func (a Attr) Get(name string) Attr {
	entries, _ := a.pairs()
	for _, e := range entries {
		if e.key == name {
			return e.value
		}
	}
	return Attr{}
}

// Arms takes "condition ? then : otherwise" apart. Two such values whose conditions
// have the same source can be compared arm by arm.
func (a Attr) Arms() (condition string, then, otherwise Attr, ok bool) {
	if a.expr == nil {
		return "", Attr{}, Attr{}, false
	}
	e, ok := a.scope.follow(a.expr, 0).(*hclsyntax.ConditionalExpr)
	if !ok {
		return "", Attr{}, Attr{}, false
	}
	part := func(x hclsyntax.Expression) Attr { return Attr{scope: a.scope, expr: x, at: a.at} }
	return part(e.Condition).Source(), part(e.TrueResult), part(e.FalseResult), true
}

// blocks are the objects of a list (or the one object) as blocks.
func (a Attr) blocks(name string) []Block {
	entries, ok := a.Attrs()
	if !ok {
		entries = []Attr{a}
	}
	out := make([]Block, 0, len(entries))
	for _, e := range entries {
		out = append(out, e.block(name))
	}
	return out
}

func (a Attr) block(name string) Block {
	b := Block{scope: a.scope, kind: name, at: a.expr.Range()}
	object, ok := a.scope.follow(a.expr, 0).(*hclsyntax.ObjectConsExpr)
	if !ok {
		b.opaque = true
		return b
	}
	b.body = &hclsyntax.Body{Attributes: hclsyntax.Attributes{}, SrcRange: object.SrcRange}
	for _, item := range object.Items {
		key, ok := a.scope.key(item.KeyExpr)
		if _, twice := b.body.Attributes[key]; !ok || twice {
			b.opaque = true
			continue
		}
		b.body.Attributes[key] = &hclsyntax.Attribute{Name: key, Expr: item.ValueExpr, NameRange: item.KeyExpr.Range()}
	}
	return b
}

// unwrap takes parentheses off.
func unwrap(e hclsyntax.Expression) hclsyntax.Expression {
	for {
		switch x := e.(type) {
		case *hclsyntax.ParenthesesExpr:
			e = x.Expression
		case *hclsyntax.TemplateWrapExpr: // "${x}" is x
			e = x.Wrapped
		default:
			return e
		}
	}
}

// text is a value that is no list as text; numbers exactly, without an exponent where people write none.
func text(v cty.Value) (string, bool) {
	if v.IsNull() || !v.IsKnown() || v.IsMarked() {
		return "", false
	}
	switch v.Type() {
	case cty.String:
		return v.AsString(), true
	case cty.Bool:
		if v.True() {
			return "true", true
		}
		return "false", true
	case cty.Number:
		return decimal(v.AsBigFloat())
	}
	return "", false
}

// digits is what a number is rounded to: 0.1 + 0.2 is 0.3, and no promise has more.
const digits = 34

func decimal(n *big.Float) (string, bool) {
	if !small(n) {
		return "", false
	}
	return strings.TrimSuffix(n.Text('g', digits), ".0"), true
}

// small reports whether a number is of a size that arithmetic may go on with.
func small(n *big.Float) bool {
	exp := n.MantExp(nil)
	return !n.IsInf() && exp < 300 && exp > -300
}

// root is the name that a traversal starts with, and the attribute after it.
func root(t hcl.Traversal) (name, attr string) {
	if t.IsRelative() || len(t) == 0 {
		return "", ""
	}
	if len(t) > 1 {
		if step, ok := t[1].(hcl.TraverseAttr); ok {
			attr = step.Name
		}
	}
	return t.RootName(), attr
}
