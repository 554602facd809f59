package e2e

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/slagate/slagate/internal/githubsim"
)

// The budgets of counted requests that a life may use (the aims). Measured:
// 57 to 59, of them 15 to 17 reads; before the contents of gated files were read, 56 and 14.
const (
	lifeBudget, lifeReads = 82, 30
	ungatedPerHead        = 3
)

// TestLife_L1 counts what the standard life of a gated pull request costs: opened
// with 12 files, 3 of them gated by two rules; four labels by the right people; a
// bystander's comment; a push that changes one gated file; the labels asked for
// again; a burst of five events; merged.
func TestLife_L1(t *testing.T) {
	t.Parallel()
	w := newWorld(t, thePolicy)
	w.open(map[string]githubsim.File{"README.md": githubsim.Text("x")}) // the repository and its labels are known
	w.sim.ResetRequests()

	files := weaken()
	files["slo/search.yml"] = githubsim.Text("objective: 99\n")
	files["oncall/escalation.tf"] = githubsim.Text("escalation_delay_in_minutes = 30\n")
	for i := range 9 {
		files[fmt.Sprintf("src/f%d.go", i)] = githubsim.Text("package main\n")
	}
	p := w.open(files)
	people := [][2]string{{"pia", "product"}, {"lee", "legal"}, {"sue", "security"}, {"sid", "support"}}
	for _, who := range people {
		w.do(w.as(who[0]).Label(p, "sla/"+who[1]+"-approved"))
	}
	w.green(p)
	w.say("bob", p, "nice")
	_, err := w.as("ana").Push(w.repo, p.View().HeadName, "more", map[string]githubsim.File{"slo/search.yml": githubsim.Text("objective: 98\n")})
	w.do(err)
	w.sees(p, "pending", "Waiting for product, legal (2 of 4 signed)")
	for _, who := range people[:2] {
		w.do(w.as(who[0]).Label(p, "sla/"+who[1]+"-approved"))
	}
	w.green(p)
	w.sim.Deliveries().Pause()
	for range 2 {
		require.NoError(t, w.as("bob").Label(p, "bug"))
		require.NoError(t, w.as("bob").Unlabel(p, "bug"))
	}
	require.NoError(t, w.as("ana").Draft(p))
	w.sim.Deliveries().Resume()
	w.settle()
	w.green(p)
	require.NoError(t, w.as("ana").Ready(p))
	w.settle()
	w.do(w.as("ana").Merge(p, false))

	reads, writes, byRoute := count(w)
	t.Logf("L1: %d counted requests: %d reads, %d writes\n%s", reads+writes, reads, writes, byRoute)
	require.LessOrEqual(t, reads+writes, lifeBudget)
	require.LessOrEqual(t, reads, lifeReads)
}

// TestLife_Ungated counts the life of an ungated pull request: opened, two pushes, merged.
func TestLife_Ungated(t *testing.T) {
	t.Parallel()
	w := newWorld(t, thePolicy)
	w.open(map[string]githubsim.File{"README.md": githubsim.Text("x")})
	w.sim.ResetRequests()
	p := w.open(map[string]githubsim.File{"src/main.go": githubsim.Text("package main // 1\n")})
	for i := range 2 {
		_, err := w.as("ana").Push(w.repo, p.View().HeadName, "more", map[string]githubsim.File{"src/main.go": githubsim.Text(fmt.Sprint("package main // x", i))})
		w.do(err)
		w.green(p)
	}
	w.do(w.as("ana").Merge(p, false))
	reads, writes, byRoute := count(w)
	t.Logf("ungated: %d counted requests: %d reads, %d writes\n%s", reads+writes, reads, writes, byRoute)
	require.LessOrEqual(t, reads+writes, 3*ungatedPerHead)
}

// count sorts the counted requests of the world's life.
func count(w *world) (reads, writes int, byRoute string) {
	routes := map[string]int{}
	for _, r := range w.sim.Requests() {
		if !r.Counted {
			continue
		}
		routes[r.Route]++
		if r.Method == "GET" || strings.HasSuffix(r.Route, "/graphql") {
			reads++
		} else {
			writes++
		}
	}
	var b strings.Builder
	for _, route := range slices.Sorted(maps.Keys(routes)) {
		fmt.Fprintf(&b, "%4d %s\n", routes[route], route)
	}
	return reads, writes, b.String()
}
