package controller_test

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/slagate/slagate/internal/controller"
	"github.com/slagate/slagate/internal/plan"
	"github.com/slagate/slagate/internal/pull"
	"github.com/slagate/slagate/internal/reconcile"
	"github.com/slagate/slagate/internal/store"
)

const (
	repoID  = 2
	ownerID = 3
	policy  = `version: 1
functions: {legal: {teams: [acme/legal]}}
rules: [{name: slo, paths: ["slo/**"], require: [legal]}]
`
)

var (
	ten = time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC)
	ana = pull.Person{ID: 11, Login: "ana", Kind: pull.KindUser}
	lee = pull.Person{ID: 12, Login: "lee", Kind: pull.KindUser}
	app = pull.Person{ID: 1, Login: "slagate", Kind: pull.KindBot}
)

// fake is GitHub and the store of one repository, in one hand: what the
// controller joins. It writes down in order what is done to it; some of it at once.
type fake struct {
	mu      sync.Mutex
	log     []string
	now     time.Time
	rows    map[int]*store.PullRow
	saved   map[int]store.Saved
	repo    store.RepoRow
	owner   store.OwnerMemory
	github  map[int]pull.Snapshot // what a read gives
	entries map[string]map[string]pull.Entry
	diff    []pull.File
	queue   []controller.QueueEntry
	groups  []store.MergeGroup

	readErr error
	fail    map[plan.Kind]error
	// arrive is called at a step of the log, once.
	arrive map[string]func()

	statuses map[string]pull.Status // by head and context
	stood    map[string]pull.Status // those at the time of the merge
	stoodErr error

	installed []controller.Installation
	repos     map[int64][]store.RepoHint
	kept      []store.RepoRow
	open      map[int64][]store.PullHint
	listErr   map[int64]error
	queued    []store.MergeGroup
	ownerTip  string

	attempts     []controller.Attempt
	cutOff       bool
	recoverErr   error
	redeliverErr map[int64]error
	asked        []string
	mark         time.Time

	enqueued []store.PullHint
	why      []string
	looks    []store.Look
}

func ref(number int) pull.Ref {
	return pull.Ref{Installation: 1, RepoID: repoID, Owner: "acme", Repo: "shop", Number: number}
}

// turn is the turn that every pull request of a fake has from the start.
func turn(number int) store.Turn { return store.Turn{Ref: ref(number)} }

// newFake is a repository with a policy and one pull request, #12 at h1, that
// weakens a promise and has just been opened.
func newFake() *fake {
	f := &fake{
		now: ten, rows: map[int]*store.PullRow{}, saved: map[int]store.Saved{}, github: map[int]pull.Snapshot{}, statuses: map[string]pull.Status{},
		entries: map[string]map[string]pull.Entry{}, fail: map[plan.Kind]error{}, arrive: map[string]func(){},
		repos: map[int64][]store.RepoHint{}, open: map[int64][]store.PullHint{}, listErr: map[int64]error{},
	}
	f.repo = store.RepoRow{RepoID: repoID, Installation: 1, OwnerID: ownerID, Owner: "acme", Repo: "shop", Memory: store.RepoMemory{
		Enrolled: map[string]bool{"main": true}, LastValid: map[string]string{"main": policy}, Labels: []string{"sla/legal-approved", "sla/needs-legal"},
	}}
	f.add(12, "h1", "slo/a.yml")
	return f
}

// add opens a pull request that changes a file.
func (f *fake) add(number int, head, path string) {
	f.rows[number] = &store.PullRow{
		Ref: ref(number), OwnerID: ownerID, Head: head, BaseBranch: "main", Open: true, Gen: 1, First: true,
	}
	f.github[number] = pull.Snapshot{
		Ref: ref(number), App: app,
		Pull: pull.Pull{Open: true, Head: head, BaseBranch: "main", Author: ana, CreatedAt: ten, UpdatedAt: ten, MergeBase: "base", BaseTip: "tip"},
		Policy: pull.PolicyFacts{
			Base: pull.Blob{State: pull.BlobFound, Text: policy}, Owner: pull.Blob{State: pull.BlobAbsent},
		},
		Files: []pull.File{{
			Path: path, Status: pull.FileModified, Before: &pull.Entry{Mode: "100644", OID: "a1"}, After: &pull.Entry{Mode: "100644", OID: "a2"},
		}},
		Teams: []pull.Team{{Slug: "acme/legal", ID: 5, Total: 1, Asked: []int64{ana.ID, lee.ID}, Members: []int64{lee.ID}}},
	}
}

// sign lets lee put the label on #12, delivered.
func (f *fake) sign() {
	const number = 12
	sn := f.github[number]
	f.now = f.now.Add(time.Minute)
	sn.Labels = []pull.Label{{Name: "sla/legal-approved"}}
	sn.LabelEvents = append(sn.LabelEvents, pull.LabelEvent{ID: "E1", Added: true, Label: sn.Labels[0], Actor: lee, Created: f.now})
	f.github[number] = sn
	row := f.rows[number]
	row.Evidence = append(row.Evidence, pull.Evidence{
		Seq: int64(len(row.Evidence) + 1), Kind: pull.EvidenceLabeled, Label: "sla/legal-approved", Head: row.Head, BaseBranch: "main", Actor: lee, At: f.now,
	})
	row.Gen++
}

func (f *fake) controller() *controller.Controller {
	return controller.New(controller.Config{
		GitHub: f, Listing: listing{f}, Pulls: f, Heads: f, Repos: f, Shelf: shelf{f}, Queue: f, Groups: f, Commits: f, Deliveries: listing{f}, Asked: shelf{f}, Observer: f,
		Now: func() time.Time { return f.now },
	})
}

// CheckTurn is what the store says: no turn but the first one is given out.
func (f *fake) CheckTurn(_ context.Context, turn store.Turn) (int64, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	row := f.rows[turn.Ref.Number]
	if row.Turn != turn.No {
		return 0, store.ErrOvertaken
	}
	return row.Gen, nil
}

// TryHead gives out the right to write a head's statuses; the fake has one worker.
func (f *fake) TryHead(context.Context, int64, string) (store.Lock, bool, error) {
	return free{}, true, nil
}

type free struct{}

func (free) Held() bool { return true }
func (free) Unlock()    {}

// process evaluates a pull request, as the queue would.
func (f *fake) process(t *testing.T, c *controller.Controller, number int) time.Duration {
	t.Helper()
	again, err := c.Process(t.Context(), turn(number))
	require.NoError(t, err)
	return again
}

func (f *fake) step(format string, args ...any) {
	line := fmt.Sprintf(format, args...)
	f.log = append(f.log, line)
	if do := f.arrive[line]; do != nil {
		delete(f.arrive, line)
		do()
	}
}

// shows is the context slagate on a head: "state: description".
func (f *fake) shows(head string) string {
	s, ok := f.statuses[head+" slagate"]
	if !ok {
		return ""
	}
	return s.State + ": " + s.Description
}

// GitHub.

func (f *fake) Read(_ context.Context, r pull.Ref, _ pull.Hints) (pull.Snapshot, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.step("read #%d", r.Number)
	sn := f.github[r.Number]
	sn.At = f.now
	for key, s := range f.statuses {
		if head := sn.Pull.Head + " "; len(key) > len(head) && key[:len(head)] == head {
			sn.Observed.Statuses = append(slices.Clone(sn.Observed.Statuses), s)
		}
	}
	slices.SortFunc(sn.Observed.Statuses, func(a, b pull.Status) int { return len(a.Context) - len(b.Context) })
	return sn, f.readErr
}

// Fill answers with contents that no format of promises knows.
func (f *fake) Fill(_ context.Context, sn *pull.Snapshot, n pull.Needs) error {
	for _, oid := range n.Blobs {
		sn.AddText(pull.Blob{State: pull.BlobFound, OID: oid, Text: "content " + oid})
	}
	return nil
}

func (f *fake) Apply(_ context.Context, r pull.Ref, a plan.Action) (reconcile.Applied, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if err := f.fail[a.Kind]; err != nil {
		return reconcile.Applied{}, err
	}
	if a.Kind == plan.PostStatus {
		s := a.Status
		s.Creator = app
		f.statuses[a.Head+" "+s.Context] = s
		f.step("%s on %s: %s: %s", s.Context, a.Head, s.State, s.Description)
		return reconcile.Applied{}, nil
	}
	f.step("%s #%d", a.Kind, r.Number)
	switch a.Kind {
	case plan.CreateComment, plan.EditComment:
		sn := f.github[r.Number]
		sn.Observed.Comment = &pull.Comment{ID: 100, Author: app, Body: a.Body}
		f.github[r.Number] = sn
		return reconcile.Applied{CommentID: 100, UpdatedAt: f.now}, nil
	default:
	}
	return reconcile.Applied{}, nil
}

// Pulls.

func (f *fake) Pull(_ context.Context, _ int64, number int) (store.PullRow, bool, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	row, ok := f.rows[number]
	if !ok {
		return store.PullRow{}, false, nil
	}
	return copied(*row), true, nil
}

// copied is a row as a store gives it: nothing in it is shared.
func copied(row store.PullRow) store.PullRow {
	raw, err := json.Marshal(row)
	if err != nil {
		panic(err)
	}
	var out store.PullRow
	if err := json.Unmarshal(raw, &out); err != nil {
		panic(err)
	}
	return out
}

func (f *fake) SavePull(_ context.Context, s store.Saved) (bool, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.step("save #%d", s.Ref.Number)
	row := f.rows[s.Ref.Number]
	row.Memory, row.Outcome, row.Done, row.Open = s.Memory, s.Outcome, s.Gen, s.Open
	row.Settled, row.SettledUntil, row.Debt = s.Settled, s.SettledUntil, s.Debt
	*row = copied(*row)
	row.Head, row.BaseBranch, row.First = s.Head, s.Base, false
	f.saved[s.Ref.Number] = s
	if fresh := s.Gen == row.Gen; !fresh {
		return false, nil
	}
	row.TakesAway = false
	return true, nil
}

func (f *fake) UpdateMemory(_ context.Context, r pull.Ref, change func(*pull.Memory)) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	change(&f.rows[r.Number].Memory)
	return nil
}

func (f *fake) SetFailing(_ context.Context, r pull.Ref, since time.Time) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.rows[r.Number].FailingSince = since
	return nil
}

func (f *fake) PullsWithHead(_ context.Context, _ int64, head string) ([]store.PullRow, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	var out []store.PullRow
	for _, n := range slices.Sorted(maps.Keys(f.rows)) {
		if r := f.rows[n]; r.Head == head && r.Open {
			out = append(out, copied(*r))
		}
	}
	return out, nil
}

// Repos.

func (f *fake) Repo(context.Context, int64) (store.RepoRow, bool, error) { return f.repo, true, nil }

func (f *fake) UpdateRepo(_ context.Context, _ int64, change func(*store.RepoMemory)) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	change(&f.repo.Memory)
	return nil
}

func (f *fake) Owner(context.Context, int64) (store.OwnerMemory, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.owner, nil
}

func (f *fake) UpdateOwner(_ context.Context, _ int64, change func(*store.OwnerMemory)) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	change(&f.owner)
	return nil
}

// Queue.

func (f *fake) Enqueue(_ context.Context, hints []store.PullHint, why string) error {
	for range hints {
		f.why = append(f.why, why)
	}
	f.enqueued = append(f.enqueued, hints...)
	return nil
}

func (f *fake) EnqueueLooks(_ context.Context, looks []store.Look) error {
	f.looks = append(f.looks, looks...)
	return nil
}

func (f *fake) EnqueueGroups(_ context.Context, groups []store.MergeGroup) error {
	for _, g := range groups {
		f.step("group %s again", g.Head)
	}
	return nil
}

// Groups and commits.

func (f *fake) SaveGroup(_ context.Context, g store.MergeGroup) error {
	f.groups = append(slices.DeleteFunc(f.groups, func(x store.MergeGroup) bool { return x.Head == g.Head }), g)
	return nil
}

func (f *fake) GroupsWithPull(_ context.Context, _ int64, number int) ([]store.MergeGroup, error) {
	return slices.DeleteFunc(slices.Clone(f.groups), func(g store.MergeGroup) bool { return !slices.Contains(g.Pulls, number) }), nil
}

func (f *fake) Snapshot(_ context.Context, _ int64, number int) (snapshot, decision []byte, err error) {
	s := f.saved[number]
	if !json.Valid(s.Snapshot) || !json.Valid(s.Decision) {
		return nil, nil, fmt.Errorf("#%d: %w", number, store.ErrNotFound)
	}
	return s.Snapshot, s.Decision, nil
}

func (f *fake) MergeQueue(context.Context, pull.Ref, string) ([]controller.QueueEntry, error) {
	return f.queue, nil
}

func (f *fake) EntriesAt(_ context.Context, _ pull.Ref, commit string, paths []string) (map[string]pull.Entry, error) {
	found := map[string]pull.Entry{}
	for _, p := range paths {
		if e, ok := f.entries[commit][p]; ok {
			found[p] = e
		}
	}
	return found, nil
}

func (f *fake) StatusAt(_ context.Context, _ pull.Ref, sha, statusContext string, at time.Time) (pull.Status, bool, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.step("status at %s", at.Format("15:04"))
	s, ok := f.stood[sha+" "+statusContext]
	return s, ok, f.stoodErr
}

func (f *fake) DiffTrees(context.Context, pull.Ref, string, string) ([]pull.File, error) {
	return f.diff, nil
}

// Observer.

func (f *fake) Evaluated(verdict string, _ time.Duration) { f.step("evaluated %s", verdict) }
func (f *fake) Refused(kind string)                       { f.step("refused %s", kind) }
func (f *fake) Tampered(what string)                      { f.step("tampered %s", what) }
func (f *fake) Bypassed()                                 { f.step("bypassed") }

// Redelivered implements controller.Observer.
func (f *fake) Redelivered(asked, refused int) { f.step("asked %d, refused %d", asked, refused) }

// listing is GitHub's side of fake that lists things.
type listing struct{ *fake }

func (l listing) Installations(context.Context) ([]controller.Installation, error) {
	return l.installed, nil
}

func (l listing) Repositories(_ context.Context, installation int64) ([]store.RepoHint, error) {
	return l.repos[installation], l.listErr[installation]
}

func (l listing) OpenPulls(_ context.Context, r store.RepoHint) ([]store.PullHint, []store.MergeGroup, error) {
	return slices.Clone(l.open[r.RepoID]), l.queued, l.listErr[r.RepoID]
}

func (l listing) OwnerDefault(context.Context, int64, string) (string, error) {
	return l.ownerTip, l.listErr[ownerID]
}

func (l listing) Deliveries(_ context.Context, since time.Time) ([]controller.Attempt, bool, error) {
	l.step("deliveries since %s", since.Format("15:04"))
	if l.recoverErr != nil {
		return nil, false, l.recoverErr
	}
	return l.attempts, !l.cutOff, nil
}

func (l listing) Redeliver(_ context.Context, id int64) error {
	l.step("redeliver %d", id)
	return l.redeliverErr[id]
}

// AskedAgain and the like are the store's memory of recoveries.
func (s shelf) AskedAgain(_ context.Context, guids []string) ([]string, error) {
	return slices.DeleteFunc(slices.Clone(guids), func(g string) bool { return !slices.Contains(s.asked, g) }), nil
}

func (s shelf) NoteAsked(_ context.Context, guid string) error {
	s.asked = append(s.asked, guid)
	return nil
}

func (s shelf) Mark(context.Context, string) (time.Time, error) { return s.mark, nil }

func (s shelf) SetMark(_ context.Context, _ string, at time.Time) error {
	s.mark = at
	return nil
}

func (s shelf) Debts(_ context.Context, id int64) ([]store.PullRow, error) {
	var out []store.PullRow
	for _, n := range slices.Sorted(maps.Keys(s.rows)) {
		if r := s.rows[n]; r.Ref.RepoID == id && r.Debt {
			out = append(out, copied(*r))
		}
	}
	return out, nil
}

func (s shelf) KeepGroups(_ context.Context, groups []store.MergeGroup) error {
	for _, g := range groups {
		s.step("keep group %s", g.Head)
	}
	return nil
}

// shelf is the store's side of fake that knows repositories as a whole.
type shelf struct{ *fake }

func (s shelf) SaveRepos(_ context.Context, hints []store.RepoHint) error {
	for _, h := range hints {
		s.step("repository %s gone %t", h.Repo, h.Gone)
	}
	return nil
}

func (s shelf) ReposOfOwner(context.Context, int64) ([]store.RepoRow, error) {
	return s.kept, nil
}

func (s shelf) ReposOfInstallation(_ context.Context, id int64) ([]store.RepoRow, error) {
	return slices.DeleteFunc(slices.Clone(s.kept), func(r store.RepoRow) bool { return r.Installation != id }), nil
}

func (s shelf) OpenPulls(_ context.Context, id int64) ([]store.PullRow, error) {
	var out []store.PullRow
	for _, n := range slices.Sorted(maps.Keys(s.rows)) {
		if r := s.rows[n]; r.Ref.RepoID == id && r.Open {
			out = append(out, copied(*r))
		}
	}
	return out, nil
}
