package githubsim_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/slagate/slagate/internal/githubsim"
)

func TestLifeOfAPullRequest(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := w.pull("topic")
	require.Equal(t, []string{"push", "pull_request.opened"}, w.events())

	require.EqualError(t, w.sim.As("lee").Label(p, "sla/legal-approved"), "Must have triage rights to Repository.")
	require.EqualError(t, w.sim.As("tri").Label(p, "unknown"), "Validation Failed")
	require.NoError(t, w.sim.As("ana").CreateLabel(w.shop, "sla/legal-approved"))
	require.NoError(t, w.sim.As("tri").Label(p, "sla/legal-approved"))
	got := w.take()
	require.Len(t, got, 2)
	require.Equal(t, "sla/legal-approved", at(t, got[1].body, "label.name"))
	require.Equal(t, "tri", at(t, got[1].body, "sender.login"))
	require.Equal(t, p.View().Head, at(t, got[1].body, "pull_request.head.sha"))
	require.InDelta(t, w.app.ID, at(t, got[1].body, "installation.id"), 0)

	// what the app does comes back as an event of its bot
	a := w.send("token "+w.token, http.MethodDelete, "/repos/acme/shop/issues/1/labels/sla%2Flegal-approved", nil)
	require.Equal(t, http.StatusOK, a.status, a.text)
	got = w.take()
	require.Equal(t, "slagate[bot]", at(t, got[0].body, "sender.login"))
	require.Equal(t, "Bot", at(t, got[0].body, "sender.type"))
	a = w.send("token "+w.token, http.MethodDelete, "/repos/acme/shop/issues/1/labels/sla%2Flegal-approved", nil)
	require.Equal(t, http.StatusNotFound, a.status)

	w.shop.Require("main", "slagate", 7)
	require.EqualError(t, w.sim.As("ana").Merge(p, false), `Required status check "slagate" is expected.`)
	require.NoError(t, w.sim.As("ana").PostStatus(w.shop, p.View().Head, "success", "slagate", "forged"))
	require.EqualError(t, w.sim.As("ana").Merge(p, false), `Required status check "slagate" is expected.`, "pinned to the app")
	a = w.post("/repos/acme/shop/statuses/"+p.View().Head, object{"state": "success", "context": "slagate", "description": "No customer commitment touched"})
	require.Equal(t, http.StatusCreated, a.status, a.text)
	w.events()
	require.NoError(t, w.sim.As("ana").Merge(p, false))
	require.Equal(t, []string{"pull_request.closed", "push"}, w.events())
	require.True(t, p.View().Merged)
	require.Len(t, p.View().Files, 1, "the diff outlives the merge")
	text, ok := w.shop.Content("main", "slo/api.yaml")
	require.True(t, ok)
	require.Equal(t, "objective: 99.5 # topic\n", text)
	require.Empty(t, w.sim.Unknown())
}

func TestAdminBypass(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := w.pull("topic")
	w.shop.Require("main", "slagate", 0)
	require.EqualError(t, w.sim.As("ana").Merge(p, true), "Must have admin rights to Repository.")
	require.EqualError(t, w.sim.As("olga").Merge(p, false), `Required status check "slagate" is expected.`)
	require.NoError(t, w.sim.As("olga").Merge(p, true))
}

func TestPaging(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for i := range 65 {
		w.shop.AddLabel(fmt.Sprintf("l%02d", i))
	}
	a := w.get("/repos/acme/shop/labels")
	require.Len(t, a.list(), 30)
	seen, next := 30, nextLink(a)
	for next != "" {
		a = w.get(next)
		seen += len(a.list())
		next = nextLink(a)
	}
	require.Equal(t, 65, seen)
	require.Contains(t, a.header.Get("Link"), `rel="first"`)
	require.Len(t, w.get("/repos/acme/shop/labels?per_page=200").list(), 65)
	require.Len(t, w.get("/repos/acme/shop/labels?per_page=50&page=2").list(), 15)
}

func nextLink(a answer) string {
	for part := range strings.SplitSeq(a.header.Get("Link"), ", ") {
		if url, ok := strings.CutSuffix(part, `>; rel="next"`); ok {
			return strings.TrimPrefix(url, "<")
		}
	}
	return ""
}

func TestETagCostsNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	first := w.get("/repos/acme/shop")
	left := first.header.Get("X-Ratelimit-Remaining")
	req := w.request("token "+w.token, http.MethodGet, "/repos/acme/shop", nil)
	req.Header.Set("If-None-Match", first.header.Get("ETag"))
	again := w.do(req)
	require.Equal(t, http.StatusNotModified, again.status)
	require.Empty(t, again.text)
	require.Equal(t, left, again.header.Get("X-Ratelimit-Remaining"))
	log := w.sim.Requests()
	require.True(t, log[len(log)-2].Counted)
	require.False(t, log[len(log)-1].Counted)

	other := w.newToken(w.app, nil)
	req.Header.Set("Authorization", "token "+other)
	require.Equal(t, http.StatusOK, w.do(req).status, "a new token has new tags")
}

func TestTokenPermissions(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	other := w.acme.AddRepo("other")
	foreign := w.sim.AddOrg("evil").AddRepo("shop")
	p := w.pull("topic")

	narrow := w.newToken(w.app, object{"repository_ids": []int64{w.shop.ID}, "permissions": object{"statuses": "read", "pull_requests": "read"}})
	a := w.send("token "+narrow, http.MethodPost, "/repos/acme/shop/statuses/"+p.View().Head, object{"state": "success"})
	require.Equal(t, http.StatusForbidden, a.status)
	require.Equal(t, "Resource not accessible by integration", a.object()["message"])
	require.Equal(t, "statuses=write", a.header.Get("X-Accepted-GitHub-Permissions"))
	require.Equal(t, http.StatusNotFound, w.send("token "+narrow, http.MethodGet, "/repos/"+other.FullName(), nil).status)
	require.Equal(t, http.StatusNotFound, w.get("/repos/"+foreign.FullName()).status)
	require.Equal(t, http.StatusNotFound, w.get(fmt.Sprintf("/repositories/%d", foreign.ID)).status)
	require.Equal(t, "shop", w.get(fmt.Sprintf("/repositories/%d", w.shop.ID)).object()["name"])

	tokens := fmt.Sprintf("/app/installations/%d/access_tokens", w.app.ID)
	a = w.send("Bearer "+w.jwt(), http.MethodPost, tokens, object{"permissions": object{"administration": "read"}})
	require.Equal(t, http.StatusUnprocessableEntity, a.status)
	a = w.send("Bearer "+w.jwt(), http.MethodPost, tokens, object{"repository_ids": []int64{foreign.ID}})
	require.Equal(t, http.StatusUnprocessableEntity, a.status)
	require.Equal(t, http.StatusNotFound, w.send("Bearer "+w.jwt(), http.MethodPost, "/app/installations/1/access_tokens", nil).status)
	require.Equal(t, http.StatusUnauthorized, w.send("Bearer "+w.jwt()+"x", http.MethodGet, "/app", nil).status)
	require.Equal(t, http.StatusUnauthorized, w.send("token "+w.token, http.MethodGet, "/app", nil).status)

	require.Regexp(t, `^ghs_7_.{100,}$`, w.token)
	w.clock.add(time.Hour)
	require.Equal(t, http.StatusUnauthorized, w.get("/repos/acme/shop").status, "tokens live one hour")
}

func TestSuspendAndUninstall(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	tokens := fmt.Sprintf("/app/installations/%d/access_tokens", w.app.ID)
	w.app.Suspend()
	require.Equal(t, http.StatusForbidden, w.get("/repos/acme/shop").status)
	require.Equal(t, http.StatusForbidden, w.send("Bearer "+w.jwt(), http.MethodPost, tokens, nil).status)
	p := w.pull("topic")
	require.Equal(t, []string{"installation.suspend"}, w.events())
	w.app.Unsuspend()
	require.Equal(t, http.StatusOK, w.get("/repos/acme/shop").status)
	w.app.RemoveRepos(w.shop)
	require.Equal(t, http.StatusNotFound, w.get("/repos/acme/shop").status)
	w.app.AddRepos(w.shop)
	require.Equal(t, http.StatusOK, w.get("/repos/acme/shop").status)
	w.app.Uninstall()
	require.Equal(t, http.StatusUnauthorized, w.get("/repos/acme/shop").status)
	require.NoError(t, w.sim.As("ana").Close(p))
	require.Equal(t, []string{"installation.unsuspend", "installation_repositories.removed", "installation_repositories.added", "installation.deleted"}, w.events())
	require.Equal(t, http.StatusNotFound, w.send("Bearer "+w.jwt(), http.MethodPost, tokens, nil).status)
}

func TestRenamedRepositoryRedirects(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := w.pull("topic")
	require.EqualError(t, w.sim.As("ana").RenameRepo(w.shop, "store"), "Must have admin rights to Repository.")
	require.NoError(t, w.sim.As("olga").RenameRepo(w.shop, "store"))
	w.srv.Client().CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	a := w.get("/repos/acme/shop/pulls?state=open")
	require.Equal(t, http.StatusMovedPermanently, a.status)
	require.Equal(t, fmt.Sprintf("%s/api/v3/repositories/%d/pulls?state=open", w.srv.URL, w.shop.ID), a.header.Get("Location"))
	require.Equal(t, http.StatusTemporaryRedirect, w.post("/repos/acme/shop/statuses/"+p.View().Head, object{"state": "success"}).status)
	w.srv.Client().CheckRedirect = nil
	require.Len(t, w.get("/repos/acme/shop/pulls").list(), 1)
	require.Equal(t, http.StatusCreated, w.post("/repos/acme/shop/statuses/"+p.View().Head, object{"state": "success"}).status)
}

func TestUnknownRouteIsLoud(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a := w.get("/repos/acme/shop/hooks")
	require.Equal(t, http.StatusNotImplemented, a.status)
	require.Contains(t, a.text, "UNKNOWN ROUTE")
	require.Equal(t, []string{"GET /repos/acme/shop/hooks"}, w.sim.Unknown())
}

func TestPrimaryLimit(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.sim.SetLimit(2)
	require.Equal(t, http.StatusOK, w.get("/repos/acme/shop").status)
	require.Equal(t, http.StatusOK, w.get("/repos/acme/shop").status)
	a := w.get("/repos/acme/shop")
	require.Equal(t, http.StatusForbidden, a.status)
	require.Equal(t, "0", a.header.Get("X-Ratelimit-Remaining"))
	require.Equal(t, http.StatusOK, w.get("/rate_limit").status, "free")
	w.clock.add(59*time.Minute + time.Second)
	w.token = w.newToken(w.app, nil)
	require.Equal(t, http.StatusForbidden, w.get("/repos/acme/shop").status)
	w.clock.add(time.Minute)
	require.Equal(t, http.StatusOK, w.get("/repos/acme/shop").status)

	w.sim.SetLimit(1)
	q := w.query(`{rateLimit{remaining cost}}`, nil)
	require.InDelta(t, 0, at(t, q, "data.rateLimit.remaining"), 0)
	require.Equal(t, "RATE_LIMITED", at(t, w.query(`{rateLimit{remaining}}`, nil), "errors.0.type"))
}

func TestSecondaryLimit(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.sim.LimitNext(1, githubsim.Secondary{Status: http.StatusForbidden, RetryAfter: time.Minute})
	a := w.get("/repos/acme/shop")
	require.Equal(t, http.StatusForbidden, a.status)
	require.Equal(t, "60", a.header.Get("Retry-After"))
	w.sim.LimitNext(1, githubsim.Secondary{Status: http.StatusTooManyRequests, Bare: true})
	a = w.get("/repos/acme/shop")
	require.Equal(t, http.StatusTooManyRequests, a.status)
	require.Empty(t, a.header.Get("Retry-After"))
	require.Contains(t, a.text, "secondary rate limit")
	require.Equal(t, http.StatusOK, w.get("/repos/acme/shop").status)
}
