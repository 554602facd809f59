package sloth_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/slagate/slagate/internal/commitment"
	"github.com/slagate/slagate/internal/commitment/formattest"
	"github.com/slagate/slagate/internal/commitment/sloth"
)

func TestCases(t *testing.T) {
	t.Parallel()
	formattest.Cases(t, sloth.Format())
}

func field(t *testing.T, c commitment.Commitment, name string) commitment.Field {
	t.Helper()
	for _, f := range c.Fields {
		if f.Name == name {
			return f
		}
	}
	require.Fail(t, "no field "+name)
	return commitment.Field{}
}

func TestReadsAFile(t *testing.T) {
	t.Parallel()
	p := sloth.Format().Parse("slos/mail.yml", []byte(`version: "prometheus/v1"
service: mail
labels: {owner: post}
slos:
  - name: delivery
    objective: 99.9
    sli:
      events:
        error_query: sum(rate(mail_total{result="lost"}[{{.window}}]))
        total_query: sum(rate(mail_total[{{.window}}]))
    alerting:
      name: MailLost
      page_alert: {labels: {severity: critical}}
      ticket_alert: {disable: true}
`))
	require.True(t, p.Mine)
	require.Empty(t, p.Problems)
	require.Len(t, p.Commitments, 1)
	c := p.Commitments[0]
	require.Equal(t, commitment.Key{Format: "sloth", Group: "mail", Name: "delivery"}, c.Key)
	require.Equal(t, commitment.Availability, c.Kind)
	require.Equal(t, "post", c.Owner)
	require.Equal(t, commitment.Source{File: "slos/mail.yml", Line: 5}, c.Source)
	require.Contains(t, c.Indicator, `sum(rate(mail_total[$window]))`)
	target := field(t, c, "objective")
	require.Equal(t, "999/1000", target.Value.Num.String())
	require.Equal(t, 6, target.Line)
	require.Equal(t, "2592000/1", field(t, c, "window").Value.Num.String())
	require.Empty(t, field(t, c, "window").Value.Text, "the window does not stand in the file")
	require.Equal(t, 1, field(t, c, "page_alert").Value.Num.Sign())
	require.Equal(t, 0, field(t, c, "ticket_alert").Value.Num.Sign())
}

func TestTheSmallSchema(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, path, text string
		key              commitment.Key
		target           string
	}{
		{"sloth-rules", "a/slos/x.yaml", "---\nalertName: A\nobjective: 95\nerrorQuery: e\ntotalQuery: t\n", commitment.Key{Format: "sloth", Name: "A"}, "19/20"},
		{"no more than a number", "deploy/slo/checkout.yaml", "objective: 99.9\n", commitment.Key{Format: "sloth", Name: "checkout"}, "999/1000"},
		{"with a service", "slo.yml", "service: pay\nwindow: 30d\nobjective: 99.95%\n", commitment.Key{Format: "sloth", Group: "pay", Name: "slo"}, "1999/2000"},
		{"its name goes first", "slo.yml", "name: card\nobjective: \"99\"\n", commitment.Key{Format: "sloth", Name: "card"}, "99/100"},
		{"a ratio", "slo.yml", "name: card\nobjective: 0.99\n", commitment.Key{Format: "sloth", Name: "card"}, "99/100"},
		{"the number as target", "slo.yml", "service: pay\nslo: uptime\ntarget: 99.5\nwindow: 28d\n", commitment.Key{Format: "sloth", Group: "pay", Name: "slo"}, "199/200"},
		{"a list", "slo.yml", "service: pay\nslos:\n  - name: card\n    objective: 99\n", commitment.Key{Format: "sloth", Group: "pay", Name: "card"}, "99/100"},
		{"a list of objectives", "slo.yml", "objectives:\n- name: card\n  target: 99\n", commitment.Key{Format: "sloth", Name: "card"}, "99/100"},
		{"by name", "slo.yml", "slos:\n  card: {objective: 99}\n", commitment.Key{Format: "sloth", Name: "card"}, "99/100"},
		{"a list at the top", "slo.yml", "- name: card\n  objective: 99\n", commitment.Key{Format: "sloth", Name: "card"}, "99/100"},
		{"JSON", "slo.json", "{\"name\": \"card\", \"objective\": 99}", commitment.Key{Format: "sloth", Name: "card"}, "99/100"},
		{"exactly one may be either", "slo.yml", "name: card\nobjective: 1\n", commitment.Key{Format: "sloth", Name: "card"}, ""},
		{"a variable", "slo.yml", "name: card\nwindow: 30d\nobjective: {{ .Values.slo }}\n", commitment.Key{Format: "sloth", Name: "card"}, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			require.True(t, sloth.Format().Sniff(test.path, []byte(test.text)))
			p := sloth.Format().Parse(test.path, []byte(test.text))
			require.True(t, p.Mine)
			require.Len(t, p.Commitments, 1)
			require.Equal(t, test.key, p.Commitments[0].Key)
			target := field(t, p.Commitments[0], "objective").Value
			if test.target == "" {
				require.True(t, target.Opaque)
				return
			}
			require.NotNil(t, target.Num)
			require.Equal(t, test.target, target.Num.String())
		})
	}
}

func TestLeavesOthersAlone(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"another kind":       "apiVersion: openslo/v1\nkind: SLO\nobjective: 99\n",
		"a port":             "target: 80\nname: proxy\nservice: web\n",
		"hours":              "sla: 24\nname: support\n",
		"words":              "objective: make mail faster\nowner: post\n",
		"more than all":      "objective: 8080\n",
		"Keptn":              "spec_version: '1.0'\nobjectives:\n  - sli: x\n    target: 5\n",
		"rules":              "groups:\n- name: x\n  rules: []\n",
		"no mapping":         "just words\n",
		"a Makefile's words": "goal: 3\n",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := sloth.Format().Parse("a.yml", []byte(text))
			require.False(t, p.Mine)
			require.Empty(t, p.Commitments)
			require.Empty(t, p.Problems)
		})
	}
}

func TestOneBadItemIsAProblem(t *testing.T) {
	t.Parallel()
	p := sloth.Format().Parse("a.yml", []byte("version: prometheus/v1\nservice: s\nslos:\n- text\n- name: a\n- name: b\n  objective: 0.999\n- name: c\n  objective: 99\n"))
	require.Len(t, p.Commitments, 3)
	require.Len(t, p.Problems, 3)
	require.Equal(t, 4, p.Problems[0].Line)
	require.True(t, field(t, p.Commitments[1], "objective").Value.Opaque, "0.999 percent is believed by nobody")
}

func TestAFileThatCannotBeReadIsNotSilent(t *testing.T) {
	t.Parallel()
	p := sloth.Format().Parse("a.yml", []byte("version: prometheus/v1\nslos: [\n"))
	require.True(t, p.Mine)
	require.True(t, p.Problems[0].Whole)
}

func FuzzParse(f *testing.F) {
	f.Add("version: prometheus/v1\nservice: s\nlabels: {owner: x}\nslos:\n- name: a\n  objective: 99.9\n  sli: {raw: {error_ratio_query: 'sum(rate(x_bucket{le=\"0.5\"}[{{.window}}]))'}}\n  alerting: {page_alert: {disable: true}, labels: {cancel_if_x: 'true'}}\n")
	f.Add("apiVersion: sloth.slok.dev/v1\nkind: AlertWindows\nspec: {sloPeriod: 7d, page: {quick: {errorBudgetPercent: 8, shortWindow: 5m, longWindow: 1h}}}\n")
	f.Add("alertName: A\nobjective: 95\nerrorQuery: '{{`sum(rate(x[{{.window}}]))`}}'\n")
	f.Add("objectives: {a: {target: 99%, latency: 300ms}}\n")
	f.Fuzz(func(_ *testing.T, text string) {
		sloth.Format().Sniff("a.yml", []byte(text))
		sloth.Format().Parse("a.yml", []byte(text))
	})
}
