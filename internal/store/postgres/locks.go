package postgres

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/rs/zerolog"

	"github.com/slagate/slagate/internal/store"
)

const (
	// leaseEnds is when PostgreSQL ends a session that was silent, and its locks with it. So a process
	// that hangs, or that was cut off, holds up its pull requests no longer than that.
	leaseEnds = 20 * time.Second
	// leaseTrusted is how long after its last answer a session is taken for alive.
	leaseTrusted = leaseEnds - 5*time.Second
	// leaseRenewed is how often the session is heard of.
	leaseRenewed = 5 * time.Second
	// lockTimeout bounds one question about a lock.
	lockTimeout = 5 * time.Second
)

// errSession says that the session that holds the locks could not be had.
var errSession = errors.New("no session for locks")

// locks are the advisory locks of this process. One session holds all of them, for
// a lock belongs to a session and evaluations would need one connection each
// otherwise. When the session ends, however it ends, all locks are lost, and whoever held one
// hears it from Held. See https://www.postgresql.org/docs/current/explicit-locking.html#ADVISORY-LOCKS.
type locks struct {
	cfg *pgx.ConnConfig
	log zerolog.Logger

	mu   sync.Mutex // one question at a time
	conn *pgx.Conn  // nil while there is no session

	now   func() time.Time
	state sync.Mutex
	heard time.Time      // when the session answered last
	held  map[string]int // by key the number of the lock
	taken int

	quit chan struct{}
	done chan struct{}
}

func newLocks(cfg *pgx.ConnConfig, now func() time.Time, log zerolog.Logger) *locks {
	cfg.RuntimeParams["application_name"] += " locks"
	return &locks{cfg: cfg, now: now, log: log, held: map[string]int{}, quit: make(chan struct{})}
}

// start opens the session and keeps it alive until stop.
func (l *locks) start(ctx context.Context) error {
	l.mu.Lock()
	err := l.connect(ctx)
	l.mu.Unlock()
	if err != nil {
		return err
	}
	l.done = make(chan struct{})
	go l.renew(context.WithoutCancel(ctx))
	return nil
}

func (l *locks) stop() {
	if l.done == nil {
		return
	}
	close(l.quit)
	<-l.done
	l.done = nil
	l.mu.Lock()
	defer l.mu.Unlock()
	ctx, cancel := context.WithTimeout(context.Background(), lockTimeout)
	defer cancel()
	l.end(ctx)
}

func (l *locks) renew(ctx context.Context) {
	defer close(l.done)
	ticker := time.NewTicker(leaseRenewed)
	defer ticker.Stop()
	for {
		select {
		case <-l.quit:
			return
		case <-ticker.C:
			if err := l.ask(ctx, func(ctx context.Context, conn *pgx.Conn) error { return conn.Ping(ctx) }); err != nil {
				l.log.Warn().Err(err).Msg("session for locks lost, evaluations under way write nothing more")
			}
		}
	}
}

// ask has the session asked something; a session that does not answer is ended,
// and the next question opens another one.
func (l *locks) ask(ctx context.Context, question func(ctx context.Context, conn *pgx.Conn) error) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	// Not the caller's deadline: a question that is given up half-way costs all locks.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), lockTimeout)
	defer cancel()
	if l.conn == nil {
		if err := l.connect(ctx); err != nil {
			return fmt.Errorf("%w: %w", errSession, err)
		}
	}
	asked := l.now()
	err := question(ctx, l.conn)
	if err != nil {
		l.end(ctx)
		return err
	}
	l.state.Lock()
	l.heard = asked
	l.state.Unlock()
	return nil
}

// connect opens a session; mu is held.
func (l *locks) connect(ctx context.Context) error {
	conn, err := pgx.ConnectConfig(ctx, l.cfg)
	if err != nil {
		return err
	}
	if _, err := conn.Exec(ctx, fmt.Sprintf(`set idle_session_timeout = %d`, leaseEnds.Milliseconds())); err != nil {
		return errors.Join(fmt.Errorf("PostgreSQL 14 or later is needed: %w", err), conn.Close(ctx))
	}
	l.conn = conn
	l.state.Lock()
	defer l.state.Unlock()
	l.heard = l.now()
	return nil
}

// end ends the session and with it all locks; mu is held.
func (l *locks) end(ctx context.Context) {
	if l.conn == nil {
		return
	}
	if err := l.conn.Close(ctx); err != nil {
		l.log.Debug().Err(err).Msg("session for locks not closed in order")
	}
	l.conn = nil
	l.state.Lock()
	defer l.state.Unlock()
	l.held = map[string]int{}
}

// TryLock implements relational.Engine.
func (e *engine) TryLock(ctx context.Context, key string) (store.Lock, bool, error) {
	return e.locks.try(ctx, key)
}

// try takes the lock. A session may take its own lock twice, so this process keeps its own list.
func (l *locks) try(ctx context.Context, key string) (store.Lock, bool, error) {
	got, ok := lock{of: l, key: key}, false
	err := l.ask(ctx, func(ctx context.Context, conn *pgx.Conn) error {
		if l.knows(key) {
			return nil
		}
		if err := conn.QueryRow(ctx, `select pg_try_advisory_lock($1)`, lockKey(key)).Scan(&ok); err != nil || !ok {
			return err
		}
		got.number = l.keep(key)
		return nil
	})
	if err != nil || !ok {
		return nil, false, err
	}
	return got, true, nil
}

func (l *locks) knows(key string) bool {
	l.state.Lock()
	defer l.state.Unlock()
	_, held := l.held[key]
	return held
}

// keep notes a lock of the present session.
func (l *locks) keep(key string) (number int) {
	l.state.Lock()
	defer l.state.Unlock()
	l.taken++
	l.held[key] = l.taken
	return l.taken
}

type lock struct {
	of     *locks
	key    string
	number int
}

// Held implements store.Lock. A process that slept may have lost its session
// without knowing: a session that has not answered lately is not trusted.
func (k lock) Held() bool {
	k.of.state.Lock()
	defer k.of.state.Unlock()
	return k.of.held[k.key] == k.number && k.of.now().Sub(k.of.heard) < leaseTrusted
}

// kept reports whether the session that took the lock is still in use.
func (k lock) kept() bool {
	k.of.state.Lock()
	defer k.of.state.Unlock()
	return k.of.held[k.key] == k.number
}

func (k lock) forget() {
	k.of.state.Lock()
	defer k.of.state.Unlock()
	delete(k.of.held, k.key)
}

// Unlock implements store.Lock.
func (k lock) Unlock() {
	if !k.kept() {
		return // the database need not be asked, which may be away
	}
	err := k.of.ask(context.Background(), func(ctx context.Context, conn *pgx.Conn) error {
		if !k.kept() {
			return nil // it ended with its session
		}
		_, err := conn.Exec(ctx, `select pg_advisory_unlock($1)`, lockKey(k.key))
		k.forget()
		return err
	})
	if err != nil {
		k.of.log.Warn().Err(err).Msg("session for locks lost while a lock was given back")
	}
}

// lockKey is the number that PostgreSQL knows a lock by. Two keys that share one
// by accident only wait for each other.
func lockKey(key string) int64 {
	sum := sha256.Sum256([]byte("slagate/" + key))
	return int64(binary.BigEndian.Uint64(sum[:8])) //nolint:gosec // any 64 bits will do
}
