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
	for range 3 { // at the start, at once and spread, and after the interval
		<-sweeps
	}
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

// TestSweepsBeginAtOnce: all is looked at when the service starts, and from then on each repository at its
// place, which does not wait for an interval: the latest place would be nearly two of them away.
func TestSweepsBeginAtOnce(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.config.SweepInterval = 100 * time.Hour
	spreads := make(chan time.Duration, 10)
	b.config.Handlers.Sweep = func(_ context.Context, spread time.Duration) error { spreads <- spread; return nil }
	b.start(t)
	require.Eventually(t, func() bool { return len(spreads) == 2 }, patience, tick)
	require.ElementsMatch(t, []time.Duration{0, 72 * time.Hour}, []time.Duration{<-spreads, <-spreads})
}

// TestPlacesInASweep: a place is counted from the sweep that gives it, also while another one is still to
// come; only what was begun in vain does not pile up.
func TestPlacesInASweep(t *testing.T) {
	t.Parallel()
	b := setup(t)
	look := func(spread time.Duration) (looks int) {
		require.NoError(t, b.db.EnqueueLooks(t.Context(), []store.Look{
			{Scope: store.ScopeRepo, RepoID: repoID, Sweep: true, Spread: spread, Delay: spread, Why: "sweep"},
		}))
		require.NoError(t, b.db.Writer().QueryRowContext(t.Context(), `select count(*) from river_job where kind = 'fan'`).Scan(&looks))
		return looks
	}
	require.Equal(t, 1, look(time.Hour))
	require.Equal(t, 2, look(time.Hour), "the earlier place is too early for the next interval")
	require.Equal(t, 3, look(0), "at once is not at a place")
	require.Equal(t, 3, look(0))
	for _, state := range []string{"scheduled", "retryable"} {
		_, err := b.db.Writer().ExecContext(t.Context(), `update river_job set state = ?, attempted_at = scheduled_at where kind = 'fan'`, state)
		require.NoError(t, err)
		require.Equal(t, 3, look(time.Hour), state)
		require.Equal(t, 3, look(0), state)
	}
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
	for range 4 { // at the start, at once and spread, and after each interval
		<-sweeps
	}
	var states string
	require.NoError(t, b.db.Writer().QueryRowContext(t.Context(), `select group_concat(state) from river_job where kind = 'recover'`).Scan(&states))
	require.Equal(t, "scheduled", states)
	require.Len(t, runs, 2)
}

// TestPruneRuns: what is older than is asked for goes; that a delivery was asked for again stays for as long
// as GitHub can deliver it again.
func TestPruneRuns(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for guid, days := range map[string]int{"three days ago": 3, "five days ago": 5} {
		asked := time.Now().AddDate(0, 0, -days).UnixMicro()
		_, err := b.db.Writer().ExecContext(t.Context(), `insert into redeliveries (guid, asked) values (?, ?)`, guid, asked)
		require.NoError(t, err)
	}
	old := arrival("old", 12)
	old.Received = time.Now().Add(-48 * time.Hour)
	_, err := b.db.Accept(t.Context(), old)
	require.NoError(t, err)
	b.arrive(t, "new", 12)
	b.start(t)
	left := func() (guids string) {
		require.NoError(t, b.db.Writer().QueryRowContext(t.Context(),
			`select (select group_concat(guid) from deliveries) || ', ' || (select group_concat(guid) from redeliveries)`).Scan(&guids))
		return guids
	}
	require.Eventually(t, func() bool { return left() == "new, three days ago" }, patience, tick, left())
}
