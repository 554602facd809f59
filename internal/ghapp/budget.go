package ghapp

import (
	"context"
	"net/http"
	"strconv"
	"time"
)

// keptShare: work that nobody waits for stops when a fifth of a primary limit is left. Of
// GitHub's 5,000 requests an hour these are 1,000, enough for some 300 evaluations, and a
// push to a large repository rarely asks for more before the hour is over.
const keptShare = 5

type calmKey struct{}

// Calm marks work that nobody waits for: sweeps, the list of deliveries, doctor. Its
// requests are answered with a *[LimitedError] without being sent when a fifth of the
// primary limit is left; what people wait for may use all of it.
func Calm(ctx context.Context) context.Context { return context.WithValue(ctx, calmKey{}, true) }

func isCalm(ctx context.Context) bool { return ctx.Value(calmKey{}) != nil }

// budget is what GitHub said of one primary limit of an installation.
type budget struct {
	limit, remaining int
	reset            time.Time // by our clock
}

// low: what is left is kept for work that people wait for.
func (b budget) low(now time.Time) bool {
	return b.reset.After(now) && b.remaining <= b.limit/keptShare
}

// note keeps what an answer says about the primary limit that its request counted
// against. GitHub Enterprise Server with its limits off says nothing; then nothing
// is known and nothing is held back.
func (l *limiter) note(resource string, h http.Header) {
	if said := h.Get("X-Ratelimit-Resource"); said != "" {
		resource = said
	}
	limit, err := strconv.Atoi(h.Get("X-Ratelimit-Limit"))
	if err != nil || limit <= 0 {
		return
	}
	remaining, err := strconv.Atoi(h.Get("X-Ratelimit-Remaining"))
	if err != nil || remaining < 0 {
		return
	}
	reset, ok := l.resetTime(h)
	if !ok {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	known := l.budgets[resource]
	if known.limit == limit && sameWindow(known.reset, reset) {
		remaining = min(remaining, known.remaining) // answers overtake each other
	}
	l.budgets[resource] = budget{limit: limit, remaining: remaining, reset: reset}
}

// sameWindow: both resets were computed with a clock of whole seconds, so they may differ a little.
func sameWindow(a, b time.Time) bool { return a.Sub(b).Abs() < minuteWait }
