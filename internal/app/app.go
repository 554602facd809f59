package app

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/rs/zerolog"
	"golang.org/x/net/netutil"

	"github.com/slagate/slagate/internal/controller"
	"github.com/slagate/slagate/internal/ghapp"
	"github.com/slagate/slagate/internal/job"
	"github.com/slagate/slagate/internal/pull"
	"github.com/slagate/slagate/internal/store/sqlite"
	"github.com/slagate/slagate/internal/webhook"
)

const (
	// retention is how long deliveries, and the evidence of closed pull requests, are kept.
	retention = 30 * 24 * time.Hour
	// stopTimeout bounds a graceful stop; workers give up their jobs after three seconds of it.
	stopTimeout = 10 * time.Second
)

// App is the service, built but not running.
type App struct {
	cfg     Config
	log     zerolog.Logger
	metrics *metrics
	store   *sqlite.DB
	github  *gitHub
	runner  *job.Runner
	server  *http.Server
	socket  net.Listener
	working atomic.Bool
}

// New builds the service and takes its socket: from here on GitHub may knock,
// and is answered once Run runs.
func New(ctx context.Context, cfg Config, log zerolog.Logger) (*App, error) {
	a := &App{cfg: cfg, log: log, metrics: newMetrics()}
	if err := a.build(ctx); err != nil {
		return nil, errors.Join(err, a.close())
	}
	return a, nil
}

// now is the one clock of the service; everything else is given it.
func now() time.Time { return time.Now() } //nolint:forbidigo // the one place that reads the clock

func (a *App) build(ctx context.Context) error {
	creator, err := ghapp.NewCreator(ghapp.Config{
		V3URL: a.cfg.V3URL, V4URL: a.cfg.V4URL, AppID: a.cfg.AppID, Key: a.cfg.PrivateKey, UserAgent: "slagate",
		Now: now, Log: a.log, Registerer: a.metrics.registry,
	})
	if err != nil {
		return fmt.Errorf("GitHub client: %w", err)
	}
	a.github = newGitHub(creator)
	queue, err := job.NewQueue(now, a.log)
	if err != nil {
		return err
	}
	if a.store, err = sqlite.Open(ctx, a.cfg.Database, sqlite.Options{Now: now, Log: a.log, Queue: queue}); err != nil {
		return fmt.Errorf("SLAGATE_DATABASE_URL: %w", err)
	}
	c := controller.New(controller.Config{
		GitHub: a.github, Listing: a.github, Commits: a.github, Pulls: a.store, Repos: a.store, Shelf: a.store, Queue: a.store,
		Groups: a.store, Observer: a.metrics, WebURL: a.cfg.WebURL, Now: now,
	})
	a.runner, err = job.New(job.Config{
		Store: a.store, Queue: queue, Workers: a.cfg.Workers, SweepInterval: a.cfg.SweepInterval, Retention: retention, Now: now, Log: a.log,
		Handlers: job.Handlers{
			Evaluate: func(ctx context.Context, ref pull.Ref) (time.Duration, error) {
				return c.Process(a.log.WithContext(ctx), ref)
			},
			Fan: c.Fan, Group: c.Group,
			Sweep: func(ctx context.Context) error {
				err := c.Sweep(a.log.WithContext(ctx))
				a.metrics.swept(err)
				return err
			},
		},
	})
	if err != nil {
		return err
	}
	hook, err := webhook.Handler(webhook.Config{
		Secrets: a.cfg.Secrets, AppID: a.cfg.AppID, Inbox: a.store, Bot: a.bot, Now: now, Log: a.log, Observe: a.metrics.delivered,
	})
	if err != nil {
		return err
	}
	a.gauges(ctx)
	a.server = newServer(a.routes(hook))
	var lc net.ListenConfig
	if a.socket, err = lc.Listen(ctx, "tcp", a.cfg.Listen); err != nil {
		return fmt.Errorf("SLAGATE_LISTEN: %w", err)
	}
	a.socket = netutil.LimitListener(a.socket, connections)
	return nil
}

func (a *App) gauges(ctx context.Context) {
	ctx = context.WithoutCancel(ctx) // a scrape comes long after the start
	a.metrics.gauge("slagate_oldest_unevaluated_seconds", "Age of the oldest delivery whose pull request has not been evaluated since.",
		func() float64 {
			ctx, cancel := context.WithTimeout(ctx, readyTimeout)
			defer cancel()
			since, ok, err := a.store.OldestUnevaluated(ctx)
			if err != nil {
				return -1
			}
			if !ok {
				return 0
			}
			return now().Sub(since).Seconds()
		})
}

// Addr is the address that the service listens on.
func (a *App) Addr() string { return a.socket.Addr().String() }

// bot is the login of the app's own account, "" while GitHub has not told it.
func (a *App) bot() string { return a.github.slug() }

// Run serves until the context ends, then stops gracefully: no new deliveries,
// running evaluations end or go back to the queue.
func (a *App) Run(ctx context.Context) error {
	if err := a.github.introduce(ctx); err != nil {
		// Not a reason to refuse deliveries: they are kept, and judged when GitHub answers.
		a.log.Error().Err(err).Msg("github does not tell who this app is")
	}
	if err := a.runner.Start(a.log.WithContext(ctx)); err != nil {
		if ctx.Err() != nil {
			err = nil // told to stop before it had begun
		}
		return errors.Join(err, a.stop(ctx))
	}
	a.working.Store(true)
	served := make(chan error, 1)
	go func() { served <- a.server.Serve(a.socket) }()
	a.log.Info().Str("address", a.Addr()).Msg("slagate is running")
	var err error
	select {
	case <-ctx.Done():
	case err = <-served:
		err = fmt.Errorf("serve: %w", err)
	}
	return errors.Join(err, a.stop(ctx))
}

func (a *App) stop(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopTimeout)
	defer cancel()
	a.working.Store(false)
	err := a.server.Shutdown(ctx)
	err = errors.Join(err, a.runner.Stop(ctx), a.close())
	a.log.Info().Msg("slagate has stopped")
	return err
}

func (a *App) close() error {
	var errs []error
	if a.socket != nil {
		if err := a.socket.Close(); err != nil && !errors.Is(err, net.ErrClosed) {
			errs = append(errs, err)
		}
	}
	if a.store != nil {
		errs = append(errs, a.store.Close())
	}
	return errors.Join(errs...)
}
