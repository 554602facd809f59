package e2e

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/slagate/slagate/internal/githubsim"
	"github.com/slagate/slagate/internal/signoff"
	"github.com/slagate/slagate/internal/store/pgtest"
)

// Each event that GitHub could not deliver is asked for once more, and only once,
// however often slagate is started.
func TestThreat_T21_FailedDeliveriesAreAskedForOnce(t *testing.T) {
	t.Parallel()
	for _, on := range []engine{onSQLite, onPostgres} {
		t.Run(string(on), func(t *testing.T) {
			t.Parallel()
			w := newWorldOn(t, on, thePolicy)
			p := w.open(weaken())
			w.do(w.as("pia").Label(p, "sla/product-approved"))
			w.sim.Deliveries().DropNext(1)
			require.NoError(t, w.as("lee").Label(p, "sla/legal-approved"))
			w.settle()
			w.notGreen(p)
			w.sweep()
			w.eventually(func() bool { return p.View().Status("slagate").State == "success" })
			w.sweep()
			asked := map[string]int{}
			for _, d := range w.sim.Deliveries().Log() {
				if d.Redelivery {
					asked[d.GUID]++
				}
			}
			require.Len(t, asked, 1)
			for guid, n := range asked {
				require.Equal(t, 1, n, guid)
			}
		})
	}
}

// While the database is away nothing is claimed and it is said; when it is back it goes on.
func TestThreat_T22_DatabaseAway(t *testing.T) {
	t.Parallel()
	server, err := pgtest.Start(pgtest.Options{})
	if err != nil {
		pgtest.Lacking(t, err)
	}
	t.Cleanup(func() { require.NoError(t, server.Close()) })
	w := prepare(t, thePolicy)
	w.on = onPostgres
	address, err := server.Create("away")
	require.NoError(t, err)
	w.run(address)
	p := w.open(weaken())
	w.do(w.as("pia").Label(p, "sla/product-approved"))
	require.NoError(t, server.Kill())
	svc := &service{url: w.hook}
	code, body, err := svc.get("/readyz")
	require.NoError(t, err)
	require.Equal(t, http.StatusServiceUnavailable, code, body)
	require.NoError(t, w.as("lee").Label(p, "sla/legal-approved"))
	require.NoError(t, w.sim.Deliveries().Wait(context.Background()))
	log := w.sim.Deliveries().Log()
	require.Equal(t, http.StatusServiceUnavailable, log[len(log)-1].StatusCode)
	w.notGreen(p)
	require.NoError(t, server.Start())
	w.eventually(svc.ready)
	_, err = w.as("lea").Comment(p, "/sla refresh")
	require.NoError(t, err)
	w.eventually(func() bool { return p.View().Status("slagate").State == "success" })
	require.NotEmpty(t, w.comment(p))
}

// spread sends each request to the next of some replicas.
type spread struct {
	at   atomic.Pointer[[]string]
	next atomic.Uint64
}

func (s *spread) ServeHTTP(rw http.ResponseWriter, r *http.Request) {
	all := *s.at.Load()
	proxy := httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		to, err := url.Parse(all[s.next.Add(1)%uint64(len(all))])
		if err == nil {
			r.SetURL(to)
		}
	}}
	proxy.ServeHTTP(rw, r)
}

// The same pull requests are hammered through two and three replicas, which are
// restarted one after the other: nothing is done twice.
func TestThreat_T23_Replicas(t *testing.T) {
	t.Parallel()
	for _, n := range []int{2, 3} {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			t.Parallel()
			w := newWorldOn(t, onPostgres, thePolicy)
			all := []replica{{w.hook, w.stop}}
			for range n - 1 {
				all = append(all, w.begin())
			}
			via := &spread{}
			route := func() {
				var at []string
				for _, r := range all {
					at = append(at, r.url)
				}
				via.at.Store(&at)
			}
			route()
			balancer := httptest.NewServer(via)
			t.Cleanup(balancer.Close)
			w.sim.SetWebhook(balancer.URL+"/api/github/hook", secret)
			w.sim.SetLatency(2 * time.Millisecond)
			pulls := []*githubsim.Pull{w.openOnly(weaken()), w.openOnly(weaken())}
			var heads []string
			for round := range 4 * n {
				for _, p := range pulls {
					require.NoError(t, w.as("pia").Label(p, "sla/product-approved"))
					_, err := w.as("lee").Comment(p, "/sla sign legal")
					require.NoError(t, err)
					require.NoError(t, w.as("bob").Label(p, "bug"))
					require.NoError(t, w.as("bob").Unlabel(p, "bug"))
					_, err = w.as("ana").Push(w.repo, p.View().HeadName, "more", map[string]githubsim.File{"slo/search.yml": githubsim.Text(fmt.Sprintf("objective: %d\n", 10+round))})
					require.NoError(t, err)
					heads = append(heads, p.View().Head)
				}
				if round%4 == 3 { // a rolling restart: the new one first
					old := all[0]
					all = append(all[1:], w.begin())
					route()
					require.NoError(t, w.sim.Deliveries().Wait(context.Background()))
					old.stop()
				}
			}
			w.settle()
			w.requireNoRepetition(heads)
			for _, p := range pulls {
				require.NotEmpty(t, w.comment(p)) // and only one
				w.sees(p, "pending", "Waiting for product, legal (0 of 2 signed)")
				w.do(w.as("pia").Label(p, "sla/product-approved"))
				w.do(w.as("lee").Label(p, "sla/legal-approved"))
				w.green(p)
			}
		})
	}
}

// requireNoRepetition requires that no status was posted twice in a row, as two who
// work on the same at the same time would.
func (w *world) requireNoRepetition(heads []string) {
	w.t.Helper()
	for _, head := range heads {
		last := map[string]string{}
		for _, s := range w.repo.Statuses(head) {
			now := s.State + s.Description + s.TargetURL
			require.NotEqual(w.t, last[s.Context], now, "posted twice: %s", s.Context)
			last[s.Context] = now
		}
	}
}

// A backup of the time when everything was signed is restored after somebody took back, in
// ways that leave more or less at GitHub.
func TestThreat_T35_OldBackupRestored(t *testing.T) {
	t.Parallel()
	for name, takeBack := range map[string]func(w *world, p *githubsim.Pull){
		"label off": func(w *world, p *githubsim.Pull) { w.do(w.as("lee").Unlabel(p, "sla/legal-approved")) },
		"command":   func(w *world, p *githubsim.Pull) { w.say("lee", p, "/sla unsign legal") },
		"command, comment gone": func(w *world, p *githubsim.Pull) {
			c := w.say("lee", p, "/sla unsign legal")
			w.do(w.as("lee").DeleteComment(p, c.ID))
		},
		"other content": func(w *world, p *githubsim.Pull) {
			_, err := w.as("ana").Push(w.repo, p.View().HeadName, "worse", map[string]githubsim.File{"slo/checkout.yml": githubsim.Text("objective: 1\n")})
			w.do(err)
		},
		"left the team": func(w *world, p *githubsim.Pull) { w.do(w.as("ada").RemoveFromTeam(w.teams["legal"], w.users["lee"])) },
	} {
		for _, on := range []engine{onSQLite, onPostgres} {
			t.Run(name+"/"+string(on), func(t *testing.T) {
				t.Parallel()
				oldBackupRestored(newWorldOn(t, on, thePolicy), takeBack)
			})
		}
	}
}

func oldBackupRestored(w *world, takeBack func(w *world, p *githubsim.Pull)) {
	w.t.Helper()
	p := signedByBoth(w)
	later := w.open(weaken()) // what is signed since the backup is not lost
	w.end()
	restore := w.backup()
	w.start()
	takeBack(w, p)
	w.notGreen(p)
	if w.teams["legal"].Has(w.users["lee"]) {
		w.signBoth(later)
	}
	said := slagateSays(later)
	w.end()
	restore()
	w.pass(signoff.Grace) // until then a delivery may still say which version was seen
	for range 2 {
		w.start()
		w.notGreen(p)
		require.Equal(w.t, said, slagateSays(later))
		for _, x := range []*githubsim.Pull{p, later} {
			require.NotEmpty(w.t, w.comment(x)) // and only one
		}
		w.stop()
	}
}

// end stops slagate, with nobody else looking into its database, which SQLite's file is whole without.
func (w *world) end() {
	w.t.Helper()
	require.NoError(w.t, w.jobs.Close())
	w.jobs = nil
	w.stop()
}

// backup makes a copy of the stopped slagate's database, as deploy/README.md says.
func (w *world) backup() (restore func()) {
	w.t.Helper()
	if w.on == onSQLite {
		copied, err := os.ReadFile(w.cfg.Database)
		require.NoError(w.t, err)
		return func() {
			for _, side := range []string{"-wal", "-shm"} {
				err := os.Remove(w.cfg.Database + side)
				require.True(w.t, err == nil || os.IsNotExist(err), err)
			}
			require.NoError(w.t, os.WriteFile(w.cfg.Database, copied, 0o600))
		}
	}
	file := filepath.Join(w.t.TempDir(), "dump")
	run := func(program string, args ...string) {
		if _, err := exec.LookPath(program); err != nil {
			without(w.t, program+"(1) is not installed (on Debian: apt-get install postgresql-client)")
		}
		out, err := exec.CommandContext(w.t.Context(), program, append(args, "--dbname="+w.cfg.Database)...).CombinedOutput()
		require.NoError(w.t, err, string(out))
	}
	run("pg_dump", "--format=custom", "--file="+file)
	return func() { run("pg_restore", "--clean", "--if-exists", file) }
}
