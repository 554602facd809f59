package githubsim_test

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/gorillamux"
	"github.com/stretchr/testify/require"

	"github.com/slagate/slagate/internal/githubsim"
)

// described is GitHub's own description of its API, cut to what slagate uses.
var described = sync.OnceValues(func() (routers.Router, error) {
	data, err := os.ReadFile("../../testdata/openapi/github.json")
	if err != nil {
		return nil, err
	}
	doc, err := openapi3.NewLoader().LoadFromData(data)
	if err != nil {
		return nil, err
	}
	doc.Servers = openapi3.Servers{{URL: "/"}}
	return gorillamux.NewRouter(doc)
})

// conforms holds a request and its answer against GitHub's description. It
// returns the operation, "" if the description does not have it.
func conforms(t *testing.T, req *http.Request, body []byte, a answer) string {
	t.Helper()
	router, err := described()
	require.NoError(t, err)
	twin := httptest.NewRequestWithContext(t.Context(), req.Method, strings.TrimPrefix(req.URL.RequestURI(), "/api/v3"), bytes.NewReader(body))
	if len(body) > 0 {
		twin.Header.Set("Content-Type", "application/json")
	}
	route, params, err := router.FindRoute(twin)
	if err != nil {
		return ""
	}
	in := &openapi3filter.RequestValidationInput{
		Request: twin, PathParams: params, Route: route,
		Options: &openapi3filter.Options{AuthenticationFunc: openapi3filter.NoopAuthenticationFunc},
	}
	name := route.Method + " " + route.Path
	if a.status < 300 {
		require.NoErrorf(t, openapi3filter.ValidateRequest(t.Context(), in), "request %s: %s", name, body)
	}
	if a.status < 300 && a.status != http.StatusNoContent {
		out := &openapi3filter.ResponseValidationInput{
			RequestValidationInput: in, Status: a.status, Header: a.header,
			Body: io.NopCloser(strings.NewReader(a.text)),
		}
		require.NoErrorf(t, openapi3filter.ValidateResponse(t.Context(), out), "answer of %s", name)
	}
	return name
}

// TestAnswersAreGitHubs calls every operation of the description once.
func TestAnswersAreGitHubs(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.shop.Require("main", "slagate", 7).UseMergeQueue("main")
	ruleset := w.shop.AddRuleset(githubsim.Ruleset{
		Branches: []string{"main"}, Kinds: []string{"deletion"}, ShowBypass: true,
		Checks: []githubsim.Check{{Context: "other"}}, Bypass: []githubsim.BypassActor{{ID: 5, Kind: githubsim.BypassRole}, {Kind: githubsim.BypassOwner}},
	})
	p := w.pull("topic")
	head := p.View().Head
	require.NoError(t, w.sim.As("ana").CreateLabel(w.shop, "red tape"))
	require.NoError(t, w.sim.As("tri").Label(p, "red tape"))
	require.NoError(t, w.sim.As("tri").Unlabel(p, "red tape"))
	require.NoError(t, w.sim.As("tri").Label(p, "red tape"))
	require.NoError(t, w.sim.As("ana").EditPull(p, "other", "body"))
	require.NoError(t, w.sim.As("ana").Close(p))
	require.NoError(t, w.sim.As("ana").Reopen(p))
	require.NoError(t, w.sim.As("ana").Draft(p))
	require.NoError(t, w.sim.As("ana").Ready(p))
	_, err := w.sim.As("lee").Review(p, "APPROVED", "fine")
	require.NoError(t, err)
	c, err := w.sim.As("lee").Comment(p, "hello")
	require.NoError(t, err)
	w.take()

	seen := map[string]bool{}
	call := func(auth, method, path string, body any) answer {
		t.Helper()
		a := w.send(auth, method, path, body)
		require.Lessf(t, a.status, 300, "%s %s: %s", method, path, a.text)
		seen[w.lastOp] = true
		return a
	}
	app, token := "Bearer "+w.jwt(), "token "+w.token
	id := fmt.Sprint(w.app.ID)
	call(app, "GET", "/app", nil)
	call(app, "GET", "/app/hook/config", nil)
	call(app, "GET", "/app/installations", nil)
	call(app, "GET", "/app/installations/"+id, nil)
	call(app, "POST", "/app/installations/"+id+"/access_tokens", object{"repository_ids": []int64{w.shop.ID}, "permissions": object{"statuses": "write"}})
	first := call(app, "GET", "/app/hook/deliveries?per_page=5", nil).list()[0]
	delivery := fmt.Sprintf("/app/hook/deliveries/%.0f", first["id"])
	call(app, "GET", delivery, nil)
	call(app, "POST", delivery+"/attempts", nil)
	for _, path := range []string{
		"/installation/repositories", "/meta", "/rate_limit", "/users/ana", "/user/" + fmt.Sprint(w.ana.ID), "/orgs/acme/members/lee",
		"/orgs/acme/teams/legal", "/orgs/acme/teams/legal/members", "/orgs/acme/teams/legal/memberships/lee",
	} {
		call(token, "GET", path, nil)
	}
	repo := "/repos/acme/shop"
	call(token, "POST", repo+"/statuses/"+head, object{"state": "pending", "context": "slagate", "description": "Looking", "target_url": "https://example.test/1"})
	call(token, "POST", repo+"/issues/1/comments", object{"body": "mine"})
	call(token, "PATCH", repo+"/issues/comments/"+fmt.Sprint(c.ID), object{"body": "changed"})
	reaction := call(token, "POST", repo+"/issues/comments/"+fmt.Sprint(c.ID)+"/reactions", object{"content": "rocket"}).object()
	call(token, "POST", repo+"/issues/1/labels", object{"labels": []string{"a#b", "x/y"}})
	call(token, "POST", repo+"/labels", object{"name": "fresh", "color": "ff0000", "description": "new"})
	call(token, "PATCH", repo+"/labels/fresh", object{"new_name": "fresher"})
	for _, path := range []string{
		"", "/branches/main", "/collaborators/ana", "/collaborators/ana/permission", "/commits/main", "/commits/" + head + "/pulls",
		"/commits/" + head + "/status", "/commits/" + head + "/statuses", "/compare/main...topic", "/contents/slo", "/contents/slo%2Fapi.yaml?ref=topic",
		"/git/blobs/" + githubsim.BlobID("shop\n"), "/git/ref/heads%2Fmain", "/git/trees/" + head + "?recursive=1", "/issues/1/comments",
		"/issues/comments/" + fmt.Sprint(c.ID), "/issues/comments/" + fmt.Sprint(c.ID) + "/reactions", "/issues/1/events", "/issues/1/timeline",
		"/issues/1/labels", "/labels", "/labels/red%20tape", "/pulls?state=all", "/pulls/1", "/pulls/1/commits", "/pulls/1/files", "/pulls/1/reviews",
		"/rules/branches/main",
		fmt.Sprintf("/rulesets/%d", ruleset),
	} {
		call(token, "GET", repo+path, nil)
	}
	call(token, "DELETE", fmt.Sprintf("%s/issues/comments/%d/reactions/%.0f", repo, c.ID, reaction["id"]), nil)
	call(token, "DELETE", repo+"/issues/1/labels/a%23b", nil)
	call(token, "DELETE", repo+"/labels/fresher", nil)
	call(token, "DELETE", repo+"/issues/comments/"+fmt.Sprint(c.ID), nil)

	router, err := described()
	require.NoError(t, err)
	require.NotNil(t, router)
	data, err := os.ReadFile("../../testdata/openapi/github.json")
	require.NoError(t, err)
	doc, err := openapi3.NewLoader().LoadFromData(data)
	require.NoError(t, err)
	for path, item := range doc.Paths.Map() {
		for method := range item.Operations() {
			require.Truef(t, seen[method+" "+path], "%s %s was not called", method, path)
		}
	}
}
