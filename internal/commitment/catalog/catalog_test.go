package catalog_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/slagate/slagate/internal/commitment"
	"github.com/slagate/slagate/internal/commitment/catalog"
	"github.com/slagate/slagate/internal/commitment/formattest"
)

func TestCases(t *testing.T) {
	t.Parallel()
	formattest.Cases(t, catalog.Format())
}

const example = `version: 1
commitments:
  - id: checkout-availability
    service: checkout-api
    kind: availability
    target: 99.9
    window: 30d
    measured_by: [checkout-slo, "prometheus:CheckoutDown"]
    customers: [Globex, Initech]
    contract_ref: MSA 4.2
    owner: product
    depends_on: [payments]
    notice: 30d
  - {id: first-answer, kind: response_time, target: 8 business hours, plan: gold}
escalations:
  - id: p1
    service: checkout-api
    severity: P1
    levels:
      - {who: "schedule:checkout"}
      - {after: 15m, who: [ana, "team:platform"]}
    repeat: {every: 30m, times: 2}
`

func TestAnEntryIsReadWithItsPlaces(t *testing.T) {
	t.Parallel()
	p := catalog.Format().Parse("promises.yml", []byte(example))
	require.True(t, p.Mine)
	require.Empty(t, p.Problems)
	require.Len(t, p.Commitments, 3)
	c := p.Commitments[0]
	require.Equal(t, commitment.Key{Format: "catalog", Name: "checkout-availability"}, c.Key)
	require.Equal(t, []any{commitment.Availability, "checkout-api", "product"}, []any{c.Kind, c.Service, c.Owner})
	require.Equal(t, commitment.Source{File: "promises.yml", Line: 3}, c.Source)
	var got []string
	for _, f := range c.Fields {
		got = append(got, fmt.Sprintf("%s %s %q %s line %d", f.Name, f.Role, f.Value.Text, f.Better, f.Line))
	}
	require.Equal(t, []string{
		`target target "99.9" higher line 6`,
		`window window "30d"  line 7`,
		`notice amount "30d" higher line 13`,
		`kind definition "availability"  line 5`,
		`service definition "checkout-api"  line 4`,
		`customers coverage "Globex, Initech"  line 9`,
		`plan coverage ""  line 0`,
		`measured_by coverage "checkout-slo, prometheus:CheckoutDown"  line 8`,
		`depends_on key "payments"  line 12`,
		`owner note "product"  line 11`,
		`contract_ref note "MSA 4.2"  line 10`,
	}, got)
	require.Equal(t, "999/1000", c.Fields[0].Value.Num.String())

	e := p.Commitments[2]
	require.Equal(t, commitment.Escalation, e.Kind)
	require.Equal(t, 2, e.Path.Repeats)
	require.Equal(t, "1800/1", e.Path.Round.Num.String())
	require.Equal(t, "900/1", e.Path.Levels[1].Reach.Num.String())
	require.Equal(t, "0/1", e.Path.Levels[0].Reach.Num.String())
	require.Equal(t, []commitment.Target{{Name: "ana"}, {Kind: "team", Name: "platform"}}, e.Path.Levels[1].Targets)
	require.Equal(t, 21, e.Path.Levels[1].Line)
}

func TestReadGivesTheFloors(t *testing.T) {
	t.Parallel()
	c, problems := catalog.Read("promises.yml", []byte(example))
	require.Empty(t, problems)
	require.Len(t, c.Promises, 2)
	p := c.Promises[0]
	require.Equal(t, []string{"checkout-slo", "prometheus:CheckoutDown"}, p.MeasuredBy)
	require.Equal(t, []string{"payments"}, p.DependsOn)
	require.Equal(t, "MSA 4.2", p.Contract)
	require.Equal(t, []string{"gold"}, c.Promises[1].Customers)
	require.Equal(t, commitment.BusinessSeconds, c.Promises[1].Target.Unit)
}

func TestTargets(t *testing.T) {
	t.Parallel()
	tests := []struct {
		kind, text, unit string
		want             string // number and unit
		better           commitment.Better
	}{
		{"availability", "99.9", "", "999/1000 ratio", commitment.Higher},
		{"availability", "99.9%", "", "999/1000 ratio", commitment.Higher},
		{"availability", "0.999", "", "999/1000 ratio", commitment.Higher},
		{"availability", "99.9", "percent", "999/1000 ratio", commitment.Higher},
		{"availability", "99.9%", "percent", "999/1000 ratio", commitment.Higher},
		{"availability", "1", "ratio", "1/1 ratio", commitment.Higher},
		{"availability", "1", "percent", "1/100 ratio", commitment.Higher},
		{"error_rate", "0.5", "percent", "1/200 ratio", commitment.Lower},
		{"error_rate", "0.5%", "", "1/200 ratio", commitment.Lower},
		{"latency", "300ms", "", "3/10 seconds", commitment.Lower},
		{"latency", "99%", "", "99/100 ratio", commitment.Higher},
		{"response_time", "4h", "", "14400/1 seconds", commitment.Lower},
		{"response_time", "4", "hours", "14400/1 seconds", commitment.Lower},
		{"response_time", "8 business hours", "", "28800/1 business_seconds", commitment.Lower},
		{"response_time", "8", "business hours", "28800/1 business_seconds", commitment.Lower},
		{"response_time", "1 Business Day", "", "28800/1 business_seconds", commitment.Lower},
		{"resolution_time", "2 working days", "", "57600/1 business_seconds", commitment.Lower},
		{"notification", "PT30M", "", "1800/1 seconds", commitment.Lower},
		{"update_cadence", "1 hour", "", "3600/1 seconds", commitment.Lower},
		{"retention", "1 year", "", "31536000/1 seconds", commitment.Higher},
		{"throughput", "100", "", "100/1 per_second", commitment.Higher},
		{"throughput", "100/s", "", "100/1 per_second", commitment.Higher},
		{"credit", "10%", "", "1/10 ratio", commitment.Higher},
	}
	for _, tt := range tests {
		v, better, wrong := catalog.Target(tt.kind, tt.text, tt.unit)
		require.Empty(t, wrong, "%v", tt)
		require.Equal(t, tt.want, fmt.Sprint(v.Num, " ", v.Unit), "%v", tt)
		require.Equal(t, tt.better, better, "%v", tt)
	}
}

func TestTargetsThatAreNotGuessed(t *testing.T) {
	t.Parallel()
	for _, tt := range [][3]string{
		{"availability", "1", ""},
		{"availability", "101%", ""},
		{"availability", "-1%", ""},
		{"availability", "4h", ""},
		{"availability", "2", "ratio"},
		{"error_rate", "0.5", ""},
		{"credit", "10", ""},
		{"response_time", "4", ""},
		{"response_time", "4h", "minutes"},
		{"response_time", "soon", ""},
		{"response_time", "50%", ""},
		{"response_time", "1 business year", ""},
		{"throughput", "5%", ""},
		{"throughput", "5", "hours"},
		{"latency", "-3s", ""},
		{"availability", "", ""},
	} {
		v, _, wrong := catalog.Target(tt[0], tt[1], tt[2])
		require.True(t, v.Opaque, "%v", tt)
		require.NotEmpty(t, wrong, "%v", tt)
	}
}

func TestWindows(t *testing.T) {
	t.Parallel()
	const day = 86400
	tests := []struct {
		text     string
		seconds  int64
		calendar bool
	}{
		{"30d", 30 * day, false},
		{"4w", 28 * day, false},
		{"720h", 30 * day, false},
		{"30 days", 30 * day, false},
		{"rolling 28 days", 28 * day, false},
		{"30 days rolling", 30 * day, false},
		{"rolling month", 0, false},
		{"month", 30 * day, true},
		{"Monthly", 30 * day, true},
		{"calendar month", 30 * day, true},
		{"quarter", 91 * day, true},
		{"1M", 30 * day, true},
		{"1m", 60, false},
		{"P30D", 30 * day, false},
		{"soon", 0, false},
		{"0d", 0, false},
		{"8 business hours", 0, false},
	}
	for _, tt := range tests {
		v, wrong := catalog.Window(tt.text)
		if tt.seconds == 0 {
			if tt.text != "rolling month" {
				require.NotEmpty(t, wrong, tt.text)
			}
			continue
		}
		require.Empty(t, wrong, tt.text)
		require.Equal(t, fmt.Sprintf("%d/1", tt.seconds), v.Num.String(), tt.text)
		require.Equal(t, tt.calendar, v.Calendar, tt.text)
	}
}

func TestProblemsHaveTheirPlaces(t *testing.T) {
	t.Parallel()
	const text = `commitments:
  - {id: a, kind: availability, target: 1}
  - {id: a, kind: uptime, target: 99%}
  - {kind: availability, target: 99%}
  - id: b
    kind: latency
    target: 300ms
    window: often
    depend_on: [a]
    depends_on: [b]
  - {id: c, kind: notification, target: 1h, notice: later, unit: parsec}
escalations:
  - {id: x, levels: [{after: soon, who: ana}, {after: 1h}]}
  - {id: y, levels: [{after: 2h, who: ana}, {after: 1h, who: bo}], repeat: 3}
  - {id: z}
`
	c, problems := catalog.Read("p.yml", []byte(text))
	var got []string
	for _, p := range problems {
		require.False(t, p.Whole)
		got = append(got, fmt.Sprintf("%d %s", p.Line, p.Text))
	}
	kinds := "availability, latency, error_rate, throughput, durability, freshness, response_time, resolution_time, update_cadence, notification, detection, retention, support_hours, credit"
	units := "percent, ratio, milliseconds, seconds, minutes, hours, days, weeks, business minutes, business hours, business days, per_second"
	require.Equal(t, []string{
		`2 commitment "a": "1" cannot be read; write "99.9%", or a number with unit: percent or ratio`,
		`3 commitment "a" stands here twice, first at line 2`,
		`3 commitment "a": unknown kind "uptime"; allowed: ` + kinds,
		`4 a commitment without an id`,
		`9 commitment "b" has the unknown key "depend_on"`,
		`8 commitment "b": "often" is no window; write "30d", "28 days", "month" or "quarter"`,
		`10 commitment "b": "b" depends on itself`,
		`11 commitment "c": unknown unit "parsec"; allowed: ` + units,
		`11 commitment "c": "later" is no notice period; write "30d" or "10 business days"`,
		`13 a level of escalation "x" does not say who is told`,
		`13 escalation "x": "soon" is no length of time; write "15m" or "1 business hour"`,
		`14 escalation "y": level 2 is told after 1h, before level 1 (2h); after counts from the start`,
		`14 escalation "y": say after how long it starts again: "30m", or {every: 30m, times: 3}`,
		`15 escalation "z" has no list of levels`,
	}, got)
	require.Len(t, c.Promises, 4)
	require.True(t, c.Promises[0].Target.Opaque, "what is wrong is compared with nothing")
}

func TestWhoseFileItIs(t *testing.T) {
	t.Parallel()
	tests := []struct {
		path, text string
		mine       bool
	}{
		{"x.yml", "commitments: [{id: a, kind: latency, target: 1s}]", true},
		{"x.yml", "escalations: [{id: a, levels: []}]", true},
		{"x.yml", "commitments: []\n", true},
		{"x.yml", "version: 1\ncommitments:\n", true},
		{".github/slagate.yml", "version: 1\nfunctions: {}\ncommitments: []\n", true},
		{".github/slagate.yml", "version: 1\nfunctions: {}\n", false},
		{"x.yml", "groups: []\ncommitments: [{name: x}]", false},
		{"x.yml", "title: our commitments\n", false},
		{"x.yml", "commitments: we keep our word\n", false},
		{"x.json", `{"commitments": [{"id": "a", "kind": "latency", "target": "1s"}]}`, true},
		{"x.yml", "commitments: [\n", false},
		{"slagate.yml", "commitments: [\n", true},
	}
	for _, tt := range tests {
		p := catalog.Format().Parse(tt.path, []byte(tt.text))
		require.Equal(t, tt.mine, p.Mine, "%s", tt.text)
		require.False(t, p.Mine && !catalog.Format().Sniff(tt.path, []byte(tt.text)), "%s", tt.text)
	}
}

func TestTemplatesAreOpaque(t *testing.T) {
	t.Parallel()
	p := catalog.Format().Parse("c.yml", []byte("{{ if .on }}\ncommitments:\n  - id: a\n    kind: availability\n    target: {{ .Values.target }}\n    measured_by: [{{ .x }}]\n{{ end }}\n"))
	require.Empty(t, p.Problems)
	require.True(t, p.Commitments[0].Fields[0].Value.Opaque)
	require.Equal(t, "{{ .Values.target }}", p.Commitments[0].Fields[0].Value.Text)
	require.NotEmpty(t, p.Commitments[0].Caveats)
	require.True(t, p.Commitments[0].Source.Template)
}

func FuzzParse(f *testing.F) {
	f.Add(example)
	f.Add("commitments:\n  - id: a\n    kind: availability\n    target: {{ .x }}\n")
	f.Add("commitments: [{id: [a], kind: {b: c}, target: ~}]\nescalations: [{id: x, levels: {a: b}, repeat: [3]}, 4]")
	f.Add("commitments: [{id: a, kind: latency, target: 1s, kind: retention}]")
	f.Fuzz(func(t *testing.T, text string) {
		p := catalog.Format().Parse("slagate.yml", []byte(text))
		require.Equal(t, p, catalog.Format().Parse("slagate.yml", []byte(text)))
		_, _ = catalog.Read("a.yml", []byte(text))
	})
}
