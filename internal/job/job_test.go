package job_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/slagate/slagate/internal/job"
	"github.com/slagate/slagate/internal/pull"
	"github.com/slagate/slagate/internal/store"
	"github.com/slagate/slagate/internal/store/sqlite"
)

const (
	repoID = 400
	// patience is how long a test waits for what has to happen.
	patience = 20 * time.Second
	tick     = 5 * time.Millisecond
	// victim has the test binary play the process that is killed.
	victim = "SLAGATE_TEST_VICTIM"
)

func TestMain(m *testing.M) {
	if path := os.Getenv(victim); path != "" {
		playVictim(path)
		return
	}
	goleak.VerifyTestMain(m)
}

type bundle struct {
	db     *sqlite.DB
	queue  *job.Queue
	config job.Config
}

func open(t *testing.T, path string) *bundle {
	t.Helper()
	b, err := build(t.Context(), path)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, b.db.Close()) })
	return b
}

func build(ctx context.Context, path string) (*bundle, error) {
	queue, err := job.NewQueue(job.SQLite, time.Now, zerolog.Nop())
	if err != nil {
		return nil, err
	}
	db, err := sqlite.Open(ctx, path, store.Options{Now: time.Now, Log: zerolog.Nop(), Queue: queue})
	if err != nil {
		return nil, err
	}
	return &bundle{db: db, queue: queue, config: job.Config{
		Store: db, Queue: queue, Workers: 4, SweepInterval: time.Hour, Retention: 24 * time.Hour, ClosedRetention: 24 * time.Hour, Now: time.Now, Log: zerolog.Nop(),
		Handlers: job.Handlers{
			Evaluate: func(context.Context, store.Turn, bool) (time.Duration, error) { return 0, nil },
			Fan:      func(context.Context, store.Look) error { return nil },
			Group:    func(context.Context, store.MergeGroup) error { return nil },
			Sweep:    func(context.Context, time.Duration) error { return nil },
			Recover:  func(context.Context) error { return nil },
		},
	}}, nil
}

func setup(t *testing.T) *bundle {
	t.Helper()
	return open(t, filepath.Join(t.TempDir(), "slagate.db"))
}

// start starts the workers; they are stopped at the end of the test, or by stop.
func (b *bundle) start(t *testing.T) (stop func()) {
	t.Helper()
	runner, err := job.New(b.config)
	require.NoError(t, err)
	require.NoError(t, runner.Start(t.Context()))
	var once sync.Once
	stop = func() { once.Do(func() { require.NoError(t, runner.Stop(context.Background())) }) }
	t.Cleanup(stop)
	return stop
}

func arrival(guid string, number int) store.Delivery {
	return store.Delivery{GUID: guid, Event: "pull_request", Received: time.Now(), Pulls: []store.PullHint{{
		Ref: pull.Ref{Installation: 7, RepoID: repoID, Owner: "acme", Repo: "shop", Number: number}, OwnerID: 40,
	}}}
}

func (b *bundle) arrive(t *testing.T, guid string, number int) {
	t.Helper()
	b.arriveIn(t, guid, repoID, number)
}

func (b *bundle) arriveIn(t *testing.T, guid string, repo int64, number int) {
	t.Helper()
	d := arrival(guid, number)
	d.Pulls[0].Ref.RepoID = repo
	_, err := b.db.Accept(t.Context(), d)
	require.NoError(t, err)
}

// states counts the evaluation jobs by state.
func (b *bundle) states(t *testing.T) map[string]int {
	t.Helper()
	rows, err := b.db.Writer().QueryContext(t.Context(), `select state, count(*) from river_job where kind = 'evaluate' group by state`)
	require.NoError(t, err)
	defer func() { require.NoError(t, rows.Close()) }()
	counts := map[string]int{}
	for rows.Next() {
		var state string
		var n int
		require.NoError(t, rows.Scan(&state, &n))
		counts[state] = n
	}
	require.NoError(t, rows.Err())
	return counts
}

// calm waits until no evaluation is left to be done.
func (b *bundle) calm(t *testing.T) {
	t.Helper()
	require.Eventually(t, func() bool {
		s := b.states(t)
		return s["available"]+s["running"]+s["retryable"] == 0
	}, patience, tick)
}

// tally counts evaluations and notices overlaps.
type tally struct {
	mu      sync.Mutex
	count   map[int]int
	running map[int]bool
	overlap bool
}

func newTally() *tally { return &tally{count: map[int]int{}, running: map[int]bool{}} }

func (c *tally) begin(n int) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.overlap = c.overlap || c.running[n]
	c.running[n] = true
	c.count[n]++
	return c.count[n]
}

func (c *tally) end(n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.running[n] = false
}

func (c *tally) of(n int) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.count[n]
}

func TestBurstIsTwoEvaluations(t *testing.T) {
	t.Parallel()
	b, c := setup(t), newTally()
	first, release := make(chan struct{}), make(chan struct{})
	var last int64
	b.config.Handlers.Evaluate = func(ctx context.Context, turn store.Turn, _ bool) (time.Duration, error) {
		ref := turn.Ref
		defer c.end(ref.Number)
		if c.begin(ref.Number) == 1 {
			close(first)
			<-release
			return 0, nil
		}
		row, _, err := b.db.Pull(ctx, ref.RepoID, ref.Number)
		last = row.Gen
		return 0, err
	}
	stop := b.start(t)
	b.arrive(t, "g0", 12)
	<-first
	for i := range 200 {
		b.arrive(t, fmt.Sprint("burst", i), 12)
	}
	close(release)
	b.calm(t)
	stop()
	require.Equal(t, 2, c.of(12), "one was under way, one began after the last event")
	require.Equal(t, int64(201), last)
	require.False(t, c.overlap)
	row, _, err := b.db.Pull(t.Context(), repoID, 12)
	require.NoError(t, err)
	require.Equal(t, row.Gen, row.Done)
}

func TestDifferentPullRequestsRunAtOnce(t *testing.T) {
	t.Parallel()
	b := setup(t)
	var all sync.WaitGroup
	all.Add(4)
	b.config.Handlers.Evaluate = func(context.Context, store.Turn, bool) (time.Duration, error) {
		all.Done()
		all.Wait() // goes on only if four run at once
		return 0, nil
	}
	for n := range 4 {
		b.arriveIn(t, fmt.Sprint("g", n), repoID+int64(n%2), n+1)
	}
	b.start(t)
	b.calm(t)
}

// TestOneRepositoryHoldsUpNobody: one whose pull requests take long never has all workers.
func TestOneRepositoryHoldsUpNobody(t *testing.T) {
	t.Parallel()
	b, c := setup(t), newTally()
	release := make(chan struct{})
	b.config.Handlers.Evaluate = func(_ context.Context, turn store.Turn, _ bool) (time.Duration, error) {
		c.begin(turn.Ref.Number)
		defer c.end(turn.Ref.Number)
		if turn.Ref.RepoID == repoID {
			<-release
		}
		return 0, nil
	}
	for n := range 50 {
		b.arrive(t, fmt.Sprint("slow", n), n+1)
	}
	b.start(t)
	require.Eventually(t, func() bool { return b.states(t)["running"] == 2 }, patience, tick)
	b.arriveIn(t, "quick", repoID+1, 1000)
	require.Eventually(t, func() bool { return c.of(1000) == 1 }, patience, tick)
	close(release)
	b.calm(t)
	for n := range 50 {
		require.Equal(t, 1, c.of(n+1))
	}
}

func TestFailureIsTriedAgain(t *testing.T) {
	t.Parallel()
	b, c := setup(t), newTally()
	b.config.Handlers.Evaluate = func(_ context.Context, turn store.Turn, _ bool) (time.Duration, error) {
		ref := turn.Ref
		defer c.end(ref.Number)
		if c.begin(ref.Number) > 1 {
			return 0, nil
		}
		if ref.Number == 13 {
			panic("a bug")
		}
		return 0, errors.New("bad gateway")
	}
	b.arrive(t, "g1", 12)
	b.arrive(t, "g2", 13)
	b.start(t)
	b.calm(t)
	require.Equal(t, 2, c.of(12))
	require.Equal(t, 2, c.of(13), "a panic is an error too")
	require.False(t, c.overlap)
	_, waiting, err := b.db.OldestUnevaluated(t.Context())
	require.NoError(t, err)
	require.False(t, waiting)
}

// limited is an error that says when to try again.
type limited struct{ after time.Duration }

func (limited) Error() string               { return "rate limited" }
func (l limited) RetryAfter() time.Duration { return l.after }

func TestRetryAfterHoldsNoWorker(t *testing.T) {
	t.Parallel()
	b, c := setup(t), newTally()
	b.config.Workers = 1
	b.config.Handlers.Evaluate = func(_ context.Context, turn store.Turn, _ bool) (time.Duration, error) {
		ref := turn.Ref
		defer c.end(ref.Number)
		if n := c.begin(ref.Number); ref.Number == 12 && n == 1 {
			return 0, fmt.Errorf("gather: %w", limited{time.Hour})
		}
		return 0, nil
	}
	b.start(t)
	b.arrive(t, "g1", 12)
	require.Eventually(t, func() bool { return b.states(t)["scheduled"] == 1 }, patience, tick)
	_, waiting, err := b.db.OldestUnevaluated(t.Context())
	require.NoError(t, err)
	require.True(t, waiting, "it is not evaluated yet")
	b.arrive(t, "g2", 13)
	require.Eventually(t, func() bool { return c.of(13) == 1 }, patience, tick)
	require.Equal(t, 1, c.of(12))
	b.arrive(t, "g3", 12) // brings it forward
	require.Eventually(t, func() bool { return c.of(12) == 2 }, patience, tick)
}

func TestAgain(t *testing.T) {
	t.Parallel()
	b, c := setup(t), newTally()
	b.config.Handlers.Evaluate = func(_ context.Context, turn store.Turn, _ bool) (time.Duration, error) {
		ref := turn.Ref
		defer c.end(ref.Number)
		if ref.Number == 12 {
			c.begin(12)
			return time.Hour, nil
		}
		return time.Duration(2-c.begin(13)) * 100 * time.Millisecond, nil
	}
	b.start(t)
	b.arrive(t, "g1", 12)
	require.Eventually(t, func() bool { return b.states(t)["scheduled"] == 1 }, patience, tick)
	b.arrive(t, "g2", 12)
	require.Eventually(t, func() bool { return c.of(12) == 2 && b.states(t)["scheduled"] == 1 }, patience, tick)
	b.arrive(t, "g3", 13)
	require.Eventually(t, func() bool { return c.of(13) == 2 }, patience, tick)
}

func TestStopAndStartAgain(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "slagate.db")
	b, c := open(t, path), newTally()
	begun := make(chan struct{}, 100)
	b.config.Handlers.Evaluate = func(ctx context.Context, _ store.Turn, _ bool) (time.Duration, error) {
		begun <- struct{}{}
		<-ctx.Done() // does not end by itself
		return 0, ctx.Err()
	}
	for n := range 20 {
		b.arrive(t, fmt.Sprint("g", n), n+1)
	}
	stop := b.start(t)
	for range 2 { // the share of one repository
		<-begun
	}
	stop()
	require.Equal(t, map[string]int{"available": 20}, b.states(t), "no attempt is lost, none is left running")
	require.NoError(t, b.db.Close())

	b = open(t, path)
	b.config.Handlers.Evaluate = func(_ context.Context, turn store.Turn, _ bool) (time.Duration, error) {
		ref := turn.Ref
		defer c.end(ref.Number)
		c.begin(ref.Number)
		return 0, nil
	}
	b.start(t)
	b.calm(t)
	for n := range 20 {
		require.Equal(t, 1, c.of(n+1))
	}
}

// playVictim is the process that is killed in the middle of an evaluation.
func playVictim(path string) {
	ctx := context.Background()
	b, err := build(ctx, path)
	if err != nil {
		panic(err)
	}
	b.config.Handlers.Evaluate = func(context.Context, store.Turn, bool) (time.Duration, error) {
		if _, err := io.WriteString(os.Stdout, "evaluating\n"); err != nil {
			panic(err)
		}
		select {}
	}
	runner, err := job.New(b.config)
	if err != nil {
		panic(err)
	}
	if err := runner.Start(ctx); err != nil {
		panic(err)
	}
	for n := range 3 {
		d := arrival(fmt.Sprint("g", n), n+1)
		d.Pulls[0].Ref.RepoID += int64(n) // one repository does not get all workers
		if _, err := b.db.Accept(ctx, d); err != nil {
			panic(err)
		}
	}
	select {}
}

func TestKill(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "slagate.db")
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), victim+"="+path)
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	lines := bufio.NewScanner(out)
	for range 3 {
		require.True(t, lines.Scan(), "the process died on its own")
		require.Equal(t, "evaluating", lines.Text())
	}
	_, err = build(t.Context(), path)
	require.ErrorIs(t, err, sqlite.ErrInUse)
	require.NoError(t, cmd.Process.Kill())
	require.Error(t, cmd.Wait())

	b, c := open(t, path), newTally()
	require.Equal(t, map[string]int{"available": 3}, b.states(t))
	swept := make(chan struct{}, 2)
	b.config.Handlers.Sweep = func(context.Context, time.Duration) error { swept <- struct{}{}; return nil }
	b.config.Handlers.Evaluate = func(_ context.Context, turn store.Turn, _ bool) (time.Duration, error) {
		ref := turn.Ref
		c.begin(ref.Number)
		return 0, nil
	}
	b.start(t)
	<-swept
	b.calm(t)
	for n := range 3 {
		require.Equal(t, 1, c.of(n+1))
	}
}

func TestConfigIsRefusedWhole(t *testing.T) {
	t.Parallel()
	_, err := job.New(job.Config{})
	for _, word := range []string{"store", "handler", "workers", "sweep interval", "retention"} {
		require.ErrorContains(t, err, word)
	}
}

// BenchmarkArrivalToEvaluation is the time from the call of Accept to the begin of the evaluation.
func BenchmarkArrivalToEvaluation(b *testing.B) {
	s, err := build(b.Context(), filepath.Join(b.TempDir(), "slagate.db"))
	require.NoError(b, err)
	begun := make(chan struct{})
	s.config.Handlers.Evaluate = func(context.Context, store.Turn, bool) (time.Duration, error) { begun <- struct{}{}; return 0, nil }
	runner, err := job.New(s.config)
	require.NoError(b, err)
	require.NoError(b, runner.Start(b.Context()))
	n := 0
	for b.Loop() {
		n++
		_, err := s.db.Accept(b.Context(), arrival(fmt.Sprint(n), n))
		require.NoError(b, err)
		<-begun
	}
	require.NoError(b, runner.Stop(context.Background()))
	require.NoError(b, s.db.Close())
}
