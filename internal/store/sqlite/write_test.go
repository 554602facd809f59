package sqlite_test

import (
	"context"
	"database/sql"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"

	"github.com/slagate/slagate/internal/job"
	"github.com/slagate/slagate/internal/pull"
	"github.com/slagate/slagate/internal/store"
	"github.com/slagate/slagate/internal/store/sqlite"
)

// prying is the real queue; look is called inside each transaction that inserts jobs.
type prying struct {
	*job.Queue
	look func(tx store.Tx)
}

func (p *prying) Evaluations(ctx context.Context, tx store.Tx, refs []pull.Ref, haste store.Haste) error {
	p.look(tx)
	return p.Queue.Evaluations(ctx, tx, refs, haste)
}

func pry(t *testing.T, look func(tx store.Tx)) *sqlite.DB {
	t.Helper()
	queue, err := job.NewQueue(job.SQLite, time.Now, zerolog.Nop())
	require.NoError(t, err)
	db, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "slagate.db"),
		store.Options{Now: time.Now, Log: zerolog.Nop(), Queue: &prying{queue, look}})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	return db
}

func someDelivery(guid string) store.Delivery {
	return store.Delivery{GUID: guid, Event: "pull_request", Received: time.Now(), Pulls: []store.PullHint{someHint()}}
}

func someHint() store.PullHint {
	return store.PullHint{Ref: pull.Ref{Installation: 7, RepoID: 400, Owner: "acme", Repo: "shop", Number: 1}, OwnerID: 40}
}

// TestWrite_Durability: a delivery is flushed to the disk before it is acknowledged, and
// a job before it counts as queued, each time; what else follows can be found out again and is not.
func TestWrite_Durability(t *testing.T) {
	t.Parallel()
	const normal, full = 1, 2 // https://www.sqlite.org/pragma.html#pragma_synchronous
	var seen []int
	look := func(row store.Row) {
		var level int
		require.NoError(t, row.Scan(&level))
		seen = append(seen, level)
	}
	db := pry(t, func(tx store.Tx) { look(tx.QueryRow(t.Context(), `pragma synchronous`)) })
	for _, guid := range []string{"a", "b"} {
		_, err := db.Accept(t.Context(), someDelivery(guid))
		require.NoError(t, err)
		require.NoError(t, db.Enqueue(t.Context(), []store.PullHint{someHint()}, "test"))
		require.NoError(t, db.SetMark(t.Context(), "test", time.Now()))
		look(db.Writer().QueryRowContext(t.Context(), `pragma synchronous`)) // there is only this connection
	}
	require.Equal(t, []int{full, full, normal, full, full, normal}, seen)
}

// TestWrite_GivenUp: who does not want to wait any more leaves its place.
func TestWrite_GivenUp(t *testing.T) {
	t.Parallel()
	begun, proceed := make(chan struct{}), make(chan struct{})
	first := true
	db := pry(t, func(store.Tx) {
		if first {
			first = false
			close(begun)
			<-proceed
		}
	})
	done := make(chan error, 1)
	go func() { done <- db.Enqueue(context.Background(), []store.PullHint{someHint()}, "test") }()
	<-begun
	given, cancel := context.WithCancel(t.Context())
	cancel()
	require.ErrorIs(t, db.Enqueue(given, []store.PullHint{someHint()}, "test"), context.Canceled)
	_, err := db.Accept(given, someDelivery("a"))
	require.ErrorIs(t, err, context.Canceled)
	close(proceed)
	require.NoError(t, <-done)
	require.NoError(t, db.Enqueue(t.Context(), []store.PullHint{someHint()}, "test"))
	_, err = db.Accept(t.Context(), someDelivery("a"))
	require.NoError(t, err)
}

// TestStatements: statements that are kept answer as new ones do, also while one
// is being read from, after its table changed, after an error, and when there are
// more than are kept.
func TestStatements(t *testing.T) {
	t.Parallel()
	db := pry(t, func(store.Tx) {}).Writer()
	ctx := t.Context()
	exec := func(statement string, args ...any) {
		t.Helper()
		_, err := db.ExecContext(ctx, statement, args...)
		require.NoError(t, err)
	}
	exec(`create table t (n integer primary key, word text)`)
	for n, word := range []string{"a", "b", "c"} {
		exec(`insert into t (n, word) values (?, ?)`, n, word)
	}
	_, err := db.ExecContext(ctx, `insert into t (n, word) values (?, ?)`, 1, "again")
	require.ErrorContains(t, err, "UNIQUE")
	exec(`insert into t (n, word) values (?, ?)`, 3, "d")

	tx, err := db.BeginTx(ctx, nil)
	require.NoError(t, err)
	for range 2 {
		require.Equal(t, []string{"a", "b", "c", "d"}, words(ctx, t, tx, func() {
			// The same statement while it is being read from.
			require.Equal(t, []string{"a", "b", "c", "d"}, words(ctx, t, tx, func() {}))
			for i := range 300 { // throws it out of those that are kept
				var n int
				require.NoError(t, tx.QueryRowContext(ctx, fmt.Sprintf("select ? + %d", i), 1).Scan(&n))
				require.Equal(t, i+1, n)
			}
		}))
	}
	require.NoError(t, tx.Commit())
	exec(`alter table t add column more text not null default 'x'`)
	var more string
	for range 2 {
		require.NoError(t, db.QueryRowContext(ctx, `select * from t where n = ?`, 2).Scan(new(int), new(string), &more))
		require.Equal(t, "x", more)
	}
	exec(`alter table t drop column word`)
	require.NoError(t, db.QueryRowContext(ctx, `select * from t where n = ?`, 2).Scan(new(int), &more))
	require.Equal(t, "x", more)
}

// words reads a table; half is called in the midst of it.
func words(ctx context.Context, t *testing.T, tx *sql.Tx, half func()) (out []string) {
	t.Helper()
	rows, err := tx.QueryContext(ctx, `select word from t order by n`)
	require.NoError(t, err)
	defer func() { require.NoError(t, rows.Close()) }()
	for rows.Next() {
		var word string
		require.NoError(t, rows.Scan(&word))
		if out = append(out, word); len(out) == 2 {
			half()
		}
	}
	require.NoError(t, rows.Err())
	return out
}
