package signoff

import (
	"fmt"
	"slices"
	"strings"

	"github.com/slagate/slagate/internal/policy"
	"github.com/slagate/slagate/internal/pull"
)

// answer is yes, no, or nobody could tell.
type answer int

const (
	unknown answer = iota
	no
	yes
)

// RepairFunction is the name of the function that stands in when no valid
// policy of any kind is known: a repository admin other than the author.
const RepairFunction = "policy"

// Members answers who belongs to which function, from what GitHub said.
type Members struct{ sn *pull.Snapshot }

// NewMembers reads the memberships of a snapshot.
func NewMembers(sn *pull.Snapshot) Members { return Members{sn} }

// member says whether a person is an active member of the function now.
func (m Members) member(f policy.Function, p pull.Person) answer {
	if f.Name == RepairFunction {
		return m.admin(p)
	}
	result := no
	for _, slug := range f.Teams {
		t, ok := m.team(slug)
		switch {
		case !ok || t.NoAnswer:
			result = unknown
		case m.TeamProblem(f, t) != "":
			// A team that is not there has no members.
		case slices.Contains(t.Members, p.ID):
			return yes
		case !slices.Contains(t.Asked, p.ID):
			result = unknown
		}
	}
	for _, login := range f.Users {
		a, ok := m.account(login)
		switch {
		case !ok || a.NoAnswer:
			if strings.EqualFold(login, p.Login) {
				result = unknown
			}
		case a.Person.ID == p.ID && m.AccountProblem(f, a) == "":
			return yes
		}
	}
	return result
}

func (m Members) admin(p pull.Person) answer {
	for _, r := range m.sn.Roles {
		if r.ID == p.ID {
			if r.Permission == "admin" {
				return yes
			}
			return no
		}
	}
	return unknown
}

func (m Members) team(slug string) (pull.Team, bool) {
	i := slices.IndexFunc(m.sn.Teams, func(t pull.Team) bool { return strings.EqualFold(t.Slug, slug) })
	if i < 0 {
		return pull.Team{}, false
	}
	return m.sn.Teams[i], true
}

func (m Members) account(login string) (pull.Account, bool) {
	i := slices.IndexFunc(m.sn.Accounts, func(a pull.Account) bool { return strings.EqualFold(a.Login, login) })
	if i < 0 {
		return pull.Account{}, false
	}
	return m.sn.Accounts[i], true
}

// TeamProblem says why a team of the function cannot sign; "" if it can.
func (m Members) TeamProblem(f policy.Function, t pull.Team) string {
	if t.Problem != "" {
		return fmt.Sprintf("team %s %s", t.Slug, t.Problem)
	}
	if id, bound := m.sn.Bindings[pull.BindingKey(f.Binding, "team", strings.ToLower(t.Slug))]; bound && id != t.ID {
		return fmt.Sprintf("team %s is another team than the one this policy line was written for; change the line to accept it", t.Slug)
	}
	return ""
}

// AccountProblem says why a user of the function cannot sign; "" if they can.
func (m Members) AccountProblem(f policy.Function, a pull.Account) string {
	switch id, bound := m.sn.Bindings[pull.BindingKey(f.Binding, "user", strings.ToLower(a.Login))]; {
	case a.Problem != "":
		return fmt.Sprintf("user %s %s", a.Login, a.Problem)
	case bound && id != a.Person.ID:
		return fmt.Sprintf("user %s is another account than the one this policy line was written for; change the line to accept it", a.Login)
	case !a.Person.IsHuman():
		return fmt.Sprintf("user %s is not a person's account", a.Login)
	case !a.Belongs:
		return fmt.Sprintf("user %s is neither a member of the organisation nor a collaborator", a.Login)
	}
	return ""
}

// Cannot says why a function can never collect its approvals as things are; ""
// if it can. author is excluded unless the policy lets authors sign.
func (m Members) Cannot(f policy.Function, author pull.Person, authorMaySign bool) string {
	if f.Name == RepairFunction {
		return ""
	}
	var problems []string
	people := 0
	for _, slug := range f.Teams {
		t, ok := m.team(slug)
		if !ok || t.NoAnswer {
			return "" // could not be found out: not a reason to turn red, and never a yes either
		}
		if p := m.TeamProblem(f, t); p != "" {
			problems = append(problems, p)
			continue
		}
		people += t.Total
	}
	for _, login := range f.Users {
		a, ok := m.account(login)
		if !ok || a.NoAnswer {
			return ""
		}
		if p := m.AccountProblem(f, a); p != "" {
			problems = append(problems, p)
			continue
		}
		people++
	}
	if !authorMaySign && people > 0 && m.member(f, author) == yes {
		if people--; people == 0 && len(problems) == 0 {
			return "the author is its only member"
		}
	}
	if people >= f.Approvals {
		return ""
	}
	if len(problems) > 0 {
		return strings.Join(problems, "; ")
	}
	if people == 0 {
		return "nobody is in " + strings.Join(slices.Concat(f.Teams, f.Users), ", ")
	}
	return fmt.Sprintf("%d approvals are asked for and only %d can be given", f.Approvals, people)
}

// pushed says whether a person pushed gated content to the pull request, with
// the reason that names the commit. It asks for what it does not know.
func (c *collector) pushed(p pull.Person) (answer, string) {
	result, keys := no, c.pushKeys(p)
	for _, k := range keys {
		i := slices.IndexFunc(c.sn.Pushes, func(x pull.PushContent) bool { return x.Key == k.key })
		if i < 0 {
			c.need(k.key)
			result = unknown
			continue
		}
		switch x := c.sn.Pushes[i]; {
		case x.Unreadable:
			return yes, fmt.Sprintf("%s, and what it changed could not be read", k.what)
		case x.Gated:
			return yes, k.what + " with changes to gated files"
		}
	}
	if result == no && c.sn.CommitsProblem != "" {
		return yes, "the commits could not be read whole (" + c.sn.CommitsProblem + "), so it is not sure that this person pushed none of them"
	}
	return result, ""
}

type pushKey struct{ key, what string }

func (c *collector) pushKeys(p pull.Person) []pushKey {
	var keys []pushKey
	for _, e := range c.sn.Evidence {
		if e.Kind == pull.EvidencePush && e.Actor.ID == p.ID {
			keys = append(keys, pushKey{e.Before + ".." + e.Head, "pushed commit " + short(e.Head)})
		}
	}
	for _, f := range c.sn.ForcePushes {
		if f.Actor.ID == p.ID {
			keys = append(keys, pushKey{f.Before + ".." + f.After, "force-pushed commit " + short(f.After)})
		}
	}
	for _, k := range c.sn.Commits {
		if k.Author.ID == p.ID || k.Committer.ID == p.ID {
			keys = append(keys, pushKey{k.OID, "is named in commit " + short(k.OID)})
		}
	}
	return keys
}

func short(oid string) string {
	if len(oid) > 7 {
		return oid[:7]
	}
	return oid
}
