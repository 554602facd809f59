package ghapp_test

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/slagate/slagate/internal/ghapp"
	"github.com/slagate/slagate/internal/githubsim"
	"github.com/slagate/slagate/internal/plan"
	"github.com/slagate/slagate/internal/pull"
)

func (c *company) look() ghapp.OpenPull {
	c.t.Helper()
	_, open, err := c.lister.OpenPulls(c.t.Context(), c.in.ID, "acme", "shop")
	require.NoError(c.t, err)
	require.Len(c.t, open, 1)
	return open[0]
}

func TestSimDigest(t *testing.T) {
	t.Parallel()
	c := newCompany(t)
	c.shop.AddLabel("x")
	p := c.open(weaken())
	require.Empty(t, c.look().Digest(), "no status of ours yet")
	post := func(state string) {
		c.apply(p, plan.Action{Kind: plan.PostStatus, Head: p.View().Head, Status: pull.Status{Context: "slagate", State: state, Description: "d"}})
	}
	post("pending")
	own := c.apply(p, plan.Action{Kind: plan.CreateComment, Body: "one"})
	c.counted()
	first := c.look()
	require.Equal(t, []string{"POST /graphql"}, c.counted())
	require.Equal(t, c.shop.Tip("main"), first.BaseTip)
	require.Equal(t, c.shop.Tip("main"), first.DefaultTip)
	require.Equal(t, own.CommentID, first.Look.Comments[0].ID)
	c.pass(time.Hour)
	require.Equal(t, first.Digest(), c.look().Digest(), "time alone changes nothing")
	require.Len(t, first.Digest(), 64)

	last := first.Digest()
	for i, change := range []func() error{
		func() error { post("success"); return nil },
		func() error { return c.sim.As("lee").Label(p, "x") },
		func() error { return c.sim.As("ana").EditComment(p, own.CommentID, "forged") },
		func() error {
			c.shop.Commit("main", c.root, "moves", map[string]githubsim.File{"README.md": githubsim.Text("y\n")})
			return nil
		},
		func() error { return c.sim.As("ana").DeleteComment(p, own.CommentID) },
	} {
		require.NoError(t, change(), i)
		now := c.look().Digest()
		require.NotEqual(t, last, now, i)
		require.NotEmpty(t, now, i)
		last = now
	}
}

func TestSimMergedPullRequests(t *testing.T) {
	t.Parallel()
	for _, how := range []githubsim.MergeMethod{githubsim.MergeCommit, githubsim.MergeSquash, githubsim.MergeRebase} {
		t.Run(string(how), func(t *testing.T) {
			t.Parallel()
			c := newCompany(t)
			files := weaken()
			files[".github/slagate.yml"] = githubsim.Text("version: 1\nrules: []\n") // it brings its own policy
			p := c.open(files)
			before := c.shop.Tip("main")
			c.pass(time.Minute)
			require.NoError(t, c.sim.As("root").MergeBy(p, how, true))
			merged := c.clock()
			c.pass(time.Minute)
			snap := c.read(p, pull.Hints{})
			require.True(t, snap.Pull.Merged)
			require.Equal(t, merged, snap.Pull.MergedAt)
			require.Equal(t, person(c.root, "root"), snap.Pull.MergedBy)
			require.Equal(t, before, snap.Pull.BaseSHA)
			require.Equal(t, policyText, snap.Policy.Base.Text)
			c.fill(&snap, pull.Needs{Entries: []string{"slo/api.yaml"}, Trees: true})
			require.Equal(t, before, snap.Pull.MergeBase)
			require.Len(t, snap.Files, 2, "the tip of now would show no difference")
			require.NotEqual(t, snap.Files[1].Before.OID, snap.Files[1].After.OID)
		})
	}
}

func TestSimMergedIntoABranchThatIsGone(t *testing.T) {
	t.Parallel()
	c := newCompany(t)
	c.shop.Branch("release", c.shop.Tip("main")).Commit("release", c.root, "own policy", map[string]githubsim.File{
		".github/slagate.yml": githubsim.Text("version: 1\n# release\n"), "slo/api.yaml": githubsim.Text("99.9\n"), "README.md": githubsim.Text("shop\n"),
	})
	p := c.open(weaken())
	require.NoError(t, c.sim.As("ana").Retarget(p, "release"))
	before := c.shop.Tip("release")
	require.NoError(t, c.sim.As("root").MergeBy(p, githubsim.MergeSquash, true))
	require.NoError(t, c.sim.As("root").DeleteBranch(c.shop, "release"))
	snap := c.read(p, pull.Hints{BaseBranch: "release"})
	require.Equal(t, before, snap.Pull.BaseSHA)
	require.Contains(t, snap.Policy.Base.Text, "# release")
}

func TestSimStatusAt(t *testing.T) {
	t.Parallel()
	c := newCompany(t)
	p := c.open(weaken())
	post := func(context, state string) {
		c.apply(p, plan.Action{Kind: plan.PostStatus, Head: p.View().Head, Status: pull.Status{Context: context, State: state, Description: "d"}})
	}
	began := c.clock()
	c.pass(time.Minute)
	post("slagate", "pending")
	for range 120 { // more than a page
		post("slagate/legal", "pending")
	}
	c.pass(time.Minute)
	post("slagate", "success")
	for after, want := range map[time.Duration]string{0: "", time.Minute: "pending", 119 * time.Second: "pending", 2 * time.Minute: "success"} {
		got, found, err := c.lister.StatusAt(t.Context(), c.ref(p), p.View().Head, "slagate", began.Add(after))
		require.NoError(t, err)
		require.Equal(t, want != "", found)
		require.Equal(t, want, got.State)
	}
}

func TestSimDeliveries(t *testing.T) {
	t.Parallel()
	answer := http.StatusInternalServerError
	hook := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(answer) }))
	t.Cleanup(hook.Close)
	c := newCompany(t)
	c.sim.SetWebhook(hook.URL, "secret")
	p := c.open(weaken())
	require.NoError(t, c.sim.Deliveries().Wait(t.Context()))
	began := c.clock().Add(-time.Minute)
	list, err := c.lister.Deliveries(t.Context(), began, 5)
	require.NoError(t, err)
	require.NotEmpty(t, list)
	opened := list[0]
	require.Equal(t, []any{"pull_request", "opened", false, 500, c.in.ID, c.shop.ID},
		[]any{opened.Event, opened.Action, opened.OK, opened.StatusCode, opened.Installation, opened.RepoID})
	answer = http.StatusOK
	require.NoError(t, c.lister.Redeliver(t.Context(), opened.ID))
	require.NoError(t, c.sim.Deliveries().Wait(t.Context()))
	list, err = c.lister.Deliveries(t.Context(), began, 5)
	require.NoError(t, err)
	require.Equal(t, opened.GUID, list[0].GUID)
	require.True(t, list[0].OK && list[0].Redelivery)
	require.ErrorIs(t, c.lister.Redeliver(t.Context(), 1), ghapp.ErrNotFound)
	require.Positive(t, p.Number)
}

func TestSimCalmWork(t *testing.T) {
	t.Parallel()
	c := newCompany(t)
	p := c.open(weaken())
	c.sim.SetLimit(10)
	var limited *ghapp.LimitedError
	for range 20 {
		if _, _, err := c.lister.OpenPulls(ghapp.Calm(t.Context()), c.in.ID, "acme", "shop"); err != nil {
			require.ErrorAs(t, err, &limited)
			break
		}
	}
	require.NotNil(t, limited)
	c.counted()
	c.read(p, pull.Hints{})
	require.NotEmpty(t, c.counted(), "an evaluation goes on")
	c.pass(limited.RetryAfter())
	_, _, err := c.lister.OpenPulls(ghapp.Calm(t.Context()), c.in.ID, "acme", "shop")
	require.NoError(t, err)
}

func TestSimEnterpriseServer(t *testing.T) {
	t.Parallel()
	c := newCompany(t, func(o *githubsim.Options) { o.Enterprise = "3.19.0" })
	p := c.open(weaken())
	got, err := c.gatherer.MergeQueue(t.Context(), c.ref(p), "main")
	require.NoError(t, err)
	require.Nil(t, got)
	c.apply(p, plan.Action{Kind: plan.PostStatus, Head: p.View().Head, Status: pull.Status{Context: "slagate", State: "pending", Description: "d"}})
	require.NotEmpty(t, c.look().Digest())
	c.read(p, pull.Hints{})
	_, _, err = c.lister.OpenPulls(ghapp.Calm(t.Context()), c.in.ID, "acme", "shop")
	require.NoError(t, err, "no headers, no limit")
	require.Empty(t, c.sim.Unknown())
}

func TestSimOwnerDefaultTip(t *testing.T) {
	t.Parallel()
	c := newCompany(t)
	tip := func() string {
		t.Helper()
		got, err := c.lister.OwnerDefaultTip(t.Context(), c.in.ID, "acme")
		require.NoError(t, err)
		return got
	}
	require.Equal(t, "hidden", tip())
	repo := c.acme.AddRepo(".github")
	require.Equal(t, "absent", tip(), "nothing was pushed to it yet")
	repo.Commit("main", c.root, "start", map[string]githubsim.File{"README.md": githubsim.Text("x")})
	require.Equal(t, "absent", tip())
	repo.Commit("main", c.root, "policy", map[string]githubsim.File{"slagate.yml": githubsim.Text("owner")})
	require.Equal(t, "100644 "+githubsim.BlobID("owner"), tip())
}
