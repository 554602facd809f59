// Package checkout reads a branch of a git checkout into a snapshot, as if it
// were a pull request, so that the same gate that judges on GitHub can be asked
// offline.
//
// It runs the git that made the checkout, because that alone understands all its
// features (worktrees, partial clones, object formats); nothing is written and no
// network is used. It judges nothing.
package checkout

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/slagate/slagate/internal/pull"
)

// ErrNoBase says that no base branch could be found.
var ErrNoBase = errors.New("no base branch found: give one with --base")

// Options say what is compared.
type Options struct {
	Dir  string // inside the checkout
	Base string // a ref; "" for origin/HEAD, else main, else master
	// Worktree compares what lies in the folder instead of what is committed,
	// files that git does not track yet included.
	Worktree bool
}

// Repo is a checkout.
type Repo struct{ root string }

// Open finds the checkout that a folder belongs to.
func Open(ctx context.Context, dir string) (*Repo, error) {
	r := &Repo{root: dir}
	out, err := r.git(ctx, "rev-parse", "--show-toplevel")
	if err != nil {
		return nil, fmt.Errorf("%s is not in a git checkout: %w", dir, err)
	}
	return &Repo{root: strings.TrimRight(string(out), "\n")}, nil
}

// Root is the top folder of the checkout.
func (r *Repo) Root() string { return r.root }

// git runs git in the checkout and returns what it printed.
func (r *Repo) git(ctx context.Context, args ...string) ([]byte, error) {
	cmd := exec.CommandContext(ctx, "git", append([]string{"-C", r.root, "-c", "core.quotePath=false", "--literal-pathspecs"}, args...)...) //nolint:gosec // git with our own words; refs follow --end-of-options
	cmd.Env = append(os.Environ(), "LC_ALL=C", "GIT_OPTIONAL_LOCKS=0")
	var out, errOut bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errOut
	if err := cmd.Run(); err != nil {
		if msg := strings.TrimSpace(errOut.String()); msg != "" {
			return nil, fmt.Errorf("git %s: %s", args[0], firstLine(msg))
		}
		return nil, fmt.Errorf("git %s: %w", args[0], err)
	}
	return out.Bytes(), nil
}

func firstLine(s string) string {
	line, _, _ := strings.Cut(s, "\n")
	return line
}

// commit is the id of the commit that a ref names.
func (r *Repo) commit(ctx context.Context, ref string) (string, error) {
	out, err := r.git(ctx, "rev-parse", "--verify", "--quiet", "--end-of-options", ref+"^{commit}")
	if err != nil {
		return "", fmt.Errorf("%q names no commit here", ref)
	}
	return strings.TrimSpace(string(out)), nil
}

// base finds the base branch.
func (r *Repo) base(ctx context.Context, wanted string) (ref, oid string, err error) {
	if wanted != "" {
		oid, err = r.commit(ctx, wanted)
		return wanted, oid, err
	}
	for _, ref := range []string{"origin/HEAD", "origin/main", "origin/master", "main", "master"} {
		if oid, err := r.commit(ctx, ref); err == nil {
			return ref, oid, nil
		}
	}
	return "", "", ErrNoBase
}

// branchName is what base-branch filters see of a ref: without the remote. For
// a commit id or the like it is what the remote calls its default branch.
func (r *Repo) branchName(ctx context.Context, ref string) string {
	out, err := r.git(ctx, "rev-parse", "--abbrev-ref", "--end-of-options", ref)
	if err != nil {
		return ref
	}
	name := strings.TrimSpace(string(out))
	name = strings.TrimPrefix(name, "--end-of-options\n")
	if name == "" || name == "HEAD" {
		return ref
	}
	remotes, err := r.git(ctx, "remote")
	if err != nil {
		return name
	}
	for _, remote := range strings.Fields(string(remotes)) {
		if rest, ok := strings.CutPrefix(name, remote+"/"); ok {
			return rest
		}
	}
	return name
}

// Snapshot is the branch as a pull request: what differs between the merge base
// and the head, and the policy at the tip of the base.
func (r *Repo) Snapshot(ctx context.Context, o Options) (pull.Snapshot, error) {
	ref, tip, err := r.base(ctx, o.Base)
	if err != nil {
		return pull.Snapshot{}, err
	}
	head, err := r.commit(ctx, "HEAD")
	if err != nil {
		return pull.Snapshot{}, errors.New("HEAD names no commit: commit something first")
	}
	out, err := r.git(ctx, "merge-base", tip, head)
	if err != nil {
		return pull.Snapshot{}, fmt.Errorf("HEAD and %s have no common history: %w", ref, err)
	}
	mergeBase := strings.TrimSpace(string(out))
	sn := pull.Snapshot{
		Pull: pull.Pull{Open: true, BaseBranch: r.branchName(ctx, ref), BaseTip: tip, MergeBase: mergeBase, Head: head},
		At:   time.Unix(0, 0).UTC(), // an answer about a checkout does not depend on the day
	}
	if sn.Policy.Base, err = r.Blob(ctx, tip, pull.PolicyPath); err != nil {
		return pull.Snapshot{}, err
	}
	sn.Policy.Owner = pull.Blob{State: pull.BlobAbsent}
	if sn.Files, err = r.changes(ctx, mergeBase, head, o.Worktree); err != nil {
		return pull.Snapshot{}, err
	}
	sn.Pull.Changed = len(sn.Files)
	if o.Worktree {
		sn.Policy.Head = r.diskBlob(pull.PolicyPath)
	} else if sn.Policy.Head, err = r.Blob(ctx, head, pull.PolicyPath); err != nil {
		return pull.Snapshot{}, err
	}
	return sn, nil
}

// policyLimit is the size above which a policy file is not read; the policy
// package refuses far smaller ones with a place.
const policyLimit = 8 << 20

// Blob reads one file of a commit without following symbolic links.
func (r *Repo) Blob(ctx context.Context, commit, path string) (pull.Blob, error) {
	out, err := r.git(ctx, "ls-tree", "-z", "-l", commit, "--", path)
	if err != nil {
		return pull.Blob{}, err
	}
	if len(out) == 0 {
		return pull.Blob{State: pull.BlobAbsent}, nil
	}
	meta, _, _ := strings.Cut(string(out), "\t")
	fields := strings.Fields(meta)
	if len(fields) < 4 {
		return pull.Blob{}, fmt.Errorf("git ls-tree said %q", meta)
	}
	switch {
	case fields[0] == pull.ModeSymlink:
		return pull.Blob{State: pull.BlobSymlink, OID: fields[2]}, nil
	case fields[1] != "blob":
		return pull.Blob{State: pull.BlobUnreadable, OID: fields[2], Problem: "it is not a file"}, nil
	}
	text, err := r.git(ctx, "cat-file", "blob", fields[2])
	if err != nil {
		return pull.Blob{}, err
	}
	if len(text) > policyLimit {
		return pull.Blob{State: pull.BlobUnreadable, OID: fields[2], Problem: "it is too large"}, nil
	}
	return pull.Blob{State: pull.BlobFound, OID: fields[2], Text: string(text)}, nil
}

// diskBlob reads one file of the folder.
func (r *Repo) diskBlob(path string) pull.Blob {
	full := filepath.Join(r.root, filepath.FromSlash(path))
	info, err := os.Lstat(full)
	switch {
	case errors.Is(err, os.ErrNotExist):
		return pull.Blob{State: pull.BlobAbsent}
	case err != nil:
		return pull.Blob{State: pull.BlobUnreadable, Problem: err.Error()}
	case info.Mode()&os.ModeSymlink != 0:
		return pull.Blob{State: pull.BlobSymlink}
	case !info.Mode().IsRegular() || info.Size() > policyLimit:
		return pull.Blob{State: pull.BlobUnreadable, Problem: "it is not a file of sensible size"}
	}
	text, err := os.ReadFile(full) //nolint:gosec // a fixed path in the checkout
	if err != nil {
		return pull.Blob{State: pull.BlobUnreadable, Problem: err.Error()}
	}
	return pull.Blob{State: pull.BlobFound, Text: string(text)}
}
