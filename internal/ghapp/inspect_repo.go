package ghapp

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"

	"github.com/slagate/slagate/internal/doctor"
	"github.com/slagate/slagate/internal/pull"
)

// repository reads what only matters where there is a policy.
func (i *Inspector) repository(ctx context.Context, inst *installation, o *doctor.Owner, repo *doctor.Repo, as Repository) {
	at := fmt.Sprintf("repos/%s/%s", url.PathEscape(repo.Owner), url.PathEscape(repo.Name))
	listed, more, err := getAll[struct {
		Name      string `json:"name"`
		Protected bool   `json:"protected"`
	}](ctx, inst, at+"/branches", branchPages)
	for _, b := range listed {
		repo.Listed = append(repo.Listed, doctor.Listed{Name: b.Name, Protected: b.Protected})
	}
	if repo.ListedProblem = why(err); more {
		repo.ListedProblem = fmt.Sprintf("there are more than %d", len(listed))
	}
	var names []string
	names, repo.Left = o.Branches(repo)
	places := make([]place, len(names))
	for n, name := range names {
		places[n] = place{repo.Owner, repo.Name, "refs/heads/" + name}
	}
	for n, blob := range i.policies(ctx, inst, places) {
		repo.Branches = append(repo.Branches, doctor.Branch{Name: names[n], Policy: blob})
	}
	r := rulesReading{inst: inst, at: at, bypass: map[int64]doctor.Bypass{}, names: map[int64]string{}}
	for n := range repo.Branches {
		if b := &repo.Branches[n]; o.Rules(b) {
			r.rules(ctx, b)
			r.classic(ctx, b)
		}
	}
	i.named(ctx, inst, o, repo, as)
}

// named asks for the labels and people that the policies name.
func (i *Inspector) named(ctx context.Context, inst *installation, o *doctor.Owner, repo *doctor.Repo, as Repository) {
	w := o.Wanted(repo)
	sn := pull.Snapshot{
		Ref:  pull.Ref{Installation: inst.id, RepoID: as.ID, Owner: repo.Owner, Repo: repo.Name},
		Pull: pull.Pull{RepoPrivate: as.Private},
	}
	if err := i.people.fillPeople(ctx, inst, &sn, people{logins: w.Logins}, w.Labels); err != nil {
		repo.LabelsProblem = why(err)
		for _, login := range w.Logins {
			repo.Accounts = append(repo.Accounts, doctor.Account{Login: login, Problem: why(err)})
		}
		return
	}
	repo.Labels = sn.Observed.RepoLabels
	for _, a := range sn.Accounts {
		account := doctor.Account{Login: a.Login, ID: a.Person.ID, Outside: !a.Belongs}
		switch {
		case a.NoAnswer:
			account.Problem = a.Problem
		case a.Problem != "":
			account.Absent = true
		}
		repo.Accounts = append(repo.Accounts, account)
	}
}

// rulesReading reads what the branches of one repository require. The same ruleset
// mostly covers many branches, so bypass lists are read once.
type rulesReading struct {
	inst   *installation
	at     string
	bypass map[int64]doctor.Bypass
	names  map[int64]string
}

// restRule is a rule that is active on a branch. Its parameters are read only where
// its type is known: GitHub adds new ones at any time.
// https://docs.github.com/en/rest/repos/rules#get-rules-for-a-branch
type restRule struct {
	Type       string          `json:"type"`
	RulesetID  int64           `json:"ruleset_id"`
	SourceType string          `json:"ruleset_source_type"`
	Parameters json.RawMessage `json:"parameters"`
}

func (r *rulesReading) rules(ctx context.Context, b *doctor.Branch) {
	listed, more, err := getAll[restRule](ctx, r.inst, r.at+"/rules/branches/"+url.PathEscape(b.Name), branchPages)
	if err == nil && more {
		err = errEndless
	}
	if err != nil {
		b.RulesProblem = why(err)
		return
	}
	for _, rule := range listed {
		switch rule.Type {
		case "merge_queue":
			b.MergeQueue = true
		case "required_status_checks":
			checks, err := ruleParameters(rule.Parameters)
			if err != nil {
				b.RulesProblem = why(err)
				continue
			}
			bypass := r.bypassOf(ctx, rule.RulesetID)
			name := "ruleset " + r.names[rule.RulesetID]
			if rule.SourceType != "" && rule.SourceType != "Repository" {
				name = "the organisation's " + name
			}
			b.Sources = append(b.Sources, doctor.Source{Name: name, Checks: checks, Bypass: bypass})
		}
	}
}

// bypassOf reads who may pass a ruleset. GitHub leaves the list out for those who may
// not change it, which an app of few permissions may not.
// https://docs.github.com/en/rest/repos/rules#get-a-repository-ruleset
func (r *rulesReading) bypassOf(ctx context.Context, id int64) doctor.Bypass {
	if known, ok := r.bypass[id]; ok {
		return known
	}
	var set struct {
		Name   string `json:"name"`
		Actors *[]struct {
			ID   int64  `json:"actor_id"`
			Kind string `json:"actor_type"`
			Mode string `json:"bypass_mode"`
		} `json:"bypass_actors"`
	}
	err := r.inst.get(ctx, fmt.Sprintf("%s/rulesets/%d", r.at, id), &set)
	out := doctor.Bypass{Problem: why(err), Hidden: err == nil && set.Actors == nil}
	if set.Actors != nil {
		for _, a := range *set.Actors {
			out.Actors = append(out.Actors, doctor.Actor{Kind: a.Kind, ID: a.ID, Mode: a.Mode})
		}
	}
	r.names[id] = fmt.Sprint(id)
	if set.Name != "" {
		r.names[id] = fmt.Sprintf("%q", set.Name)
	}
	r.bypass[id] = out
	return out
}

// classicChecks is what classic protection shows of required status checks.
type classicChecks struct {
	Level    string   `json:"enforcement_level"` // off, non_admins, everyone
	Contexts []string `json:"contexts"`
	Checks   []struct {
		Context string `json:"context"`
		AppID   int64  `json:"app_id"`
	} `json:"checks"`
}

// classic reads classic protection as the branch itself shows it; the rest of it takes
// the permission to administer.
// https://docs.github.com/en/rest/branches/branches#get-a-branch
func (r *rulesReading) classic(ctx context.Context, b *doctor.Branch) {
	var branch struct {
		Protected  bool `json:"protected"`
		Protection struct {
			Enabled  *bool          `json:"enabled"`
			Required *classicChecks `json:"required_status_checks"`
		} `json:"protection"`
	}
	err := r.inst.get(ctx, r.at+"/branches/"+url.PathEscape(b.Name), &branch)
	if err != nil {
		if answered(err) != http.StatusNotFound { // rules may be for a branch that is still to come
			b.ClassicProblem = why(err)
		}
		return
	}
	on := branch.Protection.Enabled
	if !branch.Protected || on != nil && !*on {
		return
	}
	if branch.Protection.Required == nil {
		b.ClassicHidden = true
		return
	}
	if checks := branch.Protection.Required; checks.Level != "off" {
		b.Sources = append(b.Sources, checks.source())
	}
}

func (c *classicChecks) source() doctor.Source {
	s := doctor.Source{Name: "branch protection"}
	for _, check := range c.Checks {
		s.Checks = append(s.Checks, doctor.Required{Context: check.Context, AppID: max(check.AppID, 0)})
	}
	for _, context := range c.Contexts {
		if !slices.ContainsFunc(s.Checks, func(r doctor.Required) bool { return r.Context == context }) {
			s.Checks = append(s.Checks, doctor.Required{Context: context})
		}
	}
	if c.Level != "everyone" {
		s.Bypass.Actors = []doctor.Actor{{Kind: "RepositoryRole", ID: classicAdmins}}
	}
	return s
}

// classicAdmins is the number that bypass lists have for admins: classic protection
// does not hold them unless it is told to.
const classicAdmins = 5
