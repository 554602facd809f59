package githubsim

import (
	"slices"
	"strings"
	"time"
)

// Pull is a pull request. Its state is read with View and changed by an Actor.
type Pull struct {
	ID     int64
	NodeID string
	Number int

	repo     *Repo
	head     *Repo // nil: the fork is gone
	headName string
	author   *User
	created  time.Time

	pullState
	before *pullState // the state before the last change, for stale reads
	change time.Time  // when that was
}

// pullState is the part of a pull request that changes.
type pullState struct {
	title, body string
	open        bool
	draft       bool
	merged      bool
	mergedBy    *User
	mergeCommit string
	closed      time.Time
	updated     time.Time
	base        string // branch
	baseSHA     string // tip of base at the last push of the head, as GitHub keeps it
	headSHA     string
	labels      []*Label
	events      []*Event
	comments    []*Comment
	reviews     []*Review
	queued      bool
	queuer      *User // who put it into the merge queue
}

// Repo is the repository that the pull request wants to change.
func (p *Pull) Repo() *Repo { return p.repo }

// touch keeps the state as it is for stale reads and marks the change that follows.
func (p *Pull) touch() {
	old := p.pullState
	old.labels = slices.Clone(p.labels)
	old.events = slices.Clone(p.events)
	old.reviews = slices.Clone(p.reviews)
	old.comments = make([]*Comment, len(p.comments))
	for i, c := range p.comments {
		twin := *c
		old.comments[i] = &twin
	}
	p.before = &old
	p.updated, p.change = p.repo.s.now(), p.repo.s.opts.Now()
}

// stale is the pull request as it was before its last change.
func (p *Pull) stale() *Pull {
	if p.before == nil {
		return p
	}
	old := *p
	old.pullState = *p.before
	return &old
}

func (p *Pull) has(l *Label) bool { return slices.Contains(p.labels, l) }

// event appends to the timeline.
func (p *Pull) event(kind string, actor *User) *Event {
	id := p.repo.s.next()
	prefix := map[string]string{"labeled": "LE", "unlabeled": "UNLE", "head_ref_force_pushed": "HRFPE", "base_ref_changed": "BRCE"}[kind]
	if prefix == "" {
		prefix = "EV"
	}
	e := &Event{ID: id, NodeID: nodeID(prefix, id), Kind: kind, Actor: actor, At: p.repo.s.now()}
	p.events = append(p.events, e)
	return e
}

// baseTip is the commit that the diff is made against.
func (p *Pull) baseTip() string {
	if p.open {
		if tip := p.repo.branches[p.base]; tip != "" {
			return tip
		}
	}
	return p.baseSHA
}

func (p *Pull) mergeBase() string { return p.repo.objects.mergeBase(p.baseTip(), p.headSHA) }

// files is the three-dot diff.
func (p *Pull) files() []*change {
	g := p.repo.objects
	return g.diff(g.tree(p.mergeBase()), g.tree(p.headSHA))
}

func (p *Pull) commits() []*commit { return p.repo.objects.between(p.baseTip(), p.headSHA) }

func (p *Pull) comment(id int64) *Comment {
	for _, c := range p.comments {
		if c.ID == id {
			return c
		}
	}
	return nil
}

func (p *Pull) crossRepo() bool { return p.head != p.repo }

// PullView is a pull request at one instant, for tests and for the demo's page.
type PullView struct {
	Number    int
	URL       string
	Title     string
	Body      string
	Author    *User
	Created   time.Time
	Updated   time.Time
	Open      bool
	Draft     bool
	Merged    bool
	Queued    bool
	Base      string
	HeadName  string
	Head      string
	MergeBase string
	Labels    []string
	Comments  []Comment
	Reviews   []Review
	Events    []Event
	Statuses  []Status // newest of each context on the head
	Files     []FileView
	// Blocked says in GitHub's words why a merge is refused, "" if it is not.
	Blocked string
}

// FileView is a changed file.
type FileView struct {
	Path, Previous, Status, Patch string
	Added, Deleted                int
}

// View returns the pull request as it is now.
func (p *Pull) View() PullView {
	p.repo.s.mu.RLock()
	defer p.repo.s.mu.RUnlock()
	v := PullView{
		Number: p.Number, URL: p.repo.s.web("%s/pull/%d", p.repo.fullName(), p.Number), Created: p.created, Updated: p.updated, Title: p.title, Body: p.body, Author: p.author, Open: p.open, Draft: p.draft,
		Merged: p.merged, Queued: p.queued, Base: p.base, HeadName: p.headName, Head: p.headSHA, MergeBase: p.mergeBase(),
	}
	for _, l := range p.labels {
		v.Labels = append(v.Labels, l.Name)
	}
	for _, c := range p.comments {
		twin := *c
		twin.Reactions = slices.Clone(c.Reactions)
		v.Comments = append(v.Comments, twin)
	}
	for _, r := range p.reviews {
		v.Reviews = append(v.Reviews, *r)
	}
	for _, e := range p.events {
		v.Events = append(v.Events, *e)
	}
	for _, st := range p.repo.latest(p.headSHA) {
		v.Statuses = append(v.Statuses, *st)
	}
	for _, c := range p.files() {
		v.Files = append(v.Files, FileView{c.Path, c.Previous, c.Status, c.Patch, c.Added, c.Deleted})
	}
	if err := p.mergeable(p.headSHA); err != nil {
		v.Blocked = err.Error()
	}
	return v
}

// Status returns the newest status of a context, the zero Status if there is none.
func (v PullView) Status(context string) Status {
	for _, st := range v.Statuses {
		if strings.EqualFold(st.Context, context) {
			return st
		}
	}
	return Status{}
}

// mergeable reports why a commit of the pull request may not be merged.
func (p *Pull) mergeable(sha string) error {
	if err := p.unready(); err != nil {
		return err
	}
	return p.repo.checksPass(p.base, sha, nil)
}

// unready is what no rule and no right has to do with.
func (p *Pull) unready() error {
	switch {
	case p.merged:
		return refuse(405, "Pull Request is already merged")
	case !p.open:
		return refuse(405, "Pull Request is closed")
	case p.draft:
		return refuse(405, "Pull Request is still a draft")
	case p.conflicts(p.baseTip()):
		return refuse(405, "Pull Request is not mergeable")
	default:
		return nil
	}
}

// conflicts reports whether the head cannot be merged into a commit. Unlike
// mergeTree it writes nothing, so it may be asked while others read.
func (p *Pull) conflicts(onto string) bool {
	g := p.repo.objects
	_, conflicts := g.toMerge(g.tree(g.mergeBase(onto, p.headSHA)), g.tree(onto), g.tree(p.headSHA))
	return len(conflicts) > 0
}

// mergeTree writes the tree that merging the head into a commit gives.
func (p *Pull) mergeTree(onto string) (tree string, conflicts []string) {
	g := p.repo.objects
	return g.merge(g.tree(g.mergeBase(onto, p.headSHA)), g.tree(onto), g.tree(p.headSHA))
}

// Statuses returns the whole history of statuses of a commit, oldest first.
func (r *Repo) Statuses(sha string) []Status {
	r.s.mu.RLock()
	defer r.s.mu.RUnlock()
	var out []Status
	for _, st := range r.statuses[sha] {
		out = append(out, *st)
	}
	return out
}

// Pulls lists the repository's pull requests by number.
func (r *Repo) Pulls() []*Pull {
	r.s.mu.RLock()
	defer r.s.mu.RUnlock()
	return slices.Clone(r.pulls)
}

// Tip is the commit of a branch, "" if there is no such branch.
func (r *Repo) Tip(branch string) string {
	r.s.mu.RLock()
	defer r.s.mu.RUnlock()
	return r.branches[branch]
}

// MergeBase is the best common ancestor of two branches or commits.
func (r *Repo) MergeBase(one, other string) string {
	r.s.mu.RLock()
	defer r.s.mu.RUnlock()
	return r.objects.mergeBase(r.resolve(one), r.resolve(other))
}

// Labels lists the names of the repository's labels.
func (r *Repo) Labels() []string {
	r.s.mu.RLock()
	defer r.s.mu.RUnlock()
	out := make([]string, len(r.labels))
	for i, l := range r.labels {
		out[i] = l.Name
	}
	return out
}

// Content returns a file at a branch or commit, and whether it is there.
func (r *Repo) Content(ref, path string) (string, bool) {
	r.s.mu.RLock()
	defer r.s.mu.RUnlock()
	e := r.objects.find(r.objects.tree(r.resolve(ref)), path)
	if e == nil || e.Mode == modeTree {
		return "", false
	}
	return r.objects.blobs[e.OID], true
}

// Paths lists the files at a branch or commit.
func (r *Repo) Paths(ref string) []string {
	r.s.mu.RLock()
	defer r.s.mu.RUnlock()
	var out []string
	for _, c := range r.objects.rawDiff("", r.objects.tree(r.resolve(ref))) {
		out = append(out, c.Path)
	}
	return out
}
