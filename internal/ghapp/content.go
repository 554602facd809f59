package ghapp

import (
	"net/http"
	"strings"
	"time"
)

// GitHub's limits on requests that create content: "in general, no more than 80 per minute
// and no more than 500 per hour".
// https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api#about-secondary-rate-limits
const (
	contentPerMinute = 80
	contentPerHour   = 500
)

// createsContent tells the requests that make comments and reactions.
func createsContent(req *http.Request) bool {
	path := strings.TrimSuffix(req.URL.Path, "/")
	return req.Method == http.MethodPost && (strings.HasSuffix(path, "/comments") || strings.HasSuffix(path, "/reactions"))
}

// contentLog remembers when content was created, to stay within GitHub's limits in every
// minute and in every hour. A token bucket would not: full at first and refilled
// meanwhile, it lets nearly twice its size through within its first minute.
type contentLog struct {
	minute, hour int         // how many are allowed
	times        []time.Time // of the last hour, oldest first, hour of them at most
}

// newContentLog makes the log for so many a minute; 0 is GitHub's limit, a
// negative number none. The hour's limit keeps its proportion.
func newContentLog(perMinute int) *contentLog {
	if perMinute < 0 {
		return nil
	}
	if perMinute == 0 {
		perMinute = contentPerMinute
	}
	return &contentLog{minute: perMinute, hour: max(perMinute, perMinute*contentPerHour/contentPerMinute)}
}

// take notes one more at now, or says when one more is allowed.
func (c *contentLog) take(now time.Time) (until time.Time, ok bool) {
	if c == nil {
		return time.Time{}, true
	}
	first := 0
	for i, t := range c.times {
		if t.After(now) {
			c.times[i] = now // our clock was set back
		}
		if !now.Before(c.times[i].Add(time.Hour)) {
			first = i + 1
		}
	}
	c.times = append(c.times[:0], c.times[first:]...)
	if n := len(c.times); n >= c.hour {
		until = c.times[n-c.hour].Add(time.Hour)
	}
	if n := len(c.times); n >= c.minute {
		if t := c.times[n-c.minute].Add(time.Minute); t.After(until) {
			until = t
		}
	}
	if until.After(now) {
		return until, false
	}
	c.times = append(c.times, now)
	return time.Time{}, true
}
