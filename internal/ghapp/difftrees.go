package ghapp

import (
	"context"
	"fmt"
	"path"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"

	"github.com/slagate/slagate/internal/pull"
)

// emptyBlob is git's id of a file without content: two of them are no rename.
const emptyBlob = "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391"

// difference is a path that is not the same in two trees.
type difference struct {
	path          string
	before, after pull.Entry
}

// DiffTrees compares the trees of two commits. A removed and an added file of
// the same content are a rename; GitHub would also see renames with edits.
func (g *Gatherer) DiffTrees(ctx context.Context, ref pull.Ref, base, head string) ([]pull.File, error) {
	r, err := g.repository(ref)
	if err != nil {
		return nil, fmt.Errorf("comparing trees of %s: %w", ref, err)
	}
	files, err := r.diff(ctx, base, head)
	if err != nil {
		return nil, fmt.Errorf("comparing trees of %s: %w", ref, cleaned(err))
	}
	return files, nil
}

func (r *repository) diff(ctx context.Context, base, head string) ([]pull.File, error) {
	var before, after *tree
	group, inner := errgroup.WithContext(ctx)
	group.Go(func() (err error) { before, err = r.tree(inner, base, true); return err })
	group.Go(func() (err error) { after, err = r.tree(inner, head, true); return err })
	if err := group.Wait(); err != nil {
		return nil, err
	}
	if !before.truncated && !after.truncated {
		return filesOf(differ(before.nodes, after.nodes)), nil
	}
	d := &treeDiff{walk: walk{r: r, left: foldersAtMost}}
	if err := d.compare(ctx, "", base, head); err != nil {
		return nil, err
	}
	return filesOf(d.found), nil
}

// differ merges two sorted lists and leaves out what is the same, and folders.
func differ(before, after []treeNode) []difference {
	var out []difference
	add := func(d difference) {
		d.before, d.after = withoutFolder(d.before), withoutFolder(d.after)
		if !sameEntry(d.before, d.after) {
			out = append(out, d)
		}
	}
	for len(before) > 0 || len(after) > 0 {
		switch {
		case len(after) == 0 || len(before) > 0 && before[0].path < after[0].path:
			add(difference{path: before[0].path, before: before[0].entry})
			before = before[1:]
		case len(before) == 0 || after[0].path < before[0].path:
			add(difference{path: after[0].path, after: after[0].entry})
			after = after[1:]
		default:
			add(difference{path: after[0].path, before: before[0].entry, after: after[0].entry})
			before, after = before[1:], after[1:]
		}
	}
	return out
}

func withoutFolder(e pull.Entry) pull.Entry {
	if e.Mode == modeTree {
		return pull.Entry{}
	}
	return e
}

// treeDiff compares folder by folder and goes down only where they differ.
type treeDiff struct {
	walk  walk
	found []difference
}

func (d *treeDiff) compare(ctx context.Context, prefix, before, after string) error {
	old, err := d.nodes(ctx, before)
	if err != nil {
		return err
	}
	now, err := d.nodes(ctx, after)
	if err != nil {
		return err
	}
	d.found = append(d.found, differIn(prefix, old, now)...)
	for name, ids := range foldersOf(old, now) {
		if ids[0] == ids[1] {
			continue
		}
		if err := d.compare(ctx, prefix+name+"/", ids[0], ids[1]); err != nil {
			return err
		}
	}
	return nil
}

// nodes are the entries of a folder; none if it is not there.
func (d *treeDiff) nodes(ctx context.Context, id string) ([]treeNode, error) {
	if id == "" {
		return nil, nil
	}
	folder, err := d.walk.folder(ctx, id)
	if err != nil {
		return nil, err
	}
	return folder.nodes, nil
}

func differIn(prefix string, old, now []treeNode) []difference {
	found := differ(old, now)
	for i := range found {
		found[i].path = prefix + found[i].path
	}
	return found
}

// foldersOf are the ids of the folders by name, before and after.
func foldersOf(old, now []treeNode) map[string][2]string {
	out := map[string][2]string{}
	for side, nodes := range [2][]treeNode{old, now} {
		for _, n := range nodes {
			if n.entry.Mode == modeTree {
				ids := out[n.path]
				ids[side] = n.entry.OID
				out[n.path] = ids
			}
		}
	}
	return out
}

// filesOf makes the list of files of the differences.
func filesOf(found []difference) []pull.File {
	slices.SortFunc(found, func(a, b difference) int { return strings.Compare(a.path, b.path) })
	sources := map[string][]string{} // paths of removed files by content
	for _, d := range found {
		if d.before.Mode != "" && d.after.Mode == "" && isFile(d.before) {
			sources[d.before.OID] = append(sources[d.before.OID], d.path)
		}
	}
	moved := map[string]string{} // from the new path to the old one
	gone := map[string]bool{}
	for _, d := range found {
		if d.before.Mode == "" && isFile(d.after) {
			if from := takeSource(sources, d.after.OID, d.path); from != "" {
				moved[d.path], gone[from] = from, true
			}
		}
	}
	var out []pull.File
	for _, d := range found {
		if !gone[d.path] {
			out = append(out, pull.File{Path: d.path, Previous: moved[d.path], Status: statusOfDiff(d, moved[d.path])})
		}
	}
	sortFiles(out)
	return out
}

func isFile(e pull.Entry) bool {
	return e.Mode != pull.ModeSubmodule && e.Mode != "" && e.OID != emptyBlob
}

// takeSource picks the removed file that an added one was: best one of the same name.
func takeSource(sources map[string][]string, oid, to string) string {
	list := sources[oid]
	if len(list) == 0 {
		return ""
	}
	at := max(slices.IndexFunc(list, func(from string) bool { return path.Base(from) == path.Base(to) }), 0)
	from := list[at]
	sources[oid] = slices.Delete(slices.Clone(list), at, at+1)
	return from
}

func statusOfDiff(d difference, from string) pull.FileStatus {
	switch {
	case from != "":
		return pull.FileRenamed
	case d.before.Mode == "":
		return pull.FileAdded
	case d.after.Mode == "":
		return pull.FileRemoved
	case d.before.Mode != d.after.Mode && (d.before.OID == d.after.OID || kind(d.before.Mode) != kind(d.after.Mode)):
		return pull.FileChanged
	}
	return pull.FileModified
}

// kind tells files from symbolic links and submodules.
func kind(mode string) string { return strings.TrimSuffix(strings.TrimSuffix(mode, "644"), "755") }
