package job

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"
	"github.com/rs/zerolog"

	"github.com/slagate/slagate/internal/store"
)

// A pull request is looked at once in sweepAfter tenths of the sweep interval, so that what no delivery
// told of is not only found but put right within the interval. A sweep is spread over spreadOver tenths of
// that time; the rest is for carrying out the last of it.
const (
	sweepAfter = 9
	spreadOver = 8
)

// period is the time between two sweeps.
func (c *Config) period() time.Duration { return c.SweepInterval * sweepAfter / 10 }

// redeliverable is for how long GitHub may list a failed delivery and deliver it again: three days, and
// some time for clocks. Until then it is kept that it was asked for, which is done once.
// https://docs.github.com/en/webhooks/testing-and-troubleshooting-webhooks/redelivering-webhooks
const redeliverable = 4 * 24 * time.Hour

func workers(cfg Config) *river.Workers {
	all := river.NewWorkers()
	river.AddWorker(all, &evaluateWorker{cfg: cfg, shares: newShares(cfg.Workers, cfg.Now)})
	river.AddWorker(all, &groupWorker{cfg: cfg})
	river.AddWorker(all, &wideWorker[Fan]{cfg: cfg, do: func(ctx context.Context, args Fan) error {
		return cfg.Handlers.Fan(ctx, args.Look)
	}})
	river.AddWorker(all, &wideWorker[Sweep]{cfg: cfg, do: func(ctx context.Context, args Sweep) error {
		var spread time.Duration
		if args.Spread {
			spread = cfg.period() * spreadOver / 10
		}
		return errors.Join(cfg.Store.EnqueueWaiting(ctx), cfg.Handlers.Sweep(ctx, spread))
	}})
	river.AddWorker(all, &wideWorker[Recover]{cfg: cfg, do: func(ctx context.Context, _ Recover) error {
		return cfg.Handlers.Recover(ctx)
	}})
	river.AddWorker(all, &wideWorker[Prune]{cfg: cfg, do: func(ctx context.Context, _ Prune) error {
		now := cfg.Now()
		n, err := cfg.Store.Prune(ctx, store.Keep{
			Deliveries: now.Add(-cfg.Retention), Redeliveries: now.Add(-max(cfg.Retention, redeliverable)), Closed: now.Add(-cfg.ClosedRetention),
		})
		if n > 0 {
			zerolog.Ctx(ctx).Info().Int64("rows", n).Msg("old rows deleted")
		}
		return err
	}})
	return all
}

type evaluateWorker struct {
	river.WorkerDefaults[Evaluate]
	cfg    Config
	shares *shares
}

// busyWait is when a pull request is tried again whose turn another worker has:
// one that River took for dead, or that was given the job twice.
const busyWait = 2 * time.Second

// Work evaluates the pull request once and settles what comes next.
func (w *evaluateWorker) Work(ctx context.Context, job *river.Job[Evaluate]) error {
	release, wait := w.shares.take(job.Args.RepoID)
	if release == nil {
		return river.JobSnooze(wait)
	}
	defer release()
	turn, done, found, err := w.cfg.Store.BeginPull(ctx, job.Args.RepoID, job.Args.Number)
	if errors.Is(err, store.ErrBusy) {
		return river.JobSnooze(busyWait)
	}
	if err != nil || !found {
		return err
	}
	defer done()
	fields := w.cfg.Log.With().Int64("job", job.ID).Str("kind", job.Kind).
		Str("repo", turn.Ref.Owner+"/"+turn.Ref.Repo).Int("pr", turn.Ref.Number)
	if turn.Delivery != "" {
		fields = fields.Str("delivery", turn.Delivery)
	}
	ctx = logged(ctx, fields)
	defer named(ctx)
	again, err := w.cfg.Handlers.Evaluate(ctx, turn, job.Priority >= prioCalm)
	if err != nil {
		return steer(ctx, fmt.Errorf("evaluate %s: %w", turn.Ref, err))
	}
	return w.cfg.Store.SettlePull(ctx, turn, func(tx store.Tx, moved bool) error {
		return finish(ctx, tx, w.cfg, job.JobRow, job.Args, moved, again)
	})
}

type groupWorker struct {
	river.WorkerDefaults[Group]
	cfg Config
}

// Work looks at the merge group once and settles what comes next.
func (w *groupWorker) Work(ctx context.Context, job *river.Job[Group]) error {
	group, gen, found, err := w.cfg.Store.BeginGroup(ctx, job.Args.RepoID, job.Args.Head)
	if err != nil || !found {
		return err
	}
	ctx = logged(ctx, w.cfg.Log.With().Int64("job", job.ID).Str("kind", job.Kind).
		Str("repo", group.Ref.Owner+"/"+group.Ref.Repo).Str("head", group.Head))
	defer named(ctx)
	if err := w.cfg.Handlers.Group(ctx, group); err != nil {
		return steer(ctx, fmt.Errorf("merge group %s of %s/%s: %w", group.Head, group.Ref.Owner, group.Ref.Repo, err))
	}
	return w.cfg.Store.SettleGroup(ctx, group, gen, func(tx store.Tx, moved bool) error {
		return finish(ctx, tx, w.cfg, job.JobRow, job.Args, moved, 0)
	})
}

// finish completes a job in the transaction that settles it, and inserts the
// next one if something arrived meanwhile or the time for another look is known.
// Completed jobs do not count for uniqueness, so there is no gap between the two.
func finish(ctx context.Context, tx store.Tx, cfg Config, job *rivertype.JobRow, args river.JobArgs, moved bool, again time.Duration) error {
	if err := cfg.Queue.river.complete(ctx, tx, job); err != nil {
		return fmt.Errorf("complete job %d: %w", job.ID, err)
	}
	var opts river.InsertOpts
	switch {
	case moved:
		opts.Priority = prioUrgent
	case again > 0:
		opts.ScheduledAt, opts.Priority = cfg.Now().Add(again), prioCalm
	default:
		return nil
	}
	if err := cfg.Queue.river.insert(ctx, tx, args, &opts); err != nil {
		return fmt.Errorf("insert job after %d: %w", job.ID, err)
	}
	return nil
}

// wideWorker does work that is not about one pull request.
type wideWorker[T river.JobArgs] struct {
	river.WorkerDefaults[T]
	cfg Config
	do  func(ctx context.Context, args T) error
}

// Work does it once.
func (w *wideWorker[T]) Work(ctx context.Context, job *river.Job[T]) error {
	ctx = logged(ctx, w.cfg.Log.With().Int64("job", job.ID).Str("kind", job.Kind))
	if err := w.do(ctx, job.Args); err != nil {
		about := reporter{w.cfg.Log}.about(job.JobRow)
		return steer(about.WithContext(ctx), fmt.Errorf("%s: %w", job.Kind, err))
	}
	return nil
}

func logged(ctx context.Context, fields zerolog.Context) context.Context {
	log := fields.Logger()
	return log.WithContext(ctx)
}

// steer turns an error that says when to try again into a snooze: the job
// waits outside the workers and loses no attempt.
func steer(ctx context.Context, err error) error {
	var when interface {
		error
		RetryAfter() time.Duration
	}
	if !errors.As(err, &when) {
		return told{err, zerolog.Ctx(ctx)}
	}
	after := max(when.RetryAfter(), snoozeLeast)
	zerolog.Ctx(ctx).Info().Err(err).Dur("after", after).Msg("job put off")
	return river.JobSnooze(after)
}

const (
	backoffFirst = time.Second
	backoffMost  = time.Minute
	// snoozeLeast keeps an error that asks for an immediate retry from spinning.
	snoozeLeast = 100 * time.Millisecond
)

// backoff is River's retry policy: 1 s, 2 s, 4 s and so on to 1 min, each shortened by up to a quarter so
// that jobs which failed together do not come back together.
type backoff struct {
	now func() time.Time
}

// NextRetry is when a failed job is tried again.
func (b backoff) NextRetry(job *rivertype.JobRow) time.Time {
	wait := backoffMost
	// 2^6 s already exceeds the most; the check keeps the shift small.
	if shift := job.Attempt - 1; shift >= 0 && shift < 6 {
		wait = min(backoffFirst<<shift, backoffMost)
	}
	// Spread by the job's id: the golden ratio's multiples are far apart from each other.
	spread := time.Duration((uint64(job.ID)*0x9E3779B97F4A7C15)>>54) * wait / 4096 //nolint:gosec // ids are positive
	return b.now().Add(wait - spread)
}
