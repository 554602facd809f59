package gate

import (
	"slices"
	"time"

	"github.com/slagate/slagate/internal/pull"
)

// judged reports whether a pull request is judged: while it is open, and after
// a merge that slagate had not let through.
func judged(sn *pull.Snapshot) bool { return sn.Pull.Open || sn.Memory.Bypass != nil }

// afterMerge brings the record of a merge that slagate had not let through up to
// date: what was missing then, and whether something still is.
func afterMerge(sn *pull.Snapshot, d *Decision) {
	before := *sn.Memory.Bypass
	b := before
	d.Memory.Bypass = &b
	switch d.Verdict {
	case NoAnswer:
		if !b.Judged {
			b.Unjudged = "GitHub did not answer: " + d.Unanswered
		}
	case PolicyBroken, HeadPolicyInvalid:
		// Nobody can tell who would have to sign, and what was merged stays as it is.
		b.Unjudged, b.Settled = "the policy has mistakes", first(b.Settled, d.At)
	case Waiting, OpenItems, CannotSign:
		miss(&b, d)
		if before.Settled.IsZero() || takenBack(sn.Memory, d.Memory) {
			b.Settled = time.Time{}
			return
		}
		d.Verdict = Silent // it was settled by people who belonged to their functions then
	case Silent, Ungated, AllNeutral, Signed, AddsPolicy:
		miss(&b, d)
		b.Settled = first(b.Settled, d.At)
		if isNew(before) && len(b.Missing) == 0 && len(b.Open) == 0 {
			// No success stood only because slagate was slow or the commit was shared.
			d.Memory.Bypass = nil
		}
	}
}

// isNew reports whether a merge is looked at for the first time.
func isNew(b pull.Bypass) bool { return !b.Judged && b.Unjudged == "" }

// first is the time that is set already, else the other one.
func first(set, now time.Time) time.Time {
	if set.IsZero() {
		return now
	}
	return set
}

// miss notes what was missing at the time of the merge. What was signed and
// ticked since does not count for that.
func miss(b *pull.Bypass, d *Decision) {
	if b.Judged {
		return
	}
	b.Judged = true
	for _, f := range d.Functions {
		late := slices.DeleteFunc(slices.Clone(f.SignOffs), func(s pull.SignOff) bool { return !s.At.After(b.At) })
		if len(f.SignOffs)-len(late) < f.Approvals {
			b.Missing = append(b.Missing, f.Name)
		}
	}
	for _, it := range d.Checklist {
		if it.Required && (it.Open() || it.Tick.At.After(b.At)) {
			b.Open = append(b.Open, it.ID)
		}
	}
}

// takenBack reports whether somebody took something back since: a sign-off that
// stood, or a word on the checklist.
func takenBack(before, now pull.Memory) bool {
	stood := map[string]bool{}
	for _, s := range before.SignOffs {
		stood[s.Evidence] = s.State == pull.SignOffActive
	}
	return slices.ContainsFunc(now.SignOffs, func(s pull.SignOff) bool {
		return s.State == pull.SignOffWithdrawn && stood[s.Evidence]
	}) || slices.ContainsFunc(now.Ticks[min(len(before.Ticks), len(now.Ticks)):], func(t pull.Tick) bool {
		return t.State == pull.TickUndone
	})
}
