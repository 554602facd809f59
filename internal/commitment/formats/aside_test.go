package formats_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/slagate/slagate/internal/commitment/formats"
)

func TestPutAside(t *testing.T) {
	t.Parallel()
	for _, names := range [][2]string{
		{"slo/a.yaml", "slo/a.yml"},
		{"slo/a.yaml", "slo/b.yaml"},
		{"slo/a.yaml", "alerts/a.yaml"},
		{"slo/old/a.yaml", "slo/old/b.yaml"},
		{"slo/a.yaml", "slo/golden.yaml"},
		{"slo/a.yaml", "slo/a.v2.yaml"},
		{"SLA.md", "sla.markdown"},
		{"a", "b"},
	} {
		require.Empty(t, formats.PutAside(names[0], names[1]), "%v", names)
	}
	for _, names := range [][2]string{
		{"slo/a.yaml", "slo/a.yaml.bak"},
		{"slo/a.yaml", "slo/a.txt"},
		{"slo/a.yaml", "slo/disabled/a.yaml"},
		{"slo/a.yaml", "slo/.a.yaml"},
		{"slo/a.yaml", "slo/_a.yaml"},
		{"slo/a.yaml", "slo/a-old.yaml"},
		{"a.tf", "a.tf.disabled"},
		{"a.yaml", "a"},
		{"a.yaml", "a.yaml.tpl"},
		{"sla.md", "archive/sla.md"},
	} {
		require.NotEmpty(t, formats.PutAside(names[0], names[1]), "%v", names)
	}
}
