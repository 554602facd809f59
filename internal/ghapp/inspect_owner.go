package ghapp

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/slagate/slagate/internal/doctor"
	"github.com/slagate/slagate/internal/pull"
)

// membersShown is how many ids of a team's members are read: enough to see whether
// two small teams are the same people.
const membersShown = 20

// restInstallation is an installation with all of its permissions: go-github's type
// lacks those that are newer than it.
type restInstallation struct {
	ID      int64 `json:"id"`
	Account struct {
		Login string `json:"login"`
		Type  string `json:"type"`
	} `json:"account"`
	HTMLURL     string            `json:"html_url"`
	Selection   string            `json:"repository_selection"`
	Permissions map[string]string `json:"permissions"`
	Events      []string          `json:"events"`
	SuspendedAt *time.Time        `json:"suspended_at"`
}

// https://docs.github.com/en/rest/apps/apps#list-installations-for-the-authenticated-app
func (i *Inspector) installations(ctx context.Context) ([]restInstallation, error) {
	all, more, err := getAll[restInstallation](ctx, i.creator.app, "app/installations", pagesAtMost)
	if err == nil && more {
		err = errEndless
	}
	return all, err
}

// owner reads one installation; of its repositories only those that are named, if any are.
func (i *Inspector) owner(ctx context.Context, in restInstallation, names []string) doctor.Owner {
	o := doctor.Owner{
		Grant: doctor.Grant{Permissions: in.Permissions, Events: in.Events}, Login: in.Account.Login, URL: in.HTMLURL,
		Suspended: in.SuspendedAt != nil, All: in.Selection == "all", Person: in.Account.Type == "User",
	}
	if o.Suspended {
		return o
	}
	inst, err := i.creator.installation(in.ID)
	if err != nil {
		o.Problem = why(err)
		return o
	}
	listed, err := i.lister.Repositories(ctx, in.ID)
	if err != nil {
		o.Problem = why(err)
		return o
	}
	o.Default = i.ownerDefault(ctx, inst, o.Login)
	listed = slices.DeleteFunc(listed, func(r Repository) bool {
		full := r.Owner + "/" + r.Name
		named := func(name string) bool { return strings.EqualFold(name, full) }
		return r.Archived && len(names) == 0 || len(names) > 0 && !slices.ContainsFunc(names, named)
	})
	i.repositories(ctx, inst, &o, listed, len(names) > 0)
	var teams []string
	for n := range o.Repos {
		for _, slug := range o.Wanted(&o.Repos[n]).Teams {
			if !slices.Contains(teams, slug) {
				teams = append(teams, slug)
			}
		}
	}
	for chunk := range slices.Chunk(teams, together) {
		o.Teams = append(o.Teams, i.teams(ctx, inst, chunk)...)
	}
	return o
}

func (i *Inspector) ownerDefault(ctx context.Context, inst *installation, owner string) pull.Blob {
	q := newGraphQuery()
	q.write(`ownerRepo:repository(owner:%s,name:%s){name owner{login} policy:object(expression:%s){%s} folder:object(expression:%s){%s}}`,
		q.text(owner), q.text(pull.OwnerRepo), q.text("HEAD:"+pull.OwnerPolicyPath), blobFields, q.text("HEAD:"), treeFields)
	answer, err := i.creator.ask(ctx, inst, q, []string{"ownerRepo"})
	if err != nil {
		return pull.Blob{State: pull.BlobNoAnswer, Problem: why(err)}
	}
	blob, err := ownerPolicy(answer, owner)
	if err != nil {
		return pull.Blob{State: pull.BlobNoAnswer, Problem: why(err)}
	}
	return blob
}

// repositories reads those with a policy, and all of them if they were asked for.
func (i *Inspector) repositories(ctx context.Context, inst *installation, o *doctor.Owner, listed []Repository, asked bool) {
	places := make([]place, len(listed))
	for n, r := range listed {
		places[n] = place{r.Owner, r.Name, "HEAD"}
	}
	policies := i.policies(ctx, inst, places)
	for n, r := range listed {
		repo := doctor.Repo{
			Owner: r.Owner, Name: r.Name, DefaultBranch: r.DefaultBranch,
			Branches: []doctor.Branch{{Name: r.DefaultBranch, Policy: policies[n]}},
		}
		if policies[n].State == pull.BlobNoAnswer {
			repo.Problem = policies[n].Problem
		}
		ruled := o.Rules(&repo.Branches[0])
		switch {
		case repo.Problem == "" && ruled:
			i.repository(ctx, inst, o, &repo, r)
		case !ruled && !asked:
			o.Without++
			continue
		}
		o.Repos = append(o.Repos, repo)
	}
}

// place is where a policy may be: a branch, or HEAD, of a repository.
type place struct{ owner, name, at string }

// policies reads the policy file at each of the places. Where there is no answer the
// blob says why.
func (i *Inspector) policies(ctx context.Context, inst *installation, places []place) []pull.Blob {
	out := make([]pull.Blob, 0, len(places))
	for chunk := range slices.Chunk(places, together) {
		q := newGraphQuery()
		var aliases []string
		for n, p := range chunk {
			aliases = append(aliases, fmt.Sprintf("r%d", n))
			q.write(`%s:repository(owner:%s,name:%s){`, aliases[n], q.text(p.owner), q.text(p.name))
			writePolicy(q, p.at)
			q.write(`} `)
		}
		answer, err := i.creator.ask(ctx, inst, q, aliases)
		for _, alias := range aliases {
			out = append(out, policyAt(answer, err, alias))
		}
	}
	return out
}

func policyAt(answer *graphAnswer, err error, alias string) pull.Blob {
	if err == nil {
		var repo graphRepo
		var found bool
		if found, err = answer.decode(alias, &repo); err == nil && !found {
			kind, message := answer.errorAt(alias)
			err = fmt.Errorf("%s %s", kind, message)
		}
		if err == nil {
			blob, err := policyBlob(repo.Policy, repo.Folder, pull.PolicyPath)
			if err == nil {
				return blob
			}
			return pull.Blob{State: pull.BlobNoAnswer, Problem: why(err)}
		}
	}
	return pull.Blob{State: pull.BlobNoAnswer, Problem: why(err)}
}

// teams asks for teams and their first members.
func (i *Inspector) teams(ctx context.Context, inst *installation, slugs []string) []doctor.Team {
	out := make([]doctor.Team, len(slugs))
	q := newGraphQuery()
	var aliases []string
	for n, team := range slugs {
		out[n].Slug = team
		org, slug, _ := splitTeam(team)
		aliases = append(aliases, teamAlias(n))
		q.write(`%s:organization(login:%s){team(slug:%s){databaseId members(first:%d,membership:ALL){totalCount nodes{databaseId}}}} `,
			aliases[n], q.text(org), q.text(slug), membersShown)
	}
	answer, err := i.creator.ask(ctx, inst, q, aliases)
	for n := range out {
		if err != nil {
			out[n].Problem = why(err)
			continue
		}
		if err := readShown(answer, aliases[n], &out[n]); err != nil {
			out[n].Problem = why(err)
		}
	}
	return out
}

// readShown reads the answer about one team.
func readShown(answer *graphAnswer, alias string, team *doctor.Team) error {
	var org struct {
		Team *struct {
			DatabaseID number64           `json:"databaseId"`
			Members    *connection[actor] `json:"members"`
		} `json:"team"`
	}
	if _, err := answer.decode(alias, &org); err != nil {
		return err
	}
	switch kind, message := answer.errorAt(alias); {
	case kind == typeForbidden:
		return errors.New(message)
	case org.Team == nil:
		team.Absent = true
		return nil
	case kind != "":
		return fmt.Errorf("GitHub answered a query in part only: %s %s", kind, message)
	}
	if err := org.Team.Members.whole("members"); err != nil {
		return err
	}
	team.ID, team.Total = int64(org.Team.DatabaseID), org.Team.Members.TotalCount
	for _, m := range org.Team.Members.Nodes {
		team.Members = append(team.Members, int64(m.DatabaseID))
	}
	return nil
}

// ruleParameters are those of a rule that requires status checks.
func ruleParameters(raw json.RawMessage) ([]doctor.Required, error) {
	var p struct {
		Checks []struct {
			Context       string `json:"context"`
			IntegrationID int64  `json:"integration_id"`
		} `json:"required_status_checks"`
	}
	if err := json.Unmarshal(raw, &p); err != nil {
		return nil, fmt.Errorf("decoding a rule: %w", err)
	}
	var out []doctor.Required
	for _, c := range p.Checks {
		out = append(out, doctor.Required{Context: c.Context, AppID: max(c.IntegrationID, 0)})
	}
	return out, nil
}
