package e2e

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-github/v62/github"
	"github.com/stretchr/testify/require"

	"github.com/slagate/slagate/internal/cli"
	"github.com/slagate/slagate/internal/doctor"
	"github.com/slagate/slagate/internal/githubsim"
	"github.com/slagate/slagate/internal/webhook"
)

// clinic is an organisation where slagate is installed, without a running service: the
// doctor must not need one.
type clinic struct {
	t      *testing.T
	sim    *githubsim.Server
	api    *httptest.Server
	org    *githubsim.Org
	shop   *githubsim.Repo
	ada    *githubsim.User
	config string
	ahead  atomic.Int64 // seconds that GitHub's clock is ahead
	others []string     // protected branches besides main
}

const clinicPolicy = `version: 1
functions:
  legal:   { teams: [acme/legal] }
  support: { teams: [acme/support] }
rules:
  - name: service levels
    paths: ["slo/**"]
    require: [legal, support]
`

// newClinic is a clinic in which everything is right.
func newClinic(t *testing.T, opts githubsim.Options) *clinic {
	t.Helper()
	c := &clinic{t: t}
	hook := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	t.Cleanup(hook.Close)
	opts.AppID, opts.AppSlug, opts.PrivateKey, opts.WebURL = appID, slug, signingKey(), "https://github.test"
	opts.Now = func() time.Time { return time.Now().Add(time.Duration(c.ahead.Load()) * time.Second) }
	opts.WebhookURL, opts.WebhookSecret, opts.CheckJWTTime = hook.URL+"/api/github/hook", secret, true
	c.sim = githubsim.New(opts)
	c.api = httptest.NewServer(c.listing(c.sim.Handler()))
	t.Cleanup(c.api.Close)
	c.org = c.sim.AddOrg("acme")
	users := map[string]*githubsim.User{}
	for _, login := range []string{"ada", "lea", "lee", "sam", "sid"} {
		users[login] = c.sim.AddUser(login)
		c.org.AddMember(users[login])
	}
	c.ada = users["ada"]
	c.org.AddTeam("legal").Add(users["lea"], users["lee"])
	c.org.AddTeam("support").Add(users["sam"], users["sid"])
	c.shop = c.org.AddRepo("shop")
	c.shop.Grant(c.ada, githubsim.RoleAdmin)
	c.file("main", clinicPolicy)
	c.org.AddRepo("site").Commit("main", c.ada, "start", map[string]githubsim.File{"README.md": githubsim.Text("site\n")})
	c.config = filepath.Join(t.TempDir(), "server.yml")
	settings := fmt.Sprintf("github:\n  v3_api_url: %q\n  v4_api_url: %q\n  app: {integration_id: %d, webhook_secret: s, private_key: %q}\ndatabase_url: %q\n",
		c.api.URL+"/api/v3/", c.api.URL+"/api/graphql", appID, keyPEM(), "sqlite:"+filepath.Join(t.TempDir(), "never.db"))
	require.NoError(t, os.WriteFile(c.config, []byte(settings), 0o600))
	return c
}

// listing adds the list of branches, which the stand-in does not have.
func (c *clinic) listing(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/api/v3/repos/acme/shop/branches" {
			next.ServeHTTP(w, r)
			return
		}
		list := []map[string]any{{"name": "main", "protected": true}, {"name": "topic", "protected": false}}
		for _, name := range c.others {
			list = append(list, map[string]any{"name": name, "protected": true})
		}
		if err := json.NewEncoder(w).Encode(list); err != nil {
			c.t.Errorf("answering: %v", err)
		}
	})
}

func (c *clinic) file(branch, policy string) {
	c.shop.Commit(branch, c.ada, "policy", map[string]githubsim.File{
		".github/slagate.yml": githubsim.Text(policy), "slo/checkout.yml": githubsim.Text("objective: 99.9\n"),
	})
}

// guard requires and pins our context as README says.
func (c *clinic) guard(bypass ...githubsim.BypassActor) {
	c.shop.AddRuleset(githubsim.Ruleset{
		Name: "promises", Checks: []githubsim.Check{{Context: "slagate", AppID: appID}}, ShowBypass: true, Bypass: bypass,
		Kinds: []string{"copilot_code_review", "a_kind_of_tomorrow"},
	})
}

// run runs the command and returns its exit code and its output.
func (c *clinic) run(args ...string) (int, string) {
	c.t.Helper()
	require.NoError(c.t, c.sim.Deliveries().Wait(c.t.Context()))
	var out, errOut bytes.Buffer
	code := cli.Main(append([]string{"doctor", "--config", c.config}, args...), strings.NewReader(""), &out, &errOut)
	c.t.Logf("slagate doctor %s: %d\n%s%s", strings.Join(args, " "), code, out.String(), errOut.String())
	require.Empty(c.t, c.sim.Unknown(), "the doctor asks what the stand-in does not know")
	return code, out.String()
}

// report runs the command for a program.
func (c *clinic) report(code int, args ...string) doctor.Report {
	c.t.Helper()
	got, out := c.run(append(args, "--format", "json")...)
	require.Equal(c.t, code, got)
	var r doctor.Report
	require.NoError(c.t, json.Unmarshal([]byte(out), &r))
	return r
}

// level is the worst level of a check on a subject.
func level(t *testing.T, r doctor.Report, subject string, check doctor.Check) doctor.Level {
	t.Helper()
	rank := map[doctor.Level]int{doctor.OK: 1, doctor.Warning: 2, doctor.Unknown: 3, doctor.Problem: 4}
	var worst doctor.Level
	for _, f := range r.Findings {
		if f.Subject == subject && f.Check == check && rank[f.Level] > rank[worst] {
			worst = f.Level
		}
	}
	return worst
}

// TestDoctorHealthy: where README was followed nothing is wrong, and the repository
// without a policy is only counted.
func TestDoctorHealthy(t *testing.T) {
	t.Parallel()
	c := newClinic(t, githubsim.Options{})
	c.sim.Install(c.org)
	c.guard()
	code, out := c.run()
	require.Zero(t, code)
	require.Contains(t, out, "1 repository with a policy, 1 without (not looked at).")
	require.NotContains(t, out, "acme/site")
	_, out = c.run("--format", "markdown")
	require.True(t, strings.HasPrefix(out, "### slagate doctor: "))
	r := c.report(0, "acme/shop")
	require.Equal(t, doctor.Healthy, r.Result)
	require.Equal(t, 1, r.Guarded)
	for _, check := range []doctor.Check{
		doctor.CheckPolicy, doctor.CheckRequired, doctor.CheckPinned, doctor.CheckBypass, doctor.CheckTeams, doctor.CheckTwoPeople, doctor.CheckLabels,
	} {
		require.Equal(t, doctor.OK, level(t, r, "acme/shop", check), check)
	}
	require.Equal(t, doctor.OK, level(t, r, "app", doctor.CheckDeliveries))
	require.NoFileExists(t, filepath.Join(filepath.Dir(c.config), "never.db"))
}

// TestDoctorFindsWhatIsWrong: each fault by itself changes exactly the checks that it is about.
func TestDoctorFindsWhatIsWrong(t *testing.T) {
	t.Parallel()
	type levels map[doctor.Check]doctor.Level
	for _, tt := range []struct {
		name    string
		opts    githubsim.Options
		fault   func(*clinic)
		code    int
		subject string
		want    levels
	}{
		{"not required", githubsim.Options{}, func(*clinic) {}, 3, "acme/shop", levels{doctor.CheckRequired: doctor.Problem, doctor.CheckPinned: ""}},
		{"not pinned", githubsim.Options{}, func(c *clinic) {
			c.shop.AddRuleset(githubsim.Ruleset{Checks: []githubsim.Check{{Context: "slagate"}}, ShowBypass: true})
		}, 3, "acme/shop", levels{doctor.CheckRequired: doctor.OK, doctor.CheckPinned: doctor.Problem}},
		{"another app", githubsim.Options{}, func(c *clinic) {
			c.shop.AddRuleset(githubsim.Ruleset{Checks: []githubsim.Check{{Context: "slagate", AppID: 99}}, ShowBypass: true})
		}, 3, "acme/shop", levels{doctor.CheckRequired: doctor.OK, doctor.CheckPinned: doctor.Problem}},
		{"not enforced", githubsim.Options{}, func(c *clinic) {
			c.shop.AddRuleset(githubsim.Ruleset{Checks: []githubsim.Check{{Context: "slagate", AppID: appID}}, Enforcement: "evaluate"})
		}, 3, "acme/shop", levels{doctor.CheckRequired: doctor.Problem}},
		{"a function's context", githubsim.Options{}, func(c *clinic) {
			c.guard()
			c.shop.AddRuleset(githubsim.Ruleset{Checks: []githubsim.Check{{Context: "slagate/legal", AppID: appID}}})
		}, 3, "acme/shop", levels{doctor.CheckRequired: doctor.Problem, doctor.CheckPinned: doctor.OK}},
		{"admins may pass", githubsim.Options{}, func(c *clinic) {
			c.guard(githubsim.BypassActor{ID: 5, Kind: githubsim.BypassRole})
		}, 0, "acme/shop", levels{doctor.CheckBypass: doctor.Warning}},
		{"everybody may pass", githubsim.Options{}, func(c *clinic) {
			c.guard(githubsim.BypassActor{ID: 4, Kind: githubsim.BypassRole})
		}, 3, "acme/shop", levels{doctor.CheckBypass: doctor.Problem}},
		{"bypass hidden", githubsim.Options{}, func(c *clinic) {
			c.shop.AddRuleset(githubsim.Ruleset{Checks: []githubsim.Check{{Context: "slagate", AppID: appID}}})
		}, 2, "acme/shop", levels{doctor.CheckPinned: doctor.OK, doctor.CheckBypass: doctor.Unknown}},
		{"classic protection", githubsim.Options{}, func(c *clinic) {
			c.shop.Protect("main", githubsim.Protection{Checks: []githubsim.Check{{Context: "slagate", AppID: appID}}})
		}, 0, "acme/shop", levels{doctor.CheckRequired: doctor.OK, doctor.CheckPinned: doctor.OK, doctor.CheckBypass: doctor.Warning}},
		{"classic protection of admins, too", githubsim.Options{}, func(c *clinic) {
			c.shop.Protect("main", githubsim.Protection{Checks: []githubsim.Check{{Context: "Slagate", AppID: appID}}, Everyone: true})
		}, 0, "acme/shop", levels{doctor.CheckRequired: doctor.OK, doctor.CheckPinned: doctor.OK, doctor.CheckBypass: doctor.OK}},
		{"classic protection hidden", githubsim.Options{}, func(c *clinic) {
			c.shop.Protect("main", githubsim.Protection{Hidden: true})
		}, 2, "acme/shop", levels{doctor.CheckRequired: doctor.Unknown}},
		{"policy broken", githubsim.Options{}, func(c *clinic) { c.guard(); c.file("main", "version: 1\nrules: 7\n") }, 3, "acme/shop", levels{doctor.CheckPolicy: doctor.Problem}},
		{"team missing", githubsim.Options{}, func(c *clinic) {
			c.guard()
			c.file("main", strings.ReplaceAll(clinicPolicy, "acme/legal", "acme/lawyers"))
		}, 3, "acme/shop", levels{doctor.CheckTeams: doctor.Problem, doctor.CheckTwoPeople: doctor.Problem}},
		{"one person", githubsim.Options{}, func(c *clinic) {
			c.guard()
			c.file("main", strings.ReplaceAll(clinicPolicy, "teams: [acme/legal]", "users: [lea]"))
		}, 0, "acme/shop", levels{doctor.CheckTeams: doctor.OK, doctor.CheckTwoPeople: doctor.Warning}},
		{"a stranger", githubsim.Options{}, func(c *clinic) {
			c.guard()
			c.sim.AddUser("eve")
			c.file("main", strings.ReplaceAll(clinicPolicy, "teams: [acme/legal]", "users: [lea, lee, eve, nobody-there]"))
		}, 3, "acme/shop", levels{doctor.CheckTeams: doctor.Problem, doctor.CheckTwoPeople: doctor.OK}},
		{"an older branch", githubsim.Options{}, func(c *clinic) {
			c.shop.AddRuleset(githubsim.Ruleset{Branches: []string{"main"}, Checks: []githubsim.Check{{Context: "slagate", AppID: appID}}, ShowBypass: true})
			c.others = []string{"release/1.4"}
			c.file("release/1.4", clinicPolicy)
			c.shop.Protect("release/1.4", githubsim.Protection{Checks: []githubsim.Check{{Context: "build"}}})
		}, 3, "acme/shop", levels{doctor.CheckRequired: doctor.Problem, doctor.CheckPinned: doctor.OK}},
		{"a permission is missing", githubsim.Options{Permissions: map[string]string{
			"metadata": "read", "contents": "write", "pull_requests": "write", "statuses": "read", "issues": "read", "members": "read",
		}}, func(c *clinic) { c.guard() }, 3, "app", levels{doctor.CheckPermissions: doctor.Problem, doctor.CheckEvents: doctor.OK}},
		{
			"an event is missing",
			githubsim.Options{Events: []string{"pull_request", "issue_comment", "push"}},
			func(c *clinic) { c.guard() },
			3, "app",
			levels{doctor.CheckPermissions: doctor.OK, doctor.CheckEvents: doctor.Problem},
		},
		{"the clock is a little off", githubsim.Options{}, func(c *clinic) { c.guard(); c.ahead.Store(20) }, 0, "app", levels{doctor.CheckClock: doctor.Warning}},
		{
			"the clock is ahead",
			githubsim.Options{},
			func(c *clinic) { c.guard(); c.ahead.Store(-300) }, 3, "app",
			levels{doctor.CheckClock: doctor.Problem, doctor.CheckApp: doctor.Problem},
		},
		{
			"no secret",
			githubsim.Options{},
			func(c *clinic) { c.guard(); c.sim.SetWebhook("https://slagate.test/api/github/hook", "") }, 3, "app",
			levels{doctor.CheckWebhook: doctor.Problem},
		},
		{"not reached", githubsim.Options{}, func(c *clinic) {
			c.guard()
			c.sim.SetWebhook("http://127.0.0.1:1/api/github/hook", secret)
			c.sim.Install(c.sim.AddOrg("other"))
		}, 3, "app", levels{doctor.CheckDeliveries: doctor.Problem}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c := newClinic(t, tt.opts)
			c.sim.Install(c.org)
			tt.fault(c)
			r := c.report(tt.code)
			for check, want := range tt.want {
				require.Equal(t, want, level(t, r, tt.subject, check), check)
			}
		})
	}
}

// TestDoctorNames: a name that no installation covers is a problem, one without a
// policy a warning, and what was looked at by a person does not count.
func TestDoctorNames(t *testing.T) {
	t.Parallel()
	c := newClinic(t, githubsim.Options{})
	c.sim.Install(c.org)
	c.shop.AddRuleset(githubsim.Ruleset{Checks: []githubsim.Check{{Context: "slagate", AppID: appID}}})
	r := c.report(3, "acme/shop", "acme/gone", "strange/shop", "ACME/site")
	require.Equal(t, doctor.Problem, level(t, r, "acme/gone", doctor.CheckInstallation))
	require.Equal(t, doctor.Problem, level(t, r, "strange/shop", doctor.CheckInstallation))
	require.Equal(t, doctor.Warning, level(t, r, "acme/site", doctor.CheckPolicy))
	require.Equal(t, doctor.Failed, c.report(2).Result)
	require.Equal(t, doctor.Healthy, c.report(0, "--accept-unknown", "bypass").Result)
	require.Equal(t, doctor.Failed, c.report(2, "--accept-unknown", "teams").Result)
}

// TestDoctorSuspended: a suspended installation is not asked, and guards nothing.
func TestDoctorSuspended(t *testing.T) {
	t.Parallel()
	c := newClinic(t, githubsim.Options{})
	in := c.sim.Install(c.org)
	c.guard()
	in.Suspend()
	r := c.report(3)
	require.Equal(t, doctor.Problem, level(t, r, "acme", doctor.CheckInstallation))
	require.Empty(t, level(t, r, "acme/shop", doctor.CheckPolicy))
}

// TestDoctorAlone: no answer at all is not a clean bill of health.
func TestDoctorAlone(t *testing.T) {
	t.Parallel()
	c := newClinic(t, githubsim.Options{})
	c.sim.Install(c.org)
	c.guard()
	c.api.Close()
	r := c.report(2)
	require.Equal(t, doctor.Failed, r.Result)
	require.Equal(t, doctor.Unknown, level(t, r, "app", doctor.CheckApp))
	require.Equal(t, doctor.Unknown, level(t, r, "app", doctor.CheckClock))
	require.Equal(t, doctor.Unknown, level(t, r, "app", doctor.CheckInstallation))
}

// TestDoctorKnowsTheEvents: the events that the doctor misses are those that the
// service heeds. A payload that is none shows which are heeded.
func TestDoctorKnowsTheEvents(t *testing.T) {
	t.Parallel()
	var heeded, known []string
	for _, event := range github.MessageTypes() {
		if _, err := webhook.Affected(event, []byte("no payload"), ""); err != nil && !strings.HasPrefix(event, "installation") {
			heeded = append(heeded, event)
		}
	}
	for _, e := range doctor.Events() {
		if e.Key != "team_add" { // tells nothing that team does not; subscribed so that it may
			known = append(known, e.Key)
		}
	}
	require.ElementsMatch(t, heeded, known)
}
