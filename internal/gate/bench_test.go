package gate_test

import (
	"fmt"
	"testing"

	"github.com/slagate/slagate/internal/gate"
	"github.com/slagate/slagate/internal/pull"
)

// BenchmarkFiftyGatedFiles: what "slagate check" does once git has answered, for a
// change of 50 gated files of 20 alerts each (aim for the whole command: 300 ms).
func BenchmarkFiftyGatedFiles(b *testing.B) {
	sn := pull.Snapshot{
		Pull:   pull.Pull{Open: true, BaseBranch: "main", Head: "h", Author: person("ana")},
		Policy: pull.PolicyFacts{Base: found(standardPolicy), Owner: pull.Blob{State: pull.BlobAbsent}},
	}
	for i := range 50 {
		before, after := fmt.Sprintf("a%d", i), fmt.Sprintf("b%d", i)
		sn.Files = append(sn.Files, pull.File{
			Path: fmt.Sprintf("slo/%02d.yml", i), Status: pull.FileModified,
			Before: &pull.Entry{Mode: "100644", OID: before}, After: &pull.Entry{Mode: "100644", OID: after},
		})
		sn.AddText(pull.Blob{State: pull.BlobFound, OID: before, Text: alerts(i, "5m")})
		sn.AddText(pull.Blob{State: pull.BlobFound, OID: after, Text: alerts(i, "15m")})
	}
	b.ReportAllocs()
	for b.Loop() {
		if d := gate.New().Evaluate(sn); len(d.Changes) != 1000 {
			b.Fatal(len(d.Changes))
		}
	}
}

func alerts(file int, hold string) string {
	text := fmt.Sprintf("groups:\n- name: g%d\n  rules:\n", file)
	for i := range 20 {
		text += fmt.Sprintf("  - alert: A%d_%d\n    expr: rate(errors_total{job=\"j%d\"}[5m]) > 0.%d\n    for: %s\n    labels: {severity: page}\n", file, i, i, i+1, hold)
	}
	return text
}
