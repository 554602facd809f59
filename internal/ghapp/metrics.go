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
}

func newMetrics(registerer prometheus.Registerer) (*metrics, error) {
	m := &metrics{
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "slagate_github_requests_total",
			Help: "Requests sent to GitHub, by installation (0: the app itself), api (rest, graphql, token), method and class of the answer.",
		}, []string{"installation", "api", "method", "class"}),
		remaining: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "slagate_github_rate_remaining",
			Help: "What GitHub said was left of an installation's primary limit.",
		}, []string{"installation", "resource"}),
	}
	if registerer == nil {
		return m, nil
	}
	for _, c := range []prometheus.Collector{m.requests, m.remaining} {
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
	remaining, err := strconv.ParseFloat(resp.Header.Get("X-Ratelimit-Remaining"), 64)
	if err != nil || apiOf(req) == "token" {
		return
	}
	resource := resp.Header.Get("X-Ratelimit-Resource")
	if resource == "" {
		resource = resourceOf(req)
	}
	m.remaining.WithLabelValues(strconv.FormatInt(installationOf(req.Context()), 10), resource).Set(remaining)
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
