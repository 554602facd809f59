package controller

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"math/bits"
	"strconv"
	"time"

	"github.com/rs/zerolog"

	"github.com/slagate/slagate/internal/gate"
	"github.com/slagate/slagate/internal/pull"
	"github.com/slagate/slagate/internal/store"
)

// Sweep has every open pull request of every installation looked at, spread over that
// time, so that what a lost delivery would have told is found within one
// interval. Each repository is a job of its own: one that cannot be read holds up no other.
func (c *Controller) Sweep(ctx context.Context, spread time.Duration) error {
	installations, err := c.Listing.Installations(ctx)
	if err != nil {
		return fmt.Errorf("list installations: %w", err)
	}
	var looks []store.Look
	for _, in := range installations {
		if !in.Suspended {
			looks = append(looks, store.Look{Scope: store.ScopeInstallation, Installation: in.ID, Sweep: true, Spread: spread, Why: "sweep"})
		}
	}
	return c.Queue.EnqueueLooks(ctx, looks)
}

// lookAtInstallation lists the repositories of an installation anew and has each looked at.
func (c *Controller) lookAtInstallation(ctx context.Context, look store.Look) error {
	repos, err := c.Listing.Repositories(ctx, look.Installation)
	if err != nil {
		return fmt.Errorf("list repositories of installation %d: %w", look.Installation, err)
	}
	known, err := c.Shelf.ReposOfInstallation(ctx, look.Installation)
	if err != nil {
		return err
	}
	if err := c.Shelf.SaveRepos(ctx, append(repos, gone(known, repos)...)); err != nil {
		return err
	}
	if look.OwnerDefault, err = c.ownerDefault(ctx, look, repos); err != nil {
		return err
	}
	looks := make([]store.Look, 0, len(repos))
	for _, repo := range repos {
		part := ofRepo(look, repo)
		part.Delay = delayOf(repo.RepoID, look.Spread)
		looks = append(looks, part)
	}
	return c.Queue.EnqueueLooks(ctx, looks)
}

// ownerDefault tells the version of the owner default, for a sweep. An installation has one owner.
func (c *Controller) ownerDefault(ctx context.Context, look store.Look, repos []store.RepoHint) (string, error) {
	if !look.Sweep || len(repos) == 0 {
		return "", nil
	}
	tip, err := c.Listing.OwnerDefault(ctx, look.Installation, repos[0].Owner)
	if err != nil {
		return "", fmt.Errorf("look for the owner default of %s: %w", repos[0].Owner, err)
	}
	return tip, nil
}

// delayOf is the place of a repository in the spread of a sweep, always the same, so that
// between two looks at it there is one interval.
func delayOf(repoID int64, spread time.Duration) time.Duration {
	if spread <= 0 {
		return 0
	}
	// Multiples of the golden ratio are far from each other.
	place, _ := bits.Mul64(uint64(repoID)*0x9E3779B97F4A7C15, uint64(spread)) //nolint:gosec // ids are positive, and so is the spread
	return time.Duration(place)                                               //nolint:gosec // below spread
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

// lookAtRepo looks at the open pull requests of a repository, as GitHub lists them, at those
// that are still known as open and are not listed any more, at merge groups that nobody
// told of, and at merges that still owe a sign-off.
func (c *Controller) lookAtRepo(ctx context.Context, look store.Look) error {
	row, found, err := c.Repos.Repo(ctx, look.RepoID)
	if err != nil {
		return fmt.Errorf("repository %d: %w", look.RepoID, err)
	}
	repo := store.RepoHint{Installation: look.Installation, RepoID: look.RepoID, OwnerID: look.OwnerID, Owner: look.Owner, Repo: look.Repo}
	if found {
		repo.Installation, repo.OwnerID, repo.Owner, repo.Repo = row.Installation, row.OwnerID, row.Owner, row.Repo
		if err := c.forgetLabels(ctx, repo); err != nil {
			return err
		}
	}
	// Read before the list is asked for: what opens in between is not taken for closed.
	before, err := c.Shelf.OpenPulls(ctx, repo.RepoID)
	if err != nil {
		return err
	}
	listed, groups, err := c.Listing.OpenPulls(ctx, repo)
	if err != nil {
		return fmt.Errorf("list open pull requests of %s/%s: %w", repo.Owner, repo.Repo, err)
	}
	if err := c.Shelf.KeepGroups(ctx, groups); err != nil {
		return err
	}
	chosen := c.choose(look, row, before, listed)
	if err := c.lookAtOthers(ctx, repo, before, listed); err != nil {
		return err
	}
	zerolog.Ctx(ctx).Debug().Str("repo", repo.Owner+"/"+repo.Repo).Str("why", look.Why).
		Int("open", len(listed)).Int("chosen", len(chosen)).Msg("repository looked at")
	return c.Queue.Enqueue(ctx, chosen, look.Why)
}

// choose picks those of the listed pull requests that a look concerns. A sweep leaves
// alone what is as it was settled. Where no policy is known it leaves alone what was looked at as
// it is now, but for the newest, which finds out whether a policy has come.
func (c *Controller) choose(look store.Look, repo store.RepoRow, before []store.PullRow, listed []store.PullHint) []store.PullHint {
	known := make(map[int]store.PullRow, len(before))
	for _, r := range before {
		known[r.Ref.Number] = r
	}
	var chosen []store.PullHint
	for i, h := range listed {
		h.TakesAway = look.TakesAway
		if h.Shown != "" {
			h.Shown = digest(h.Shown, look.OwnerDefault)
		}
		row := known[h.Ref.Number]
		switch {
		case look.Branch != "" && h.BaseBranch != look.Branch:
			continue
		case !look.Sweep:
			h.Shown = "" // it did not ask for the owner default
		case repo.Memory.HasPolicy():
			if settled(row, h, c.Now()) {
				continue
			}
		case i < len(listed)-1 && seen(row, h): // the newest is the last
			continue
		}
		chosen = append(chosen, h)
	}
	return chosen
}

// settled reports whether the list shows a pull request as it was when an evaluation
// found nothing to change, not too long ago.
func settled(row store.PullRow, h store.PullHint, now time.Time) bool {
	return seen(row, h) && row.Gen == row.Done && h.Shown != "" && row.Settled == h.Shown && now.Before(row.SettledUntil)
}

// seen reports whether a pull request was looked at as it is now.
func seen(row store.PullRow, h store.PullHint) bool {
	return row.Done > 0 && row.Head == h.Head && row.BaseBranch == h.BaseBranch && !h.UpdatedAt.After(row.UpdatedAt)
}

func digest(parts ...string) string {
	var text []byte
	for _, p := range parts {
		text = append(strconv.AppendInt(text, int64(len(p)), 10), ':')
		text = append(text, p...)
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}

const (
	// membershipAge is how old the answer may be that those who signed are still members
	// of their teams; a removal is told by a delivery, which may be lost.
	membershipAge = time.Hour
	// settledAge is after what time a pull request is evaluated although nothing seems to have changed.
	settledAge = 24 * time.Hour
)

// settle notes as what a pull request is settled: an evaluation that found nothing to
// change settles what a list showed before it began.
func (c *Controller) settle(s *store.Saved, d gate.Decision, row store.PullRow, steps int) {
	if steps > 0 || d.Verdict == gate.NoAnswer {
		return
	}
	age := settledAge
	if d.Verdict == gate.Signed || d.Memory.Bypass != nil {
		age = membershipAge
	}
	// Somewhat earlier, each at another time: what was settled together is not due together.
	age -= delayOf(row.Ref.RepoID*31+int64(row.Ref.Number), age/4)
	s.Settled, s.SettledUntil = row.Shown, c.Now().Add(age)
}

// lookAtOthers has pull requests looked at that the list does not show: those
// that were closed unnoticed, and merged ones that still owe a sign-off.
func (c *Controller) lookAtOthers(ctx context.Context, repo store.RepoHint, before []store.PullRow, open []store.PullHint) error {
	listed := map[int]bool{}
	for _, h := range open {
		listed[h.Ref.Number] = true
	}
	var closed, owing []store.PullHint
	for _, r := range before {
		if !listed[r.Ref.Number] {
			closed = append(closed, endedHint(repo, r))
		}
	}
	debts, err := c.Shelf.Debts(ctx, repo.RepoID)
	if err != nil {
		return err
	}
	for _, r := range debts {
		if !listed[r.Ref.Number] && (r.Gen != r.Done || !c.Now().Before(r.SettledUntil)) {
			owing = append(owing, endedHint(repo, r))
		}
	}
	return errors.Join(c.Queue.Enqueue(ctx, closed, "closed unnoticed"), c.Queue.Enqueue(ctx, owing, "sign-offs owed"))
}

// endedHint says of a pull request that it is not open.
func endedHint(repo store.RepoHint, r store.PullRow) store.PullHint {
	return store.PullHint{
		Ref:     pull.Ref{Installation: repo.Installation, RepoID: repo.RepoID, Owner: repo.Owner, Repo: repo.Repo, Number: r.Ref.Number},
		OwnerID: r.OwnerID, Head: r.Head, Closed: true, UpdatedAt: r.UpdatedAt,
	}
}
