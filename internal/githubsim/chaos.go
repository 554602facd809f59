package githubsim

import (
	"maps"
	"sync"
	"time"
)

// Chaos is a profile of everything that goes wrong with GitHub and the way to
// it, as probabilities from 0 to 1. At most one of them hits a request, and at
// most one a delivery, so each group must not add up to more than 1.
//
// What happens is drawn from Seed, from what is asked, and from how often the
// same was asked before: the same requests in the same order meet the same faults,
// in whatever order other requests come between.
type Chaos struct {
	Seed uint64

	// Of each request of the app.
	Error500    float64 // nothing was done
	BadGateway  float64 // 502, nothing was done
	Late        float64 // answered, up to Slowest late
	Timeout     float64 // held for Slowest, then cut; half of them were done
	TooMany     float64 // 429 with Retry-After, and so for LimitFor
	TooManyBare float64 // 429 without a hint
	Secondary   float64 // 403 with Retry-After
	DoneAnyway  float64 // 500, but a write was done; a read is a plain 500
	Cut         float64 // the connection breaks after it was done
	Stale       float64 // pull requests as they were, while their change is younger than StaleFor

	// Of each webhook; DropAgain of each redelivery.
	Drop      float64 // never sent, listed as failed
	Lose      float64 // never sent, never listed
	Duplicate float64 // sent twice
	Delay     float64 // sent up to DelayFor later
	Reorder   float64 // sent a little later, so that others overtake it
	DropAgain float64

	// How long things take, in wall time. 0: a second, for LimitFor two.
	Slowest, LimitFor, StaleFor, DelayFor time.Duration
}

// DefaultChaos is a profile for soak runs: about one request and one webhook in ten goes wrong.
func DefaultChaos(seed uint64) Chaos {
	return Chaos{
		Seed:     seed,
		Error500: 0.02, BadGateway: 0.02, Late: 0.01, Timeout: 0.002, TooMany: 0.001, TooManyBare: 0.001, Secondary: 0.001,
		DoneAnyway: 0.02, Cut: 0.01, Stale: 0.05,
		Drop: 0.05, Lose: 0.01, Duplicate: 0.03, Delay: 0.03, Reorder: 0.03, DropAgain: 0.05,
		Slowest: 2 * time.Second, LimitFor: 2 * time.Second, StaleFor: time.Second, DelayFor: 10 * time.Second,
	}
}

// The kinds of fault as Server.ChaosCounts counts them.
const (
	chaosError    = "error 500"
	chaosGateway  = "error 502"
	chaosLate     = "late answer"
	chaosTimeout  = "timeout, not done"
	chaosTimedOut = "timeout, but done"
	chaosTooMany  = "limit 429"
	chaosBare     = "limit 429 without Retry-After"
	chaosLimit    = "limit 403"
	chaosLimited  = "refused while limited"
	chaosDone     = "error 500, but done"
	chaosCut      = "connection cut, but done"
	chaosStale    = "stale read"
	chaosDrop     = "webhook dropped"
	chaosLose     = "webhook lost"
	chaosTwice    = "webhook doubled"
	chaosDelay    = "webhook delayed"
	chaosReorder  = "webhook reordered"
)

// overtaken is how long at most a reordered webhook is kept back.
const overtaken = 200 * time.Millisecond

// chaos draws the faults of a profile.
type chaos struct {
	mu     sync.Mutex
	on     bool
	c      Chaos
	seen   map[uint64]uint64 // how often the same was asked
	counts map[string]int
	limits map[int64]Secondary // of installations, while they last
}

func newChaos() *chaos {
	return &chaos{seen: map[uint64]uint64{}, counts: map[string]int{}, limits: map[int64]Secondary{}}
}

// SetChaos lets things go wrong from now on; the zero Chaos ends it. What is
// under way (late webhooks, limits) ends by itself.
func (s *Server) SetChaos(c Chaos) {
	for _, d := range []*time.Duration{&c.Slowest, &c.StaleFor, &c.DelayFor} {
		if *d == 0 {
			*d = time.Second
		}
	}
	on := c
	on.Seed, on.Slowest, on.LimitFor, on.StaleFor, on.DelayFor = 0, 0, 0, 0, 0
	if c.LimitFor == 0 {
		c.LimitFor = 2 * time.Second
	}
	s.chaos.mu.Lock()
	defer s.chaos.mu.Unlock()
	s.chaos.c, s.chaos.on, s.chaos.seen = c, on != Chaos{}, map[uint64]uint64{}
}

// ChaosCounts tells how often each kind of fault has hit.
func (s *Server) ChaosCounts() map[string]int {
	s.chaos.mu.Lock()
	defer s.chaos.mu.Unlock()
	return maps.Clone(s.chaos.counts)
}

func (x *chaos) count(kind string) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.counts[kind]++
}

// dice is a splitmix64 generator (Steele, Lea, Flood: Fast splittable
// pseudorandom number generators, 2014).
type dice uint64

func (d *dice) next() float64 {
	*d += 0x9e3779b97f4a7c15
	z := uint64(*d)
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	z ^= z >> 31
	return float64(z>>11) / (1 << 53)
}

// fnv1a is the 64-bit FNV-1a hash (http://www.isthe.com/chongo/tech/comp/fnv/).
func fnv1a(b []byte) uint64 {
	h := uint64(14695981039346656037)
	for _, c := range b {
		h = (h ^ uint64(c)) * 1099511628211
	}
	return h
}

// chance is a kind of fault with its probability.
type chance struct {
	kind string
	p    float64
}

// draw picks one kind or none, and hands out the dice for what else is to be drawn.
func (x *chaos) draw(what []byte, of func(Chaos) []chance) (string, Chaos, *dice) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if !x.on {
		return "", Chaos{}, nil
	}
	key := fnv1a(what)
	n := x.seen[key]
	x.seen[key]++
	d := dice(x.c.Seed ^ key ^ n<<32 ^ n)
	roll := d.next()
	for _, c := range of(x.c) {
		if roll < c.p {
			return c.kind, x.c, &d
		}
		roll -= c.p
	}
	return "", x.c, &d
}
