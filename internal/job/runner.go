package job

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/riverqueue/river"
	"github.com/rs/zerolog"

	"github.com/slagate/slagate/internal/store"
)

// The times and sizes of the queue, chosen from measurements with River on both engines.
const (
	// fetchCooldown caps the throughput: 1,250 jobs/s with 10 workers, against 100 with River's default of 100 ms.
	fetchCooldown = 5 * time.Millisecond
	// fetchPoll is how late a job with a short back-off can be; new jobs wake the workers at once.
	fetchPoll = 250 * time.Millisecond
	// timeout bounds every job. Looks at many pull requests are split until each part
	// takes no longer.
	timeout = time.Minute
	// rescueAfter is when River takes a job for stuck, because its process died or hangs, or the database
	// went away when it had noted who has the job and could tell nobody. It has to
	// exceed the time-out; River looks every 30 s, and after a leader's death another process takes over
	// within 15 s more, which is less than two minutes together. With
	// SQLite nothing waits for it: the store hands the jobs of a killed process back when it is opened.
	rescueAfter = timeout + 5*time.Second
	// softStop is how long running jobs may go on when the service stops; then their
	// contexts end and they go back without losing an attempt.
	softStop = 3 * time.Second
	// keepDone and keepFailed are how long finished jobs stay for those who look for them.
	keepDone   = 10 * time.Minute
	keepFailed = 24 * time.Hour
	// maxAttempts with a back-off of at most a minute is more than three hours. A
	// job keeps the text of each failure, so it has to end some day; the next sweep makes a new one.
	maxAttempts = 200
	// wideWorkers share the queue for wide work.
	wideWorkers   = 2
	pruneInterval = 24 * time.Hour
)

// Store is what the workers need of the store.
type Store interface {
	// Native is what River works on: a *sql.DB or a *pgxpool.Pool.
	Native() any
	BeginPull(ctx context.Context, repoID int64, number int) (turn store.Turn, done func(), found bool, err error)
	SettlePull(ctx context.Context, turn store.Turn, finish func(tx store.Tx, moved bool) error) error
	BeginGroup(ctx context.Context, repoID int64, head string) (g store.MergeGroup, gen int64, found bool, err error)
	SettleGroup(ctx context.Context, g store.MergeGroup, gen int64, finish func(tx store.Tx, moved bool) error) error
	EnqueueWaiting(ctx context.Context) error
	Prune(ctx context.Context, keep store.Keep) (deleted int64, err error)
}

// Handlers do the work. An error has it tried again: after RetryAfter if the error, or one that it
// wraps, has a method RetryAfter() time.Duration (no worker is held meanwhile), else with a back-off of
// 1 s, 2 s, 4 s and so on to 1 min. A panic counts as an error.
type Handlers struct {
	// Evaluate looks at one pull request in its turn. calm: nobody waits for it. again is when it has
	// to be looked at again although nothing arrives; 0 for never.
	Evaluate func(ctx context.Context, turn store.Turn, calm bool) (again time.Duration, err error)
	// Fan has all pull requests looked at that the look concerns.
	Fan func(ctx context.Context, look store.Look) error
	// Group answers a merge group, or forgets one that is gone.
	Group func(ctx context.Context, group store.MergeGroup) error
	// Sweep has everything looked at, spread over that time.
	Sweep func(ctx context.Context, spread time.Duration) error
	// Recover asks for deliveries again that failed.
	Recover func(ctx context.Context) error
}

// Config is what New needs.
type Config struct {
	Store    Store
	Queue    *Queue // the one that the store was opened with
	Handlers Handlers
	// Workers is how many pull requests are evaluated at once.
	Workers int
	// SweepInterval is within which time a sweep has put right what no delivery told of; the first one is at the start.
	SweepInterval time.Duration
	// Retention is how long deliveries are kept, ClosedRetention how long the
	// evidence and the snapshot of a closed pull request are.
	Retention, ClosedRetention time.Duration
	Now                        func() time.Time
	Log                        zerolog.Logger
}

func (c Config) validate() error {
	var errs []error
	if c.Store == nil || c.Queue == nil || c.Now == nil {
		errs = append(errs, errors.New("store, queue and clock are needed"))
	}
	h := c.Handlers
	if h.Evaluate == nil || h.Fan == nil || h.Group == nil || h.Sweep == nil || h.Recover == nil {
		errs = append(errs, errors.New("every handler is needed"))
	}
	if c.Workers < 1 {
		errs = append(errs, fmt.Errorf("workers is %d, at least 1 is needed", c.Workers))
	}
	if c.SweepInterval < time.Second {
		errs = append(errs, fmt.Errorf("sweep interval is %s, at least 1s is needed", c.SweepInterval))
	}
	if c.Retention <= 0 || c.ClosedRetention <= 0 {
		errs = append(errs, fmt.Errorf("retention is %s and %s, it has to be positive", c.Retention, c.ClosedRetention))
	}
	return errors.Join(errs...)
}

// Runner runs the workers.
type Runner struct {
	client workforce
	queue  *Queue
}

// New prepares the workers; Start starts them.
func New(cfg Config) (*Runner, error) {
	if err := cfg.validate(); err != nil {
		return nil, fmt.Errorf("create workers: %w", err)
	}
	client, err := newWorkforce(cfg, &river.Config{
		CompletedJobRetentionPeriod: keepDone,
		CancelledJobRetentionPeriod: keepFailed,
		DiscardedJobRetentionPeriod: keepFailed,
		ErrorHandler:                reporter{cfg.Log},
		FetchCooldown:               fetchCooldown,
		FetchPollInterval:           fetchPoll,
		JobTimeout:                  timeout,
		Logger:                      quiet(cfg.Log),
		MaxAttempts:                 maxAttempts,
		PeriodicJobs:                periodic(cfg),
		Queues: map[string]river.QueueConfig{
			river.QueueDefault: {MaxWorkers: cfg.Workers},
			queueWide:          {MaxWorkers: wideWorkers},
		},
		RescueStuckJobsAfter: rescueAfter,
		RetryPolicy:          backoff{cfg.Now},
		SoftStopTimeout:      softStop,
		Workers:              workers(cfg),
	})
	if err != nil {
		return nil, fmt.Errorf("create workers: %w", err)
	}
	return &Runner{client: client, queue: cfg.Queue}, nil
}

// periodic are the jobs that come again and again. One process has them inserted, and when another takes that
// over, they begin anew at once: counted from then, the next sweep could be two intervals after the last.
func periodic(cfg Config) []*river.PeriodicJob {
	every := func(interval time.Duration, args river.JobArgs) *river.PeriodicJob {
		return river.NewPeriodicJob(river.PeriodicInterval(interval),
			func() (river.JobArgs, *river.InsertOpts) { return args, nil },
			&river.PeriodicJobOpts{ID: args.Kind(), RunOnStart: true})
	}
	return []*river.PeriodicJob{every(cfg.period(), Sweep{Spread: true}), every(cfg.period(), Recover{}), every(pruneInterval, Prune{})}
}

// Start starts the workers, a first sweep that is not spread, for much may have happened while the service
// was away, and the first look for deliveries that failed meanwhile. They run until Stop; the
// context is for starting only, its values are kept for the handlers.
func (r *Runner) Start(ctx context.Context) error {
	if err := r.client.Start(context.WithoutCancel(ctx)); err != nil {
		return fmt.Errorf("start workers: %w", err)
	}
	// River's own start of periodic jobs is late by up to a second, to spread the
	// load of many processes.
	for _, first := range []river.JobArgs{Recover{}, Sweep{}} {
		if _, err := r.client.Insert(ctx, first, nil); err != nil {
			return fmt.Errorf("insert first %s: %w", first.Kind(), err)
		}
	}
	r.queue.wide.Store(true)
	r.queue.Committed()
	return nil
}

// Stop takes no new jobs and waits for the running ones; after three seconds
// their contexts end and they go back to the queue. It returns early with the context's error.
func (r *Runner) Stop(ctx context.Context) error {
	if err := r.client.Stop(ctx); err != nil {
		return fmt.Errorf("stop workers: %w", err)
	}
	return nil
}
