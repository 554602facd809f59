package google

import (
	"math/big"
	"strings"

	"github.com/slagate/slagate/internal/commitment"
	"github.com/slagate/slagate/internal/commitment/resource"
)

// objective reads google_monitoring_slo (formats.md 1.6; Cloud Monitoring API,
// services.serviceLevelObjectives).
func objective(it resource.Item) []commitment.Commitment {
	var f resource.Fields
	f.Add(it.Attr("goal"), resource.Spec{Name: "goal", Role: commitment.RoleTarget, Better: commitment.Higher, Read: goal})
	window(&f, it)
	kind := indicators(&f, it)
	f.Definitions(it, "service") // what is promised is promised of it
	f.Note(it.Attr("display_name"), "display_name")
	f.Close(it)
	return []commitment.Commitment{{
		Key: it.Key(format, ""), Kind: kind, Name: it.Title("slo_id"), Service: service(it.Attr("service")),
		Indicator: measured(it), Fields: f.List, Source: it.Source,
	}}
}

// window adds the time that the goal holds over. The provider wants one of the two.
func window(f *resource.Fields, it resource.Item) {
	s := resource.Spec{Name: "window", Role: commitment.RoleWindow}
	s.Read = func(text string) commitment.Value { return commitment.Duration(text, commitment.PlainDays) }
	if a := it.Attr("rolling_period_days"); a.Exists() {
		f.Add(a, s)
		return
	}
	s.Read = calendar
	f.Add(it.Attr("calendar_period"), s)
}

func calendar(text string) commitment.Value {
	days := map[string]int64{"DAY": 1, "WEEK": 7, "FORTNIGHT": 14, "MONTH": 30}[text]
	if days == 0 {
		return commitment.Unread(text)
	}
	return commitment.Value{Text: text, Num: big.NewRat(days*86400, 1), Unit: commitment.Seconds, Calendar: true}
}

// service is the name of what the objective is for: a text, or the name of its resource.
func service(a resource.Attr) string {
	if a.Literal {
		return a.Text
	}
	if parts := strings.Split(a.Text, "."); len(parts) > 1 && strings.HasPrefix(parts[0], "google_monitoring_") {
		name, _, _ := strings.Cut(parts[1], "[")
		return name
	}
	return ""
}

// goal is a share; one above 1 is refused by Google, and what was meant cannot be told.
func goal(text string) commitment.Value {
	v := commitment.RatioOf(text)
	if v.Num != nil && v.Num.Cmp(big.NewRat(1, 1)) > 0 {
		return commitment.Unread(text)
	}
	return v
}
