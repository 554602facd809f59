package ghapp

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"

	"github.com/slagate/slagate/internal/pull"
)

// pushes says of each push and commit asked about whether it changed gated
// content.
func (f *filling) pushes(ctx context.Context) error {
	answers := make([]pull.PushContent, len(f.needs.Pushes))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(parallel)
	for i, key := range f.needs.Pushes {
		group.Go(func() error {
			gated, err := f.changesGated(ctx, key)
			answers[i] = pull.PushContent{Key: key, Gated: gated}
			if err != nil && hopeless(err) {
				answers[i] = pull.PushContent{Key: key, Gated: true, Unreadable: true}
				return nil
			}
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return err
	}
	for _, a := range answers {
		f.snap.Pushes = append(slices.DeleteFunc(f.snap.Pushes, func(old pull.PushContent) bool { return old.Key == a.Key }), a)
	}
	return nil
}

func (f *filling) changesGated(ctx context.Context, key string) (bool, error) {
	if before, after, isPush := strings.Cut(key, ".."); isPush {
		return f.pushGated(ctx, before, after)
	}
	return f.commitGated(ctx, key)
}

// pushGated: after the push a gated path is other than before it, and not what
// the base has there: merging the base in changes nothing of one's own.
func (f *filling) pushGated(ctx context.Context, before, after string) (bool, error) {
	old, err := f.entries(ctx, before, f.needs.Gated)
	if err != nil {
		return false, err
	}
	now, err := f.entries(ctx, after, f.needs.Gated)
	if err != nil {
		return false, err
	}
	var differ []string
	for _, p := range f.needs.Gated {
		if !sameEntry(old[p], now[p]) {
			differ = append(differ, p)
		}
	}
	if len(differ) == 0 {
		return false, nil
	}
	tip, err := f.mergeBase(ctx, f.snap.Pull.BaseTip, after)
	if err != nil {
		return false, err
	}
	base, err := f.entries(ctx, tip, differ)
	if err != nil {
		return false, err
	}
	return slices.ContainsFunc(differ, func(p string) bool { return !sameEntry(now[p], base[p]) }), nil
}

// commitGated: a gated path is other than in every parent. So a merge counts
// only for what its maker changed while merging.
func (f *filling) commitGated(ctx context.Context, commit string) (bool, error) {
	parents, err := f.parents(ctx, commit)
	if err != nil {
		return false, err
	}
	now, err := f.entries(ctx, commit, f.needs.Gated)
	if err != nil {
		return false, err
	}
	differ := f.needs.Gated
	if len(parents) == 0 {
		return slices.ContainsFunc(differ, func(p string) bool { return now[p].Mode != "" }), nil
	}
	for _, parent := range parents {
		old, err := f.entries(ctx, parent, differ)
		if err != nil {
			return false, err
		}
		var left []string
		for _, p := range differ {
			if !sameEntry(now[p], old[p]) {
				left = append(left, p)
			}
		}
		if differ = left; len(differ) == 0 {
			return false, nil
		}
	}
	return true, nil
}

// parents of a commit: from the list of commits where all of them are in it,
// else GitHub is asked.
func (f *filling) parents(ctx context.Context, commit string) ([]string, error) {
	if f.snap.CommitsProblem == "" {
		for _, c := range f.snap.Commits {
			if c.OID == commit {
				return c.Parents, nil
			}
		}
	}
	return f.askParents(ctx, commit)
}

// askParents asks for the parents of a commit that is not in the list, as one
// that was pushed away.
func (f *filling) askParents(ctx context.Context, commit string) ([]string, error) {
	if !objectID.MatchString(commit) {
		return nil, fmt.Errorf("commit %q: %w", shorten(commit, 80), errNotCommit)
	}
	q := newGraphQuery()
	q.set("owner", "String!", f.ref.Owner)
	q.set("name", "String!", f.ref.Repo)
	q.set("commit", "GitObjectID!", commit)
	q.write(`repository(owner:$owner,name:$name){databaseId object(oid:$commit){__typename ...on Commit{oid parents(first:100){totalCount nodes{oid}}}}}`)
	answer, err := f.g.creator.ask(ctx, f.inst, q, nil)
	if err != nil {
		return nil, fmt.Errorf("reading commit %s: %w", commit, err)
	}
	if err := sameRepository(answer, f.ref); err != nil {
		return nil, err
	}
	var repo struct {
		Object *struct {
			Parents *connection[oidNode] `json:"parents"`
		} `json:"object"`
	}
	if _, err := answer.decode("repository", &repo); err != nil {
		return nil, err
	}
	if repo.Object == nil || repo.Object.Parents == nil {
		return nil, fmt.Errorf("commit %s: %w", commit, errNotCommit)
	}
	if err := repo.Object.Parents.whole("parents of a commit"); err != nil {
		return nil, err
	}
	var parents []string
	for _, p := range repo.Object.Parents.Nodes {
		parents = append(parents, p.OID)
	}
	if repo.Object.Parents.TotalCount > len(parents) {
		return nil, fmt.Errorf("commit %s with %d parents: %w", commit, repo.Object.Parents.TotalCount, errTooWide)
	}
	return parents, nil
}
