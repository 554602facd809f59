package githubsim

import (
	"net/http"
	"slices"
	"strings"
)

// onOrg does something as an owner of an organisation.
func (a Actor) onOrg(o *Org, do func() error) error {
	a.s.mu.Lock()
	defer a.s.mu.Unlock()
	if a.u == nil || !o.members[a.u.ID] {
		return refuse(http.StatusForbidden, "You must be an admin to perform this action.")
	}
	return do()
}

// AddToTeam makes an account a member of a team.
func (a Actor) AddToTeam(t *Team, u *User) error {
	return a.onOrg(t.org, func() error {
		t.add(u)
		a.membership(t, "added", u)
		return nil
	})
}

// RemoveFromTeam ends a membership.
func (a Actor) RemoveFromTeam(t *Team, u *User) error {
	return a.onOrg(t.org, func() error {
		if !slices.Contains(t.members, u) {
			return notFound()
		}
		t.remove(u)
		a.membership(t, "removed", u)
		return nil
	})
}

func (a Actor) membership(t *Team, action string, u *User) {
	a.s.emit(t.org.User, nil, "membership", action, a.u, object{"scope": "team", "member": a.s.account(u), "team": a.s.jsonTeam(t)})
}

// RenameTeam gives a team another name and so another slug.
func (a Actor) RenameTeam(t *Team, name string) error {
	return a.onOrg(t.org, func() error {
		from := t.name
		t.name, t.slug = name, slugify(name)
		a.s.emit(t.org.User, nil, "team", "edited", a.u, object{"team": a.s.jsonTeam(t), "changes": object{"name": object{"from": from}}})
		return nil
	})
}

// DeleteTeam deletes a team with its child teams.
func (a Actor) DeleteTeam(t *Team) error {
	return a.onOrg(t.org, func() error {
		gone := a.s.jsonTeam(t)
		t.org.teams = slices.DeleteFunc(slices.Clone(t.org.teams), func(x *Team) bool {
			for ; x != nil; x = x.parent {
				if x == t {
					return true
				}
			}
			return false
		})
		a.s.emit(t.org.User, nil, "team", "deleted", a.u, object{"team": gone})
		return nil
	})
}

// RemoveMember takes an account out of the organisation and all its teams.
func (a Actor) RemoveMember(o *Org, u *User) error {
	return a.onOrg(o, func() error {
		if !hasKey(o.members, u.ID) {
			return notFound()
		}
		delete(o.members, u.ID)
		for _, t := range o.teams {
			if slices.Contains(t.members, u) {
				t.remove(u)
				a.membership(t, "removed", u)
			}
		}
		a.s.emit(o.User, nil, "organization", "member_removed", a.u, object{"membership": object{
			"url": a.s.api("/orgs/%s/memberships/%s", o.login, u.login), "state": "active", "role": "member", "user": a.s.account(u),
			"organization_url": a.s.api("/orgs/%s", o.login),
		}})
		return nil
	})
}

// SetRole changes an account's direct access to a repository; RoleNone removes it.
func (a Actor) SetRole(r *Repo, u *User, role Role) error {
	return a.on(r, RoleAdmin, func() error {
		old := r.roles[u.ID]
		r.roles[u.ID] = role
		action, extra := "edited", object{"member": a.s.account(u), "changes": object{"permission": object{"from": old.permission(), "to": role.permission()}}}
		switch {
		case role == RoleNone:
			delete(r.roles, u.ID)
			action = "removed"
			delete(extra, "changes")
		case old == RoleNone:
			action = "added"
		}
		a.s.emit(r.owner, r, "member", action, a.u, extra)
		return nil
	})
}

// RenameRepo renames a repository; the old name goes on as a redirect.
func (a Actor) RenameRepo(r *Repo, name string) error {
	return a.on(r, RoleAdmin, func() error {
		if other := a.s.repoOf(r.owner.login, name); other != nil && other != r && other.name == name {
			return invalid("Repository", "name", "custom", "name already exists on this account")
		}
		from := r.name
		r.name = name
		a.s.names[strings.ToLower(r.fullName())] = r.ID
		a.s.emit(r.owner, r, "repository", "renamed", a.u, object{"changes": object{"repository": object{"name": object{"from": from}}}})
		return nil
	})
}

// TransferRepo gives a repository to another owner.
func (a Actor) TransferRepo(r *Repo, to Owned) error {
	return a.on(r, RoleAdmin, func() error {
		from := r.owner
		kind := "user"
		if from.Kind == KindOrganization {
			kind = "organization"
		}
		r.owner = to.account()
		a.s.names[strings.ToLower(r.fullName())] = r.ID
		a.s.emit(r.owner, r, "repository", "transferred", a.u, object{"changes": object{"owner": object{"from": object{kind: a.s.account(from)}}}})
		return nil
	})
}

// ArchiveRepo makes a repository read-only.
func (a Actor) ArchiveRepo(r *Repo) error {
	return a.on(r, RoleAdmin, func() error {
		r.archived = true
		a.s.emit(r.owner, r, "repository", "archived", a.u, object{})
		return nil
	})
}

// DeleteRepo deletes a repository; pull requests from it lose their head repository.
func (a Actor) DeleteRepo(r *Repo) error {
	return a.on(r, RoleAdmin, func() error {
		a.s.emit(r.owner, r, "repository", "deleted", a.u, object{})
		delete(a.s.repos, r.ID)
		for _, other := range a.s.repos {
			for _, p := range other.pulls {
				if p.head == r {
					p.touch()
					p.head = nil
				}
			}
		}
		return nil
	})
}

// RenameOrg gives an organisation another login.
func (a Actor) RenameOrg(o *Org, login string) error {
	return a.onOrg(o, func() error {
		from := o.login
		delete(a.s.accounts, strings.ToLower(from))
		o.login = login
		a.s.accounts[strings.ToLower(login)] = o.User
		for _, r := range a.s.repos {
			if r.owner == o.User {
				a.s.names[strings.ToLower(r.fullName())] = r.ID
			}
		}
		a.s.emit(o.User, nil, "organization", "renamed", a.u, object{"changes": object{"login": object{"from": from}}})
		return nil
	})
}

// DeleteUser deletes an account: what it did shows as the ghost's.
func (s *Server) DeleteUser(u *User) {
	s.mu.Lock()
	defer s.mu.Unlock()
	u.deleted = true
	delete(s.accounts, strings.ToLower(u.login))
	for _, o := range s.orgs {
		delete(o.members, u.ID)
		for _, t := range o.teams {
			t.remove(u)
		}
	}
	for _, r := range s.repos {
		delete(r.roles, u.ID)
	}
}

func (s *Server) jsonTeam(t *Team) object {
	url := s.api("/organizations/%d/team/%d", t.org.ID, t.ID)
	privacy := "closed"
	if t.secret {
		privacy = "secret"
	}
	o := object{
		"id": t.ID, "node_id": t.NodeID, "name": t.name, "slug": t.slug, "description": nil, "privacy": privacy, "permission": "pull",
		"notification_setting": "notifications_enabled", "url": url, "html_url": s.web("orgs/%s/teams/%s", t.org.login, t.slug),
		"members_url": url + "/members{/member}", "repositories_url": url + "/repos", "type": "organization", "parent": nil,
	}
	if t.parent != nil {
		parent := s.jsonTeam(t.parent)
		delete(parent, "parent")
		o["parent"] = parent
	}
	return o
}
