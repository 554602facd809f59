package app

import (
	"context"
	"errors"
	"runtime/debug"
	"strconv"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"github.com/slagate/slagate/internal/store"
	"github.com/slagate/slagate/internal/webhook"
)

// metrics are what operators watch. Nothing in a label comes from a pull
// request, so their number is bounded.
type metrics struct {
	registry    *prometheus.Registry
	deliveries  *prometheus.CounterVec
	accept      prometheus.Histogram
	evaluations *prometheus.CounterVec
	duration    prometheus.Histogram
	failures    *prometheus.CounterVec
	refused     *prometheus.CounterVec
	tampered    *prometheus.CounterVec
	sweeps      *prometheus.CounterVec
	sweepTime   prometheus.Histogram
	lastSweep   prometheus.Gauge
	redelivered *prometheus.CounterVec
	bypasses    prometheus.Counter
	scrapes     *prometheus.CounterVec
}

func newMetrics() *metrics {
	m := &metrics{
		registry: prometheus.NewRegistry(),
		deliveries: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "slagate_deliveries_total", Help: "Webhook deliveries by event, outcome (fresh, repeated, ignored, refused, busy, failed) and HTTP status answered.",
		}, []string{"event", "outcome", "status"}),
		accept: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "slagate_delivery_seconds", Help: "Time from a delivery's arrival to its durable acknowledgement.",
			Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 5, 10},
		}),
		evaluations: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "slagate_evaluations_total", Help: "Evaluations of pull requests by verdict.",
		}, []string{"verdict"}),
		duration: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "slagate_evaluation_seconds", Help: "Duration of evaluations, GitHub's answers included.",
			Buckets: []float64{.005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30, 60},
		}),
		failures: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "slagate_evaluation_failures_total",
			Help: "Evaluations that ended without a decision, by reason: limited, timeout, overtaken (another worker has the turn), stale (something arrived meanwhile), other.",
		}, []string{"why"}),
		refused: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "slagate_refused_writes_total", Help: "Writes that GitHub refused for good (422), by kind.",
		}, []string{"kind"}),
		tampered: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "slagate_put_right_total", Help: "Times something that others had changed was found: a status, the comment, a label.",
		}, []string{"what"}),
		sweeps: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "slagate_sweeps_total", Help: "Sweeps over all open pull requests by outcome: complete, incomplete.",
		}, []string{"outcome"}),
		sweepTime: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "slagate_sweep_seconds", Help: "Duration of sweeps.", Buckets: []float64{.1, .5, 1, 5, 10, 30, 60, 120, 300, 600},
		}),
		lastSweep: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "slagate_last_complete_sweep_timestamp_seconds", Help: "When this process last completed a sweep; 0: not yet.",
		}),
		redelivered: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "slagate_redeliveries_total", Help: "Deliveries that GitHub was asked to send again, by outcome: asked, refused.",
		}, []string{"outcome"}),
		bypasses: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "slagate_bypasses_total", Help: "Pull requests that were merged while sign-offs were still asked for.",
		}),
		scrapes: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "slagate_scrape_errors_total", Help: "Times a metric could not be read and was left out of a scrape.",
		}, []string{"what"}),
	}
	m.register()
	return m
}

func (m *metrics) register() {
	build := prometheus.NewGaugeVec(prometheus.GaugeOpts{
		Name: "slagate_build_info", Help: "What is running, always 1.",
	}, []string{"version", "revision", "go_version"})
	build.WithLabelValues(built()).Set(1)
	m.registry.MustRegister(m.deliveries, m.accept, m.evaluations, m.duration, m.failures, m.refused, m.tampered, m.sweeps, m.sweepTime,
		m.lastSweep, m.redelivered, m.bypasses, m.scrapes, build,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	// What alerts are about begins at zero: a counter that is born with its first
	// event has no increase to be noticed.
	for _, why := range []string{whyLimited, whyTimeout, whyOvertaken, whyStale, whyOther} {
		m.failures.WithLabelValues(why)
	}
	for _, what := range []string{scrapeOldest, scrapeQueue} {
		m.scrapes.WithLabelValues(what)
	}
	m.redelivered.WithLabelValues("asked")
	m.redelivered.WithLabelValues("refused")
	m.sweeps.WithLabelValues("complete")
	m.sweeps.WithLabelValues("incomplete")
}

// built is the version, commit and Go version of the binary, as far as it knows them.
func built() (version, revision, goVersion string) {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "", "", ""
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" {
			revision = s.Value
		}
	}
	return info.Main.Version, revision, info.GoVersion
}

func (m *metrics) delivered(a webhook.Answer) {
	m.deliveries.WithLabelValues(a.Event, string(a.Outcome), strconv.Itoa(a.Status)).Inc()
	m.accept.Observe(a.Took.Seconds())
}

// Evaluated implements controller.Observer.
func (m *metrics) Evaluated(verdict string, took time.Duration) {
	m.evaluations.WithLabelValues(verdict).Inc()
	m.duration.Observe(took.Seconds())
}

// Refused implements controller.Observer.
func (m *metrics) Refused(kind string) { m.refused.WithLabelValues(kind).Inc() }

// Tampered implements controller.Observer; only what kind of thing it was becomes a label.
func (m *metrics) Tampered(what string) {
	kind, _, _ := strings.Cut(what, ":")
	m.tampered.WithLabelValues(kind).Inc()
}

// Redelivered counts deliveries that GitHub was asked to send again.
func (m *metrics) Redelivered(asked, refused int) {
	m.redelivered.WithLabelValues("asked").Add(float64(asked))
	m.redelivered.WithLabelValues("refused").Add(float64(refused))
}

// Bypassed implements controller.Observer.
func (m *metrics) Bypassed() { m.bypasses.Inc() }

// Why an evaluation ended without a decision.
const (
	whyLimited   = "limited"
	whyTimeout   = "timeout"
	whyOvertaken = "overtaken"
	whyStale     = "stale"
	whyOther     = "other"
)

// failed counts an evaluation that ended with an error.
func (m *metrics) failed(err error) {
	var limited interface {
		error
		RetryAfter() time.Duration
	}
	why := whyOther
	switch {
	case err == nil:
		return
	case errors.Is(err, store.ErrOvertaken), errors.Is(err, store.ErrBusy):
		why = whyOvertaken
	case errors.Is(err, store.ErrStale):
		why = whyStale
	case errors.As(err, &limited):
		why = whyLimited
	case errors.Is(err, context.DeadlineExceeded):
		why = whyTimeout
	}
	m.failures.WithLabelValues(why).Inc()
}

func (m *metrics) swept(began, ended time.Time, err error) {
	m.sweepTime.Observe(ended.Sub(began).Seconds())
	if err != nil {
		m.sweeps.WithLabelValues("incomplete").Inc()
		return
	}
	m.sweeps.WithLabelValues("complete").Inc()
	m.lastSweep.Set(float64(ended.UnixMicro()) / 1e6)
}
