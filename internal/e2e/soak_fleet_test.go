package e2e

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"github.com/slagate/slagate/internal/store/pgtest"
)

// fleet is some processes of the real program on one database, behind a load
// balancer that gives each in turn a request and never asks twice.
type fleet struct {
	tb       testing.TB
	balancer *httptest.Server
	members  []*member
	on       engine
	database string         // its address
	server   *pgtest.Server // nil: SQLite
	db       *sql.DB        // for looking into it
	group    errgroup.Group
	end      context.CancelFunc

	next                       atomic.Uint64
	kills, restarts, databases atomic.Int64
	starts                     atomic.Int64 // that failed because the database was away
	ends                       atomic.Int64 // of a process that nobody ended, starts apart
}

// member is one process of a fleet. It is started again whenever it ends.
type member struct {
	address string
	command func(ctx context.Context) *exec.Cmd
	log     *os.File

	mu  sync.Mutex
	cmd *exec.Cmd // nil: it does not run
}

// reborn is how long it takes until an ended process is started again.
const reborn = 300 * time.Millisecond

// newFleet starts so many processes. Postgres is a server of the fleet's own, which can be restarted.
func newFleet(tb testing.TB, binary, api string, on engine, size int, more ...string) *fleet {
	tb.Helper()
	f := &fleet{tb: tb, on: on}
	database := filepath.Join(tb.TempDir(), "slagate.db")
	address := "sqlite:" + database
	if on != onSQLite {
		var err error
		f.server, err = pgtest.Start(pgtest.Options{Durable: on == onDurable})
		if err != nil {
			pgtest.Lacking(tb, err)
		}
		tb.Cleanup(func() { require.NoError(tb, f.server.Close()) })
		address, err = f.server.Create("soak")
		require.NoError(tb, err)
		database = address
	}
	f.database = database
	for range size {
		f.members = append(f.members, f.member(binary, api, address, more))
	}
	f.balancer = httptest.NewServer(f.proxy())
	tb.Cleanup(f.balancer.Close)
	ctx, cancel := context.WithCancel(context.Background())
	for _, m := range f.members {
		f.group.Go(func() error { return f.keep(ctx, m) })
	}
	f.end = sync.OnceFunc(func() {
		cancel()
		require.NoError(tb, f.group.Wait())
	})
	tb.Cleanup(f.end)
	require.NoError(tb, poll(f.ready), "not ready")
	var err error
	f.db, err = on.look(database)
	require.NoError(tb, err)
	tb.Cleanup(func() { require.NoError(tb, f.db.Close()) })
	return f
}

func (f *fleet) member(binary, api, database string, more []string) *member {
	f.tb.Helper()
	m := &member{address: freeAddress(f.tb)}
	env := settings(f.tb, api, m.address, database, more...)
	var err error
	m.log, err = os.CreateTemp(f.tb.TempDir(), "log")
	require.NoError(f.tb, err)
	f.tb.Cleanup(func() { f.lastWords(m) })
	m.command = func(ctx context.Context) *exec.Cmd {
		cmd := exec.CommandContext(ctx, binary, "serve")
		cmd.Env, cmd.Stderr = env, m.log
		cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
		cmd.WaitDelay = figurePatience
		return cmd
	}
	return m
}

// lastWords shows what a process logged last, if that can explain a failure.
func (f *fleet) lastWords(m *member) {
	if f.tb.Failed() {
		text, err := os.ReadFile(m.log.Name())
		f.tb.Logf("%s: %v\n%s", m.address, err, text[max(0, len(text)-20_000):])
	}
	require.NoError(f.tb, m.log.Close())
}

// keep runs a process, again and again, until the context ends.
func (f *fleet) keep(ctx context.Context, m *member) error {
	for {
		cmd := m.command(ctx)
		if err := cmd.Start(); err != nil {
			return err
		}
		m.set(cmd)
		err := cmd.Wait()
		ours := m.set(nil) == nil
		if ctx.Err() != nil {
			if code := cmd.ProcessState.ExitCode(); code != 0 {
				return fmt.Errorf("a process that was told to stop ended with %d: %w", code, err)
			}
			return nil
		}
		if !ours {
			count, err := f.because(m)
			if err != nil {
				return err
			}
			count.Add(1)
		}
		pause, cancel := context.WithTimeout(ctx, reborn)
		<-pause.Done()
		cancel()
	}
}

// because counts why a process ended that nobody ended.
func (f *fleet) because(m *member) (*atomic.Int64, error) {
	text, err := os.ReadFile(m.log.Name())
	if err != nil {
		return nil, err
	}
	last := string(text[max(0, bytes.LastIndex(text, []byte("slagate: "))):])
	for _, start := range []string{"open database", "start workers", "insert first"} {
		if strings.Contains(last, start) {
			return &f.starts, nil
		}
	}
	f.tb.Logf("%s ended by itself: %s", m.address, last)
	return &f.ends, nil
}

// set notes which process runs, and returns which one did.
func (m *member) set(cmd *exec.Cmd) *exec.Cmd {
	m.mu.Lock()
	defer m.mu.Unlock()
	was := m.cmd
	m.cmd = cmd
	return was
}

// signal sends a signal to the process, which is meant to end by it. It reports whether there was one.
func (m *member) signal(sig os.Signal) (bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.cmd == nil {
		return false, nil
	}
	err := m.cmd.Process.Signal(sig)
	m.cmd = nil
	if errors.Is(err, os.ErrProcessDone) {
		err = nil
	}
	return true, err
}

func (f *fleet) proxy() http.Handler {
	return &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			m := f.members[f.next.Add(1)%uint64(len(f.members))]
			r.SetURL(&url.URL{Scheme: "http", Host: m.address})
		},
		ErrorHandler: func(w http.ResponseWriter, _ *http.Request, _ error) { w.WriteHeader(http.StatusBadGateway) },
	}
}

// ready reports whether all processes are.
func (f *fleet) ready() bool {
	for _, m := range f.members {
		if !(&service{url: "http://" + m.address}).ready() {
			return false
		}
	}
	return true
}

// pace says how often something is done to a fleet, in the mean of regular times.
type pace struct{ kill, database, jump time.Duration }

// trouble kills and restarts processes and the database and has GitHub's clock run ahead,
// until the context ends.
func (f *fleet) trouble(ctx context.Context, form soakForm, r *rand.Rand, clock *atomic.Int64) error {
	kill, database, jump := time.NewTicker(form.pace.kill), time.NewTicker(form.pace.database), time.NewTicker(form.pace.jump)
	defer kill.Stop()
	defer database.Stop()
	defer jump.Stop()
	for {
		var err error
		select {
		case <-ctx.Done():
			return nil
		case <-kill.C:
			err = f.strike(r, form.long || f.server == nil)
		case <-database.C:
			err = f.noDatabase(ctx, r)
		case <-jump.C:
			clock.Add(r.Int64N(180))
		}
		if err != nil {
			return err
		}
	}
}

// strike kills one process, or, now and then or always, ends it in order.
func (f *fleet) strike(r *rand.Rand, kill bool) error {
	m, sig, count := f.members[r.IntN(len(f.members))], os.Kill, &f.kills
	if !kill || r.IntN(4) == 0 {
		sig, count = os.Interrupt, &f.restarts
	}
	hit, err := m.signal(sig)
	if hit {
		count.Add(1)
	}
	return err
}

// noDatabase takes the database away for up to two seconds.
func (f *fleet) noDatabase(ctx context.Context, r *rand.Rand) error {
	if f.server == nil {
		return nil
	}
	end := f.server.Kill
	if r.IntN(2) == 0 {
		end = f.server.Stop
	}
	if err := end(); err != nil {
		return err
	}
	f.databases.Add(1)
	pause, cancel := context.WithTimeout(ctx, time.Duration(r.Int64N(int64(2*time.Second))))
	defer cancel()
	<-pause.Done()
	return f.server.Start() //nolint:contextcheck // it is to be there again when the faults are over
}

// quiet reports whether no job is due or waits for another try. What is left of failed deliveries may wait.
func (f *fleet) quiet() bool {
	return f.none(`state in ('available', 'running', 'pending') or kind <> 'recover' and (state = 'retryable' or state = 'scheduled' and attempt > 0)`)
}

// recovered reports whether no failed delivery has still to be asked for.
func (f *fleet) recovered() bool { return f.none(`kind = 'recover' and finalized_at is null`) }

// none reports whether there is no job like that.
func (f *fleet) none(like string) bool {
	var n int
	err := f.db.QueryRowContext(context.Background(), `select count(*) from river_job where `+like).Scan(&n)
	return err == nil && n == 0
}

// unfinished are the jobs that are not at an end, to explain a failure.
func (f *fleet) unfinished() (out []string) {
	const list = `select 'job ' || id || ' ' || kind || ' ' || state || ' attempt ' || attempt || ' at ' || coalesce(cast(attempted_at as text), '-')
		|| ' scheduled ' || cast(scheduled_at as text) || ' ' || cast(args as text) from river_job where finalized_at is null`
	rows, err := f.db.QueryContext(context.Background(), list)
	if err != nil {
		return []string{err.Error()}
	}
	defer func() {
		if err := rows.Close(); err != nil {
			out = append(out, err.Error())
		}
	}()
	for rows.Next() {
		var text string
		if err := rows.Scan(&text); err != nil {
			return append(out, err.Error())
		}
		out = append(out, text)
	}
	if err := rows.Err(); err != nil {
		out = append(out, err.Error())
	}
	return out
}

// known are the deliveries that the database has.
func (f *fleet) known() (map[string]bool, error) {
	rows, err := f.db.QueryContext(context.Background(), `select guid from deliveries`)
	if err != nil {
		return nil, err
	}
	defer rows.Close() //nolint:errcheck // Err says it
	out := map[string]bool{}
	for rows.Next() {
		var guid string
		if err := rows.Scan(&guid); err != nil {
			return nil, err
		}
		out[guid] = true
	}
	return out, rows.Err()
}
