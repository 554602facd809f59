package commitment_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/slagate/slagate/internal/commitment"
)

func TestSeverity(t *testing.T) {
	t.Parallel()
	all := commitment.Effects()
	require.Equal(t, []commitment.Effect{"unknown", "removed", "weakened", "added", "strengthened", "neutral"}, all)
	for i := 1; i < len(all); i++ {
		require.Greater(t, all[i-1].Severity(), all[i].Severity(), "%s is worse than %s", all[i-1], all[i])
	}
	for _, odd := range []commitment.Effect{"", "Weakened", "fine"} {
		require.Equal(t, commitment.Unknown.Severity(), odd.Severity(), "%q is as bad as unknown", odd)
	}
}
