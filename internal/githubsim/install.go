package githubsim

import (
	"maps"
	"slices"
	"time"
)

// Installation is an installation of the app on an account.
type Installation struct {
	ID     int64
	NodeID string

	s           *Server
	account     *User
	all         bool
	selected    map[int64]bool
	permissions map[string]string
	events      []string // replaced, never changed
	suspended   time.Time
	suspendedBy *User
	deleted     bool
	created     time.Time
}

// InstallOption narrows an installation.
type InstallOption func(*Installation)

// OnlyRepos installs on these repositories only.
func OnlyRepos(repos ...*Repo) InstallOption {
	return func(in *Installation) {
		in.all = false
		for _, r := range repos {
			in.selected[r.ID] = true
		}
	}
}

// WithPermission sets one permission to read or write, or takes it away with "".
func WithPermission(name, level string) InstallOption {
	return func(in *Installation) {
		if level == "" {
			delete(in.permissions, name)
			return
		}
		in.permissions[name] = level
	}
}

// WithEvents subscribes the installation to these events only, as one that has
// not accepted the app's later ones.
func WithEvents(events ...string) InstallOption {
	return func(in *Installation) { in.events = events }
}

// Owned is an account that repositories can belong to: *Org or *User.
type Owned interface{ account() *User }

func (u *User) account() *User { return u }

// Install installs the app on an account: on all its repositories and with
// the app's permissions and events unless the options say otherwise.
func (s *Server) Install(on Owned, opts ...InstallOption) *Installation {
	s.mu.Lock()
	defer s.mu.Unlock()
	id := s.next()
	in := &Installation{
		ID: id, NodeID: nodeID("MDIz", id), s: s, account: on.account(), all: true, selected: map[int64]bool{},
		permissions: maps.Clone(s.opts.Permissions), events: s.opts.Events, created: s.now(),
	}
	for _, o := range opts {
		o(in)
	}
	s.installs = append(s.installs, in)
	s.tell(in, "created", object{"repositories": s.shortRepos(in.repos())})
	return in
}

func (in *Installation) covers(r *Repo) bool {
	return !in.deleted && r.owner == in.account && (in.all || in.selected[r.ID])
}

func (in *Installation) repos() []*Repo {
	var out []*Repo
	for _, r := range in.s.sortedRepos() {
		if in.covers(r) {
			out = append(out, r)
		}
	}
	return out
}

// shortRepos is the list form of repositories in installation events.
func (s *Server) shortRepos(repos []*Repo) []object {
	out := []object{}
	for _, r := range repos {
		out = append(out, object{"id": r.ID, "node_id": r.NodeID, "name": r.name, "full_name": r.fullName(), "private": r.private})
	}
	return out
}

// tell sends an event about the installation itself; the account is its sender.
func (s *Server) tell(in *Installation, action string, extra object) {
	event := "installation"
	if hasKey(extra, "repositories_added") {
		event = "installation_repositories"
	}
	payload := object{"installation": s.jsonInstallation(in)}
	maps.Copy(payload, extra)
	s.deliver(in, nil, event, action, s.adminOf(in.account), payload)
}

// adminOf is somebody who may administer the account.
func (s *Server) adminOf(u *User) *User {
	if org := s.orgOf(u); org != nil {
		ids := slices.Sorted(maps.Keys(org.members))
		for _, id := range ids {
			if org.members[id] {
				return s.accountByID(id)
			}
		}
	}
	return u
}

func (s *Server) jsonInstallation(in *Installation) object {
	selection := "selected"
	if in.all {
		selection = "all"
	}
	html := s.web("organizations/%s/settings/installations/%d", in.account.login, in.ID)
	return object{
		"id": in.ID, "node_id": in.NodeID, "account": s.account(in.account), "app_id": s.opts.AppID, "app_slug": s.opts.AppSlug,
		"target_id": in.account.ID, "target_type": in.account.Kind, "repository_selection": selection, "permissions": maps.Clone(in.permissions),
		"events": in.events, "access_tokens_url": s.api("/app/installations/%d/access_tokens", in.ID),
		"repositories_url": s.api("/installation/repositories"), "html_url": html, "single_file_name": nil,
		"created_at": stamp(in.created), "updated_at": stamp(in.created), "suspended_at": stamp(in.suspended), "suspended_by": s.jsonUser(in.suspendedBy),
	}
}

// Suspend suspends the installation: its tokens stop working, its events stop.
func (in *Installation) Suspend() {
	in.s.mu.Lock()
	defer in.s.mu.Unlock()
	in.suspended, in.suspendedBy = in.s.now(), in.s.adminOf(in.account)
	in.s.tell(in, "suspend", nil)
}

// Unsuspend ends a suspension.
func (in *Installation) Unsuspend() {
	in.s.mu.Lock()
	defer in.s.mu.Unlock()
	in.suspended, in.suspendedBy = time.Time{}, nil
	in.s.tell(in, "unsuspend", nil)
}

// Uninstall removes the app from the account; installing again gives another id.
func (in *Installation) Uninstall() {
	in.s.mu.Lock()
	defer in.s.mu.Unlock()
	repos := in.repos()
	in.deleted = true
	in.s.tell(in, "deleted", object{"repositories": in.s.shortRepos(repos)})
}

// AddRepos adds repositories to a selection.
func (in *Installation) AddRepos(repos ...*Repo) { in.selectRepos("added", repos) }

// RemoveRepos takes repositories out of the installation, which becomes a selection.
func (in *Installation) RemoveRepos(repos ...*Repo) { in.selectRepos("removed", repos) }

func (in *Installation) selectRepos(action string, repos []*Repo) {
	in.s.mu.Lock()
	defer in.s.mu.Unlock()
	if in.all {
		for _, r := range in.repos() {
			in.selected[r.ID] = true
		}
		in.all = false
	}
	for _, r := range repos {
		in.selected[r.ID] = action == "added"
	}
	extra := object{"repositories_added": []object{}, "repositories_removed": []object{}, "repository_selection": "selected", "requester": nil}
	extra["repositories_"+action] = in.s.shortRepos(repos)
	in.s.tell(in, action, extra)
}

// AcceptPermission gives the installation another permission, as an owner does when asked.
func (in *Installation) AcceptPermission(name, level string) {
	in.s.mu.Lock()
	defer in.s.mu.Unlock()
	WithPermission(name, level)(in)
	in.events = in.s.opts.Events
	in.s.tell(in, "new_permissions_accepted", nil)
}
