package sqlite

import (
	"context"
	"slices"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"
)

// TestTurns: one at a time; a delivery waits for the writer that is at work and
// for the next one, not for all that came before it; the others keep their order.
func TestTurns(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		turns := newTurns()
		first, err := turns.take(t.Context(), false)
		require.NoError(t, err)
		var order []int
		wait := func(n int, urgent bool) {
			go func() {
				done, err := turns.take(context.Background(), urgent)
				if err == nil {
					order = append(order, n)
					done()
				}
			}()
			synctest.Wait()
		}
		for n := range 20 {
			wait(n, false)
		}
		wait(100, true)
		wait(101, true)
		require.Empty(t, order)
		first()
		synctest.Wait()
		require.Len(t, order, 22)
		require.Less(t, slices.Index(order, 101), 3)
		require.Less(t, slices.Index(order, 100), slices.Index(order, 101))
		calm := slices.DeleteFunc(order, func(n int) bool { return n >= 100 })
		require.True(t, slices.IsSorted(calm), "%v", calm)
	})
}
