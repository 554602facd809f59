package formats_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/slagate/slagate/internal/commitment"
	"github.com/slagate/slagate/internal/commitment/formats"
)

// rulesFile is a file of so many alerts, of which every tenth is other with loose.
func rulesFile(alerts int, loose bool) []byte {
	var b strings.Builder
	b.WriteString("groups:\n")
	for i := range alerts {
		if i%20 == 0 {
			fmt.Fprintf(&b, "  - name: group-%d\n    rules:\n", i/20)
		}
		hold := "5m"
		if loose && i%10 == 0 {
			hold = "15m"
		}
		fmt.Fprintf(&b, `      - alert: Errors%[1]d
        expr: |
          sum by (job, namespace) (rate(http_requests_total{job="api-%[1]d", code=~"5.."}[5m]))
            /
          sum by (job, namespace) (rate(http_requests_total{job="api-%[1]d"}[5m])) > 0.0%[2]d
        for: %[3]s
        labels:
          severity: critical
          team: payments
        annotations:
          summary: 'Too many errors of {{ $labels.job }}'
          runbook_url: https://runbooks.example.com/errors-%[1]d
`, i, i%9+1, hold)
	}
	return []byte(b.String())
}

func objectiveFile(i int, target string) []byte {
	return fmt.Appendf(nil, "service: shop\nname: objective-%d\nobjective: %s\nwindow: 30d\n", i, target)
}

// BenchmarkThousandAlerts: both sides of one rules file, a tenth of its alerts changed
// (aim: 150 ms on one core).
func BenchmarkThousandAlerts(b *testing.B) {
	before, after := rulesFile(1000, false), rulesFile(1000, true)
	b.ReportAllocs()
	for b.Loop() {
		_, _, r := formats.Compare([]formats.Pair{{
			Before: formats.Side{Path: "alerts.yml", Src: before}, After: formats.Side{Path: "alerts.yml", Src: after},
		}}, commitment.Options{})
		if len(r.Changes) != 100 {
			b.Fatal(len(r.Changes))
		}
	}
}

// BenchmarkThreeThousandFiles: a change of 3,000 small files.
func BenchmarkThreeThousandFiles(b *testing.B) {
	pairs := make([]formats.Pair, 0, 3000)
	for i := range 3000 {
		path := fmt.Sprintf("slo/%04d.yml", i)
		pairs = append(pairs, formats.Pair{
			Before: formats.Side{Path: path, Src: objectiveFile(i, "99.9")}, After: formats.Side{Path: path, Src: objectiveFile(i, "99.5")},
		})
	}
	b.ReportAllocs()
	for b.Loop() {
		_, _, r := formats.Compare(pairs, commitment.Options{})
		if len(r.Changes) != 3000 {
			b.Fatal(len(r.Changes))
		}
	}
}
