package checkout

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/slagate/slagate/internal/pull"
)

// ErrNoRange says that a text names no two commits.
var ErrNoRange = errors.New("is not of the form BASE..HEAD or BASE...HEAD")

// OpenHistory is [Open] for those who compare commits only: the folder may also
// be a bare repository or any folder of a checkout, and git is not asked about
// it beforehand, which counts where many commits are gone through.
func OpenHistory(dir string) *Repo { return &Repo{root: dir} }

// RangeOf is [Repo.Range] for git's way of writing two commits: BASE..HEAD, or
// BASE...HEAD for what HEAD changed since it left BASE. A side that is left out
// is HEAD, as for git. https://git-scm.com/docs/gitrevisions
func (r *Repo) RangeOf(ctx context.Context, text string) (pull.Snapshot, error) {
	if base, head, ok := strings.Cut(text, "..."); ok {
		return r.span(ctx, base, head, true)
	}
	base, head, ok := strings.Cut(text, "..")
	if !ok {
		return pull.Snapshot{}, fmt.Errorf("%q %w", text, ErrNoRange)
	}
	return r.span(ctx, base, head, false)
}

// Range reads what differs between two commits, both sides of every file, by
// path; renames are found as [Repo.Compare] finds them. It takes two runs of
// git, and [Repo.Texts] a third. No policy is looked for.
func (r *Repo) Range(ctx context.Context, base, head string) (pull.Snapshot, error) {
	return r.span(ctx, base, head, false)
}

// span compares head with base, or with where it left base.
func (r *Repo) span(ctx context.Context, base, head string, sinceLeft bool) (pull.Snapshot, error) {
	commits, err := r.commits(ctx, base, head)
	if err != nil {
		return pull.Snapshot{}, err
	}
	from := commits[0]
	if sinceLeft {
		if from, err = r.mergeBase(ctx, commits[0], commits[1]); err != nil {
			return pull.Snapshot{}, r.shallow(ctx, fmt.Errorf("%s and %s: %w", base, head, err))
		}
	}
	sn := pull.Snapshot{
		Pull: pull.Pull{Open: true, BaseTip: commits[0], MergeBase: from, Head: commits[1]},
		At:   time.Unix(0, 0).UTC(), // an answer about commits does not depend on the day
	}
	if sn.Files, err = r.changes(ctx, from, commits[1], false); err != nil {
		return pull.Snapshot{}, err
	}
	sn.Pull.Changed = len(sn.Files)
	return sn, nil
}

// commits are the ids of the commits that names stand for; "" stands for HEAD.
// One git finds them all, and reads them where no name can become an option.
func (r *Repo) commits(ctx context.Context, names ...string) ([]string, error) {
	var in strings.Builder
	for i, name := range names {
		if name == "" {
			names[i] = "HEAD"
		}
		if strings.ContainsAny(name, "\n\x00") {
			return nil, fmt.Errorf("%q %w", name, ErrNoCommit)
		}
		in.WriteString(names[i] + "^{commit}\n")
	}
	out, err := r.feed(ctx, strings.NewReader(in.String()), "cat-file", "--batch-check")
	switch {
	case err != nil && strings.Contains(err.Error(), "not a git repository"):
		return nil, fmt.Errorf("%s %w", r.root, ErrNoCheckout)
	case err != nil:
		return nil, fmt.Errorf("looking at %s: %w", r.root, err)
	}
	lines := strings.Split(strings.TrimSuffix(string(out), "\n"), "\n")
	if len(lines) < len(names) {
		return nil, fmt.Errorf("looking for commits: %w: %q", errBatch, out)
	}
	ids := make([]string, len(names))
	for i, name := range names {
		// "<id> commit <size>", or the name and "missing" or "ambiguous".
		fields := strings.Fields(lines[i])
		if len(fields) != 3 || !isID(fields[0]) || fields[1] != "commit" {
			return nil, r.shallow(ctx, fmt.Errorf("%q %w", name, ErrNoCommit))
		}
		ids[i] = fields[0]
	}
	return ids, nil
}
