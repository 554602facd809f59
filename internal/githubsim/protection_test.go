package githubsim_test

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/slagate/slagate/internal/githubsim"
)

func TestClassicProtection(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	branch := func() object { return w.get("/repos/acme/shop/branches/main").object() }
	require.Equal(t, false, branch()["protected"])
	w.shop.Protect("main", githubsim.Protection{Checks: []githubsim.Check{{Context: "slagate", AppID: 7}, {Context: "ci"}}})
	require.Equal(t, true, branch()["protected"])
	required := at(t, branch(), "protection.required_status_checks")
	require.Equal(t, object{
		"enforcement_level": "non_admins", "contexts": []any{"slagate", "ci"},
		"checks": []any{object{"context": "slagate", "app_id": 7.0}, object{"context": "ci", "app_id": nil}},
	}, required)
	require.Empty(t, w.get("/repos/acme/shop/rules/branches/main").list(), "rules do not list classic protection")
	w.shop.Protect("main", githubsim.Protection{Checks: []githubsim.Check{{Context: "ci"}}, Everyone: true})
	require.Equal(t, "everyone", at(t, branch(), "protection.required_status_checks.enforcement_level"))
	w.shop.Protect("main", githubsim.Protection{Checks: []githubsim.Check{{Context: "ci"}}, Hidden: true})
	require.Equal(t, object{"enabled": true}, branch()["protection"])
	w.shop.Unprotect("main")
	require.Equal(t, false, branch()["protected"])
}

func TestRulesets(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	actors := []githubsim.BypassActor{{ID: 5, Kind: githubsim.BypassRole}, {Kind: githubsim.BypassOwner, Mode: "pull_request"}}
	id := w.shop.AddRuleset(githubsim.Ruleset{
		Name: "promises", Branches: []string{"main"}, Checks: []githubsim.Check{{Context: "slagate", AppID: 7}}, Kinds: []string{"deletion"}, Bypass: actors,
	})
	w.shop.AddRuleset(githubsim.Ruleset{Organization: true, Kinds: []string{"creation"}})
	w.shop.AddRuleset(githubsim.Ruleset{Enforcement: "evaluate", Checks: []githubsim.Check{{Context: "tried"}}})
	w.shop.AddRuleset(githubsim.Ruleset{Branches: []string{"other"}, Checks: []githubsim.Check{{Context: "elsewhere"}}})

	a := w.get("/repos/acme/shop/rules/branches/main?per_page=2")
	require.Contains(t, a.header.Get("Link"), `rel="next"`)
	rules := append(a.list(), w.get("/repos/acme/shop/rules/branches/main?per_page=2&page=2").list()...)
	require.Len(t, rules, 3)
	require.Equal(t, []any{object{"context": "slagate", "integration_id": 7.0}}, at(t, rules[0], "parameters.required_status_checks"))
	require.InDelta(t, id, rules[0]["ruleset_id"], 0)
	require.Equal(t, []any{"deletion", "creation"}, []any{rules[1]["type"], rules[2]["type"]})
	require.Equal(t, "Organization", rules[2]["ruleset_source_type"])
	require.Equal(t, false, w.get("/repos/acme/shop/branches/main").object()["protected"], "classic protection is another thing")

	path := fmt.Sprintf("/repos/acme/shop/rulesets/%d", id)
	got := w.get(path).object()
	require.Equal(t, "promises", got["name"])
	require.Equal(t, []any{"refs/heads/main"}, at(t, got, "conditions.ref_name.include"))
	require.NotContains(t, got, "bypass_actors", "only shown to who may write the ruleset")
	w.app.AcceptPermission("administration", "write")
	w.token = w.newToken(w.app, nil)
	require.Equal(t, []any{
		object{"actor_id": 5.0, "actor_type": "RepositoryRole", "bypass_mode": "always"},
		object{"actor_id": 1.0, "actor_type": "OrganizationAdmin", "bypass_mode": "pull_request"},
	}, w.get(path).object()["bypass_actors"])
	require.Equal(t, http.StatusNotFound, w.get("/repos/acme/shop/rulesets/1").status)
	w.shop.RemoveRuleset(id)
	require.Equal(t, http.StatusNotFound, w.get(path).status)
}

// TestUnknownRule asks past the description: GitHub adds rule types before it is published.
func TestUnknownRule(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.shop.AddRuleset(githubsim.Ruleset{Kinds: []string{"moon_phase"}, Checks: []githubsim.Check{{Context: "slagate"}}})
	res, err := w.srv.Client().Do(w.request("token "+w.token, http.MethodGet, "/repos/acme/shop/rules/branches/main", nil))
	require.NoError(t, err)
	require.NoError(t, res.Body.Close())
	require.Equal(t, http.StatusOK, res.StatusCode)
}

func TestRequireShowsBothForms(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.shop.Branch("next", "main").Require("main", "slagate", 7).Require("next", "ci", 0)
	rules := w.get("/repos/acme/shop/rules/branches/main").list()
	require.Equal(t, "required_status_checks", rules[0]["type"])
	require.Equal(t, true, w.get("/repos/acme/shop/branches/main").object()["protected"])
	got := w.get(fmt.Sprintf("/repos/acme/shop/rulesets/%.0f", rules[0]["ruleset_id"])).object()
	require.Equal(t, []any{"refs/heads/main", "refs/heads/next"}, at(t, got, "conditions.ref_name.include"))
}

func TestTheAppAndItsHook(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	app := func(path string) answer { return w.send("Bearer "+w.jwt(), http.MethodGet, path, nil) }
	require.Equal(t, "write", at(t, app("/app").object(), "permissions.statuses"))
	require.Contains(t, at(t, app("/app").object(), "events"), "merge_group")
	w.sim.SetApp(map[string]string{"metadata": "read"}, []string{"push"})
	require.Equal(t, object{"metadata": "read"}, at(t, app("/app").object(), "permissions"))
	require.Equal(t, []any{"push"}, at(t, app("/app").object(), "events"))
	in := app("/app/installations/" + jsonNumber(w.app.ID)).object()
	require.Equal(t, "write", at(t, in, "permissions.statuses"), "installations keep what they accepted")
	require.Contains(t, in["events"], "merge_group")

	config := app("/app/hook/config").object()
	require.Equal(t, "********", config["secret"])
	require.Contains(t, config["url"], "http://127.0.0.1")
	require.Equal(t, http.StatusUnauthorized, w.get("/app/hook/config").status, "for the app's own token only")
	w.sim.SetWebhook("http://127.0.0.1:1/", "")
	require.NotContains(t, app("/app/hook/config").object(), "secret")

	w.app.Suspend()
	require.NotNil(t, app("/app/installations").list()[0]["suspended_at"])
}

func TestSubscriptionsOfAnInstallation(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.app.Uninstall()
	w.sim.Install(w.acme, githubsim.WithEvents("push"))
	w.take()
	w.pull("topic")
	require.Equal(t, []string{"push"}, w.events())
}
