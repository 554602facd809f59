// Package sqlite keeps slagate's state in one SQLite file, for one process.
//
// Its one idea is that one connection writes, so writers queue up instead of failing
// with "database is locked"; a second, read-only pool answers questions meanwhile. What is
// kept, and in which statements, is package relational's; this package opens the
// file, migrates it, takes turns at writing and flushes what has to be on disk.
//
// It shares its file with no other process: a second one finds it in use.
package sqlite

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/pressly/goose/v3"
	"github.com/riverqueue/river/riverdriver/riversqlite"
	"github.com/riverqueue/river/rivermigrate"
	"github.com/rs/zerolog"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"github.com/slagate/slagate/internal/store"
	"github.com/slagate/slagate/internal/store/relational"
)

//go:embed migrations/*.sql
var migrations embed.FS

const (
	driverName = "sqlite"
	// readers is the size of the read-only pool; reads are short, and more
	// connections only cost memory (about 2 MB of page cache each).
	readers = 4
	// busyTimeout is how long a connection waits for the file. Within one process only
	// checkpoints and readers meet, so that it is hardly ever used up.
	busyTimeout = 10 * time.Second
)

// ErrInUse says that another process (or another store of this one) has the file open.
var ErrInUse = errors.New("the database is in use by another process")

// DB is the store. It is safe for concurrent use.
type DB struct {
	*relational.DB
	engine *engine
}

// engine implements relational.Engine.
type engine struct {
	writer *sql.DB
	reader *sql.DB
	lock   *sql.DB
	held   *sql.Conn // holds the exclusive transaction on lock
	turns  turns
	locks  locks
	log    zerolog.Logger
}

// Open opens or creates the file at path (a plain path, or one with the prefix
// "sqlite:"), takes its lock, migrates it and hands back the jobs that
// a killed process had begun. It returns [ErrInUse] if the lock is taken.
func Open(ctx context.Context, path string, opts store.Options) (*DB, error) {
	path = strings.TrimPrefix(strings.TrimPrefix(path, "sqlite:"), "//")
	if path == "" || strings.HasPrefix(path, ":memory:") {
		return nil, fmt.Errorf("open database %q: a file is needed", path)
	}
	if opts.Now == nil || opts.Queue == nil {
		return nil, errors.New("open database: no clock or no queue given")
	}
	e := &engine{turns: newTurns(), log: opts.Log}
	if err := e.open(ctx, path); err != nil {
		return nil, errors.Join(fmt.Errorf("open database %s: %w", path, err), e.close())
	}
	return &DB{engine: e, DB: relational.New(e, opts, relational.Dialect{
		AttemptedAt: `cast((julianday(attempted_at) - 2440587.5) * 86400000000 as integer)`, // 2440587.5 is 1970
	})}, nil
}

func (e *engine) open(ctx context.Context, path string) error {
	// The files hold texts of private repositories: nobody else may read them. The
	// journal files inherit the mode.
	for _, name := range []string{path, path + "-lock"} {
		f, err := os.OpenFile(name, os.O_CREATE|os.O_RDWR, 0o600) //nolint:gosec // the path is the operator's setting
		if err != nil {
			return err
		}
		if err := f.Close(); err != nil {
			return err
		}
	}
	if err := e.takeLock(ctx, path+"-lock"); err != nil {
		return err
	}
	var err error
	if e.writer, err = connect(path, "rwc", 1); err != nil {
		return err
	}
	if err := e.migrate(ctx); err != nil {
		return err
	}
	if err := e.handBack(ctx); err != nil {
		return err
	}
	e.reader, err = connect(path, "ro", readers)
	return err
}

// takeLock holds an exclusive transaction on a file of its own for as long as
// the store is open. The operating system releases it when the process dies,
// however it dies, and SQLite knows how to do this on every system.
func (e *engine) takeLock(ctx context.Context, path string) error {
	var err error
	if e.lock, err = sql.Open(driverName, dsn(path, "rwc", "_pragma=busy_timeout(0)")); err != nil {
		return err
	}
	if e.held, err = e.lock.Conn(ctx); err != nil {
		return fmt.Errorf("lock: %w", err)
	}
	if _, err = e.held.ExecContext(ctx, "begin exclusive"); err != nil {
		if isBusy(err) {
			return ErrInUse
		}
		return fmt.Errorf("lock: %w", err)
	}
	return nil
}

// connect opens a pool. synchronous(NORMAL) keeps the file whole but may lose the last commits when
// the power goes; what must not be lost is written by [DB.writeThrough].
func connect(path, mode string, conns int) (*sql.DB, error) {
	connector, err := sqlite.NewConnector(dsn(path, mode,
		fmt.Sprintf("_pragma=busy_timeout(%d)", busyTimeout.Milliseconds()),
		"_pragma=journal_mode(WAL)", "_pragma=synchronous(NORMAL)", "_pragma=foreign_keys(1)",
		"_txlock=immediate", "_time_format=sqlite"))
	if err != nil {
		return nil, err
	}
	pool := sql.OpenDB(keeping{connector})
	pool.SetMaxOpenConns(conns)
	pool.SetMaxIdleConns(conns)
	return pool, nil
}

func dsn(path, mode string, params ...string) string {
	if mode == "ro" {
		// A read-only connection may neither set the journal mode nor begin to write.
		kept := params[:0]
		for _, p := range params {
			if !strings.Contains(p, "journal_mode") && !strings.HasPrefix(p, "_txlock") {
				kept = append(kept, p)
			}
		}
		params = kept
	}
	name := (&url.URL{Path: path}).EscapedPath()
	return "file:" + name + "?mode=" + mode + "&" + strings.Join(params, "&")
}

// migrate brings River's tables up first, then ours.
func (e *engine) migrate(ctx context.Context) error {
	quiet := slog.New(zerolog.NewSlogHandler(e.log.Level(zerolog.WarnLevel)))
	river, err := rivermigrate.New(riversqlite.New(e.writer), &rivermigrate.Config{Logger: quiet})
	if err != nil {
		return fmt.Errorf("prepare migrations of the queue: %w", err)
	}
	if _, err := river.Migrate(ctx, rivermigrate.DirectionUp, nil); err != nil {
		return fmt.Errorf("migrate the queue: %w", err)
	}
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return err
	}
	provider, err := goose.NewProvider(goose.DialectSQLite3, e.writer, files)
	if err != nil {
		return fmt.Errorf("prepare migrations: %w", err)
	}
	if _, err := provider.Up(ctx); err != nil {
		return fmt.Errorf("migrate: %w", err)
	}
	return nil
}

// handBack makes jobs of a killed process available again, without the lost
// attempt, and forgets it as River's leader. River itself would wait an hour
// for the one and 15 seconds for the other, because other processes might be at
// work; under our lock there are none.
func (e *engine) handBack(ctx context.Context) error {
	return e.Write(ctx, false, func(tx store.Tx) error {
		n, err := tx.Exec(ctx, `update river_job set state = 'available', attempt = max(attempt - 1, 0) where state = 'running'`)
		if err != nil {
			return fmt.Errorf("hand back jobs: %w", err)
		}
		if n > 0 {
			e.log.Info().Int64("jobs", n).Msg("jobs of a killed process handed back")
		}
		if _, err = tx.Exec(ctx, `delete from river_leader`); err != nil {
			return fmt.Errorf("forget the leader: %w", err)
		}
		return nil
	})
}

// Writer is the one connection that writes; River's workers share it.
func (db *DB) Writer() *sql.DB { return db.engine.writer }

// Native is Writer: what River's driver for this engine works on.
func (db *DB) Native() any { return db.engine.writer }

// Close closes the file and releases the lock. Workers have to be stopped before.
// Closing again does nothing.
func (db *DB) Close() error {
	db.Finish()
	return db.engine.close()
}

func (e *engine) close() error {
	var errs []error
	for _, pool := range []*sql.DB{e.reader, e.writer} {
		if pool != nil {
			errs = append(errs, pool.Close())
		}
	}
	if e.held != nil {
		if err := e.held.Close(); err != nil && !errors.Is(err, sql.ErrConnDone) {
			errs = append(errs, err)
		}
	}
	if e.lock != nil {
		errs = append(errs, e.lock.Close())
	}
	return errors.Join(errs...)
}

// isBusy reports whether SQLite said that somebody else holds the file.
func isBusy(err error) bool {
	var e *sqlite.Error
	// Extended codes carry the primary one in their low byte.
	return errors.As(err, &e) && e.Code()&0xff == sqlite3.SQLITE_BUSY
}
