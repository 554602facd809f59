package controller_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/slagate/slagate/internal/controller"
	"github.com/slagate/slagate/internal/pull"
	"github.com/slagate/slagate/internal/store"
)

func hint(number int, head string) store.PullHint {
	return store.PullHint{Ref: ref(number), OwnerID: ownerID, Head: head, BaseBranch: "main", UpdatedAt: ten}
}

func numbers(hints []store.PullHint) []int {
	var out []int
	for _, h := range hints {
		out = append(out, h.Ref.Number)
	}
	return out
}

// sweeping is a fake of one installation with the one repository, whose open pull
// requests are #14 (the newest), #13 and #12, all looked at as they are.
func sweeping() *fake {
	f := newFake()
	f.installed = []controller.Installation{{ID: 1}}
	f.repos[1] = []store.RepoHint{{Installation: 1, RepoID: repoID, OwnerID: ownerID, Owner: "acme", Repo: "shop"}}
	f.add(13, "h3", "README.md")
	f.add(14, "h4", "README.md")
	for n, head := range map[int]string{12: "h1", 13: "h3", 14: "h4"} {
		f.rows[n].Done, f.rows[n].UpdatedAt, f.rows[n].Head = 1, ten, head
	}
	f.open[repoID] = []store.PullHint{hint(14, "h4"), hint(13, "h3"), hint(12, "h1")}
	return f
}

func TestSweepLooksAtEveryOpenPullRequest(t *testing.T) {
	t.Parallel()
	f := sweeping()
	require.NoError(t, f.controller().Sweep(t.Context()))
	require.Equal(t, []int{14, 13, 12}, numbers(f.enqueued))
	require.Equal(t, []string{"sweep", "sweep", "sweep"}, f.why)
	for _, h := range f.enqueued {
		require.False(t, h.TakesAway, "a sweep is no reason to take a success away")
	}
}

// TestSweepWithoutPolicy: where no policy is known only what was not looked at as
// it is, and the newest, which finds out whether a policy has come.
func TestSweepWithoutPolicy(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		change func(f *fake)
		want   []int
	}{
		"all seen":           {func(*fake) {}, []int{14}},
		"never looked at":    {func(f *fake) { f.rows[12].Done = 0 }, []int{14, 12}},
		"not known":          {func(f *fake) { delete(f.rows, 12) }, []int{14, 12}},
		"another head":       {func(f *fake) { f.rows[12].Head = "old" }, []int{14, 12}},
		"another base":       {func(f *fake) { f.rows[13].BaseBranch = "release" }, []int{14, 13}},
		"something happened": {func(f *fake) { f.open[repoID][1].UpdatedAt = ten.Add(time.Second) }, []int{14, 13}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := sweeping()
			f.repo.Memory = store.RepoMemory{Enrolled: map[string]bool{"main": false}}
			tt.change(f)
			require.NoError(t, f.controller().Sweep(t.Context()))
			require.Equal(t, tt.want, numbers(f.enqueued))
		})
	}
}

// TestSweepFindsClosed: what GitHub does not list as open any more was closed, and
// the repositories that are gone are noted.
func TestSweepFindsClosed(t *testing.T) {
	t.Parallel()
	f := sweeping()
	f.open[repoID] = f.open[repoID][:2]
	f.kept = []store.RepoRow{f.repo, {RepoID: 77, Installation: 1, Owner: "acme", Repo: "old"}, {RepoID: 78, Installation: 1, Repo: "older", Gone: true}}
	require.NoError(t, f.controller().Sweep(t.Context()))
	require.Equal(t, []string{"repository shop gone false", "repository old gone true"}, f.log)
	var closed []store.PullHint
	for _, h := range f.enqueued {
		if h.Closed {
			closed = append(closed, h)
		}
	}
	require.Equal(t, []store.PullHint{{Ref: ref(12), OwnerID: ownerID, Head: "h1", Closed: true, UpdatedAt: ten}}, closed)
}

// TestSweepGoesOn: an installation or repository that cannot be read does not hold
// up the others, and its error is told.
func TestSweepGoesOn(t *testing.T) {
	t.Parallel()
	f := sweeping()
	f.installed = []controller.Installation{{ID: 8}, {ID: 9, Suspended: true}, {ID: 1}}
	f.listErr[8], f.listErr[9] = errDown, errDown
	f.repos[1] = append([]store.RepoHint{{Installation: 1, RepoID: 79, Owner: "acme", Repo: "sick"}}, f.repos[1]...)
	f.listErr[79] = errDown
	err := f.controller().Sweep(t.Context())
	require.ErrorIs(t, err, errDown)
	require.ErrorContains(t, err, "installation 8")
	require.ErrorContains(t, err, "acme/sick")
	require.NotContains(t, err.Error(), "installation 9", "a suspended one is left alone")
	require.Equal(t, []int{14, 13, 12}, numbers(f.enqueued))
}

func TestFan(t *testing.T) {
	t.Parallel()
	other := store.RepoRow{RepoID: 77, Installation: 1, OwnerID: ownerID, Owner: "acme", Repo: "docs"}
	for name, tt := range map[string]struct {
		look  store.Look
		want  []int
		looks []int64
	}{
		"head":       {store.Look{Scope: store.ScopeHead, RepoID: repoID, Head: "h1"}, []int{12}, nil},
		"repository": {store.Look{Scope: store.ScopeRepo, RepoID: repoID}, []int{14, 13, 12}, nil},
		"one branch": {store.Look{Scope: store.ScopeRepo, RepoID: repoID, Branch: "release"}, []int{13}, nil},
		"people of an owner": {
			store.Look{Scope: store.ScopeOwner, OwnerID: ownerID},
			[]int{12, 13, 14},
			nil,
		},
		"default of an owner": {store.Look{Scope: store.ScopeOwner, OwnerID: ownerID, Policy: true}, nil, []int64{repoID, 77}},
		"installation":        {store.Look{Scope: store.ScopeInstallation, Installation: 1}, []int{14, 13, 12}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := sweeping()
			f.open[repoID][1].BaseBranch = "release"
			f.kept = []store.RepoRow{f.repo, other, {RepoID: 78, Gone: true, Memory: f.repo.Memory}}
			f.repos[1] = append(f.repos[1], store.RepoHint{Installation: 1, RepoID: 77, Owner: "acme", Repo: "docs"})
			tt.look.TakesAway, tt.look.Why = true, "because"
			require.NoError(t, f.controller().Fan(t.Context(), tt.look))
			require.Equal(t, tt.want, numbers(f.enqueued))
			for i, h := range f.enqueued {
				require.True(t, h.TakesAway)
				require.Equal(t, "because", f.why[i])
			}
			var looks []int64
			for _, l := range f.looks {
				require.True(t, l.TakesAway)
				require.Equal(t, store.ScopeRepo, l.Scope)
				looks = append(looks, l.RepoID)
			}
			require.Equal(t, tt.looks, looks)
		})
	}
}

// TestFanForgetsLabels: a label may have been renamed or deleted, so they are
// looked for again.
func TestFanForgetsLabels(t *testing.T) {
	t.Parallel()
	f := sweeping()
	require.NoError(t, f.controller().Fan(t.Context(), store.Look{Scope: store.ScopeRepo, RepoID: repoID}))
	require.Empty(t, f.repo.Memory.Labels)
}

func TestFanUnknownScope(t *testing.T) {
	t.Parallel()
	require.ErrorContains(t, newFake().controller().Fan(t.Context(), store.Look{Scope: "moon"}), "moon")
}

// TestOwnerDefaultIsRemembered: the last valid one goes on, and since when it
// could not be read; taken away on purpose it is forgotten.
func TestOwnerDefaultIsRemembered(t *testing.T) {
	t.Parallel()
	const floor = "version: 1\nfunctions: {security: {teams: [acme/security]}}\n"
	f := newFake()
	c := f.controller()
	owner := func(b pull.Blob, minutes int) store.OwnerMemory {
		sn := f.github[12]
		sn.Policy.Owner = b
		f.github[12] = sn
		f.now = ten.Add(time.Duration(minutes) * time.Minute)
		f.rows[12].Gen++
		_, err := c.Process(t.Context(), ref(12))
		require.NoError(t, err)
		return f.owner
	}
	good := store.OwnerMemory{LastValid: floor}
	require.Equal(t, good, owner(pull.Blob{State: pull.BlobFound, Text: floor}, 1))
	since := store.OwnerMemory{LastValid: floor, UnreadableSince: ten.Add(2 * time.Minute)}
	require.Equal(t, since, owner(pull.Blob{State: pull.BlobHidden}, 2))
	require.Equal(t, since, owner(pull.Blob{State: pull.BlobFound, Text: "version: 3"}, 3))
	require.Contains(t, f.shows("h1"), "(owner default unreadable since 2026-03-02)")
	require.Equal(t, good, owner(pull.Blob{State: pull.BlobFound, Text: floor}, 4))
	require.Equal(t, store.OwnerMemory{}, owner(pull.Blob{State: pull.BlobAbsent}, 5))
}

// TestBindingsAreKept: the ids behind the policy's names are those first seen.
func TestBindingsAreKept(t *testing.T) {
	t.Parallel()
	f := newFake()
	c := f.controller()
	f.process(t, c, 12)
	require.Len(t, f.repo.Memory.Bindings, 1)
	sn := f.github[12]
	sn.Teams[0].ID = 6
	f.rows[12].Gen++
	f.process(t, c, 12)
	require.Contains(t, f.shows("h1"), "legal cannot sign: team acme/legal is another team")
	for _, id := range f.repo.Memory.Bindings {
		require.Equal(t, int64(5), id)
	}
}
