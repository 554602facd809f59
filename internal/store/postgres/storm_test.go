package postgres_test

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"github.com/slagate/slagate/internal/job"
	"github.com/slagate/slagate/internal/pull"
	"github.com/slagate/slagate/internal/store"
	"github.com/slagate/slagate/internal/store/pgtest"
	"github.com/slagate/slagate/internal/store/postgres"
	"github.com/slagate/slagate/internal/store/storetest"
)

const (
	stormRepos = 3
	stormPulls = 6
	stormTurns = 40
)

func stormRef(i int) pull.Ref {
	repo := int64(i%stormRepos + 1)
	return pull.Ref{Installation: 7, RepoID: repo, Owner: "acme", Repo: fmt.Sprint("shop-", repo), Number: i/stormRepos%stormPulls + 1}
}

// stormDelivery is about several pull requests of several repositories, in no good order.
func stormDelivery(worker, i int) store.Delivery {
	d := store.Delivery{
		GUID: fmt.Sprintf("%d-%d", worker, i), Event: "pull_request", BodyHash: fmt.Sprintf("hash %d-%d", worker, i), Received: time.Now(),
		Evidence: []pull.Evidence{{Kind: pull.EvidenceLabeled, Label: "x"}},
		Looks:    []store.Look{{Scope: store.ScopeRepo, RepoID: 1, Why: "storm"}},
	}
	for n := range 4 {
		ref := stormRef(worker*7 + i*5 + n*11)
		d.Pulls = append(d.Pulls, store.PullHint{Ref: ref, OwnerID: 9, TakesAway: n%2 == 0})
	}
	for n := range 2 {
		repo := stormRef(i + n).RepoID
		// Both names in turn, so that the rows of repositories are written all the time.
		d.Repos = append(d.Repos, store.RepoHint{Installation: 7, RepoID: repo, OwnerID: 9, Owner: "acme", Repo: fmt.Sprintf("shop-%d-%d", repo, i%2)})
		d.MergeGroups = append(d.MergeGroups, store.MergeGroup{Ref: pull.Ref{Installation: 7, RepoID: repo, Owner: "acme", Repo: "shop"}, Head: fmt.Sprint("m", i%3)})
	}
	return d
}

// stormWriter is one of those that write at once.
func stormWriter(ctx context.Context, db *postgres.DB, worker int, accepted *atomic.Int64) error {
	for i := range stormTurns {
		var err error
		switch (worker + i) % 8 {
		case 0, 1, 2:
			d := stormDelivery(worker, i)
			if _, err = db.Accept(ctx, d); err == nil {
				accepted.Add(int64(len(d.Pulls)))
			}
		case 3:
			hints := stormDelivery(worker, i).Pulls
			if err = db.Enqueue(ctx, hints, "storm"); err == nil {
				accepted.Add(int64(len(hints)))
			}
		case 4:
			err = db.EnqueueWaiting(ctx)
		case 5:
			repos := stormDelivery(worker, i).Repos
			repos = append(repos, store.RepoHint{Installation: 8, RepoID: int64(100*worker + i + 10), Owner: "o", Repo: "r"})
			err = db.SaveRepos(ctx, repos)
		case 6:
			err = db.UpdateRepo(ctx, 1, func(m *store.RepoMemory) {
				m.Labels = append(m.Labels, "more")
			})
		default:
			_, err = db.Prune(ctx, store.Keep{Deliveries: time.Now().Add(-time.Hour), Redeliveries: time.Now().Add(-time.Hour), Closed: time.Now().Add(-time.Hour)})
		}
		if err != nil {
			return fmt.Errorf("writer %d, turn %d: %w", worker, i, err)
		}
	}
	return nil
}

// TestStorm: two processes that do everything at once get in each other's way, but neither fails and
// nothing that arrived is left without an evaluation that began after it.
func TestStorm(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	address := pgtest.New(t)
	var dbs []*postgres.DB
	for range 2 {
		queue, err := job.NewQueue(job.Postgres, time.Now, zerolog.Nop())
		require.NoError(t, err)
		db, err := postgres.Open(ctx, address, store.Options{Now: time.Now, Log: zerolog.Nop(), Queue: queue})
		require.NoError(t, err)
		t.Cleanup(func() { require.NoError(t, db.Close()) })
		dbs = append(dbs, db)
		t.Cleanup(storetest.Work(t, db, queue, func(ctx context.Context, turn store.Turn) (time.Duration, error) {
			if err := db.UpdateMemory(ctx, turn.Ref, func(m *pull.Memory) { m.Asked = append(m.Asked, "legal") }); err != nil {
				return 0, err
			}
			_, err := db.SavePull(ctx, store.Saved{Ref: turn.Ref, Gen: turn.Gen, Turn: turn.No, Snapshot: []byte("{}"), Decision: []byte("{}"), Open: true})
			return 0, err
		}))
	}
	// The rows of the first repository are there to be updated.
	_, err := dbs[0].Accept(ctx, stormDelivery(99, 0))
	require.NoError(t, err)
	accepted := atomic.Int64{}
	accepted.Store(4)
	var group errgroup.Group
	for worker := range 8 {
		group.Go(func() error { return stormWriter(ctx, dbs[worker%2], worker, &accepted) })
	}
	require.NoError(t, group.Wait())

	var deadlocks int64
	require.NoError(t, dbs[0].Pool().QueryRow(ctx, `select deadlocks from pg_stat_database where datname = current_database()`).Scan(&deadlocks))
	t.Logf("%d arrivals, %d deadlocks that were tried again", accepted.Load(), deadlocks)
	var waiting, arrived int64
	require.Eventually(t, func() bool {
		err := dbs[0].Pool().QueryRow(ctx, `select count(*) filter (where gen > done), sum(gen) from pulls`).Scan(&waiting, &arrived)
		return err == nil && waiting == 0
	}, 30*time.Second, 20*time.Millisecond, "something that arrived was not evaluated")
	require.Equal(t, accepted.Load(), arrived, "each arrival is counted once")
}
