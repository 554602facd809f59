package terraform

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strconv"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"
	"github.com/zclconf/go-cty/cty/function/stdlib"
)

// scope is what the values of one file share.
type scope struct {
	src      []byte
	lines    []int // of the JSON file, by the lines of src; nil for HCL
	own      int   // lines of the file itself, if definitions of others were added to it; else 0
	locals   map[string]hclsyntax.Expression
	defaults map[string]hclsyntax.Expression
	sources  map[string]string  // locals as written, those that were asked for
	folded   map[string]folding // locals that were looked at; one that is being looked at is not ok
}

// line is the line of the file for one of src.
func (s *scope) line(n int) int {
	if s.own > 0 && n > s.own {
		return 0
	}
	if s.lines == nil {
		return n
	}
	if n < 1 || n > len(s.lines) {
		return 0
	}
	return s.lines[n-1]
}

// text is what stands in a range.
func (s *scope) text(r hcl.Range) []byte {
	if r.Start.Byte < 0 || r.End.Byte > len(s.src) || r.Start.Byte > r.End.Byte {
		return nil
	}
	return s.src[r.Start.Byte:r.End.Byte]
}

// folding is an expression's value, as far as the file alone says it.
type folding struct {
	value    cty.Value
	variable bool // it rests on a variable's default
	ok       bool
}

// Bounds on evaluation: locals can refer to locals, and each may hold another one many times.
const (
	maxFollow = 20   // locals behind locals
	maxString = 1024 // bytes of a local's text
	maxParts  = 500  // values in a local
	maxSource = 4096 // bytes of a local's source that are shown
	// maxEntries are those of a list or object that are taken apart. A file has many
	// places that can point to the same one.
	maxEntries = 300
)

// fold evaluates an expression with the file's own locals and variable defaults.
func (s *scope) fold(e hclsyntax.Expression, depth int) folding {
	if depth > maxFollow || !foldable(e) {
		return folding{}
	}
	locals, vars := map[string]cty.Value{}, map[string]cty.Value{}
	out := folding{}
	for _, t := range e.Variables() {
		switch name, attr := root(t); name {
		case "local":
			f := s.local(attr, depth)
			if !f.ok {
				return folding{}
			}
			locals[attr], out.variable = f.value, out.variable || f.variable
		case "var":
			f := s.fallback(attr, depth)
			if !f.ok {
				return folding{}
			}
			vars[attr], out.variable = f.value, true
		default:
			return folding{}
		}
	}
	v, diags := e.Value(&hcl.EvalContext{
		Variables: map[string]cty.Value{"local": cty.ObjectVal(locals), "var": cty.ObjectVal(vars)},
		Functions: arithmetic(),
	})
	if diags.HasErrors() || !v.IsWhollyKnown() || v.IsMarked() {
		return folding{}
	}
	out.value, out.ok = v, true
	return out
}

// local is the value of a local of this file.
func (s *scope) local(name string, depth int) folding {
	if f, ok := s.folded[name]; ok {
		return f
	}
	e, ok := s.locals[name]
	if !ok {
		return folding{}
	}
	s.folded[name] = folding{} // a local that needs itself has no value
	f := s.fold(e, depth+1)
	if f.ok && !modest(f.value) {
		f = folding{}
	}
	s.folded[name] = f
	return f
}

// fallback is the default of a variable of this file. Defaults are constants.
func (s *scope) fallback(name string, depth int) folding {
	if f, ok := s.folded["var."+name]; ok {
		return f
	}
	e, ok := s.defaults[name]
	if !ok {
		return folding{}
	}
	s.folded["var."+name] = folding{}
	f := s.fold(e, depth+1)
	if f.ok && !modest(f.value) {
		f = folding{}
	}
	s.folded["var."+name] = f
	return f
}

// follow goes through parentheses and locals to the expression that says the value.
func (s *scope) follow(e hclsyntax.Expression, depth int) hclsyntax.Expression {
	for ; depth < maxFollow; depth++ {
		e = unwrap(e)
		t, ok := e.(*hclsyntax.ScopeTraversalExpr)
		if !ok {
			return e
		}
		name, attr := root(t.Traversal)
		next, known := s.locals[attr]
		if name != "local" || !known {
			return e
		}
		for _, step := range t.Traversal[2:] {
			if next = s.step(next, step); next == nil {
				return e
			}
		}
		e = next
	}
	return e
}

// step is the entry of an object that is written out; nil for anything else.
func (s *scope) step(e hclsyntax.Expression, step hcl.Traverser) hclsyntax.Expression {
	object, ok := unwrap(e).(*hclsyntax.ObjectConsExpr)
	attr, isAttr := step.(hcl.TraverseAttr)
	if !ok || !isAttr {
		return nil
	}
	for _, item := range object.Items {
		if key, ok := s.key(item.KeyExpr); ok && key == attr.Name {
			return item.ValueExpr
		}
	}
	return nil
}

// key is the name of an object's entry where it is written out.
func (s *scope) key(e hclsyntax.Expression) (string, bool) {
	if word := hcl.ExprAsKeyword(e); word != "" {
		return word, true
	}
	f := s.fold(e, maxFollow)
	if !f.ok || f.variable {
		return "", false
	}
	return text(f.value)
}

// foldable reports whether an expression can be evaluated with bounded work: no
// loops, and numbers of a sane size.
func foldable(e hclsyntax.Expression) bool {
	ok := true
	diags := hclsyntax.VisitAll(e, func(n hclsyntax.Node) hcl.Diagnostics {
		switch x := n.(type) {
		case *hclsyntax.ForExpr, *hclsyntax.SplatExpr:
			ok = false
		case *hclsyntax.LiteralValueExpr:
			if x.Val.IsKnown() && !x.Val.IsNull() && x.Val.Type() == cty.Number && !small(x.Val.AsBigFloat()) {
				ok = false
			}
		}
		return nil
	})
	return ok && !diags.HasErrors()
}

// modest reports whether a value may be used in others: what refers to it often must stay small.
func modest(v cty.Value) bool {
	parts, ok := 0, true
	err := cty.Walk(v, func(_ cty.Path, v cty.Value) (bool, error) {
		parts++
		switch {
		case parts > maxParts:
			ok = false
		case v.IsNull() || !v.IsKnown():
		case v.Type() == cty.String:
			ok = ok && len(v.AsString()) <= maxString
		case v.Type() == cty.Number:
			ok = ok && small(v.AsBigFloat())
		}
		return ok, nil
	})
	return ok && err == nil
}

// arithmetic are the functions that only calculate.
func arithmetic() map[string]function.Function {
	return map[string]function.Function{
		"abs": stdlib.AbsoluteFunc, "ceil": stdlib.CeilFunc, "floor": stdlib.FloorFunc, "max": stdlib.MaxFunc, "min": stdlib.MinFunc,
		"tonumber": stdlib.MakeToFunc(cty.Number), "tostring": stdlib.MakeToFunc(cty.String), "tobool": stdlib.MakeToFunc(cty.Bool),
	}
}

// Variables are the names of what an expression refers to: "var.delay", "local.users",
// "pagerduty_user.ana", each once, in order.
func (a Attr) Variables() []string {
	if a.expr == nil {
		return nil
	}
	var out []string
	for _, t := range a.expr.Variables() {
		name, attr := root(t)
		if attr != "" {
			name += "." + attr
		}
		if name != "" && !slices.Contains(out, name) {
			out = append(out, name)
		}
	}
	return out
}

// definitions are those of the file's locals that an expression needs, and of the
// locals that these need, for a value that is compared as text.
func (s *scope) definitions(e hclsyntax.Expression) string {
	seen, out := map[string]bool{}, ""
	todo := []hclsyntax.Expression{e}
	for len(todo) > 0 && len(seen) < maxFollow {
		e, todo = todo[0], todo[1:]
		for _, t := range e.Variables() {
			name, attr := root(t)
			next, ok := s.locals[attr]
			if name != "local" || !ok || seen[attr] {
				continue
			}
			seen[attr] = true
			out += ", local." + attr + " = " + s.source(attr, next)
			todo = append(todo, next)
		}
	}
	if out == "" {
		return ""
	}
	return " where " + out[2:]
}

// source is a local as written. What is too long to be shown is told by its digest:
// another text is another value.
func (s *scope) source(name string, e hclsyntax.Expression) string {
	if text, ok := s.sources[name]; ok {
		return text
	}
	text := canonical(s.text(e.Range()))
	if len(text) > maxSource {
		sum := sha256.Sum256([]byte(text))
		text = "(" + strconv.Itoa(len(text)) + " bytes, " + hex.EncodeToString(sum[:6]) + ")"
	}
	s.sources[name] = text
	return text
}
