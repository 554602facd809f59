package job_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/slagate/slagate/internal/pull"
	"github.com/slagate/slagate/internal/store"
)

func TestWideWork(t *testing.T) {
	t.Parallel()
	b := setup(t)
	sweeps, looks, groups := make(chan struct{}, 10), make(chan store.Look, 10), make(chan store.MergeGroup, 10)
	b.config.SweepInterval = time.Second
	b.config.Handlers.Sweep = func(context.Context, time.Duration) error { sweeps <- struct{}{}; return nil }
	b.config.Handlers.Fan = func(_ context.Context, look store.Look) error { looks <- look; return nil }
	failed := false
	b.config.Handlers.Group = func(_ context.Context, g store.MergeGroup) error {
		if !failed {
			failed = true
			return limited{time.Millisecond}
		}
		groups <- g
		return nil
	}
	b.start(t)
	<-sweeps
	<-sweeps // at the start, and after the interval
	look := store.Look{Scope: store.ScopeOwner, OwnerID: 40, TakesAway: true, Why: "test"}
	require.NoError(t, b.db.EnqueueLooks(t.Context(), []store.Look{look}))
	require.Equal(t, look, <-looks)
	group := store.MergeGroup{Ref: pull.Ref{Installation: 7, RepoID: repoID, Owner: "acme", Repo: "shop"}, Head: "mmm", Base: "bbb"}
	d := arrival("g1", 12)
	d.MergeGroups = []store.MergeGroup{group}
	_, err := b.db.Accept(t.Context(), d)
	require.NoError(t, err)
	got := <-groups
	require.Equal(t, group.Head, got.Head)
	require.Equal(t, group.Ref, got.Ref)
}

// TestRecoverComesAgainAsItSays: a run that left something names the time of the next one, and those that
// are due meanwhile are that one.
func TestRecoverComesAgainAsItSays(t *testing.T) {
	t.Parallel()
	b := setup(t)
	runs := make(chan struct{}, 10)
	b.config.SweepInterval = time.Second
	sweeps := make(chan struct{}, 10)
	b.config.Handlers.Sweep = func(context.Context, time.Duration) error { sweeps <- struct{}{}; return nil }
	b.config.Handlers.Recover = func(context.Context) error {
		runs <- struct{}{}
		if len(runs) == 1 {
			return fmt.Errorf("run: %w", limited{100 * time.Millisecond})
		}
		return limited{time.Hour}
	}
	b.start(t)
	require.Eventually(t, func() bool { return len(runs) == 2 }, patience, tick, "before the next interval")
	for range 3 { // at the start, and after each interval
		<-sweeps
	}
	var states string
	require.NoError(t, b.db.Writer().QueryRowContext(t.Context(), `select group_concat(state) from river_job where kind = 'recover'`).Scan(&states))
	require.Equal(t, "scheduled", states)
	require.Len(t, runs, 2)
}

func TestPruneRuns(t *testing.T) {
	t.Parallel()
	b := setup(t)
	old := arrival("old", 12)
	old.Received = time.Now().Add(-48 * time.Hour)
	_, err := b.db.Accept(t.Context(), old)
	require.NoError(t, err)
	b.arrive(t, "new", 12)
	b.start(t)
	left := func() (n int) {
		require.NoError(t, b.db.Writer().QueryRowContext(t.Context(), `select count(*) from deliveries`).Scan(&n))
		return n
	}
	require.Eventually(t, func() bool { return left() == 1 }, patience, tick)
}
