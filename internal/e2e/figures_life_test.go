package e2e

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/slagate/slagate/internal/githubsim"
)

const (
	lifeRepos = 10 // one life in each: what one merges is no conflict of another's
	lifeSweep = 10 * time.Second
	// lifePatience bounds a step: a limit that comes without any time is a minute of silence.
	lifePatience = 3 * time.Minute
	// asksAgain is when somebody looks again whether slagate has taken the label away and asks once more.
	asksAgain = time.Second
)

// lifeCost is what lives cost.
type lifeCost struct {
	reads, writes int
	took          time.Duration
	again         int // sign-offs that were given twice
	faults        string
}

// benchLife counts the life of [TestLife_L1] with everything going wrong now and then, and without.
func benchLife(b *testing.B, t *figures, binary string) {
	b.Helper()
	for b.Loop() {
		calm := livesOf(b, binary, githubsim.Chaos{}, time.Hour)
		rough := livesOf(b, binary, githubsim.DefaultChaos(1), lifeSweep)
		each := func(n int) float64 { return float64(n) / lifeRepos }
		b.ReportMetric(each(calm.reads+calm.writes), "requests/life")
		b.ReportMetric(each(rough.reads+rough.writes), "requests/life-with-faults")
		name := fmt.Sprintf("L1, mean of %d lives: ", lifeRepos)
		t.add(name+"counted requests (of them reads)", fmt.Sprintf("<= %d (%d)", lifeBudget, lifeReads),
			"%.1f (%.1f) without faults; %.1f (%.1f) with, sweeps every %s included: %.2f times",
			each(calm.reads+calm.writes), each(calm.reads), each(rough.reads+rough.writes), each(rough.reads), lifeSweep,
			float64(rough.reads+rough.writes)/float64(calm.reads+calm.writes))
		t.add(name+"time of all at once", "", "%.1f s without faults; %.1f s with, %d sign-offs given again", calm.took.Seconds(), rough.took.Seconds(), rough.again)
		t.add(name+"faults met", "", "%s", rough.faults)
		require.LessOrEqual(b, each(calm.reads+calm.writes), float64(lifeBudget))
		require.LessOrEqual(b, each(calm.reads), float64(lifeReads))
	}
}

// lifeScene is lives in step with each other.
type lifeScene struct {
	*stage
	fleet *fleet
	rough bool
	pulls []*githubsim.Pull
	again int
}

func livesOf(b *testing.B, binary string, c githubsim.Chaos, sweep time.Duration) (out lifeCost) {
	b.Helper()
	s := &lifeScene{stage: newStage(b, lifeRepos, 0), rough: c != githubsim.Chaos{}}
	f, svc := s.manned(binary, crews()[0], "SLAGATE_SWEEP_INTERVAL="+sweep.String())
	s.fleet = f
	began := time.Now()
	s.sim.SetChaos(c)
	s.live(svc)
	s.sim.SetChaos(githubsim.Chaos{})
	s.calm(svc)
	s.merged()
	out.took, out.again = time.Since(began), s.again
	out.reads, out.writes, _ = count(&world{sim: s.sim})
	counts := s.sim.ChaosCounts()
	for _, kind := range slices.Sorted(maps.Keys(counts)) {
		out.faults += fmt.Sprintf("%s %d, ", kind, counts[kind])
	}
	f.end()
	return out
}

// live is the life of [TestLife_L1].
func (s *lifeScene) live(svc *service) {
	for _, r := range s.repos {
		p, err := s.open(r, s.branch(r))
		require.NoError(s.b, err)
		s.pulls = append(s.pulls, p)
	}
	s.until(svc, waitingForAll)
	for _, sig := range signatures() {
		s.sign(svc, sig.function, sig.text)
	}
	s.each(svc, func(p *githubsim.Pull) error {
		_, err := s.sim.As("bob").Comment(p, "nice")
		return err
	})
	s.each(svc, func(p *githubsim.Pull) error {
		_, err := s.sim.As("ana").Push(p.Repo(), p.View().HeadName, "more", map[string]githubsim.File{"slo/search.yml": githubsim.Text("objective: 98\nwindow: 30d\n")})
		return err
	})
	s.until(svc, "Waiting for product, legal (2 of 4 signed)")
	s.sign(svc, "product", "Waiting for legal (3 of 4 signed)")
	s.sign(svc, "legal", "Signed by product, legal, security, support")
	s.sim.Deliveries().Pause()
	for _, p := range s.pulls {
		for range 2 {
			require.NoError(s.b, s.sim.As("bob").Label(p, "bug"))
			require.NoError(s.b, s.sim.As("bob").Unlabel(p, "bug"))
		}
		require.NoError(s.b, s.sim.As("ana").Draft(p))
	}
	s.sim.Deliveries().Resume()
	s.calm(svc)
	s.each(svc, func(p *githubsim.Pull) error { return s.sim.As("ana").Ready(p) })
	s.until(svc, "Signed by product, legal, security, support")
	s.each(svc, func(p *githubsim.Pull) error { return s.sim.As("ana").Merge(p, false) })
}

// each does something to every pull request, and lets slagate come to rest.
func (s *lifeScene) each(svc *service, do func(*githubsim.Pull) error) {
	s.b.Helper()
	for _, p := range s.pulls {
		require.NoError(s.b, do(p), "%s#%d", p.Repo().FullName(), p.Number)
	}
	s.calm(svc)
}

// sign has every pull request signed for a function. Whoever is asked once more signs once more.
func (s *lifeScene) sign(svc *service, function, text string) {
	s.b.Helper()
	label := "sla/" + function + "-approved"
	signer := s.sim.As(signers()[function])
	s.each(svc, func(p *githubsim.Pull) error { return signer.Label(p, label) })
	asked := time.Now()
	s.wait(func() bool {
		open := slices.DeleteFunc(slices.Clone(s.pulls), func(p *githubsim.Pull) bool { return p.View().Status("slagate").Description == text })
		if time.Since(asked) > asksAgain {
			asked = time.Now()
			for _, p := range open {
				if !slices.Contains(p.View().Labels, label) {
					s.again++
					require.NoError(s.b, signer.Label(p, label))
				}
			}
		}
		return len(open) == 0
	}, text)
	s.calm(svc)
}

// until waits for a status on every pull request, and for slagate to come to rest.
func (s *lifeScene) until(svc *service, text string) {
	s.b.Helper()
	s.wait(func() bool {
		return !slices.ContainsFunc(s.pulls, func(p *githubsim.Pull) bool { return p.View().Status("slagate").Description != text })
	}, text)
	s.calm(svc)
}

func (s *lifeScene) wait(yes func() bool, what string) {
	s.b.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), lifePatience)
	defer cancel()
	if err := atRest(ctx, yes); err != nil {
		for _, p := range s.pulls {
			v := p.View()
			s.b.Logf("%s#%d: %v %v", p.Repo().FullName(), p.Number, v.Status("slagate").Description, v.Labels)
		}
		require.NoError(s.b, err, what)
	}
}

// calm waits until nothing is left to do. With faults webhooks may still come: life does not wait for them.
func (s *lifeScene) calm(svc *service) {
	s.b.Helper()
	if !s.rough {
		s.settle(svc)
		return
	}
	s.wait(s.fleet.quiet, "rest")
}

// merged requires that all went as in a world without faults.
func (s *lifeScene) merged() {
	s.b.Helper()
	for _, p := range s.pulls {
		v := p.View()
		require.True(s.b, v.Merged, "%s#%d", p.Repo().FullName(), p.Number)
		require.Equal(s.b, "success", v.Status("slagate").State)
		require.Equal(s.b, 1, s.said(v), "comments")
	}
}
