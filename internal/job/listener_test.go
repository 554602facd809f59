package job

import (
	"context"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"github.com/riverqueue/river/riverdriver"
	"github.com/stretchr/testify/require"
)

// deaf is a listener that hears what it is given, or the end of its context.
type deaf struct {
	riverdriver.Listener
	begun atomic.Int64
	say   chan *riverdriver.Notification
}

func (d *deaf) WaitForNotification(ctx context.Context) (*riverdriver.Notification, error) {
	d.begun.Add(1)
	select {
	case n := <-d.say:
		return n, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// TestListener: word of new jobs is handed out at once and for the queues that have some; River's
// listener goes on meanwhile, is heard, and has ended when the waiting ends.
func TestListener(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		queue := &Queue{wake: make(chan struct{}, 1), wide: &atomic.Bool{}}
		inner := &deaf{say: make(chan *riverdriver.Notification)}
		l := &listener{Listener: inner, wake: queue.wake, wide: queue.wide}
		ctx, cancel := context.WithCancel(t.Context())
		hear := func(want string) {
			t.Helper()
			n, err := l.WaitForNotification(ctx)
			require.NoError(t, err)
			require.Equal(t, want, n.Payload)
		}
		for range 3 {
			queue.Committed()
			hear(`{"queue": "default"}`)
		}
		synctest.Wait()
		require.EqualValues(t, 1, inner.begun.Load(), "asked the database for each wake-up")

		queue.wide.Store(true)
		queue.Committed()
		hear(`{"queue": "default"}`)
		hear(`{"queue": "wide"}`)
		queue.Committed()
		hear(`{"queue": "default"}`)

		go func() { inner.say <- &riverdriver.Notification{Payload: "river"} }()
		hear("river")
		queue.Committed()
		hear(`{"queue": "default"}`)
		synctest.Wait()
		require.EqualValues(t, 2, inner.begun.Load())

		cancel()
		_, err := l.WaitForNotification(ctx)
		require.ErrorIs(t, err, context.Canceled)
		synctest.Wait() // nothing is left behind
		require.Nil(t, l.rest)
	})
}
