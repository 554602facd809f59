package controller

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/rs/zerolog"

	"github.com/slagate/slagate/internal/gate"
	"github.com/slagate/slagate/internal/plan"
	"github.com/slagate/slagate/internal/pull"
	"github.com/slagate/slagate/internal/reconcile"
	"github.com/slagate/slagate/internal/render"
	"github.com/slagate/slagate/internal/store"
	"github.com/slagate/slagate/internal/taskbox"
)

// first posts "Looking at this pull request" before anything is read: on a head
// that has no status yet, and over a success when something arrived that can
// only take it away. In a repository that is not known to have a policy it
// posts nothing, for such a repository gets nothing.
// It returns what it posted, nil for nothing.
func (c *Controller) first(ctx context.Context, row store.PullRow, repo store.RepoRow) (*plan.Action, error) {
	if !repo.Memory.HasPolicy() || !row.Open || row.Head == "" {
		return nil, nil
	}
	takesAway, err := c.takesAway(ctx, row, repo)
	if err != nil || (!row.First && !takesAway) {
		return nil, err
	}
	// Where the head is shared, a success stands only if this pull request's own
	// outcome is one too, whoever posted it.
	posted, answered := lastPosted(row.Memory, row.Head)
	green := posted.State == render.StateSuccess || (row.Outcome.Head == row.Head && row.Outcome.State == render.StateSuccess)
	if answered && (!green || !takesAway) {
		return nil, nil
	}
	s := pull.Status{
		Context: render.Context, State: render.StatePending, Description: render.Looking, TargetURL: render.PullURL(c.WebURL, row.Ref),
	}
	return &plan.Action{Kind: plan.PostStatus, Head: row.Head, Status: s}, c.post(ctx, row, s)
}

// takesAway reports whether something arrived since the last evaluation that can
// only take a success away. The removal of a label can if it is a sign-off's: a
// head has room for 1,000 statuses, which flips of other labels must not use up.
func (c *Controller) takesAway(ctx context.Context, row store.PullRow, repo store.RepoRow) (bool, error) {
	gone := func(is func(label string) bool) bool {
		return slices.ContainsFunc(row.Evidence, func(e pull.Evidence) bool {
			return e.Kind == pull.EvidenceUnlabeled && e.Seq > row.Memory.Judged && is(e.Label)
		})
	}
	if row.TakesAway || !gone(func(string) bool { return true }) {
		return row.TakesAway, nil
	}
	owner, err := c.Repos.Owner(ctx, repo.OwnerID)
	if err != nil {
		return false, err
	}
	labels := c.gate.SignOffLabels(row.Ref, repo.Memory.LastValid[row.BaseBranch], owner.LastValid)
	return gone(func(label string) bool {
		// A label without a name was deleted in the repository; it may have been one.
		return label == "" || len(labels) == 0 || slices.ContainsFunc(labels, func(l string) bool { return strings.EqualFold(l, label) })
	}), nil
}

// post posts a status outside a plan and remembers it.
func (c *Controller) post(ctx context.Context, row store.PullRow, s pull.Status) error {
	rec := &recorder{c: c, row: row}
	return reconcile.Apply(ctx, row.Ref, []plan.Action{{Kind: plan.PostStatus, Head: row.Head, Status: s}}, c.GitHub, rec)
}

// recorder keeps what became of each step.
type recorder struct {
	c        *Controller
	row      store.PullRow
	decision gate.Decision
	head     store.Lock    // on the head's statuses; nil where none is needed, for the text is not final
	posted   []plan.Action // statuses of functions that are not kept yet, see flush
}

// May reports whether a step may still be done: the turn to evaluate has not gone to another
// worker, and, for a success, nothing arrived since the evaluation began.
func (r *recorder) May(ctx context.Context, _ pull.Ref, a plan.Action) (bool, error) {
	if r.head != nil && !r.head.Held() {
		return false, store.ErrOvertaken
	}
	gen, err := r.c.Pulls.CheckTurn(ctx, store.Turn{Ref: r.row.Ref, No: r.row.Turn})
	if err != nil {
		return false, err
	}
	green := a.Kind == plan.PostStatus && a.Status.State == render.StateSuccess
	return !green || gen == r.row.Gen, nil
}

// Refused counts and logs a step that GitHub will never accept.
func (r *recorder) Refused(ctx context.Context, _ pull.Ref, a plan.Action, err error) {
	r.c.Observer.Refused(string(a.Kind))
	zerolog.Ctx(ctx).Error().Err(err).Str("step", string(a.Kind)).Msg("github refused a step")
}

// Done remembers statuses and comments.
func (r *recorder) Done(ctx context.Context, ref pull.Ref, a plan.Action, done reconcile.Applied) error {
	switch a.Kind { //nolint:exhaustive // labels of the pull request leave nothing to remember
	case plan.PostStatus:
		r.posted = append(r.posted, a)
		if a.Status.Context == render.Context {
			return r.flush(ctx, ref)
		}
	case plan.CreateComment, plan.EditComment:
		return r.c.Pulls.UpdateMemory(ctx, ref, func(m *pull.Memory) { r.published(m, a, done) })
	case plan.React:
		return r.c.Pulls.UpdateMemory(ctx, ref, func(m *pull.Memory) {
			m.Owed = slices.DeleteFunc(m.Owed, func(x pull.Reaction) bool { return x.CommentID == a.CommentID && x.Content == a.Reaction })
		})
	case plan.CreateLabel:
		return r.c.Repos.UpdateRepo(ctx, ref.RepoID, func(m *store.RepoMemory) {
			for _, name := range a.Labels {
				if !slices.Contains(m.Labels, name) {
					m.Labels = append(m.Labels, name)
				}
			}
		})
	}
	return nil
}

// flush keeps the statuses posted since the last flush. Those of functions are not kept one by
// one: if the process dies before, the next evaluation reads from GitHub what stands.
func (r *recorder) flush(ctx context.Context, ref pull.Ref) error {
	if len(r.posted) == 0 {
		return nil
	}
	err := r.c.Pulls.UpdateMemory(ctx, ref, func(m *pull.Memory) {
		for _, a := range r.posted {
			setPosted(m, a)
		}
	})
	if err == nil {
		r.posted = nil
	}
	return err
}

// postedKept bounds the posted statuses that are remembered.
const postedKept = 60

func setPosted(m *pull.Memory, a plan.Action) {
	p := pull.Posted{
		Head: a.Head, Context: a.Status.Context, State: a.Status.State, Description: a.Status.Description, TargetURL: a.Status.TargetURL,
	}
	i := slices.IndexFunc(m.Posted, func(x pull.Posted) bool { return x.Head == p.Head && x.Context == p.Context })
	if i >= 0 {
		m.Posted[i] = p
		return
	}
	m.Posted = append(m.Posted, p)
	if len(m.Posted) > postedKept {
		m.Posted = slices.Clone(m.Posted[len(m.Posted)-postedKept:])
	}
}

// published ties a written comment to the version of the pull request it shows:
// a later command is about what stood in the comment then. The memory may be newer than the
// decision: while GitHub wrote the comment, the turn may have gone to another worker, who
// remembered more versions and forgot the oldest. So the version is looked for by what it is, not by
// its place, and of two writings the later one stays the last.
//
// Statuses need no such care: what is still to be posted is told by what GitHub shows, and first
// takes a success for standing if either the memory or the last outcome says so.
func (r *recorder) published(m *pull.Memory, a plan.Action, done reconcile.Applied) {
	p := pull.Publication{
		CommentID: done.CommentID, Created: a.Kind == plan.CreateComment, At: done.UpdatedAt.UTC().Truncate(time.Second),
		BodyHash: taskbox.Hash(a.Body),
	}
	if m.CommentID != p.CommentID || !overwritten(m.Views, p) {
		m.CommentID, m.CommentHash = p.CommentID, p.BodyHash
	}
	i := r.decision.ViewIndex
	if i < 0 || i >= len(r.decision.Memory.Views) {
		return
	}
	shown := r.decision.Memory.Views[i]
	i = slices.IndexFunc(m.Views, func(v pull.View) bool { return sameVersion(v, shown) })
	if i < 0 { // forgotten, so it is older than all that are remembered
		m.Views, i = slices.Insert(slices.Clone(m.Views), 0, shown), 0
	}
	m.Views[i].Publications = append(slices.Clone(m.Views[i].Publications), p)
}

// overwritten reports whether a later writing of the same comment is remembered.
func overwritten(views []pull.View, p pull.Publication) bool {
	return slices.ContainsFunc(views, func(v pull.View) bool {
		return slices.ContainsFunc(v.Publications, func(x pull.Publication) bool { return x.CommentID == p.CommentID && x.At.After(p.At) })
	})
}

// sameVersion reports whether two views are one and the same, not only alike: one that
// came back after another was seen anew.
func sameVersion(a, b pull.View) bool {
	return a.SeenAt.Equal(b.SeenAt) && a.Head == b.Head && a.BaseBranch == b.BaseBranch &&
		slices.EqualFunc(a.Asked, b.Asked, func(x, y pull.Asked) bool { return x.Function == y.Function && x.Fingerprint == y.Fingerprint })
}
