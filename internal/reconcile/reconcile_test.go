package reconcile_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/slagate/slagate/internal/plan"
	"github.com/slagate/slagate/internal/pull"
	"github.com/slagate/slagate/internal/reconcile"
)

var ref = pull.Ref{Owner: "acme", Repo: "shop", Number: 12}

// refused is what GitHub will not take however often it is asked.
type refused struct{}

func (refused) Error() string { return "422" }
func (refused) Refusal() bool { return true }

var errDown = errors.New("502")

// hub does steps, or fails at those of a kind, and records what it heard.
type hub struct {
	fail   map[plan.Kind]error
	hold   bool  // a success may not be posted
	unsure error // whether it may
	lost   error // the right to write, after two steps
	keep   error // of Done

	done, refused []plan.Action
	asked         int
}

func (h *hub) Apply(_ context.Context, r pull.Ref, a plan.Action) (reconcile.Applied, error) {
	if r != ref {
		return reconcile.Applied{}, errors.New("another pull request")
	}
	if err := h.fail[a.Kind]; err != nil {
		return reconcile.Applied{}, err
	}
	return reconcile.Applied{CommentID: 4711, UpdatedAt: time.Unix(9, 0)}, nil
}

func (h *hub) Done(_ context.Context, _ pull.Ref, a plan.Action, r reconcile.Applied) error {
	if r.CommentID != 4711 {
		return errors.New("the outcome got lost")
	}
	h.done = append(h.done, a)
	return h.keep
}

func (h *hub) Refused(_ context.Context, _ pull.Ref, a plan.Action, _ error) {
	h.refused = append(h.refused, a)
}

func (h *hub) May(_ context.Context, _ pull.Ref, a plan.Action) (bool, error) {
	h.asked++
	if h.lost != nil && h.asked > 2 {
		return false, h.lost
	}
	if a.Status.State != "success" {
		return true, nil
	}
	return !h.hold, h.unsure
}

func status(context, state, target string) plan.Action {
	return plan.Action{Kind: plan.PostStatus, Head: "h1", Status: pull.Status{Context: context, State: state, TargetURL: target}}
}

func steps() []plan.Action {
	const page = "https://github.com/acme/shop/pull/12#issuecomment-{comment}"
	return []plan.Action{
		{Kind: plan.CreateLabel, Labels: []string{"sla/needs-legal"}},
		{Kind: plan.CreateComment, Body: "x"},
		status("slagate/legal", "pending", page),
		status("slagate", "success", page),
	}
}

func kinds(steps []plan.Action) []plan.Kind {
	var out []plan.Kind
	for _, a := range steps {
		out = append(out, a.Kind)
	}
	return out
}

func TestStepsInOrder(t *testing.T) {
	t.Parallel()
	h, given := &hub{}, steps()
	require.NoError(t, reconcile.Apply(t.Context(), ref, given, h, h))
	require.Equal(t, kinds(given), kinds(h.done))
	require.Equal(t, len(given), h.asked, "before each step")
	// What refers to the comment refers to the one just made.
	require.Equal(t, "https://github.com/acme/shop/pull/12#issuecomment-4711", h.done[2].Status.TargetURL)
	require.Equal(t, "https://github.com/acme/shop/pull/12#issuecomment-4711", h.done[3].Status.TargetURL)
	require.Equal(t, steps(), given, "the plan is left as it was")
}

func TestRefusedStepDoesNotHoldUpTheOthers(t *testing.T) {
	t.Parallel()
	h := &hub{fail: map[plan.Kind]error{plan.CreateLabel: refused{}, plan.CreateComment: errors.Join(errors.New("creating"), refused{})}}
	require.NoError(t, reconcile.Apply(t.Context(), ref, steps(), h, h))
	require.Equal(t, []plan.Kind{plan.CreateLabel, plan.CreateComment}, kinds(h.refused))
	require.Equal(t, []plan.Kind{plan.PostStatus, plan.PostStatus}, kinds(h.done), "what was refused is not recorded as done")
	require.Equal(t, "https://github.com/acme/shop/pull/12", h.done[0].Status.TargetURL, "there is no comment to refer to")
}

func TestErrorEndsTheRun(t *testing.T) {
	t.Parallel()
	h := &hub{fail: map[plan.Kind]error{plan.CreateComment: errDown}}
	err := reconcile.Apply(t.Context(), ref, steps(), h, h)
	require.ErrorIs(t, err, errDown)
	require.ErrorContains(t, err, "create-comment on acme/shop#12")
	require.Equal(t, []plan.Kind{plan.CreateLabel}, kinds(h.done))
	require.Empty(t, h.refused)
}

func TestOutcomeThatCannotBeKeptEndsTheRun(t *testing.T) {
	t.Parallel()
	h := &hub{keep: errDown}
	require.ErrorIs(t, reconcile.Apply(t.Context(), ref, steps(), h, h), errDown)
	require.Len(t, h.done, 1)
}

func TestSuccessIsLeftWhereSomethingArrived(t *testing.T) {
	t.Parallel()
	h := &hub{hold: true}
	given := append(steps(), status("slagate/legal", "success", ""), plan.Action{Kind: plan.React, CommentID: 1})
	require.NoError(t, reconcile.Apply(t.Context(), ref, given, h, h))
	require.Equal(t, []plan.Kind{plan.CreateLabel, plan.CreateComment, plan.PostStatus, plan.React}, kinds(h.done))
	require.Equal(t, "pending", h.done[2].Status.State)
}

// TestOvertaken: whoever lost the right to write in the midst of the steps writes no further one.
func TestOvertaken(t *testing.T) {
	t.Parallel()
	h := &hub{lost: errDown}
	require.ErrorIs(t, reconcile.Apply(t.Context(), ref, steps(), h, h), errDown)
	require.Len(t, h.done, 2)
}

func TestSuccessNeedsAnAnswer(t *testing.T) {
	t.Parallel()
	h := &hub{unsure: errDown}
	require.ErrorIs(t, reconcile.Apply(t.Context(), ref, steps(), h, h), errDown)
	require.NotContains(t, kinds(h.done[3:]), plan.PostStatus)
	for _, a := range h.done {
		require.NotEqual(t, "success", a.Status.State)
	}
}
