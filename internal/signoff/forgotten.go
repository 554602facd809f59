package signoff

import (
	"slices"
	"strings"

	"github.com/slagate/slagate/internal/policy"
	"github.com/slagate/slagate/internal/pull"
)

// This file holds what slagate itself did and does not remember, because an old
// backup of its database was restored. What took a sign-off back may be gone from
// GitHub since, as a deleted comment is; that slagate took the label off stays in
// the history. What is decided is kept before it is done, so that nothing but
// forgetting explains a removal that the decision kept last did not ask for.
//
// One thing cannot be found out that way: that one of several approvals was taken
// back while the label was not on yet.

// forgottenTakings are the removals of a function's label by slagate that it does not remember.
func (c *collector) forgottenTakings(f policy.Function) []event {
	m := &c.sn.Memory
	if f.Label == "" || m.JudgedAt.IsZero() {
		return nil
	}
	var events []event
	on := slices.ContainsFunc(m.Labelled, func(name string) bool { return strings.EqualFold(name, f.Label) })
	for _, e := range c.sn.LabelEvents {
		if !e.Created.After(m.JudgedAt) || !c.isLabelOf(f, e) {
			continue
		}
		if on && !e.Added && c.isApp(e.Actor) {
			events = append(events, event{e.Created, rankTake, func() { c.endForgotten(f, e) }})
		}
		on = e.Added
	}
	return events
}

// endForgotten takes back every sign-off of a function up to a removal, whoever gave it.
func (c *collector) endForgotten(f policy.Function, e pull.LabelEvent) {
	t := taking{
		function: f, evidence: e.ID, at: e.Created, how: "slagate took it back on " + e.Created.UTC().Format("2006-01-02 15:04 UTC") +
			", and its records, restored from an older backup, do not say why: please sign again",
	}
	for _, s := range c.active(t) {
		t.end(s)
	}
}

// Labelled notes in a memory what the decision about the sign-off labels was
// based on: wanted are those that are to be on. It is kept before the labels are changed.
func Labelled(m *pull.Memory, sn *pull.Snapshot, wanted []string) {
	m.Labelled, m.JudgedAt = wanted, sn.At
	for _, e := range sn.LabelEvents { // read after the clock was
		if e.Created.After(m.JudgedAt) {
			m.JudgedAt = e.Created
		}
	}
}
