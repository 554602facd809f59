// Package checkout reads a branch of a git checkout into a snapshot, as if it
// were a pull request, so that the same gate that judges on GitHub can be asked
// offline.
//
// Its one idea: ask the git that made the checkout, for it alone understands all
// its features (worktrees, partial clones, object formats), but ask it in a way
// that no setting of the user and no file of the branch can bend: plumbing
// commands, paths by NUL, refs behind --end-of-options, symbolic links never
// followed. Nothing is written, and nothing is fetched but what git itself left
// out of a partial clone.
//
// It judges nothing and reads no policy: it only says what differs and what the
// policy files hold. A further fact about a branch is a field of the snapshot
// that [Repo.Compare] fills in.
package checkout

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/slagate/slagate/internal/pull"
)

// Why a folder cannot be looked at. The text says what to do about it.
var (
	// ErrNoGit says that there is no git to ask.
	ErrNoGit = errors.New("git is not installed, or not in PATH: slagate asks it what differs")
	// ErrNoCheckout says that the folder is in no checkout.
	ErrNoCheckout = errors.New("is not in a git checkout")
	// ErrBare says that there is nothing checked out.
	ErrBare = errors.New("is a bare repository: check out a branch first (git worktree add FOLDER BRANCH) and name that folder")
	// ErrNoBase says that no base branch could be found.
	ErrNoBase = errors.New("no base branch found (looked for origin/HEAD, origin/main, origin/master, main, master): name one with --base")
	// ErrNoCommit says that a name stands for no commit.
	ErrNoCommit = errors.New("names no commit here (git fetch may bring it)")
	// ErrUnrelated says that two commits have no common history.
	ErrUnrelated = errors.New("no common history")
)

// Options say what is compared.
type Options struct {
	// Base is a ref of the base branch; "" for origin/HEAD, else origin/main,
	// origin/master, main, master.
	Base string
	// BaseBranch is what the base is called on GitHub, for rules that are limited
	// to branches; "" to tell from Base.
	BaseBranch string
	// Worktree compares what lies in the folder instead of what is committed,
	// files that git does not track yet included.
	Worktree bool
}

// Branch is what was found.
type Branch struct {
	// Snapshot is the branch as a pull request. Its BaseBranch is "" if the base
	// has no name here.
	Snapshot pull.Snapshot
	// Base is the ref that it was compared with.
	Base string
}

// Repo is a checkout.
type Repo struct{ root string }

// Open finds the checkout that a folder belongs to.
func Open(ctx context.Context, dir string) (*Repo, error) {
	if info, err := os.Stat(dir); err != nil {
		return nil, fmt.Errorf("looking at %s: %w", dir, cause(err))
	} else if !info.IsDir() {
		return nil, fmt.Errorf("%s is not a folder", dir)
	}
	r := &Repo{root: dir}
	bare, err := r.line(ctx, "rev-parse", "--is-bare-repository")
	switch {
	case errors.Is(err, ErrNoGit):
		return nil, err
	case err != nil && strings.Contains(err.Error(), "not a git repository"):
		return nil, fmt.Errorf("%s %w", dir, ErrNoCheckout)
	case err != nil:
		return nil, fmt.Errorf("looking at %s: %w", dir, err)
	}
	if bare == "true" {
		return nil, fmt.Errorf("%s %w", dir, ErrBare)
	}
	root, err := r.line(ctx, "rev-parse", "--show-toplevel")
	if err != nil {
		return nil, fmt.Errorf("%s %w: %w", dir, ErrNoCheckout, err)
	}
	return &Repo{root: filepath.FromSlash(root)}, nil
}

// cause is an error of a file without the name of the operation.
func cause(err error) error {
	if p := (*os.PathError)(nil); errors.As(err, &p) {
		return p.Err
	}
	return err
}

// Root is the top folder of the checkout.
func (r *Repo) Root() string { return r.root }

// Compare reads the branch as a pull request: what differs between the merge
// base and the head, and the policy at the tip of the base.
func (r *Repo) Compare(ctx context.Context, o Options) (Branch, error) {
	ref, tip, err := r.base(ctx, o.Base)
	if err != nil {
		return Branch{}, r.shallow(ctx, err)
	}
	head, err := r.commit(ctx, "HEAD")
	if err != nil {
		return Branch{}, errors.New("nothing is committed here yet (HEAD names no commit)")
	}
	mergeBase, err := r.mergeBase(ctx, tip, head)
	if err != nil {
		return Branch{}, r.shallow(ctx, fmt.Errorf("HEAD and %s: %w", ref, err))
	}
	name := o.BaseBranch
	if name == "" {
		name = r.branchName(ctx, ref)
	}
	sn := pull.Snapshot{
		Pull: pull.Pull{Open: true, BaseBranch: name, BaseTip: tip, MergeBase: mergeBase, Head: head},
		At:   time.Unix(0, 0).UTC(), // an answer about a checkout does not depend on the day
	}
	if sn.Policy.Base, err = r.Blob(ctx, tip, pull.PolicyPath); err != nil {
		return Branch{}, err
	}
	sn.Policy.Owner = pull.Blob{State: pull.BlobAbsent}
	if sn.Files, err = r.changes(ctx, mergeBase, head, o.Worktree); err != nil {
		return Branch{}, err
	}
	sn.Pull.Changed = len(sn.Files)
	if err := r.headPolicy(ctx, &sn, o.Worktree); err != nil {
		return Branch{}, err
	}
	return Branch{Snapshot: sn, Base: ref}, nil
}

// headPolicy reads the policy file that the branch brings. One that the branch
// leaves alone is not looked at: after the merge it is the base's that counts.
func (r *Repo) headPolicy(ctx context.Context, sn *pull.Snapshot, worktree bool) error {
	for _, f := range sn.Files {
		if f.Path != pull.PolicyPath && f.Previous != pull.PolicyPath {
			continue
		}
		if worktree {
			sn.Policy.Head = r.diskBlob(pull.PolicyPath)
			return nil
		}
		var err error
		sn.Policy.Head, err = r.Blob(ctx, sn.Pull.Head, pull.PolicyPath)
		return err
	}
	return nil
}
