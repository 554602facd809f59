package catalog

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/slagate/slagate/internal/commitment"
	"github.com/slagate/slagate/internal/commitment/source"
)

// reading is one file as it is read.
type reading struct {
	path     string
	entries  []Entry
	paths    []Escalation
	mine     bool
	template bool
	made     bool // generated
	problems []commitment.Problem
	seen     map[string]int // what stands where: "commitment x" to its line
}

// read takes a file apart. Nothing of it that is wrong fails the rest.
func read(path string, src []byte) *reading {
	f := source.YAML(path, src)
	r := &reading{path: path, template: f.Template, made: f.Generated, seen: map[string]int{}}
	for _, d := range f.Documents {
		if !takes(path, d.Root) {
			continue
		}
		r.mine = true
		for _, n := range r.list(d.Root, "commitments") {
			r.entry(n)
		}
		for _, n := range r.list(d.Root, "escalations") {
			r.escalation(n)
		}
	}
	if r.mine || f.Whole() && isPolicy(path) {
		r.problems = append(slices.Clone(f.Problems), r.problems...)
		r.mine = true
	}
	return r
}

// isPolicy reports whether the file is slagate's own policy.
func isPolicy(path string) bool {
	base := path[strings.LastIndexByte(path, '/')+1:]
	return base == "slagate.yml" || base == "slagate.yaml"
}

// takes reports whether a document is a catalog: the policy itself, a list of lines
// with ids under one of the two keys, or a document with nothing but them.
func takes(path string, root source.Node) bool {
	commitments, escalations := root.Get("commitments"), root.Get("escalations")
	if !commitments.Exists() && !escalations.Exists() {
		return false
	}
	line := func(n source.Node, keys ...string) bool {
		return n.Get("id").Exists() && n.First(keys...).Exists()
	}
	lines := func(n source.Node) bool { return n.IsNull() || n.IsList() }
	foreign := func(p source.Pair) bool {
		return !slices.Contains([]string{"version", "$schema", "commitments", "escalations"}, p.Key)
	}
	return isPolicy(path) ||
		slices.ContainsFunc(commitments.Items(), func(n source.Node) bool { return line(n, "kind", "target") }) ||
		slices.ContainsFunc(escalations.Items(), func(n source.Node) bool { return line(n, "levels") }) ||
		!slices.ContainsFunc(root.Pairs(), foreign) && lines(commitments) && lines(escalations)
}

func (r *reading) problemf(line int, format string, args ...any) {
	r.problems = append(r.problems, commitment.Problem{Line: line, Text: fmt.Sprintf(format, args...)})
}

// list are the lines under a key.
func (r *reading) list(root source.Node, key string) []source.Node {
	n := root.Get(key)
	if !n.IsNull() && !n.IsList() {
		r.problemf(n.Line(), "%s is not a list", key)
	}
	return n.Items()
}

// named starts a line: it must be a mapping with an id and no key that is not known.
func (r *reading) named(n source.Node, what string, keys ...string) bool {
	id := n.Get("id")
	if !n.IsMap() || !id.IsScalar() || id.IsNull() || id.Text() == "" {
		r.problemf(n.Line(), "a %s without an id", what)
		return false
	}
	for _, p := range n.Pairs() {
		if !slices.Contains(keys, p.Key) {
			r.problemf(p.Line, "%s %q has the unknown key %q", what, id.Shown(), p.Key)
		}
	}
	name := what + " " + id.Text()
	if line, twice := r.seen[name]; twice {
		r.problemf(id.Line(), "%s %q stands here twice, first at line %d", what, id.Shown(), line)
	}
	r.seen[name] = cmp.Or(r.seen[name], id.Line())
	return true
}

func text(n source.Node) Text {
	if n.IsNull() {
		return Text{Line: n.Line()}
	}
	t := Text{Text: n.Shown(), Line: n.Line(), Opaque: n.Opaque()}
	if !n.IsScalar() {
		t.Text, t.Opaque = n.String(), true
	}
	return t
}

// textList is a list of texts, or one alone.
func textList(n source.Node) []Text {
	if n.IsNull() {
		return nil
	}
	if !n.IsList() {
		return []Text{text(n)}
	}
	var out []Text
	for _, item := range n.Items() {
		out = append(out, text(item))
	}
	return out
}

func (r *reading) source(n source.Node) commitment.Source {
	return commitment.Source{File: r.path, Line: n.Line(), Template: r.template, Generated: r.made}
}

// Keys are the keys of a line of `commitments:`.
func keys() []string {
	return []string{
		"id", "service", "kind", "target", "unit", "window", "measured_by", "customers", "plan",
		"contract_ref", "owner", "depends_on", "notice",
	}
}

func (r *reading) entry(n source.Node) {
	if !r.named(n, "commitment", keys()...) {
		return
	}
	at := func(key string) Text { return text(n.Get(key)) }
	e := Entry{
		ID: at("id"), Service: at("service"), Kind: at("kind"), Target: at("target"), Unit: at("unit"), Window: at("window"),
		Plan: at("plan"), ContractRef: at("contract_ref"), Owner: at("owner"), Notice: at("notice"),
		MeasuredBy: textList(n.Get("measured_by")), Customers: textList(n.Get("customers")), DependsOn: textList(n.Get("depends_on")),
		Source: r.source(n),
	}
	_, wrong := e.Promise()
	for _, w := range wrong {
		r.wrong(cmp.Or(n.Get(w.Key).Line(), n.Line()), "commitment", e.ID.Text, w)
	}
	r.entries = append(r.entries, e)
}

func (r *reading) wrong(line int, what, id string, w Wrong) {
	text := fmt.Sprintf("%s %q: %s", what, id, w.Text)
	if len(w.Allowed) > 0 {
		text += "; allowed: " + strings.Join(w.Allowed, ", ")
	}
	r.problems = append(r.problems, commitment.Problem{Line: line, Text: text})
}

func (r *reading) escalation(n source.Node) {
	if !r.named(n, "escalation", "id", "service", "severity", "levels", "repeat") {
		return
	}
	e := Escalation{ID: text(n.Get("id")), Service: text(n.Get("service")), Severity: text(n.Get("severity")), Source: r.source(n)}
	if levels := n.Get("levels"); !levels.IsList() {
		r.problemf(cmp.Or(levels.Line(), n.Line()), "escalation %q has no list of levels", e.ID.Text)
	}
	for _, l := range n.Get("levels").Items() {
		e.Levels = append(e.Levels, Step{After: text(l.Get("after")), Who: textList(l.Get("who")), Line: l.Line()})
		if !l.IsMap() || len(textList(l.Get("who"))) == 0 {
			r.problemf(l.Line(), "a level of escalation %q does not say who is told", e.ID.Text)
		}
	}
	if repeat := n.Get("repeat"); repeat.IsMap() {
		e.Every, e.Times = text(repeat.Get("every")), text(repeat.Get("times"))
	} else {
		e.Every = text(repeat)
	}
	_, wrong := e.Path()
	for _, w := range wrong {
		line := cmp.Or(n.Get(w.Key).Line(), n.Line())
		if w.Key == "after" {
			line = e.Levels[w.Index].Line
		}
		r.wrong(line, "escalation", e.ID.Text, w)
	}
	r.paths = append(r.paths, e)
}

// Read gives the floors of a file. The problems name the lines; what is wrong with an
// entry is opaque in its promise.
func Read(path string, src []byte) (commitment.Catalog, []commitment.Problem) {
	r := read(path, src)
	var c commitment.Catalog
	for _, e := range r.entries {
		p, _ := e.Promise()
		c.Promises = append(c.Promises, p)
	}
	return c, r.problems
}
