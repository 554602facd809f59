package sloth

import (
	"cmp"
	"path"
	"slices"
	"strings"

	"github.com/slagate/slagate/internal/commitment"
	"github.com/slagate/slagate/internal/commitment/objective"
	"github.com/slagate/slagate/internal/commitment/source"
)

// takeSmall reads a document that is an objective itself, or holds a list of such.
func takeSmall(f *objective.Found, doc source.Node) bool {
	found := false
	for _, key := range []string{"slos", "objectives"} {
		for _, p := range entries(doc.Get(key)) {
			if key, ok := promised(p.Value, true); ok {
				smallOne(f, doc, p.Value, key, p.Key)
				found = true
			}
		}
	}
	if key, ok := promised(doc, false); ok {
		smallOne(f, source.Node{}, doc, key, "")
		found = true
	}
	return found
}

// entries are the objectives of a list, or of a mapping by their names.
func entries(n source.Node) []source.Pair {
	if n.IsMap() {
		return n.Pairs()
	}
	var out []source.Pair
	for _, item := range n.Items() {
		out = append(out, source.Pair{Value: item})
	}
	return out
}

// promised is the key under which a mapping has its target. "" with true: it is an
// objective whose number is missing. Words that mean much else (target: 8080, sla: 24)
// count only where the number can hardly be anything else, or in company.
func promised(n source.Node, listed bool) (string, bool) {
	if !n.IsMap() {
		return "", false
	}
	company := listed || n.First("window", "period", "time_window", "timeWindow", "sli", "indicator", "errorQuery", "error_query").Exists()
	for _, key := range []string{"objective", "slo", "sla", "target", "goal"} {
		v := n.Get(key)
		switch {
		case !v.IsScalar() || v.IsNull():
		case v.Opaque() && company, share(v.Text(), "0") && key == "objective",
			share(v.Text(), "50") && company, share(v.Text(), "90") && key != "target" && key != "goal",
			share(v.Text(), "90") && n.First("service", "name").Exists():
			return key, true
		}
	}
	// Of this very schema, whatever its objective says.
	query := n.First("errorQuery", "error_query", "totalQuery", "total_query").Exists()
	return "", query && n.First("alertName", "alert_name", "objective").Exists()
}

// share reports whether a text may be a share of at least so many percent.
func share(text, least string) bool {
	v := commitment.PercentOf(text)
	if v.Num != nil && !strings.Contains(text, "%") {
		if ratio := commitment.RatioOf(text); ratio.Num.Cmp(commitment.RatioOf("1").Num) <= 0 {
			v = ratio
		}
	}
	return v.Num != nil && v.Num.Sign() > 0 && v.Num.Cmp(commitment.PercentOf(least).Num) >= 0 && v.Num.Cmp(commitment.RatioOf("1").Num) <= 0
}

// smallOne reads one objective of the small schema. outside is the mapping around a list.
func smallOne(f *objective.Found, outside, n source.Node, key, entry string) {
	var fields objective.Fields
	rules := n.First("errorQuery", "error_query", "alertName").Exists() // giantswarm/sloth-rules
	target(f, &fields, n, key, rules)
	smallWindow(&fields, outside, n, rules)
	m := f.Measure(n.First("sli", "indicator", "query", "expr", "metric"), objective.CountsOther)
	queries := []string{m.Text}
	for _, q := range []struct {
		keys   []string
		counts objective.Counts
	}{
		{[]string{"errorQuery", "error_query"}, objective.CountsBad},
		{[]string{"totalQuery", "total_query"}, objective.CountsOther},
	} {
		part := f.Measure(n.First(q.keys...), q.counts)
		queries, m.Bounds, m.Metrics = append(queries, part.Text), append(m.Bounds, part.Bounds...), append(m.Metrics, part.Metrics...)
	}
	fields.Bounds(n.First("errorQuery", "error_query", "sli", "indicator", "query"), m)
	limit(&fields, n.First("latency", "threshold"))
	alerting(&fields, n)
	fields.Labels("alertLabels", n.First("alertLabels", "alert_labels"), true)
	fields.Labels("labels", n.Get("labels"), false)
	for _, word := range []string{"topic", "cluster_type", "sharedAccrossProviders"} {
		fields.Text(word, commitment.RoleKey, n.Get(word))
	}
	fields.Text("description", commitment.RoleNote, n.First("description", "displayName"))
	for _, p := range n.Get("annotations").Pairs() {
		fields.Text("annotations."+p.Key, commitment.RoleNote, p.Value)
	}
	service := objective.Service(n.Get("service"), outside.Get("service"))
	called := objective.Service(n.Get("name"), n.First("alertName", "alert_name"), n.Get("id"))
	if called == "" {
		called = cmp.Or(entry, base(f.Path()))
	}
	f.Add(n, commitment.Commitment{
		Key:  commitment.Key{Format: name, Group: service, Name: called},
		Kind: objective.KindOf(called, m), Service: service, Name: called,
		Owner:     objective.Service(n.Get("owner"), n.Get("team"), outside.Get("owner"), outside.Get("team")),
		Indicator: strings.TrimSpace(strings.Join(queries, " ")), Uses: m.Metrics, Fields: fields,
	})
}

func target(f *objective.Found, fields *objective.Fields, n source.Node, key string, rules bool) {
	switch {
	case key != "" && rules:
		f.Target(fields, "objective", n.Get(key), objective.Percent)
	case key != "":
		f.Target(fields, "objective", n.Get(key), objective.Share)
	case n.Get("objective").Exists():
		f.Target(fields, "objective", n.Get("objective"), objective.Percent)
	default:
		f.Problem(n, "the objective has no number")
	}
}

// smallWindow adds the window. Where the file goes through Sloth it may be missing.
func smallWindow(fields *objective.Fields, outside, n source.Node, rules bool) {
	keys := []string{"window", "period", "time_window", "timeWindow"}
	v := n.First(keys...)
	if v.IsNull() {
		v = outside.First(keys...)
	}
	switch {
	case !v.IsNull():
		fields.Read("window", commitment.RoleWindow, commitment.Neither, v, objective.Window)
	case rules:
		fields.Absent("window", commitment.RoleWindow, commitment.Neither, objective.Window("30d"))
	}
}

// limit adds how fast is fast enough. A number without a unit may be anything.
func limit(fields *objective.Fields, n source.Node) {
	better := commitment.Neither
	v := n.As(objective.Window)
	switch {
	case v.Unit == commitment.Seconds:
		better = commitment.Lower
	case n.IsScalar():
		v = n.As(objective.Number)
	}
	fields.Put("threshold", commitment.RoleThreshold, better, n, v)
}

// base is the name of a file without its endings.
func base(file string) string {
	called := path.Base(file)
	for _, end := range []string{".j2", ".erb", ".tpl", ".tmpl", ".template"} {
		called = strings.TrimSuffix(called, end)
	}
	if i := strings.LastIndexByte(called, '.'); i > 0 && slices.Contains([]string{".yml", ".yaml", ".json"}, strings.ToLower(called[i:])) {
		called = called[:i]
	}
	return called
}
