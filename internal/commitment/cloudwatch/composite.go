package cloudwatch

import (
	"strings"

	"github.com/slagate/slagate/internal/commitment"
	"github.com/slagate/slagate/internal/commitment/resource"
)

// compositeAlarm reads an alarm over other alarms (AWS provider,
// aws_cloudwatch_composite_alarm).
func compositeAlarm(it resource.Item) []commitment.Commitment {
	var f resource.Fields
	rule := it.Attr("alarm_rule")
	f.Rely(rule.Locals...)
	actions(&f, it)
	for _, b := range it.Blocks("actions_suppressor") {
		a := b.Attr("alarm")
		f.Made(a.Line, resource.Spec{Name: "actions_suppressor", Role: commitment.RoleSuppression}, commitment.ListOf(a.Text))
		f.Add(b.Attr("wait_period"), resource.Spec{Name: "wait_period", Role: commitment.RoleDelay, Read: resource.Seconds})
		f.Add(b.Attr("extension_period"), resource.Spec{
			Name: "extension_period", Role: commitment.RoleAmount, Better: commitment.Lower, Read: resource.Seconds,
		})
	}
	f.Close(it)
	return []commitment.Commitment{{
		Key: it.Key(format, ""), Kind: commitment.Detection, Name: it.Title("alarm_name"),
		Indicator: strings.Join(strings.Fields(rule.Text), " "), Fields: f.List, Source: it.Source,
	}}
}
