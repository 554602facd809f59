package commitment

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func toldBy(kinds ...string) []told {
	var out []told
	for _, k := range kinds {
		out = append(out, told{address{kind: k}, k})
	}
	return out
}

// TestWhoIsToldInstead: a pager is above a message, and of a webhook nobody knows where it leads.
func TestWhoIsToldInstead(t *testing.T) {
	t.Parallel()
	tests := []struct {
		lost, gained []told
		want         Effect
	}{
		{toldBy("slack"), nil, Weakened},
		{nil, toldBy("webhook"), Strengthened},
		{toldBy("slack"), toldBy("pagerduty"), Strengthened},
		{toldBy("opsgenie"), toldBy("email"), Weakened},
		{toldBy("slack", "webhook"), toldBy("pagerduty"), Strengthened},
		{toldBy("pagerduty"), toldBy("slack", "webhook"), Weakened},
		{toldBy("slack"), toldBy("msteams"), Unknown},
		{toldBy("pagerduty"), toldBy("sns"), Unknown},
		{toldBy("pagerduty"), toldBy("webhook"), Unknown},
		{toldBy("webhook"), toldBy("pagerduty"), Unknown},
		{toldBy("slack"), toldBy(unknownReceiver), Unknown},
	}
	for _, tt := range tests {
		require.Equal(t, tt.want, judgeTold(tt.lost, tt.gained), "%v -> %v", tt.lost, tt.gained)
	}
}

// chain is a tree whose routes all say continue, each with a label of its own.
func chain(n int, last string) *Commitment {
	r := &Routes{Root: Route{Receiver: "root"}, Receivers: []Receiver{{Name: "root"}}}
	for i := range n {
		name := fmt.Sprintf("r%d", i)
		if i == n-1 {
			name = last
		}
		r.Root.Routes = append(r.Root.Routes, Route{Receiver: name, Continue: true, Matchers: []Matcher{{fmt.Sprintf("l%d", i), "=", "x"}}})
		r.Receivers = append(r.Receivers, Receiver{Name: name, Integrations: []Integration{{"slack", name + last}}})
	}
	return &Commitment{Kind: Routing, Routes: r}
}

// TestTheNumberOfSetsIsBounded: what is beyond the bound is unknown, not silent.
func TestTheNumberOfSetsIsBounded(t *testing.T) {
	t.Parallel()
	before, after := chain(12, "a"), chain(12, "b")
	got := diffRoutes(before, after, nil, Options{})
	require.LessOrEqual(t, len(got), maxSets+1)
	require.Equal(t, Unknown, got[0].Effect)
	texts := ""
	for _, c := range got {
		texts += c.Text
	}
	require.Contains(t, texts, "differ in more ways than are compared here (2000 kinds of alerts)")
	require.Equal(t, got, diffRoutes(before, after, nil, Options{}), "the same every time")
	require.Empty(t, diffRoutes(before, before, nil, Options{}))
}

// wide is a tree with a route for each of many teams.
func wide(n, changed int) *Commitment {
	r := &Routes{Root: Route{Receiver: "root"}, Receivers: []Receiver{{Name: "root", Integrations: []Integration{{"slack", "#root"}}}}}
	for i := range n {
		name := fmt.Sprintf("team-%d", i)
		kind := "pagerduty"
		if i == changed {
			kind = "slack"
		}
		r.Root.Routes = append(r.Root.Routes, Route{Receiver: name, Matchers: []Matcher{{"team", "=", name}}, Routes: []Route{{Matchers: []Matcher{{"severity", "=", "info"}}, Receiver: "root"}}})
		r.Receivers = append(r.Receivers, Receiver{Name: name, Integrations: []Integration{{kind, name}}})
	}
	return &Commitment{Kind: Routing, Routes: r}
}

// TestALargeTreeIsComparedWhereItDiffers: one change is said as one, at any size.
func TestALargeTreeIsComparedWhereItDiffers(t *testing.T) {
	t.Parallel()
	alerts := []map[string]string{
		{"alertname": "Slow", "team": "team-250"}, {"alertname": "Other", "team": "team-1"}, {"alertname": "Any"}, {"alertname": "Info", "severity": "info"},
	}
	got := diffRoutes(wide(600, -1), wide(600, 250), alerts, Options{})
	require.Len(t, got, 1)
	require.Equal(t, Weakened, got[0].Effect)
	require.Contains(t, got[0].Text, "lerts with team=team-250 except those with severity=info")
	require.Equal(t, []string{"of the alerts read here this may be about Any and Slow"}, got[0].Notes)
}

func TestATreeThatIsNotThere(t *testing.T) {
	t.Parallel()
	c := wide(1, -1)
	require.Equal(t, Added, diffRoutes(nil, c, nil, Options{})[0].Effect)
	require.Equal(t, Removed, diffRoutes(c, nil, nil, Options{})[0].Effect)
	require.Empty(t, diffRoutes(nil, nil, nil, Options{}))
}

// TestATreeThatCannotBeReadWhole: a reason that is there on one side only is unknown,
// one on both sides only if what could be read differs.
func TestATreeThatCannotBeReadWhole(t *testing.T) {
	t.Parallel()
	before, after := wide(2, -1), wide(2, -1)
	after.Routes.Opaque = "its receivers are not written here as a list"
	require.Equal(t, Unknown, diffRoutes(before, after, nil, Options{})[0].Effect)
	before.Routes.Opaque = after.Routes.Opaque
	require.Empty(t, diffRoutes(before, after, nil, Options{}))
	after.Routes.Root.GroupWait = Duration("1h", NoPlain)
	require.Len(t, diffRoutes(before, after, nil, Options{}), 2)
}

// TestSamplesMatch: what is made from an expression matches it, and a complete list is complete.
func TestSamplesMatch(t *testing.T) {
	t.Parallel()
	tests := []struct {
		expr     string
		want     []string
		complete bool
	}{
		{"page|critical", []string{"critical", "page"}, true},
		{"(web|db)-?[12]", []string{"db-1", "db-2", "db1", "db2", "web-1", "web-2", "web1", "web2"}, true},
		{"db.*", []string{"db", "dbx"}, false},
		{".+", []string{"x", "xx"}, false},
		{"^a$", []string{"a"}, true},
		{"(?i)a", []string{"A"}, false},
		{"[^a]", nil, false},
		{"(", nil, false},
	}
	for _, tt := range tests {
		got, complete := sample(tt.expr)
		require.Equal(t, tt.complete, complete, tt.expr)
		if tt.want != nil {
			require.Equal(t, tt.want, got, tt.expr)
		}
		for _, s := range got {
			require.Regexp(t, "^(?:"+tt.expr+")$", s)
		}
	}
}

// TestLargeExpressionsAreValues: what would take memory to compile is not compiled.
func TestLargeExpressionsAreValues(t *testing.T) {
	t.Parallel()
	before, after := wide(1, -1), wide(1, -1)
	for i := range 3000 {
		expr := fmt.Sprintf("(x{500}y{400}|%d)z{900}", i)
		before.Routes.Root.Routes = append(before.Routes.Root.Routes, Route{Receiver: "team-0", Matchers: []Matcher{{"a", "=~", expr}}})
		after.Routes.Root.Routes = append(after.Routes.Root.Routes, Route{Receiver: "root", Matchers: []Matcher{{"a", "=~", expr}}})
	}
	require.NotEmpty(t, diffRoutes(before, after, nil, Options{}))
}

// TestInhibitsMirror: rules that hide less one way hide more the other way.
func TestInhibitsMirror(t *testing.T) {
	t.Parallel()
	mirror := map[Effect]Effect{Weakened: Strengthened, Strengthened: Weakened, Unknown: Unknown, Neutral: Neutral}
	matchers := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) Matcher {
		return Matcher{
			rapid.SampledFrom([]string{"severity", "alertname"}).Draw(t, "label"), rapid.SampledFrom([]string{"=", "=~", "!="}).Draw(t, "op"),
			rapid.SampledFrom([]string{"critical", "warning", "warning|info", "a.*", "a.*|b"}).Draw(t, "value"),
		}
	}), 0, 2)
	rule := rapid.Custom(func(t *rapid.T) Inhibit {
		return Inhibit{Source: matchers.Draw(t, "source"), Target: matchers.Draw(t, "target"), Equal: rapid.SampledFrom([][]string{nil, {"alertname"}, {"alertname", "site"}}).Draw(t, "equal")}
	})
	rapid.Check(t, func(t *rapid.T) {
		b, a := rule.Draw(t, "before"), rule.Draw(t, "after")
		require.Equal(t, editedInhibit(b, a, Options{}), mirror[editedInhibit(a, b, Options{})])
		require.Empty(t, diffInhibits([]Inhibit{b, a}, []Inhibit{a, b}, Options{}), "their order means nothing")
	})
}
