package app

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"
	"modernc.org/sqlite"
)

// pipes is a listener over pipes, so that connections can be tried in a bubble of time.
type pipes struct {
	conns chan net.Conn
	done  chan struct{}
	once  sync.Once
}

func newPipes() *pipes { return &pipes{conns: make(chan net.Conn), done: make(chan struct{})} }

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.conns:
		return c, nil
	case <-p.done:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Close() error { p.once.Do(func() { close(p.done) }); return nil }

func (p *pipes) Addr() net.Addr { return &net.UnixAddr{Name: "pipe"} }

// dial is a client's end.
func (p *pipes) dial() net.Conn {
	client, server := net.Pipe()
	p.conns <- server
	return client
}

// serving runs the service's server over pipes with room for so many connections.
func serving(t *testing.T, room int, h http.HandlerFunc) *pipes {
	t.Helper()
	p := newPipes()
	c := newCrowd(p, room, time.Now)
	server := newServer(h, zerolog.Nop())
	server.ConnState = c.watch
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(c) }()
	t.Cleanup(func() {
		require.NoError(t, server.Close())
		require.ErrorIs(t, <-ended, http.ErrServerClosed)
	})
	return p
}

func ok(w http.ResponseWriter, r *http.Request) {
	if _, err := io.Copy(io.Discard, r.Body); err != nil {
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

const whole = "GET / HTTP/1.1\r\nHost: slagate\r\n\r\n"

// ask sends a request and reads the status of the answer, "" if there is none.
func ask(conn net.Conn, request string) string {
	if _, err := io.WriteString(conn, request); err != nil {
		return ""
	}
	resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil || resp.Body.Close() != nil {
		return ""
	}
	return resp.Status[:3]
}

// closedAfter is how long the server leaves a connection open that says no more.
func closedAfter(t *testing.T, conn net.Conn) time.Duration {
	t.Helper()
	began := time.Now()
	_, err := io.Copy(io.Discard, conn)
	require.NoError(t, err)
	return time.Since(began)
}

func TestThreat_T19_SlowConnectionsEnd(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		says string
		most time.Duration
	}{
		"nothing":          {"", headerTimeout},
		"half a line":      {"POST /api/git", headerTimeout},
		"half the headers": {"POST / HTTP/1.1\r\nHost: slagate\r\n", headerTimeout},
		"half the body":    {"POST / HTTP/1.1\r\nHost: slagate\r\nContent-Length: 100\r\n\r\nhalf", readTimeout},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				conn := serving(t, 10, ok).dial()
				_, err := io.WriteString(conn, tt.says)
				require.NoError(t, err)
				require.LessOrEqual(t, closedAfter(t, conn), tt.most+time.Second)
			})
		})
	}
	t.Run("a letter a second", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			conn := serving(t, 10, ok).dial()
			go func() { _, _ = io.Copy(io.Discard, conn) }() // takes what it is answered
			tick, began := time.NewTicker(time.Second), time.Now()
			defer tick.Stop()
			for _, letter := range strings.Repeat("x", 1000) {
				if _, err := io.WriteString(conn, string(letter)); err != nil {
					break
				}
				<-tick.C
			}
			require.LessOrEqual(t, time.Since(began), headerTimeout+2*time.Second)
		})
	})
	t.Run("idle", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			conn := serving(t, 10, ok).dial()
			require.Equal(t, "204", ask(conn, whole))
			require.LessOrEqual(t, closedAfter(t, conn), idleTimeout+time.Second)
		})
	})
	t.Run("an answer nobody reads", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			done := make(chan time.Duration, 1)
			conn := serving(t, 10, func(w http.ResponseWriter, _ *http.Request) {
				began := time.Now()
				_, err := w.Write(make([]byte, 1<<20))
				done <- time.Since(began)
				if err != nil {
					return
				}
			}).dial()
			_, err := io.WriteString(conn, whole)
			require.NoError(t, err)
			require.LessOrEqual(t, <-done, writeTimeout+time.Second)
		})
	})
}

// Connections that say nothing shut themselves out, not those that come after.
func TestThreat_T19_ACrowdIsServed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const room = 8
		p := serving(t, room, ok)
		silent := make([]net.Conn, 3*room)
		for i := range silent {
			silent[i] = p.dial()
			<-time.After(time.Millisecond) // so that one is the longest silent
		}
		require.Zero(t, closedAfter(t, silent[2*room-1]), "the longest silent are the first to go")
		began := time.Now()
		require.NotZero(t, closedAfter(t, silent[2*room]), "the others have their time")
		require.LessOrEqual(t, time.Since(began), headerTimeout+time.Second)
		for range 3 * room {
			silent = append(silent, p.dial())
			<-time.After(time.Millisecond)
		}
		began = time.Now()
		for range 3 * room {
			conn := p.dial()
			require.Equal(t, "204", ask(conn, whole))
			<-time.After(time.Millisecond)
		}
		require.Less(t, time.Since(began), time.Second, "nobody waited for a time-out")
	})
}

// Where all connections are in the middle of a request, the next waits and is served then.
func TestThreat_T19_FullOfRequests(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		p := serving(t, 2, func(w http.ResponseWriter, _ *http.Request) {
			<-release
			w.WriteHeader(http.StatusNoContent)
		})
		statuses := make(chan string, 3)
		for range 3 {
			conn := p.dial()
			go func() { statuses <- ask(conn, whole) }()
			synctest.Wait()
		}
		require.Empty(t, statuses)
		close(release)
		for range 3 {
			require.Equal(t, "204", <-statuses)
		}
	})
}

func TestCrowdEndsWhileSomebodyWaits(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := newPipes()
		c := newCrowd(p, 1, time.Now)
		go p.dial()
		first, err := c.Accept()
		require.NoError(t, err)
		c.watch(first, http.StateActive)
		ended := make(chan error, 1)
		go p.dial()
		go func() { _, err := c.Accept(); ended <- err }()
		synctest.Wait()
		require.Empty(t, ended)
		require.NoError(t, c.Close())
		require.ErrorIs(t, <-ended, net.ErrClosed)
	})
}

func TestHeadersAreBounded(t *testing.T) {
	t.Parallel()
	server := httptest.NewUnstartedServer(http.HandlerFunc(ok))
	server.Config = newServer(http.HandlerFunc(ok), zerolog.Nop())
	server.Start()
	defer server.Close()
	for size, want := range map[int]int{maxHeader / 2: http.StatusNoContent, 2 * maxHeader: http.StatusRequestHeaderFieldsTooLarge} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL, nil)
		require.NoError(t, err)
		req.Header.Set("X-Padding", strings.Repeat("x", size))
		resp, err := server.Client().Do(req)
		require.NoError(t, err)
		require.NoError(t, resp.Body.Close())
		require.Equal(t, want, resp.StatusCode)
		require.Empty(t, resp.Header.Get("Server"), "it does not say what it is")
	}
}

func TestPanicIsAnswered(t *testing.T) {
	t.Parallel()
	var line bytes.Buffer
	h := recovered(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic("hidden ghs_secret1234") }), zerolog.New(&line))
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/x", nil))
	require.Equal(t, http.StatusInternalServerError, w.Code)
	require.Equal(t, "internal server error\n", w.Body.String())
	require.Contains(t, line.String(), "request panicked")
	require.Contains(t, line.String(), "http_test.go", "where it was")
	require.PanicsWithError(t, http.ErrAbortHandler.Error(), func() {
		recovered(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }), zerolog.Nop()).ServeHTTP(w, nil)
	})
}

func TestAdminListener(t *testing.T) {
	t.Parallel()
	a := &App{metrics: newMetrics()}
	none, err := listenAdmin(t.Context(), "", newServer(a.adminRoutes(), a.log))
	require.NoError(t, err)
	require.NoError(t, none.close())
	_, err = listenAdmin(t.Context(), "256.0.0.1:1", newServer(a.adminRoutes(), a.log))
	require.ErrorContains(t, err, "SLAGATE_ADMIN_LISTEN")
	unused, err := listenAdmin(t.Context(), "127.0.0.1:0", newServer(a.adminRoutes(), a.log))
	require.NoError(t, err)
	require.NoError(t, unused.close())

	get := func(h http.Handler, path string) int {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
		return w.Code
	}
	public := a.routes(http.NotFoundHandler())
	for _, path := range []string{"/debug/pprof/", "/debug/pprof/heap", "/debug/pprof/cmdline", "/debug/pprof/symbol"} {
		require.Equal(t, 200, get(a.adminRoutes(), path), path)
		require.Equal(t, 404, get(public, path), path)
	}
	for _, path := range []string{"/healthz", "/metrics"} {
		require.Equal(t, 200, get(a.adminRoutes(), path), path)
		require.Equal(t, 200, get(public, path), path)
	}
	require.Equal(t, 503, get(a.adminRoutes(), "/readyz"), "no workers run")
	require.Equal(t, 404, get(a.adminRoutes(), "/api/github/hook"), "deliveries come by the other door")
}

type coded struct{ code int }

func (coded) Error() string { return "sqlite" }
func (c coded) Code() int   { return c.code }

type stated struct{ state string }

func (stated) Error() string      { return "postgres" }
func (s stated) SQLState() string { return s.state }

// The engines' errors do have the codes that trouble looks for.
var (
	_ interface{ Code() int }        = (*sqlite.Error)(nil)
	_ interface{ SQLState() string } = (*pgconn.PgError)(nil)
)

func TestTrouble(t *testing.T) {
	t.Parallel()
	for want, list := range map[string][]error{
		"the disk of the database is full":                {coded{13}, stated{"53100"}},
		"the database is read-only":                       {coded{8}, coded{8 | 1<<8}},
		"the database is read-only: a standby, or set so": {stated{"25006"}},
		"the database is starting or stopping":            {stated{"57P03"}},
		"the database was shut down":                      {stated{"57P01"}},
		"the database refuses user or password":           {stated{"28P01"}},
		"the database has no connection left":             {stated{"53300"}},
		"the database cannot be reached":                  {&net.OpError{Op: "dial", Err: errors.New("refused")}, stated{"08006"}},
		"the database does not answer in time":            {context.DeadlineExceeded},
		"the database takes no write":                     {errors.New("secret words"), stated{"XX000"}, coded{1}},
		"the database file is damaged":                    {coded{11}},
		"the disk of the database fails":                  {coded{10 | 12<<8}},
		"the database is busy":                            {coded{5}},
		"the database file cannot be opened":              {coded{14}},
		"the database is out of memory":                   {stated{"53200"}},
		"there is no database of that name":               {stated{"3D000"}},
		"the database user may not do this":               {stated{"42501"}},
	} {
		for _, err := range list {
			require.Equal(t, want, trouble(errors.Join(errors.New("keep delivery"), err)))
		}
	}
}
