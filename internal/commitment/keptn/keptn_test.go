package keptn_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/slagate/slagate/internal/commitment"
	"github.com/slagate/slagate/internal/commitment/formattest"
	"github.com/slagate/slagate/internal/commitment/keptn"
)

func TestCases(t *testing.T) {
	t.Parallel()
	formattest.Cases(t, keptn.Format())
}

func TestReadsCriteria(t *testing.T) {
	t.Parallel()
	text := []byte("spec_version: '1.0'\nobjectives:\n  - sli: response_time_p95\n    key_sli: true\n    pass:\n      - criteria: [\"<=+10%\", \"<800\"]\n    weight: 2\n  - sli: oops\n    pass: [{criteria: [fast]}]\n  - weight: 3\ntotal_score: {pass: '90%'}\n")
	require.True(t, keptn.Format().Sniff("slo.yaml", text))
	p := keptn.Format().Parse("slo.yaml", text)
	require.True(t, p.Mine)
	require.Len(t, p.Problems, 2, "a criterion of words, an objective without an indicator")
	require.Len(t, p.Commitments, 3)
	c := p.Commitments[0]
	require.Equal(t, commitment.Latency, c.Kind)
	require.Equal(t, 3, c.Source.Line)
	require.Equal(t, "10/1", c.Fields[0].Value.Num.String())
	require.Equal(t, "<=+10%", c.Fields[0].Value.Text)
	require.Equal(t, "800/1", c.Fields[1].Value.Num.String())
	require.Equal(t, commitment.Lower, c.Fields[1].Better)
	require.Equal(t, "<=number% of former runs and <number", c.Fields[2].Value.Text)
	require.True(t, p.Commitments[1].Fields[0].Value.Opaque)
	require.Equal(t, "9/10", p.Commitments[2].Fields[0].Value.Num.String())
}

func TestLeavesOthersAlone(t *testing.T) {
	t.Parallel()
	require.False(t, keptn.Format().Parse("a.yml", []byte("objectives: [{sli: a}]\n")).Mine)
	require.False(t, keptn.Format().Parse("a.yml", []byte("spec_version: 1\nother: 2\n")).Mine)
}

func FuzzParse(f *testing.F) {
	f.Add("spec_version: '1.0'\ncomparison: {compare_with: single_result}\nobjectives:\n- {sli: a, key_sli: true, weight: 2, pass: [{criteria: ['<800', '<=+10%']}, {criteria: ['=0']}], warning: [{criteria: ['<1000']}]}\ntotal_score: {pass: 90%, warning: 75%}\n")
	f.Fuzz(func(_ *testing.T, text string) {
		keptn.Format().Sniff("a.yml", []byte(text))
		keptn.Format().Parse("a.yml", []byte(text))
	})
}
