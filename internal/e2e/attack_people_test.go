package e2e

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/slagate/slagate/internal/githubsim"
)

// Attacks by and on the people whose word counts.

func TestThreat_T04_LeavesTheOrganisation(t *testing.T) {
	t.Parallel()
	w := newWorld(t, thePolicy)
	p := signedByBoth(w)
	w.do(w.as("ada").RemoveMember(w.org, w.users["lee"]))
	w.sees(p, "pending", "Waiting for legal (1 of 2 signed)")
	// The last member of product leaves: nobody is left who could sign.
	w.do(w.as("ada").RemoveFromTeam(w.teams["product"], w.users["pia"]))
	s := p.View().Status("slagate")
	require.Equal(t, "failure", s.State, s.Description)
	require.Contains(t, s.Description, "product cannot sign")
}

func TestThreat_T05_NamedInACommit(t *testing.T) {
	t.Parallel()
	for name, author := range map[string]string{"as its author": "lee", "as its committer": "ana"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, thePolicy)
			other := map[string]string{"lee": "ana", "ana": "lee"}[author]
			head := w.repo.CommitAs(w.repo.Tip("main"), w.users[author], w.users[other], "change", weaken())
			w.repo.Branch("topic", head)
			p, err := w.as("ana").OpenPull(w.repo, githubsim.PullInput{Title: "x", Head: "topic"})
			w.do(err)
			w.do(w.as("pia").Label(p, "sla/product-approved"))
			w.do(w.as("lee").Label(p, "sla/legal-approved"))
			w.sees(p, "pending", "Waiting for legal (1 of 2 signed)")
			require.Contains(t, w.comment(p), "is named in commit `"+head[:7]+"`")
			w.say("lea", p, "/sla sign legal")
			w.green(p)
		})
	}
}

// Who brought the content by a force-push did push it, even if the commits name others.
func TestThreat_T05_ForcePusher(t *testing.T) {
	t.Parallel()
	for name, lost := range map[string]bool{"delivered": false, "delivery lost": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, thePolicy)
			w.teams["legal"].Add(w.users["sam"])
			p := w.open(map[string]githubsim.File{"slo/checkout.yml": githubsim.Text("objective: 99\n")})
			harsh := w.repo.CommitOn(w.repo.Tip("main"), w.users["ana"], "harsh", map[string]githubsim.File{"slo/checkout.yml": githubsim.Text("objective: 1\n")})
			if lost {
				w.sim.Deliveries().LoseNext(2) // push and synchronize
			}
			w.do(w.as("sam").ForcePush(w.repo, p.View().HeadName, harsh))
			w.sweep()
			w.do(w.as("pia").Label(p, "sla/product-approved"))
			w.do(w.as("sam").Label(p, "sla/legal-approved"))
			w.sees(p, "pending", "Waiting for legal (1 of 2 signed)")
		})
	}
}

// One person counts once, however often and by whatever means they say yes.
func TestThreat_T01_OnePersonTwice(t *testing.T) {
	t.Parallel()
	w := newWorld(t, strings.Replace(thePolicy, "[acme/legal]", "[acme/legal], approvals: 2", 1))
	p := w.open(weaken())
	w.do(w.as("pia").Label(p, "sla/product-approved"))
	w.do(w.as("lee").Label(p, "sla/legal-approved"))
	w.say("lee", p, "/sla sign legal")
	w.do(w.as("lee").Label(p, "sla/legal-approved"))
	w.say("lee", p, "/sla sign legal once more")
	w.sees(p, "pending", "Waiting for legal (1 of 2 signed)")
	require.Equal(t, "1 of 2", p.View().Status("slagate/legal").Description)
	w.say("lea", p, "/sla sign legal")
	w.green(p)
	// One of the two takes it back, the other stays.
	w.do(w.as("lee").Unlabel(p, "sla/legal-approved"))
	require.Equal(t, "1 of 2", p.View().Status("slagate/legal").Description)
	w.notGreen(p)
}

func TestThreat_T36_LoginTakenOver(t *testing.T) {
	t.Parallel()
	w := newWorld(t, strings.Replace(thePolicy, "{ teams: [acme/legal] }", "{ users: [lee] }", 1))
	p := signedByBoth(w)
	w.sim.RenameUser(w.users["lee"], "leonore")
	w.sweep()
	w.notGreen(p)
	thief := w.sim.AddUser("lee")
	w.org.AddMember(thief)
	w.repo.Grant(thief, githubsim.RoleTriage)
	w.sweep()
	s := p.View().Status("slagate")
	require.Equal(t, "failure", s.State)
	require.Contains(t, s.Description, "another account")
	w.clock.Add(1)
	c, err := w.sim.By(thief).Comment(p, "/sla sign legal")
	w.do(err)
	w.notGreen(p)
	require.Equal(t, "confused", reaction(p, c.ID))
}

// A member who has another login by now is the same person.
func TestThreat_T36_MemberRenamed(t *testing.T) {
	t.Parallel()
	w := newWorld(t, thePolicy)
	p := signedByBoth(w)
	w.sim.RenameUser(w.users["lee"], "leonore")
	w.sweep()
	w.sees(p, "success", "Signed by product, legal")
	// Somebody who takes the old name over has nothing of it.
	w.repo.Grant(w.sim.AddUser("lee"), githubsim.RoleTriage)
	w.do(w.as("leonore").Unlabel(p, "sla/legal-approved"))
	w.do(w.as("lee").Label(p, "sla/legal-approved"))
	w.sees(p, "pending", "Waiting for legal (1 of 2 signed)")
}

func TestThreat_T04_TeamNotVisible(t *testing.T) {
	t.Parallel()
	w := newWorld(t, thePolicy)
	p := signedByBoth(w)
	w.teams["legal"].SetSecret(true)
	w.sweep()
	s := p.View().Status("slagate")
	require.Equal(t, "failure", s.State)
	require.Contains(t, s.Description, "legal cannot sign: team acme/legal")
	w.teams["legal"].SetSecret(false)
	w.sweep()
	w.notGreen(p)
	w.do(w.as("lee").Label(p, "sla/legal-approved"))
	w.green(p)
}

// Invited is not a member, a member of a child team is one.
func TestThreat_T01_PendingAndChildTeams(t *testing.T) {
	t.Parallel()
	w := newWorld(t, thePolicy)
	w.teams["legal"].Invite(w.users["bob"])
	w.teams["legal"].AddTeam("contracts").Add(w.users["sid"])
	p := w.open(weaken())
	w.do(w.as("pia").Label(p, "sla/product-approved"))
	w.do(w.as("bob").Label(p, "sla/legal-approved"))
	w.sees(p, "pending", "Waiting for legal (1 of 2 signed)")
	w.do(w.as("sid").Label(p, "sla/legal-approved"))
	w.green(p)
}

// A sign-off is not forgotten because the pull request is busy: lists are read to their end.
func TestThreat_T21_LongHistories(t *testing.T) {
	t.Parallel()
	w := newWorld(t, thePolicy)
	p := w.open(weaken())
	w.do(w.as("pia").Label(p, "sla/product-approved"))
	w.say("lea", p, "/sla sign legal")
	w.green(p)
	w.sim.Deliveries().Pause()
	for i := range 105 {
		_, err := w.as("bob").Comment(p, fmt.Sprint("remark ", i))
		require.NoError(t, err)
	}
	for range 52 {
		require.NoError(t, w.as("bob").Label(p, "bug"))
		require.NoError(t, w.as("bob").Unlabel(p, "bug"))
	}
	head := p.View().Head
	for i := range 105 {
		head = w.repo.CommitOn(head, w.users["ana"], "docs", map[string]githubsim.File{"README.md": githubsim.Text(fmt.Sprint(i))})
	}
	require.NoError(t, w.as("ana").ForcePush(w.repo, p.View().HeadName, head))
	w.sim.Deliveries().Resume()
	w.settle()
	w.sees(p, "success", "Signed by product, legal")
	w.do(w.as("lee").Unlabel(p, "sla/legal-approved"))
	w.sees(p, "pending", "Waiting for legal (1 of 2 signed)")
}

// The needs labels are only shown: people may put them on and off as they like.
func TestProduct_NeedsLabelsArePutRight(t *testing.T) {
	t.Parallel()
	w := newWorld(t, thePolicy)
	p := w.open(weaken())
	w.do(w.as("bob").Unlabel(p, "sla/needs-legal"))
	require.Contains(t, p.View().Labels, "sla/needs-legal")
	w.do(w.as("pia").Label(p, "sla/product-approved"))
	w.do(w.as("bob").Label(p, "sla/needs-product"))
	require.NotContains(t, p.View().Labels, "sla/needs-product")
	w.sees(p, "pending", "Waiting for legal (1 of 2 signed)")
}

// The comment that a command stood in is deleted before slagate could react: that holds up nothing.
func TestThreat_T34_CommentGoneBeforeTheReaction(t *testing.T) {
	t.Parallel()
	w := newWorld(t, thePolicy)
	p := w.open(weaken())
	w.do(w.as("pia").Label(p, "sla/product-approved"))
	hold := make(chan struct{})
	w.sim.Fault(githubsim.Fault{Route: "POST /repos/{owner}/{repo}/issues/comments/{id}/reactions", Until: hold})
	c, err := w.as("lea").Comment(p, "/sla sign legal")
	require.NoError(t, err)
	w.eventually(func() bool { return w.sim.FaultHits() > 0 })
	require.NoError(t, w.as("ana").DeleteComment(p, c.ID))
	close(hold)
	// It was confirmed when it was read, and counts.
	w.eventually(func() bool { return p.View().Status("slagate").State == "success" })
}

// The sixth removal within an hour by people without a say asks the function again.
func TestProduct_LabelRemovedAgainAndAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t, thePolicy)
	p := signedByBoth(w)
	for range 5 {
		w.do(w.as("bob").Unlabel(p, "sla/legal-approved"))
		w.green(p)
	}
	w.do(w.as("bob").Unlabel(p, "sla/legal-approved"))
	w.sees(p, "pending", "Waiting for legal (1 of 2 signed)")
	w.pass(2 * time.Hour)
	w.do(w.as("lee").Label(p, "sla/legal-approved"))
	w.green(p)
}
