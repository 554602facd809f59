package pyrra_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/slagate/slagate/internal/commitment"
	"github.com/slagate/slagate/internal/commitment/formattest"
	"github.com/slagate/slagate/internal/commitment/pyrra"
)

func TestCases(t *testing.T) {
	t.Parallel()
	formattest.Cases(t, pyrra.Format())
}

func TestReadsAResource(t *testing.T) {
	t.Parallel()
	p := pyrra.Format().Parse("slo.yaml", []byte(`apiVersion: pyrra.dev/v1alpha1
kind: ServiceLevelObjective
metadata:
  name: letters-speed
  namespace: post
  labels: {pyrra.dev/team: desk, pyrra.dev/service: letters, role: alerts}
spec:
  description: letters are fast
  target: "99.5"
  window: 4w
  indicator:
    latency:
      success: {metric: 'letter_seconds_bucket{le="0.5",zone="a"}'}
      total: {metric: 'letter_seconds_count{zone="a"}'}
      grouping: [b, a]
  alerting: {disabled: true}
`))
	require.True(t, p.Mine)
	require.Empty(t, p.Problems)
	require.Len(t, p.Commitments, 1)
	c := p.Commitments[0]
	require.Equal(t, commitment.Key{Format: "pyrra", Namespace: "post", Group: "letters", Name: "letters-speed"}, c.Key)
	require.Equal(t, commitment.Latency, c.Kind)
	require.Equal(t, "desk", c.Owner)
	require.Equal(t, "latency by a, b; latency success {metric: letter_seconds_bucket{le=\"?\",zone=\"a\"}; }", c.Indicator[:len("latency by a, b; latency success {metric: letter_seconds_bucket{le=\"?\",zone=\"a\"}; }")])
	values := map[string]commitment.Field{}
	for _, f := range c.Fields {
		values[f.Name] = f
	}
	require.Equal(t, "199/200", values["target"].Value.Num.String())
	require.Equal(t, 9, values["target"].Line)
	require.Equal(t, "2419200/1", values["window"].Value.Num.String())
	require.Equal(t, "0.5", values["le"].Value.Text)
	require.Equal(t, commitment.Lower, values["le"].Better)
	require.Equal(t, 0, values["alerting"].Value.Num.Sign())
	require.Equal(t, 1, values["alerting.absent"].Value.Num.Sign())
	require.Equal(t, commitment.RoleKey, values["label team"].Role)
	require.NotContains(t, values, "label role")
}

// Pyrra and slo-generator have a kind of the same name.
func TestTellsItFromSLOGenerator(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, text string
		mine       bool
	}{
		{"without a group", "apiVersion: v1alpha1\nkind: ServiceLevelObjective\nspec: {target: '99', window: 1w}\n", true},
		{"nothing in it", "apiVersion: pyrra.dev/v1alpha1\nkind: ServiceLevelObjective\nspec: {}\n", true},
		{"slo-generator", "apiVersion: sre.google.com/v2\nkind: ServiceLevelObjective\nspec: {goal: 0.99}\n", false},
		{"slo-generator without a version", "kind: ServiceLevelObjective\nspec: {goal: 0.99, service_level_indicator: {}}\n", false},
		{"slo-generator with a window", "kind: ServiceLevelObjective\nspec: {goal: 0.99, window: 1w}\n", false},
		{"something else", "apiVersion: v1\nkind: Service\nspec: {target: x}\n", false},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, test.mine, pyrra.Format().Parse("a.yml", []byte(test.text)).Mine)
		})
	}
}

func FuzzParse(f *testing.F) {
	f.Add("apiVersion: pyrra.dev/v1alpha1\nkind: ServiceLevelObjective\nmetadata: {name: a}\nspec: {target: '99', window: 4w, indicator: {ratio: {errors: {metric: 'x{code=\"5\"}'}, total: {metric: x}, grouping: [a]}}, alerting: {severities: {fast: page}}}\n")
	f.Add("kind: ServiceLevelObjective\nspec: {target: 99, indicator: {latencyNative: {latency: 500ms, total: {metric: x}}}}\n")
	f.Fuzz(func(_ *testing.T, text string) {
		pyrra.Format().Sniff("a.yml", []byte(text))
		pyrra.Format().Parse("a.yml", []byte(text))
	})
}
