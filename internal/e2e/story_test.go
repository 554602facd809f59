package e2e

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/slagate/slagate/internal/githubsim"
)

func TestStory_SignedByLabelAndCommand(t *testing.T) {
	t.Parallel()
	w := newWorld(t, thePolicy)
	p := w.open(weaken())
	w.sees(p, "pending", "Waiting for product, legal (0 of 2 signed)")
	require.ElementsMatch(t, []string{"sla/needs-product", "sla/needs-legal"}, p.View().Labels)
	require.Equal(t, "Waiting for legal (acme/legal)", p.View().Status("slagate/legal").Description)
	require.Contains(t, w.comment(p), "slo/checkout.yml")

	w.do(w.as("pia").Label(p, "sla/product-approved"))
	w.sees(p, "pending", "Waiting for legal (1 of 2 signed)")
	require.Equal(t, "Signed by pia", p.View().Status("slagate/product").Description)

	// lea has read access only: she cannot put a label on, but she can comment.
	require.Error(t, w.as("lea").Label(p, "sla/legal-approved"))
	c := w.say("lea", p, "/sla sign legal agreed with the customer")
	w.sees(p, "success", "Signed by product, legal")
	require.ElementsMatch(t, []string{"sla/product-approved", "sla/legal-approved"}, p.View().Labels)
	require.Equal(t, "rocket", reaction(p, c.ID))
	require.NoError(t, w.as("ana").Merge(p, false))
	w.settle()
}

func reaction(p *githubsim.Pull, id int64) string {
	for _, c := range p.View().Comments {
		if c.ID == id {
			var all []string
			for _, r := range c.Reactions {
				all = append(all, r.Content)
			}
			return strings.Join(all, ",")
		}
	}
	return "no such comment"
}

func TestStory_Ungated(t *testing.T) {
	t.Parallel()
	w := newWorld(t, thePolicy)
	p := w.open(map[string]githubsim.File{"src/main.go": githubsim.Text("package main // new\n")})
	w.sees(p, "success", "No customer commitment touched")
	require.Empty(t, w.comment(p))
	require.Empty(t, p.View().Labels)
}

func TestStory_NoPolicyNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "")
	p := w.open(weaken())
	require.Empty(t, p.View().Statuses)
	require.Empty(t, w.comment(p))
	require.Empty(t, p.View().Labels)
}

func TestStory_PushAsksOnlyTheFunctionsConcerned(t *testing.T) {
	t.Parallel()
	w := newWorld(t, thePolicy)
	files := weaken()
	files["oncall/escalation.tf"] = githubsim.Text("escalation_delay_in_minutes = 60\n")
	p := w.open(files)
	w.sees(p, "pending", "Waiting for product, legal, security, support (0 of 4 signed)")
	w.do(w.as("pia").Label(p, "sla/product-approved"))
	w.do(w.as("lee").Label(p, "sla/legal-approved"))
	w.do(w.as("sue").Label(p, "sla/security-approved"))
	w.do(w.as("sid").Label(p, "sla/support-approved"))
	w.sees(p, "success", "Signed by product, legal, security, support")

	_, err := w.as("ana").Push(w.repo, p.View().HeadName, "more", map[string]githubsim.File{
		"oncall/escalation.tf": githubsim.Text("escalation_delay_in_minutes = 90\n"),
	})
	w.do(err)
	w.sees(p, "pending", "Waiting for security, support (2 of 4 signed)")
	require.ElementsMatch(t, []string{"sla/product-approved", "sla/legal-approved", "sla/needs-security", "sla/needs-support"}, p.View().Labels)
	require.Contains(t, w.comment(p), "ince security signed")

	w.do(w.as("sue").Label(p, "sla/security-approved"))
	w.do(w.as("sid").Label(p, "sla/support-approved"))
	w.green(p)

	// A push that leaves the gated content alone, and a rebase, keep everything.
	_, err = w.as("ana").Push(w.repo, p.View().HeadName, "docs", map[string]githubsim.File{"README.md": githubsim.Text("shop 2\n")})
	w.do(err)
	w.sees(p, "success", "Signed by product, legal, security, support")
	_, err = w.as("ada").Push(w.repo, "main", "elsewhere", map[string]githubsim.File{"src/main.go": githubsim.Text("package main // x\n")})
	w.do(err)
	w.do(w.as("ana").Rebase(p))
	w.sees(p, "success", "Signed by product, legal, security, support")
	w.do(w.as("ana").MergeBaseIn(p))
	w.green(p)
}

func TestStory_Withdrawn(t *testing.T) {
	t.Parallel()
	w := newWorld(t, thePolicy)
	p := w.open(weaken())
	w.do(w.as("pia").Label(p, "sla/product-approved"))
	w.do(w.as("lee").Label(p, "sla/legal-approved"))
	w.green(p)
	w.do(w.as("lee").Unlabel(p, "sla/legal-approved"))
	w.sees(p, "pending", "Waiting for legal (1 of 2 signed)")
	w.say("lea", p, "/sla sign legal")
	w.green(p)
	// Removed by somebody without a say: put back.
	w.do(w.as("bob").Unlabel(p, "sla/legal-approved"))
	w.green(p)
	require.Contains(t, p.View().Labels, "sla/legal-approved")
	// Another member takes all back.
	w.say("lee", p, "/sla unsign legal")
	w.sees(p, "pending", "Waiting for legal (1 of 2 signed)")
	require.Contains(t, w.comment(p), "lee")
}
