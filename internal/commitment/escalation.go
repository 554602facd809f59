package commitment

import (
	"fmt"
	"math/big"
	"slices"
	"strings"
)

// pathDiff is one comparison of two escalation paths in progress. Levels are paired
// by their position, never by who is on them: the order is what the path means
// (formats.md 2.7).
type pathDiff struct {
	before, after *Path
	fields        []FieldChange
	v             verdict
	says          []string
	size          float64
}

// lostLevel is what a level that is gone weighs, in minutes: more than any delay that
// one still waits for.
const lostLevel = 7 * 24 * 60

// diffPaths judges an escalation path as a whole: whom each level reaches and when,
// and how often the path is gone through. What could not be read is left aside where it
// is the same on both sides. mixed says that some of it is better and some
// worse; text says all of it in words, and is empty where nothing differs.
func diffPaths(before, after *Path) (fields []FieldChange, effect Effect, mixed bool, text string, magnitude float64) {
	d := &pathDiff{before: before, after: after}
	if before.Opaque != after.Opaque {
		d.opaque()
	} else {
		for k := range max(len(before.Levels), len(after.Levels)) {
			d.level(k)
		}
		d.repeats()
		d.round()
	}
	if len(d.fields) == 0 {
		return nil, Neutral, false, "", 0
	}
	if d.v.weak || d.v.strong || d.v.unknown {
		d.say("Before: %s. After: %s.", before.Walk(), after.Walk())
	}
	return d.fields, d.v.effect(), d.v.weak && d.v.strong, strings.Join(d.says, " "), d.size
}

func (d *pathDiff) say(format string, args ...any) {
	d.says = append(d.says, fmt.Sprintf(format, args...))
}

func (d *pathDiff) field(f FieldChange) {
	d.fields = append(d.fields, f)
	d.v.add(f.Effect)
}

// opaque says that paths cannot be compared of which another part could not be read.
func (d *pathDiff) opaque() {
	why := d.after.Opaque
	if why == "" {
		why = d.before.Opaque
	}
	d.field(FieldChange{Name: "path", Before: d.before.whole(), After: d.after.whole(), Effect: Unknown, Meaning: why})
	d.say("Who is called when may have changed, but the path cannot be read whole (%s). Please judge.", clip(why, shownWhy))
}

// whole is a path in words, or the source of what could not be read of it.
func (p *Path) whole() string {
	if p.Opaque != "" {
		return p.Opaque
	}
	return p.Walk()
}

// at is the level of a position; ok is false where there is none, or nobody on it.
func (p *Path) at(k int) (Level, bool) {
	if k >= len(p.Levels) {
		return Level{}, false
	}
	return p.Levels[k], len(p.Levels[k].people()) > 0
}

// level compares the levels of one position.
func (d *pathDiff) level(k int) {
	b, had := d.before.at(k)
	a, has := d.after.at(k)
	f := FieldChange{Name: fmt.Sprintf("level %d", k+1), BeforeLine: b.Line, AfterLine: a.Line}
	switch {
	case had && has:
		d.reach(k, b, a, f)
		d.targets(k, b, a)
	case had:
		f.Before, f.After, f.Effect, f.Meaning = b.String(), "never", Weakened, "nobody is called there any more"
		d.lost(k, b)
		d.field(f)
		d.size += lostLevel
	case has:
		f.Before, f.After, f.Effect, f.Meaning = "never", a.String(), Strengthened, "one more level"
		d.say("There is a %s responder now (%s), called %s; before, nobody was.", ordinal(k), a.who(), after(a.Reach))
		d.field(f)
		d.size += lostLevel
	}
}

// lost says that a level is gone; the sentence of the first one says what is left.
// Those who still are on another level are not said to be called never.
func (d *pathDiff) lost(k int, b Level) {
	if reach, ok := d.after.reaches(b.people()); ok {
		d.say("The %s level is gone: there %s %s called %s, and now only %s.", ordinal(k), b.who(), was(b.who()), after(b.Reach), after(reach))
		return
	}
	left := 0
	for i := range d.after.Levels {
		if _, ok := d.after.at(i); ok {
			left++
		}
	}
	first := !slices.ContainsFunc(d.fields, func(f FieldChange) bool { return f.After == "never" })
	_, one := d.after.at(0)
	text := fmt.Sprintf("the %s responder (%s) was called %s, now never.", ordinal(k), b.who(), after(b.Reach))
	switch {
	case first && left == 0:
		text = "Nobody is paged any more: " + text
	case first && left == 1 && one:
		text = "Nobody but the first responder is paged any more: " + text
	default:
		text = title(text)
	}
	d.says = append(d.says, text)
}

// reaches is when all of some people have been called for the first time; false where
// one of them never is.
func (p *Path) reaches(people []string) (Value, bool) {
	var last Value
	for _, who := range people {
		k := slices.IndexFunc(p.Levels, func(l Level) bool { return slices.Contains(l.people(), who) })
		if k < 0 {
			return Value{}, false
		}
		if v := p.Levels[k].Reach; last.Num == nil || v.Num != nil && v.Num.Cmp(last.Num) > 0 {
			last = v
		}
	}
	return last, true
}

// reach compares when a level is called.
func (d *pathDiff) reach(k int, b, a Level, f FieldChange) {
	if b.Reach.Equal(a.Reach) {
		return
	}
	f.Before, f.After = clock(b.Reach), clock(a.Reach)
	if b.Reach.Num == nil || a.Reach.Num == nil || b.Reach.Opaque || a.Reach.Opaque {
		f.Effect = Unknown
		d.say("Whether the %s responder (%s) is called sooner or later cannot be told: %s before, %s now.", ordinal(k), a.who(), after(b.Reach), after(a.Reach))
		d.field(f)
		return
	}
	more := new(big.Rat).Sub(a.Reach.Num, b.Reach.Num)
	f.Effect, f.Meaning = delayEffect(more)
	d.say("The %s responder (%s) is called %s instead of %s.", ordinal(k), a.who(), after(a.Reach), after(b.Reach))
	d.field(f)
	d.size += inMinutes(more)
}

func inMinutes(seconds *big.Rat) float64 {
	minutes, _ := new(big.Rat).Quo(new(big.Rat).Abs(seconds), big.NewRat(60, 1)).Float64()
	return minutes
}

// targets compares who is called on a level that there is on both sides. Of somebody
// in another's place nobody can say whether that is better.
func (d *pathDiff) targets(k int, b, a Level) {
	gone, come := without(b.people(), a.people()), without(a.people(), b.people())
	f := FieldChange{
		Name: fmt.Sprintf("level %d targets", k+1), Before: strings.Join(b.people(), ", "), After: strings.Join(a.people(), ", "),
		BeforeLine: b.Line, AfterLine: a.Line,
	}
	left, joined := strings.Join(gone, " and "), strings.Join(come, " and ")
	switch {
	case len(gone) == 0 && len(come) == 0:
		return
	case len(come) == 0:
		f.Effect, f.Meaning = Weakened, "lost "+left
		d.say("On the %s level %s %s not called any more; %s still %s.", ordinal(k), left, is(left), a.who(), is(a.who()))
	case len(gone) == 0:
		f.Effect, f.Meaning = Strengthened, "gained "+joined
		d.say("On the %s level %s %s called too.", ordinal(k), joined, is(joined))
	default:
		f.Effect, f.Meaning = Unknown, joined+" in place of "+left
		d.say("On the %s level %s %s called in place of %s; whether that is better cannot be told.", ordinal(k), joined, is(joined), left)
	}
	d.field(f)
	d.size++
}

func without(list, other []string) []string {
	return slices.DeleteFunc(slices.Clone(list), func(s string) bool { return slices.Contains(other, s) })
}

// repeats compares how often the path is gone through again.
func (d *pathDiff) repeats() {
	b, a := d.before.Repeats, d.after.Repeats
	if b == a || b < 0 && a < 0 || d.after.nobody() {
		return
	}
	f := FieldChange{Name: "repeats", Before: fmt.Sprint(b), After: fmt.Sprint(a)}
	if b < 0 {
		f.Before = "for ever"
	}
	if a < 0 {
		f.After = "for ever"
	}
	f.Effect = Strengthened
	if fewer := b < 0 || a >= 0 && a < b; fewer {
		f.Effect = Weakened
	}
	switch {
	case a == 0:
		d.say("The path does not start again any more, it did %s: nobody is called after its last level.", howOften(b))
	case b == 0:
		d.say("The path starts again now, %s.", howOften(a))
	default:
		d.say("The path starts again %s instead of %s.", howOften(a), howOften(b))
	}
	d.field(f)
	d.size += float64(min(max(a, b)-min(a, b), 10) * 60)
}

// round compares what comes after the last level: where the path starts again, when the
// next pass begins. With another number of levels a pass is longer or shorter by them,
// and it is the levels that are judged.
func (d *pathDiff) round() {
	b, a := d.before.Round, d.after.Round
	again := d.before.Repeats != 0 && d.after.Repeats != 0
	if !again || len(d.before.Levels) != len(d.after.Levels) {
		b, a = d.before.lastWait(), d.after.lastWait()
	}
	if b.Equal(a) || b.Exists() != a.Exists() {
		return
	}
	f := FieldChange{Name: "round", Before: clock(d.before.Round), After: clock(d.after.Round)}
	switch {
	case !again && (d.before.Repeats != d.after.Repeats || b.Opaque || a.Opaque):
		return // that says it, or nothing can be said of what means nothing
	case !again:
		f.Effect, f.Meaning = Neutral, "nobody is called after it"
		if len(d.fields) == 0 {
			d.say("Only the wait after the last level changed, and nobody is called after it.")
		}
	case len(d.before.Levels) != len(d.after.Levels):
		f.Effect, f.Meaning = Neutral, "a pass has another number of levels" // which is what is judged
	case a.Num == nil || b.Num == nil || b.Opaque || a.Opaque:
		f.Effect = Unknown
		d.say("Whether the path starts again sooner or later cannot be told: %s before, %s now.", after(b), after(a))
	default:
		more := new(big.Rat).Sub(a.Num, b.Num)
		f.Effect, f.Meaning = delayEffect(more)
		d.say("The path starts again %s instead of %s.", after(a), after(b))
		d.size += inMinutes(more)
	}
	d.field(f)
}

// lastWait is the time from the last level to the end of a pass.
func (p *Path) lastWait() Value {
	if len(p.Levels) == 0 || !p.Round.Exists() {
		return Value{}
	}
	last := p.Levels[len(p.Levels)-1].Reach
	if last.Num == nil || last.Opaque || p.Round.Num == nil || p.Round.Opaque {
		return Unread(p.Round.Text + " - " + last.Text)
	}
	return Exactly("", new(big.Rat).Sub(p.Round.Num, last.Num), Seconds)
}

// nobody reports that the path calls no one.
func (p *Path) nobody() bool {
	for k := range p.Levels {
		if _, ok := p.at(k); ok {
			return false
		}
	}
	return true
}
