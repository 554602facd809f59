package storetest

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/slagate/slagate/internal/store"
)

// turns: one worker at a time, over all processes; the last turn is the one that counts.
func turns(t *testing.T, h Harness) {
	t.Helper()
	ctx := t.Context()
	accept(t, h.Store, delivery("g1", 12))
	accept(t, h.Store, delivery("g2", 13))
	first, done, _, err := h.Store.BeginPull(ctx, repoID, 12)
	require.NoError(t, err)
	stores := []Store{h.Store}
	if h.Another != nil {
		stores = append(stores, h.Another(t).Store)
	}
	for _, s := range stores {
		_, _, _, err = s.BeginPull(ctx, repoID, 12)
		require.ErrorIs(t, err, store.ErrBusy)
		_, other, _, err := s.BeginPull(ctx, repoID, 13)
		require.NoError(t, err, "others are free")
		other()
	}
	gen, err := h.Store.CheckTurn(ctx, first)
	require.NoError(t, err)
	require.Equal(t, first.Gen, gen)
	accept(t, h.Store, delivery("g3", 12))
	gen, err = h.Store.CheckTurn(ctx, first)
	require.NoError(t, err)
	require.Greater(t, gen, first.Gen)
	done()
	_, err = h.Store.CheckTurn(ctx, first)
	require.ErrorIs(t, err, store.ErrOvertaken, "its lock is given back")

	for _, s := range stores {
		later, done, _, err := s.BeginPull(ctx, repoID, 12)
		require.NoError(t, err)
		require.Greater(t, later.No, first.No)
		_, err = s.CheckTurn(ctx, later)
		require.NoError(t, err)
		require.Equal(t, later.No, get(t, s, 12).Turn)

		// Whoever had the turn before writes nothing more.
		_, err = h.Store.CheckTurn(ctx, first)
		require.ErrorIs(t, err, store.ErrOvertaken)
		stale := saved(12, first.Gen)
		stale.Turn = first.No
		_, err = h.Store.SavePull(ctx, stale)
		require.ErrorIs(t, err, store.ErrOvertaken)
		err = h.Store.SettlePull(ctx, first, func(store.Tx, bool) error { panic("settled what was overtaken") })
		require.ErrorIs(t, err, store.ErrOvertaken)
		good := saved(12, later.Gen)
		good.Turn = later.No
		_, err = s.SavePull(ctx, good)
		require.NoError(t, err)
		done()
	}
}

// turnsNameDelivery: a turn tells the last delivery that was not answered; what comes without
// one takes it away as little as an evaluation that fails.
func turnsNameDelivery(t *testing.T, h Harness) {
	t.Helper()
	ctx := t.Context()
	begin := func() store.Turn {
		turn, done, _, err := h.Store.BeginPull(ctx, repoID, 12)
		require.NoError(t, err)
		done()
		return turn
	}
	finish := func(turn store.Turn) {
		require.NoError(t, h.Store.SettlePull(ctx, turn, func(store.Tx, bool) error { return nil }))
	}
	accept(t, h.Store, delivery("g1", 12))
	accept(t, h.Store, delivery("g2", 12))
	require.NoError(t, h.Store.Enqueue(ctx, delivery("", 12).Pulls, "sweep"))
	require.Equal(t, "g2", begin().Delivery)
	turn := begin()
	_, err := h.Store.SavePull(ctx, saved(12, turn.Gen))
	require.NoError(t, err)
	turn = begin()
	require.Equal(t, "g2", turn.Delivery, "what was decided may not be carried out yet")

	accept(t, h.Store, delivery("g3", 12))
	finish(turn)
	turn = begin()
	require.Equal(t, "g3", turn.Delivery, "arrived in the middle")
	finish(turn)
	require.Empty(t, begin().Delivery, "answered")
	require.NoError(t, h.Store.Enqueue(ctx, delivery("", 12).Pulls, "sweep"))
	require.Empty(t, begin().Delivery, "a sweep answers no delivery")
	accept(t, h.Store, delivery("g1", 12))
	require.Equal(t, "g1", begin().Delivery, "sent again")
}

func heads(t *testing.T, h Harness) {
	t.Helper()
	ctx := t.Context()
	lock, ok, err := h.Store.TryHead(ctx, repoID, "aaa")
	require.NoError(t, err)
	require.True(t, ok)
	require.True(t, lock.Held())
	stores := []Store{h.Store}
	if h.Another != nil {
		stores = append(stores, h.Another(t).Store)
	}
	for _, s := range stores {
		_, ok, err := s.TryHead(ctx, repoID, "aaa")
		require.NoError(t, err)
		require.False(t, ok)
		other, ok, err := s.TryHead(ctx, repoID, "bbb")
		require.NoError(t, err)
		require.True(t, ok)
		other.Unlock()
	}
	lock.Unlock()
	require.False(t, lock.Held())
	for _, s := range stores {
		again, ok, err := s.TryHead(ctx, repoID, "aaa")
		require.NoError(t, err)
		require.True(t, ok)
		lock.Unlock() // once more: it is not the new owner's
		require.True(t, again.Held())
		again.Unlock()
	}
}

// crowded: where much of a repository waits already, further events of it let those of others pass.
func crowded(t *testing.T, h Harness) {
	t.Helper()
	for n := range 20 {
		accept(t, h.Store, delivery(fmt.Sprint("g", n), n+1))
	}
	other := delivery("other", 500)
	other.Pulls[0].Ref.RepoID, other.Pulls[0].Ref.Repo = repoID+1, "quiet"
	accept(t, h.Store, other)
	priorities := map[int]int{}
	for _, j := range h.Jobs(t) {
		priorities[j.Number] = j.Priority
	}
	require.Equal(t, priorities[500], priorities[1])
	require.Greater(t, priorities[20], priorities[500])
	accept(t, h.Store, delivery("again", 1))
	require.Equal(t, priorities[1], h.Jobs(t)[0].Priority, "nobody falls back")
}

func listsAndDebts(t *testing.T, h Harness) {
	t.Helper()
	ctx := t.Context()
	shown := hint(12)
	shown.Shown = "digest"
	require.NoError(t, h.Store.Enqueue(ctx, []store.PullHint{shown}, "sweep"))
	row := get(t, h.Store, 12)
	require.Equal(t, "digest", row.Shown)
	require.Empty(t, row.Settled)
	s := saved(12, 1)
	s.Settled, s.SettledUntil, s.Debt = row.Shown, start().Add(time.Hour), true
	_, err := h.Store.SavePull(ctx, s)
	require.NoError(t, err)
	row = get(t, h.Store, 12)
	require.Equal(t, "digest", row.Settled)
	require.Equal(t, start().Add(time.Hour), row.SettledUntil)
	debts, err := h.Store.Debts(ctx, repoID)
	require.NoError(t, err)
	require.Len(t, debts, 1)
	require.True(t, debts[0].Debt)

	accept(t, h.Store, delivery("g1", 12))
	require.Empty(t, get(t, h.Store, 12).Shown, "what the list showed is older than what arrived")
	_, err = h.Store.SavePull(ctx, saved(12, 2))
	require.NoError(t, err)
	require.Empty(t, get(t, h.Store, 12).Settled)
	debts, err = h.Store.Debts(ctx, repoID)
	require.NoError(t, err)
	require.Empty(t, debts)
}

func recovery(t *testing.T, h Harness) {
	t.Helper()
	ctx := t.Context()
	h.Now(start())
	for _, guid := range []string{"a", "b", "a"} {
		require.NoError(t, h.Store.NoteAsked(ctx, guid))
	}
	asked, err := h.Store.AskedAgain(ctx, []string{"a", "c", "b"})
	require.NoError(t, err)
	require.Equal(t, []string{"a", "b"}, asked)
	later := start().Add(time.Second)
	n, err := h.Store.Prune(ctx, store.Keep{Deliveries: later, Redeliveries: later, Closed: later})
	require.NoError(t, err)
	require.Equal(t, int64(2), n)

	at, err := h.Store.Mark(ctx, "deliveries")
	require.NoError(t, err)
	require.Zero(t, at)
	for _, want := range []time.Time{start(), later} {
		require.NoError(t, h.Store.SetMark(ctx, "deliveries", want))
		at, err = h.Store.Mark(ctx, "deliveries")
		require.NoError(t, err)
		require.Equal(t, want, at)
	}
}

func queueDepth(t *testing.T, h Harness) {
	t.Helper()
	ctx := t.Context()
	for n := range 3 {
		accept(t, h.Store, delivery(fmt.Sprint("g", n), n+1))
	}
	h.SetJob(t, 1, "running")
	h.SetJob(t, 2, "scheduled")
	depth, err := h.Store.QueueDepth(ctx, time.Now().Add(-time.Hour))
	require.NoError(t, err)
	require.Equal(t, []store.Depth{
		{Kind: "evaluate", State: "available", Jobs: 1}, {Kind: "evaluate", State: "running", Jobs: 1}, {Kind: "evaluate", State: "scheduled", Jobs: 1},
	}, depth)
	depth, err = h.Store.QueueDepth(ctx, time.Now().Add(time.Hour))
	require.NoError(t, err)
	require.Contains(t, depth, store.Depth{Kind: "evaluate", State: "stuck", Jobs: 1})
}
