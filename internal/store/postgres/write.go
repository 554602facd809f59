package postgres

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/slagate/slagate/internal/store"
)

// tries is how often a transaction is repeated that PostgreSQL ended in favour of another one.
const tries = 5

// Write implements relational.Engine.
func (e *engine) Write(ctx context.Context, through bool, fn func(tx store.Tx) error) error {
	begin := "begin"
	if through {
		begin = "begin; set local synchronous_commit = on"
	}
	var err error
	for range tries {
		if err = e.writeOnce(ctx, begin, fn); !again(err) {
			break
		}
	}
	return err
}

func (e *engine) writeOnce(ctx context.Context, begin string, fn func(tx store.Tx) error) (err error) {
	tx, err := e.pool.BeginTx(ctx, pgx.TxOptions{BeginQuery: begin})
	if err != nil {
		return fmt.Errorf("begin: %w", err)
	}
	// Whatever happens, a panic too: the connection would be lost to the pool, and its locks be held.
	defer func() { err = errors.Join(err, rollback(ctx, tx)) }()
	if err := fn(transaction{querier{tx}, tx}); err != nil {
		return err
	}
	if err := tx.Commit(ctx); err != nil {
		return fmt.Errorf("commit: %w", err)
	}
	return nil
}

// again reports whether PostgreSQL asks for a repetition: a transaction that could not be
// serialized, or a deadlock. https://www.postgresql.org/docs/current/errcodes-appendix.html
func again(err error) bool {
	var e *pgconn.PgError
	return errors.As(err, &e) && (e.Code == "40001" || e.Code == "40P01")
}

func rollback(ctx context.Context, tx pgx.Tx) error {
	if err := tx.Rollback(context.WithoutCancel(ctx)); err != nil && !errors.Is(err, pgx.ErrTxClosed) {
		return fmt.Errorf("roll back: %w", err)
	}
	return nil
}

// Read implements relational.Engine.
func (e *engine) Read(ctx context.Context, fn func(q store.Querier) error) error {
	tx, err := e.pool.BeginTx(ctx, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly})
	if err != nil {
		return fmt.Errorf("begin: %w", err)
	}
	return errors.Join(fn(querier{tx}), rollback(ctx, tx))
}

// Query implements store.Querier.
func (e *engine) Query(ctx context.Context, query string, args ...any) (store.Rows, error) {
	return querier{e.pool}.Query(ctx, query, args...)
}

// QueryRow implements store.Querier.
func (e *engine) QueryRow(ctx context.Context, query string, args ...any) store.Row {
	return querier{e.pool}.QueryRow(ctx, query, args...)
}

// queries is what a pool and a transaction of pgx have in common.
type queries interface {
	Query(ctx context.Context, query string, args ...any) (pgx.Rows, error)
	QueryRow(ctx context.Context, query string, args ...any) pgx.Row
}

// querier has pgx answer questions.
type querier struct{ of queries }

// Query implements store.Querier.
func (q querier) Query(ctx context.Context, query string, args ...any) (store.Rows, error) {
	got, err := q.of.Query(ctx, numbered(query), args...)
	if err != nil {
		return nil, err
	}
	return rows{got}, nil
}

// QueryRow implements store.Querier.
func (q querier) QueryRow(ctx context.Context, query string, args ...any) store.Row {
	return row{q.of.QueryRow(ctx, numbered(query), args...)}
}

// row says "no rows" as database/sql does.
type row struct{ of pgx.Row }

// Scan implements store.Row.
func (r row) Scan(dest ...any) error { return noRows(r.of.Scan(dest...)) }

// rows closes as database/sql does.
type rows struct{ pgx.Rows }

// Close implements store.Rows.
func (r rows) Close() error {
	r.Rows.Close()
	return r.Err()
}

// transaction implements store.Tx.
type transaction struct {
	querier
	tx pgx.Tx
}

// Exec implements store.Tx.
func (t transaction) Exec(ctx context.Context, query string, args ...any) (int64, error) {
	tag, err := t.tx.Exec(ctx, numbered(query), args...)
	return tag.RowsAffected(), err
}

// Send implements store.Tx.
func (t transaction) Send(ctx context.Context, statements []store.Statement) (err error) {
	if len(statements) == 0 {
		return nil
	}
	batch := &pgx.Batch{}
	for _, s := range statements {
		batch.Queue(numbered(s.SQL), s.Args...)
	}
	results := t.tx.SendBatch(ctx, batch)
	defer func() {
		if closed := results.Close(); err == nil {
			err = closed // else it repeats the error
		}
	}()
	for _, s := range statements {
		if s.Scan != nil {
			err = s.Scan(row{results.QueryRow()})
		} else {
			_, err = results.Exec()
		}
		if err != nil {
			return fmt.Errorf("%s: %w", s.What, err)
		}
	}
	return nil
}

// Native implements store.Tx.
func (t transaction) Native() any { return t.tx }

// numbered writes places for values as PostgreSQL does: ?2 becomes $2, and the n-th
// bare ? becomes $n. Statements are constants, so each is rewritten once.
func numbered(query string) string {
	if known, ok := rewritten.Load(query); ok {
		return known.(string) //nolint:forcetypeassert // only strings are stored below
	}
	var out strings.Builder
	n := 0
	for i := 0; i < len(query); i++ {
		if query[i] != '?' {
			out.WriteByte(query[i])
			continue
		}
		out.WriteByte('$')
		if i+1 == len(query) || query[i+1] < '0' || query[i+1] > '9' {
			n++
			out.WriteString(strconv.Itoa(n))
		}
	}
	rewritten.Store(query, out.String())
	return out.String()
}

// rewritten are the statements that were rewritten before; there are as many as in the code.
var rewritten sync.Map //nolint:gochecknoglobals // a cache of a pure function
