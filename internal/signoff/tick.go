package signoff

import (
	"fmt"
	"maps"
	"slices"

	"github.com/slagate/slagate/internal/policy"
	"github.com/slagate/slagate/internal/pull"
	"github.com/slagate/slagate/internal/taskbox"
)

// tickEvents reads ticks out of edits of slagate's own comment. What was edited
// must be a body that slagate wrote (but for boxes): that tells which content
// the person saw. The edit itself is confirmed by GitHub naming slagate's
// comment as edited; a body that cannot be placed counts for nothing.
func (c *collector) tickEvents() []event {
	var events []event
	for _, d := range c.sn.Evidence {
		if d.Kind != pull.EvidenceCommentEdited || !c.isApp(d.Author) || c.isApp(d.Actor) {
			continue
		}
		view := c.viewOfBody(d.CommentID, taskbox.Hash(d.From))
		changed, onlyBoxes := taskbox.Diff(d.From, d.Body)
		if view == nil || !onlyBoxes {
			continue
		}
		for _, item := range slices.Sorted(maps.Keys(changed)) {
			state := pull.TickUndone
			if changed[item] {
				state = pull.TickDone
			}
			id := fmt.Sprintf("tick:%s:%s", d.Delivery, item)
			if slices.ContainsFunc(c.sn.Memory.Commands, func(k pull.Command) bool { return k.Evidence == id }) {
				continue // it was refused: whoever joins a function later has not ticked as its member
			}
			events = append(events, event{d.At, rankCommand, func() {
				o := c.tick(item, pull.Tick{Item: item, State: state, Person: d.Actor, At: d.At, Evidence: id}, view)
				if o.refused != "" {
					c.res.Memory.Commands = append(c.res.Memory.Commands, pull.Command{
						Evidence: id, Person: d.Actor, At: d.At, Text: "the box of " + cut(item, 40), Refused: o.refused, HasRole: c.hasRole(d.Actor),
					})
				}
			}})
		}
	}
	return events
}

func (c *collector) viewOfBody(comment int64, hash string) *pull.View {
	views := c.sn.Memory.Views
	for i := len(views) - 1; i >= 0; i-- {
		for _, p := range views[i].Publications {
			if p.CommentID == comment && p.BodyHash == hash {
				return &views[i]
			}
		}
	}
	return nil
}

func (c *collector) tickCommand(s spoken, id string) outcome {
	t := pull.Tick{Item: s.line.Arg, Person: s.person, At: s.at, Note: cut(s.line.Rest, 500), Evidence: id}
	switch s.line.Verb {
	case VerbDone:
		t.State = pull.TickDone
	case VerbUndone:
		t.State = pull.TickUndone
	default:
		t.State = pull.TickNotApplicable
		if t.Note == "" {
			return refuse("say why it does not apply: /sla na %s REASON", cut(s.line.Arg, 40))
		}
	}
	view := c.publishedBefore(s)
	if view == nil {
		return refuse("slagate had not yet shown the checklist when this was written; please look at its comment and say it again")
	}
	return c.tick(s.line.Arg, t, view)
}

// tick records a word on an item if it comes from the item's owner.
func (c *collector) tick(item string, t pull.Tick, view *pull.View) outcome {
	if slices.ContainsFunc(c.res.Memory.Ticks, func(x pull.Tick) bool { return x.Evidence == t.Evidence }) {
		return outcome{}
	}
	i := slices.IndexFunc(c.Checklist, func(x policy.Item) bool { return x.ID == item })
	if i < 0 {
		return refuse("%q is not on the checklist of this pull request", cut(item, 40))
	}
	owner := c.Checklist[i].Owner
	switch c.owns(owner, t.Person) {
	case unknown:
		c.soon(t.At)
		return outcome{later: true}
	case no:
		return refuse("the item %s belongs to %s", item, owner)
	case yes:
	}
	asked, ok := askedOf(view, contentOwner(view, owner))
	if !ok {
		return refuse("the item %s was not shown with the version this was said about", item)
	}
	t.Content = asked.Fingerprint
	c.res.Memory.Ticks = append(c.res.Memory.Ticks, t)
	return outcome{}
}

// owns says whether a person may speak for an item's owner.
func (c *collector) owns(owner string, p pull.Person) answer {
	if owner == policy.AuthorOwner {
		if p.IsHuman() && p.ID == c.sn.Pull.Author.ID {
			return yes
		}
		return no
	}
	f, ok := c.Policy.Function(owner)
	if !ok || !p.IsHuman() {
		return no
	}
	return c.isMember(f, p)
}

// contentOwner is whose content an item's tick is bound to: its function's where
// that is asked, else everything gated.
func contentOwner(v *pull.View, owner string) string {
	if _, ok := askedOf(v, owner); ok {
		return owner
	}
	return policy.AuthorOwner
}

// CurrentTick is the word that counts for an item now: the last one, if the
// content it was said about is the content at hand.
func CurrentTick(ticks []pull.Tick, item policy.Item, now *pull.View) *pull.Tick {
	asked, ok := askedOf(now, contentOwner(now, item.Owner))
	if !ok {
		return nil
	}
	var last *pull.Tick
	for i := range ticks {
		t := &ticks[i]
		if t.Item != item.ID || t.Content != asked.Fingerprint {
			continue
		}
		if last == nil || t.At.After(last.At) || (t.At.Equal(last.At) && t.State == pull.TickUndone) {
			last = t
		}
	}
	return last
}
