// Package storetest is the one suite that every store has to pass.
//
// Its one idea is that a store is judged by what it promises, not by how: what is accepted
// is there with its jobs or not at all, generations never lose an
// arrival, a killed process loses nothing. A new engine calls [Run] with a [Harness] of its own; a new
// promise is a new function in the list of Run. The suite itself knows no River, and SQL only where
// it tests the transaction that SQL is sent in (send.go).
package storetest

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/slagate/slagate/internal/pull"
	"github.com/slagate/slagate/internal/store"
)

// Store is all that a store can do.
type Store interface {
	Accept(ctx context.Context, d store.Delivery) (fresh bool, err error)

	Pull(ctx context.Context, repoID int64, number int) (row store.PullRow, found bool, err error)
	SavePull(ctx context.Context, s store.Saved) (fresh bool, err error)
	Snapshot(ctx context.Context, repoID int64, number int) (snapshot, decision []byte, err error)
	SetFailing(ctx context.Context, ref pull.Ref, since time.Time) error
	UpdateMemory(ctx context.Context, ref pull.Ref, change func(*pull.Memory)) error
	PullsWithHead(ctx context.Context, repoID int64, head string) ([]store.PullRow, error)
	OpenPulls(ctx context.Context, repoID int64) ([]store.PullRow, error)
	OpenPullsOfOwner(ctx context.Context, ownerID int64) ([]store.PullHint, error)

	SaveRepos(ctx context.Context, hints []store.RepoHint) error
	Repo(ctx context.Context, repoID int64) (row store.RepoRow, found bool, err error)
	ReposOfOwner(ctx context.Context, ownerID int64) ([]store.RepoRow, error)
	ReposOfInstallation(ctx context.Context, installation int64) ([]store.RepoRow, error)
	AllRepos(ctx context.Context) ([]store.RepoRow, error)
	UpdateRepo(ctx context.Context, repoID int64, change func(*store.RepoMemory)) error
	Owner(ctx context.Context, ownerID int64) (store.OwnerMemory, error)
	UpdateOwner(ctx context.Context, ownerID int64, change func(*store.OwnerMemory)) error

	SaveGroup(ctx context.Context, g store.MergeGroup) error
	Groups(ctx context.Context, repoID int64) ([]store.MergeGroup, error)
	GroupsWithPull(ctx context.Context, repoID int64, number int) ([]store.MergeGroup, error)
	KeepGroups(ctx context.Context, groups []store.MergeGroup) error
	EnqueueGroups(ctx context.Context, groups []store.MergeGroup) error

	Enqueue(ctx context.Context, hints []store.PullHint, why string) error
	EnqueueLooks(ctx context.Context, looks []store.Look) error
	EnqueueWaiting(ctx context.Context) error

	BeginPull(ctx context.Context, repoID int64, number int) (turn store.Turn, done func(), found bool, err error)
	CheckTurn(ctx context.Context, turn store.Turn) (gen int64, err error)
	SettlePull(ctx context.Context, turn store.Turn, finish func(tx store.Tx, moved bool) error) error
	TryHead(ctx context.Context, repoID int64, head string) (lock store.Lock, ok bool, err error)
	BeginGroup(ctx context.Context, repoID int64, head string) (g store.MergeGroup, gen int64, found bool, err error)
	SettleGroup(ctx context.Context, g store.MergeGroup, gen int64, finish func(tx store.Tx, moved bool) error) error

	Ready(ctx context.Context) error
	OldestUnevaluated(ctx context.Context) (since time.Time, ok bool, err error)
	Prune(ctx context.Context, keep store.Keep) (deleted int64, err error)
	QueueDepth(ctx context.Context, stuckBefore time.Time) ([]store.Depth, error)
	AskedAgain(ctx context.Context, guids []string) (asked []string, err error)
	NoteAsked(ctx context.Context, guid string) error
	Mark(ctx context.Context, name string) (time.Time, error)
	SetMark(ctx context.Context, name string, at time.Time) error
	Debts(ctx context.Context, repoID int64) ([]store.PullRow, error)
}

// Job is an unfinished job as the suite sees it.
type Job struct {
	Kind     string // "evaluate", "fan", "group"
	RepoID   int64
	Number   int
	Head     string
	State    string // "available", "running", "scheduled", "retryable"
	Priority int
}

// Harness is a store under test with what only its engine can do to it.
type Harness struct {
	Store Store
	// Now sets the store's clock.
	Now func(t time.Time)
	// Jobs are the unfinished jobs, oldest first.
	Jobs func(t *testing.T) []Job
	// SetJob puts the pull request's job into a state; "scheduled" and "retryable" are an hour ahead.
	SetJob func(t *testing.T, number int, state string)
	// DropJobs deletes all jobs, as an operator might by hand.
	DropJobs func(t *testing.T)
	// FailQueue lets the queue insert its jobs and then fail with the error; nil ends that. A
	// bug has it panic instead.
	FailQueue func(err error)
	// Work evaluates with four workers until stop is called; stop may be called again.
	Work func(t *testing.T, evaluate Evaluate) (stop func())
	// Crash abandons the store as a killed process does, opens it anew and lets the time pass
	// after which the jobs of a dead process are taken up again.
	Crash func(t *testing.T) Harness
	// Another opens the same store as another process does; nil if there can be only one.
	Another func(t *testing.T) Harness
}

// Open gives a harness with an empty store.
type Open func(t *testing.T) Harness

// Run runs the suite.
func Run(t *testing.T, open Open) {
	t.Helper()
	for name, test := range map[string]func(*testing.T, Harness){
		"accept keeps everything":           acceptKeeps,
		"accept rolls back as one":          acceptRollsBack,
		"guid is kept once":                 guidOnce,
		"replayed body brings no evidence":  bodyReplay,
		"older payload changes no fact":     olderPayload,
		"accepting for nobody":              unknownRepository,
		"one job per pull request":          oneJob,
		"waiting job is brought forward":    broughtForward,
		"same look waits once":              sameLook,
		"flags last until they are settled": flags,
		"save and read back":                saveAndRead,
		"older evaluation saves nothing":    staleSave,
		"memory and failures":               memoryAndFailures,
		"pull requests by head and owner":   byHeadAndOwner,
		"repositories":                      repositories,
		"concurrent updates":                concurrentUpdates,
		"merge groups":                      mergeGroups,
		"enqueue":                           enqueue,
		"deliveries at once":                atOnce,
		"replays at once":                   replaysAtOnce,
		"a bug harms one delivery":          panics,
		"closing":                           closing,
		"statements sent together":          together,
		"settle":                            settle,
		"turns":                             turns,
		"turns name their delivery":         turnsNameDelivery,
		"heads":                             heads,
		"a crowded repository":              crowded,
		"lists and debts":                   listsAndDebts,
		"recovery":                          recovery,
		"queue depth":                       queueDepth,
		"waiting without a job":             waitingWithoutJob,
		"oldest unevaluated":                oldest,
		"prune":                             prune,
		"every arrival is evaluated":        everyArrival,
		"crash":                             crash,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, open(t))
		})
	}
}

// The cast of the suite.
const (
	installation = 7
	ownerID      = 40
	repoID       = 400
)

func start() time.Time { return time.Date(2026, 3, 2, 10, 0, 0, 123_456_000, time.UTC) }

func ref(number int) pull.Ref {
	return pull.Ref{Installation: installation, RepoID: repoID, Owner: "acme", Repo: "shop", Number: number}
}

func hint(number int) store.PullHint {
	return store.PullHint{Ref: ref(number), OwnerID: ownerID, Head: "aaa", BaseBranch: "main", UpdatedAt: start()}
}

// delivery is a labeled event on the pull request.
func delivery(guid string, number int) store.Delivery {
	return store.Delivery{
		GUID: guid, Event: "pull_request", Action: "labeled", BodyHash: "hash of " + guid, Installation: installation,
		Received: start(), Pulls: []store.PullHint{hint(number)},
		Evidence: []pull.Evidence{{Kind: pull.EvidenceLabeled, At: start(), Label: "label of " + guid, Head: "aaa"}},
	}
}

func accept(t *testing.T, s Store, d store.Delivery) {
	t.Helper()
	_, err := s.Accept(t.Context(), d)
	require.NoError(t, err)
}

func get(t *testing.T, s Store, number int) store.PullRow {
	t.Helper()
	row, found, err := s.Pull(t.Context(), repoID, number)
	require.NoError(t, err)
	require.True(t, found, "pull request %d is not known", number)
	return row
}

func acceptKeeps(t *testing.T, h Harness) {
	t.Helper()
	d := delivery("g1", 12)
	d.Looks = []store.Look{{Scope: store.ScopeRepo, RepoID: repoID, Why: "test"}}
	d.MergeGroups = []store.MergeGroup{{Ref: ref(0), Head: "mmm", Base: "bbb", HeadRef: "h", BaseRef: "b"}}
	fresh, err := h.Store.Accept(t.Context(), d)
	require.NoError(t, err)
	require.True(t, fresh)

	row := get(t, h.Store, 12)
	require.Equal(t, ref(12), row.Ref)
	require.Equal(t, int64(ownerID), row.OwnerID)
	require.Equal(t, "aaa", row.Head)
	require.Equal(t, "main", row.BaseBranch)
	require.True(t, row.Open)
	require.Equal(t, start(), row.UpdatedAt, "a time survives to the microsecond, in UTC")
	require.Equal(t, int64(1), row.Gen)
	require.Zero(t, row.Done)
	require.Len(t, row.Evidence, 1)
	require.Equal(t, "g1", row.Evidence[0].Delivery)
	require.Equal(t, "label of g1", row.Evidence[0].Label)
	require.Positive(t, row.Evidence[0].Seq)

	kinds := map[string]int{}
	for _, j := range h.Jobs(t) {
		kinds[j.Kind]++
	}
	require.Equal(t, map[string]int{"evaluate": 1, "fan": 1, "group": 1}, kinds)
	require.NoError(t, h.Store.Ready(t.Context()))

	_, found, err := h.Store.Pull(t.Context(), repoID, 99)
	require.NoError(t, err)
	require.False(t, found)
}

func acceptRollsBack(t *testing.T, h Harness) {
	t.Helper()
	h.FailQueue(context.DeadlineExceeded)
	_, err := h.Store.Accept(t.Context(), delivery("g1", 12))
	require.ErrorIs(t, err, context.DeadlineExceeded)
	require.Empty(t, h.Jobs(t))
	_, found, err := h.Store.Pull(t.Context(), repoID, 12)
	require.NoError(t, err)
	require.False(t, found)
	_, found, err = h.Store.Repo(t.Context(), repoID)
	require.NoError(t, err)
	require.False(t, found)

	h.FailQueue(nil)
	fresh, err := h.Store.Accept(t.Context(), delivery("g1", 12))
	require.NoError(t, err)
	require.True(t, fresh, "a delivery that was not kept can be delivered again")
	require.Len(t, get(t, h.Store, 12).Evidence, 1)
}

func guidOnce(t *testing.T, h Harness) {
	t.Helper()
	accept(t, h.Store, delivery("g1", 12))
	again := delivery("g1", 12)
	again.BodyHash = "other"
	again.Repos = []store.RepoHint{{Installation: installation, RepoID: repoID, Gone: true}}
	fresh, err := h.Store.Accept(t.Context(), again)
	require.NoError(t, err)
	require.False(t, fresh)
	row := get(t, h.Store, 12)
	require.Len(t, row.Evidence, 1)
	require.Equal(t, int64(2), row.Gen, "a redelivery has the pull request looked at again")
	repo, _, err := h.Store.Repo(t.Context(), repoID)
	require.NoError(t, err)
	require.False(t, repo.Gone, "a redelivery tells nothing new of repositories")
}

func bodyReplay(t *testing.T, h Harness) {
	t.Helper()
	accept(t, h.Store, delivery("g1", 12))
	replay := delivery("g2", 12)
	replay.BodyHash = delivery("g1", 12).BodyHash
	replay.Event = "pull_request_review"
	replay.Pulls[0].Head, replay.Pulls[0].Closed, replay.Pulls[0].TakesAway = "evil", true, true
	fresh, err := h.Store.Accept(t.Context(), replay)
	require.NoError(t, err)
	require.True(t, fresh, "the GUID is new")
	row := get(t, h.Store, 12)
	require.Len(t, row.Evidence, 1)
	require.Equal(t, "aaa", row.Head)
	require.True(t, row.Open)
	require.True(t, row.TakesAway)
	require.Equal(t, int64(2), row.Gen)

	// Without a hash there is nothing to compare.
	for _, guid := range []string{"g3", "g4"} {
		d := delivery(guid, 12)
		d.BodyHash = ""
		accept(t, h.Store, d)
	}
	require.Len(t, get(t, h.Store, 12).Evidence, 3)
}

func olderPayload(t *testing.T, h Harness) {
	t.Helper()
	accept(t, h.Store, delivery("g1", 12))
	older := delivery("g2", 12)
	older.Pulls[0].UpdatedAt = start().Add(-time.Second)
	older.Pulls[0].Head, older.Pulls[0].BaseBranch, older.Pulls[0].Closed = "old", "old", true
	accept(t, h.Store, older)
	silent := delivery("g3", 12) // a comment says neither head nor time
	silent.Pulls[0] = store.PullHint{Ref: ref(12)}
	accept(t, h.Store, silent)
	row := get(t, h.Store, 12)
	require.Equal(t, "aaa", row.Head)
	require.Equal(t, "main", row.BaseBranch)
	require.True(t, row.Open)
	require.Equal(t, start(), row.UpdatedAt)
	require.Len(t, row.Evidence, 3, "evidence counts in whatever order it comes")

	newer := delivery("g4", 12)
	newer.Pulls[0].UpdatedAt = start().Add(time.Second)
	newer.Pulls[0].Head, newer.Pulls[0].Closed = "bbb", true
	accept(t, h.Store, newer)
	row = get(t, h.Store, 12)
	require.Equal(t, "bbb", row.Head)
	require.False(t, row.Open)
	require.Equal(t, start().Add(time.Second), row.UpdatedAt)
}

func unknownRepository(t *testing.T, h Harness) {
	t.Helper()
	d := delivery("g1", 12)
	d.Pulls[0].Ref = pull.Ref{RepoID: repoID, Number: 12}
	_, err := h.Store.Accept(t.Context(), d)
	require.ErrorIs(t, err, store.ErrNotFound)
	_, _, err = h.Store.Snapshot(t.Context(), repoID, 12)
	require.ErrorIs(t, err, store.ErrNotFound)
	require.ErrorIs(t, h.Store.UpdateRepo(t.Context(), repoID, func(*store.RepoMemory) {}), store.ErrNotFound)
	_, err = h.Store.SavePull(t.Context(), store.Saved{Ref: ref(12)})
	require.ErrorIs(t, err, store.ErrNotFound)
}

func oneJob(t *testing.T, h Harness) {
	t.Helper()
	for i := range 5 {
		accept(t, h.Store, delivery(fmt.Sprint("g", i), 12))
	}
	accept(t, h.Store, delivery("other", 13))
	require.Equal(t, int64(5), get(t, h.Store, 12).Gen)
	jobs := h.Jobs(t)
	require.Len(t, jobs, 2)
	require.Equal(t, 12, jobs[0].Number)
	require.Equal(t, 13, jobs[1].Number)
}

func broughtForward(t *testing.T, h Harness) {
	t.Helper()
	accept(t, h.Store, delivery("g1", 12))
	for i, state := range []string{"scheduled", "retryable"} {
		h.SetJob(t, 12, state)
		require.Equal(t, state, h.Jobs(t)[0].State)
		accept(t, h.Store, delivery(fmt.Sprint("again", i), 12))
		require.Len(t, h.Jobs(t), 1)
		require.Equal(t, "available", h.Jobs(t)[0].State)
	}
	// A sweep does not end the back-off after an error, but it does not wait for a far day either.
	h.SetJob(t, 12, "retryable")
	require.NoError(t, h.Store.Enqueue(t.Context(), []store.PullHint{hint(12)}, "sweep"))
	require.Equal(t, "retryable", h.Jobs(t)[0].State)
	h.SetJob(t, 12, "scheduled")
	require.NoError(t, h.Store.Enqueue(t.Context(), []store.PullHint{hint(12)}, "sweep"))
	require.Equal(t, "available", h.Jobs(t)[0].State)
	// A running one is left alone: it will see that the generation moved.
	h.SetJob(t, 12, "running")
	accept(t, h.Store, delivery("last", 12))
	require.Len(t, h.Jobs(t), 1)
	require.Equal(t, "running", h.Jobs(t)[0].State)
}

func sameLook(t *testing.T, h Harness) {
	t.Helper()
	look := store.Look{Scope: store.ScopeHead, RepoID: repoID, Head: "aaa", Why: "status"}
	other := look
	other.Head = "bbb"
	require.NoError(t, h.Store.EnqueueLooks(t.Context(), []store.Look{look, other, look}))
	for i := range 10 {
		accept(t, h.Store, store.Delivery{GUID: fmt.Sprint("g", i), Event: "status", Looks: []store.Look{look}})
	}
	require.Len(t, h.Jobs(t), 2)
	require.NoError(t, h.Store.EnqueueLooks(t.Context(), nil))
}
