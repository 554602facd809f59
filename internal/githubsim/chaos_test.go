package githubsim_test

import (
	"fmt"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/slagate/slagate/internal/githubsim"
)

// try returns the status of a request, 0 if there was no answer. It may be called
// from any goroutine.
func (w *world) try(method, path string, body any) int {
	w.t.Helper()
	res, err := w.srv.Client().Do(w.request("token "+w.token, method, path, body))
	if err != nil {
		return 0
	}
	if err := res.Body.Close(); err != nil {
		w.t.Errorf("%s %s: %v", method, path, err)
	}
	return res.StatusCode
}

func TestChaosIsItsSeeds(t *testing.T) {
	t.Parallel()
	run := func(seed uint64) (out []int) {
		w := newWorld(t)
		w.sim.SetChaos(githubsim.Chaos{Seed: seed, Error500: 0.2, BadGateway: 0.2})
		for range 100 {
			out = append(out, w.try(http.MethodGet, "/repos/acme/shop", nil))
		}
		counts := w.sim.ChaosCounts()
		seen := map[int]int{}
		for _, status := range out {
			seen[status]++
		}
		require.Equal(t, seen[500], counts["error 500"])
		require.Equal(t, seen[502], counts["error 502"])
		require.InDelta(t, 20, seen[500], 15)
		require.InDelta(t, 60, seen[200], 20)
		return out
	}
	first := run(1)
	require.Equal(t, first, run(1))
	require.NotEqual(t, first, run(2))
}

func TestChaosDoesNotDependOnOtherRequests(t *testing.T) {
	t.Parallel()
	run := func(others int) (out []int) {
		w := newWorld(t)
		w.sim.SetChaos(githubsim.Chaos{Seed: 1, Error500: 0.5})
		for range 30 {
			for range others {
				w.try(http.MethodGet, "/repos/acme/shop/labels", nil)
			}
			out = append(out, w.try(http.MethodGet, "/repos/acme/shop", nil))
		}
		return out
	}
	require.Equal(t, run(0), run(2))
}

func TestChaosOfRequests(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := w.pull("topic")
	head := p.View().Head
	post := func(c githubsim.Chaos) int {
		w.sim.SetChaos(c)
		defer w.sim.SetChaos(githubsim.Chaos{})
		return w.try(http.MethodPost, "/repos/acme/shop/statuses/"+head, object{"state": "success"})
	}
	require.Equal(t, 500, post(githubsim.Chaos{Error500: 1}))
	require.Equal(t, 502, post(githubsim.Chaos{BadGateway: 1}))
	require.Empty(t, w.shop.Statuses(head))
	require.Equal(t, 500, post(githubsim.Chaos{DoneAnyway: 1}))
	require.Len(t, w.shop.Statuses(head), 1)
	require.Equal(t, 0, post(githubsim.Chaos{Cut: 1}))
	require.Len(t, w.shop.Statuses(head), 2)
	require.Equal(t, 201, post(githubsim.Chaos{Late: 1, Slowest: time.Millisecond}))
	done := 0
	for seed := range uint64(20) {
		before := len(w.shop.Statuses(head))
		require.Equal(t, 0, post(githubsim.Chaos{Seed: seed, Timeout: 1, Slowest: time.Millisecond}))
		done += len(w.shop.Statuses(head)) - before
	}
	require.InDelta(t, 10, done, 8, "about half of what times out was done")
	require.Equal(t, 201, post(githubsim.Chaos{}))
	require.Equal(t, 20, w.sim.ChaosCounts()["timeout, not done"]+w.sim.ChaosCounts()["timeout, but done"])
}

func TestChaosLimitsEndByThemselves(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	other := w.sim.AddOrg("other")
	other.AddRepo("site")
	free := w.newToken(w.sim.Install(other), nil)
	for _, kind := range []struct {
		chaos  githubsim.Chaos
		status int
		hint   string
	}{
		{githubsim.Chaos{TooMany: 1}, 429, "1"},
		{githubsim.Chaos{TooManyBare: 1}, 429, ""},
		{githubsim.Chaos{Secondary: 1}, 403, "1"},
	} {
		kind.chaos.LimitFor = 50 * time.Millisecond
		w.sim.SetChaos(kind.chaos)
		a := w.get("/repos/acme/shop")
		w.sim.SetChaos(githubsim.Chaos{})
		require.Equal(t, kind.status, a.status)
		require.Equal(t, kind.hint, a.header.Get("Retry-After"))
		require.Contains(t, a.text, "secondary rate limit")
		require.Equal(t, kind.status, w.get("/repos/acme/shop/labels").status, "for everything of the installation")
		require.Equal(t, http.StatusOK, w.send("token "+free, http.MethodGet, "/repos/other/site", nil).status, "and for no other")
		require.Eventually(t, func() bool { return w.try(http.MethodGet, "/repos/acme/shop", nil) == http.StatusOK }, 5*time.Second, 5*time.Millisecond)
	}
	require.GreaterOrEqual(t, w.sim.ChaosCounts()["refused while limited"], 3)
	require.Equal(t, 1, w.sim.ChaosCounts()["limit 403"])
}

func TestChaosShowsOldStateForAMoment(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := w.pull("topic")
	old := p.View().Head
	_, err := w.sim.As("ana").Push(w.shop, "topic", "again", map[string]githubsim.File{"b": githubsim.Text("b\n")})
	require.NoError(t, err)
	w.sim.SetChaos(githubsim.Chaos{Stale: 1, StaleFor: 2 * time.Second})
	head := func() any { return at(t, w.get("/repos/acme/shop/pulls/1").object(), "head.sha") }
	require.Equal(t, old, head())
	w.clock.add(3 * time.Second)
	require.Equal(t, p.View().Head, head(), "the change has come through")
	require.Equal(t, 1, w.sim.ChaosCounts()["stale read"])
}

func TestChaosOfWebhooks(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := w.pull("topic")
	w.take()
	say := func(c githubsim.Chaos) (heard, listed int) {
		before := len(w.sim.Deliveries().Log())
		w.sim.SetChaos(c)
		_, err := w.sim.As("lee").Comment(p, "x")
		require.NoError(t, err)
		w.sim.SetChaos(githubsim.Chaos{})
		heard = len(w.take())
		return heard, len(w.sim.Deliveries().Log()) - before
	}
	for i, c := range []struct {
		chaos         githubsim.Chaos
		heard, listed int
	}{
		{githubsim.Chaos{Drop: 1}, 0, 1},
		{githubsim.Chaos{Lose: 1}, 0, 0},
		{githubsim.Chaos{Duplicate: 1}, 2, 2},
		{githubsim.Chaos{Delay: 1, DelayFor: 10 * time.Millisecond}, 1, 1},
		{githubsim.Chaos{Reorder: 1}, 1, 1},
		{githubsim.Chaos{DropAgain: 1}, 1, 1},
	} {
		heard, listed := say(c.chaos)
		require.Equal(t, []int{c.heard, c.listed}, []int{heard, listed}, i)
	}
	require.Equal(t, map[string]int{"webhook dropped": 1, "webhook lost": 1, "webhook doubled": 1, "webhook delayed": 1, "webhook reordered": 1}, w.sim.ChaosCounts())

	log := w.sim.Deliveries().Log()
	w.sim.SetChaos(githubsim.Chaos{Drop: 1})
	require.NoError(t, w.sim.Deliveries().Redeliver(log[len(log)-1].ID))
	require.Len(t, w.take(), 1, "a redelivery has a chance of its own")
	w.sim.SetChaos(githubsim.Chaos{DropAgain: 1})
	require.NoError(t, w.sim.Deliveries().Redeliver(log[len(log)-1].ID))
	require.Empty(t, w.take())
}

func TestCloseDoesNotWaitForLateWebhooks(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.sim.SetChaos(githubsim.Chaos{Delay: 1, DelayFor: time.Hour})
	w.pull("topic")
	require.NoError(t, w.sim.Close(t.Context()))
	require.NoError(t, w.sim.Deliveries().Wait(t.Context()))
}

// TestCrowdInChaos has many act at once; the race detector watches.
func TestCrowdInChaos(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(o *githubsim.Options) { o.Workers, o.Limit = 4, 1_000_000 })
	var pulls []*githubsim.Pull
	for i := range 8 {
		pulls = append(pulls, w.pull(fmt.Sprintf("topic%d", i)))
	}
	c := githubsim.DefaultChaos(1)
	c.Slowest, c.LimitFor, c.DelayFor = time.Millisecond, 5*time.Millisecond, 20*time.Millisecond
	w.sim.SetChaos(c)
	var all sync.WaitGroup
	for _, p := range pulls {
		all.Go(func() {
			for k := range 30 {
				if _, err := w.sim.As("lee").Comment(p, "x"); err != nil {
					t.Errorf("comment %d: %v", k, err)
				}
				w.try(http.MethodPost, "/repos/acme/shop/statuses/"+p.View().Head, object{"state": "pending", "context": fmt.Sprint(k)})
				w.try(http.MethodGet, fmt.Sprintf("/repos/acme/shop/pulls/%d", p.Number), nil)
				w.try(http.MethodPost, w.srv.URL+"/api/graphql", object{"query": factsQuery, "variables": object{"o": "acme", "r": "shop", "n": p.Number}})
			}
		})
	}
	all.Wait()
	w.sim.SetChaos(githubsim.Chaos{})
	w.take()
	for _, p := range pulls {
		require.Len(t, p.View().Comments, 30)
	}
	require.NotEmpty(t, w.sim.ChaosCounts()["webhook dropped"])
}
