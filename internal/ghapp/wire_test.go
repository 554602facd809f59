package ghapp

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/slagate/slagate/internal/plan"
)

func TestReadsAreRepeatedOnceAndWritesNever(t *testing.T) {
	t.Parallel()
	for _, status := range []int{http.StatusBadGateway, http.StatusServiceUnavailable} {
		f := newFake(t)
		f.status(commitRoute, status, "")
		f.status("POST /repos/acme/shop/issues/12/comments", status, "")
		f.status("POST /api/graphql", status, "")
		c := f.creator()
		require.Error(t, getCommit(t.Context(), t, c, 1))
		require.Len(t, f.requests(), 2)
		require.Error(t, askGraph(t.Context(), t, c))
		require.Len(t, f.requests(), 2, "a query is a read")
		_, err := NewWriter(c).Apply(t.Context(), ref, plan.Action{Kind: plan.CreateComment, Body: "x"})
		require.Error(t, err)
		require.Len(t, f.requests(), 1)
	}
}

func TestReadSucceedsAtTheSecondTry(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	calls := 0
	f.handle(commitRoute, func(w http.ResponseWriter, _ *http.Request) {
		if calls++; calls == 1 {
			panic(http.ErrAbortHandler) // the connection breaks
		}
		f.send(w, `{}`)
	})
	require.NoError(t, getCommit(t.Context(), t, f.creator(), 1))
	require.Equal(t, 2, calls)
}

func TestErrorsThatAreNotRepeated(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	f.status(commitRoute, http.StatusInternalServerError, "")
	require.Error(t, getCommit(t.Context(), t, f.creator(), 1))
	require.Len(t, f.requests(), 1)
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func TestAnswersAreBounded(t *testing.T) {
	t.Parallel()
	m, err := newMetrics(nil)
	require.NoError(t, err)
	calls := 0
	w := &wire{metrics: m, base: roundTripper(func(*http.Request) (*http.Response, error) {
		calls++
		endless := io.NopCloser(io.LimitReader(zeros{}, bodyLimit+10))
		return &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: endless}, nil
	})}
	_, err = w.RoundTrip(httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/x", nil)) //nolint:bodyclose // there is no response
	require.ErrorIs(t, err, errTooLarge)
	require.Equal(t, 1, calls)
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { return len(p), nil }

func TestErrorsOfTheTransportAreCleaned(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	cfg := f.config()
	cfg.Transport = roundTripper(func(r *http.Request) (*http.Response, error) {
		return nil, errors.Join(syscall.ECONNRESET, errors.New("sent "+r.Header.Get("Authorization")+" "+secretToken))
	})
	c, err := NewCreator(cfg)
	require.NoError(t, err)
	err = getCommit(t.Context(), t, c, 1)
	require.ErrorIs(t, err, syscall.ECONNRESET)
	require.NotContains(t, err.Error(), secretToken)
}

func TestRedirects(t *testing.T) {
	t.Parallel()
	elsewhere := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		t.Errorf("the token went to another host: %q", r.Header.Get("Authorization"))
	}))
	t.Cleanup(elsewhere.Close)
	f := newFake(t)
	f.reply("GET /repositories/100/commits/main", `{}`)
	c := f.creator()
	for _, status := range []int{301, 302, 307} {
		f.status(commitRoute, status, "", "Location", f.server.URL+"/api/v3/repositories/100/commits/main")
		require.NoError(t, getCommit(t.Context(), t, c, 1))
	}
	f.status(commitRoute, 301, "", "Location", elsewhere.URL+"/x")
	require.ErrorContains(t, getCommit(t.Context(), t, c, 1), "another host")

	f.requests()
	f.status("POST /repos/acme/shop/issues/12/comments", 301, "", "Location", f.server.URL+"/api/v3/other")
	_, err := NewWriter(c).Apply(t.Context(), ref, plan.Action{Kind: plan.CreateComment, Body: "x"})
	require.Error(t, err)
	require.Len(t, f.requests(), 1, "a write does not become a read elsewhere")

	f.status("POST /repos/acme/shop/issues/12/comments", 307, "", "Location", f.server.URL+"/api/v3/moved")
	f.handle("POST /moved", func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil || !strings.Contains(string(body), "hello") {
			t.Errorf("the body did not come along: %q %v", body, err)
		}
		w.WriteHeader(http.StatusCreated)
		f.send(w, `{"id":5}`)
	})
	result, err := NewWriter(c).Apply(t.Context(), ref, plan.Action{Kind: plan.CreateComment, Body: "hello"})
	require.NoError(t, err)
	require.Equal(t, int64(5), result.CommentID)
}
