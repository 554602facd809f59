package app

import (
	"net"
	"net/http"
	"sync"
	"time"
)

// crowd bounds the open connections of a server. When it is full, the one that has
// been without a request for the longest makes room for the next: a client that opens many and says
// nothing shuts itself out, not others. Only where every connection is
// in the middle of a request does the next wait to be taken.
type crowd struct {
	net.Listener
	most int
	now  func() time.Time

	mu     sync.Mutex
	room   *sync.Cond             // a connection has gone or become quiet, or the listener is closed
	open   map[net.Conn]time.Time // since when it is quiet; zero while it has a request
	closed bool
}

func newCrowd(l net.Listener, most int, now func() time.Time) *crowd {
	c := &crowd{Listener: l, most: most, now: now, open: map[net.Conn]time.Time{}}
	c.room = sync.NewCond(&c.mu)
	return c
}

// Accept implements net.Listener.
func (c *crowd) Accept() (net.Conn, error) {
	conn, err := c.Listener.Accept()
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for len(c.open) >= c.most && !c.closed {
		if quiet, ok := c.quietest(); ok {
			delete(c.open, quiet)
			_ = quiet.Close() // nobody is there to be told
			break
		}
		c.room.Wait()
	}
	if c.closed {
		_ = conn.Close() // as above
		return nil, net.ErrClosed
	}
	c.open[conn] = c.now()
	return conn, nil
}

// quietest is the connection that has been without a request for the longest.
func (c *crowd) quietest() (found net.Conn, ok bool) {
	var since time.Time
	for conn, t := range c.open {
		if !t.IsZero() && (!ok || t.Before(since)) {
			found, since, ok = conn, t, true
		}
	}
	return found, ok
}

// Close implements net.Listener.
func (c *crowd) Close() error {
	c.mu.Lock()
	c.closed = true
	c.mu.Unlock()
	c.room.Broadcast()
	return c.Listener.Close()
}

// watch is the server's ConnState.
func (c *crowd) watch(conn net.Conn, state http.ConnState) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, ok := c.open[conn]; !ok {
		return
	}
	switch state {
	case http.StateActive:
		c.open[conn] = time.Time{}
		return
	case http.StateNew, http.StateIdle:
		c.open[conn] = c.now()
	case http.StateHijacked, http.StateClosed:
		delete(c.open, conn)
	}
	c.room.Signal()
}
