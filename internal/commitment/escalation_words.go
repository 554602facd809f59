package commitment

import (
	"fmt"
	"math/big"
	"slices"
	"strings"
)

// maxWalk bounds how many levels are written out for people.
const maxWalk = 20

// shownWhy is how much is shown of the source of what could not be read.
const shownWhy = 120

// Walk says a path in words: "t+0 primary, t+15 min secondary, then again from the
// start 9 times".
func (p *Path) Walk() string {
	if p == nil {
		return ""
	}
	parts := make([]string, 0, len(p.Levels)+1)
	for i, l := range p.Levels {
		if i == maxWalk {
			parts = append(parts, counted(len(p.Levels)-maxWalk, "more level"))
			break
		}
		parts = append(parts, l.String())
	}
	switch {
	case p.nobody() && p.Opaque == "":
		parts = append(parts, "nobody")
	case p.Repeats < 0:
		parts = append(parts, "then again from the start for ever")
	case p.Repeats > 0:
		parts = append(parts, "then again from the start "+counted(p.Repeats, "time"))
	case p.Opaque == "":
		parts = append(parts, "then nobody")
	}
	if p.Opaque != "" {
		parts = append(parts, "not read whole: "+clip(p.Opaque, shownWhy))
	}
	return strings.Join(parts, ", ")
}

// String is when a level is called, and who: "t+15 min secondary".
func (l Level) String() string { return clock(l.Reach) + " " + l.who() }

// who are the people of a level as one says them.
func (l Level) who() string {
	people := l.people()
	if len(people) == 0 {
		return "nobody"
	}
	return clip(strings.Join(people, " and "), shownWhy)
}

// people are the targets of a level as one says them, sorted, each once.
func (l Level) people() []string {
	var out []string
	for _, t := range l.Targets {
		if t.Kind != "nobody" && t.Name != "" {
			out = append(out, t.String())
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// String is a target as one says it: the name in a reference (pagerduty_schedule.primary.id
// is primary), and what it is, unless its name says so already.
func (t Target) String() string {
	name := reference(t.Name)
	if t.Kind == "" || t.Kind == "schedule" || strings.Contains(strings.ToLower(name), t.Kind) {
		return name
	}
	return t.Kind + " " + name
}

// reference is the name within a reference to a resource; any other text is itself.
func reference(text string) string {
	address, how, _ := strings.Cut(text, " (")
	parts := strings.Split(strings.TrimPrefix(address, "data."), ".")
	if len(parts) != 3 || parts[2] != "id" || strings.ContainsAny(address, " (){}") || !strings.Contains(parts[0], "_") {
		return text
	}
	if how != "" {
		return parts[1] + " (" + how
	}
	return parts[1]
}

// clock is a time after the start of a path.
func clock(v Value) string {
	switch {
	case v.Opaque || v.Num == nil:
		return "t+(" + v.Text + ")"
	case v.Num.Sign() == 0:
		return "t+0"
	}
	return "t+" + short(v.Num)
}

// howOften says how often a path starts again.
func howOften(repeats int) string {
	if repeats < 0 {
		return "for ever"
	}
	return counted(repeats, "time")
}

// after says in a sentence when somebody is called.
func after(v Value) string {
	switch {
	case v.Opaque || v.Num == nil:
		return "after " + v.Text
	case v.Num.Sign() == 0:
		return "at once"
	}
	return "after " + longTime(v.Num)
}

// short writes seconds in the largest unit that leaves a whole number: 15 min, 2 h.
func short(seconds *big.Rat) string {
	for _, u := range []struct {
		name string
		in   int64
	}{{"h", 3600}, {"min", 60}} {
		if n := new(big.Rat).Quo(seconds, big.NewRat(u.in, 1)); n.IsInt() && n.Sign() != 0 && (u.in < 3600 || n.Cmp(big.NewRat(2, 1)) >= 0) {
			return decimal(n, 0) + " " + u.name
		}
	}
	return decimal(seconds, 3) + " s"
}

// ordinal is the position of a level in words.
func ordinal(k int) string {
	words := []string{"first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth"}
	if k < len(words) {
		return words[k]
	}
	return fmt.Sprintf("level %d", k+1)
}

// pathFindings are the weak spots of a path as it stands: a level on which nobody is
// called, a level that leads back to the same path, one and the same person on all levels.
func pathFindings(c *Commitment) []Finding {
	p := c.Path
	if p == nil || p.Opaque != "" {
		return nil
	}
	var out []Finding
	find := func(code string, line int, format string, args ...any) {
		if line == 0 {
			line = c.Source.Line
		}
		out = append(out, Finding{Code: code, File: c.Source.File, Line: line, Text: fmt.Sprintf(format, args...)})
	}
	if len(p.Levels) == 0 {
		find("escalation-dead-end", 0, "The escalation path %s has no levels: it calls nobody.", c.Name)
	}
	for k, l := range p.Levels {
		if len(l.people()) == 0 {
			find("escalation-dead-end", l.Line, "The %s level of the escalation path %s calls nobody.", ordinal(k), c.Name)
		}
		for _, t := range l.Targets {
			if t.leadsTo(c) {
				find("escalation-loop", l.Line, "The %s level of the escalation path %s leads back to the same path.", ordinal(k), c.Name)
			}
		}
	}
	if who, ok := p.onlyOne(); ok {
		find("escalation-one-person", p.Levels[0].Line, "All %d levels of the escalation path %s call only %s: whoever misses it the first time is the only one asked again.", len(p.Levels), c.Name, who)
	}
	return out
}

// leadsTo reports whether a target is the commitment itself.
func (t Target) leadsTo(c *Commitment) bool {
	itself := c.Key.Group + "." + c.Key.Name
	return t.Kind != "user" && t.Kind != "schedule" && (t.Name == itself || strings.HasPrefix(t.Name, itself+"."))
}

// onlyOne is the one target that all of several levels have.
func (p *Path) onlyOne() (string, bool) {
	if len(p.Levels) < 2 {
		return "", false
	}
	first := p.Levels[0].people()
	for _, l := range p.Levels {
		if people := l.people(); len(people) != 1 || !slices.Equal(people, first) {
			return "", false
		}
	}
	return first[0], true
}

// is is the verb for one or several who are named, was the same of the past.
func is(names string) string {
	if strings.Contains(names, " and ") {
		return "are"
	}
	return "is"
}

func was(names string) string {
	if strings.Contains(names, " and ") {
		return "were"
	}
	return "was"
}
