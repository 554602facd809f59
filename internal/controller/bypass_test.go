package controller_test

import (
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/slagate/slagate/internal/controller"
	"github.com/slagate/slagate/internal/plan"
	"github.com/slagate/slagate/internal/pull"
	"github.com/slagate/slagate/internal/store"
)

var ada = pull.Person{ID: 13, Login: "ada", Kind: pull.KindUser}

// end closes #12, merged by ada or not. The delivery that tells of it is still to come.
func (f *fake) end(merged bool) {
	f.now = f.now.Add(time.Minute)
	sn := f.github[12]
	sn.Pull.Open, sn.Pull.Merged, sn.Pull.UpdatedAt = false, merged, f.now
	if merged {
		sn.Pull.MergedAt, sn.Pull.MergedBy, sn.Pull.BaseSHA = f.now, ada, "tip"
	}
	f.github[12] = sn
	f.stood = maps.Clone(f.statuses)
}

// told delivers that #12 was closed.
func (f *fake) told() {
	row := f.rows[12]
	row.Open = false
	row.Gen++
	if f.github[12].Pull.Merged {
		f.evidence(pull.EvidenceMerged, ada)
	}
}

func (f *fake) evidence(kind pull.EvidenceKind, by pull.Person) {
	row := f.rows[12]
	row.Evidence = append(row.Evidence, pull.Evidence{
		Seq: int64(len(row.Evidence) + 1), Kind: kind, Head: row.Head, BaseBranch: "main", Actor: by, At: f.now, Label: "sla/legal-approved",
	})
}

// unsign lets lee take the label off again, delivered.
func (f *fake) unsign() {
	f.now = f.now.Add(time.Minute)
	sn := f.github[12]
	sn.LabelEvents = append(sn.LabelEvents, pull.LabelEvent{ID: "E2", Label: sn.Labels[0], Actor: lee, Created: f.now})
	sn.Labels = nil
	f.github[12] = sn
	f.evidence(pull.EvidenceUnlabeled, lee)
	f.rows[12].Gen++
}

// TestBypass: merged while a function was missing. It is recorded, the function is
// asked after the fact, and no status is posted any more.
func TestBypass(t *testing.T) {
	t.Parallel()
	f := newFake()
	f.add(13, "h1", "README.md")
	c := f.controller()
	f.process(t, c, 12)
	f.end(true)
	f.told()
	f.log, f.enqueued = nil, nil
	f.process(t, c, 12)
	require.Equal(t, []string{"read #12", "status at 10:01", "bypassed", "save #12", "add-labels #12", "edit-comment #12", "evaluated waiting"}, f.log)
	require.Equal(t, []int{13}, numbers(f.enqueued), "it had shared the head")
	require.True(t, f.saved[12].Debt)
	require.False(t, f.saved[12].Open)
	require.NotEmpty(t, f.saved[12].Decision)
	require.Equal(t, &pull.Bypass{
		Head: "h1", At: ten.Add(time.Minute), By: ada, Was: "pending: #12 (same commit): Waiting for legal (0 of 1 signed)", Judged: true, Missing: []string{"legal"},
	}, f.rows[12].Memory.Bypass)
	require.Contains(t, f.github[12].Observed.Comment.Body, "Merged by `ada` on 2026-03-02 10:01 UTC without the sign-off of legal.")

	f.log, f.enqueued = nil, nil
	f.rows[12].Gen++ // a sweep
	f.process(t, c, 12)
	require.Equal(t, []string{"read #12", "save #12", "add-labels #12", "evaluated waiting"}, f.log, "recorded once")
	require.Empty(t, f.enqueued)

	f.sign()
	f.process(t, c, 12)
	require.False(t, f.saved[12].Debt)
	require.Equal(t, f.now, f.rows[12].Memory.Bypass.Settled)
	require.Contains(t, f.github[12].Observed.Comment.Body, "### Signed after the fact by legal")

	f.log = nil
	f.rows[12].Gen++
	f.process(t, c, 12)
	require.Equal(t, []string{"save #12"}, f.log, "settled, GitHub is not asked any more")
	require.NotNil(t, f.rows[12].Memory.Bypass)

	f.unsign()
	f.process(t, c, 12)
	require.True(t, f.saved[12].Debt, "taken back")
	require.True(t, f.rows[12].Memory.Bypass.Settled.IsZero())
	require.Equal(t, f.rows[12].Memory.Bypass.Was, f.shows("h1"), "the status tells what stood when it was merged")
}

// TestPassed: what was merged as slagate had let it through costs no request, and what
// becomes of its labels later changes nothing.
func TestPassed(t *testing.T) {
	t.Parallel()
	f := newFake()
	c := f.controller()
	f.process(t, c, 12)
	f.sign()
	f.process(t, c, 12)
	f.end(true)
	f.told()
	f.log = nil
	f.process(t, c, 12)
	f.unsign()
	f.rows[12].TakesAway = true
	f.process(t, c, 12)
	require.Equal(t, []string{"save #12", "save #12"}, f.log)
	require.Nil(t, f.rows[12].Memory.Bypass)
	require.False(t, f.saved[12].Debt)
}

// TestPassedUnheard: the delivery of the merge is lost or late, and the label goes right
// after it. What counts is what stood when it was merged.
func TestPassedUnheard(t *testing.T) {
	t.Parallel()
	for name, late := range map[string]bool{"lost": false, "late": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFake()
			c := f.controller()
			f.process(t, c, 12)
			f.sign()
			f.process(t, c, 12)
			f.end(true)
			f.unsign()
			want := []string{"slagate on h1: " + looking, "read #12", "status at 10:02", "save #12", "evaluated silent"}
			if late {
				f.told()
				want = want[1:]
			}
			f.log = nil
			f.process(t, c, 12)
			require.Equal(t, want, f.log)
			require.Nil(t, f.rows[12].Memory.Bypass)
			f.log = nil
			f.rows[12].Gen++
			f.process(t, c, 12)
			require.Equal(t, []string{"save #12"}, f.log, "it is over")
		})
	}
}

// TestPassedInDoubt: only what slagate itself asked for and what stands on the very head
// together say without a question that a merge passed.
func TestPassedInDoubt(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		posted  pull.Posted
		outcome store.Outcome
		asked   bool
	}{
		"both say so":             {pull.Posted{Head: "h1", State: "success"}, store.Outcome{Head: "h1", State: "success"}, false},
		"another one held it":     {pull.Posted{Head: "h1", State: "pending"}, store.Outcome{Head: "h1", State: "success"}, true},
		"success for another one": {pull.Posted{Head: "h1", State: "success"}, store.Outcome{Head: "h1", State: "pending"}, true},
		"judged at another head":  {pull.Posted{Head: "h1", State: "success"}, store.Outcome{Head: "h0", State: "success"}, true},
		"posted on another head":  {pull.Posted{Head: "h0", State: "success"}, store.Outcome{Head: "h1", State: "success"}, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFake()
			tt.posted.Context = "slagate"
			f.rows[12].Memory.Posted, f.rows[12].Outcome, f.rows[12].Done = []pull.Posted{tt.posted}, tt.outcome, 1
			f.end(true)
			f.told()
			f.process(t, f.controller(), 12)
			require.Equal(t, tt.asked, slices.Contains(f.log, "status at 10:01"))
		})
	}
}

// TestBypassUntold: the only thing known of it is that a status was posted once.
func TestBypassUntold(t *testing.T) {
	t.Parallel()
	f := newFake()
	f.rows[12].Memory.Posted = []pull.Posted{{Head: "h1", Context: "slagate", State: "pending"}}
	f.end(true)
	f.process(t, f.controller(), 12)
	require.True(t, f.saved[12].Debt)
}

// TestEndedElsewhere: what GitHub says of the pull request when it is found closed is kept.
func TestEndedElsewhere(t *testing.T) {
	t.Parallel()
	f := newFake()
	f.end(false)
	sn := f.github[12]
	sn.Pull.Head, sn.Pull.BaseBranch = "h2", "release"
	f.github[12] = sn
	f.process(t, f.controller(), 12)
	require.Equal(t, "h2", f.saved[12].Head)
	require.Equal(t, "release", f.saved[12].Base)
	require.Equal(t, f.now, f.saved[12].UpdatedAt)
	require.Equal(t, "h2", f.saved[12].Memory.Over.Head)
}

// TestEndedUnread: GitHub does not answer about a closed pull request. Nobody waits for its
// status, so none is posted.
func TestEndedUnread(t *testing.T) {
	t.Parallel()
	f := newFake()
	f.process(t, f.controller(), 12)
	f.end(true)
	f.told()
	f.readErr = errDown
	require.ErrorIs(t, f.failing(t, f.controller()), errDown)
	f.now = f.now.Add(plan.Patience)
	require.ErrorIs(t, f.failing(t, f.controller()), errDown)
	require.Equal(t, waiting, f.shows("h1"))
}

// TestBypassBy: what counts as let through.
func TestBypassBy(t *testing.T) {
	t.Parallel()
	mal := pull.Person{ID: 9, Login: "mal", Kind: pull.KindUser}
	status := func(state string, by pull.Person) *pull.Status {
		return &pull.Status{Context: "slagate", State: state, Description: "x", Creator: by}
	}
	posted := func(state string) []pull.Posted { return []pull.Posted{{Head: "h1", Context: "slagate", State: state}} }
	for name, tt := range map[string]struct {
		stood  *pull.Status
		posted []pull.Posted
		was    string
		wasBy  pull.Person
		passed bool
	}{
		"nothing stood":              {posted: posted("success")},
		"slagate's success":          {stood: status("success", app), posted: posted("pending"), passed: true},
		"slagate's error":            {stood: status("error", app), posted: posted("success"), was: "error: x"},
		"forged success":             {stood: status("success", mal), posted: posted("pending"), was: "success: x", wasBy: mal},
		"forged by nobody knows who": {stood: status("success", pull.Person{}), posted: posted("pending"), was: "success: x", wasBy: pull.Person{Login: "ghost"}},
		"forged over a success":      {stood: status("failure", mal), posted: posted("success"), passed: true},
		"forged, nothing posted":     {stood: status("success", mal), was: "success: x", wasBy: mal},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFake()
			f.end(true)
			f.told()
			f.rows[12].Memory.Posted = tt.posted
			f.stood = map[string]pull.Status{}
			if tt.stood != nil {
				f.stood["h1 slagate"] = *tt.stood
			}
			f.process(t, f.controller(), 12)
			b := f.rows[12].Memory.Bypass
			require.Equal(t, tt.passed, b == nil)
			if b != nil {
				require.Equal(t, tt.was, b.Was)
				require.Equal(t, tt.wasBy, b.WasBy)
			}
		})
	}
}

// TestBypassAllSigned: the status was late, but nothing was missing.
func TestBypassAllSigned(t *testing.T) {
	t.Parallel()
	f := newFake()
	c := f.controller()
	f.process(t, c, 12)
	f.sign()
	f.end(true)
	f.told()
	f.log = nil
	f.process(t, c, 12)
	require.Equal(t, []string{"read #12", "status at 10:02", "save #12", "evaluated signed"}, f.log)
	require.Nil(t, f.rows[12].Memory.Bypass)
	require.Len(t, f.rows[12].Memory.SignOffs, 1)
}

// TestClosedUnmerged: nothing but one read follows, until it is opened again.
func TestClosedUnmerged(t *testing.T) {
	t.Parallel()
	f := newFake()
	c := f.controller()
	f.process(t, c, 12)
	f.end(false)
	f.told()
	f.log = nil
	f.process(t, c, 12)
	f.rows[12].Gen++
	f.process(t, c, 12)
	require.Equal(t, []string{"read #12", "save #12", "evaluated silent", "save #12"}, f.log)

	sn := f.github[12]
	sn.Pull.Open = true
	f.github[12] = sn
	f.rows[12].Open = true
	f.rows[12].Gen++
	f.process(t, c, 12)
	require.Zero(t, f.rows[12].Memory.Over)
	f.end(true)
	f.told()
	f.process(t, c, 12)
	require.True(t, f.saved[12].Debt, "closed, reopened, merged")

	g := newFake()
	c = g.controller()
	g.process(t, c, 12)
	g.end(false)
	g.told()
	g.process(t, c, 12)
	g.end(true)
	g.told()
	g.process(t, c, 12)
	require.True(t, g.saved[12].Debt, "reopened and merged before slagate looked")
}

// TestReopenedUnheard: a delivery or a list said closed, and GitHub says open.
func TestReopenedUnheard(t *testing.T) {
	t.Parallel()
	f := newFake()
	c := f.controller()
	f.process(t, c, 12)
	f.rows[12].Open = false
	f.rows[12].Gen++
	f.log = nil
	f.process(t, c, 12)
	require.Equal(t, "read #12", f.log[0])
	require.True(t, f.rows[12].Open)
}

// TestMergedElsewhen: what was merged before slagate came, or where no policy applies,
// is none of its business.
func TestMergedElsewhen(t *testing.T) {
	t.Parallel()
	unknown := func(f *fake) { f.repo.Memory = store.RepoMemory{} }
	noPolicy := func(f *fake) {
		sn := f.github[12]
		sn.Policy.Base = pull.Blob{State: pull.BlobAbsent}
		f.github[12] = sn
	}
	for name, tt := range map[string]struct {
		prepare []func(f *fake)
		want    []string
	}{
		"labeled long after":               {[]func(f *fake){func(f *fake) { f.rows[12].Evidence[0].Kind = pull.EvidenceLabeled }}, []string{"read #12", "save #12", "evaluated silent"}},
		"looked at, no policy then":        {[]func(f *fake){unknown, func(f *fake) { f.rows[12].Done = 1 }}, []string{"save #12"}},
		"not looked at, none yet":          {[]func(f *fake){unknown, noPolicy}, []string{"read #12", "save #12", "evaluated silent"}},
		"labeled in a repository of whom?": {[]func(f *fake){unknown, func(f *fake) { f.rows[12].Evidence[0].Kind = pull.EvidenceLabeled }}, []string{"save #12"}},
		"policy on another branch":         {[]func(f *fake){noPolicy}, []string{"read #12", "status at 10:01", "save #12", "evaluated ungated"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFake()
			f.end(true)
			f.told()
			for _, prepare := range tt.prepare {
				prepare(f)
			}
			f.process(t, f.controller(), 12)
			require.Equal(t, tt.want, f.log)
			require.Nil(t, f.rows[12].Memory.Bypass)
			f.log = nil
			f.repo.Memory = newFake().repo.Memory
			f.rows[12].Gen++
			f.process(t, f.controller(), 12)
			require.Equal(t, []string{"save #12"}, f.log, "a policy that comes later changes nothing")
		})
	}
}

// TestBypassFirstSeen: opened and merged before slagate had looked at anything in
// the repository. The policy that was in force then is not kept as the one of now.
func TestBypassFirstSeen(t *testing.T) {
	t.Parallel()
	f := newFake()
	f.repo.Memory = store.RepoMemory{}
	f.end(true)
	f.told()
	f.process(t, f.controller(), 12)
	require.Equal(t, []string{"legal"}, f.rows[12].Memory.Bypass.Missing)
	require.Empty(t, f.repo.Memory.LastValid)
	require.Empty(t, f.repo.Memory.Enrolled)
	require.NotEmpty(t, f.repo.Memory.Bindings)
	require.Contains(t, f.log, "create-comment #12")
}

// TestBypassPolicyThen: what GitHub says of the base branch before a squashed merge may be
// older than what slagate judged by, and later policies change nothing.
func TestBypassPolicyThen(t *testing.T) {
	t.Parallel()
	f := newFake()
	c := f.controller()
	f.process(t, c, 12)
	f.end(true)
	f.told()
	for _, base := range []pull.Blob{{State: pull.BlobAbsent}, {State: pull.BlobFound, Text: "version: 1\n"}} {
		sn := f.github[12]
		sn.Policy.Base = base
		f.github[12] = sn
		f.process(t, c, 12)
		require.Equal(t, []string{"legal"}, f.rows[12].Memory.Bypass.Missing)
		require.True(t, f.saved[12].Debt)
		f.rows[12].Gen++
	}
	require.Equal(t, policy, f.repo.Memory.LastValid["main"])

	// Another head was judged last: then only GitHub can tell.
	g := newFake()
	c = g.controller()
	g.process(t, c, 12)
	sn := g.github[12]
	sn.Pull.Head, sn.Policy.Base = "h2", pull.Blob{State: pull.BlobAbsent}
	g.github[12] = sn
	g.end(true)
	g.told()
	g.rows[12].Head = "h2"
	g.process(t, c, 12)
	require.Nil(t, g.rows[12].Memory.Bypass)
}

// TestBypassUnanswered: half an answer is no record; it is tried again. When GitHub has
// not answered for long, people are told.
func TestBypassUnanswered(t *testing.T) {
	t.Parallel()
	merged := func() *fake {
		f := newFake()
		f.process(t, f.controller(), 12)
		f.end(true)
		f.told()
		f.log = nil
		return f
	}
	f := merged()
	f.stoodErr = errDown
	err := f.failing(t, f.controller())
	require.ErrorIs(t, err, errDown)
	require.NotContains(t, f.log, "save #12")

	f = merged()
	sn := f.github[12]
	sn.Pull.MergedAt = time.Time{}
	f.github[12] = sn
	err = f.failing(t, f.controller())
	require.ErrorContains(t, err, "could not find out: when it was merged")

	f = merged()
	sn = f.github[12]
	sn.Teams = slices.Clone(sn.Teams)
	sn.Teams[0].NoAnswer = true
	f.github[12] = sn
	f.sign()
	err = f.failing(t, f.controller())
	require.ErrorContains(t, err, "whether lee belongs to legal")
	require.NotContains(t, f.log, "save #12")
	f.now = f.now.Add(plan.Patience)
	err = f.failing(t, f.controller())
	require.ErrorContains(t, err, "whether lee belongs to legal")
	require.True(t, f.saved[12].Debt)
	require.Contains(t, f.github[12].Observed.Comment.Body, "### Merged before it was judged: GitHub did not answer since")
	require.Equal(t, waiting, f.shows("h1"))
	require.Equal(t, 1, count(f.log, "bypassed"))

	sn = f.github[12]
	sn.Teams[0].NoAnswer = false
	f.process(t, f.controller(), 12)
	require.False(t, f.saved[12].Debt)
	require.Equal(t, 1, count(f.log, "bypassed"))
	require.NotEmpty(t, f.rows[12].Memory.Bypass.Unjudged)
}

// failing evaluates #12 and returns why it could not.
func (f *fake) failing(t *testing.T, c *controller.Controller) error {
	t.Helper()
	_, err := c.Process(t.Context(), turn(12))
	return err
}

func count(log []string, line string) int {
	n := 0
	for _, l := range log {
		if l == line {
			n++
		}
	}
	return n
}
