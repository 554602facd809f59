package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"runtime/debug"
	"time"

	"github.com/prometheus/client_golang/prometheus/promhttp"
	"github.com/rs/zerolog"
)

// The bounds of every connection: a slow or silent client holds nothing for long.
const (
	headerTimeout = 5 * time.Second
	readTimeout   = 30 * time.Second
	writeTimeout  = 30 * time.Second
	// idleTimeout is how long a connection is kept for a next request. It is longer than
	// the 60 s after which common proxies close theirs, so that they do not send into a closing one.
	idleTimeout = 75 * time.Second
	maxHeader   = 32 << 10
	// connections bounds the open ones.
	connections  = 4096
	readyTimeout = 2 * time.Second
	// scrapesAtOnce and pageTimeout bound what /metrics costs, whoever asks for it.
	scrapesAtOnce = 4
	pageTimeout   = 8 * time.Second
)

// listen takes the sockets.
func (a *App) listen(ctx context.Context, hook http.Handler) error {
	var lc net.ListenConfig
	socket, err := lc.Listen(ctx, "tcp", a.cfg.Listen)
	if err != nil {
		return fmt.Errorf("SLAGATE_LISTEN: %w", err)
	}
	crowd := newCrowd(socket, connections, now)
	a.socket, a.server = crowd, newServer(a.routes(hook), a.log)
	a.server.ConnState = crowd.watch
	a.admin, err = listenAdmin(ctx, a.cfg.AdminListen, newServer(a.adminRoutes(), a.log))
	return err
}

// serve answers on both sockets. The channel tells of the first one that ends.
func (a *App) serve() <-chan error {
	served := make(chan error, 2)
	go func() { served <- fmt.Errorf("serve: %w", a.server.Serve(a.socket)) }()
	if a.admin.server != nil {
		a.log.Info().Stringer("address", a.admin.socket.Addr()).Msg("admin listener is running")
		go func() { served <- fmt.Errorf("serve admin: %w", a.admin.server.Serve(a.admin.socket)) }()
	}
	return served
}

// routes are the service's addresses (product.md section 6).
func (a *App) routes(hook http.Handler) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/api/github/hook", hook)
	a.ownPages(mux)
	return mux
}

// ownPages are those about the service itself.
func (a *App) ownPages(mux *http.ServeMux) {
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { a.answer(w, http.StatusOK, "alive\n") })
	mux.HandleFunc("GET /readyz", a.ready)
	mux.Handle("GET /metrics", promhttp.HandlerFor(a.metrics.registry, promhttp.HandlerOpts{
		ErrorHandling: promhttp.ContinueOnError, MaxRequestsInFlight: scrapesAtOnce, Timeout: pageTimeout,
	}))
}

// ready answers 200 when the store takes a write and the workers run. Whether
// GitHub answers is said in the body only: restarting slagate would not mend it.
func (a *App) ready(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), readyTimeout)
	defer cancel()
	if !a.working.Load() {
		a.answer(w, http.StatusServiceUnavailable, "workers: not running\n")
		return
	}
	if err := a.store.Ready(ctx); err != nil {
		why := trouble(err)
		a.log.Error().Err(err).Str("why", why).Msg("store takes no write")
		a.answer(w, http.StatusServiceUnavailable, "store: takes no write: "+why+"\n")
		return
	}
	github := "answers"
	if a.bot() == "" {
		github = "has not answered yet"
	}
	a.answer(w, http.StatusOK, fmt.Sprintf("store: takes writes\nworkers: running\ngithub: %s\n", github))
}

func (a *App) answer(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	if _, err := w.Write([]byte(text)); err != nil {
		a.log.Debug().Err(err).Msg("answer not taken")
	}
}

// newServer makes a server with the bounds above. What net/http has to say goes to
// the log like everything else.
func newServer(h http.Handler, log zerolog.Logger) *http.Server {
	return &http.Server{
		Handler: recovered(h, log), ReadHeaderTimeout: headerTimeout, ReadTimeout: readTimeout, WriteTimeout: writeTimeout, IdleTimeout: idleTimeout,
		MaxHeaderBytes: maxHeader, ErrorLog: slog.NewLogLogger(zerolog.NewSlogHandler(log), slog.LevelWarn),
	}
}

// recovered turns a panic into a 500 that says nothing and a line of the log.
func recovered(h http.Handler, log zerolog.Logger) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			v := recover()
			if v == nil {
				return
			}
			if err, ok := v.(error); ok && errors.Is(err, http.ErrAbortHandler) {
				panic(v) // net/http's own way to cut a connection, which it does not log
			}
			log.Error().Str("panic", fmt.Sprint(v)).Bytes("trace", debug.Stack()).Str("path", r.URL.Path).Msg("request panicked")
			http.Error(w, "internal server error", http.StatusInternalServerError)
		}()
		h.ServeHTTP(w, r)
	})
}
