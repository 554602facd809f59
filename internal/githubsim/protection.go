package githubsim

import (
	"slices"
	"strings"
	"time"
)

// Check is a required status check. AppID pins its source; 0 is any.
type Check struct {
	Context string
	AppID   int64
}

// Protection is the classic protection of one branch.
type Protection struct {
	Checks []Check
	// Everyone holds administrators to it too; they are not by default
	// (https://docs.github.com/repositories/configuring-branches-and-merges-in-your-repository/managing-protected-branches/about-protected-branches).
	Everyone bool
	// Hidden shows an app only that the branch is protected, not by what.
	Hidden bool
}

// Ruleset is a set of rules for branches of a repository.
type Ruleset struct {
	ID   int64 // given by AddRuleset
	Name string
	// Branches are the names it applies to; none: every branch.
	Branches []string
	// Enforcement is active, evaluate or disabled; "" is active.
	Enforcement string
	Checks      []Check
	// Kinds are further rules by their type, without parameters. GitHub adds
	// new ones at any time, so they need not be known.
	Kinds  []string
	Bypass []BypassActor
	// ShowBypass shows bypass_actors to everybody. GitHub shows them only to who
	// may write the ruleset: an app with the permission administration: write.
	ShowBypass bool
	// Organization says that it comes from the repository's organisation.
	Organization bool

	since time.Time
}

// The kinds of actor that may bypass a ruleset, from GitHub's REST description.
const (
	BypassTeam  = "Team"
	BypassApp   = "Integration"
	BypassRole  = "RepositoryRole" // ID 2 maintain, 4 write, 5 admin
	BypassOwner = "OrganizationAdmin"
)

// BypassActor is somebody who may bypass a ruleset.
type BypassActor struct {
	ID   int64
	Kind string
	// Mode is always or pull_request; "" is always.
	Mode string
}

// need is one required check of a branch and where it comes from.
type need struct {
	Check
	ruleset  *Ruleset // nil: classic protection
	everyone bool
}

// Require makes a status context required on a branch, which GitHub then shows
// both as classic protection and as a rule; appID pins its source, 0 is any.
// Administrators may bypass it. Protect and AddRuleset make one form only.
func (r *Repo) Require(branch, context string, appID int64) *Repo {
	r.s.mu.Lock()
	defer r.s.mu.Unlock()
	r.required[branch] = append(r.required[branch], Check{context, appID})
	return r
}

// Protect puts classic protection on a branch, in place of an earlier one.
func (r *Repo) Protect(branch string, p Protection) *Repo {
	r.s.mu.Lock()
	defer r.s.mu.Unlock()
	r.protected[branch] = p
	return r
}

// Unprotect takes away everything that Require and Protect put on a branch.
func (r *Repo) Unprotect(branch string) *Repo {
	r.s.mu.Lock()
	defer r.s.mu.Unlock()
	delete(r.protected, branch)
	delete(r.required, branch)
	return r
}

// AddRuleset adds a ruleset and returns its id.
func (r *Repo) AddRuleset(rs Ruleset) int64 {
	r.s.mu.Lock()
	defer r.s.mu.Unlock()
	rs.ID, rs.since = r.s.next(), r.s.now()
	rs.Enforcement = orDefault(rs.Enforcement, "active")
	rs.Name = orDefault(rs.Name, "rules")
	r.rulesets = append(r.rulesets, &rs)
	return rs.ID
}

// RemoveRuleset deletes a ruleset.
func (r *Repo) RemoveRuleset(id int64) {
	r.s.mu.Lock()
	defer r.s.mu.Unlock()
	r.rulesets = slices.DeleteFunc(slices.Clone(r.rulesets), func(rs *Ruleset) bool { return rs.ID == id })
}

func (rs *Ruleset) covers(branch string) bool {
	return rs.Enforcement == "active" && (len(rs.Branches) == 0 || slices.Contains(rs.Branches, branch))
}

// letsPast tells whether an account is on the bypass list.
func (rs *Ruleset) letsPast(r *Repo, u *User) bool {
	org := r.s.orgOf(r.owner)
	atLeast := map[int64]Role{2: RoleMaintain, 4: RoleWrite, 5: RoleAdmin}
	return slices.ContainsFunc(rs.Bypass, func(b BypassActor) bool {
		switch b.Kind {
		case BypassOwner:
			return org != nil && org.members[u.ID]
		case BypassRole:
			return atLeast[b.ID] != RoleNone && r.role(u) >= atLeast[b.ID]
		case BypassTeam:
			return org != nil && slices.ContainsFunc(org.teams, func(t *Team) bool { return t.ID == b.ID && slices.Contains(t.all(), u) })
		default:
			return false // apps do not merge here
		}
	})
}

// classic is the classic protection of a branch as the API shows it.
func (r *Repo) classic(branch string) Protection {
	p := r.protected[branch]
	p.Checks = append(slices.Clone(r.required[branch]), p.Checks...)
	return p
}

// needs lists the checks that a branch requires.
func (r *Repo) needs(branch string) []need {
	var out []need
	p := r.classic(branch)
	for _, c := range p.Checks {
		out = append(out, need{Check: c, everyone: p.Everyone})
	}
	for _, rs := range r.rulesets {
		if !rs.covers(branch) {
			continue
		}
		for _, c := range rs.Checks {
			out = append(out, need{Check: c, ruleset: rs})
		}
	}
	return out
}

// bypassedBy tells whether an account may merge without this check.
func (n need) bypassedBy(r *Repo, u *User) bool {
	if n.ruleset != nil {
		return n.ruleset.letsPast(r, u)
	}
	return !n.everyone && r.role(u) == RoleAdmin
}

// mayBypass tells whether an account may bypass anything on a branch.
func (r *Repo) mayBypass(branch string, u *User) bool {
	return r.role(u) == RoleAdmin || slices.ContainsFunc(r.needs(branch), func(n need) bool { return n.bypassedBy(r, u) })
}

// checksPass holds the required status checks of a branch against a commit.
// Those that the account may bypass are left out; nobody bypasses for nil.
func (r *Repo) checksPass(branch, sha string, bypass *User) error {
	for _, n := range r.needs(branch) {
		if bypass != nil && n.bypassedBy(r, bypass) {
			continue
		}
		switch r.outcome(n.Check, sha) {
		case "success":
		case "":
			return refuse(405, "Required status check %q is expected.", n.Context)
		case "pending":
			return refuse(405, "Required status check %q is pending.", n.Context)
		default:
			return refuse(405, "Required status check %q is failing.", n.Context)
		}
	}
	return nil
}

// outcome is the state of a check on a commit, "" if it was not reported.
func (r *Repo) outcome(c Check, sha string) string {
	for _, st := range r.latest(sha) {
		if strings.EqualFold(st.Context, c.Context) && (c.AppID == 0 || st.Creator == r.s.app && c.AppID == r.s.opts.AppID) {
			return st.State
		}
	}
	return ""
}
