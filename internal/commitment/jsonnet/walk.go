package jsonnet

import (
	"slices"

	"github.com/google/go-jsonnet/ast"
	"github.com/google/go-jsonnet/toolutils"
)

// place is where the walk stands.
type place struct {
	path    []string // the keys of the objects around
	service string   // what the nearest of them says it is of
	group   []field  // the fields of the group of rules around
}

func (p place) below(key string) place {
	p.path = append(slices.Clone(p.path), key)
	return p
}

// field is a field of an object, or of objects that are added to each other.
type field struct {
	name string // "" where it is computed
	body ast.Node
	at   ast.LocationRange
}

// walk goes through a tree, whatever the objects stand in: locals, functions, loops.
func (r *reading) walk(n ast.Node, at place) {
	switch n := n.(type) {
	case nil:
		return
	case *ast.DesugaredObject, *ast.Binary:
		if b, ok := n.(*ast.Binary); ok && b.Op != ast.BopPlus {
			break
		}
		fields, others := merged(n)
		if len(fields) > 0 {
			r.object(fields, at)
		}
		for _, o := range others { // none of them is a sum again
			r.walk(o, at)
		}
		return
	case *ast.Apply:
		r.thresholds(n, at)
	}
	for _, child := range toolutils.Children(n) {
		r.walk(child, at)
	}
}

// merged are the fields of an object, or of all objects that a sum is made of, and
// what else belongs to it. A later field stands for an earlier one of the name when
// it is looked up.
func merged(n ast.Node) (fields []field, others []ast.Node) {
	switch n := n.(type) {
	case *ast.DesugaredObject:
		for _, f := range n.Fields {
			name := ""
			if s, ok := f.Name.(*ast.LiteralString); ok {
				name = s.Value
			} else {
				others = append(others, f.Name)
			}
			fields = append(fields, field{name: name, body: f.Body, at: f.LocRange})
		}
		for _, l := range n.Locals {
			others = append(others, l.Body)
		}
		return fields, append(others, n.Asserts...)
	case *ast.Binary:
		if n.Op == ast.BopPlus {
			fields, others = merged(n.Left)
			right, rest := merged(n.Right)
			return append(fields, right...), append(others, rest...)
		}
	}
	return nil, []ast.Node{n}
}

// find is the field of a name that counts: the last one.
func find(fields []field, name string) (field, bool) {
	for _, f := range slices.Backward(fields) {
		if f.name == name {
			return f, true
		}
	}
	return field{}, false
}

// object reads an object and goes on below it.
func (r *reading) object(fields []field, at place) {
	if r.takeRule(fields, at) {
		for _, f := range fields {
			if !isRuleKey(f.name) {
				r.walk(f.body, at.below(f.name))
			}
		}
		return
	}
	if name, ok := find(fields, "type"); ok && isService(fields) {
		if s, ok := name.body.(*ast.LiteralString); ok {
			at.service = s.Value
		}
	}
	if _, ok := find(fields, "rules"); ok {
		at.group = fields
	}
	for _, f := range fields {
		if !r.notes(f, at) && !r.value(f, at) {
			r.walk(f.body, at.below(f.name))
		}
	}
}

// isService reports whether an object describes a service, and not a selector that has
// a type as well.
func isService(fields []field) bool {
	return slices.ContainsFunc(fields, func(f field) bool {
		return slices.Contains([]string{"tier", "monitoringThresholds", "serviceLevelIndicators", "slos", "slis", "components"}, f.name)
	})
}
