package alertmanager

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"unicode"

	"github.com/slagate/slagate/internal/commitment"
	"github.com/slagate/slagate/internal/commitment/source"
)

// reader reads one tree. Keys are looked up in both spellings: group_wait of the file,
// groupWait of the AlertmanagerConfig resource.
type reader struct {
	problems *[]commitment.Problem
	global   source.Node
}

func (r *reader) problem(n source.Node, text string) {
	shown := []rune(strings.Join(strings.Fields(n.String()), " "))
	if len(shown) > 100 {
		shown = append(shown[:99], '…')
	}
	*r.problems = append(*r.problems, commitment.Problem{Line: n.Line(), Text: text + ": " + string(shown)})
}

// both is the value of a key in snake_case or camelCase.
func both(n source.Node, key string) source.Node { return n.First(key, camel(key)) }

func camel(key string) string {
	parts := strings.Split(key, "_")
	for i, p := range parts[1:] {
		if p != "" {
			parts[i+1] = strings.ToUpper(p[:1]) + p[1:]
		}
	}
	return strings.Join(parts, "")
}

// snake is the other way round: apiURL and api_url are one setting.
func snake(key string) string {
	var b strings.Builder
	for i, c := range key {
		if unicode.IsUpper(c) && i > 0 && !unicode.IsUpper(rune(key[i-1])) {
			b.WriteByte('_')
		}
		b.WriteRune(unicode.ToLower(c))
	}
	return b.String()
}

func (r *reader) tree(t parts) *commitment.Routes {
	out := &commitment.Routes{Root: r.route(t.route, 0), Intervals: intervals(t.intervals)}
	named := map[string]bool{}
	for _, item := range t.receivers.Items() {
		if name := item.Get("name").Shown(); name != "" {
			if named[name] {
				r.problem(item.Get("name"), "two receivers have the name "+name)
			}
			named[name] = true
		}
		out.Receivers = append(out.Receivers, r.receiver(item))
	}
	for _, item := range t.inhibits.Items() {
		out.Inhibits = append(out.Inhibits, r.inhibit(item))
	}
	for _, part := range []struct {
		name string
		list source.Node
	}{{"receivers", t.receivers}, {"routes", t.route.Get("routes")}, {"inhibit rules", t.inhibits}} {
		if !part.list.IsNull() && !part.list.IsList() {
			out.Opaque = "its " + part.name + " are not written here as a list"
		}
	}
	return out
}

// maxRoutes bounds how deep routes are read.
const maxRoutes = 50

func (r *reader) route(n source.Node, depth int) commitment.Route {
	out := commitment.Route{
		Receiver: n.Get("receiver").Shown(),
		Matchers: r.matchers(n),
		Line:     n.Line(),
		Mute:     shown(both(n, "mute_time_intervals")),
		Active:   shown(both(n, "active_time_intervals")),
	}
	out.GroupWait = both(n, "group_wait").As(duration)
	out.GroupInterval = both(n, "group_interval").As(duration)
	out.RepeatInterval = both(n, "repeat_interval").As(duration)
	if by := both(n, "group_by"); !by.IsNull() {
		out.GroupBy, out.HasGroupBy = slices.Compact(slices.Sorted(slices.Values(shown(by)))), true
	}
	on, ok := n.Get("continue").Bool()
	out.Continue = on
	if c := n.Get("continue"); !ok && !c.IsNull() {
		r.problem(c, "continue is neither true nor false")
	}
	if depth >= maxRoutes {
		r.problem(n.Get("receiver"), "the routes are nested too deep below")
		return out
	}
	for _, item := range n.Get("routes").Items() {
		if item.IsMap() {
			out.Routes = append(out.Routes, r.route(item, depth+1))
		} else if !item.IsNull() {
			r.problem(item, "a route is not written here")
		}
	}
	return out
}

// duration reads a duration as Prometheus writes it: 30s, 1h30m, 3d.
func duration(text string) commitment.Value { return commitment.Duration(text, commitment.NoPlain) }

func shown(n source.Node) []string {
	if n.IsScalar() && !n.IsNull() {
		return []string{n.Shown()}
	}
	var out []string
	for _, item := range n.Items() {
		if item.IsScalar() {
			out = append(out, item.Shown())
		}
	}
	return out
}

// matchers are the conditions of a route, in all spellings there ever were.
func (r *reader) matchers(n source.Node) []commitment.Matcher {
	return slices.Concat(
		pairs(n.Get("match"), "="),
		pairs(both(n, "match_re"), "=~"),
		r.list(n.Get("matchers")),
		triples(n.First("object_matchers", "objectMatchers")),
	)
}

// pairs is the old spelling: a mapping of label to value, or by mistake a list of such.
func pairs(n source.Node, op string) []commitment.Matcher {
	var out []commitment.Matcher
	for _, item := range n.Items() {
		if item.IsMap() && !isResource(item) {
			out = append(out, pairs(item, op)...)
		}
	}
	for _, p := range n.Pairs() {
		out = append(out, commitment.Matcher{Label: p.Key, Op: op, Value: p.Value.Shown()})
	}
	return out
}

// triples is Grafana's spelling: [severity, "=", page].
func triples(n source.Node) []commitment.Matcher {
	var out []commitment.Matcher
	for _, item := range n.Items() {
		if x := shown(item); len(x) == 3 {
			out = append(out, commitment.Matcher{Label: x[0], Op: x[1], Value: x[2]})
		}
	}
	return out
}

// list is the new spelling, texts, or that of the resources, {name, value, matchType}.
func (r *reader) list(n source.Node) []commitment.Matcher {
	items := n.Items()
	if n.IsScalar() && !n.IsNull() {
		items = []source.Node{n}
	}
	var out []commitment.Matcher
	for _, item := range items {
		switch {
		case isResource(item):
			out = append(out, resource(item))
		case item.IsScalar():
			found, ok := readMatchers(item.Shown())
			if !ok {
				r.problem(item, "a condition cannot be read")
				found = []commitment.Matcher{{Label: item.Shown(), Op: "="}}
			}
			out = append(out, found...)
		default:
			r.problem(item, "a condition cannot be read")
			out = append(out, commitment.Matcher{Label: item.String(), Op: "="})
		}
	}
	return out
}

func isResource(n source.Node) bool { return n.Get("name").Exists() && len(n.Pairs()) > 1 }

// resource is a matcher of the AlertmanagerConfig resource
// (https://prometheus-operator.dev/docs/api-reference/api/#monitoring.coreos.com/v1alpha1.Matcher).
func resource(n source.Node) commitment.Matcher {
	op := "="
	if on, _ := n.Get("regex").Bool(); on {
		op = "=~"
	}
	if t := n.Get("matchType").Text(); slices.Contains([]string{"=", "!=", "=~", "!~"}, t) {
		op = t
	}
	return commitment.Matcher{Label: n.Get("name").Shown(), Op: op, Value: n.Get("value").Shown()}
}

func (r *reader) inhibit(n source.Node) commitment.Inhibit {
	side := func(name string) []commitment.Matcher {
		out := slices.Concat(pairs(both(n, name+"_match"), "="), pairs(both(n, name+"_match_re"), "=~"), r.list(both(n, name+"_matchers")))
		for _, item := range n.Get(name + "Match").Items() {
			if isResource(item) {
				out = append(out, resource(item))
			}
		}
		return out
	}
	out := commitment.Inhibit{Source: side("source"), Target: side("target"), Line: n.Line()}
	out.Equal = slices.Compact(slices.Sorted(slices.Values(shown(n.Get("equal")))))
	return out
}

// confine does what the operator does with an AlertmanagerConfig resource: its routes
// and inhibitions are for alerts of its own namespace. Where the namespace is not
// written it is that of the deployment, the same on both sides.
func confine(t *commitment.Routes, namespace string) {
	if namespace == "" {
		return
	}
	own := commitment.Matcher{Label: "namespace", Op: "=", Value: namespace}
	t.Root.Matchers = append(t.Root.Matchers, own)
	for i := range t.Inhibits {
		t.Inhibits[i].Source = append(t.Inhibits[i].Source, own)
		t.Inhibits[i].Target = append(t.Inhibits[i].Target, own)
	}
}

// intervals are the named times, in canonical text.
func intervals(lists []source.Node) map[string]string {
	out := map[string]string{}
	for _, list := range lists {
		for _, item := range list.Items() {
			if item.Get("name").IsScalar() {
				out[item.Get("name").Shown()] = times(item)
			}
		}
	}
	if len(out) == 0 {
		return nil
	}
	return out
}

// times says a named interval: weekdays monday:friday, times 09:00-17:00, location Europe/London.
func times(n source.Node) string {
	var alternatives []string
	for _, item := range both(n, "time_intervals").Items() {
		var parts []string
		for _, key := range []string{"weekdays", "times", "days_of_month", "months", "years", "location"} {
			if v := both(item, key); !v.IsNull() {
				parts = append(parts, said(key, v))
			}
		}
		alternatives = append(alternatives, strings.Join(parts, ", "))
	}
	return cmp.Or(strings.Join(slices.Sorted(slices.Values(alternatives)), " or "), "never")
}

func said(key string, v source.Node) string {
	var values []string
	for _, item := range v.Items() {
		switch start, end := both(item, "start_time"), both(item, "end_time"); {
		case start.Exists() || end.Exists():
			values = append(values, start.Shown()+" to "+end.Shown())
		case item.Get("start").Exists() || item.Get("end").Exists():
			values = append(values, fmt.Sprintf("%s:%s", item.Get("start").Shown(), item.Get("end").Shown()))
		default:
			values = append(values, strings.ToLower(item.Shown()))
		}
	}
	if v.IsScalar() {
		values = []string{v.Shown()}
	}
	slices.Sort(values)
	word := map[string]string{"times": "", "weekdays": "", "days_of_month": "days of the month ", "months": "months ", "years": "years ", "location": "in "}[key]
	return word + strings.Join(values, " and ")
}
