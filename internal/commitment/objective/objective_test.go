package objective_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/slagate/slagate/internal/commitment"
	"github.com/slagate/slagate/internal/commitment/objective"
	"github.com/slagate/slagate/internal/commitment/source"
)

func TestQueriesHaveOneSpelling(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, a, b string
		same       bool
	}{
		{"blanks", "sum(rate(x[5m]))", "sum (\n rate( x [5m] )\n)", true},
		{"order of matchers", `x{a="1",b="2"}`, `x{b='2', a='1'}`, true},
		{"place and order of by", "sum by (a, b) (x)", "sum(x) by (b,a)", true},
		{"idle brackets", "(sum(x)) / (sum(y))", "sum(x) / sum(y)", true},
		{"lengths of time", "rate(x[60m])", "rate(x[1h])", true},
		{"the tool's window", "rate(x[{{.window}}])", "rate(x[{{ .window }}])", true},
		{"Helm's quotes", "{{`rate(x[{{.window}}])`}}", "rate(x[{{.window}}])", true},
		{"brackets that order", "(a + b) * sum(c)", "a + b * sum(c)", false},
		{"brackets on the right", "a - (b - sum(c))", "a - b - sum(c)", false},
		{"a minus", "-(a ^ sum(b))", "(-a) ^ sum(b)", false},
		{"a window of its own", "rate(x[{{.window}}])", "rate(x[5m])", false},
		{"a matcher", `sum(x{a="1"})`, `sum(x{a="2"})`, false},
		{"a window of another name", "rate(x[$__interval])", "rate(x[{{.window}}])", false},
		{"blanks in what is no PromQL", "avg:x{a, b}  by {c}", "avg:x{a,b} by {c}", true},
		{"words in what is no PromQL", "a in (b c)", "a in (bc)", false},
		{"blanks in quotes", `f(") (", SELECT)`, `f(")(", SELECT)`, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			a, b := objective.Query(test.a, objective.CountsOther), objective.Query(test.b, objective.CountsOther)
			require.Equal(t, test.same, a.Text == b.Text, "%s\n%s", a.Text, b.Text)
		})
	}
}

func TestTheBoundOfABucketHasADirectionWhereOneCanTell(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, query string
		counts      objective.Counts
		better      commitment.Better
	}{
		{"good events", `sum(rate(x_seconds_bucket{le="1"}[5m]))`, objective.CountsGood, commitment.Lower},
		{"all but the good are bad", `sum(rate(x_seconds_count[5m])) - sum(rate(x_seconds_bucket{le="1"}[5m]))`, objective.CountsBad, commitment.Lower},
		{"a share of bad", `1 - (sum(rate(x_seconds_bucket{le="1"}[5m])) / sum(rate(x_seconds_count[5m])))`, objective.CountsBad, commitment.Lower},
		{"held at zero", `clamp_min(sum(x_seconds_count) - sum(x_seconds_bucket{le="1"}), 0)`, objective.CountsBad, commitment.Lower},
		{"the bucket is bad", `sum(rate(x_seconds_bucket{le="1"}[5m]))`, objective.CountsBad, commitment.Neither},
		{"the bucket is all", `sum(rate(x_seconds_bucket{le="1"}[5m]))`, objective.CountsOther, commitment.Neither},
		{"of bytes", `sum(rate(x_bytes_bucket{le="1"}[5m]))`, objective.CountsGood, commitment.Neither},
		{"compared", `sum(rate(x_seconds_bucket{le="1"}[5m])) > 3`, objective.CountsGood, commitment.Neither},
		{"absent", `absent(x_seconds_bucket{le="1"})`, objective.CountsGood, commitment.Neither},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			m := objective.Query(test.query, test.counts)
			require.Len(t, m.Bounds, 1)
			require.Equal(t, objective.Bound{Text: "1", Better: test.better}, m.Bounds[0])
			require.Contains(t, m.Text, `le="?"`)
		})
	}
	require.Empty(t, objective.Query(`sum(x_seconds_bucket{le="+Inf"})`, objective.CountsGood).Bounds)
	require.Empty(t, objective.Query(`sum(x_seconds_bucket{le=~"1|2"})`, objective.CountsGood).Bounds)
}

func TestSharesThatAreNotBelieved(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name string
		read objective.Reader
		text string
		want string
	}{
		{"percent", objective.Percent, "99.9", "999/1000"},
		{"percent with its sign", objective.Percent, "99.9%", "999/1000"},
		{"all", objective.Percent, "100", "1/1"},
		{"a ratio for a percentage", objective.Percent, "0.999", ""},
		{"one percent", objective.Percent, "1", ""},
		{"more than all", objective.Percent, "101", ""},
		{"below nothing", objective.Percent, "-5", ""},
		{"ratio", objective.Ratio, "0.999", "999/1000"},
		{"a percentage for a ratio", objective.Ratio, "99.9", ""},
		{"nothing", objective.Ratio, "0", ""},
		{"share below one", objective.Share, "0.9", "9/10"},
		{"share above one", objective.Share, "90", "9/10"},
		{"share of one", objective.Share, "1", ""},
		{"words", objective.Share, "most", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			v := test.read(test.text)
			require.Equal(t, test.want == "", v.Opaque)
			if test.want != "" {
				require.Equal(t, test.want, v.Num.String())
			}
		})
	}
}

func TestANameKeepsItsWordsOnly(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"99.9% of letters": "of letters",
		"letters (99.95%)": "letters",
		"p99 below 300ms":  "p99 below",
		"letters":          "letters",
		"v2 api":           "v2 api",
		"99,5":             "",
	} {
		require.Equal(t, want, objective.Identity(name), name)
	}
}

func TestLabelsOfAnAlert(t *testing.T) {
	t.Parallel()
	root := source.YAML("a.yml", []byte("team: a\nseverity: page\ntier: 2\nsilence: \"true\"\ncancel_if_x: \"false\"\nmute:\ncancel_if_y: '{{ y }}'\nrunbook: r\n")).Documents[0].Root
	var alert, own objective.Fields
	alert.Labels("labels", root, true)
	own.Labels("labels", root, false)
	roles := func(fields objective.Fields) map[string]commitment.Role {
		out := map[string]commitment.Role{}
		for _, f := range fields {
			out[f.Name] = f.Role
		}
		return out
	}
	require.Equal(t, map[string]commitment.Role{
		"labels.team": commitment.RoleKey, "labels.severity": commitment.RoleSeverity, "labels.tier": commitment.RoleKey,
		"labels.runbook": commitment.RoleNote, "labels that silence": commitment.RoleSuppression,
	}, roles(alert))
	require.Equal(t, map[string]commitment.Role{
		"labels.team": commitment.RoleKey, "labels.severity": commitment.RoleKey, "labels.tier": commitment.RoleNote,
		"labels.runbook": commitment.RoleNote, "labels that silence": commitment.RoleSuppression,
	}, roles(own))
	require.Equal(t, []string{"cancel_if_y = {{ y }}", "silence"}, alert[len(alert)-1].Value.Items)
}

func TestAliasesDoNotMakeALargeFileOfASmallOne(t *testing.T) {
	t.Parallel()
	text := "a: &a {x: 1}\nlist: [" + strings.Repeat("*a,", commitment.MaxItems+50)
	p := objective.Read("a.yml", []byte(text+"]\n"), false, func(f *objective.Found, item source.Node) bool {
		for _, n := range item.Get("list").Items() {
			f.Add(n, commitment.Commitment{})
		}
		return true
	})
	require.Len(t, p.Commitments, commitment.MaxItems)
	require.Len(t, p.Problems, 1)
}

func FuzzQuery(f *testing.F) {
	f.Add(`clamp_min(sum(rate(x_count[{{.window}}])) - sum(rate(x_seconds_bucket{le="1"}[{{.window}}])), 0) or vector(0)`)
	f.Add(`sum_over_time((count(x < 0.75))[{{.window}}:]) OR on() vector(0)`)
	f.Add(`1 - a{b=~"c|d"} ^ -2 unless ignoring(x) group_left(y) e offset 5m`)
	f.Fuzz(func(t *testing.T, text string) {
		m := objective.Query(text, objective.CountsBad)
		require.Equal(t, m, objective.Query(text, objective.CountsBad))
		objective.Identity(text)
	})
}
