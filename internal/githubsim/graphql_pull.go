package githubsim

import (
	"slices"
	"strconv"
	"strings"

	graphql "github.com/graph-gophers/graphql-go"
)

func pullStateName(p *Pull) string {
	switch {
	case p.merged:
		return "MERGED"
	case p.open:
		return "OPEN"
	default:
		return "CLOSED"
	}
}

func contains(list []string, s string) bool { return slices.Contains(list, s) }

func (p *Pull) hasAny(names []string) bool {
	return slices.ContainsFunc(p.labels, func(l *Label) bool {
		return slices.ContainsFunc(names, func(n string) bool { return strings.EqualFold(n, l.Name) })
	})
}

func (t *Team) has(u *User) bool { return slices.Contains(t.members, u) && !t.pending[u.ID] }

// sortedUsers lists all accounts by id.
func (s *Server) sortedUsers() []*User {
	out := make([]*User, 0, len(s.accounts))
	for _, u := range s.accounts {
		out = append(out, u)
	}
	slices.SortFunc(out, func(a, b *User) int { return int(a.ID - b.ID) })
	return out
}

func order(pulls []*Pull, by *orderArgs) {
	if by == nil {
		return
	}
	if by.Field == "UPDATED_AT" {
		slices.SortStableFunc(pulls, func(a, b *Pull) int { return a.updated.Compare(b.updated) })
	}
	if by.Direction == "DESC" {
		slices.Reverse(pulls)
	}
}

// gqlPull is a pull request.
type gqlPull struct {
	ID                graphql.ID
	DatabaseID        *int32
	FullDatabaseID    *stringish
	Number            int32
	Title             string
	Body              string
	BodyText          string
	URL               stringish
	State             string
	Closed            bool
	ClosedAt          *dateTime
	IsDraft           bool
	Merged            bool
	MergedAt          *dateTime
	IsCrossRepository bool
	CreatedAt         dateTime
	UpdatedAt         dateTime
	LastEditedAt      *dateTime
	BaseRefName       string
	BaseRefOID        stringish
	HeadRefName       string
	HeadRefOID        stringish
	IsInMergeQueue    bool
	AuthorAssociation string
	ReviewDecision    *string
	c                 *call
	p                 *Pull
}

func newPull(c *call, p *Pull) *gqlPull {
	p = c.see(p)
	full := stringish(strconv.FormatInt(p.ID, 10))
	g := &gqlPull{
		ID: graphql.ID(p.NodeID), DatabaseID: number32(p.ID), FullDatabaseID: &full, Number: count32(p.Number), Title: p.title, Body: p.body, BodyText: p.body,
		URL: stringish(c.s.web("%s/pull/%d", p.repo.fullName(), p.Number)), State: pullStateName(p), Closed: !p.open, ClosedAt: dateOrNull(p.closed),
		IsDraft: p.draft, Merged: p.merged, IsCrossRepository: p.crossRepo(), CreatedAt: dateTime{p.created}, UpdatedAt: dateTime{p.updated},
		BaseRefName: p.base, BaseRefOID: stringish(p.baseSHA), HeadRefName: p.headName, HeadRefOID: stringish(p.headSHA), IsInMergeQueue: p.queued,
		AuthorAssociation: c.s.association(p.repo, p.author), c: c, p: p,
	}
	if p.merged {
		g.MergedAt = g.ClosedAt
	}
	return g
}

// Author is who opened it; null for a deleted account.
func (g *gqlPull) Author() *gqlAccount { return actor(g.c, g.p.author) }

// MergedBy is who merged it.
func (g *gqlPull) MergedBy() *gqlAccount { return actor(g.c, g.p.mergedBy) }

// MergeCommit is the commit that merged it.
func (g *gqlPull) MergeCommit() *gqlCommit { return commitOf(g.c, g.p.repo, g.p.mergeCommit) }

// BaseRef is the base branch as it is now; null if it is gone.
func (g *gqlPull) BaseRef() (*gqlRef, error) { return branchRef(g.c, g.p.repo, g.p.base) }

// HeadRef is the head branch as it is now; null if it is gone.
func (g *gqlPull) HeadRef() (*gqlRef, error) {
	if g.p.head == nil {
		return nil, nil // GitHub answers null without an error
	}
	return branchRef(g.c, g.p.head, g.p.headName)
}

// HeadRepository is the repository of the head; null if it is gone.
func (g *gqlPull) HeadRepository() *gqlRepo {
	if g.p.head == nil {
		return nil
	}
	return &gqlRepo{g.c, g.p.head}
}

// HeadRepositoryOwner is its owner.
func (g *gqlPull) HeadRepositoryOwner() *gqlAccount {
	if g.p.head == nil {
		return nil
	}
	return actor(g.c, g.p.head.owner)
}

// BaseRepository is the repository it wants to change.
func (g *gqlPull) BaseRepository() *gqlRepo { return g.Repository() }

// Repository is the repository it belongs to.
func (g *gqlPull) Repository() *gqlRepo { return &gqlRepo{g.c, g.p.repo} }

// ChangedFiles is the number of changed files, beyond any limit of lists.
func (g *gqlPull) ChangedFiles() int32 { return count32(len(g.p.files())) }

// Additions are the lines added.
func (g *gqlPull) Additions() int32 {
	n := 0
	for _, f := range g.p.files() {
		n += f.Added
	}
	return count32(n)
}

// Deletions are the lines deleted.
func (g *gqlPull) Deletions() int32 {
	n := 0
	for _, f := range g.p.files() {
		n += f.Deleted
	}
	return count32(n)
}

// MergeQueueEntry is its place in the merge queue; null if it is in none.
func (g *gqlPull) MergeQueueEntry() (*gqlQueueEntry, error) {
	if err := g.c.allowed("merge_queues:read", "pull_requests:read"); err != nil {
		return nil, err
	}
	for i, e := range g.p.repo.queues[g.p.base] {
		if e.Pull.ID == g.p.ID {
			return newQueueEntry(g.c, e, i+1), nil
		}
	}
	return nil, nil // GitHub answers null without an error
}

// Mergeable tells whether it merges without conflict.
func (g *gqlPull) Mergeable() string {
	if !g.p.open {
		return "UNKNOWN"
	}
	if g.p.conflicts(g.p.baseTip()) {
		return "CONFLICTING"
	}
	return "MERGEABLE"
}

// Labels are the labels on it.
func (g *gqlPull) Labels(args pageArgs) (*conn[gqlLabel], error) {
	return connect("labels", args, g.p.labels, func(l *Label) gqlLabel { return *newLabel(l) })
}

// Comments are the comments, oldest first.
func (g *gqlPull) Comments(args pageArgs) (*conn[gqlComment], error) {
	return connect("comments", args, g.p.comments, func(x *Comment) gqlComment { return *newComment(g.c, x) })
}

// Reviews are the reviews, oldest first.
func (g *gqlPull) Reviews(args struct {
	pageArgs
	Author *string
	States *[]string
},
) (*conn[gqlReview], error) {
	var all []*Review
	for _, v := range g.p.reviews {
		if (args.Author == nil || strings.EqualFold(*args.Author, v.Author.login)) && (args.States == nil || contains(*args.States, v.State)) {
			all = append(all, v)
		}
	}
	return connect("reviews", args.pageArgs, all, func(v *Review) gqlReview { return *newReview(g.c, g.p, v) })
}

// Files are the changed files. GraphQL does not tell the former path of a
// renamed one, and stops at the same limit as REST.
func (g *gqlPull) Files(args pageArgs) (*conn[gqlFile], error) {
	all := g.p.files()
	return connect("files", args, all[:min(len(all), maxFiles)], func(f *change) gqlFile {
		kind := strings.ToUpper(f.Status)
		if kind == "REMOVED" {
			kind = "DELETED"
		}
		return gqlFile{count32(f.Added), count32(f.Deleted), kind, f.Path}
	})
}

// gqlFile is a changed file.
type gqlFile struct {
	Additions, Deletions int32
	ChangeType           string
	Path                 string
}

// Commits are the pull request's commits, oldest first, 250 at most.
func (g *gqlPull) Commits(args pageArgs) (*conn[gqlPullCommit], error) {
	all := g.p.commits()
	page, err := connect("commits", args, all[:min(len(all), maxCommits)], func(k *commit) gqlPullCommit {
		return gqlPullCommit{graphql.ID("PURC_" + k.OID), commitOf(g.c, g.p.repo, k.OID), stringish(g.c.s.web("%s/pull/%d/commits/%s", g.p.repo.fullName(), g.p.Number, k.OID))}
	})
	if page != nil {
		page.TotalCount = count32(len(all))
	}
	return page, err
}

// gqlPullCommit is a commit of a pull request.
type gqlPullCommit struct {
	ID     graphql.ID
	Commit *gqlCommit
	URL    stringish
}

// StatusCheckRollup is the state of the head; null if nothing was posted.
func (g *gqlPull) StatusCheckRollup() (*gqlRollup, error) {
	return commitOf(g.c, g.p.repo, g.p.headSHA).StatusCheckRollup()
}

// gqlComment is a comment.
type gqlComment struct {
	ID                  graphql.ID
	DatabaseID          *int32
	FullDatabaseID      *stringish
	Body                string
	CreatedAt           dateTime
	UpdatedAt           dateTime
	LastEditedAt        *dateTime
	Author              *gqlAccount
	Editor              *gqlAccount
	IsMinimized         bool
	URL                 stringish
	IncludesCreatedEdit bool
	ViewerDidAuthor     bool
}

func newComment(c *call, x *Comment) *gqlComment {
	full := stringish(strconv.FormatInt(x.ID, 10))
	return &gqlComment{
		ID: graphql.ID(x.NodeID), DatabaseID: number32(x.ID), FullDatabaseID: &full, Body: x.Body, CreatedAt: dateTime{x.Created}, UpdatedAt: dateTime{x.Updated},
		LastEditedAt: dateOrNull(x.EditedAt), Author: actor(c, x.Author), Editor: actor(c, x.Editor), URL: stringish(c.s.commentURL(x)),
		IncludesCreatedEdit: !x.EditedAt.IsZero(), ViewerDidAuthor: x.Author == c.s.app,
	}
}

// gqlReview is a review.
type gqlReview struct {
	ID                graphql.ID
	DatabaseID        *int32
	FullDatabaseID    *stringish
	State             string
	Body              string
	Author            *gqlAccount
	AuthorAssociation string
	SubmittedAt       *dateTime
	CreatedAt         dateTime
	Commit            *gqlCommit
	URL               stringish
}

func newReview(c *call, p *Pull, v *Review) *gqlReview {
	full := stringish(strconv.FormatInt(v.ID, 10))
	return &gqlReview{
		ID: graphql.ID(v.NodeID), DatabaseID: number32(v.ID), FullDatabaseID: &full, State: v.State, Body: v.Body, Author: actor(c, v.Author),
		AuthorAssociation: c.s.association(p.repo, v.Author), SubmittedAt: dateOrNull(v.Submitted), CreatedAt: dateTime{v.Submitted},
		Commit: commitOf(c, p.repo, v.Commit), URL: stringish(c.s.web("%s/pull/%d#pullrequestreview-%d", p.repo.fullName(), p.Number, v.ID)),
	}
}
