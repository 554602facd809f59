package ghapp

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"
)

// How long to wait when GitHub limits us and does not say until when: "wait at
// least one minute", then longer each time.
// https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api#exceeding-the-rate-limit
const (
	minuteWait  = time.Minute
	longestWait = 15 * time.Minute
	// concurrent is how many requests of an installation are under way at most: GitHub
	// allows 100, REST and GraphQL together.
	concurrent = 100
	// sanestWait bounds what a header may ask for: the windows of GitHub's limits are an hour.
	sanestWait = 2 * time.Hour
)

// limiter is the transport of one installation. It notices that GitHub limits
// the installation and from then on answers its requests itself, without
// sending or sleeping, until the limit ends. It stays within the limits that
// GitHub documents but does not announce, and keeps the rest of an hour's budget
// for what people wait for. Other installations have limiters of their own.
type limiter struct {
	installation int64
	next         http.RoundTripper
	now          func() time.Time
	slots        chan struct{} // one for each request under way

	mu sync.Mutex
	// all is when every request may go again, byResource when those may that
	// count against one primary limit ("core", "graphql").
	all        time.Time
	byResource map[string]time.Time
	silent     int               // limits in a row that came without any time
	budgets    map[string]budget // by primary limit
	content    *contentLog       // nil: not limited
}

func newLimiter(installation int64, next http.RoundTripper, content *contentLog, now func() time.Time) *limiter {
	return &limiter{
		installation: installation, next: next, now: now, content: content, slots: make(chan struct{}, concurrent),
		byResource: map[string]time.Time{}, budgets: map[string]budget{},
	}
}

// RoundTrip implements http.RoundTripper.
func (l *limiter) RoundTrip(req *http.Request) (*http.Response, error) {
	if err := l.enter(req); err != nil {
		if req.Body != nil {
			return nil, joinClose(err, req.Body)
		}
		return nil, err
	}
	defer l.leave()
	resp, err := l.next.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	body, err := bodyOf(resp)
	if err != nil {
		return nil, err
	}
	l.note(resourceOf(req), resp.Header)
	if err := l.judge(isGraphQL(req), resp, body); err != nil {
		return nil, joinClose(err, resp.Body)
	}
	hideRates(resp.Header)
	return resp, nil
}

// enter waits for one of the slots and then sees whether the request may be sent.
func (l *limiter) enter(req *http.Request) error {
	select {
	case l.slots <- struct{}{}:
	case <-req.Context().Done():
		return fmt.Errorf("waiting for other requests of installation %d: %w", l.installation, req.Context().Err())
	}
	if err := l.closed(req); err != nil {
		l.leave()
		return err
	}
	return nil
}

// leave frees the slot. The transports below have read the answer to its end.
func (l *limiter) leave() { <-l.slots }

// closed returns the error of a limit that still holds, or that the request would break.
func (l *limiter) closed(req *http.Request) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	now, resource := l.now(), resourceOf(req)
	until := l.all
	if t := l.byResource[resource]; t.After(until) {
		until = t
	}
	if until.After(now) {
		return l.limited(until, whyGitHub)
	}
	if b := l.budgets[resource]; isCalm(req.Context()) && b.low(now) {
		return l.limited(b.reset, whyCalm)
	}
	if createsContent(req) {
		if until, ok := l.content.take(now); !ok {
			return l.limited(until, whyContent)
		}
	}
	return nil
}

func (l *limiter) limited(until time.Time, why string) *LimitedError {
	return &LimitedError{Installation: l.installation, Until: until, why: why, now: l.now}
}

// judge takes note of what an answer says about limits. The error is the limit
// that refused this very request; nil if the request was served.
func (l *limiter) judge(graphql bool, resp *http.Response, body []byte) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	exhausted := resp.Header.Get("X-Ratelimit-Remaining") == "0"
	if !refusedByLimit(graphql, resp, body, exhausted) {
		if resp.StatusCode < 400 {
			l.silent = 0
			if until, ok := l.resetTime(resp.Header); exhausted && ok {
				l.hold(resp, until)
			}
		}
		return nil
	}
	until, said := l.retryAfter(resp.Header)
	if !said && exhausted {
		until, said = l.resetTime(resp.Header)
		if said {
			l.hold(resp, until)
			return l.limited(until, whyGitHub)
		}
	}
	if now := l.now(); !said && l.all.After(now) {
		until = l.all // one limit refuses all that were under way, and counts once
	} else if !said {
		until = now.Add(min(minuteWait<<min(l.silent, 8), longestWait))
		l.silent++
	}
	if until.After(l.all) {
		l.all = until
	}
	return l.limited(until, whyGitHub)
}

// hold stops the requests that count against the primary limit the answer
// speaks of; all requests if it does not say which.
func (l *limiter) hold(resp *http.Response, until time.Time) {
	resource := resp.Header.Get("X-Ratelimit-Resource")
	if resource == "" {
		l.all = until
		return
	}
	l.byResource[resource] = until
}

// refusedByLimit tells a limit from any other refusal. GitHub answers 403 or
// 429, sometimes without a single header, and GraphQL's limits come as 200.
func refusedByLimit(graphql bool, resp *http.Response, body []byte, exhausted bool) bool {
	switch resp.StatusCode {
	case http.StatusTooManyRequests:
		return true
	case http.StatusForbidden:
		text := strings.ToLower(string(body[:min(len(body), 4096)]))
		return exhausted || resp.Header.Get("Retry-After") != "" ||
			strings.Contains(text, "secondary rate limit") || strings.Contains(text, "secondary-rate-limits") ||
			strings.Contains(text, "rate limit exceeded") || strings.Contains(text, "abuse detection")
	case http.StatusOK:
		return graphql && limitedInGraphQL(body)
	}
	return false
}

// limitedInGraphQL looks for a limit among the errors of a GraphQL answer. Only
// there: comments may hold the same words.
func limitedInGraphQL(body []byte) bool {
	if !bytes.Contains(body, []byte(`"errors"`)) {
		return false
	}
	var answer struct{ Errors []graphError }
	if json.Unmarshal(body, &answer) != nil {
		return false
	}
	for _, e := range answer.Errors {
		if e.Type == "RATE_LIMITED" || strings.Contains(strings.ToLower(e.Message), "secondary rate limit") {
			return true
		}
	}
	return false
}

// retryAfter reads the Retry-After header: seconds, or a date.
func (l *limiter) retryAfter(h http.Header) (time.Time, bool) {
	value := h.Get("Retry-After")
	if value == "" {
		return time.Time{}, false
	}
	if seconds, err := strconv.ParseInt(value, 10, 64); err == nil {
		return l.sane(l.now().Add(time.Duration(min(max(seconds, 1), int64(sanestWait/time.Second))) * time.Second)), true
	}
	date, err := http.ParseTime(value)
	if err != nil {
		return time.Time{}, false
	}
	return l.sane(date.Add(l.ahead(h))), true
}

// resetTime reads when the primary limit starts anew.
func (l *limiter) resetTime(h http.Header) (time.Time, bool) {
	epoch, err := strconv.ParseInt(h.Get("X-Ratelimit-Reset"), 10, 64)
	if err != nil || epoch <= 0 {
		return time.Time{}, false
	}
	return l.sane(time.Unix(epoch, 0).Add(l.ahead(h))), true
}

// ahead is how far our clock is ahead of GitHub's.
func (l *limiter) ahead(h http.Header) time.Duration {
	date, err := http.ParseTime(h.Get("Date"))
	if err != nil {
		return 0
	}
	return l.now().Sub(date)
}

func (l *limiter) sane(t time.Time) time.Time {
	now := l.now()
	switch {
	case t.Before(now.Add(time.Second)):
		return now.Add(time.Second)
	case t.After(now.Add(sanestWait)):
		return now.Add(sanestWait)
	}
	return t
}

// hideRates keeps go-github from blocking by itself: it would do so for up to
// an hour after a secondary limit, with an error of another type.
func hideRates(h http.Header) {
	for _, name := range []string{"Limit", "Remaining", "Used", "Reset", "Resource"} {
		h.Del("X-Ratelimit-" + name)
	}
}

// resourceOf is the primary limit that a request counts against.
func resourceOf(req *http.Request) string {
	if isGraphQL(req) {
		return "graphql"
	}
	return "core"
}

// isGraphQL tells GraphQL's one endpoint from REST's many.
func isGraphQL(req *http.Request) bool {
	return req.Method == http.MethodPost && strings.HasSuffix(strings.TrimSuffix(req.URL.Path, "/"), "/graphql")
}
