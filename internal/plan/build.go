package plan

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/slagate/slagate/internal/gate"
	"github.com/slagate/slagate/internal/pull"
	"github.com/slagate/slagate/internal/render"
)

// Patience is how long the last status stays while GitHub does not answer.
const Patience = 10 * time.Minute

// Options is what a plan needs besides snapshot and decision.
type Options struct {
	WebURL string // where people see GitHub; "" means https://github.com
	// FailingSince is when evaluations of this pull request began to fail; zero
	// if the last one succeeded. It matters for gate.NoAnswer only.
	FailingSince time.Time
}

// Plan is the steps towards what GitHub should look like, and what to remember.
type Plan struct {
	// Steps in order. A step may hold the place of a comment that an earlier
	// step creates; see [WithComment].
	Steps []Action
	// Own is what this pull request alone asks of the context slagate, before
	// shared heads are considered and whether or not it is posted; its target
	// may hold the same place. The zero Status: nothing is asked.
	Own pull.Status
	// PutRights is Memory.PutRights after this plan.
	PutRights []pull.PutRight
	// Tampered names what others had changed: "status:HEAD:CONTEXT", "comment".
	Tampered []string
}

// commentAnchor is how GitHub addresses a comment on its page, and
// commentPlace stands for the id of one that a step of the same plan creates.
const (
	commentAnchor = "#issuecomment-"
	commentPlace  = "{comment}"
)

// WithComment puts the id of a freshly created comment where steps refer to
// it. With 0, when GitHub refused to create it, they refer to the page.
func WithComment(steps []Action, id int64) []Action {
	resolved := slices.Clone(steps)
	for i := range resolved {
		resolved[i].Status = WithCommentID(resolved[i].Status, id)
	}
	return resolved
}

// WithCommentID does for one status, such as [Plan.Own], what WithComment does for steps.
func WithCommentID(s pull.Status, id int64) pull.Status {
	anchor := ""
	if id != 0 {
		anchor = commentAnchor + strconv.FormatInt(id, 10)
	}
	s.TargetURL = strings.ReplaceAll(s.TargetURL, commentAnchor+commentPlace, anchor)
	return s
}

// builder collects one plan.
type builder struct {
	sn   pull.Snapshot
	d    gate.Decision
	o    Options
	plan Plan
}

// Build compares what the decision wants with what the snapshot observed.
// Decision and snapshot must be of the same head.
func Build(sn pull.Snapshot, d gate.Decision, o Options) Plan {
	b := &builder{sn: sn, d: d, o: o}
	b.plan.PutRights = freshPutRights(d.Memory.PutRights, d.At)
	switch {
	case !sn.Pull.Open && d.Memory.Bypass != nil:
		return b.afterMerge()
	case !sn.Pull.Open, d.Verdict == gate.Silent:
		return b.plan
	}
	if d.Verdict == gate.NoAnswer {
		return b.noAnswer()
	}
	comment := b.comment()
	own := render.Status(d)
	own.TargetURL = b.target(comment)
	b.plan.Own = own
	main := b.status(b.shared(own))
	first, middle, last := b.arrange(main, comment)

	b.add(first...)
	b.add(b.labels()...)
	b.add(comment...)
	b.add(middle...)
	b.add(b.functionStatuses(own.TargetURL)...)
	b.add(b.doubles()...)
	b.add(b.reactions()...)
	b.add(last...)
	return b.plan
}

func (b *builder) add(steps ...Action) { b.plan.Steps = append(b.plan.Steps, steps...) }

// arrange says where the status of slagate goes among the steps: first if it
// ends a success, last if it is one, else behind the comment it points to. A
// status that ends a success cannot wait for a comment that does not exist
// yet, so it goes twice: at once, and with its target.
func (b *builder) arrange(main, comment []Action) (first, middle, last []Action) {
	switch {
	case len(main) == 0:
		return nil, nil, nil
	case main[0].Status.State == render.StateSuccess:
		return nil, nil, main
	case !b.stands(render.Context, render.StateSuccess):
		return nil, main, nil
	case strings.Contains(main[0].Status.TargetURL, commentPlace) && len(comment) > 0:
		early := main[0]
		early.Status.TargetURL = render.PullURL(b.o.WebURL, b.d.Ref)
		return []Action{early}, main, nil
	}
	return main, nil, nil
}

// noAnswer plans for a pull request whose facts could not be read: nothing but
// the status and the comment, and for a while not even those.
func (b *builder) noAnswer() Plan {
	since := b.failingSince()
	if b.d.At.Sub(since) < Patience {
		b.plan.Own = pull.Status{Context: render.Context, State: render.StatePending, Description: render.Looking}
		if b.observed(render.Context) == nil {
			b.add(b.status(b.plan.Own)...)
		}
		return b.plan
	}
	comment := b.comment()
	own := render.NoAnswer(since, b.d.OwnerUnreadableSince)
	own.TargetURL = b.target(comment)
	b.plan.Own = own
	first, middle, last := b.arrange(b.status(b.shared(own)), comment)
	b.add(first...)
	b.add(comment...)
	b.add(middle...)
	b.add(last...)
	return b.plan
}

// afterMerge plans for a pull request that was merged although slagate had not
// let it through: as for an open one, but for the statuses, which tell what stood
// when it was merged.
func (b *builder) afterMerge() Plan {
	if b.d.Verdict == gate.NoAnswer {
		if b.d.At.Sub(b.failingSince()) >= Patience {
			b.add(b.comment()...)
		}
		return b.plan
	}
	if b.d.Verdict != gate.Silent { // else it was settled, and stays as it is
		b.add(b.labels()...)
		b.add(b.comment()...)
		b.add(b.doubles()...)
	}
	b.add(b.reactions()...)
	return b.plan
}

// failingSince is when GitHub stopped answering.
func (b *builder) failingSince() time.Time {
	if b.o.FailingSince.IsZero() {
		return b.d.At
	}
	return b.o.FailingSince
}

// shared is the strictest of what all open pull requests with this head ask for.
func (b *builder) shared(own pull.Status) pull.Status {
	if len(b.sn.Observed.Siblings) == 0 {
		return own
	}
	return render.SharedHead(pull.Sibling{
		Number: b.d.Ref.Number, State: own.State, Description: own.Description, TargetURL: own.TargetURL,
	}, b.sn.Observed.Siblings)
}

// target is where a status leads: to slagate's comment if there is one or a
// step of this plan makes one, else to the pull request.
func (b *builder) target(comment []Action) string {
	page := render.PullURL(b.o.WebURL, b.d.Ref)
	switch {
	case b.sn.Observed.Comment != nil:
		return page + commentAnchor + strconv.FormatInt(b.sn.Observed.Comment.ID, 10)
	case len(comment) > 0:
		return page + commentAnchor + commentPlace
	}
	return page
}

// reactions are the answers that comments are owed.
func (b *builder) reactions() []Action {
	steps := make([]Action, 0, len(b.d.Memory.Owed))
	for _, r := range b.d.Memory.Owed {
		steps = append(steps, Action{Kind: React, CommentID: r.CommentID, Reaction: r.Content})
	}
	return steps
}
