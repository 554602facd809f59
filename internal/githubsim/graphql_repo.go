package githubsim

import (
	"strings"

	graphql "github.com/graph-gophers/graphql-go"
)

// gqlRepo is a repository.
type gqlRepo struct {
	c *call
	r *Repo
}

// ID is the global id.
func (g *gqlRepo) ID() graphql.ID { return graphql.ID(g.r.NodeID) }

// DatabaseID is REST's id.
func (g *gqlRepo) DatabaseID() *int32 { return number32(g.r.ID) }

// Name is the name without the owner.
func (g *gqlRepo) Name() string { return g.r.name }

// NameWithOwner is owner/name.
func (g *gqlRepo) NameWithOwner() string { return g.r.fullName() }

// IsPrivate tells whether not everybody may read it.
func (g *gqlRepo) IsPrivate() bool { return g.r.private }

// IsArchived tells whether it is read-only.
func (g *gqlRepo) IsArchived() bool { return g.r.archived }

// IsFork tells whether it is a fork.
func (g *gqlRepo) IsFork() bool { return g.r.fork != nil }

// Owner is the account that has it.
func (g *gqlRepo) Owner() *gqlAccount { return actor(g.c, g.r.owner) }

// URL is its page.
func (g *gqlRepo) URL() stringish { return stringish(g.c.s.web("%s", g.r.fullName())) }

// DefaultBranchRef is the default branch; null while the repository is empty.
func (g *gqlRepo) DefaultBranchRef() (*gqlRef, error) { return branchRef(g.c, g.r, g.r.main) }

// Ref is a branch.
func (g *gqlRepo) Ref(args struct{ QualifiedName string }) (*gqlRef, error) {
	return branchRef(g.c, g.r, strings.TrimPrefix(args.QualifiedName, "refs/heads/"))
}

// Object is a git object by id or by an expression: a branch, a commit, or
// either with ":path".
func (g *gqlRepo) Object(args struct {
	Expression *string
	OID        *stringish
},
) (*gqlObject, error) {
	if err := g.c.allowed("contents:read"); err != nil {
		return nil, err
	}
	oid := ""
	switch {
	case args.OID != nil:
		oid = string(*args.OID)
	case args.Expression != nil:
		ref, path, inTree := strings.Cut(*args.Expression, ":")
		oid = g.r.resolve(ref)
		if inTree {
			e := g.r.objects.find(g.r.objects.tree(oid), strings.Trim(path, "/"))
			if e == nil {
				return nil, nil // GitHub answers null without an error
			}
			oid = e.OID
		}
	}
	return gitObject(g.c, g.r, oid), nil
}

// Label is a label by name.
func (g *gqlRepo) Label(args struct{ Name string }) (*gqlLabel, error) {
	if err := g.c.allowed("issues:read", "pull_requests:read"); err != nil {
		return nil, err
	}
	l := g.r.label(args.Name)
	if l == nil {
		return nil, nil // GitHub answers null without an error
	}
	return newLabel(l), nil
}

// Labels are the repository's labels.
func (g *gqlRepo) Labels(args struct {
	pageArgs
	Query *string
},
) (*conn[gqlLabel], error) {
	if err := g.c.allowed("issues:read", "pull_requests:read"); err != nil {
		return nil, err
	}
	var all []*Label
	for _, l := range g.r.labels {
		if args.Query == nil || strings.Contains(strings.ToLower(l.Name), strings.ToLower(*args.Query)) {
			all = append(all, l)
		}
	}
	return connect("labels", args.pageArgs, all, func(l *Label) gqlLabel { return *newLabel(l) })
}

// PullRequest is a pull request by number.
func (g *gqlRepo) PullRequest(args struct{ Number int32 }) (*gqlPull, error) {
	if err := g.c.allowed("pull_requests:read"); err != nil {
		return nil, err
	}
	p := g.r.pull(int(args.Number))
	if p == nil {
		return nil, missing("Could not resolve to a PullRequest with the number of %d.", args.Number)
	}
	return newPull(g.c, p), nil
}

type orderArgs struct{ Direction, Field string }

// PullRequests are the pull requests, oldest first unless ordered otherwise.
func (g *gqlRepo) PullRequests(args struct {
	pageArgs
	BaseRefName, HeadRefName *string
	Labels                   *[]string
	OrderBy                  *orderArgs
	States                   *[]string
},
) (*conn[gqlPull], error) {
	if err := g.c.allowed("pull_requests:read"); err != nil {
		return nil, err
	}
	var all []*Pull
	for _, p := range g.r.pulls {
		p = g.c.see(p)
		switch {
		case args.BaseRefName != nil && *args.BaseRefName != p.base:
		case args.HeadRefName != nil && *args.HeadRefName != p.headName:
		case args.States != nil && !contains(*args.States, pullStateName(p)):
		case args.Labels != nil && !p.hasAny(*args.Labels):
		default:
			all = append(all, p)
		}
	}
	order(all, args.OrderBy)
	return connect("pullRequests", args.pageArgs, all, func(p *Pull) gqlPull { return *newPull(g.c, p) })
}

// MergeQueue is a branch's merge queue, null if it has none.
func (g *gqlRepo) MergeQueue(args struct{ Branch *string }) (*gqlQueue, error) {
	if err := g.c.allowed("merge_queues:read", "pull_requests:read"); err != nil {
		return nil, err
	}
	branch := g.r.main
	if args.Branch != nil {
		branch = *args.Branch
	}
	if g.r.queues[branch] == nil {
		return nil, nil // GitHub answers null without an error
	}
	return &gqlQueue{g.c, g.r, branch}, nil
}

// Collaborators are the people with access that was given to them.
func (g *gqlRepo) Collaborators(args struct {
	pageArgs
	Affiliation  *string
	Login, Query *string
},
) (*collaborators, error) {
	var all []*User
	for _, u := range g.c.s.sortedUsers() {
		direct := g.r.roles[u.ID] > RoleNone
		org := g.c.s.orgOf(g.r.owner)
		outside := direct && (org == nil || !hasKey(org.members, u.ID))
		switch {
		case u.Kind != KindUser || !g.c.s.collaborates(g.r, u):
		case args.Affiliation != nil && (*args.Affiliation == "DIRECT" && !direct || *args.Affiliation == "OUTSIDE" && !outside):
		case args.Login != nil && !strings.EqualFold(*args.Login, u.login):
		case args.Query != nil && !strings.Contains(strings.ToLower(u.login), strings.ToLower(*args.Query)):
		default:
			all = append(all, u)
		}
	}
	c, err := connect("collaborators", args.pageArgs, all, func(u *User) gqlUser { return *newUser(g.c, u) })
	if err != nil {
		return nil, err
	}
	return &collaborators{c, g.r}, nil
}

// collaborators is a page of people with their permissions.
type collaborators struct {
	page *conn[gqlUser]
	r    *Repo
}

// Nodes are the people.
func (c *collaborators) Nodes() *[]*gqlUser { return c.page.Nodes() }

// PageInfo tells where the page stands.
func (c *collaborators) PageInfo() pageInfo { return c.page.PageInfo() }

// TotalCount is the number of all.
func (c *collaborators) TotalCount() int32 { return c.page.TotalCount }

type collaboratorEdge struct {
	Cursor     string
	Node       *gqlUser
	Permission string
}

// Edges are the people with their permissions.
func (c *collaborators) Edges() *[]*collaboratorEdge {
	var out []*collaboratorEdge
	for _, e := range *c.page.Edges() {
		out = append(out, &collaboratorEdge{e.Cursor, e.Node, strings.ToUpper(c.r.role(e.Node.u).String())})
	}
	return &out
}

// gqlLabel is a label as it is now.
type gqlLabel struct {
	ID          graphql.ID
	Name        string
	Color       string
	Description *string
	CreatedAt   *dateTime
}

func newLabel(l *Label) *gqlLabel {
	return &gqlLabel{graphql.ID(l.NodeID), l.Name, l.Color, textOrNull(l.Description), nil}
}

// gqlQueue is a merge queue.
type gqlQueue struct {
	c      *call
	r      *Repo
	branch string
}

// ID is the global id.
func (q *gqlQueue) ID() graphql.ID { return graphql.ID("MQ_" + q.r.NodeID + q.branch) }

// URL is the queue's page.
func (q *gqlQueue) URL() stringish {
	return stringish(q.c.s.web("%s/queue/%s", q.r.fullName(), q.branch))
}

// NextEntryEstimatedTimeToMerge is not known here.
func (q *gqlQueue) NextEntryEstimatedTimeToMerge() *int32 { return nil }

// Entries are the entries, the front first.
func (q *gqlQueue) Entries(args pageArgs) (*conn[gqlQueueEntry], error) {
	type placed struct {
		n int
		e *QueueEntry
	}
	var all []placed
	for i, e := range q.r.queues[q.branch] {
		all = append(all, placed{i + 1, e})
	}
	return connect("entries", args, all, func(x placed) gqlQueueEntry { return *newQueueEntry(q.c, x.e, x.n) })
}

func newQueueEntry(c *call, e *QueueEntry, position int) *gqlQueueEntry {
	r, state := e.Pull.repo, "AWAITING_CHECKS"
	if r.checksPass(e.Pull.base, e.Head, nil) == nil {
		state = "MERGEABLE"
	}
	return &gqlQueueEntry{
		ID: graphql.ID(e.NodeID), HeadCommit: commitOf(c, r, e.Head), BaseCommit: commitOf(c, r, e.Base), Position: count32(position),
		PullRequest: newPull(c, e.Pull), State: state, EnqueuedAt: dateTime{e.At}, Enqueuer: actor(c, e.By),
	}
}

// gqlQueueEntry is an entry of a merge queue.
type gqlQueueEntry struct {
	ID          graphql.ID
	HeadCommit  *gqlCommit
	BaseCommit  *gqlCommit
	Position    int32
	PullRequest *gqlPull
	State       string
	EnqueuedAt  dateTime
	Enqueuer    *gqlAccount
	Jump, Solo  bool
}
