package job

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestShares(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC)
	s := newShares(4, func() time.Time { return now })
	first, _ := s.take(1)
	second, _ := s.take(1)
	require.NotNil(t, first)
	require.NotNil(t, second)
	for i := range 300 {
		release, wait := s.take(1)
		require.Nil(t, release)
		require.Equal(t, min(time.Duration(i+1)*shareStep, shareMost), wait, "each later than the one before, none too late")
	}
	other, _ := s.take(2)
	require.NotNil(t, other)
	other()
	now = now.Add(time.Hour)
	_, wait := s.take(1)
	require.Equal(t, shareStep, wait)
	second()
	third, _ := s.take(1)
	require.NotNil(t, third)
	third()
	first()
	require.Empty(t, s.of, "nothing is left behind")

	one := newShares(1, func() time.Time { return now })
	release, _ := one.take(1)
	require.NotNil(t, release, "one worker is enough")
}
