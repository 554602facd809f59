// Package postgres keeps slagate's state in a PostgreSQL database, for any number
// of processes.
//
// Its one idea is that the processes know nothing of each other: River hands each
// job to one of them, rows are locked where they are written, and who evaluates a
// pull request holds an advisory lock of the database meanwhile (locks.go). What is
// kept, and in which statements, is package relational's; this package connects,
// migrates, and begins transactions.
//
// Migrations run under a lock, so that replicas may start all at once, and only
// add: the version before has to go on beside them while replicas are exchanged one by one.
//
// It needs PostgreSQL 14 or later and connections of its own: a pooler in between
// that shares sessions would lose the locks and the word of new jobs.
package postgres

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/url"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivermigrate"
	"github.com/rs/zerolog"

	"github.com/slagate/slagate/internal/store"
	"github.com/slagate/slagate/internal/store/relational"
)

//go:embed migrations/*.sql
var migrations embed.FS

const (
	// poolSize is how many connections a process opens at most, unless the address says
	// pool_max_conns. Evaluations wait for GitHub most of their time, not for the database.
	poolSize = 16
	// connectTimeout bounds a connection attempt, unless the address says connect_timeout.
	connectTimeout = 5 * time.Second
	// migrateTimeout bounds the wait for another replica that is migrating, and the migration.
	migrateTimeout = 2 * time.Minute
	// migrateLock is the advisory lock under which migrations run.
	migrateLock = "migrate"
)

// DB is the store. It is safe for concurrent use.
type DB struct {
	*relational.DB
	engine *engine
}

// engine implements relational.Engine.
type engine struct {
	pool  *pgxpool.Pool
	locks *locks
}

// Open connects to the database at the address (postgres://…, as libpq has it, see
// https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-CONNSTRING) and migrates it.
// No error quotes the password.
func Open(ctx context.Context, address string, opts store.Options) (*DB, error) {
	if opts.Now == nil || opts.Queue == nil {
		return nil, errors.New("open database: no clock or no queue given")
	}
	cfg, err := configure(address)
	if err != nil {
		return nil, err
	}
	e := &engine{}
	if err := e.open(ctx, cfg, opts); err != nil {
		e.close() //nolint:contextcheck // what failed may be the context; closing has its own time
		return nil, fmt.Errorf("open database %s:%d/%s: %w", cfg.ConnConfig.Host, cfg.ConnConfig.Port, cfg.ConnConfig.Database, err)
	}
	return &DB{engine: e, DB: relational.New(e, opts, relational.Dialect{
		ForUpdate:   " for no key update", // as an update does: new rows that refer to this one need not wait
		AttemptedAt: `cast(extract(epoch from attempted_at) * 1000000 as bigint)`,
	})}, nil
}

// configure reads the address.
func configure(address string) (*pgxpool.Config, error) {
	cfg, err := pgxpool.ParseConfig(address)
	if err != nil {
		// The error of the parser may quote the address.
		return nil, errors.New("the address of the database is not of the form postgres://user:password@host:5432/database?sslmode=verify-full")
	}
	if !says(address, "pool_max_conns") {
		cfg.MaxConns = poolSize
	}
	if cfg.ConnConfig.ConnectTimeout == 0 {
		cfg.ConnConfig.ConnectTimeout = connectTimeout
	}
	if cfg.ConnConfig.RuntimeParams["application_name"] == "" {
		cfg.ConnConfig.RuntimeParams["application_name"] = "slagate"
	}
	cfg.AfterConnect = func(ctx context.Context, conn *pgx.Conn) error {
		// What has to be on disk says so itself, see Write. A transaction that its process
		// has forgotten, or that waits for one, must not hold up the others for ever.
		_, err := conn.Exec(ctx, `set synchronous_commit = off; set idle_in_transaction_session_timeout = '30s'; set lock_timeout = '15s'`)
		return err
	}
	cfg.AfterRelease = writable
	return cfg, nil
}

// writable reports whether a connection is worth keeping: a session that began while the database was set
// read-only stays so when the setting is gone. Since version 14 the server tells each session's.
// https://www.postgresql.org/docs/current/protocol-flow.html#PROTOCOL-ASYNC
func writable(conn *pgx.Conn) bool {
	return conn.PgConn().ParameterStatus("default_transaction_read_only") != "on"
}

func says(address, parameter string) bool {
	if u, err := url.Parse(address); err == nil && u.Query().Has(parameter) {
		return true
	}
	return strings.Contains(address, parameter+"=")
}

func (e *engine) open(ctx context.Context, cfg *pgxpool.Config, opts store.Options) error {
	var err error
	if e.pool, err = pgxpool.NewWithConfig(ctx, cfg); err != nil {
		return err
	}
	e.locks = newLocks(cfg.ConnConfig.Copy(), opts.Now, opts.Log)
	if err := e.migrate(ctx, opts.Log); err != nil {
		return err
	}
	return e.locks.start(ctx)
}

// migrate brings River's tables up first, then ours, one process at a time.
func (e *engine) migrate(ctx context.Context, log zerolog.Logger) (err error) {
	ctx, cancel := context.WithTimeout(ctx, migrateTimeout)
	defer cancel()
	conn, err := e.pool.Acquire(ctx)
	if err != nil {
		return err
	}
	defer conn.Release()
	// Whoever migrates may take longer than a lock may be waited for otherwise.
	if _, err := conn.Exec(ctx, `set lock_timeout = 0`); err != nil {
		return err
	}
	if _, err := conn.Exec(ctx, `select pg_advisory_lock($1)`, lockKey(migrateLock)); err != nil {
		return fmt.Errorf("wait for another process that migrates: %w", err)
	}
	defer func() {
		// The connection is not used again, so that its settings and the lock end with it.
		err = errors.Join(err, conn.Conn().Close(context.WithoutCancel(ctx)))
	}()
	quiet := slog.New(zerolog.NewSlogHandler(log.Level(zerolog.WarnLevel)))
	river, err := rivermigrate.New(riverpgxv5.New(e.pool), &rivermigrate.Config{Logger: quiet})
	if err != nil {
		return fmt.Errorf("prepare migrations of the queue: %w", err)
	}
	if _, err := river.Migrate(ctx, rivermigrate.DirectionUp, nil); err != nil {
		return fmt.Errorf("migrate the queue: %w", err)
	}
	return e.migrateOurs(ctx)
}

func (e *engine) migrateOurs(ctx context.Context) error {
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return err
	}
	db := stdlib.OpenDBFromPool(e.pool)
	provider, err := goose.NewProvider(goose.DialectPostgres, db, files)
	if err != nil {
		return errors.Join(fmt.Errorf("prepare migrations: %w", err), db.Close())
	}
	if _, err := provider.Up(ctx); err != nil {
		return errors.Join(fmt.Errorf("migrate: %w", err), db.Close())
	}
	return db.Close()
}

// Pool are the connections, for what looks at the database from outside.
func (db *DB) Pool() *pgxpool.Pool { return db.engine.pool }

// Native is Pool: what River's driver for this engine works on.
func (db *DB) Native() any { return db.engine.pool }

// Close closes the connections. Workers have to be stopped before. Closing
// again does nothing.
func (db *DB) Close() error {
	db.Finish()
	db.engine.close()
	return nil
}

func (e *engine) close() {
	if e.locks != nil {
		e.locks.stop()
	}
	if e.pool != nil {
		e.pool.Close()
	}
}

// noRows has callers ask for one error, whatever the engine.
func noRows(err error) error {
	if errors.Is(err, pgx.ErrNoRows) {
		return sql.ErrNoRows
	}
	return err
}
