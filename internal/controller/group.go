package controller

import (
	"context"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/rs/zerolog"

	"github.com/slagate/slagate/internal/gate"
	"github.com/slagate/slagate/internal/plan"
	"github.com/slagate/slagate/internal/policy"
	"github.com/slagate/slagate/internal/pull"
	"github.com/slagate/slagate/internal/render"
	"github.com/slagate/slagate/internal/store"
)

// Groups keeps merge groups and what was last decided of pull requests.
type Groups interface {
	SaveGroup(ctx context.Context, g store.MergeGroup) error
	GroupsWithPull(ctx context.Context, repoID int64, number int) ([]store.MergeGroup, error)
	Snapshot(ctx context.Context, repoID int64, number int) (snapshot, decision []byte, err error)
}

// Commits reads git objects, what stood on them, and the merge queue.
type Commits interface {
	StatusAt(ctx context.Context, ref pull.Ref, sha, statusContext string, at time.Time) (pull.Status, bool, error)
	MergeQueue(ctx context.Context, ref pull.Ref, branch string) ([]QueueEntry, error)
	EntriesAt(ctx context.Context, ref pull.Ref, commit string, paths []string) (map[string]pull.Entry, error)
	DiffTrees(ctx context.Context, ref pull.Ref, before, after string) ([]pull.File, error)
}

// QueueEntry is a pull request in the merge queue, in queue order.
type QueueEntry struct {
	Number int
	Head   string // of the commit that the queue made for it; "" before it did
}

// soonError asks for another try after a moment: the pull requests of a group
// are being looked at.
type soonError struct{ what string }

func (e soonError) Error() string             { return e.what }
func (e soonError) RetryAfter() time.Duration { return 300 * time.Millisecond }

// Group answers a merge group: success only where every pull request in it
// stands signed for the content that the group would merge. All of them are
// evaluated anew first.
func (c *Controller) Group(ctx context.Context, g store.MergeGroup) error {
	repo, _, err := c.Repos.Repo(ctx, g.Ref.RepoID)
	if err != nil || g.Gone || repo.Gone || !repo.Memory.HasPolicy() {
		return err
	}
	head, err := c.lockHead(ctx, g.Ref.RepoID, g.Head)
	if err != nil {
		return err
	}
	defer head.Unlock()
	if len(g.Pulls) == 0 {
		if g.Pulls, err = c.pullsOf(ctx, g); err != nil {
			return err
		}
		if err := c.Groups.SaveGroup(ctx, g); err != nil {
			return err
		}
		hints := make([]store.PullHint, 0, len(g.Pulls))
		for _, n := range g.Pulls {
			ref := g.Ref
			ref.Number = n
			hints = append(hints, store.PullHint{Ref: ref, OwnerID: repo.OwnerID})
		}
		if err := c.Queue.Enqueue(ctx, hints, "merge group"); err != nil {
			return err
		}
	}
	status, err := c.judgeGroup(ctx, g)
	if err != nil {
		return err
	}
	if g.State == status.State && g.Description == status.Description {
		return nil
	}
	if !head.Held() {
		return fmt.Errorf("answer merge group %s: %w", g.Head, store.ErrOvertaken)
	}
	if _, err := c.GitHub.Apply(ctx, g.Ref, plan.Action{Kind: plan.PostStatus, Head: g.Head, Status: status}); err != nil {
		return fmt.Errorf("answer merge group %s: %w", g.Head, err)
	}
	zerolog.Ctx(ctx).Info().Str("group", g.Head).Str("state", status.State).Msg("merge group answered")
	g.State, g.Description = status.State, status.Description
	return c.Groups.SaveGroup(ctx, g)
}

// groupRef is how GitHub names the branch of a group; used where the queue
// itself does not tell. Not a documented contract.
var groupRef = regexp.MustCompile(`^(?:refs/heads/)?gh-readonly-queue/.+/pr-(\d+)-[0-9a-f]+$`)

// pullsOf finds the pull requests that a group holds: those of the queue from
// behind its base up to its head.
func (c *Controller) pullsOf(ctx context.Context, g store.MergeGroup) ([]int, error) {
	entries, err := c.Commits.MergeQueue(ctx, g.Ref, strings.TrimPrefix(g.BaseRef, "refs/heads/"))
	if err != nil {
		return nil, fmt.Errorf("read the merge queue for group %s: %w", g.Head, err)
	}
	last := slices.IndexFunc(entries, func(e QueueEntry) bool { return e.Head == g.Head })
	if last >= 0 {
		first := 1 + slices.IndexFunc(entries, func(e QueueEntry) bool { return e.Head == g.Base })
		var numbers []int
		for _, e := range entries[min(first, last) : last+1] {
			numbers = append(numbers, e.Number)
		}
		return numbers, nil
	}
	if m := groupRef.FindStringSubmatch(g.HeadRef); m != nil {
		n, err := strconv.Atoi(m[1])
		return []int{n}, err
	}
	return nil, fmt.Errorf("merge group %s: GitHub does not tell which pull requests it holds", g.Head)
}

// judgeGroup compares what the group would merge with what was signed.
func (c *Controller) judgeGroup(ctx context.Context, g store.MergeGroup) (pull.Status, error) {
	changed, err := c.Commits.DiffTrees(ctx, g.Ref, g.Base, g.Head)
	if err != nil {
		return pull.Status{}, fmt.Errorf("read what merge group %s changes: %w", g.Head, err)
	}
	var pulls []render.GroupPull
	var since time.Time
	covered := map[string]bool{}
	var loose []string // functions asked for gated content that no pull request of the group brought
	for i, n := range g.Pulls {
		p, sn, d, err := c.groupPull(ctx, g, n)
		if err != nil {
			return pull.Status{}, err
		}
		pulls, since = append(pulls, p), d.OwnerUnreadableSince
		for _, f := range d.Files {
			covered[f.Path], covered[f.Previous] = true, true
		}
		if i == len(g.Pulls)-1 {
			loose = c.gate.AsksFor(sn, slices.DeleteFunc(changed, func(f pull.File) bool { return covered[f.Path] }))
		}
	}
	if len(loose) > 0 && len(pulls) > 0 {
		last := &pulls[len(pulls)-1]
		last.Gated = true
		last.Changed = union(last.Changed, loose)
	}
	return render.MergeGroup(pulls, since), nil
}

func union(a, b []string) []string {
	for _, x := range b {
		if !slices.Contains(a, x) {
			a = append(a, x)
		}
	}
	return a
}

// groupPull is how one pull request of the group stands, by its own last
// evaluation and by the content in the group.
func (c *Controller) groupPull(ctx context.Context, g store.MergeGroup, number int) (render.GroupPull, pull.Snapshot, gate.Decision, error) {
	p := render.GroupPull{Number: number}
	var sn pull.Snapshot
	var d gate.Decision
	row, found, err := c.Pulls.Pull(ctx, g.Ref.RepoID, number)
	if err != nil {
		return p, sn, d, err
	}
	if !found || row.Done == 0 || row.Gen != row.Done {
		return p, sn, d, soonError{fmt.Sprintf("pull request #%d of the merge group is being looked at", number)}
	}
	snapshot, decision, err := c.Groups.Snapshot(ctx, g.Ref.RepoID, number)
	if err != nil {
		return p, sn, d, fmt.Errorf("last decision of #%d: %w", number, err)
	}
	if err := json.Unmarshal(snapshot, &sn); err != nil {
		return p, sn, d, fmt.Errorf("last snapshot of #%d: %w", number, err)
	}
	if err := json.Unmarshal(decision, &d); err != nil {
		return p, sn, d, fmt.Errorf("last decision of #%d: %w", number, err)
	}
	if d.Verdict == gate.NoAnswer && (row.FailingSince.IsZero() || c.Now().Sub(row.FailingSince) < plan.Patience) {
		return p, sn, d, soonError{fmt.Sprintf("GitHub did not answer about pull request #%d of the merge group", number)}
	}
	p.Signed, p.FirstDescription = row.Outcome.State == render.StateSuccess && row.Outcome.Head == row.Head, row.Outcome.Description
	p.Gated = d.Verdict != gate.Ungated
	if p.Gated && p.Signed {
		p.Changed, err = c.changedInGroup(ctx, g, sn, d)
	}
	return p, sn, d, err
}

// changedInGroup names the functions whose signed content the group changes: what they
// would be asked about, were the pull request what the group makes of its files.
func (c *Controller) changedInGroup(ctx context.Context, g store.MergeGroup, sn pull.Snapshot, d gate.Decision) ([]string, error) {
	if d.ViewIndex < 0 || d.ViewIndex >= len(d.Memory.Views) {
		return nil, nil
	}
	sn, err := c.inGroup(ctx, g, sn)
	if err != nil {
		return nil, err
	}
	now := c.gate.Asked(sn)
	var changed []string
	for _, a := range d.Memory.Views[d.ViewIndex].Asked {
		if a.Function == policy.AuthorOwner {
			continue
		}
		alike := slices.ContainsFunc(now, func(n pull.Asked) bool { return n.Function == a.Function && n.Fingerprint == a.Fingerprint })
		if !alike {
			changed = append(changed, a.Function)
		}
	}
	return changed, nil
}

// inGroup is a pull request's snapshot with its files as they stand at both ends of the group.
func (c *Controller) inGroup(ctx context.Context, g store.MergeGroup, sn pull.Snapshot) (pull.Snapshot, error) {
	sn.Pull.MergeBase, sn.Pull.Head = g.Base, g.Head
	sn.Files = slices.Clone(sn.Files)
	var before, after []string
	for _, f := range sn.Files {
		if f.Before != nil {
			before, after = append(before, pathBefore(f)), append(after, f.Path)
		}
	}
	atBase, err := c.Commits.EntriesAt(ctx, g.Ref, g.Base, before)
	if err != nil {
		return sn, fmt.Errorf("content at the base of merge group %s: %w", g.Head, err)
	}
	atHead, err := c.Commits.EntriesAt(ctx, g.Ref, g.Head, after)
	if err != nil {
		return sn, fmt.Errorf("content of merge group %s: %w", g.Head, err)
	}
	for i := range sn.Files {
		if f := &sn.Files[i]; f.Before != nil {
			b, a := atBase[pathBefore(*f)], atHead[f.Path]
			f.Before, f.After = &b, &a
		}
	}
	if wanted := c.gate.Needs(sn).Blobs; len(wanted) > 0 {
		ref := sn.Ref
		if err := c.GitHub.Fill(ctx, &sn, pull.Needs{Blobs: wanted}); err != nil {
			return sn, fmt.Errorf("texts of %s in merge group %s: %w", ref, g.Head, err)
		}
	}
	return sn, nil
}

// pathBefore is where a file's former content stands.
func pathBefore(f pull.File) string {
	if f.Status == pull.FileRenamed && f.Previous != "" {
		return f.Previous
	}
	return f.Path
}

// lookAtGroups has the merge groups judged again that hold a pull request.
func (c *Controller) lookAtGroups(ctx context.Context, ref pull.Ref) error {
	groups, err := c.Groups.GroupsWithPull(ctx, ref.RepoID, ref.Number)
	if err != nil {
		return err
	}
	return c.Queue.EnqueueGroups(ctx, groups)
}
