package e2e

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/slagate/slagate/internal/githubsim"
)

const (
	rateRepos = 20  // so many that no repository needs more than its share of the workers
	ratePulls = 300 // for each distance of GitHub
	// resting is how often it is asked whether nothing is left to do: it adds as much to
	// a time of seconds at most, and a question at every moment would take part of the database.
	resting = 20 * time.Millisecond
)

// distances are how long GitHub takes for an answer.
func distances() []time.Duration { return []time.Duration{0, farAway} }

// named begins the rows of a crew with GitHub at a distance.
func (c crew) named(latency time.Duration) string {
	return fmt.Sprintf("%s, GitHub %d ms: ", c.name, latency.Milliseconds())
}

// benchEvaluations measures how many pull requests are judged in a second, whole and with
// their state posted, when they are opened all at once; and how many if nothing is to be changed.
func benchEvaluations(b *testing.B, t *figures, binary string, c crew) {
	b.Helper()
	s := newStage(b, rateRepos, 0)
	f, svc := s.manned(binary, c)
	for b.Loop() {
		for _, latency := range distances() {
			s.sim.SetLatency(latency)
			branches := make([]string, ratePulls)
			for i := range branches {
				branches[i] = s.branch(s.repos[i%len(s.repos)])
			}
			s.settle(svc)
			var pulls []*githubsim.Pull
			s.measure(f, svc, t, c, latency, "first evaluations", func() (took time.Duration) {
				pulls, took = s.openTogether(branches)
				return took
			})
			for _, p := range pulls {
				require.Empty(b, s.unjudged(p))
			}
			done := s.measure(f, svc, t, c, latency, "evaluations with nothing to change", func() time.Duration {
				return s.labelTogether(svc, pulls)
			})
			require.GreaterOrEqual(b, done.total("slagate_evaluations_total"), float64(ratePulls))
			for _, r := range s.sim.Requests() {
				require.NotEqual(b, githubsim.KindWrite, r.Kind, r.Route)
			}
		}
	}
	f.end()
}

// measure adds how fast something was done to so many pull requests, and returns what the
// processes counted meanwhile.
func (s *stage) measure(f *fleet, svc *service, t *figures, c crew, latency time.Duration, what string, do func() time.Duration) scrape {
	s.b.Helper()
	before := f.scrape()
	var took time.Duration
	cost := s.spend(svc, func() { took = do() })
	done := f.scrape().since(before)
	rate := ratePulls / took.Seconds()
	name, aim := c.named(latency), ""
	if latency == 0 {
		aim = ">= 200/s, or limited by GitHub"
	}
	const seconds = "slagate_evaluation_seconds"
	t.add(name+what, aim, "%.0f/s; duration p50 %.0f ms, p95 %.0f ms; %.1f counted requests each; %.0f evaluations of %d pull requests, %.0f given up",
		rate, 1000*done.quantile(seconds, 0.5), 1000*done.quantile(seconds, 0.95), float64(cost.requests)/ratePulls,
		done.total("slagate_evaluations_total"), ratePulls, done.total("slagate_evaluation_failures_total"))
	if cost.known {
		t.add(name+what+": the machine", "", "slagate %.0f%%, PostgreSQL %.0f%%, the stand-in and the load %.0f%%, others %.0f%%, idle %.0f%%",
			cost.percent(cost.service), cost.percent(cost.database), cost.percent(cost.rest), cost.noise(), cost.idle())
	}
	cost.show(t, name, what, ratePulls)
	t.compare(fmt.Sprintf("GitHub %d ms: %s/s", latency.Milliseconds(), what), c, rate)
	s.b.ReportMetric(rate, fmt.Sprintf("%.5s-%dms/s", what, latency.Milliseconds()))
	return done
}

// percent is a share of the machine's time.
func (x spent) percent(of time.Duration) float64 {
	return 100 * of.Seconds() / max(x.all.Seconds(), 1e-9)
}

// openTogether opens pull requests whose deliveries leave all at once.
func (s *stage) openTogether(branches []string) (pulls []*githubsim.Pull, took time.Duration) {
	s.b.Helper()
	took = s.atOnce(func() (hopes []<-chan time.Time) {
		for i, branch := range branches {
			r := s.repos[i%len(s.repos)]
			p, err := s.open(r, branch)
			require.NoError(s.b, err)
			pulls = append(pulls, p)
			hopes = append(hopes, s.watch.expect(r.Tip(branch), "slagate", "pending", waitingForAll))
		}
		return hopes
	})
	return pulls, took
}

// labelTogether has a bystander label pull requests; slagate looks at each and finds nothing to do.
func (s *stage) labelTogether(svc *service, pulls []*githubsim.Pull) time.Duration {
	s.b.Helper()
	s.sim.Deliveries().Pause()
	for _, p := range pulls {
		require.NoError(s.b, s.sim.As("bob").Label(p, "bug"))
	}
	db, err := svc.on.look(svc.db)
	require.NoError(s.b, err)
	defer func() { require.NoError(s.b, db.Close()) }()
	began := time.Now()
	s.sim.Deliveries().Resume()
	ctx, cancel := context.WithTimeout(context.Background(), figurePatience)
	defer cancel()
	require.NoError(s.b, atRest(ctx, func() bool { return s.sim.Deliveries().Wait(ctx) == nil && svc.idle(ctx, db) }))
	return time.Since(began)
}

// unjudged says what a pull request lacks that nobody has signed.
func (s *stage) unjudged(p *githubsim.Pull) string {
	v := p.View()
	if st := v.Status("slagate"); st.State != "pending" || st.Description != waitingForAll {
		return fmt.Sprintf("%s#%d: %s: %s", p.Repo().FullName(), v.Number, st.State, st.Description)
	}
	if n := s.said(v); n != 1 {
		return fmt.Sprintf("%s#%d: %d comments of slagate's", p.Repo().FullName(), v.Number, n)
	}
	return ""
}

// said is how many comments slagate has written.
func (s *stage) said(v githubsim.PullView) (n int) {
	for _, c := range v.Comments {
		if c.Author == s.sim.App() {
			n++
		}
	}
	return n
}
