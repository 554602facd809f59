package pagerduty

import (
	"math/big"
	"slices"
	"strings"

	"github.com/slagate/slagate/internal/commitment"
	"github.com/slagate/slagate/internal/commitment/terraform"
)

// schedule reads a schedule: whether somebody is on call, at how many hours, and who.
// Who takes turns may change without any difference for customers, as long as there are
// as many hours and more than one person.
func (f *file) schedule(b terraform.Block) commitment.Commitment {
	c := b.Promise(name, f.path, f.File, commitment.Schedule)
	layers := b.Blocks("layer")
	users, line := people{}, 0
	hours := week{}
	var times []string
	for _, l := range layers {
		some := users.add(l)
		if line == 0 {
			line = l.Attr("users").Line()
		}
		if some {
			text := hours.add(l)
			if start := l.Attr("start"); !start.IsNull() {
				text += " from " + start.Source()
			}
			if end := l.Attr("end"); !end.IsNull() {
				text += " until " + end.Source()
			}
			times = append(times, text)
		}
	}
	slices.Sort(times)
	c.Fields = append(c.Fields,
		commitment.Field{Name: "people", Role: commitment.RoleRank, Value: terraform.Crew(users.names, users.opaque), Line: line},
		commitment.Field{Name: "hours a week", Role: commitment.RoleAmount, Better: commitment.Higher, Value: hours.covered(), Line: b.Line()},
		commitment.Field{Name: "layers", Role: commitment.RoleDefinition, Value: commitment.Words(strings.Join(times, "; ")), Line: b.Line()},
		commitment.Field{Name: "users", Role: commitment.RoleNote, Value: commitment.ListOf(users.names...), Line: line},
	)
	if hours.restricted {
		c.Fields = append(c.Fields, commitment.Field{
			Name: "time_zone", Role: commitment.RoleDefinition, Value: commitment.Words(b.Attr("time_zone").Text()), Line: b.Attr("time_zone").Line(),
		})
	}
	return c
}

// people are those on the layers of a schedule.
type people struct {
	names  []string
	opaque string
}

// add takes the users of a layer; it reports whether there may be any.
func (p *people) add(layer terraform.Block) bool {
	names, ok := layer.Attr("users").List()
	switch {
	case layer.Opaque():
		p.opaque += layer.Source()
		return true
	case layer.Attr("users").IsNull():
		return false
	case !ok:
		p.opaque += layer.Attr("users").Source()
		return true
	}
	p.names = append(p.names, names...)
	return len(names) > 0
}

const (
	daySeconds  = 24 * 3600
	weekSeconds = 7 * daySeconds
)

// week are the minutes of a week at which some layer has people.
type week struct {
	minutes    [weekSeconds / 60]bool
	opaque     string
	restricted bool
}

// covered is how much of the week that is.
func (w *week) covered() commitment.Value {
	if w.opaque != "" {
		return commitment.Unread(w.opaque)
	}
	n := int64(0)
	for _, on := range w.minutes {
		if on {
			n++
		}
	}
	hours := new(big.Rat).SetFrac64(n, 60)
	return commitment.Exactly(strings.TrimSuffix(hours.FloatString(1), ".0")+" of 168", hours, commitment.None)
}

// add takes the times of a layer and returns them in one spelling.
func (w *week) add(layer terraform.Block) string {
	restrictions := layer.Blocks("restriction")
	if len(restrictions) == 0 {
		if layer.Opaque() {
			w.opaque += layer.Source()
		}
		w.on(0, weekSeconds)
		return "always"
	}
	w.restricted = true
	var texts []string
	for _, r := range restrictions {
		texts = append(texts, w.restriction(r))
	}
	slices.Sort(texts)
	return strings.Join(texts, ", ")
}

// restriction takes the time at which a layer is on, each day or each week.
func (w *week) restriction(r terraform.Block) string {
	kind, at := r.Attr("type").Text(), r.Attr("start_time_of_day").Text()
	start, ok := timeOfDay(at)
	length := r.Attr("duration_seconds").Seconds(commitment.PlainSeconds)
	if r.Opaque() || !ok || length.Num == nil || !length.Num.IsInt() || !length.Num.Num().IsInt64() {
		w.opaque += r.Source()
		return r.Source()
	}
	seconds := min(length.Num.Num().Int64(), weekSeconds)
	text := at + " for " + commitment.Spell(length.Num)
	switch kind {
	case "daily_restriction":
		for day := range int64(7) {
			w.on(day*daySeconds+start, seconds)
		}
		return "each day at " + text
	case "weekly_restriction":
		day, ok := commitment.ParseNumber(r.Attr("start_day_of_week").Text())
		if ok && day.IsInt() && day.Sign() > 0 && day.Cmp(big.NewRat(7, 1)) <= 0 {
			w.on((day.Num().Int64()-1)*daySeconds+start, seconds)
			return "on day " + day.Num().String() + " of the week at " + text
		}
	}
	w.opaque += r.Source()
	return r.Source()
}

func (w *week) on(start, seconds int64) {
	for s := int64(0); s < seconds; s += 60 {
		w.minutes[(start+s)/60%int64(len(w.minutes))] = true
	}
}

// timeOfDay reads 09:00:00 as seconds after midnight.
func timeOfDay(text string) (int64, bool) {
	parts := strings.Split(text, ":")
	if len(parts) < 2 || len(parts) > 3 {
		return 0, false
	}
	sum := int64(0)
	for i, in := range []int64{3600, 60, 1} {
		if i >= len(parts) {
			break
		}
		n, ok := commitment.ParseNumber(parts[i])
		if !ok || !n.IsInt() || n.Sign() < 0 || n.Cmp(big.NewRat(60, 1)) > 0 {
			return 0, false
		}
		sum += n.Num().Int64() * in
	}
	return sum, sum <= daySeconds
}
