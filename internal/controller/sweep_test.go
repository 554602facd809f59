package controller_test

import (
	"errors"
	"slices"
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
// requests are #12, #13 and #14 (the newest), all looked at as they are.
func sweeping() *fake {
	f := newFake()
	f.installed = []controller.Installation{{ID: 1}}
	f.repos[1] = []store.RepoHint{{Installation: 1, RepoID: repoID, OwnerID: ownerID, Owner: "acme", Repo: "shop"}}
	f.add(13, "h3", "README.md")
	f.add(14, "h4", "README.md")
	for n, head := range map[int]string{12: "h1", 13: "h3", 14: "h4"} {
		f.rows[n].Done, f.rows[n].UpdatedAt, f.rows[n].Head = 1, ten, head
	}
	f.open[repoID] = []store.PullHint{hint(12, "h1"), hint(13, "h3"), hint(14, "h4")}
	return f
}

// sweep sweeps and carries out the looks that follow, as the queue would; it
// returns their delays and errors.
func (f *fake) sweep(t *testing.T, spread time.Duration) (delays []time.Duration, err error) {
	t.Helper()
	c := f.controller()
	require.NoError(t, c.Sweep(t.Context(), spread))
	for len(f.looks) > 0 {
		look := f.looks[0]
		f.looks = f.looks[1:]
		if look.Scope == store.ScopeRepo {
			delays = append(delays, look.Delay)
			require.Equal(t, spread, look.Spread)
		}
		err = errors.Join(err, c.Fan(t.Context(), look))
	}
	return delays, err
}

func TestSweepLooksAtEveryOpenPullRequest(t *testing.T) {
	t.Parallel()
	f := sweeping()
	_, err := f.sweep(t, 0)
	require.NoError(t, err)
	require.Equal(t, []int{12, 13, 14}, numbers(f.enqueued))
	require.Equal(t, []string{"sweep", "sweep", "sweep"}, f.why)
	for _, h := range f.enqueued {
		require.False(t, h.TakesAway, "a sweep is no reason to take a success away")
	}
}

// TestSweepSettles: a pull request that a list shows as it was before an evaluation that found nothing
// to do is left alone, until anything at all is different.
func TestSweepSettles(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		change func(f *fake)
		want   []int
	}{
		"nothing":                   {func(*fake) {}, nil},
		"shown otherwise":           {func(f *fake) { f.open[repoID][0].Shown = "other" }, []int{12}},
		"not shown whole":           {func(f *fake) { f.open[repoID][0].Shown = "" }, []int{12}},
		"another owner default":     {func(f *fake) { f.ownerTip = "tip 2" }, []int{12}},
		"another head":              {func(f *fake) { f.open[repoID][0].Head = "h9" }, []int{12}},
		"something arrived":         {func(f *fake) { f.rows[12].Gen++ }, []int{12}},
		"memberships may be stale":  {func(f *fake) { f.now = f.now.Add(time.Hour) }, []int{12}},
		"nothing, a little later":   {func(f *fake) { f.now = f.now.Add(40 * time.Minute) }, nil},
		"looked at for all reasons": {func(f *fake) { f.installed[0].ID = 1; f.rows[12].Settled = "" }, []int{12}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := sweeping()
			f.open[repoID] = f.open[repoID][:1]
			delete(f.rows, 13)
			delete(f.rows, 14)
			f.open[repoID][0].Shown, f.ownerTip = "as it is", "tip 1"
			c := f.controller()
			f.sign()
			f.process(t, c, 12) // brings what is to be shown
			for range 3 {       // the first one may find something to write, the second one settles
				f.enqueued = nil
				_, err := f.sweep(t, 0)
				require.NoError(t, err)
				for _, h := range f.enqueued {
					f.rows[h.Ref.Number].Shown = h.Shown
					f.rows[h.Ref.Number].Gen++
					f.process(t, c, h.Ref.Number)
				}
			}
			require.NotEmpty(t, f.rows[12].Settled)
			require.Equal(t, "success", f.rows[12].Outcome.State)
			f.open[repoID][0].UpdatedAt = f.rows[12].UpdatedAt
			f.enqueued = nil
			tt.change(f)
			_, err := f.sweep(t, 0)
			require.NoError(t, err)
			require.Equal(t, tt.want, numbers(f.enqueued))
		})
	}
}

// TestSweepIsSpread: each repository has its place in the interval, the same each time.
func TestSweepIsSpread(t *testing.T) {
	t.Parallel()
	f := sweeping()
	for id := range int64(40) {
		f.repos[1] = append(f.repos[1], store.RepoHint{Installation: 1, RepoID: 100 + id, Owner: "acme", Repo: "more"})
	}
	first, err := f.sweep(t, time.Minute)
	require.NoError(t, err)
	again, err := f.sweep(t, time.Minute)
	require.NoError(t, err)
	require.Equal(t, first, again)
	slices.Sort(first)
	require.GreaterOrEqual(t, first[0], time.Duration(0))
	require.Less(t, first[len(first)-1], time.Minute)
	for i := range first[1:] {
		require.Less(t, first[i+1]-first[i], 10*time.Second, "no crowd and no gap")
	}
	atOnce, err := f.sweep(t, 0)
	require.NoError(t, err)
	require.Zero(t, slices.Max(atOnce))
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
		"never looked at":    {func(f *fake) { f.rows[12].Done = 0 }, []int{12, 14}},
		"not known":          {func(f *fake) { delete(f.rows, 12) }, []int{12, 14}},
		"another head":       {func(f *fake) { f.rows[12].Head = "old" }, []int{12, 14}},
		"another base":       {func(f *fake) { f.rows[13].BaseBranch = "release" }, []int{13, 14}},
		"something happened": {func(f *fake) { f.open[repoID][1].UpdatedAt = ten.Add(time.Second) }, []int{13, 14}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := sweeping()
			f.repo.Memory = store.RepoMemory{Enrolled: map[string]bool{"main": false}}
			tt.change(f)
			_, err := f.sweep(t, 0)
			require.NoError(t, err)
			require.Equal(t, tt.want, numbers(f.enqueued))
		})
	}
}

// TestSweepFindsClosed: what GitHub does not list as open any more was closed, the repositories
// that are gone are noted, and so are merge groups that nobody told of and merges that owe a sign-off.
func TestSweepFindsClosed(t *testing.T) {
	t.Parallel()
	f := sweeping()
	f.open[repoID] = f.open[repoID][1:]
	f.kept = []store.RepoRow{f.repo, {RepoID: 77, Installation: 1, Owner: "acme", Repo: "old"}, {RepoID: 78, Installation: 1, Repo: "older", Gone: true}}
	f.queued = []store.MergeGroup{{Ref: ref(0), Head: "g1", Base: "tip", BaseRef: "main"}}
	for n, until := range map[int]time.Time{20: {}, 21: ten.Add(time.Minute)} {
		f.add(n, "h20", "slo/a.yml")
		f.rows[n].Open, f.rows[n].Debt, f.rows[n].Done, f.rows[n].SettledUntil = false, true, 1, until
	}
	_, err := f.sweep(t, 0)
	require.NoError(t, err)
	require.Equal(t, []string{"repository shop gone false", "repository old gone true", "keep group g1"}, f.log)
	var closed []store.PullHint
	for _, h := range f.enqueued {
		if h.Closed {
			closed = append(closed, h)
		}
	}
	require.Equal(t, []store.PullHint{
		{Ref: ref(12), OwnerID: ownerID, Head: "h1", Closed: true, UpdatedAt: ten},
		{Ref: ref(20), OwnerID: ownerID, Head: "h20", Closed: true},
	}, closed, "a debt that was looked at lately is left alone")
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
	_, err := f.sweep(t, 0)
	require.ErrorIs(t, err, errDown)
	require.ErrorContains(t, err, "installation 8")
	require.NotContains(t, err.Error(), "installation 9", "a suspended one is left alone")
	require.Equal(t, []int{12, 13, 14}, numbers(f.enqueued))
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
		"repository": {store.Look{Scope: store.ScopeRepo, RepoID: repoID}, []int{12, 13, 14}, nil},
		"one branch": {store.Look{Scope: store.ScopeRepo, RepoID: repoID, Branch: "release"}, []int{13}, nil},
		"people of an owner": {
			store.Look{Scope: store.ScopeOwner, OwnerID: ownerID},
			[]int{12, 13, 14},
			nil,
		},
		"default of an owner": {store.Look{Scope: store.ScopeOwner, OwnerID: ownerID, Policy: true}, nil, []int64{repoID, 77}},
		"installation":        {store.Look{Scope: store.ScopeInstallation, Installation: 1}, nil, []int64{repoID, 77}},
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
		_, err := c.Process(t.Context(), turn(12))
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
