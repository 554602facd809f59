package app

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// The bounds of every connection: a slow or silent client holds nothing for long.
const (
	headerTimeout = 5 * time.Second
	readTimeout   = 30 * time.Second
	writeTimeout  = 30 * time.Second
	idleTimeout   = 2 * time.Minute
	maxHeader     = 32 << 10
	// connections bounds the open ones; the next waits to be taken.
	connections  = 4096
	readyTimeout = 2 * time.Second
)

// routes are the service's addresses (product.md section 6).
func (a *App) routes(hook http.Handler) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/api/github/hook", hook)
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { a.answer(w, http.StatusOK, "alive\n") })
	mux.HandleFunc("GET /readyz", a.ready)
	mux.Handle("GET /metrics", promhttp.HandlerFor(a.metrics.registry, promhttp.HandlerOpts{}))
	return mux
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
		a.log.Error().Err(err).Msg("store takes no write")
		a.answer(w, http.StatusServiceUnavailable, "store: takes no write\n")
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

func newServer(h http.Handler) *http.Server {
	return &http.Server{
		Handler: h, ReadHeaderTimeout: headerTimeout, ReadTimeout: readTimeout, WriteTimeout: writeTimeout, IdleTimeout: idleTimeout,
		MaxHeaderBytes: maxHeader,
	}
}
