package doctor_test

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/slagate/slagate/internal/doctor"
	"github.com/slagate/slagate/internal/pull"
)

// TestReadmeAgrees: who registers the app by the README is told nothing by the doctor.
func TestReadmeAgrees(t *testing.T) {
	t.Parallel()
	readme, err := os.ReadFile("../../README.md")
	require.NoError(t, err)
	var repository, organisation, events []string
	for _, p := range doctor.Permissions() {
		text := fmt.Sprintf("%s **%s**", p.Name, p.Level)
		if p.Queue {
			text += " (where there is one)"
		}
		if p.Organisation {
			organisation = append(organisation, text)
		} else {
			repository = append(repository, text)
		}
	}
	for _, e := range doctor.Events() {
		events = append(events, e.Name())
	}
	for field, list := range map[string][]string{"Repository permissions": repository, "Organisation permissions": organisation, "Events": events} {
		require.Contains(t, string(readme), fmt.Sprintf("| %s | %s |\n", field, strings.Join(list, ", ")))
	}
}

func TestDeliveries(t *testing.T) {
	t.Parallel()
	at := func(guid string, ago time.Duration, code int) doctor.Delivery {
		return doctor.Delivery{GUID: guid, At: noon.Add(-ago), Code: code}
	}
	for _, tt := range []struct {
		name  string
		list  []doctor.Delivery
		more  bool
		level doctor.Level
		says  string
	}{
		{"none", nil, false, doctor.Warning, "no delivery on record"},
		{"all well", []doctor.Delivery{at("b", 5*time.Minute, 200), at("a", time.Hour, 202)}, false, doctor.OK, "5 minutes ago; of 2 deliveries in the last day none was lost"},
		{"more than were read", []doctor.Delivery{at("b", time.Minute, 200), at("a", time.Hour, 200)}, true, doctor.OK, "of the last 2 deliveries none"},
		{"the last failed", []doctor.Delivery{at("b", time.Minute, 502), at("a", time.Hour, 200)}, false, doctor.Problem, "of 2 deliveries in the last day 1 never came through (answer 502: 1)"},
		{"an earlier one failed", []doctor.Delivery{at("b", time.Minute, 200), at("a", time.Hour, 0)}, false, doctor.Warning, "(no answer: 1)"},
		{"it came through later", []doctor.Delivery{at("a", time.Minute, 200), at("a", time.Hour, 503)}, false, doctor.OK, "of 1 delivery"},
		{"it came through, then was asked for again", []doctor.Delivery{at("a", time.Minute, 503), at("a", time.Hour, 200)}, false, doctor.OK, "of 1 delivery"},
		{"a redirect is no success", []doctor.Delivery{at("b", time.Minute, 200), at("a", time.Hour, 302)}, false, doctor.Warning, "answer 302"},
		{"long ago", []doctor.Delivery{at("a", 50*time.Hour, 500)}, false, doctor.Warning, "2 days ago, and none in the last day"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			f := healthy()
			f.GitHub = noon
			f.Deliveries = doctor.Deliveries{List: tt.list, More: tt.more}
			got := find(doctor.Examine(f), "app", doctor.CheckDeliveries)
			require.Equal(t, tt.level, got.Level, got.Text)
			require.Contains(t, got.Text, tt.says)
		})
	}
}

// TestJudge: an unknown counts until somebody says that he has looked; a problem always does.
func TestJudge(t *testing.T) {
	t.Parallel()
	unseen := doctor.Finding{Check: doctor.CheckBypass, Level: doctor.Unknown}
	r := doctor.Report{Findings: []doctor.Finding{{Check: doctor.CheckTeams, Level: doctor.Warning}, unseen}}
	require.Equal(t, doctor.Failed, r.Judge())
	require.Equal(t, doctor.Failed, r.Judge(doctor.CheckTeams))
	require.Equal(t, doctor.Healthy, r.Judge(doctor.CheckBypass))
	r.Findings = append(r.Findings, doctor.Finding{Check: doctor.CheckBypass, Level: doctor.Problem})
	require.Equal(t, doctor.Problems, r.Judge(doctor.CheckBypass))
}

// TestBranches: the protected branches and those that a rule is for.
func TestBranches(t *testing.T) {
	t.Parallel()
	f := healthy()
	o, r := &f.Owners[0], &f.Owners[0].Repos[0]
	r.Listed = []doctor.Listed{{Name: "main", Protected: true}, {Name: "topic"}, {Name: "v1", Protected: true}, {Name: "release/2"}}
	names, left := o.Branches(r)
	require.Equal(t, []string{"v1"}, names)
	require.Zero(t, left)
	r.Branches[0].Policy.Text = strings.Replace(shopPolicy, `require:`, `branches: ["release/*", stable], require:`, 1)
	names, _ = o.Branches(r)
	require.Equal(t, []string{"v1", "release/2"}, names)
	r.Listed, r.ListedProblem = nil, "GitHub answered 500"
	names, _ = o.Branches(r)
	require.Equal(t, []string{"stable"}, names, "what the policy names is looked at even so")
	r.ListedProblem = ""
	for i := range 60 {
		r.Listed = append(r.Listed, doctor.Listed{Name: fmt.Sprintf("v%d", i), Protected: true})
	}
	names, left = o.Branches(r)
	require.Len(t, names, 50)
	require.Equal(t, 10, left)
	names, left = o.Branches(&doctor.Repo{})
	require.Empty(t, names)
	require.Zero(t, left)
}

// TestSameSentence: what is true of several branches is said once.
func TestSameSentence(t *testing.T) {
	t.Parallel()
	f := healthy()
	r := &f.Owners[0].Repos[0]
	for i := range 7 {
		b := r.Branches[0]
		b.Name, b.Sources = fmt.Sprintf("v%d %%s", i), nil
		r.Branches = append(r.Branches, b)
	}
	got := find(doctor.Examine(f), shop, doctor.CheckRequired)
	require.Contains(t, got.Text, "v0 %s, v1 %s, v2 %s, v3 %s, v4 %s and 2 more")
}

// TestDefaultAlone: an owner default gates repositories without a policy of their own, an
// invalid one does not, and what it names is asked for.
func TestDefaultAlone(t *testing.T) {
	t.Parallel()
	f := healthy()
	o, b := &f.Owners[0], &f.Owners[0].Repos[0].Branches[0]
	b.Policy = pull.Blob{State: pull.BlobAbsent}
	require.False(t, o.Rules(b))
	o.Default = pull.Blob{State: pull.BlobFound, Text: shopPolicy}
	require.True(t, o.Rules(b))
	w := o.Wanted(&o.Repos[0])
	require.Equal(t, []string{"acme/legal"}, w.Teams)
	require.Equal(t, []string{"sam", "sid"}, w.Logins)
	require.Equal(t, []string{"sla/legal-approved", "sla/needs-legal", "sla/support-approved", "sla/needs-support"}, w.Labels)
	require.Equal(t, doctor.Healthy, doctor.Examine(f).Result)
	o.Default.Text = "version: 7\n"
	require.False(t, o.Rules(b))
}

// TestTotal: facts of which nothing was read are judged too, and are not healthy.
func TestTotal(t *testing.T) {
	t.Parallel()
	require.NotEqual(t, doctor.Healthy, doctor.Examine(doctor.Facts{}).Result)
	empty := doctor.Facts{Owners: []doctor.Owner{{}, {Repos: []doctor.Repo{{}, {Branches: []doctor.Branch{{}}}}}}}
	require.NotEqual(t, doctor.Healthy, doctor.Examine(empty).Result)
}
