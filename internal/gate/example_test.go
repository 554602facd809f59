package gate_test

import (
	"fmt"
	"time"

	"github.com/slagate/slagate/internal/gate"
	"github.com/slagate/slagate/internal/pull"
)

// A pull request that weakens a service level, with everything the gate asked for.
func ExampleGate_Evaluate() {
	sn := pull.Snapshot{
		At:  time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC),
		Ref: pull.Ref{Owner: "acme", Repo: "shop", Number: 12},
		Pull: pull.Pull{
			Open: true, Head: "h1", BaseBranch: "main", Author: pull.Person{ID: 1, Login: "ana", Kind: pull.KindUser},
		},
		Policy: pull.PolicyFacts{
			Owner: pull.Blob{State: pull.BlobAbsent},
			Base: pull.Blob{State: pull.BlobFound, Text: `version: 1
functions: { legal: { teams: [acme/legal] } }
rules: [{ name: service levels, paths: ["slo/**"], require: [legal] }]
`},
		},
		Files: []pull.File{{
			Path: "slo/checkout.yml", Status: pull.FileModified,
			Before: &pull.Entry{Mode: "100644", OID: "a1"}, After: &pull.Entry{Mode: "100644", OID: "a2"},
		}},
		Texts: []pull.Blob{
			{State: pull.BlobFound, OID: "a1", Text: "service: checkout\nobjective: 99.95\n"},
			{State: pull.BlobFound, OID: "a2", Text: "service: checkout\nobjective: 99.5\n"},
		},
		Teams: []pull.Team{{Slug: "acme/legal", ID: 5, Total: 2}},
	}
	d := gate.New().Evaluate(sn)
	fmt.Println(d.Verdict)
	for _, c := range d.Changes {
		fmt.Println(c.Effect, c.Kind, c.Fields[0].Before, "->", c.Fields[0].After)
	}
	for _, f := range d.Functions {
		fmt.Printf("%s because of %v: %d of %d\n", f.Name, f.Because, len(f.SignOffs), f.Approvals)
	}
	// Output:
	// waiting
	// weakened availability 99.95 -> 99.5
	// legal because of [service levels]: 0 of 1
}

// What a snapshot lacks is named, so that no more is read than is needed.
func ExampleGate_Needs() {
	sn := pull.Snapshot{
		Pull: pull.Pull{Open: true, BaseBranch: "main"},
		Policy: pull.PolicyFacts{
			Owner: pull.Blob{State: pull.BlobAbsent},
			Base: pull.Blob{State: pull.BlobFound, Text: `version: 1
functions: { legal: { users: [jane] } }
rules: [{ name: service levels, paths: ["slo/**"], require: [legal] }]
`},
		},
		Files: []pull.File{{Path: "README.md"}, {Path: "slo/checkout.yml"}},
	}
	n := gate.New().Needs(sn)
	fmt.Println(n.Entries, n.Logins, n.Labels)
	// Output: [README.md slo/checkout.yml] [jane] [sla/legal-approved sla/needs-legal]
}
