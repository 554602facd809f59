package commitment

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	amconfig "github.com/prometheus/alertmanager/config"
	"github.com/prometheus/alertmanager/dispatch"
	"github.com/prometheus/alertmanager/pkg/labels"
	"github.com/prometheus/common/model"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

var (
	oracleLabels = []string{"severity", "team", "env"}
	oracleValues = []string{"", "page", "ticket", "db", "web", "dbx", "zzz"}
)

// drawRoute makes a route of any shape, children included.
func drawRoute(t *rapid.T, depth int) Route {
	r := Route{Receiver: rapid.SampledFrom([]string{"pager", "chat", "mail", "none", ""}).Draw(t, "receiver")}
	if depth == 0 && r.Receiver == "" {
		r.Receiver = "chat"
	}
	if depth > 0 {
		for range rapid.IntRange(0, 2).Draw(t, "matchers") {
			op := rapid.SampledFrom([]string{"=", "!=", "=~", "!~"}).Draw(t, "op")
			values := oracleValues
			if strings.HasSuffix(op, "~") {
				values = []string{"page|db", "db.*", ".+", ".*", "(web|db)", "[pt].*", "", "db."}
			}
			r.Matchers = append(r.Matchers, Matcher{rapid.SampledFrom(oracleLabels).Draw(t, "label"), op, rapid.SampledFrom(values).Draw(t, "value")})
		}
		r.Continue = rapid.Bool().Draw(t, "continue")
	}
	waits := func(name string) Value {
		if text := rapid.SampledFrom([]string{"", "", "", "10s", "1m", "5m", "4h"}).Draw(t, name); text != "" {
			return Duration(text, NoPlain)
		}
		return Value{}
	}
	r.GroupWait, r.RepeatInterval = waits("wait"), waits("repeat")
	if rapid.IntRange(0, 5).Draw(t, "mutes") == 0 {
		r.Mute = []string{"night"}
	}
	if depth < 3 {
		for range rapid.IntRange(0, 3).Draw(t, "children") {
			r.Routes = append(r.Routes, drawRoute(t, depth+1))
		}
	}
	return r
}

func drawRoutes(t *rapid.T) *Commitment {
	return &Commitment{Kind: Routing, Name: "routes", Routes: &Routes{Root: drawRoute(t, 0), Receivers: []Receiver{
		{Name: "pager", Integrations: []Integration{{Type: "pagerduty", Target: "#1"}}},
		{Name: "chat", Integrations: []Integration{{Type: "slack", Target: "#ops"}, {Type: "email", Target: "ops@example.org"}}},
		{Name: "mail", Integrations: []Integration{{Type: "email", Target: "ops@example.org"}}},
		{Name: "none"},
	}}}
}

// alertmanagers is a route as Alertmanager has it.
func alertmanagers(r Route) *amconfig.Route {
	out := &amconfig.Route{Receiver: r.Receiver, Continue: r.Continue, MuteTimeIntervals: r.Mute}
	types := map[string]labels.MatchType{"=": labels.MatchEqual, "!=": labels.MatchNotEqual, "=~": labels.MatchRegexp, "!~": labels.MatchNotRegexp}
	for _, m := range r.Matchers {
		matcher, err := labels.NewMatcher(types[m.Op], m.Label, m.Value)
		if err != nil {
			panic(err)
		}
		out.Matchers = append(out.Matchers, matcher)
	}
	wait := func(v Value) *model.Duration {
		if v.Num == nil {
			return nil
		}
		seconds, _ := v.Num.Float64()
		d := model.Duration(seconds * float64(time.Second))
		return &d
	}
	out.GroupWait, out.RepeatInterval = wait(r.GroupWait), wait(r.RepeatInterval)
	for _, child := range r.Routes {
		out.Routes = append(out.Routes, alertmanagers(child))
	}
	return out
}

// everyAlert calls for every combination of the values.
func everyAlert(visit func(map[string]string)) {
	var next func(i int, set map[string]string)
	next = func(i int, set map[string]string) {
		if i == len(oracleLabels) {
			visit(set)
			return
		}
		for _, v := range oracleValues {
			set[oracleLabels[i]] = v
			next(i+1, set)
		}
	}
	next(0, map[string]string{})
}

// of is the set of exactly the alerts that are like this one.
func (w *routing) of(t require.TestingT, alert map[string]string) alertSet {
	out := w.everything()
	for i := range w.labels {
		l := &w.labels[i]
		index, ok := l.index[w.truth(l, alert[l.name])]
		require.True(t, ok, "no class for %s=%q", l.name, alert[l.name])
		out[i] = newBits(len(l.classes))
		out[i].set(index)
	}
	return out
}

func shownDeliveries(list []*delivery) []string {
	var out []string
	for _, d := range list {
		out = append(out, fmt.Sprint(d.receiver, Spell(d.wait.Num), Spell(d.interval.Num), Spell(d.repeat.Num), d.mute))
	}
	return out
}

// TestTheWalkIsAlertmanagers compares with the real dispatcher: for every alert the
// same nodes are found, and a difference of two trees is found for exactly those
// alerts for which the dispatcher's results differ.
func TestTheWalkIsAlertmanagers(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		before, after := drawRoutes(t), drawRoutes(t)
		w := newRouting(before.Routes, after.Routes, nil)
		w.explore(w.everything())
		require.False(t, w.capped)
		everyAlert(func(alert map[string]string) {
			set := w.of(t, alert)
			var results [2][]*delivery
			for i, side := range []struct {
				node *routeNode
				tree *Routes
			}{{w.before, before.Routes}, {w.after, after.Routes}} {
				results[i] = w.reduce(side.node, set).outcome()
				lset := model.LabelSet{}
				for k, v := range alert {
					lset[model.LabelName(k)] = model.LabelValue(v)
				}
				var want []string
				for _, r := range dispatch.NewRoute(alertmanagers(side.tree.Root), nil).Match(lset) {
					want = append(want, fmt.Sprint(r.RouteOpts.Receiver, spelled(r.RouteOpts.GroupWait), spelled(r.RouteOpts.GroupInterval), spelled(r.RouteOpts.RepeatInterval), r.RouteOpts.MuteTimeIntervals))
				}
				require.Equal(t, want, shownDeliveries(results[i]), "%v", alert)
			}
			o := compareOutcomes(results[0], results[1])
			found := slices.ContainsFunc(w.found, func(r region) bool { return r.alerts.holds(set) })
			require.Equal(t, o.differs(), found, "%v", alert)
		})
	})
}

func spelled(d time.Duration) string { return Spell(DurationOf(d).Num) }

// holds reports whether all alerts of other are in s.
func (s alertSet) holds(other alertSet) bool {
	for i := range s {
		if !slices.Equal(s[i].and(other[i]), other[i]) {
			return false
		}
	}
	return true
}

// TestRoutesMirror: what weakens one way strengthens the other way.
func TestRoutesMirror(t *testing.T) {
	t.Parallel()
	mirror := map[Effect]Effect{Weakened: Strengthened, Strengthened: Weakened, Unknown: Unknown, Neutral: Neutral}
	rapid.Check(t, func(t *rapid.T) {
		before, after := drawRoutes(t), drawRoutes(t)
		list := func(changes []Change, mirrored bool) []string {
			var out []string
			for _, c := range changes {
				e := c.Effect
				if mirrored {
					e = mirror[e]
				}
				if c.Mixed || c.Partly {
					e = "both"
				}
				out = append(out, string(e))
			}
			slices.Sort(out)
			return out
		}
		require.Equal(t, list(diffRoutes(before, after, nil, Options{}), false), list(diffRoutes(after, before, nil, Options{}), true))
		require.Empty(t, diffRoutes(before, before, nil, Options{}))
		once := diffRoutes(before, after, nil, Options{})
		require.Equal(t, once, diffRoutes(before, after, nil, Options{}), "the same every time")
	})
}
