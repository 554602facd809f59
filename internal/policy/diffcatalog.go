package policy

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/slagate/slagate/internal/commitment"
)

// catalog says what changes in what was negotiated with customers.
func (d *differences) catalog(before, after commitment.Catalog) {
	for _, old := range before.Promises {
		if _, ok := promise(after, old.ID); !ok {
			d.addf("commitment %s is removed: %s", old.ID, said(old))
		}
	}
	for _, p := range after.Promises {
		old, ok := promise(before, p.ID)
		if !ok {
			d.addf("commitment %s is new: %s", p.ID, said(p))
			continue
		}
		d.value(p.ID, "kind", string(old.Kind), string(p.Kind))
		d.value(p.ID, "service", old.Service, p.Service)
		d.quantity(p.ID, "target", old.Target, p.Target)
		d.quantity(p.ID, "window", old.Window, p.Window)
		d.quantity(p.ID, "notice", old.Notice, p.Notice)
		d.list(p.ID, "is no longer measured by", "is measured by", old.MeasuredBy, p.MeasuredBy)
		d.list(p.ID, "is no longer for", "is for", old.Customers, p.Customers)
		d.list(p.ID, "no longer depends on", "depends on", old.DependsOn, p.DependsOn)
		d.value(p.ID, "owner", old.Owner, p.Owner)
		d.value(p.ID, "contract", old.Contract, p.Contract)
	}
}

func promise(c commitment.Catalog, id string) (commitment.Promise, bool) {
	i := slices.IndexFunc(c.Promises, func(p commitment.Promise) bool { return p.ID == id })
	if i < 0 {
		return commitment.Promise{}, false
	}
	return c.Promises[i], true
}

// said is a promise in a few words.
func said(p commitment.Promise) string {
	out := string(p.Kind) + " " + p.Target.Text
	if p.Window.Text != "" {
		out += " over " + p.Window.Text
	}
	if p.Service != "" {
		out += " of " + p.Service
	}
	return out
}

func (d *differences) quantity(id, key string, old, now commitment.Value) {
	if !old.Equal(now) {
		d.value(id, key, old.Text, now.Text)
	}
}

func (d *differences) value(id, key, old, now string) {
	if old != now {
		d.addf("commitment %s: %s %s -> %s", id, key, cmp.Or(old, "none"), cmp.Or(now, "none"))
	}
}

func (d *differences) list(id, lost, gained string, old, now []string) {
	for _, x := range without(old, now) {
		d.addf("commitment %s %s %s", id, lost, x)
	}
	for _, x := range without(now, old) {
		d.addf("commitment %s %s %s now", id, gained, x)
	}
}

// escalations says what changes in the promised paths.
func (d *differences) escalations(before, after []commitment.Commitment) {
	for _, old := range before {
		if _, ok := path(after, old.Name); !ok {
			d.addf("escalation %s is removed: %s", old.Name, steps(old))
		}
	}
	for _, e := range after {
		old, ok := path(before, e.Name)
		switch {
		case !ok:
			d.addf("escalation %s is new: %s", e.Name, steps(e))
		case steps(old) != steps(e):
			d.addf("escalation %s: %s -> %s", e.Name, steps(old), steps(e))
		}
	}
}

func path(all []commitment.Commitment, name string) (commitment.Commitment, bool) {
	i := slices.IndexFunc(all, func(c commitment.Commitment) bool { return c.Name == name })
	if i < 0 {
		return commitment.Commitment{}, false
	}
	return all[i], true
}

// steps is an escalation in words: what it is for, who is told when, whether it starts again.
func steps(e commitment.Commitment) string {
	var parts []string
	for _, l := range e.Path.Levels {
		var who []string
		for _, t := range l.Targets {
			who = append(who, strings.TrimPrefix(t.Kind+":"+t.Name, ":"))
		}
		at := "at once"
		if l.Reach.Num == nil || l.Reach.Num.Sign() != 0 {
			at = "after " + l.Reach.Text
		}
		parts = append(parts, strings.Join(who, ", ")+" "+at)
	}
	out := strings.Join(parts, ", then ")
	if f, ok := e.Field(commitment.RoleKey); ok && f.Value.Text != "" {
		out = "for " + f.Value.Text + ": " + out
	}
	if e.Service != "" {
		out = e.Service + " " + out
	}
	switch {
	case e.Path.Repeats < 0:
		out += fmt.Sprintf("; again every %s", e.Path.Round.Text)
	case e.Path.Repeats > 0:
		out += fmt.Sprintf("; again every %s, %d times", e.Path.Round.Text, e.Path.Repeats)
	}
	return out
}

// words says what changes for promises that no rule covers, and for urgency.
func (d *differences) words(before, after *Policy) {
	if before.Uncovered != after.Uncovered {
		d.addf("a promise in a file that no rule covers: %s -> %s", before.Uncovered, after.Uncovered)
	}
	if old, now := ranked(before.Severities), ranked(after.Severities); old != now {
		d.addf("words for urgency: %s -> %s", old, now)
	}
}

func ranked(severities [][]string) string {
	if severities == nil {
		return "the default"
	}
	var ranks []string
	for _, rank := range severities {
		ranks = append(ranks, strings.Join(rank, ", "))
	}
	return strings.Join(ranks, " > ")
}
