package ghapp

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/google/go-github/v62/github"

	"github.com/slagate/slagate/internal/pull"
)

// people is a question about teams, people and logins, asked with one query.
type people struct {
	teams  []string // "org/slug"
	people []pull.Person
	logins []string
}

func (p people) empty() bool { return len(p.teams) == 0 && len(p.logins) == 0 }

// askable leaves those of whom a membership can be asked: accounts with an id
// and a login that may be a person's, each once.
func askable(all []pull.Person) []pull.Person {
	var out []pull.Person
	for _, p := range all {
		same := func(q pull.Person) bool { return q.ID == p.ID }
		if p.ID != 0 && p.Login != "" && (p.Kind == pull.KindUser || p.Kind == "") && !slices.ContainsFunc(out, same) {
			out = append(out, p)
		}
	}
	return out
}

// write adds the question to a query that has a variable $owner, and returns
// the aliases at which "not found" is an answer.
func (p people) write(q *graphQuery) []string {
	var optional []string
	logins := make([]string, len(p.people))
	if len(p.teams) > 0 {
		for i, person := range p.people {
			logins[i] = q.text(person.Login)
		}
	}
	for i, team := range p.teams {
		org, slug, ok := splitTeam(team)
		if !ok {
			continue
		}
		alias := teamAlias(i)
		optional = append(optional, alias)
		q.write(`%s:organization(login:%s){team(slug:%s){databaseId all:members(first:1,membership:ALL){totalCount} `,
			alias, q.text(org), q.text(slug))
		for j := range p.people {
			q.write(`m%d:members(query:%s,membership:ALL,first:%d){nodes{databaseId login} pageInfo{hasNextPage}} `, j, logins[j], teamSearch)
		}
		q.write(`}} `)
	}
	for i, login := range p.logins {
		alias := userAlias(i)
		optional = append(optional, alias)
		q.write(`%s:user(login:%s){%s organization(login:$owner){databaseId}} `, alias, q.text(login), userFields)
	}
	return optional
}

func teamAlias(i int) string { return fmt.Sprintf("t%d", i) }

func userAlias(i int) string { return fmt.Sprintf("u%d", i) }

func splitTeam(team string) (org, slug string, ok bool) {
	org, slug, ok = strings.Cut(team, "/")
	return org, slug, ok && org != "" && slug != ""
}

// What people read when a team or account cannot be used.
const (
	problemNotFound   = "not found"
	problemNotVisible = "not visible to slagate"
)

// readTeam reads the answer about one team. unsure are the people whom the
// search may have missed because it found too many.
func (p people) readTeam(answer *graphAnswer, i int) (team pull.Team, unsure []pull.Person, err error) {
	team = pull.Team{Slug: p.teams[i]}
	if _, _, ok := splitTeam(team.Slug); !ok {
		team.Problem = problemNotFound
		return team, nil, nil
	}
	var org struct {
		Team map[string]json.RawMessage `json:"team"`
	}
	if _, err := answer.decode(teamAlias(i), &org); err != nil {
		return pull.Team{}, nil, err
	}
	kind, _ := answer.errorAt(teamAlias(i))
	switch {
	case kind == typeForbidden:
		team.Problem = problemNotVisible
		return team, nil, nil
	case org.Team == nil:
		team.Problem = problemNotFound
		return team, nil, nil
	case kind != "":
		return pull.Team{}, nil, fmt.Errorf("GitHub answered a query in part only: %s at team %q", kind, team.Slug)
	}
	unsure, err = p.readMembers(org.Team, &team)
	return team, unsure, err
}

// readMembers compares ids: a search for a login also finds names alike.
func (p people) readMembers(fields map[string]json.RawMessage, team *pull.Team) (unsure []pull.Person, err error) {
	var id number64
	var all connection[actor]
	if err := errors.Join(json.Unmarshal(fields["databaseId"], &id), json.Unmarshal(fields["all"], &all)); err != nil {
		return nil, fmt.Errorf("decoding team %q: %w", team.Slug, err)
	}
	team.ID, team.Total = int64(id), all.TotalCount
	for j, person := range p.people {
		var found *connection[actor]
		if err := json.Unmarshal(fields[fmt.Sprintf("m%d", j)], &found); err != nil {
			return nil, fmt.Errorf("decoding members of team %q: %w", team.Slug, err)
		}
		if err := found.whole("members of team " + team.Slug); err != nil {
			return nil, err
		}
		is := slices.ContainsFunc(found.Nodes, func(a *actor) bool { return int64(a.DatabaseID) == person.ID })
		switch {
		case is:
			team.Members = append(team.Members, person.ID)
			team.Asked = append(team.Asked, person.ID)
		case found.PageInfo.HasNextPage:
			unsure = append(unsure, person)
		default:
			team.Asked = append(team.Asked, person.ID)
		}
	}
	return unsure, nil
}

// people reads the answers about teams and logins, and asks on where the one
// query could not tell.
func (r *reading) people(ctx context.Context, answer *graphAnswer) error {
	var err error
	r.snap.Teams, r.snap.Accounts, err = r.g.readPeople(ctx, r.inst, r.ref, r.snap.Pull.RepoPrivate, r.asked, answer)
	return err
}

func (g *Gatherer) readPeople(ctx context.Context, inst *installation, ref pull.Ref, private bool, asked people, answer *graphAnswer) (
	[]pull.Team, []pull.Account, error,
) {
	var teams []pull.Team
	var accounts []pull.Account
	for i := range asked.teams {
		team, unsure, err := asked.readTeam(answer, i)
		if err != nil {
			return nil, nil, err
		}
		for _, person := range unsure {
			if err := askMembership(ctx, inst, &team, person); err != nil {
				return nil, nil, err
			}
		}
		teams = append(teams, team)
	}
	for i, login := range asked.logins {
		account, err := readAccount(answer, i, login)
		if err != nil {
			return nil, nil, err
		}
		if account.Person.ID != 0 && !account.Belongs {
			role, err := permission(ctx, inst, ref, account.Person)
			if err != nil {
				return nil, nil, err
			}
			account.Belongs = collaborates(role, private)
		}
		accounts = append(accounts, account)
	}
	return teams, accounts, nil
}

func readAccount(answer *graphAnswer, i int, login string) (pull.Account, error) {
	account := pull.Account{Login: login}
	var user struct {
		actor
		Organization *struct {
			DatabaseID number64 `json:"databaseId"`
		} `json:"organization"`
	}
	found, err := answer.decode(userAlias(i), &user)
	if err != nil {
		return pull.Account{}, err
	}
	kind, message := answer.errorAt(userAlias(i))
	switch {
	case !found && kind == typeForbidden:
		account.Problem, account.NoAnswer = message, true
	case !found:
		account.Problem = problemNotFound
	default:
		account.Person, account.Belongs = user.person(), user.Organization != nil
	}
	return account, nil
}

// askMembership asks for one membership by itself. 404 is a no: the team was
// found a moment ago.
// https://docs.github.com/en/rest/teams/members#get-team-membership-for-a-user
func askMembership(ctx context.Context, inst *installation, team *pull.Team, person pull.Person) error {
	org, slug, _ := splitTeam(team.Slug)
	membership, _, err := inst.rest.Teams.GetTeamMembershipBySlug(ctx, url.PathEscape(org), url.PathEscape(slug), url.PathEscape(person.Login))
	if err = explain(err); err != nil && answered(err) != http.StatusNotFound {
		return fmt.Errorf("asking whether %s is in team %s: %w", person.Login, team.Slug, err)
	}
	team.Asked = append(team.Asked, person.ID)
	if err == nil && membership.GetState() == "active" {
		team.Members = append(team.Members, person.ID)
	}
	return nil
}

// role is a person's permission on a repository as REST tells it.
// https://docs.github.com/en/rest/collaborators/collaborators#get-repository-permissions-for-a-user
type role struct {
	Permission string       `json:"permission"` // admin, write, read, none
	RoleName   string       `json:"role_name"`  // also triage, maintain, and names of custom roles
	User       *github.User `json:"user"`
}

// permission asks for a person's role. An account with another id under the
// login has none.
func permission(ctx context.Context, inst *installation, ref pull.Ref, person pull.Person) (role, error) {
	answer, err := askRole(ctx, inst, ref, person.Login)
	none := role{Permission: "none", RoleName: "none"}
	switch {
	case answered(err) == http.StatusNotFound:
		return none, nil
	case err != nil:
		return role{}, err
	case answer.User.GetID() != person.ID:
		return none, nil
	}
	return answer, nil
}

func askRole(ctx context.Context, inst *installation, ref pull.Ref, login string) (role, error) {
	var answer role
	err := inst.get(ctx, fmt.Sprintf("repos/%s/%s/collaborators/%s/permission",
		url.PathEscape(ref.Owner), url.PathEscape(ref.Repo), url.PathEscape(login)), &answer)
	if err != nil {
		return role{}, fmt.Errorf("asking for the permission of %s: %w", login, err)
	}
	return answer, nil
}

// name is the role in GitHub's own words; a custom role counts as the
// permission that it is built on.
func (r role) name() string {
	switch r.RoleName {
	case "admin", "maintain", "write", "triage", "read", "none":
		return r.RoleName
	}
	if r.Permission == "" {
		return "none"
	}
	return r.Permission
}

// collaborates tells a collaborator from anybody who can read a public repository.
func collaborates(r role, private bool) bool {
	if private {
		return r.name() != "none"
	}
	return r.RoleName != "" && r.RoleName != "read" && r.RoleName != "none" || r.Permission == "write" || r.Permission == "admin"
}

// renamed asks once more for people who have another login by now: the search
// for the old one does not find them.
func (r *reading) renamed(ctx context.Context) error {
	logins := r.loginsSeen()
	var again []pull.Person
	for _, p := range r.asked.people {
		if now, ok := logins[p.ID]; ok && !strings.EqualFold(now, p.Login) {
			again = append(again, pull.Person{ID: p.ID, Login: now, Kind: pull.KindUser})
		}
	}
	if len(again) == 0 || len(r.asked.teams) == 0 {
		return nil
	}
	return r.g.fillPeople(ctx, r.inst, &r.snap, people{teams: r.asked.teams, people: again}, nil)
}

// loginsSeen are the logins that GitHub shows now, by id.
func (r *reading) loginsSeen() map[int64]string {
	seen := map[int64]string{}
	note := func(p pull.Person) {
		if p.Kind == pull.KindUser && p.ID != 0 {
			seen[p.ID] = p.Login
		}
	}
	note(r.snap.Pull.Author)
	for _, e := range r.snap.LabelEvents {
		note(e.Actor)
	}
	for _, c := range r.snap.Comments {
		note(c.Author)
	}
	for _, v := range r.snap.Reviews {
		note(v.Author)
	}
	return seen
}

// fillPeople asks about teams, people, logins and labels with one query and
// joins the answers to what the snapshot knows.
func (g *Gatherer) fillPeople(ctx context.Context, inst *installation, snap *pull.Snapshot, asked people, labels []string) error {
	if asked.empty() && len(labels) == 0 {
		return nil
	}
	q := newGraphQuery()
	q.set("owner", "String!", snap.Ref.Owner)
	q.set("name", "String!", snap.Ref.Repo)
	q.write(`repository(owner:$owner,name:$name){databaseId `)
	writeLabels(q, labels)
	q.write(`} `)
	answer, err := g.creator.ask(ctx, inst, q, asked.write(q))
	if err != nil {
		return err
	}
	if err := sameRepository(answer, snap.Ref); err != nil {
		return err
	}
	existing, err := existingLabels(answer, labels)
	if err != nil {
		return err
	}
	teams, accounts, err := g.readPeople(ctx, inst, snap.Ref, snap.Pull.RepoPrivate, asked, answer)
	if err != nil {
		return err
	}
	for _, t := range teams {
		joinTeam(snap, t)
	}
	for _, a := range accounts {
		same := func(b pull.Account) bool { return b.Login == a.Login }
		snap.Accounts = append(slices.DeleteFunc(snap.Accounts, same), a)
	}
	joinLabels(&snap.Observed, labels, existing)
	return nil
}

// joinLabels adds an answer about labels to what is known of them.
func joinLabels(o *pull.Observed, asked, existing []string) {
	again := func(name string) bool { return slices.Contains(asked, name) }
	o.LabelsAsked = append(slices.DeleteFunc(o.LabelsAsked, again), asked...)
	o.RepoLabels = append(slices.DeleteFunc(o.RepoLabels, again), existing...)
}

// sameRepository checks that an answer is about the repository that was meant.
func sameRepository(answer *graphAnswer, ref pull.Ref) error {
	var repo graphRepo
	found, err := answer.decode("repository", &repo)
	switch {
	case err != nil:
		return err
	case !found:
		return ErrNotFound
	case int64(repo.DatabaseID) != ref.RepoID:
		return fmt.Errorf("repository id %d: %w", repo.DatabaseID, ErrOtherRepo)
	}
	return nil
}

// joinTeam adds an answer about a team to the snapshot. A newer answer about a
// person takes the place of an older one.
func joinTeam(snap *pull.Snapshot, t pull.Team) {
	at := slices.IndexFunc(snap.Teams, func(old pull.Team) bool { return old.Slug == t.Slug })
	if at < 0 {
		snap.Teams = append(snap.Teams, t)
		return
	}
	old := snap.Teams[at]
	for _, id := range old.Asked {
		if t.Problem != "" || slices.Contains(t.Asked, id) {
			continue
		}
		t.Asked = append(t.Asked, id)
		if slices.Contains(old.Members, id) {
			t.Members = append(t.Members, id)
		}
	}
	snap.Teams[at] = t
}
