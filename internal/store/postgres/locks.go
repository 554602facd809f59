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
	// lockTimeout bounds one question about a lock, and the attempt to open a session for it.
	lockTimeout = 5 * time.Second
)

// errSession says that the session that holds the locks could not be had.
var errSession = errors.New("no session for locks")

// errClosed says that the database was closed meanwhile.
var errClosed = errors.New("the database is closed")

// locks are the advisory locks of this process. One session holds all of them, for
// a lock belongs to a session and evaluations would need one connection each
// otherwise. When the session ends, however it ends, all locks are lost, and whoever held one
// hears it from Held. See https://www.postgresql.org/docs/current/explicit-locking.html#ADVISORY-LOCKS.
//
// A session answers one question at a time. Whoever wants to ask waits for the place, but no
// longer than its context lasts. Where the database is away, one caller tries to open a new
// session, and all who waited meanwhile share what came of it.
type locks struct {
	cfg *pgx.ConnConfig
	log zerolog.Logger

	place chan struct{} // holds something while somebody asks
	conn  *pgx.Conn     // nil while there is no session; belongs to whoever has the place

	now   func() time.Time
	state sync.Mutex
	heard time.Time      // when the session answered last
	held  map[string]int // by key the number of the lock
	taken int
	tried int   // how often no session could be opened
	why   error // the last time

	quit chan struct{}
	done chan struct{}
}

func newLocks(cfg *pgx.ConnConfig, now func() time.Time, log zerolog.Logger) *locks {
	cfg.RuntimeParams["application_name"] += " locks"
	return &locks{cfg: cfg, now: now, log: log, place: make(chan struct{}, 1), held: map[string]int{}, quit: make(chan struct{})}
}

// start opens the session and keeps it alive until stop.
func (l *locks) start(ctx context.Context) error {
	if err := l.enter(ctx); err != nil {
		return err
	}
	err := l.connect(ctx)
	l.leave()
	if err != nil {
		return err
	}
	l.done = make(chan struct{})
	go l.renew(context.WithoutCancel(ctx))
	return nil
}

// stop ends the session. Whoever waits for it hears so at once.
func (l *locks) stop() {
	if l.done == nil {
		return
	}
	close(l.quit)
	<-l.done
	l.done = nil
	l.place <- struct{}{}
	defer l.leave()
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
			err := l.ask(ctx, func(ctx context.Context, conn *pgx.Conn) error { return conn.Ping(ctx) })
			if err != nil && !errors.Is(err, errClosed) {
				l.log.Warn().Err(err).Msg("session for locks lost, evaluations under way write nothing more")
			}
		}
	}
}

// enter waits for the place to ask, while the context lasts; leave has to follow.
func (l *locks) enter(ctx context.Context) error {
	select {
	case l.place <- struct{}{}:
	case <-ctx.Done():
		return fmt.Errorf("%w: waiting for it: %w", errSession, ctx.Err())
	case <-l.quit:
		return errClosed
	}
	// Several of them may have been true.
	select {
	case <-l.quit:
		l.leave()
		return errClosed
	default:
	}
	if err := ctx.Err(); err != nil {
		l.leave()
		return fmt.Errorf("%w: waiting for it: %w", errSession, err)
	}
	return nil
}

func (l *locks) leave() { <-l.place }

// ask has the session asked something, if need be a new one.
func (l *locks) ask(ctx context.Context, question func(ctx context.Context, conn *pgx.Conn) error) error {
	tried := l.failures()
	if err := l.enter(ctx); err != nil {
		return err
	}
	defer l.leave()
	if l.conn == nil {
		if err := l.reconnect(ctx, tried); err != nil {
			return fmt.Errorf("%w: %w", errSession, err)
		}
	}
	return l.put(ctx, question)
}

// put asks the session; the caller has the place. A session that does not answer is ended,
// and the next question opens another one.
func (l *locks) put(ctx context.Context, question func(ctx context.Context, conn *pgx.Conn) error) error {
	// Not the caller's deadline: a question that is given up half-way costs all locks.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), lockTimeout)
	defer cancel()
	asked := l.now()
	if err := question(ctx, l.conn); err != nil {
		l.end(ctx)
		return err
	}
	l.state.Lock()
	defer l.state.Unlock()
	l.heard = asked
	return nil
}

// failures is how often no session could be opened.
func (l *locks) failures() int {
	l.state.Lock()
	defer l.state.Unlock()
	return l.tried
}

// reconnect opens a session for a caller that has the place, and that began to wait for it when so
// many attempts had failed. If another one failed since, trying again would only hold up those behind.
func (l *locks) reconnect(ctx context.Context, tried int) error {
	if now := l.failures(); now != tried {
		l.state.Lock()
		defer l.state.Unlock()
		return l.why
	}
	// The caller's own deadline as well: no lock is lost if it gives up, for there is none.
	limited, cancel := context.WithTimeout(ctx, lockTimeout)
	defer cancel()
	err := l.connect(limited)
	if err != nil && ctx.Err() == nil { // else it says nothing of the database
		l.state.Lock()
		defer l.state.Unlock()
		l.tried++
		l.why = err
	}
	return err
}

// connect opens a session; the caller has the place.
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

// end ends the session and with it all locks; the caller has the place.
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

// try takes the lock, or gives up when the context ends. The question goes on even so: it
// belongs to the session. A lock that it brings then is given back.
func (l *locks) try(ctx context.Context, key string) (store.Lock, bool, error) {
	type answer struct {
		got store.Lock // nil: somebody else has it
		err error
	}
	answers := make(chan answer) // without room: a lock is with its caller, or with nobody
	go func() {
		got, err := l.take(ctx, key)
		select {
		case answers <- answer{got, err}:
		case <-ctx.Done():
			if got != nil {
				got.Unlock()
			}
		}
	}()
	select {
	case a := <-answers:
		return a.got, a.got != nil, a.err
	case <-ctx.Done():
		return nil, false, fmt.Errorf("%w: %w", errSession, ctx.Err())
	}
}

// take takes the lock. A session may take its own lock twice, so this process keeps its own list.
func (l *locks) take(ctx context.Context, key string) (got store.Lock, err error) {
	err = l.ask(ctx, func(ctx context.Context, conn *pgx.Conn) error {
		if l.knows(key) {
			return nil
		}
		var ok bool
		if err := conn.QueryRow(ctx, `select pg_try_advisory_lock($1)`, lockKey(key)).Scan(&ok); err != nil || !ok {
			return err
		}
		got = lock{of: l, key: key, number: l.keep(key)}
		return nil
	})
	return got, err
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
	if k.of.enter(context.Background()) != nil {
		return // the session has ended
	}
	defer k.of.leave()
	if !k.kept() {
		return // it ended with its session, and needs no other one
	}
	err := k.of.put(context.Background(), func(ctx context.Context, conn *pgx.Conn) error {
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
