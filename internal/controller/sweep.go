package controller

import (
	"context"
	"errors"
	"fmt"

	"github.com/rs/zerolog"

	"github.com/slagate/slagate/internal/pull"
	"github.com/slagate/slagate/internal/store"
)

// Sweep looks at every open pull request of every installation, so that what a
// lost delivery would have told is found within one interval. An installation
// that cannot be read does not hold up the others; its error is returned in the end.
func (c *Controller) Sweep(ctx context.Context) error {
	installations, err := c.Listing.Installations(ctx)
	if err != nil {
		return fmt.Errorf("list installations: %w", err)
	}
	var errs []error
	for _, in := range installations {
		if in.Suspended {
			continue
		}
		if err := c.sweepInstallation(ctx, in.ID, store.Look{Why: "sweep"}); err != nil {
			zerolog.Ctx(ctx).Warn().Err(err).Int64("installation", in.ID).Msg("sweep of an installation failed")
			errs = append(errs, fmt.Errorf("installation %d: %w", in.ID, err))
		}
	}
	return errors.Join(errs...)
}

func (c *Controller) sweepInstallation(ctx context.Context, id int64, look store.Look) error {
	repos, err := c.Listing.Repositories(ctx, id)
	if err != nil {
		return fmt.Errorf("list repositories: %w", err)
	}
	known, err := c.Shelf.ReposOfInstallation(ctx, id)
	if err != nil {
		return err
	}
	if err := c.Shelf.SaveRepos(ctx, append(repos, gone(known, repos)...)); err != nil {
		return err
	}
	var errs []error
	for _, repo := range repos {
		if err := c.sweepRepo(ctx, repo, look); err != nil {
			errs = append(errs, fmt.Errorf("%s/%s: %w", repo.Owner, repo.Repo, err))
		}
	}
	return errors.Join(errs...)
}

// gone are the repositories that the installation had and has no more.
func gone(known []store.RepoRow, now []store.RepoHint) []store.RepoHint {
	there := map[int64]bool{}
	for _, r := range now {
		there[r.RepoID] = true
	}
	var out []store.RepoHint
	for _, r := range known {
		if !there[r.RepoID] && !r.Gone {
			out = append(out, store.RepoHint{
				Installation: r.Installation, RepoID: r.RepoID, OwnerID: r.OwnerID, Owner: r.Owner, Repo: r.Repo, Gone: true,
			})
		}
	}
	return out
}

// sweepRepo queues the open pull requests of a repository. Where no policy is
// known, those that were looked at as they are now are left alone but for the
// newest, which finds out whether a policy has come.
func (c *Controller) sweepRepo(ctx context.Context, repo store.RepoHint, look store.Look) error {
	// Read before the list is asked for: what opens in between is not taken for closed.
	before, err := c.Shelf.OpenPulls(ctx, repo.RepoID)
	if err != nil {
		return err
	}
	hints, err := c.Listing.OpenPulls(ctx, repo)
	if err != nil {
		return fmt.Errorf("list open pull requests: %w", err)
	}
	row, found, err := c.Repos.Repo(ctx, repo.RepoID)
	if err != nil {
		return err
	}
	if found {
		if err := c.forgetLabels(ctx, repo); err != nil {
			return err
		}
	}
	var chosen []store.PullHint
	for i, h := range hints {
		h.TakesAway = look.TakesAway
		if (found && row.Memory.HasPolicy()) || i == 0 {
			chosen = append(chosen, h)
			continue
		}
		seen, err := c.seen(ctx, h)
		if err != nil {
			return err
		}
		if !seen {
			chosen = append(chosen, h)
		}
	}
	if err := c.closeOthers(ctx, repo, before, hints); err != nil {
		return err
	}
	return c.Queue.Enqueue(ctx, chosen, look.Why)
}

func (c *Controller) seen(ctx context.Context, h store.PullHint) (bool, error) {
	row, found, err := c.Pulls.Pull(ctx, h.Ref.RepoID, h.Ref.Number)
	if err != nil {
		return false, err
	}
	return found && row.Done > 0 && row.Head == h.Head && row.BaseBranch == h.BaseBranch && !h.UpdatedAt.After(row.UpdatedAt), nil
}

// closeOthers notes that pull requests which GitHub does not list as open any
// more were closed.
func (c *Controller) closeOthers(ctx context.Context, repo store.RepoHint, before []store.PullRow, open []store.PullHint) error {
	listed := map[int]bool{}
	for _, h := range open {
		listed[h.Ref.Number] = true
	}
	var closed []store.PullHint
	for _, r := range before {
		if !listed[r.Ref.Number] {
			ref := r.Ref
			closed = append(closed, store.PullHint{
				Ref:     pull.Ref{Installation: repo.Installation, RepoID: repo.RepoID, Owner: repo.Owner, Repo: repo.Repo, Number: ref.Number},
				OwnerID: r.OwnerID, Head: r.Head, Closed: true, UpdatedAt: r.UpdatedAt,
			})
		}
	}
	return c.Queue.Enqueue(ctx, closed, "closed unnoticed")
}
