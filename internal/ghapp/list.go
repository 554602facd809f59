package ghapp

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/go-github/v62/github"

	"github.com/slagate/slagate/internal/pull"
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

// OpenPull is an open pull request as a list shows it.
type OpenPull struct {
	Number     int
	Head       string
	BaseBranch string
	UpdatedAt  time.Time
}

// OpenPulls lists the open pull requests of a repository, oldest first, and
// says the repository's id, a hundred for one point of the limit.
func (l *Lister) OpenPulls(ctx context.Context, installation int64, owner, repo string) (repoID int64, pulls []OpenPull, err error) {
	inst, err := l.creator.installation(installation)
	if err != nil {
		return 0, nil, fmt.Errorf("listing pull requests of %s/%s: %w", owner, repo, err)
	}
	cursor := ""
	for range pagesAtMost {
		page, err := l.openPulls(ctx, inst, owner, repo, cursor)
		if err != nil {
			return 0, nil, fmt.Errorf("listing pull requests of %s/%s: %w", owner, repo, cleaned(err))
		}
		for _, n := range page.PullRequests.Nodes {
			pulls = append(pulls, OpenPull{Number: n.Number, Head: n.HeadRefOID, BaseBranch: n.BaseRefName, UpdatedAt: n.UpdatedAt.UTC()})
		}
		if !page.PullRequests.PageInfo.HasNextPage {
			return int64(page.DatabaseID), pulls, nil
		}
		cursor = page.PullRequests.PageInfo.EndCursor
	}
	return 0, nil, fmt.Errorf("listing pull requests of %s/%s: %w", owner, repo, errEndless)
}

type openPullsPage struct {
	DatabaseID   number64               `json:"databaseId"`
	PullRequests *connection[graphPull] `json:"pullRequests"`
}

func (l *Lister) openPulls(ctx context.Context, inst *installation, owner, repo, cursor string) (*openPullsPage, error) {
	q := newGraphQuery()
	q.set("owner", "String!", owner)
	q.set("name", "String!", repo)
	after := ""
	if cursor != "" {
		after = ",after:" + q.text(cursor)
	}
	q.write(`repository(owner:$owner,name:$name){databaseId pullRequests(states:OPEN,first:%d,orderBy:{field:CREATED_AT,direction:ASC}%s){`+
		`nodes{number headRefOid baseRefName updatedAt} %s}}`, perPage, after, pageOn)
	answer, err := l.creator.ask(ctx, inst, q, nil)
	if err != nil {
		return nil, err
	}
	var page openPullsPage
	found, err := answer.decode("repository", &page)
	switch {
	case err != nil:
		return nil, err
	case !found:
		return nil, ErrNotFound
	}
	return &page, page.PullRequests.whole("pull requests")
}

// QueueEntry is a pull request in a merge queue, with the commits of its group.
type QueueEntry struct {
	Number    int
	GroupHead string // the commit that the group would merge; "" while it is being made
	GroupBase string
	Head      string // of the pull request itself
}

// MergeQueue lists the entries of a branch's merge queue in their order; none
// if the branch has no queue.
// https://docs.github.com/en/graphql/reference/objects#mergequeue
func (g *Gatherer) MergeQueue(ctx context.Context, ref pull.Ref, branch string) ([]QueueEntry, error) {
	entries, err := g.mergeQueue(ctx, ref, branch)
	if err != nil {
		return nil, fmt.Errorf("merge queue of %s/%s %s: %w", ref.Owner, ref.Repo, branch, cleaned(err))
	}
	return entries, nil
}

func (g *Gatherer) mergeQueue(ctx context.Context, ref pull.Ref, branch string) ([]QueueEntry, error) {
	inst, err := g.creator.installation(ref.Installation)
	if err != nil {
		return nil, err
	}
	var out []QueueEntry
	cursor := ""
	for range pagesAtMost {
		page, err := g.queuePage(ctx, inst, ref, branch, cursor)
		if err != nil || page == nil {
			return nil, err
		}
		for _, n := range page.Nodes {
			out = append(out, n.entry())
		}
		if !page.PageInfo.HasNextPage {
			return out, nil
		}
		cursor = page.PageInfo.EndCursor
	}
	return nil, errEndless
}

type graphQueueEntry struct {
	HeadCommit  *oidNode   `json:"headCommit"`
	BaseCommit  *oidNode   `json:"baseCommit"`
	PullRequest *graphPull `json:"pullRequest"`
}

func (e *graphQueueEntry) entry() QueueEntry {
	var out QueueEntry
	if e.HeadCommit != nil {
		out.GroupHead = e.HeadCommit.OID
	}
	if e.BaseCommit != nil {
		out.GroupBase = e.BaseCommit.OID
	}
	if e.PullRequest != nil {
		out.Number, out.Head = e.PullRequest.Number, e.PullRequest.HeadRefOID
	}
	return out
}

// queuePage is one page of the queue; nil if the branch has none.
func (g *Gatherer) queuePage(ctx context.Context, inst *installation, ref pull.Ref, branch, cursor string) (*connection[graphQueueEntry], error) {
	q := newGraphQuery()
	q.set("owner", "String!", ref.Owner)
	q.set("name", "String!", ref.Repo)
	after := ""
	if cursor != "" {
		after = ",after:" + q.text(cursor)
	}
	q.write(`repository(owner:$owner,name:$name){databaseId mergeQueue(branch:%s){entries(first:%d%s){`+
		`nodes{headCommit{oid} baseCommit{oid} pullRequest{number headRefOid}} %s}}}`, q.text(branch), perPage, after, pageOn)
	answer, err := g.creator.ask(ctx, inst, q, nil)
	if err != nil {
		return nil, err
	}
	if err := sameRepository(answer, ref); err != nil {
		return nil, err
	}
	var repo struct {
		MergeQueue *struct {
			Entries *connection[graphQueueEntry] `json:"entries"`
		} `json:"mergeQueue"`
	}
	if _, err := answer.decode("repository", &repo); err != nil {
		return nil, err
	}
	if repo.MergeQueue == nil {
		return nil, nil
	}
	return repo.MergeQueue.Entries, repo.MergeQueue.Entries.whole("entries of the merge queue")
}
