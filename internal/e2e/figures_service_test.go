package e2e

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/slagate/slagate/internal/app"
)

const (
	// figurePatience bounds every wait of a benchmark.
	figurePatience = time.Minute
	// pollEvery is how often a benchmark asks for what nothing tells it.
	pollEvery = time.Millisecond
)

// service is a running slagate that is measured.
type service struct {
	url  string
	pids []int        // of the processes to look at
	keep func() []int // of the database's processes, if it has its own
	on   engine
	db   string
	stop func()
}

// buildBinary builds the program as it is given to people, stripped, and returns its path.
func buildBinary(tb testing.TB) string {
	tb.Helper()
	path := filepath.Join(tb.TempDir(), "slagate")
	out, err := exec.CommandContext(tb.Context(), "go", "build", "-trimpath", "-ldflags", "-s -w", "-o", path,
		"github.com/slagate/slagate/cmd/slagate").CombinedOutput()
	require.NoError(tb, err, string(out))
	return path
}

// freeAddress is an address that nobody listens on.
func freeAddress(tb testing.TB) string {
	tb.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(tb, err)
	require.NoError(tb, l.Close())
	return l.Addr().String()
}

// settings are the variables of a process that has its GitHub at api, followed by others.
func settings(tb testing.TB, api, address, database string, others ...string) []string {
	tb.Helper()
	key := filepath.Join(tb.TempDir(), "key.pem")
	require.NoError(tb, os.WriteFile(key, keyPEM(), 0o600))
	return append(append(os.Environ(),
		"GITHUB_WEB_URL=https://github.test", "GITHUB_V3_API_URL="+api+"/api/v3/", "GITHUB_V4_API_URL="+api+"/api/graphql",
		"GITHUB_APP_INTEGRATION_ID="+strconv.Itoa(appID), "GITHUB_APP_WEBHOOK_SECRET="+secret, "GITHUB_APP_PRIVATE_KEY_FILE="+key,
		"SLAGATE_LISTEN="+address, "SLAGATE_DATABASE_URL="+database), others...)
}

// spawn starts the program as a process of its own on the database in a folder
// and returns when it is ready, with the time that took.
func (s *stage) spawn(binary, folder string) (*service, time.Duration) {
	s.b.Helper()
	address, db := freeAddress(s.b), filepath.Join(folder, "slagate.db")
	ctx, kill := context.WithCancel(context.Background())
	cmd := exec.CommandContext(ctx, binary, "serve")
	cmd.Stderr = os.Stderr
	cmd.Env = settings(s.b, s.api.URL, address, "sqlite:"+db, "SLAGATE_SWEEP_INTERVAL=1h", "SLAGATE_LOG_LEVEL=error")
	began := time.Now()
	require.NoError(s.b, cmd.Start())
	svc := &service{url: "http://" + address, pids: []int{cmd.Process.Pid}, on: onSQLite, db: db}
	svc.stop = sync.OnceFunc(func() {
		defer kill()
		require.NoError(s.b, cmd.Process.Signal(os.Interrupt))
		assert.NoError(s.b, cmd.Wait())
	})
	s.b.Cleanup(svc.stop)
	require.NoError(s.b, poll(func() bool { return svc.ready() }), "not ready")
	return svc, time.Since(began)
}

// inProcess starts the service inside this process, where a profile sees it.
func (s *stage) inProcess() *service {
	s.b.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	db := filepath.Join(s.b.TempDir(), "slagate.db")
	running, err := app.New(ctx, app.Config{
		WebURL: "https://github.test", V3URL: s.api.URL + "/api/v3/", V4URL: s.api.URL + "/api/graphql",
		AppID: appID, Secrets: []string{secret}, PrivateKey: keyPEM(),
		Listen: "127.0.0.1:0", Database: db, Workers: defaultWorkers(s.b), SweepInterval: time.Hour,
		Retention: time.Hour, ClosedRetention: time.Hour, ContentPerMinute: -1,
	}, zerolog.New(io.Discard).Level(zerolog.ErrorLevel))
	require.NoError(s.b, err)
	done := make(chan error, 1)
	go func() { done <- running.Run(ctx) }()
	svc := &service{url: "http://" + running.Addr(), pids: []int{os.Getpid()}, on: onSQLite, db: db, stop: sync.OnceFunc(func() {
		cancel()
		assert.NoError(s.b, <-done)
	})}
	s.b.Cleanup(svc.stop)
	require.NoError(s.b, poll(func() bool { return svc.ready() }), "not ready")
	return svc
}

// defaultWorkers is what serve takes if nothing is set.
func defaultWorkers(b *testing.B) int {
	b.Helper()
	cfg, err := app.LoadConfig("", []string{
		"GITHUB_APP_INTEGRATION_ID=1", "GITHUB_APP_WEBHOOK_SECRET=x", "GITHUB_APP_PRIVATE_KEY=" + string(keyPEM()),
	})
	require.NoError(b, err)
	return cfg.Workers
}

// poll asks until the answer is yes.
func poll(yes func() bool) error { return pollFor(figurePatience, yes) }

// pollFor asks until the answer is yes, for so long at most.
func pollFor(most time.Duration, yes func() bool) error {
	ctx, cancel := context.WithTimeout(context.Background(), most)
	defer cancel()
	return ask(ctx, pollEvery, yes)
}

// atRest asks now and then, so that it takes no time from what is measured, until the answer is yes
// or the context ends.
func atRest(ctx context.Context, yes func() bool) error { return ask(ctx, resting, yes) }

// ask asks so often until the answer is yes or the context ends.
func ask(ctx context.Context, every time.Duration, yes func() bool) error {
	tick := time.NewTicker(every)
	defer tick.Stop()
	for !yes() {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
	}
	return nil
}

func (svc *service) get(path string) (status int, body string, err error) {
	req, err := http.NewRequestWithContext(context.Background(), http.MethodGet, svc.url+path, nil)
	if err != nil {
		return 0, "", err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, "", err
	}
	text, err := io.ReadAll(resp.Body)
	return resp.StatusCode, string(text), errors.Join(err, resp.Body.Close())
}

func (svc *service) ready() bool {
	status, _, err := svc.get("/readyz")
	return err == nil && status == http.StatusOK
}

// swept reports whether the first sweep is over.
func (svc *service) swept() bool {
	_, body, err := svc.get("/metrics")
	return err == nil && sweptOnce.MatchString(body)
}

// idle reports whether no job is due, as the database says.
func (svc *service) idle(ctx context.Context, db *sql.DB) bool {
	var busy int
	err := db.QueryRowContext(ctx,
		`select count(*) from river_job where state in ('available', 'running', 'pending')`).Scan(&busy)
	return err == nil && busy == 0
}

// usage is what a process has used so far.
type usage struct {
	cpu            time.Duration
	resident, peak int64 // bytes
}

// clockTick is the unit of /proc/PID/stat: USER_HZ is 100 on every Linux, see time(7).
const clockTick = 10 * time.Millisecond

// usageOfAll is what processes have used together. Those that are gone count nothing.
func usageOfAll(pids ...int) (sum usage, ok bool) {
	for _, pid := range pids {
		u, known := usageOf(pid)
		ok = ok || known
		sum.cpu, sum.resident, sum.peak = sum.cpu+u.cpu, sum.resident+u.resident, sum.peak+u.peak
	}
	return sum, ok
}

// kept is what the processes of the database have used, nothing if it has none.
func (svc *service) kept() usage {
	if svc.keep == nil {
		return usage{}
	}
	u, _ := usageOfAll(svc.keep()...)
	return u
}

// usageOf reads what a process has used, where there is a /proc; elsewhere the
// figures that need it are left out.
func usageOf(pid int) (usage, bool) {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return usage{}, false
	}
	// The name, in parentheses, may hold spaces; user and system time are fields 14 and 15, see proc(5).
	fields := strings.Fields(string(stat[strings.LastIndexByte(string(stat), ')')+1:]))
	if len(fields) < 13 {
		return usage{}, false
	}
	var u usage
	for _, field := range fields[11:13] {
		n, err := strconv.ParseInt(field, 10, 64)
		if err != nil {
			return usage{}, false
		}
		u.cpu += time.Duration(n) * clockTick
	}
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return usage{}, false
	}
	u.resident, u.peak = kib(string(status), "VmRSS:"), kib(string(status), "VmHWM:")
	return u, true
}

// machineTime is how long the processors of this machine have been busy, all
// together, and how long they have been there; ok is false where nothing tells.
func machineTime() (busy, all time.Duration, ok bool) {
	stat, err := os.ReadFile("/proc/stat")
	if err != nil {
		return 0, 0, false
	}
	line, _, _ := strings.Cut(string(stat), "\n")
	fields := strings.Fields(line) // cpu user nice system idle iowait irq softirq steal guest guest_nice, see proc(5)
	if len(fields) < 9 || fields[0] != "cpu" {
		return 0, 0, false
	}
	for i, field := range fields[1:9] {
		n, err := strconv.ParseInt(field, 10, 64)
		if err != nil {
			return 0, 0, false
		}
		all += time.Duration(n) * clockTick
		if i != 3 && i != 4 {
			busy += time.Duration(n) * clockTick
		}
	}
	return busy, all, true
}

// kib finds a line such as "VmRSS:   1234 kB".
func kib(status, name string) int64 {
	_, rest, _ := strings.Cut(status, name)
	number, _, _ := strings.Cut(strings.TrimSpace(rest), " ")
	n, err := strconv.ParseInt(number, 10, 64)
	if err != nil {
		return 0
	}
	return n << 10
}
