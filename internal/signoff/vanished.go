package signoff

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/slagate/slagate/internal/policy"
	"github.com/slagate/slagate/internal/pull"
)

// This file holds withdrawals that GitHub's history does not show (any more).
// The events of a deleted label are gone, those of a renamed one stand under its
// new name, and a comment can be deleted by whoever may write. A sign-off needs
// GitHub's confirmation; for taking one back a signed delivery is enough.

// vanishedTakings finds removals of a function's label that its visible events
// lack: those that deliveries told of, and, where the history is hidden, those
// that the history with the names of then has.
func (c *collector) vanishedTakings(f policy.Function) []event {
	var events []event
	for _, d := range c.sn.Evidence {
		if d.Kind != pull.EvidenceUnlabeled || !strings.EqualFold(d.Label, f.Label) || c.isApp(d.Actor) || c.showsRemoval(f, d) {
			continue
		}
		e := pull.LabelEvent{ID: deliveredRemoval(d), Actor: d.Actor, Created: d.At}
		events = append(events, event{d.At, rankTake, func() { c.labelTaken(f, e) }})
	}
	if !c.sn.LabelNamesRead {
		if c.isHistoryHidden(f) {
			c.res.Needs.LabelNames = true
			c.unanswered("who took the label " + f.Label + " off")
		}
		return events
	}
	for _, n := range c.sn.LabelNames {
		if n.Added || !strings.EqualFold(n.Name, f.Label) || c.isApp(n.Actor) || c.toldOfRemoval(f, n) {
			continue
		}
		t := taking{
			function: f, actor: n.Actor, evidence: fmt.Sprintf("history:%d:%d", n.Actor.ID, n.Created.Unix()),
			at: n.Created, how: "taken back by removing the label",
		}
		events = append(events, event{n.Created, rankTake, func() { c.withdraw(t) }})
	}
	return events
}

func deliveredRemoval(d pull.Evidence) string { return "delivery:" + d.Delivery }

// showsRemoval reports whether the visible history has the removal that a
// delivery told of. It may be a second off.
func (c *collector) showsRemoval(f policy.Function, d pull.Evidence) bool {
	return slices.ContainsFunc(c.sn.LabelEvents, func(e pull.LabelEvent) bool {
		after := e.Created.Sub(d.At)
		return !e.Added && c.isLabelOf(f, e) && e.Actor.ID == d.Actor.ID && after >= -time.Second && after <= pairing
	})
}

// tookBefore reports whether a visible removal was settled when only its delivery
// told of it.
func (c *collector) tookBefore(f policy.Function, e pull.LabelEvent) bool {
	return slices.ContainsFunc(c.sn.Evidence, func(d pull.Evidence) bool {
		if d.Kind != pull.EvidenceUnlabeled || !strings.EqualFold(d.Label, f.Label) || d.Actor.ID != e.Actor.ID || !d.At.Equal(e.Created) {
			return false
		}
		id := deliveredRemoval(d)
		return slices.Contains(c.sn.Memory.Withdrawals, id) ||
			slices.ContainsFunc(c.sn.Memory.SignOffs, func(s pull.SignOff) bool { return s.Ended == id })
	})
}

// toldOfRemoval reports whether an entry of the history with the names of then is
// known otherwise: it is visible, a delivery told of it, or the label was deleted.
func (c *collector) toldOfRemoval(f policy.Function, n pull.LabelName) bool {
	return slices.ContainsFunc(c.sn.LabelEvents, func(e pull.LabelEvent) bool {
		return !e.Added && c.isLabelOf(f, e) && e.Actor.ID == n.Actor.ID && e.Created.Equal(n.Created)
	}) || slices.ContainsFunc(c.sn.Evidence, func(d pull.Evidence) bool {
		return d.Kind == pull.EvidenceUnlabeled && (d.Label == "" || strings.EqualFold(d.Label, f.Label)) &&
			d.Actor.ID == n.Actor.ID && d.At.Equal(n.Created)
	})
}

// isHistoryHidden reports whether what became of the label of a function that
// stood complete may not be visible: neither the event that a sign-off rests on
// nor the one by which slagate put the label on is there any more.
func (c *collector) isHistoryHidden(f policy.Function) bool {
	people := map[int64]bool{}
	hidden, since := false, time.Time{} // since: the oldest visible label that a sign-off rests on
	for _, s := range c.sn.Memory.SignOffs {
		if s.Function != f.Name || s.State != pull.SignOffActive || !c.current(s) {
			continue
		}
		people[s.Person.ID] = true
		if c.place(s.Evidence) >= 0 && (since.IsZero() || s.At.Before(since)) {
			since = s.At
		}
		rests := c.place(s.Evidence) >= 0 || (s.Method != string(policy.Label) && !since.IsZero() && !s.At.Before(since))
		hidden = hidden || (!rests && !c.putOnSince(f, s.At))
	}
	return hidden && len(people) >= f.Approvals
}

// putOnSince reports whether slagate itself visibly put the function's label on
// at that time or after. It had read the history until then.
func (c *collector) putOnSince(f policy.Function, at time.Time) bool {
	return slices.ContainsFunc(c.sn.LabelEvents, func(e pull.LabelEvent) bool {
		return e.Added && strings.EqualFold(e.Label.Name, f.Label) && c.isApp(e.Actor) && !e.Created.Before(at)
	})
}

// unconfirmedTakings are commands that take something back, in comments that a
// delivery told of and that GitHub does not show: not yet, or not any more.
func (c *collector) unconfirmedTakings() []event {
	var events []event
	for _, d := range c.sn.Evidence {
		if (d.Kind != pull.EvidenceComment && d.Kind != pull.EvidenceCommentEdited) || !d.Actor.IsHuman() || d.Actor.ID != d.Author.ID ||
			slices.ContainsFunc(c.sn.Comments, func(k pull.Comment) bool { return k.ID == d.CommentID }) {
			continue
		}
		edited := d.Kind == pull.EvidenceCommentEdited
		for _, l := range newLines(d.From, d.Body) {
			s := spoken{line: l, comment: d.CommentID, person: d.Actor, at: d.At, edited: edited}
			switch l.Verb { //nolint:exhaustive // the others give something, which takes a confirmation
			case VerbUnsign:
				events = append(events, event{s.at, rankTake, func() { c.unsign(s, s.evidence()) }})
			case VerbUndone:
				events = append(events, event{s.at, rankTake, func() { c.tickCommand(s, s.evidence()) }})
			}
		}
	}
	return events
}

// newLines are the command lines of a text that were not in the one before.
func newLines(from, to string) []CommandLine {
	before := ParseCommands(from)
	return slices.DeleteFunc(ParseCommands(to), func(l CommandLine) bool {
		return slices.ContainsFunc(before, func(b CommandLine) bool { return b.Text == l.Text })
	})
}
