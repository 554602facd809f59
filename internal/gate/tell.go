package gate

import (
	"slices"

	"github.com/slagate/slagate/internal/commitment"
)

// Bounds on what a decision lists. What is beyond them counts as all the rest does.
const (
	maxChanges   = 1000
	maxUncovered = 100
	maxFindings  = 200
)

// tell puts what changes for customers into the decision: the changes in gated files
// with the effect that counted, and those in files that no rule covers.
func (e *evaluation) tell(d *Decision) {
	effects, whys := map[int]commitment.Effect{}, map[int]string{}
	for _, f := range d.Files {
		for _, c := range f.Changes {
			if old, ok := effects[c.Index]; !ok || c.Effect.Severity() > old.Severity() {
				effects[c.Index], whys[c.Index] = c.Effect, c.Why
			}
		}
	}
	for i, c := range e.compared.result.Changes {
		effect, gated := effects[i]
		switch {
		case gated && len(d.Changes) >= maxChanges:
			d.MoreChanges++
		case gated:
			if c.Effect = effect; whys[i] != "" {
				c.Notes = append(slices.Clone(c.Notes), whys[i])
			}
			d.Changes = append(d.Changes, c)
		case worthReporting(&c) && len(d.Uncovered) < maxUncovered:
			d.Uncovered = append(d.Uncovered, c)
		}
	}
	slices.SortStableFunc(d.Changes, func(a, b commitment.Change) int {
		if a.CrossesFloor != b.CrossesFloor {
			return 0 // what crosses a floor came first and stays there
		}
		return b.Effect.Severity() - a.Effect.Severity()
	})
	d.Findings = e.compared.result.Findings
	if len(d.Findings) > maxFindings {
		d.Findings = d.Findings[:maxFindings]
	}
}

// worthReporting reports whether a change in a file that no rule covers is told. A
// sentence without a number, a recorded value or what is only shown is not: nobody
// has said that the file promises anything.
func worthReporting(c *commitment.Change) bool {
	switch c.Kind {
	case commitment.Statement, commitment.Measurement, commitment.Dependency, commitment.Other:
		return false
	default:
		return c.Effect != commitment.Neutral
	}
}
