package job

import (
	"testing"
	"time"

	"github.com/riverqueue/river/rivertype"
	"github.com/stretchr/testify/require"
)

func TestBackoff(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC)
	policy := backoff{func() time.Time { return now }}
	for attempt, want := range map[int]time.Duration{
		1: time.Second, 2: 2 * time.Second, 3: 4 * time.Second, 6: 32 * time.Second,
		7: time.Minute, 8: time.Minute, 200: time.Minute, 0: time.Minute,
	} {
		waits := map[time.Duration]bool{}
		for id := range int64(100) {
			wait := policy.NextRetry(&rivertype.JobRow{ID: id + 1, Attempt: attempt}).Sub(now)
			require.LessOrEqual(t, wait, want, "attempt %d", attempt)
			require.GreaterOrEqual(t, wait, want*3/4, "attempt %d", attempt)
			waits[wait] = true
		}
		require.Greater(t, len(waits), 90, "jobs that failed together come back apart")
	}
}
