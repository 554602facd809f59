package webhook

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/slagate/slagate/internal/pull"
	"github.com/slagate/slagate/internal/store"
)

const (
	// pushCommits is up to how many commits a push is believed to list all the files it
	// touched; GitHub has cut the list at 20 before, and allows 2,048 today.
	pushCommits = 20
	// pushFiles is GitHub's limit of files per commit of a push.
	pushFiles = 3000
	// repoLooks is up to how many new repositories are looked at one by one; above it the whole installation is.
	repoLooks = 20

	contextPrefix = "slagate"
)

// commandLine matches a line that may be a command. It takes in more than the
// grammar of commands does; what it leaves out costs GitHub and us nothing.
var commandLine = regexp.MustCompile(`(?im)^[\s\pZ]*/sla`)

// reader fills in what follows from one event.
type reader func(p *payload, bot string, d *store.Delivery)

// heeded is the table of events. Any other event, and any action that its
// function does not name, is ignored: GitHub adds new ones.
func heeded() map[string]reader {
	return map[string]reader{
		"pull_request":              pullRequestEvent,
		"pull_request_review":       reviewEvent,
		"issue_comment":             commentEvent,
		"push":                      pushEvent,
		"status":                    statusEvent,
		"label":                     labelEvent,
		"merge_group":               mergeGroupEvent,
		"repository":                repositoryEvent,
		"installation":              installationEvent,
		"installation_repositories": installationRepositoriesEvent,
		"installation_target":       renamedEvent,
		"organization":              organizationEvent,
		"membership":                membershipEvent,
		"team":                      teamEvent,
		"member":                    memberEvent,
	}
}

// Affected says what follows from a payload: which pull requests to look at, what
// was said about them, what else. It is pure and believes nothing: a delivery that
// is Empty is to be ignored. bot is our own login. GUID, BodyHash and Received are the caller's to
// fill in. The error means that the payload is not what GitHub sends.
func Affected(event string, body []byte, bot string) (store.Delivery, error) {
	read, ok := heeded()[event]
	if !ok {
		return store.Delivery{Event: event}, nil
	}
	var p payload
	if err := json.Unmarshal(body, &p); err != nil {
		return store.Delivery{}, fmt.Errorf("read payload of %s: %w", event, err)
	}
	d := store.Delivery{Event: event, Action: p.Action}
	if p.Installation == nil || p.Installation.ID <= 0 {
		return d, nil // not a delivery to an installation of the app
	}
	d.Installation = p.Installation.ID
	if bot != "" {
		bot = strings.TrimSuffix(bot, "[bot]") + "[bot]"
	}
	if p.Sender.isBot(bot) {
		return d, nil // an echo of what we did ourselves
	}
	read(&p, bot, &d)
	return d, nil
}

// pullHint is what the payload says of its pull request.
func (p *payload) pullHint() (store.PullHint, bool) {
	pr := p.PullRequest
	if pr == nil || pr.Number <= 0 || p.Repository == nil || p.Repository.ID <= 0 {
		return store.PullHint{}, false
	}
	return store.PullHint{
		Ref: p.ref(pr.Number), OwnerID: p.Repository.Owner.id(), Head: pr.head(), BaseBranch: pr.base(),
		Closed: pr.State == "closed", UpdatedAt: pr.UpdatedAt,
	}, true
}

func pullRequestEvent(p *payload, _ string, d *store.Delivery) {
	hint, ok := p.pullHint()
	if !ok {
		return
	}
	switch p.Action {
	case "opened":
		hint.First = true
	case "reopened", "synchronize":
		hint.First, hint.TakesAway = true, true
	case "edited":
		if !p.Changes.base() {
			return // title and description matter to nobody here
		}
		hint.TakesAway = true
	case "labeled", "unlabeled", "closed", "ready_for_review", "converted_to_draft", "enqueued", "dequeued":
	default:
		return
	}
	d.Pulls = []store.PullHint{hint}
	if e, ok := p.pullEvidence(); ok {
		d.Evidence = []pull.Evidence{e}
	}
}

// pullEvidence is what a pull_request event lets one say later.
func (p *payload) pullEvidence() (pull.Evidence, bool) {
	pr := p.PullRequest
	e := pull.Evidence{At: pr.UpdatedAt.UTC(), Actor: p.Sender.person(), Head: pr.head(), BaseBranch: pr.base()}
	switch p.Action {
	case "opened":
		e.Kind, e.At = pull.EvidenceOpened, pr.CreatedAt.UTC()
		if p.Sender == nil {
			e.Actor = pr.User.person()
		}
		for _, l := range pr.Labels {
			e.Labels = append(e.Labels, l.Name)
		}
	case "synchronize":
		e.Kind, e.Before = pull.EvidencePush, p.Before
		if p.After != "" {
			e.Head = p.After
		}
	case "labeled":
		e.Kind, e.Label = pull.EvidenceLabeled, p.Label.name()
		if e.Label == "" {
			return e, false
		}
	case "unlabeled":
		e.Kind, e.Label = pull.EvidenceUnlabeled, p.Label.name()
	case "closed":
		e.Kind = pull.EvidenceMerged
		return e, pr.Merged
	default:
		return e, false
	}
	return e, true
}

// reviewEvent heeds reviews that approve, object or are dismissed. An edit changes the words of a review
// only, and its payload carries the head of the moment of the edit, which the
// reviewer need not have seen: it is a hint without evidence.
func reviewEvent(p *payload, _ string, d *store.Delivery) {
	hint, ok := p.pullHint()
	if !ok || p.Review == nil {
		return
	}
	// Lower case in deliveries, upper case in REST and GraphQL.
	state := strings.ToUpper(p.Review.State)
	switch p.Action {
	case "submitted":
		if state != pull.ReviewApproved && state != pull.ReviewChangesRequested {
			return // a remark gives and takes nothing
		}
	case "dismissed":
		hint.TakesAway = true
	case "edited":
		d.Pulls = []store.PullHint{hint}
		return
	default:
		return
	}
	d.Pulls = []store.PullHint{hint}
	d.Evidence = []pull.Evidence{{
		Kind: pull.EvidenceReview, At: p.Review.SubmittedAt.UTC(), Actor: p.Review.User.person(),
		Head: hint.Head, BaseBranch: hint.BaseBranch,
		ReviewID: p.Review.ID, ReviewState: state, Commit: p.Review.CommitID,
	}}
}

// commentEvent heeds comments that may hold a command and everything that happens
// to our own comment. Others cost no evaluation.
func commentEvent(p *payload, bot string, d *store.Delivery) {
	if p.Issue == nil || !present(p.Issue.PullRequest) || p.Issue.Number <= 0 || p.Comment == nil ||
		p.Repository == nil || p.Repository.ID <= 0 {
		return
	}
	ours := p.Comment.User.isBot(bot)
	from := p.Changes.bodyFrom()
	e := pull.Evidence{
		Actor: p.Sender.person(), CommentID: p.Comment.ID, Author: p.Comment.User.person(), Body: p.Comment.Body,
	}
	switch p.Action {
	case "created":
		if p.Comment.User.person().Kind == pull.KindBot || !commandLine.MatchString(p.Comment.Body) {
			return
		}
		e.Kind, e.At = pull.EvidenceComment, p.Comment.CreatedAt.UTC()
	case "edited":
		if !ours && !commandLine.MatchString(p.Comment.Body) && !commandLine.MatchString(from) {
			return
		}
		e.Kind, e.At, e.From = pull.EvidenceCommentEdited, p.Comment.UpdatedAt.UTC(), from
	case "deleted":
		if !ours && !commandLine.MatchString(p.Comment.Body) {
			return
		}
		e.Kind, e.At = pull.EvidenceCommentDeleted, p.Comment.UpdatedAt.UTC()
	default:
		return
	}
	d.Pulls = []store.PullHint{{
		Ref: p.ref(p.Issue.Number), OwnerID: p.Repository.Owner.id(), Closed: p.Issue.State == "closed",
	}}
	d.Evidence = []pull.Evidence{e}
}

// statusEvent notices that somebody else set one of our contexts.
func statusEvent(p *payload, _ string, d *store.Delivery) {
	if p.Repository == nil || p.Repository.ID <= 0 || p.SHA == "" ||
		!strings.HasPrefix(strings.ToLower(p.Context), contextPrefix) {
		return
	}
	look := p.look(store.ScopeHead, "status set by somebody else")
	look.Head = p.SHA
	d.Looks = []store.Look{look}
}

// pushEvent heeds pushes that touch a policy file, or may.
func pushEvent(p *payload, _ string, d *store.Delivery) {
	branch, ok := strings.CutPrefix(p.Ref, "refs/heads/")
	if !ok || branch == "" || p.Deleted || p.Repository == nil || p.Repository.ID <= 0 {
		return
	}
	if p.mayTouch(pull.PolicyPath) {
		look := p.look(store.ScopeRepo, "policy pushed")
		look.Branch, look.TakesAway = branch, true
		d.Looks = append(d.Looks, look)
	}
	if strings.EqualFold(p.Repository.Name, pull.OwnerRepo) && branch == p.Repository.DefaultBranch && p.mayTouch(pull.OwnerPolicyPath) {
		look := p.look(store.ScopeOwner, "owner default pushed")
		look.TakesAway, look.Policy = true, true
		d.Looks = append(d.Looks, look)
	}
}

// mayTouch reports whether the push touched the path, or a file in the place of a folder above it, or
// whether that cannot be told from the payload.
func (p *payload) mayTouch(path string) bool {
	if p.Forced || p.Created || len(p.Commits) == 0 || len(p.Commits) > pushCommits || p.Size > len(p.Commits) {
		return true
	}
	hit := func(name string) bool { return name == path || strings.HasPrefix(path, name+"/") }
	for _, c := range p.Commits {
		if len(c.Added)+len(c.Removed)+len(c.Modified) >= pushFiles {
			return true
		}
		if slices.ContainsFunc(c.Added, hit) || slices.ContainsFunc(c.Removed, hit) || slices.ContainsFunc(c.Modified, hit) {
			return true
		}
	}
	return false
}

// labelEvent notices that a label changed its name or went: any may be a function's.
func labelEvent(p *payload, _ string, d *store.Delivery) {
	if p.Repository == nil || p.Repository.ID <= 0 || p.Action != "deleted" && (p.Action != "edited" || !p.Changes.name()) {
		return
	}
	look := p.look(store.ScopeRepo, "label "+p.Action)
	look.TakesAway = true
	d.Looks = []store.Look{look}
}

func mergeGroupEvent(p *payload, _ string, d *store.Delivery) {
	if p.Repository == nil || p.Repository.ID <= 0 || p.MergeGroup == nil || p.MergeGroup.HeadSHA == "" {
		return
	}
	if p.Action != "checks_requested" && p.Action != "destroyed" {
		return
	}
	d.MergeGroups = []store.MergeGroup{{
		Ref: p.ref(0), Head: p.MergeGroup.HeadSHA, Base: p.MergeGroup.BaseSHA,
		HeadRef: p.MergeGroup.HeadRef, BaseRef: p.MergeGroup.BaseRef, Gone: p.Action == "destroyed",
	}}
}
