package datadog

import (
	"math/big"

	"github.com/slagate/slagate/internal/commitment"
	"github.com/slagate/slagate/internal/commitment/resource"
)

// monitor reads datadog_monitor (formats.md 1.6; Datadog provider, for the defaults).
func monitor(it resource.Item) []commitment.Commitment {
	var f resource.Fields
	query := it.Attr("query")
	f.Rely(query.Locals...)
	q := read(query)
	if it.Attr("type").Text == "service check" {
		// Its thresholds count failed checks in a row.
		q.better = commitment.Lower
	}
	thresholds(&f, it, q)
	q.windows(&f, query)
	later(&f, it)
	missing(&f, it)
	f.Add(it.Attr("priority"), resource.Spec{Name: "priority", Role: commitment.RoleRank, Read: resource.Order("1", "2", "3", "4", "5")})
	tellers(&f, it.Attr("message"), "message")
	tellers(&f, it.Attr("escalation_message"), "escalation_message")
	f.Add(it.Attr("renotify_interval"), resource.Spec{
		Name: "renotify_interval", Role: commitment.RoleAmount, Better: commitment.Higher,
		Read: reminders, Default: commitment.Exactly("", new(big.Rat), commitment.None),
	})
	f.Definitions(it, "draft_status", "require_full_window", "scheduling_options", "timeout_h", "group_retention_duration")
	f.Notes(it, "name", "message")
	f.Close(it)
	return []commitment.Commitment{{
		Key: it.Key(format, ""), Kind: commitment.Detection, Name: it.Title("name"),
		Indicator: it.Attr("type").Text + ": " + q.text, Shown: query.Text, Fields: f.List, Source: it.Source,
	}}
}

// thresholds adds the numbers that the query is compared with. The one in the query
// counts; where that is a variable, the one of the block.
func thresholds(f *resource.Fields, it resource.Item, q query) {
	blocks := append(it.Blocks("monitor_thresholds"), it.Blocks("thresholds")...)
	critical := resource.Spec{Name: "critical", Role: commitment.RoleThreshold, Better: q.better, Read: resource.Plain}
	switch {
	case q.number != "" && resource.Plain(q.number).Num != nil:
		f.Made(it.Attr("query").Line, critical, resource.Plain(q.number))
		contradiction(f, blocks, resource.Plain(q.number))
	case len(blocks) > 0 && blocks[0].Attr("critical").Exists():
		f.Add(blocks[0].Attr("critical"), critical)
	case q.number != "":
		f.Made(it.Attr("query").Line, critical, commitment.Unread(q.number))
	}
	if q.op != "" {
		f.Made(it.Attr("query").Line, resource.Spec{Name: "comparison", Role: commitment.RoleNote}, commitment.Words(q.op))
	}
	for _, b := range blocks {
		f.Add(b.Attr("warning"), resource.Spec{Name: "warning", Role: commitment.RoleThreshold, Better: q.better, Read: resource.Plain})
		f.Notes(b, "critical_recovery", "warning_recovery", "ok", "unknown")
	}
	for _, b := range it.Blocks("monitor_threshold_windows") {
		f.Add(b.Attr("trigger_window"), resource.Spec{Name: "trigger_window", Role: commitment.RoleDelay, Read: last})
		f.Notes(b, "recovery_window")
	}
}

// contradiction adds a threshold that stands beside the query and is not the query's.
// Datadog refuses such a monitor, so that the one before it stays as it is.
func contradiction(f *resource.Fields, blocks []resource.Block, query commitment.Value) {
	for _, b := range blocks {
		a := b.Attr("critical")
		if v := a.Value(resource.Plain); v.Num != nil && v.Num.Cmp(query.Num) != 0 {
			f.Made(a.Line, resource.Spec{Name: "critical in the block", Role: commitment.RoleDefinition}, commitment.Words(a.Text))
		}
	}
}

// later adds what makes a monitor look later than it could.
func later(f *resource.Fields, it resource.Item) {
	f.Add(it.Attr("evaluation_delay"), resource.Spec{Name: "evaluation_delay", Role: commitment.RoleDelay, Read: resource.Seconds})
	f.Add(it.Attr("new_group_delay"), resource.Spec{Name: "new_group_delay", Role: commitment.RoleAmount, Better: commitment.Lower, Read: resource.Seconds})
	f.Add(it.Attr("new_host_delay"), resource.Spec{
		Name: "new_host_delay", Role: commitment.RoleAmount, Better: commitment.Lower, Read: resource.Seconds,
		Default: commitment.Exactly("", big.NewRat(300, 1), commitment.Seconds),
	})
	for _, b := range it.Blocks("silenced") {
		f.Made(b.Line(), resource.Spec{Name: "silenced", Role: commitment.RoleSuppression}, commitment.ListOf(b.Text(nil)))
	}
}

// missing adds what a monitor makes of missing data.
func missing(f *resource.Fields, it resource.Item) {
	f.Add(it.Attr("notify_no_data"), resource.Spec{
		Name: "notify_no_data", Role: commitment.RoleEnabled, Read: resource.Flag, Default: commitment.Switch("", false),
	})
	f.Add(it.Attr("no_data_timeframe"), resource.Spec{
		Name: "no_data_timeframe", Role: commitment.RoleAmount, Better: commitment.Lower, Read: resource.Minutes,
	})
	f.Add(it.Attr("on_missing_data"), resource.Spec{
		Name: "on_missing_data", Role: commitment.RoleRank, Read: resource.Order("show_and_notify_no_data", "show_no_data", "default", "resolve"),
	})
}

// reminders are how often a day people are told again; an interval of 0 is never.
func reminders(text string) commitment.Value {
	minutes, ok := commitment.ParseNumber(text)
	switch {
	case !ok || minutes.Sign() < 0:
		return commitment.Unread(text)
	case minutes.Sign() == 0:
		return commitment.Exactly(text, minutes, commitment.None)
	}
	return commitment.Exactly(text, minutes.Quo(big.NewRat(1440, 1), minutes), commitment.None)
}
