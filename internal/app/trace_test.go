package app

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"
	collector "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	spans "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"

	"github.com/slagate/slagate/internal/pull"
	"github.com/slagate/slagate/internal/redact"
	"github.com/slagate/slagate/internal/store"
)

// receiver is a collector of spans.
type receiver struct {
	*httptest.Server
	mu   sync.Mutex
	got  []*spans.Span
	raw  bytes.Buffer
	deny bool
}

func newReceiver(t *testing.T) *receiver {
	t.Helper()
	r := &receiver{}
	r.Server = httptest.NewServer(r)
	t.Cleanup(r.Close)
	return r
}

func (r *receiver) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	r.mu.Lock()
	defer r.mu.Unlock()
	body, err := io.ReadAll(req.Body)
	var export collector.ExportTraceServiceRequest
	if err != nil || r.deny || req.URL.Path != "/v1/traces" || proto.Unmarshal(body, &export) != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	r.raw.Write(body)
	for _, of := range export.GetResourceSpans() {
		for _, scope := range of.GetScopeSpans() {
			r.got = append(r.got, scope.GetSpans()...)
		}
	}
}

func (r *receiver) named(t *testing.T, name string) *spans.Span {
	t.Helper()
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, s := range r.got {
		if s.GetName() == name {
			return s
		}
	}
	require.Fail(t, "no span", name)
	return nil
}

func value(s *spans.Span, key string) string {
	for _, a := range s.GetAttributes() {
		if a.GetKey() == key {
			return a.GetValue().GetStringValue()
		}
	}
	return ""
}

// kept is an inbox that keeps, or does not.
type kept struct{ err error }

func (k kept) Accept(context.Context, store.Delivery) (bool, error) { return k.err == nil, k.err }

type answering func(*http.Request) (*http.Response, error)

func (f answering) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func traced(t *testing.T, endpoint string, ratio float64) *tracing {
	t.Helper()
	tr, err := newTracing(t.Context(), Traces{Endpoint: endpoint, Ratio: ratio}, redact.New("hunter2-hunter2"), zerolog.Nop())
	require.NoError(t, err)
	return tr
}

var shop12 = pull.Ref{Installation: 7, RepoID: 400, Owner: "acme", Repo: "shop", Number: 12}

// answering12 is a turn to answer a delivery.
func answering12(guid string) store.Turn {
	return store.Turn{Ref: shop12, Gen: 1, No: 1, Delivery: guid}
}

func event(guid string) store.Delivery {
	return store.Delivery{GUID: guid, Event: "pull_request", Action: "labeled", Received: time.Now(), Pulls: []store.PullHint{{Ref: shop12, Head: "abc"}}}
}

// A delivery, its evaluation and what that asks of GitHub are one trace.
func TestTracesJoin(t *testing.T) {
	t.Parallel()
	r := newReceiver(t)
	tr := traced(t, r.URL+"/v1/traces", 1)
	in := tr.inbox(kept{})
	for _, guid := range []string{"g1", "g2"} {
		fresh, err := in.Accept(t.Context(), event(guid))
		require.NoError(t, err)
		require.True(t, fresh)
	}
	ctx, end := tr.evaluation(t.Context(), answering12("g2"))
	wire := tr.around(answering(func(req *http.Request) (*http.Response, error) {
		require.Empty(t, req.Header.Get("Traceparent"), "GitHub is not told")
		if req.Method == http.MethodPost {
			return nil, errors.New("reset, token was ghs_1234567890")
		}
		return &http.Response{StatusCode: http.StatusNotFound, Status: "404 Not Found", Body: http.NoBody}, nil
	}))
	for _, method := range []string{http.MethodGet, http.MethodPost} {
		req, err := http.NewRequestWithContext(ctx, method, "https://api.github.com/repos/acme/shop/pulls/12/files?token=hunter2-hunter2",
			strings.NewReader("the body"))
		require.NoError(t, err)
		resp, err := wire.RoundTrip(req)
		if method == http.MethodGet {
			require.NoError(t, err)
			require.NoError(t, resp.Body.Close())
		} else {
			require.Error(t, err)
		}
	}
	end(errors.New("failed with hunter2-hunter2"))
	_, end = tr.evaluation(t.Context(), answering12("")) // nothing arrived since
	end(nil)
	require.NoError(t, tr.close(t.Context()))

	require.Len(t, r.got, 6)
	evaluate, get, post := r.named(t, "evaluate"), r.named(t, "github GET"), r.named(t, "github POST")
	wantTrace, wantSpan := deliveryIDs("g2")
	require.Equal(t, wantTrace[:], evaluate.GetTraceId())
	require.Equal(t, wantSpan[:], evaluate.GetParentSpanId(), "below the delivery that came last")
	require.Equal(t, "g2", value(evaluate, "delivery"))
	for _, s := range []*spans.Span{get, post} {
		require.Equal(t, wantTrace[:], s.GetTraceId())
		require.Equal(t, evaluate.GetSpanId(), s.GetParentSpanId())
		require.Equal(t, "/repos/{}/{}/pulls/{}/files", value(s, "url.template"))
		require.Equal(t, spans.Status_STATUS_CODE_ERROR, s.GetStatus().GetCode())
	}
	delivery := r.named(t, "delivery")
	require.Empty(t, delivery.GetParentSpanId())
	require.Equal(t, "acme/shop", value(delivery, "repo"))
	require.Empty(t, r.got[5].GetParentSpanId(), "an evaluation of its own")
	for _, secret := range []string{"hunter2", "ghs_1234567890", "the body", "?token"} {
		require.NotContains(t, r.raw.String(), secret)
	}
	require.Contains(t, r.raw.String(), "slagate")
}

// What was not kept leads to nothing.
func TestTraceOfAFailedDelivery(t *testing.T) {
	t.Parallel()
	r := newReceiver(t)
	tr := traced(t, r.URL+"/v1/traces", 1)
	_, err := tr.inbox(kept{errors.New("disk full")}).Accept(t.Context(), event("g1"))
	require.ErrorContains(t, err, "disk full")
	_, end := tr.evaluation(t.Context(), answering12(""))
	end(nil)
	require.NoError(t, tr.close(t.Context()))
	require.Empty(t, r.named(t, "evaluate").GetParentSpanId())
	require.Equal(t, "disk full", r.named(t, "delivery").GetStatus().GetMessage())
}

// A delivery and its evaluation are kept both or neither.
func TestTracesAreSampledWhole(t *testing.T) {
	t.Parallel()
	r := newReceiver(t)
	tr := traced(t, r.URL+"/v1/traces", 0.5)
	const deliveries = 200
	for i := range deliveries {
		guid := strings.Repeat("g", i+1)
		_, err := tr.inbox(kept{}).Accept(t.Context(), event(guid))
		require.NoError(t, err)
		_, end := tr.evaluation(t.Context(), answering12(guid))
		end(nil)
	}
	require.NoError(t, tr.close(t.Context()))
	count := map[string]int{}
	for _, s := range r.got {
		count[string(s.GetTraceId())]++
	}
	require.Greater(t, len(count), deliveries/4)
	require.Less(t, len(count), deliveries*3/4)
	for _, n := range count {
		require.Equal(t, 2, n)
	}
}

func TestNoTracesAtNoCost(t *testing.T) {
	t.Parallel()
	none, err := newTracing(t.Context(), Traces{}, nil, zerolog.Nop())
	require.NoError(t, err)
	require.Nil(t, none)
	require.Equal(t, kept{}, none.inbox(kept{}))
	require.Same(t, http.DefaultTransport, none.around(http.DefaultTransport))
	ctx, end := none.evaluation(t.Context(), answering12("g1"))
	require.Equal(t, t.Context(), ctx)
	end(nil)
	require.NoError(t, none.close(t.Context()))
}

func TestSpansThatAreNotTakenAreLogged(t *testing.T) {
	t.Parallel()
	r := newReceiver(t)
	r.deny = true
	var lines bytes.Buffer
	tr, err := newTracing(t.Context(), Traces{Endpoint: r.URL + "/v1/traces", Ratio: 1}, redact.New(), zerolog.New(&lines))
	require.NoError(t, err)
	_, end := tr.evaluation(t.Context(), answering12(""))
	end(nil)
	require.NoError(t, tr.close(t.Context()))
	require.Contains(t, lines.String(), "spans not sent")
}

func TestTracesFrom(t *testing.T) {
	t.Parallel()
	const base, special = "OTEL_EXPORTER_OTLP_ENDPOINT=http://c:4318/", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT=https://c/x"
	for _, tt := range []struct {
		env  []string
		want Traces
		err  string
	}{
		{nil, Traces{}, ""},
		{[]string{"OTEL_TRACES_SAMPLER=nonsense"}, Traces{}, ""},
		{[]string{base}, Traces{Endpoint: "http://c:4318/v1/traces", Ratio: 1}, ""},
		{[]string{base, special}, Traces{Endpoint: "https://c/x", Ratio: 1}, ""},
		{[]string{base, "OTEL_SDK_DISABLED=true"}, Traces{}, ""},
		{[]string{base, "OTEL_TRACES_EXPORTER=none"}, Traces{}, ""},
		{[]string{base, "OTEL_TRACES_SAMPLER=parentbased_traceidratio", "OTEL_TRACES_SAMPLER_ARG=0.1"}, Traces{Endpoint: "http://c:4318/v1/traces", Ratio: 0.1}, ""},
		{
			[]string{base, "OTEL_EXPORTER_OTLP_HEADERS=api-key=a%20b,x=y", "OTEL_TRACES_SAMPLER=always_off"},
			Traces{Endpoint: "http://c:4318/v1/traces", Secrets: []string{"a%20b", "a b", "y", "y"}},
			"",
		},
		{[]string{base, "OTEL_EXPORTER_OTLP_PROTOCOL=grpc"}, Traces{}, "OTEL_EXPORTER_OTLP_PROTOCOL"},
		{[]string{base, "OTEL_TRACES_SAMPLER=coin"}, Traces{}, "OTEL_TRACES_SAMPLER:"},
		{[]string{base, "OTEL_TRACES_SAMPLER=traceidratio", "OTEL_TRACES_SAMPLER_ARG=2"}, Traces{}, "OTEL_TRACES_SAMPLER_ARG"},
		{[]string{"OTEL_EXPORTER_OTLP_ENDPOINT=c:4318"}, Traces{}, "OTEL_EXPORTER_OTLP_ENDPOINT"},
	} {
		got, err := tracesFrom(tt.env)
		if tt.err != "" {
			require.ErrorContains(t, err, tt.err)
			continue
		}
		require.NoError(t, err)
		require.Equal(t, tt.want, got)
	}
}

func TestTemplate(t *testing.T) {
	t.Parallel()
	for path, want := range map[string]string{
		"/graphql":                           "/graphql",
		"/api/v3/repos/pulls/issues/pulls/1": "/api/v3/repos/{}/{}/pulls/{}",
		"/repos/acme/shop/statuses/da39a3ee": "/repos/{}/{}/statuses/{}",
		"/repos/acme/shop/contents/a/b.yml":  "/repos/{}/{}/contents/{}/{}",
		"/app/installations/1/access_tokens": "/app/installations/{}/access_tokens",
	} {
		require.Equal(t, want, template(path))
	}
}
