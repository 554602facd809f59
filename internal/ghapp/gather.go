package ghapp

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/slagate/slagate/internal/pull"
)

// parallel is how many requests one read or fill sends at once. GitHub advises
// serial requests per installation; a few at once stay far below its limit of 100.
const parallel = 4

// Gatherer reads pull requests. It is safe for concurrent use.
type Gatherer struct {
	creator *Creator
	cache   *objectCache
}

// NewGatherer makes a Gatherer with a cache of its own.
func NewGatherer(c *Creator) *Gatherer {
	return &Gatherer{creator: c, cache: newObjectCache(cacheWeight)}
}

// sameSecondPatience is how many reads are held stale only because the head
// is not the one expected although the times are alike: two deliveries of one
// second may have come in the wrong order.
const sameSecondPatience = 3

// olderPatience is how many reads (half a minute of them) are held stale because
// they are older than a delivery although the head is the one expected: then
// GitHub's two clocks differ, and the next sweep looks again anyway.
const olderPatience = 5

// reading is one read in progress.
type reading struct {
	g     *Gatherer
	inst  *installation
	ref   pull.Ref
	hints pull.Hints
	repo  graphRepo
	asked people
	snap  pull.Snapshot
}

// Read gathers the pull request. It costs one query; longer lists, renamed
// files and an unexpected base branch cost further requests. An error means
// that nothing is known: a part is never returned.
func (g *Gatherer) Read(ctx context.Context, ref pull.Ref, hints pull.Hints) (pull.Snapshot, error) {
	snap, err := g.read(ctx, ref, hints)
	if err != nil {
		return pull.Snapshot{}, fmt.Errorf("reading %s: %w", ref, cleaned(err))
	}
	return snap, nil
}

func (g *Gatherer) read(ctx context.Context, ref pull.Ref, hints pull.Hints) (pull.Snapshot, error) {
	app, err := g.creator.App(ctx)
	if err != nil {
		return pull.Snapshot{}, err
	}
	inst, err := g.creator.installation(ref.Installation)
	if err != nil {
		return pull.Snapshot{}, err
	}
	r := &reading{g: g, inst: inst, ref: ref, hints: hints}
	r.asked = people{teams: hints.Teams, people: askable(hints.People), logins: hints.Logins}
	r.snap = pull.Snapshot{Ref: ref, App: pull.Person{Login: app.Slug, Kind: pull.KindBot}}
	answer, err := r.ask(ctx)
	if err != nil {
		return pull.Snapshot{}, err
	}
	if err := r.understand(answer); err != nil {
		return pull.Snapshot{}, err
	}
	if err := r.complete(ctx, answer); err != nil {
		return pull.Snapshot{}, err
	}
	return r.snap, nil
}

// ask sends the one query.
func (r *reading) ask(ctx context.Context) (*graphAnswer, error) {
	q := newGraphQuery()
	q.set("owner", "String!", r.ref.Owner)
	q.set("name", "String!", r.ref.Repo)
	q.set("number", "Int!", r.ref.Number)
	q.write(`repository(owner:$owner,name:$name){databaseId isPrivate name owner{login} `)
	if r.hints.BaseBranch != "" {
		writePolicy(q, "refs/heads/"+r.hints.BaseBranch)
	}
	writeLabels(q, r.hints.Labels)
	q.write(`pullRequest(number:$number){%s labels(first:100){%s} comments(last:100){%s} reviews(last:100){%s} timelineItems(last:100,%s){%s} `,
		pullFields, labelNodes, commentNodes, reviewNodes, eventTypes, eventNodes)
	q.write(`files(first:100){%s} commits(first:100){%s} last:commits(last:1){nodes{commit{%s}}}}} `,
		fileNodes, commitNodes, statusFields)
	q.write(`ownerRepo:repository(owner:$owner,name:%s){name owner{login} policy:object(expression:%s){%s} folder:object(expression:%s){%s}} `,
		q.text(pull.OwnerRepo), q.text("HEAD:"+pull.OwnerPolicyPath), blobFields, q.text("HEAD:"), treeFields)
	optional := append(r.asked.write(q), "ownerRepo")
	return r.g.creator.ask(ctx, r.inst, q, optional)
}

// understand translates the answer to the one query.
func (r *reading) understand(answer *graphAnswer) error {
	found, err := answer.decode("repository", &r.repo)
	switch {
	case err != nil:
		return err
	case !found || r.repo.PullRequest == nil:
		return ErrNotFound
	case int64(r.repo.DatabaseID) != r.ref.RepoID:
		return fmt.Errorf("repository id %d: %w", r.repo.DatabaseID, ErrOtherRepo)
	case r.repo.Owner != nil && !strings.EqualFold(r.repo.Owner.Login, r.ref.Owner):
		return &MovedError{Ref: r.ref, Owner: r.repo.Owner.Login, Repo: r.repo.Name}
	}
	r.snap.At = answer.at
	p := r.repo.PullRequest
	if err := r.fresh(p); err != nil {
		return err
	}
	if r.snap.Pull, err = facts(p, r.repo.IsPrivate); err != nil {
		return err
	}
	if r.snap.Policy.Owner, err = ownerPolicy(answer, r.ref.Owner); err != nil {
		return err
	}
	return r.readLabels(answer)
}

// readLabels says which of the labels asked for exist.
func (r *reading) readLabels(answer *graphAnswer) error {
	existing, err := existingLabels(answer, r.hints.Labels)
	r.snap.Observed.RepoLabels, r.snap.Observed.LabelsAsked = existing, slices.Clone(r.hints.Labels)
	return err
}

// fresh compares the answer with what a signed delivery already told.
func (r *reading) fresh(p *graphPull) error {
	h := r.hints
	stale := func(what string) error { return &StaleError{Ref: r.ref, What: what, attempt: h.Attempt} }
	switch {
	case p.UpdatedAt.Before(h.ExpectUpdated) && (h.Attempt < olderPatience || p.HeadRefOID != h.ExpectHead):
		return stale(fmt.Sprintf("updated %s, a delivery said %s",
			p.UpdatedAt.UTC().Format(time.RFC3339), h.ExpectUpdated.UTC().Format(time.RFC3339)))
	case h.ExpectHead != "" && p.HeadRefOID != h.ExpectHead && p.UpdatedAt.Equal(h.ExpectUpdated) && h.Attempt < sameSecondPatience:
		return stale(fmt.Sprintf("head %s, a delivery said %s", p.HeadRefOID, h.ExpectHead))
	}
	return nil
}

// facts translates the pull request itself.
func facts(p *graphPull, private bool) (pull.Pull, error) {
	if p.HeadRefOID == "" || p.BaseRefName == "" || p.State == "" {
		return pull.Pull{}, errors.New("GitHub answered a query in part only: no head, base or state")
	}
	out := pull.Pull{
		NodeID: p.ID, Open: p.State == "OPEN", Merged: p.Merged, Draft: p.IsDraft, Fork: p.IsCrossRepository,
		Author: p.Author.person(), CreatedAt: p.CreatedAt.UTC(), UpdatedAt: p.UpdatedAt.UTC(),
		BaseBranch: p.BaseRefName, HeadBranch: p.HeadRefName, Head: p.HeadRefOID,
		Changed: p.ChangedFiles, RepoPrivate: private, BaseTip: p.BaseRef.tip(),
	}
	if out.Merged {
		return merged(out, p)
	}
	if out.BaseTip == "" && out.Open {
		return pull.Pull{}, fmt.Errorf("branch %q: %w", p.BaseRefName, ErrBaseGone)
	}
	return out, nil
}

// merged adds how a pull request was merged. The tip of the base branch holds the change
// by then, so it is judged against the branch as it was before; that is known even if
// the branch was deleted since.
func merged(out pull.Pull, p *graphPull) (pull.Pull, error) {
	out.MergedAt, out.MergedBy, out.BaseSHA = utc(p.MergedAt), p.MergedBy.person(), baseWhenMerged(p)
	if out.MergedAt.IsZero() || out.BaseSHA == "" {
		return pull.Pull{}, errors.New("GitHub answered a query in part only: merged, but not when and into what")
	}
	out.BaseTip = out.BaseSHA
	return out, nil
}

// baseWhenMerged is the base branch just before the merge. A merge of two says it
// exactly. Of squashed and rebased ones GitHub tells only where the base branch was
// when the pull request was pushed to last.
func baseWhenMerged(p *graphPull) string {
	if p.MergeCommit != nil && p.MergeCommit.Parents != nil {
		parents := p.MergeCommit.Parents.Nodes
		if len(parents) == 2 && parents[0] != nil && parents[1] != nil && parents[1].OID == p.HeadRefOID {
			return parents[0].OID
		}
	}
	return p.BaseRefOID
}

// complete asks for what did not fit into the query, side by side.
func (r *reading) complete(ctx context.Context, answer *graphAnswer) error {
	group, inner := errgroup.WithContext(ctx)
	group.SetLimit(parallel)
	for _, step := range []func(context.Context) error{
		r.labels, r.comments, r.reviews, r.events, r.commits, r.files, r.statuses, r.policy,
		func(ctx context.Context) error { return r.people(ctx, answer) },
	} {
		group.Go(func() error { return step(inner) })
	}
	if err := group.Wait(); err != nil {
		return err
	}
	return r.renamed(ctx)
}

func (r *reading) labels(ctx context.Context) error {
	nodes, err := following(ctx, r, "labels", "", labelNodes, r.repo.PullRequest.Labels)
	for _, n := range nodes {
		r.snap.Labels = append(r.snap.Labels, pull.Label{NodeID: n.ID, Name: n.Name})
	}
	return err
}

// comments keeps people's comments apart from slagate's own.
func (r *reading) comments(ctx context.Context) error {
	nodes, err := preceding(ctx, r, "comments", "", commentNodes, r.repo.PullRequest.Comments)
	var own []pull.Comment
	for _, n := range nodes {
		c := pull.Comment{
			ID: n.id(), Author: n.Author.person(), Body: n.Body, Created: n.CreatedAt.UTC(),
			EditedAt: utc(n.LastEditedAt), Editor: n.Editor.person(),
		}
		if r.isOurs(c.Author) {
			own = append(own, c)
			continue
		}
		r.snap.Comments = append(r.snap.Comments, c)
	}
	r.pickOwn(own)
	return err
}

func (r *reading) isOurs(author pull.Person) bool { return isBot(author, r.snap.App.Login) }

// isBot: the account is the bot of the app with this slug.
func isBot(p pull.Person, slug string) bool {
	return p.Kind == pull.KindBot && strings.TrimSuffix(p.Login, "[bot]") == slug
}

// pickOwn finds slagate's comment among its bot's comments: the one with the
// known id, else the oldest that carries the marker. The others that carry it
// are doubles. Anybody can paste the marker, so only our own author counts.
func (r *reading) pickOwn(own []pull.Comment) {
	marked := func(c pull.Comment) bool { return r.hints.Marker != "" && strings.Contains(c.Body, r.hints.Marker) }
	picked := -1
	for i, c := range own {
		if c.ID == r.hints.CommentID {
			picked = i
			break
		}
		if picked < 0 && marked(c) {
			picked = i
		}
	}
	for i, c := range own {
		switch {
		case i == picked:
			r.snap.Observed.Comment = &c
		case marked(c):
			r.snap.Observed.Doubles = append(r.snap.Observed.Doubles, c.ID)
		}
	}
}

func (r *reading) reviews(ctx context.Context) error {
	nodes, err := preceding(ctx, r, "reviews", "", reviewNodes, r.repo.PullRequest.Reviews)
	for _, n := range nodes {
		review := pull.Review{ID: n.id(), Author: n.Author.person(), State: n.State, Submitted: utc(n.SubmittedAt)}
		if n.Commit != nil {
			review.Commit = n.Commit.OID
		}
		r.snap.Reviews = append(r.snap.Reviews, review)
	}
	return err
}

func (r *reading) events(ctx context.Context) error {
	nodes, err := preceding(ctx, r, "timelineItems", ","+eventTypes, eventNodes, r.repo.PullRequest.Events)
	for _, n := range nodes {
		switch n.Typename {
		case "LabeledEvent", "UnlabeledEvent":
			event := pull.LabelEvent{
				ID: n.ID, Added: n.Typename == "LabeledEvent", Actor: n.Actor.person(), Created: n.CreatedAt.UTC(),
			}
			if n.Label != nil {
				event.Label = pull.Label{NodeID: n.Label.ID, Name: n.Label.Name}
			}
			r.snap.LabelEvents = append(r.snap.LabelEvents, event)
		case "HeadRefForcePushedEvent":
			push := pull.ForcePush{ID: n.ID, Actor: n.Actor.person(), Created: n.CreatedAt.UTC()}
			if n.BeforeCommit != nil {
				push.Before = n.BeforeCommit.OID
			}
			if n.AfterCommit != nil {
				push.After = n.AfterCommit.OID
			}
			r.snap.ForcePushes = append(r.snap.ForcePushes, push)
		}
	}
	return err
}

func utc(t time.Time) time.Time {
	if t.IsZero() {
		return time.Time{}
	}
	return t.UTC()
}
