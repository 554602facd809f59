package githubsim

import (
	"maps"
	"strings"
)

// AddUser adds a person.
func (s *Server) AddUser(login string) *User { return s.addKind(login, KindUser) }

// AddBot adds another app's bot; "[bot]" is appended to its name.
func (s *Server) AddBot(slug string) *User { return s.addKind(slug+"[bot]", KindBot) }

// AddMannequin adds the placeholder of an imported account.
func (s *Server) AddMannequin(login string) *User { return s.addKind(login, KindMannequin) }

func (s *Server) addKind(login, kind string) *User {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.addAccount(login, kind)
}

// User returns the account of that name, nil if there is none.
func (s *Server) User(login string) *User {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.accounts[strings.ToLower(login)]
}

// RenameUser gives an account another login; the old one is free at once.
func (s *Server) RenameUser(u *User, login string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.accounts, strings.ToLower(u.login))
	u.login = login
	s.accounts[strings.ToLower(login)] = u
}

// AddOrg adds an organisation. Its members have no access by themselves, see SetBaseRole.
func (s *Server) AddOrg(login string) *Org {
	s.mu.Lock()
	defer s.mu.Unlock()
	o := &Org{User: s.addAccount(login, KindOrganization), members: map[int64]bool{}}
	s.orgs = append(s.orgs, o)
	return o
}

// AddMember makes accounts members of the organisation.
func (o *Org) AddMember(users ...*User) {
	o.s.mu.Lock()
	defer o.s.mu.Unlock()
	for _, u := range users {
		o.join(u)
	}
}

// join makes an account a member; an owner stays one.
func (o *Org) join(u *User) {
	if !hasKey(o.members, u.ID) {
		o.members[u.ID] = false
	}
}

// AddOwner makes an account an owner of the organisation.
func (o *Org) AddOwner(u *User) {
	o.s.mu.Lock()
	defer o.s.mu.Unlock()
	o.members[u.ID] = true
}

// SetBaseRole sets what every member may do on every repository.
func (o *Org) SetBaseRole(r Role) {
	o.s.mu.Lock()
	defer o.s.mu.Unlock()
	o.base = r
}

// AddTeam adds a team; its slug is made from the name.
func (o *Org) AddTeam(name string) *Team {
	o.s.mu.Lock()
	defer o.s.mu.Unlock()
	id := o.s.next()
	t := &Team{ID: id, NodeID: nodeID("T", id), org: o, name: name, slug: slugify(name), pending: map[int64]bool{}, since: o.s.now()}
	o.teams = append(o.teams, t)
	return t
}

// AddTeam adds a child team.
func (t *Team) AddTeam(name string) *Team {
	child := t.org.AddTeam(name)
	t.org.s.mu.Lock()
	defer t.org.s.mu.Unlock()
	child.parent = t
	return child
}

// Add puts accounts into the team and, as GitHub does, into the organisation.
func (t *Team) Add(users ...*User) *Team {
	t.org.s.mu.Lock()
	defer t.org.s.mu.Unlock()
	for _, u := range users {
		t.add(u)
	}
	return t
}

func (t *Team) add(u *User) {
	t.remove(u)
	t.members = append(t.members, u)
	t.org.join(u)
}

func (t *Team) remove(u *User) {
	kept := t.members[:0:0]
	for _, m := range t.members {
		if m != u {
			kept = append(kept, m)
		}
	}
	t.members = kept
	delete(t.pending, u.ID)
}

// Invite makes an account a pending member.
func (t *Team) Invite(u *User) *Team {
	t.org.s.mu.Lock()
	defer t.org.s.mu.Unlock()
	t.remove(u)
	t.members = append(t.members, u)
	t.pending[u.ID] = true
	return t
}

// SetSecret hides the team from the app.
func (t *Team) SetSecret(secret bool) {
	t.org.s.mu.Lock()
	defer t.org.s.mu.Unlock()
	t.secret = secret
}

func slugify(name string) string {
	return strings.Trim(strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9', r == '_', r == '-':
			return r
		default:
			return '-'
		}
	}, strings.ToLower(name)), "-")
}

// AddRepo adds an empty private repository with the default branch main.
func (o *Org) AddRepo(name string) *Repo { return o.s.addRepo(o.User, name, nil) }

// AddRepo adds an empty private repository of a person.
func (u *User) AddRepo(name string) *Repo { return u.s.addRepo(u, name, nil) }

func (s *Server) addRepo(owner *User, name string, fork *Repo) *Repo {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.newRepo(owner, name, fork)
}

func (s *Server) newRepo(owner *User, name string, fork *Repo) *Repo {
	id := s.next()
	r := &Repo{
		ID: id, NodeID: nodeID("R", id), s: s, owner: owner, name: name, private: true, fork: fork, main: "main",
		branches: map[string]string{}, roles: map[int64]Role{}, teamRoles: map[int64]Role{},
		statuses: map[string][]*Status{}, required: map[string][]Check{}, protected: map[string]Protection{}, queues: map[string][]*QueueEntry{},
		since: s.now(), pushed: s.now(),
	}
	if fork == nil {
		r.objects = newObjects()
	} else {
		r.objects, r.main, r.private = fork.objects, fork.main, fork.private
		maps.Copy(r.branches, fork.branches)
	}
	s.repos[id] = r
	s.names[strings.ToLower(r.fullName())] = id
	return r
}

// Repo returns the repository of that name, also by a former name; nil if there is none.
func (s *Server) Repo(owner, name string) *Repo {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.repoOf(owner, name)
}

// SetPublic makes the repository readable by everybody, or private again.
func (r *Repo) SetPublic(public bool) *Repo {
	r.s.mu.Lock()
	defer r.s.mu.Unlock()
	r.private = !public
	return r
}

// Grant gives an account a role on the repository; RoleNone takes it away.
func (r *Repo) Grant(u *User, role Role) *Repo {
	r.s.mu.Lock()
	defer r.s.mu.Unlock()
	r.roles[u.ID] = role
	return r
}

// GrantTeam gives a team a role on the repository.
func (r *Repo) GrantTeam(t *Team, role Role) *Repo {
	r.s.mu.Lock()
	defer r.s.mu.Unlock()
	r.teamRoles[t.ID] = role
	return r
}

// AddLabel adds a label without telling anybody.
func (r *Repo) AddLabel(name string) *Label {
	r.s.mu.Lock()
	defer r.s.mu.Unlock()
	return r.newLabel(name, "ededed", "")
}

func (r *Repo) newLabel(name, color, description string) *Label {
	id := r.s.next()
	l := &Label{ID: id, NodeID: nodeID("LA", id), Name: name, Color: color, Description: description}
	r.labels = append(r.labels, l)
	return l
}

// UseMergeQueue puts a merge queue before a branch.
func (r *Repo) UseMergeQueue(branch string) *Repo {
	r.s.mu.Lock()
	defer r.s.mu.Unlock()
	r.queues[branch] = []*QueueEntry{}
	return r
}
