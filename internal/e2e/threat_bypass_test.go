package e2e

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/slagate/slagate/internal/githubsim"
	"github.com/slagate/slagate/internal/pull"
	"github.com/slagate/slagate/internal/signoff"
)

// bypass is what slagate recorded of a merge that it had not let through, nil if nothing.
func (w *world) bypass(p *githubsim.Pull) *pull.Bypass {
	w.t.Helper()
	var text string
	err := w.jobs.QueryRowContext(w.t.Context(), `select memory from pulls where number = ?`, p.View().Number).Scan(&text)
	require.NoError(w.t, err)
	var m pull.Memory
	require.NoError(w.t, json.Unmarshal([]byte(text), &m))
	return m.Bypass
}

// postsNothing requires that no status is posted on the head while something is done.
func (w *world) postsNothing(p *githubsim.Pull, do func()) {
	w.t.Helper()
	before := len(w.repo.Statuses(p.View().Head))
	do()
	require.Len(w.t, w.repo.Statuses(p.View().Head), before, "the statuses tell what stood when it was merged")
}

// An administrator merges what nobody has signed: it is recorded, label and comment ask
// those who had to agree, and their sign-offs after the fact settle it.
func TestThreat_T28_MergedUnsigned(t *testing.T) {
	t.Parallel()
	for _, how := range []githubsim.MergeMethod{githubsim.MergeCommit, githubsim.MergeSquash, githubsim.MergeRebase} {
		t.Run(string(how), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, thePolicy)
			p := w.open(weaken())
			w.do(w.as("pia").Label(p, "sla/product-approved"))
			w.postsNothing(p, func() { w.do(w.as("ada").MergeAnyway(p, how)) })
			require.Contains(t, p.View().Labels, "sla/needs-legal")
			require.Contains(t, w.comment(p), "### Merged before it was signed: waiting for legal (1 of 2 signed)\n\nMerged by `ada` on ")
			require.Contains(t, w.comment(p), " without the sign-off of legal. slagate's status on commit ")
			require.Contains(t, w.comment(p), " was then “pending: Waiting for legal (1 of 2 signed)”.")
			require.Contains(t, w.comment(p), "@acme/legal")
			require.Contains(t, w.get("/metrics"), "slagate_bypasses_total 1\n")
			b := w.bypass(p)
			require.Equal(t, "ada", b.By.Login)
			require.Equal(t, p.View().Head, b.Head)
			require.Equal(t, []string{"legal"}, b.Missing)
			require.True(t, b.Settled.IsZero())

			w.postsNothing(p, func() {
				w.do(w.as("ana").Label(p, "sla/legal-approved"))
				w.say("eve", p, "/sla sign legal")
			})
			require.NotContains(t, p.View().Labels, "sla/legal-approved", "neither the author nor a stranger")
			require.Contains(t, w.comment(p), "waiting for legal (1 of 2 signed)")

			w.postsNothing(p, func() { w.do(w.as("lee").Label(p, "sla/legal-approved")) })
			require.Contains(t, w.comment(p), "### Signed after the fact by legal\n")
			require.NotContains(t, p.View().Labels, "sla/needs-legal")
			require.False(t, w.bypass(p).Settled.IsZero())

			w.do(w.as("lee").Unlabel(p, "sla/legal-approved"))
			require.Contains(t, w.comment(p), "waiting for legal (1 of 2 signed)")
			require.Contains(t, p.View().Labels, "sla/needs-legal")
			w.say("lea", p, "/sla sign legal")
			require.Contains(t, w.comment(p), "### Signed after the fact by legal\n")
			require.Contains(t, p.View().Labels, "sla/legal-approved")
			require.False(t, w.bypass(p).Settled.IsZero())
			require.Contains(t, w.get("/metrics"), "slagate_bypasses_total 1\n")
		})
	}
}

// Merged when it was green: what becomes of the sign-off a moment later is no bypass,
// whether or not the delivery of the merge comes.
func TestThreat_T28_MergedGreen(t *testing.T) {
	t.Parallel()
	for name, lost := range map[string]int{"told": 0, "not told": 1} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, thePolicy)
			p := w.open(weaken())
			w.signBoth(p)
			w.green(p)
			said := w.comment(p)
			w.sim.ResetRequests()
			w.sim.Deliveries().LoseNext(lost)
			require.NoError(t, w.as("ada").Merge(p, false))
			if lost == 0 {
				w.settle()
				require.Empty(t, w.sim.Requests(), "it was let through, there is nothing to ask")
			}
			w.do(w.as("lee").Unlabel(p, "sla/legal-approved"))
			w.sweep()
			require.Nil(t, w.bypass(p))
			require.Equal(t, said, w.comment(p))
			require.NotContains(t, p.View().Labels, "sla/needs-legal")
		})
	}
}

// The merge and all that follows it is lost on the way, or happens while slagate is
// away: the next sweep finds it.
func TestThreat_T28_FoundBySweep(t *testing.T) {
	t.Parallel()
	w := newWorld(t, thePolicy)
	p := w.open(weaken())
	q := w.open(map[string]githubsim.File{"slo/search.yml": githubsim.Text("objective: 98\nwindow: 30d\n")})
	w.sim.Deliveries().LoseNext(2) // closed, and the push to main
	require.NoError(t, w.as("ada").MergeAnyway(p, githubsim.MergeCommit))
	w.settle()
	require.Nil(t, w.bypass(p))
	w.stop()
	require.NoError(t, w.as("ada").MergeAnyway(q, githubsim.MergeSquash))
	w.start()
	for _, merged := range []*githubsim.Pull{p, q} {
		require.Equal(t, []string{"product", "legal"}, w.bypass(merged).Missing)
		require.Contains(t, w.comment(merged), "### Merged before it was signed: waiting for product and legal (0 of 2 signed)")
		require.Contains(t, merged.View().Labels, "sla/needs-legal")
	}
	// So are the sign-offs after the fact.
	w.sim.Deliveries().LoseNext(2)
	require.NoError(t, w.as("pia").Label(p, "sla/product-approved"))
	require.NoError(t, w.as("lee").Label(p, "sla/legal-approved"))
	w.pass(signoff.Grace)
	w.sweep()
	require.Contains(t, w.comment(p), "### Signed after the fact by product and legal")
	require.True(t, w.bypass(q).Settled.IsZero())
}

// Opened and merged before slagate had looked at it once; what asks nobody stays alone.
func TestThreat_T28_MergedBeforeTheFirstLook(t *testing.T) {
	t.Parallel()
	w := newWorld(t, thePolicy)
	w.sim.Deliveries().Pause()
	p := w.openOnly(weaken())
	q := w.openOnly(map[string]githubsim.File{"src/main.go": githubsim.Text("package main // 1\n")})
	require.NoError(t, w.as("ada").MergeAnyway(p, githubsim.MergeSquash))
	require.NoError(t, w.as("ada").MergeAnyway(q, githubsim.MergeSquash))
	w.sim.Deliveries().Resume()
	w.settle()
	require.Contains(t, w.comment(p), "slagate had not said anything on commit ")
	require.Contains(t, w.comment(p), "waiting for product and legal (0 of 2 signed)")
	require.Contains(t, p.View().Labels, "sla/needs-product")
	require.Nil(t, w.bypass(q))
	require.Empty(t, w.comment(q))
	require.Empty(t, q.View().Statuses)
	w.say("pia", p, "/sla sign product")
	w.say("lee", p, "/sla sign legal")
	require.Contains(t, w.comment(p), "### Signed after the fact by product and legal")
}

// A green that somebody else painted over slagate's word lets nothing through.
func TestThreat_T28_MergedOverAForgedGreen(t *testing.T) {
	t.Parallel()
	w := newWorld(t, thePolicy)
	p := w.open(weaken())
	w.sim.Deliveries().Pause()
	require.NoError(t, w.as("ana").PostStatus(w.repo, p.View().Head, "success", "slagate", "Signed by product, legal"))
	require.NoError(t, w.as("ana").Merge(p, false))
	w.sim.Deliveries().Resume()
	w.settle()
	require.Equal(t, []string{"product", "legal"}, w.bypass(p).Missing)
	require.Contains(t, w.comment(p), "then was “success: Signed by product, legal”, put there by `ana` and not by slagate.")
}

// Slagate dies in the middle of asking: after the restart all is there, once.
func TestThreat_T28_Restarted(t *testing.T) {
	t.Parallel()
	w := newWorld(t, thePolicy)
	p := w.open(weaken())
	w.sim.Fault(githubsim.Fault{Route: "PATCH /repos/{owner}/{repo}/issues/comments/{id}", Times: 2, Status: 502})
	require.NoError(t, w.as("ada").MergeAnyway(p, githubsim.MergeCommit))
	w.eventually(func() bool { return w.sim.FaultHits() > 0 })
	w.sweep()
	w.eventually(func() bool { return strings.Contains(w.comment(p), "### Merged before it was signed") })
	require.Equal(t, []string{"product", "legal"}, w.bypass(p).Missing)
	require.NotContains(t, w.comment(p), "after the merge")
	w.do(w.as("pia").Label(p, "sla/product-approved"))
	w.do(w.as("lee").Label(p, "sla/legal-approved"))
	require.Contains(t, w.comment(p), "### Signed after the fact by product and legal")
	require.Equal(t, 2, strings.Count(w.comment(p), ", after the merge |"))
}

// A policy that was broken when it was merged: nobody can be asked, and that is said.
func TestThreat_T28_MergedUnderABrokenPolicy(t *testing.T) {
	t.Parallel()
	w := newWorld(t, thePolicy)
	p := w.open(weaken())
	_, err := w.as("ada").Push(w.repo, "main", "break it", map[string]githubsim.File{".github/slagate.yml": githubsim.Text("version: 1\nrules: 7\n")})
	w.do(err)
	require.Equal(t, "error", p.View().Status("slagate").State)
	w.do(w.as("ada").MergeAnyway(p, githubsim.MergeCommit))
	require.Contains(t, w.comment(p), "### Merged while slagate's policy was broken")
	require.Equal(t, "the policy has mistakes", w.bypass(p).Unjudged)
	require.False(t, w.bypass(p).Settled.IsZero())
}

// What frees itself of the policy and is merged all the same is judged by the policy before.
func TestThreat_T28_MergedWithItsOwnPolicy(t *testing.T) {
	t.Parallel()
	w := newWorld(t, thePolicy)
	p := w.open(map[string]githubsim.File{
		".github/slagate.yml": githubsim.Text("version: 1\n"), "slo/checkout.yml": githubsim.Text("objective: 99.5\nwindow: 30d\n"),
	})
	w.do(w.as("ada").MergeAnyway(p, githubsim.MergeSquash))
	require.Equal(t, []string{"product", "legal", "security", "support"}, w.bypass(p).Missing)
	w.do(w.as("lee").Label(p, "sla/legal-approved"))
	require.Contains(t, w.comment(p), "waiting for product, security and support (1 of 4 signed)")
	q := w.open(map[string]githubsim.File{"slo/search.yml": githubsim.Text("objective: 98\nwindow: 30d\n")})
	w.green(q) // the new policy is in force, for those that come
}

// Closed without a merge, and what slagate was never told of: nothing.
func TestThreat_T28_NothingToAsk(t *testing.T) {
	t.Parallel()
	w := prepare(t, thePolicy)
	old := w.openOnly(weaken())
	require.NoError(t, w.as("ada").Merge(old, false))
	w.start()
	w.do(w.as("bob").Label(old, "bug"))
	require.Nil(t, w.bypass(old), "merged before slagate came")
	require.Empty(t, w.comment(old))

	p := w.open(map[string]githubsim.File{"slo/search.yml": githubsim.Text("objective: 98\nwindow: 30d\n")})
	said := w.comment(p)
	w.do(w.as("ana").Close(p))
	w.do(w.as("lee").Label(p, "sla/legal-approved"))
	require.Nil(t, w.bypass(p))
	require.Equal(t, said, w.comment(p))
	w.do(w.as("ana").Reopen(p))
	w.do(w.as("ada").MergeAnyway(p, githubsim.MergeCommit))
	require.NotNil(t, w.bypass(p))
}
