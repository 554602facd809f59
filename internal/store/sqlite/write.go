package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
)

// turns have the writers take turns: one at a time in the order of their coming, but deliveries wait
// for at most one of the others. Without it database/sql would hand its one connection
// to any of those that wait, and under load some wait very long.
type turns struct {
	calm chan struct{} // held by the one of the others that is next
	turn chan struct{}
}

func newTurns() turns { return turns{calm: make(chan struct{}, 1), turn: make(chan struct{}, 1)} }

// take waits for a turn; done ends it.
func (t turns) take(ctx context.Context, urgent bool) (done func(), err error) {
	if !urgent {
		select {
		case t.calm <- struct{}{}:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	done = func() {
		<-t.turn
		if !urgent {
			<-t.calm
		}
	}
	select {
	case t.turn <- struct{}{}:
		return done, nil
	case <-ctx.Done():
		if !urgent {
			<-t.calm
		}
		return nil, ctx.Err()
	}
}

// write runs fn in one transaction of the writing connection. What fn returns
// comes back wrapped, with the transaction rolled back. After a loss of power the last ones may be
// undone, which is no worse than a process that dies before: what was accepted is evaluated again.
func (db *DB) write(ctx context.Context, what string, fn func(tx *sql.Tx) error) error {
	done, err := db.turns.take(ctx, false)
	if err != nil {
		return fmt.Errorf("%s: wait: %w", what, err)
	}
	defer done()
	tx, err := db.writer.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("%s: begin: %w", what, err)
	}
	return transact(tx, what, fn)
}

// writeThrough is write for what must be on disk when it returns, and comes before the others.
func (db *DB) writeThrough(ctx context.Context, what string, fn func(tx *sql.Tx) error) (err error) {
	done, err := db.turns.take(ctx, true)
	if err != nil {
		return fmt.Errorf("%s: wait: %w", what, err)
	}
	defer done()
	conn, err := db.writer.Conn(ctx)
	if err != nil {
		return fmt.Errorf("%s: connect: %w", what, err)
	}
	defer func() {
		_, back := conn.ExecContext(context.WithoutCancel(ctx), `pragma synchronous = normal`)
		if back = errors.Join(back, conn.Close()); back != nil {
			// It is written nevertheless; the connection goes on with the slower setting.
			db.log.Warn().Err(back).Msg("database goes on flushing every write")
		}
	}()
	// Flushing covers the whole journal, so whatever was written before is on disk with it.
	if _, err := conn.ExecContext(ctx, `pragma synchronous = full`); err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	tx, err := conn.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("%s: begin: %w", what, err)
	}
	return transact(tx, what, fn)
}

func transact(tx *sql.Tx, what string, fn func(tx *sql.Tx) error) error {
	if err := fn(tx); err != nil {
		return fmt.Errorf("%s: %w", what, errors.Join(err, rollback(tx)))
	}
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("%s: commit: %w", what, errors.Join(err, rollback(tx)))
	}
	return nil
}

func rollback(tx *sql.Tx) error {
	if err := tx.Rollback(); err != nil && !errors.Is(err, sql.ErrTxDone) {
		return fmt.Errorf("roll back: %w", err)
	}
	return nil
}
