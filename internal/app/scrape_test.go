package app

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"

	"github.com/slagate/slagate/internal/store"
	"github.com/slagate/slagate/internal/webhook"
)

// shelf is a store that tells what waits, or fails, or hangs.
type shelf struct {
	since  time.Time
	depths []store.Depth
	err    error
	hangs  chan struct{}
	asked  time.Time
}

func (s *shelf) OldestUnevaluated(context.Context) (time.Time, bool, error) {
	if s.hangs != nil {
		<-s.hangs // it does not heed the context either
	}
	return s.since, !s.since.IsZero(), s.err
}

func (s *shelf) QueueDepth(_ context.Context, stuckBefore time.Time) ([]store.Depth, error) {
	s.asked = stuckBefore
	return s.depths, s.err
}

func scrape(t *testing.T, m *metrics) string {
	t.Helper()
	w := httptest.NewRecorder()
	(&App{metrics: m}).routes(http.NotFoundHandler()).ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	require.Equal(t, 200, w.Code, w.Body.String())
	return w.Body.String()
}

func TestBacklog(t *testing.T) {
	t.Parallel()
	at := time.Unix(1_772_445_600, 0)
	m := newMetrics()
	s := &shelf{since: at.Add(-90 * time.Second), depths: []store.Depth{{Kind: "evaluate", State: "available", Jobs: 7}, {Kind: "sweep", State: "stuck", Jobs: 1}}}
	m.registry.MustRegister(newBacklog(s, func() time.Time { return at }, zerolog.Nop(), m.scrapes))
	page := scrape(t, m)
	require.Contains(t, page, "\nslagate_oldest_unevaluated_seconds 90\n")
	require.Contains(t, page, `slagate_queue_jobs{kind="evaluate",state="available"} 7`)
	require.Contains(t, page, `slagate_queue_jobs{kind="sweep",state="stuck"} 1`)
	require.Equal(t, at.Add(-stuckAfter), s.asked)

	s.since, s.depths = time.Time{}, nil
	page = scrape(t, m)
	require.Contains(t, page, "\nslagate_oldest_unevaluated_seconds 0\n")
	require.Contains(t, page, `slagate_queue_jobs{kind="evaluate",state="stuck"} 0`)
}

// What cannot be read is absent, not zero, and counted.
func TestScrapeWithoutADatabase(t *testing.T) {
	t.Parallel()
	m, s := newMetrics(), &shelf{err: errors.New("connection refused")}
	var lines bytes.Buffer
	m.registry.MustRegister(newBacklog(s, time.Now, zerolog.New(&lines), m.scrapes))
	scrape(t, m)
	page := scrape(t, m) // its own errors may be counted after it was written
	require.NotContains(t, page, "\nslagate_oldest_unevaluated_seconds ")
	require.NotContains(t, page, "\nslagate_queue_jobs{")
	require.Regexp(t, `slagate_scrape_errors_total{what="oldest"} [12]`, page)
	require.Regexp(t, `slagate_scrape_errors_total{what="queue"} [12]`, page)
	require.Contains(t, page, "\nslagate_sweep_seconds_count 0\n", "the rest is there")
	require.Contains(t, lines.String(), "connection refused")
}

func TestScrapeDoesNotHang(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		m, s := newMetrics(), &shelf{hangs: make(chan struct{})}
		b := newBacklog(s, time.Now, zerolog.Nop(), m.scrapes)
		m.registry.MustRegister(b)
		gather := func() time.Duration {
			began := time.Now()
			_, err := m.registry.Gather()
			require.NoError(t, err)
			return time.Since(began)
		}
		require.Equal(t, scrapeTimeout, gather())
		require.Zero(t, gather(), "the store is not asked again while it owes an answer")
		close(s.hangs)
		synctest.Wait()
		s.hangs = nil
		require.Zero(t, gather())
	})
}

// again is an error that says when to try again.
type again struct{}

func (again) Error() string             { return "limited" }
func (again) RetryAfter() time.Duration { return time.Minute }

func TestCounters(t *testing.T) {
	t.Parallel()
	m := newMetrics()
	m.delivered(webhook.Answer{Event: "push", Outcome: webhook.Fresh, Status: 200, Took: time.Millisecond})
	m.Evaluated("signed", time.Second)
	m.Refused("post-status")
	m.Tampered("status: of somebody else")
	m.Bypassed()
	for _, err := range []error{nil, again{}, context.DeadlineExceeded, store.ErrOvertaken, store.ErrBusy, store.ErrStale, errors.New("x")} {
		if err != nil {
			err = fmt.Errorf("evaluate: %w", err)
		}
		m.failed(err)
	}
	began := time.Unix(100, 0)
	m.swept(began, began.Add(3*time.Second), errors.New("x"))
	require.Contains(t, scrape(t, m), "\nslagate_last_complete_sweep_timestamp_seconds 0\n")
	m.swept(began, began.Add(3*time.Second), nil)
	page := scrape(t, m)
	for _, line := range []string{
		`slagate_deliveries_total{event="push",outcome="fresh",status="200"} 1`, `slagate_evaluations_total{verdict="signed"} 1`,
		`slagate_refused_writes_total{kind="post-status"} 1`, `slagate_put_right_total{what="status"} 1`, `slagate_bypasses_total 1`,
		`slagate_evaluation_failures_total{why="limited"} 1`, `slagate_evaluation_failures_total{why="timeout"} 1`,
		`slagate_evaluation_failures_total{why="overtaken"} 2`, `slagate_evaluation_failures_total{why="stale"} 1`,
		`slagate_evaluation_failures_total{why="other"} 1`, `slagate_sweeps_total{outcome="complete"} 1`, `slagate_sweeps_total{outcome="incomplete"} 1`,
		`slagate_last_complete_sweep_timestamp_seconds 103`, `slagate_sweep_seconds_sum 6`, `go_version="go`,
	} {
		require.Contains(t, page, line)
	}
}
