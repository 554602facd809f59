package plan

import (
	"slices"
	"time"

	"github.com/slagate/slagate/internal/gate"
	"github.com/slagate/slagate/internal/pull"
	"github.com/slagate/slagate/internal/render"
	"github.com/slagate/slagate/internal/taskbox"
)

// comment is the step that makes slagate's comment right, if one is needed.
func (b *builder) comment() []Action {
	body := render.Comment(b.d, render.Options{
		WebURL:       b.o.WebURL,
		MergeBase:    b.sn.Pull.MergeBase,
		Author:       b.sn.Pull.Author,
		FailingSince: b.o.FailingSince,
	})
	standing := b.sn.Observed.Comment
	if standing == nil {
		return b.newComment(body)
	}
	// Edited by somebody: what stands is not what slagate last wrote. The time
	// in the footer counts here, so a forged one does not stay.
	touched := b.d.Memory.CommentHash != "" && b.d.Memory.CommentHash != taskbox.Hash(standing.Body)
	if !touched && render.SameComment(standing.Body, body) {
		if b.shown(standing.ID) {
			return nil
		}
		return []Action{{Kind: EditComment, CommentID: standing.ID, Body: body}}
	}
	// A box ticked that does not count leaves the text alone.
	onlyBoxes := render.SameComment(taskbox.Unticked(standing.Body), taskbox.Unticked(body))
	if (touched || onlyBoxes) && b.putRight(commentKey) != mend {
		return nil
	}
	return []Action{{Kind: EditComment, CommentID: standing.ID, Body: body}}
}

// shown reports whether the last writing of the comment that is remembered showed
// the version at hand. One whose answer was lost is not remembered, and another
// version can read the same; a command would then count for what it is not about.
func (b *builder) shown(comment int64) bool {
	views, at := b.d.Memory.Views, b.d.ViewIndex
	if at < 0 || at >= len(views) {
		return true
	}
	var last *pull.View
	var when time.Time
	for i := range views {
		for _, p := range views[i].Publications {
			if p.CommentID == comment && !p.At.Before(when) {
				last, when = &views[i], p.At
			}
		}
	}
	return last != nil && last.Head == views[at].Head && last.BaseBranch == views[at].BaseBranch &&
		slices.EqualFunc(last.Asked, views[at].Asked, func(x, y pull.Asked) bool {
			return x.Function == y.Function && x.Fingerprint == y.Fingerprint
		})
}

func (b *builder) newComment(body string) []Action {
	if !b.commentWanted() {
		return nil
	}
	// It was there, so somebody deleted it; while facts are missing that is not certain.
	if b.d.Memory.CommentID != 0 && (b.d.Verdict == gate.NoAnswer || b.putRight(commentKey) != mend) {
		return nil
	}
	return []Action{{Kind: CreateComment, Body: body}}
}

// commentWanted reports whether something is gated, or there is something to tell.
func (b *builder) commentWanted() bool {
	return len(b.d.Files) > 0 || len(b.d.Functions) > 0 || len(b.d.Problems) > 0 || len(b.d.PolicyEdit) > 0 ||
		len(b.d.Refusals) > 0 || len(b.d.Uncovered) > 0 || b.d.HelpAsked || b.d.Memory.Bypass != nil
}

// doubles removes further comments of slagate, which a creation that failed
// after it was done can leave.
func (b *builder) doubles() []Action {
	steps := make([]Action, 0, len(b.sn.Observed.Doubles))
	for _, id := range b.sn.Observed.Doubles {
		steps = append(steps, Action{Kind: DeleteComment, CommentID: id})
	}
	return steps
}
