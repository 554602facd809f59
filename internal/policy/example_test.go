package policy_test

import (
	"fmt"

	"github.com/slagate/slagate/internal/commitment"
	"github.com/slagate/slagate/internal/policy"
)

func ExampleLoad() {
	loaded := policy.Load(policy.Input{Owner: "acme", Text: []byte(`version: 1
functions:
  legal: { teams: [acme/legal] }
rules:
  - name: service levels
    paths: ["slo/**"]
    require: { weakend: [leagl] }
`)})
	for _, problem := range loaded.Problems {
		fmt.Println(problem)
	}
	// Output:
	// .github/slagate.yml:7:14 "weakened" is missing in require
	// .github/slagate.yml:7:16 unknown effect "weakend", did you mean "weakened"?
}

func ExampleMatcher_Match() {
	loaded := policy.Load(policy.Input{Text: []byte(`version: 1
functions:
  legal: { users: [jane] }
rules:
  - name: service levels
    paths: ["slo/**", "!slo/experiments/**"]
    require: { weakened: [legal] }
`)})
	matcher := policy.Compile(loaded.Policy)
	for _, path := range []string{"slo/checkout.yml", "SLO/checkout.yml", "slo/experiments/x.yml"} {
		fmt.Println(path)
		for _, hit := range matcher.Match(path) {
			rule := loaded.Policy.Rules[hit.Index]
			fmt.Printf("  %s by %s %s asks %v\n", hit.Rule, hit.Pattern, hit.Folded, rule.Asks(commitment.Weakened))
		}
	}
	// Output:
	// slo/checkout.yml
	//   service levels by slo/**  asks [legal]
	// SLO/checkout.yml
	//   service levels by slo/** letter case asks [legal]
	// slo/experiments/x.yml
}
