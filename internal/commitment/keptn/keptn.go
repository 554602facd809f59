// Package keptn reads the quality gates of Keptn (slo.yaml with a spec_version):
// which values of its indicators let a release pass.
//
// Its one idea: a criterion is an operator and a number ("<800", "<=+10%"). The number
// is a value; all else (the operators, whether it is relative to former runs, how
// criteria are combined) is the shape, and another shape cannot be judged. Criteria
// of one entry must all hold, of several entries one suffices; their order means nothing.
//
// A further value is a line in one. The Analysis resources of Keptn's successor, the
// lifecycle toolkit, are not read.
//
// Sources: formats.md 1.3, github.com/keptn/spec (service_level_objective.md).
package keptn

import (
	"bytes"
	"regexp"
	"slices"
	"strings"

	"github.com/slagate/slagate/internal/commitment"
	"github.com/slagate/slagate/internal/commitment/objective"
	"github.com/slagate/slagate/internal/commitment/source"
)

const name = "keptn"

// Format is the format.
func Format() commitment.Format {
	return commitment.Format{
		Name: name,
		Sniff: func(_ string, src []byte) bool {
			return (bytes.Contains(src, []byte("spec_version")) || bytes.Contains(src, []byte("total_score"))) && mark.Match(src)
		},
		Parse: func(path string, src []byte) commitment.Parsed { return objective.Read(path, src, false, take) },
	}
}

var mark = regexp.MustCompile(`(?m)(?:^|[{,]\s*)["']?(?:spec_version|total_score)["']?[ \t]*:|"spec_version"`)

func take(f *objective.Found, doc source.Node) bool {
	if !doc.Get("spec_version").Exists() && !doc.Get("total_score").Exists() || !doc.Get("objectives").IsList() {
		return false
	}
	for _, n := range doc.Get("objectives").Items() {
		if n.Get("sli").IsNull() {
			f.Problem(n, "an objective has no sli")
			continue
		}
		one(f, n)
	}
	score(f, doc)
	return true
}

// one reads the gate of one indicator.
func one(f *objective.Found, n source.Node) {
	var fields objective.Fields
	judged := criteria(f, &fields, "pass", n.Get("pass"))
	judged = append(judged, criteria(f, &fields, "warning", n.Get("warning"))...)
	if len(judged) > 0 {
		fields.Put("judged by", commitment.RoleCoverage, commitment.Neither, n, commitment.ListOf(judged...))
	}
	weight := n.Get("weight")
	fields.Read("weight", commitment.RoleAmount, commitment.Neither, weight, objective.Number)
	if weight.IsNull() {
		fields.Absent("weight", commitment.RoleAmount, commitment.Neither, objective.Number("1"))
	}
	fields.Flag("key_sli", commitment.RoleRank, n.Get("key_sli"), false)
	fields.Text("displayName", commitment.RoleNote, n.First("displayName", "display_name"))
	sli := n.Get("sli").Shown()
	f.Add(n, commitment.Commitment{
		Key: commitment.Key{Format: name, Name: sli}, Kind: kind(sli), Name: sli, Indicator: "sli " + sli, Fields: fields,
	})
}

// score reads how much of all gates must be passed.
func score(f *objective.Found, doc source.Node) {
	n := doc.Get("total_score")
	var fields objective.Fields
	fields.Read("pass", commitment.RoleAmount, commitment.Higher, n.Get("pass"), commitment.PercentOf)
	fields.Read("warning", commitment.RoleAmount, commitment.Higher, n.Get("warning"), commitment.PercentOf)
	fields.Text("comparison", commitment.RoleKey, doc.Get("comparison"))
	fields.Text("filter", commitment.RoleDefinition, doc.Get("filter"))
	if len(fields) == 0 {
		return
	}
	if !n.Exists() {
		n = doc
	}
	f.Add(n, commitment.Commitment{Key: commitment.Key{Format: name, Name: "total score"}, Kind: commitment.Other, Name: "total score", Fields: fields})
}

var criterion = regexp.MustCompile(`^\s*(<=|>=|<|>|==?)?\s*([+-]?)\s*([0-9.]+)\s*(%?)\s*$`)

// criteria adds the numbers of the criteria of one list and their shape. It returns
// the list's name if there are any.
func criteria(f *objective.Found, fields *objective.Fields, list string, n source.Node) []string {
	type entry struct {
		shape string
		put   objective.Fields
	}
	var entries []entry
	for _, group := range n.Items() {
		var parts []entry
		for _, c := range group.Get("criteria").Items() {
			var p entry
			p.shape = read(f, &p.put, list, c)
			parts = append(parts, p)
		}
		slices.SortStableFunc(parts, func(a, b entry) int { return strings.Compare(a.shape, b.shape) })
		var whole entry
		for i, p := range parts {
			if i > 0 {
				whole.shape += " and "
			}
			whole.shape, whole.put = whole.shape+p.shape, append(whole.put, p.put...)
		}
		entries = append(entries, whole)
	}
	if len(entries) == 0 {
		return nil
	}
	slices.SortStableFunc(entries, func(a, b entry) int { return strings.Compare(a.shape, b.shape) })
	var shapes []string
	for _, e := range entries {
		shapes = append(shapes, e.shape)
		*fields = append(*fields, e.put...)
	}
	fields.Put(list+" criteria", commitment.RoleDefinition, commitment.Neither, n, commitment.Words(strings.Join(shapes, " or ")))
	return []string{list}
}

// read reads one criterion: below a number more of it is laxer, above a number stricter.
func read(f *objective.Found, fields *objective.Fields, list string, n source.Node) string {
	m := criterion.FindStringSubmatch(n.Text())
	if m == nil || n.Opaque() {
		if !n.Opaque() {
			f.Problem(n, "the criterion %q cannot be read", n.Shown())
		}
		fields.Put(list, commitment.RoleThreshold, commitment.Neither, n, commitment.Unread(n.Shown()))
		return "?"
	}
	better := commitment.Neither
	switch {
	case strings.HasPrefix(m[1], "<"):
		better = commitment.Lower
	case strings.HasPrefix(m[1], ">"):
		better = commitment.Higher
	}
	v := objective.Number(strings.TrimPrefix(m[2], "+") + m[3])
	v.Text = n.Shown()
	fields.Put(list, commitment.RoleThreshold, better, n, v)
	shape := m[1] + "number" + m[4]
	if m[2] != "" || m[4] != "" {
		shape += " of former runs"
	}
	return shape
}

// kind tells by its name what an indicator counts.
func kind(sli string) commitment.Kind {
	switch lower := strings.ToLower(sli); {
	case strings.Contains(lower, "error"), strings.Contains(lower, "fail"):
		return commitment.ErrorRate
	case strings.Contains(lower, "response_time"), strings.Contains(lower, "latency"), strings.Contains(lower, "duration"):
		return commitment.Latency
	case strings.Contains(lower, "throughput"):
		return commitment.Throughput
	case strings.Contains(lower, "availab"), strings.Contains(lower, "uptime"):
		return commitment.Availability
	}
	return commitment.Other
}
