package ghapp

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/slagate/slagate/internal/pull"
)

const (
	// pagesAtMost bounds a list: 20,000 entries are no pull request any more.
	pagesAtMost = 200
	// commitsListed is how many commits of a pull request GitHub lists at most.
	// https://docs.github.com/en/rest/pulls/pulls#list-commits-on-a-pull-request
	commitsListed = 250
)

var errEndless = errors.New("the list does not end")

// preceding returns a whole list, oldest first, of which first is the last page.
func preceding[T any](ctx context.Context, r *reading, list, args, fields string, first *connection[T]) ([]*T, error) {
	if err := first.whole(list); err != nil {
		return nil, err
	}
	pages := [][]*T{first.Nodes}
	for info := first.PageInfo; info.HasPreviousPage; {
		page, err := page[T](ctx, r, list, "last:100,before:$cursor"+args, fields, info.StartCursor)
		if err != nil {
			return nil, err
		}
		if pages = append(pages, page.Nodes); len(pages) > pagesAtMost {
			return nil, fmt.Errorf("%s: %w", list, errEndless)
		}
		info = page.PageInfo
	}
	slices.Reverse(pages)
	return slices.Concat(pages...), nil
}

// following returns a whole list, of which first is the first page.
func following[T any](ctx context.Context, r *reading, list, args, fields string, first *connection[T]) ([]*T, error) {
	if err := first.whole(list); err != nil {
		return nil, err
	}
	pages := [][]*T{first.Nodes}
	for info := first.PageInfo; info.HasNextPage; {
		page, err := page[T](ctx, r, list, "first:100,after:$cursor"+args, fields, info.EndCursor)
		if err != nil {
			return nil, err
		}
		if pages = append(pages, page.Nodes); len(pages) > pagesAtMost {
			return nil, fmt.Errorf("%s: %w", list, errEndless)
		}
		info = page.PageInfo
	}
	return slices.Concat(pages...), nil
}

// page asks for one more page of a list of the pull request. The head must
// still be the same: pages of two versions make no list.
func page[T any](ctx context.Context, r *reading, list, args, fields, cursor string) (*connection[T], error) {
	q := newGraphQuery()
	q.set("owner", "String!", r.ref.Owner)
	q.set("name", "String!", r.ref.Repo)
	q.set("number", "Int!", r.ref.Number)
	q.set("cursor", "String!", cursor)
	q.write(`repository(owner:$owner,name:$name){databaseId pullRequest(number:$number){headRefOid list:%s(%s){%s}}}`, list, args, fields)
	answer, err := r.g.creator.ask(ctx, r.inst, q, nil)
	if err != nil {
		return nil, err
	}
	var repo struct {
		DatabaseID  number64 `json:"databaseId"`
		PullRequest *struct {
			HeadRefOID string         `json:"headRefOid"`
			List       *connection[T] `json:"list"`
		} `json:"pullRequest"`
	}
	found, err := answer.decode("repository", &repo)
	switch {
	case err != nil:
		return nil, err
	case !found || repo.PullRequest == nil:
		return nil, ErrNotFound
	case int64(repo.DatabaseID) != r.ref.RepoID:
		return nil, ErrOtherRepo
	case repo.PullRequest.HeadRefOID != r.repo.PullRequest.HeadRefOID:
		return nil, r.movedOn()
	}
	if err := repo.PullRequest.List.whole(list); err != nil {
		return nil, err
	}
	return repo.PullRequest.List, nil
}

// movedOn: the pull request was pushed to while it was read.
func (r *reading) movedOn() error {
	return &StaleError{Ref: r.ref, What: "the head changed during the read", attempt: r.hints.Attempt}
}

// commits translates the commits and says so if they are not all there are.
func (r *reading) commits(ctx context.Context) error {
	first := r.repo.PullRequest.Commits
	nodes, err := following(ctx, r, "commits", "", commitNodes, first)
	if err != nil {
		return err
	}
	if len(nodes) >= commitsListed {
		r.snap.CommitsProblem = fmt.Sprintf("GitHub lists only the first %d commits", commitsListed)
	}
	if len(nodes) != first.TotalCount {
		r.snap.CommitsProblem = fmt.Sprintf("GitHub listed %d of %d commits", len(nodes), first.TotalCount)
	}
	for _, n := range nodes {
		c := pull.Commit{OID: n.Commit.OID, Author: n.Commit.Author.person(), Committer: n.Commit.Committer.person()}
		if err := n.Commit.Parents.whole("parents of commits"); err != nil {
			return err
		}
		for _, p := range n.Commit.Parents.Nodes {
			c.Parents = append(c.Parents, p.OID)
		}
		if n.Commit.Parents.TotalCount > len(c.Parents) {
			r.snap.CommitsProblem = fmt.Sprintf("commit %s has %d parents", n.Commit.OID, n.Commit.Parents.TotalCount)
		}
		r.snap.Commits = append(r.snap.Commits, c)
	}
	return nil
}

// statuses reads what stands on the head under our contexts. The query has it
// with the last commit; where that is not the head, the head is asked for.
func (r *reading) statuses(ctx context.Context) error {
	head := r.repo.PullRequest.HeadRefOID
	last := r.repo.PullRequest.Last
	if err := last.whole("last commit"); err != nil {
		return err
	}
	for _, n := range last.Nodes {
		if n.Commit.OID == head {
			r.snap.Observed.Statuses = ourStatuses(n.Commit)
			return nil
		}
	}
	q := newGraphQuery()
	q.set("owner", "String!", r.ref.Owner)
	q.set("name", "String!", r.ref.Repo)
	q.set("head", "GitObjectID!", head)
	q.write(`repository(owner:$owner,name:$name){object(oid:$head){__typename ...on Commit{%s}}}`, statusFields)
	answer, err := r.g.creator.ask(ctx, r.inst, q, nil)
	if err != nil {
		return err
	}
	var repo struct {
		Object *graphStatus `json:"object"`
	}
	if _, err := answer.decode("repository", &repo); err != nil {
		return err
	}
	if repo.Object == nil || repo.Object.OID != head {
		return fmt.Errorf("head %s: %w", head, ErrNotFound)
	}
	r.snap.Observed.Statuses = ourStatuses(*repo.Object)
	return nil
}

// contextName is slagate's status context; those of the functions follow after a slash.
const contextName = "slagate"

// ourStatuses keeps our contexts, whose letter case GitHub does not mind.
func ourStatuses(commit graphStatus) []pull.Status {
	if commit.Status == nil {
		return nil
	}
	var out []pull.Status
	for _, c := range commit.Status.Contexts {
		folded := strings.ToLower(c.Context)
		if folded != contextName && !strings.HasPrefix(folded, contextName+"/") {
			continue
		}
		out = append(out, pull.Status{
			Context: c.Context, State: strings.ToLower(c.State), Description: c.Description,
			TargetURL: c.TargetURL, Creator: c.Creator.person(),
		})
	}
	return out
}
