package e2e

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/slagate/slagate/internal/githubsim"
	"github.com/slagate/slagate/internal/pull"
)

// tale is something that happened once, and what made it void since.
type tale struct {
	policy string // in place of thePolicy
	before func(w *world, p *githubsim.Pull)
	// act is what the late delivery tells of.
	act   func(w *world, p *githubsim.Pull) error
	since func(w *world, p *githubsim.Pull)
	state string // of the context slagate in the end
}

const (
	bothSigned = "success: Signed by product, legal"
	legalLacks = "pending: Waiting for legal (1 of 2 signed)"
	bothLack   = "pending: Waiting for product, legal (0 of 2 signed)"
)

// pushes has ana push one gated file.
func pushes(text string) func(w *world, p *githubsim.Pull) error {
	return func(w *world, p *githubsim.Pull) error {
		_, err := w.as("ana").Push(w.repo, p.View().HeadName, "more", map[string]githubsim.File{"slo/checkout.yml": githubsim.Text(text)})
		return err
	}
}

// commands has lee write a comment that is deleted once it has been obeyed.
func commands(w *world, p *githubsim.Pull, text string) {
	w.t.Helper()
	c := w.say("lee", p, text)
	w.do(w.as("lee").DeleteComment(p, c.ID))
}

// policyPush has ada put another policy into force.
func policyPush(policy string) func(w *world, _ *githubsim.Pull) error {
	return func(w *world, _ *githubsim.Pull) error {
		_, err := w.as("ada").Push(w.repo, "main", "policy", map[string]githubsim.File{".github/slagate.yml": githubsim.Text(policy)})
		return err
	}
}

// tales are the rows of this test.
func tales() map[string]tale {
	const good, bad = "objective: 99.5\nwindow: 30d\n", "objective: 1\nwindow: 30d\n"
	product := func(w *world, p *githubsim.Pull) { w.do(w.as("pia").Label(p, "sla/product-approved")) }
	both := func(w *world, p *githubsim.Pull) { w.signBoth(p) }
	return map[string]tale{
		"push of content that nobody signed, pushed away since": {
			before: both, act: pushes(bad), since: func(w *world, p *githubsim.Pull) { w.do(pushes(good)(w, p)) }, state: bothSigned,
		},
		"push of content that was signed, pushed away since": {
			before: func(w *world, p *githubsim.Pull) { w.signBoth(p); w.do(pushes(bad)(w, p)) },
			act:    pushes(good), since: func(w *world, p *githubsim.Pull) { w.do(pushes(bad)(w, p)) }, state: bothLack,
		},
		"push of a policy that asks nobody, taken back since": {
			act:   policyPush(strings.Replace(thePolicy, `["slo/**"]`, `["nothing/**"]`, 1)),
			since: func(w *world, p *githubsim.Pull) { w.do(policyPush(thePolicy+"# back\n")(w, p)) }, state: bothLack,
		},
		"closed, reopened since": {
			before: both, act: func(w *world, p *githubsim.Pull) error { return w.as("ana").Close(p) },
			since: func(w *world, p *githubsim.Pull) { w.do(w.as("ana").Reopen(p)) }, state: bothSigned,
		},
		"labelled, taken off since": {
			before: product, act: func(w *world, p *githubsim.Pull) error { return w.as("lee").Label(p, "sla/legal-approved") },
			since: func(w *world, p *githubsim.Pull) { w.do(w.as("lee").Unlabel(p, "sla/legal-approved")) }, state: legalLacks,
		},
		"taken off, labelled since": {
			before: both, act: func(w *world, p *githubsim.Pull) error { return w.as("lee").Unlabel(p, "sla/legal-approved") },
			since: func(w *world, p *githubsim.Pull) { w.do(w.as("lee").Label(p, "sla/legal-approved")) }, state: bothSigned,
		},
		"approved, dismissed since": {
			policy: thePolicy + "signoffs: { methods: [review] }\n",
			before: func(w *world, p *githubsim.Pull) {
				_, err := w.as("pia").Review(p, "APPROVED", "")
				w.do(err)
			},
			act: func(w *world, p *githubsim.Pull) error {
				_, err := w.as("lee").Review(p, "APPROVED", "")
				return err
			},
			since: func(w *world, p *githubsim.Pull) { w.do(w.as("ada").DismissReview(p, p.View().Reviews[1].ID)) }, state: legalLacks,
		},
		"signed by a command, taken back since, both comments gone": {
			before: product, act: func(w *world, p *githubsim.Pull) error {
				_, err := w.as("lee").Comment(p, "/sla sign legal")
				return err
			},
			since: func(w *world, p *githubsim.Pull) {
				all := p.View().Comments
				w.do(w.as("lee").DeleteComment(p, all[len(all)-1].ID))
				commands(w, p, "/sla unsign legal")
			}, state: legalLacks,
		},
		"taken back by a command, signed since, both comments gone": {
			before: both, act: func(w *world, p *githubsim.Pull) error {
				_, err := w.as("lee").Comment(p, "/sla unsign legal")
				return err
			},
			since: func(w *world, p *githubsim.Pull) {
				all := p.View().Comments
				w.do(w.as("lee").DeleteComment(p, all[len(all)-1].ID))
				if slices.Contains(p.View().Labels, "sla/legal-approved") { // the command was not heard
					w.do(w.as("lee").Unlabel(p, "sla/legal-approved"))
				}
				w.do(w.as("lee").Label(p, "sla/legal-approved"))
			}, state: bothSigned,
		},
	}
}

// Deliveries of what is void by now come two days late: for the first time, once more, under
// another GUID, and when slagate has forgotten that it had them. All is as before. Each tale is told
// twice, once on either engine.
func TestThreat_T21_VeryLate(t *testing.T) {
	t.Parallel()
	all := tales()
	for i, name := range slices.Sorted(maps.Keys(all)) {
		for k, on := range []engine{onSQLite, onPostgres} {
			heard := (i+k)%2 == 0
			t.Run(fmt.Sprintf("%s/heard then %t/%s", name, heard, on), func(t *testing.T) {
				t.Parallel()
				veryLate(newWorldOn(t, on, max(all[name].policy, thePolicy)), all[name], heard)
			})
		}
	}
}

func veryLate(w *world, x tale, heard bool) {
	w.t.Helper()
	p := w.open(weaken())
	if x.before != nil {
		x.before(w, p)
	}
	old := w.undelivered(func() error { return x.act(w, p) })
	require.NotEmpty(w.t, old)
	again := func(d githubsim.Delivery) { require.NoError(w.t, w.sim.Deliveries().Redeliver(d.ID)) }
	if heard {
		for _, d := range old {
			again(d)
		}
		w.settle()
	}
	x.since(w, p)
	w.pass(48 * time.Hour)
	was := w.visible(p)
	require.Equal(w.t, x.state, was.statuses["slagate"])
	slices.Reverse(old)
	if !heard { // it is written down what happened; nothing that stands moves
		for _, d := range old {
			again(d)
			w.settle()
		}
		now := w.visible(p)
		require.Equal(w.t, was.standing(), now.standing())
		was = now
	}
	for _, send := range []func(githubsim.Delivery){again, again, w.replay, func(d githubsim.Delivery) { w.forget(d); again(d) }} {
		for _, d := range old {
			send(d)
			w.settle()
			require.Equal(w.t, was, w.visible(p), "after %s %s", d.Event, d.Action)
		}
	}
	w.sweep()
	require.Equal(w.t, was, w.visible(p), "after the next sweep")
	// It is believed to be open, and what comes next is heeded.
	w.do(pushes("objective: 2\nwindow: 30d\n")(w, p))
	w.sees(p, "pending", "Waiting for product, legal (0 of 2 signed)")
}

// undelivered returns the deliveries of something that is done while slagate cannot be reached.
func (w *world) undelivered(act func() error) []githubsim.Delivery {
	w.t.Helper()
	before := len(w.sim.Deliveries().Log())
	w.sim.SetWebhook("http://"+freeAddress(w.t)+"/", secret)
	require.NoError(w.t, act())
	require.NoError(w.t, w.sim.Deliveries().Wait(context.Background()))
	w.sim.SetWebhook(w.hook+"/api/github/hook", secret)
	return w.sim.Deliveries().Log()[before:]
}

// replay sends the body of a delivery as another one.
func (w *world) replay(d githubsim.Delivery) {
	w.t.Helper()
	require.Equal(w.t, 200, w.post(d.Payload, map[string]string{
		"Content-Type": "application/json", "X-GitHub-Event": d.Event, "X-GitHub-Delivery": "another-" + d.GUID,
		"X-Hub-Signature-256": githubsim.Signature(secret, d.Payload), "X-GitHub-Hook-Installation-Target-ID": fmt.Sprint(appID),
	}))
}

// forget does what the retention of deliveries does to one.
func (w *world) forget(d githubsim.Delivery) {
	w.t.Helper()
	driver, address := "pgx", w.cfg.Database
	if w.on == onSQLite {
		driver, address = "sqlite", "file:"+address+"?_pragma=busy_timeout(10000)"
	}
	db, err := sql.Open(driver, address)
	require.NoError(w.t, err)
	result, err := db.ExecContext(context.Background(), fmt.Sprintf(`delete from deliveries where guid = '%s'`, d.GUID))
	require.NoError(w.t, err)
	_, err = result.RowsAffected()
	require.NoError(w.t, err)
	require.NoError(w.t, db.Close())
}

// shown is what people see of a pull request, and what counts for it.
type shown struct {
	statuses  map[string]string
	labels    []string
	comments  []string
	reactions int
	events    int // of its history: labels put on and off
	signed    []pull.SignOff
}

// standing is what holds or frees the merge, and what was done to the pull request.
func (s shown) standing() []any {
	var counts []string
	for _, x := range s.signed {
		if x.State == pull.SignOffActive {
			counts = append(counts, x.Function+" "+x.Person.Login+" "+x.Evidence)
		}
	}
	return []any{s.statuses, s.labels, len(s.comments), s.reactions, s.events, counts}
}

// visible is how a pull request looks now. When slagate looked last is left out.
func (w *world) visible(p *githubsim.Pull) shown {
	w.t.Helper()
	v := p.View()
	out := shown{statuses: map[string]string{}, labels: slices.Sorted(slices.Values(v.Labels)), events: len(v.Events), signed: w.memory(p).SignOffs}
	for _, s := range v.Statuses {
		out.statuses[s.Context] = s.State + ": " + s.Description
	}
	for _, c := range v.Comments {
		text, _, _ := strings.Cut(c.Body, "<sub>evaluated at ")
		out.comments = append(out.comments, c.Author.Login()+": "+text)
		out.reactions += len(c.Reactions)
	}
	return out
}

// memory is what slagate remembers of a pull request.
func (w *world) memory(p *githubsim.Pull) (m pull.Memory) {
	w.t.Helper()
	var text string
	err := w.jobs.QueryRowContext(context.Background(), fmt.Sprintf(`select memory from pulls where number = %d`, p.Number)).Scan(&text)
	require.NoError(w.t, err)
	require.NoError(w.t, json.Unmarshal([]byte(text), &m))
	return m
}

// The policy file is away, which slagate has seen, and the owner's default asks for less. A label is put on a
// head that slagate has not looked at yet, and before it does the very same file is back.
func TestThreat_T02_PolicyCameBack(t *testing.T) {
	t.Parallel()
	const more = `version: 1
rules: [ { name: promises, paths: ["slo/**"], require: [legal] } ]
`
	const some = `version: 1
functions: { legal: { teams: [acme/legal] } }
rules: [ { name: checkout, paths: ["slo/checkout.yml"], require: [legal] } ]
policy: { require: [legal] }
`
	w := newWorld(t, more)
	owner := w.org.AddRepo(".github")
	owner.Commit("main", w.users["ada"], "the owner's default", map[string]githubsim.File{"slagate.yml": githubsim.Text(some)})
	w.settle()
	w.sweep()
	p := w.open(map[string]githubsim.File{
		"slo/checkout.yml": githubsim.Text("objective: 99.5\nwindow: 30d\n"), "slo/search.yml": githubsim.Text("objective: 9\nwindow: 30d\n"),
	})
	_, err := w.as("ada").Push(w.repo, "main", "away", map[string]githubsim.File{".github/slagate.yml": githubsim.Removed()})
	w.do(err)
	old := w.undelivered(func() error {
		err := pushes("objective: 99.4\nwindow: 30d\n")(w, p)
		if err == nil {
			err = w.as("lee").Label(p, "sla/legal-approved")
		}
		if err == nil {
			err = policyPush(more)(w, p)
		}
		return err
	})
	for _, d := range old {
		require.NoError(t, w.sim.Deliveries().Redeliver(d.ID))
	}
	w.settle()
	require.Equal(t, "pending: Waiting for legal (0 of 1 signed)", slagateSays(p))
	require.Contains(t, w.comment(p), "the policy may have changed in between")
}

// A label is put on a head that slagate has not looked at yet, and before it does the function is asked about
// more. What the label was given for was less. Without another policy in between it counts.
func TestThreat_T02_PolicyCameBefore(t *testing.T) {
	t.Parallel()
	const (
		some = `version: 1
functions: { legal: { teams: [acme/legal] } }
rules: [ { name: promises, paths: ["slo/checkout.yml"], require: [legal] } ]
policy: { require: [legal] }
`
		lacks = "pending: Waiting for legal (0 of 1 signed)"
	)
	more := strings.Replace(some, "slo/checkout.yml", "slo/**", 1)
	for name, x := range map[string]struct{ next, state string }{
		"more is asked":     {more, lacks},
		"as much is asked":  {"", "success: Signed by legal"},
		"a remark is added": {some + "# a remark\n", lacks}, // only what is known not to matter lets a label count
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, some)
			p := w.open(map[string]githubsim.File{
				"slo/checkout.yml": githubsim.Text("objective: 99.5\nwindow: 30d\n"), "slo/search.yml": githubsim.Text("objective: 9\nwindow: 30d\n"),
			})
			old := w.undelivered(func() error {
				err := pushes("objective: 99.4\nwindow: 30d\n")(w, p)
				if err == nil {
					err = w.as("lee").Label(p, "sla/legal-approved")
				}
				if err == nil && x.next != "" {
					err = policyPush(x.next)(w, p)
				}
				return err
			})
			for _, d := range old {
				require.NoError(t, w.sim.Deliveries().Redeliver(d.ID))
			}
			w.settle()
			require.Equal(t, x.state, slagateSays(p))
			if x.state == lacks {
				require.Contains(t, w.comment(p), "the policy may have changed in between")
				require.NotContains(t, p.View().Labels, "sla/legal-approved")
				w.do(w.as("lee").Label(p, "sla/legal-approved"))
			}
			require.Equal(t, "success: Signed by legal", slagateSays(p))
		})
	}
}
