package job

import (
	"context"
	"database/sql"
	"fmt"
	"log/slog"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/riverdriver/riversqlite"
	"github.com/riverqueue/river/rivertype"
	"github.com/rs/zerolog"

	"github.com/slagate/slagate/internal/store"
)

// Engine is the kind of database that the jobs are in.
type Engine string

// The engines.
const (
	SQLite   Engine = "sqlite"
	Postgres Engine = "postgres"
)

// engine is what the rest of the package asks of River, whose own types depend on the
// kind of transaction.
type engine interface {
	insertMany(ctx context.Context, tx store.Tx, params []river.InsertManyParams) ([]*rivertype.JobInsertResult, error)
	insert(ctx context.Context, tx store.Tx, args river.JobArgs, opts *river.InsertOpts) error
	// retry has a waiting job run now.
	retry(ctx context.Context, tx store.Tx, id int64) error
	// complete ends a job that a worker of this process runs.
	complete(ctx context.Context, tx store.Tx, job *rivertype.JobRow) error
	// sameArgs is the condition that a job has the arguments that the next ? holds as JSON.
	sameArgs() string
}

// workforce is a client of River's that works.
type workforce interface {
	Start(ctx context.Context) error
	Stop(ctx context.Context) error
	Insert(ctx context.Context, args river.JobArgs, opts *river.InsertOpts) (*rivertype.JobInsertResult, error)
}

func quiet(log zerolog.Logger) *slog.Logger {
	return slog.New(zerolog.NewSlogHandler(log.Level(zerolog.WarnLevel)))
}

func newEngine(on Engine, log zerolog.Logger) (engine, error) {
	switch on {
	case SQLite:
		return newEngineOf[*sql.Tx](riversqlite.New(nil), log, `json(args) = json(?)`)
	case Postgres:
		return newEngineOf[pgx.Tx](riverpgxv5.New(nil), log, `args = cast(? as jsonb)`)
	}
	return nil, fmt.Errorf("unknown engine %q", on)
}

// newWorkforce returns a client that works on the store's own database.
func newWorkforce(cfg Config, with *river.Config) (workforce, error) {
	switch pool := cfg.Store.Native().(type) {
	case *sql.DB:
		return river.NewClient[*sql.Tx](&driver{Driver: riversqlite.New(pool), wake: cfg.Queue.wake, wide: cfg.Queue.wide}, with)
	case *pgxpool.Pool:
		return river.NewClient[pgx.Tx](riverpgxv5.New(pool), with)
	default:
		return nil, fmt.Errorf("no queue works on a %T", pool)
	}
}

// engineOf is River on databases with that kind of transaction.
type engineOf[T any] struct {
	client *river.Client[T]
	same   string
}

func newEngineOf[T any](d riverdriver.Driver[T], log zerolog.Logger, same string) (*engineOf[T], error) {
	client, err := river.NewClient(d, &river.Config{Logger: quiet(log), MaxAttempts: maxAttempts})
	return &engineOf[T]{client: client, same: same}, err
}

func native[T any](tx store.Tx) (T, error) {
	own, ok := tx.Native().(T)
	if !ok {
		return own, fmt.Errorf("the store's transaction is a %T, not a %T", tx.Native(), own)
	}
	return own, nil
}

func (e *engineOf[T]) insertMany(ctx context.Context, tx store.Tx, params []river.InsertManyParams) ([]*rivertype.JobInsertResult, error) {
	own, err := native[T](tx)
	if err != nil {
		return nil, err
	}
	return e.client.InsertManyTx(ctx, own, params)
}

func (e *engineOf[T]) insert(ctx context.Context, tx store.Tx, args river.JobArgs, opts *river.InsertOpts) error {
	own, err := native[T](tx)
	if err != nil {
		return err
	}
	_, err = e.client.InsertTx(ctx, own, args, opts)
	return err
}

func (e *engineOf[T]) retry(ctx context.Context, tx store.Tx, id int64) error {
	own, err := native[T](tx)
	if err != nil {
		return err
	}
	_, err = e.client.JobRetryTx(ctx, own, id)
	return err
}

func (e *engineOf[T]) complete(ctx context.Context, tx store.Tx, job *rivertype.JobRow) error {
	own, err := native[T](tx)
	if err != nil {
		return err
	}
	// Of the job River looks at the row alone, whatever its arguments are.
	_, err = river.JobCompleteTx[riverdriver.Driver[T]](ctx, own, &river.Job[Sweep]{JobRow: job})
	return err
}

func (e *engineOf[T]) sameArgs() string { return e.same }
