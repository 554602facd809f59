package grafanaoncall

import (
	"fmt"

	"github.com/slagate/slagate/internal/commitment"
	"github.com/slagate/slagate/internal/commitment/terraform"
)

// repeats is how often OnCall goes through a chain again at a step that says so.
// https://grafana.com/docs/oncall/latest/configure/escalation-chains-and-routes/
const repeats = 5

// walk goes through the steps of a chain in time.
type walk struct {
	path      *commitment.Path
	clock     terraform.Clock
	waited    bool // since the last level
	quiet     []string
	important []string
}

// step takes one step; it reports that the chain ends there.
func (w *walk) step(b terraform.Block) (ends bool) {
	switch kind := b.Attr("type").Text(); kind {
	case "wait":
		wait := b.Attr("duration").Seconds(commitment.PlainSeconds)
		if !wait.Exists() {
			wait = commitment.Unread("a wait that OnCall chooses")
		}
		w.clock.Add(wait)
		w.waited = true
	case "repeat_escalation":
		w.path.Repeats, w.path.Round = repeats, w.clock.Now()
		return true
	case "resolve":
		w.quiet = append(w.quiet, "the alert is resolved by itself "+w.place())
		return true
	case "notify_if_time_from_to":
		w.quiet = append(w.quiet, fmt.Sprintf("only from %s to %s %s", b.Attr("notify_if_time_from").Text(), b.Attr("notify_if_time_to").Text(), w.place()))
	case "notify_if_num_alerts_in_window":
		w.quiet = append(w.quiet, fmt.Sprintf("only with %s alerts within %s minutes %s", b.Attr("num_alerts_in_window").Text(), b.Attr("num_minutes_in_window").Text(), w.place()))
	default:
		w.tell(b, kind)
	}
	return false
}

// place is where in the chain a condition stands.
func (w *walk) place() string {
	return fmt.Sprintf("after level %d", len(w.path.Levels))
}

// tell adds those whom a step tells to the level that is reached now.
func (w *walk) tell(b terraform.Block, kind string) {
	if n := len(w.path.Levels); n == 0 || w.waited {
		w.path.Levels = append(w.path.Levels, commitment.Level{Reach: w.clock.Now(), Line: b.Line()})
		w.waited = false
	}
	level := &w.path.Levels[len(w.path.Levels)-1]
	level.Targets = append(level.Targets, targets(b, kind)...)
	if a := b.Attr("important"); !a.IsNull() && a.Text() != "false" {
		text := fmt.Sprintf("level %d", len(w.path.Levels))
		if a.Text() != "true" {
			text += " if " + a.Shown()
		}
		w.important = append(w.important, text)
	}
}

// targets are those whom a step tells.
func targets(b terraform.Block, kind string) []commitment.Target {
	one := func(what, argument string) []commitment.Target {
		a := b.Attr(argument)
		if a.IsNull() {
			return []commitment.Target{{Kind: "nobody", Name: kind + " without " + argument}}
		}
		return []commitment.Target{{Kind: what, Name: a.Text()}}
	}
	switch kind {
	case "notify_persons":
		return persons(b, "persons_to_notify", "")
	case "notify_person_next_each_time":
		return persons(b, "persons_to_notify_next_each_time", " (in turn)")
	case "notify_on_call_from_schedule":
		return one("schedule", "notify_on_call_from_schedule")
	case "notify_user_group":
		return one("group", "group_to_notify")
	case "notify_team_members":
		return one("team", "notify_to_team_members")
	case "trigger_webhook", "trigger_action":
		return one("webhook", "action_to_trigger")
	case "notify_whole_channel":
		return []commitment.Target{{Kind: "channel", Name: "the whole channel"}}
	}
	return []commitment.Target{{Name: kind}}
}

func persons(b terraform.Block, argument, how string) []commitment.Target {
	a := b.Attr(argument)
	names, ok := a.List()
	if !ok && !a.IsNull() {
		names = []string{a.Shown()}
	}
	out := make([]commitment.Target, 0, len(names))
	for _, n := range names {
		out = append(out, commitment.Target{Kind: "user", Name: n + how})
	}
	return out
}
