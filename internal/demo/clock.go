package demo

import (
	"sync"
	"time"
)

// clock is GitHub's time in the trial: the real one, but always a second later
// with each act. GitHub counts whole seconds, and what people do within the same second as
// slagate has no order; a person at a page is never that fast, a story is.
type clock struct {
	real func() time.Time

	mu    sync.Mutex
	floor time.Time
}

// Now is the time.
func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now()
}

func (c *clock) now() time.Time {
	if t := c.real(); t.After(c.floor) {
		return t
	}
	return c.floor
}

// step moves on to the next second.
func (c *clock) step() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.floor = c.now().Truncate(time.Second).Add(time.Second)
}
