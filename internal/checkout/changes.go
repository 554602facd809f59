package checkout

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/slagate/slagate/internal/pull"
)

// changes lists what differs, with both sides of every file, by path. Renames
// are found as GitHub finds them, by content that is at least half alike; beyond
// a thousand files on both sides git gives up and shows them as deleted and
// added, which asks more people, never fewer.
func (r *Repo) changes(ctx context.Context, from, to string, worktree bool) ([]pull.File, error) {
	args := []string{"diff-tree", "-r", "--ignore-submodules=none"}
	if worktree {
		args = []string{"diff", "--no-ext-diff", "--ignore-submodules=dirty"}
	}
	args = append(args, "--raw", "-z", "--no-abbrev", "--find-renames=50%", "-l1000", from)
	if !worktree {
		args = append(args, to)
	}
	out, err := r.git(ctx, append(args, "--")...)
	if err != nil {
		return nil, fmt.Errorf("listing what differs: %w", err)
	}
	files, err := parseRaw(string(out))
	if err != nil {
		return nil, err
	}
	if worktree {
		if files, err = r.fromDisk(ctx, files); err != nil {
			return nil, err
		}
	}
	return byPath(files), nil
}

// byPath sorts the files. One that stands there twice, as after a merge that
// stopped at a conflict, stands there once with what is wrong with it.
func byPath(files []pull.File) []pull.File {
	slices.SortStableFunc(files, func(a, b pull.File) int { return strings.Compare(a.Path, b.Path) })
	var out []pull.File
	for _, f := range files {
		if n := len(out); n > 0 && out[n-1].Path == f.Path {
			if out[n-1].Problem == "" {
				out[n-1].Problem = f.Problem
			}
			continue
		}
		if f.Status == pull.FileModified && f.Before.OID == f.After.OID {
			f.Status = pull.FileChanged // the mode alone
		}
		out = append(out, f)
	}
	return out
}

// errRaw says that git printed something unexpected; nothing is concluded from it.
var errRaw = errors.New("git diff --raw printed something unexpected")

// parseRaw reads the output of git diff --raw -z:
// ":oldmode newmode oldoid newoid status NUL path NUL [new path NUL]".
// https://git-scm.com/docs/diff-format
func parseRaw(out string) ([]pull.File, error) {
	if out == "" {
		return nil, nil
	}
	fields := strings.Split(strings.TrimSuffix(out, "\x00"), "\x00")
	var files []pull.File
	for i := 0; i < len(fields); {
		rest, isMeta := strings.CutPrefix(fields[i], ":")
		meta := strings.Fields(rest)
		if !isMeta || len(meta) != 5 || i+1 >= len(fields) {
			return nil, fmt.Errorf("%w: %q", errRaw, fields[i])
		}
		f := pull.File{Path: fields[i+1], Before: entry(meta[0], meta[2]), After: entry(meta[1], meta[3])}
		i += 2
		switch meta[4][0] {
		case 'A':
			f.Status = pull.FileAdded
		case 'D':
			f.Status = pull.FileRemoved
		case 'M':
			f.Status = pull.FileModified
		case 'T':
			f.Status = pull.FileChanged
		case 'R':
			if i >= len(fields) {
				return nil, fmt.Errorf("%w: a rename without a new name", errRaw)
			}
			f.Previous, f.Path, f.Status = f.Path, fields[i], pull.FileRenamed
			i++
		case 'U':
			f.Status, f.Problem = pull.FileModified, "a merge stopped here at a conflict"
		default:
			return nil, fmt.Errorf("%w: state %q of %q", errRaw, meta[4], f.Path)
		}
		files = append(files, f)
	}
	return files, nil
}

// noMode stands for a side on which there is no file.
const noMode = "000000"

func entry(mode, oid string) *pull.Entry {
	if mode == noMode {
		return &pull.Entry{}
	}
	return &pull.Entry{Mode: mode, OID: oid}
}
