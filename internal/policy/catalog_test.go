package policy

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/slagate/slagate/internal/commitment"
)

func TestCatalogMistakes(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		text string
		want []string
	}{
		{"unknown key", "commitments:\n  - {id: a, kind: latency, target: 1s, depend_on: [b]}\n", []string{`3:40 [depend_on] unknown key "depend_on", did you mean "depends_on"?`}},
		{"unknown kind", "commitments:\n  - {id: a, kind: latenci, target: 1s}\n", []string{`3:19 [latenci] unknown kind of promise "latenci", did you mean "latency"?`}},
		{"unknown unit", "commitments:\n  - {id: a, kind: latency, target: 1, unit: secs}\n", []string{`3:45 [secs] unknown unit "secs"`}},
		{"target that may be two things", "commitments:\n  - {id: a, kind: availability, target: 1}\n", []string{`3:41 [1] "1" cannot be read; write "99.9%", or a number with unit: percent or ratio`}},
		{"target without a unit", "commitments:\n  - {id: a, kind: response_time, target: 4}\n", []string{`3:42 [4] "4" has no unit; write "30m", "4h" or "8 business hours", or a number with its unit`}},
		{"target of another kind", "commitments:\n  - {id: a, kind: availability, target: 4h}\n", []string{`3:41 [4h] "4h" cannot be read; write "99.9%", or a number with unit: percent or ratio`}},
		{"window", "commitments:\n  - {id: a, kind: availability, target: 99%, window: often}\n", []string{`3:54 [often] "often" is no window; write "30d", "28 days", "month" or "quarter"`}},
		{"notice", "commitments:\n  - {id: a, kind: availability, target: 99%, notice: soon}\n", []string{`3:54 [soon] "soon" is no notice period; write "30d" or "10 business days"`}},
		{"id twice", "commitments:\n  - {id: a, kind: latency, target: 1s}\n  - {id: a, kind: latency, target: 2s}\n", []string{`4:10 [a] commitment "a" stands here twice, first at line 3`}},
		{"unknown dependency", "commitments:\n  - {id: payments, kind: latency, target: 1s}\n  - {id: b, kind: latency, target: 2s, depends_on: [payment]}\n", []string{`4:53 [payment] unknown commitment "payment", did you mean "payments"?`}},
		{"depends on itself", "commitments:\n  - {id: b, kind: latency, target: 2s, depends_on: [b]}\n", []string{`3:53 [b] "b" depends on itself`}},
		{"dependency on one without an id", "commitments:\n  - {kind: latency, target: 1s}\n  - {id: b, kind: latency, target: 2s, depends_on: [a]}\n", []string{`3:5 [] "id" is missing in an entry of commitments`}},
		{"escalation twice", "escalations:\n  - {id: a, levels: [{who: x}]}\n  - {id: a, levels: [{who: x}]}\n", []string{`4:10 [a] escalation "a" stands here twice, first at line 3`}},
		{"level", "escalations:\n  - {id: a, levels: [{after: soon, who: x}, {after: 2h, who: y}, {after: 1h, who: z}]}\n", []string{
			`3:30 [soon] "soon" is no length of time; write "15m" or "1 business hour"`,
			`3:74 [1h] level 3 is told after 1h, before level 2 (2h); after counts from the start`,
		}},
		{"repeat", "escalations:\n  - {id: a, levels: [{who: x}], repeat: often}\n", []string{`3:41 [often] say after how long it starts again: "30m", or {every: 30m, times: 3}`}},
		{"nobody", "escalations:\n  - {id: a, levels: [{after: 5m}]}\n", []string{`3:22 [] "who" is missing in an entry of levels`}},
		{"uncovered", "uncovered: ask\n", []string{`2:12 [ask] unknown choice for uncovered "ask"`}},
		{"severity twice", "severities: [[page, critical], [Page]]\n", []string{`2:33 [Page] severity "Page" stands here twice, first at line 2`}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			l := Load(Input{Text: []byte("version: 1\n" + tt.text)})
			require.Nil(t, l.Policy)
			require.Equal(t, tt.want, say(l.Problems))
		})
	}
}

func TestAllowedWordsAreNamed(t *testing.T) {
	t.Parallel()
	l := Load(Input{Text: []byte("version: 1\ncommitments: [{id: a, kind: uptime, target: 1s}]\n")})
	require.Contains(t, l.Problems[0].Allowed, "availability")
}

const ownerCatalog = `version: 1
commitments: [{id: uptime, kind: availability, target: 99.9%, window: month}]
escalations: [{id: p1, levels: [{who: ana}]}]
severities: [[page], [low]]
uncovered: gate
`

func TestTheOwnersCatalogIsAFloor(t *testing.T) {
	t.Parallel()
	l := Load(Input{OwnerText: []byte(ownerCatalog), Text: []byte(`version: 1
commitments:
  - {id: uptime, kind: availability, target: 99%}
  - {id: api, kind: availability, target: 99%, depends_on: [uptime]}
escalations: [{id: p1, levels: [{who: bo}]}]
`)})
	require.Equal(t, []string{
		`3:10 [uptime] commitment "uptime" is already in slagate.yml; give this one another id`,
		`5:20 [p1] escalation "p1" is already in slagate.yml; give this one another id`,
	}, say(l.Problems))

	l = Load(Input{OwnerText: []byte(ownerCatalog), Text: []byte("version: 1\nuncovered: report\nseverities: [[low], [page]]\n")})
	require.Empty(t, l.Problems)
	require.Equal(t, Gate, l.Policy.Uncovered, "the stricter word counts")
	require.Equal(t, [][]string{{"page"}, {"low"}}, l.Policy.Severities)
	require.Equal(t, []string{
		"2:12 [report] uncovered: report has no effect, slagate.yml asks for gate",
		"3:15 [low] severities has no effect, those of slagate.yml count",
	}, say(l.Warnings))

	p := load(t, Input{OwnerText: []byte("version: 1\n"), Text: []byte("version: 1\nuncovered: gate\nseverities: [high, [low]]\n")})
	require.Equal(t, Gate, p.Uncovered)
	require.Equal(t, [][]string{{"high"}, {"low"}}, p.Severities)
}

func TestTheCatalogIsRead(t *testing.T) {
	t.Parallel()
	p := load(t, Input{Text: []byte(`version: 1
commitments:
  - {id: uptime, service: api, kind: availability, target: 99.90, window: month, measured_by: [api-slo], plan: gold, owner: legal, notice: 30d}
escalations:
  - {id: p1, service: api, severity: P1, levels: [{who: ana}, {after: 15m, who: [bo, cy]}], repeat: {every: 1h, times: 3}}
`)})
	require.Len(t, p.Catalog.Promises, 1)
	got := p.Catalog.Promises[0]
	require.Equal(t, "999/1000", got.Target.Num.String())
	require.Equal(t, "99.90", got.Target.Text)
	require.True(t, got.Window.Calendar)
	require.Equal(t, commitment.Higher, got.Better)
	require.Equal(t, commitment.Source{File: ".github/slagate.yml", Line: 3}, got.Source)
	require.Equal(t, []string{"gold"}, got.Customers)
	require.Equal(t, "30d", got.Notice.Text)
	require.Len(t, p.Escalations, 1)
	require.Equal(t, 3, p.Escalations[0].Path.Repeats)
	require.Equal(t, "api for P1: ana at once, then bo, cy after 15m; again every 1h, 3 times", steps(p.Escalations[0]))
}

func TestDifferencesOfTheCatalog(t *testing.T) {
	t.Parallel()
	old := load(t, Input{Text: []byte(`version: 1
commitments:
  - {id: uptime, service: api, kind: availability, target: 99.9, window: 30d, measured_by: [a, b], customers: [Globex], notice: 30d}
  - {id: gone, kind: latency, target: 300ms}
  - {id: same, kind: availability, target: 99.9%}
escalations: [{id: p1, levels: [{who: ana}, {after: 15m, who: bo}]}, {id: p2, levels: [{who: ana}]}]
`)})
	now := load(t, Input{Text: []byte(`version: 1
commitments:
  - {id: same, kind: availability, target: "0.999"}
  - {id: uptime, service: api, kind: availability, target: 99.5, window: month, measured_by: [a], customers: [Globex, Initech], notice: 7d, owner: legal, depends_on: [same]}
  - {id: new, kind: retention, target: 90d}
escalations: [{id: p1, levels: [{who: ana}, {after: 45m, who: bo}], repeat: 1h}, {id: p3, levels: [{who: ana}]}]
uncovered: gate
severities: [[page], [ticket, low]]
`)})
	require.Equal(t, []string{
		"commitment gone is removed: latency 300ms",
		"commitment uptime: target 99.9 -> 99.5",
		"commitment uptime: window 30d -> month",
		"commitment uptime: notice 30d -> 7d",
		"commitment uptime is no longer measured by b",
		"commitment uptime is for Initech now",
		"commitment uptime depends on same now",
		"commitment uptime: owner none -> legal",
		"commitment new is new: retention 90d",
		"escalation p2 is removed: ana at once",
		"escalation p1: ana at once, then bo after 15m -> ana at once, then bo after 45m; again every 1h",
		"escalation p3 is new: ana at once",
		"a promise in a file that no rule covers: report -> gate",
		"words for urgency: the default -> page > ticket, low",
	}, Differences(old, now))
	require.Empty(t, Differences(now, now))
}
