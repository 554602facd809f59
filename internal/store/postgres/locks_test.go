package postgres

import (
	"context"
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"

	"github.com/slagate/slagate/internal/store/pgtest"
)

// away are locks whose database takes no connection and refuses none, and how often it was tried.
func away(t *testing.T) (*locks, *atomic.Int64) {
	t.Helper()
	cfg, err := pgx.ParseConfig("postgres://nobody@192.0.2.1/none?sslmode=disable")
	require.NoError(t, err)
	dials := &atomic.Int64{}
	cfg.LookupFunc = func(_ context.Context, host string) ([]string, error) { return []string{host}, nil }
	cfg.DialFunc = func(ctx context.Context, _, _ string) (net.Conn, error) {
		dials.Add(1)
		<-ctx.Done()
		return nil, ctx.Err()
	}
	return newLocks(cfg, time.Now, zerolog.Nop()), dials
}

// TestAllWhoWaitShareAnAttempt: while the database is away nobody waits for the attempts of
// all the others as well.
func TestAllWhoWaitShareAnAttempt(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l, dials := away(t)
		began := time.Now()
		var all sync.WaitGroup
		for range 50 {
			all.Go(func() {
				_, ok, err := l.try(t.Context(), "pull/1/1")
				require.ErrorIs(t, err, errSession)
				require.ErrorIs(t, err, context.DeadlineExceeded)
				require.False(t, ok)
			})
		}
		all.Wait()
		require.Equal(t, lockTimeout, time.Since(began))
		require.EqualValues(t, 1, dials.Load())
		_, _, err := l.try(t.Context(), "pull/1/1")
		require.ErrorIs(t, err, errSession)
		require.EqualValues(t, 2, dials.Load(), "who comes later tries again")
	})
}

// TestWhoWaitsLeavesWithItsContext: be it in the queue, or the one who opens the session; the latter's
// failure is its own.
func TestWhoWaitsLeavesWithItsContext(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l, dials := away(t)
		began := time.Now()
		var all sync.WaitGroup
		caller := func(patience, leaves time.Duration) {
			all.Go(func() {
				ctx, cancel := context.WithTimeout(t.Context(), patience)
				defer cancel()
				_, ok, err := l.try(ctx, "pull/1/1")
				require.ErrorIs(t, err, errSession)
				require.ErrorIs(t, err, context.DeadlineExceeded)
				require.False(t, ok)
				require.Equal(t, leaves, time.Since(began))
			})
			synctest.Wait()
		}
		caller(time.Second, time.Second)               // opens the session
		caller(time.Minute, time.Second+lockTimeout)   // the next to do so
		caller(2*time.Second, 2*time.Second)           // in the queue
		caller(2*time.Minute, time.Second+lockTimeout) // shares what the second one hears
		all.Wait()
		require.EqualValues(t, 2, dials.Load())
		ended, cancel := context.WithCancel(t.Context())
		cancel()
		_, _, err := l.try(ended, "pull/1/1")
		require.ErrorIs(t, err, context.Canceled)
		require.EqualValues(t, 2, dials.Load(), "nothing is begun for one who has left")
	})
}

// wire is a connection whose answers can be held back.
type wire struct {
	net.Conn
	of *switchboard
}

type switchboard struct {
	mu      sync.Mutex
	held    chan struct{} // not nil while answers are held back; closed when they may go on
	reached chan struct{} // hears of an answer that is held back
	fails   atomic.Bool   // no answer comes through any more
	dials   atomic.Int64
}

func (s *switchboard) hold() (release func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	held := make(chan struct{})
	s.held = held
	return sync.OnceFunc(func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.held = nil
		close(held)
	})
}

// Read holds back what it has read.
func (w wire) Read(b []byte) (int, error) {
	n, err := w.Conn.Read(b)
	w.of.mu.Lock()
	held := w.of.held
	w.of.mu.Unlock()
	if held != nil {
		w.of.reached <- struct{}{}
		<-held
	}
	if w.of.fails.Load() {
		return 0, net.ErrClosed
	}
	return n, err
}

// wired are locks of an empty database at the end of a switchboard.
func wired(t *testing.T) (*locks, *switchboard, string) {
	t.Helper()
	address := pgtest.New(t)
	board := &switchboard{reached: make(chan struct{}, 1)}
	l := lines(t, address, board)
	require.NoError(t, l.start(t.Context()))
	t.Cleanup(l.stop)
	return l, board, address
}

func lines(t *testing.T, address string, board *switchboard) *locks {
	t.Helper()
	cfg, err := pgx.ParseConfig(address)
	require.NoError(t, err)
	dial := cfg.DialFunc
	cfg.DialFunc = func(ctx context.Context, network, addr string) (net.Conn, error) {
		board.dials.Add(1)
		conn, err := dial(ctx, network, addr)
		return wire{conn, board}, err
	}
	return newLocks(cfg, time.Now, zerolog.Nop())
}

// TestQuestionGoesOnWithoutItsCaller: the other locks of the session are not lost when one who asks
// for another gives up, and what the question brings is nobody's.
func TestQuestionGoesOnWithoutItsCaller(t *testing.T) {
	t.Parallel()
	l, board, address := wired(t)
	kept, ok, err := l.try(t.Context(), "kept")
	require.NoError(t, err)
	require.True(t, ok)
	release := board.hold()
	defer release()
	ctx, leave := context.WithCancel(t.Context())
	left := make(chan error)
	ask := func(key string) {
		_, _, err := l.try(ctx, key)
		left <- err
	}
	go ask("asked")
	<-board.reached // PostgreSQL has given the lock out
	go ask("queued")
	leave()
	require.ErrorIs(t, <-left, context.Canceled)
	require.ErrorIs(t, <-left, context.Canceled)
	release()
	another := lines(t, address, &switchboard{})
	require.NoError(t, another.start(t.Context()))
	defer another.stop()
	for _, key := range []string{"asked", "queued"} {
		require.Eventually(t, func() bool {
			_, ok, err := another.try(t.Context(), key)
			return err == nil && ok
		}, 20*time.Second, 5*time.Millisecond, key)
	}
	require.True(t, kept.Held())
	_, ok, err = another.try(t.Context(), "kept")
	require.NoError(t, err)
	require.False(t, ok)
	require.EqualValues(t, 1, board.dials.Load(), "it is the same session")
}

// TestUnlockOfALostSession: giving back what is gone opens no new session, however many do so.
func TestUnlockOfALostSession(t *testing.T) {
	t.Parallel()
	l, board, _ := wired(t)
	var taken []interface{ Unlock() }
	for _, key := range []string{"a", "b", "c"} {
		lock, ok, err := l.try(t.Context(), key)
		require.NoError(t, err)
		require.True(t, ok)
		taken = append(taken, lock)
	}
	session := l.conn.PgConn().Conn()
	release := board.hold()
	var all sync.WaitGroup
	all.Go(taken[0].Unlock)
	<-board.reached
	all.Go(taken[1].Unlock)
	all.Go(taken[2].Unlock)
	require.NoError(t, session.Close())
	board.fails.Store(true) // the answer that is under way
	release()
	all.Wait()
	require.NoError(t, l.enter(t.Context()))
	defer l.leave()
	require.Nil(t, l.conn)
	require.Zero(t, l.failures(), "nobody tried to open another one")
}

// TestClosedWhileOthersWait: they hear so, and open nothing.
func TestClosedWhileOthersWait(t *testing.T) {
	t.Parallel()
	l, board, _ := wired(t)
	release := board.hold()
	defer release()
	left := make(chan error)
	ask := func(key string) {
		_, _, err := l.try(t.Context(), key)
		left <- err
	}
	go ask("asked")
	<-board.reached
	go ask("queued")
	stopped := make(chan struct{})
	go func() { defer close(stopped); l.stop() }()
	require.ErrorIs(t, <-left, errClosed)
	release()
	require.NoError(t, <-left)
	<-stopped
	_, _, err := l.try(t.Context(), "late")
	require.ErrorIs(t, err, errClosed)
	require.EqualValues(t, 1, board.dials.Load())
}
