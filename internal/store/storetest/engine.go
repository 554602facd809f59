package storetest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"

	"github.com/slagate/slagate/internal/job"
	"github.com/slagate/slagate/internal/pull"
	"github.com/slagate/slagate/internal/store"
)

// Evaluate looks at one pull request, in a test's way.
type Evaluate func(ctx context.Context, turn store.Turn) (again time.Duration, err error)

// Faulty is a queue with a fault to be switched on.
type Faulty struct {
	store.Queue
	fault atomic.Pointer[error]
}

// Fail lets the queue insert its jobs and then fail with the error; nil ends that.
func (f *Faulty) Fail(err error) {
	if err == nil {
		f.fault.Store(nil)
		return
	}
	f.fault.Store(&err)
}

// bug is a fault of another kind: the queue panics where one pull request's job is inserted.
type bug struct{ number int }

func (b bug) Error() string { return fmt.Sprint("bug with pull request ", b.number) }

// Evaluations inserts the jobs and fails, if it has to.
func (f *Faulty) Evaluations(ctx context.Context, tx store.Tx, refs []pull.Ref, haste store.Haste) error {
	if err := f.Queue.Evaluations(ctx, tx, refs, haste); err != nil {
		return err
	}
	fault := f.fault.Load()
	if fault == nil {
		return nil
	}
	if b, ok := errors.AsType[bug](*fault); ok {
		if slices.ContainsFunc(refs, func(r pull.Ref) bool { return r.Number == b.number }) {
			panic(b)
		}
		return nil
	}
	return *fault
}

// Work runs four workers on a store that was opened with the queue.
func Work(t *testing.T, s job.Store, queue *job.Queue, evaluate Evaluate) (stop func()) {
	t.Helper()
	runner, err := job.New(job.Config{
		Store: s, Queue: queue, Workers: 4, SweepInterval: time.Hour, Retention: time.Hour, ClosedRetention: time.Hour,
		Now: time.Now, Log: zerolog.Nop(),
		Handlers: job.Handlers{
			Evaluate: func(ctx context.Context, turn store.Turn, _ bool) (time.Duration, error) { return evaluate(ctx, turn) },
			Fan:      func(context.Context, store.Look) error { return nil },
			Group:    func(context.Context, store.MergeGroup) error { return nil },
			Sweep:    func(context.Context, time.Duration) error { return nil },
			Recover:  func(context.Context) error { return nil },
		},
	})
	require.NoError(t, err)
	require.NoError(t, runner.Start(t.Context()))
	var once sync.Once
	return func() { once.Do(func() { require.NoError(t, runner.Stop(context.Background())) }) }
}
