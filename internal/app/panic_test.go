package app

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/trace"
	"go.opentelemetry.io/otel/trace/noop"
)

// bomb is a tracer that panics with an error where work begins: a job, or the answer to a delivery.
type bomb struct {
	noop.Tracer
	err error
}

func (b bomb) Start(ctx context.Context, name string, opts ...trace.SpanStartOption) (context.Context, trace.Span) {
	if strings.HasPrefix(name, "github ") {
		return b.Tracer.Start(ctx, name, opts...)
	}
	panic(b.err)
}

// A bug in the workers and one in the answer to a delivery, whose panics hold every secret there is.
func TestThreat_T31_NoSecretsWhenItPanics(t *testing.T) {
	t.Parallel()
	asked := make(chan struct{}, 1)
	github, key, seen := tellingGitHub(t, asked), testKey(t), &pages{}
	cfg := Config{
		WebURL: github.URL, V3URL: "http://127.0.0.1:1/", V4URL: "http://127.0.0.1:1/graphql", AppID: 7, Secrets: []string{webhookSecret}, PrivateKey: key,
		Listen: "127.0.0.1:0", Database: filepath.Join(t.TempDir(), "slagate.db"), Workers: 2, SweepInterval: time.Hour, Retention: time.Hour,
		ClosedRetention: time.Hour, ContentPerMinute: 80, LogLevel: zerolog.TraceLevel, Traces: Traces{Endpoint: github.URL + "/v1/traces", Ratio: 1},
	}
	service, err := New(t.Context(), cfg, zerolog.New(cfg.Redacted(seen)).Level(cfg.LogLevel))
	require.NoError(t, err)
	service.tracing.tracer = bomb{err: errors.New("bug with " + errorOf(key) + ", " + webhookSecret + ", " + longToken)}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- service.Run(ctx) }()
	require.Eventually(t, func() bool { return strings.Contains(seen.String(), "job panicked") }, 20*time.Second, 5*time.Millisecond)

	body := `{"action":"opened","number":1,"installation":{"id":7},"pull_request":{"number":1,"head":{"sha":"abc"},"base":{"ref":"main"}},` +
		`"repository":{"id":400,"name":"shop","owner":{"id":40,"login":"acme"}},"sender":{"login":"ana","id":1,"type":"User"}}`
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+service.Addr()+hookPath, strings.NewReader(body))
	require.NoError(t, err)
	mac := hmac.New(sha256.New, []byte(webhookSecret))
	_, err = mac.Write([]byte(body))
	require.NoError(t, err)
	for name, value := range map[string]string{
		"X-GitHub-Event": "pull_request", "X-GitHub-Delivery": "g1", "Content-Type": "application/json",
		"X-GitHub-Hook-Installation-Target-ID": "7", "X-Hub-Signature-256": "sha256=" + hex.EncodeToString(mac.Sum(nil)),
	} {
		req.Header.Set(name, value)
	}
	resp, err := http.DefaultClient.Do(req)
	require.NoError(t, err)
	require.NoError(t, resp.Body.Close())
	require.Equal(t, http.StatusInternalServerError, resp.StatusCode)
	stop()
	require.NoError(t, <-ended)
	require.Contains(t, seen.String(), "request panicked")
	require.Contains(t, seen.String(), `"panic":"bug with signing with [redacted]`)
	require.Contains(t, seen.String(), "panic_test.go", "where it was")
	noneOf(t, seen.String(), key)
}
