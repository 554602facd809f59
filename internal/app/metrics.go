package app

import (
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
)

// metrics are what operators watch. Nothing in a label comes from a pull
// request, so their number is bounded.
type metrics struct {
	registry    *prometheus.Registry
	deliveries  *prometheus.CounterVec
	accept      prometheus.Histogram
	evaluations *prometheus.CounterVec
	duration    prometheus.Histogram
	refused     *prometheus.CounterVec
	tampered    *prometheus.CounterVec
	sweeps      *prometheus.CounterVec
}

func newMetrics() *metrics {
	m := &metrics{
		registry: prometheus.NewRegistry(),
		deliveries: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "slagate_deliveries_total", Help: "Webhook deliveries by event and HTTP status answered.",
		}, []string{"event", "status"}),
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
		refused: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "slagate_refused_writes_total", Help: "Writes that GitHub refused for good (422), by kind.",
		}, []string{"kind"}),
		tampered: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "slagate_put_right_total", Help: "Times something that others had changed was found: a status, the comment, a label.",
		}, []string{"what"}),
		sweeps: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "slagate_sweeps_total", Help: "Sweeps over all open pull requests by outcome.",
		}, []string{"outcome"}),
	}
	m.registry.MustRegister(m.deliveries, m.accept, m.evaluations, m.duration, m.refused, m.tampered, m.sweeps,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

// gauge registers a value that is asked for at each scrape.
func (m *metrics) gauge(name, help string, value func() float64) {
	m.registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: name, Help: help}, value))
}

func (m *metrics) delivered(event string, status int, took time.Duration) {
	m.deliveries.WithLabelValues(event, strconv.Itoa(status)).Inc()
	m.accept.Observe(took.Seconds())
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
	kind := what
	for i, r := range what {
		if r == ':' {
			kind = what[:i]
			break
		}
	}
	m.tampered.WithLabelValues(kind).Inc()
}

func (m *metrics) swept(err error) {
	outcome := "complete"
	if err != nil {
		outcome = "incomplete"
	}
	m.sweeps.WithLabelValues(outcome).Inc()
}
