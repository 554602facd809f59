package postgres_test

import (
	"context"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"github.com/slagate/slagate/internal/job"
	"github.com/slagate/slagate/internal/store"
	"github.com/slagate/slagate/internal/store/pgtest"
	"github.com/slagate/slagate/internal/store/postgres"
	"github.com/slagate/slagate/internal/store/storetest"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

func TestStore(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T) storetest.Harness {
		t.Helper()
		return newHarness(t, pgtest.New(t))
	})
}

func newHarness(t *testing.T, address string) storetest.Harness {
	t.Helper()
	var clock atomic.Int64
	clock.Store(time.Now().UnixMicro())
	queue, err := job.NewQueue(job.Postgres, time.Now, zerolog.Nop())
	require.NoError(t, err)
	inner := &storetest.Faulty{Queue: queue}
	db, err := postgres.Open(t.Context(), address, store.Options{
		Now: func() time.Time { return time.UnixMicro(clock.Load()).UTC() }, Log: zerolog.Nop(), Queue: inner,
	})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	exec := func(t *testing.T, statement string, args ...any) {
		t.Helper()
		_, err := db.Pool().Exec(t.Context(), statement, args...)
		require.NoError(t, err)
	}
	return storetest.Harness{
		Store: db,
		Now:   func(now time.Time) { clock.Store(now.UnixMicro()) },
		Jobs:  func(t *testing.T) []storetest.Job { t.Helper(); return jobs(t, db) },
		SetJob: func(t *testing.T, number int, state string) {
			t.Helper()
			hours := 0
			if state == "scheduled" || state == "retryable" {
				hours = 1
			}
			exec(t, `update river_job set state = cast($1 as text)::river_job_state, attempt = 1, attempted_at = now(),
				scheduled_at = now() + make_interval(hours => $2) where kind = 'evaluate' and (args->>'number')::int = $3`, state, hours, number)
		},
		DropJobs:  func(t *testing.T) { t.Helper(); exec(t, `delete from river_job`) },
		FailQueue: inner.Fail,
		Work: func(t *testing.T, evaluate storetest.Evaluate) func() {
			t.Helper()
			return storetest.Work(t, db, queue, evaluate)
		},
		Crash: func(t *testing.T) storetest.Harness {
			t.Helper()
			require.NoError(t, db.Close())
			h := newHarness(t, address)
			// What River does when their time is over.
			pool, ok := h.Store.(*postgres.DB)
			require.True(t, ok)
			_, err := pool.Pool().Exec(t.Context(), `update river_job set state = 'available' where state = 'running'`)
			require.NoError(t, err)
			return h
		},
		Another: func(t *testing.T) storetest.Harness { t.Helper(); return newHarness(t, address) },
	}
}

func jobs(t *testing.T, db *postgres.DB) []storetest.Job {
	t.Helper()
	rows, err := db.Pool().Query(t.Context(), `select kind, coalesce((args->>'repo_id')::bigint, 0), coalesce((args->>'number')::bigint, 0),
		coalesce(args->>'head', ''), state::text, priority from river_job
		where state in ('available', 'running', 'scheduled', 'retryable', 'pending') order by id`)
	require.NoError(t, err)
	defer rows.Close()
	var list []storetest.Job
	for rows.Next() {
		var j storetest.Job
		require.NoError(t, rows.Scan(&j.Kind, &j.RepoID, &j.Number, &j.Head, &j.State, &j.Priority))
		list = append(list, j)
	}
	require.NoError(t, rows.Err())
	return list
}

func open(ctx context.Context, address string) (*postgres.DB, error) {
	queue, err := job.NewQueue(job.Postgres, time.Now, zerolog.Nop())
	if err != nil {
		return nil, err
	}
	return postgres.Open(ctx, address, store.Options{Now: time.Now, Log: zerolog.Nop(), Queue: queue})
}

// TestOpenAtOnce: replicas that start all at once on an empty database migrate it once.
func TestOpenAtOnce(t *testing.T) {
	t.Parallel()
	address := pgtest.New(t)
	var group errgroup.Group
	for range 5 {
		group.Go(func() error {
			db, err := open(t.Context(), address)
			if err != nil {
				return err
			}
			if err := db.Ready(t.Context()); err != nil {
				return err
			}
			return db.Close()
		})
	}
	require.NoError(t, group.Wait())
}

// TestOpenOlder: a replica of the version before goes on beside, and starts on, a
// database that a newer one has migrated.
func TestOpenOlder(t *testing.T) {
	t.Parallel()
	address := pgtest.New(t)
	db, err := open(t.Context(), address)
	require.NoError(t, err)
	defer func() { require.NoError(t, db.Close()) }()
	for _, statement := range []string{
		`alter table pulls add column brand_new text not null default ''`, `create table brand_new (id bigint)`,
		`insert into goose_db_version (version_id, is_applied) values (99, true)`,
	} {
		_, err = db.Pool().Exec(t.Context(), statement)
		require.NoError(t, err)
	}
	older, err := open(t.Context(), address)
	require.NoError(t, err)
	require.NoError(t, older.Ready(t.Context()))
	require.NoError(t, older.Close())
}

func TestOpenRefuses(t *testing.T) {
	t.Parallel()
	for name, address := range map[string]string{
		"no address":   "postgres://user:s3cr3t@%%%/db",
		"nobody there": "postgres://user:s3cr3t@127.0.0.1:1/db",
		"no such file": "postgres://user:s3cr3t@" + filepath.Join(t.TempDir(), "none") + "/db",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := open(t.Context(), address)
			require.Error(t, err)
			require.NotContains(t, err.Error(), "s3cr3t")
		})
	}
	_, err := postgres.Open(t.Context(), pgtest.New(t), store.Options{})
	require.Error(t, err)
}

// TestReadOnly: a database that takes no write says so, and Ready with it.
func TestReadOnly(t *testing.T) {
	t.Parallel()
	address := pgtest.New(t)
	db, err := open(t.Context(), address)
	require.NoError(t, err)
	require.NoError(t, db.Close())
	separator := "?"
	if strings.Contains(address, "?") {
		separator = "&"
	}
	db, err = open(t.Context(), address+separator+"default_transaction_read_only=on")
	if err == nil {
		defer func() { require.NoError(t, db.Close()) }()
		err = db.Ready(t.Context())
	}
	require.ErrorContains(t, err, "read-only")
}

// TestSessionLost: locks end with their session, their holders hear of it, and new ones are taken in a new session.
func TestSessionLost(t *testing.T) {
	t.Parallel()
	h := newHarness(t, pgtest.New(t))
	db, ok := h.Store.(*postgres.DB)
	require.True(t, ok)
	ctx := t.Context()
	lock, ok, err := db.TryHead(ctx, 400, "aaa")
	require.NoError(t, err)
	require.True(t, ok)
	_, err = db.Pool().Exec(ctx, `select pg_terminate_backend(pid) from pg_stat_activity
		where application_name = 'slagate locks' and datname = current_database()`)
	require.NoError(t, err)
	another := h.Another(t).Store
	require.Eventually(t, func() bool {
		taken, ok, err := another.TryHead(ctx, 400, "aaa")
		if err == nil && ok {
			taken.Unlock()
		}
		return err == nil && ok
	}, 20*time.Second, 10*time.Millisecond, "the database gave the lock back")
	require.Eventually(t, func() bool {
		_, _, err := db.TryHead(ctx, 400, "other")
		return err == nil
	}, 20*time.Second, 10*time.Millisecond, "a new session")
	require.False(t, lock.Held())
	lock.Unlock()
	again, ok, err := db.TryHead(ctx, 400, "aaa")
	require.NoError(t, err)
	require.True(t, ok)
	require.True(t, again.Held())
	again.Unlock()
}

// TestTurnLostAndGivenAgain: whoever lost a turn and is done with it late takes nothing from the
// one who was given it since, in the same process.
func TestTurnLostAndGivenAgain(t *testing.T) {
	t.Parallel()
	h := newHarness(t, pgtest.New(t))
	db, ok := h.Store.(*postgres.DB)
	require.True(t, ok)
	ctx := t.Context()
	_, err := db.Accept(ctx, stormDelivery(1, 1))
	require.NoError(t, err)
	ref := stormRef(1*7 + 1*5)
	lost, late, _, err := db.BeginPull(ctx, ref.RepoID, ref.Number)
	require.NoError(t, err)
	_, err = db.Pool().Exec(ctx, `select pg_terminate_backend(pid) from pg_stat_activity
		where application_name = 'slagate locks' and datname = current_database()`)
	require.NoError(t, err)
	var turn store.Turn
	var done func()
	require.Eventually(t, func() bool {
		turn, done, _, err = db.BeginPull(ctx, ref.RepoID, ref.Number)
		return err == nil
	}, 20*time.Second, 10*time.Millisecond, "a new session")
	_, err = db.CheckTurn(ctx, lost)
	require.ErrorIs(t, err, store.ErrOvertaken)
	late()
	_, err = db.CheckTurn(ctx, turn)
	require.NoError(t, err)
	done()
}

// TestSleptTooLong: a process that slept does not trust its locks, and gives them back all the same.
func TestSleptTooLong(t *testing.T) {
	t.Parallel()
	h := newHarness(t, pgtest.New(t))
	lock, ok, err := h.Store.TryHead(t.Context(), 400, "aaa")
	require.NoError(t, err)
	require.True(t, ok)
	require.True(t, lock.Held())
	h.Now(time.Now().Add(16 * time.Second))
	require.False(t, lock.Held(), "its session may be gone by now")
	lock.Unlock()
	again, ok, err := h.Another(t).Store.TryHead(t.Context(), 400, "aaa")
	require.NoError(t, err)
	require.True(t, ok)
	again.Unlock()
}
