package openslo_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/slagate/slagate/internal/commitment"
	"github.com/slagate/slagate/internal/commitment/formattest"
	"github.com/slagate/slagate/internal/commitment/openslo"
)

func TestCases(t *testing.T) {
	t.Parallel()
	formattest.Cases(t, openslo.Format())
}

func one(t *testing.T, text string) commitment.Commitment {
	t.Helper()
	require.True(t, openslo.Format().Sniff("slo.yaml", []byte(text)))
	p := openslo.Format().Parse("slo.yaml", []byte(text))
	require.True(t, p.Mine)
	require.Empty(t, p.Problems)
	require.Len(t, p.Commitments, 1)
	return p.Commitments[0]
}

func field(c commitment.Commitment, name string) commitment.Field {
	for _, f := range c.Fields {
		if f.Name == name {
			return f
		}
	}
	return commitment.Field{}
}

func TestReadsVersionOne(t *testing.T) {
	t.Parallel()
	c := one(t, `apiVersion: openslo/v1
kind: SLO
metadata: {name: post-speed, displayName: Speed of the post}
spec:
  service: post
  description: letters arrive
  indicator:
    metadata: {name: age}
    spec: {thresholdMetric: {metricSource: {type: Prometheus, spec: {query: 'avg(letter_age{zone="a"})'}}}}
  timeWindow: [{duration: 28d, isRolling: true}]
  budgetingMethod: Timeslices
  objectives:
    - {displayName: fast, op: lte, value: 0.5, target: 0.99, timeSliceTarget: 0.95, timeSliceWindow: 1m}
`)
	require.Equal(t, commitment.Key{Format: "openslo", Group: "post", Name: "post-speed", Sub: "fast"}, c.Key)
	require.Equal(t, commitment.Latency, c.Kind)
	require.Equal(t, 13, c.Source.Line)
	require.Contains(t, c.Indicator, `avg(letter_age{zone="a"})`)
	require.NotContains(t, c.Indicator, "age}", "names of an inline indicator are for people")
	require.Equal(t, commitment.RoleTarget, c.Fields[0].Role, "what people ask for first")
	require.Equal(t, "99/100", c.Fields[0].Value.Num.String())
	require.Equal(t, "2419200/1", field(c, "window").Value.Num.String())
	require.False(t, field(c, "window").Value.Calendar)
	require.Equal(t, commitment.Lower, field(c, "value").Better)
	require.Equal(t, "19/20", field(c, "timeSliceTarget").Value.Num.String())
	require.Equal(t, "60/1", field(c, "timeSliceWindow").Value.Num.String())
	require.Equal(t, "letters arrive", field(c, "description").Value.Text)
	require.Equal(t, commitment.RoleNote, field(c, "displayName").Role)
}

func TestWindows(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, window, seconds string
		calendar              bool
	}{
		{"rolling", "timeWindow: [{duration: 4w, isRolling: true}]", "2419200/1", false},
		{"no list", "timeWindow: {duration: 1M, isRolling: false}", "2592000/1", true},
		{"a calendar block", "timeWindow: [{duration: 1Q, calendar: {startTime: 2026-01-01 00:00:00, timeZone: UTC}}]", "7862400/1", true},
		{"neither is said", "timeWindow: [{duration: 30d}]", "2592000/1", false},
		{"unit and count", "timeWindows: [{unit: Day, count: 30, isRolling: true}]", "2592000/1", false},
		{"of the calendar", "timeWindows: [{unit: Month, count: 1, isRolling: false}]", "2592000/1", true},
		{"a unit nobody knows", "timeWindows: [{unit: Moon, count: 1}]", "", false},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			c := one(t, "apiVersion: openslo/v1alpha\nkind: SLO\nmetadata: {name: a}\nspec:\n  "+test.window+"\n  objectives: [{target: 0.99}]\n")
			w := field(c, "window")
			require.Equal(t, commitment.RoleWindow, w.Role)
			require.Equal(t, 5, w.Line)
			require.Equal(t, test.calendar, w.Value.Calendar)
			if test.seconds == "" {
				require.True(t, w.Value.Opaque)
				return
			}
			require.Equal(t, test.seconds, w.Value.Num.String())
		})
	}
}

func TestTargets(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ name, target, want string }{
		{"ratio", "target: 0.9995", "1999/2000"},
		{"quoted", `target: "0.9995"`, "1999/2000"},
		{"percent", "targetPercent: 99.95", "1999/2000"},
		{"both", "target: 0.99, targetPercent: 99", "99/100"},
		{"older word", "budgetTarget: 0.99", "99/100"},
		{"a percentage as ratio", "target: 99.9", ""},
		{"a ratio as percentage", "targetPercent: 0.999", ""},
		{"both differ", "target: 0.99, targetPercent: 95", ""},
		{"words", "target: most", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			p := openslo.Format().Parse("a", []byte("apiVersion: n9/v1alpha\nkind: SLO\nmetadata: {name: a, project: p}\nspec: {objectives: [{"+test.target+"}]}\n"))
			require.Len(t, p.Commitments, 1)
			require.Equal(t, "p", p.Commitments[0].Key.Namespace)
			v := p.Commitments[0].Fields[0].Value
			if test.want == "" {
				require.True(t, v.Opaque)
				require.Len(t, p.Problems, 1)
				return
			}
			require.Empty(t, p.Problems)
			require.Equal(t, test.want, v.Num.String())
		})
	}
}

func TestOtherKindsAreReadAndHoldNothing(t *testing.T) {
	t.Parallel()
	p := openslo.Format().Parse("a", []byte("- apiVersion: openslo/v1\n  kind: Service\n  metadata: {name: a}\n- apiVersion: openslo/v1\n  kind: DataSource\n"))
	require.True(t, p.Mine)
	require.Empty(t, p.Commitments)
	require.False(t, openslo.Format().Parse("a", []byte("apiVersion: v1\nkind: Service\n")).Mine)
}

func FuzzParse(f *testing.F) {
	f.Add("apiVersion: openslo/v1\nkind: SLO\nmetadata: {name: a}\nspec:\n  indicatorRef: x\n  timeWindow: [{duration: 1M, calendar: {timeZone: UTC}}]\n  alertPolicies: [p, {alertPolicyRef: q}, {kind: AlertPolicy, spec: {conditions: [{kind: AlertCondition, spec: {condition: {threshold: 2}}}]}}]\n  objectives: [{target: 0.99, op: lt, value: 3}]\n")
	f.Add("apiVersion: n9/v1alpha\nkind: AlertPolicy\nspec: {severity: High, conditions: [{measurement: averageBurnRate, value: 2, alertingWindow: 1h}]}\n")
	f.Add("apiVersion: openslo/v1\nkind: SLI\nspec: {ratioMetric: {good: {metricSource: {spec: {query: 'sum(x_bucket{le=\"1\"})'}}}}}\n")
	f.Fuzz(func(_ *testing.T, text string) {
		openslo.Format().Sniff("a.yml", []byte(text))
		openslo.Format().Parse("a.yml", []byte(text))
	})
}
