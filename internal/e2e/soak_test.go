package e2e

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"github.com/slagate/slagate/internal/githubsim"
)

// soakForm says how wide a soak is, how long and how rough.
type soakForm struct {
	repos, pulls int           // pulls: in each repository
	time, sweep  time.Duration // time: with faults
	every        time.Duration // somebody does one to three things
	pace         pace
	// long has limits come without any time, too, after which nothing is asked for a minute, and processes
	// of several killed, whose work another one takes over within two minutes.
	long bool
}

func (f soakForm) chaos(seed uint64) githubsim.Chaos {
	c := githubsim.DefaultChaos(seed)
	if !f.long {
		c.TooManyBare = 0
	}
	c.Drop = 0.02 // and with what fails in restarts it can all be asked for again in minutes
	return c
}

// takenOver is within what time a job is taken up again that nobody works on: its process died, or the
// database went away when it had noted whose the job is and told nobody. Until then it stands in the way of the
// sweep's, so the long form's sweep is no more often, and the short form's cannot be waited for.
const takenOver = 2 * time.Minute

// within is how soon all has to be right.
func (f soakForm) within() time.Duration { return max(f.sweep, takenOver) }

// form is the short form, which runs in every build, or with SLAGATE_SOAK=10m the long one,
// which lets so much time go by with every fleet.
func form(t *testing.T) soakForm {
	t.Helper()
	text := os.Getenv("SLAGATE_SOAK")
	if text == "" {
		return soakForm{6, 10, 20 * time.Second, 10 * time.Second, 40 * time.Millisecond, pace{7 * time.Second, 9 * time.Second, 3 * time.Second}, false}
	}
	chaos, err := time.ParseDuration(text)
	require.NoError(t, err, "SLAGATE_SOAK")
	return soakForm{30, 10, chaos, takenOver, 100 * time.Millisecond, pace{20 * time.Second, time.Minute, 20 * time.Second}, true}
}

// TestSoak runs the real program for a while with everything going wrong at once, and then
// holds what it shows against what the oracle of [TestLives] says, against a
// fresh run without history, and against itself. More of it:
//
//	SLAGATE_SOAK=10m SLAGATE_SOAK_REPORT=soak.txt go test -timeout 2h -run '^TestSoak$' ./internal/e2e
func TestSoak(t *testing.T) {
	t.Parallel()
	size := form(t)
	binary := buildBinary(t)
	fleets := []struct {
		name string
		on   engine
		n    int
	}{{"1 process, SQLite", onSQLite, 1}, {"2 processes, PostgreSQL", onPostgres, 2}, {"3 processes, PostgreSQL", onPostgres, 3}}
	if os.Getenv("SLAGATE_SOAK") == "" {
		fleets = fleets[:2]
	}
	tables := make([]*figures, len(fleets))
	t.Run("fleets", func(t *testing.T) {
		for i, x := range fleets {
			tables[i] = &figures{}
			t.Run(x.name, func(t *testing.T) {
				if os.Getenv("SLAGATE_SOAK") == "" {
					t.Parallel() // the long form measures
				}
				s := newSoak(t, binary, x.on, x.n, size, uint64(i+1))
				s.run(tables[i], x.name)
			})
		}
	})
	all := &figures{}
	for _, table := range tables {
		all.rows = append(all.rows, table.rows...)
	}
	var text bytes.Buffer
	require.NoError(t, all.print(&text))
	t.Log(text.String())
	if path := os.Getenv("SLAGATE_SOAK_REPORT"); path != "" {
		require.NoError(t, os.WriteFile(path, text.Bytes(), 0o600))
	}
}

// soak is one fleet and the organisation that it guards.
type soak struct {
	t      *testing.T
	form   soakForm
	binary string
	sim    *githubsim.Server
	api    *httptest.Server
	fleet  *fleet
	clock  *atomic.Int64
	repos  []*alive
	rand   *rand.Rand
	acts   int

	green   map[*githubsim.Pull]time.Time // since when somebody has not agreed who had
	stale   times                         // how long such a green stood
	overdue []string                      // those that stood too long, silences apart
	silent  []time.Time                   // when GitHub limited us without a time
}

func newSoak(t *testing.T, binary string, on engine, size int, form soakForm, seed uint64) *soak {
	t.Helper()
	s := &soak{
		t: t, form: form, binary: binary, clock: &atomic.Int64{}, rand: rand.New(rand.NewPCG(seed, 3)), green: map[*githubsim.Pull]time.Time{},
	}
	s.clock.Store(-600) // the processes' clock is ten minutes ahead in the beginning, and behind later
	s.sim = githubsim.New(githubsim.Options{
		AppID: appID, AppSlug: slug, PrivateKey: signingKey(), WebhookSecret: secret, WebURL: "https://github.test",
		Now:     func() time.Time { return time.Now().Add(time.Duration(s.clock.Load()) * time.Second) },
		Workers: hookWorkers, Client: deliveryClient(), Limit: 10_000_000,
	})
	s.api = httptest.NewServer(s.sim.Handler())
	t.Cleanup(s.api.Close)
	shared := &world{
		t: t, sim: s.sim, api: s.api, clock: s.clock, from: "main", teams: map[string]*githubsim.Team{}, users: map[string]*githubsim.User{},
	}
	shared.people()
	for n := range form.repos {
		w := *shared
		w.furnish(fmt.Sprintf("shop-%02d", n), livesPolicy)
		a := newAlive(&w, seed<<32+uint64(n))
		a.room = form.pulls + 2
		s.repos = append(s.repos, a)
	}
	s.sim.Install(shared.org)
	s.fleet = newFleet(t, binary, s.api.URL, on, size,
		"SLAGATE_SWEEP_INTERVAL="+form.sweep.String(), "SLAGATE_CONTENT_PER_MINUTE=off", "SLAGATE_LOG_LEVEL=warn", "SLAGATE_WORKERS=8")
	s.sim.SetWebhook(s.fleet.balancer.URL+"/api/github/hook", secret)
	t.Cleanup(func() {
		for _, a := range s.repos {
			if t.Failed() {
				t.Logf("%s:\n%s", a.repo.FullName(), strings.Join(a.diary, "\n"))
			}
		}
	})
	return s
}

// run is the whole soak.
func (s *soak) run(table *figures, name string) {
	s.live()
	right, wrongs := s.rest()
	s.report(table, name, right, wrongs)
	s.explain(wrongs)
	require.Empty(s.t, wrongs, "after %s", right)
	require.Empty(s.t, s.overdue, "false greens")
	s.recovered(table, name)
	lost := s.lost()
	table.add(name+": deliveries that were accepted and are not in the database", "0", "%d", len(lost))
	require.Empty(s.t, lost)
	for _, a := range s.repos {
		a.pass(2 * time.Hour / time.Duration(len(s.repos))) // limits of putting right end
	}
	s.fresh(table, name)
	s.atRest(table, name)
	s.signed(table, name)
	s.fleet.end()
	table.add(name+": starts that failed because the database was away", "", "%d", s.fleet.starts.Load())
	table.add(name+": processes that ended by themselves", "0", "%d", s.fleet.ends.Load())
	require.Zero(s.t, s.fleet.ends.Load(), "processes that ended by themselves")
}

// live lets people act while everything goes wrong.
func (s *soak) live() {
	s.t.Helper()
	s.sim.SetChaos(s.form.chaos(s.rand.Uint64()))
	ctx, cancel := context.WithTimeout(context.Background(), s.form.time)
	defer cancel()
	var group errgroup.Group
	seed := rand.New(rand.NewPCG(s.rand.Uint64(), 4))
	group.Go(func() error { return s.fleet.trouble(ctx, s.form, seed, s.clock) })
	for _, a := range s.repos {
		s.openAll(a)
	}
	ticker := time.NewTicker(s.form.every)
	defer ticker.Stop()
	for ctx.Err() == nil {
		<-ticker.C
		s.listen()
		a := s.repos[s.rand.IntN(len(s.repos))]
		for range 1 + s.rand.IntN(3) { // one thing after the other happens to the same repository
			s.act(a)
		}
		s.watch(a)
		s.watch(s.repos[s.acts%len(s.repos)])
		for p := range s.green {
			s.see(s.aliveOf(p), p)
		}
	}
	require.NoError(s.t, group.Wait())
	s.sim.SetChaos(githubsim.Chaos{})
}

func (s *soak) openAll(a *alive) {
	for n := range s.form.pulls {
		s.acts++
		a.number = s.acts
		switch n % 3 {
		case 0:
			a.openOne(map[string]githubsim.File{"slo/checkout.yml": a.text("slo/checkout.yml"), "README.md": githubsim.Text(fmt.Sprint(n))})
		case 1:
			a.openOne(map[string]githubsim.File{"oncall/escalation.tf": githubsim.Text(fmt.Sprint("escalation_delay_in_minutes = ", n))})
		default:
			a.openOne(map[string]githubsim.File{
				"slo/search.yml": githubsim.Text(fmt.Sprintf("objective: %d\nwindow: 30d\n", n)), ".github/slagate.yml": githubsim.Text(livesPolicy + "# a remark\n"),
			})
		}
	}
}

// act has somebody do something.
func (s *soak) act(a *alive) {
	s.acts++
	a.number = s.acts
	teams := fmt.Sprint(a.left)
	// Any delivery may be lost, so nobody can know of a "no" whose comment is gone.
	switch n := a.rand.IntN(100); {
	case n < 40:
		a.act(true)
	case n < 60:
		a.take(true)
	default:
		s.agree(a, pick(a, a.pulls...))
	}
	for _, p := range a.pulls {
		a.keepHead(p)
	}
	if fmt.Sprint(a.left) == teams {
		return
	}
	for _, other := range s.repos { // who leaves a team leaves it everywhere
		for login, at := range a.left {
			other.left[login] = max(at, other.left[login])
		}
		s.watch(other)
	}
}

// signers are people who never push.
func signers() map[string]string {
	return map[string]string{"product": "pia", "legal": "lee", "security": "sue", "support": "sid"}
}

// agree has everybody sign a pull request who is to.
func (s *soak) agree(a *alive, p *githubsim.Pull) {
	if !p.View().Open {
		return
	}
	for _, f := range a.required(p) {
		a.label(p, f, signers()[f])
	}
}

func (s *soak) aliveOf(p *githubsim.Pull) *alive {
	return s.repos[slices.IndexFunc(s.repos, func(a *alive) bool { return a.repo == p.Repo() })]
}

// watch looks which pull requests of a repository are green and should not be.
func (s *soak) watch(a *alive) {
	for _, p := range a.pulls {
		s.see(a, p)
	}
}

func (s *soak) see(a *alive, p *githubsim.Pull) {
	v := p.View()
	status := v.Status("slagate")
	// What somebody else posts is not slagate's word; a required check pinned to the app ignores it.
	wrong := v.Open && status.State == "success" && status.Creator == s.sim.App() && a.unagreed(p) != ""
	since, was := s.green[p]
	switch {
	case wrong && !was:
		s.green[p] = time.Now()
	case !wrong && was:
		delete(s.green, p)
		now := time.Now()
		stood := now.Sub(since)
		s.stale = append(s.stale, stood)
		if silent := s.silence(since, now); stood-silent > s.form.within() {
			s.overdue = append(s.overdue, fmt.Sprintf("%s#%d: %s, silent for %s of it", a.repo.FullName(), p.Number, stood.Round(time.Millisecond), silent))
		}
	}
}

// bareLimits is the name of limits without a time in what went wrong, and silence is for how long
// nothing is asked of an installation after one, as GitHub wants it, see package ghapp.
const (
	bareLimits = "limit 429 without Retry-After"
	silence    = time.Minute
)

// listen notes when GitHub limited us without a time.
func (s *soak) listen() {
	for range s.sim.ChaosCounts()[bareLimits] - len(s.silent) {
		s.silent = append(s.silent, time.Now())
	}
}

// silence is for how much of that time a process may ask GitHub nothing. Everybody is in one installation.
func (s *soak) silence(from, until time.Time) (all time.Duration) {
	for _, began := range s.silent {
		if began.After(from) {
			from = began
		}
		end := began.Add(silence)
		if end.After(until) {
			end = until
		}
		if end.After(from) {
			all += end.Sub(from)
			from = end
		}
	}
	return all
}

// retries bounds how long a job that failed in the last moment waits for its next try: a minute, see package job.
const retries = time.Minute

// recoveredAtOnce is for how many failed deliveries GitHub is asked in a minute, see package controller.
const recoveredAtOnce = 80

// rest waits until everything is as it should be and nothing is on its way that could change it. It returns
// after how long it was, silences apart, or what was still wrong.
func (s *soak) rest() (took time.Duration, wrongs []string) {
	s.t.Helper()
	began := time.Now()
	var right time.Time // since when, or zero
	ctx, cancel := context.WithTimeout(context.Background(), s.form.sweep+retries+patience)
	defer cancel()
	require.NoError(s.t, poll(s.fleet.ready), "not ready again")
	ticker := time.NewTicker(100 * time.Millisecond)
	defer ticker.Stop()
	for {
		require.NoError(s.t, s.sim.Deliveries().Wait(context.Background()))
		quiet, now := s.fleet.quiet(), time.Now()
		wrongs = s.wrongs()
		switch {
		case len(wrongs) > 0:
			right = time.Time{}
		case right.IsZero():
			right = now
		}
		if quiet && len(wrongs) == 0 {
			return right.Sub(began) - s.silence(began, right), nil
		}
		select {
		case <-ctx.Done():
			return time.Since(began), wrongs
		case <-ticker.C:
		}
		for p := range s.green {
			s.see(s.aliveOf(p), p)
		}
	}
}

// recovered waits until every failed delivery was asked for again, and what they told is shown.
func (s *soak) recovered(table *figures, name string) {
	s.t.Helper()
	began := time.Now()
	most := patience + retries*time.Duration(1+s.deliveries().failed/recoveredAtOnce)
	require.NoError(s.t, pollFor(most, s.fleet.recovered), "failed deliveries are left: %v", s.fleet.unfinished())
	table.add(name+": time until all failed deliveries were asked for, too", "", "%.1f s", time.Since(began).Seconds())
	_, wrongs := s.rest()
	s.explain(wrongs)
	require.Empty(s.t, wrongs)
}

// explain logs what can tell why something is wrong.
func (s *soak) explain(wrongs []string) {
	for _, a := range s.repos {
		for _, p := range a.pulls {
			if !slices.ContainsFunc(wrongs, func(w string) bool { return strings.HasPrefix(w, fmt.Sprintf("%s#%d:", a.repo.FullName(), p.Number)) }) {
				continue
			}
			v := p.View()
			policy, _ := a.repo.Content(v.Base, ".github/slagate.yml")
			s.t.Logf("%s#%d base %s %s merge base %s head %s\n%v\n%+v\n%+v\n%s\n%v", a.repo.FullName(), p.Number, v.Base, a.repo.Tip(v.Base), v.MergeBase, v.Head,
				v.Labels, v.Statuses, v.Files, policy, v.Comments)
		}
	}
	if len(wrongs) > 0 {
		s.t.Logf("unfinished jobs: %v", s.fleet.unfinished())
	}
}

func (s *soak) wrongs() (out []string) {
	for _, a := range s.repos {
		out = append(out, a.wrongs()...)
	}
	return out
}

// report adds what happened to the table.
func (s *soak) report(table *figures, name string, right time.Duration, wrongs []string) {
	pulls, doubled := 0, 0
	for _, a := range s.repos {
		pulls += len(a.pulls)
		for _, p := range a.pulls {
			doubled += max(0, a.comments(p.View())-1)
		}
	}
	row := func(what, aim, format string, args ...any) { table.add(name+": "+what, aim, format, args...) }
	row("pull requests, repositories", "", "%d, %d", pulls, len(s.repos))
	row("time with faults; acts", "", "%s; %d", s.form.time, s.acts)
	row("kills, restarts in order, database restarts", "", "%d, %d, %d", s.fleet.kills.Load(), s.fleet.restarts.Load(), s.fleet.databases.Load())
	counts := s.sim.ChaosCounts()
	for _, kind := range slices.Sorted(maps.Keys(counts)) {
		row(kind, "", "%d", counts[kind])
	}
	sent := s.deliveries()
	row("deliveries sent, accepted", "", "%d, %d", sent.events, sent.taken)
	row("failed at first, asked for again, never accepted", "", "%d, %d, %d", sent.failed, sent.again, sent.never)
	row("differences after one sweep interval", "0", "%d", len(wrongs))
	row("time until all was right, silences apart", fmt.Sprintf("<= %s", s.form.within()), "%.1f s", right.Seconds())
	row("limits without a time: a minute's silence each", "", "%d", len(s.silent))
	row("greens that were withdrawn, p50 and longest until seen", "", "%d, %.2f s, %.2f s", len(s.stale), s.stale.at(0.5).Seconds(), s.stale.at(1).Seconds())
	row(fmt.Sprintf("false greens (longer than %s, silences apart)", s.form.within()), "0", "%d %s", len(s.overdue), strings.Join(s.overdue, ", "))
	row("doubled comments", "0", "%d", doubled)
}

// sendings is what became of the deliveries: numbers of events.
type sendings struct{ events, taken, failed, again, never int }

func (s *soak) deliveries() (out sendings) {
	taken, failed, again := map[string]bool{}, map[string]bool{}, map[string]bool{}
	for _, d := range s.sim.Deliveries().Log() {
		taken[d.GUID] = taken[d.GUID] || d.OK()
		failed[d.GUID] = failed[d.GUID] || !d.OK()
		again[d.GUID] = again[d.GUID] || d.Redelivery
	}
	for guid, ok := range taken {
		out.events++
		for is, n := range map[*int]bool{&out.taken: ok, &out.failed: failed[guid], &out.again: again[guid], &out.never: !ok} {
			if n {
				*is++
			}
		}
	}
	return out
}

// lost are the deliveries that slagate said it has and does not have.
func (s *soak) lost() (out []string) {
	known, err := s.fleet.known()
	require.NoError(s.t, err)
	for _, d := range s.sim.Deliveries().Log() {
		// Those that concern nothing are not kept.
		if d.OK() && !strings.Contains(d.Response, "ignored") && !known[d.GUID] {
			out = append(out, d.Event+" "+d.Action+" "+d.GUID+" "+d.Response)
		}
	}
	return out
}
