package ghapp

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"github.com/prometheus/client_golang/prometheus"
)

// metrics count what is asked of GitHub. "token" is the making of an
// installation's token, which counts against none of the installation's limits.
type metrics struct {
	requests  *prometheus.CounterVec
	remaining *prometheus.GaugeVec
	limit     *prometheus.GaugeVec
}

func newMetrics(registerer prometheus.Registerer) (*metrics, error) {
	m := &metrics{
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "slagate_github_requests_total",
			Help: "Requests sent to GitHub, by installation (0: the app itself), api (rest, graphql, token), method and class of the answer.",
		}, []string{"installation", "api", "method", "class"}),
		remaining: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "slagate_github_remaining",
			Help: "What GitHub said was left of an installation's primary limit, by resource (core, graphql).",
		}, []string{"installation", "resource"}),
		limit: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "slagate_github_limit",
			Help: "An installation's primary limit as GitHub said it, by resource (core, graphql).",
		}, []string{"installation", "resource"}),
	}
	if registerer == nil {
		return m, nil
	}
	for _, c := range []prometheus.Collector{m.requests, m.remaining, m.limit} {
		if err := registerer.Register(c); err != nil {
			return nil, fmt.Errorf("registering the metrics of GitHub: %w", err)
		}
	}
	return m, nil
}

func (m *metrics) count(req *http.Request, class string) {
	installation := strconv.FormatInt(installationOf(req.Context()), 10)
	m.requests.WithLabelValues(installation, apiOf(req), req.Method, class).Inc()
}

func (m *metrics) answer(req *http.Request, resp *http.Response) {
	m.count(req, strconv.Itoa(resp.StatusCode/100)+"xx")
	if apiOf(req) == "token" {
		return
	}
	resource := resp.Header.Get("X-Ratelimit-Resource")
	if resource == "" {
		resource = resourceOf(req)
	}
	installation := strconv.FormatInt(installationOf(req.Context()), 10)
	show(m.remaining.WithLabelValues, resp.Header.Get("X-Ratelimit-Remaining"), installation, resource)
	show(m.limit.WithLabelValues, resp.Header.Get("X-Ratelimit-Limit"), installation, resource)
}

// show sets a gauge to what a header says, if it says a number.
func show(gauge func(...string) prometheus.Gauge, said string, labels ...string) {
	if value, err := strconv.ParseFloat(said, 64); err == nil {
		gauge(labels...).Set(value)
	}
}

func apiOf(req *http.Request) string {
	switch {
	case isGraphQL(req):
		return "graphql"
	case strings.HasSuffix(req.URL.Path, "/access_tokens"):
		return "token"
	}
	return "rest"
}
