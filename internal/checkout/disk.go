package checkout

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"

	"github.com/slagate/slagate/internal/pull"
)

// fromDisk gives files that were changed in the folder the ids of their content
// there, and adds those that git does not track yet.
func (r *Repo) fromDisk(ctx context.Context, files []pull.File) ([]pull.File, error) {
	out, err := r.git(ctx, "ls-files", "--others", "--exclude-standard", "-z")
	if err != nil {
		return nil, fmt.Errorf("listing files that git does not track: %w", err)
	}
	for name := range strings.SplitSeq(strings.TrimSuffix(string(out), "\x00"), "\x00") {
		if name != "" {
			files = append(files, pull.File{Path: name, Status: pull.FileAdded, Before: &pull.Entry{}, After: &pull.Entry{Mode: "100644"}})
		}
	}
	root, err := os.OpenRoot(r.root)
	if err != nil {
		return nil, fmt.Errorf("reading the folder: %w", err)
	}
	defer root.Close() //nolint:errcheck // opened for reading
	var unknown []*pull.File
	for i := range files {
		f := &files[i]
		if f.After.Exists() && strings.Trim(f.After.OID, "0") == "" && look(root, f) {
			unknown = append(unknown, f)
		}
	}
	if err := r.hash(ctx, unknown); err != nil {
		return nil, err
	}
	return slices.DeleteFunc(files, func(f pull.File) bool {
		// Written anew with the same content.
		return f.Problem == "" && f.Previous == "" && f.After.OID != "" && *f.Before == *f.After
	}), nil
}

// look says what a file in the folder is, and whether it has content to hash.
func look(root *os.Root, f *pull.File) bool {
	f.After.OID = ""
	// git shows a repository inside the repository as a folder.
	if rest, ok := strings.CutSuffix(f.Path, "/"); ok {
		f.Path, f.After.Mode = rest, pull.ModeSubmodule
		return false
	}
	info, err := lstat(root, f.Path)
	switch {
	case err != nil:
		f.Problem = "it could not be looked at in the folder"
	case info.Mode()&fs.ModeSymlink != 0:
		f.After.Mode = pull.ModeSymlink
	case info.IsDir():
		f.After.Mode = pull.ModeSubmodule
	case !info.Mode().IsRegular():
		f.Problem = notAFile
	default:
		if f.Status == pull.FileAdded && info.Mode()&0o111 != 0 {
			f.After.Mode = "100755"
		}
		return true
	}
	return false
}

// hash finds the ids that the files' content would have once committed. One git
// takes them all, but for names that hold a line end or start like a quoted one.
func (r *Repo) hash(ctx context.Context, files []*pull.File) error {
	var plain []*pull.File
	var names strings.Builder
	for _, f := range files {
		if strings.ContainsAny(f.Path, "\n\r") || strings.HasPrefix(f.Path, `"`) {
			oid, err := r.line(ctx, "hash-object", "--", f.Path)
			if err != nil {
				return fmt.Errorf("reading %q: %w", f.Path, err)
			}
			f.After.OID = oid
			continue
		}
		plain = append(plain, f)
		names.WriteString(f.Path + "\n")
	}
	if len(plain) == 0 {
		return nil
	}
	out, err := r.feed(ctx, strings.NewReader(names.String()), "hash-object", "--stdin-paths")
	if err != nil {
		return fmt.Errorf("reading changed files: %w", err)
	}
	oids := strings.Fields(string(out))
	if len(oids) != len(plain) {
		return fmt.Errorf("reading changed files: git hash-object gave %d ids for %d files", len(oids), len(plain))
	}
	for i, f := range plain {
		f.After.OID = oids[i]
	}
	return nil
}
