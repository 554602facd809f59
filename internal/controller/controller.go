package controller

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/rs/zerolog"

	"github.com/slagate/slagate/internal/gate"
	"github.com/slagate/slagate/internal/plan"
	"github.com/slagate/slagate/internal/pull"
	"github.com/slagate/slagate/internal/reconcile"
	"github.com/slagate/slagate/internal/render"
	"github.com/slagate/slagate/internal/store"
)

// GitHub is what an evaluation asks and does.
type GitHub interface {
	Read(ctx context.Context, ref pull.Ref, h pull.Hints) (pull.Snapshot, error)
	Fill(ctx context.Context, sn *pull.Snapshot, n pull.Needs) error
	reconcile.Applier
}

// Pulls keeps pull requests.
type Pulls interface {
	Pull(ctx context.Context, repoID int64, number int) (store.PullRow, bool, error)
	SavePull(ctx context.Context, s store.Saved) (fresh bool, err error)
	UpdateMemory(ctx context.Context, ref pull.Ref, change func(*pull.Memory)) error
	SetFailing(ctx context.Context, ref pull.Ref, since time.Time) error
	CheckTurn(ctx context.Context, turn store.Turn) (gen int64, err error)
	PullsWithHead(ctx context.Context, repoID int64, head string) ([]store.PullRow, error)
}

// Repos keeps repositories and owners.
type Repos interface {
	Repo(ctx context.Context, repoID int64) (store.RepoRow, bool, error)
	UpdateRepo(ctx context.Context, repoID int64, change func(*store.RepoMemory)) error
	Owner(ctx context.Context, ownerID int64) (store.OwnerMemory, error)
	UpdateOwner(ctx context.Context, ownerID int64, change func(*store.OwnerMemory)) error
}

// Heads gives out the right to write the statuses of a commit.
type Heads interface {
	TryHead(ctx context.Context, repoID int64, head string) (lock store.Lock, ok bool, err error)
}

// Observer hears what happened, for metrics.
type Observer interface {
	Evaluated(verdict string, took time.Duration)
	Refused(kind string)
	Tampered(what string)
	// Redelivered counts deliveries that were asked for again, and those that could not be.
	Redelivered(asked, refused int)
	Bypassed()
}

// ErrAbsent says that the app is not installed (any more) or suspended: there is
// nothing to do, and nothing that another try would mend.
var ErrAbsent = errors.New("the app is not installed here")

// errUnanswered ends an evaluation whose decision lacks a fact.
var errUnanswered = errors.New("could not find out")

// Config is what a Controller is made of.
type Config struct {
	GitHub     GitHub
	Listing    Listing
	Pulls      Pulls
	Heads      Heads
	Repos      Repos
	Shelf      Shelf
	Queue      Queue
	Groups     Groups
	Commits    Commits
	Deliveries Deliveries
	Asked      Asked
	Observer   Observer
	WebURL     string
	Now        func() time.Time
}

// Controller evaluates pull requests.
type Controller struct {
	Config
	gate  *gate.Gate
	put   tally // how often in a row writing was put off
	reads tally // how often in a row reading failed
}

// New returns a Controller.
func New(cfg Config) *Controller {
	return &Controller{Config: cfg, gate: gate.New()}
}

// rounds is how often the gate may ask for more facts. Two suffice (files, then
// who pushed them); the rest is for surprises.
const rounds = 5

// Process evaluates one pull request in its turn and makes GitHub show the outcome. It
// returns when the pull request wants another look although nothing arrives (0:
// no reason), or an error that another try may mend.
func (c *Controller) Process(ctx context.Context, turn store.Turn) (again time.Duration, err error) {
	start := c.Now()
	row, found, err := c.Pulls.Pull(ctx, turn.Ref.RepoID, turn.Ref.Number)
	if err != nil || !found {
		return 0, err
	}
	ref := row.Ref
	if row.Turn != turn.No {
		return 0, fmt.Errorf("read %s: %w", ref, store.ErrOvertaken)
	}
	ctx = zerolog.Ctx(ctx).With().Str("head", row.Head).Logger().WithContext(ctx)
	repo, _, err := c.Repos.Repo(ctx, ref.RepoID)
	if err != nil || repo.Gone {
		return 0, err
	}
	if !row.Open && over(row, repo) {
		return 0, c.closed(ctx, row)
	}
	verdict, again, err := c.evaluate(ctx, row, repo)
	if errors.Is(err, ErrAbsent) {
		zerolog.Ctx(ctx).Info().Err(err).Msg("left alone")
		return 0, nil
	}
	if errors.Is(err, store.ErrOvertaken) {
		return 0, err // how it stands is for the one to say who has the turn now
	}
	if err != nil {
		return 0, c.failed(ctx, row, err)
	}
	if !row.FailingSince.IsZero() {
		err = c.Pulls.SetFailing(ctx, ref, time.Time{})
	}
	c.Observer.Evaluated(string(verdict), c.Now().Sub(start))
	return again, err
}

// noteWithin bounds the time for noting a failure.
const noteWithin = 5 * time.Second

// failed notes since when a pull request cannot be evaluated. When the patience
// is over it says so in the status; the error goes back to the queue either way.
func (c *Controller) failed(ctx context.Context, row store.PullRow, cause error) error {
	now := c.Now()
	if row.FailingSince.IsZero() {
		// The evaluation may have failed because its time was over.
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), noteWithin)
		defer cancel()
		return errors.Join(cause, c.Pulls.SetFailing(ctx, row.Ref, now))
	}
	if now.Sub(row.FailingSince) < plan.Patience || row.Head == "" || !row.Open || errors.Is(cause, errUnanswered) {
		return cause // a decision that lacks a fact says so itself
	}
	status := render.NoAnswer(row.FailingSince, time.Time{})
	status.TargetURL = render.PullURL(c.WebURL, row.Ref)
	if posted, ok := lastPosted(row.Memory, row.Head); !ok || (posted.State == status.State && posted.Description == status.Description) {
		return cause // never had a status (no policy known), or already says so
	}
	return errors.Join(cause, c.post(ctx, row, status))
}

func (c *Controller) evaluate(ctx context.Context, row store.PullRow, repo store.RepoRow) (gate.Verdict, time.Duration, error) {
	sn, err := c.begin(ctx, row, repo)
	if err != nil {
		return "", 0, err
	}
	if !sn.Pull.Open {
		return c.ended(ctx, sn, row, repo)
	}
	head, err := c.lockHead(ctx, row.Ref.RepoID, sn.Pull.Head)
	if err != nil {
		return "", 0, err
	}
	defer head.Unlock()
	if sn.Observed.Siblings, err = c.siblings(ctx, sn, repo); err != nil {
		return "", 0, err
	}
	d := c.judge(sn)
	if err := c.remember(ctx, sn, row, repo); err != nil {
		return "", 0, err
	}
	return c.carryOut(ctx, sn, d, row, head)
}

// carryOut keeps a decision and makes GitHub show it.
func (c *Controller) carryOut(ctx context.Context, sn pull.Snapshot, d gate.Decision, row store.PullRow, head store.Lock) (gate.Verdict, time.Duration, error) {
	p := plan.Build(sn, d, plan.Options{WebURL: c.WebURL, FailingSince: row.FailingSince})
	d.Memory.PutRights = p.PutRights
	for _, what := range p.Tampered {
		c.Observer.Tampered(what)
		zerolog.Ctx(ctx).Warn().Str("what", what).Msg("somebody changed what slagate shows")
	}
	fresh, err := c.save(ctx, sn, d, p, row)
	if err != nil {
		return "", 0, err
	}
	if fresh {
		c.put.clear(row.Ref)
	} else if c.putOff(row.Ref) {
		return d.Verdict, 0, nil // the queue runs it again at once, with the newer facts
	}
	rec := &recorder{c: c, row: row, decision: d, head: head}
	err = reconcile.Apply(ctx, row.Ref, p.Steps, c.GitHub, rec)
	if err = errors.Join(err, rec.flush(ctx, row.Ref)); err != nil {
		return "", 0, err
	}
	zerolog.Ctx(ctx).Info().Str("verdict", string(d.Verdict)).Int("steps", len(p.Steps)).Msg("pull request evaluated")
	if d.Verdict == gate.NoAnswer {
		return "", 0, fmt.Errorf("evaluate %s: %w: %s", row.Ref, errUnanswered, d.Unanswered)
	}
	return d.Verdict, until(d.NextCheck, sn.At), c.aftermath(ctx, sn, d, row)
}

// begin posts the first status, before anything is read, and gathers. What it
// posted is part of what is remembered from here on, also if the reads fail.
func (c *Controller) begin(ctx context.Context, row store.PullRow, repo store.RepoRow) (pull.Snapshot, error) {
	first, err := c.first(ctx, row, repo)
	if err != nil {
		return pull.Snapshot{}, err
	}
	if first != nil {
		setPosted(&row.Memory, *first)
	}
	return c.gather(ctx, row, repo)
}

func until(next, at time.Time) time.Duration {
	if next.IsZero() {
		return 0
	}
	return max(next.Sub(at), time.Second)
}

// putOffs is how often in a row an evaluation that was overtaken writes
// nothing. After that it writes all but a success, so that a stream of events
// cannot keep the comment from ever appearing.
const putOffs = 2

func (c *Controller) putOff(ref pull.Ref) bool {
	if c.put.add(ref) > putOffs {
		c.put.clear(ref)
		return false
	}
	return true
}

// gather reads the facts, asking again until the gate lacks nothing.
func (c *Controller) gather(ctx context.Context, row store.PullRow, repo store.RepoRow) (pull.Snapshot, error) {
	owner, err := c.Repos.Owner(ctx, repo.OwnerID)
	if err != nil {
		return pull.Snapshot{}, err
	}
	h := c.hints(row, repo, owner)
	h.Attempt = c.reads.add(row.Ref) - 1
	sn, err := c.GitHub.Read(ctx, row.Ref, h)
	if err != nil {
		return sn, fmt.Errorf("read %s: %w", row.Ref, err)
	}
	c.reads.clear(row.Ref)
	sn.Memory, sn.Evidence, sn.Bindings = row.Memory, row.Evidence, repo.Memory.Bindings
	sn.Policy.BaseLastValid = repo.Memory.LastValid[sn.Pull.BaseBranch]
	sn.Policy.Elsewhere = repo.Memory.HasPolicy() || len(row.Memory.Posted) > 0
	sn.Policy.OwnerLastValid, sn.Policy.OwnerUnreadableSince = owner.LastValid, owner.UnreadableSince
	sn.Observed.LabelsAsked = append(sn.Observed.LabelsAsked, repo.Memory.Labels...)
	sn.Observed.RepoLabels = append(sn.Observed.RepoLabels, repo.Memory.Labels...)
	err = c.fill(ctx, &sn)
	return sn, err
}

// fill reads what the gate says that it lacks.
func (c *Controller) fill(ctx context.Context, sn *pull.Snapshot) error {
	var before pull.Needs
	for range rounds {
		needs := c.gate.Needs(*sn)
		if needs.Empty() || reflect.DeepEqual(needs, before) {
			break
		}
		if err := c.GitHub.Fill(ctx, sn, needs); err != nil {
			return fmt.Errorf("read more of %s: %w", sn.Ref, err)
		}
		before = needs
	}
	return nil
}

// hints are what will be asked about anyway: the policy's teams, and everybody
// who did something that could be a sign-off.
func (c *Controller) hints(row store.PullRow, repo store.RepoRow, owner store.OwnerMemory) pull.Hints {
	h := pull.Hints{
		BaseBranch: row.BaseBranch, Marker: render.Marker, CommentID: row.Memory.CommentID, ExpectHead: row.Head, ExpectUpdated: row.UpdatedAt,
	}
	h.Teams, h.Logins, h.Labels = c.gate.Expect(row.Ref, repo.Memory.LastValid[row.BaseBranch], owner.LastValid)
	h.Labels = slices.DeleteFunc(h.Labels, func(l string) bool { return slices.Contains(repo.Memory.Labels, l) })
	if len(h.Teams) == 0 {
		return h
	}
	seen := map[int64]bool{}
	add := func(p pull.Person) {
		if p.IsHuman() && !seen[p.ID] {
			seen[p.ID] = true
			h.People = append(h.People, p)
		}
	}
	for _, s := range row.Memory.SignOffs {
		if s.State == pull.SignOffActive {
			add(s.Person)
		}
	}
	for _, e := range row.Evidence {
		switch e.Kind { //nolint:exhaustive // the others say nothing about who signs
		case pull.EvidenceLabeled, pull.EvidenceComment, pull.EvidenceReview:
			add(e.Actor)
		case pull.EvidenceOpened:
			add(e.Actor) // the author, for "its only member is the author"
		}
	}
	return h
}

// siblings are the other open pull requests with this head, as last judged.
func (c *Controller) siblings(ctx context.Context, sn pull.Snapshot, repo store.RepoRow) ([]pull.Sibling, error) {
	rows, err := c.Pulls.PullsWithHead(ctx, sn.Ref.RepoID, sn.Pull.Head)
	if err != nil {
		return nil, fmt.Errorf("pull requests that share the head of %s: %w", sn.Ref, err)
	}
	var out []pull.Sibling
	for _, r := range rows {
		if r.Ref.Number == sn.Ref.Number {
			continue
		}
		s, err := c.sibling(ctx, r.Ref, sn.Pull.Head, repo)
		if err != nil {
			return nil, err
		}
		out = append(out, s)
	}
	return out, nil
}

// sibling is another pull request with this head. While something waits that can
// take its outcome away, it counts as not judged.
func (c *Controller) sibling(ctx context.Context, ref pull.Ref, head string, repo store.RepoRow) (pull.Sibling, error) {
	s := pull.Sibling{Number: ref.Number}
	row, _, err := c.Pulls.Pull(ctx, ref.RepoID, ref.Number)
	if err != nil {
		return s, err
	}
	takesAway, err := c.takesAway(ctx, row, repo)
	if err != nil || takesAway || row.Outcome.Head != head {
		return s, err
	}
	// Its comment may have been made after the outcome was kept.
	target := plan.WithCommentID(pull.Status{TargetURL: row.Outcome.TargetURL}, row.Memory.CommentID).TargetURL
	s.State, s.Description, s.TargetURL = row.Outcome.State, row.Outcome.Description, target
	return s, nil
}

// save keeps the evaluation in one transaction.
func (c *Controller) save(ctx context.Context, sn pull.Snapshot, d gate.Decision, p plan.Plan, row store.PullRow) (bool, error) {
	snapshot, err := json.Marshal(sn)
	if err != nil {
		return false, fmt.Errorf("store snapshot of %s: %w", row.Ref, err)
	}
	decision, err := json.Marshal(d)
	if err != nil {
		return false, fmt.Errorf("store decision of %s: %w", row.Ref, err)
	}
	own := p.Own // may hold the place of a comment that is yet to be made, see sibling
	saved := store.Saved{
		Ref: row.Ref, Gen: row.Gen, Turn: row.Turn, Snapshot: snapshot, Decision: decision,
		Head: sn.Pull.Head, Base: sn.Pull.BaseBranch, Open: sn.Pull.Open, UpdatedAt: sn.Pull.UpdatedAt, Memory: d.Memory,
		Outcome: store.Outcome{Head: sn.Pull.Head, State: own.State, Description: own.Description, TargetURL: own.TargetURL},
		Debt:    !sn.Pull.Open && d.Memory.InDebt(),
	}
	c.settle(&saved, d, row, len(p.Steps))
	return c.Pulls.SavePull(ctx, saved)
}

// aftermath looks at others that this outcome concerns: pull requests that
// shared a head with this one, and merge groups that hold it.
func (c *Controller) aftermath(ctx context.Context, sn pull.Snapshot, d gate.Decision, row store.PullRow) error {
	if left := row.Outcome.Head; left != "" && left != sn.Pull.Head {
		if err := c.lookAtHead(ctx, row, left); err != nil {
			return err
		}
	}
	if was, is := row.Outcome.State == render.StateSuccess, render.Status(d).State == render.StateSuccess; was != is || (is && d.Verdict != gate.Signed) {
		return c.lookAtGroups(ctx, row.Ref)
	}
	return nil
}

// lookAtHead has the other pull requests with a head judged again that this one
// has left, because the strictest may have gone.
func (c *Controller) lookAtHead(ctx context.Context, row store.PullRow, head string) error {
	rows, err := c.Pulls.PullsWithHead(ctx, row.Ref.RepoID, head)
	if err != nil {
		return fmt.Errorf("pull requests that share the head of %s: %w", row.Ref, err)
	}
	var hints []store.PullHint
	for _, r := range rows {
		if r.Ref.Number != row.Ref.Number {
			hints = append(hints, store.PullHint{Ref: r.Ref, OwnerID: r.OwnerID})
		}
	}
	return c.Queue.Enqueue(ctx, hints, "shared head")
}

// closed settles a pull request that is not open any more and with which all is
// well: nothing is written for it, but others may have shared its head.
func (c *Controller) closed(ctx context.Context, row store.PullRow) error {
	row.Memory.Over = pull.Over{Head: row.Head}
	for _, e := range row.Evidence {
		row.Memory.Over.Seq = max(row.Memory.Over.Seq, e.Seq)
	}
	_, err := c.Pulls.SavePull(ctx, store.Saved{
		Ref: row.Ref, Gen: row.Gen, Turn: row.Turn, Head: row.Head, Base: row.BaseBranch, Open: false, UpdatedAt: row.UpdatedAt,
		Memory: row.Memory, Outcome: row.Outcome,
	})
	if err != nil || row.Head == "" {
		return err
	}
	return c.lookAtHead(ctx, row, row.Head)
}

// lastPosted is the status that slagate last posted on a head.
func lastPosted(m pull.Memory, head string) (pull.Posted, bool) {
	for _, p := range m.Posted {
		if p.Head == head && strings.EqualFold(p.Context, render.Context) {
			return p, true
		}
	}
	return pull.Posted{}, false
}
