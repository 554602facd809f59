package webhook

import (
	"encoding/json"
	"strings"
	"time"

	"github.com/slagate/slagate/internal/pull"
	"github.com/slagate/slagate/internal/store"
)

// payload holds the few fields that are used of all events together. GitHub leaves out or
// nulls what one would expect (the sender of a push, the repository of a
// deleted fork, the label of an unlabeled event), so every object is a pointer
// and every reading of one goes through a method that bears nil.
type payload struct {
	Action       string        `json:"action"`
	Installation *installation `json:"installation"`
	Repository   *repository   `json:"repository"`
	Organization *account      `json:"organization"`
	Sender       *account      `json:"sender"`
	Changes      *changes      `json:"changes"`
	Label        *named        `json:"label"`

	PullRequest *pullRequest `json:"pull_request"`
	Before      string       `json:"before"`
	After       string       `json:"after"`

	Issue   *issue   `json:"issue"`
	Comment *comment `json:"comment"`
	Review  *review  `json:"review"`

	MergeGroup *mergeGroup `json:"merge_group"`

	// push
	Ref     string   `json:"ref"`
	Forced  bool     `json:"forced"`
	Created bool     `json:"created"`
	Deleted bool     `json:"deleted"`
	Commits []commit `json:"commits"`
	Size    int      `json:"size"`

	// status
	SHA     string `json:"sha"`
	Context string `json:"context"`

	// installation_repositories
	Added   []repository `json:"repositories_added"`
	Removed []repository `json:"repositories_removed"`
}

type account struct {
	ID    int64  `json:"id"`
	Login string `json:"login"`
	Name  string `json:"name"` // push events name the owner so
	Type  string `json:"type"`
}

func (a *account) person() pull.Person {
	if a == nil {
		return pull.Person{}
	}
	return pull.Person{ID: a.ID, Login: a.Login, Kind: a.Type}
}

func (a *account) id() int64 {
	if a == nil {
		return 0
	}
	return a.ID
}

func (a *account) login() string {
	if a == nil {
		return ""
	}
	if a.Login == "" {
		return a.Name
	}
	return a.Login
}

// isBot reports whether the account is our own; bot is the login with "[bot]".
func (a *account) isBot(bot string) bool {
	return a != nil && bot != "" && a.Type == pull.KindBot && strings.EqualFold(a.Login, bot)
}

type installation struct {
	ID      int64    `json:"id"`
	Account *account `json:"account"`
}

type repository struct {
	ID            int64    `json:"id"`
	Name          string   `json:"name"`
	FullName      string   `json:"full_name"`
	DefaultBranch string   `json:"default_branch"`
	Owner         *account `json:"owner"`
}

// ownerName is the owner's login; lists of an installation's repositories have it in the full name only.
func (r *repository) ownerName() string {
	if name := r.Owner.login(); name != "" {
		return name
	}
	owner, _, _ := strings.Cut(r.FullName, "/")
	return owner
}

type named struct {
	Name string `json:"name"`
}

func (n *named) name() string {
	if n == nil {
		return ""
	}
	return n.Name
}

// changes is raw, because the same key holds other things in other events.
type changes struct {
	Base          json.RawMessage `json:"base"`
	Name          json.RawMessage `json:"name"`
	Body          json.RawMessage `json:"body"`
	DefaultBranch json.RawMessage `json:"default_branch"`
}

func (c *changes) base() bool          { return c != nil && present(c.Base) }
func (c *changes) name() bool          { return c != nil && present(c.Name) }
func (c *changes) defaultBranch() bool { return c != nil && present(c.DefaultBranch) }

// bodyFrom is the former text of a comment.
func (c *changes) bodyFrom() string {
	if c == nil || !present(c.Body) {
		return ""
	}
	var from struct {
		From string `json:"from"`
	}
	if json.Unmarshal(c.Body, &from) != nil {
		return "" // another event's body: nobody asks for it there
	}
	return from.From
}

func present(raw json.RawMessage) bool { return len(raw) > 0 && string(raw) != "null" }

type pullRequest struct {
	Number    int       `json:"number"`
	State     string    `json:"state"`
	Merged    bool      `json:"merged"`
	CreatedAt time.Time `json:"created_at"`
	UpdatedAt time.Time `json:"updated_at"`
	User      *account  `json:"user"`
	Labels    []named   `json:"labels"`
	Head      *branch   `json:"head"`
	Base      *branch   `json:"base"`
}

type branch struct {
	Ref string `json:"ref"`
	SHA string `json:"sha"`
}

func (p *pullRequest) head() string {
	if p.Head == nil {
		return ""
	}
	return p.Head.SHA
}

func (p *pullRequest) base() string {
	if p.Base == nil {
		return ""
	}
	return p.Base.Ref
}

type issue struct {
	Number      int             `json:"number"`
	State       string          `json:"state"`
	PullRequest json.RawMessage `json:"pull_request"`
}

type comment struct {
	ID        int64     `json:"id"`
	User      *account  `json:"user"`
	Body      string    `json:"body"`
	CreatedAt time.Time `json:"created_at"`
	UpdatedAt time.Time `json:"updated_at"`
}

type review struct {
	ID          int64     `json:"id"`
	User        *account  `json:"user"`
	State       string    `json:"state"`
	CommitID    string    `json:"commit_id"`
	SubmittedAt time.Time `json:"submitted_at"`
}

type mergeGroup struct {
	HeadSHA string `json:"head_sha"`
	HeadRef string `json:"head_ref"`
	BaseSHA string `json:"base_sha"`
	BaseRef string `json:"base_ref"`
}

type commit struct {
	Added    []string `json:"added"`
	Removed  []string `json:"removed"`
	Modified []string `json:"modified"`
}

// ref is the pull request with that number in the payload's repository.
func (p *payload) ref(number int) pull.Ref {
	return pull.Ref{
		Installation: p.Installation.ID, RepoID: p.Repository.ID,
		Owner: p.Repository.ownerName(), Repo: p.Repository.Name, Number: number,
	}
}

// look is a look at the payload's repository, or at its owner's.
func (p *payload) look(scope store.Scope, why string) store.Look {
	l := store.Look{Scope: scope, Installation: p.Installation.ID, Why: why}
	if r := p.Repository; r != nil {
		l.OwnerID, l.Owner, l.RepoID, l.Repo = r.Owner.id(), r.ownerName(), r.ID, r.Name
	} else if p.Organization != nil {
		l.OwnerID, l.Owner = p.Organization.ID, p.Organization.login()
	} else if a := p.Installation.Account; a != nil {
		l.OwnerID, l.Owner = a.ID, a.login()
	}
	if scope == store.ScopeOwner && l.OwnerID == 0 {
		l.Scope = store.ScopeInstallation // the payload does not say whose it is
	}
	if l.Scope != store.ScopeRepo && l.Scope != store.ScopeHead {
		l.RepoID, l.Repo = 0, ""
	}
	return l
}

// repoHint is what the payload says of a repository.
func (p *payload) repoHint(r *repository, gone bool) store.RepoHint {
	h := store.RepoHint{Installation: p.Installation.ID, RepoID: r.ID, OwnerID: r.Owner.id(), Owner: r.ownerName(), Repo: r.Name, Gone: gone}
	if h.OwnerID == 0 {
		h.OwnerID = p.Installation.Account.id()
	}
	return h
}
