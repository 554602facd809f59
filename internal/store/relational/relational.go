// Package relational is what slagate keeps, as tables, in SQL that SQLite and
// PostgreSQL both understand.
//
// Its one idea is the transaction: whatever arrives together, the delivery, its
// evidence, the generation counters and the jobs, is written together or not at
// all.
//
// A generation counts what arrived for a pull request. An evaluation reads it
// before it begins and settles it in one transaction afterwards: if it moved,
// another evaluation follows. The flags "takes away" and "first" are stored as
// the generation that raised them, so no evaluation clears what arrived during it.
//
// A turn is the right to evaluate a pull request. Giving one out takes a lock that
// all processes respect and counts the turns; what an evaluation saves, and
// each thing that it writes to GitHub, is checked against the count. So a
// worker that slept through its own end finds that it has been overtaken and writes nothing.
//
// Rows are locked in one order everywhere, so that no two transactions wait for each other:
// repositories by id, pull requests by repository and number, merge groups, then the jobs
// of what is locked. To keep something new, add a
// migration file to each engine (never edit an old one) and a method beside its like. The
// package decides nothing about pull requests, knows no job by name (see
// [store.Queue]) and opens no database: that is the engines' part.
package relational

import (
	"context"
	"fmt"
	"time"

	"github.com/rs/zerolog"

	"github.com/slagate/slagate/internal/store"
)

// Engine is what the databases differ in.
type Engine interface {
	// Querier answers single questions, from what was committed.
	store.Querier
	// Write runs fn in one transaction and repeats it where the database asks for that.
	// What fn returns comes back, with the transaction rolled back. through: when Write returns
	// everything is on disk, and it comes before others. Else a loss of power, or of the database's process, may
	// undo the last transactions, which is no worse than a process that dies before: what was accepted is evaluated again.
	Write(ctx context.Context, through bool, fn func(tx store.Tx) error) error
	// Read runs fn over one state of the database that nobody changes meanwhile.
	Read(ctx context.Context, fn func(q store.Querier) error) error
	// TryLock takes a lock that no other process and no other caller holds; ok is
	// false if one does.
	TryLock(ctx context.Context, key string) (lock store.Lock, ok bool, err error)
}

// Dialect is what the engines say in other words.
type Dialect struct {
	// ForUpdate is what locks the rows that a select reads, " for update" where
	// writers do not take turns anyway.
	ForUpdate string
	// AttemptedAt is when a job of River's was begun, in microseconds since 1970, as an expression.
	AttemptedAt string
}

// DB is the store. It is safe for concurrent use.
type DB struct {
	engine    Engine
	queue     store.Queue
	now       func() time.Time
	log       zerolog.Logger
	forUpdate string

	attemptedAt string
	zip         zipper
	locks       heldLocks
	inbox       inbox
}

// New returns the store on an engine.
func New(engine Engine, opts store.Options, words Dialect) *DB {
	return &DB{
		engine: engine, queue: opts.Queue, now: opts.Now, log: opts.Log, forUpdate: words.ForUpdate, attemptedAt: words.AttemptedAt,
	}
}

func (db *DB) write(ctx context.Context, what string, fn func(tx store.Tx) error) error {
	if err := db.engine.Write(ctx, false, fn); err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	return nil
}

// writeJobs is write for what puts jobs into the queue or ends them. It is on disk when it returns: the
// queue notes on its own, and may do so after a database has crashed and lost what was not, that a
// job is done, and what it left to be done would wait for the next sweep.
func (db *DB) writeJobs(ctx context.Context, what string, fn func(tx store.Tx) error) error {
	if err := db.engine.Write(ctx, true, fn); err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	db.queue.Committed()
	return nil
}

// Ready writes to the database and returns the error if that cannot be done.
func (db *DB) Ready(ctx context.Context) error {
	return db.write(ctx, "check readiness", func(tx store.Tx) error {
		_, err := tx.Exec(ctx, `insert into pulse (id, at) values (1, ?) on conflict (id) do update set at = excluded.at`,
			micros(db.now()))
		return err
	})
}
