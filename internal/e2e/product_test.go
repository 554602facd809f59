package e2e

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/slagate/slagate/internal/githubsim"
)

// policyFile is a commit of the policy file.
func policyFile(text string) map[string]githubsim.File {
	return map[string]githubsim.File{".github/slagate.yml": githubsim.Text(text)}
}

func TestProduct_FirstPolicy(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "")
	p := w.open(policyFile(thePolicy))
	w.sees(p, "success", "Adds slagate's policy: valid, in force once merged")
	q := w.open(policyFile("version: 1\nrulez: []\n"))
	s := q.View().Status("slagate")
	require.Equal(t, "failure", s.State)
	require.True(t, strings.HasPrefix(s.Description, "Policy would be invalid: .github/slagate.yml:2 "), s.Description)
	require.Contains(t, w.comment(q), "rulez")
	// Once it is merged, pull requests that were passed over in silence are judged.
	r := w.open(weaken())
	require.Empty(t, r.View().Statuses)
	w.do(w.as("ana").Merge(p, false))
	w.sees(r, "pending", "Waiting for product, legal (0 of 2 signed)")
}

func TestProduct_BrokenPolicyAndItsRepair(t *testing.T) {
	t.Parallel()
	w := newWorld(t, thePolicy)
	other := w.open(weaken())
	w.repo.Commit("main", w.users["ada"], "break it", policyFile("version: 1\nrules: 5\n"))
	w.settle()
	s := other.View().Status("slagate")
	require.Equal(t, "error", s.State)
	require.True(t, strings.HasPrefix(s.Description, ".github/slagate.yml:2 "), s.Description)
	// The repair is judged by the last valid policy: legal and security.
	p := w.open(policyFile(thePolicy + "\n# mended\n"))
	w.sees(p, "pending", "Waiting for legal, security (0 of 2 signed)")
	w.do(w.as("lee").Label(p, "sla/legal-approved"))
	w.do(w.as("sue").Label(p, "sla/security-approved"))
	w.green(p)
	w.do(w.as("ada").Merge(p, false))
	w.sees(other, "pending", "Waiting for product, legal (0 of 2 signed)")
}

func TestProduct_RepairByAnAdmin(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "version: 1\nrules: 5\n")
	p := w.open(policyFile(thePolicy))
	w.sees(p, "pending", "Waiting for policy (0 of 1 signed)")
	require.Empty(t, p.View().Labels)
	w.say("lee", p, "/sla sign policy")
	w.notGreen(p)
	w.say("ada", p, "/sla sign policy")
	w.sees(p, "success", "Signed by policy")
}

func ownerDefault(w *world, text string) *githubsim.Repo {
	r := w.org.AddRepo(".github")
	r.Grant(w.users["ada"], githubsim.RoleAdmin)
	r.Commit("main", w.users["ada"], "default", map[string]githubsim.File{"slagate.yml": githubsim.Text(text)})
	return r
}

func TestProduct_OwnerDefaultIsAFloor(t *testing.T) {
	t.Parallel()
	w := prepare(t, "version: 1\nfunctions: {security: {approvals: 2}}\n")
	def := ownerDefault(w, thePolicy)
	w.start()
	p := w.open(map[string]githubsim.File{"oncall/escalation.tf": githubsim.Text("escalation_delay_in_minutes = 99\n")})
	w.sees(p, "pending", "Waiting for security, support (0 of 2 signed)")
	w.do(w.as("sid").Label(p, "sla/support-approved"))
	w.do(w.as("sue").Label(p, "sla/security-approved"))
	w.sees(p, "pending", "Waiting for security (1 of 2 signed)")
	require.Equal(t, "1 of 2", p.View().Status("slagate/security").Description)
	require.NotContains(t, p.View().Labels, "sla/security-approved", "taken off until the last approval")
	w.do(w.as("sam").Label(p, "sla/security-approved"))
	w.sees(p, "success", "Signed by security, support")
	require.Equal(t, "Signed by sue, sam", p.View().Status("slagate/security").Description)
	// The default changes: all repositories are looked at again.
	def.Commit("main", w.users["ada"], "more", map[string]githubsim.File{
		"slagate.yml": githubsim.Text(strings.Replace(thePolicy, "[security, support]", "[security, support, legal]", 1)),
	})
	w.settle()
	w.sees(p, "pending", "Waiting for legal (2 of 3 signed)")
	// It breaks: the last valid one goes on, and every status says so.
	def.Commit("main", w.users["ada"], "broken", map[string]githubsim.File{"slagate.yml": githubsim.Text("rules: 5\n")})
	w.settle()
	s := p.View().Status("slagate")
	require.Regexp(t, `^Waiting for legal \(2 of 3 signed\) \(owner default unreadable since \d{4}-\d\d-\d\d\)$`, s.Description)
	require.Equal(t, "pending", s.State)
}

func TestProduct_OwnerDefaultInvalidFromTheStart(t *testing.T) {
	t.Parallel()
	w := prepare(t, thePolicy)
	ownerDefault(w, "rules: 5\n")
	none := w.org.AddRepo("none")
	none.Grant(w.users["ana"], githubsim.RoleWrite)
	none.Commit("main", w.users["ana"], "x", map[string]githubsim.File{"a": githubsim.Text("a")})
	w.start()
	p := w.open(weaken())
	s := p.View().Status("slagate")
	require.Equal(t, "error", s.State)
	require.True(t, strings.HasPrefix(s.Description, "acme/.github/slagate.yml:1 "), s.Description)
	// A repository that never opted in gets nothing.
	none.Branch("topic", "main")
	_, err := w.as("ana").Push(none, "topic", "x", map[string]githubsim.File{"a": githubsim.Text("b")})
	require.NoError(t, err)
	q, err := w.as("ana").OpenPull(none, githubsim.PullInput{Title: "x", Head: "topic"})
	w.do(err)
	require.Empty(t, q.View().Statuses)
}

func TestProduct_ReviewsWhereThePolicyListsThem(t *testing.T) {
	t.Parallel()
	w := newWorld(t, thePolicy+"signoffs: { methods: [review] }\n")
	p := w.open(weaken())
	review := func(login, state string) *githubsim.Review {
		r, err := w.as(login).Review(p, state, "")
		w.do(err)
		return r
	}
	review("pia", "APPROVED")
	r := review("lea", "APPROVED")
	w.sees(p, "success", "Signed by product, legal")
	// A label is no sign-off here, a command neither.
	w.do(w.as("ada").DismissReview(p, r.ID))
	w.sees(p, "pending", "Waiting for legal (1 of 2 signed)")
	w.do(w.as("lee").Label(p, "sla/legal-approved"))
	w.notGreen(p)
	require.Equal(t, "confused", reaction(p, w.say("lee", p, "/sla sign legal").ID))
	review("lee", "APPROVED")
	w.green(p)
	review("lee", "CHANGES_REQUESTED")
	w.notGreen(p)
}

func TestProduct_Checklist(t *testing.T) {
	t.Parallel()
	policy := strings.Replace(thePolicy, "[impact, rollback]", "[impact, {id: rollback, required: true}, {id: customer-notice, required: true}, {id: price-plan, required: true}]", 1) +
		"checklist: [{id: price-plan, text: Price plan page updated, owner: product}]\n"
	w := newWorld(t, policy)
	p := w.open(weaken())
	w.do(w.as("pia").Label(p, "sla/product-approved"))
	w.do(w.as("lee").Label(p, "sla/legal-approved"))
	w.sees(p, "pending", "Signed; still open: rollback, customer-notice, price-plan")
	require.Equal(t, "confused", reaction(p, w.say("lea", p, "/sla done rollback").ID))
	require.Equal(t, "rocket", reaction(p, w.say("ana", p, "/sla done rollback tried on Monday").ID))
	require.Equal(t, "confused", reaction(p, w.say("pia", p, "/sla na price-plan").ID), "a reason is asked for")
	require.Equal(t, "rocket", reaction(p, w.say("pia", p, "/sla na price-plan no plan is affected").ID))
	w.sees(p, "pending", "Signed; still open: customer-notice")
	owner := "lea"
	if !strings.Contains(w.comment(p), "legal") {
		owner = "pia"
	}
	w.say(owner, p, "/sla done customer-notice")
	w.green(p)
	require.Contains(t, w.comment(p), "no plan is affected")
	w.say("ana", p, "/sla undone rollback")
	w.sees(p, "pending", "Signed; still open: rollback")
}

func TestProduct_CommandsNotAvailableYet(t *testing.T) {
	t.Parallel()
	w := newWorld(t, thePolicy)
	p := w.open(weaken())
	for _, c := range []string{"/sla object legal no", "/sla withdraw legal", "/sla answer legal x", "/sla delegate legal @lea until 2027-01-01", "/sla break-glass INC-1 fire", "/sla dance"} {
		require.Equal(t, "confused", reaction(p, w.say("lee", p, c).ID), c)
	}
	require.Contains(t, w.comment(p), "not available yet")
}

func TestProduct_HelpOnAnUngatedPullRequest(t *testing.T) {
	t.Parallel()
	w := newWorld(t, thePolicy)
	p := w.open(map[string]githubsim.File{"README.md": githubsim.Text("x\n")})
	require.Empty(t, w.comment(p))
	w.say("eve", p, "/sla help")
	require.NotEmpty(t, w.comment(p))
	// From then on the one comment is edited in place.
	_, err := w.as("ana").Push(w.repo, p.View().HeadName, "gated now", weaken())
	w.do(err)
	w.sees(p, "pending", "Waiting for product, legal (0 of 2 signed)")
	require.Contains(t, w.comment(p), "slo/checkout.yml")
}

func TestProduct_SeveralFunctionsByOnePerson(t *testing.T) {
	t.Parallel()
	for name, allowed := range map[string]bool{"one only": false, "several": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			policy := thePolicy
			if allowed {
				policy += "signoffs: { several: true }\n"
			}
			w := prepare(t, policy)
			w.teams["product"].Add(w.users["lee"])
			w.start()
			p := w.open(weaken())
			w.do(w.as("lee").Label(p, "sla/legal-approved"))
			w.do(w.as("lee").Label(p, "sla/product-approved"))
			if allowed {
				w.green(p)
			} else {
				w.sees(p, "pending", "Waiting for product (1 of 2 signed)")
				require.Contains(t, w.comment(p), "one person signs for one function only")
			}
		})
	}
}

func TestProduct_ResetOnPush(t *testing.T) {
	t.Parallel()
	w := newWorld(t, thePolicy+"signoffs: { on_push: reset }\n")
	p := w.open(weaken())
	w.do(w.as("pia").Label(p, "sla/product-approved"))
	w.do(w.as("lee").Label(p, "sla/legal-approved"))
	w.green(p)
	_, err := w.as("ana").Push(w.repo, p.View().HeadName, "docs", map[string]githubsim.File{"README.md": githubsim.Text("y\n")})
	w.do(err)
	w.sees(p, "pending", "Waiting for product, legal (0 of 2 signed)")
}

func TestProduct_DraftsForksAndBranches(t *testing.T) {
	t.Parallel()
	policy := strings.Replace(thePolicy, `    paths: ["slo/**"]`, "    paths: [\"slo/**\"]\n    branches: [main, \"release/*\"]", 1)
	w := newWorld(t, policy)
	w.repo.Branch("release/1", "main").Branch("playground", "main")
	w.repo.SetPublic(true)
	fork, err := w.as("eve").Fork(w.repo)
	require.NoError(t, err)
	fork.Branch("topic", "main")
	_, err = w.as("eve").Push(fork, "topic", "change", weaken())
	require.NoError(t, err)
	for base, want := range map[string]string{
		"main": "pending: Waiting for product, legal (0 of 2 signed)", "release/1": "pending: Waiting for product, legal (0 of 2 signed)",
		"playground": isTold,
	} {
		p, err := w.as("eve").OpenPull(w.repo, githubsim.PullInput{Title: "x", Head: "topic", HeadRepo: fork, Base: base, Draft: true})
		w.do(err)
		s := p.View().Status("slagate")
		require.Equal(t, want, s.State+": "+s.Description, base)
		w.do(w.as("eve").Close(p))
	}
}

func TestProduct_LabelRenamedOrDeletedIsPutRight(t *testing.T) {
	t.Parallel()
	w := newWorld(t, thePolicy)
	p := w.open(weaken())
	w.do(w.as("lee").Label(p, "sla/legal-approved"))
	w.do(w.as("sam").RenameLabel(w.repo, "sla/needs-product", "other"))
	require.Contains(t, p.View().Labels, "sla/needs-product")
	require.Contains(t, w.repo.Labels(), "sla/needs-product")
	w.do(w.as("sam").RenameLabel(w.repo, "sla/legal-approved", "another"))
	w.sees(p, "pending", "Waiting for product (1 of 2 signed)")
	require.Contains(t, p.View().Labels, "sla/legal-approved")
}

func TestProduct_MissingLabelsAreCreated(t *testing.T) {
	t.Parallel()
	policy := strings.ReplaceAll(thePolicy, "legal:    { teams: [acme/legal] }", `legal:    { teams: [acme/legal], label: "legal: ok #1/2" }`)
	w := newWorld(t, policy)
	p := w.open(weaken())
	require.Contains(t, w.repo.Labels(), "legal: ok #1/2")
	w.do(w.as("lee").Label(p, "legal: ok #1/2"))
	w.sees(p, "pending", "Waiting for product (1 of 2 signed)")
	w.do(w.as("bob").Label(p, "sla/product-approved"))
	w.do(w.as("lee").Unlabel(p, "legal: ok #1/2"))
	w.sees(p, "pending", "Waiting for product, legal (0 of 2 signed)")
}

func TestProduct_UsersOfThePolicy(t *testing.T) {
	t.Parallel()
	policy := strings.ReplaceAll(thePolicy, "legal:    { teams: [acme/legal] }", `legal:    { users: [Lea, eve, nobody-here] }`)
	w := newWorld(t, policy)
	p := w.open(weaken())
	require.Equal(t, "Waiting for legal (@Lea, @eve, @nobody-here)", p.View().Status("slagate/legal").Description)
	// eve can read the repository, but is neither a member nor more than a reader... as an outside collaborator of a private repository she belongs.
	w.say("eve", p, "/sla sign legal")
	w.sees(p, "pending", "Waiting for product (1 of 2 signed)")
	w.say("eve", p, "/sla unsign legal")
	w.say("lea", p, "/sla sign legal")
	w.sees(p, "pending", "Waiting for product (1 of 2 signed)")
}

func TestProduct_RefusedWritesAreNotSilent(t *testing.T) {
	t.Parallel()
	w := newWorld(t, thePolicy)
	w.sim.Fault(githubsim.Fault{Route: "POST /repos/{owner}/{repo}/issues/{number}/labels", Times: 1, Status: 422, Message: "Validation Failed"})
	p := w.open(weaken())
	w.sees(p, "pending", "Waiting for product, legal (0 of 2 signed)")
	require.Contains(t, w.get("/metrics"), `slagate_refused_writes_total{kind="add-labels"} 1`)
}

func TestProduct_HTTP(t *testing.T) {
	t.Parallel()
	w := newWorld(t, thePolicy)
	w.open(weaken())
	require.Equal(t, "alive\n", w.get("/healthz"))
	require.Contains(t, w.get("/readyz"), "store: takes writes")
	require.Contains(t, w.get("/metrics"), "slagate_deliveries_total")
}

func TestProduct_RestartLosesNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t, thePolicy)
	p := w.open(weaken())
	for _, who := range [][2]string{{"pia", "product"}, {"lee", "legal"}} {
		require.NoError(t, w.as(who[0]).Label(p, "sla/"+who[1]+"-approved"))
		require.NoError(t, w.sim.Deliveries().Wait(t.Context()))
		w.stop()
		w.start()
	}
	w.green(p)
	w.pass(24 * time.Hour)
	w.sweep()
	w.green(p)
}

func TestProduct_PolicyTakenAwayFreesWhatItHeld(t *testing.T) {
	t.Parallel()
	w := newWorld(t, thePolicy)
	p := w.open(weaken())
	w.notGreen(p)
	w.repo.Commit("main", w.users["ada"], "no policy any more", map[string]githubsim.File{".github/slagate.yml": githubsim.Removed()})
	w.settle()
	w.sees(p, "success", "No customer commitment touched")
	require.Empty(t, p.View().Labels)
	q := w.open(weaken())
	require.Empty(t, q.View().Statuses)
}

func TestProduct_BranchWithoutAPolicyIsAnswered(t *testing.T) {
	t.Parallel()
	w := newWorld(t, thePolicy)
	w.repo.Commit("playground", w.users["ada"], "empty", map[string]githubsim.File{"a": githubsim.Text("a")})
	w.repo.Branch("toy", "playground")
	w.open(weaken())
	_, err := w.as("ana").Push(w.repo, "toy", "x", map[string]githubsim.File{"a": githubsim.Text("b")})
	require.NoError(t, err)
	p, err := w.as("ana").OpenPull(w.repo, githubsim.PullInput{Title: "x", Head: "toy", Base: "playground"})
	w.do(err)
	w.sees(p, "success", "No customer commitment touched")
}

func TestProduct_TheOwnerDefaultProtectsItself(t *testing.T) {
	t.Parallel()
	w := prepare(t, "")
	def := ownerDefault(w, thePolicy)
	def.Grant(w.users["ana"], githubsim.RoleWrite)
	w.start()
	def.Branch("lower", "main")
	_, err := w.as("ana").Push(def, "lower", "x", map[string]githubsim.File{"slagate.yml": githubsim.Text("version: 1\n")})
	require.NoError(t, err)
	p, err := w.as("ana").OpenPull(def, githubsim.PullInput{Title: "x", Head: "lower"})
	w.do(err)
	w.sees(p, "pending", "Waiting for legal, security (0 of 2 signed)")
}

func TestProduct_ReactionsAreOwedUntilTheyStand(t *testing.T) {
	t.Parallel()
	w := newWorld(t, thePolicy)
	p := w.open(weaken())
	w.sim.Fault(githubsim.Fault{Route: "POST /repos/{owner}/{repo}/issues/comments/{id}/reactions", Times: 2, Status: 500})
	c := w.say("lea", p, "/sla sign legal")
	w.eventually(func() bool { return reaction(p, c.ID) == "rocket" })
}
