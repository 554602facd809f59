package sqlite_test

import (
	"context"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"

	"github.com/slagate/slagate/internal/job"
	"github.com/slagate/slagate/internal/store"
	"github.com/slagate/slagate/internal/store/sqlite"
	"github.com/slagate/slagate/internal/store/storetest"
)

func TestStore(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T) storetest.Harness {
		t.Helper()
		return newHarness(t, filepath.Join(t.TempDir(), "slagate.db"))
	})
}

func newHarness(t *testing.T, path string) storetest.Harness {
	t.Helper()
	var clock atomic.Int64
	clock.Store(time.Now().UnixMicro())
	queue, err := job.NewQueue(job.SQLite, time.Now, zerolog.Nop())
	require.NoError(t, err)
	inner := &storetest.Faulty{Queue: queue}
	db, err := sqlite.Open(t.Context(), path, store.Options{
		Now: func() time.Time { return time.UnixMicro(clock.Load()).UTC() }, Log: zerolog.Nop(), Queue: inner,
	})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	exec := func(t *testing.T, statement string, args ...any) {
		t.Helper()
		_, err := db.Writer().ExecContext(t.Context(), statement, args...)
		require.NoError(t, err)
	}
	return storetest.Harness{
		Store: db,
		Now:   func(now time.Time) { clock.Store(now.UnixMicro()) },
		Jobs:  func(t *testing.T) []storetest.Job { t.Helper(); return jobs(t, db) },
		SetJob: func(t *testing.T, number int, state string) {
			t.Helper()
			at := "+0 hour"
			if state == "scheduled" || state == "retryable" {
				at = "+1 hour"
			}
			exec(t, `update river_job set state = ?, attempt = 1, scheduled_at = strftime('%Y-%m-%d %H:%M:%f', 'now', ?),
				attempted_at = strftime('%Y-%m-%d %H:%M:%f', 'now') where kind = 'evaluate' and json_extract(args, '$.number') = ?`, state, at, number)
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
			return newHarness(t, path)
		},
	}
}

func jobs(t *testing.T, db *sqlite.DB) []storetest.Job {
	t.Helper()
	rows, err := db.Writer().QueryContext(t.Context(), `select kind, coalesce(json_extract(args, '$.repo_id'), 0),
		coalesce(json_extract(args, '$.number'), 0), coalesce(json_extract(args, '$.head'), ''), state, priority
		from river_job where state in ('available', 'running', 'scheduled', 'retryable', 'pending') order by id`)
	require.NoError(t, err)
	defer func() { require.NoError(t, rows.Close()) }()
	var list []storetest.Job
	for rows.Next() {
		var j storetest.Job
		require.NoError(t, rows.Scan(&j.Kind, &j.RepoID, &j.Number, &j.Head, &j.State, &j.Priority))
		list = append(list, j)
	}
	require.NoError(t, rows.Err())
	return list
}

func open(t *testing.T, path string) (*sqlite.DB, error) {
	t.Helper()
	queue, err := job.NewQueue(job.SQLite, time.Now, zerolog.Nop())
	require.NoError(t, err)
	return sqlite.Open(t.Context(), path, store.Options{Now: time.Now, Log: zerolog.Nop(), Queue: queue})
}

func TestOpenIsExclusive(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "slagate.db")
	db, err := open(t, "sqlite:"+path)
	require.NoError(t, err)
	_, err = open(t, path)
	require.ErrorIs(t, err, sqlite.ErrInUse)
	require.NoError(t, db.Close())
	db, err = open(t, path)
	require.NoError(t, err, "the lock is released")
	require.NoError(t, db.Close())
}

func TestOpenTakesAnyName(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "a b?c#d%41.db")
	db, err := open(t, path)
	require.NoError(t, err)
	require.NoError(t, db.Ready(t.Context()))
	require.NoError(t, db.Close())
	info, err := os.Stat(path)
	require.NoError(t, err)
	require.Positive(t, info.Size())
	require.Equal(t, os.FileMode(0o600), info.Mode().Perm())
}

func TestOpenRefuses(t *testing.T) {
	t.Parallel()
	for _, path := range []string{"", "sqlite:", ":memory:", filepath.Join(t.TempDir(), "no", "such", "folder.db")} {
		_, err := open(t, path)
		require.Error(t, err, path)
	}
	path := filepath.Join(t.TempDir(), "text.db")
	require.NoError(t, os.WriteFile(path, []byte("this is not a database, it is a text that somebody wrote"), 0o600))
	_, err := open(t, path)
	require.Error(t, err)
	_, err = sqlite.Open(t.Context(), path, store.Options{})
	require.Error(t, err)
}

// A disk that is full must be heard of, and must not lose what was kept before.
func TestFullDisk(t *testing.T) {
	t.Parallel()
	db, err := open(t, filepath.Join(t.TempDir(), "slagate.db"))
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	_, err = db.Writer().ExecContext(t.Context(), `pragma max_page_count = 1`) // SQLite raises it to the present size
	require.NoError(t, err)
	repo := store.RepoHint{Installation: 1, RepoID: 1, Owner: "acme", Repo: "shop"}
	require.NoError(t, db.SaveRepos(t.Context(), []store.RepoHint{repo}))
	big := make([]byte, 1<<20)
	for i := range big {
		big[i] = 'x'
	}
	err = db.UpdateRepo(t.Context(), 1, func(m *store.RepoMemory) { m.LastValid = map[string]string{"main": string(big)} })
	require.ErrorContains(t, err, "full")
	row, found, err := db.Repo(t.Context(), 1)
	require.NoError(t, err)
	require.True(t, found)
	require.Empty(t, row.Memory.LastValid)
}

func TestCancelledContext(t *testing.T) {
	t.Parallel()
	db, err := open(t, filepath.Join(t.TempDir(), "slagate.db"))
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	require.ErrorIs(t, db.Ready(ctx), context.Canceled)
	require.NoError(t, db.Ready(t.Context()))
}
