package controller

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/rs/zerolog"

	"github.com/slagate/slagate/internal/gate"
	"github.com/slagate/slagate/internal/plan"
	"github.com/slagate/slagate/internal/pull"
	"github.com/slagate/slagate/internal/render"
	"github.com/slagate/slagate/internal/store"
)

// This file holds what becomes of a pull request that is not open any more. One
// that was merged although slagate had not let it through (an administrator may
// do that) is recorded, and judged on until those who had to agree have signed after
// the fact. With all others it is over.

// over reports whether nothing can follow from what arrived for a pull request that
// is not open any more, so that GitHub need not be asked.
func over(row store.PullRow, repo store.RepoRow) bool {
	m := row.Memory
	switch {
	case m.Bypass != nil:
		return !m.InDebt() && !tells(row, m.Judged)
	case m.Over.Head != "" && m.Over.Head == row.Head:
		return !tells(row, m.Over.Seq, pull.EvidenceMerged)
	case !repo.Memory.HasPolicy():
		// Looked at before, it was passed over in silence; never looked at, there may be a policy.
		return row.Done > 0 || !tells(row, 0, pull.EvidenceOpened, pull.EvidenceMerged)
	}
	// Nothing but its end arrived since slagate let it through.
	posted, _ := lastPosted(m, row.Head)
	return posted.State == render.StateSuccess && row.Outcome.Head == row.Head && row.Outcome.State == render.StateSuccess &&
		row.Gen <= row.Done+1
}

// tells reports whether evidence came after seq: of these kinds, or of any.
func tells(row store.PullRow, seq int64, kinds ...pull.EvidenceKind) bool {
	return slices.ContainsFunc(row.Evidence, func(e pull.Evidence) bool {
		return e.Seq > seq && (len(kinds) == 0 || slices.Contains(kinds, e.Kind))
	})
}

// judge asks the gate, and notes what it had before it.
func (c *Controller) judge(sn pull.Snapshot) gate.Decision {
	d := c.gate.Evaluate(sn)
	d.Memory.Over = pull.Over{}
	for _, e := range sn.Evidence {
		d.Memory.Judged = max(d.Memory.Judged, e.Seq)
	}
	return d
}

// ended concludes for a pull request of which GitHub says that it is not open any more.
func (c *Controller) ended(ctx context.Context, sn pull.Snapshot, row store.PullRow, repo store.RepoRow) (gate.Verdict, time.Duration, error) {
	row.Open, row.Head, row.BaseBranch, row.UpdatedAt = false, sn.Pull.Head, sn.Pull.BaseBranch, sn.Pull.UpdatedAt
	fresh := sn.Memory.Bypass == nil
	if fresh {
		var err error
		if sn.Memory.Bypass, err = c.bypass(ctx, sn, row, repo); err != nil {
			return "", 0, err
		}
		if sn.Memory.Bypass == nil {
			return gate.Silent, 0, c.closed(ctx, row)
		}
	}
	if err := c.asJudgedLast(ctx, &sn); err != nil {
		return "", 0, err
	}
	if err := c.fill(ctx, &sn); err != nil {
		return "", 0, err
	}
	d := c.judge(sn)
	switch {
	case d.Memory.Bypass == nil: // all had signed, or nobody was asked
		row.Memory = d.Memory
		return d.Verdict, 0, c.closed(ctx, row)
	case !fresh:
	case d.Verdict == gate.NoAnswer && !c.impatient(row):
		return "", 0, fmt.Errorf("evaluate %s: %w: %s", row.Ref, errUnanswered, d.Unanswered)
	default:
		if err := c.announce(ctx, *d.Memory.Bypass, row); err != nil {
			return "", 0, err
		}
	}
	if err := c.bind(ctx, sn, row); err != nil {
		return "", 0, err
	}
	return c.carryOut(ctx, sn, d, row, nil) // no status is written any more
}

// bypass is the merge of a pull request that slagate had not let through; nil if
// it was not merged, passed, or is none of slagate's business. What counts is what
// stood on the head when it was merged, not what became of it since.
func (c *Controller) bypass(ctx context.Context, sn pull.Snapshot, row store.PullRow, repo store.RepoRow) (*pull.Bypass, error) {
	p := sn.Pull
	if !p.Merged || !watched(row) || (!repo.Memory.HasPolicy() && !c.gate.Enrolled(sn)) {
		return nil, nil
	}
	if p.MergedAt.IsZero() {
		return nil, fmt.Errorf("evaluate %s: %w: when it was merged", row.Ref, errUnanswered)
	}
	s, found, err := c.Commits.StatusAt(ctx, row.Ref, p.Head, render.Context, p.MergedAt)
	if err != nil {
		return nil, fmt.Errorf("read what stood on %s when it was merged: %w", row.Ref, err)
	}
	b := &pull.Bypass{Head: p.Head, At: p.MergedAt, By: p.MergedBy}
	if !found {
		return b, nil
	}
	state := s.State
	if !plan.Ours(s, sn.App, p.Head, row.Memory.Posted) {
		// Somebody overwrote what slagate had said last.
		posted, _ := lastPosted(row.Memory, p.Head)
		state = posted.State
		if b.WasBy = s.Creator; b.WasBy == (pull.Person{}) {
			b.WasBy.Login = "ghost" // as GitHub calls accounts that it cannot name
		}
	}
	if state == render.StateSuccess {
		return nil, nil
	}
	b.Was = s.State + ": " + s.Description
	return b, nil
}

// asJudgedLast has a merged pull request judged by the policy by which it was judged last,
// if that is known. Of most merges GitHub does not tell exactly where the base branch
// stood; and whom a merge owes something does not change with the policies to come.
func (c *Controller) asJudgedLast(ctx context.Context, sn *pull.Snapshot) error {
	raw, _, err := c.Groups.Snapshot(ctx, sn.Ref.RepoID, sn.Ref.Number)
	if errors.Is(err, store.ErrNotFound) {
		return nil
	}
	var last pull.Snapshot
	if err == nil {
		err = json.Unmarshal(raw, &last)
	}
	if err != nil {
		return fmt.Errorf("last snapshot of %s: %w", sn.Ref, err)
	}
	same := last.Pull.Head == sn.Pull.Head && last.Pull.BaseBranch == sn.Pull.BaseBranch
	if same && answered(last.Policy.Base) && answered(last.Policy.Owner) && c.gate.Enrolled(last) {
		sn.Policy = last.Policy
	}
	return nil
}

func answered(b pull.Blob) bool { return b.State != pull.BlobNotAsked && b.State != pull.BlobNoAnswer }

// watched reports whether slagate had heard of a pull request while it was open, or
// of its merge. What was merged before slagate came is not looked into, whatever
// happens to it later.
func watched(row store.PullRow) bool {
	return len(row.Memory.Posted) > 0 || len(row.Memory.Views) > 0 || tells(row, 0, pull.EvidenceOpened, pull.EvidencePush, pull.EvidenceMerged)
}

// impatient reports whether GitHub has not answered for so long that people are told.
func (c *Controller) impatient(row store.PullRow) bool {
	return !row.FailingSince.IsZero() && c.Now().Sub(row.FailingSince) >= plan.Patience
}

// announce tells the operators of a merge that slagate had not let through, and has those
// judged again that had shared the head.
func (c *Controller) announce(ctx context.Context, b pull.Bypass, row store.PullRow) error {
	c.Observer.Bypassed()
	zerolog.Ctx(ctx).Warn().Str("by", b.By.Login).Time("at", b.At).Str("was", b.Was).Strs("missing", b.Missing).
		Msg("merged although slagate had not let it through")
	return c.lookAtHead(ctx, row, row.Head)
}

// bind keeps the ids behind the names of the policy that was in force. The policy itself
// is not kept: another may be in force now.
func (c *Controller) bind(ctx context.Context, sn pull.Snapshot, row store.PullRow) error {
	found := c.gate.Bindings(sn)
	if len(found) == 0 {
		return nil
	}
	err := c.Repos.UpdateRepo(ctx, row.Ref.RepoID, func(m *store.RepoMemory) { m.Bindings = with(m.Bindings, found) })
	if err != nil {
		return fmt.Errorf("remember the names in the policy of %s: %w", row.Ref, err)
	}
	return nil
}
