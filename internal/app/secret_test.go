package app

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"
)

// The secrets that are planted everywhere.
const (
	webhookSecret = "correct horse battery staple"
	dbPassword    = "tr0ub4dor&3-of-the-database"
	longToken     = "ghs_4711_eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOjQ3MTF9.c2lnbmF0dXJlLW9mLXRoZS10b2tlbg"
	personalToken = "github_pat_11ABCDEFG0_abcdefghijklmnop"
)

// pages is a log and all else that can be read, kept for a search.
type pages struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (p *pages) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.text.Write(b)
}

func (p *pages) String() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.text.String()
}

func testKey(t *testing.T) []byte {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	require.NoError(t, err)
	return pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(key)})
}

// noneOf fails if a secret, or a part of the key, is in the text.
func noneOf(t *testing.T, text string, key []byte) {
	t.Helper()
	for _, secret := range []string{
		webhookSecret, url.QueryEscape(webhookSecret), dbPassword, url.QueryEscape(dbPassword), longToken, "c2lnbmF0dXJlLW9m", personalToken, "PRIVATE KEY",
	} {
		require.NotContains(t, text, secret)
	}
	for line := range strings.Lines(string(key)) {
		if line = strings.TrimSpace(line); len(line) > 20 && !strings.HasPrefix(line, "-----") {
			require.NotContains(t, text, line)
		}
	}
}

// tellingGitHub refuses everything and says in its answers what must not be passed on.
func tellingGitHub(t *testing.T, asked chan<- struct{}) *httptest.Server {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(http.StatusUnauthorized)
		_, err := fmt.Fprintf(w, `{"message":"bad credentials %s, you sent %s and %s, the secret is %s"}`,
			longToken, r.Header.Get("Authorization"), personalToken, webhookSecret)
		if err == nil {
			select {
			case asked <- struct{}{}:
			default:
			}
		}
	}))
	t.Cleanup(server.Close)
	return server
}

// TestThreat_T31_NoSecretsInLogsMetricsPages runs the service against a GitHub that quotes
// secrets, sends it what it refuses, and reads all that it shows.
func TestThreat_T31_NoSecretsInLogsMetricsPages(t *testing.T) {
	t.Parallel()
	asked := make(chan struct{}, 1)
	github, key, seen := tellingGitHub(t, asked), testKey(t), &pages{}
	cfg := Config{
		WebURL: github.URL, V3URL: github.URL + "/", V4URL: github.URL + "/graphql", AppID: 7, Secrets: []string{webhookSecret}, PrivateKey: key,
		Listen: "127.0.0.1:0", AdminListen: "127.0.0.1:0", Database: filepath.Join(t.TempDir(), "slagate.db"), Workers: 2, SweepInterval: time.Hour,
		Retention: time.Hour, ClosedRetention: time.Hour, ContentPerMinute: 80, LogLevel: zerolog.TraceLevel,
	}
	service, err := New(t.Context(), cfg, zerolog.New(cfg.Redacted(seen)).Level(cfg.LogLevel))
	require.NoError(t, err)
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- service.Run(ctx) }()
	<-asked
	require.Eventually(t, func() bool { return strings.Contains(seen.String(), "slagate is running") }, 20*time.Second, 5*time.Millisecond)

	request := func(address, method, path, body string) {
		req, err := http.NewRequestWithContext(t.Context(), method, "http://"+address+path, strings.NewReader(body))
		require.NoError(t, err)
		for _, name := range []string{"X-GitHub-Event", "X-GitHub-Delivery", "User-Agent", "Authorization"} {
			req.Header.Set(name, "Bearer "+longToken)
		}
		req.Header.Set("X-Hub-Signature-256", "sha256="+strings.Repeat("ab", 32))
		resp, err := http.DefaultClient.Do(req)
		require.NoError(t, err)
		_, err = io.Copy(seen, resp.Body)
		require.NoError(t, err)
		require.NoError(t, resp.Body.Close())
	}
	for _, address := range []string{service.Addr(), service.admin.socket.Addr().String()} {
		request(address, http.MethodPost, hookPath, `{"token":"`+longToken+`"}`)
		request(address, http.MethodGet, hookPath+"?secret="+url.QueryEscape(webhookSecret), "")
		for _, path := range []string{"/healthz", "/readyz", "/metrics", "/" + personalToken} {
			request(address, http.MethodGet, path, "")
		}
	}
	service.log.Error().Str("url", "postgres://me:"+dbPassword+"@db").Msg("a bug " + webhookSecret)
	stop()
	require.NoError(t, <-ended)
	require.Contains(t, seen.String(), "delivery refused")
	require.Contains(t, seen.String(), "github does not tell who this app is")
	require.Contains(t, seen.String(), "slagate_deliveries_total")
	noneOf(t, seen.String(), key)
}

func errorOf(key []byte) string { return fmt.Sprintf("signing with %s and %s", key, personalToken) }

// A service that cannot start says why, without the password.
func TestThreat_T31_NoSecretsWhenItCannotStart(t *testing.T) {
	t.Parallel()
	key := testKey(t)
	for name, database := range map[string]string{
		"nobody there":   "postgres://me:" + url.QueryEscape(dbPassword) + "@127.0.0.1:1/slagate?connect_timeout=1",
		"no such option": "postgres://me:" + url.QueryEscape(dbPassword) + "@127.0.0.1:1/slagate?sslmode=perhaps",
		"not an address": "postgres://me:" + dbPassword + "%zz@127.0.0.1:port/slagate",
		"no such folder": filepath.Join(t.TempDir(), "none", "slagate.db"),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var lines pages
			cfg := Config{
				V3URL: "http://127.0.0.1:1/", V4URL: "http://127.0.0.1:1/graphql", AppID: 7, Secrets: []string{webhookSecret}, PrivateKey: key,
				Listen: "127.0.0.1:0", Database: database, Workers: 2, SweepInterval: time.Hour, Retention: time.Hour, ClosedRetention: time.Hour,
			}
			_, err := New(t.Context(), cfg, zerolog.New(cfg.Redacted(&lines)))
			require.ErrorContains(t, err, "SLAGATE_DATABASE_URL")
			noneOf(t, err.Error()+lines.String(), key)
			require.NotContains(t, err.Error()+lines.String(), "tr0ub4dor")
		})
	}
	_, err := LoadConfig("", []string{
		"GITHUB_APP_INTEGRATION_ID=" + longToken, "GITHUB_APP_WEBHOOK_SECRET=" + webhookSecret, "GITHUB_APP_PRIVATE_KEY=" + string(key),
		"SLAGATE_DATABASE_URL=mysql://me:" + dbPassword + "@db/x", "SLAGATE_PUBLIC_URL=ftp://me:" + url.QueryEscape(dbPassword) + "@host/",
		"SLAGATE_LISTEN=" + webhookSecret, "OTEL_EXPORTER_OTLP_ENDPOINT=ftp://me:" + url.QueryEscape(dbPassword) + "@host",
	})
	require.Error(t, err)
	noneOf(t, err.Error(), key)
	require.NotContains(t, err.Error(), "tr0ub4dor")
}

func TestThreat_T31_ErrorsOfTheStart(t *testing.T) {
	t.Parallel()
	_, err := New(t.Context(), Config{
		V3URL: "http://127.0.0.1:1/", V4URL: "http://127.0.0.1:1/graphql", AppID: 7, Secrets: []string{webhookSecret}, PrivateKey: testKey(t),
		Listen: "127.0.0.1:" + longToken, Database: filepath.Join(t.TempDir(), "slagate.db"), Workers: 1,
		SweepInterval: time.Hour, Retention: time.Hour, ClosedRetention: time.Hour,
	}, zerolog.Nop())
	require.ErrorContains(t, err, "SLAGATE_LISTEN")
	noneOf(t, err.Error(), nil)
	r := Config{Database: "postgres://me:" + url.QueryEscape(dbPassword) + "@db/x?sslpassword=another-one"}.redactor()
	require.Equal(t, "pq: [redacted] and [redacted]", r.Text("pq: "+dbPassword+" and another-one"))
}

// Without a secret anybody could send events.
func TestThreat_T31_RefusesToStartWithoutASecret(t *testing.T) {
	t.Parallel()
	for _, secret := range []string{"", "   ", "\t\n"} {
		_, err := LoadConfig("", []string{"GITHUB_APP_INTEGRATION_ID=7", "GITHUB_APP_PRIVATE_KEY=PEM", "GITHUB_APP_WEBHOOK_SECRET=" + secret})
		require.ErrorContains(t, err, "GITHUB_APP_WEBHOOK_SECRET")
	}
	_, err := New(t.Context(), Config{
		AppID: 7, PrivateKey: testKey(t), Listen: "127.0.0.1:0", Database: filepath.Join(t.TempDir(), "slagate.db"), Workers: 1,
		SweepInterval: time.Hour, Retention: time.Hour, ClosedRetention: time.Hour,
	}, zerolog.Nop())
	require.ErrorContains(t, err, "no webhook secret")
}

func TestShortSecretsAreWarnedOf(t *testing.T) {
	t.Parallel()
	var lines pages
	Config{Secrets: []string{webhookSecret, "hunter2"}}.warnOfShort(zerolog.New(&lines))
	require.Equal(t, 1, strings.Count(lines.String(), "\n"))
	require.Contains(t, lines.String(), `"secret":2`)
	require.NotContains(t, lines.String(), "hunter2")
}
