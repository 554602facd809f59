package checkout

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"strconv"
	"strings"

	"github.com/slagate/slagate/internal/pull"
)

// policyLimit is the size above which a policy file is not read; the policy
// package refuses far smaller ones with a place.
const policyLimit = 8 << 20

// Why a policy file is not read.
const (
	notAFile = "it is not a regular file"
	tooLarge = "it is too large"
)

// Blob reads one file of a commit without following symbolic links.
func (r *Repo) Blob(ctx context.Context, commit, name string) (pull.Blob, error) {
	out, err := r.git(ctx, "ls-tree", "--full-tree", "-z", "-l", commit, "--", name)
	if err != nil {
		return pull.Blob{}, fmt.Errorf("looking for %s: %w", name, err)
	}
	meta, found, _ := strings.Cut(strings.TrimSuffix(string(out), "\x00"), "\t")
	if found != name {
		return pull.Blob{State: pull.BlobAbsent}, nil
	}
	fields := strings.Fields(meta) // mode, type, id, size ("-" for what has none)
	if len(fields) != 4 {
		return pull.Blob{}, fmt.Errorf("git ls-tree printed something unexpected: %q", meta)
	}
	switch {
	case fields[0] == pull.ModeSymlink:
		return pull.Blob{State: pull.BlobSymlink, OID: fields[2]}, nil
	case fields[1] != "blob":
		return pull.Blob{State: pull.BlobUnreadable, OID: fields[2], Problem: notAFile}, nil
	}
	if size, err := strconv.ParseInt(fields[3], 10, 64); err != nil {
		return pull.Blob{}, fmt.Errorf("git ls-tree printed something unexpected: %q", meta)
	} else if size > policyLimit {
		return pull.Blob{State: pull.BlobUnreadable, OID: fields[2], Problem: tooLarge}, nil
	}
	text, err := r.git(ctx, "cat-file", "blob", fields[2])
	if err != nil {
		return pull.Blob{}, fmt.Errorf("reading %s: %w", name, err)
	}
	return pull.Blob{State: pull.BlobFound, OID: fields[2], Text: string(text)}, nil
}

// diskBlob reads one file of the folder without following symbolic links.
func (r *Repo) diskBlob(name string) pull.Blob {
	root, err := os.OpenRoot(r.root)
	if err != nil {
		return pull.Blob{State: pull.BlobUnreadable, Problem: err.Error()}
	}
	defer root.Close() //nolint:errcheck // opened for reading
	info, err := lstat(root, name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return pull.Blob{State: pull.BlobAbsent}
	case err != nil:
		return pull.Blob{State: pull.BlobUnreadable, Problem: err.Error()}
	case info.Mode()&fs.ModeSymlink != 0:
		return pull.Blob{State: pull.BlobSymlink}
	case !info.Mode().IsRegular():
		return pull.Blob{State: pull.BlobUnreadable, Problem: notAFile}
	case info.Size() > policyLimit:
		return pull.Blob{State: pull.BlobUnreadable, Problem: tooLarge}
	}
	text, err := root.ReadFile(name)
	if err != nil {
		return pull.Blob{State: pull.BlobUnreadable, Problem: err.Error()}
	}
	return pull.Blob{State: pull.BlobFound, Text: string(text)}
}

// lstat looks at a file of the folder. What lies behind a symbolic link is not
// there, as for git.
func lstat(root *os.Root, name string) (fs.FileInfo, error) {
	for dir := path.Dir(name); dir != "."; dir = path.Dir(dir) {
		info, err := root.Lstat(dir)
		if err != nil {
			return nil, err
		}
		if !info.IsDir() {
			return nil, fs.ErrNotExist
		}
	}
	return root.Lstat(name)
}
