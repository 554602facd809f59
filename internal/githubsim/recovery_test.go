package githubsim_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/slagate/slagate/internal/githubsim"
)

// deliveries lists the delivery log through the API, all pages.
func (w *world) deliveries(filter string) []object {
	w.t.Helper()
	var all []object
	for next := "/app/hook/deliveries?per_page=2" + filter; next != ""; {
		a := w.send("Bearer "+w.jwt(), http.MethodGet, next, nil)
		require.Equal(w.t, http.StatusOK, a.status, a.text)
		all, next = append(all, a.list()...), nextLink(a)
	}
	return all
}

// column is one field of each.
func column(list []object, name string) []any {
	out := []any{}
	for _, o := range list {
		out = append(out, o[name])
	}
	return out
}

func TestRedeliveryIsAnotherAttemptOfTheSameDelivery(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := w.pull("topic")
	w.take()
	w.sim.Deliveries().DropNext(1)
	_, err := w.sim.As("lee").Comment(p, "unheard")
	require.NoError(t, err)
	require.Empty(t, w.take())
	failed := w.deliveries("&status=failure")
	require.Len(t, failed, 1)
	require.Equal(t, []any{502.0, false, "failed to connect to host"}, []any{failed[0]["status_code"], failed[0]["redelivery"], failed[0]["status"]})

	path := fmt.Sprintf("/app/hook/deliveries/%.0f", failed[0]["id"])
	require.Equal(t, http.StatusUnauthorized, w.get(path).status, "with the app's own token only")
	require.Equal(t, http.StatusUnauthorized, w.post(path+"/attempts", nil).status)
	require.Equal(t, http.StatusAccepted, w.send("Bearer "+w.jwt(), http.MethodPost, path+"/attempts", nil).status)
	got := w.take()
	require.Len(t, got, 1)
	require.Equal(t, failed[0]["guid"], got[0].guid)
	require.Equal(t, githubsim.Signature("secret", got[0].raw), got[0].header.Get("X-Hub-Signature-256"))
	require.Equal(t, "unheard", at(t, got[0].body, "comment.body"))

	all := w.deliveries("")
	require.Len(t, all, 4)
	require.Equal(t, []any{true, false}, column(all[:2], "redelivery"), "newest first, the failed one stays")
	require.Equal(t, all[0]["guid"], all[1]["guid"])
	require.Greater(t, all[0]["id"], all[1]["id"])
	require.Len(t, w.deliveries("&status=success"), 3)
	require.Equal(t, http.StatusNotFound, w.send("Bearer "+w.jwt(), http.MethodPost, "/app/hook/deliveries/1/attempts", nil).status)

	w.clock.add(3*24*time.Hour + time.Second)
	require.Empty(t, w.deliveries(""), "kept for three days")
	require.Equal(t, http.StatusNotFound, w.send("Bearer "+w.jwt(), http.MethodPost, path+"/attempts", nil).status)
}

func TestOutcomesInNeitherFilter(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.sim.Deliveries().SetUnanswered(-1)
	w.sim.Deliveries().DropNext(1)
	w.pull("topic")
	w.take()
	require.Len(t, w.deliveries(""), 2)
	require.Empty(t, w.deliveries("&status=failure"))
	require.Len(t, w.deliveries("&status=success"), 1)
	require.Equal(t, map[int]int{-1: 1, 200: 1}, w.sim.Deliveries().Counts())
}

func TestAnswerAfterTheDeadlineIsAFailure(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(o *githubsim.Options) { o.Deadline = 20 * time.Millisecond })
	release := make(chan struct{})
	slow := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-release }))
	t.Cleanup(slow.Close)
	t.Cleanup(func() { close(release) })
	w.sim.SetWebhook(slow.URL, "secret")
	w.pull("topic")
	w.take()
	require.Equal(t, []any{504.0, 504.0}, column(w.deliveries("&status=failure"), "status_code"))
	require.Equal(t, "timed out", w.deliveries("")[0]["status"])
}

func TestLogsKeepTheLast(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(o *githubsim.Options) { o.KeepLog = 10 })
	p := w.pull("topic")
	for range 50 {
		_, err := w.sim.As("lee").Comment(p, "x")
		require.NoError(t, err)
		require.Equal(t, http.StatusOK, w.get("/repos/acme/shop").status)
	}
	w.take()
	require.Less(t, len(w.sim.Requests()), 20)
	require.Less(t, len(w.sim.Deliveries().Log()), 20)
	require.Equal(t, 50, w.sim.RequestCounts()[githubsim.Counted{Route: "GET /repos/{owner}/{repo}", Status: 200}])
	require.Equal(t, map[int]int{200: 52}, w.sim.Deliveries().Counts())
}

func TestEnterpriseServer(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(o *githubsim.Options) {
		o.Enterprise, o.NoDeliveries, o.WebURL = "3.17.0", true, "https://git.acme.test"
	})
	w.shop.UseMergeQueue("main")
	p := w.pull("topic")
	require.NoError(t, w.sim.As("ana").Queue(p))
	got := w.take()
	require.Equal(t, "3.17.0", got[0].header.Get("X-GitHub-Enterprise-Version"))
	require.Equal(t, "git.acme.test", got[0].header.Get("X-GitHub-Enterprise-Host"))
	for _, h := range got {
		require.NotEqual(t, "merge_group", h.event)
	}
	a := w.get("/repos/acme/shop")
	require.Equal(t, http.StatusOK, a.status)
	require.Equal(t, "3.17.0", a.header.Get("X-GitHub-Enterprise-Version"))
	for name := range a.header {
		require.False(t, strings.HasPrefix(name, "X-Ratelimit"), name)
	}
	require.Equal(t, http.StatusNotFound, w.get("/rate_limit").status)
	require.Equal(t, "3.17.0", w.get("/meta").object()["installed_version"])
	require.Equal(t, http.StatusNotFound, w.send("Bearer "+w.jwt(), http.MethodGet, "/app/hook/deliveries", nil).status)
	require.NotContains(t, at(t, w.send("Bearer "+w.jwt(), http.MethodGet, "/app", nil).object(), "permissions"), "merge_queues")

	for field, on := range map[string]string{"mergeQueue": "Repository", "mergeQueueEntry": "PullRequest"} {
		q := map[string]string{"mergeQueue": `{repository(owner:"acme",name:"shop"){mergeQueue{id}}}`, "mergeQueueEntry": `{repository(owner:"acme",name:"shop"){pullRequest(number:1){mergeQueueEntry{id}}}}`}[field]
		answer := w.query(q, nil)
		require.Equal(t, fmt.Sprintf("Field '%s' doesn't exist on type '%s'", field, on), at(t, answer, "errors.0.message"))
		require.Equal(t, "undefinedField", at(t, answer, "errors.0.extensions.code"))
		require.NotContains(t, answer, "data")
	}
	require.Empty(t, w.sim.Unknown())
	res, err := w.srv.Client().Do(w.request("token "+w.token, http.MethodGet, w.srv.URL+"/repos/acme/shop", nil))
	require.NoError(t, err)
	require.NoError(t, res.Body.Close())
	require.Equal(t, http.StatusNotImplemented, res.StatusCode, "its API is below /api/v3 only")
}

func TestClockSkew(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(o *githubsim.Options) { o.CheckJWTTime = true })
	date := func() time.Time {
		at, err := http.ParseTime(w.send("Bearer "+w.jwt(), http.MethodGet, "/app", nil).header.Get("Date"))
		require.NoError(t, err)
		return at
	}
	require.Equal(t, w.clock.now(), date().UTC())
	w.sim.SetClockSkew(time.Minute)
	require.Equal(t, w.clock.now().Add(time.Minute), date().UTC())
	w.sim.SetClockSkew(-time.Minute)
	a := w.send("Bearer "+w.jwt(), http.MethodGet, "/app", nil)
	require.Equal(t, http.StatusUnauthorized, a.status, "issued in the future")
	require.Equal(t, w.clock.now().Add(-time.Minute), date().UTC(), "a refusal tells the time too")
}

func TestWaitAfterALateWebhookWhilePaused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.sim.Deliveries().Pause()
	w.sim.SetChaos(githubsim.Chaos{Delay: 1, DelayFor: time.Millisecond})
	w.pull("topic")
	w.sim.SetChaos(githubsim.Chaos{})
	require.Empty(t, w.take(), "late ones are waited for, not sent")
	w.sim.Deliveries().Resume()
	require.Len(t, w.take(), 2)
}

func TestRepositoryShowsItsChanges(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	repo := func() []any {
		o := w.get("/repositories/" + jsonNumber(w.shop.ID)).object()
		return []any{o["full_name"], o["private"], o["open_issues_count"], o["archived"]}
	}
	require.Equal(t, []any{"acme/shop", true, 0.0, false}, repo())
	p := w.pull("topic")
	w.shop.SetPublic(true)
	require.Equal(t, []any{"acme/shop", false, 1.0, false}, repo())
	require.NoError(t, w.sim.As("ana").Close(p))
	require.NoError(t, w.sim.As("olga").RenameRepo(w.shop, "store"))
	require.NoError(t, w.sim.As("olga").ArchiveRepo(w.shop))
	require.Equal(t, []any{"acme/store", false, 0.0, true}, repo())
}
