package controller

import (
	"context"
	"errors"
	"fmt"

	"github.com/rs/zerolog"

	"github.com/slagate/slagate/internal/pull"
	"github.com/slagate/slagate/internal/store"
)

// Queue has pull requests and wider looks evaluated later, durably.
type Queue interface {
	Enqueue(ctx context.Context, hints []store.PullHint, why string) error
	EnqueueLooks(ctx context.Context, looks []store.Look) error
	EnqueueGroups(ctx context.Context, groups []store.MergeGroup) error
}

// Listing says what there is: installations, repositories, open pull requests.
type Listing interface {
	Installations(ctx context.Context) ([]Installation, error)
	Repositories(ctx context.Context, installation int64) ([]store.RepoHint, error)
	// OpenPulls are the open pull requests and the groups of the merge queue that they are in.
	OpenPulls(ctx context.Context, repo store.RepoHint) ([]store.PullHint, []store.MergeGroup, error)
	// OwnerDefault tells one version of the owner default from another.
	OwnerDefault(ctx context.Context, installation int64, owner string) (string, error)
}

// Installation is one installation of the app.
type Installation struct {
	ID        int64
	Suspended bool
}

// Shelf is what is kept of repositories as a whole.
type Shelf interface {
	SaveRepos(ctx context.Context, hints []store.RepoHint) error
	ReposOfOwner(ctx context.Context, ownerID int64) ([]store.RepoRow, error)
	ReposOfInstallation(ctx context.Context, installation int64) ([]store.RepoRow, error)
	OpenPulls(ctx context.Context, repoID int64) ([]store.PullRow, error)
	Debts(ctx context.Context, repoID int64) ([]store.PullRow, error)
	KeepGroups(ctx context.Context, groups []store.MergeGroup) error
}

// Fan has every pull request evaluated that a look concerns.
func (c *Controller) Fan(ctx context.Context, look store.Look) error {
	err := c.fan(ctx, look)
	if errors.Is(err, ErrAbsent) {
		zerolog.Ctx(ctx).Info().Err(err).Str("why", look.Why).Msg("left alone")
		return nil
	}
	return err
}

func (c *Controller) fan(ctx context.Context, look store.Look) error {
	zerolog.Ctx(ctx).Info().Str("scope", string(look.Scope)).Str("why", look.Why).Msg("looking at many pull requests")
	switch look.Scope {
	case store.ScopeHead:
		return c.fanHead(ctx, look)
	case store.ScopeRepo:
		return c.lookAtRepo(ctx, look)
	case store.ScopeOwner:
		return c.fanOwner(ctx, look)
	case store.ScopeInstallation:
		return c.lookAtInstallation(ctx, look)
	}
	return fmt.Errorf("look of unknown scope %q", look.Scope)
}

func (c *Controller) fanHead(ctx context.Context, look store.Look) error {
	rows, err := c.Pulls.PullsWithHead(ctx, look.RepoID, look.Head)
	if err != nil {
		return fmt.Errorf("pull requests with head %s: %w", look.Head, err)
	}
	hints := make([]store.PullHint, 0, len(rows))
	for _, r := range rows {
		hints = append(hints, store.PullHint{Ref: r.Ref, OwnerID: r.OwnerID, TakesAway: look.TakesAway})
	}
	if err := c.forgetAnswer(ctx, look); err != nil {
		return err
	}
	return c.Queue.Enqueue(ctx, hints, look.Why)
}

// forgetAnswer has a merge group with this head answered anew: what stands there
// may not be slagate's.
func (c *Controller) forgetAnswer(ctx context.Context, look store.Look) error {
	group := store.MergeGroup{Ref: pull.Ref{RepoID: look.RepoID}, Head: look.Head}
	err := c.Groups.SaveGroup(ctx, group)
	if errors.Is(err, store.ErrNotFound) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("forget what merge group %s was answered: %w", look.Head, err)
	}
	return c.Queue.EnqueueGroups(ctx, []store.MergeGroup{group})
}

// fanOwner looks at an owner's repositories. People coming and going concern the
// pull requests that are known where a policy applies; another owner default
// concerns all repositories.
func (c *Controller) fanOwner(ctx context.Context, look store.Look) error {
	rows, err := c.Shelf.ReposOfOwner(ctx, look.OwnerID)
	if err != nil {
		return fmt.Errorf("repositories of owner %d: %w", look.OwnerID, err)
	}
	if look.Policy {
		return c.fanRows(ctx, look, rows)
	}
	var hints []store.PullHint
	for _, r := range rows {
		if r.Gone || !r.Memory.HasPolicy() {
			continue
		}
		pulls, err := c.Shelf.OpenPulls(ctx, r.RepoID)
		if err != nil {
			return fmt.Errorf("open pull requests of %s/%s: %w", r.Owner, r.Repo, err)
		}
		for _, p := range pulls {
			hints = append(hints, store.PullHint{Ref: p.Ref, OwnerID: p.OwnerID, TakesAway: look.TakesAway})
		}
	}
	return c.Queue.Enqueue(ctx, hints, look.Why)
}

// fanRows splits a look at many repositories into one job for each, so that a
// failure repeats only its own.
func (c *Controller) fanRows(ctx context.Context, look store.Look, rows []store.RepoRow) error {
	var looks []store.Look
	for _, r := range rows {
		if !r.Gone {
			looks = append(looks, ofRepo(look, store.RepoHint{
				Installation: r.Installation, RepoID: r.RepoID, OwnerID: r.OwnerID, Owner: r.Owner, Repo: r.Repo,
			}))
		}
	}
	return c.Queue.EnqueueLooks(ctx, looks)
}

// ofRepo is the part of a look that concerns one repository.
func ofRepo(look store.Look, repo store.RepoHint) store.Look {
	look.Scope, look.Policy = store.ScopeRepo, false
	look.Installation, look.OwnerID, look.RepoID, look.Owner, look.Repo = repo.Installation, repo.OwnerID, repo.RepoID, repo.Owner, repo.Repo
	return look
}

// forgetLabels has slagate's labels looked for again: one may have been renamed
// or deleted.
func (c *Controller) forgetLabels(ctx context.Context, repo store.RepoHint) error {
	err := c.Repos.UpdateRepo(ctx, repo.RepoID, func(m *store.RepoMemory) { m.Labels = nil })
	if err != nil {
		return fmt.Errorf("forget the labels of %s/%s: %w", repo.Owner, repo.Repo, err)
	}
	return nil
}
