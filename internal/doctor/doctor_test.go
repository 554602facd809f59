package doctor_test

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/slagate/slagate/internal/doctor"
	"github.com/slagate/slagate/internal/pull"
)

var noon = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

const (
	ourApp = 7
	shop   = "acme/shop"
)

const shopPolicy = `version: 1
functions:
  legal:   { teams: [acme/legal] }
  support: { users: [sam, sid], approvals: 1 }
rules:
  - { name: levels, paths: ["slo/**"], require: [legal, support] }
`

// all is everything that slagate needs, granted.
func all() doctor.Grant {
	g := doctor.Grant{Permissions: map[string]string{}}
	for _, p := range doctor.Permissions() {
		g.Permissions[p.Key] = p.Level
	}
	for _, e := range doctor.Events() {
		g.Events = append(g.Events, e.Key)
	}
	return g
}

// healthy are the facts of an organisation in which nothing is wrong.
func healthy() doctor.Facts {
	main := doctor.Branch{
		Name: "main", Policy: pull.Blob{State: pull.BlobFound, Text: shopPolicy},
		Sources: []doctor.Source{{Name: `ruleset "promises"`, Checks: []doctor.Required{{Context: "slagate", AppID: ourApp}}}},
	}
	return doctor.Facts{
		AppID: ourApp, HookURL: "https://slagate.test/api/github/hook", Now: noon, GitHub: noon.Add(-time.Second),
		App:        doctor.App{Grant: all(), Slug: "slagate", URL: "https://github.test/apps/slagate"},
		Hook:       doctor.Hook{URL: "https://slagate.test/api/github/hook", Secret: true},
		Deliveries: doctor.Deliveries{List: []doctor.Delivery{{GUID: "a", At: noon.Add(-time.Minute), Code: 200}}},
		Owners: []doctor.Owner{{
			Grant: all(), Login: "acme", URL: "https://github.test/acme/installation", All: true, Default: pull.Blob{State: pull.BlobHidden}, Without: 2,
			Teams: []doctor.Team{{Slug: "acme/legal", ID: 70, Total: 2, Members: []int64{1, 2}}},
			Repos: []doctor.Repo{{
				Owner: "acme", Name: "shop", DefaultBranch: "main", Listed: []doctor.Listed{{Name: "main", Protected: true}},
				Branches: []doctor.Branch{main}, Labels: []string{"sla/legal-approved", "SLA/needs-legal", "sla/support-approved", "sla/needs-support"},
				Accounts: []doctor.Account{{Login: "Sam", ID: 3}, {Login: "sid", ID: 4}},
			}},
		}},
	}
}

// find is the worst finding of a check on a subject.
func find(r doctor.Report, subject string, check doctor.Check) doctor.Finding {
	order := []doctor.Level{"", doctor.OK, doctor.Warning, doctor.Unknown, doctor.Problem}
	var worst doctor.Finding
	for _, f := range r.Findings {
		if f.Subject == subject && f.Check == check && slices.Index(order, f.Level) > slices.Index(order, worst.Level) {
			worst = f
		}
	}
	return worst
}

func TestHealthy(t *testing.T) {
	t.Parallel()
	r := doctor.Examine(healthy())
	require.Equal(t, doctor.Healthy, r.Result)
	require.Equal(t, 1, r.Guarded)
	require.Equal(t, 2, r.Without)
	told := map[doctor.Check]bool{}
	for _, f := range r.Findings {
		require.Equal(t, doctor.OK, f.Level, "%s %s: %s", f.Subject, f.Check, f.Text)
		told[f.Check] = true
	}
	require.ElementsMatch(t, doctor.Checks(), slices.Collect(maps.Keys(told)), "every check says something, even that all is well")
}

// TestOneFault: one thing is wrong, or could not be seen, at a time.
func TestOneFault(t *testing.T) {
	t.Parallel()
	type fault func(*doctor.Facts, *doctor.Owner, *doctor.Repo, *doctor.Branch)
	for _, tt := range []struct {
		name    string
		fault   fault
		subject string
		check   doctor.Check
		level   doctor.Level
		says    string // the one word that the sentence must not lack
	}{
		{"app refused", func(f *doctor.Facts, _ *doctor.Owner, _ *doctor.Repo, _ *doctor.Branch) {
			f.App = doctor.App{Refused: true, Problem: "GitHub answered 401: Bad credentials"}
		}, "app", doctor.CheckApp, doctor.Problem, "Bad credentials"},
		{"app not seen", func(f *doctor.Facts, _ *doctor.Owner, _ *doctor.Repo, _ *doctor.Branch) {
			f.App = doctor.App{Problem: "connection refused"}
		}, "app", doctor.CheckApp, doctor.Unknown, "connection refused"},
		{
			"clock ahead", func(f *doctor.Facts, _ *doctor.Owner, _ *doctor.Repo, _ *doctor.Branch) {
				f.GitHub = noon.Add(-31 * time.Second)
			},
			"app", doctor.CheckClock, doctor.Problem, "31 seconds ahead of",
		},
		{
			"clock behind", func(f *doctor.Facts, _ *doctor.Owner, _ *doctor.Repo, _ *doctor.Branch) {
				f.GitHub = noon.Add(3 * time.Hour)
			},
			"app", doctor.CheckClock, doctor.Problem, "3 hours behind",
		},
		{
			"clock neglected", func(f *doctor.Facts, _ *doctor.Owner, _ *doctor.Repo, _ *doctor.Branch) {
				f.GitHub = noon.Add(30 * time.Second)
			},
			"app", doctor.CheckClock, doctor.Warning, "30 seconds behind",
		},
		{
			"clock not told", func(f *doctor.Facts, _ *doctor.Owner, _ *doctor.Repo, _ *doctor.Branch) { f.GitHub = time.Time{} },
			"app", doctor.CheckClock, doctor.Unknown, "did not tell",
		},
		{
			"permission not asked for", func(f *doctor.Facts, _ *doctor.Owner, _ *doctor.Repo, _ *doctor.Branch) {
				f.App.Permissions["statuses"] = "read"
			},
			"app", doctor.CheckPermissions, doctor.Problem, "Commit statuses: write (it has read)",
		},
		{
			"permission of no use", func(f *doctor.Facts, _ *doctor.Owner, _ *doctor.Repo, _ *doctor.Branch) {
				f.App.Permissions["administration"] = "write"
			},
			"app", doctor.CheckPermissions, doctor.Warning, "administration: write",
		},
		{
			"event not asked for", func(f *doctor.Facts, _ *doctor.Owner, _ *doctor.Repo, _ *doctor.Branch) {
				f.App.Events = f.App.Events[1:]
			},
			"app", doctor.CheckEvents, doctor.Problem, "Issue comment",
		},
		{
			"queue not asked for, none seen", func(f *doctor.Facts, _ *doctor.Owner, _ *doctor.Repo, _ *doctor.Branch) {
				delete(f.App.Permissions, "merge_queues")
			},
			"app", doctor.CheckPermissions, doctor.OK, "",
		},
		{"queue not asked for, one seen", func(f *doctor.Facts, _ *doctor.Owner, _ *doctor.Repo, b *doctor.Branch) {
			delete(f.App.Permissions, "merge_queues")
			b.MergeQueue = true
		}, "app", doctor.CheckPermissions, doctor.Problem, "Merge queues: read"},
		{
			"no hook", func(f *doctor.Facts, _ *doctor.Owner, _ *doctor.Repo, _ *doctor.Branch) { f.Hook.URL = "" },
			"app", doctor.CheckWebhook, doctor.Problem, "no address",
		},
		{
			"hook elsewhere", func(f *doctor.Facts, _ *doctor.Owner, _ *doctor.Repo, _ *doctor.Branch) {
				f.Hook.URL = "https://old.test/api/github/hook"
			},
			"app", doctor.CheckWebhook, doctor.Problem, "https://old.test/api/github/hook",
		},
		{"hook's path", func(f *doctor.Facts, _ *doctor.Owner, _ *doctor.Repo, _ *doctor.Branch) {
			f.Hook.URL, f.HookURL = "https://slagate.test/", ""
		}, "app", doctor.CheckWebhook, doctor.Problem, "does not end in"},
		{
			"hook unsigned", func(f *doctor.Facts, _ *doctor.Owner, _ *doctor.Repo, _ *doctor.Branch) { f.Hook.Secret = false },
			"app", doctor.CheckWebhook, doctor.Problem, "no secret",
		},
		{
			"hook unverified", func(f *doctor.Facts, _ *doctor.Owner, _ *doctor.Repo, _ *doctor.Branch) { f.Hook.Insecure = true },
			"app", doctor.CheckWebhook, doctor.Problem, "certificates",
		},
		{
			"hook not seen", func(f *doctor.Facts, _ *doctor.Owner, _ *doctor.Repo, _ *doctor.Branch) {
				f.Hook = doctor.Hook{Problem: "GitHub answered 500"}
			},
			"app", doctor.CheckWebhook, doctor.Unknown, "500",
		},
		{
			"deliveries not seen", func(f *doctor.Facts, _ *doctor.Owner, _ *doctor.Repo, _ *doctor.Branch) {
				f.Deliveries = doctor.Deliveries{Problem: "GitHub answered 404"}
			},
			"app", doctor.CheckDeliveries, doctor.Unknown, "404",
		},
		{
			"nobody installed", func(f *doctor.Facts, _ *doctor.Owner, _ *doctor.Repo, _ *doctor.Branch) { f.Owners = nil },
			"app", doctor.CheckInstallation, doctor.Problem, "Nobody has installed",
		},
		{"owners not seen", func(f *doctor.Facts, _ *doctor.Owner, _ *doctor.Repo, _ *doctor.Branch) {
			f.Owners, f.OwnersProblem = nil, "GitHub answered 500"
		}, "app", doctor.CheckInstallation, doctor.Unknown, "500"},
		{
			"suspended", func(_ *doctor.Facts, o *doctor.Owner, _ *doctor.Repo, _ *doctor.Branch) { o.Suspended = true },
			"acme", doctor.CheckInstallation, doctor.Problem, "suspended",
		},
		{
			"repositories not seen", func(_ *doctor.Facts, o *doctor.Owner, _ *doctor.Repo, _ *doctor.Branch) {
				o.Problem = "GitHub answered 500"
			},
			"acme", doctor.CheckInstallation, doctor.Unknown, "500",
		},
		{
			"permission not granted", func(_ *doctor.Facts, o *doctor.Owner, _ *doctor.Repo, _ *doctor.Branch) {
				delete(o.Permissions, "members")
			},
			"acme", doctor.CheckPermissions, doctor.Problem, "Members: read",
		},
		{"no members of a person", func(_ *doctor.Facts, o *doctor.Owner, _ *doctor.Repo, _ *doctor.Branch) {
			delete(o.Permissions, "members")
			o.Person = true
		}, "acme", doctor.CheckPermissions, doctor.OK, ""},
		{"permission that nobody can grant", func(f *doctor.Facts, o *doctor.Owner, _ *doctor.Repo, _ *doctor.Branch) {
			delete(o.Permissions, "members")
			delete(f.App.Permissions, "members")
		}, "acme", doctor.CheckPermissions, doctor.OK, ""},
		{
			"event not told", func(_ *doctor.Facts, o *doctor.Owner, _ *doctor.Repo, _ *doctor.Branch) { o.Events = o.Events[1:] },
			"acme", doctor.CheckEvents, doctor.Problem, "Issue comment",
		},
		{
			"default may be hidden", func(_ *doctor.Facts, o *doctor.Owner, _ *doctor.Repo, _ *doctor.Branch) { o.All = false },
			"acme", doctor.CheckPolicy, doctor.Warning, "acme/.github",
		},
		{"default not seen", func(_ *doctor.Facts, o *doctor.Owner, _ *doctor.Repo, _ *doctor.Branch) {
			o.Default = pull.Blob{State: pull.BlobNoAnswer, Problem: "GitHub answered 500"}
		}, "acme", doctor.CheckPolicy, doctor.Unknown, "500"},
		{"default invalid", func(_ *doctor.Facts, o *doctor.Owner, _ *doctor.Repo, _ *doctor.Branch) {
			o.Default = pull.Blob{State: pull.BlobFound, Text: "version: 2\n"}
		}, "acme", doctor.CheckPolicy, doctor.Problem, "acme/.github/slagate.yml:1"},
		{"default invalid, beside a policy", func(_ *doctor.Facts, o *doctor.Owner, _ *doctor.Repo, _ *doctor.Branch) {
			o.Default = pull.Blob{State: pull.BlobFound, Text: "version: 2\n"}
		}, shop, doctor.CheckPolicy, doctor.Problem, "acme/.github/slagate.yml:1"},
		{"default no file", func(_ *doctor.Facts, o *doctor.Owner, _ *doctor.Repo, _ *doctor.Branch) {
			o.Default = pull.Blob{State: pull.BlobSymlink, Problem: "is a symbolic link"}
		}, "acme", doctor.CheckPolicy, doctor.Problem, "symbolic link"},
		{
			"repository not seen", func(_ *doctor.Facts, _ *doctor.Owner, r *doctor.Repo, _ *doctor.Branch) {
				r.Problem = "GitHub answered 403"
			},
			shop, doctor.CheckPolicy, doctor.Unknown, "403",
		},
		{
			"no policy", func(_ *doctor.Facts, _ *doctor.Owner, _ *doctor.Repo, b *doctor.Branch) {
				b.Policy = pull.Blob{State: pull.BlobAbsent}
			},
			shop, doctor.CheckPolicy, doctor.Warning, "nothing is gated",
		},
		{
			"policy invalid", func(_ *doctor.Facts, _ *doctor.Owner, _ *doctor.Repo, b *doctor.Branch) {
				b.Policy.Text = "version: 1\nrulez: []\n"
			},
			shop, doctor.CheckPolicy, doctor.Problem, ".github/slagate.yml:2",
		},
		{"policy a link", func(_ *doctor.Facts, _ *doctor.Owner, _ *doctor.Repo, b *doctor.Branch) {
			b.Policy = pull.Blob{State: pull.BlobSymlink, Problem: "is a symbolic link"}
		}, shop, doctor.CheckPolicy, doctor.Problem, "symbolic link"},
		{"policy of a branch not seen", func(_ *doctor.Facts, _ *doctor.Owner, r *doctor.Repo, _ *doctor.Branch) {
			r.Branches = append(r.Branches, doctor.Branch{Name: "v1", Policy: pull.Blob{State: pull.BlobNoAnswer, Problem: "GitHub answered 502"}})
		}, shop, doctor.CheckPolicy, doctor.Unknown, "v1"},
		{"branch without policy", func(_ *doctor.Facts, _ *doctor.Owner, r *doctor.Repo, _ *doctor.Branch) {
			r.Branches = append(r.Branches, doctor.Branch{Name: "v1", Policy: pull.Blob{State: pull.BlobAbsent}})
		}, shop, doctor.CheckPolicy, doctor.Warning, "no policy on v1"},
		{"rule for no branch", func(_ *doctor.Facts, _ *doctor.Owner, _ *doctor.Repo, b *doctor.Branch) {
			b.Policy.Text = strings.Replace(shopPolicy, `require:`, `branches: ["release/*"], require:`, 1)
		}, shop, doctor.CheckPolicy, doctor.Warning, "release/*"},
		{
			"not required", func(_ *doctor.Facts, _ *doctor.Owner, _ *doctor.Repo, b *doctor.Branch) { b.Sources = nil },
			shop, doctor.CheckRequired, doctor.Problem, "not required on main",
		},
		{
			"required, another name", func(_ *doctor.Facts, _ *doctor.Owner, _ *doctor.Repo, b *doctor.Branch) {
				b.Sources[0].Checks[0].Context = "slagate2"
			},
			shop, doctor.CheckRequired, doctor.Problem, "not required on main",
		},
		{"required of a function", func(_ *doctor.Facts, _ *doctor.Owner, _ *doctor.Repo, b *doctor.Branch) {
			b.Sources[0].Checks = append(b.Sources[0].Checks, doctor.Required{Context: "slagate/legal"})
		}, shop, doctor.CheckRequired, doctor.Problem, "slagate/legal"},
		{
			"rules not seen", func(_ *doctor.Facts, _ *doctor.Owner, _ *doctor.Repo, b *doctor.Branch) {
				b.Sources, b.RulesProblem = nil, "GitHub answered 500"
			},
			shop, doctor.CheckRequired, doctor.Unknown, "500",
		},
		{
			"protection not seen", func(_ *doctor.Facts, _ *doctor.Owner, _ *doctor.Repo, b *doctor.Branch) {
				b.Sources, b.ClassicProblem = nil, "GitHub answered 500"
			},
			shop, doctor.CheckRequired, doctor.Unknown, "500",
		},
		{
			"protection hidden", func(_ *doctor.Facts, _ *doctor.Owner, _ *doctor.Repo, b *doctor.Branch) {
				b.Sources, b.ClassicHidden = nil, true
			},
			shop, doctor.CheckRequired, doctor.Unknown, "does not show",
		},
		{
			"branches not seen", func(_ *doctor.Facts, _ *doctor.Owner, r *doctor.Repo, _ *doctor.Branch) {
				r.ListedProblem = "GitHub answered 500"
			},
			shop, doctor.CheckRequired, doctor.Unknown, "500",
		},
		{
			"branches left out", func(_ *doctor.Facts, _ *doctor.Owner, r *doctor.Repo, _ *doctor.Branch) { r.Left = 9 },
			shop, doctor.CheckRequired, doctor.Unknown, "9 more",
		},
		{
			"of anybody", func(_ *doctor.Facts, _ *doctor.Owner, _ *doctor.Repo, b *doctor.Branch) {
				b.Sources[0].Checks[0].AppID = 0
			},
			shop, doctor.CheckPinned, doctor.Problem, "anybody with write access",
		},
		{"of anybody, as far as seen", func(_ *doctor.Facts, _ *doctor.Owner, _ *doctor.Repo, b *doctor.Branch) {
			b.Sources[0].Checks[0].AppID, b.ClassicHidden = 0, true
		}, shop, doctor.CheckPinned, doctor.Unknown, "could not be found out"},
		{
			"of another app", func(_ *doctor.Facts, _ *doctor.Owner, _ *doctor.Repo, b *doctor.Branch) {
				b.Sources[0].Checks[0].AppID = 8
			},
			shop, doctor.CheckPinned, doctor.Problem, "id 8",
		},
		{"of both, one pinned", func(_ *doctor.Facts, _ *doctor.Owner, _ *doctor.Repo, b *doctor.Branch) {
			b.Sources = append(b.Sources, doctor.Source{Name: "branch protection", Checks: []doctor.Required{{Context: "SLAGATE"}}})
		}, shop, doctor.CheckPinned, doctor.OK, ""},
		{
			"in capitals", func(_ *doctor.Facts, _ *doctor.Owner, _ *doctor.Repo, b *doctor.Branch) {
				b.Sources[0].Checks[0].Context = "SLAGATE"
			},
			shop, doctor.CheckPinned, doctor.OK, "",
		},
		{"bypass of the source that is not pinned", func(_ *doctor.Facts, _ *doctor.Owner, _ *doctor.Repo, b *doctor.Branch) {
			b.Sources = append(b.Sources, doctor.Source{Name: "branch protection", Checks: []doctor.Required{{Context: "slagate"}}})
			b.Sources[0].Bypass.Actors = []doctor.Actor{{Kind: "DeployKey"}}
		}, shop, doctor.CheckBypass, doctor.Warning, "deploy keys"},
		{"bypass by admins", func(_ *doctor.Facts, _ *doctor.Owner, _ *doctor.Repo, b *doctor.Branch) {
			b.Sources[0].Bypass.Actors = []doctor.Actor{{Kind: "RepositoryRole", ID: 5}, {Kind: "OrganizationAdmin"}, {Kind: "Team", ID: 70, Mode: "pull_request"}}
		}, shop, doctor.CheckBypass, doctor.Warning, "admins of the repository, owners of the organisation, team acme/legal (in pull requests)"},
		{"bypass by everybody", func(_ *doctor.Facts, _ *doctor.Owner, _ *doctor.Repo, b *doctor.Branch) {
			b.Sources[0].Bypass.Actors = []doctor.Actor{{Kind: "RepositoryRole", ID: 4}}
		}, shop, doctor.CheckBypass, doctor.Problem, "role write"},
		{
			"bypass hidden", func(_ *doctor.Facts, _ *doctor.Owner, _ *doctor.Repo, b *doctor.Branch) {
				b.Sources[0].Bypass.Hidden = true
			},
			shop, doctor.CheckBypass, doctor.Unknown, `ruleset "promises"`,
		},
		{
			"bypass not seen", func(_ *doctor.Facts, _ *doctor.Owner, _ *doctor.Repo, b *doctor.Branch) {
				b.Sources[0].Bypass.Problem = "GitHub answered 500"
			},
			shop, doctor.CheckBypass, doctor.Unknown, "500",
		},
		{"bypass of one of two", func(_ *doctor.Facts, _ *doctor.Owner, _ *doctor.Repo, b *doctor.Branch) {
			b.Sources = append(b.Sources, b.Sources[0])
			b.Sources[0].Bypass.Hidden = true
		}, shop, doctor.CheckBypass, doctor.OK, ""},
		{
			"no team", func(_ *doctor.Facts, o *doctor.Owner, _ *doctor.Repo, _ *doctor.Branch) {
				o.Teams[0] = doctor.Team{Slug: "acme/legal", Absent: true}
			},
			shop, doctor.CheckTeams, doctor.Problem, "acme/legal",
		},
		{
			"team not asked for", func(_ *doctor.Facts, o *doctor.Owner, _ *doctor.Repo, _ *doctor.Branch) { o.Teams = nil },
			shop, doctor.CheckTeams, doctor.Unknown, "acme/legal",
		},
		{"team not seen", func(_ *doctor.Facts, o *doctor.Owner, _ *doctor.Repo, _ *doctor.Branch) {
			o.Teams[0] = doctor.Team{Slug: "acme/legal", Problem: "not accessible"}
		}, shop, doctor.CheckTwoPeople, doctor.Unknown, "legal"},
		{"empty team", func(_ *doctor.Facts, o *doctor.Owner, _ *doctor.Repo, _ *doctor.Branch) {
			o.Teams[0] = doctor.Team{Slug: "acme/legal", ID: 70}
		}, shop, doctor.CheckTwoPeople, doctor.Problem, "nobody"},
		{"team of one", func(_ *doctor.Facts, o *doctor.Owner, _ *doctor.Repo, _ *doctor.Branch) {
			o.Teams[0] = doctor.Team{Slug: "acme/legal", ID: 70, Total: 1, Members: []int64{1}}
		}, shop, doctor.CheckTwoPeople, doctor.Warning, "1 person"},
		{"more approvals than people", func(_ *doctor.Facts, _ *doctor.Owner, _ *doctor.Repo, b *doctor.Branch) {
			b.Policy.Text = strings.Replace(shopPolicy, "approvals: 1", "approvals: 3", 1)
		}, shop, doctor.CheckTwoPeople, doctor.Problem, "3 approvals"},
		{"a large team, of which a part is shown", func(_ *doctor.Facts, o *doctor.Owner, _ *doctor.Repo, b *doctor.Branch) {
			o.Teams[0].Total = 30
			b.Policy.Text = strings.Replace(shopPolicy, "teams: [acme/legal]", "teams: [acme/legal], approvals: 9", 1)
		}, shop, doctor.CheckTwoPeople, doctor.OK, ""},
		{"two teams that may be the same people", func(_ *doctor.Facts, o *doctor.Owner, _ *doctor.Repo, b *doctor.Branch) {
			o.Teams[0].Total = 5
			o.Teams = append(o.Teams, doctor.Team{Slug: "acme/more", Total: 5})
			b.Policy.Text = strings.Replace(shopPolicy, "teams: [acme/legal]", "teams: [acme/legal, acme/more], approvals: 6", 1)
		}, shop, doctor.CheckTwoPeople, doctor.Unknown, "beyond 5"},
		{
			"the same person twice", func(_ *doctor.Facts, _ *doctor.Owner, r *doctor.Repo, _ *doctor.Branch) {
				r.Accounts[1].ID = r.Accounts[0].ID
			},
			shop, doctor.CheckTwoPeople, doctor.Warning, "support",
		},
		{
			"account gone", func(_ *doctor.Facts, _ *doctor.Owner, r *doctor.Repo, _ *doctor.Branch) {
				r.Accounts[0] = doctor.Account{Login: "sam", Absent: true}
			},
			shop, doctor.CheckTeams, doctor.Problem, "no account sam",
		},
		{
			"account outside", func(_ *doctor.Facts, _ *doctor.Owner, r *doctor.Repo, _ *doctor.Branch) { r.Accounts[0].Outside = true },
			shop, doctor.CheckTeams, doctor.Problem, "sam neither",
		},
		{
			"account not asked for", func(_ *doctor.Facts, _ *doctor.Owner, r *doctor.Repo, _ *doctor.Branch) { r.Accounts = nil },
			shop, doctor.CheckTeams, doctor.Unknown, "sam",
		},
		{
			"account not seen", func(_ *doctor.Facts, _ *doctor.Owner, r *doctor.Repo, _ *doctor.Branch) {
				r.Accounts[0].Problem = "GitHub answered 500"
			},
			shop, doctor.CheckTeams, doctor.Unknown, "500",
		},
		{
			"labels to come", func(_ *doctor.Facts, _ *doctor.Owner, r *doctor.Repo, _ *doctor.Branch) { r.Labels = r.Labels[1:] },
			shop, doctor.CheckLabels, doctor.OK, "sla/legal-approved",
		},
		{
			"labels not seen", func(_ *doctor.Facts, _ *doctor.Owner, r *doctor.Repo, _ *doctor.Branch) {
				r.LabelsProblem = "GitHub answered 500"
			},
			shop, doctor.CheckLabels, doctor.Unknown, "500",
		},
		{
			"not covered", func(f *doctor.Facts, _ *doctor.Owner, _ *doctor.Repo, _ *doctor.Branch) {
				f.Missing = []string{"acme/gone"}
			},
			"acme/gone", doctor.CheckInstallation, doctor.Problem, "No installation",
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			f := healthy()
			o := &f.Owners[0]
			r := &o.Repos[0]
			tt.fault(&f, o, r, &r.Branches[0])
			report := doctor.Examine(f)
			got := find(report, tt.subject, tt.check)
			require.Equal(t, tt.level, got.Level, "%s\n%v", got.Text, report.Findings)
			require.Contains(t, got.Text, tt.says)
			require.NotContains(t, got.Text, "BRANCHES")
			require.NotContains(t, got.Text, "%!")
			switch tt.level {
			case doctor.Problem:
				require.Equal(t, doctor.Problems, report.Result)
			case doctor.Unknown:
				require.Equal(t, doctor.Failed, report.Result)
			case doctor.Warning, doctor.OK:
			}
		})
	}
}
