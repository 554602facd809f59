// Package job runs the work that follows from deliveries: evaluations, wider
// looks, merge groups, sweeps and pruning. With store it is the only place that knows River.
//
// Its one idea is that a burst becomes one or two evaluations and none is
// lost. There is at most one unfinished job per pull request, running ones
// included, so evaluations never overlap. A worker reads the generation of the pull request,
// evaluates, and then, in one transaction, completes its job and, if the generation has moved,
// inserts the next one:
//
//	arrival:  gen+1, insert job (skipped while one is unfinished)
//	worker:   read gen -> evaluate -> [ done=gen, complete job, gen moved? insert job ]
//
// Whatever arrives is therefore followed by an evaluation that began after it:
// either its job was inserted, or the unfinished one reads the new generation,
// or sees at its end that it moved.
//
// A new kind of work is an args type with a worker here and a handler in [Handlers].
// The package judges nothing and calls nobody but its handlers.
package job

import (
	"context"
	"encoding/json"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"
	"github.com/rs/zerolog"

	"github.com/slagate/slagate/internal/pull"
	"github.com/slagate/slagate/internal/store"
)

const (
	// queueWide holds looks at many pull requests, so that they never occupy the
	// workers that evaluate single ones.
	queueWide = "wide"
	// topicInsert is River's name for "jobs were inserted".
	topicInsert = "river_insert"

	// prioUrgent is for what people wait for, prioCrowded for the same where much of its
	// repository waits already, prioCalm for sweeps.
	prioUrgent  = 1
	prioCrowded = 2
	prioCalm    = 3
)

func priority(haste store.Haste) int {
	switch haste {
	case store.AtOnce:
		return prioUrgent
	case store.InTurn:
		return prioCrowded
	case store.Soon, store.Sometime:
	}
	return prioCalm
}

// Evaluate is the job that looks at one pull request.
type Evaluate struct {
	RepoID int64 `json:"repo_id" river:"unique"`
	Number int   `json:"number" river:"unique"`
}

// Kind names the job in the database.
func (Evaluate) Kind() string { return "evaluate" }

// InsertOpts makes it the only unfinished job of its pull request.
func (Evaluate) InsertOpts() river.InsertOpts { return unique() }

// Group is the job that answers or forgets one merge group.
type Group struct {
	RepoID int64  `json:"repo_id" river:"unique"`
	Head   string `json:"head" river:"unique"`
}

// Kind names the job in the database.
func (Group) Kind() string { return "group" }

// InsertOpts makes it the only unfinished job of its group.
func (Group) InsertOpts() river.InsertOpts { return unique() }

// Fan is the job that has many pull requests looked at.
type Fan struct {
	Look store.Look `json:"look"`
}

// Kind names the job in the database.
func (Fan) Kind() string { return "fan" }

// InsertOpts puts it into the queue for wide work.
func (Fan) InsertOpts() river.InsertOpts { return river.InsertOpts{Queue: queueWide} }

// Sweep is the job that looks at everything.
type Sweep struct {
	// Spread: not all at once, but spread over the interval between sweeps.
	Spread bool `json:"spread,omitempty"`
}

// Kind names the job in the database.
func (Sweep) Kind() string { return "sweep" }

// InsertOpts makes it the only unfinished sweep.
func (Sweep) InsertOpts() river.InsertOpts {
	opts := unique()
	opts.Queue = queueWide
	return opts
}

// Recover is the job that asks for deliveries again that failed.
type Recover struct{}

// Kind names the job in the database.
func (Recover) Kind() string { return "recover" }

// InsertOpts makes it the only unfinished one.
func (Recover) InsertOpts() river.InsertOpts {
	opts := unique()
	opts.Queue = queueWide
	return opts
}

// Prune is the job that deletes what is too old.
type Prune struct{}

// Kind names the job in the database.
func (Prune) Kind() string { return "prune" }

// InsertOpts makes it the only unfinished one.
func (Prune) InsertOpts() river.InsertOpts {
	opts := unique()
	opts.Queue, opts.Priority = queueWide, prioCalm
	return opts
}

// unique makes a job unique while it is unfinished. Completed ones must not count
// (River's default): they would swallow what arrives later.
func unique() river.InsertOpts {
	return river.InsertOpts{UniqueOpts: river.UniqueOpts{ByArgs: true, ByState: []rivertype.JobState{
		rivertype.JobStateAvailable, rivertype.JobStatePending, rivertype.JobStateRunning,
		rivertype.JobStateScheduled, rivertype.JobStateRetryable,
	}}}
}

// Queue puts jobs into transactions of the store. It needs no database of its
// own, so the store can be opened with it before there are workers.
type Queue struct {
	river engine
	now   func() time.Time
	wake  chan struct{}
	// wide: a job for the queue for wide work was inserted. Asking each queue at each wake-up
	// would double the work of the most frequent query.
	wide *atomic.Bool
}

// NewQueue returns a queue for a store of that engine to be opened with.
func NewQueue(on Engine, now func() time.Time, log zerolog.Logger) (*Queue, error) {
	made, err := newEngine(on, log)
	if err != nil {
		return nil, fmt.Errorf("create queue: %w", err)
	}
	return &Queue{river: made, now: now, wake: make(chan struct{}, 1), wide: &atomic.Bool{}}, nil
}

// Evaluations has each pull request looked at after the commit.
func (q *Queue) Evaluations(ctx context.Context, tx store.Tx, refs []pull.Ref, haste store.Haste) error {
	seen := make(map[Evaluate]bool, len(refs))
	params := make([]river.InsertManyParams, 0, len(refs))
	opts := &river.InsertOpts{Priority: priority(haste)}
	for _, ref := range refs {
		args := Evaluate{RepoID: ref.RepoID, Number: ref.Number}
		if !seen[args] {
			seen[args] = true
			params = append(params, river.InsertManyParams{Args: args, InsertOpts: opts})
		}
	}
	return q.insert(ctx, tx, params, haste)
}

// Groups has each merge group answered or forgotten after the commit.
func (q *Queue) Groups(ctx context.Context, tx store.Tx, groups []store.MergeGroup) error {
	seen := make(map[Group]bool, len(groups))
	params := make([]river.InsertManyParams, 0, len(groups))
	for _, g := range groups {
		args := Group{RepoID: g.Ref.RepoID, Head: g.Head}
		if !seen[args] {
			seen[args] = true
			params = append(params, river.InsertManyParams{Args: args})
		}
	}
	return q.insert(ctx, tx, params, store.AtOnce)
}

// Looks has each wider look carried out after the commit. One that waits to
// begin anyway serves the same look again: a storm of the same event is one look, and sweeps
// that come to nothing do not pile up. One that waits for its place in a sweep does not: the
// next look is due an interval after that place, not after this one's.
func (q *Queue) Looks(ctx context.Context, tx store.Tx, looks []store.Look) error {
	for _, look := range looks {
		args := Fan{Look: look}
		encoded, err := json.Marshal(args)
		if err != nil {
			return fmt.Errorf("write look: %w", err)
		}
		opts := &river.InsertOpts{}
		if look.Sweep {
			opts.Priority = prioCalm
		}
		if look.Delay > 0 {
			opts.ScheduledAt = q.now().Add(look.Delay)
		}
		var waits bool
		err = tx.QueryRow(ctx, `select exists (select 1 from river_job
			where (state = 'available' or (state in ('scheduled', 'retryable') and priority = ? and attempted_at is not null)) and queue = ? and kind = ? and `+q.river.sameArgs()+`)`,
			prioCalm, queueWide, args.Kind(), string(encoded)).Scan(&waits)
		if err != nil {
			return fmt.Errorf("look for the same look: %w", err)
		}
		if waits {
			continue
		}
		if err := q.river.insert(ctx, tx, args, opts); err != nil {
			return fmt.Errorf("insert look: %w", err)
		}
		q.wide.Store(true)
	}
	return nil
}

// insert puts unique jobs into the transaction. Where one is waiting already, it is
// brought forward as haste says.
func (q *Queue) insert(ctx context.Context, tx store.Tx, params []river.InsertManyParams, haste store.Haste) error {
	if len(params) == 0 {
		return nil
	}
	results, err := q.river.insertMany(ctx, tx, params)
	if err != nil {
		return fmt.Errorf("insert jobs: %w", err)
	}
	for _, res := range results {
		if !res.UniqueSkippedAsDuplicate || res.Job.State == rivertype.JobStateRunning {
			continue
		}
		if err := q.hasten(ctx, tx, res.Job, haste); err != nil {
			return err
		}
	}
	return nil
}

// hasten brings a waiting job forward.
func (q *Queue) hasten(ctx context.Context, tx store.Tx, job *rivertype.JobRow, haste store.Haste) error {
	later := false
	switch haste {
	case store.Sometime:
	case store.Soon:
		later = job.State == rivertype.JobStateScheduled
	case store.InTurn, store.AtOnce:
		// A short back-off leaves the job available, with a time to come.
		later = job.State != rivertype.JobStateAvailable || job.ScheduledAt.After(q.now())
	}
	if later {
		if err := q.river.retry(ctx, tx, job.ID); err != nil {
			return fmt.Errorf("bring job %d forward: %w", job.ID, err)
		}
	}
	if wanted := priority(haste); job.Priority > wanted {
		// River has no call for this.
		if _, err := tx.Exec(ctx, `update river_job set priority = ? where id = ?`, wanted, job.ID); err != nil {
			return fmt.Errorf("raise job %d: %w", job.ID, err)
		}
	}
	return nil
}

// Committed wakes the workers: jobs were inserted or brought forward.
func (q *Queue) Committed() {
	select {
	case q.wake <- struct{}{}:
	default: // they are being woken already
	}
}
