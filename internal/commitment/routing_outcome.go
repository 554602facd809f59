package commitment

import (
	"cmp"
	"fmt"
	"math/big"
	"slices"
	"strings"
)

// outcome is what differs for a set of alerts.
type outcome struct {
	lost, gained []told
	moved        [][2]told // the same receiver in another place
	kept         []string  // names of who is told before and after
	options      []FieldChange
	linesB       int
	linesA       int
	nobodyB      bool // nobody was told before
	nobodyA      bool // nobody is told after
}

func (o *outcome) differs() bool {
	return len(o.lost) > 0 || len(o.gained) > 0 || len(o.moved) > 0 || len(o.options) > 0
}

// reached are the addresses of deliveries, each with the delivery that serves it best.
func reached(list []*delivery) (map[address]*delivery, []told) {
	best := map[address]*delivery{}
	var order []told
	for _, d := range list {
		for _, a := range d.to {
			old, ok := best[a]
			if !ok {
				order = append(order, told{a, d.receiver})
			}
			if !ok || d.better(old) {
				best[a] = d
			}
		}
	}
	slices.SortFunc(order, func(x, y told) int {
		return cmp.Or(cmp.Compare(x.name, y.name), compareAddresses(x.address, y.address))
	})
	return best, order
}

// better orders deliveries to one address: less muted first, then the sooner.
func (d *delivery) better(e *delivery) bool {
	restricted := func(d *delivery) int { return len(d.mute) + len(d.active) }
	return cmp.Or(
		cmp.Compare(restricted(d), restricted(e)),
		compareWaits(d.wait, e.wait), compareWaits(d.interval, e.interval), compareWaits(d.repeat, e.repeat),
	) < 0
}

func compareWaits(x, y Value) int {
	switch {
	case x.Num != nil && y.Num != nil:
		return x.Num.Cmp(y.Num)
	case x.Num != nil:
		return -1
	case y.Num != nil:
		return 1
	}
	return cmp.Compare(x.Text, y.Text)
}

// compareOutcomes compares who is told, and of those that are told either way, when.
func compareOutcomes(before, after []*delivery) outcome {
	b, inOrderB := reached(before)
	a, inOrderA := reached(after)
	o := outcome{nobodyB: len(b) == 0, nobodyA: len(a) == 0}
	seen := map[string]bool{}
	for _, t := range inOrderB {
		if now, ok := a[t.address]; ok {
			o.keep(now.receiver)
			o.compareOptions(b[t.address], now, seen)
		} else {
			o.lost = append(o.lost, t)
			o.linesB = b[t.address].line
		}
	}
	for _, t := range inOrderA {
		if _, ok := b[t.address]; !ok {
			o.gained = append(o.gained, t)
			o.linesA = a[t.address].line
		}
	}
	o.pairMoved()
	slices.SortFunc(o.options, func(x, y FieldChange) int {
		return cmp.Or(cmp.Compare(optionOrder(x.Name), optionOrder(y.Name)), cmp.Compare(x.Before, y.Before), cmp.Compare(x.After, y.After))
	})
	return o
}

func (o *outcome) keep(name string) {
	if !slices.Contains(o.kept, name) {
		o.kept = append(o.kept, name)
	}
}

// pairMoved takes out what is the same way of the same receiver with other settings.
func (o *outcome) pairMoved() {
	var lost []told
	for _, l := range o.lost {
		i := slices.IndexFunc(o.gained, func(g told) bool { return g.name == l.name && g.kind == l.kind })
		if i < 0 {
			lost = append(lost, l)
			continue
		}
		o.moved = append(o.moved, [2]told{l, o.gained[i]})
		o.gained = slices.Delete(o.gained, i, i+1)
	}
	o.lost = lost
}

const (
	optionWait     = "group_wait"
	optionInterval = "group_interval"
	optionRepeat   = "repeat_interval"
	optionMute     = "mute_time_intervals"
	optionActive   = "active_time_intervals"
	optionGroupBy  = "group_by"
)

func optionOrder(name string) int {
	return slices.Index([]string{optionWait, optionInterval, optionRepeat, optionMute, optionActive, optionGroupBy}, name)
}

// compareOptions compares when one address is told.
func (o *outcome) compareOptions(b, a *delivery, seen map[string]bool) {
	add := func(f FieldChange) {
		key := f.Name + "\x00" + f.Before + "\x00" + f.After
		if !seen[key] {
			seen[key] = true
			f.BeforeLine, f.AfterLine = b.line, a.line
			o.options = append(o.options, f)
		}
	}
	for _, x := range []struct {
		name string
		b, a Value
	}{{optionWait, b.wait, a.wait}, {optionInterval, b.interval, a.interval}, {optionRepeat, b.repeat, a.repeat}} {
		if !x.b.Equal(x.a) {
			add(compareWait(x.name, x.b, x.a))
		}
	}
	if !slices.Equal(b.mute, a.mute) {
		effect := lists(missing(b.mute, a.mute), missing(a.mute, b.mute), Strengthened, Weakened)
		add(FieldChange{Name: optionMute, Before: strings.Join(b.mute, "; "), After: strings.Join(a.mute, "; "), Effect: effect})
	}
	if !slices.Equal(b.active, a.active) {
		effect := lists(missing(b.active, a.active), missing(a.active, b.active), Weakened, Strengthened)
		switch {
		case len(b.active) == 0: // always active before
			effect = Weakened
		case len(a.active) == 0:
			effect = Strengthened
		}
		add(FieldChange{Name: optionActive, Before: strings.Join(b.active, "; "), After: strings.Join(a.active, "; "), Effect: effect})
	}
	if b.groupBy != a.groupBy {
		add(FieldChange{Name: optionGroupBy, Before: b.groupBy, After: a.groupBy, Effect: Neutral, Meaning: "alerts are bundled in another way"})
	}
}

// lists judges a list that lost and gained entries.
func lists(lost, gained []string, losing, gaining Effect) Effect {
	switch {
	case len(lost) > 0 && len(gained) > 0:
		return Unknown
	case len(lost) > 0:
		return losing
	}
	return gaining
}

// compareWait judges a time until a message goes out: longer is weaker.
func compareWait(name string, b, a Value) FieldChange {
	f := FieldChange{Name: name, Before: cmp.Or(b.Text, Say(b)), After: cmp.Or(a.Text, Say(a)), Effect: Unknown, Meaning: "its value is not written here as a time that could be compared"}
	if b.Num == nil || a.Num == nil {
		return f
	}
	difference := new(big.Rat).Sub(a.Num, b.Num)
	length := Spell(new(big.Rat).Abs(difference))
	switch sooner, reminder := difference.Sign() < 0, name == optionRepeat; {
	case sooner && reminder:
		f.Effect, f.Meaning = Strengthened, "reminders come more often"
	case sooner:
		f.Effect, f.Meaning = Strengthened, "at most "+length+" earlier"
	case reminder:
		f.Effect, f.Meaning = Weakened, "reminders come less often"
	default:
		f.Effect, f.Meaning = Weakened, "at most "+length+" later"
	}
	return f
}

// judgeTold says what it means that some are not told any more and others are.
func judgeTold(lost, gained []told) Effect {
	switch {
	case len(lost) == 0:
		return Strengthened
	case len(gained) == 0:
		return Weakened
	}
	x, y := topRank(lost), topRank(gained)
	switch {
	case x == rankUnknown || y == rankUnknown || x == y:
		return Unknown
	case y > x:
		return Strengthened
	}
	return Weakened
}

// fields are the values that differ, who is told first.
func (o *outcome) fields() []FieldChange {
	var out []FieldChange
	if len(o.lost) > 0 || len(o.gained) > 0 {
		meaning := ""
		switch {
		case o.nobodyA:
			meaning = "nobody is told any more"
		case o.nobodyB:
			meaning = "nobody was told before"
		}
		out = append(out, FieldChange{
			Name: "receiver", Before: strings.Join(o.lostNames(o.kept), ", "), After: strings.Join(o.gainedNames(o.kept), ", "),
			Effect: judgeTold(o.lost, o.gained), Meaning: meaning, BeforeLine: o.linesB, AfterLine: o.linesA,
		})
	}
	for _, m := range o.moved {
		b, a := apartIn(m[0].address, m[1].address)
		out = append(out, FieldChange{
			Name: "address of " + m[0].name, Before: b, After: a, Effect: Unknown,
			Meaning: "whether the same people are told cannot be seen", BeforeLine: o.linesB, AfterLine: o.linesA,
		})
	}
	return append(out, o.options...)
}

// lostNames and gainedNames are who is told no more, and who is new.
func (o *outcome) lostNames(kept []string) []string {
	return withKind(o.lost, kept, namesOf(o.gained))
}

func (o *outcome) gainedNames(kept []string) []string {
	return withKind(o.gained, kept, namesOf(o.lost))
}

func settings(a address) string {
	if a.target == "" {
		return a.kind
	}
	return a.kind + " (" + a.target + ")"
}

// key is equal for outcomes that differ in the same way.
func (o *outcome) key() string {
	return fmt.Sprintf("%q %q %q %q %t %t", o.lost, o.gained, o.moved, o.optionKeys(), o.nobodyB, o.nobodyA)
}

func (o *outcome) optionKeys() []string {
	var out []string
	for _, f := range o.options {
		out = append(out, f.Name+" "+f.Before+" -> "+f.After)
	}
	return out
}

// magnitude orders changes: nobody told before a lost pager before a lost message
// before minutes of delay.
func (o *outcome) magnitude() float64 {
	switch {
	case o.nobodyA != o.nobodyB:
		return 3000
	case topRank(o.lost) != topRank(o.gained):
		return 2000
	case len(o.lost)+len(o.gained)+len(o.moved) > 0:
		return 1000
	}
	return 1
}
