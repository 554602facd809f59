// Package sloth reads service level objectives as Sloth has them: its own files
// (version prometheus/v1), the Kubernetes resource PrometheusServiceLevel, its
// AlertWindows, and the small files of one objective that people write around it and
// in its manner (a top-level objective with a query, or with no more than a window).
//
// Its one idea: all of these are one objective with a query and two alerts, in snake
// or camel case, one or many to a file. So each shape finds its objectives, and one
// function reads an objective.
//
// A further shape is a further case in take. The window of an objective is not in
// Sloth's files; it counts as 30 days, Sloth's default (formats.md 1.3, sloth.dev). The
// package does not run plugins: an objective of a plugin is its id and options.
package sloth

import (
	"bytes"
	"regexp"
	"strings"

	"github.com/slagate/slagate/internal/commitment"
	"github.com/slagate/slagate/internal/commitment/objective"
	"github.com/slagate/slagate/internal/commitment/source"
)

const name = "sloth"

// Format is the format.
func Format() commitment.Format {
	return commitment.Format{Name: name, Sniff: sniff, Parse: parse}
}

var (
	// sure and maybe are the beginnings of a file with an objective of its own.
	sure   = regexp.MustCompile(`(?m)^["']?(?:objective|errorQuery)["']?[ \t]*:`)
	maybe  = regexp.MustCompile(`(?m)^(?:-[ \t]+)?["']?(?:objective|slo|sla|target|goal|slos|objectives)["']?[ \t]*:|^-[ \t]+name:`)
	inJSON = regexp.MustCompile(`"(?:objective|slo|sla|slos|objectives|target|goal)"\s*:`)
	// flow is a document in braces; inFlow is one of the words in it.
	flow    = regexp.MustCompile(`(?m)^(?:---[ \t]+)?(?:-[ \t]+)*[{\[]`)
	inFlow  = regexp.MustCompile(`[{,\s]["']?(?:objective|errorQuery|slo|sla|slos|objectives|target|goal)["']?[ \t]*:`)
	foreign = regexp.MustCompile(`(?m)^[ \t-]*["']?(?:apiVersion|\$schema|spec_version)["']?[ \t]*:`)
	// texts are files for people, which quote what such a file may look like.
	texts   = regexp.MustCompile(`(?i)\.(?:md|mdx|markdown|rst|adoc|html?|txt|go|py|sh|js|ts)$`)
	endings = regexp.MustCompile(`(?i)\.(ya?ml|json)(?:\.(?:tpl|tmpl|j2|erb|template))?$`)
)

func sniff(path string, src []byte) bool {
	if owned(src) {
		return !texts.MatchString(path)
	}
	if !source.HasKey(src, "objective", "errorQuery", "slo", "sla", "slos", "objectives", "target", "goal") && !bytes.Contains(src, []byte("\n-")) && !bytes.HasPrefix(src, []byte("-")) {
		return false // by far the most files, at little cost
	}
	ending := endings.FindStringSubmatch(path)
	if ending == nil || foreign.Match(src) && !bytes.Contains(src, []byte("\n---")) {
		return false
	}
	if strings.EqualFold(ending[1], "json") {
		return inJSON.Match(src)
	}
	return sure.Match(src) || maybe.Match(src) || flow.Match(src) && inFlow.Match(src)
}

// owned reports whether a file names Sloth itself.
func owned(src []byte) bool {
	return bytes.Contains(src, []byte("prometheus/v1")) || bytes.Contains(src, []byte("sloth.slok.dev/"))
}

func parse(path string, src []byte) commitment.Parsed {
	return objective.Read(path, src, owned(src) || sure.Match(src), take)
}

// take reads one document.
func take(f *objective.Found, doc source.Node) bool {
	switch {
	case !doc.IsMap():
		return false
	case strings.HasPrefix(doc.Get("apiVersion").Text(), "sloth.slok.dev/"):
		switch doc.Get("kind").Text() {
		case "AlertWindows":
			windows(f, doc.Get("spec"))
		default:
			objectives(f, doc.Get("spec"), doc.Get("metadata", "namespace").Shown())
		}
		return true
	case strings.HasPrefix(doc.Get("version").Text(), "prometheus/"):
		objectives(f, doc, "")
		return true
	case doc.First("apiVersion", "kind", "$schema", "spec_version").Exists():
		return false
	}
	return takeSmall(f, doc)
}

// objectives reads the objectives of a service.
func objectives(f *objective.Found, spec source.Node, namespace string) {
	for _, slo := range spec.Get("slos").Items() {
		if !slo.IsMap() {
			f.Problem(slo, "an entry of slos is no objective")
			continue
		}
		one(f, spec, slo, namespace)
	}
}

// one reads an objective of Sloth's own schema.
func one(f *objective.Found, spec, slo source.Node, namespace string) {
	var fields objective.Fields
	target := slo.Get("objective")
	if target.IsNull() {
		f.Problem(slo, "the objective %q has no number", slo.Get("name").Shown())
	}
	f.Target(&fields, "objective", target, objective.Percent)
	fields.Absent("window", commitment.RoleWindow, commitment.Neither, objective.Window("30d"))
	m := f.Measure(slo.Get("sli"), objective.CountsOther)
	fields.Bounds(slo.Get("sli"), m)
	alerting(&fields, slo.Get("alerting"))
	fields.Labels("service labels", spec.Get("labels"), false)
	fields.Labels("labels", slo.Get("labels"), false)
	fields.Text("slo_plugins", commitment.RoleDefinition, slo.First("plugins", "slo_plugins", "sloPlugins"))
	fields.Text("service slo_plugins", commitment.RoleDefinition, spec.First("slo_plugins", "sloPlugins"))
	fields.Text("description", commitment.RoleNote, slo.Get("description"))
	service, called := spec.Get("service").Shown(), slo.Get("name").Shown()
	f.Add(slo, commitment.Commitment{
		Key:  commitment.Key{Format: name, Namespace: namespace, Group: service, Name: called},
		Kind: objective.KindOf(called, m), Service: service, Name: called,
		Owner:     objective.Service(slo.Get("labels", "owner"), slo.Get("labels", "team"), spec.Get("labels", "owner"), spec.Get("labels", "team")),
		Indicator: snake(m.Text), Uses: m.Metrics, Fields: fields,
	})
}

// alerting reads the two alerts of an objective. Without a word of them there are both.
func alerting(fields *objective.Fields, n source.Node) {
	fields.Alert("page_alert", n.First("page_alert", "pageAlert"))
	fields.Alert("ticket_alert", n.First("ticket_alert", "ticketAlert"))
	fields.Labels("alerting.labels", n.Get("labels"), true)
	fields.Text("alerting.name", commitment.RoleNote, n.Get("name"))
}

var camel = regexp.MustCompile(`\b(error|total|errorRatio)Query: `)

// snake spells the keys of the Kubernetes resource as those of the file, so that an
// objective that moves from one to the other stays the same.
func snake(text string) string {
	return camel.ReplaceAllStringFunc(text, func(key string) string {
		return strings.ReplaceAll(strings.ReplaceAll(key, "Ratio", "_ratio"), "Query", "_query")
	})
}
