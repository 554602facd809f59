package terraform

import (
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
)

// instances are the resources that for_each makes of a block, where the file says so:
// their keys, each with what the block uses of its value. So a lost key is
// a lost instance, and another value of one is neither lost nor gained alone.
func (b Block) instances(a Attr) ([]string, bool) {
	entries, ok := a.pairs()
	if !ok {
		return a.List()
	}
	used := b.eachValue()
	out := make([]string, 0, len(entries))
	for _, e := range entries {
		out = append(out, e.key+said(e.value, used))
	}
	return out, true
}

// said is what an instance's value says about the parts that are used; "" in the
// parts is the whole of it.
func said(value Attr, used []string) string {
	var parts []string
	for _, name := range used {
		if name == "" {
			return " " + value.Text()
		}
		if a := value.Get(name); a.Exists() {
			parts = append(parts, name+" = "+a.Text())
		}
	}
	if len(parts) == 0 {
		return ""
	}
	return " (" + strings.Join(parts, ", ") + ")"
}

// eachValue are the names of the parts of each.value that a block uses, sorted, without what
// is only for display; "" if it uses the value as a whole.
func (b Block) eachValue() []string {
	var out []string
	for name, attribute := range b.body.Attributes {
		if !slices.Contains([]string{"for_each", "name", "description", "tags", "teams"}, name) {
			out = append(out, partsUsed(attribute.Expr)...)
		}
	}
	for _, n := range b.body.Blocks {
		out = append(out, partsUsed(n.Body)...)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// partsUsed finds each.value.part and lookup(each.value, "part").
func partsUsed(n hclsyntax.Node) []string {
	var out []string
	whole, looked := 0, 0
	diags := hclsyntax.VisitAll(n, func(n hclsyntax.Node) hcl.Diagnostics {
		switch x := n.(type) {
		case *hclsyntax.ScopeTraversalExpr:
			name, attr := root(x.Traversal)
			if name != "each" || attr != "value" {
				return nil
			}
			if part := third(x.Traversal); part != "" {
				out = append(out, part)
			} else {
				whole++
			}
		case *hclsyntax.FunctionCallExpr:
			if part := lookedUp(x); part != "" {
				out, looked = append(out, part), looked+1
			}
		}
		return nil
	})
	if whole > looked || diags.HasErrors() {
		out = append(out, "")
	}
	return out
}

// third is the name of the part in each.value.part; "" if there is none.
func third(t hcl.Traversal) string {
	if len(t) < 3 {
		return ""
	}
	switch step := t[2].(type) {
	case hcl.TraverseAttr:
		return step.Name
	case hcl.TraverseIndex:
		if step.Key.Type() == cty.String && step.Key.IsKnown() && !step.Key.IsNull() {
			return step.Key.AsString()
		}
	}
	return ""
}

// lookedUp is the part in lookup(each.value, "part").
func lookedUp(call *hclsyntax.FunctionCallExpr) string {
	if call.Name != "lookup" || len(call.Args) < 2 {
		return ""
	}
	value, ok := unwrap(call.Args[0]).(*hclsyntax.ScopeTraversalExpr)
	if !ok || len(value.Traversal) != 2 {
		return ""
	}
	part, ok := unwrap(call.Args[1]).(*hclsyntax.TemplateExpr)
	if name, attr := root(value.Traversal); !ok || name != "each" || attr != "value" || !part.IsStringLiteral() {
		return ""
	}
	text, diags := part.Value(nil)
	if diags.HasErrors() {
		return ""
	}
	return text.AsString()
}
