package controller_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/slagate/slagate/internal/controller"
	"github.com/slagate/slagate/internal/pull"
	"github.com/slagate/slagate/internal/store"
)

// grouped is a fake whose #12 stands signed and is queued, alone.
func grouped(t *testing.T) (*fake, *controller.Controller) {
	t.Helper()
	f := newFake()
	c := f.controller()
	f.sign()
	f.process(t, c, 12)
	require.Equal(t, signed, f.shows("h1"))
	f.queue = []controller.QueueEntry{{Number: 12, Head: "g1"}}
	f.holds("slo/a.yml", "a1", "a2")
	f.log = nil
	return f, c
}

// holds says what the group's base and head have at a path.
func (f *fake) holds(path, before, after string) {
	for commit, oid := range map[string]string{"tip": before, "g1": after} {
		if f.entries[commit] == nil {
			f.entries[commit] = map[string]pull.Entry{}
		}
		f.entries[commit][path] = pull.Entry{Mode: "100644", OID: oid, Size: 9}
	}
	f.diff = append(f.diff, pull.File{
		Path: path, Status: pull.FileModified, Before: &pull.Entry{Mode: "100644", OID: before}, After: &pull.Entry{Mode: "100644", OID: after},
	})
}

func group() store.MergeGroup {
	return store.MergeGroup{
		Ref: pull.Ref{Installation: 1, RepoID: repoID, Owner: "acme", Repo: "shop"}, Head: "g1", Base: "tip", BaseRef: "main",
		HeadRef: "refs/heads/gh-readonly-queue/main/pr-12-aaaa",
	}
}

func TestGroup(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		change func(t *testing.T, f *fake, c *controller.Controller)
		want   string
	}{
		"as signed": {nil, "success: Signed for this content: #12"},
		"changed in between": {func(_ *testing.T, f *fake, _ *controller.Controller) {
			f.diff = nil
			f.holds("slo/a.yml", "a1", "a3")
		}, "failure: #12 changed in the group: legal must look again"},
		"other content before": {func(_ *testing.T, f *fake, _ *controller.Controller) {
			f.diff = nil
			f.holds("slo/a.yml", "a0", "a2")
		}, "failure: #12 changed in the group: legal must look again"},
		"gated content that none brought": {func(_ *testing.T, f *fake, _ *controller.Controller) {
			f.holds("slo/b.yml", "b1", "b2")
		}, "failure: #12 changed in the group: legal must look again"},
		"ungated content that none brought": {func(_ *testing.T, f *fake, _ *controller.Controller) {
			f.holds("README.md", "r1", "r2")
		}, "success: Signed for this content: #12"},
		"never signed": {func(t *testing.T, f *fake, c *controller.Controller) {
			t.Helper()
			f.github[12].Teams[0].Members = nil
			f.process(t, c, 12)
		}, "failure: #12 is not signed: Waiting for legal (0 of 1 signed)"},
		"signed for another head": {func(_ *testing.T, f *fake, _ *controller.Controller) {
			f.rows[12].Head = "h9"
		}, "failure: #12 is not signed: Signed by legal"},
		"several": {func(t *testing.T, f *fake, c *controller.Controller) {
			t.Helper()
			for _, n := range []int{14, 13, 15} {
				f.add(n, map[int]string{13: "h3", 14: "h4", 15: "h5"}[n], map[int]string{13: "slo/c.yml", 14: "slo/d.yml", 15: "README.md"}[n])
				f.process(t, c, n)
			}
			f.queue = []controller.QueueEntry{
				{Number: 12, Head: "g0"}, {Number: 14, Head: "g01"}, {Number: 13, Head: "g02"}, {Number: 15, Head: "g1"}, {Number: 16, Head: "g2"},
			}
		}, "failure: #13 is not signed: Waiting for legal (0 of 1 signed); +1 more"},
		"none gated": {func(t *testing.T, f *fake, c *controller.Controller) {
			t.Helper()
			f.add(15, "h5", "README.md")
			f.process(t, c, 15)
			f.diff = nil
			f.queue = []controller.QueueEntry{{Number: 12, Head: "tip"}, {Number: 15, Head: "g1"}}
		}, "success: No customer commitment touched"},
		"queue does not tell": {func(_ *testing.T, f *fake, _ *controller.Controller) { f.queue = nil }, "success: Signed for this content: #12"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f, c := grouped(t)
			if tt.change != nil {
				tt.change(t, f, c)
			}
			f.statuses = map[string]pull.Status{}
			require.NoError(t, c.Group(t.Context(), group()))
			require.Equal(t, tt.want, f.shows("g1"))
			require.Len(t, f.statuses, 1, "a group gets slagate only")
			require.Len(t, f.groups, 1)

			// The same again writes nothing.
			f.log = nil
			require.NoError(t, c.Group(t.Context(), f.groups[0]))
			require.Empty(t, f.log)
		})
	}
}

// TestGroupLooksAnew: all pull requests in it are evaluated first; until they are
// the group waits, and says when to come back.
func TestGroupLooksAnew(t *testing.T) {
	t.Parallel()
	f, c := grouped(t)
	f.rows[12].Gen++
	err := c.Group(t.Context(), group())
	require.ErrorContains(t, err, "#12 of the merge group is being looked at")
	var soon interface{ RetryAfter() time.Duration }
	require.ErrorAs(t, err, &soon)
	require.Positive(t, soon.RetryAfter())
	require.Equal(t, []int{12}, numbers(f.enqueued))
	require.NotContains(t, f.statuses, "g1 slagate")
	require.Equal(t, []int{12}, f.groups[0].Pulls, "what it holds is kept")

	f.process(t, c, 12)
	f.enqueued = nil
	require.NoError(t, c.Group(t.Context(), f.groups[0]))
	require.Equal(t, "success: Signed for this content: #12", f.shows("g1"))
	require.Empty(t, f.enqueued)
}

// TestGroupLeftAlone where there is nothing to say.
func TestGroupLeftAlone(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(f *fake, g *store.MergeGroup){
		"destroyed":       func(_ *fake, g *store.MergeGroup) { g.Gone = true },
		"repository gone": func(f *fake, _ *store.MergeGroup) { f.repo.Gone = true },
		"no policy":       func(f *fake, _ *store.MergeGroup) { f.repo.Memory.Enrolled = nil },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f, c := grouped(t)
			g := group()
			change(f, &g)
			require.NoError(t, c.Group(t.Context(), g))
			require.Empty(t, f.log)
		})
	}
}

// TestGroupUnknown: what cannot be told is an error to be repeated, never a green.
func TestGroupUnknown(t *testing.T) {
	t.Parallel()
	f, c := grouped(t)
	f.queue = nil
	g := group()
	g.HeadRef = "refs/heads/something-else"
	require.ErrorContains(t, c.Group(t.Context(), g), "does not tell which pull requests")
	require.NotContains(t, f.statuses, "g1 slagate")

	f, c = grouped(t)
	f.queue = []controller.QueueEntry{{Number: 99, Head: "g1"}}
	require.Error(t, c.Group(t.Context(), group()))
	require.NotContains(t, f.statuses, "g1 slagate")

	f, c = grouped(t)
	f.saved[12] = store.Saved{Snapshot: []byte("{"), Decision: []byte("{}")}
	require.Error(t, c.Group(t.Context(), group()))
	require.NotContains(t, f.statuses, "g1 slagate")
}
