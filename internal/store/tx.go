package store

import (
	"context"
	"time"

	"github.com/rs/zerolog"

	"github.com/slagate/slagate/internal/pull"
)

// Options are what an engine needs besides the place of its database.
type Options struct {
	// Now is the clock for "received" and "waiting since".
	Now func() time.Time
	Log zerolog.Logger
	// Queue receives the jobs.
	Queue Queue
}

// Row is one row of an answer.
type Row interface {
	Scan(dest ...any) error
}

// Rows are the rows of an answer, one after the other. They have to be closed.
type Rows interface {
	Row
	Next() bool
	Err() error
	Close() error
}

// Querier answers questions in SQL. Places for values are written ?, or ?1, ?2
// where one stands in several places.
type Querier interface {
	Query(ctx context.Context, query string, args ...any) (Rows, error)
	QueryRow(ctx context.Context, query string, args ...any) Row
}

// Statement is one of several that a transaction sends together.
type Statement struct {
	What string // what it is for and the key, for the error: "note arrival for acme/shop#12"
	SQL  string
	Args []any
	// Scan reads the row that the statement answers with, if it is set. It is given
	// [database/sql.ErrNoRows] by Row.Scan if there is none, and its error ends the sending.
	Scan func(row Row) error
}

// Tx is a transaction of a store.
type Tx interface {
	Querier
	// Exec returns the number of rows that it touched.
	Exec(ctx context.Context, query string, args ...any) (rows int64, err error)
	// Send runs statements in their order, in one round trip where there are any. The
	// first one that fails is named by the error, and the transaction has to end with it.
	Send(ctx context.Context, statements []Statement) error
	// Native is the engine's own transaction, a *sql.Tx or a pgx.Tx: River's
	// drivers put jobs into it.
	Native() any
}

// Lock is a lock that was taken. It ends with its process, however that ends.
type Lock interface {
	// Held reports whether it is still there.
	Held() bool
	// Unlock gives it back.
	Unlock()
}

// Queue puts the jobs that follow from a write into its transaction, so that they
// exist exactly if the write does. Package job implements it.
type Queue interface {
	// Evaluations has each pull request (RepoID, Number) looked at after the commit: by a new
	// job, or by the one that is waiting, which is brought forward as haste says.
	Evaluations(ctx context.Context, tx Tx, refs []pull.Ref, haste Haste) error
	// Looks has each wider look carried out after the commit.
	Looks(ctx context.Context, tx Tx, looks []Look) error
	// Groups has each merge group (RepoID, Head) answered or forgotten after the commit.
	Groups(ctx context.Context, tx Tx, groups []MergeGroup) error
	// Committed is told after each commit of a transaction that it put jobs into.
	Committed()
}
