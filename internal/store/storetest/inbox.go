package storetest

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/slagate/slagate/internal/pull"
	"github.com/slagate/slagate/internal/store"
)

// atOnce: deliveries that come together are each kept or refused for themselves. Those that
// cannot be kept take no other with them, one that comes twice is fresh once, and one
// whose sender gave up may be there or not, but is whole.
func atOnce(t *testing.T, h Harness) {
	t.Helper()
	const good, twice, bad, given = 120, 20, 10, 10
	var (
		mu    sync.Mutex
		fresh = map[string]int{}
		errs  []error
		all   sync.WaitGroup
	)
	send := func(ctx context.Context, d store.Delivery) {
		all.Go(func() {
			isFresh, err := h.Store.Accept(ctx, d)
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				errs = append(errs, err)
			} else if isFresh {
				fresh[d.GUID]++
			}
		})
	}
	for i := range good {
		send(t.Context(), delivery(fmt.Sprint("good", i), 1+i%7))
	}
	for i := range twice {
		for range 2 {
			send(t.Context(), delivery(fmt.Sprint("twice", i), 1+i%7))
		}
	}
	for i := range bad {
		d := delivery(fmt.Sprint("bad", i), 12)
		d.Pulls[0].Ref = pull.Ref{RepoID: 999, Number: 12} // nobody knows the repository
		send(t.Context(), d)
	}
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	for i := range given {
		send(gone, delivery(fmt.Sprint("given", i), 100+i))
	}
	all.Wait()

	refused, gaveUp := 0, 0
	for _, err := range errs {
		switch {
		case errors.Is(err, store.ErrNotFound):
			refused++
		case errors.Is(err, context.Canceled):
			gaveUp++
		default:
			t.Errorf("neither refused nor given up: %v", err)
		}
	}
	require.Equal(t, bad, refused)
	require.LessOrEqual(t, gaveUp, given)
	for i := range good {
		require.Equal(t, 1, fresh[fmt.Sprint("good", i)])
	}
	for i := range twice {
		require.Equal(t, 1, fresh[fmt.Sprint("twice", i)])
	}
	evidence, arrivals := 0, int64(0)
	for n := 1; n <= 7; n++ {
		row := get(t, h.Store, n)
		evidence += len(row.Evidence)
		arrivals += row.Gen
		for i := range row.Evidence[1:] {
			require.Greater(t, row.Evidence[i+1].Seq, row.Evidence[i].Seq)
		}
	}
	require.Equal(t, good+twice, evidence, "evidence is kept once")
	require.Equal(t, int64(good+2*twice), arrivals, "and everything is looked at")
	for i := range given {
		row, found, err := h.Store.Pull(t.Context(), repoID, 100+i)
		require.NoError(t, err)
		if found {
			require.Len(t, row.Evidence, 1)
		}
	}
	_, found, err := h.Store.Repo(t.Context(), 999)
	require.NoError(t, err)
	require.False(t, found)
}

// replaysAtOnce: a body that comes under several GUIDs, together or one after the other, is believed once.
func replaysAtOnce(t *testing.T, h Harness) {
	t.Helper()
	const bodies, copies = 30, 4
	for _, round := range []string{"together", "later"} {
		var all sync.WaitGroup
		for i := range bodies * copies {
			all.Go(func() {
				d := delivery(fmt.Sprint(round, i), 12)
				d.BodyHash = fmt.Sprint("body", i%bodies)
				fresh, err := h.Store.Accept(t.Context(), d)
				assert.True(t, err == nil && fresh, "the GUID is new: %v", err)
			})
		}
		all.Wait()
		require.Len(t, get(t, h.Store, 12).Evidence, bodies, round)
	}
	require.Equal(t, int64(2*bodies*copies), get(t, h.Store, 12).Gen, "and everything is looked at")
}

// panics: a bug that one delivery brings to light harms no other. Who came with it is kept, who comes
// after it is kept, and no transaction stays open behind it.
func panics(t *testing.T, h Harness) {
	t.Helper()
	const good, bad = 60, 30 // more than a store has connections
	h.FailQueue(bug{13})
	var all sync.WaitGroup
	for i := range good + bad {
		all.Go(func() {
			d := delivery(fmt.Sprint("g", i), 12)
			if i%3 == 0 {
				d.Pulls[0].Ref.Number = 13
				assert.PanicsWithValue(t, bug{13}, func() { _, _ = h.Store.Accept(t.Context(), d) }, "in the sender's own goroutine")
				return
			}
			fresh, err := h.Store.Accept(t.Context(), d)
			assert.True(t, err == nil && fresh, err)
		})
	}
	all.Wait()
	urgent := hint(13)
	urgent.First = true
	require.PanicsWithValue(t, bug{13}, func() { _ = h.Store.Enqueue(t.Context(), []store.PullHint{urgent}, "test") })
	require.Equal(t, int64(good), get(t, h.Store, 12).Gen)
	_, found, err := h.Store.Pull(t.Context(), repoID, 13)
	require.NoError(t, err)
	require.False(t, found)

	h.FailQueue(nil)
	accept(t, h.Store, delivery("g0", 13))
	require.Len(t, get(t, h.Store, 13).Evidence, 1, "it was not kept before")
}

// closing: while the store is being closed each sender has an answer, and what was accepted is there.
func closing(t *testing.T, h Harness) {
	t.Helper()
	const senders, first = 40, 5
	accepted := make([][]string, senders)
	begun := make(chan struct{}, senders)
	var all sync.WaitGroup
	for i := range senders {
		all.Go(func() {
			for n := 0; ; n++ {
				guid := fmt.Sprint("g", i, "-", n)
				if _, err := h.Store.Accept(t.Context(), delivery(guid, 12)); err != nil {
					return
				}
				if accepted[i] = append(accepted[i], guid); n == first {
					begun <- struct{}{}
				}
			}
		})
	}
	for range senders {
		<-begun
	}
	again := h.Crash(t)
	all.Wait()
	kept := map[string]bool{}
	for _, e := range get(t, again.Store, 12).Evidence {
		kept[e.Delivery] = true
	}
	for _, guids := range accepted {
		for _, guid := range guids {
			require.True(t, kept[guid], guid)
		}
	}
	_, err := h.Store.Accept(t.Context(), delivery("late", 12))
	require.ErrorContains(t, err, "closed")
}
