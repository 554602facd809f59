package githubsim

import (
	"context"
	"strings"

	graphql "github.com/graph-gophers/graphql-go"
)

// gqlRoot answers the fields of Query.
type gqlRoot struct{ s *Server }

// RateLimit is the state of the GraphQL limit; the query asking has been counted.
func (g *gqlRoot) RateLimit(ctx context.Context, _ struct{ DryRun bool }) *gqlRateLimit {
	c := callOf(ctx)
	q := g.s.traffic.quota(c.bucket(), g.s.now())
	return &gqlRateLimit{1, count32(q.Limit), 1, count32(q.Remaining), dateTime{q.Reset}, count32(q.Used)}
}

type gqlRateLimit struct {
	Cost, Limit, NodeCount, Remaining int32
	ResetAt                           dateTime
	Used                              int32
}

// Repository finds a repository by name, by a former one too.
func (g *gqlRoot) Repository(ctx context.Context, args struct {
	FollowRenames bool
	Name, Owner   string
},
) (*gqlRepo, error) {
	c := callOf(ctx)
	r := g.s.repoOf(args.Owner, args.Name)
	if r == nil || !c.token.covers(r) || !args.FollowRenames && !strings.EqualFold(r.fullName(), args.Owner+"/"+args.Name) {
		return nil, missing("Could not resolve to a Repository with the name '%s/%s'.", args.Owner, args.Name)
	}
	return &gqlRepo{c, r}, nil
}

// Organization finds an organisation.
func (g *gqlRoot) Organization(ctx context.Context, args struct{ Login string }) (*gqlOrg, error) {
	u := g.s.accounts[strings.ToLower(args.Login)]
	if u == nil || u.Kind != KindOrganization {
		return nil, missing("Could not resolve to an Organization with the login of '%s'.", args.Login)
	}
	return newOrg(callOf(ctx), u), nil
}

// User finds a person; a bot or an organisation is none.
func (g *gqlRoot) User(ctx context.Context, args struct{ Login string }) (*gqlUser, error) {
	u := g.s.accounts[strings.ToLower(args.Login)]
	if u == nil || u.Kind != KindUser {
		return nil, missing("Could not resolve to a User with the login of '%s'.", args.Login)
	}
	return newUser(callOf(ctx), u), nil
}

// Node finds something by its global id.
func (g *gqlRoot) Node(ctx context.Context, args struct{ ID graphql.ID }) (*gqlNode, error) {
	c := callOf(ctx)
	for _, find := range []func(*call, string) any{g.nodeAccount, g.nodeRepo} {
		if v := find(c, string(args.ID)); v != nil {
			return &gqlNode{args.ID, v}, nil
		}
	}
	return nil, missing("Could not resolve to a node with the global id of '%s'", args.ID)
}

// Nodes finds several; what is not found is null.
func (g *gqlRoot) Nodes(ctx context.Context, args struct{ IDs []graphql.ID }) []*gqlNode {
	out := make([]*gqlNode, len(args.IDs))
	for i, id := range args.IDs {
		n, err := g.Node(ctx, struct{ ID graphql.ID }{id})
		if err == nil {
			out[i] = n
		}
	}
	return out
}

func (g *gqlRoot) nodeAccount(c *call, id string) any {
	for _, u := range g.s.accounts {
		if u.NodeID == id {
			switch u.Kind {
			case KindUser:
				return newUser(c, u)
			case KindBot:
				return newBot(c, u)
			case KindOrganization:
				return newOrg(c, u)
			}
		}
	}
	for _, o := range g.s.orgs {
		for _, t := range o.teams {
			if t.NodeID == id && c.token.install.account == o.User {
				return newTeam(c, t)
			}
		}
	}
	return nil
}

func (g *gqlRoot) nodeRepo(c *call, id string) any {
	for _, r := range g.s.repos {
		if !c.token.covers(r) {
			continue
		}
		if r.NodeID == id {
			return &gqlRepo{c, r}
		}
		for _, l := range r.labels {
			if l.NodeID == id {
				return newLabel(l)
			}
		}
		for _, p := range r.pulls {
			if p.NodeID == id {
				return newPull(c, p)
			}
			for _, x := range p.comments {
				if x.NodeID == id {
					return newComment(c, x)
				}
			}
			for _, e := range p.events {
				if e.NodeID == id {
					if item, ok := timelineItem(c, p, e); ok {
						return item.v
					}
				}
			}
		}
	}
	return nil
}

// gqlNode is anything that has a global id.
type gqlNode struct {
	ID graphql.ID
	v  any
}

func as[T any](v any) (T, bool) {
	t, ok := v.(T)
	return t, ok
}

// gqlAccount is an account where the schema has an interface (Actor,
// RepositoryOwner).
type gqlAccount struct {
	ID    graphql.ID
	Login string
	URL   stringish
	c     *call
	u     *User
}

// actor is an account as GraphQL shows it: null for a deleted one, a bot's
// login without "[bot]".
func actor(c *call, u *User) *gqlAccount {
	if u == nil || u.deleted {
		return nil
	}
	return &gqlAccount{graphql.ID(u.NodeID), strings.TrimSuffix(u.login, "[bot]"), stringish(c.s.web("%s", strings.TrimSuffix(u.login, "[bot]"))), c, u}
}

// ToUser is the account if it is a person.
func (a *gqlAccount) ToUser() (*gqlUser, bool) { return newUser(a.c, a.u), a.u.Kind == KindUser }

// ToBot is the account if it is an app's.
func (a *gqlAccount) ToBot() (*gqlBot, bool) { return newBot(a.c, a.u), a.u.Kind == KindBot }

// ToMannequin is the account if it stands in for an imported one.
func (a *gqlAccount) ToMannequin() (*gqlBot, bool) {
	return newBot(a.c, a.u), a.u.Kind == KindMannequin
}

// ToOrganization is the account if it is an organisation.
func (a *gqlAccount) ToOrganization() (*gqlOrg, bool) {
	return newOrg(a.c, a.u), a.u.Kind == KindOrganization
}

// gqlBot is a bot or a mannequin.
type gqlBot struct {
	ID         graphql.ID
	DatabaseID *int32
	Login      string
	URL        stringish
}

func newBot(c *call, u *User) *gqlBot {
	login := strings.TrimSuffix(u.login, "[bot]")
	return &gqlBot{graphql.ID(u.NodeID), number32(u.ID), login, stringish(c.s.web("apps/%s", login))}
}

// gqlUser is a person.
type gqlUser struct {
	ID         graphql.ID
	DatabaseID *int32
	Login      string
	Name       *string
	URL        stringish
	c          *call
	u          *User
}

func newUser(c *call, u *User) *gqlUser {
	return &gqlUser{graphql.ID(u.NodeID), number32(u.ID), u.login, nil, stringish(c.s.web("%s", u.login)), c, u}
}

// Organization is an organisation that the person belongs to.
func (u *gqlUser) Organization(args struct{ Login string }) *gqlOrg {
	for _, o := range u.c.s.orgs {
		if strings.EqualFold(o.login, args.Login) && hasKey(o.members, u.u.ID) {
			return newOrg(u.c, o.User)
		}
	}
	return nil
}

// gqlOrg is an organisation.
type gqlOrg struct {
	ID         graphql.ID
	DatabaseID *int32
	Login      string
	Name       *string
	URL        stringish
	c          *call
	o          *Org
}

func newOrg(c *call, u *User) *gqlOrg {
	return &gqlOrg{graphql.ID(u.NodeID), number32(u.ID), u.login, nil, stringish(c.s.web("%s", u.login)), c, c.s.orgOf(u)}
}

// foreign tells whether the organisation is another installation's.
func (o *gqlOrg) foreign() bool { return o.c.token.install.account != o.o.User }

// Team is a visible team of the organisation, null if there is none.
func (o *gqlOrg) Team(args struct{ Slug string }) (*gqlTeam, error) {
	if err := o.c.allowed("members:read"); err != nil {
		return nil, err
	}
	t := o.o.team(args.Slug)
	if t == nil || t.secret || o.foreign() {
		return nil, nil // GitHub answers null without an error
	}
	return newTeam(o.c, t), nil
}

// MembersWithRole are the members of the organisation.
func (o *gqlOrg) MembersWithRole(args pageArgs) (*conn[gqlUser], error) {
	if err := o.c.allowed("members:read"); err != nil {
		return nil, err
	}
	var all []*User
	for _, u := range o.c.s.sortedUsers() {
		if hasKey(o.o.members, u.ID) && !o.foreign() {
			all = append(all, u)
		}
	}
	return connect("membersWithRole", args, all, func(u *User) gqlUser { return *newUser(o.c, u) })
}

// gqlTeam is a team.
type gqlTeam struct {
	ID           graphql.ID
	DatabaseID   *int32
	Name         string
	Slug         string
	CombinedSlug string
	Privacy      string
	c            *call
	t            *Team
}

func newTeam(c *call, t *Team) *gqlTeam {
	privacy := "VISIBLE"
	if t.secret {
		privacy = "SECRET"
	}
	return &gqlTeam{graphql.ID(t.NodeID), number32(t.ID), t.name, t.slug, t.org.login + "/" + t.slug, privacy, c, t}
}

// ParentTeam is the team that this one is a child of.
func (t *gqlTeam) ParentTeam() *gqlTeam {
	if t.t.parent == nil {
		return nil
	}
	return newTeam(t.c, t.t.parent)
}

// Organization is the team's organisation.
func (t *gqlTeam) Organization() *gqlOrg { return newOrg(t.c, t.t.org.User) }

// Members are the active members, those of child teams included unless asked
// otherwise. The query is matched loosely, as a search.
func (t *gqlTeam) Members(args struct {
	pageArgs
	Membership string
	Query      *string
},
) (*conn[gqlUser], error) {
	var all []*User
	for _, u := range t.t.all() {
		own := t.t.has(u)
		switch {
		case args.Membership == "IMMEDIATE" && !own:
		case args.Membership == "CHILD_TEAM" && own:
		case args.Query != nil && !strings.Contains(strings.ToLower(u.login), strings.ToLower(*args.Query)):
		default:
			all = append(all, u)
		}
	}
	return connect("members", args.pageArgs, all, func(u *User) gqlUser { return *newUser(t.c, u) })
}
