package ghapp

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/google/go-github/v62/github"
	"golang.org/x/sync/errgroup"

	"github.com/slagate/slagate/internal/pull"
)

const (
	// filesListed is how many files of a pull request GitHub lists at most.
	// https://docs.github.com/en/rest/pulls/pulls#list-pull-requests-files
	filesListed = 3000
	perPage     = 100
)

// files reads the list of files. GraphQL's list knows no previous names, so a
// renamed or copied file, like a list of more than one page, is read by REST.
func (r *reading) files(ctx context.Context) error {
	p := r.repo.PullRequest
	if err := p.Files.whole("files"); err != nil {
		return err
	}
	plain := true
	for _, n := range p.Files.Nodes {
		f := pull.File{Path: n.Path, Status: changeType(n.ChangeType)}
		plain = plain && f.Status != pull.FileRenamed && f.Status != pull.FileCopied
		r.snap.Files = append(r.snap.Files, f)
	}
	sortFiles(r.snap.Files)
	if plain && !p.Files.PageInfo.HasNextPage && len(p.Files.Nodes) == p.ChangedFiles {
		return nil
	}
	if p.ChangedFiles > filesListed {
		r.snap.FilesProblem = fmt.Sprintf("GitHub lists only %d of %d files", filesListed, p.ChangedFiles)
		return nil
	}
	listed, err := r.restFiles(ctx, max(p.ChangedFiles, len(p.Files.Nodes)))
	if err != nil {
		return err
	}
	if len(listed) != p.ChangedFiles {
		r.snap.FilesProblem = fmt.Sprintf("GitHub listed %d of %d files", len(listed), p.ChangedFiles)
		return nil
	}
	r.snap.Files = listed
	sortFiles(r.snap.Files)
	return nil
}

// changeType translates GraphQL's PatchStatus.
func changeType(s string) pull.FileStatus {
	switch s {
	case "DELETED":
		return pull.FileRemoved
	case "ADDED", "MODIFIED", "RENAMED", "COPIED", "CHANGED":
		return pull.FileStatus(strings.ToLower(s))
	}
	return pull.FileChanged
}

// restFiles reads all pages of REST's list; the number of pages is known, so
// they are read side by side.
func (r *reading) restFiles(ctx context.Context, count int) ([]pull.File, error) {
	pages := make([][]pull.File, min((count+perPage-1)/perPage, filesListed/perPage))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(parallel)
	for i := range pages {
		group.Go(func() error {
			var err error
			pages[i], err = r.restFilesPage(ctx, i+1)
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	return slices.Concat(pages...), nil
}

func (r *reading) restFilesPage(ctx context.Context, number int) ([]pull.File, error) {
	listed, _, err := r.inst.rest.PullRequests.ListFiles(ctx, url.PathEscape(r.ref.Owner), url.PathEscape(r.ref.Repo), r.ref.Number,
		&github.ListOptions{Page: number, PerPage: perPage})
	if err != nil {
		return nil, fmt.Errorf("listing files, page %d: %w", number, explain(err))
	}
	out := make([]pull.File, 0, len(listed))
	for _, f := range listed {
		if head := refOf(f.GetContentsURL()); head != "" && head != r.repo.PullRequest.HeadRefOID && f.GetStatus() != "removed" {
			return nil, r.movedOn()
		}
		file := pull.File{Path: f.GetFilename(), Previous: f.GetPreviousFilename(), Status: pull.FileStatus(f.GetStatus())}
		if file.Status == "unchanged" {
			file.Status = pull.FileChanged
		}
		out = append(out, file)
	}
	return out, nil
}

// refOf is the commit that a contents_url names: REST's list of files does not
// say otherwise which head it is of.
func refOf(contentsURL string) string {
	u, err := url.Parse(contentsURL)
	if err != nil {
		return ""
	}
	ref := u.Query().Get("ref")
	if len(ref) < 40 {
		return ""
	}
	return ref
}

func sortFiles(files []pull.File) {
	slices.SortFunc(files, func(a, b pull.File) int { return strings.Compare(a.Path, b.Path) })
}
