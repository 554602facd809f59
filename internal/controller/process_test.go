package controller_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/slagate/slagate/internal/controller"
	"github.com/slagate/slagate/internal/plan"
	"github.com/slagate/slagate/internal/pull"
	"github.com/slagate/slagate/internal/store"
)

var errDown = errors.New("502")

const (
	looking = "pending: Looking at this pull request"
	waiting = "pending: Waiting for legal (0 of 1 signed)"
	signed  = "success: Signed by legal"
)

// TestOrder: pending before the first read, the outcome kept before anything else is written, the comment before the status that leads to it, green last.
func TestOrder(t *testing.T) {
	t.Parallel()
	f := newFake()
	c := f.controller()
	f.process(t, c, 12)
	require.Equal(t, []string{"slagate on h1: " + looking, "read #12"}, f.log[:2], "the first status goes out before anything is read")
	require.Equal(t, []string{
		"save #12",
		"add-labels #12",
		"create-comment #12",
		"slagate on h1: " + waiting,
		"slagate/legal on h1: pending: Waiting for legal (acme/legal)",
		"evaluated waiting",
	}, f.log[2:])
	require.True(t, json12(f), "snapshot and decision are kept")

	f.log = nil
	f.sign()
	f.process(t, c, 12)
	require.Equal(t, "slagate on h1: "+signed, f.log[len(f.log)-2], "green is the last step")
	require.NotContains(t, f.log, "slagate on h1: "+looking, "nothing can only take away")

	f.log = nil
	f.rows[12].Gen++
	f.process(t, c, 12)
	require.NotContains(t, f.log, "slagate on h1: "+signed, "the same again writes nothing")
}

func json12(f *fake) bool { return len(f.saved[12].Snapshot) > 0 && len(f.saved[12].Decision) > 0 }

// TestTakesAway: an event that can only take something away turns a success to
// pending before anything is read, also if reading then fails.
func TestTakesAway(t *testing.T) {
	t.Parallel()
	f := newFake()
	c := f.controller()
	f.process(t, c, 12)
	f.sign()
	f.process(t, c, 12)
	require.Equal(t, signed, f.shows("h1"))

	f.log, f.readErr = nil, errDown
	f.rows[12].Gen++
	f.rows[12].TakesAway = true
	_, err := c.Process(t.Context(), turn(12))
	require.ErrorIs(t, err, errDown)
	require.Equal(t, []string{"slagate on h1: " + looking, "read #12"}, f.log)

	f.readErr = nil
	f.process(t, c, 12)
	require.Equal(t, signed, f.shows("h1"), "it was nothing")
}

// TestFirstLeavesAlone: what stands is not turned to pending by an event that may
// as well bring something, nor a pending one again.
func TestFirstLeavesAlone(t *testing.T) {
	t.Parallel()
	for name, prepare := range map[string]func(f *fake){
		"nothing that matters": func(f *fake) { f.rows[12].First = false },
		"repository not known": func(f *fake) { f.repo.Memory = store.RepoMemory{} },
		"policy taken away":    func(f *fake) { f.repo.Memory.Enrolled = map[string]bool{"main": false} },
		"head not known":       func(f *fake) { f.rows[12].Head = "" },
		"reopened, was pending": func(f *fake) {
			f.rows[12].Memory.Posted = []pull.Posted{{Head: "h1", Context: "slagate", State: "pending"}}
		},
		"reopened, was green": func(f *fake) {
			f.rows[12].Memory.Posted = []pull.Posted{{Head: "h1", Context: "slagate", State: "success"}}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFake()
			prepare(f)
			f.readErr = errDown
			_, err := f.controller().Process(t.Context(), turn(12))
			require.ErrorIs(t, err, errDown)
			require.Equal(t, []string{"read #12"}, f.log)
		})
	}
}

// TestNoPolicyAnywhere: such a repository gets nothing.
func TestNoPolicyAnywhere(t *testing.T) {
	t.Parallel()
	f := newFake()
	f.repo.Memory = store.RepoMemory{}
	sn := f.github[12]
	sn.Policy.Base = pull.Blob{State: pull.BlobAbsent}
	f.github[12] = sn
	f.process(t, f.controller(), 12)
	require.Equal(t, []string{"read #12", "save #12", "evaluated silent"}, f.log)
	require.Empty(t, f.looks)
}

// TestFirstPolicySeen: the other pull requests of the repository, passed over in
// silence until now, are looked at.
func TestFirstPolicySeen(t *testing.T) {
	t.Parallel()
	f := newFake()
	f.repo.Memory = store.RepoMemory{}
	f.process(t, f.controller(), 12)
	require.True(t, f.repo.Memory.HasPolicy())
	require.Equal(t, policy, f.repo.Memory.LastValid["main"])
	require.Len(t, f.looks, 1)
	require.Equal(t, store.ScopeRepo, f.looks[0].Scope)
	require.Equal(t, int64(repoID), f.looks[0].RepoID)
}

// TestNotThere: what is not known, gone or not installed is left alone.
func TestNotThere(t *testing.T) {
	t.Parallel()
	f := newFake()
	f.process(t, f.controller(), 99)
	f.repo.Gone = true
	f.process(t, f.controller(), 12)
	require.Empty(t, f.log)

	f = newFake()
	f.readErr = fmt.Errorf("token: %w", controller.ErrAbsent)
	f.process(t, f.controller(), 12)
	require.True(t, f.rows[12].FailingSince.IsZero())
}

// TestPatience: the last status stays for ten minutes while GitHub does not
// answer, then it says so, once, and recovers by itself.
func TestPatience(t *testing.T) {
	t.Parallel()
	f := newFake()
	c := f.controller()
	f.process(t, c, 12)
	f.readErr = errDown
	fails := func(after time.Duration) {
		t.Helper()
		f.now = ten.Add(after)
		_, err := c.Process(t.Context(), turn(12))
		require.ErrorIs(t, err, errDown)
	}
	f.log = nil
	fails(5 * time.Minute)
	require.Equal(t, ten.Add(5*time.Minute), f.rows[12].FailingSince)
	fails(15*time.Minute - time.Second)
	require.Equal(t, waiting, f.shows("h1"))
	fails(15 * time.Minute)
	const said = "error: GitHub did not answer since 10:05 UTC; trying again"
	require.Equal(t, said, f.shows("h1"))
	fails(20 * time.Minute)
	require.Equal(t, []string{"read #12", "read #12", "read #12", "slagate on h1: " + said, "read #12"}, f.log)

	f.readErr = nil
	f.process(t, c, 12)
	require.Equal(t, waiting, f.shows("h1"))
	require.True(t, f.rows[12].FailingSince.IsZero())
}

// TestPatienceWithoutPolicy: no error is posted where nothing ever was.
func TestPatienceWithoutPolicy(t *testing.T) {
	t.Parallel()
	f := newFake()
	f.repo.Memory = store.RepoMemory{}
	f.readErr = errDown
	f.rows[12].FailingSince = ten.Add(-time.Hour)
	_, err := f.controller().Process(t.Context(), turn(12))
	require.ErrorIs(t, err, errDown)
	require.Equal(t, []string{"read #12"}, f.log)
}

// TestFactMissing: where the read answers but lacks a fact the same patience
// holds.
func TestFactMissing(t *testing.T) {
	t.Parallel()
	f := newFake()
	c := f.controller()
	f.process(t, c, 12)
	f.sign()
	sn := f.github[12]
	sn.Teams = []pull.Team{{Slug: "acme/legal", NoAnswer: true}}
	f.github[12] = sn
	f.log = nil
	fails := func(after time.Duration) {
		t.Helper()
		f.now = ten.Add(after)
		_, err := c.Process(t.Context(), turn(12))
		require.ErrorContains(t, err, "whether lee belongs to legal")
	}
	fails(2 * time.Minute)
	fails(11 * time.Minute)
	require.Equal(t, waiting, f.shows("h1"))
	fails(12 * time.Minute)
	fails(13 * time.Minute)
	require.Equal(t, "error: GitHub did not answer since 10:02 UTC; trying again", f.shows("h1"))
	posted := slices.DeleteFunc(slices.Clone(f.log), func(s string) bool { return len(s) < 14 || s[:14] != "slagate on h1:" })
	require.Len(t, slices.Compact(posted), 1, "nothing else is said")
}

// TestSomethingArrived: an evaluation that was overtaken writes nothing, twice in
// a row; then it writes all but the success.
func TestSomethingArrived(t *testing.T) {
	t.Parallel()
	f := newFake()
	c := f.controller()
	f.process(t, c, 12)
	f.sign()
	for range 2 {
		f.log = nil
		f.arrive["save #12"] = func() { f.rows[12].Gen++ }
		f.arrive["read #12"] = func() { f.rows[12].Gen++ }
		f.process(t, c, 12)
		require.Equal(t, []string{"read #12", "save #12", "evaluated signed"}, f.log)
	}
	f.log = nil
	f.arrive["read #12"] = func() { f.rows[12].Gen++ }
	f.process(t, c, 12)
	require.Contains(t, f.log, "edit-comment #12")
	require.Equal(t, waiting, f.shows("h1"), "no green on what may be over")
	f.process(t, c, 12)
	require.Equal(t, signed, f.shows("h1"))
}

// TestArrivedWhileWriting: what arrives after the outcome was kept still holds the success.
func TestArrivedWhileWriting(t *testing.T) {
	t.Parallel()
	f := newFake()
	c := f.controller()
	f.process(t, c, 12)
	f.sign()
	f.arrive["edit-comment #12"] = func() { f.rows[12].Gen++ }
	f.process(t, c, 12)
	require.Equal(t, waiting, f.shows("h1"))
}

// TestRefusedStep is counted and does not hold up the others.
func TestRefusedStep(t *testing.T) {
	t.Parallel()
	f := newFake()
	f.fail[plan.CreateComment] = refused{}
	f.process(t, f.controller(), 12)
	require.Contains(t, f.log, "refused create-comment")
	require.Equal(t, waiting, f.shows("h1"))
	require.Equal(t, "https://github.com/acme/shop/pull/12", f.statuses["h1 slagate"].TargetURL)
	require.Zero(t, f.rows[12].Memory.CommentID)
}

type refused struct{}

func (refused) Error() string { return "422" }
func (refused) Refusal() bool { return true }

// TestPublication: a written comment is tied to the version that it shows.
func TestPublication(t *testing.T) {
	t.Parallel()
	f := newFake()
	f.process(t, f.controller(), 12)
	m := f.rows[12].Memory
	require.Equal(t, int64(100), m.CommentID)
	require.Len(t, m.Views, 1)
	require.Len(t, m.Views[0].Publications, 1)
	p := m.Views[0].Publications[0]
	require.True(t, p.Created)
	require.Equal(t, int64(100), p.CommentID)
	require.Equal(t, ten, p.At)
	require.Equal(t, m.CommentHash, p.BodyHash)
}

// TestPublicationOfAnOlderVersion: a comment that GitHub wrote for a worker whose turn had gone
// meanwhile is never taken for what shows a version that was judged since. Memory is full, so that each
// version that is remembered moves the places of the others.
func TestPublicationOfAnOlderVersion(t *testing.T) {
	t.Parallel()
	begun := func(t *testing.T, then func(m *pull.Memory)) pull.Memory {
		t.Helper()
		f := newFake()
		for i := range 49 {
			f.rows[12].Memory.Views = append(f.rows[12].Memory.Views, pull.View{Head: fmt.Sprint("old", i), SeenAt: ten.Add(-time.Hour)})
		}
		f.arrive["create-comment #12"] = func() { then(&f.rows[12].Memory) }
		f.process(t, f.controller(), 12)
		return f.rows[12].Memory
	}
	next := func(m *pull.Memory, later time.Duration) {
		v := m.Views[len(m.Views)-1]
		v.Head, v.SeenAt, v.Publications = "h2", ten.Add(later), []pull.Publication{{CommentID: 100, At: ten.Add(later), BodyHash: "newer"}}
		m.Views = append(m.Views[1:], v)
		m.CommentID, m.CommentHash = 100, "newer"
	}
	of := func(m pull.Memory, head string) []pull.Publication {
		i := slices.IndexFunc(m.Views, func(v pull.View) bool { return v.Head == head })
		require.GreaterOrEqual(t, i, 0, head)
		return m.Views[i].Publications
	}

	m := begun(t, func(*pull.Memory) {})
	require.Len(t, m.Views, 50)
	require.Len(t, of(m, "h1"), 1)
	hash := m.CommentHash

	m = begun(t, func(m *pull.Memory) { next(m, time.Minute) })
	require.Equal(t, []pull.Publication{{CommentID: 100, Created: true, At: ten, BodyHash: hash}}, of(m, "h1"))
	require.Len(t, of(m, "h2"), 1)
	require.Equal(t, "newer", m.CommentHash, "it was written later")

	m = begun(t, func(m *pull.Memory) { next(m, -time.Minute) })
	require.Len(t, of(m, "h1"), 1)
	require.Len(t, of(m, "h2"), 1)
	require.Equal(t, hash, m.CommentHash)

	m = begun(t, func(m *pull.Memory) { // seen again, after another
		again := m.Views[len(m.Views)-1]
		again.SeenAt = ten.Add(time.Minute)
		m.Views = []pull.View{{Head: "h2"}, again}
	})
	require.Equal(t, []string{"h1", "h2", "h1"}, []string{m.Views[0].Head, m.Views[1].Head, m.Views[2].Head})
	require.Len(t, m.Views[0].Publications, 1, "remembered again, as the oldest")
	require.Empty(t, m.Views[2].Publications)

	m = begun(t, func(m *pull.Memory) { // the same commit, and something else asked of it
		other := m.Views[len(m.Views)-1]
		other.Asked = []pull.Asked{{Function: "legal", Fingerprint: "other"}}
		m.Views = []pull.View{other}
		m.CommentID = 99
	})
	require.Empty(t, m.Views[1].Publications)
	require.EqualValues(t, 100, m.CommentID)
}

// TestNextLook: what waits for its delivery is looked at again.
func TestNextLook(t *testing.T) {
	t.Parallel()
	f := newFake()
	c := f.controller()
	require.Zero(t, f.process(t, c, 12))
	f.sign()
	f.rows[12].Evidence = nil // the delivery is not there yet
	require.Equal(t, 30*time.Second, f.process(t, c, 12))
}

// TestClosed: nothing is written for a closed pull request; those that shared its
// head are judged again.
func TestClosed(t *testing.T) {
	t.Parallel()
	f := newFake()
	f.add(13, "h1", "README.md")
	f.end(false)
	f.told()
	f.process(t, f.controller(), 12)
	require.Equal(t, []string{"read #12", "save #12", "evaluated silent"}, f.log)
	require.Equal(t, []store.PullHint{{Ref: ref(13), OwnerID: ownerID}}, f.enqueued)
}

// TestSharedHead: the strictest outcome stands for all that share a head, and a
// sibling that has not been judged counts as pending.
func TestSharedHead(t *testing.T) {
	t.Parallel()
	f := newFake()
	f.add(13, "h1", "README.md")
	c := f.controller()
	f.process(t, c, 13)
	require.Equal(t, "pending: #12 (same commit): Looking at this pull request", f.shows("h1"))
	f.process(t, c, 12)
	require.Equal(t, "pending: #12 (same commit): Waiting for legal (0 of 1 signed)", f.shows("h1"))
	f.process(t, c, 13)
	require.Equal(t, "pending: #12 (same commit): Waiting for legal (0 of 1 signed)", f.shows("h1"))

	// #12 gets another commit: #13 is judged again and stands for itself.
	f.enqueued = nil
	sn := f.github[12]
	sn.Pull.Head = "h2"
	f.github[12] = sn
	f.rows[12].Head = "h2"
	f.rows[12].Gen++
	f.process(t, c, 12)
	require.Equal(t, []store.PullHint{{Ref: ref(13), OwnerID: ownerID}}, f.enqueued)
	f.process(t, c, 13)
	require.Equal(t, "success: No customer commitment touched", f.shows("h1"))
	require.Equal(t, waiting, f.shows("h2"))
}

// TestSharedHeadTakesAway: something arrived for the other one that can only take
// away: its last outcome is not believed.
func TestSharedHeadTakesAway(t *testing.T) {
	t.Parallel()
	f := newFake()
	f.add(13, "h1", "README.md")
	c := f.controller()
	f.sign()
	f.process(t, c, 12)
	f.process(t, c, 13)
	f.process(t, c, 12)
	require.Equal(t, "success: #12 (same commit): Signed by legal", f.shows("h1"))
	f.rows[12].TakesAway = true
	f.rows[13].Gen++
	f.process(t, c, 13)
	require.Equal(t, "pending: #12 (same commit): Looking at this pull request", f.shows("h1"))
}

// TestGroupsAreJudgedAgain when a pull request in them is no success any more.
func TestGroupsAreJudgedAgain(t *testing.T) {
	t.Parallel()
	f := newFake()
	c := f.controller()
	f.sign()
	f.process(t, c, 12)
	f.groups = []store.MergeGroup{{Head: "g1", Pulls: []int{12}}, {Head: "g2", Pulls: []int{13}}}
	sn := f.github[12]
	sn.Teams[0].Members = nil
	f.log = nil
	f.process(t, c, 12)
	require.Contains(t, f.log, "group g1 again")
	require.NotContains(t, f.log, "group g2 again")
}
