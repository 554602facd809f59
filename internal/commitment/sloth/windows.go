package sloth

import (
	"github.com/slagate/slagate/internal/commitment"
	"github.com/slagate/slagate/internal/commitment/objective"
	"github.com/slagate/slagate/internal/commitment/source"
)

// windows reads AlertWindows: from how much of the budget used in how long on an alert
// fires. Such an alert fires once the errors of the long window exceed
// errorBudgetPercent of the budget of the period (SRE workbook, Alerting on SLOs;
// formats.md 2.5). So less of the budget is earlier; and a longer window at the same
// share holds all errors that the shorter one held, so it fires whenever that did. The
// short window decides mostly when it ends again: that is not judged.
func windows(f *objective.Found, spec source.Node) {
	for _, alert := range []string{"page", "ticket"} {
		for _, speed := range []string{"quick", "slow"} {
			n := spec.Get(alert, speed)
			if !n.IsMap() {
				continue
			}
			var fields objective.Fields
			fields.Read("errorBudgetPercent", commitment.RoleAmount, commitment.Lower, n.Get("errorBudgetPercent"), commitment.PercentOf)
			fields.Read("longWindow", commitment.RoleAmount, commitment.Higher, n.Get("longWindow"), objective.Window)
			fields.Read("shortWindow", commitment.RoleAmount, commitment.Neither, n.Get("shortWindow"), objective.Window)
			fields.Read("sloPeriod", commitment.RoleWindow, commitment.Neither, spec.Get("sloPeriod"), objective.Window)
			called := alert + " " + speed
			f.Add(n, commitment.Commitment{
				Key:  commitment.Key{Format: name, Group: "AlertWindows", Name: called, Sub: alert},
				Kind: commitment.Detection, Name: called + " burn-rate alert",
				Fields: fields,
			})
		}
	}
}
