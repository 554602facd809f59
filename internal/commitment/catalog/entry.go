package catalog

import (
	"fmt"
	"slices"

	"github.com/slagate/slagate/internal/commitment"
)

// Text is a value as written, with its line. Opaque: it is not known without rendering
// a template, or the key stands twice.
type Text struct {
	Text   string
	Line   int
	Opaque bool
}

// Wrong is what is wrong with one key of an entry, in words.
type Wrong struct {
	Key string
	// Index is which entry of a list is meant, from 0.
	Index   int
	Text    string
	Allowed []string
}

// Entry is a line of `commitments:` as texts.
type Entry struct {
	ID, Service, Kind, Target, Unit, Window, Plan, ContractRef, Owner, Notice Text
	MeasuredBy, Customers, DependsOn                                          []Text
	Source                                                                    commitment.Source
}

// Promise is the entry as a floor, and everything that is wrong with it. What is
// wrong is opaque in the promise: it is compared with nothing.
func (e Entry) Promise() (commitment.Promise, []Wrong) {
	var wrong []Wrong
	k, ok := known(e.Kind.Text)
	if !ok {
		wrong = append(wrong, Wrong{Key: "kind", Text: fmt.Sprintf("unknown kind %q", e.Kind.Text), Allowed: Kinds()})
	}
	if e.Unit.Text != "" && !e.Unit.Opaque && !slices.Contains(Units(), e.Unit.Text) {
		wrong = append(wrong, Wrong{Key: "unit", Text: fmt.Sprintf("unknown unit %q", e.Unit.Text), Allowed: Units()})
	}
	p := commitment.Promise{
		ID: e.ID.Text, Service: e.Service.Text, Kind: k.kind, Owner: e.Owner.Text, Contract: e.ContractRef.Text,
		MeasuredBy: texts(e.MeasuredBy), DependsOn: texts(e.DependsOn), Customers: texts(e.covered()), Source: e.Source,
	}
	add := func(key, text string) {
		if text != "" {
			wrong = append(wrong, Wrong{Key: key, Text: text})
		}
	}
	var text string
	p.Target, p.Better, text = Target(e.Kind.Text, e.Target.Text, e.Unit.Text)
	if e.Target.Opaque || e.Unit.Opaque || e.Kind.Opaque {
		p.Target, text = commitment.Unread(e.Target.Text), ""
	}
	add("target", text)
	p.Window, text = optional(e.Window, Window)
	add("window", text)
	p.Notice, text = optional(e.Notice, notice)
	add("notice", text)
	for i, id := range e.DependsOn {
		if id.Text == e.ID.Text {
			wrong = append(wrong, Wrong{Key: "depends_on", Index: i, Text: fmt.Sprintf("%q depends on itself", id.Text)})
		}
	}
	return p, wrong
}

func notice(text string) (commitment.Value, string) {
	v := Duration(text)
	if v.Opaque || v.Num.Sign() < 0 {
		return commitment.Unread(text), fmt.Sprintf("%q is no notice period; write \"30d\" or \"10 business days\"", text)
	}
	return v, ""
}

// optional reads a value that need not be there.
func optional(t Text, read func(string) (commitment.Value, string)) (commitment.Value, string) {
	switch {
	case t.Opaque:
		return commitment.Unread(t.Text), ""
	case t.Text == "":
		return commitment.Value{}, ""
	}
	return read(t.Text)
}

// covered is for whom the promise is: customers, a price plan.
func (e Entry) covered() []Text {
	if e.Plan.Text == "" {
		return e.Customers
	}
	return append(slices.Clone(e.Customers), e.Plan)
}

func texts(list []Text) []string {
	out := make([]string, 0, len(list))
	for _, t := range list {
		out = append(out, t.Text)
	}
	return out
}

// Commitment is the entry as a commitment, to be compared with its former self. Who
// is covered and what measures it may not get lost; what it is about and what it
// rests on cannot be judged when it changes.
func (e Entry) Commitment() commitment.Commitment {
	p, _ := e.Promise()
	target := commitment.Field{Name: "target", Role: commitment.RoleTarget, Value: p.Target, Better: p.Better, Line: e.Target.Line}
	if p.Target.Unit == commitment.Word {
		target.Role = commitment.RoleDefinition // hours of support are words: another text has no direction
	}
	word := func(name string, role commitment.Role, t Text) commitment.Field {
		f := commitment.Field{Name: name, Role: role, Value: commitment.Words(t.Text), Line: t.Line}
		f.Value.Opaque = t.Opaque
		return f
	}
	list := func(name string, role commitment.Role, items ...Text) commitment.Field {
		f := commitment.Field{Name: name, Role: role, Value: commitment.ListOf(texts(items)...)}
		if len(items) > 0 {
			f.Line = items[0].Line
		}
		for _, t := range items {
			if t.Opaque {
				f.Value = commitment.Unread(f.Value.Text)
			}
		}
		return f
	}
	plan := list("plan", commitment.RoleCoverage)
	if e.Plan.Text != "" {
		plan = list("plan", commitment.RoleCoverage, e.Plan)
	}
	dependsOn := list("depends_on", commitment.RoleKey, e.DependsOn...)
	return commitment.Commitment{
		Key:  commitment.Key{Format: commitment.CatalogFormat, Name: e.ID.Text},
		Kind: p.Kind, Service: p.Service, Name: e.ID.Text, Owner: p.Owner, Source: e.Source,
		Fields: []commitment.Field{
			target,
			{Name: "window", Role: commitment.RoleWindow, Value: p.Window, Line: e.Window.Line},
			{Name: "notice", Role: commitment.RoleAmount, Value: p.Notice, Better: commitment.Higher, Line: e.Notice.Line},
			word("kind", commitment.RoleDefinition, e.Kind), word("service", commitment.RoleDefinition, e.Service),
			list("customers", commitment.RoleCoverage, e.Customers...), plan,
			list("measured_by", commitment.RoleCoverage, e.MeasuredBy...), dependsOn,
			word("owner", commitment.RoleNote, e.Owner), word("contract_ref", commitment.RoleNote, e.ContractRef),
		},
	}
}
