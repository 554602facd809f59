package signoff

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/slagate/slagate/internal/policy"
	"github.com/slagate/slagate/internal/pull"
)

// pairing is how far the time in a delivery (pull_request.updated_at) may be
// from the time of the event in GitHub's history that it tells of. Both have a
// resolution of one second.
const pairing = 5 * time.Second

// putBackLimit is how often per hour slagate puts a sign-off label back that
// somebody without a say removed (product.md 2.4). After that the function is asked again.
const putBackLimit = 5

// labelEvents turns GitHub's history of the sign-off labels into gives and
// withdrawals. The history is the evidence that it happened and who did it; the
// signed delivery only adds for which head.
func (c *collector) labelEvents() []event {
	var events []event
	for _, f := range c.Functions {
		if f.Label == "" {
			continue
		}
		first, told := true, c.pairs(f)
		for _, e := range c.sn.LabelEvents {
			if !c.isLabelOf(f, e) {
				continue
			}
			opening := e.Added && first
			first = false
			if c.isApp(e.Actor) {
				continue
			}
			if e.Added {
				events = append(events, event{e.Created, rankLabel, func() { c.labelGiven(f, e, told[e.ID], opening) }})
			} else if !c.tookBefore(f, e) {
				events = append(events, event{e.Created, rankLabel, func() { c.labelTaken(f, e) }})
			}
		}
		events = append(events, c.vanishedTakings(f)...)
	}
	return events
}

// isLabelOf reports whether an event is about the function's label: the one of
// that name, or, for taking it off, the one that a sign-off was given with.
func (c *collector) isLabelOf(f policy.Function, e pull.LabelEvent) bool {
	return strings.EqualFold(e.Label.Name, f.Label) || (!e.Added && c.signedWith(f, e.Label))
}

// signedWith reports whether a label, which may have another name by now, is the
// one that a sign-off of the function was given with.
func (c *collector) signedWith(f policy.Function, l pull.Label) bool {
	return l.NodeID != "" && slices.ContainsFunc(c.sn.LabelEvents, func(e pull.LabelEvent) bool {
		return e.Added && e.Label.NodeID == l.NodeID && slices.ContainsFunc(c.sn.Memory.SignOffs, func(s pull.SignOff) bool {
			return s.Function == f.Name && s.Evidence == e.ID && s.State == pull.SignOffActive
		})
	})
}

// isApp reports whether an account is slagate's own.
func (c *collector) isApp(p pull.Person) bool {
	return p.Kind == pull.KindBot && strings.EqualFold(strings.TrimSuffix(p.Login, "[bot]"), c.sn.App.Login)
}

// pairs finds for label events of a function the deliveries that told of them;
// each tells of one. Those of the very same time belong together first: people
// put a label on, take it off and put it on again within seconds.
func (c *collector) pairs(f policy.Function) map[string]*pull.Evidence {
	told, used := map[string]*pull.Evidence{}, map[int64]bool{}
	for _, within := range []time.Duration{0, pairing} {
		for _, e := range c.sn.LabelEvents {
			if !e.Added || told[e.ID] != nil || !strings.EqualFold(e.Label.Name, f.Label) {
				continue
			}
			if d := c.teller(e, within, used); d != nil {
				told[e.ID], used[d.Seq] = d, true
			}
		}
	}
	return told
}

// teller is the first delivery not used yet that may tell of a label event.
func (c *collector) teller(e pull.LabelEvent, within time.Duration, used map[int64]bool) *pull.Evidence {
	for i := range c.sn.Evidence {
		d := &c.sn.Evidence[i]
		if d.Kind == pull.EvidenceLabeled && !used[d.Seq] && strings.EqualFold(d.Label, e.Label.Name) &&
			d.Actor.ID == e.Actor.ID && d.At.Sub(e.Created).Abs() <= within {
			return d
		}
	}
	return nil
}

func (c *collector) labelGiven(f policy.Function, e pull.LabelEvent, d *pull.Evidence, opening bool) {
	if c.judged(e.ID) {
		return
	}
	g := give{function: f, method: policy.Label, evidence: e.ID, person: e.Actor, at: e.Created}
	switch {
	case opening && c.onAtOpening(f, e):
		g.unbound = "the label was on the pull request when it was opened, before there was anything to see"
	case d != nil:
		g.view, g.unbound = c.viewOfHead(d.Head, d.BaseBranch, e.Created)
	default:
		var known bool
		if g.view, g.unbound, known = c.viewByHistory(f, e); !known {
			c.res.Undecided[f.Name] = true
			c.lookAt(e.Created.Add(Grace))
			return
		}
	}
	c.judge(g)
}

// onAtOpening reports whether the first event of a label belongs to the opening
// of the pull request. The opened delivery lists the labels of that moment; if
// it never came, an event of the same second is taken for one.
func (c *collector) onAtOpening(f policy.Function, e pull.LabelEvent) bool {
	for _, d := range c.sn.Evidence {
		if d.Kind != pull.EvidenceOpened {
			continue
		}
		for _, name := range d.Labels {
			if strings.EqualFold(name, f.Label) {
				return true
			}
		}
		return false
	}
	return !e.Created.After(c.sn.Pull.CreatedAt)
}

// viewOfHead is the version of a head that stood when the evidence came up: the
// last one seen until then, else the first one seen after, if nothing else can have been asked in between.
func (c *collector) viewOfHead(head, base string, at time.Time) (*pull.View, string) {
	var found *pull.View
	views := c.sn.Memory.Views
	for i := range views {
		v := &views[i]
		if v.Head != head || (base != "" && v.BaseBranch != base) {
			continue
		}
		if found == nil || !v.SeenAt.After(at) {
			found = v
		}
	}
	if found == nil && head == c.Now.Head && (base == "" || base == c.Now.BaseBranch) {
		found = &c.Now
	}
	switch {
	case found == nil:
		return nil, fmt.Sprintf("it was given for commit %s, which was replaced before slagate had looked at it", short(head))
	case found.SeenAt.After(at) && !c.askedAlike(*found, at):
		return nil, fmt.Sprintf("it was given for commit %s before slagate had looked at it, and the policy may have changed in between", short(head))
	}
	return found, ""
}

// askedAlike reports whether the policy under which a version was seen is the one of the last version seen
// until a time before. If that is not known it is not; before the first look at all only moments are let pass.
func (c *collector) askedAlike(v pull.View, at time.Time) bool {
	for _, before := range slices.Backward(c.sn.Memory.Views) {
		if before.BaseBranch == v.BaseBranch && !before.SeenAt.After(at) {
			return before.Policy != "" && before.Policy == v.Policy
		}
	}
	return v.SeenAt.Sub(at) <= Grace
}

const unseen = "we could not tell which version this was given for"

// viewByHistory binds an event that no delivery told of. It counts only if
// slagate had seen this same head strictly before, no force-push followed, and
// the label had its name then already.
func (c *collector) viewByHistory(f policy.Function, e pull.LabelEvent) (v *pull.View, unbound string, known bool) {
	if c.sn.At.Sub(e.Created) < Grace {
		return nil, "", false // the delivery may still come
	}
	if v = c.standingAt(e.Created); v == nil {
		return nil, unseen, true
	}
	if !c.sn.LabelNamesRead {
		c.res.Needs.LabelNames = true
		return nil, "", false
	}
	for _, n := range c.sn.LabelNames {
		if n.Added && strings.EqualFold(n.Name, f.Label) && n.ActorID == e.Actor.ID && n.Created.Equal(e.Created) {
			return v, "", true
		}
	}
	return nil, "the label had another name when it was put on", true
}

// standingAt is the version at hand if it certainly stood at a time that no
// delivery told of: slagate had seen its head strictly before, no force-push
// followed, and none in between left the head for another one. After a
// force-push to an ancestor an ordinary push brings a head back.
func (c *collector) standingAt(at time.Time) *pull.View {
	var v *pull.View
	views := c.sn.Memory.Views
	for i := range views {
		if views[i].Head == c.Now.Head && views[i].BaseBranch == c.Now.BaseBranch && views[i].SeenAt.Before(at) {
			v = &views[i]
		}
	}
	if v == nil {
		return nil
	}
	left := false
	for _, p := range c.sn.ForcePushes {
		if !p.Created.Before(at) {
			return nil
		}
		left = !p.Created.Before(v.SeenAt) && p.After != v.Head
	}
	if left {
		return nil
	}
	return v
}

// labelTaken applies the removal of a sign-off label by a person. Removed by
// somebody without a say it is put back, but not for ever.
func (c *collector) labelTaken(f policy.Function, e pull.LabelEvent) {
	t := taking{function: f, actor: e.Actor, evidence: e.ID, at: e.Created, how: "taken back by removing the label"}
	if c.withdraw(t) == takenNothing && !c.res.Undecided[f.Name] {
		c.removedByOther(f, e)
	}
}

// removedByOther records the removal by somebody without a say, once.
func (c *collector) removedByOther(f policy.Function, e pull.LabelEvent) {
	c.res.Memory.Withdrawals = append(c.res.Memory.Withdrawals, e.ID)
	if !c.hasActive(f.Name) {
		return
	}
	CountPutRight(&c.res.Memory, labelKey+f.Label, e.Created)
	if c.putBacks(e.Created) <= putBackLimit {
		return
	}
	for i := range c.res.Memory.SignOffs {
		s := &c.res.Memory.SignOffs[i]
		if s.Function == f.Name && s.State == pull.SignOffActive {
			s.State, s.By, s.Reason = pull.SignOffWithdrawn, e.Actor, "the label was removed again and again"
		}
	}
}

// labelKey begins what put-backs are counted under, by label.
const labelKey = "label:"

// putBacks counts the sign-off labels of the pull request that were put back
// within the hour up to at.
func (c *collector) putBacks(at time.Time) int {
	n := 0
	for _, p := range c.res.Memory.PutRights {
		for _, t := range p.At {
			if strings.HasPrefix(p.What, labelKey) && at.Sub(t) < time.Hour {
				n++
			}
		}
	}
	return n
}

func (c *collector) hasActive(function string) bool {
	for _, s := range c.res.Memory.SignOffs {
		if s.Function == function && s.State == pull.SignOffActive {
			return true
		}
	}
	return false
}

// CountPutRight counts one more correction of a thing and returns how many there
// were within the hour up to it.
func CountPutRight(m *pull.Memory, what string, at time.Time) int {
	for i := range m.PutRights {
		p := &m.PutRights[i]
		if p.What != what {
			continue
		}
		var recent []time.Time
		for _, t := range p.At {
			if at.Sub(t) < time.Hour {
				recent = append(recent, t)
			}
		}
		p.At = append(recent, at)
		return len(p.At)
	}
	m.PutRights = append(m.PutRights, pull.PutRight{What: what, At: []time.Time{at}})
	return 1
}
