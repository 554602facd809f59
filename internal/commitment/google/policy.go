package google

import (
	"fmt"

	"github.com/slagate/slagate/internal/commitment"
	"github.com/slagate/slagate/internal/commitment/resource"
)

// policy reads google_monitoring_alert_policy, a commitment for each condition
// (formats.md 1.6; Cloud Monitoring API, projects.alertPolicies).
func policy(it resource.Item) []commitment.Commitment {
	conditions := it.Blocks("conditions")
	out := make([]commitment.Commitment, 0, max(1, len(conditions)))
	seen := map[string]int{}
	for _, c := range conditions {
		title, sub := it.Title("display_name"), ""
		if len(conditions) > 1 {
			sub = c.Attr("display_name").Text
			if seen[sub]++; seen[sub] > 1 {
				sub = fmt.Sprintf("%s #%d", sub, seen[sub])
			}
			title += ": " + sub
		}
		var f resource.Fields
		text := condition(&f, c)
		whole(&f, it, len(conditions))
		f.Note(c.Attr("display_name"), "condition")
		f.Close(it)
		out = append(out, commitment.Commitment{
			Key: it.Key(format, sub), Kind: commitment.Detection, Name: title,
			Indicator: text, Fields: f.List, Source: commitment.Source{Line: c.Line()},
		})
	}
	if len(out) == 1 {
		out[0].Source.Line = it.Line()
	}
	return out
}

// whole adds what is said for all conditions of a policy.
func whole(f *resource.Fields, it resource.Item, conditions int) {
	f.Add(it.Attr("enabled"), resource.Spec{
		Name: "enabled", Role: commitment.RoleEnabled, Read: resource.Flag, Default: commitment.Switch("", true),
	})
	f.Add(it.Attr("notification_channels"), resource.Spec{Name: "notification_channels", Role: commitment.RoleTeller, Default: commitment.ListOf()})
	f.Add(it.Attr("severity"), resource.Spec{Name: "severity", Role: commitment.RoleSeverity})
	combine(f, it.Attr("combiner"), conditions)
	for _, s := range it.Blocks("alert_strategy") {
		strategy(f, s)
	}
	f.Note(it.Attr("display_name"), "display_name")
}

// combine adds that other conditions must hold too.
func combine(f *resource.Fields, a resource.Attr, conditions int) {
	f.Note(a, "combiner")
	if conditions < 2 || a.Text == "OR" || !a.Exists() {
		f.Made(a.Line, resource.Spec{Name: "needs others", Role: commitment.RoleSuppression}, commitment.ListOf())
		return
	}
	if !a.Literal {
		f.Rely(a.Locals...)
		f.Made(a.Line, resource.Spec{Name: "needs others", Role: commitment.RoleSuppression}, commitment.Unread(a.Text))
		return
	}
	var items []string
	for i := 1; i < min(conditions, maxOthers); i++ {
		items = append(items, fmt.Sprintf("%d more of the conditions must hold (%s)", i, a.Text))
	}
	f.Made(a.Line, resource.Spec{Name: "needs others", Role: commitment.RoleSuppression}, commitment.ListOf(items...))
}

// maxOthers bounds the list of conditions that must hold too; the provider allows six.
const maxOthers = 100

// strategy adds how often people are told.
func strategy(f *resource.Fields, b resource.Block) {
	rare := resource.Spec{Role: commitment.RoleAmount, Better: commitment.Lower, Read: resource.Seconds}
	for _, limit := range b.Blocks("notification_rate_limit") {
		s := rare
		s.Name = "notification_rate_limit"
		f.Add(limit.Attr("period"), s)
	}
	for _, channel := range b.Blocks("notification_channel_strategy") {
		s := rare
		s.Name = "renotify_interval"
		f.Add(channel.Attr("renotify_interval"), s)
	}
	f.Definitions(b, "notification_prompts")
	f.Notes(b, "auto_close")
}
