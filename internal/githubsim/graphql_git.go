package githubsim

import (
	"path"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	graphql "github.com/graph-gophers/graphql-go"
)

// gqlRef is a branch.
type gqlRef struct {
	ID     graphql.ID
	Name   string
	Prefix string
	Target *gqlObject
}

func branchRef(c *call, r *Repo, name string) (*gqlRef, error) {
	if err := c.allowed("contents:read"); err != nil {
		return nil, err
	}
	sha := r.branches[name]
	if sha == "" {
		return nil, nil // GitHub answers null without an error
	}
	return &gqlRef{graphql.ID("REF_" + r.NodeID + name), name, "refs/heads/", gitObject(c, r, sha)}, nil
}

// gqlObject is a git object of any kind.
type gqlObject struct {
	ID             graphql.ID
	OID            stringish
	AbbreviatedOID string
	blob           *gqlBlob
	tree           *gqlTree
	commit         *gqlCommit
}

// gitObject finds an object by id; null if the repository does not have it.
func gitObject(c *call, r *Repo, oid string) *gqlObject {
	if len(oid) < 7 {
		return nil
	}
	o := &gqlObject{graphql.ID("G_" + oid), stringish(oid), oid[:7], nil, nil, nil}
	g := r.objects
	if text, ok := g.blobs[oid]; ok {
		o.blob = newBlob(o, text)
		return o
	}
	if _, ok := g.trees[oid]; ok {
		o.tree = &gqlTree{o.ID, o.OID, o.AbbreviatedOID, c, r, ""}
		return o
	}
	if o.commit = commitOf(c, r, oid); o.commit != nil {
		return o
	}
	return nil
}

// ToBlob is the object if it is a blob.
func (o *gqlObject) ToBlob() (*gqlBlob, bool) { return o.blob, o.blob != nil }

// ToTree is the object if it is a tree.
func (o *gqlObject) ToTree() (*gqlTree, bool) { return o.tree, o.tree != nil }

// ToCommit is the object if it is a commit.
func (o *gqlObject) ToCommit() (*gqlCommit, bool) { return o.commit, o.commit != nil }

// gqlBlob is a blob. Its text is null when it is binary, cut when it is large.
type gqlBlob struct {
	ID             graphql.ID
	OID            stringish
	AbbreviatedOID string
	ByteSize       int32
	IsBinary       *bool
	IsTruncated    bool
	Text           *string
}

// maxText is the size above which GraphQL truncates a blob's text; it is what
// GitHub was seen to do, its documentation names no number.
const maxText = 512_000

func newBlob(o *gqlObject, text string) *gqlBlob {
	binary := isBinary(text) || !utf8.ValidString(text)
	b := &gqlBlob{ID: o.ID, OID: o.OID, AbbreviatedOID: o.AbbreviatedOID, ByteSize: count32(len(text)), IsBinary: &binary}
	if !binary {
		if len(text) > maxText {
			b.IsTruncated = true
			text = strings.ToValidUTF8(text[:maxText], "")
		}
		b.Text = &text
	}
	return b
}

// gqlTree is a tree.
type gqlTree struct {
	ID             graphql.ID
	OID            stringish
	AbbreviatedOID string
	c              *call
	r              *Repo
	path           string
}

// Entries are the tree's entries.
func (t *gqlTree) Entries() *[]*gqlTreeEntry {
	out := []*gqlTreeEntry{}
	for _, e := range t.r.objects.trees[string(t.OID)] {
		out = append(out, newTreeEntry(t.c, t.r, e, path.Join(t.path, e.Name)))
	}
	return &out
}

// gqlTreeEntry is an entry of a tree. Its mode is a decimal number of git's
// octal one: 33188 is 100644.
type gqlTreeEntry struct {
	Extension   *string
	Mode        int32
	Name        string
	OID         stringish
	Path        *string
	Size        int32
	Type        string
	IsGenerated bool
	c           *call
	r           *Repo
}

func newTreeEntry(c *call, r *Repo, e *entry, name string) *gqlTreeEntry {
	mode, err := strconv.ParseInt(e.Mode, 8, 32)
	if err != nil {
		mode = 0
	}
	extension := path.Ext(name)
	return &gqlTreeEntry{
		Extension: &extension, Mode: count32(int(mode)), Name: path.Base(name), OID: stringish(e.OID), Path: &name,
		Size: count32(len(r.objects.blobs[e.OID])), Type: e.kind(), c: c, r: r,
	}
}

// Object is what the entry stands for; null for a submodule.
func (e *gqlTreeEntry) Object() *gqlObject {
	o := gitObject(e.c, e.r, string(e.OID))
	if o != nil && o.tree != nil && e.Path != nil {
		o.tree.path = *e.Path
	}
	return o
}

// gqlCommit is a commit.
type gqlCommit struct {
	ID              graphql.ID
	OID             stringish
	AbbreviatedOID  string
	Message         string
	MessageHeadline string
	CommittedDate   dateTime
	AuthoredDate    dateTime
	c               *call
	r               *Repo
	k               *commit
}

func commitOf(c *call, r *Repo, oid string) *gqlCommit {
	k := r.objects.commits[oid]
	if k == nil {
		return nil
	}
	return &gqlCommit{
		ID: graphql.ID("C_" + oid), OID: stringish(oid), AbbreviatedOID: oid[:7], Message: k.Message, MessageHeadline: firstLine(k.Message),
		CommittedDate: dateTime{k.At}, AuthoredDate: dateTime{k.At}, c: c, r: r, k: k,
	}
}

// Tree is the commit's tree.
func (g *gqlCommit) Tree() *gqlTree { return gitObject(g.c, g.r, g.k.Tree).tree }

// File is the entry of a path, null if it is not there.
func (g *gqlCommit) File(args struct{ Path string }) *gqlTreeEntry {
	e := g.r.objects.find(g.k.Tree, strings.Trim(args.Path, "/"))
	if e == nil {
		return nil
	}
	return newTreeEntry(g.c, g.r, e, args.Path)
}

// Parents are the commits it follows.
func (g *gqlCommit) Parents(args pageArgs) (*conn[gqlCommit], error) {
	return connect("parents", args, g.k.Parents, func(oid string) gqlCommit { return *commitOf(g.c, g.r, oid) })
}

// gqlGitActor is an author or a committer, with the account if there is one.
type gqlGitActor struct {
	Date  *stringish
	Email *string
	Name  *string
	User  *gqlUser
}

func gitActor(c *call, u *User, at time.Time) *gqlGitActor {
	date, email, name := stringish(at.Format(time.RFC3339)), u.login+"@users.noreply.github.test", u.login
	a := &gqlGitActor{&date, &email, &name, nil}
	if u.Kind == KindUser && !u.deleted {
		a.User = newUser(c, u)
	}
	return a
}

// Author is who wrote the change.
func (g *gqlCommit) Author() *gqlGitActor { return gitActor(g.c, g.k.Author, g.k.At) }

// Committer is who made the commit.
func (g *gqlCommit) Committer() *gqlGitActor { return gitActor(g.c, g.k.Committer, g.k.At) }

func (g *gqlCommit) changed() (added, deleted int32) {
	before := ""
	if len(g.k.Parents) > 0 {
		before = g.r.objects.tree(g.k.Parents[0])
	}
	for _, d := range g.r.objects.diff(before, g.k.Tree) {
		added += count32(d.Added)
		deleted += count32(d.Deleted)
	}
	return added, deleted
}

// Additions are the lines added.
func (g *gqlCommit) Additions() int32 {
	added, _ := g.changed()
	return added
}

// Deletions are the lines deleted.
func (g *gqlCommit) Deletions() int32 {
	_, deleted := g.changed()
	return deleted
}

// AssociatedPullRequests are the pull requests that have the commit.
func (g *gqlCommit) AssociatedPullRequests(args pageArgs) (*conn[gqlPull], error) {
	var all []*Pull
	for _, p := range g.r.pulls {
		for _, k := range p.commits() {
			if k == g.k {
				all = append(all, p)
			}
		}
	}
	return connect("associatedPullRequests", args, all, func(p *Pull) gqlPull { return *newPull(g.c, p) })
}

// Status is the commit's statuses, null if it has none.
func (g *gqlCommit) Status() (*gqlStatus, error) {
	if err := g.c.allowed("statuses:read"); err != nil {
		return nil, err
	}
	all := g.r.latest(g.k.OID)
	if len(all) == 0 {
		return nil, nil // GitHub answers null without an error
	}
	return &gqlStatus{graphql.ID("S_" + g.k.OID), strings.ToUpper(combined(all)), g.c, g.r, all}, nil
}

// StatusCheckRollup is the same with check runs, of which there are none here.
func (g *gqlCommit) StatusCheckRollup() (*gqlRollup, error) {
	st, err := g.Status()
	if st == nil || err != nil {
		return nil, err
	}
	return &gqlRollup{graphql.ID("SCR_" + g.k.OID), st.State, st}, nil
}

// gqlStatus is the newest status of each context.
type gqlStatus struct {
	ID    graphql.ID
	State string
	c     *call
	r     *Repo
	all   []*Status
}

// Context is one context, null if it was never posted.
func (g *gqlStatus) Context(args struct{ Name string }) *gqlContext {
	for _, st := range g.all {
		if strings.EqualFold(st.Context, args.Name) {
			return newContext(g.c, g.r, st)
		}
	}
	return nil
}

// Contexts are all contexts.
func (g *gqlStatus) Contexts() []*gqlContext {
	out := []*gqlContext{}
	for _, st := range g.all {
		out = append(out, newContext(g.c, g.r, st))
	}
	return out
}

// gqlContext is a status.
type gqlContext struct {
	ID          graphql.ID
	Context     string
	State       string
	Description *string
	TargetURL   *stringish
	Creator     *gqlAccount
	CreatedAt   dateTime
	c           *call
	r           *Repo
	st          *Status
}

func newContext(c *call, r *Repo, st *Status) *gqlContext {
	g := &gqlContext{
		ID: graphql.ID(st.NodeID), Context: st.Context, State: strings.ToUpper(st.State), Description: textOrNull(st.Description),
		Creator: actor(c, st.Creator), CreatedAt: dateTime{st.At}, c: c, r: r, st: st,
	}
	if st.TargetURL != "" {
		url := stringish(st.TargetURL)
		g.TargetURL = &url
	}
	return g
}

// Commit is the commit that has the status.
func (g *gqlContext) Commit() *gqlCommit { return commitOf(g.c, g.r, g.st.SHA) }

// IsRequired tells whether the context is required on the base of a pull request.
func (g *gqlContext) IsRequired(args struct {
	PullRequestID     *graphql.ID
	PullRequestNumber *int32
},
) (bool, error) {
	for _, p := range g.r.pulls {
		byNumber := args.PullRequestNumber != nil && int(*args.PullRequestNumber) == p.Number
		byID := args.PullRequestID != nil && string(*args.PullRequestID) == p.NodeID
		if !byNumber && !byID {
			continue
		}
		for _, need := range g.r.needs(p.base) {
			if strings.EqualFold(need.Context, g.Context) {
				return true, nil
			}
		}
		return false, nil
	}
	return false, missing("Could not resolve to a PullRequest.")
}

// gqlRollup is the combined state of a commit.
type gqlRollup struct {
	ID    graphql.ID
	State string
	st    *gqlStatus
}

// Contexts are the statuses.
func (g *gqlRollup) Contexts(args pageArgs) (*conn[rollupContext], error) {
	return connect("contexts", args, g.st.Contexts(), func(x *gqlContext) rollupContext { return rollupContext{x} })
}

// rollupContext is the union of statuses and check runs.
type rollupContext struct{ x *gqlContext }

// ToStatusContext is the status.
func (u *rollupContext) ToStatusContext() (*gqlContext, bool) { return u.x, true }

// ToCheckRun is never true: the stand-in has none.
func (u *rollupContext) ToCheckRun() (*gqlCheckRun, bool) { return nil, false }

// gqlCheckRun is a check run; only its type is known here.
type gqlCheckRun struct {
	ID   graphql.ID
	Name string
}
