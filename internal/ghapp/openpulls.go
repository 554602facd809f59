package ghapp

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/slagate/slagate/internal/pull"
)

// The size of a page of open pull requests. One of 100 asks for 100 pull requests, each
// with at most 100 labels (GitHub allows no more), 30 comments and one commit: 13,200
// nodes of the 500,000 that a query may have, and 301 connections, which cost 3 points
// of the 5,000 in an hour. Where GitHub does not finish that in its 10 s, smaller pages do.
// https://docs.github.com/en/graphql/overview/rate-limits-and-query-limits-for-the-graphql-api
const (
	pullsAPage      = perPage
	pullsAPageSmall = 20
	// commentsLooked is among how many of the first comments slagate's own is looked for:
	// it writes as soon as the pull request is opened.
	commentsLooked = 30
)

// OpenPull is an open pull request as a list shows it.
type OpenPull struct {
	Number     int
	Head       string
	BaseBranch string
	BaseTip    string // "" if the base branch is gone
	DefaultTip string // of the repository's default branch; the same in all of a page
	UpdatedAt  time.Time
	Look       Look
}

// OpenPulls lists the open pull requests of a repository, oldest first, and
// says the repository's id, a hundred for three points of the limit.
func (l *Lister) OpenPulls(ctx context.Context, installation int64, owner, repo string) (repoID int64, pulls []OpenPull, err error) {
	list, err := l.newPullList(ctx, installation, owner, repo)
	if err == nil {
		err = list.read(ctx)
	}
	if err != nil {
		return 0, nil, fmt.Errorf("listing pull requests of %s/%s: %w", owner, repo, cleaned(err))
	}
	return list.repoID, list.pulls, nil
}

// pullList is a list of open pull requests in the making.
type pullList struct {
	creator     *Creator
	inst        *installation
	owner, repo string
	slug        string // of our bot
	size        int    // of a page

	repoID int64
	pulls  []OpenPull
}

func (l *Lister) newPullList(ctx context.Context, installation int64, owner, repo string) (*pullList, error) {
	inst, err := l.creator.installation(installation)
	if err != nil {
		return nil, err
	}
	app, err := l.creator.App(ctx)
	if err != nil {
		return nil, err
	}
	return &pullList{creator: l.creator, inst: inst, owner: owner, repo: repo, slug: app.Slug, size: pullsAPage}, nil
}

func (l *pullList) read(ctx context.Context) error {
	cursor := ""
	for range pagesAtMost {
		page, err := l.page(ctx, cursor)
		if err != nil && l.size > pullsAPageSmall && tooMuch(ctx, err) {
			l.size = pullsAPageSmall
			page, err = l.page(ctx, cursor)
		}
		if err != nil {
			return err
		}
		if err := l.add(page); err != nil {
			return err
		}
		if !page.PullRequests.PageInfo.HasNextPage {
			return nil
		}
		cursor = page.PullRequests.PageInfo.EndCursor
	}
	return errEndless
}

// tooMuch: GitHub may have given up because the query was too large.
func tooMuch(ctx context.Context, err error) bool {
	switch answered(err) {
	case http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return true
	}
	return ctx.Err() == nil && errors.Is(err, context.DeadlineExceeded)
}

type openPullsPage struct {
	DatabaseID   number64               `json:"databaseId"`
	DefaultRef   *graphRef              `json:"defaultBranchRef"`
	PullRequests *connection[graphPull] `json:"pullRequests"`
}

func (l *pullList) page(ctx context.Context, cursor string) (*openPullsPage, error) {
	answer, err := l.creator.askQueue(ctx, l.inst, func(queues bool) *graphQuery { return l.query(cursor, queues) })
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

func (l *pullList) query(cursor string, queues bool) *graphQuery {
	q := newGraphQuery()
	q.set("owner", "String!", l.owner)
	q.set("name", "String!", l.repo)
	q.write(`repository(owner:$owner,name:$name){databaseId defaultBranchRef{target{oid}} `+
		`pullRequests(states:OPEN,first:%d,orderBy:{field:CREATED_AT,direction:ASC}%s){`, l.size, q.after(cursor))
	q.write(`nodes{number headRefOid baseRefName baseRef{target{oid}} updatedAt labels(first:100){%s} `, labelNodes)
	q.write(`comments(first:%d){nodes{fullDatabaseId databaseId lastEditedAt author{%s} editor{%s}} %s} `,
		commentsLooked, actorFields, actorFields, pageOn)
	q.write(`last:commits(last:1){nodes{commit{%s}}} `, statusFields)
	if queues {
		q.write(`mergeQueueEntry{headCommit{oid} baseCommit{oid}} `)
	}
	q.write(`} %s}}`, pageOn)
	return q
}

func (l *pullList) add(page *openPullsPage) error {
	if l.repoID = int64(page.DatabaseID); l.repoID == 0 {
		return errors.New("GitHub answered a query in part only: no id of the repository")
	}
	for _, n := range page.PullRequests.Nodes {
		if n.Number == 0 || n.HeadRefOID == "" || n.BaseRefName == "" {
			return errors.New("GitHub answered a query in part only: a pull request without number, head or base")
		}
		look, err := l.look(n)
		if err != nil {
			return fmt.Errorf("number %d: %w", n.Number, err)
		}
		l.pulls = append(l.pulls, OpenPull{
			Number: n.Number, Head: n.HeadRefOID, BaseBranch: n.BaseRefName, BaseTip: n.BaseRef.tip(),
			DefaultTip: page.DefaultRef.tip(), UpdatedAt: n.UpdatedAt.UTC(), Look: look,
		})
	}
	return nil
}

// look translates what the list shows of a pull request.
func (l *pullList) look(n *graphPull) (Look, error) {
	if err := errors.Join(n.Labels.whole("labels"), n.Comments.whole("comments"), n.Last.whole("last commit")); err != nil {
		return Look{}, err
	}
	out := Look{LabelsWhole: !n.Labels.PageInfo.HasNextPage, CommentSeen: !n.Comments.PageInfo.HasNextPage}
	for _, label := range n.Labels.Nodes {
		out.Labels = append(out.Labels, pull.Label{NodeID: label.ID, Name: label.Name})
	}
	slices.SortFunc(out.Labels, func(a, b pull.Label) int { return strings.Compare(a.NodeID, b.NodeID) })
	for _, c := range n.Last.Nodes {
		if c.Commit.OID == n.HeadRefOID {
			out.Statuses, out.StatusesSeen = ourStatuses(c.Commit), true
		}
	}
	slices.SortFunc(out.Statuses, func(a, b pull.Status) int { return strings.Compare(a.Context, b.Context) })
	for _, c := range n.Comments.Nodes {
		if isBot(c.Author.person(), l.slug) {
			out.CommentSeen = true
			out.Comments = append(out.Comments, OwnComment{ID: c.id(), EditedAt: utc(c.LastEditedAt), Editor: c.Editor.person()})
		}
	}
	if n.QueueEntry != nil {
		entry := n.QueueEntry.entry()
		out.Queued, out.GroupHead, out.GroupBase = true, entry.GroupHead, entry.GroupBase
	}
	return out, nil
}

// OwnerDefaultTip tells one owner default from another with one request: the mode and id
// of slagate.yml at the default branch of the owner's .github repository, "absent" if
// that has no such file, "hidden" if there is no such repository or none for us.
func (l *Lister) OwnerDefaultTip(ctx context.Context, installation int64, owner string) (string, error) {
	tip, err := l.ownerDefaultTip(ctx, installation, owner)
	if err != nil {
		return "", fmt.Errorf("looking at the owner default of %s: %w", owner, cleaned(err))
	}
	return tip, nil
}

func (l *Lister) ownerDefaultTip(ctx context.Context, installation int64, owner string) (string, error) {
	inst, err := l.creator.installation(installation)
	if err != nil {
		return "", err
	}
	const alias = "ownerRepo"
	q := newGraphQuery()
	q.write(alias+`:repository(owner:%s,name:%s){name owner{login} folder:object(expression:%s){__typename oid ...on Tree{entries{name mode oid}}}}`,
		q.text(owner), q.text(pull.OwnerRepo), q.text("HEAD:"))
	answer, err := l.creator.ask(ctx, inst, q, []string{alias})
	if err != nil {
		return "", err
	}
	var repo graphRepo
	found, err := answer.decode(alias, &repo)
	kind, message := answer.errorAt(alias)
	switch {
	case err != nil:
		return "", err
	case kind == typeNotFound && !found:
		return string(pull.BlobHidden), nil
	case kind != "" || !found:
		return "", fmt.Errorf("GitHub did not say what it is: %s", message)
	case repo.isOther(owner):
		return string(pull.BlobHidden), nil
	case repo.Folder == nil:
		return string(pull.BlobAbsent), nil
	}
	for _, e := range repo.Folder.Entries {
		if e.Name == pull.OwnerPolicyPath {
			return strconv.FormatInt(e.Mode, 8) + " " + e.OID, nil
		}
	}
	return string(pull.BlobAbsent), nil
}
