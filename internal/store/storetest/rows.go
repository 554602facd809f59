package storetest

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"github.com/slagate/slagate/internal/pull"
	"github.com/slagate/slagate/internal/store"
)

func saved(number int, gen int64) store.Saved {
	return store.Saved{
		Ref: ref(number), Gen: gen, Snapshot: []byte(`{"at":"x"}`), Decision: []byte(`{"verdict":"waiting"}`),
		Head: "aaa", Base: "main", Open: true, UpdatedAt: start(),
		Memory:  pull.Memory{CommentID: 5, Asked: []string{"legal"}},
		Outcome: store.Outcome{Head: "aaa", State: "pending", Description: "Waiting for legal"},
	}
}

func flags(t *testing.T, h Harness) {
	t.Helper()
	d := delivery("g1", 12)
	d.Pulls[0].First, d.Pulls[0].TakesAway = true, true
	accept(t, h.Store, d)
	accept(t, h.Store, delivery("g2", 12))
	row := get(t, h.Store, 12)
	require.True(t, row.First)
	require.True(t, row.TakesAway)

	late := delivery("g3", 12)
	late.Pulls[0].TakesAway = true
	accept(t, h.Store, late)
	fresh, err := h.Store.SavePull(t.Context(), saved(12, 2)) // began before g3
	require.NoError(t, err)
	require.False(t, fresh)
	row = get(t, h.Store, 12)
	require.False(t, row.First, "answered")
	require.True(t, row.TakesAway, "g3 came while it was evaluated")

	fresh, err = h.Store.SavePull(t.Context(), saved(12, 3))
	require.NoError(t, err)
	require.True(t, fresh)
	require.False(t, get(t, h.Store, 12).TakesAway)
}

func saveAndRead(t *testing.T, h Harness) {
	t.Helper()
	accept(t, h.Store, delivery("g1", 12))
	s := saved(12, 1)
	s.Head, s.Base, s.Open, s.UpdatedAt = "bbb", "release", false, start().Add(time.Minute)
	fresh, err := h.Store.SavePull(t.Context(), s)
	require.NoError(t, err)
	require.True(t, fresh)
	row := get(t, h.Store, 12)
	require.Equal(t, s.Memory, row.Memory)
	require.Equal(t, s.Outcome, row.Outcome)
	require.Equal(t, "bbb", row.Head)
	require.Equal(t, "release", row.BaseBranch)
	require.False(t, row.Open)
	require.Equal(t, int64(1), row.Done)
	snapshot, decision, err := h.Store.Snapshot(t.Context(), repoID, 12)
	require.NoError(t, err)
	require.Equal(t, s.Snapshot, snapshot)
	require.Equal(t, s.Decision, decision)

	// A read that is older than what a payload told changes no fact, but is kept.
	s = saved(12, 1)
	s.UpdatedAt = start()
	s.Decision = []byte(`{}`)
	_, err = h.Store.SavePull(t.Context(), s)
	require.NoError(t, err)
	require.Equal(t, "bbb", get(t, h.Store, 12).Head)
	_, decision, err = h.Store.Snapshot(t.Context(), repoID, 12)
	require.NoError(t, err)
	require.Equal(t, s.Decision, decision)
}

func staleSave(t *testing.T, h Harness) {
	t.Helper()
	accept(t, h.Store, delivery("g1", 12))
	accept(t, h.Store, delivery("g2", 12))
	_, err := h.Store.SavePull(t.Context(), saved(12, 2))
	require.NoError(t, err)
	old := saved(12, 1)
	old.Memory.CommentID = 99
	_, err = h.Store.SavePull(t.Context(), old)
	require.ErrorIs(t, err, store.ErrStale)
	require.Equal(t, int64(5), get(t, h.Store, 12).Memory.CommentID)
}

func memoryAndFailures(t *testing.T, h Harness) {
	t.Helper()
	accept(t, h.Store, delivery("g1", 12))
	require.NoError(t, h.Store.UpdateMemory(t.Context(), ref(12), func(m *pull.Memory) { m.CommentID = 77 }))
	require.NoError(t, h.Store.UpdateMemory(t.Context(), ref(12), func(m *pull.Memory) { m.Asked = append(m.Asked, "legal") }))
	require.Equal(t, pull.Memory{CommentID: 77, Asked: []string{"legal"}}, get(t, h.Store, 12).Memory)
	require.ErrorIs(t, h.Store.UpdateMemory(t.Context(), ref(13), func(*pull.Memory) {}), store.ErrNotFound)

	require.NoError(t, h.Store.SetFailing(t.Context(), ref(12), start()))
	require.Equal(t, start(), get(t, h.Store, 12).FailingSince)
	require.NoError(t, h.Store.SetFailing(t.Context(), ref(12), time.Time{}))
	require.Zero(t, get(t, h.Store, 12).FailingSince)
}

func byHeadAndOwner(t *testing.T, h Harness) {
	t.Helper()
	for _, n := range []int{14, 12, 13} {
		accept(t, h.Store, delivery(fmt.Sprint("g", n), n))
	}
	closed := delivery("closed", 13)
	closed.Pulls[0].Closed = true
	accept(t, h.Store, closed)
	elsewhere := delivery("elsewhere", 12)
	elsewhere.Pulls[0].Ref.RepoID, elsewhere.Pulls[0].Ref.Repo = repoID+1, "other"
	accept(t, h.Store, elsewhere)

	rows, err := h.Store.PullsWithHead(t.Context(), repoID, "aaa")
	require.NoError(t, err)
	require.Equal(t, []int{12, 14}, numbers(rows))
	rows, err = h.Store.PullsWithHead(t.Context(), repoID, "bbb")
	require.NoError(t, err)
	require.Empty(t, rows)
	rows, err = h.Store.OpenPulls(t.Context(), repoID)
	require.NoError(t, err)
	require.Equal(t, []int{12, 14}, numbers(rows))

	hints, err := h.Store.OpenPullsOfOwner(t.Context(), ownerID)
	require.NoError(t, err)
	require.Len(t, hints, 3)
	require.Equal(t, hint(12), hints[0])
	require.NoError(t, h.Store.SaveRepos(t.Context(), []store.RepoHint{{Installation: installation, RepoID: repoID, Gone: true}}))
	hints, err = h.Store.OpenPullsOfOwner(t.Context(), ownerID)
	require.NoError(t, err)
	require.Len(t, hints, 1, "what is gone is not looked at")
}

func numbers(rows []store.PullRow) []int {
	var list []int
	for _, r := range rows {
		list = append(list, r.Ref.Number)
	}
	return list
}

func repositories(t *testing.T, h Harness) {
	t.Helper()
	repo := func(id int64, name string) store.RepoHint {
		return store.RepoHint{Installation: installation, RepoID: id, OwnerID: ownerID, Owner: "acme", Repo: name}
	}
	accept(t, h.Store, store.Delivery{GUID: "g1", Repos: []store.RepoHint{repo(1, "one"), repo(2, "two"), repo(3, "three")}})
	require.NoError(t, h.Store.UpdateRepo(t.Context(), 1, func(m *store.RepoMemory) { m.Enrolled = map[string]bool{"main": true} }))
	moved := store.RepoHint{Installation: 8, RepoID: 1, OwnerID: 41, Owner: "new", Repo: "uno"}
	accept(t, h.Store, store.Delivery{GUID: "g2", Repos: []store.RepoHint{moved}})
	row, found, err := h.Store.Repo(t.Context(), 1)
	require.NoError(t, err)
	require.True(t, found)
	require.Equal(t, store.RepoRow{
		RepoID: 1, Installation: 8, OwnerID: 41, Owner: "new", Repo: "uno", Memory: store.RepoMemory{Enrolled: map[string]bool{"main": true}},
	}, row, "the id is the identity, the memory stays")

	require.NoError(t, h.Store.SaveRepos(t.Context(), []store.RepoHint{{Installation: installation, RepoID: 2, Gone: true}}))
	list, err := h.Store.ReposOfOwner(t.Context(), ownerID)
	require.NoError(t, err)
	require.Len(t, list, 1)
	require.Equal(t, "three", list[0].Repo)
	require.NoError(t, h.Store.SaveRepos(t.Context(), []store.RepoHint{{Installation: installation, Gone: true}}))
	list, err = h.Store.ReposOfInstallation(t.Context(), installation)
	require.NoError(t, err)
	require.Empty(t, list)
	list, err = h.Store.AllRepos(t.Context())
	require.NoError(t, err)
	require.Len(t, list, 1, "another installation's are untouched")
	require.NoError(t, h.Store.SaveRepos(t.Context(), []store.RepoHint{repo(2, "two")}))
	row, _, err = h.Store.Repo(t.Context(), 2)
	require.NoError(t, err)
	require.False(t, row.Gone, "it is back")
}

func concurrentUpdates(t *testing.T, h Harness) {
	t.Helper()
	accept(t, h.Store, delivery("g1", 12))
	const writers, each = 8, 10
	var group errgroup.Group
	for w := range writers {
		group.Go(func() error {
			for i := range each {
				name := fmt.Sprintf("%d/%d", w, i)
				if err := h.Store.UpdateRepo(t.Context(), repoID, func(m *store.RepoMemory) { m.Labels = append(m.Labels, name) }); err != nil {
					return err
				}
				if err := h.Store.UpdateOwner(t.Context(), ownerID, func(m *store.OwnerMemory) { m.LastValid += "x" }); err != nil {
					return err
				}
			}
			return nil
		})
	}
	require.NoError(t, group.Wait())
	row, _, err := h.Store.Repo(t.Context(), repoID)
	require.NoError(t, err)
	require.Len(t, row.Memory.Labels, writers*each)
	owner, err := h.Store.Owner(t.Context(), ownerID)
	require.NoError(t, err)
	require.Len(t, owner.LastValid, writers*each)
	owner, err = h.Store.Owner(t.Context(), 999)
	require.NoError(t, err)
	require.Zero(t, owner)
}

func mergeGroups(t *testing.T, h Harness) {
	t.Helper()
	ctx := t.Context()
	accept(t, h.Store, delivery("g1", 12))
	group := store.MergeGroup{Ref: ref(0), Head: "mmm", Base: "bbb", HeadRef: "refs/heads/q", BaseRef: "refs/heads/main"}
	accept(t, h.Store, store.Delivery{GUID: "g2", MergeGroups: []store.MergeGroup{group}})
	accept(t, h.Store, store.Delivery{GUID: "g3", MergeGroups: []store.MergeGroup{group}})
	groups := 0
	for _, j := range h.Jobs(t) {
		if j.Kind == "group" {
			require.Equal(t, "mmm", j.Head)
			groups++
		}
	}
	require.Equal(t, 1, groups)

	group.Pulls, group.State, group.Description = []int{12, 14}, "success", "Signed for this content: #12, #14"
	require.NoError(t, h.Store.SaveGroup(ctx, group))
	list, err := h.Store.GroupsWithPull(ctx, repoID, 14)
	require.NoError(t, err)
	require.Equal(t, []store.MergeGroup{group}, list)
	list, err = h.Store.GroupsWithPull(ctx, repoID, 13)
	require.NoError(t, err)
	require.Empty(t, list)

	got, gen, found, err := h.Store.BeginGroup(ctx, repoID, "mmm")
	require.NoError(t, err)
	require.True(t, found)
	require.Equal(t, group, got)
	require.NoError(t, h.Store.EnqueueGroups(ctx, []store.MergeGroup{group}))
	moved := false
	require.NoError(t, h.Store.SettleGroup(ctx, group, gen, func(_ store.Tx, m bool) error { moved = m; return nil }))
	require.True(t, moved)

	gone := group
	gone.Gone = true
	accept(t, h.Store, store.Delivery{GUID: "g4", MergeGroups: []store.MergeGroup{gone}})
	list, err = h.Store.Groups(ctx, repoID)
	require.NoError(t, err)
	require.Empty(t, list)
	got, _, _, err = h.Store.BeginGroup(ctx, repoID, "mmm")
	require.NoError(t, err)
	require.True(t, got.Gone)
	_, _, found, err = h.Store.BeginGroup(ctx, repoID, "other")
	require.NoError(t, err)
	require.False(t, found)
	require.ErrorIs(t, h.Store.SaveGroup(ctx, store.MergeGroup{Ref: ref(0), Head: "other"}), store.ErrNotFound)
}
