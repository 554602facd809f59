package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync"

	"github.com/slagate/slagate/internal/store"
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

// Write implements relational.Engine.
func (e *engine) Write(ctx context.Context, through bool, fn func(tx store.Tx) error) error {
	done, err := e.turns.take(ctx, through)
	if err != nil {
		return fmt.Errorf("wait: %w", err)
	}
	defer done()
	if through {
		return e.writeThrough(ctx, fn)
	}
	tx, err := e.writer.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("begin: %w", err)
	}
	return transact(tx, fn)
}

// writeThrough flushes the transaction to the disk.
func (e *engine) writeThrough(ctx context.Context, fn func(tx store.Tx) error) error {
	conn, err := e.writer.Conn(ctx)
	if err != nil {
		return fmt.Errorf("connect: %w", err)
	}
	defer func() {
		_, back := conn.ExecContext(context.WithoutCancel(ctx), `pragma synchronous = normal`)
		if back = errors.Join(back, conn.Close()); back != nil {
			// It is written nevertheless; the connection goes on with the slower setting.
			e.log.Warn().Err(back).Msg("database goes on flushing every write")
		}
	}()
	// Flushing covers the whole journal, so whatever was written before is on disk with it.
	if _, err := conn.ExecContext(ctx, `pragma synchronous = full`); err != nil {
		return err
	}
	tx, err := conn.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("begin: %w", err)
	}
	return transact(tx, fn)
}

func transact(tx *sql.Tx, fn func(tx store.Tx) error) (err error) {
	// Whatever happens, a panic too: nobody could write any more while it is open.
	defer func() { err = errors.Join(err, rollback(tx)) }()
	if err := fn(transaction{querier{tx}, tx}); err != nil {
		return err
	}
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("commit: %w", err)
	}
	return nil
}

func rollback(tx *sql.Tx) error {
	if err := tx.Rollback(); err != nil && !errors.Is(err, sql.ErrTxDone) {
		return fmt.Errorf("roll back: %w", err)
	}
	return nil
}

// Read implements relational.Engine.
func (e *engine) Read(ctx context.Context, fn func(q store.Querier) error) error {
	tx, err := e.reader.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return fmt.Errorf("begin: %w", err)
	}
	return errors.Join(fn(querier{tx}), rollback(tx))
}

// Query implements store.Querier.
func (e *engine) Query(ctx context.Context, query string, args ...any) (store.Rows, error) {
	return querier{e.reader}.Query(ctx, query, args...)
}

// QueryRow implements store.Querier.
func (e *engine) QueryRow(ctx context.Context, query string, args ...any) store.Row {
	return querier{e.reader}.QueryRow(ctx, query, args...)
}

// queries is what a pool and a transaction of database/sql have in common.
type queries interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

// querier has database/sql answer questions.
type querier struct{ of queries }

// Query implements store.Querier.
func (q querier) Query(ctx context.Context, query string, args ...any) (store.Rows, error) {
	rows, err := q.of.QueryContext(ctx, query, args...) //nolint:rowserrcheck // whoever reads them asks
	if err != nil {
		return nil, err // not the typed nil
	}
	return rows, nil
}

// QueryRow implements store.Querier.
func (q querier) QueryRow(ctx context.Context, query string, args ...any) store.Row {
	return q.of.QueryRowContext(ctx, query, args...)
}

// transaction implements store.Tx.
type transaction struct {
	querier
	tx *sql.Tx
}

// Exec implements store.Tx.
func (t transaction) Exec(ctx context.Context, query string, args ...any) (int64, error) {
	res, err := t.tx.ExecContext(ctx, query, args...)
	if err != nil {
		return 0, err
	}
	return res.RowsAffected()
}

// Send implements store.Tx. There is no way to go to the database, so it is done one by one.
func (t transaction) Send(ctx context.Context, statements []store.Statement) error {
	for _, s := range statements {
		var err error
		if s.Scan != nil {
			err = s.Scan(t.QueryRow(ctx, s.SQL, s.Args...))
		} else {
			_, err = t.tx.ExecContext(ctx, s.SQL, s.Args...)
		}
		if err != nil {
			return fmt.Errorf("%s: %w", s.What, err)
		}
	}
	return nil
}

// Native implements store.Tx.
func (t transaction) Native() any { return t.tx }

// locks are the locks of this process. There is no other one.
type locks struct {
	mu    sync.Mutex
	held  map[string]int // by key the number of the lock
	taken int
}

// TryLock implements relational.Engine.
func (e *engine) TryLock(_ context.Context, key string) (store.Lock, bool, error) {
	e.locks.mu.Lock()
	defer e.locks.mu.Unlock()
	if _, held := e.locks.held[key]; held {
		return nil, false, nil
	}
	if e.locks.held == nil {
		e.locks.held = map[string]int{}
	}
	e.locks.taken++
	e.locks.held[key] = e.locks.taken
	return lock{&e.locks, key, e.locks.taken}, true, nil
}

type lock struct {
	of     *locks
	key    string
	number int
}

// Held implements store.Lock.
func (l lock) Held() bool {
	l.of.mu.Lock()
	defer l.of.mu.Unlock()
	return l.of.held[l.key] == l.number
}

// Unlock implements store.Lock.
func (l lock) Unlock() {
	l.of.mu.Lock()
	defer l.of.mu.Unlock()
	if l.of.held[l.key] == l.number {
		delete(l.of.held, l.key)
	}
}
