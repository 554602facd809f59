package githubsim_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v4"
	"github.com/stretchr/testify/require"

	"github.com/slagate/slagate/internal/githubsim"
)

type object = map[string]any

// testKey is one key for all tests: making one takes longer than the tests.
var testKey = sync.OnceValue(func() *rsa.PrivateKey {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	return key
})

// clock is a clock that stands still until it is moved.
type clock struct {
	mu sync.Mutex
	t  time.Time
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.t
}

func (c *clock) add(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.t = c.t.Add(d)
}

// world is a small company on a stand-in GitHub, with the app installed.
type world struct {
	t     *testing.T
	clock *clock
	sim   *githubsim.Server
	srv   *httptest.Server
	hooks *hooks

	acme  *githubsim.Org
	ana   *githubsim.User // author, write
	lee   *githubsim.User // legal, read
	tri   *githubsim.User // triage
	olga  *githubsim.User // owner
	legal *githubsim.Team
	shop  *githubsim.Repo
	app   *githubsim.Installation
	token string

	lastOp string // operation of the last request, see conforms
}

// hooks is a receiver of webhooks.
type hooks struct {
	mu     sync.Mutex
	status int
	got    []hook
}

type hook struct {
	event, guid string
	header      http.Header
	raw         []byte
	body        object
}

func (h *hooks) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	raw, err := io.ReadAll(r.Body)
	body := object{}
	if err != nil || json.Unmarshal(raw, &body) != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.got = append(h.got, hook{r.Header.Get("X-GitHub-Event"), r.Header.Get("X-GitHub-Delivery"), r.Header.Clone(), raw, body})
	w.WriteHeader(h.status)
}

// events lists what came as "event" or "event.action", and forgets it.
func (w *world) events() []string {
	var out []string
	for _, h := range w.take() {
		name := h.event
		if action, ok := h.body["action"].(string); ok {
			name += "." + action
		}
		out = append(out, name)
	}
	return out
}

func (w *world) take() []hook {
	w.t.Helper()
	require.NoError(w.t, w.sim.Deliveries().Wait(w.t.Context()))
	w.hooks.mu.Lock()
	defer w.hooks.mu.Unlock()
	got := w.hooks.got
	w.hooks.got = nil
	return got
}

func newWorld(t *testing.T, change ...func(*githubsim.Options)) *world {
	t.Helper()
	w := &world{t: t, clock: &clock{t: time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC)}, hooks: &hooks{status: http.StatusOK}}
	opts := githubsim.Options{AppID: 7, PrivateKey: testKey(), Now: w.clock.now}
	for _, c := range change {
		c(&opts)
	}
	w.sim = githubsim.New(opts)
	w.srv = httptest.NewServer(w.sim.Handler())
	receiver := httptest.NewServer(w.hooks)
	t.Cleanup(func() {
		require.NoError(t, w.sim.Close(context.WithoutCancel(t.Context())))
		w.srv.Close()
		receiver.Close()
	})
	w.acme = w.sim.AddOrg("acme")
	w.ana, w.lee, w.tri, w.olga = w.sim.AddUser("ana"), w.sim.AddUser("lee"), w.sim.AddUser("tri"), w.sim.AddUser("olga")
	w.acme.AddOwner(w.olga)
	w.legal = w.acme.AddTeam("Legal").Add(w.lee)
	w.shop = w.acme.AddRepo("shop").Grant(w.ana, githubsim.RoleWrite).Grant(w.tri, githubsim.RoleTriage).Grant(w.lee, githubsim.RoleRead)
	w.shop.Commit("main", w.olga, "start", map[string]githubsim.File{
		"README.md": githubsim.Text("shop\n"), "slo/api.yaml": githubsim.Text("objective: 99.9\n"), "docs/a.md": githubsim.Text("a\nb\nc\nd\n"),
	})
	w.app = w.sim.Install(w.acme)
	w.sim.SetWebhook(receiver.URL, "secret")
	w.token = w.newToken(w.app, nil)
	return w
}

// pull opens a pull request of ana's that changes the objective.
func (w *world) pull(branch string) *githubsim.Pull {
	w.t.Helper()
	_, err := w.sim.As("ana").Push(w.shop, branch, "weaken", map[string]githubsim.File{"slo/api.yaml": githubsim.Text("objective: 99.5 # " + branch + "\n")})
	require.NoError(w.t, err)
	p, err := w.sim.As("ana").OpenPull(w.shop, githubsim.PullInput{Head: branch})
	require.NoError(w.t, err)
	return p
}

func (w *world) jwt() string {
	w.t.Helper()
	signed, err := appJWT(w.clock.now())
	require.NoError(w.t, err)
	return signed
}

func appJWT(now time.Time) (string, error) {
	claims := jwt.RegisteredClaims{Issuer: "7", IssuedAt: jwt.NewNumericDate(now.Add(-30 * time.Second)), ExpiresAt: jwt.NewNumericDate(now.Add(2 * time.Minute))}
	return jwt.NewWithClaims(jwt.SigningMethodRS256, claims).SignedString(testKey())
}

func (w *world) newToken(in *githubsim.Installation, ask any) string {
	w.t.Helper()
	a := w.send("Bearer "+w.jwt(), http.MethodPost, "/app/installations/"+strconv.FormatInt(in.ID, 10)+"/access_tokens", ask)
	require.Equal(w.t, http.StatusCreated, a.status, a.text)
	token, ok := a.object()["token"].(string)
	require.True(w.t, ok)
	return token
}

// answer is an answer of the API.
type answer struct {
	t      *testing.T
	status int
	header http.Header
	text   string
}

func (a answer) object() object {
	a.t.Helper()
	var o object
	require.NoError(a.t, json.Unmarshal([]byte(a.text), &o), a.text)
	return o
}

func (a answer) list() []object {
	a.t.Helper()
	var l []object
	require.NoError(a.t, json.Unmarshal([]byte(a.text), &l), a.text)
	return l
}

func (w *world) request(auth, method, path string, body any) *http.Request {
	w.t.Helper()
	var in io.Reader
	if body != nil {
		b, err := json.Marshal(body)
		require.NoError(w.t, err)
		in = bytes.NewReader(b)
	}
	if !strings.HasPrefix(path, "http") {
		path = w.srv.URL + "/api/v3" + path
	}
	req, err := http.NewRequestWithContext(w.t.Context(), method, path, in)
	require.NoError(w.t, err)
	req.Header.Set("Authorization", auth)
	return req
}

func (w *world) send(auth, method, path string, body any) answer {
	w.t.Helper()
	return w.do(w.request(auth, method, path, body))
}

func (w *world) do(req *http.Request) answer {
	w.t.Helper()
	var body []byte
	if req.GetBody != nil {
		in, err := req.GetBody()
		require.NoError(w.t, err)
		body, err = io.ReadAll(in)
		require.NoError(w.t, err)
	}
	res, err := w.srv.Client().Do(req)
	require.NoError(w.t, err)
	defer res.Body.Close() //nolint:errcheck // read to its end
	text, err := io.ReadAll(res.Body)
	require.NoError(w.t, err)
	a := answer{w.t, res.StatusCode, res.Header, string(text)}
	w.lastOp = conforms(w.t, req, body, a)
	return a
}

func (w *world) get(path string) answer {
	w.t.Helper()
	return w.send("token "+w.token, http.MethodGet, path, nil)
}

func (w *world) post(path string, body any) answer {
	w.t.Helper()
	return w.send("token "+w.token, http.MethodPost, path, body)
}

// query runs a GraphQL query.
func (w *world) query(query string, variables object) object {
	w.t.Helper()
	a := w.send("bearer "+w.token, http.MethodPost, w.srv.URL+"/api/graphql", object{"query": query, "variables": variables})
	require.Equal(w.t, http.StatusOK, a.status, a.text)
	return a.object()
}

// at walks into a JSON document: names and positions, joined by dots.
func at(t *testing.T, doc any, path string) any {
	t.Helper()
	for k := range strings.SplitSeq(path, ".") {
		switch x := doc.(type) {
		case object:
			doc = x[k]
		case []any:
			i, err := strconv.Atoi(k)
			require.NoError(t, err)
			require.Less(t, i, len(x), path)
			doc = x[i]
		default:
			require.Failf(t, "no such place", "%s in %v", path, doc)
		}
	}
	return doc
}

func jsonNumber(n int64) string { return strconv.FormatInt(n, 10) }
