package catalog

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"

	"github.com/slagate/slagate/internal/commitment"
)

// Escalation is a line of `escalations:` as texts.
type Escalation struct {
	ID, Service, Severity Text
	Levels                []Step
	// Every is how long after its start the path begins again, Times how often it does
	// so; without Times for ever.
	Every, Times Text
	Source       commitment.Source
}

// Step is a level: who is told, and how long after the start.
type Step struct {
	After Text
	Who   []Text
	Line  int
}

// The most that an escalation says; beyond it a text is no path that people follow.
const maxTimes = 1000

// Path is the escalation as a path, and everything that is wrong with it. `after`
// counts from the start, so that a level's text alone says when its people are told.
func (e Escalation) Path() (commitment.Path, []Wrong) {
	var wrong []Wrong
	add := func(key string, index int, text string) {
		wrong = append(wrong, Wrong{Key: key, Index: index, Text: text})
	}
	p := commitment.Path{}
	var last commitment.Value
	for i, s := range e.Levels {
		level := commitment.Level{Reach: reach(s.After), Line: s.Line}
		switch {
		case level.Reach.Opaque && !s.After.Opaque:
			add("after", i, fmt.Sprintf("%q is no length of time; write \"15m\" or \"1 business hour\"", s.After.Text))
		case level.Reach.Num != nil && last.Num != nil && level.Reach.Unit == last.Unit && level.Reach.Num.Cmp(last.Num) < 0:
			add("after", i, fmt.Sprintf("level %d is told after %s, before level %d (%s); after counts from the start", i+1, s.After.Text, i, last.Text))
		}
		last = level.Reach
		if level.Reach.Opaque {
			p.Opaque = cmp.Or(p.Opaque, fmt.Sprintf("when level %d is told cannot be read", i+1))
		}
		for _, who := range s.Who {
			level.Targets = append(level.Targets, target(who.Text))
		}
		p.Levels = append(p.Levels, level)
	}
	times, every, text := e.repeat()
	p.Repeats, p.Round = times, every
	if text != "" {
		add("repeat", 0, text)
	}
	if p.Round.Opaque || p.Repeats == 0 && e.Times.Opaque {
		p.Opaque = cmp.Or(p.Opaque, "how often it is repeated cannot be read")
	}
	return p, wrong
}

// reach is when a level is told; absent is at once.
func reach(t Text) commitment.Value {
	switch {
	case t.Opaque:
		return commitment.Unread(t.Text)
	case t.Text == "":
		return commitment.DurationOf(0)
	}
	v := Duration(t.Text)
	if v.Num != nil && v.Num.Sign() < 0 {
		return commitment.Unread(t.Text)
	}
	return v
}

// target splits "schedule:payments" into what it is and its name.
func target(who string) commitment.Target {
	if kind, name, ok := strings.Cut(who, ":"); ok {
		switch kind {
		case "user", "schedule", "team", "channel", "webhook":
			return commitment.Target{Kind: kind, Name: strings.TrimSpace(name)}
		}
	}
	return commitment.Target{Name: who}
}

// repeat reads how the path starts again.
func (e Escalation) repeat() (times int, every commitment.Value, wrong string) {
	switch {
	case e.Every.Opaque || e.Times.Opaque:
		return 0, commitment.Unread(e.Every.Text), ""
	case e.Every.Text == "" && e.Times.Text == "":
		return 0, commitment.Value{}, ""
	}
	every = Duration(e.Every.Text)
	if every.Opaque || every.Num.Sign() <= 0 {
		return 0, commitment.Unread(cmp.Or(e.Every.Text, "nothing")), `say after how long it starts again: "30m", or {every: 30m, times: 3}`
	}
	if e.Times.Text == "" {
		return -1, every, ""
	}
	n, err := strconv.Atoi(e.Times.Text)
	if err != nil || n < 0 || n > maxTimes {
		return 0, commitment.Unread(e.Every.Text), fmt.Sprintf("times is a whole number from 0 to %d", maxTimes)
	}
	return n, every, ""
}

// Commitment is the escalation as a commitment.
func (e Escalation) Commitment() commitment.Commitment {
	p, _ := e.Path()
	severity := commitment.Field{Name: "severity", Role: commitment.RoleKey, Value: commitment.Words(e.Severity.Text), Line: e.Severity.Line}
	severity.Value.Opaque = e.Severity.Opaque
	return commitment.Commitment{
		Key:  commitment.Key{Format: commitment.CatalogFormat, Group: "escalations", Name: e.ID.Text},
		Kind: commitment.Escalation, Service: e.Service.Text, Name: e.ID.Text, Source: e.Source,
		Fields: []commitment.Field{severity}, Path: &p,
	}
}
