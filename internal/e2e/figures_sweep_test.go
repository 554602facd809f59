package e2e

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/slagate/slagate/internal/githubsim"
)

const (
	sweptRepos = 30
	// sweepBudget is the aim for a sweep over 1,000 pull requests in 30 repositories that did
	// not change. Measured: 33, one for each repository and three for
	// the list of them and the owner default.
	sweepBudget = 60
	// changeBudget is what one pull request that did change may cost beside it. Measured: 8.
	changeBudget = 12
)

// TestSweep_Unchanged counts the requests of a sweep, by a process that remembers no more
// than its database does, over many open pull requests: green, waiting and not
// gated. It also counts the sweep after one of them has changed while nobody listened.
func TestSweep_Unchanged(t *testing.T) {
	t.Parallel()
	w := prepare(t, thePolicy)
	w.sim.SetLimit(10_000_000)
	pulls := w.openMany(sweptRepos, sweptPulls)
	w.start() // comes to know them
	for i := 0; i < len(pulls); i += 10 {
		require.NoError(t, w.as("sue").Label(pulls[i], "sla/security-approved"))
		require.NoError(t, w.as("sid").Label(pulls[i], "sla/support-approved"))
	}
	w.settle()
	w.sweep() // finds nothing more to do

	count := func() (all int, writes []string) {
		w.stop()
		w.sim.ResetRequests()
		w.start()
		for _, r := range w.sim.Requests() {
			if r.Counted {
				all++
			}
			if r.Kind == githubsim.KindWrite {
				writes = append(writes, r.Route)
			}
		}
		return all, writes
	}
	unchanged, writes := count()
	t.Logf("a sweep over %d unchanged pull requests in %d repositories: %d counted requests", sweptPulls, sweptRepos, unchanged)
	require.LessOrEqual(t, unchanged, sweepBudget, w.sim.RequestCounts())
	require.GreaterOrEqual(t, unchanged, sweptRepos, "the sweep did not look")
	require.Empty(t, writes)

	w.stop() // nobody listens: the delivery is lost
	w.green(pulls[0])
	require.NoError(t, w.as("sue").Unlabel(pulls[0], "sla/security-approved"))
	require.NoError(t, w.sim.Deliveries().Wait(t.Context()))
	changed, writes := count()
	t.Logf("the sweep after one of them has changed: %d counted requests, of them %d writes", changed, len(writes))
	w.sees(pulls[0], "pending", "Waiting for security (1 of 2 signed)")
	require.LessOrEqual(t, changed, unchanged+changeBudget, w.sim.RequestCounts())
}

// openMany opens pull requests in so many repositories while nobody listens; three of ten are not gated.
func (w *world) openMany(repos, pulls int) (out []*githubsim.Pull) {
	w.t.Helper()
	for n := range repos {
		w.furnish(fmt.Sprintf("shop-%02d", n), thePolicy)
		for i := n; i < pulls; i += repos {
			files := map[string]githubsim.File{"oncall/escalation.tf": githubsim.Text(fmt.Sprint("escalation_delay_in_minutes = ", 16+i))}
			if len(out)%10 > 6 {
				files = map[string]githubsim.File{"README.md": githubsim.Text(fmt.Sprint(i))}
			}
			out = append(out, w.openOnly(files))
		}
	}
	return out
}
