package job

import (
	"context"
	"fmt"
	"sync/atomic"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver"
	"github.com/riverqueue/river/riverdriver/riversqlite"
)

// driver is River's driver for SQLite with a listener that also hears
// [Queue.Committed]. River's own listener asks the database every 50 ms; in one process
// there is no need to wait for that.
type driver struct {
	*riversqlite.Driver
	wake <-chan struct{}
	wide *atomic.Bool
}

// GetListener returns a listener that hears both.
func (d *driver) GetListener(params *riverdriver.GetListenenerParams) riverdriver.Listener {
	return &listener{Listener: d.Driver.GetListener(params), wake: d.wake, wide: d.wide}
}

// listener is used by one goroutine only, River's notifier, which always waits until it
// is told an error before it does anything else with it.
type listener struct {
	riverdriver.Listener
	wake <-chan struct{}
	wide *atomic.Bool
	owed *riverdriver.Notification // to be handed out next
	rest *waiting
}

// waiting is River's listener at work: it goes on while word of new jobs is handed out,
// because it asks the database whenever it begins.
type waiting struct {
	until <-chan struct{} // end of the context it runs with
	heard chan heard
}

type heard struct {
	notification *riverdriver.Notification
	err          error
}

// WaitForNotification returns what River's listener hears, or word of new jobs.
func (l *listener) WaitForNotification(ctx context.Context) (*riverdriver.Notification, error) {
	if next := l.owed; next != nil {
		l.owed = nil
		return next, nil
	}
	if l.rest == nil || l.rest.until != ctx.Done() {
		rest := &waiting{until: ctx.Done(), heard: make(chan heard, 1)}
		go func() {
			n, err := l.Listener.WaitForNotification(ctx)
			rest.heard <- heard{n, err}
		}()
		l.rest = rest
	}
	select {
	case h := <-l.rest.heard:
		l.rest = nil
		return h.notification, h.err
	case <-l.wake:
		if l.wide.Swap(false) {
			l.owed = inserted(queueWide)
		}
		return inserted(river.QueueDefault), nil
	}
}

func inserted(queue string) *riverdriver.Notification {
	return &riverdriver.Notification{Topic: topicInsert, Payload: fmt.Sprintf(`{"queue": %q}`, queue)}
}
