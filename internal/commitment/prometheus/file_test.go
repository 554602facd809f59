package prometheus

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/slagate/slagate/internal/commitment"
	"github.com/slagate/slagate/internal/commitment/source"
)

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

const rule = `alert: QueueStuck
expr: queue_age_seconds > 60
for: 5m
labels:
  severity: page
`

// indented puts the rule at a depth, as an entry of a list.
func indented(depth int) string {
	blank := strings.Repeat(" ", depth)
	return blank + "- " + strings.TrimSpace(strings.ReplaceAll(rule, "\n", "\n"+blank+"  ")) + "\n"
}

func TestRulesAreFoundWhereverTheyStand(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, text, group string
		line              int
	}{
		{"rule file", "groups:\n- name: g\n  rules:\n" + indented(2), "g", 4},
		{"PrometheusRule", "kind: PrometheusRule\nspec:\n  groups:\n  - name: g\n    rules:\n" + indented(4), "g", 6},
		{"second document", "a: 1\n---\ngroups:\n- name: g\n  rules:\n" + indented(2), "g", 6},
		{"list at the top", indented(0), "", 1},
		{"Ansible variable", "prometheus_alert_rules:\n" + indented(2), "", 2},
		{"Helm values", "serverFiles:\n  alerting_rules.yml:\n    groups:\n    - name: g\n      rules:\n" + indented(6), "g", 6},
		{"BOSH operations", "- type: replace\n  path: /instance_groups/name=prometheus/jobs\n  value:\n    rules:\n" + indented(4), "", 5},
		{"text in a ConfigMap", "kind: ConfigMap\ndata:\n  r.yml: |-  # rules\n    groups:\n    - name: g\n      rules:\n" + strings.ReplaceAll(indented(6), "\n-", "\n    -"), "g", 7},
		{"JSON", `{"groups": [{"name": "g", "rules": [{"alert": "QueueStuck",` + "\n" + `"expr": "queue_age_seconds > 60", "for": "5m", "labels": {"severity": "page"}}]}]}`, "g", 1},
		{"ERB", "groups:\n- name: g\n  rules:\n<% if p('on') %>\n" + indented(2) + "<% end %>\n", "g", 5},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			require.True(t, sniff("x.yml", []byte(c.text)))
			got := Format().Parse("x.yml", []byte(c.text))
			require.True(t, got.Mine)
			require.Empty(t, got.Problems)
			require.Len(t, got.Commitments, 1, c.text)
			a := got.Commitments[0]
			require.Equal(t, commitment.Key{Format: "prometheus", Group: c.group, Name: "QueueStuck"}, a.Key)
			require.Equal(t, commitment.Detection, a.Kind)
			require.Equal(t, c.line, a.Source.Line, c.text)
			require.Equal(t, "5m", field(t, a, "for").Value.Text)
			if c.name != "JSON" {
				require.Equal(t, c.line+2, field(t, a, "for").Line)
			}
			require.Equal(t, map[string]string{"alertname": "QueueStuck", "severity": "page"}, a.Labels)
			require.Equal(t, c.name == "ERB", a.Source.Template)
		})
	}
}

func TestATextWithinQuotesHasTheLineOfItsValue(t *testing.T) {
	t.Parallel()
	got := Format().Parse("x.yml", []byte("kind: ConfigMap\ndata:\n  r.yml: \"- alert: A\\n  expr: up == 0\\n\"\n"))
	require.Equal(t, 3, got.Commitments[0].Source.Line)
}

func TestEmptyFilesOfRulesAreRead(t *testing.T) {
	t.Parallel()
	for text, mine := range map[string]bool{
		"groups: []\n":                          true,
		"groups:\n":                             true,
		"groups:\n- name: g\n  rules: []\n":     true,
		"kind: PrometheusRule\nspec: {}\n":      true,
		"groups: []\nother: 1\n":                false,
		"groups:\n- name: g\n  members: []\n":   false,
		"rules:\n- apiGroups: ['']\n  verbs: x": false,
		"groups:\n- name: g\n  rules:\n  - record: a:b\n    expr: sum(b)\n": true,
	} {
		require.Equal(t, mine, Format().Parse("x.yml", []byte(text)).Mine, text)
	}
}

func TestUnitTestsOfRulesAreNoRules(t *testing.T) {
	t.Parallel()
	text := "rule_files: [r.yml]\ntests:\n- alert_rule_test:\n  - alert: A\n    expr: up == 0\n    alertname: A\n  promql_expr_test:\n  - expr: up\n"
	require.Equal(t, commitment.Parsed{}, Format().Parse("r_test.yml", []byte(text)))
}

func TestWhatCannotBeReadIsSaid(t *testing.T) {
	t.Parallel()
	got := Format().Parse("x.yml", []byte("groups:\n- name: g\n  rules:\n  - alert: A\n    expr: [\n"))
	require.True(t, got.Mine)
	require.True(t, got.Problems[0].Whole)
	inside := Format().Parse("x.yml", []byte("kind: ConfigMap\ndata:\n  r.yml: |\n    groups:\n    - alert: A\n      expr: [\n"))
	require.True(t, inside.Mine)
	require.True(t, inside.Problems[0].Whole)
	require.Greater(t, inside.Problems[0].Line, 3)
	require.Equal(t, commitment.Parsed{}, Format().Parse("x.yml", []byte("a: [\n")), "nothing of ours")
}

func TestAConditionThatIsNoPromQL(t *testing.T) {
	t.Parallel()
	a := one(t, `sum(rate({app="shop"}   |= "error" [5m])) > shop_limit`)
	require.Equal(t, `sum(rate({app="shop"} |= "error" [5m])) > shop_limit`, a.Indicator)
	require.Len(t, a.Caveats, 1)
	require.Equal(t, []string{"shop_limit"}, a.Uses)
}

func TestEndlessConditionsAreNotParsed(t *testing.T) {
	t.Parallel()
	long := one(t, strings.Repeat("a+", maxExpr/2)+"a > 5")
	require.Len(t, long.Caveats, 1)
	require.Empty(t, one(t, strings.Repeat("a+", 500)+"a > 5").Caveats)
	r := file{spent: maxParse}
	c := commitment.Commitment{}
	_, _, ok := r.parse(&c, source.YAML("x.yml", []byte("a > 5")).Documents[0].Root)
	require.False(t, ok, "the file has had its share")
	require.Equal(t, "a > 5", c.Indicator)
}

func TestWhatBelongsToTheConditionSaysSo(t *testing.T) {
	t.Parallel()
	for _, f := range one(t, "rate(a_total[5m]) > 3 unless b or absent(c)").Fields {
		require.Equal(t, f.Name != "for" && f.Name != "interval", f.Inner, f.Name)
	}
}

func TestMaskedNumbersWhereANumberIsRequired(t *testing.T) {
	t.Parallel()
	text := "groups:\n- name: g\n  rules:\n<% if p('on') %>\n  - alert: A\n    expr: predict_linear(free{a=\"<%= p('a') %>\"}[1h], <%= p('hours') %> * 3600) < <%= p('low') %>\n<% end %>\n"
	got := Format().Parse("x.yml", []byte(text))
	require.Empty(t, got.Problems)
	a := got.Commitments[0]
	require.Equal(t, []string{"read without rendering the template"}, a.Caveats)
	f := field(t, a, "threshold")
	require.True(t, f.Value.Opaque)
	require.Equal(t, "<%= p('low') %>", f.Value.Text)
	require.Equal(t, commitment.Higher, f.Better)
}

func TestLabelsAndGroups(t *testing.T) {
	t.Parallel()
	text := `groups:
- name: g
  interval: 30s
  query_offset: 2m
  limit: 10
  labels: {team: blue, severity: warning}
  rules:
  - alert: A
    expr: up == 0
    keep_firing_for: 10m
    labels:
      severity: '{{ if gt $value 9.0 }}page{{ else }}ticket{{ end }}'
      priority: P1
      level: "7"
      cancel_if_night: "true"
      inhibit_nodes: "false"
      service: shop
    annotations: {summary: "over 5%", description: d}
`
	a := Format().Parse("x.yml", []byte(text)).Commitments[0]
	require.Equal(t, "shop", a.Service)
	require.Equal(t, "blue", a.Labels["team"])
	require.True(t, field(t, a, "severity").Value.Opaque, "Prometheus fills it in")
	require.Equal(t, commitment.RoleSeverity, field(t, a, "labels.priority").Role)
	require.Equal(t, commitment.RoleKey, field(t, a, "labels.level").Role)
	require.Equal(t, []string{"cancel_if_night"}, field(t, a, "kept quiet by").Value.Items)
	require.Equal(t, commitment.RoleNote, field(t, a, "keep_firing_for").Role)
	require.Equal(t, commitment.RoleNote, field(t, a, "annotations.summary").Role)
	require.Equal(t, 3, field(t, a, "interval").Line)
	require.Equal(t, "120", field(t, a, "query_offset").Value.Num.RatString())
	require.Empty(t, field(t, a, "for").Value.Text)
	require.Zero(t, field(t, a, "for").Value.Num.Sign())
}

func TestRecordedValuesAreMeasurements(t *testing.T) {
	t.Parallel()
	read := func(expr, labels string) commitment.Commitment {
		return Format().Parse("x.yml", []byte("groups:\n- name: g\n  rules:\n  - record: job:errors:rate5m\n    expr: "+expr+"\n    labels: {"+labels+"}\n")).Commitments[0]
	}
	a := read("sum(rate(errors_total[5m])) by (job) > 5", "")
	require.Equal(t, commitment.Measurement, a.Kind)
	require.Empty(t, a.Fields)
	require.Equal(t, []string{"errors_total"}, a.Uses)
	require.Equal(t, a.Indicator, read("(sum by (job) (rate(errors_total[5m]))) > 5.0", "").Indicator)
	for _, other := range []string{"sum by (job) (rate(errors_total[6m])) > 5", "sum by (job) (rate(errors_total[5m])) > 6", "sum by (job) (rate(errors_total[5m])) >= 5", "sum by (job) (rate(errors_total[5m] offset 1m)) > 5"} {
		require.NotEqual(t, a.Indicator, read(other, "").Indicator, other)
	}
	require.NotEqual(t, a.Indicator, read("sum(rate(errors_total[5m])) by (job) > 5", "env: prod").Indicator)
}

func TestBurnRatesAreKept(t *testing.T) {
	t.Parallel()
	a := one(t, "errors:ratio_rate1h > (14.4 * 0.001) and errors:ratio_rate5m > (14.4 * (1 - 0.999))")
	require.Equal(t, "14.4", field(t, a, "burn rate").Value.Text)
	require.Equal(t, "72/5", field(t, a, "burn rate").Value.Num.RatString())
	require.Equal(t, "1/1000", field(t, a, "error budget").Value.Num.RatString())
	require.Equal(t, "1/1000", field(t, a, "error budget of errors:ratio_rate5m").Value.Num.RatString())
	require.Equal(t, commitment.Ratio, field(t, a, "error budget").Value.Unit)
	require.Equal(t, []string{"errors:ratio_rate1h", "errors:ratio_rate5m"}, a.Uses)
	for _, f := range one(t, "age > 60 * 45").Fields {
		require.NotEqual(t, "burn rate", f.Name, "minutes are no burn rate")
	}
}

// thousand is a file of a thousand alerts of the usual shapes.
func thousand() []byte {
	var b strings.Builder
	b.WriteString("groups:\n- name: g\n  rules:\n")
	for i := range 250 {
		fmt.Fprintf(&b, "  - alert: Errors%d\n    expr: |\n      sum by (job) (rate(http_requests_total{job=\"shop-%d\",code=~\"5..\"}[5m]))\n        / sum by (job) (rate(http_requests_total{job=\"shop-%d\"}[5m])) > 0.0%d1\n"+
			"    for: 10m\n    labels: {severity: critical, team: shop}\n    annotations:\n      summary: 'too many errors of {{ $labels.job }}'\n", i, i, i, i)
		fmt.Fprintf(&b, "  - alert: Disk%d\n    expr: predict_linear(node_filesystem_avail_bytes{job=\"n%d\"}[6h], 24*60*60) < 0 and node_filesystem_readonly == 0\n    for: 1h\n    labels: {severity: warning}\n", i, i)
		fmt.Fprintf(&b, "  - alert: Down%d\n    expr: up{job=\"x%d\"} == 0 or absent(up{job=\"x%d\"})\n    labels: {severity: page}\n", i, i, i)
		fmt.Fprintf(&b, "  - alert: Slow%d\n    expr: histogram_quantile(0.99, sum by (le) (rate(d_seconds_bucket{job=\"y%d\"}[5m]))) > 1.5\n    for: 5m\n    labels: {severity: ticket}\n    annotations: {summary: slow, runbook: 'https://example.com/%d'}\n", i, i, i)
	}
	return []byte(b.String())
}

func TestAThousandAlerts(t *testing.T) {
	t.Parallel()
	require.Len(t, Format().Parse("x.yml", thousand()).Commitments, 1000)
}

func BenchmarkAThousandAlerts(b *testing.B) {
	src := thousand()
	b.SetBytes(int64(len(src)))
	for b.Loop() {
		Format().Parse("x.yml", src)
	}
}

func FuzzParse(f *testing.F) {
	f.Add("groups:\n- name: g\n  rules:\n  - alert: A\n    expr: sum(rate(x_total{le=\"0.5\"}[5m] offset 1h)) by (a) > 14.4 * 0.001 unless on(b) y < bool 3\n    for: 5m\n")
	f.Add("kind: ConfigMap\ndata:\n  r: |\n    groups:\n    - name: g\n      rules:\n      - alert: A\n        expr: a > {{ .x }} or absent(b)\n")
	f.Add("{{- if .x }}\n- alert: A\n  expr: rate(x[{{ .y }}m:1m]) > 2^-3^2\n{{ end }}")
	f.Add("{\"alert\":\"A\",\"expr\":\"-(1/0) < x @ end()\",\"labels\":{\"severity\":1}}")
	f.Add("- record: a:b\n  expr: count_values(\"x\", a) == -1e99 % 3\n- alert: B\n  expr: |= x\n")
	f.Fuzz(func(t *testing.T, src string) {
		got := Format().Parse("x.yml", []byte(src))
		again := Format().Parse("x.yml", []byte(src))
		require.Equal(t, got, again)
		for _, c := range got.Commitments {
			require.Equal(t, Name, c.Key.Format)
		}
	})
}
