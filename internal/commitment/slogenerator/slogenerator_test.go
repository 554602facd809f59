package slogenerator_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/slagate/slagate/internal/commitment"
	"github.com/slagate/slagate/internal/commitment/formattest"
	"github.com/slagate/slagate/internal/commitment/slogenerator"
)

func TestCases(t *testing.T) {
	t.Parallel()
	formattest.Cases(t, slogenerator.Format())
}

func TestReadsBothVersions(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"two": `apiVersion: sre.google.com/v2
kind: ServiceLevelObjective
metadata: {name: letters, labels: {service_name: post, feature_name: desk, slo_name: availability}}
spec:
  backend: prometheus
  method: good_bad_ratio
  goal: 0.999
  error_budget_policy: default
  service_level_indicator: {filter_good: 'x{code="200"}[window]', filter_valid: 'x[window]'}
`,
		"one": `service_name: post
feature_name: desk
slo_name: letters
slo_target: 0.999
backend: {class: Prometheus, method: good_bad_ratio, measurement: {filter_good: 'x{code="200"}[window]'}}
`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.True(t, slogenerator.Format().Sniff("slo.yaml", []byte(text)))
			p := slogenerator.Format().Parse("slo.yaml", []byte(text))
			require.True(t, p.Mine)
			require.Empty(t, p.Problems)
			require.Len(t, p.Commitments, 1)
			c := p.Commitments[0]
			require.Equal(t, commitment.Key{Format: "slogenerator", Namespace: "post", Group: "desk", Name: "letters"}, c.Key)
			require.Equal(t, "999/1000", c.Fields[0].Value.Num.String())
			require.Equal(t, commitment.RoleTarget, c.Fields[0].Role)
			require.Contains(t, c.Indicator, `filter_good x{code="200"}[$window]`)
		})
	}
}

func TestLeavesPyrraAlone(t *testing.T) {
	t.Parallel()
	p := slogenerator.Format().Parse("a.yml", []byte("apiVersion: pyrra.dev/v1alpha1\nkind: ServiceLevelObjective\nspec: {target: '99', window: 1w}\n"))
	require.False(t, p.Mine)
	require.Empty(t, p.Commitments)
}

func FuzzParse(f *testing.F) {
	f.Add("apiVersion: sre.google.com/v2\nkind: ServiceLevelObjective\nmetadata: {name: a}\nspec: {goal: 0.99, service_level_indicator: {threshold_bucket: 19, good_below_threshold: true, expression: 'sum(x[window])'}}\n")
	f.Add("error_budget_policies: {default: {steps: [{name: 1 hour, burn_rate_threshold: 9, alert: true, window: 3600}]}}\n")
	f.Add("- error_budget_policy_step_name: 1 hour\n  alerting_burn_rate_threshold: 9\n")
	f.Fuzz(func(_ *testing.T, text string) {
		slogenerator.Format().Sniff("a.yml", []byte(text))
		slogenerator.Format().Parse("a.yml", []byte(text))
	})
}
