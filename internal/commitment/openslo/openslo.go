// Package openslo reads objectives, their indicators and their alerts as OpenSLO
// writes them (openslo/v1, v1alpha, v2alpha), and Nobl9's dialect of it (n9/v1alpha).
//
// Its one idea: the versions differ in where a value stands (timeWindow or
// timeWindows, target or targetPercent or budgetTarget), so each value is looked for
// in all its places, and an objective is one commitment whichever version it is in.
//
// A kind of object is a function in kinds; a further place of a value is a key in
// its First. References between objects are kept as names: an objective whose
// indicator stands elsewhere does not repeat it, since the indicator is a commitment
// itself. Kinds without a promise (Service, DataSource) are read and hold nothing.
//
// Sources: formats.md 1.3, the specification at github.com/OpenSLO/OpenSLO.
package openslo

import (
	"bytes"
	"regexp"
	"strings"

	"github.com/slagate/slagate/internal/commitment"
	"github.com/slagate/slagate/internal/commitment/objective"
	"github.com/slagate/slagate/internal/commitment/source"
)

const name = "openslo"

// Format is the format.
func Format() commitment.Format {
	return commitment.Format{
		Name: name,
		Sniff: func(_ string, src []byte) bool {
			return (bytes.Contains(src, []byte("openslo")) || bytes.Contains(src, []byte("n9/"))) && mark.Match(src)
		},
		Parse: func(path string, src []byte) commitment.Parsed { return objective.Read(path, src, true, take) },
	}
}

var mark = regexp.MustCompile(`apiVersion["']?[ \t]*:[ \t]*["']?(?:openslo|n9/)`)

// object is one object of a file: its body and what its commitments have in common.
type object struct {
	f               *objective.Found
	node, spec      source.Node
	kind, name      string
	namespace       string
	display         source.Node
	described       source.Node
	service, people string
}

func take(f *objective.Found, n source.Node) bool {
	version := n.Get("apiVersion").Text()
	if !strings.HasPrefix(version, "openslo") && !strings.HasPrefix(version, "n9/") {
		return false
	}
	read(f, n)
	return true
}

func read(f *objective.Found, n source.Node) {
	meta, spec := n.Get("metadata"), n.Get("spec")
	o := object{
		f: f, node: n, spec: spec, kind: n.Get("kind").Text(), name: meta.Get("name").Shown(),
		namespace: objective.Service(meta.Get("project"), meta.Get("namespace")),
		display:   meta.Get("displayName"), described: spec.Get("description"),
		service: objective.Service(spec.Get("service"), meta.Get("labels", "service")),
		people:  objective.Service(meta.Get("labels", "owner"), meta.Get("labels", "team")),
	}
	switch o.kind {
	case "SLO":
		o.slo()
	case "SLI":
		o.sli()
	case "AlertPolicy":
		o.policy()
	case "AlertCondition":
		o.condition(n.Get("metadata", "name").Shown(), "", spec)
	case "AlertNotificationTarget", "AlertMethod":
		o.teller()
	}
}

// add adds a commitment of the object, with its texts for people.
func (o *object) add(at source.Node, c commitment.Commitment, fields objective.Fields) {
	fields.Text("description", commitment.RoleNote, o.described)
	fields.Text("displayName", commitment.RoleNote, o.display)
	fields.Labels("labels", o.node.Get("metadata", "labels"), false)
	c.Key.Format, c.Key.Namespace, c.Fields = name, o.namespace, fields
	if c.Service == "" {
		c.Service = o.service
	}
	c.Owner = o.people
	o.f.Add(at, c)
}

// sli is an indicator that stands by itself. What objectives elsewhere are measured by
// is part of their promise, so it has their kind.
func (o *object) sli() {
	m := o.f.Measure(o.spec, objective.CountsOther)
	var fields objective.Fields
	fields.Bounds(o.spec, m)
	o.add(o.node, commitment.Commitment{
		Key: commitment.Key{Group: o.kind, Name: o.name}, Kind: objective.KindOf(o.name, m), Name: o.name, Indicator: m.Text, Uses: m.Metrics,
	}, fields)
}
