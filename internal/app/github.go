package app

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/slagate/slagate/internal/controller"
	"github.com/slagate/slagate/internal/ghapp"
	"github.com/slagate/slagate/internal/plan"
	"github.com/slagate/slagate/internal/pull"
	"github.com/slagate/slagate/internal/reconcile"
	"github.com/slagate/slagate/internal/store"
)

// gitHub introduces ghapp to the controller: it translates types and sorts
// errors, nothing else.
type gitHub struct {
	*ghapp.Gatherer
	lister  *ghapp.Lister
	writer  *ghapp.Writer
	creator *ghapp.Creator
	name    atomic.Pointer[string] // nil until GitHub has told it
}

func newGitHub(c *ghapp.Creator) *gitHub {
	return &gitHub{Gatherer: ghapp.NewGatherer(c), lister: ghapp.NewLister(c), writer: ghapp.NewWriter(c), creator: c}
}

// absent marks errors that say the installation is not there: no reason to try again.
func absent(err error) error {
	if errors.Is(err, ghapp.ErrGone) || errors.Is(err, ghapp.ErrSuspended) {
		return fmt.Errorf("%w: %w", controller.ErrAbsent, err)
	}
	return err
}

// Read implements controller.GitHub.
func (g *gitHub) Read(ctx context.Context, ref pull.Ref, h pull.Hints) (pull.Snapshot, error) {
	sn, err := g.Gatherer.Read(ctx, ref, h)
	if err == nil {
		g.name.Store(&sn.App.Login)
	}
	return sn, absent(err)
}

// introduce asks GitHub who the app is.
func (g *gitHub) introduce(ctx context.Context) error {
	app, err := g.creator.App(ctx)
	if err == nil {
		g.name.Store(&app.Slug)
	}
	return err
}

// Apply implements controller.GitHub.
func (g *gitHub) Apply(ctx context.Context, ref pull.Ref, a plan.Action) (reconcile.Applied, error) {
	r, err := g.writer.Apply(ctx, ref, a)
	return reconcile.Applied{CommentID: r.CommentID, UpdatedAt: r.UpdatedAt}, absent(err)
}

// Installations implements controller.Listing.
func (g *gitHub) Installations(ctx context.Context) ([]controller.Installation, error) {
	list, err := g.lister.Installations(ctx)
	out := make([]controller.Installation, 0, len(list))
	for _, i := range list {
		out = append(out, controller.Installation{ID: i.ID, Suspended: i.Suspended})
	}
	return out, err
}

// Repositories implements controller.Listing. Archived ones are left out:
// nothing can be written to them.
func (g *gitHub) Repositories(ctx context.Context, installation int64) ([]store.RepoHint, error) {
	list, err := g.lister.Repositories(ctx, installation)
	var out []store.RepoHint
	for _, r := range list {
		if !r.Archived {
			out = append(out, store.RepoHint{Installation: installation, RepoID: r.ID, OwnerID: r.OwnerID, Owner: r.Owner, Repo: r.Name})
		}
	}
	return out, err
}

// OpenPulls implements controller.Listing. A repository that has another id
// than the one meant is an error: its name was taken over.
func (g *gitHub) OpenPulls(ctx context.Context, repo store.RepoHint) ([]store.PullHint, []store.MergeGroup, error) {
	id, list, err := g.lister.OpenPulls(ctx, repo.Installation, repo.Owner, repo.Repo)
	if err != nil {
		return nil, nil, absent(err)
	}
	if id != repo.RepoID {
		return nil, nil, fmt.Errorf("repository %s/%s has id %d, not %d: %w", repo.Owner, repo.Repo, id, repo.RepoID, ghapp.ErrOtherRepo)
	}
	pulls := make([]store.PullHint, 0, len(list))
	var groups []store.MergeGroup
	for _, p := range list {
		ref := pull.Ref{Installation: repo.Installation, RepoID: repo.RepoID, Owner: repo.Owner, Repo: repo.Repo, Number: p.Number}
		pulls = append(pulls, store.PullHint{
			Ref: ref, OwnerID: repo.OwnerID, Head: p.Head, BaseBranch: p.BaseBranch, UpdatedAt: p.UpdatedAt, Shown: p.Digest(),
		})
		if p.Look.GroupHead != "" && p.Look.GroupBase != "" {
			ref.Number = 0
			groups = append(groups, store.MergeGroup{Ref: ref, Head: p.Look.GroupHead, Base: p.Look.GroupBase, BaseRef: p.BaseBranch})
		}
	}
	return pulls, groups, nil
}

// OwnerDefault implements controller.Listing.
func (g *gitHub) OwnerDefault(ctx context.Context, installation int64, owner string) (string, error) {
	tip, err := g.lister.OwnerDefaultTip(ctx, installation, owner)
	return tip, absent(err)
}

// deliveryPages bounds what is read of the list of deliveries at once: 5,000 of them.
const deliveryPages = 50

// Deliveries implements controller.Deliveries.
func (g *gitHub) Deliveries(ctx context.Context, since time.Time) (list []controller.Attempt, whole bool, err error) {
	found, err := g.lister.Deliveries(ctx, since, deliveryPages)
	cut := errors.Is(err, ghapp.ErrCutOff)
	switch {
	case errors.Is(err, ghapp.ErrUnsupported):
		return nil, false, fmt.Errorf("%w: %w", controller.ErrNoList, err)
	case err != nil && !cut:
		return nil, false, err
	}
	list = make([]controller.Attempt, 0, len(found))
	for _, d := range found {
		list = append(list, controller.Attempt{ID: d.ID, GUID: d.GUID, At: d.At, OK: d.OK})
	}
	return list, !cut, nil
}

// Redeliver implements controller.Deliveries.
func (g *gitHub) Redeliver(ctx context.Context, id int64) error {
	if err := g.lister.Redeliver(ctx, id); !errors.Is(err, ghapp.ErrNotFound) {
		return err
	}
	return nil // GitHub does not keep it any more
}

// MergeQueue implements controller.Commits.
func (g *gitHub) MergeQueue(ctx context.Context, ref pull.Ref, branch string) ([]controller.QueueEntry, error) {
	list, err := g.Gatherer.MergeQueue(ctx, ref, branch)
	out := make([]controller.QueueEntry, 0, len(list))
	for _, e := range list {
		out = append(out, controller.QueueEntry{Number: e.Number, Head: e.GroupHead})
	}
	return out, err
}

// StatusAt implements controller.Commits.
func (g *gitHub) StatusAt(ctx context.Context, ref pull.Ref, sha, statusContext string, at time.Time) (pull.Status, bool, error) {
	return g.lister.StatusAt(ctx, ref, sha, statusContext, at)
}

// slug is the login of the app's own account; "" until GitHub has told it.
func (g *gitHub) slug() string {
	if name := g.name.Load(); name != nil {
		return *name
	}
	return ""
}
