package e2e

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/slagate/slagate/internal/githubsim"
)

// Attacks on the evidence itself: somebody makes a withdrawal vanish from
// GitHub's history before slagate looks, or makes an old consent look like one
// for other content.

func signedByBoth(w *world) *githubsim.Pull {
	w.t.Helper()
	p := w.open(weaken())
	w.do(w.as("pia").Label(p, "sla/product-approved"))
	w.do(w.as("lee").Label(p, "sla/legal-approved"))
	w.green(p)
	return p
}

// GitHub shows no event of a label that was deleted, and the events of a renamed
// one under its new name: a withdrawal must not vanish with it.
func TestThreat_T03_WithdrawalHiddenByDeletingOrRenamingTheLabel(t *testing.T) {
	t.Parallel()
	const label = "sla/legal-approved"
	hide := map[string]func(w *world, p *githubsim.Pull) error{
		"deleted": func(w *world, _ *githubsim.Pull) error { return w.as("ana").DeleteLabel(w.repo, label) },
		"renamed": func(w *world, _ *githubsim.Pull) error { return w.as("ana").RenameLabel(w.repo, label, "old") },
		"deleted and put on anew": func(w *world, p *githubsim.Pull) error {
			return errors.Join(w.as("ana").DeleteLabel(w.repo, label), w.as("ana").Label(p, label))
		},
		"renamed and another in its place": func(w *world, p *githubsim.Pull) error {
			return errors.Join(w.as("ana").RenameLabel(w.repo, label, "old"), w.as("ana").RenameLabel(w.repo, "bug", label))
		},
	}
	for how, act := range hide {
		for name, lost := range map[string]bool{"in the same moment": false, "while slagate is down": true} {
			for _, by := range []string{"label", "command"} {
				t.Run(how+" "+name+", given by "+by, func(t *testing.T) {
					t.Parallel()
					w := newWorld(t, thePolicy)
					p := w.open(weaken())
					w.do(w.as("bob").Label(p, "bug"))
					w.do(w.as("pia").Label(p, "sla/product-approved"))
					if by == "label" {
						w.do(w.as("lee").Label(p, label))
					} else {
						w.say("lee", p, "/sla sign legal")
					}
					w.green(p)
					if lost {
						w.stop()
					} else {
						w.sim.Deliveries().Pause()
					}
					require.NoError(t, w.as("lee").Unlabel(p, label))
					require.NoError(t, act(w, p))
					if lost {
						w.start()
					} else {
						w.sim.Deliveries().Resume()
						w.settle()
					}
					w.pass(time.Minute)
					w.sweep()
					w.sees(p, "pending", "Waiting for legal (1 of 2 signed)")
				})
			}
		}
	}
}

// People with write access can delete the comments of others.
func TestThreat_T34_WithdrawalHiddenByDeletingTheComment(t *testing.T) {
	t.Parallel()
	w := newWorld(t, thePolicy)
	p := signedByBoth(w)
	w.sim.Deliveries().Pause()
	c, err := w.as("lee").Comment(p, "/sla unsign legal")
	require.NoError(t, err)
	require.NoError(t, w.as("ana").DeleteComment(p, c.ID))
	w.sim.Deliveries().Resume()
	w.settle()
	w.sees(p, "pending", "Waiting for legal (1 of 2 signed)")
	w.pass(time.Minute)
	w.sweep()
	w.sees(p, "pending", "Waiting for legal (1 of 2 signed)")
}

// A consent that was deleted before anybody looked is none.
func TestThreat_T34_SignCommandDeletedBeforeTheEvaluation(t *testing.T) {
	t.Parallel()
	w := newWorld(t, thePolicy)
	p := w.open(weaken())
	w.do(w.as("pia").Label(p, "sla/product-approved"))
	w.sim.Deliveries().Pause()
	c, err := w.as("lea").Comment(p, "/sla sign legal")
	require.NoError(t, err)
	require.NoError(t, w.as("lea").DeleteComment(p, c.ID))
	w.sim.Deliveries().Resume()
	w.settle()
	w.notGreen(p)
}

// What counts is what was said when it was said; others cannot edit it away or in.
func TestThreat_T34_EditedBeforeTheEvaluation(t *testing.T) {
	t.Parallel()
	for name, lost := range map[string]bool{"delivered": false, "deliveries lost": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, thePolicy)
			p := w.open(weaken())
			w.do(w.as("pia").Label(p, "sla/product-approved"))
			w.sim.Deliveries().Pause()
			if lost {
				w.stop()
			}
			c, err := w.as("lea").Comment(p, "I will look at it")
			require.NoError(t, err)
			require.NoError(t, w.as("sam").EditComment(p, c.ID, "/sla sign legal"))
			d, err := w.as("lee").Comment(p, "/sla unsign product\n/sla sign security")
			require.NoError(t, err)
			require.NoError(t, w.as("ana").EditComment(p, d.ID, "/sla sign legal"))
			w.sim.Deliveries().Resume()
			if lost {
				w.start()
			}
			w.settle()
			w.sweep()
			w.sees(p, "pending", "Waiting for legal (1 of 2 signed)")
		})
	}
}

// A command line that its author takes out and puts in again is a new command.
func TestThreat_T34_UnsignSaidAgainByEdit(t *testing.T) {
	t.Parallel()
	w := newWorld(t, thePolicy)
	p := signedByBoth(w)
	c := w.say("lee", p, "/sla unsign legal")
	w.notGreen(p)
	w.do(w.as("lee").EditComment(p, c.ID, "thinking"))
	w.do(w.as("lee").Label(p, "sla/legal-approved"))
	w.green(p)
	w.do(w.as("lee").EditComment(p, c.ID, "no, after all\n/sla unsign legal"))
	w.sees(p, "pending", "Waiting for legal (1 of 2 signed)")
}

// A head that is left by a force-push to its ancestor comes back by an ordinary
// push: no force-push follows the label, and yet it was for the ancestor.
func TestThreat_T02_HistoryAndAnAncestorInBetween(t *testing.T) {
	t.Parallel()
	for name, method := range map[string]string{"label": "[label]", "review": "[label, review]"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, thePolicy+"signoffs: { methods: "+method+" }\n")
			p := w.open(weaken())
			mild := p.View().Head
			_, err := w.as("ana").Push(w.repo, p.View().HeadName, "worse", map[string]githubsim.File{"slo/checkout.yml": githubsim.Text("objective: 50\n")})
			w.do(err)
			harsh := p.View().Head
			w.do(w.as("pia").Label(p, "sla/product-approved"))
			w.sees(p, "pending", "Waiting for legal (1 of 2 signed)")
			w.stop() // deliveries are lost from here on
			require.NoError(t, w.as("ana").ForcePush(w.repo, p.View().HeadName, mild))
			if name == "label" {
				require.NoError(t, w.as("lee").Label(p, "sla/legal-approved"))
			} else {
				_, err := w.as("lee").Review(p, "APPROVED", "")
				require.NoError(t, err)
			}
			require.NoError(t, w.as("ana").ForcePush(w.repo, p.View().HeadName, harsh))
			require.Equal(t, harsh, p.View().Head)
			w.pass(time.Minute)
			w.start()
			w.notGreen(p)
		})
	}
}

// "Request changes" withdraws, even if somebody dismisses it in the same moment.
func TestThreat_T03_RequestedChangesDismissedAtOnce(t *testing.T) {
	t.Parallel()
	for name, lost := range map[string]bool{"delivered": false, "deliveries lost": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, thePolicy+"signoffs: { methods: [review] }\n")
			p := w.open(weaken())
			for _, who := range []string{"pia", "lee"} {
				_, err := w.as(who).Review(p, "APPROVED", "")
				w.do(err)
			}
			w.green(p)
			w.sim.Deliveries().Pause()
			if lost {
				w.stop()
			}
			r, err := w.as("lee").Review(p, "CHANGES_REQUESTED", "stop")
			require.NoError(t, err)
			require.NoError(t, w.as("ana").DismissReview(p, r.ID))
			w.sim.Deliveries().Resume()
			if lost {
				w.start()
			}
			w.settle()
			w.sees(p, "pending", "Waiting for legal (1 of 2 signed)")
		})
	}
}

// A tick that did not count does not begin to count when its person joins later.
func TestThreat_T16_OldTickOfALaterMember(t *testing.T) {
	t.Parallel()
	policy := strings.Replace(thePolicy, "[impact, rollback]", "[{id: price-plan, required: true}]", 1) +
		"checklist: [{id: price-plan, text: Price plan page updated, owner: product}]\n"
	w := newWorld(t, policy)
	p := labelledByBoth(w)
	w.sees(p, "pending", "Signed; still open: price-plan")
	right := w.comment(p)
	ticked := strings.Replace(right, "- [ ] <!-- item:price-plan -->", "- [x] <!-- item:price-plan -->", 1)
	require.NotEqual(t, right, ticked)
	w.do(w.as("sam").EditComment(p, commentID(w, p), ticked))
	w.sees(p, "pending", "Signed; still open: price-plan")
	w.do(w.as("ada").AddToTeam(w.teams["product"], w.users["sam"]))
	w.sweep()
	w.sees(p, "pending", "Signed; still open: price-plan")
	// Now that sam is one of them, another tick counts.
	w.do(w.as("sam").EditComment(p, commentID(w, p), strings.Replace(w.comment(p), "- [ ] <!-- item:price-plan -->", "- [x] <!-- item:price-plan -->", 1)))
	w.green(p)
}

func labelledByBoth(w *world) *githubsim.Pull {
	w.t.Helper()
	p := w.open(weaken())
	w.do(w.as("pia").Label(p, "sla/product-approved"))
	w.do(w.as("lee").Label(p, "sla/legal-approved"))
	return p
}

// The same head is asked about something else for a while: what is signed after
// that is for what stands then.
func TestProduct_TheSameHeadAskedTheSameAgain(t *testing.T) {
	t.Parallel()
	for _, method := range []string{"label", "command"} {
		t.Run(method, func(t *testing.T) {
			t.Parallel()
			policy := strings.Replace(thePolicy, "checklist: [impact, rollback]", "checklist: [a]", 1) +
				"checklist: [{id: a, text: Letter a, owner: legal}, {id: b, text: Letter b, owner: legal}]\n"
			w := newWorld(t, policy)
			p := w.open(weaken())
			w.repo.Commit("main", w.users["ada"], "more", policyFile(strings.Replace(policy, "checklist: [a]", "checklist: [a, b]", 1)))
			w.settle()
			w.repo.Commit("main", w.users["ada"], "back", policyFile(policy))
			w.settle()
			w.pass(time.Minute)
			w.do(w.as("pia").Label(p, "sla/product-approved"))
			if method == "label" {
				w.do(w.as("lee").Label(p, "sla/legal-approved"))
			} else {
				w.say("lea", p, "/sla sign legal")
			}
			w.sees(p, "success", "Signed by product, legal")
		})
	}
}

// GitHub made the comment but its answer was lost: a command refers to it all the same.
func TestThreat_T20_CommandAfterTheAnswerToTheCommentWasLost(t *testing.T) {
	t.Parallel()
	w := newWorld(t, thePolicy)
	w.open(map[string]githubsim.File{"README.md": githubsim.Text("x")})
	w.sim.Fault(githubsim.Fault{Route: "POST /repos/{owner}/{repo}/issues/{number}/comments", Times: 1, Status: 502, DoneAnyway: true})
	p := w.openOnly(weaken())
	w.eventually(func() bool { return len(p.View().Labels) == 2 && w.comment(p) != "" })
	w.settle()
	require.Positive(t, w.sim.FaultHits())
	w.pass(time.Minute)
	w.say("lea", p, "/sla sign legal")
	w.sees(p, "pending", "Waiting for product (1 of 2 signed)")
}

// The delivery of a label that was put on twice is told apart by its time.
func TestThreat_T21_LabelTwiceReordered(t *testing.T) {
	t.Parallel()
	w := newWorld(t, thePolicy)
	p := w.open(weaken())
	w.do(w.as("pia").Label(p, "sla/product-approved"))
	w.sim.Deliveries().Pause()
	require.NoError(t, w.as("lee").Label(p, "sla/legal-approved")) // for the first version
	require.NoError(t, w.as("lee").Unlabel(p, "sla/legal-approved"))
	_, err := w.as("ana").Push(w.repo, p.View().HeadName, "worse", map[string]githubsim.File{"slo/checkout.yml": githubsim.Text("objective: 90\n")})
	require.NoError(t, err)
	require.NoError(t, w.as("lee").Label(p, "sla/legal-approved")) // for the second
	w.sim.Deliveries().Reverse()
	w.sim.Deliveries().Resume()
	w.settle()
	w.sees(p, "pending", "Waiting for product (1 of 2 signed)")
}

// Without its label people cannot sign: a deletion that nobody told of is found by the sweep.
func TestThreat_T03_SweepBringsADeletedLabelBack(t *testing.T) {
	t.Parallel()
	w := newWorld(t, thePolicy)
	p := w.open(weaken())
	w.sim.Deliveries().LoseNext(1)
	w.do(w.as("sam").DeleteLabel(w.repo, "sla/legal-approved"))
	w.sweep()
	w.do(w.as("lee").Label(p, "sla/legal-approved"))
	w.sees(p, "pending", "Waiting for product (1 of 2 signed)")
}
