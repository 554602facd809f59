package e2e

import (
	"math"
	"strconv"
	"strings"

	"github.com/stretchr/testify/require"
)

// scrape is the metrics of all processes of a fleet, added up by series.
type scrape map[string]float64

// scrape reads what every process says of itself.
func (f *fleet) scrape() scrape {
	f.tb.Helper()
	sum := scrape{}
	for _, m := range f.members {
		_, body, err := (&service{url: "http://" + m.address}).get("/metrics")
		require.NoError(f.tb, err)
		for line := range strings.Lines(body) {
			// A line is a series and its value; no label of slagate's ends with a space.
			series, text, ok := cutLast(strings.TrimSpace(line))
			if value, err := strconv.ParseFloat(text, 64); ok && err == nil && !strings.HasPrefix(series, "#") {
				sum[series] += value
			}
		}
	}
	return sum
}

func cutLast(line string) (before, after string, ok bool) {
	i := strings.LastIndexByte(line, ' ')
	if i < 0 {
		return "", "", false
	}
	return line[:i], line[i+1:], true
}

// since is what came after an earlier scrape. A process that was started again in
// between begins at zero: then it means nothing.
func (x scrape) since(earlier scrape) scrape {
	out := scrape{}
	for series, value := range x {
		out[series] = value - earlier[series]
	}
	return out
}

// total adds up all series of a metric.
func (x scrape) total(metric string) (sum float64) {
	for series, value := range x {
		if name, _, _ := strings.Cut(series, "{"); name == metric {
			sum += value
		}
	}
	return sum
}

// quantile is the value of a histogram, in its unit, that this share of its observations does not
// exceed, as Prometheus' histogram_quantile estimates it: evenly spread within a bucket.
func (x scrape) quantile(histogram string, share float64) float64 {
	counts := map[float64]float64{}
	for series, value := range x {
		if rest, ok := strings.CutPrefix(series, histogram+`_bucket{le="`); ok {
			le, err := strconv.ParseFloat(strings.TrimSuffix(rest, `"}`), 64)
			if err == nil {
				counts[le] = value
			}
		}
	}
	rank := share * counts[math.Inf(1)]
	upper, lower := math.Inf(1), 0.0
	for le, count := range counts {
		if count >= rank {
			upper = min(upper, le)
		} else {
			lower = max(lower, le)
		}
	}
	if within := counts[upper] - counts[lower]; within > 0 && !math.IsInf(upper, 1) {
		return lower + (upper-lower)*(rank-counts[lower])/within
	}
	return lower
}
