package ghapp

import (
	"net"
	"net/http"
	"time"
)

// The bounds of a connection. The whole of an attempt is bounded by the wire; these make
// that a step which hangs is given up early enough for an error that names it.
const (
	dialTimeout      = 5 * time.Second
	handshakeTimeout = 5 * time.Second
	keepAlive        = 30 * time.Second
	idleTimeout      = 90 * time.Second
	// All requests share few connections over HTTP/2. One whose other end is gone is
	// noticed by a ping after this silence, else every request on it would run into its time-out.
	pingAfter   = 15 * time.Second
	pingTimeout = 5 * time.Second
	// idleConnections is how many connections to GitHub stay open. Over HTTP/2 one serves all;
	// behind a proxy that speaks HTTP/1.1, net/http's two would be made anew all the time.
	idleConnections = 64
	// headerLimit bounds an answer's headers; GitHub's are a few KB.
	headerLimit = 1 << 20
)

// newTransport makes the transport for requests of so much time each.
func newTransport(attempt time.Duration) *http.Transport {
	dialer := &net.Dialer{Timeout: min(dialTimeout, attempt), KeepAlive: keepAlive}
	return &http.Transport{
		Proxy:                  http.ProxyFromEnvironment,
		DialContext:            dialer.DialContext,
		TLSHandshakeTimeout:    min(handshakeTimeout, attempt),
		ResponseHeaderTimeout:  attempt,
		ExpectContinueTimeout:  time.Second,
		IdleConnTimeout:        idleTimeout,
		MaxIdleConns:           2 * idleConnections,
		MaxIdleConnsPerHost:    idleConnections,
		MaxResponseHeaderBytes: headerLimit,
		ForceAttemptHTTP2:      true,
		HTTP2:                  &http.HTTP2Config{SendPingTimeout: pingAfter, PingTimeout: pingTimeout},
	}
}

// newWire makes the wire that a configuration asks for.
func newWire(cfg Config, m *metrics, onSkew func(time.Duration)) *wire {
	timeout := cfg.Timeout
	if timeout == 0 {
		timeout = attemptTimeout
	}
	base := cfg.Transport
	if base == nil {
		base = newTransport(timeout)
	}
	if cfg.Around != nil {
		base = cfg.Around(base)
	}
	return &wire{base: base, userAgent: cfg.UserAgent, timeout: timeout, metrics: m, now: cfg.Now, onSkew: onSkew}
}
