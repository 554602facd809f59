package githubsim

import (
	"context"
	"strings"
	"sync"
	"time"
)

// Fault is something that goes wrong with requests of one route.
type Fault struct {
	// Route is a pattern as in Request.Route, e.g.
	// "POST /repos/{owner}/{repo}/statuses/{sha}" or "POST /graphql"; "" is every
	// route, "GET" or "POST" every route of that method.
	Route string
	// Contains narrows it to requests whose path contains this.
	Contains string
	// Skip lets the first requests through.
	Skip int
	// Times is how many requests it hits; 0: one, below 0: all.
	Times int

	// Status is answered in place of the real answer. With DoneAnyway the thing
	// is done all the same. 404 is also how a read right after an event fails.
	Status     int
	Message    string
	DoneAnyway bool
	// Delay holds the request back before anything is done; Late after it was
	// done, before the answer. A request that is given up meanwhile is done if it is Late.
	Delay time.Duration
	Late  time.Duration
	// Until holds the request back until the channel is closed.
	Until <-chan struct{}
	// Cut breaks the connection in place of the answer.
	Cut bool
	// Null are paths into a GraphQL answer, e.g. "repository.pullRequest.labels",
	// that become null with an error; the HTTP status stays 200.
	Null []string
	// Stale shows pull requests as they were before their last change.
	Stale bool
}

type faults struct {
	mu   sync.Mutex
	list []*Fault
	hits int
}

func newFaults() *faults { return &faults{} }

// Fault plants a fault.
func (s *Server) Fault(f Fault) {
	s.faults.mu.Lock()
	defer s.faults.mu.Unlock()
	if f.Times == 0 {
		f.Times = 1
	}
	s.faults.list = append(s.faults.list, &f)
}

// ClearFaults removes all faults.
func (s *Server) ClearFaults() {
	s.faults.mu.Lock()
	defer s.faults.mu.Unlock()
	s.faults.list = nil
}

// FaultHits tells how many requests met a fault.
func (s *Server) FaultHits() int {
	s.faults.mu.Lock()
	defer s.faults.mu.Unlock()
	return s.faults.hits
}

// take finds the fault of a request and uses it up.
func (f *faults) take(route, path string) (Fault, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, x := range f.list {
		method, _, _ := strings.Cut(route, " ")
		if x.Times == 0 || x.Route != "" && x.Route != route && x.Route != method || !strings.Contains(path, x.Contains) {
			continue
		}
		if x.Skip > 0 {
			x.Skip--
			continue
		}
		x.Times--
		f.hits++
		return *x, true
	}
	return Fault{}, false
}

// hold waits as the fault says, or until the request is given up.
func hold(ctx context.Context, d time.Duration, until <-chan struct{}) error {
	var timer <-chan time.Time
	switch {
	case d > 0:
		t := time.NewTimer(d)
		defer t.Stop()
		timer = t.C
	case until == nil:
		return nil
	}
	select {
	case <-timer:
	case <-until:
	case <-ctx.Done():
		return ctx.Err()
	}
	return nil
}
