// Package reconcile carries out a plan, step by step.
//
// Its one idea: every step may already have happened. Before a step it is asked
// whether it may still be done, after it the outcome is recorded; a step that fails ends the run, and
// the next evaluation computes from fresh facts what is still missing. GitHub
// refusing a step (422) is recorded and does not hold up the others, because
// repeating it would not help.
//
// It decides nothing: what and in which order is plan's.
package reconcile

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/slagate/slagate/internal/plan"
	"github.com/slagate/slagate/internal/pull"
)

// Applied is what became of a step.
type Applied struct {
	CommentID int64     // of a comment that was created or edited
	UpdatedAt time.Time // GitHub's updated_at of it
}

// Applier does one step at GitHub.
type Applier interface {
	Apply(ctx context.Context, ref pull.Ref, a plan.Action) (Applied, error)
}

// Recorder is asked before every step and hears of it afterwards.
type Recorder interface {
	Done(ctx context.Context, ref pull.Ref, a plan.Action, r Applied) error
	Refused(ctx context.Context, ref pull.Ref, a plan.Action, err error)
	// May is asked right before each step. No is a reason to leave this step; an
	// error ends the run.
	May(ctx context.Context, ref pull.Ref, a plan.Action) (bool, error)
}

// refusal is an error that repeating the step cannot mend.
type refusal interface{ Refusal() bool }

// Apply carries out the steps in order. It returns the first error that is worth
// another try.
func Apply(ctx context.Context, ref pull.Ref, steps []plan.Action, to Applier, rec Recorder) error {
	for i := 0; i < len(steps); i++ {
		a := steps[i]
		ok, err := rec.May(ctx, ref, a)
		if err != nil {
			return fmt.Errorf("before %s on %s: %w", a.Kind, ref, err)
		}
		if !ok {
			continue
		}
		r, err := to.Apply(ctx, ref, a)
		var no refusal
		if errors.As(err, &no) && no.Refusal() {
			rec.Refused(ctx, ref, a, err)
			if a.Kind == plan.CreateComment {
				steps = plan.WithComment(steps, 0)
			}
			continue
		}
		if err != nil {
			return fmt.Errorf("%s on %s: %w", a.Kind, ref, err)
		}
		if a.Kind == plan.CreateComment {
			steps = plan.WithComment(steps, r.CommentID)
		}
		if err := rec.Done(ctx, ref, a, r); err != nil {
			return fmt.Errorf("record %s on %s: %w", a.Kind, ref, err)
		}
	}
	return nil
}
