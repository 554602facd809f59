// Package slogenerator reads the objectives of Google's slo-generator, and its error
// budget policies, of version 2 (apiVersion sre.google.com/v2) and version 1.
//
// Its one idea: an objective says how much (the goal), a policy over which windows and
// from which burn rate on somebody is told; the two stand in different files and are
// commitments of their own. Pyrra has a resource of the same kind: here is only what
// has a goal, or says sre.google.com.
//
// A further value is a line in goal or step. Backends are not known: their queries
// and filters are what is measured, as text or as PromQL.
//
// Sources: formats.md 1.3 and 2.5, github.com/google/slo-generator.
package slogenerator

import (
	"bytes"
	"cmp"
	"regexp"
	"strings"

	"github.com/slagate/slagate/internal/commitment"
	"github.com/slagate/slagate/internal/commitment/objective"
	"github.com/slagate/slagate/internal/commitment/source"
)

const name = "slogenerator"

// Format is the format.
func Format() commitment.Format {
	return commitment.Format{
		Name: name,
		Sniff: func(_ string, src []byte) bool {
			for _, word := range []string{"sre.google.com/", "slo_target", "error_budget_polic", "burn_rate_threshold", "ServiceLevelObjective"} {
				if bytes.Contains(src, []byte(word)) {
					return mark.Match(src)
				}
			}
			return false
		},
		Parse: func(path string, src []byte) commitment.Parsed {
			return objective.Read(path, src, own.Match(src), take)
		},
	}
}

var (
	own  = regexp.MustCompile(`sre\.google\.com/|slo_target|error_budget_policy_step_name`)
	mark = regexp.MustCompile(`sre\.google\.com/|slo_target|error_budget_polic|burn_rate_threshold|kind["']?[ \t]*:[ \t]*["']?ServiceLevelObjective`)
)

func take(f *objective.Found, n source.Node) bool {
	spec := n.Get("spec")
	kind := n.Get("kind").Text() == "ServiceLevelObjective"
	switch {
	case kind && spec.Get("goal").Exists(), kind && strings.HasPrefix(n.Get("apiVersion").Text(), "sre.google.com/"):
		second(f, n)
	case n.Get("slo_target").Exists() && n.First("slo_name", "service_name", "backend").Exists():
		first(f, n)
	case n.First("error_budget_policy_step_name").Exists() && n.Get("alerting_burn_rate_threshold").Exists():
		step(f, n, "")
	default:
		return policies(f, n)
	}
	return true
}

// second reads an objective of version 2.
func second(f *objective.Found, n source.Node) {
	spec, labels := n.Get("spec"), n.Get("metadata", "labels")
	var fields objective.Fields
	if spec.Get("goal").IsNull() {
		f.Problem(n, "the objective %q has no goal", n.Get("metadata", "name").Shown())
	}
	f.Target(&fields, "goal", spec.Get("goal"), objective.Ratio)
	fields.Text("error_budget_policy", commitment.RoleKey, spec.Get("error_budget_policy"))
	sli := spec.Get("service_level_indicator")
	fields.Labels("labels", labels, false)
	goal(f, n, fields, measured{
		service: objective.Service(labels.Get("service_name")), group: objective.Service(labels.Get("feature_name")),
		called: objective.Service(n.Get("metadata", "name"), labels.Get("slo_name")), word: labels.Get("slo_name").Shown(),
		how:         []source.Node{spec.Get("backend"), spec.Get("method")},
		sli:         sli,
		description: spec.Get("description"),
	})
}

// first reads an objective of version 1.
func first(f *objective.Found, n source.Node) {
	var fields objective.Fields
	f.Target(&fields, "slo_target", n.Get("slo_target"), objective.Ratio)
	backend := n.Get("backend")
	goal(f, n, fields, measured{
		service: n.Get("service_name").Shown(), group: n.Get("feature_name").Shown(),
		called: objective.Service(n.Get("slo_name"), n.Get("slo_id")), word: n.Get("slo_name").Shown(),
		how:         []source.Node{backend.Get("class"), backend.Get("project_id"), backend.Get("method")},
		sli:         backend.Get("measurement"),
		description: n.Get("slo_description"),
	})
}

// measured is what the two versions have in common.
type measured struct {
	service, group, called, word string
	how                          []source.Node
	sli, description             source.Node
}

func goal(f *objective.Found, n source.Node, fields objective.Fields, x measured) {
	var parts []string
	for _, how := range x.how {
		parts = append(parts, how.String())
	}
	var all objective.Measured
	better := commitment.Neither
	if below, ok := x.sli.Get("good_below_threshold").Bool(); ok {
		better = commitment.Higher
		if below {
			better = commitment.Lower
		}
	}
	for _, p := range x.sli.Pairs() {
		switch p.Key {
		case "threshold_bucket", "threshold":
			fields.Read(p.Key, commitment.RoleThreshold, better, p.Value, objective.Number)
		default:
			m := f.Measure(p.Value, counts(p.Key))
			fields.Bounds(p.Value, m)
			parts = append(parts, p.Key+" "+m.Text)
			all.Bounds, all.Metrics = append(all.Bounds, m.Bounds...), append(all.Metrics, m.Metrics...)
		}
	}
	fields.Text("description", commitment.RoleNote, x.description)
	kind := objective.KindOf(cmp.Or(x.word, x.called), all)
	if x.sli.Get("threshold_bucket").Exists() {
		kind = commitment.Latency
	}
	f.Add(n, commitment.Commitment{
		Key:  commitment.Key{Format: name, Namespace: x.service, Group: x.group, Name: x.called},
		Kind: kind, Service: x.service, Name: x.called,
		Indicator: strings.Join(commitment.ListOf(parts...).Items, "; "), Uses: all.Metrics, Fields: fields,
	})
}

func counts(key string) objective.Counts {
	switch {
	case strings.Contains(key, "good"):
		return objective.CountsGood
	case strings.Contains(key, "bad"):
		return objective.CountsBad
	}
	return objective.CountsOther
}

// policies reads the error budget policies of a shared configuration.
func policies(f *objective.Found, n source.Node) bool {
	found := false
	for _, p := range n.Get("error_budget_policies").Pairs() {
		found = true
		for _, s := range p.Value.Get("steps").Items() {
			step(f, s, p.Key)
		}
	}
	if n.Get("steps").IsList() && n.Get("steps").Items() != nil && n.Get("steps").Items()[0].Get("burn_rate_threshold").Exists() {
		found = true
		for _, s := range n.Get("steps").Items() {
			step(f, s, n.Get("name").Shown())
		}
	}
	return found
}

// step reads from which burn rate on, over which window, an alert is sent. A higher
// rate or a longer window is later (formats.md 2.5).
func step(f *objective.Found, n source.Node, policy string) {
	var fields objective.Fields
	fields.Read("burn_rate_threshold", commitment.RoleThreshold, commitment.Lower,
		n.First("burn_rate_threshold", "alerting_burn_rate_threshold"), objective.Number)
	fields.Read("window", commitment.RoleWindow, commitment.Neither, n.First("window", "measurement_window_seconds"), seconds)
	if alert := n.First("alert", "urgent_notification"); alert.Exists() {
		fields.Flag("alert", commitment.RoleEnabled, alert, false)
	}
	for _, key := range []string{"message_alert", "message_ok", "overburned_consequence_message", "achieved_consequence_message"} {
		fields.Text(key, commitment.RoleNote, n.Get(key))
	}
	called := n.First("name", "error_budget_policy_step_name").Shown()
	f.Add(n, commitment.Commitment{
		Key:  commitment.Key{Format: name, Group: cmp.Or(policy, "error budget policy"), Name: called},
		Kind: commitment.Detection, Name: strings.TrimSpace(policy + " " + called), Fields: fields,
	})
}

func seconds(text string) commitment.Value { return commitment.Duration(text, commitment.PlainSeconds) }
