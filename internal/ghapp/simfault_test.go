package ghapp_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/slagate/slagate/internal/ghapp"
	"github.com/slagate/slagate/internal/githubsim"
	"github.com/slagate/slagate/internal/plan"
	"github.com/slagate/slagate/internal/pull"
)

func TestSimStumbles(t *testing.T) {
	t.Parallel()
	c := newCompany(t)
	p := c.open(weaken())
	c.read(p, pull.Hints{})
	reading := func(h pull.Hints) error {
		h.BaseBranch = "main"
		_, err := c.gatherer.Read(t.Context(), c.ref(p), h)
		return err
	}
	const graph = "POST /graphql"
	c.sim.Fault(githubsim.Fault{Route: graph, Null: []string{"repository.pullRequest.labels"}})
	require.ErrorContains(t, reading(pull.Hints{}), "in part only")
	c.sim.Fault(githubsim.Fault{Route: graph, Status: http.StatusBadGateway})
	require.NoError(t, reading(pull.Hints{}), "once is repeated")
	c.sim.Fault(githubsim.Fault{Route: graph, Cut: true})
	require.NoError(t, reading(pull.Hints{}), "a broken connection, too")
	c.sim.Fault(githubsim.Fault{Route: graph, Status: http.StatusBadGateway, Times: 2})
	require.Error(t, reading(pull.Hints{}))
	c.pass(time.Minute)
	head, err := c.sim.As("ana").Push(c.shop, "topic", "again", map[string]githubsim.File{"slo/b.yaml": githubsim.Text("1")})
	require.NoError(t, err)
	c.sim.Fault(githubsim.Fault{Route: graph, Stale: true})
	var stale *ghapp.StaleError
	require.ErrorAs(t, reading(pull.Hints{ExpectHead: head, ExpectUpdated: c.clock()}), &stale)
	require.NoError(t, reading(pull.Hints{ExpectHead: head, ExpectUpdated: c.clock()}))

	c.counted()
	c.sim.Fault(githubsim.Fault{Route: "POST", Contains: "/comments", Status: http.StatusBadGateway, DoneAnyway: true})
	_, err = c.writer.Apply(t.Context(), c.ref(p), plan.Action{Kind: plan.CreateComment, Body: "once"})
	require.Error(t, err)
	require.Len(t, p.View().Comments, 1, "a write is never repeated")
	c.sim.ExpireTokens()
	require.NoError(t, reading(pull.Hints{}), "an expired token is renewed")
}

func TestSimLimitsHoldOneInstallationOnly(t *testing.T) {
	t.Parallel()
	for _, how := range []githubsim.Secondary{
		{Status: http.StatusForbidden, Bare: true},
		{Status: http.StatusTooManyRequests, Bare: true},
		{Status: http.StatusForbidden, RetryAfter: 40 * time.Second},
		{Status: http.StatusTooManyRequests, RetryAfter: 40 * time.Second},
	} {
		c := newCompany(t)
		p := c.open(weaken())
		other := c.sim.AddOrg("globex")
		other.AddRepo("site")
		second := c.sim.Install(other)
		c.read(p, pull.Hints{})
		c.sim.LimitNext(1, how)
		_, err := c.gatherer.Read(t.Context(), c.ref(p), pull.Hints{})
		var limited *ghapp.LimitedError
		require.ErrorAs(t, err, &limited)
		want := time.Minute
		if how.RetryAfter > 0 {
			want = how.RetryAfter
		}
		require.Equal(t, want, limited.RetryAfter())
		repos, err := c.lister.Repositories(t.Context(), second.ID)
		require.NoError(t, err)
		require.Len(t, repos, 1)
		c.counted()
		_, err = c.writer.Apply(t.Context(), c.ref(p), plan.Action{Kind: plan.CreateComment, Body: "x"})
		require.ErrorAs(t, err, &limited)
		require.Empty(t, c.counted())
		c.pass(want)
		c.read(p, pull.Hints{})
	}
}

func TestSimPrimaryLimit(t *testing.T) {
	t.Parallel()
	c := newCompany(t)
	p := c.open(weaken())
	c.read(p, pull.Hints{})
	c.sim.SetLimit(1)
	var limited *ghapp.LimitedError
	_, err := c.gatherer.Read(t.Context(), c.ref(p), pull.Hints{BaseBranch: "main"})
	require.ErrorAs(t, err, &limited)
	require.Positive(t, limited.RetryAfter())
	require.LessOrEqual(t, limited.RetryAfter(), time.Hour)
	c.pass(limited.RetryAfter())
	c.read(p, pull.Hints{})
}
