package alertmanager_test

import (
	"encoding/base64"
	"strings"
	"testing"

	"github.com/prometheus/alertmanager/pkg/labels"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/slagate/slagate/internal/commitment"
	"github.com/slagate/slagate/internal/commitment/alertmanager"
	"github.com/slagate/slagate/internal/commitment/formattest"
)

func TestCases(t *testing.T) {
	t.Parallel()
	formattest.Cases(t, alertmanager.Format())
}

const tree = `route:
  receiver: chat
  routes:
    - receiver: duty
      matchers: ['severity="page"']
receivers:
  - name: chat
    slack_configs: [{channel: "#ops", api_url: "https://hooks.slack.example/T1/very-secret"}]
  - name: duty
    pagerduty_configs: [{routing_key: very-secret-key}]
`

// indented is the tree, moved to the right.
func indented(by string) string {
	return by + strings.ReplaceAll(strings.TrimSuffix(tree, "\n"), "\n", "\n"+by) + "\n"
}

func read(t *testing.T, path, text string) commitment.Parsed {
	t.Helper()
	f := alertmanager.Format()
	require.True(t, f.Sniff(path, []byte(text)), "not sniffed")
	return f.Parse(path, []byte(text))
}

// TestWrappings: the same tree wherever it stands, with the lines of the file.
func TestWrappings(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, text string
		line       int // of the child route
		key        commitment.Key
	}{
		{"plain", tree, 4, commitment.Key{Name: "routes"}},
		{"secret", "apiVersion: v1\nkind: Secret\nmetadata:\n  name: am\n  namespace: mon\nstringData:\n  alertmanager.yaml: |-\n" + indented("    "), 11, commitment.Key{Namespace: "mon", Name: "am"}},
		{"encoded", "kind: Secret\nmetadata: {name: am}\ndata:\n  alertmanager.yaml: " + base64.StdEncoding.EncodeToString([]byte(tree)), 4, commitment.Key{Name: "am"}},
		{"config map, second document", "a: 1\n---\nkind: ConfigMap\nmetadata: {name: am}\ndata:\n  config.yml: |\n" + indented("    "), 10, commitment.Key{Name: "am"}},
		{"values", "prom:\n  alertmanager:\n    config:\n" + indented("      "), 7, commitment.Key{Name: "routes"}},
		{"templated values", "{{- if .x }}\nconfig:\n" + indented("  ") + "{{- end }}\n", 6, commitment.Key{Name: "routes"}},
		{"variables", strings.ReplaceAll(strings.ReplaceAll("\n"+tree, "\nroute:", "\nam_route:"), "\nreceivers:", "\nam_receivers:"), 5, commitment.Key{Name: "routes"}},
		{"json", `{"route": {"receiver": "chat", "routes": [{"receiver": "duty", "match": {"severity": "page"}}]},
			"receivers": [{"name": "chat", "slack_configs": [{"channel": "#ops", "api_url": "https://hooks.slack.example/T1/very-secret"}]}, {"name": "duty", "pagerduty_configs": [{"routing_key": "very-secret-key"}]}]}`, 1, commitment.Key{Name: "routes"}},
	}
	want := read(t, "a.yml", tree).Commitments[0].Routes.Receivers
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got := read(t, "a.yml", tt.text)
			require.True(t, got.Mine)
			require.Empty(t, got.Problems)
			require.Len(t, got.Commitments, 1)
			c := got.Commitments[0]
			tt.key.Format = "alertmanager"
			require.Equal(t, tt.key, c.Key)
			require.Equal(t, "chat", c.Routes.Root.Receiver)
			child := c.Routes.Root.Routes[0]
			require.Equal(t, tt.line, child.Line)
			require.Equal(t, []commitment.Matcher{{Label: "severity", Op: "=", Value: "page"}}, child.Matchers)
			require.Len(t, c.Routes.Receivers, len(want))
			for i := range want {
				require.Equal(t, want[i].Integrations, c.Routes.Receivers[i].Integrations)
			}
		})
	}
}

func TestSecretsAreNotKept(t *testing.T) {
	t.Parallel()
	got := read(t, "a.yml", tree+"global: {slack_api_url: 'https://hooks.slack.example/very-secret', smtp_auth_password: very-secret, resolve_timeout: 5m}\n")
	for _, r := range got.Commitments[0].Routes.Receivers {
		for _, i := range r.Integrations {
			require.NotContains(t, i.Target, "secret")
			require.Contains(t, i.Target, "#")
		}
	}
	for _, f := range got.Commitments[0].Fields {
		require.NotContains(t, f.Value.Text, "secret")
	}
}

// TestGlobalAddresses: what stands in the global part is the address of receivers without their own.
func TestGlobalAddresses(t *testing.T) {
	t.Parallel()
	text := "global: {slack_api_url_file: /a, opsgenie_api_key: k1}\nroute: {receiver: x}\nreceivers:\n- name: x\n  slack_configs: [{channel: a}, {channel: b, api_url_file: /b}]\n  opsgenie_configs: [{}]\n"
	before := read(t, "a.yml", text).Commitments[0].Routes.Receivers[0].Integrations
	after := read(t, "a.yml", strings.NewReplacer("/a", "/c", "k1", "k2").Replace(text)).Commitments[0].Routes.Receivers[0].Integrations
	require.Equal(t, "api_url /a, channel a", before[0].Target)
	require.Equal(t, "api_url /c, channel a", after[0].Target)
	require.Equal(t, before[1], after[1])
	require.NotEqual(t, before[2], after[2])
}

func TestTheOperatorConfinesAResource(t *testing.T) {
	t.Parallel()
	got := read(t, "a.yml", "kind: AlertmanagerConfig\nmetadata: {name: shop, namespace: shop}\nspec:\n  route:\n    receiver: x\n    groupWait: 1m\n    routes:\n    - matchers: [{name: a, value: b, matchType: '!='}, {name: c, value: d.*, regex: true}, {name: e, value: f}]\n      continue: true\n  receivers: [{name: x}]\n  inhibitRules: [{sourceMatch: [{name: a, value: b}], targetMatch: [{name: c, value: d, matchType: '=~'}], equal: [z, y]}]\n")
	own := commitment.Matcher{Label: "namespace", Op: "=", Value: "shop"}
	r := got.Commitments[0].Routes
	require.Equal(t, []commitment.Matcher{own}, r.Root.Matchers)
	require.Equal(t, "1m", r.Root.GroupWait.Text)
	require.True(t, r.Root.Routes[0].Continue)
	require.Equal(t, []commitment.Matcher{{Label: "a", Op: "!=", Value: "b"}, {Label: "c", Op: "=~", Value: "d.*"}, {Label: "e", Op: "=", Value: "f"}}, r.Root.Routes[0].Matchers)
	require.Equal(t, []commitment.Matcher{{Label: "a", Op: "=", Value: "b"}, own}, r.Inhibits[0].Source)
	require.Equal(t, []commitment.Matcher{{Label: "c", Op: "=~", Value: "d"}, own}, r.Inhibits[0].Target)
	require.Equal(t, []string{"y", "z"}, r.Inhibits[0].Equal)
}

// TestBareExpressionsKeepTheirText: YAML takes {{ x }} without quotes for a mapping.
func TestBareExpressionsKeepTheirText(t *testing.T) {
	t.Parallel()
	got := read(t, "a.tmpl", "route:\n  receiver: {{ chat }}\n  group_wait: {{ wait }}\nreceivers:\n- name: {{ chat }}\n  pagerduty_configs:\n  - service_key: {{ KEY }}\n")
	r := got.Commitments[0].Routes
	require.Equal(t, "{{ chat }}", r.Root.Receiver)
	require.Equal(t, commitment.Unread("{{ wait }}"), r.Root.GroupWait)
	require.Equal(t, "service_key {{ KEY }}", r.Receivers[0].Integrations[0].Target)
}

func TestABadConditionDoesNotTakeTheRestAlong(t *testing.T) {
	t.Parallel()
	got := read(t, "a.yml", "route:\n  receiver: x\n  routes:\n  - receiver: y\n    matchers: [nonsense]\n    continue: maybe\n  - just text\n  - receiver: z\n")
	require.Equal(t, []commitment.Problem{
		{Line: 5, Text: "a condition cannot be read: nonsense"},
		{Line: 6, Text: "continue is neither true nor false: maybe"},
		{Line: 7, Text: "a route is not written here: just text"},
	}, got.Problems)
	routes := got.Commitments[0].Routes.Root.Routes
	require.Equal(t, []commitment.Matcher{{Label: "nonsense", Op: "="}}, routes[0].Matchers)
	require.Equal(t, "z", routes[1].Receiver)
}

func TestOtherFilesAreNotOurs(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"kind: VirtualService\nspec: {http: [{route: [{destination: {host: receiver}}]}]}\n",
		"kind: Secret\nmetadata: {name: alertmanager}\ndata: {x: bm90aGluZw==}\n",
		"receiver: x\nroute: /a\n",
	} {
		got := alertmanager.Format().Parse("a.yml", []byte(text))
		require.False(t, got.Mine, text)
		require.Empty(t, got.Commitments)
	}
}

// TestMatchersAreReadAsAlertmanagerReadsThem compares with its own parser.
func TestMatchersAreReadAsAlertmanagerReadsThem(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		value := rapid.SampledFrom([]string{`page`, `"page"`, `"a,b"`, `"a\"b"`, `"a\\.b"`, `a\.b`, `"a\nb"`, `"x|y"`, ` "a b" `, `a b`, ``, `""`, `"{x}"`, `é`, `a"b`, `"a`}).Draw(t, "value")
		text := rapid.SampledFrom([]string{"severity", " team ", "a_b", "é", "9"}).Draw(t, "label") + rapid.SampledFrom([]string{"=", "!=", "=~", "!~", " = ", "=="}).Draw(t, "op") + value
		if rapid.Bool().Draw(t, "two") {
			text = "{" + text + `, x="y"}`
		}
		want, err := labels.ParseMatchers(text)
		if err != nil {
			return // more is read here: labels that only the newer parser takes
		}
		got := alertmanager.Format().Parse("a.json", []byte(`{"route": {"receiver": "x", "routes": [{"matchers": [`+quote(text)+`]}]}}`))
		var list []commitment.Matcher
		for _, m := range want {
			list = append(list, commitment.Matcher{Label: m.Name, Op: m.Type.String(), Value: m.Value})
		}
		require.Equal(t, list, got.Commitments[0].Routes.Root.Routes[0].Matchers, "%s", text)
	})
}

func quote(text string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(text) + `"`
}

func FuzzParse(f *testing.F) {
	f.Add(tree)
	f.Add("kind: Secret\nmetadata: {name: am}\nstringData:\n  alertmanager.yaml: |\n" + indented("    "))
	f.Add("kind: Secret\ndata:\n  alertmanager.yaml: " + base64.StdEncoding.EncodeToString([]byte(tree)))
	f.Add("route: {receiver: x, routes: [{match_re: {a: '(b|c)+[d-z]{2,}'}, continue: true}, {matchers: ['a!~\"x\", b=c']}]}\nreceivers: [{name: x, email_configs: [{to: 'a,b'}]}]")
	f.Add("policies:\n- receiver: a\n  routes: [{receiver: b, object_matchers: [[x, '=~', y]], mute_time_intervals: [n]}]\nmuteTimes: [{name: n, time_intervals: [{weekdays: [monday]}]}]")
	f.Add("{{ if x }}\nroute:\n  receiver: {{ a }}\n  group_wait: ${b}\n  routes:\n  - matchers: [{{ c }}]\n{{ end }}")
	format := alertmanager.Format()
	var other commitment.Set
	other.Load("a.yml", []byte(tree), []commitment.Format{format})
	f.Fuzz(func(t *testing.T, text string) {
		format.Sniff("a.yml", []byte(text))
		got := format.Parse("a.yml", []byte(text))
		lines := strings.Count(text, "\n") + 1
		for _, c := range got.Commitments {
			require.LessOrEqual(t, c.Source.Line, lines)
		}
		set := commitment.Set{Files: []commitment.File{{Path: "a.yml", Read: true}}, Commitments: got.Commitments}
		require.Empty(t, commitment.Diff(set, set, commitment.Options{}).Changes)
		commitment.Diff(other, set, commitment.Options{})
	})
}
