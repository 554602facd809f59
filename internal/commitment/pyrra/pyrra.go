// Package pyrra reads the objectives of Pyrra: Kubernetes resources of the kind
// ServiceLevelObjective, or the same in plain files.
//
// Its one idea: a resource is one promise, told by its content. slo-generator has a
// resource of the same kind with a spec.goal; here a resource needs a spec.target or a
// spec.indicator. The group of its apiVersion is often left out, so it does not count.
//
// A further value is a line in take. The alerts that Pyrra makes of an objective are
// not computed: what switches them off is a value of the objective.
//
// Sources: formats.md 1.3, github.com/pyrra-dev/pyrra.
package pyrra

import (
	"bytes"
	"regexp"
	"strings"

	"github.com/slagate/slagate/internal/commitment"
	"github.com/slagate/slagate/internal/commitment/objective"
	"github.com/slagate/slagate/internal/commitment/source"
)

const name = "pyrra"

// Format is the format.
func Format() commitment.Format {
	return commitment.Format{
		Name: name,
		Sniff: func(_ string, src []byte) bool {
			if !bytes.Contains(src, []byte("ServiceLevelObjective")) && !bytes.Contains(src, []byte("pyrra.dev/")) {
				return false
			}
			return mark.Match(src) && !other.Match(src) || own.Match(src)
		},
		Parse: func(path string, src []byte) commitment.Parsed {
			return objective.Read(path, src, own.Match(src), take)
		},
	}
}

var (
	mark  = regexp.MustCompile(`kind["']?[ \t]*:[ \t]*["']?ServiceLevelObjective`)
	own   = regexp.MustCompile(`apiVersion["']?[ \t]*:[ \t]*["']?pyrra\.dev/`)
	other = regexp.MustCompile(`sre\.google\.com/`)
)

func take(f *objective.Found, n source.Node) bool {
	spec := n.Get("spec")
	version := n.Get("apiVersion").Text()
	if n.Get("kind").Text() != "ServiceLevelObjective" || strings.HasPrefix(version, "sre.google.com/") {
		return false
	}
	if spec.Get("goal").Exists() || !strings.HasPrefix(version, "pyrra.dev/") && !spec.First("target", "indicator", "window").Exists() {
		return false
	}
	var fields objective.Fields
	called := n.Get("metadata", "name").Shown()
	if spec.Get("target").IsNull() {
		f.Problem(n, "the objective %q has no target", called)
	}
	f.Target(&fields, "target", spec.Get("target"), objective.Percent)
	fields.Read("window", commitment.RoleWindow, commitment.Neither, spec.Get("window"), objective.Window)
	m := indicator(f, &fields, spec)
	alerting(&fields, spec.Get("alerting"))
	fields.Text("description", commitment.RoleNote, spec.Get("description"))
	labels := n.Get("metadata", "labels")
	alertLabels(&fields, labels)
	service := objective.Service(labels.Get("pyrra.dev/service"), labels.Get("pyrra.dev/job"), labels.Get("app.kubernetes.io/name"))
	kind := objective.KindOf(called, m)
	if spec.Get("indicator").First("latency", "latencyNative", "latency_native").Exists() {
		kind = commitment.Latency
	}
	f.Add(n, commitment.Commitment{
		Key: commitment.Key{
			Format: name, Namespace: n.Get("metadata", "namespace").Shown(), Group: labels.Get("pyrra.dev/service").Shown(),
			Name: called, Sub: labels.Get("instance").Shown(),
		},
		Kind: kind, Service: service, Name: called,
		Owner:     objective.Service(labels.Get("pyrra.dev/team"), labels.Get("pyrra.dev/owner"), labels.Get("team"), labels.Get("owner")),
		Indicator: m.Text, Uses: m.Metrics, Fields: fields,
	})
	return true
}

// indicator adds the latency bounds of what is measured. A list that groups it makes
// an objective of each group, so it is part of the measurement.
func indicator(f *objective.Found, fields *objective.Fields, spec source.Node) objective.Measured {
	n := spec.Get("indicator")
	var all objective.Measured
	var parts []string
	for _, p := range n.Pairs() {
		for _, part := range p.Value.Pairs() {
			switch {
			case part.Value.IsNull():
			case part.Key == "grouping":
				if groups := part.Value.Texts(); len(groups) > 0 {
					parts = append(parts, p.Key+" by "+strings.Join(commitment.ListOf(groups...).Items, ", "))
				}
			case part.Key == "latency":
				fields.Read("latency", commitment.RoleThreshold, commitment.Lower, part.Value, objective.Window)
			default:
				m := f.Measure(part.Value, counts(part.Key))
				parts = append(parts, p.Key+" "+part.Key+" "+m.Text)
				fields.Bounds(part.Value, m)
				all.Bounds, all.Metrics = append(all.Bounds, m.Bounds...), append(all.Metrics, m.Metrics...)
			}
		}
	}
	all.Text = strings.Join(commitment.ListOf(parts...).Items, "; ")
	// Faster rules for a rougher result: measured differently.
	fields.Flag("performanceOverAccuracy", commitment.RoleKey, spec.First("performanceOverAccuracy", "performance_over_accuracy"), false)
	return all
}

func counts(key string) objective.Counts {
	switch key {
	case "success":
		return objective.CountsGood
	case "errors":
		return objective.CountsBad
	}
	return objective.CountsOther
}

// alerting adds what switches alerts off: all of them, those of the burn rate, those
// of absent data. Without a word all are on.
func alerting(fields *objective.Fields, n source.Node) {
	fields.Off("alerting", n, "disabled")
	fields.Flag("alerting.burnrates", commitment.RoleEnabled, n.Get("burnrates"), true)
	fields.Flag("alerting.absent", commitment.RoleEnabled, n.Get("absent"), true)
	fields.Text("alerting.name", commitment.RoleNote, n.Get("name"))
	switch severities := n.Get("severities"); {
	case severities.IsMap():
		for _, p := range severities.Pairs() {
			fields.Read("alerting.severities."+p.Key, commitment.RoleSeverity, commitment.Neither, p.Value, commitment.Words)
		}
	default:
		fields.Text("alerting.severities", commitment.RoleKey, severities)
	}
}

// alertLabels adds the labels that Pyrra hands on to the alerts: those with its prefix.
func alertLabels(fields *objective.Fields, labels source.Node) {
	for _, p := range labels.Pairs() {
		key, handed := strings.CutPrefix(p.Key, "pyrra.dev/")
		switch {
		case !handed || key == "service":
		case key == "severity":
			fields.Read("label "+key, commitment.RoleSeverity, commitment.Neither, p.Value, commitment.Words)
		default:
			fields.Text("label "+key, commitment.RoleKey, p.Value)
		}
	}
}
