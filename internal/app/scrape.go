package app

import (
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"

	"github.com/slagate/slagate/internal/store"
)

const (
	// scrapeTimeout bounds what one scrape waits for the store. Prometheus itself waits
	// 10 s by default.
	scrapeTimeout = 2 * time.Second
	// stuckAfter is well beyond the minute that a job may run, and beyond the 65 s after which
	// the queue gives it to another worker.
	stuckAfter = 90 * time.Second

	scrapeOldest = "oldest"
	scrapeQueue  = "queue"
)

// depths is what the store tells of the work that waits.
type depths interface {
	OldestUnevaluated(ctx context.Context) (since time.Time, ok bool, err error)
	QueueDepth(ctx context.Context, stuckBefore time.Time) ([]store.Depth, error)
}

// backlog tells Prometheus what waits in the store. A scrape never hangs and never
// lies: what cannot be read in time is left out and counted.
type backlog struct {
	store  depths
	now    func() time.Time
	log    zerolog.Logger
	errors *prometheus.CounterVec
	oldest *prometheus.Desc
	queue  *prometheus.Desc
	// reading holds a token for each read that may be under way: one. A store that
	// does not even heed the end of a context is not asked again and again.
	reading chan struct{}
}

func newBacklog(s depths, now func() time.Time, log zerolog.Logger, errors *prometheus.CounterVec) *backlog {
	return &backlog{
		store: s, now: now, log: log, errors: errors, reading: make(chan struct{}, 1),
		oldest: prometheus.NewDesc("slagate_oldest_unevaluated_seconds",
			"Age of the oldest delivery whose pull request has not been evaluated since; 0: none waits.", nil, nil),
		queue: prometheus.NewDesc("slagate_queue_jobs",
			"Unfinished jobs by kind and state; those in the state stuck run for longer than any may.", []string{"kind", "state"}, nil),
	}
}

// Describe implements prometheus.Collector.
func (b *backlog) Describe(to chan<- *prometheus.Desc) {
	to <- b.oldest
	to <- b.queue
}

// Collect implements prometheus.Collector.
func (b *backlog) Collect(to chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), scrapeTimeout)
	defer cancel()
	read := make(chan []prometheus.Metric, 1)
	select {
	case b.reading <- struct{}{}:
	default: // the one before still waits for its answer
		b.left(scrapeOldest, context.DeadlineExceeded)
		b.left(scrapeQueue, context.DeadlineExceeded)
		return
	}
	go func() {
		defer func() { <-b.reading }()
		read <- append(b.readOldest(ctx), b.readQueue(ctx)...)
	}()
	select {
	case list := <-read:
		for _, m := range list {
			to <- m
		}
	case <-ctx.Done():
		b.left(scrapeOldest, ctx.Err())
		b.left(scrapeQueue, ctx.Err())
	}
}

// left counts and logs what is left out of the scrape.
func (b *backlog) left(what string, err error) {
	b.errors.WithLabelValues(what).Inc()
	b.log.Warn().Err(err).Str("what", what).Msg("metric left out of a scrape")
}

func (b *backlog) readOldest(ctx context.Context) []prometheus.Metric {
	since, waits, err := b.store.OldestUnevaluated(ctx)
	if err != nil {
		if ctx.Err() == nil { // else it is noted where the time is measured
			b.left(scrapeOldest, err)
		}
		return nil
	}
	age := 0.0
	if waits {
		age = max(b.now().Sub(since).Seconds(), 0)
	}
	return []prometheus.Metric{prometheus.MustNewConstMetric(b.oldest, prometheus.GaugeValue, age)}
}

func (b *backlog) readQueue(ctx context.Context) []prometheus.Metric {
	depths, err := b.store.QueueDepth(ctx, b.now().Add(-stuckAfter))
	if err != nil {
		if ctx.Err() == nil {
			b.left(scrapeQueue, err)
		}
		return nil
	}
	// None of them being stuck is a fact too, which an alert has to see.
	list, stuck := []prometheus.Metric{}, false
	for _, d := range depths {
		stuck = stuck || d.State == "stuck"
		list = append(list, prometheus.MustNewConstMetric(b.queue, prometheus.GaugeValue, float64(d.Jobs), d.Kind, d.State))
	}
	if !stuck {
		list = append(list, prometheus.MustNewConstMetric(b.queue, prometheus.GaugeValue, 0, "evaluate", "stuck"))
	}
	return list
}
