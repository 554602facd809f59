package githubsim

import (
	"net/http"
	"strconv"
	"time"
)

// ofRequests are the chances of a request.
func (c Chaos) ofRequests() []chance {
	return []chance{
		{chaosError, c.Error500},
		{chaosGateway, c.BadGateway},
		{chaosLate, c.Late},
		{chaosTimeout, c.Timeout / 2},
		{chaosTimedOut, c.Timeout / 2},
		{chaosTooMany, c.TooMany},
		{chaosBare, c.TooManyBare},
		{chaosLimit, c.Secondary},
		{chaosDone, c.DoneAnyway},
		{chaosCut, c.Cut},
	}
}

// ofWebhooks are the chances of a webhook.
func (c Chaos) ofWebhooks() []chance {
	return []chance{
		{chaosDrop, c.Drop},
		{chaosLose, c.Lose},
		{chaosTwice, c.Duplicate},
		{chaosDelay, c.Delay},
		{chaosReorder, c.Reorder},
	}
}

// ofRedeliveries are the chances of a redelivery.
func (c Chaos) ofRedeliveries() []chance { return []chance{{chaosDrop, c.DropAgain}} }

// request draws the fault of a request. A limit is returned by its kind: whom it
// hits is known later.
func (x *chaos) request(c *call) (Fault, string) {
	what := make([]byte, 0, len(c.body)+200)
	what = append(append(append(what, c.r.Method...), c.r.URL.RequestURI()...), c.body...)
	kind, p, d := x.draw(what, Chaos.ofRequests)
	reads := c.r.Method == http.MethodGet || c.route.shared
	fault := Fault{}
	switch kind {
	case chaosDone:
		fault.Status, fault.DoneAnyway = http.StatusInternalServerError, true
		if reads {
			kind = chaosError
		}
	case chaosError:
		fault.Status = http.StatusInternalServerError
	case chaosGateway:
		fault.Status = http.StatusBadGateway
	case chaosLate:
		fault.Late = time.Duration(d.next() * float64(p.Slowest))
	case chaosTimeout:
		fault.Status, fault.Late, fault.Cut = http.StatusGatewayTimeout, p.Slowest, true
	case chaosTimedOut:
		fault.Late, fault.Cut = p.Slowest, true
	case chaosCut:
		fault.Cut = true
	case chaosTooMany, chaosBare, chaosLimit:
		return fault, kind
	default:
		if d != nil && reads && d.next() < p.Stale {
			c.stale, c.staleSince = true, c.s.opts.Now().Add(-p.StaleFor)
		}
		return fault, ""
	}
	x.count(kind)
	return fault, ""
}

// limit is the limit that an installation has met, or meets now for the given
// kind. It ends by itself.
func (x *chaos) limit(installation int64, kind string) *Secondary {
	x.mu.Lock()
	defer x.mu.Unlock()
	if how, ok := x.limits[installation]; ok {
		x.counts[chaosLimited]++
		return &how
	}
	if kind == "" {
		return nil
	}
	how := Secondary{Status: http.StatusTooManyRequests, RetryAfter: (x.c.LimitFor + time.Second - 1).Truncate(time.Second), Bare: kind == chaosBare}
	if kind == chaosLimit {
		how.Status = http.StatusForbidden
	}
	x.counts[kind]++
	x.limits[installation] = how
	time.AfterFunc(x.c.LimitFor, func() {
		x.mu.Lock()
		defer x.mu.Unlock()
		delete(x.limits, installation)
	})
	return &how
}

// webhook draws the fault of a delivery, and for how long it is kept back.
func (x *chaos) webhook(w *Delivery) (kind string, later time.Duration) {
	what := []byte(w.Event + " " + w.Action + " " + strconv.FormatInt(w.Repository, 10) + " " + strconv.FormatBool(w.Redelivery))
	chances := Chaos.ofWebhooks
	if w.Redelivery {
		chances = Chaos.ofRedeliveries
	}
	kind, p, d := x.draw(what, chances)
	switch kind {
	case "":
		return "", 0
	case chaosDelay:
		later = time.Duration(d.next() * float64(p.DelayFor))
	case chaosReorder:
		later = time.Duration(d.next() * float64(overtaken))
	}
	x.count(kind)
	return kind, later
}
