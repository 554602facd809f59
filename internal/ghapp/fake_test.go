package ghapp

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v4"
	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"

	"github.com/slagate/slagate/internal/pull"
)

// start is the fake's and our clock at the beginning of a test.
var start = time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC)

const secretToken = "ghs_7_eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiI3In0.c2lnbmF0dXJl"

// fake is a server with canned answers. Routes are "METHOD path" with the path
// as it came over the wire, escapes included.
type fake struct {
	t      *testing.T
	server *httptest.Server
	log    bytes.Buffer

	mu     sync.Mutex
	now    time.Time
	routes map[string]http.HandlerFunc
	seen   []string // "METHOD path", tokens and app requests left out
	tokens int
	graph  func(query string, vars map[string]any) any
}

func newFake(t *testing.T) *fake {
	t.Helper()
	f := &fake{t: t, now: start, routes: map[string]http.HandlerFunc{}}
	f.server = httptest.NewServer(http.HandlerFunc(f.serve))
	t.Cleanup(f.server.Close)
	f.reply("GET /app", `{"id":7,"slug":"slagate","name":"slagate"}`)
	for _, id := range []int{1, 2} {
		f.handle(fmt.Sprintf("POST /app/installations/%d/access_tokens", id), func(w http.ResponseWriter, _ *http.Request) {
			f.mu.Lock()
			f.tokens++
			f.mu.Unlock()
			w.WriteHeader(http.StatusCreated)
			f.send(w, fmt.Sprintf(`{"token":%q,"expires_at":"2099-01-01T00:00:00Z"}`, secretToken))
		})
	}
	return f
}

func (f *fake) send(w http.ResponseWriter, body string) {
	_, err := io.WriteString(w, body)
	if err != nil && !strings.Contains(err.Error(), "reset") {
		f.t.Errorf("answering: %v", err)
	}
}

func (f *fake) handle(route string, h http.HandlerFunc) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.routes[route] = h
}

// reply cans an answer of 200.
func (f *fake) reply(route, body string) { f.status(route, http.StatusOK, body) }

func (f *fake) status(route string, code int, body string, headers ...string) {
	f.handle(route, func(w http.ResponseWriter, _ *http.Request) {
		for i := 0; i+1 < len(headers); i += 2 {
			w.Header().Set(headers[i], headers[i+1])
		}
		w.WriteHeader(code)
		f.send(w, body)
	})
}

func (f *fake) serve(w http.ResponseWriter, r *http.Request) {
	route := r.Method + " " + strings.TrimPrefix(r.URL.EscapedPath(), "/api/v3")
	f.mu.Lock()
	w.Header().Set("Date", f.now.Format(http.TimeFormat))
	if !strings.Contains(route, " /app") {
		line := route
		if r.URL.RawQuery != "" {
			line += "?" + r.URL.RawQuery
		}
		f.seen = append(f.seen, line)
	}
	h, graph := f.routes[route], f.graph
	f.mu.Unlock()
	switch {
	case h != nil:
		h(w, r)
	case route == "POST /api/graphql" && graph != nil:
		f.answer(w, r, graph)
	default:
		w.WriteHeader(http.StatusNotFound)
		f.send(w, `{"message":"Not Found"}`)
	}
}

func (f *fake) answer(w http.ResponseWriter, r *http.Request, graph func(string, map[string]any) any) {
	var in struct {
		Query     string
		Variables map[string]any
	}
	if err := json.NewDecoder(r.Body).Decode(&in); err != nil {
		f.t.Errorf("decoding a query: %v", err)
	}
	if err := json.NewEncoder(w).Encode(graph(in.Query, in.Variables)); err != nil {
		f.t.Errorf("answering a query: %v", err)
	}
}

func (f *fake) clock() time.Time {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.now
}

func (f *fake) pass(d time.Duration) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.now = f.now.Add(d)
}

// requests are those seen since the last call.
func (f *fake) requests() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	seen := f.seen
	f.seen = nil
	return seen
}

func (f *fake) config() Config {
	return Config{
		V3URL: f.server.URL + "/api/v3", V4URL: f.server.URL + "/api/graphql", AppID: 7, Signer: fakeSigner{},
		UserAgent: "slagate/test", Now: f.clock, Log: zerolog.New(&f.log),
	}
}

func (f *fake) creator() *Creator {
	f.t.Helper()
	c, err := NewCreator(f.config())
	require.NoError(f.t, err)
	return c
}

type fakeSigner struct{}

func (fakeSigner) Sign(jwt.Claims) (string, error) { return "app-jwt", nil }

// The pull request that most tests read.
var ref = pull.Ref{Installation: 1, RepoID: 100, Owner: "acme", Repo: "shop", Number: 12}

var (
	headSHA = strings.Repeat("a", 40)
	tipSHA  = strings.Repeat("b", 40)
	baseSHA = strings.Repeat("c", 40)
	oldSHA  = strings.Repeat("d", 40)
)

// pullJSON is GitHub's answer to the one query.
const pullJSON = `{"data":{"repository":{"databaseId":100,"isPrivate":true,"name":"shop","owner":{"login":"acme"},
"policy":{"__typename":"Blob","oid":"p1","byteSize":11,"isBinary":false,"isTruncated":false,"text":"version: 1\n"},
"folder":{"__typename":"Tree","oid":"f1","entries":[{"name":"slagate.yml","mode":33188}]},
"pullRequest":{"id":"PR_1","number":12,"state":"OPEN","isDraft":false,"merged":false,"isCrossRepository":true,
 "createdAt":"2026-03-01T08:00:00Z","updatedAt":"2026-03-02T09:59:00Z","baseRefName":"main","baseRef":{"target":{"oid":"TIP"}},
 "headRefName":"topic","headRefOid":"HEAD","changedFiles":1,"author":{"__typename":"User","login":"ana","databaseId":11},
 "labels":{"nodes":[{"id":"L1","name":"sla/legal-approved"}],"pageInfo":{"hasNextPage":false}},
 "comments":{"nodes":[{"fullDatabaseId":"5000000001","databaseId":null,"body":"/sla sign legal","createdAt":"2026-03-02T09:00:00Z","lastEditedAt":"2026-03-02T09:01:00Z",
   "author":{"__typename":"User","login":"lee","databaseId":12},"editor":null}],"pageInfo":{"hasPreviousPage":false}},
 "reviews":{"nodes":[{"fullDatabaseId":"71","state":"APPROVED","submittedAt":"2026-03-02T09:02:00Z","commit":{"oid":"HEAD"},"author":null}],"pageInfo":{"hasPreviousPage":false}},
 "timelineItems":{"nodes":[{"__typename":"LabeledEvent","id":"E1","createdAt":"2026-03-02T09:03:00Z","actor":{"__typename":"User","login":"lee","databaseId":12},"label":{"id":"L1","name":"sla/legal-approved"}},
   {"__typename":"UnlabeledEvent","id":"E2","createdAt":"2026-03-02T09:04:00Z","actor":null,"label":{"id":"L2","name":"x"}},
   {"__typename":"HeadRefForcePushedEvent","id":"E3","createdAt":"2026-03-02T09:05:00Z","actor":{"__typename":"Bot","login":"dep"},"beforeCommit":null,"afterCommit":{"oid":"HEAD"}}],"pageInfo":{"hasPreviousPage":false}},
 "files":{"totalCount":1,"nodes":[{"path":"slo/api.yaml","changeType":"MODIFIED"}],"pageInfo":{"hasNextPage":false}},
 "commits":{"totalCount":1,"nodes":[{"commit":{"oid":"HEAD","parents":{"totalCount":1,"nodes":[{"oid":"OLD"}]},"author":{"user":{"__typename":"User","login":"ana","databaseId":11}},"committer":{"user":null}}}],"pageInfo":{"hasNextPage":false}},
 "last":{"nodes":[{"commit":{"oid":"HEAD","status":{"contexts":[
   {"context":"slagate","state":"PENDING","description":"Waiting","targetUrl":"https://x/1","creator":{"__typename":"Bot","login":"slagate","databaseId":9}},
   {"context":"Slagate/legal","state":"SUCCESS","description":null,"targetUrl":null,"creator":null},
   {"context":"ci/test","state":"FAILURE","description":"","targetUrl":null,"creator":null}]}}}]}}},
"ownerRepo":null},
"errors":[{"type":"NOT_FOUND","path":["ownerRepo"],"message":"Could not resolve to a Repository with the name 'acme/.github'."}]}`

// answerJSON is pullJSON as a value that tests change.
func answerJSON(t *testing.T) map[string]any {
	t.Helper()
	text := strings.NewReplacer("HEAD", headSHA, "TIP", tipSHA, "OLD", oldSHA).Replace(pullJSON)
	text = strings.ReplaceAll(text, headSHA+"RefForcePushedEvent", "HeadRefForcePushedEvent")
	return parse(t, text)
}

func parse(t *testing.T, text string) map[string]any {
	t.Helper()
	var v map[string]any
	require.NoError(t, json.Unmarshal([]byte(text), &v))
	return v
}

// put sets a value deep inside an answer; the last key is created.
func put(t *testing.T, answer map[string]any, path string, value any) {
	t.Helper()
	keys := strings.Split(path, ".")
	at := answer
	for _, k := range keys[:len(keys)-1] {
		next, ok := at[k].(map[string]any)
		require.True(t, ok, "no %s in %s", k, path)
		at = next
	}
	at[keys[len(keys)-1]] = value
}

// decoded makes a JSON text a value.
func decoded(t *testing.T, text string) any {
	t.Helper()
	var v any
	require.NoError(t, json.Unmarshal([]byte(text), &v))
	return v
}

// always answers every query alike.
func (f *fake) always(answer any) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.graph = func(string, map[string]any) any { return answer }
}

// queries answers queries by a function.
func (f *fake) queries(graph func(query string, vars map[string]any) any) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.graph = graph
}

func hints() pull.Hints { return pull.Hints{BaseBranch: "main"} }
