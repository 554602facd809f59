package newrelic

import (
	"math/big"
	"strings"

	"github.com/slagate/slagate/internal/commitment"
	"github.com/slagate/slagate/internal/commitment/resource"
)

// serviceLevel reads newrelic_service_level (formats.md 1.6). Its target is a percentage.
func serviceLevel(it resource.Item) []commitment.Commitment {
	objectives := it.Blocks("objective")
	out := make([]commitment.Commitment, 0, len(objectives))
	for _, o := range objectives {
		var f resource.Fields
		f.Add(o.Attr("target"), resource.Spec{Name: "target", Role: commitment.RoleTarget, Better: commitment.Higher, Read: commitment.PercentOf})
		for _, w := range o.Blocks("time_window") {
			for _, r := range w.Blocks("rolling") {
				rolling(&f, r)
			}
		}
		var texts []string
		for _, b := range it.Blocks("events") {
			f.Rely(b.Locals()...)
			texts = append(texts, b.Text(nil))
		}
		f.Notes(it, "name", "description")
		f.Definitions(it, "guid")
		f.Close(it)
		out = append(out, commitment.Commitment{
			Key: it.Key(format, ""), Kind: commitment.Availability, Name: it.Title("name"),
			Indicator: strings.Join(texts, " "), Fields: f.List, Source: commitment.Source{Line: it.Line()},
		})
	}
	return out
}

// rolling adds the window; DAY is the only unit that the provider knows.
func rolling(f *resource.Fields, b resource.Block) {
	count, unit := b.Attr("count"), b.Attr("unit")
	days := map[string]int64{"DAY": 1, "WEEK": 7}[unit.Text]
	f.Add(count, resource.Spec{Name: "time_window", Role: commitment.RoleWindow, Read: func(text string) commitment.Value {
		n, ok := commitment.ParseNumber(text)
		if !ok || days == 0 {
			return commitment.Unread(text + " " + unit.Text)
		}
		return commitment.Exactly(text, n.Mul(n, big.NewRat(days*86400, 1)), commitment.Seconds)
	}})
}

// policy reads newrelic_alert_policy: while an incident is open, what is bundled into
// it opens no other one, so that nobody is told again.
func policy(it resource.Item) []commitment.Commitment {
	var f resource.Fields
	f.Add(it.Attr("incident_preference"), resource.Spec{
		Name: "incident_preference", Role: commitment.RoleRank,
		Read:    resource.Order("PER_CONDITION_AND_TARGET", "PER_CONDITION", "PER_POLICY"),
		Default: commitment.Choice("PER_POLICY (default)", 0),
	})
	f.Add(it.Attr("channel_ids"), resource.Spec{Name: "channel_ids", Role: commitment.RoleTeller, Default: commitment.ListOf()})
	f.Notes(it, "name")
	f.Close(it)
	return []commitment.Commitment{{
		Key: it.Key(format, ""), Kind: commitment.Routing, Name: it.Title("name"), Fields: f.List, Source: it.Source,
	}}
}
