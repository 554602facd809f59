package checkout

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/slagate/slagate/internal/pull"
)

// changes lists what differs, with both sides of every file. Renames are found
// as GitHub finds them, by content that is at least half alike.
func (r *Repo) changes(ctx context.Context, from, to string, worktree bool) ([]pull.File, error) {
	args := []string{"diff", "--raw", "-z", "--no-abbrev", "--find-renames=50%", "--no-ext-diff", "--ignore-submodules=none", from}
	if !worktree {
		args = append(args, to)
	}
	out, err := r.git(ctx, append(args, "--")...)
	if err != nil {
		return nil, err
	}
	files, err := parseRaw(string(out))
	if err != nil || !worktree {
		return files, err
	}
	return r.fromDisk(ctx, files)
}

// errRaw says that git printed something unexpected; nothing is concluded from it.
var errRaw = errors.New("git diff --raw printed something unexpected")

// parseRaw reads the output of git diff --raw -z:
// ":oldmode newmode oldoid newoid status NUL path NUL [new path NUL]".
// https://git-scm.com/docs/diff-format
func parseRaw(out string) ([]pull.File, error) {
	fields := strings.Split(strings.TrimSuffix(out, "\x00"), "\x00")
	if out == "" {
		return nil, nil
	}
	var files []pull.File
	for i := 0; i < len(fields); {
		meta := strings.Fields(strings.TrimPrefix(fields[i], ":"))
		if len(meta) != 5 || meta[4] == "" || i+1 >= len(fields) {
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
		case 'R', 'C':
			if i >= len(fields) {
				return nil, fmt.Errorf("%w: a rename without a new name", errRaw)
			}
			f.Previous, f.Path, f.Status = f.Path, fields[i], pull.FileRenamed
			i++
		default:
			f.Status, f.Problem = pull.FileModified, "git calls its state "+meta[4]
		}
		files = append(files, f)
	}
	return files, nil
}

const noMode = "000000"

func entry(mode, oid string) *pull.Entry {
	if mode == noMode {
		return &pull.Entry{}
	}
	return &pull.Entry{Mode: mode, OID: oid}
}

// fromDisk gives files that were changed in the folder the ids of their content
// there, and adds those that git does not track yet.
func (r *Repo) fromDisk(ctx context.Context, files []pull.File) ([]pull.File, error) {
	for i := range files {
		f := &files[i]
		if f.After.Exists() && strings.Trim(f.After.OID, "0") == "" && f.After.Mode != pull.ModeSubmodule {
			if err := r.hash(ctx, f); err != nil {
				return nil, err
			}
		}
	}
	out, err := r.git(ctx, "ls-files", "--others", "--exclude-standard", "-z")
	if err != nil {
		return nil, err
	}
	for path := range strings.SplitSeq(strings.TrimSuffix(string(out), "\x00"), "\x00") {
		if path == "" {
			continue
		}
		f := pull.File{Path: path, Status: pull.FileAdded, Before: &pull.Entry{}, After: &pull.Entry{Mode: "100644"}}
		if err := r.hash(ctx, &f); err != nil {
			return nil, err
		}
		files = append(files, f)
	}
	return files, nil
}

func (r *Repo) hash(ctx context.Context, f *pull.File) error {
	full := filepath.Join(r.root, filepath.FromSlash(f.Path))
	if info, err := os.Lstat(full); err != nil || !info.Mode().IsRegular() {
		f.After.Mode, f.Problem = pull.ModeSymlink, "it is not a regular file"
		return nil
	}
	out, err := r.git(ctx, "hash-object", "--", f.Path)
	if err != nil {
		return err
	}
	f.After.OID = strings.TrimSpace(string(out))
	return nil
}
