package resource

import (
	"slices"
	"strings"

	"github.com/slagate/slagate/internal/commitment"
	"github.com/slagate/slagate/internal/commitment/terraform"
)

// reader reads a text as a value.
type reader = func(text string) commitment.Value

// Attr is an argument of a resource. The zero Attr is none.
type Attr struct {
	Line int
	// Text is the value where it is written out, else its source: equal texts are equal values.
	Text string
	// Literal: Text is the value itself.
	Literal bool
	// Items are the entries, if IsList.
	Items  []string
	IsList bool
	// Locals are the names of the file's locals that it rests on, if it is not literal.
	Locals []string
	// Arms are the two values of a conditional, When is its condition.
	Arms []Arm
	When string

	value func(read reader) commitment.Value
	count func() commitment.Value
	child func(name string) Attr
}

// Arm is one value of a conditional and when it counts.
type Arm struct {
	Name string // "if var.live", "unless var.live"
	Attr Attr
}

// Made is an argument that does not come from Terraform.
func Made(line int, text string, value func(read func(text string) commitment.Value) commitment.Value) Attr {
	return Attr{Line: line, Text: text, value: value}
}

// Exists reports whether there is a value: null is none.
func (a Attr) Exists() bool { return a.value != nil }

// Value reads it; the zero value where there is none, an opaque one where the file does not say it.
func (a Attr) Value(read func(text string) commitment.Value) commitment.Value {
	if a.value == nil {
		return commitment.Value{}
	}
	return a.value(read)
}

// Count reads it as how many of a thing there are.
func (a Attr) Count() commitment.Value {
	if a.count == nil {
		return a.Value(commitment.Words)
	}
	return a.count()
}

// List reads it as a list.
func (a Attr) List() commitment.Value {
	switch {
	case a.value == nil:
		return commitment.Value{}
	case a.IsList:
		return commitment.ListOf(a.Items...)
	}
	return commitment.Unread(a.Text)
}

// Get is an entry of an object that is written out; the zero Attr where there is none.
func (a Attr) Get(name string) Attr {
	if a.child == nil {
		return Attr{}
	}
	return a.child(name)
}

// each are the entry and key that for_each gives to a block.
type each struct {
	key   string
	entry terraform.Attr
	bound bool
}

// resolve follows each.value and what is below it to the entry of for_each.
func (e each) resolve(a terraform.Attr) terraform.Attr {
	source := a.Source()
	if !e.bound || !strings.HasPrefix(source, "each.value") {
		return a
	}
	steps := strings.Split(strings.TrimPrefix(source, "each.value"), ".")
	if steps[0] != "" {
		return a
	}
	out := e.entry
	for _, step := range steps[1:] {
		if out = out.Get(step); !out.Exists() {
			return a
		}
	}
	return out
}

// spell writes each.key as the key it stands for.
func (e each) spell(text string) string {
	if !e.bound {
		return text
	}
	return strings.ReplaceAll(text, "${each.key}", e.key)
}

// attr wraps an argument of Terraform.
func (e each) attr(raw terraform.Attr) Attr { return e.nested(raw, 0) }

// maxNested bounds objects in objects and conditions in conditions.
const maxNested = 8

func (e each) nested(raw terraform.Attr, depth int) Attr {
	a := e.resolve(raw)
	if a.IsNull() || depth > maxNested {
		return Attr{}
	}
	out := Attr{Line: a.Line(), value: func(read reader) commitment.Value { return e.value(a, read) }, count: a.Count}
	out.child = func(name string) Attr { return e.nested(a.Get(name), depth+1) }
	text, literal := a.Literal()
	switch {
	case literal:
		out.Text, out.Literal = text, true
		return out
	case e.bound && a.Source() == "each.key":
		out.Text, out.Literal = e.key, true
		return out
	}
	out.Text = e.text(a, depth)
	if out.Items, out.IsList = e.list(a); !out.IsList {
		out.Locals = locals(a)
	}
	if when, then, otherwise, ok := a.Arms(); ok {
		out.When = e.spell(when)
		out.Arms = []Arm{
			{"if " + e.spell(when), e.nested(then, depth+1)},
			{"unless " + e.spell(when), e.nested(otherwise, depth+1)},
		}
	}
	return out
}

func (e each) value(a terraform.Attr, read reader) commitment.Value {
	if e.bound && a.Source() == "each.key" {
		return read(e.key)
	}
	v := a.Value(read)
	if v.Opaque {
		v.Text = e.spell(v.Text)
	}
	return v
}

// list are the entries of a list, in their own order.
func (e each) list(a terraform.Attr) ([]string, bool) {
	entries, ok := a.Attrs()
	if !ok {
		return nil, false
	}
	out := make([]string, 0, len(entries))
	for _, x := range entries {
		if x = e.resolve(x); !x.IsNull() {
			out = append(out, e.spell(x.Text()))
		}
	}
	return out, true
}

// text is the source in one spelling; the entries of an object in the order of their names.
func (e each) text(a terraform.Attr, depth int) string {
	names, ok := a.Names()
	if ok && len(names) <= maxEach {
		slices.Sort(names)
		parts := make([]string, 0, len(names))
		for _, name := range slices.Compact(names) {
			parts = append(parts, name+" = "+e.nested(a.Get(name), depth+1).Text)
		}
		return "{" + strings.Join(parts, ", ") + "}"
	}
	if items, ok := e.list(a); ok {
		return "[" + strings.Join(items, ", ") + "]"
	}
	return e.spell(a.Source())
}

// locals are the locals of the file that an expression names.
func locals(a terraform.Attr) []string {
	var out []string
	for _, name := range a.Variables() {
		if local, ok := strings.CutPrefix(name, "local."); ok {
			out = append(out, local)
		}
	}
	return out
}
