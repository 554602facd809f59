package ghapp

import (
	"context"
	"net"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestStalledServersAreGivenUp(t *testing.T) {
	t.Parallel()
	patience := 50 * time.Millisecond
	stall := func(w http.ResponseWriter, r *http.Request) {
		if f, ok := w.(http.Flusher); ok && r.URL.Query().Get("headers") != "" {
			w.WriteHeader(http.StatusOK)
			f.Flush()
		}
		<-r.Context().Done()
	}
	for _, query := range []string{"", "?headers=1"} { // before its answer, and in the middle of it
		f := newFake(t)
		f.handle(commitRoute, stall)
		cfg := f.config()
		cfg.Timeout = patience
		c, err := NewCreator(cfg)
		require.NoError(t, err)
		inst, err := c.installation(1)
		require.NoError(t, err)
		began := time.Now()
		err = inst.get(t.Context(), "repos/acme/shop/commits/main"+query, nil)
		require.Error(t, err)
		require.Less(t, time.Since(began), 5*time.Second)
		require.GreaterOrEqual(t, time.Since(began), patience)
		require.Len(t, f.requests(), 1, "a time-out is not tried again")
	}
}

// TestServersThatDoNotSpeakTLS: the connection stands, and nobody answers on it.
func TestServersThatDoNotSpeakTLS(t *testing.T) {
	t.Parallel()
	silent, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, silent.Close()) })
	tr := newTransport(50 * time.Millisecond)
	t.Cleanup(tr.CloseIdleConnections)
	req, err := http.NewRequestWithContext(context.WithoutCancel(t.Context()), http.MethodGet, "https://"+silent.Addr().String()+"/", http.NoBody)
	require.NoError(t, err)
	_, err = tr.RoundTrip(req) //nolint:bodyclose // there is no response
	require.ErrorContains(t, err, "TLS handshake timeout")
}

func TestBoundsOfTheTransport(t *testing.T) {
	t.Parallel()
	tr := newTransport(30 * time.Second)
	require.Equal(t, 30*time.Second, tr.ResponseHeaderTimeout)
	require.Equal(t, handshakeTimeout, tr.TLSHandshakeTimeout)
	require.Positive(t, tr.IdleConnTimeout)
	require.Equal(t, pingAfter, tr.HTTP2.SendPingTimeout, "a dead connection is noticed")

	f := newFake(t)
	require.Equal(t, attemptTimeout, f.creator().wire.timeout)
	cfg := f.config()
	cfg.Timeout = -1
	_, err := NewCreator(cfg)
	require.ErrorContains(t, err, "negative")
}
