package ghapp

import (
	"fmt"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/slagate/slagate/internal/doctor"
	"github.com/slagate/slagate/internal/pull"
)

const inspectedPolicy = "version: 1\nfunctions:\n  legal: { teams: [acme/legal, acme/gone], users: [jane, eve] }\n" +
	"rules:\n  - { name: r, paths: [\"slo/**\"], branches: [main, \"release/*\"], require: [legal] }\n"

// inspected is a fake with one installation and one repository, all of it readable.
func inspected(t *testing.T) *fake {
	t.Helper()
	f := newFake(t)
	f.reply("GET /app", `{"id":7,"slug":"slagate","html_url":"https://github.test/apps/slagate","permissions":{"contents":"read","merge_queues":"read"},"events":["push"]}`)
	f.reply("GET /app/hook/config", `{"url":"https://slagate.test/api/github/hook","content_type":"json","insecure_ssl":"0","secret":"********"}`)
	f.reply("GET /app/hook/deliveries", `[{"guid":"a","delivered_at":"2026-03-02T09:00:00Z","status_code":200,"event":"push"}]`)
	f.reply("GET /app/installations", `[{"id":1,"account":{"login":"acme","type":"Organization"},"html_url":"https://github.test/i/1",`+
		`"repository_selection":"all","permissions":{"statuses":"write"},"events":["push"],"suspended_at":null}]`)
	f.reply("GET /installation/repositories", `{"total_count":3,"repositories":[`+
		`{"id":9,"name":"shop","owner":{"login":"acme","id":5},"default_branch":"main","private":true},`+
		`{"id":10,"name":"site","owner":{"login":"acme","id":5},"default_branch":"main"},`+
		`{"id":11,"name":"old","owner":{"login":"acme","id":5},"default_branch":"main","archived":true}]}`)
	f.reply("GET /repos/acme/shop/branches", `[{"name":"main","protected":true},{"name":"release/1#4","protected":false},{"name":"topic","protected":false}]`)
	for _, branch := range []string{"main", "release%2F1%234"} {
		f.reply("GET /repos/acme/shop/branches/"+branch, `{"name":"x","protected":true,"protection":{"enabled":false,"required_status_checks":{"enforcement_level":"off","contexts":[],"checks":[]}}}`)
		f.reply("GET /repos/acme/shop/rules/branches/"+branch, `[{"type":"copilot_code_review","ruleset_id":4,"parameters":{"review_on_push":[1]}},`+
			`{"type":"required_status_checks","ruleset_id":4,"ruleset_source_type":"Organization","parameters":{"required_status_checks":[{"context":"slagate","integration_id":7},{"context":"build"}]}},`+
			`{"type":"merge_queue","ruleset_id":4}]`)
	}
	f.reply("GET /repos/acme/shop/rulesets/4", `{"id":4,"name":"promises","bypass_actors":[{"actor_id":null,"actor_type":"OrganizationAdmin","bypass_mode":"always"}]}`)
	f.reply("GET /repos/acme/shop/collaborators/eve/permission", `{"permission":"none","role_name":"none","user":{"id":22}}`)
	f.graph = inspectedGraph
	return f
}

func inspectedGraph(query string, vars map[string]any) any {
	policy := func(text string) map[string]any {
		return map[string]any{
			"policy": map[string]any{"__typename": "Blob", "oid": "b", "byteSize": len(text), "isBinary": false, "text": text},
			"folder": map[string]any{"__typename": "Tree", "oid": "t", "entries": []any{map[string]any{"name": "slagate.yml", "mode": 0o100644}}},
		}
	}
	none := map[string]any{"policy": nil, "folder": nil}
	switch {
	case strings.Contains(query, "ownerRepo:"):
		return map[string]any{"data": map[string]any{"ownerRepo": nil}, "errors": []any{map[string]any{"type": "NOT_FOUND", "message": "no", "path": []any{"ownerRepo"}}}}
	case strings.Contains(query, "team("):
		return map[string]any{
			"data": map[string]any{
				"t0": map[string]any{"team": map[string]any{"databaseId": 70, "members": map[string]any{"totalCount": 2, "nodes": []any{map[string]any{"databaseId": 1}, map[string]any{"databaseId": 2}}}}},
				"t1": map[string]any{"team": nil},
			},
		}
	case strings.Contains(query, "u0:user("):
		return map[string]any{"data": map[string]any{
			"repository": map[string]any{"databaseId": 9, "l0": map[string]any{"name": "sla/legal-approved"}, "l1": nil},
			"u0":         map[string]any{"__typename": "User", "login": "jane", "databaseId": 21, "organization": map[string]any{"databaseId": 5}},
			"u1":         map[string]any{"__typename": "User", "login": "eve", "databaseId": 22, "organization": nil},
		}}
	}
	data := map[string]any{"r0": policy(inspectedPolicy)}
	if slices.Contains(valuesOf(vars), "site") {
		data["r1"] = none
	}
	return map[string]any{"data": data}
}

func valuesOf(vars map[string]any) []any {
	var out []any
	for _, v := range vars {
		out = append(out, v)
	}
	return out
}

func inspect(t *testing.T, f *fake, names ...string) doctor.Facts {
	t.Helper()
	c, err := NewCreator(f.config())
	require.NoError(t, err)
	return NewInspector(c).Inspect(t.Context(), names)
}

func TestInspect(t *testing.T) {
	t.Parallel()
	f := inspected(t)
	f.reply("GET /repos/acme/shop/branches/release%2F1%234", `{"protected":true,"protection":{"enabled":true}}`)
	got := inspect(t, f)
	require.Equal(t, start, got.GitHub)
	require.Equal(t, map[string]string{"contents": "read", "merge_queues": "read"}, got.App.Permissions)
	require.Equal(t, doctor.Hook{URL: "https://slagate.test/api/github/hook", Secret: true}, got.Hook)
	require.Equal(t, []doctor.Delivery{{GUID: "a", At: start.Add(-time.Hour), Code: 200, Event: "push"}}, got.Deliveries.List)
	require.Len(t, got.Owners, 1)
	o := got.Owners[0]
	require.Equal(t, pull.BlobHidden, o.Default.State)
	require.True(t, o.All)
	require.Equal(t, 1, o.Without, "site; what is archived is not counted")
	require.Equal(t, []doctor.Team{{Slug: "acme/legal", ID: 70, Total: 2, Members: []int64{1, 2}}, {Slug: "acme/gone", Absent: true}}, o.Teams)
	require.Len(t, o.Repos, 1)
	r := o.Repos[0]
	require.Equal(t, []string{"sla/legal-approved"}, r.Labels)
	require.Equal(t, []doctor.Account{{Login: "jane", ID: 21}, {Login: "eve", ID: 22, Outside: true}}, r.Accounts)
	source := doctor.Source{
		Name: `the organisation's ruleset "promises"`, Checks: []doctor.Required{{Context: "slagate", AppID: 7}, {Context: "build"}},
		Bypass: doctor.Bypass{Actors: []doctor.Actor{{Kind: "OrganizationAdmin", Mode: "always"}}},
	}
	blob := pull.Blob{State: pull.BlobFound, OID: "b", Text: inspectedPolicy}
	require.Equal(t, []doctor.Branch{
		{Name: "main", Policy: blob, Sources: []doctor.Source{source}, MergeQueue: true},
		{Name: "release/1#4", Policy: blob, Sources: []doctor.Source{source}, MergeQueue: true, ClassicHidden: true},
	}, r.Branches)
	rulesets := slices.DeleteFunc(f.requests(), func(line string) bool { return !strings.Contains(line, "/rulesets/") })
	require.Len(t, rulesets, 1, "a bypass list is read once")
}

// TestInspectNames: only what is named is read, and what is named and not there is missing.
func TestInspectNames(t *testing.T) {
	t.Parallel()
	got := inspect(t, inspected(t), "ACME/shop", "acme/gone", "other/shop")
	require.Equal(t, []string{"acme/gone", "other/shop"}, got.Missing)
	require.Len(t, got.Owners[0].Repos, 1)
	require.Zero(t, got.Owners[0].Without)
	f := inspected(t)
	f.status("GET /installation/repositories", http.StatusInternalServerError, `{"message":"oops"}`)
	got = inspect(t, f, "acme/gone")
	require.Empty(t, got.Missing, "a list that could not be read does not say who is missing")
	require.Contains(t, got.Owners[0].Problem, "500")
}

// TestInspectFails: whatever GitHub does not answer is a problem in its own place, and
// everything else is read even so.
func TestInspectFails(t *testing.T) {
	t.Parallel()
	shop := func(f doctor.Facts) doctor.Repo { return f.Owners[0].Repos[0] }
	for route, problem := range map[string]func(doctor.Facts) string{
		"GET /app":                                          func(f doctor.Facts) string { return f.App.Problem },
		"GET /app/hook/config":                              func(f doctor.Facts) string { return f.Hook.Problem },
		"GET /app/hook/deliveries":                          func(f doctor.Facts) string { return f.Deliveries.Problem },
		"GET /app/installations":                            func(f doctor.Facts) string { return f.OwnersProblem },
		"GET /installation/repositories":                    func(f doctor.Facts) string { return f.Owners[0].Problem },
		"GET /repos/acme/shop/branches":                     func(f doctor.Facts) string { return shop(f).ListedProblem },
		"GET /repos/acme/shop/branches/main":                func(f doctor.Facts) string { return shop(f).Branches[0].ClassicProblem },
		"GET /repos/acme/shop/rules/branches/main":          func(f doctor.Facts) string { return shop(f).Branches[0].RulesProblem },
		"GET /repos/acme/shop/rulesets/4":                   func(f doctor.Facts) string { return shop(f).Branches[0].Sources[0].Bypass.Problem },
		"GET /repos/acme/shop/collaborators/eve/permission": func(f doctor.Facts) string { return shop(f).Accounts[0].Problem },
	} {
		t.Run(route, func(t *testing.T) {
			t.Parallel()
			f := inspected(t)
			f.status(route, http.StatusForbidden, `{"message":"Resource not accessible by integration"}`)
			got := inspect(t, f)
			require.Contains(t, problem(got), "GitHub answered 403: Resource not accessible by integration")
			require.NotEqual(t, doctor.Healthy, doctor.Examine(got).Result)
			if route != "GET /app" {
				require.Empty(t, got.App.Problem)
			}
		})
	}
}

// TestInspectQueriesFail: no answer to a query is never an answer.
func TestInspectQueriesFail(t *testing.T) {
	t.Parallel()
	for part, problem := range map[string]func(doctor.Facts) string{
		"ownerRepo:": func(f doctor.Facts) string { return f.Owners[0].Default.Problem },
		"r0:":        func(f doctor.Facts) string { return f.Owners[0].Repos[0].Problem },
		"team(":      func(f doctor.Facts) string { return f.Owners[0].Teams[0].Problem },
		"u0:user(":   func(f doctor.Facts) string { return f.Owners[0].Repos[0].LabelsProblem },
	} {
		t.Run(part, func(t *testing.T) {
			t.Parallel()
			f := inspected(t)
			f.graph = func(query string, vars map[string]any) any {
				if strings.Contains(query, part) {
					return map[string]any{"data": nil, "errors": []any{map[string]any{"type": "INTERNAL", "message": "something went wrong"}}}
				}
				return inspectedGraph(query, vars)
			}
			require.Contains(t, problem(inspect(t, f)), "something went wrong")
		})
	}
	f := inspected(t)
	f.graph = func(query string, vars map[string]any) any {
		if strings.Contains(query, "r0:") || strings.Contains(query, "team(") {
			return map[string]any{
				"data":   map[string]any{"r0": nil, "r1": nil, "t0": map[string]any{"team": nil}, "t1": map[string]any{"team": nil}},
				"errors": []any{map[string]any{"type": "FORBIDDEN", "message": "not for you", "path": []any{"r0"}}, map[string]any{"type": "NOT_FOUND", "message": "gone", "path": []any{"r1"}}},
			}
		}
		return inspectedGraph(query, vars)
	}
	got := inspect(t, f)
	require.Contains(t, got.Owners[0].Repos[0].Problem, "not for you")
	require.Contains(t, got.Owners[0].Repos[1].Problem, "gone")
}

// TestInspectRefused: a refusal tells who we are not, and what time it is.
func TestInspectRefused(t *testing.T) {
	t.Parallel()
	for code, refused := range map[int]bool{401: true, 404: true, 500: false} {
		f := inspected(t)
		f.status("GET /app", code, `{"message":"no"}`)
		got := inspect(t, f)
		require.Equal(t, refused, got.App.Refused, code)
		require.Equal(t, start, got.GitHub, code)
		require.Empty(t, got.Owners)
		require.NotEmpty(t, got.OwnersProblem)
	}
	f := inspected(t)
	f.server.Close()
	got := inspect(t, f)
	require.False(t, got.App.Refused)
	require.Zero(t, got.GitHub)
	require.Contains(t, got.App.Problem, "refused")
}

// TestInspectPages: lists are read to their ends, that of deliveries as far as its bound.
func TestInspectPages(t *testing.T) {
	t.Parallel()
	f := inspected(t)
	f.handle("GET /app/hook/deliveries", func(w http.ResponseWriter, r *http.Request) {
		cursor := r.URL.Query().Get("cursor") + "x"
		w.Header().Set("Link", fmt.Sprintf(`<%s/api/v3/app/hook/deliveries?per_page=100&cursor=%s>; rel="next"`, f.server.URL, cursor))
		f.send(w, fmt.Sprintf(`[{"guid":%q,"delivered_at":"2026-03-02T09:00:00Z","status_code":200}]`, cursor))
	})
	f.handle("GET /repos/acme/shop/rules/branches/main", func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Get("page") == "1" {
			w.Header().Set("Link", fmt.Sprintf(`<%s/api/v3/x?page=2>; rel="next"`, f.server.URL))
			f.send(w, `[{"type":"deletion"}]`)
			return
		}
		f.send(w, `[{"type":"required_status_checks","ruleset_id":4,"parameters":{"required_status_checks":[{"context":"slagate"}]}}]`)
	})
	got := inspect(t, f)
	require.Len(t, got.Deliveries.List, deliveryPages)
	require.True(t, got.Deliveries.More)
	require.Equal(t, `ruleset "promises"`, got.Owners[0].Repos[0].Branches[0].Sources[0].Name)
}

// TestInspectProtection: what classic protection shows, and what it does not.
func TestInspectProtection(t *testing.T) {
	t.Parallel()
	admins := doctor.Bypass{Actors: []doctor.Actor{{Kind: "RepositoryRole", ID: 5}}}
	for _, tt := range []struct {
		name, answer string
		code         int
		want         []doctor.Source
		hidden       bool
		problem      string
	}{
		{"none", `{"protected":false,"protection":{}}`, 200, nil, false, ""},
		{"no required checks", `{"protected":true,"protection":{"enabled":true,"required_status_checks":{"enforcement_level":"off"}}}`, 200, nil, false, ""},
		{
			"pinned", `{"protected":true,"protection":{"enabled":true,"required_status_checks":{"enforcement_level":"everyone","contexts":["slagate"],"checks":[{"context":"slagate","app_id":7}]}}}`, 200,
			[]doctor.Source{{Name: "branch protection", Checks: []doctor.Required{{Context: "slagate", AppID: 7}}}},
			false, "",
		},
		{
			"of anybody, not for admins", `{"protected":true,"protection":{"required_status_checks":{"enforcement_level":"non_admins","contexts":["old","slagate"],"checks":[{"context":"slagate","app_id":-1}]}}}`, 200,
			[]doctor.Source{{Name: "branch protection", Checks: []doctor.Required{{Context: "slagate"}, {Context: "old"}}, Bypass: admins}},
			false, "",
		},
		{"hidden", `{"protected":true,"protection":{"enabled":true}}`, 200, nil, true, ""},
		{"by rulesets only", `{"protected":true,"protection":{"enabled":false}}`, 200, nil, false, ""},
		{"branch gone", `{"message":"Branch not found"}`, 404, nil, false, ""},
		{"no answer", `{"message":"oops"}`, 500, nil, false, "500"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			f := inspected(t)
			f.reply("GET /repos/acme/shop/rules/branches/main", `[]`)
			f.status("GET /repos/acme/shop/branches/main", tt.code, tt.answer)
			b := inspect(t, f).Owners[0].Repos[0].Branches[0]
			require.Equal(t, tt.want, b.Sources)
			require.Equal(t, tt.hidden, b.ClassicHidden)
			require.Contains(t, b.ClassicProblem, tt.problem)
			require.Equal(t, tt.problem == "", b.ClassicProblem == "")
		})
	}
}

// TestInspectHidden: a list that GitHub leaves out is not an empty one.
func TestInspectHidden(t *testing.T) {
	t.Parallel()
	for answer, want := range map[string]doctor.Bypass{
		`{"name":"promises"}`:                    {Hidden: true},
		`{"name":"promises","bypass_actors":[]}`: {},
	} {
		f := inspected(t)
		f.reply("GET /repos/acme/shop/rulesets/4", answer)
		require.Equal(t, want, inspect(t, f).Owners[0].Repos[0].Branches[0].Sources[0].Bypass)
	}
	for answer, want := range map[string]doctor.Hook{
		`{"url":"u","insecure_ssl":"1"}`:             {URL: "u", Insecure: true},
		`{"url":"u","insecure_ssl":1,"secret":"**"}`: {URL: "u", Insecure: true, Secret: true},
		`{"url":"u","insecure_ssl":0}`:               {URL: "u"},
	} {
		f := inspected(t)
		f.reply("GET /app/hook/config", answer)
		require.Equal(t, want, inspect(t, f).Hook)
	}
}

// TestScopesAreWhatTheDoctorAsksFor: tokens are narrowed to the permissions that the doctor
// demands, but for those that go-github has no field for.
func TestScopesAreWhatTheDoctorAsksFor(t *testing.T) {
	t.Parallel()
	scoped := map[string]string{}
	value := reflect.ValueOf(*scopes().Permissions)
	for i := range value.NumField() {
		if level, ok := reflect.TypeAssert[*string](value.Field(i)); ok && level != nil {
			key, _, _ := strings.Cut(value.Type().Field(i).Tag.Get("json"), ",")
			scoped[key] = *level
		}
	}
	wanted := map[string]string{}
	for _, p := range doctor.Permissions() {
		if p.Key != "merge_queues" {
			wanted[p.Key] = p.Level
		}
	}
	require.Equal(t, wanted, scoped)
}
