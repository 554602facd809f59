// Package alertmanager reads who is told of which alert: the routing trees of
// Alertmanager, wherever a repository keeps them.
//
// Its one idea: the same tree stands in many wrappings (a plain file, a block of text
// in a Secret or ConfigMap, base64, an AlertmanagerConfig resource in camelCase, Helm
// values, templates), so it is looked for everywhere in a file and known by its shape:
// a mapping whose route has a receiver (parts.go). What the tree does is judged by package
// commitment (routing.go), which walks it as Alertmanager does.
//
// Of the settings of a receiver only those are kept that say where a message goes and
// how loud it is (receiver.go). Secrets become a short hash: that another address is
// meant can be seen, the address cannot.
//
// To extend it: another wrapping goes into finder or parts, another cosmetic setting into
// cosmetic, another global fallback into fallbacks.
//
// It refuses to guess: what stands in a template is kept as its source text, and a
// matcher that cannot be read is a problem and a condition of its own.
package alertmanager

import (
	"bytes"
	"cmp"
	"encoding/base64"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/slagate/slagate/internal/commitment"
	"github.com/slagate/slagate/internal/commitment/source"
)

const name = "alertmanager"

// Format reads routing trees of Alertmanager (formats.md 1.4,
// https://prometheus.io/docs/alerting/latest/configuration/).
func Format() commitment.Format {
	return commitment.Format{Name: name, Sniff: sniff, Parse: parse}
}

// sniff takes what names a receiver or group_wait beside a route, and Secrets that may hold it encoded.
// Files that are no YAML, whatever they quote, are left to others.
func sniff(name string, src []byte) bool {
	switch strings.ToLower(path.Ext(name)) {
	case ".md", ".mdx", ".markdown", ".txt", ".rst", ".adoc", ".html", ".tf", ".hcl", ".jsonnet", ".libsonnet", ".go", ".py", ".rb", ".js", ".ts", ".sh", ".lock":
		return false
	}
	if bytes.Contains(src, []byte("receiver")) && bytes.Contains(src, []byte("route")) {
		return true
	}
	return bytes.Contains(src, []byte("Secret")) && bytes.Contains(src, []byte("alertmanager"))
}

func parse(file string, src []byte) commitment.Parsed {
	f := &finder{path: file}
	f.file(source.YAML(file, quoteTemplates(src)), place{}, 0)
	f.number()
	return f.out
}

// place is where in the file a tree was found: the resource and the keys on the way.
type place struct {
	kind, namespace, name string
	template, generated   bool
	keys                  []string
}

// finder collects the trees of a file.
type finder struct {
	path   string
	out    commitment.Parsed
	wheres []string // of each commitment, the keys that lead to it
}

// maxWrappings bounds documents within documents.
const maxWrappings = 3

func (f *finder) file(file source.File, at place, depth int) {
	at.template, at.generated = at.template || file.Template, at.generated || file.Generated
	seen := len(f.out.Commitments)
	for _, d := range file.Documents {
		f.document(d.Root, at, depth)
	}
	if depth > 0 && len(f.out.Commitments) == seen && len(file.Documents) > 0 {
		return // a text that is no tree; what is wrong in it is not ours
	}
	for _, p := range file.Problems {
		if depth > 0 || f.out.Mine || p.Whole {
			f.out.Problems = append(f.out.Problems, p)
		}
	}
}

// document looks for trees in one document and in the texts that it holds.
func (f *finder) document(root source.Node, at place, depth int) {
	at = at.of(root)
	f.out.Mine = f.out.Mine || at.confined()
	secret := root.Get("kind").Text() == "Secret"
	root.Walk(func(path []string, n source.Node) bool {
		if len(f.out.Commitments) >= commitment.MaxItems {
			return false
		}
		here := at
		here.keys = slices.Concat(at.keys, path)
		if trees := partsOf(n); len(trees) > 0 {
			for _, t := range trees {
				f.add(t, here)
			}
			return false
		}
		switch {
		case depth < maxWrappings && holdsTree(n):
			f.inner(n, here, depth)
			return false
		case secret && depth < maxWrappings && len(path) == 2 && path[0] == "data":
			f.encoded(n, here, depth)
			return false
		}
		return true
	})
}

// of is the place of the resource that a document describes, where it describes one.
func (p place) of(root source.Node) place {
	if kind := root.Get("kind"); kind.IsScalar() {
		p.kind = kind.Text()
	}
	meta := root.Get("metadata")
	p.name = cmp.Or(meta.Get("name").Shown(), p.name)
	p.namespace = cmp.Or(meta.Get("namespace").Shown(), p.namespace)
	return p
}

// confined: the operators of Prometheus and VictoriaMetrics keep such a resource to
// the alerts of its own namespace.
func (p place) confined() bool {
	return p.kind == "AlertmanagerConfig" || p.kind == "VMAlertmanagerConfig"
}

// holdsTree: a text of several lines that may be a whole configuration.
func holdsTree(n source.Node) bool {
	return n.IsBlock() && strings.Contains(n.Text(), "route") && strings.Contains(n.Text(), "receiver")
}

// inner reads a text within the file as a file of its own, with its lines.
func (f *finder) inner(n source.Node, at place, depth int) {
	f.file(source.YAML(f.path, below(n.Line(), []byte(n.Shown()))), at, depth+1)
}

// below puts a text so many lines down: the lines found in it are then those of the file.
func below(line int, text []byte) []byte {
	return append(bytes.Repeat([]byte("\n"), line), quoteTemplates(text)...)
}

// encoded reads a value of a Secret's data.
func (f *finder) encoded(n source.Node, at place, depth int) {
	text, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(n.Text()), ""))
	if err != nil || !bytes.Contains(text, []byte("receiver")) || !bytes.Contains(text, []byte("route")) {
		return
	}
	inner := finder{path: f.path}
	inner.file(source.YAML(f.path, quoteTemplates(text)), at, depth+1)
	for i := range inner.out.Commitments {
		onLine(&inner.out.Commitments[i], n.Line())
	}
	for i := range inner.out.Problems {
		inner.out.Problems[i].Line = n.Line()
	}
	f.out.Mine = f.out.Mine || inner.out.Mine
	f.out.Commitments = append(f.out.Commitments, inner.out.Commitments...)
	f.out.Problems = append(f.out.Problems, inner.out.Problems...)
	f.wheres = append(f.wheres, inner.wheres...)
}

// onLine sets all lines of a tree that was encoded: there is only the one.
func onLine(c *commitment.Commitment, line int) {
	c.Source.Line = line
	for i := range c.Fields {
		c.Fields[i].Line = line
	}
	var routes func(r *commitment.Route)
	routes = func(r *commitment.Route) {
		r.Line = line
		for i := range r.Routes {
			routes(&r.Routes[i])
		}
	}
	routes(&c.Routes.Root)
	for i := range c.Routes.Receivers {
		c.Routes.Receivers[i].Line = line
	}
	for i := range c.Routes.Inhibits {
		c.Routes.Inhibits[i].Line = line
	}
}

// add reads a tree.
func (f *finder) add(t parts, at place) {
	f.out.Mine = true
	r := &reader{problems: &f.out.Problems, global: t.global}
	c := commitment.Commitment{
		Kind:      commitment.Routing,
		Key:       commitment.Key{Format: name, Namespace: at.namespace, Name: cmp.Or(at.name, "routes")},
		Name:      cmp.Or(at.name, "alert routing"),
		Indicator: "who is told of which alert",
		Fields:    notes(t),
		Routes:    r.tree(t),
		Source:    commitment.Source{File: f.path, Line: t.route.Line(), Template: at.template, Generated: at.generated},
	}
	if at.confined() {
		confine(c.Routes, at.namespace)
	}
	if at.template {
		c.Caveats = append(c.Caveats, "read without rendering the template")
	}
	f.out.Commitments = append(f.out.Commitments, c)
	f.wheres = append(f.wheres, strings.Join(at.keys, "."))
}

// number tells trees of one resource apart by the keys that lead to them.
func (f *finder) number() {
	seen := map[commitment.Key]bool{}
	for i := range f.out.Commitments {
		c := &f.out.Commitments[i]
		if seen[c.Key] {
			c.Key.Sub = f.wheres[i]
		}
		for n := 2; seen[c.Key]; n++ {
			c.Key.Sub = fmt.Sprintf("%s#%d", f.wheres[i], n)
		}
		seen[c.Key] = true
	}
}

// notes are settings beside the tree that change nobody's being told.
func notes(t parts) []commitment.Field {
	var out []commitment.Field
	for _, p := range t.global.Pairs() {
		if addressSetting(p.Key) {
			continue // it is part of the receivers that use it
		}
		out = append(out, commitment.Field{Name: "global." + p.Key, Role: commitment.RoleNote, Value: commitment.Words(plain(p.Key, p.Value)), Line: p.Line})
	}
	if t.templates.Exists() {
		out = append(out, commitment.Field{Name: "templates", Role: commitment.RoleNote, Value: commitment.ListOf(t.templates.Texts()...), Line: t.templates.Line()})
	}
	return out
}
