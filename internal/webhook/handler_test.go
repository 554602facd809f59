package webhook

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"

	"github.com/slagate/slagate/internal/store"
)

const (
	secretNew = "It's a Secret to Everybody"
	secretOld = "the old one"
	appID     = 4711
	comment1  = `{"action":"created","installation":{"id":7},"repository":{"id":400,"name":"shop","owner":{"id":40,"login":"acme"}},
		"sender":{"id":1,"login":"jane","type":"User"},"issue":{"number":12,"state":"open","pull_request":{}},
		"comment":{"id":9,"body":"/sla sign legal","user":{"id":1,"login":"jane","type":"User"}}}`
)

// memory is an inbox that remembers.
type memory struct {
	mu   sync.Mutex
	kept []store.Delivery
	err  error
	seen map[string]bool
}

func (m *memory) Accept(_ context.Context, d store.Delivery) (bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.err != nil {
		return false, m.err
	}
	m.kept = append(m.kept, d)
	repeated := m.seen[d.GUID]
	m.seen = map[string]bool{d.GUID: true}
	return !repeated, nil
}

type answerSeen struct {
	event   string
	status  int
	outcome Outcome
}

type bundle struct {
	handler  http.Handler
	inbox    *memory
	log      *bytes.Buffer
	observed []answerSeen
}

func setup(t *testing.T) *bundle {
	t.Helper()
	b := &bundle{inbox: &memory{}, log: &bytes.Buffer{}}
	var err error
	b.handler, err = Handler(Config{
		Secrets: []string{secretNew, secretOld}, AppID: appID, Inbox: b.inbox,
		Bot: func() string { return "slagate" }, Now: func() time.Time { return time.Unix(1_772_445_600, 0).UTC() },
		Log:     zerolog.New(b.log),
		Observe: func(a Answer) { b.observed = append(b.observed, answerSeen{a.Event, a.Status, a.Outcome}) },
	})
	require.NoError(t, err)
	return b
}

func sign(secret, body string) string {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(body))
	return "sha256=" + hex.EncodeToString(mac.Sum(nil))
}

// request is a delivery as GitHub sends it.
func request(body string) *http.Request {
	r := httptest.NewRequest(http.MethodPost, "/api/github/hook", strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("X-GitHub-Event", "issue_comment")
	r.Header.Set("X-GitHub-Delivery", "72d3162e-cc78-11e3-81ab-4c9367dc0958")
	r.Header.Set("X-GitHub-Hook-Installation-Target-Type", "integration")
	r.Header.Set("X-GitHub-Hook-Installation-Target-ID", "4711")
	r.Header.Set("X-Hub-Signature-256", sign(secretNew, body))
	return r
}

func (b *bundle) send(r *http.Request) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	b.handler.ServeHTTP(w, r)
	return w
}

// The vector of GitHub's documentation ("Validating webhook deliveries").
func TestSignatureVector(t *testing.T) {
	t.Parallel()
	const want = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"
	require.Equal(t, want, sign(secretNew, "Hello, World!"))
	signature, ok := parseSignature(want)
	require.True(t, ok)
	h := &handler{cfg: Config{Secrets: []string{"x", secretNew}}}
	require.Equal(t, 1, h.signedWith([]byte("Hello, World!"), signature))
	require.Equal(t, -1, h.signedWith([]byte("Hello, World?"), signature))
}

func TestAnswers(t *testing.T) {
	t.Parallel()
	set := func(key, value string) func(*http.Request) {
		return func(r *http.Request) { r.Header.Set(key, value) }
	}
	del := func(key string) func(*http.Request) { return func(r *http.Request) { r.Header.Del(key) } }
	sha1Only := func(r *http.Request) {
		mac := hmac.New(sha1.New, []byte(secretNew))
		mac.Write([]byte(comment1))
		r.Header.Del("X-Hub-Signature-256")
		r.Header.Set("X-Hub-Signature", "sha1="+hex.EncodeToString(mac.Sum(nil)))
	}
	for _, tt := range []struct {
		name   string
		body   string
		change func(*http.Request)
		status int
		text   string
		kept   int
	}{
		{"accepted", comment1, nil, 200, "accepted", 1},
		{"accepted with the old secret", comment1, set("X-Hub-Signature-256", sign(secretOld, comment1)), 200, "accepted", 1},
		{"accepted without target id", comment1, del("X-GitHub-Hook-Installation-Target-ID"), 200, "accepted", 1},
		{"accepted with charset", comment1, set("Content-Type", "application/json; charset=utf-8"), 200, "accepted", 1},
		{"ping ignored", `{"zen":"x","hook_id":1}`, set("X-GitHub-Event", "ping"), 200, "ignored", 0},
		{"unknown event ignored", `{}`, set("X-GitHub-Event", "starfall"), 200, "ignored", 0},
		{"bystander's comment ignored", strings.Replace(comment1, "/sla sign legal", "nice", 1), nil, 200, "ignored", 0},
		{"no installation ignored", strings.Replace(comment1, `"installation":{"id":7},`, "", 1), nil, 200, "ignored", 0},
		{"get", "", func(r *http.Request) { r.Method = http.MethodGet }, 405, "", 0},
		{"signature missing", comment1, del("X-Hub-Signature-256"), 401, "", 0},
		{"signature of another body", comment1, set("X-Hub-Signature-256", sign(secretNew, "x")), 401, "", 0},
		{"signature with another secret", comment1, set("X-Hub-Signature-256", sign("guess", comment1)), 401, "", 0},
		{"signature with no secret", comment1, set("X-Hub-Signature-256", sign("", comment1)), 401, "", 0},
		{"signature cut", comment1, set("X-Hub-Signature-256", sign(secretNew, comment1)[:40]), 401, "", 0},
		{"signature not hexadecimal", comment1, set("X-Hub-Signature-256", "sha256="+strings.Repeat("z", 64)), 401, "", 0},
		{"signature is SHA-1", comment1, sha1Only, 401, "", 0},
		{"SHA-1 in the header for SHA-256", comment1, set("X-Hub-Signature-256", "sha1="+strings.Repeat("0", 40)), 401, "", 0},
		{"other app", comment1, set("X-GitHub-Hook-Installation-Target-ID", "4712"), 403, "", 0},
		{"event missing", comment1, del("X-GitHub-Event"), 400, "", 0},
		{"guid missing", comment1, del("X-GitHub-Delivery"), 400, "", 0},
		{"guid endless", comment1, set("X-GitHub-Delivery", strings.Repeat("a", 129)), 400, "", 0},
		{"not JSON", `{"action":`, nil, 400, "", 0},
		{"not JSON in an unknown event", `{"action":`, set("X-GitHub-Event", "starfall"), 400, "", 0},
		{"not an object", `[1]`, nil, 400, "", 0},
		{"empty", ``, nil, 400, "", 0},
		{"field of another type", `{"action":"created","issue":5}`, nil, 400, "", 0},
		{"content type missing", comment1, del("Content-Type"), 400, "", 0},
		{"content type foreign", comment1, set("Content-Type", "text/plain"), 400, "", 0},
		{"form without payload", "a=b", set("Content-Type", "application/x-www-form-urlencoded"), 400, "", 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			r := request(tt.body)
			if tt.change != nil {
				tt.change(r)
			}
			w := b.send(r)
			require.Equal(t, tt.status, w.Code, w.Body.String())
			if tt.text != "" {
				require.Equal(t, tt.text, strings.TrimSpace(w.Body.String()))
			}
			require.Len(t, b.inbox.kept, tt.kept)
			require.Len(t, b.observed, 1)
			require.Equal(t, tt.status, b.observed[0].status)
			want := map[string]Outcome{"accepted": Fresh, "ignored": Ignored, "": Refused}[tt.text]
			require.Equal(t, want, b.observed[0].outcome)
			require.NotContains(t, b.log.String(), secretNew)
			require.NotContains(t, b.log.String(), secretOld)
		})
	}
}

func TestOrderOfChecks(t *testing.T) {
	t.Parallel()
	b := setup(t)
	r := request(comment1)
	r.Method = http.MethodPut
	r.Header.Del("X-Hub-Signature-256")
	w := b.send(r)
	require.Equal(t, 405, w.Code)
	require.Equal(t, "POST", w.Header().Get("Allow"))

	r = request(comment1) // everything is wrong but the method
	r.Header.Set("X-Hub-Signature-256", sign("guess", comment1))
	r.Header.Set("X-GitHub-Hook-Installation-Target-ID", "1")
	r.Header.Del("X-GitHub-Event")
	require.Equal(t, 401, b.send(r).Code)
	r = request(comment1)
	r.Header.Set("X-GitHub-Hook-Installation-Target-ID", "1")
	r.Header.Del("X-GitHub-Event")
	require.Equal(t, 403, b.send(r).Code)
	require.Equal(t, answerSeen{"", 403, Refused}, b.observed[2], "what was not signed labels no metric")
}

func TestBodyLimit(t *testing.T) {
	t.Parallel()
	b := setup(t)
	most := comment1 + strings.Repeat(" ", bodyLimit-len(comment1))
	require.Equal(t, 200, b.send(request(most)).Code)
	require.Equal(t, 413, b.send(request(most+" ")).Code)
	chunked := request(most + " ")
	chunked.ContentLength = -1
	require.Equal(t, 413, b.send(chunked).Code)
	require.Len(t, b.inbox.kept, 1)
}

func TestBodyCut(t *testing.T) {
	t.Parallel()
	b := setup(t)
	r := request(comment1)
	r.Body = io.NopCloser(io.MultiReader(strings.NewReader(comment1[:20]), failing{}))
	require.Equal(t, 400, b.send(r).Code)
}

type failing struct{}

func (failing) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

func TestStoreDown(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.inbox.err = errors.New("disk is full")
	w := b.send(request(comment1))
	require.Equal(t, 503, w.Code)
	require.NotContains(t, w.Body.String(), "disk")
	require.Contains(t, b.log.String(), "disk is full")
	require.Equal(t, []answerSeen{{"issue_comment", 503, Failed}}, b.observed)
}

// stuck is an inbox whose store does not answer.
type stuck struct{}

func (stuck) Accept(ctx context.Context, _ store.Delivery) (bool, error) {
	<-ctx.Done()
	return false, ctx.Err()
}

// GitHub is told before it gives up, whatever the store does.
func TestStoreDoesNotAnswer(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h, err := Handler(Config{
			Secrets: []string{secretNew}, AppID: appID, Inbox: stuck{}, Bot: func() string { return "" }, Now: time.Now, Log: zerolog.Nop(),
		})
		require.NoError(t, err)
		began := time.Now()
		w := (&bundle{handler: h}).send(request(comment1))
		require.Equal(t, 503, w.Code)
		require.Less(t, time.Since(began), 10*time.Second)
	})
}

// What the app's owner reads on GitHub's page of deliveries: our words, not the store's.
func TestStoreDownIsExplained(t *testing.T) {
	t.Parallel()
	cause := errors.New("out of blocks on /dev/sda")
	in := &memory{err: cause}
	h, err := Handler(Config{
		Secrets: []string{secretNew}, AppID: appID, Inbox: in, Bot: func() string { return "" }, Now: time.Now, Log: zerolog.Nop(),
		Explain: func(err error) string {
			require.ErrorIs(t, err, cause)
			return "the disk is full"
		},
	})
	require.NoError(t, err)
	w := (&bundle{handler: h}).send(request(comment1))
	require.Equal(t, 503, w.Code)
	require.Equal(t, "service unavailable: not kept, the disk is full\n", w.Body.String())
}

func TestRepeatedDelivery(t *testing.T) {
	t.Parallel()
	b := setup(t)
	require.Equal(t, 200, b.send(request(comment1)).Code)
	w := b.send(request(comment1))
	require.Equal(t, "accepted\n", w.Body.String())
	require.Equal(t, []answerSeen{{"issue_comment", 200, Fresh}, {"issue_comment", 200, Repeated}}, b.observed)
	require.Contains(t, b.log.String(), `"repo":"acme/shop","pr":12`)
}

func TestTooManyAtOnce(t *testing.T) {
	t.Parallel()
	b := setup(t)
	h, ok := b.handler.(*handler)
	require.True(t, ok)
	require.True(t, h.bodies.TryAcquire(bodiesAtOnce))
	require.Equal(t, 503, b.send(request(comment1)).Code)
	h.bodies.Release(bodiesAtOnce)
	require.Equal(t, 200, b.send(request(comment1)).Code)
	require.Equal(t, []answerSeen{{"", 503, Busy}, {"issue_comment", 200, Fresh}}, b.observed)
}

func TestWhatIsKept(t *testing.T) {
	t.Parallel()
	b := setup(t)
	require.Equal(t, 200, b.send(request(comment1)).Code)
	form := url.Values{"payload": {comment1}}.Encode()
	r := request(form)
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	require.Equal(t, 200, b.send(r).Code)
	replay := request(comment1)
	replay.Header.Set("X-GitHub-Delivery", "another")
	require.Equal(t, 200, b.send(replay).Code)

	require.Len(t, b.inbox.kept, 3)
	first := b.inbox.kept[0]
	sum := sha256.Sum256([]byte(comment1))
	require.Equal(t, hex.EncodeToString(sum[:]), first.BodyHash)
	require.Equal(t, "72d3162e-cc78-11e3-81ab-4c9367dc0958", first.GUID)
	require.Equal(t, "issue_comment", first.Event)
	require.Equal(t, "created", first.Action)
	require.Equal(t, int64(7), first.Installation)
	require.Equal(t, time.Unix(1_772_445_600, 0).UTC(), first.Received)
	require.Equal(t, first.Evidence, b.inbox.kept[1].Evidence, "a form says the same")
	require.Equal(t, first.BodyHash, b.inbox.kept[2].BodyHash, "a replay under a new GUID is recognised by its body")
}

func TestFurtherSecretIsLoggedByNumber(t *testing.T) {
	t.Parallel()
	b := setup(t)
	r := request(comment1)
	r.Header.Set("X-Hub-Signature-256", sign(secretOld, comment1))
	require.Equal(t, 200, b.send(r).Code)
	require.Contains(t, b.log.String(), `"secret":2`)
	require.NotContains(t, b.log.String(), secretOld)
	require.NotContains(t, b.log.String(), "/sla sign", "no bodies in the log")
}

func TestConfigIsRefusedWhole(t *testing.T) {
	t.Parallel()
	_, err := Handler(Config{Secrets: []string{"good", " "}})
	require.ErrorContains(t, err, "webhook secret 2 is empty")
	require.ErrorContains(t, err, "app id")
	require.ErrorContains(t, err, "inbox")
	_, err = Handler(Config{})
	require.ErrorContains(t, err, "no webhook secret")
}
