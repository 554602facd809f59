package storetest

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"

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
