package jsonnet_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/slagate/slagate/internal/commitment"
	"github.com/slagate/slagate/internal/commitment/formattest"
	"github.com/slagate/slagate/internal/commitment/jsonnet"
)

func TestCases(t *testing.T) {
	t.Parallel()
	formattest.Cases(t, jsonnet.Format())
}

func parse(t *testing.T, text string) commitment.Parsed {
	t.Helper()
	f := jsonnet.Format()
	require.True(t, f.Sniff("a.libsonnet", []byte(text)))
	p := f.Parse("a.libsonnet", []byte(text))
	require.True(t, p.Mine)
	return p
}

// named finds a commitment by what people call it.
func named(t *testing.T, p commitment.Parsed, name string) commitment.Commitment {
	t.Helper()
	var names []string
	for _, c := range p.Commitments {
		if c.Name == name {
			return c
		}
		names = append(names, c.Name)
	}
	require.Fail(t, "no such commitment", "%s among %q", name, names)
	return commitment.Commitment{}
}

func TestWhatIsTaken(t *testing.T) {
	t.Parallel()
	f := jsonnet.Format()
	for name, want := range map[string]bool{"a.jsonnet": true, "x/b.libsonnet": true, "a.yaml": false, "a.json": false} {
		require.Equal(t, want, f.Sniff(name, []byte("{ alert: 'x' }")), name)
	}
	require.False(t, f.Sniff("dashboard.libsonnet", []byte("{ panels: [] }")))
	p := parse(t, "{ // apdexScore: 0.99\n}")
	require.True(t, p.Mine)
	require.Empty(t, p.Commitments, "what is commented out is no value, and no code is left that speaks of one")
	require.Empty(t, p.Problems)
}

// TestCodeThatSpeaksOfNoPromise: a component like any other is not reported, but for the
// lines by which rules come out of it.
func TestCodeThatSpeaksOfNoPromise(t *testing.T) {
	t.Parallel()
	const text = "local x = import 'x';\n{\n  alertmanager: x.a(1),\n  prometheusRules: x.filtered(['A']),\n}\n"
	code := func(from, to string) string {
		return named(t, parse(t, strings.Replace(text, from, to, 1)), "the code of a.libsonnet").Fields[0].Value.Text
	}
	was := code("", "")
	require.Equal(t, was, code("x.a(1)", "x.a(2)"))
	require.NotEqual(t, was, code("['A']", "['A', 'B']"))
	none := strings.Replace(text, "prometheusRules: x.filtered(['A']),", "", 1)
	require.Empty(t, jsonnet.Format().Parse("a.libsonnet", []byte(none)).Commitments)
}

func TestValuesHaveTheirLines(t *testing.T) {
	t.Parallel()
	p := parse(t, "local x = import 'x';\n{\n  groups: [{ name: 'g', rules: [\n    {\n      alert: 'A',\n      expr: 'up == 0',\n\n      'for': '5m',\n      labels: {\n        severity: 'page',\n      },\n    },\n    x + { alert: 'B', expr: 'y > 3' },\n  ] }],\n}\n")
	a := named(t, p, "A")
	require.Equal(t, 5, a.Source.Line)
	lines := map[string]int{}
	for _, f := range a.Fields {
		lines[f.Name] = f.Line
	}
	require.Equal(t, 8, lines["for"])
	require.Equal(t, 10, lines["severity"])
	require.Equal(t, 13, named(t, p, "B").Source.Line)
	require.Equal(t, commitment.Key{Format: "jsonnet", Group: "g", Name: "A"}, a.Key)
}

func TestExpressionsAreNotGuessed(t *testing.T) {
	t.Parallel()
	p := parse(t, `local limit = 3;
{
  rules: [{ alert: 'A' + limit, expr: 'x > %d' % limit, 'for': '%dm' % [limit], labels: { severity: if limit > 2 then 'page' else 'info' } },
          { alert: 'B', expr: 'x > 5 or y{l="}"} %% 2 > 1' % [], labels: { severity: 'page' } }],
  monitoringThresholds: { apdexScore: 1 - 0.01, errorRatio: null },
}`)
	a := named(t, p, "A{{ limit }}")
	for _, f := range a.Fields {
		if f.Role == commitment.RoleSeverity || f.Role == commitment.RoleDelay && f.Name == "for" {
			require.True(t, f.Value.Opaque, "%+v", f)
		}
	}
	require.Contains(t, a.Caveats, "read without evaluating the Jsonnet")
	require.Equal(t, "x > {{ %d of limit }}", a.Shown)
	require.Equal(t, `x > 5 or y{l="}"} % 2 > 1`, named(t, p, "B").Shown)
	score := named(t, p, "monitoringThresholds.apdexScore")
	require.True(t, score.Fields[0].Value.Opaque)
	for _, c := range p.Commitments {
		require.NotEqual(t, "monitoringThresholds.errorRatio", c.Name, "null is none")
	}
}

func TestRatioOfWhat(t *testing.T) {
	t.Parallel()
	p := parse(t, "{ type: 'web', tier: 'x', monitoringThresholds: { errorRatio: 0.9995 }, slow: { errorRatio: 0.0005, apdexScore: 'x' } }")
	good := named(t, p, "web monitoringThresholds.errorRatio")
	require.Equal(t, []any{commitment.Availability, commitment.Higher}, []any{good.Kind, good.Fields[0].Better})
	bad := named(t, p, "web slow.errorRatio")
	require.Equal(t, []any{commitment.ErrorRate, commitment.Lower}, []any{bad.Kind, bad.Fields[0].Better})
}

// TestTheRestIsNotSilent: code before, between and after what is taken counts, literals
// that are taken and texts that only describe do not.
func TestTheRestIsNotSilent(t *testing.T) {
	t.Parallel()
	const text = "local a = 1; { apdexScore: 0.99, x: f(a), description: 'd', y: { errorRatio: 0.999 }, z: 3 }"
	code := func(text string) string {
		return named(t, parse(t, strings.Replace(text, "f(a)", "std.abs(a)", 1)), "the code of a.libsonnet").Fields[0].Value.Text
	}
	was := code(text)
	for from, to := range map[string]string{"a = 1": "a = 2", "f(a)": "f(a + 1)", "z: 3": "z: 4"} {
		require.NotEqual(t, was, code(strings.Replace(strings.Replace(text, from, to, 1), "f(a + 1)", "std.abs(a + 1)", 1)), from)
	}
	for from, to := range map[string]string{"0.99,": "0.9,", "'d'": "'e'", "z: 3": "z: 3, // why"} {
		require.Equal(t, was, code(strings.Replace(text, from, to+"\n", 1)), from)
	}
}

// TestBroken: what cannot be read is said, and nothing brings it down.
func TestBroken(t *testing.T) {
	t.Parallel()
	many := func(piece string, n int) string { return strings.Repeat(piece, n) }
	for name, text := range map[string]string{
		"not closed":   "{ alert: 'x',\n  expr: ",
		"unknown name": "{ alert: x }",
		"brackets":     "{ alert: " + many("[", 500_000),
		"minus":        "{ alert: " + many("-", 100) + "1 }",
		"minus apart":  "{ alert: " + many("- ", 400_000) + "1 }",
		"sum":          "{ alert: 1" + many("+1", 400_000) + " }",
		"locals":       many("local a = 1; ", 60_000) + "{ alert: 1 }",
		"hidden":       "{ alert: " + many(`[ "]", '\'', @']', /* ] */ `, 20_000) + " }",
		"in a block":   "{ alert: " + many("[ |||\n  ]]]]\n|||, ", 20_000) + " }",
		"members":      "{ alert: self" + many(".a", 100_000) + " }",
		"ifs":          "{ alert: " + many("if 1 then ", 50_000) + " 1 }",
		"errors":       "{ alert: " + many("error ", 50_000) + " 1 }",
		"functions":    "{ alert: " + many("function(x) ", 50_000) + " 1 }",
	} {
		p := parse(t, text)
		require.Len(t, p.Problems, 1, name)
		require.True(t, p.Problems[0].Whole, name)
		require.Positive(t, p.Problems[0].Line, name)
	}
	require.Equal(t, 2, parse(t, "{ alert: 'x',\n  expr: ? }").Problems[0].Line)
	for name, text := range map[string]string{
		"brackets": "{ alert: " + many("[", 140) + many("]", 140) + " }",
		"minus":    "{ alert: " + many("- ", 19_000) + "1 }",
		"sum":      "{ alert: 1" + many("+1", 19_000) + " }",
		"locals":   many("local a = 1; ", 2900) + "{ alert: 1 }",
		"objects":  "{ alert: 1" + many("+{alert: 'a', expr: 'b'}", 3000) + " }",
	} {
		require.Empty(t, parse(t, text).Problems, name)
	}
}

func FuzzParse(f *testing.F) {
	f.Add("local k = import 'k';\n{ prometheusAlerts+:: { groups+: [{ name: 'g', rules: [{ alert: 'A', expr: 'x{%(s)s} > 3' % $._config, 'for': '5m', labels: { severity: 'page' } + k.l } for w in k.ws] }] } }")
	f.Add("{ _config+:: { a: 7 * 24, b: 'x', ['c' + 'd']: -3, SLOs: { api: { target: 99.9 } } }, apdexScore: 0.99, f(x):: x, g: f.h(satisfiedThreshold=1) }")
	f.Add("{ alert: |||\n  a\n  b\n|||, expr: @'x''y', /* c */ record: \"\\u00e9\" # d\n}")
	format := jsonnet.Format()
	f.Fuzz(func(t *testing.T, text string) {
		p := format.Parse("a.libsonnet", []byte(text))
		for _, c := range p.Commitments {
			require.NotEmpty(t, c.Key.Name+c.Key.Sub+c.Key.Group)
		}
	})
}
