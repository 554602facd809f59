package e2e

import (
	"context"
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/slagate/slagate/internal/githubsim"
)

// recoverySweep is the sweep interval while recoveries are measured.
var recoverySweep = flag.Duration("recoverysweep", 10*time.Second, "the sweep interval while the figures measure recoveries")

// lostFor is for how long people go on while none of their webhooks arrives.
var lostFor = flag.Duration("lost", 0, "for how long webhooks fail or are lost while the figures measure recoveries")

const (
	hitPulls = 60
	hitRepos = 10
	// busyWith is how long GitHub takes for an answer until everything has been acknowledged: the work
	// for all of it is still to be done then.
	busyWith = 300 * time.Millisecond
	// recoveryPatience bounds a recovery, with a sweep: a dead process's work is taken over within two minutes.
	recoveryPatience = 4 * time.Minute
	allSigned        = "Signed by product, legal, security, support"
)

// soloAndThree are the crews that are hit.
func soloAndThree() []crew {
	all := crews()
	return []crew{all[0], all[len(all)-1]}
}

// hit is something that happens to a crew when everybody has just signed everything.
type hit struct {
	what string
	// before is done before people act, after when they have; from then on the time counts.
	before, after func(*githubsim.Deliveries)
	// silent: nothing of what people do arrives; traceless: and GitHub does not list it.
	silent, traceless bool
}

func (f *fleet) hits() []hit {
	none := func(*githubsim.Deliveries) {}
	const all = 1 << 30
	out := []hit{
		{"nothing (to compare with)", none, none, false, false},
		{"kill -9 of one process", none, func(*githubsim.Deliveries) {
			hit, err := f.members[0].signal(os.Kill)
			require.NoError(f.tb, err)
			require.True(f.tb, hit)
		}, false, false},
		{
			"webhooks that failed (listed by GitHub)", func(d *githubsim.Deliveries) { d.DropNext(all) },
			func(d *githubsim.Deliveries) { d.DropNext(0) }, true, false,
		},
		{
			"webhooks lost without a trace", func(d *githubsim.Deliveries) { d.LoseNext(all) },
			func(d *githubsim.Deliveries) { d.LoseNext(0) }, true, true,
		},
	}
	if f.server != nil {
		out = append(out, hit{"database killed and started", none, func(*githubsim.Deliveries) {
			require.NoError(f.tb, f.server.Kill())
			require.NoError(f.tb, f.server.Start())
		}, false, false})
	}
	return out
}

// benchRecovery measures how long it takes after one thing that goes wrong until everything is right.
func benchRecovery(b *testing.B, t *figures, binary string, c crew) {
	b.Helper()
	s := newStage(b, hitRepos, 0)
	f, _ := s.manned(binary, c, "SLAGATE_SWEEP_INTERVAL="+recoverySweep.String())
	h := &hitScene{stage: s, fleet: f}
	for range hitPulls {
		r := s.repos[len(h.pulls)%len(s.repos)]
		p, err := s.open(r, s.branch(r))
		require.NoError(b, err)
		h.pulls = append(h.pulls, p)
	}
	h.until("opened", s.unjudged)
	for b.Loop() {
		for _, x := range f.hits() {
			sim := s.sim.Deliveries()
			h.mayAsk = x.traceless
			x.before(sim)
			h.everybodyActs(x.silent)
			s.sim.SetLatency(farAway)
			began := time.Now()
			x.after(sim)
			missing := len(h.open(h.due))
			require.NotZero(b, missing, "nothing was left to do")
			h.until(x.what, h.due)
			took := time.Since(began)
			what := x.what
			if x.silent {
				what = fmt.Sprintf("%s, for %s", what, *lostFor)
			}
			name := fmt.Sprintf("%s, %d pull requests, sweep %s: ", c.name, hitPulls, *recoverySweep)
			t.add(name+"all right after "+what, "", "%.1f s (%d were not)", took.Seconds(), missing)
			t.compare("all right after "+x.what, c, took.Seconds())
			h.rest()
			h.again()
		}
	}
	f.end()
}

// hitScene is pull requests of which half are signed and half get new content, again and again.
type hitScene struct {
	*stage
	fleet *fleet
	pulls []*githubsim.Pull
	round int
	// mayAsk: no webhook told of the sign-offs, so slagate may take the labels away and ask again.
	mayAsk bool
}

// everybodyActs has half of the pull requests signed by all and the others, which wait for all,
// pushed to; it returns when all of that is acknowledged, unless nothing of it arrives: then they take their time.
func (h *hitScene) everybodyActs(silent bool) {
	h.b.Helper()
	h.round++
	h.sim.SetLatency(busyWith)
	before := len(h.sim.Deliveries().Log())
	acts := 0
	pause := time.NewTicker(max(*lostFor/time.Duration(len(h.pulls)), time.Microsecond))
	defer pause.Stop()
	for i, p := range h.pulls {
		if silent {
			<-pause.C
		}
		if i%2 == 0 {
			h.push(p)
			acts++
			continue
		}
		for _, sig := range signatures() {
			require.NoError(h.b, h.sim.As(sig.who).Label(p, "sla/"+sig.function+"-approved"))
			acts++
		}
	}
	if silent {
		return
	}
	h.wait("acknowledged", func() bool {
		n := 0
		for _, d := range h.sim.Deliveries().Log()[before:] {
			if d.OK() && d.Event == "pull_request" && (d.Action == "labeled" || d.Action == "synchronize") {
				n++
			}
		}
		return n >= acts
	})
}

func (h *hitScene) push(p *githubsim.Pull) {
	h.b.Helper()
	_, err := h.sim.As("ana").Push(p.Repo(), p.View().HeadName, "more", map[string]githubsim.File{
		"slo/checkout.yml":     githubsim.Text(fmt.Sprintf("objective: 98.%04d\nwindow: 30d\n", h.round)),
		"slo/search.yml":       githubsim.Text(fmt.Sprintf("objective: 97.%04d\nwindow: 30d\n", h.round)),
		"oncall/escalation.tf": githubsim.Text(fmt.Sprintf("escalation_delay_in_minutes = %d\n", 31+h.round)),
	})
	require.NoError(h.b, err)
}

// due says what is not as it should be once everybody has acted. A sign-off whose webhook was lost may be
// asked for again; then the label that says it is gone.
func (h *hitScene) due(p *githubsim.Pull) string {
	v := p.View()
	if slices.Index(h.pulls, p)%2 == 0 {
		return h.unjudged(p)
	}
	approved := slices.ContainsFunc(v.Labels, func(l string) bool { return strings.HasSuffix(l, "-approved") })
	if h.mayAsk && !approved && h.unjudged(p) == "" {
		return ""
	}
	if st := v.Status("slagate"); st.Description != allSigned {
		return fmt.Sprintf("%s#%d: %s: %s, %v", p.Repo().FullName(), v.Number, st.State, st.Description, v.Labels)
	}
	return wrong(p)
}

// open are the pull requests that are not yet as they are to be, and why.
func (h *hitScene) open(why func(*githubsim.Pull) string) (out []string) {
	for _, p := range h.pulls {
		if what := why(p); what != "" {
			out = append(out, what)
		}
	}
	return out
}

// until waits until all pull requests are as they are to be.
func (h *hitScene) until(what string, why func(*githubsim.Pull) string) {
	h.b.Helper()
	var open []string
	defer func() {
		if h.b.Failed() {
			h.b.Logf("%s: %v\n%v", what, open, h.fleet.unfinished())
		}
	}()
	h.wait(what, func() bool {
		open = h.open(why)
		return len(open) == 0
	})
}

func (h *hitScene) wait(what string, yes func() bool) {
	h.b.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), recoveryPatience+*recoverySweep)
	defer cancel()
	require.NoError(h.b, atRest(ctx, yes), what)
}

// rest waits until nothing is left to do, and requires that everything is still right.
func (h *hitScene) rest() {
	h.b.Helper()
	h.sim.SetLatency(0)
	require.NoError(h.b, poll(h.fleet.ready))
	h.wait("rest", h.fleet.quiet)
	require.Empty(h.b, h.open(h.due))
}

// again has everything wait for everybody, as in the beginning.
func (h *hitScene) again() {
	h.b.Helper()
	h.round++
	for i, p := range h.pulls {
		if i%2 == 1 {
			h.push(p)
		}
	}
	h.until("pushed", h.unjudged)
	h.wait("rest", h.fleet.quiet)
}
