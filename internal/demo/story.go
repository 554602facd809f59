package demo

import (
	"errors"
	"fmt"
	"regexp"
	"slices"

	"github.com/slagate/slagate/internal/githubsim"
)

const (
	pending = `Required status check "slagate" is pending.`
	failing = `Required status check "slagate" is failing.`
	turn    = "Whose turn it is"
	table   = "What changes for customers"
	refused = "Did not count"
	since   = "What changed since it was signed"
)

// times are what differs from run to run in the comment: times and commits.
var times = regexp.MustCompile(`,? ?(on )?\d{4}-\d\d-\d\d \d\d:\d\d UTC( at [0-9a-f]{7})?`)

func untimed(line string) string { return times.ReplaceAllString(line, "") }

// story is the standard story.
func story() []step {
	return slices.Concat(opening(), signing(), pushing(), ending())
}

// The labels of functions that are awaited, and of those that have signed.
func needs(functions ...string) []string { return labels("sla/needs-%s", functions) }

func signed(functions ...string) []string { return labels("sla/%s-approved", functions) }

func labels(format string, functions []string) []string {
	var out []string
	for _, f := range functions {
		out = append(out, fmt.Sprintf(format, f))
	}
	return out
}

func sorted(sets ...[]string) []string {
	out := slices.Concat(sets...)
	slices.Sort(out)
	return out
}

// opening: what is gated and what is not, and who has no say.
func opening() []step {
	nobody := scene{
		Status: "pending: Waiting for product, legal, security, support (0 of 4 signed)", Held: pending,
		Labels: sorted(needs(functions()...)), Says: "Waiting for product, legal, security and support (0 of 4 signed)",
	}
	again := nobody
	again.Refused = pending
	bystander := nobody
	bystander.Says = "not an active member of legal (acme/legal)"
	return []step{
		{
			Tells: "ana opens a pull request about a runbook: nothing in it was promised to anybody",
			Do:    propose("docs"),
			Want:  scene{Status: "success: No customer commitment touched"},
		},
		{
			Tells: "ana rewords a remark in the file with the checkout objectives: no promise changes, nobody is asked",
			Do:    propose("reword"),
			Want:  scene{Status: "success: Commitments touched, none changed", Says: "so nobody has to sign"},
		},
		{
			Tells: "ana promises more: the rule asks only two functions about what gets stronger",
			Do:    propose("tighten"), Shows: []string{table},
			Want: scene{
				Status: "pending: Waiting for product, support (0 of 2 signed)", Held: pending,
				Labels: needs("product", "support"), Says: "strengthened",
			},
		},
		{
			Tells: "ana promises less: availability of checkout goes from 99.95% to 99.5%",
			Do:    propose("weaken"), Want: nobody, Shows: []string{table, turn},
		},
		{Tells: "ana tries to merge all the same", Do: merge(writer), Want: again},
		{
			Tells: "bob, who belongs to no function, puts the label sla/legal-approved on",
			Do:    label("bob", "sla/legal-approved"), Want: bystander, Shows: []string{refused},
		},
	}
}

// signing: the right people sign, each in their way; a required item holds to the last.
func signing() []step {
	one := scene{
		Status: "pending: Waiting for legal, security, support (1 of 4 signed)", Held: pending,
		Labels: sorted(needs("legal", "security", "support"), signed("product")),
		Says:   "Waiting for legal, security and support (1 of 4 signed)",
	}
	reader := one
	reader.Refused = "Must have triage rights to Repository."
	return []step{
		{Tells: "pia signs for product: she puts the label sla/product-approved on", Do: label("pia", "sla/product-approved"), Want: one},
		{Tells: "lee of legal may only read, so GitHub does not let him label", Do: label("lee", "sla/legal-approved"), Want: reader},
		{
			Tells: "but he can comment: /sla sign legal agreed with the three customers concerned",
			Do:    say("lee", "/sla sign legal agreed with the three customers concerned"),
			Want: scene{
				Status: "pending: Waiting for security, support (2 of 4 signed)", Held: pending,
				Labels: sorted(needs("security", "support"), signed("product", "legal")),
				Says:   "agreed with the three customers concerned",
			},
		},
		{
			Tells: "sam approves in a review, for security", Do: approve("sam"),
			Want: scene{
				Status: "pending: Waiting for support (3 of 4 signed)", Held: pending,
				Labels: sorted(needs("support"), signed("product", "legal", "security")),
				Says:   "Waiting for support (3 of 4 signed)",
			},
		},
		{
			Tells: "sid comments: /sla sign support. All have signed, but the policy requires a way back", Do: say("sid", "/sla sign support"),
			Want: stillOpen(), Shows: []string{turn},
		},
	}
}

// stillOpen is what is seen when all have signed and the required item is open.
func stillOpen() scene {
	return scene{
		Status: "pending: Signed; still open: rollback", Held: pending, Labels: sorted(signed(functions()...)),
		Says: "settle the required checklist item rollback below",
	}
}

// pushing: sign-offs hold for content, and nobody gets around them.
func pushing() []step {
	half := scene{
		Status: "pending: Waiting for security, support (2 of 4 signed)", Held: pending,
		Labels: sorted(needs("security", "support"), signed("product", "legal")),
		Says:   "since security signed",
	}
	forged := half
	forged.Says, forged.Forged = "Waiting for security and support (2 of 4 signed)", "success by ana, then pending by slagate[bot]"
	return []step{
		{Tells: "ana pushes a change of a page that no rule covers: every sign-off stays", Do: pushMore("other"), Want: stillOpen()},
		{Tells: "ana rewords a remark beside the objective that was signed: they stay, too", Do: pushMore("remark"), Want: stillOpen()},
		{
			Tells: "ana takes the last level out of an escalation path: only security and support are asked again",
			Do:    pushChange("escalation"), Want: half, Shows: []string{table, since},
		},
		{
			Tells: "ana is impatient and posts a green status \"slagate\" herself: it is put right, and never counted",
			Do:    forge(writer), Want: forged,
		},
		{
			Tells: "sue signs for security this time", Do: say("sue", "/sla sign security"),
			Want: scene{
				Status: "pending: Waiting for support (3 of 4 signed)", Held: pending,
				Labels: sorted(needs("support"), signed("product", "legal", "security")), Says: "Waiting for support (3 of 4 signed)",
			},
		},
		{Tells: "sid signs again, too", Do: label("sid", "sla/support-approved"), Want: stillOpen()},
	}
}

// ending: what is done is let through, and what cannot be got around.
func ending() []step {
	done := scene{
		Status: "success: Signed by product, legal, security, support", Labels: sorted(signed(functions()...)),
		Says: "Signed by product, legal, security and support",
	}
	merged := done
	merged.Merged = true
	return []step{
		{Tells: "ana ticks the box of the item rollback in slagate's comment", Do: tick(writer, "rollback"), Want: done},
		{Tells: "ana merges", Do: merge(writer), Want: merged},
		{
			Tells: "ana opens a pull request that would break the policy itself",
			Do:    propose("break"), Shows: []string{"What this does to slagate's policy"},
			Want: scene{
				Status: `failure: Policy would be invalid: .github/slagate.yml:6 unknown key "team", did you mean "teams"?`, Held: failing,
				Labels: needs("legal", "security"), Says: "The policy would be invalid",
			},
		},
		{
			Tells: "ana moves the checkout objectives to a folder that no rule covers",
			Do:    propose("rename"), Shows: []string{table},
			Want: scene{
				Status: "pending: Waiting for product, legal, security, support (0 of 4 signed)", Held: pending,
				Labels: sorted(needs(functions()...)), Says: "removed",
			},
		},
		{
			Tells: "ana makes an alert wait so long that the contract is broken: legal is asked, which the rule does not say",
			Do:    propose("late"), Shows: []string{table},
			Want: scene{
				Status: "pending: Waiting for legal, security, support (0 of 3 signed)", Held: pending,
				Labels: needs("legal", "security", "support"), Says: "below the contract",
			},
		},
	}
}

// propose opens a pull request of ana's with a prepared change; the story goes on with it.
func propose(id string) func(*teller) error {
	return func(t *teller) error {
		i := slices.IndexFunc(changes(), func(c change) bool { return c.ID == id })
		p, err := t.open(writer, changes()[i])
		if err == nil {
			t.pr = p
		}
		return err
	}
}

// pushMore pushes to the branch as ana.
func pushMore(id string) func(*teller) error {
	return func(t *teller) error {
		i := slices.IndexFunc(pushes(), func(p push) bool { return p.ID == id })
		return t.push(writer, t.pr, pushes()[i].About, pushes()[i].Edit)
	}
}

// pushChange pushes a prepared change to the branch as ana.
func pushChange(id string) func(*teller) error {
	return func(t *teller) error {
		i := slices.IndexFunc(changes(), func(c change) bool { return c.ID == id })
		return t.push(writer, t.pr, changes()[i].Title, changes()[i].Edit)
	}
}

// by does something as a person.
func by(login string, do func(t *teller, a githubsim.Actor) error) func(*teller) error {
	return func(t *teller) error {
		return t.act(login, func(a githubsim.Actor) error { return do(t, a) })
	}
}

func label(login, name string) func(*teller) error {
	return by(login, func(t *teller, a githubsim.Actor) error { return a.Label(t.pr, name) })
}

func merge(login string) func(*teller) error {
	return by(login, func(t *teller, a githubsim.Actor) error { return a.Merge(t.pr, false) })
}

func say(login, text string) func(*teller) error {
	return by(login, func(t *teller, a githubsim.Actor) error {
		_, err := a.Comment(t.pr, text)
		return err
	})
}

func approve(login string) func(*teller) error {
	return by(login, func(t *teller, a githubsim.Actor) error {
		_, err := a.Review(t.pr, "APPROVED", "")
		return err
	})
}

// forge posts slagate's own status as a person.
func forge(login string) func(*teller) error {
	return by(login, func(t *teller, a githubsim.Actor) error {
		return a.PostStatus(t.repo, t.pr.View().Head, "success", statusContext, "all fine")
	})
}

// tick ticks the box of an item in slagate's comment.
func tick(login, item string) func(*teller) error {
	return by(login, func(t *teller, a githubsim.Actor) error {
		c := t.comment(t.pr.View())
		if c == nil {
			return errors.New("slagate has not commented")
		}
		return a.Tick(t.pr, c.ID, marker(item))
	})
}
