// Package slodocument reads the SLO documents of app-sre (qontract): data files with
// the schema /app-sre/slo-document-1.yml.
//
// Its one idea: the unit of a target stands beside it (SLOTargetUnit), so 99.9 and
// 0.999 are read by what the file says and not by their size.
//
// A further value is a line in one. What the document refers to ($ref) is not
// followed: the name is kept.
//
// Sources: formats.md 1.3, the qontract-schemas repository of app-sre.
package slodocument

import (
	"bytes"
	"regexp"
	"strings"

	"github.com/slagate/slagate/internal/commitment"
	"github.com/slagate/slagate/internal/commitment/objective"
	"github.com/slagate/slagate/internal/commitment/source"
)

const name = "slodocument"

// Format is the format.
func Format() commitment.Format {
	return commitment.Format{
		Name: name,
		Sniff: func(_ string, src []byte) bool {
			return bytes.Contains(src, []byte("/app-sre/slo-document-")) && mark.Match(src)
		},
		Parse: func(path string, src []byte) commitment.Parsed { return objective.Read(path, src, true, take) },
	}
}

var mark = regexp.MustCompile(`\$schema["']?[ \t]*:[ \t]*["']?/app-sre/slo-document-`)

func take(f *objective.Found, doc source.Node) bool {
	if !strings.HasPrefix(doc.Get("$schema").Text(), "/app-sre/slo-document-") {
		return false
	}
	for _, slo := range doc.Get("slos").Items() {
		if !slo.IsMap() {
			f.Problem(slo, "an entry of slos is no objective")
			continue
		}
		one(f, doc, slo)
	}
	return true
}

func one(f *objective.Found, doc, slo source.Node) {
	var fields objective.Fields
	called := slo.Get("name").Shown()
	if slo.Get("SLOTarget").IsNull() {
		f.Problem(slo, "the objective %q has no target", called)
	}
	f.Target(&fields, "SLOTarget", slo.Get("SLOTarget"), unit(slo.Get("SLOTargetUnit")))
	fields.Read("window", commitment.RoleWindow, commitment.Neither, slo.Get("SLOParameters", "window"), objective.Window)
	var all objective.Measured
	var parts []string
	for _, key := range []string{"expr", "SLIErrorQuery", "SLITotalQuery"} {
		at := slo.Get(key)
		counts := objective.CountsGood // expr is the share of good events
		switch key {
		case "SLIErrorQuery":
			counts = objective.CountsBad
		case "SLITotalQuery":
			counts = objective.CountsOther
		}
		m := f.Measure(at, counts)
		fields.Bounds(at, m)
		parts = append(parts, m.Text)
		all.Bounds, all.Metrics = append(all.Bounds, m.Bounds...), append(all.Metrics, m.Metrics...)
	}
	kind := objective.KindOf(strings.ToLower(slo.Get("SLIType").Text()), all)
	fields.Text("SLIType", commitment.RoleDefinition, slo.Get("SLIType"))
	fields.Text("SLISpecification", commitment.RoleDefinition, slo.Get("SLISpecification"))
	fields.Text("prometheusRules", commitment.RoleKey, slo.Get("prometheusRules"))
	for _, key := range []string{"SLODetails", "dashboard", "prometheusRulesTests"} {
		fields.Text(key, commitment.RoleNote, slo.Get(key))
	}
	service := doc.Get("name").Shown()
	f.Add(slo, commitment.Commitment{
		Key:  commitment.Key{Format: name, Group: service, Name: called},
		Kind: kind, Service: service, Name: called,
		Indicator: strings.TrimSpace(strings.Join(parts, " ")), Uses: all.Metrics, Fields: fields,
	})
}

// unit reads a target as SLOTargetUnit says.
func unit(n source.Node) objective.Reader {
	switch n.Text() {
	case "percent_0_1":
		return objective.Ratio
	case "percent_0_100":
		return objective.Percent
	case "":
		return objective.Share
	}
	return commitment.Unread
}
