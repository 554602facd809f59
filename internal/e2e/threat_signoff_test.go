package e2e

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/slagate/slagate/internal/githubsim"
)

func TestThreat_T01_LabelBySomebodyWhoMayNot(t *testing.T) {
	t.Parallel()
	w := newWorld(t, thePolicy)
	p := w.open(weaken())
	w.do(w.as("pia").Label(p, "sla/product-approved"))
	w.do(w.as("bob").Label(p, "sla/legal-approved"))
	w.sees(p, "pending", "Waiting for legal (1 of 2 signed)")
	require.NotContains(t, p.View().Labels, "sla/legal-approved")
	require.Contains(t, w.comment(p), "`bob`")
	// Joining the team afterwards does not make the old label count.
	w.do(w.as("ada").AddToTeam(w.teams["legal"], w.users["bob"]))
	w.sweep()
	w.notGreen(p)
}

func TestThreat_T02_LabelAlreadyOnIt(t *testing.T) {
	t.Parallel()
	for name, before := range map[string]bool{"opened with it while slagate runs": false, "before slagate was there": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := prepare(t, thePolicy)
			if !before {
				w.start()
			}
			w.repo.Branch("topic", "main")
			_, err := w.as("sam").Push(w.repo, "topic", "change", weaken())
			require.NoError(t, err)
			// lee opens it with the labels on it.
			w.repo.Grant(w.users["lee"], githubsim.RoleWrite)
			p, err := w.as("lee").OpenPull(w.repo, githubsim.PullInput{Title: "x", Head: "topic", Labels: []string{"sla/legal-approved", "sla/product-approved"}})
			require.NoError(t, err)
			w.pass(time.Minute)
			if before {
				_, err := w.as("lea").Comment(p, "hello")
				require.NoError(t, err)
				w.start()
			}
			w.settle()
			w.sees(p, "pending", "Waiting for product, legal (0 of 2 signed)")
			require.NotContains(t, p.View().Labels, "sla/legal-approved")
		})
	}
}

func TestThreat_T02_LabelBeforeTheHeadWasSeen(t *testing.T) {
	t.Parallel()
	w := newWorld(t, thePolicy)
	p := w.open(weaken())
	w.stop() // deliveries are lost from here on
	require.NoError(t, w.as("pia").Label(p, "sla/product-approved"))
	_, err := w.as("ana").Push(w.repo, p.View().HeadName, "worse", map[string]githubsim.File{"slo/checkout.yml": githubsim.Text("objective: 90\n")})
	require.NoError(t, err)
	require.NoError(t, w.as("lee").Label(p, "sla/legal-approved"))
	w.pass(time.Minute)
	w.start()
	// pia's label is for a head that was replaced, lee's for one never seen before.
	w.sees(p, "pending", "Waiting for product, legal (0 of 2 signed)")
	require.Contains(t, w.comment(p), "could not tell which version")
	require.NotContains(t, p.View().Labels, "sla/legal-approved")
}

func TestThreat_T02_HistoryCountsWhereTheHeadWasSeen(t *testing.T) {
	t.Parallel()
	w := newWorld(t, thePolicy)
	p := w.open(weaken())
	w.stop()
	require.NoError(t, w.as("pia").Label(p, "sla/product-approved"))
	require.NoError(t, w.as("lee").Label(p, "sla/legal-approved"))
	w.pass(time.Minute)
	w.start()
	w.sees(p, "success", "Signed by product, legal")
}

func TestThreat_T03_RenamedLabel(t *testing.T) {
	t.Parallel()
	w := newWorld(t, thePolicy)
	w.repo.AddLabel("harmless")
	p := w.open(weaken())
	w.do(w.as("pia").Label(p, "sla/product-approved"))
	w.do(w.as("lee").Label(p, "harmless"))
	w.sim.Deliveries().Pause()
	require.NoError(t, w.as("sam").DeleteLabel(w.repo, "sla/legal-approved"))
	require.NoError(t, w.as("sam").RenameLabel(w.repo, "harmless", "sla/legal-approved"))
	w.sim.Deliveries().Resume()
	w.settle()
	w.notGreen(p)
	w.pass(time.Hour)
	w.sweep()
	w.sees(p, "pending", "Waiting for legal (1 of 2 signed)")
	require.NotContains(t, p.View().Labels, "sla/legal-approved")
}

func TestThreat_T03_DeletedAndRecreated(t *testing.T) {
	t.Parallel()
	w := newWorld(t, thePolicy)
	p := w.open(weaken())
	w.do(w.as("lee").Label(p, "sla/legal-approved"))
	// Deleting the label takes nothing back; it is put back.
	w.do(w.as("sam").DeleteLabel(w.repo, "sla/legal-approved"))
	w.sees(p, "pending", "Waiting for product (1 of 2 signed)")
	require.Contains(t, p.View().Labels, "sla/legal-approved")
	// Deleting and re-creating a label that somebody without a say puts on gives nothing.
	w.do(w.as("sam").DeleteLabel(w.repo, "sla/product-approved"))
	require.Contains(t, w.repo.Labels(), "sla/product-approved", "slagate creates what it needs")
	w.do(w.as("bob").Label(p, "sla/product-approved"))
	w.notGreen(p)
}

func TestThreat_T04_LeavesTheTeam(t *testing.T) {
	t.Parallel()
	w := newWorld(t, thePolicy)
	p := w.open(weaken())
	w.do(w.as("pia").Label(p, "sla/product-approved"))
	w.do(w.as("lee").Label(p, "sla/legal-approved"))
	w.green(p)
	w.do(w.as("ada").RemoveFromTeam(w.teams["legal"], w.users["lee"]))
	w.sees(p, "pending", "Waiting for legal (1 of 2 signed)")
	require.NotContains(t, p.View().Labels, "sla/legal-approved")
	// Coming back does not bring the old sign-off back.
	w.do(w.as("ada").AddToTeam(w.teams["legal"], w.users["lee"]))
	w.notGreen(p)
	w.do(w.as("lee").Label(p, "sla/legal-approved"))
	w.green(p)
	// The event is lost: the sweep finds it.
	w.sim.Deliveries().LoseNext(1)
	w.do(w.as("ada").RemoveFromTeam(w.teams["legal"], w.users["lee"]))
	w.sweep()
	w.notGreen(p)
}

func TestThreat_T04_TeamDeleted(t *testing.T) {
	t.Parallel()
	w := newWorld(t, thePolicy)
	p := w.open(weaken())
	w.do(w.as("pia").Label(p, "sla/product-approved"))
	w.do(w.as("lee").Label(p, "sla/legal-approved"))
	w.do(w.as("ada").DeleteTeam(w.teams["legal"]))
	w.sees(p, "failure", "legal cannot sign: team acme/legal not found")
	require.Equal(t, "failure", p.View().Status("slagate/legal").State)
}

func TestThreat_T05_AuthorAndPushers(t *testing.T) {
	t.Parallel()
	w := newWorld(t, thePolicy)
	w.teams["legal"].Add(w.users["ana"])
	w.teams["legal"].Add(w.users["sam"])
	p := w.open(weaken())
	w.do(w.as("pia").Label(p, "sla/product-approved"))
	w.do(w.as("ana").Label(p, "sla/legal-approved"))
	w.sees(p, "pending", "Waiting for legal (1 of 2 signed)")
	require.Contains(t, w.comment(p), "author")

	// sam pushes something else first: that disqualifies nobody.
	_, err := w.as("sam").Push(w.repo, p.View().HeadName, "docs", map[string]githubsim.File{"README.md": githubsim.Text("x\n")})
	w.do(err)
	w.do(w.as("sam").Label(p, "sla/legal-approved"))
	w.green(p)
	// Signs, then pushes gated content (back to what was signed): excluded, whatever the order.
	_, err = w.as("sam").Push(w.repo, p.View().HeadName, "worse", map[string]githubsim.File{"slo/checkout.yml": githubsim.Text("objective: 90\n")})
	w.do(err)
	_, err = w.as("sam").Push(w.repo, p.View().HeadName, "back", weaken())
	w.do(err)
	w.notGreen(p)
	w.do(w.as("sam").Label(p, "sla/legal-approved"))
	w.notGreen(p)
	require.Contains(t, w.comment(p), "commit")
}

func TestThreat_T05_MergingTheBaseInDisqualifiesNobody(t *testing.T) {
	t.Parallel()
	w := newWorld(t, thePolicy)
	w.teams["legal"].Add(w.users["sam"])
	p := w.open(weaken())
	// The base changes another gated file.
	_, err := w.as("ada").Push(w.repo, "main", "base", map[string]githubsim.File{"slo/search.yml": githubsim.Text("objective: 99\n")})
	w.do(err)
	w.do(w.as("sam").MergeBaseIn(p))
	w.do(w.as("pia").Label(p, "sla/product-approved"))
	w.do(w.as("sam").Label(p, "sla/legal-approved"))
	w.sees(p, "success", "Signed by product, legal")
}

func TestThreat_T06_NotAPerson(t *testing.T) {
	t.Parallel()
	w := newWorld(t, thePolicy)
	bot := w.sim.AddBot("helper")
	mannequin := w.sim.AddMannequin("old-account")
	w.repo.Grant(bot, githubsim.RoleAdmin).Grant(mannequin, githubsim.RoleAdmin)
	w.teams["legal"].Add(bot)
	w.teams["legal"].Add(mannequin)
	p := w.open(weaken())
	w.do(w.as("pia").Label(p, "sla/product-approved"))
	for _, u := range []*githubsim.User{bot, mannequin} {
		w.clock.Add(1)
		w.do(w.sim.By(u).Label(p, "sla/legal-approved"))
		w.sees(p, "pending", "Waiting for legal (1 of 2 signed)")
	}
	// A person whose account is deleted becomes the ghost: no longer a member, asked again.
	w.do(w.as("lee").Label(p, "sla/legal-approved"))
	w.green(p)
	w.sim.DeleteUser(w.users["lee"])
	w.sweep()
	w.notGreen(p)
}

func TestThreat_T07_PushInTheMomentOfASignOff(t *testing.T) {
	t.Parallel()
	w := newWorld(t, thePolicy)
	p := w.open(weaken())
	w.do(w.as("pia").Label(p, "sla/product-approved"))
	// The label is for the old head, the push changes the content; both arrive at once, the label last.
	w.sim.Deliveries().Pause()
	require.NoError(t, w.as("lee").Label(p, "sla/legal-approved"))
	_, err := w.as("ana").Push(w.repo, p.View().HeadName, "worse", map[string]githubsim.File{"slo/checkout.yml": githubsim.Text("objective: 90\n")})
	require.NoError(t, err)
	w.sim.Deliveries().Reverse()
	w.sim.Deliveries().Resume()
	w.settle()
	w.sees(p, "pending", "Waiting for product, legal (0 of 2 signed)")
}

func TestThreat_T07_CommandIsForThePublishedHead(t *testing.T) {
	t.Parallel()
	w := newWorld(t, thePolicy)
	p := w.open(weaken())
	w.do(w.as("pia").Label(p, "sla/product-approved"))
	w.sim.Deliveries().Pause()
	_, err := w.as("ana").Push(w.repo, p.View().HeadName, "worse", map[string]githubsim.File{"slo/checkout.yml": githubsim.Text("objective: 90\n")})
	require.NoError(t, err)
	_, err = w.as("lea").Comment(p, "/sla sign legal")
	require.NoError(t, err)
	w.sim.Deliveries().Resume()
	w.settle()
	// lea had the old version in front of her.
	w.sees(p, "pending", "Waiting for product, legal (0 of 2 signed)")
	require.Contains(t, w.comment(p), "ince legal signed")
}

func TestThreat_T08_ForcePushBackAndForth(t *testing.T) {
	t.Parallel()
	w := newWorld(t, thePolicy)
	p := w.open(weaken())
	w.do(w.as("pia").Label(p, "sla/product-approved"))
	w.do(w.as("lee").Label(p, "sla/legal-approved"))
	signed := p.View().Head
	w.green(p)
	other := w.repo.CommitOn(w.repo.Tip("main"), w.users["ana"], "worse", map[string]githubsim.File{"slo/checkout.yml": githubsim.Text("objective: 50\n")})
	for range 2 {
		w.do(w.as("ana").ForcePush(w.repo, p.View().HeadName, other))
		w.sees(p, "pending", "Waiting for product, legal (0 of 2 signed)")
		require.NotContains(t, p.View().Labels, "sla/legal-approved")
		w.do(w.as("ana").ForcePush(w.repo, p.View().HeadName, signed))
		w.sees(p, "success", "Signed by product, legal")
		require.Contains(t, p.View().Labels, "sla/legal-approved")
	}
}

func TestThreat_T09_RetargetAndSecondPull(t *testing.T) {
	t.Parallel()
	w := newWorld(t, thePolicy+"\n")
	w.repo.Branch("experimental", "main")
	_, err := w.as("ada").Push(w.repo, "experimental", "no gate here", map[string]githubsim.File{".github/slagate.yml": githubsim.Text("version: 1\n")})
	w.do(err)
	p := w.open(weaken())
	w.notGreen(p)
	w.do(w.as("ana").Retarget(p, "experimental"))
	w.green(p)
	w.do(w.as("ana").Retarget(p, "main"))
	w.notGreen(p)
	// A second pull request with the same head on the ungated branch: the strictest wins, for both.
	q, err := w.as("ana").OpenPull(w.repo, githubsim.PullInput{Title: "same head", Head: p.View().HeadName, Base: "experimental"})
	w.do(err)
	w.sees(q, "pending", "#1 (same commit): Waiting for product, legal (0 of 2 signed)")
	// Once the first is closed the other's own outcome shows.
	w.do(w.as("ana").Close(p))
	require.Equal(t, isTold, slagateSays(q))
}

func TestThreat_T36_TeamNameTakenOver(t *testing.T) {
	t.Parallel()
	w := newWorld(t, thePolicy)
	p := w.open(weaken())
	w.do(w.as("pia").Label(p, "sla/product-approved"))
	w.do(w.as("lee").Label(p, "sla/legal-approved"))
	w.green(p)
	require.NoError(t, w.as("ada").RenameTeam(w.teams["legal"], "law"))
	taken := w.org.AddTeam("legal")
	taken.Add(w.users["bob"])
	w.settle()
	w.sweep()
	w.notGreen(p)
	w.do(w.as("bob").Label(p, "sla/legal-approved"))
	w.notGreen(p)
	require.Contains(t, p.View().Status("slagate").Description, "another team")
}
