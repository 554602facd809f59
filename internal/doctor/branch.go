package doctor

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/slagate/slagate/internal/pull"
)

// contextName is the status context that is to be required; those of the functions
// follow it after a slash and are for reading only.
const contextName = "slagate"

// Roles that GitHub made, as bypass lists number them.
// https://registry.terraform.io/providers/integrations/github/latest/docs/resources/repository_ruleset#bypass_actors
const (
	roleMaintain = 2
	roleWrite    = 4
	roleAdmin    = 5
)

const mendRule = "An admin of the repository goes to Settings, Rules, Rulesets, and requires the status check \"slagate\" with this app as its source."

func examineBranches(r *examination, o *Owner, repo *Repo) {
	var required, pinned, bypass byText
	for i := range repo.Branches {
		b := &repo.Branches[i]
		if !o.gates(b) {
			continue
		}
		if examineRequired(&required, b) {
			examinePinned(&pinned, b, r.appID)
			examineBypass(&bypass, o, b, r.appID)
		}
	}
	for _, found := range []*byText{&required, &pinned, &bypass} {
		found.tell(r, repo.FullName())
	}
	switch name := repo.FullName(); {
	case repo.ListedProblem != "":
		r.add(name, CheckRequired, Unknown, "The branches could not be listed: %s. Only those that the policy names were looked at. Try again.", repo.ListedProblem)
	case repo.Left > 0:
		r.add(name, CheckRequired, Unknown, "Only the first %d gated branches were looked at, %d more were not. An admin covers all of them with one ruleset.", len(repo.Branches), repo.Left)
	}
}

// gates reports whether a pull request into the branch may have to wait for
// somebody. A policy that cannot be used holds all of them; of one that could not be
// read nothing is said but that.
func (o *Owner) gates(b *Branch) bool {
	if !o.Rules(b) || b.Policy.State == pull.BlobNoAnswer {
		return false
	}
	loaded := o.Load(b)
	if loaded.Policy == nil {
		return true
	}
	for _, rule := range loaded.Policy.Rules {
		if rule.AppliesTo(b.Name) {
			return true
		}
	}
	return false
}

// examineRequired reports whether the branch waits for our context.
func examineRequired(found *byText, b *Branch) bool {
	if extra := b.others(); len(extra) > 0 {
		found.add(b.Name, CheckRequired, Problem, "%s is required on BRANCHES, but is there for reading: slagate does not post it on every pull request, "+
			"and those without it can never be merged. An admin of the repository requires \"slagate\" alone.", named(extra))
	}
	if len(b.ours()) > 0 {
		found.add(b.Name, CheckRequired, OK, "BRANCHES cannot be merged into without \"slagate\".")
		return true
	}
	switch {
	case b.RulesProblem != "" || b.ClassicProblem != "":
		found.add(b.Name, CheckRequired, Unknown, "Whether \"slagate\" is required on BRANCHES could not be found out: %s. Try again.", cmp.Or(b.RulesProblem, b.ClassicProblem))
	case b.ClassicHidden:
		found.add(b.Name, CheckRequired, Unknown, "BRANCHES has classic branch protection, and GitHub does not show slagate what it requires. "+
			"An admin of the repository looks under Settings, Branches, or makes a ruleset, which slagate can see.")
	default:
		found.add(b.Name, CheckRequired, Problem, "\"slagate\" is not required on BRANCHES, so pull requests can be merged without any sign-off. %s", mendRule)
	}
	return false
}

// ours are the sources that require our context.
func (b *Branch) ours() []Source {
	return slices.DeleteFunc(slices.Clone(b.Sources), func(s Source) bool { return len(s.ours()) == 0 })
}

func (s Source) ours() []Required {
	return slices.DeleteFunc(slices.Clone(s.Checks), func(c Required) bool { return !strings.EqualFold(c.Context, contextName) })
}

// by reports whether the source takes our context from one app alone.
func (s Source) by(app int64) bool {
	return slices.ContainsFunc(s.ours(), func(c Required) bool { return c.AppID == app })
}

// others are the required contexts of functions.
func (b *Branch) others() []string {
	var out []string
	for _, s := range b.Sources {
		for _, c := range s.Checks {
			if strings.HasPrefix(strings.ToLower(c.Context), contextName+"/") {
				out = added(out, c.Context)
			}
		}
	}
	return out
}

func examinePinned(found *byText, b *Branch, app int64) {
	pinned := false
	for _, s := range b.ours() {
		pinned = pinned || s.by(app)
		for _, c := range s.ours() {
			if c.AppID != app && c.AppID != 0 {
				found.add(b.Name, CheckPinned, Problem, "On BRANCHES %s takes \"slagate\" from the app with id %d only, and this app has %d: no pull request can be merged. "+
					"An admin of the repository chooses this app as the source.", s.Name, c.AppID, app)
				return
			}
		}
	}
	if pinned {
		found.add(b.Name, CheckPinned, OK, "On BRANCHES only this app can answer \"slagate\".")
		return
	}
	if b.RulesProblem != "" || b.ClassicProblem != "" || b.ClassicHidden {
		found.add(b.Name, CheckPinned, Unknown, "Whether only this app can answer \"slagate\" on BRANCHES could not be found out: not everything that protects the branch could be read. Try again.")
		return
	}
	found.add(b.Name, CheckPinned, Problem, "On BRANCHES anybody with write access can post \"slagate\" and make it green. %s", mendRule)
}

// examineBypass says who can merge past our context. Everything that requires it has
// to be passed, so one source that nobody passes is enough.
func examineBypass(found *byText, o *Owner, b *Branch, app int64) {
	sources := b.ours()
	if pinned := slices.DeleteFunc(slices.Clone(sources), func(s Source) bool { return !s.by(app) }); len(pinned) > 0 {
		sources = pinned
	}
	var hidden, unread, open []string
	level := Warning
	for _, s := range sources {
		switch {
		case s.Bypass.Problem != "":
			unread = append(unread, s.Name+": "+s.Bypass.Problem)
		case s.Bypass.Hidden:
			hidden = append(hidden, s.Name)
		case len(s.Bypass.Actors) == 0:
			found.add(b.Name, CheckBypass, OK, "Nobody can merge into BRANCHES past \"slagate\", but for who may change the rules.")
			return
		}
		for _, a := range s.Bypass.Actors {
			open = added(open, a.words(o))
			if a.everybody() {
				level = Problem
			}
		}
	}
	switch {
	case len(unread) > 0:
		found.add(b.Name, CheckBypass, Unknown, "Who can merge into BRANCHES past \"slagate\" could not be read (%s). Try again.", strings.Join(unread, "; "))
	case len(hidden) > 0:
		found.add(b.Name, CheckBypass, Unknown, "Who can merge into BRANCHES past \"slagate\" is shown only to those who may change the rules. "+
			"An admin of the repository looks at the bypass list of %s under Settings, Rules, and leaves as few there as can be.", strings.Join(hidden, ", "))
	default:
		found.add(b.Name, CheckBypass, level, "Into BRANCHES can merge without waiting for \"slagate\": %s. An admin of the repository shortens the bypass list "+
			"(classic protection: \"Do not allow bypassing the above settings\").", strings.Join(open, ", "))
	}
}

// everybody: with write access for the asking, a gate is none.
func (a Actor) everybody() bool { return a.Kind == "RepositoryRole" && a.ID == roleWrite }

// words says who an entry of a bypass list is.
func (a Actor) words(o *Owner) string {
	var text string
	switch a.Kind {
	case "OrganizationAdmin":
		text = "owners of the organisation"
	case "EnterpriseOwner":
		text = "owners of the enterprise"
	case "RepositoryRole":
		text = roleWords(a.ID)
	case "Team":
		text = fmt.Sprintf("the team with id %d", a.ID)
		if i := slices.IndexFunc(o.Teams, func(t Team) bool { return t.ID == a.ID && a.ID != 0 }); i >= 0 {
			text = "team " + o.Teams[i].Slug
		}
	case "Integration":
		text = fmt.Sprintf("the app with id %d", a.ID)
	case "DeployKey":
		text = "deploy keys"
	default:
		text = fmt.Sprintf("%s %d", a.Kind, a.ID)
	}
	if a.Mode == "pull_request" {
		text += " (in pull requests)"
	}
	return text
}

func roleWords(id int64) string {
	switch id {
	case roleMaintain:
		return "everybody with role maintain"
	case roleWrite:
		return "everybody with role write"
	case roleAdmin:
		return "admins of the repository"
	}
	return fmt.Sprintf("everybody with the custom role of id %d", id)
}
