package plan_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/slagate/slagate/internal/gate"
	"github.com/slagate/slagate/internal/plan"
	"github.com/slagate/slagate/internal/pull"
)

// merged is a pull request that was merged although slagate had not let it through.
func merged() github {
	g := opened()
	g.sn.Pull.Open, g.sn.Pull.Merged = false, true
	g.d.Memory.Bypass = &pull.Bypass{Head: head, At: noon, By: mal, Was: "pending: Looking at this pull request", Judged: true}
	return g
}

// T28: labels and comment are kept right after a bypass, and no status is posted
// any more, whatever stands there.
func TestBuild_AfterMerge(t *testing.T) {
	t.Parallel()
	g := merged()
	g.post(pull.Status{Context: "slagate", State: "success", Description: "fine", Creator: mal})
	p := g.build()
	require.Equal(t, []string{"add-labels sla/needs-legal, sla/needs-support", "create-comment"}, told(p))
	require.Zero(t, p.Own)
	g.apply(p)
	require.Empty(t, g.build().Steps, "the same twice writes nothing")

	g.sign()
	g.sn.Observed.Doubles = []int64{8}
	g.d.Memory.Owed = []pull.Reaction{{CommentID: 5, Content: "rocket"}}
	p = g.build()
	require.Equal(t, []string{
		"add-labels sla/legal-approved, support: ok", "remove-label sla/needs-legal", "remove-label sla/needs-support",
		"edit-comment", "delete-comment 8", "react 5",
	}, told(p))
	g.apply(p)
	require.Empty(t, g.build().Steps)

	g.sn.Observed.Comment.Body = "Nobody was asked."
	require.Equal(t, []string{"edit-comment"}, told(g.build()), "what others change is put right")
	g.sn.Observed.Comment = nil
	require.Equal(t, []string{"create-comment"}, told(g.build()))
}

// A merge that nobody can be asked about is told, too.
func TestBuild_AfterMergeNobodyAsked(t *testing.T) {
	t.Parallel()
	g := merged()
	g.d.Verdict, g.d.Files, g.d.Functions, g.d.Checklist = gate.PolicyBroken, nil, nil, nil
	require.Equal(t, []string{"create-comment"}, told(g.build()))
}

func TestBuild_AfterMergeSettled(t *testing.T) {
	t.Parallel()
	g := merged()
	g.d.Verdict = gate.Silent
	g.d.Memory.Owed = []pull.Reaction{{CommentID: 5, Content: "confused"}}
	require.Equal(t, []string{"react 5"}, told(g.build()), "who says something is answered, nothing else changes")
}

func TestBuild_AfterMergeNoAnswer(t *testing.T) {
	t.Parallel()
	g := merged()
	g.d.Verdict, g.d.Unanswered = gate.NoAnswer, "the members of acme/legal"
	require.Empty(t, g.build().Steps)
	for since, want := range map[time.Duration][]string{plan.Patience - time.Second: {}, plan.Patience: {"create-comment"}} {
		p := plan.Build(g.sn, g.d, plan.Options{FailingSince: noon.Add(-since)})
		require.Equal(t, want, told(p), since)
	}
}

// Closed, or merged as slagate had let it through: nothing is written.
func TestBuild_Closed(t *testing.T) {
	t.Parallel()
	g := merged()
	g.d.Memory.Bypass = nil
	g.d.Memory.Owed = []pull.Reaction{{CommentID: 5, Content: "rocket"}}
	require.Empty(t, g.build().Steps)
}

func TestOurs(t *testing.T) {
	t.Parallel()
	posted := []pull.Posted{{Head: head, Context: "slagate", State: "success", Description: "fine"}}
	ours := func(s pull.Status) bool { return plan.Ours(s, app, head, posted) }
	s := pull.Status{Context: "SLAgate", State: "success", Description: "fine"}
	require.True(t, ours(s), "nobody said who did it, and it is what was posted")
	s.Description = "very fine"
	require.False(t, ours(s))
	s.Creator = mal
	require.False(t, ours(s))
	s.Creator = app
	require.True(t, ours(s))
	s.Creator = pull.Person{Login: "slagate[bot]"}
	require.True(t, ours(s))
	s.Creator = pull.Person{Login: "slagate", Kind: pull.KindUser}
	require.False(t, ours(s), "a person of that name")
}
