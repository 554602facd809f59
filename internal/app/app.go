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

	"github.com/slagate/slagate/internal/controller"
	"github.com/slagate/slagate/internal/ghapp"
	"github.com/slagate/slagate/internal/job"
	"github.com/slagate/slagate/internal/webhook"
)

// stopTimeout bounds a graceful stop; workers give up their jobs after three seconds of it.
const stopTimeout = 10 * time.Second

// App is the service, built but not running.
type App struct {
	cfg     Config
	log     zerolog.Logger
	metrics *metrics
	store   database
	github  *gitHub
	runner  *job.Runner
	server  *http.Server
	socket  net.Listener
	admin   *admin
	tracing *tracing
	working atomic.Bool
}

// New builds the service and takes its socket: from here on GitHub may knock,
// and is answered once Run runs.
func New(ctx context.Context, cfg Config, log zerolog.Logger) (*App, error) {
	a := &App{cfg: cfg, log: log, metrics: newMetrics()}
	if err := a.build(ctx); err != nil {
		return nil, cfg.redactor().Error(errors.Join(err, a.close()))
	}
	return a, nil
}

// now is the one clock of the service; everything else is given it.
func now() time.Time { return time.Now() } //nolint:forbidigo // the one place that reads the clock

func (a *App) build(ctx context.Context) (err error) {
	a.cfg.warnOfShort(a.log)
	if a.tracing, err = newTracing(ctx, a.cfg.Traces, a.cfg.redactor(), a.log); err != nil {
		return err
	}
	creator, err := ghapp.NewCreator(ghapp.Config{
		V3URL: a.cfg.V3URL, V4URL: a.cfg.V4URL, AppID: a.cfg.AppID, Key: a.cfg.PrivateKey, UserAgent: "slagate",
		ContentPerMinute: a.cfg.ContentPerMinute,
		Now:              now, Log: a.log, Registerer: a.metrics.registry, Around: a.tracing.around,
	})
	if err != nil {
		return fmt.Errorf("GitHub client: %w", err)
	}
	a.github = newGitHub(creator)
	queue, err := a.openStore(ctx)
	if err != nil {
		return fmt.Errorf("SLAGATE_DATABASE_URL: %w", err)
	}
	c := controller.New(controller.Config{
		GitHub: a.github, Listing: a.github, Commits: a.github, Pulls: a.store, Heads: a.store, Repos: a.store, Shelf: a.store, Queue: a.store,
		Groups: a.store, Deliveries: a.github, Asked: a.store, Observer: a.metrics, WebURL: a.cfg.WebURL, Now: now,
	})
	a.runner, err = job.New(job.Config{
		Store: a.store, Queue: queue, Workers: a.cfg.Workers, SweepInterval: a.cfg.SweepInterval,
		Retention: a.cfg.Retention, ClosedRetention: a.cfg.ClosedRetention, Now: now, Log: a.log,
		Handlers: a.handlers(c),
	})
	if err != nil {
		return err
	}
	hook, err := webhook.Handler(webhook.Config{
		Secrets: a.cfg.Secrets, AppID: a.cfg.AppID, Inbox: a.tracing.inbox(a.store), Bot: a.bot, Now: now, Log: a.log,
		Observe: a.metrics.delivered, Explain: trouble,
	})
	if err != nil {
		return err
	}
	a.metrics.registry.MustRegister(newBacklog(a.store, now, a.log, a.metrics.scrapes))
	return a.listen(ctx, hook)
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
	served := a.serve()
	a.log.Info().Str("address", a.Addr()).Msg("slagate is running")
	var err error
	select {
	case <-ctx.Done():
	case err = <-served:
	}
	return a.cfg.redactor().Error(errors.Join(err, a.stop(ctx)))
}

func (a *App) stop(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopTimeout)
	defer cancel()
	a.working.Store(false)
	err := a.server.Shutdown(ctx)
	err = errors.Join(err, a.runner.Stop(ctx), a.tracing.close(ctx), a.close())
	a.log.Info().Msg("slagate has stopped")
	return err
}

func (a *App) close() error {
	errs := []error{a.admin.close()}
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
