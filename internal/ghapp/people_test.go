package ghapp

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/slagate/slagate/internal/pull"
)

func TestTeams(t *testing.T) {
	t.Parallel()
	lee, kim := pull.Person{ID: 12, Login: "lee", Kind: "User"}, pull.Person{ID: 13, Login: "kim"}
	const both = `{"team":{"databaseId":5,"all":{"totalCount":4},` +
		`"m0":{"nodes":[{"databaseId":120,"login":"leeroy"},{"databaseId":12,"login":"lee"}],"pageInfo":{"hasNextPage":true}},` +
		`"m1":{"nodes":[{"databaseId":130,"login":"kimberly"}],"pageInfo":{"hasNextPage":false}}}}`
	for _, test := range []struct {
		name, team, errors string
		want               pull.Team
		err                string
	}{
		{name: "compared by id", team: both, errors: `[]`, want: pull.Team{Slug: "acme/legal", ID: 5, Total: 4, Asked: []int64{12, 13}, Members: []int64{12}}},
		{name: "no such team", team: `{"team":null}`, errors: `[]`, want: pull.Team{Slug: "acme/legal", Problem: "not found"}},
		{name: "no such organisation", team: `null`, errors: `[{"type":"NOT_FOUND","path":["t0"]}]`, want: pull.Team{Slug: "acme/legal", Problem: "not found"}},
		{name: "not for us", team: `{"team":null}`, errors: `[{"type":"FORBIDDEN","path":["t0","team"]}]`, want: pull.Team{Slug: "acme/legal", Problem: "not visible to slagate"}},
		{name: "GitHub stumbled", team: `{"team":null}`, errors: `[{"type":"INTERNAL","path":["t0","team"]}]`, err: "in part only"},
		{name: "a member is missing in the answer", team: strings.Replace(both, `{"databaseId":130,"login":"kimberly"}`, "null", 1), errors: `[]`, err: "some members"},
		{name: "an answer is missing", team: strings.Replace(both, `"m1"`, `"m7"`, 1), errors: `[]`, err: "acme/legal"},
		{name: "the list is missing", team: strings.Replace(both, `{"nodes":[{"databaseId":130,"login":"kimberly"}],"pageInfo":{"hasNextPage":false}}`, "null", 1), errors: `[]`, err: "no members"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			f := newFake(t)
			answer := answerJSON(t)
			put(t, answer, "data.ownerRepo", decoded(t, `{"name":".github","owner":{"login":"acme"},"policy":null,"folder":null}`))
			put(t, answer, "data.t0", decoded(t, test.team))
			put(t, answer, "errors", decoded(t, test.errors))
			f.always(answer)
			h := hints()
			h.Teams = []string{"acme/legal"}
			h.People = []pull.Person{lee, kim, lee, {ID: 9, Login: "bot", Kind: "Bot"}, {Login: "ghost"}, {ID: 8}}
			got, err := read(t, f, h)
			if test.err != "" {
				require.ErrorContains(t, err, test.err)
				return
			}
			require.NoError(t, err)
			require.Equal(t, []pull.Team{test.want}, got.Teams)
			require.Len(t, f.requests(), 1)
		})
	}
}

func TestTeamOfNoOrganisationIsNotAsked(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	f.always(answerJSON(t))
	h := hints()
	h.Teams = []string{"legal"}
	got, err := read(t, f, h)
	require.NoError(t, err)
	require.Equal(t, []pull.Team{{Slug: "legal", Problem: "not found"}}, got.Teams)
}

func TestMemberHiddenAmongNamesAlikeIsAskedForDirectly(t *testing.T) {
	t.Parallel()
	const crowded = `{"team":{"databaseId":5,"all":{"totalCount":400},"m0":{"nodes":[{"databaseId":1,"login":"alex"}],"pageInfo":{"hasNextPage":true}}}}`
	for _, test := range []struct {
		name, body string
		status     int
		asked      []int64
		members    []int64
		err        bool
	}{
		{"active", `{"state":"active"}`, 200, []int64{77}, []int64{77}, false},
		{"invited", `{"state":"pending"}`, 200, []int64{77}, nil, false},
		{"no", `{}`, 404, []int64{77}, nil, false},
		{"no answer", `{}`, 500, nil, nil, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			f := newFake(t)
			answer := answerJSON(t)
			put(t, answer, "data.t0", decoded(t, crowded))
			f.always(answer)
			f.status("GET /orgs/acme/teams/legal/memberships/a", test.status, test.body)
			h := hints()
			h.Teams, h.People = []string{"acme/legal"}, []pull.Person{{ID: 77, Login: "a"}}
			got, err := read(t, f, h)
			if test.err {
				require.Error(t, err, "no answer about a membership is not a no")
				return
			}
			require.NoError(t, err)
			require.Equal(t, test.asked, got.Teams[0].Asked)
			require.Equal(t, test.members, got.Teams[0].Members)
		})
	}
}

func TestRenamedMemberIsFound(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	first := answerJSON(t) // lee has id 12 in it
	put(t, first, "data.t0", decoded(t, `{"team":{"databaseId":5,"all":{"totalCount":1},"m0":{"nodes":[],"pageInfo":{}}}}`))
	f.queries(func(query string, vars map[string]any) any {
		if strings.Contains(query, "pullRequest") {
			return first
		}
		login := ""
		for _, v := range vars {
			if v == "lee" {
				login = "lee"
			}
		}
		require.Equal(t, "lee", login)
		return decoded(t, `{"data":{"repository":{"databaseId":100},"t0":{"team":{"databaseId":5,"all":{"totalCount":1},"m0":{"nodes":[{"databaseId":12,"login":"lee"}],"pageInfo":{}}}}}}`)
	})
	h := hints()
	h.Teams, h.People = []string{"acme/legal"}, []pull.Person{{ID: 12, Login: "lee-before-the-wedding"}}
	got, err := read(t, f, h)
	require.NoError(t, err)
	require.Equal(t, []pull.Team{{Slug: "acme/legal", ID: 5, Total: 1, Asked: []int64{12}, Members: []int64{12}}}, got.Teams)
}

func TestLoginsOfThePolicy(t *testing.T) {
	t.Parallel()
	const jane = `{"__typename":"User","login":"Jane","databaseId":21,"organization":`
	person := pull.Person{ID: 21, Login: "Jane", Kind: "User"}
	for _, test := range []struct {
		name, user, errors, permission string
		public                         bool
		want                           pull.Account
		requests                       int
	}{
		{name: "a member of the owner", user: jane + `{"databaseId":1}}`, want: pull.Account{Login: "jane", Person: person, Belongs: true}, requests: 1},
		{name: "a collaborator", user: jane + `null}`, permission: `{"permission":"read","role_name":"read","user":{"id":21}}`, want: pull.Account{Login: "jane", Person: person, Belongs: true}, requests: 2},
		{name: "anybody on a public repository", public: true, user: jane + `null}`, permission: `{"permission":"read","role_name":"read","user":{"id":21}}`, want: pull.Account{Login: "jane", Person: person}, requests: 2},
		{name: "a collaborator on a public repository", public: true, user: jane + `null}`, permission: `{"permission":"read","role_name":"triage","user":{"id":21}}`, want: pull.Account{Login: "jane", Person: person, Belongs: true}, requests: 2},
		{name: "a custom role on a public repository", public: true, user: jane + `null}`, permission: `{"permission":"write","role_name":"oncall","user":{"id":21}}`, want: pull.Account{Login: "jane", Person: person, Belongs: true}, requests: 2},
		{name: "a stranger", user: jane + `null}`, permission: `{"permission":"none","role_name":"","user":{"id":21}}`, want: pull.Account{Login: "jane", Person: person}, requests: 2},
		{name: "another account under the login by now", user: jane + `null}`, permission: `{"permission":"admin","role_name":"admin","user":{"id":22}}`, want: pull.Account{Login: "jane", Person: person}, requests: 2},
		{name: "nobody", user: `null`, errors: `[{"type":"NOT_FOUND","path":["u0"]}]`, want: pull.Account{Login: "jane", Problem: "not found"}, requests: 1},
		{name: "not for us", user: `null`, errors: `[{"type":"FORBIDDEN","path":["u0"],"message":"no"}]`, want: pull.Account{Login: "jane", Problem: "no", NoAnswer: true}, requests: 1},
		{name: "organisation hidden", user: jane + `null}`, errors: `[{"type":"FORBIDDEN","path":["u0","organization"],"message":"SAML"}]`, permission: `{"permission":"write","role_name":"write","user":{"id":21}}`, want: pull.Account{Login: "jane", Person: person, Belongs: true}, requests: 2},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			f := newFake(t)
			answer := answerJSON(t)
			put(t, answer, "data.ownerRepo", decoded(t, `{"policy":null,"folder":null}`))
			put(t, answer, "data.repository.isPrivate", !test.public)
			put(t, answer, "data.u0", decoded(t, test.user))
			put(t, answer, "errors", nil)
			if test.errors != "" {
				put(t, answer, "errors", decoded(t, test.errors))
			}
			f.always(answer)
			f.reply("GET /repos/acme/shop/collaborators/Jane/permission", test.permission)
			h := hints()
			h.Logins = []string{"jane"}
			got, err := read(t, f, h)
			require.NoError(t, err)
			require.Equal(t, []pull.Account{test.want}, got.Accounts)
			require.Len(t, f.requests(), test.requests)
		})
	}
}

func TestFillAsksAboutPeopleWithOneQuery(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	f.always(decoded(t, `{"data":{"repository":{"databaseId":100,"l0":{"name":"x"},"l1":null},
		"t0":{"team":{"databaseId":5,"all":{"totalCount":2},"m0":{"nodes":[{"databaseId":12,"login":"lee"}],"pageInfo":{}}}},
		"u0":{"__typename":"User","login":"jane","databaseId":21,"organization":{"databaseId":1}}}}`))
	snap := &pull.Snapshot{Ref: ref, Teams: []pull.Team{{Slug: "acme/legal", ID: 5, Total: 2, Asked: []int64{11, 12}, Members: []int64{11}}}}
	snap.Observed.LabelsAsked, snap.Observed.RepoLabels = []string{"old", "y"}, []string{"old", "y"}
	err := NewGatherer(f.creator()).Fill(t.Context(), snap, pull.Needs{
		Teams: []string{"acme/legal"}, Members: []pull.Person{{ID: 12, Login: "lee"}}, Logins: []string{"jane"}, Labels: []string{"x", "y"},
	})
	require.NoError(t, err)
	require.Len(t, f.requests(), 1)
	require.Equal(t, []pull.Team{{Slug: "acme/legal", ID: 5, Total: 2, Asked: []int64{12, 11}, Members: []int64{12, 11}}}, snap.Teams)
	require.Equal(t, []pull.Account{{Login: "jane", Person: pull.Person{ID: 21, Login: "jane", Kind: "User"}, Belongs: true}}, snap.Accounts)
	require.Equal(t, []string{"old", "x", "y"}, snap.Observed.LabelsAsked)
	require.Equal(t, []string{"old", "x"}, snap.Observed.RepoLabels)

	f.always(decoded(t, `{"data":{"repository":{"databaseId":101,"l0":null}}}`))
	err = NewGatherer(f.creator()).Fill(t.Context(), snap, pull.Needs{Labels: []string{"x"}})
	require.ErrorIs(t, err, ErrOtherRepo)
}

func TestRolesOnTheRepository(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	reply := func(login, body string) { f.reply("GET /repos/acme/shop/collaborators/"+login+"/permission", body) }
	reply("ana", `{"permission":"write","role_name":"maintain","user":{"id":11}}`)
	reply("lee", `{"permission":"read","role_name":"triage","user":{"id":12}}`)
	reply("kim", `{"permission":"write","role_name":"on-call","user":{"id":13}}`)
	reply("eve", `{"permission":"admin","role_name":"admin","user":{"id":666}}`)
	g := NewGatherer(f.creator())
	snap := &pull.Snapshot{Ref: ref, Roles: []pull.Role{{ID: 11, Permission: "admin"}}}
	err := g.Fill(t.Context(), snap, pull.Needs{Roles: []pull.Person{
		{ID: 11, Login: "ana"}, {ID: 12, Login: "lee"}, {ID: 13, Login: "kim"}, {ID: 14, Login: "eve"}, {ID: 15, Login: "nobody"},
	}})
	require.NoError(t, err)
	require.Equal(t, []pull.Role{{ID: 11, Permission: "maintain"}, {ID: 12, Permission: "triage"}, {ID: 13, Permission: "write"}, {ID: 14, Permission: "none"}, {ID: 15, Permission: "none"}}, snap.Roles)

	got, err := g.Permission(t.Context(), ref, "ana")
	require.NoError(t, err)
	require.Equal(t, "maintain", got)
	got, err = g.Permission(t.Context(), ref, "nobody")
	require.NoError(t, err)
	require.Equal(t, "none", got)
	f.status("GET /repos/acme/shop/collaborators/ana/permission", http.StatusInternalServerError, "")
	_, err = g.Permission(t.Context(), ref, "ana")
	require.Error(t, err)
	require.Error(t, g.Fill(t.Context(), snap, pull.Needs{Roles: []pull.Person{{ID: 11, Login: "ana"}}}))
}
