package githubsim

import (
	"encoding/base64"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// The kinds of account.
const (
	KindUser         = "User"
	KindBot          = "Bot"
	KindOrganization = "Organization"
	KindMannequin    = "Mannequin"
)

// User is an account: a person, a bot, a mannequin or an organisation.
type User struct {
	ID     int64
	NodeID string
	Kind   string

	s       *Server
	login   string
	since   time.Time
	deleted bool
}

// Login is the account's present name; a bot's ends in "[bot]".
func (u *User) Login() string {
	u.s.mu.RLock()
	defer u.s.mu.RUnlock()
	return u.login
}

func (u *User) ident() string {
	return fmt.Sprintf("%s <%d+%s@users.noreply.github.test>", u.login, u.ID, u.login)
}

// Role is what an account may do on a repository.
type Role int

// GitHub's five repository roles, and none.
const (
	RoleNone Role = iota
	RoleRead
	RoleTriage
	RoleWrite
	RoleMaintain
	RoleAdmin
)

// String is the role's name in the API (role_name).
func (r Role) String() string {
	return [...]string{"none", "read", "triage", "write", "maintain", "admin"}[r]
}

// permission is the older word for it, which knows four only.
func (r Role) permission() string {
	return [...]string{"none", "read", "read", "write", "write", "admin"}[r]
}

// Org is an organisation.
type Org struct {
	*User

	members map[int64]bool // true: owner
	base    Role           // of every member on every repository
	teams   []*Team
}

// Team is a team of an organisation.
type Team struct {
	ID     int64
	NodeID string

	org     *Org
	name    string
	slug    string
	parent  *Team
	secret  bool
	members []*User
	pending map[int64]bool // invited, not yet accepted
	since   time.Time
}

// Slug is the team's present slug.
func (t *Team) Slug() string {
	t.org.s.mu.RLock()
	defer t.org.s.mu.RUnlock()
	return t.slug
}

// Has reports whether an account is an active member, of child teams too.
func (t *Team) Has(u *User) bool {
	t.org.s.mu.RLock()
	defer t.org.s.mu.RUnlock()
	return slices.Contains(t.all(), u)
}

// Repo is a repository.
type Repo struct {
	ID     int64
	NodeID string

	s         *Server
	owner     *User
	name      string
	private   bool
	archived  bool
	fork      *Repo // what it is a fork of
	objects   *objects
	main      string
	branches  map[string]string // name to commit
	roles     map[int64]Role
	teamRoles map[int64]Role
	labels    []*Label
	pulls     []*Pull
	number    int
	statuses  map[string][]*Status // by commit, oldest first
	required  map[string][]Check   // both forms of protection
	protected map[string]Protection
	rulesets  []*Ruleset
	queues    map[string][]*QueueEntry // by branch; nil: no merge queue
	since     time.Time
	pushed    time.Time
	text      atomic.Pointer[repoText]
}

// Label is a label of a repository.
type Label struct {
	ID          int64
	NodeID      string
	Name        string
	Color       string
	Description string
}

// Status is one commit status.
type Status struct {
	ID          int64
	NodeID      string
	SHA         string
	Context     string
	State       string
	Description string
	TargetURL   string
	Creator     *User
	At          time.Time
}

// Comment is a comment on a pull request.
type Comment struct {
	ID        int64
	NodeID    string
	Author    *User
	Body      string
	Created   time.Time
	Updated   time.Time
	EditedAt  time.Time // zero: never
	Editor    *User
	Reactions []Reaction

	pull *Pull
}

// Reaction is a reaction to a comment.
type Reaction struct {
	ID      int64
	NodeID  string
	User    *User
	Content string // +1, -1, laugh, confused, heart, hooray, rocket, eyes
	At      time.Time
}

// Review is a review of a pull request. State is in upper case, as in REST.
type Review struct {
	ID        int64
	NodeID    string
	Author    *User
	State     string
	Body      string
	Commit    string
	Submitted time.Time
}

// Event is an entry of a pull request's timeline. Kind is REST's word: labeled,
// unlabeled, head_ref_force_pushed, base_ref_changed, renamed, closed,
// reopened, merged, ready_for_review, convert_to_draft, commented, reviewed,
// committed, added_to_merge_queue, removed_from_merge_queue.
type Event struct {
	ID      int64
	NodeID  string
	Kind    string
	Actor   *User // nil: nobody
	At      time.Time
	Label   *Label // live; nil once the label is deleted
	Name    string // the label's name at that time
	Before  string // commits of a force-push, names of base branches or titles
	After   string
	Comment *Comment
	Review  *Review
}

// nodeID makes a global id: a prefix that tells the type, and the number.
func nodeID(prefix string, id int64) string {
	return prefix + "_kwDO" + base64.RawURLEncoding.EncodeToString(fmt.Appendf(nil, "%012d", id))
}

// next returns a fresh id; they rise and are never used twice.
func (s *Server) next() int64 {
	s.lastID++
	return s.lastID
}

// now is GitHub's time: the injected clock in whole seconds.
func (s *Server) now() time.Time { return s.clock().UTC().Truncate(time.Second) }

// clock is now with its fractions.
func (s *Server) clock() time.Time { return s.opts.Now().Add(time.Duration(s.skew.Load())) }

func (s *Server) addAccount(login, kind string) *User {
	prefix := map[string]string{KindUser: "U", KindBot: "BOT", KindMannequin: "M", KindOrganization: "O"}[kind]
	id := s.next()
	u := &User{ID: id, NodeID: nodeID(prefix, id), Kind: kind, s: s, login: login, since: s.now()}
	s.accounts[strings.ToLower(login)] = u
	return u
}

func (s *Server) accountByID(id int64) *User {
	for _, u := range s.accounts {
		if u.ID == id {
			return u
		}
	}
	return nil
}

func (s *Server) repoOf(owner, name string) *Repo {
	return s.repos[s.names[strings.ToLower(owner+"/"+name)]]
}

func (s *Server) orgOf(u *User) *Org {
	for _, o := range s.orgs {
		if o.User == u {
			return o
		}
	}
	return nil
}

// sortedRepos lists the repositories by id.
func (s *Server) sortedRepos() []*Repo {
	out := make([]*Repo, 0, len(s.repos))
	for _, r := range s.repos {
		out = append(out, r)
	}
	slices.SortFunc(out, func(a, b *Repo) int { return int(a.ID - b.ID) })
	return out
}

func (r *Repo) fullName() string { return r.owner.login + "/" + r.name }

// FullName is owner/name as it is now.
func (r *Repo) FullName() string {
	r.s.mu.RLock()
	defer r.s.mu.RUnlock()
	return r.fullName()
}

func (r *Repo) label(name string) *Label {
	for _, l := range r.labels {
		if strings.EqualFold(l.Name, name) {
			return l
		}
	}
	return nil
}

func (r *Repo) pull(number int) *Pull {
	for _, p := range r.pulls {
		if p.Number == number {
			return p
		}
	}
	return nil
}

// resolve finds a commit by branch name, refs/heads/ name or id.
func (r *Repo) resolve(ref string) string {
	for _, name := range []string{ref, strings.TrimPrefix(ref, "refs/heads/"), strings.TrimPrefix(ref, "heads/")} {
		if sha, ok := r.branches[name]; ok {
			return sha
		}
	}
	if ref == "HEAD" {
		return r.branches[r.main]
	}
	if r.objects.commits[ref] != nil {
		return ref
	}
	return ""
}

// role is the highest grant of all sources: ownership, membership, teams (a
// child team has its parents' grants), direct access, and read for everybody
// on a public repository.
func (r *Repo) role(u *User) Role {
	best := r.granted(u)
	if u != nil && !r.private {
		best = max(best, RoleRead)
	}
	return best
}

// granted is the role without what everybody has.
func (r *Repo) granted(u *User) Role {
	if u == nil {
		return RoleNone
	}
	best := r.roles[u.ID]
	if u == r.owner {
		best = RoleAdmin
	}
	org := r.s.orgOf(r.owner)
	if org == nil {
		return best
	}
	if owner, member := org.members[u.ID]; member {
		best = max(best, org.base)
		if owner {
			best = RoleAdmin
		}
	}
	for _, t := range org.teams {
		if !slices.Contains(t.members, u) || t.pending[u.ID] {
			continue
		}
		for up := t; up != nil; up = up.parent {
			best = max(best, r.teamRoles[up.ID])
		}
	}
	return best
}

// all lists the active members, those of child teams included, without doubles.
func (t *Team) all() []*User {
	var out []*User
	for _, x := range t.org.teams {
		inside := false
		for up := x; up != nil; up = up.parent {
			inside = inside || up == t
		}
		if !inside {
			continue
		}
		for _, u := range x.members {
			if !x.pending[u.ID] && !slices.Contains(out, u) {
				out = append(out, u)
			}
		}
	}
	return out
}

func (o *Org) team(slug string) *Team {
	for _, t := range o.teams {
		if strings.EqualFold(t.slug, slug) {
			return t
		}
	}
	return nil
}

// status returns the newest status of each context on a commit, oldest context first.
func (r *Repo) latest(sha string) []*Status {
	var order []string
	newest := map[string]*Status{}
	for _, st := range r.statuses[sha] {
		key := strings.ToLower(st.Context)
		if newest[key] == nil {
			order = append(order, key)
		}
		newest[key] = st
	}
	out := make([]*Status, len(order))
	for i, key := range order {
		out[i] = newest[key]
	}
	return out
}

// combined is GitHub's combined state: pending also where there is no status.
func combined(all []*Status) string {
	state := "success"
	if len(all) == 0 {
		state = "pending"
	}
	for _, st := range all {
		switch st.State {
		case "error", "failure":
			return "failure"
		case "pending":
			state = "pending"
		}
	}
	return state
}

// Server is the stand-in.
type Server struct {
	opts    Options
	handler serverHandler
	hook    *Deliveries

	mu       sync.RWMutex // guards everything below and all of the model
	lastID   int64
	accounts map[string]*User
	orgs     []*Org
	repos    map[int64]*Repo
	names    map[string]int64 // lower-case owner/name, former names too
	installs []*Installation
	app      *User
	ghost    *User
	queueBot *User // who merges for the merge queue
	appSince time.Time

	tokenMu sync.Mutex
	tokens  map[string]*token

	traffic *traffic
	faults  *faults
	chaos   *chaos
	latency atomic.Int64 // time.Duration
	skew    atomic.Int64 // time.Duration
}
