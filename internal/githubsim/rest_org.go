package githubsim

import (
	"net/http"
	"slices"
	"strings"
)

func (s *Server) orgRoutes() []route {
	members := []string{"members:read"}
	return []route{
		{pattern: "GET /users/{user}", handle: s.getUser},
		{pattern: "GET /user/{id}", handle: s.getUserByID},
		{pattern: "GET /orgs/{org}/members/{user}", needs: members, handle: s.isMember},
		{pattern: "GET /orgs/{org}/teams/{slug}", needs: members, handle: s.getTeam},
		{pattern: "GET /orgs/{org}/teams/{slug}/members", needs: members, handle: s.teamMembers},
		{pattern: "GET /orgs/{org}/teams/{slug}/memberships/{user}", needs: members, handle: s.teamMembership},
	}
}

func (s *Server) getUser(c *call) (any, error) {
	u := s.accounts[strings.ToLower(c.path("user"))]
	if u == nil {
		return nil, notFound()
	}
	return s.fullAccount(u), nil
}

func (s *Server) getUserByID(c *call) (any, error) {
	u := s.accountByID(c.number("id"))
	if u == nil {
		return nil, notFound()
	}
	return s.fullAccount(u), nil
}

// org finds the organisation of the path; a foreign one is not there.
func (c *call) org() (*Org, error) {
	for _, o := range c.s.orgs {
		if strings.EqualFold(o.login, c.path("org")) && (c.token == nil || c.token.install.account == o.User) {
			return o, nil
		}
	}
	return nil, notFound()
}

func (c *call) team() (*Team, error) {
	o, err := c.org()
	if err != nil {
		return nil, err
	}
	if t := o.team(c.path("slug")); t != nil && !t.secret {
		return t, nil
	}
	return nil, notFound()
}

func (s *Server) isMember(c *call) (any, error) {
	o, err := c.org()
	if err != nil {
		return nil, err
	}
	u := s.accounts[strings.ToLower(c.path("user"))]
	if u == nil || !hasKey(o.members, u.ID) {
		return nil, refuse(http.StatusNotFound, "User does not exist or is not a member of the organization")
	}
	return nil, nil // 204
}

func (s *Server) getTeam(c *call) (any, error) {
	t, err := c.team()
	if err != nil {
		return nil, err
	}
	o := s.jsonTeam(t)
	org := s.jsonOrg(t.org)
	full := s.fullAccount(t.org.User)
	for _, k := range []string{"html_url", "type", "created_at", "updated_at", "public_repos", "public_gists", "followers", "following"} {
		org[k] = full[k]
	}
	org["has_organization_projects"], org["has_repository_projects"], org["archived_at"] = false, false, nil
	o["organization"], o["created_at"], o["updated_at"], o["repos_count"] = org, stamp(t.since), stamp(t.since), 0
	o["members_count"] = len(t.all())
	return o, nil
}

func (s *Server) teamMembers(c *call) (any, error) {
	t, err := c.team()
	if err != nil {
		return nil, err
	}
	out := []object{}
	for _, u := range page(c, t.all()) {
		out = append(out, s.account(u))
	}
	return out, nil
}

func (s *Server) teamMembership(c *call) (any, error) {
	t, err := c.team()
	if err != nil {
		return nil, err
	}
	u := s.accounts[strings.ToLower(c.path("user"))]
	if u == nil {
		return nil, notFound()
	}
	var state string
	switch {
	case slices.Contains(t.all(), u):
		state = "active"
	case t.pending[u.ID]:
		state = "pending"
	default:
		return nil, notFound()
	}
	role := "member"
	if t.org.members[u.ID] {
		role = "maintainer" // owners of the organisation show as such
	}
	return object{"url": s.api("/organizations/%d/team/%d/memberships/%s", t.org.ID, t.ID, u.login), "role": role, "state": state}, nil
}

func (s *Server) isCollaborator(c *call) (any, error) {
	u := s.accounts[strings.ToLower(c.path("user"))]
	if u == nil || !s.collaborates(c.repo, u) {
		return nil, notFound()
	}
	return nil, nil // 204
}

// collaborates tells whether somebody has access that was given: reading a
// public repository is none.
func (s *Server) collaborates(r *Repo, u *User) bool {
	return r.granted(u) > RoleNone
}

func (s *Server) collaboratorPermission(c *call) (any, error) {
	u := s.accounts[strings.ToLower(c.path("user"))]
	if u == nil {
		return nil, refuse(http.StatusNotFound, "%s is not a user", c.path("user"))
	}
	role := c.repo.role(u)
	user := s.account(u)
	user["role_name"] = role.String()
	user["permissions"] = object{
		"pull": role >= RoleRead, "triage": role >= RoleTriage, "push": role >= RoleWrite, "maintain": role >= RoleMaintain, "admin": role >= RoleAdmin,
	}
	return object{"permission": role.permission(), "role_name": role.String(), "user": user}, nil
}
