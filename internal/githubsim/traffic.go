package githubsim

import (
	"maps"
	"slices"
	"sync"
	"time"
)

// The kinds of request in the log.
const (
	KindRead    = "read"
	KindWrite   = "write"
	KindGraphQL = "graphql"
	KindToken   = "token" // making an installation token
	KindApp     = "app"   // other requests with the app's JWT
)

// Request is an answered request of the app.
type Request struct {
	At           time.Time
	Method       string
	Route        string // e.g. "GET /repos/{owner}/{repo}"
	Path         string
	Kind         string
	Counted      bool // against the installation's primary limit
	Installation int64
	Status       int
	Body         string // of a write
}

// traffic is the log of requests and the rate limits.
type traffic struct {
	mu       sync.Mutex
	log      []Request
	unknown  []string
	counts   map[Counted]int
	keep     int // requests in the log; 0: all
	limit    int
	used     map[bucket]int
	resetAt  map[bucket]time.Time
	limited  *Secondary
	limitedN int
}

type bucket struct {
	installation int64
	resource     string // core or graphql
}

// Secondary is how GitHub refuses when its secondary limits are hit.
type Secondary struct {
	Status     int // 403 or 429
	RetryAfter time.Duration
	// Bare leaves the hint out: no Retry-After, a message only.
	Bare bool
}

func newTraffic(o Options) *traffic {
	return &traffic{limit: o.Limit, keep: o.KeepLog, counts: map[Counted]int{}, used: map[bucket]int{}, resetAt: map[bucket]time.Time{}}
}

// SetLimit changes the primary limit an hour of each installation.
func (s *Server) SetLimit(n int) {
	s.traffic.mu.Lock()
	defer s.traffic.mu.Unlock()
	s.traffic.limit = n
}

// LimitNext refuses the next n requests with a secondary limit.
func (s *Server) LimitNext(n int, how Secondary) {
	s.traffic.mu.Lock()
	defer s.traffic.mu.Unlock()
	s.traffic.limited, s.traffic.limitedN = &how, n
}

// Counted is what requests are counted by.
type Counted struct {
	Route  string
	Status int
}

// RequestCounts tells how many requests of each kind were answered, those that
// the log no longer has included.
func (s *Server) RequestCounts() map[Counted]int {
	s.traffic.mu.Lock()
	defer s.traffic.mu.Unlock()
	return maps.Clone(s.traffic.counts)
}

// Requests lists the answered requests, oldest first; with [Options].KeepLog the last ones.
func (s *Server) Requests() []Request {
	s.traffic.mu.Lock()
	defer s.traffic.mu.Unlock()
	return slices.Clone(s.traffic.log)
}

// ResetRequests empties the log of requests.
func (s *Server) ResetRequests() {
	s.traffic.mu.Lock()
	defer s.traffic.mu.Unlock()
	s.traffic.log = nil
	clear(s.traffic.counts)
}

// Unknown lists the requests that no route answers; a test should find none.
func (s *Server) Unknown() []string {
	s.traffic.mu.Lock()
	defer s.traffic.mu.Unlock()
	return slices.Clone(s.traffic.unknown)
}

func (t *traffic) addUnknown(what string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.unknown = append(t.unknown, what)
}

func (t *traffic) record(r Request) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.log = kept(append(t.log, r), t.keep)
	t.counts[Counted{r.Route, r.Status}]++
}

// kept cuts a log to its last n entries, now and then only; n of 0 is all.
func kept[T any](log []T, n int) []T {
	if n == 0 || len(log) < 2*n {
		return log
	}
	return append(log[:0:0], log[len(log)-n:]...)
}

// quota is the state of a primary limit.
type quota struct {
	Limit, Used, Remaining int
	Reset                  time.Time
}

func (t *traffic) quota(b bucket, now time.Time) quota {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.quotaLocked(b, now)
}

func (t *traffic) quotaLocked(b bucket, now time.Time) quota {
	if reset := t.resetAt[b]; !now.Before(reset) {
		t.used[b], t.resetAt[b] = 0, now.Add(time.Hour)
	}
	return quota{t.limit, t.used[b], max(0, t.limit-t.used[b]), t.resetAt[b]}
}

// spend counts n against a limit; false if nothing was left.
func (t *traffic) spend(b bucket, n int, now time.Time) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.quotaLocked(b, now).Remaining < n {
		return false
	}
	t.used[b] += n
	return true
}

// secondary tells whether this request is to be refused.
func (t *traffic) secondary() *Secondary {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.limitedN == 0 {
		return nil
	}
	t.limitedN--
	return t.limited
}
