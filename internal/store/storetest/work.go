package storetest

import (
	"context"
	"errors"
	"fmt"
	"math"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"github.com/slagate/slagate/internal/store"
)

func enqueue(t *testing.T, h Harness) {
	t.Helper()
	accept(t, h.Store, delivery("g1", 12))
	_, err := h.Store.SavePull(t.Context(), saved(12, 1))
	require.NoError(t, err)
	h.DropJobs(t)

	hints := []store.PullHint{hint(12)}
	for n := 1000; n < 1500; n++ {
		hints = append(hints, hint(n))
	}
	urgent := hint(2000)
	urgent.TakesAway = true
	require.NoError(t, h.Store.Enqueue(t.Context(), append(hints, urgent), "sweep"))
	require.Equal(t, int64(2), get(t, h.Store, 12).Gen)
	jobs := h.Jobs(t)
	require.Len(t, jobs, 502)
	priorities := map[int]int{}
	for _, j := range jobs {
		priorities[j.Number] = j.Priority
	}
	require.Less(t, priorities[2000], priorities[12], "a sweep does not hold up what people wait for")
	accept(t, h.Store, delivery("g2", 1499))
	for _, j := range h.Jobs(t) {
		if j.Number == 1499 {
			require.Equal(t, priorities[2000], j.Priority, "an event overtakes the sweep")
		}
	}
}

func settle(t *testing.T, h Harness) {
	t.Helper()
	ctx := t.Context()
	accept(t, h.Store, delivery("g1", 12))
	begun, done, found, err := h.Store.BeginPull(ctx, repoID, 12)
	require.NoError(t, err)
	require.True(t, found)
	require.Equal(t, ref(12), begun.Ref)
	var moved bool
	note := func(_ store.Tx, m bool) error { moved = m; return nil }

	accept(t, h.Store, delivery("g2", 12))
	require.NoError(t, h.Store.SettlePull(ctx, begun, note))
	require.True(t, moved)
	require.Equal(t, begun.Gen, get(t, h.Store, 12).Done)
	done()

	begun, done, _, err = h.Store.BeginPull(ctx, repoID, 12)
	require.NoError(t, err)
	defer done()
	broken := errors.New("broken")
	require.ErrorIs(t, h.Store.SettlePull(ctx, begun, func(store.Tx, bool) error { return broken }), broken)
	require.Less(t, get(t, h.Store, 12).Done, begun.Gen, "rolled back")
	require.NoError(t, h.Store.SettlePull(ctx, begun, note))
	require.False(t, moved)
	require.Equal(t, begun.Gen, get(t, h.Store, 12).Done)

	_, _, found, err = h.Store.BeginPull(ctx, repoID, 99)
	require.NoError(t, err)
	require.False(t, found)
}

func waitingWithoutJob(t *testing.T, h Harness) {
	t.Helper()
	accept(t, h.Store, delivery("g1", 12))
	accept(t, h.Store, delivery("g2", 13))
	_, err := h.Store.SavePull(t.Context(), saved(13, 1))
	require.NoError(t, err)
	h.DropJobs(t)
	require.NoError(t, h.Store.EnqueueWaiting(t.Context()))
	jobs := h.Jobs(t)
	require.Len(t, jobs, 1)
	require.Equal(t, 12, jobs[0].Number)
	h.SetJob(t, 12, "scheduled") // put off: GitHub said when to come again
	require.NoError(t, h.Store.EnqueueWaiting(t.Context()))
	require.Equal(t, "scheduled", h.Jobs(t)[0].State)
}

func oldest(t *testing.T, h Harness) {
	t.Helper()
	ctx := t.Context()
	_, ok, err := h.Store.OldestUnevaluated(ctx)
	require.NoError(t, err)
	require.False(t, ok)
	at := func(minute int) time.Time { return start().Add(time.Duration(minute) * time.Minute) }
	for i, n := range []int{12, 13, 12} {
		h.Now(at(i))
		accept(t, h.Store, delivery(fmt.Sprint("g", i), n))
	}
	wait := func(want time.Time) {
		t.Helper()
		since, ok, err := h.Store.OldestUnevaluated(ctx)
		require.NoError(t, err)
		require.True(t, ok)
		require.Equal(t, want, since)
	}
	wait(at(0))
	_, err = h.Store.SavePull(ctx, saved(12, 1)) // the second arrival came while it was evaluated
	require.NoError(t, err)
	wait(at(1))
	_, err = h.Store.SavePull(ctx, saved(13, 1))
	require.NoError(t, err)
	wait(at(2))
	_, err = h.Store.SavePull(ctx, saved(12, 2))
	require.NoError(t, err)
	_, ok, err = h.Store.OldestUnevaluated(ctx)
	require.NoError(t, err)
	require.False(t, ok)
}

func prune(t *testing.T, h Harness) {
	t.Helper()
	ctx := t.Context()
	h.Now(start())
	for i := range 450 { // more than two batches
		accept(t, h.Store, delivery(fmt.Sprint("g", i), 12+i%2))
	}
	closed := saved(12, get(t, h.Store, 12).Gen)
	closed.Open = false
	_, err := h.Store.SavePull(ctx, closed)
	require.NoError(t, err)

	require.NoError(t, h.Store.NoteAsked(ctx, "g0"))
	later := start().Add(time.Second)
	n, err := h.Store.Prune(ctx, store.Keep{Deliveries: start(), Redeliveries: start(), Closed: start()})
	require.NoError(t, err)
	require.Zero(t, n, "nothing is older")
	n, err = h.Store.Prune(ctx, store.Keep{Deliveries: later, Redeliveries: start(), Closed: later})
	require.NoError(t, err)
	require.Equal(t, int64(450+225+1), n)
	asked, err := h.Store.AskedAgain(ctx, []string{"g0"})
	require.NoError(t, err)
	require.Equal(t, []string{"g0"}, asked, "kept for longer than what it asked for")
	n, err = h.Store.Prune(ctx, store.Keep{Redeliveries: later})
	require.NoError(t, err)
	require.Equal(t, int64(1), n)
	_, _, err = h.Store.Snapshot(ctx, repoID, 12)
	require.ErrorIs(t, err, store.ErrNotFound)
	require.Empty(t, get(t, h.Store, 12).Evidence)
	require.Equal(t, int64(5), get(t, h.Store, 12).Memory.CommentID, "memory stays")
	require.Len(t, get(t, h.Store, 13).Evidence, 225, "an open pull request keeps its evidence")
	fresh, err := h.Store.Accept(ctx, delivery("g0", 13))
	require.NoError(t, err)
	require.True(t, fresh, "the delivery is forgotten")
}

// everyArrival is the promise on which all else rests: of 600 events from 4 writers on 5 pull requests, each is
// followed by an evaluation that began after it, and evaluations of one pull request never overlap.
func everyArrival(t *testing.T, h Harness) {
	t.Helper()
	const pulls, writers, each = 5, 4, 150
	var (
		mu          sync.Mutex
		running     = map[int]bool{}
		sawAtStart  = map[int]int64{} // the generation that the last evaluation began with, or a later one
		evaluations int
		overlap     bool
	)
	stop := h.Work(t, func(ctx context.Context, turn store.Turn) (time.Duration, error) {
		r := turn.Ref
		mu.Lock()
		overlap = overlap || running[r.Number]
		running[r.Number] = true
		evaluations++
		mu.Unlock()
		row, _, err := h.Store.Pull(ctx, r.RepoID, r.Number)
		mu.Lock()
		defer mu.Unlock()
		sawAtStart[r.Number] = row.Gen
		running[r.Number] = false
		return 0, err
	})
	defer stop()
	var group errgroup.Group
	for w := range writers {
		group.Go(func() error {
			for i := range each {
				if _, err := h.Store.Accept(t.Context(), delivery(fmt.Sprintf("w%d-%d", w, i), 1+(w+i)%pulls)); err != nil {
					return err
				}
			}
			return nil
		})
	}
	require.NoError(t, group.Wait())
	require.Eventually(t, func() bool {
		mu.Lock()
		defer mu.Unlock()
		for n := 1; n <= pulls; n++ {
			if sawAtStart[n] != writers*each/pulls {
				return false
			}
		}
		return len(h.Jobs(t)) == 0
	}, 20*time.Second, 10*time.Millisecond)
	mu.Lock()
	defer mu.Unlock()
	require.False(t, overlap, "two evaluations of one pull request at once")
	require.Less(t, evaluations, writers*each, "events are coalesced")
	for n := 1; n <= pulls; n++ {
		row := get(t, h.Store, n)
		require.Equal(t, row.Gen, row.Done)
		require.Len(t, row.Evidence, writers*each/pulls)
		last := int64(math.MinInt64)
		for _, e := range row.Evidence {
			require.Greater(t, e.Seq, last)
			last = e.Seq
		}
	}
}

func crash(t *testing.T, h Harness) {
	t.Helper()
	accept(t, h.Store, delivery("g1", 12))
	accept(t, h.Store, delivery("g2", 13))
	h.SetJob(t, 12, "running")
	h = h.Crash(t)
	require.Len(t, h.Jobs(t), 2)
	require.Len(t, get(t, h.Store, 12).Evidence, 1)

	var (
		mu   sync.Mutex
		seen = map[int]int{}
	)
	stop := h.Work(t, func(_ context.Context, turn store.Turn) (time.Duration, error) {
		mu.Lock()
		defer mu.Unlock()
		seen[turn.Ref.Number]++
		return 0, nil
	})
	defer stop()
	require.Eventually(t, func() bool {
		mu.Lock()
		defer mu.Unlock()
		return len(seen) == 2 && len(h.Jobs(t)) == 0
	}, 20*time.Second, 10*time.Millisecond)
}
