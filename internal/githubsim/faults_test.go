package githubsim_test

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/slagate/slagate/internal/githubsim"
)

const statusRoute = "POST /repos/{owner}/{repo}/statuses/{sha}"

func TestFailedAndFailedButDone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	head := w.pull("topic").View().Head
	post := func() int { return w.post("/repos/acme/shop/statuses/"+head, object{"state": "success"}).status }
	w.take()
	w.sim.Fault(githubsim.Fault{Route: statusRoute, Status: 502})
	require.Equal(t, 502, post())
	require.Empty(t, w.shop.Statuses(head))
	require.Empty(t, w.events())

	w.sim.Fault(githubsim.Fault{Route: statusRoute, Status: 502, DoneAnyway: true})
	require.Equal(t, 502, post())
	require.Len(t, w.shop.Statuses(head), 1, "done all the same")
	require.Equal(t, []string{"status"}, w.events())
	require.Equal(t, 201, post(), "once only")

	w.sim.Fault(githubsim.Fault{Route: statusRoute, Cut: true})
	_, err := w.srv.Client().Do(w.request("token "+w.token, http.MethodPost, "/repos/acme/shop/statuses/"+head, object{"state": "success"})) //nolint:bodyclose // there is none
	require.Error(t, err)
	require.Len(t, w.shop.Statuses(head), 3)

	w.sim.Fault(githubsim.Fault{Route: "POST", Skip: 1, Times: -1, Status: 500})
	require.Equal(t, []int{201, 500, 500}, []int{post(), post(), post()})
	w.sim.ClearFaults()
	require.Equal(t, 201, post())
	require.Equal(t, 5, w.sim.FaultHits())
}

func TestNotFoundForAMomentAndStale(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := w.pull("topic")
	old := p.View().Head
	_, err := w.sim.As("ana").Push(w.shop, "topic", "again", map[string]githubsim.File{"slo/api.yaml": githubsim.Text("objective: 99\n")})
	require.NoError(t, err)
	const route = "GET /repos/{owner}/{repo}/pulls/{number}"
	w.sim.Fault(githubsim.Fault{Route: route, Status: 404, Message: "Not Found"})
	require.Equal(t, 404, w.get("/repos/acme/shop/pulls/1").status)
	w.sim.Fault(githubsim.Fault{Route: route, Stale: true, Times: 2})
	require.Equal(t, old, at(t, w.get("/repos/acme/shop/pulls/1").object(), "head.sha"))
	require.Equal(t, old, at(t, w.get("/repos/acme/shop/pulls/1").object(), "head.sha"))
	require.Equal(t, p.View().Head, at(t, w.get("/repos/acme/shop/pulls/1").object(), "head.sha"))
	w.sim.Fault(githubsim.Fault{Route: "POST /graphql", Stale: true})
	const q = `{repository(owner:"acme",name:"shop"){pullRequest(number:1){headRefOid}}}`
	require.Equal(t, old, at(t, w.query(q, nil), "data.repository.pullRequest.headRefOid"))
	require.Equal(t, p.View().Head, at(t, w.query(q, nil), "data.repository.pullRequest.headRefOid"))
}

func TestPartialAnswer(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.pull("topic")
	w.sim.Fault(githubsim.Fault{Route: "POST /graphql", Null: []string{"repository.pullRequest.labels"}})
	q := w.query(factsQuery, object{"o": "acme", "r": "shop", "n": 1})
	require.Nil(t, at(t, q, "data.repository.pullRequest.labels"))
	require.Equal(t, "ana", at(t, q, "data.repository.pullRequest.author.login"))
	require.Equal(t, []any{"repository", "pullRequest", "labels"}, at(t, q, "errors.0.path"))
}

func TestLate(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	head := w.pull("topic").View().Head
	gate := make(chan struct{})
	w.sim.Fault(githubsim.Fault{Route: statusRoute, Until: gate})
	done := make(chan int)
	go func() {
		res, err := w.srv.Client().Do(w.request("token "+w.token, http.MethodPost, "/repos/acme/shop/statuses/"+head, object{"state": "success"}))
		if err != nil {
			done <- 0
			return
		}
		done <- res.StatusCode
		_ = res.Body.Close() // nothing was read
	}()
	require.Equal(t, http.StatusOK, w.get("/repos/acme/shop").status, "others are served meanwhile")
	require.Empty(t, w.shop.Statuses(head))
	close(gate)
	require.Equal(t, http.StatusCreated, <-done)

	// given up while it was held back: done if it was late, not done if it was delayed
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	w.sim.Fault(githubsim.Fault{Route: statusRoute, Late: time.Hour})
	req := w.request("token "+w.token, http.MethodPost, "/repos/acme/shop/statuses/"+head, object{"state": "success"}).WithContext(ctx)
	_, err := w.srv.Client().Do(req) //nolint:bodyclose // there is none
	require.ErrorIs(t, err, context.DeadlineExceeded)
	require.Len(t, w.shop.Statuses(head), 2)
}

func TestLimitsOfGitHub(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := w.pull("topic")
	head := p.View().Head
	status := func(o object) answer { return w.post("/repos/acme/shop/statuses/"+head, o) }
	require.Equal(t, 201, status(object{"state": "success", "description": strings.Repeat("ä", 140)}).status)
	require.Equal(t, 422, status(object{"state": "success", "description": strings.Repeat("x", 141)}).status)
	require.Equal(t, 422, status(object{"state": "greenish"}).status)
	for range 999 {
		require.NoError(t, w.sim.As("ana").PostStatus(w.shop, head, "success", "DEFAULT", "contexts are case-insensitive"))
	}
	a := status(object{"state": "success"})
	require.Equal(t, 422, a.status)
	require.Contains(t, a.text, "reached the maximum number of statuses")
	require.Equal(t, 201, status(object{"state": "success", "context": "other"}).status)

	require.Equal(t, 422, w.post("/repos/acme/shop/labels", object{"name": strings.Repeat("x", 51)}).status)
	require.Equal(t, 201, w.post("/repos/acme/shop/labels", object{"name": "one"}).status)
	a = w.post("/repos/acme/shop/labels", object{"name": "ONE"})
	require.Equal(t, "already_exists", at(t, a.object(), "errors.0.code"))
	require.Equal(t, 422, w.post("/repos/acme/shop/issues/1/comments", object{"body": strings.Repeat("x", 65_537)}).status)
	require.Equal(t, 201, w.post("/repos/acme/shop/issues/1/comments", object{"body": strings.Repeat("x", 65_536)}).status)
	for i := range 100 {
		require.NoError(t, w.sim.As("ana").Label(p, strings.Repeat("l", 1+i%40)+string(rune('a'+i/40))))
	}
	require.Error(t, w.sim.As("ana").Label(p, "the 101st"))
	require.Equal(t, 500, w.send("token "+w.token, http.MethodPut, "/repos/acme/shop/issues/1/labels", object{"labels": []string{}}).status)
}

func TestCommentsAndTicks(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := w.pull("topic")
	id := int64(w.post("/repos/acme/shop/issues/1/comments", object{"body": "- [ ] Rollback\n- [ ] Impact"}).object()["id"].(float64)) // a number
	w.take()
	require.EqualError(t, w.sim.As("lee").Tick(p, id, "Rollback"), "Must have write rights to Repository.")
	require.NoError(t, w.sim.As("ana").Tick(p, id, "Impact"))
	got := w.take()[0].body
	require.Equal(t, "edited", got["action"])
	require.Equal(t, "- [ ] Rollback\n- [ ] Impact", at(t, got, "changes.body.from"))
	require.Equal(t, "- [ ] Rollback\n- [x] Impact", at(t, got, "comment.body"))
	require.Equal(t, "ana", at(t, got, "sender.login"))
	require.Equal(t, "slagate[bot]", at(t, got, "comment.user.login"))
	require.NotNil(t, at(t, got, "issue.pull_request"))

	reactions := "/repos/acme/shop/issues/comments/" + jsonNumber(id) + "/reactions"
	require.Equal(t, 201, w.post(reactions, object{"content": "rocket"}).status)
	require.Equal(t, 200, w.post(reactions, object{"content": "rocket"}).status)
	require.Equal(t, 422, w.post(reactions, object{"content": "shrug"}).status)
	require.Len(t, w.get(reactions).list(), 1)
	require.EqualError(t, w.sim.As("tri").DeleteComment(p, id), "Must have write rights to Repository.")
	require.NoError(t, w.sim.As("ana").DeleteComment(p, id))
	require.Equal(t, []string{"issue_comment.deleted"}, w.events())
	require.Equal(t, 404, w.get("/repos/acme/shop/issues/comments/"+jsonNumber(id)).status)
}

func TestLatencyOfEveryAnswer(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	took := func() time.Duration {
		start := time.Now()
		require.Equal(t, http.StatusOK, w.get("/repos/acme/shop").status)
		return time.Since(start)
	}
	w.sim.SetLatency(80 * time.Millisecond)
	require.GreaterOrEqual(t, took(), 80*time.Millisecond)
	w.sim.SetLatency(0)
	require.Less(t, took(), 80*time.Millisecond)
}
