package ghapp

import (
	"context"
	"errors"
	"fmt"

	"github.com/google/go-github/v62/github"
)

// App is slagate's own app at GitHub.
type App struct {
	ID   int64
	Slug string // its bot's login, without "[bot]"
	Name string
}

// App asks GitHub, as the app itself, who the app is; the answer is kept.
func (c *Creator) App(ctx context.Context) (App, error) {
	c.naming.Lock()
	defer c.naming.Unlock()
	if c.name.Slug != "" {
		return c.name, nil
	}
	app, _, err := c.app.rest.Apps.Get(ctx, "")
	if err != nil {
		return App{}, fmt.Errorf("asking who the app is: %w", explain(err))
	}
	if app.GetSlug() == "" {
		return App{}, errors.New("asking who the app is: GitHub named no slug")
	}
	c.name = App{ID: app.GetID(), Slug: app.GetSlug(), Name: app.GetName()}
	return c.name, nil
}

// Lister lists what there is to look at. It is safe for concurrent use.
type Lister struct {
	creator *Creator
}

// NewLister makes a Lister.
func NewLister(c *Creator) *Lister { return &Lister{creator: c} }

// App says who the app is.
func (l *Lister) App(ctx context.Context) (App, error) { return l.creator.App(ctx) }

// Installation is an account that installed the app.
type Installation struct {
	ID        int64
	OwnerID   int64
	Owner     string
	OwnerKind string // User or Organization
	Suspended bool
}

// Installations lists all installations of the app.
func (l *Lister) Installations(ctx context.Context) ([]Installation, error) {
	var out []Installation
	err := allPages(func(opts *github.ListOptions) (*github.Response, error) {
		listed, resp, err := l.creator.app.rest.Apps.ListInstallations(ctx, opts)
		for _, i := range listed {
			out = append(out, Installation{
				ID: i.GetID(), OwnerID: i.GetAccount().GetID(), Owner: i.GetAccount().GetLogin(),
				OwnerKind: i.GetAccount().GetType(), Suspended: i.SuspendedAt != nil,
			})
		}
		return resp, err
	})
	if err != nil {
		return nil, fmt.Errorf("listing installations: %w", err)
	}
	return out, nil
}

// Repository is a repository that an installation can reach.
type Repository struct {
	ID            int64
	OwnerID       int64
	Owner, Name   string
	DefaultBranch string
	Private       bool
	Archived      bool
}

// Repositories lists the repositories of an installation.
func (l *Lister) Repositories(ctx context.Context, installation int64) ([]Repository, error) {
	inst, err := l.creator.installation(installation)
	if err != nil {
		return nil, fmt.Errorf("listing repositories: %w", err)
	}
	var out []Repository
	err = allPages(func(opts *github.ListOptions) (*github.Response, error) {
		listed, resp, err := inst.rest.Apps.ListRepos(ctx, opts)
		if listed != nil {
			for _, r := range listed.Repositories {
				out = append(out, Repository{
					ID: r.GetID(), OwnerID: r.GetOwner().GetID(), Owner: r.GetOwner().GetLogin(), Name: r.GetName(),
					DefaultBranch: r.GetDefaultBranch(), Private: r.GetPrivate(), Archived: r.GetArchived(),
				})
			}
		}
		return resp, err
	})
	if err != nil {
		return nil, fmt.Errorf("listing repositories of installation %d: %w", installation, err)
	}
	return out, nil
}

// allPages calls list for every page.
func allPages(list func(*github.ListOptions) (*github.Response, error)) error {
	opts := &github.ListOptions{PerPage: perPage}
	for range pagesAtMost {
		resp, err := list(opts)
		if err != nil {
			return explain(err)
		}
		if resp.NextPage == 0 {
			return nil
		}
		opts.Page = resp.NextPage
	}
	return errEndless
}
