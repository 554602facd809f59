package e2e

import (
	"context"
	"fmt"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/slagate/slagate/internal/githubsim"
)

// faultCase is one thing that goes wrong while 60 pull requests are worked on, as it was
// tried with policy-bot (the issue has its numbers): how many were right in the end, how many falsely green.
type faultCase struct {
	what      string
	chaos     githubsim.Chaos
	kill      bool // of a process, once every delivery was acknowledged
	policyBot string
}

func faultCases() []faultCase {
	return []faultCase{
		{"20% of the webhooks dropped", githubsim.Chaos{Seed: 1, Drop: 0.2}, false, "46 right, 2 falsely green"},
		{"secondary limits", githubsim.Chaos{Seed: 2, Secondary: 0.05, LimitFor: 2 * time.Second}, false, "4 right"},
		{"timeouts", githubsim.Chaos{Seed: 3, Timeout: 0.1, Slowest: 2 * time.Second}, false, "33 right"},
		{"kill -9, everything acknowledged", githubsim.Chaos{}, true, "20 right"},
	}
}

// betweenWaves is how long people wait at most until everything is green, before they take it away.
const betweenWaves = 10 * time.Second

// benchFaults counts how many pull requests are right within one sweep interval after each of
// the faults has ended, and how many were green for longer than that without being agreed to.
func benchFaults(b *testing.B, t *figures, binary string, c crew) {
	b.Helper()
	for b.Loop() {
		for _, x := range faultCases() {
			s := newFaultScene(b, binary, c)
			s.sim.SetChaos(x.chaos)
			s.agree()
			s.disagree(x)
			s.sim.SetChaos(githubsim.Chaos{})
			inTime, all := s.right()
			name := fmt.Sprintf("%s, %s, %d pull requests, sweep %s: ", c.name, x.what, hitPulls, *recoverySweep)
			t.add(name+"right within one sweep, falsely green for longer", fmt.Sprintf("%d, 0 (policy-bot: %s)", hitPulls, x.policyBot),
				"%d, %d; all right after %.1f s", inTime, s.overdue, all.Seconds())
			t.add(name+"greens whose sign-off was taken back: how long they stood", "", "%d, p50 %.2f s, longest %.2f s; asked to sign once more: %d",
				len(s.stood), s.stood.at(0.5).Seconds(), s.stood.at(1).Seconds(), s.again)
			s.fleet.end()
		}
	}
}

// faultScene is an organisation in which people sign and take back, with the oracle of [TestLives].
type faultScene struct {
	b     *testing.B
	sim   *githubsim.Server
	fleet *fleet
	repos []*alive

	green   map[*githubsim.Pull]time.Time // since when somebody has not agreed who had
	stood   times                         // how long such a green stood
	overdue int                           // those that stood longer than a sweep interval
	again   int                           // functions that are asked although they had agreed
}

func newFaultScene(b *testing.B, binary string, c crew) *faultScene {
	b.Helper()
	s := &faultScene{b: b, green: map[*githubsim.Pull]time.Time{}}
	clock := &atomic.Int64{}
	clock.Store(-600) // every act is a second: GitHub's clock and the processes' stay close to each other
	s.sim = githubsim.New(githubsim.Options{
		AppID: appID, AppSlug: slug, PrivateKey: signingKey(), WebhookSecret: secret, WebURL: "https://github.test",
		Now:     func() time.Time { return time.Now().Add(time.Duration(clock.Load()) * time.Second) },
		Workers: hookWorkers, Client: deliveryClient(), Limit: 10_000_000, Latency: farAway,
	})
	api := httptest.NewServer(s.sim.Handler())
	b.Cleanup(api.Close)
	// It has no test: of its world and of the oracle only what cannot fail is used.
	shared := &world{sim: s.sim, api: api, clock: clock, from: "main", teams: map[string]*githubsim.Team{}, users: map[string]*githubsim.User{}}
	shared.people()
	for n := range hitRepos {
		w := *shared
		w.furnish(fmt.Sprintf("shop-%02d", n), livesPolicy)
		s.repos = append(s.repos, newAlive(&w, uint64(n)))
	}
	s.sim.Install(shared.org)
	s.fleet = newFleet(b, binary, api.URL, c.on, c.n,
		"SLAGATE_SWEEP_INTERVAL="+recoverySweep.String(), "SLAGATE_CONTENT_PER_MINUTE=off", "SLAGATE_LOG_LEVEL=error")
	require.NoError(b, atRest(b.Context(), func() bool { return s.fleet.scrape().total("slagate_sweeps_total") > 0 }))
	s.sim.SetWebhook(s.fleet.balancer.URL+"/api/github/hook", secret)
	return s
}

// agree opens the pull requests, has them signed by all who have to, and waits a while for them to be green.
func (s *faultScene) agree() {
	s.b.Helper()
	for i := range hitPulls {
		a := s.repos[i%len(s.repos)]
		path, text := "slo/checkout.yml", "objective: 99.5\nwindow: 30d\n"
		if i%2 == 1 {
			path, text = "oncall/escalation.tf", "escalation_delay_in_minutes = 60\n"
		}
		branch := fmt.Sprintf("topic-%d", i)
		a.repo.Branch(branch, "main")
		head, err := a.as("ana").Push(a.repo, branch, "change", map[string]githubsim.File{path: githubsim.Text(fmt.Sprintf("%s# %d\n", text, i))})
		require.NoError(s.b, err)
		p, err := a.as("ana").OpenPull(a.repo, githubsim.PullInput{Title: "A change", Head: branch})
		require.NoError(s.b, err)
		a.pulls = append(a.pulls, p)
		a.contribute("", head, "ana", path)
		a.keepHead(p)
		for _, f := range a.required(p) {
			a.label(p, f, signers()[f])
		}
	}
	s.watchFor(betweenWaves, func() bool {
		return !s.some(func(_ *alive, p *githubsim.Pull) bool { return p.View().Status("slagate").State != "success" })
	})
}

// disagree has one third of the pull requests taken back, another third changed, and the
// process killed if it is to be.
func (s *faultScene) disagree(x faultCase) {
	s.b.Helper()
	n := 0
	s.some(func(a *alive, p *githubsim.Pull) bool {
		s.see(a, p)
		a.number++
		switch f := a.required(p)[0]; n % 3 {
		case 0:
			a.unlabel(p, f, signers()[f])
		case 1:
			before := p.View()
			path := before.Files[0].Path
			head, err := a.as("ana").Push(a.repo, before.HeadName, "more", map[string]githubsim.File{
				path: githubsim.Text(fmt.Sprintf("objective: 98\nescalation_delay_in_minutes = 90\n# %d\n", n)),
			})
			require.NoError(s.b, err)
			a.contribute(before.Head, head, "ana", path)
			a.keepHead(p)
		}
		s.see(a, p)
		n++
		return false
	})
	if !x.kill {
		s.watchFor(betweenWaves/2, s.fleet.quiet) // the faults are to hit that work, too
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	if err := s.sim.Deliveries().Wait(ctx); err != nil && ctx.Err() == nil {
		require.NoError(s.b, err)
	}
	hit, err := s.fleet.members[0].signal(os.Kill)
	require.NoError(s.b, err)
	require.True(s.b, hit)
}

// some asks of every pull request until one has it.
func (s *faultScene) some(has func(*alive, *githubsim.Pull) bool) bool {
	return slices.ContainsFunc(s.repos, func(a *alive) bool {
		return slices.ContainsFunc(a.pulls, func(p *githubsim.Pull) bool { return has(a, p) })
	})
}

// watchFor looks at every green until the answer is yes or the time is over, and reports whether it was yes.
func (s *faultScene) watchFor(d time.Duration, yes func() bool) bool {
	ctx, cancel := context.WithTimeout(context.Background(), d)
	defer cancel()
	return atRest(ctx, func() bool {
		s.some(func(a *alive, p *githubsim.Pull) bool {
			s.see(a, p)
			return false
		})
		return yes()
	}) == nil
}

// see looks whether a pull request is green and somebody has not agreed.
func (s *faultScene) see(a *alive, p *githubsim.Pull) {
	status := p.View().Status("slagate")
	wrong := status.State == "success" && a.unagreed(p) != ""
	since, was := s.green[p]
	switch {
	case wrong && !was:
		s.green[p] = time.Now()
	case !wrong && was:
		delete(s.green, p)
		stood := time.Since(since)
		s.stood = append(s.stood, stood)
		if stood > *recoverySweep {
			s.overdue++
		}
	}
}

// right returns how many pull requests were right within one sweep interval, and when all of them were.
func (s *faultScene) right() (inTime int, all time.Duration) {
	s.b.Helper()
	began := time.Now()
	var open []string
	right := func() bool {
		open = s.open()
		return len(open) == 0
	}
	ok := s.watchFor(*recoverySweep, right)
	inTime = hitPulls - len(open)
	ok = ok || s.watchFor(recoveryPatience, right)
	all = time.Since(began)
	require.True(s.b, ok, "%v\n%v", open, s.fleet.unfinished())
	require.NoError(s.b, poll(s.fleet.ready))
	require.True(s.b, s.watchFor(recoveryPatience, func() bool { return s.fleet.quiet() && right() }), "not at rest: %v", s.fleet.unfinished())
	s.again = 0
	s.some(func(a *alive, p *githubsim.Pull) bool {
		if a.unagreed(p) == "" && p.View().Status("slagate").State != "success" {
			s.again++
		}
		return false
	})
	return inTime, all
}

// open are the pull requests that are not right: what the oracle says, and those that all
// agreed to and that are not green, unless slagate took the label away and asks again.
func (s *faultScene) open() (out []string) {
	for _, a := range s.repos {
		wrongs := a.wrongs()
		for _, p := range a.pulls {
			name := fmt.Sprintf("%s#%d: ", a.repo.FullName(), p.Number)
			if i := slices.IndexFunc(wrongs, func(w string) bool { return strings.HasPrefix(w, name) }); i >= 0 {
				out = append(out, wrongs[i])
			}
		}
	}
	return out
}
