package controller_test

import (
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/slagate/slagate/internal/controller"
)

func attempt(id int64, guid string, minute int, ok bool) controller.Attempt {
	return controller.Attempt{ID: id, GUID: guid, At: ten.Add(time.Duration(minute) * time.Minute), OK: ok}
}

// recovering is a fake whose list of deliveries has, newest first: one that was made good
// later, one that failed twice, one that failed once, one that succeeded.
func recovering() *fake {
	f := newFake()
	f.attempts = []controller.Attempt{
		attempt(6, "good", 6, true), attempt(5, "twice", 5, false), attempt(4, "once", 4, false),
		attempt(3, "twice", 3, false), attempt(2, "good", 2, false), attempt(1, "fine", 1, true),
	}
	f.redeliverErr = map[int64]error{}
	return f
}

// TestRecover: each event that no attempt delivered is asked for once, by its last attempt, oldest first.
func TestRecover(t *testing.T) {
	t.Parallel()
	f := recovering()
	c := f.controller()
	require.NoError(t, c.Recover(t.Context()))
	require.Equal(t, []string{"deliveries since 09:00", "redeliver 4", "redeliver 5", "asked 2, refused 0"}, f.log)
	require.Equal(t, ten, f.mark)

	f.log, f.now = nil, ten.Add(5*time.Minute)
	f.attempts = append([]controller.Attempt{attempt(8, "twice", 8, false), attempt(7, "new", 7, false)}, f.attempts...)
	require.NoError(t, c.Recover(t.Context()))
	require.Equal(t, []string{"deliveries since 09:00", "redeliver 7", "asked 1, refused 0"}, f.log, "once is enough: the sweep is there too")
}

// TestRecoverIsBounded: what was not asked for yet is not passed over by the mark.
func TestRecoverIsBounded(t *testing.T) {
	t.Parallel()
	f := recovering()
	f.attempts = nil
	for i := range int64(450) {
		f.attempts = append(f.attempts, attempt(i+1, string(rune('a'+i)), 0, false))
	}
	c := f.controller()
	require.NoError(t, c.Recover(t.Context()))
	require.Len(t, f.asked, 200)
	require.Zero(t, f.mark)
	require.NoError(t, c.Recover(t.Context()))
	require.Zero(t, f.mark)
	require.NoError(t, c.Recover(t.Context()))
	require.Len(t, f.asked, 450)
	require.Equal(t, ten, f.mark)
}

func TestRecoverFails(t *testing.T) {
	t.Parallel()
	f := recovering()
	f.redeliverErr[5] = errDown
	c := f.controller()
	require.ErrorIs(t, c.Recover(t.Context()), errDown)
	require.Equal(t, []string{"once"}, f.asked)
	require.Zero(t, f.mark, "it begins at the same place again")
	delete(f.redeliverErr, 5)
	f.log = nil
	require.NoError(t, c.Recover(t.Context()))
	require.Contains(t, f.log, "redeliver 5")
	require.NotContains(t, f.log, "redeliver 4")

	f = recovering()
	f.recoverErr = errDown
	require.ErrorIs(t, f.controller().Recover(t.Context()), errDown)
	f.recoverErr = errors.Join(controller.ErrNoList, errDown)
	require.NoError(t, f.controller().Recover(t.Context()), "a server without the list lives by its sweeps")
	require.Empty(t, f.asked)

	f = recovering()
	f.cutOff = true
	require.NoError(t, f.controller().Recover(t.Context()))
	require.Len(t, f.asked, 2, "what could be read is made good")
}
