package plan_test

import (
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/slagate/slagate/internal/commitment"
	"github.com/slagate/slagate/internal/gate"
	"github.com/slagate/slagate/internal/plan"
	"github.com/slagate/slagate/internal/policy"
	"github.com/slagate/slagate/internal/pull"
	"github.com/slagate/slagate/internal/taskbox"
)

var (
	noon = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
	head = strings.Repeat("a1b2c3d4e5", 4)
	app  = pull.Person{ID: 77, Login: "slagate", Kind: pull.KindBot}
	mal  = pull.Person{ID: 99, Login: "mallory", Kind: pull.KindUser}
)

const (
	newComment = 4711
	page       = "https://github.com/acme/shop/pull/12"
	commentURL = page + "#issuecomment-4711"
)

// github is the model of what slagate's steps do at GitHub.
type github struct {
	sn pull.Snapshot
	d  gate.Decision
}

// opened is a pull request that has just been opened and asks two functions.
func opened() github {
	return github{
		sn: pull.Snapshot{
			At: noon, App: app, Ref: pull.Ref{Owner: "acme", Repo: "shop", Number: 12},
			Pull: pull.Pull{Open: true, Head: head, Author: pull.Person{ID: 1, Login: "ana"}},
			Observed: pull.Observed{
				LabelsAsked: []string{"sla/needs-legal", "sla/legal-approved", "sla/needs-support", "Support: OK"},
				RepoLabels:  []string{"SLA/needs-legal", "sla/legal-approved", "sla/needs-support", "support: ok"},
			},
		},
		d: gate.Decision{
			Ref: pull.Ref{Owner: "acme", Repo: "shop", Number: 12}, At: noon, Head: head, Base: "main", Verdict: gate.Waiting,
			Files: []gate.GatedFile{{Path: "slo/x.yml", Status: pull.FileModified, Effect: commitment.Unknown}},
			Functions: []gate.Function{
				{Name: "legal", Teams: []string{"acme/legal"}, Label: "sla/legal-approved", Approvals: 1},
				{Name: "support", Teams: []string{"acme/support"}, Label: "support: ok", Approvals: 1},
			},
			Checklist: []gate.Item{{ID: "rollback", Text: "The way back", Owner: policy.AuthorOwner, Required: true}},
		},
	}
}

func (g *github) build() plan.Plan { return plan.Build(g.sn, g.d, plan.Options{}) }

// apply does the steps of a plan and remembers them, as reconciliation does.
func (g *github) apply(p plan.Plan) {
	g.d.Memory.PutRights = p.PutRights
	for _, a := range plan.WithComment(p.Steps, newComment) {
		g.do(a)
		g.remember(a)
	}
}

// remember keeps what a step leaves to remember.
func (g *github) remember(a plan.Action) {
	m := &g.d.Memory
	switch a.Kind {
	case plan.PostStatus:
		m.Posted = append(m.Posted, pull.Posted{
			Head: a.Head, Context: a.Status.Context, State: a.Status.State, Description: a.Status.Description, TargetURL: a.Status.TargetURL,
		})
	case plan.CreateComment, plan.EditComment:
		m.CommentID, m.CommentHash = newComment, taskbox.Hash(a.Body)
	case plan.DeleteComment, plan.AddLabels, plan.RemoveLabel, plan.CreateLabel, plan.React:
	}
}

func (g *github) do(a plan.Action) {
	o := &g.sn.Observed
	switch a.Kind {
	case plan.PostStatus:
		s := a.Status
		s.Creator = app
		g.post(s)
	case plan.CreateComment:
		o.Comment = &pull.Comment{ID: newComment, Author: app, Body: a.Body}
	case plan.EditComment:
		o.Comment = &pull.Comment{ID: a.CommentID, Author: app, Body: a.Body}
	case plan.DeleteComment:
		o.Doubles = slices.DeleteFunc(o.Doubles, func(id int64) bool { return id == a.CommentID })
	case plan.AddLabels:
		for _, name := range a.Labels {
			g.sn.Labels = append(g.sn.Labels, pull.Label{Name: name})
		}
	case plan.RemoveLabel:
		g.sn.Labels = slices.DeleteFunc(g.sn.Labels, func(l pull.Label) bool { return l.Name == a.Labels[0] })
	case plan.CreateLabel:
		o.RepoLabels = append(o.RepoLabels, a.Labels[0])
	case plan.React:
		g.d.Memory.Owed = slices.DeleteFunc(g.d.Memory.Owed, func(r pull.Reaction) bool { return r.CommentID == a.CommentID })
	}
}

// post is a status that somebody posts; the newest of a context counts.
func (g *github) post(s pull.Status) {
	g.sn.Observed.Statuses = slices.DeleteFunc(slices.Clone(g.sn.Observed.Statuses), func(o pull.Status) bool {
		return strings.EqualFold(o.Context, s.Context)
	})
	g.sn.Observed.Statuses = append(g.sn.Observed.Statuses, s)
}

// sign makes everything signed and ticked.
func (g *github) sign() {
	g.d.Verdict = gate.Signed
	for i := range g.d.Functions {
		g.d.Functions[i].LabelWanted = true
		g.d.Functions[i].SignOffs = []pull.SignOff{{Person: pull.Person{ID: 5, Login: "jane"}, At: noon, Head: head, Fingerprint: strings.Repeat("f", 64)}}
	}
	g.d.Checklist[0].Tick = &pull.Tick{State: pull.TickDone, Person: pull.Person{Login: "ana"}, At: noon}
}

// told is a plan in short, one word or two for each step.
func told(p plan.Plan) []string {
	short := make([]string, 0, len(p.Steps))
	for _, a := range p.Steps {
		text := string(a.Kind)
		switch a.Kind {
		case plan.PostStatus:
			text += " " + a.Status.Context + " " + a.Status.State
		case plan.AddLabels, plan.RemoveLabel, plan.CreateLabel:
			text += " " + strings.Join(a.Labels, ", ")
		case plan.DeleteComment, plan.React:
			text += " " + strconv.FormatInt(a.CommentID, 10)
		case plan.CreateComment, plan.EditComment:
		}
		short = append(short, text)
	}
	return short
}

// The budget of the first evaluation: one comment, one call for the labels,
// one status each, and nothing twice.
func TestBuild_Opened(t *testing.T) {
	t.Parallel()
	g := opened()
	p := g.build()
	require.Equal(t, []string{
		"add-labels sla/needs-legal, sla/needs-support", "create-comment", "post-status slagate pending",
		"post-status slagate/legal pending", "post-status slagate/support pending",
	}, told(p))
	for _, a := range plan.WithComment(p.Steps, newComment) {
		if a.Kind == plan.PostStatus {
			require.Equal(t, commentURL, a.Status.TargetURL)
			require.Equal(t, head, a.Head)
		}
	}
	require.Equal(t, "Waiting for legal, support (0 of 2 signed)", p.Own.Description)
	require.Equal(t, commentURL, plan.WithCommentID(p.Own, newComment).TargetURL)
	require.Equal(t, page, plan.WithCommentID(p.Own, 0).TargetURL, "refused")
	g.apply(p)
	require.Empty(t, g.build().Steps)
	g.d.At = g.d.At.Add(time.Hour)
	require.Empty(t, g.build().Steps, "a later look at the same state writes nothing")
}

func TestBuild_CreatesLabels(t *testing.T) {
	t.Parallel()
	g := opened()
	g.sn.Observed.RepoLabels = []string{"sla/needs-legal", "sla/legal-approved"}
	g.sn.Observed.LabelsAsked = []string{"sla/needs-legal", "sla/legal-approved", "support: ok"}
	p := g.build()
	require.Equal(t, []string{"create-label support: ok", "add-labels sla/needs-legal, sla/needs-support"}, told(p)[:2],
		"only labels that were looked for")
	require.NotEmpty(t, p.Steps[0].Color)
	require.NotEmpty(t, p.Steps[0].Description)
}

// GitHub does not tell labels apart by letter case, so neither is added twice
// nor missed, and what goes is named as it is written.
func TestBuild_LabelCase(t *testing.T) {
	t.Parallel()
	g := opened()
	g.sn.Labels = []pull.Label{{Name: "SLA/Needs-Legal"}, {Name: "Support: OK"}}
	require.Equal(t, []string{"add-labels sla/needs-support", "remove-label Support: OK"}, told(g.build())[:2])
}

// A success stands last, and never before the record is visible.
func TestBuild_SuccessLast(t *testing.T) {
	t.Parallel()
	g := opened()
	g.apply(g.build())
	g.sign()
	g.d.Memory.Owed = []pull.Reaction{{CommentID: 5, Content: "rocket"}}
	g.sn.Observed.Doubles = []int64{3}
	p := g.build()
	require.Equal(t, []string{
		"add-labels sla/legal-approved, support: ok", "remove-label sla/needs-legal", "remove-label sla/needs-support", "edit-comment",
		"post-status slagate/legal success", "post-status slagate/support success", "delete-comment 3", "react 5", "post-status slagate success",
	}, told(p))
	g.apply(p)
	require.Empty(t, g.build().Steps)
}

// What takes a success away goes first.
func TestBuild_TakesAwayFirst(t *testing.T) {
	t.Parallel()
	g := opened()
	waits := g.d
	g.sign()
	g.apply(g.build())
	memory := g.d.Memory
	g.d = waits
	g.d.Functions = slices.Clone(waits.Functions)
	for i := range g.d.Functions {
		g.d.Functions[i].SignOffs, g.d.Functions[i].LabelWanted = nil, false
	}
	g.d.Checklist = []gate.Item{{ID: "rollback", Text: "The way back", Owner: policy.AuthorOwner, Required: true}}
	g.d.Memory = memory
	require.Equal(t, []string{
		"post-status slagate pending", "add-labels sla/needs-legal, sla/needs-support", "remove-label sla/legal-approved", "remove-label support: ok",
		"edit-comment", "post-status slagate/legal pending", "post-status slagate/support pending",
	}, told(g.build()))

	g = opened() // retargeted: a success stands and there is no comment yet
	g.post(pull.Status{Context: "slagate", State: "success", Description: "No customer commitment touched", TargetURL: page, Creator: app})
	p := g.build()
	require.Equal(t, "post-status slagate pending", told(p)[0])
	require.Equal(t, page, p.Steps[0].Status.TargetURL)
	g.apply(p)
	require.Equal(t, commentURL, g.sn.Observed.Statuses[0].TargetURL)
	require.Empty(t, g.build().Steps)
}

func TestBuild_Ungated(t *testing.T) {
	t.Parallel()
	g := opened()
	asked := g.d
	g.d.Verdict, g.d.Files, g.d.Functions, g.d.Checklist = gate.Ungated, nil, nil, nil
	p := g.build()
	require.Equal(t, []string{"post-status slagate success"}, told(p))
	require.Equal(t, page, p.Steps[0].Status.TargetURL)
	g.d.HelpAsked = true
	require.Equal(t, []string{"create-comment", "post-status slagate success"}, told(g.build()))

	g = opened() // gated once: the comment says that nobody is asked any more
	g.apply(g.build())
	asked.Memory = g.d.Memory
	asked.Verdict, asked.Files, asked.Functions, asked.Checklist = gate.Ungated, nil, nil, nil
	asked.NoLonger = []string{"legal", "support", "finance"}
	g.d = asked
	p = g.build()
	require.Equal(t, []string{
		"remove-label sla/needs-legal", "remove-label sla/needs-support", "edit-comment",
		"post-status slagate/legal success", "post-status slagate/support success", "post-status slagate success",
	}, told(p))
	require.Equal(t, "Not asked any more", p.Steps[3].Status.Description)
	g.apply(p)
	require.Empty(t, g.build().Steps)
}

func TestBuild_Empty(t *testing.T) {
	t.Parallel()
	g := opened()
	g.d.Verdict = gate.Silent
	require.Empty(t, g.build().Steps)
	g = opened()
	g.sn.Pull.Open = false
	require.Empty(t, g.build().Steps)
	require.Zero(t, g.build().Own)
}

func TestBuild_SharedHead(t *testing.T) {
	t.Parallel()
	g := opened()
	g.sign()
	g.sn.Observed.Siblings = []pull.Sibling{{Number: 14, State: "failure", Description: "legal cannot sign: x", TargetURL: "https://github.com/acme/shop/pull/14"}}
	p := g.build()
	require.Equal(t, []string{"add-labels sla/legal-approved, support: ok", "create-comment", "post-status slagate failure"}, told(p),
		"the function contexts would contradict each other")
	require.Equal(t, "#14 (same commit): legal cannot sign: x", p.Steps[2].Status.Description)
	require.Equal(t, "https://github.com/acme/shop/pull/14", p.Steps[2].Status.TargetURL)
	require.Equal(t, "success", p.Own.State)
	g.apply(p)
	require.Empty(t, g.build().Steps)
}

func TestBuild_PolicyRepair(t *testing.T) {
	t.Parallel()
	g := opened()
	g.d.Files, g.d.Checklist = nil, nil
	g.d.Functions = []gate.Function{{Name: "policy", Approvals: 1}}
	require.Equal(t, []string{"create-comment", "post-status slagate pending"}, told(g.build()))
}

func TestBuild_NoAnswer(t *testing.T) {
	t.Parallel()
	g := opened()
	g.d.Verdict = gate.NoAnswer
	g.d.Unanswered = "the members of acme/legal"
	p := g.build()
	require.Equal(t, []string{"post-status slagate pending"}, told(p))
	require.Equal(t, "Looking at this pull request", p.Steps[0].Status.Description)

	g.post(pull.Status{Context: "slagate", State: "success", Description: "Signed by legal", Creator: app})
	require.Empty(t, plan.Build(g.sn, g.d, plan.Options{FailingSince: noon.Add(-9 * time.Minute)}).Steps)

	o := plan.Options{FailingSince: noon.Add(-10 * time.Minute)}
	p = plan.Build(g.sn, g.d, o)
	require.Equal(t, []string{"post-status slagate error", "create-comment", "post-status slagate error"}, told(p))
	require.Equal(t, "GitHub did not answer since 11:50 UTC; trying again", p.Own.Description)
	g.apply(p)
	require.Empty(t, plan.Build(g.sn, g.d, o).Steps)
	g.sn.Observed.Comment = nil
	require.NotContains(t, told(plan.Build(g.sn, g.d, o)), "create-comment", "whether it is gone is not certain while GitHub does not answer")
}

// T17: ten corrections an hour for each head and context, then it is said once.
func TestBuild_ForeignStatus(t *testing.T) {
	t.Parallel()
	g := opened()
	g.apply(g.build())
	foreign := pull.Status{Context: "SLAGATE", State: "success", Description: "Signed by everybody", Creator: mal}
	key := "status:" + head + ":slagate"
	for i := range 10 {
		g.d.At = g.d.At.Add(time.Minute)
		g.post(foreign)
		p := g.build()
		require.Equal(t, []string{"post-status slagate pending"}, told(p), i)
		require.Equal(t, []string{key}, p.Tampered)
		g.apply(p)
		require.Empty(t, g.build().Steps)
	}
	g.post(foreign)
	p := g.build()
	require.Equal(t, []string{"post-status slagate error"}, told(p))
	require.Equal(t, "Somebody else keeps posting this status", p.Steps[0].Status.Description)
	g.apply(p)
	said := g.d.At
	require.Empty(t, g.build().Steps, "the error stays")
	g.post(foreign)
	require.Empty(t, g.build().Steps)
	require.Equal(t, []string{key}, g.build().Tampered)
	g.sign()
	g.d.Memory.CommentHash = ""
	require.NotContains(t, told(g.build()), "post-status slagate success")

	fresh := g
	fresh.d.Head = strings.Repeat("b", 40)
	fresh.sn.Observed.Statuses = nil
	require.Contains(t, told(fresh.build()), "post-status slagate success", "a new head ends it")

	g.d.At = said.Add(59 * time.Minute)
	require.NotContains(t, told(g.build()), "post-status slagate success")
	g.d.At = said.Add(time.Hour)
	p = g.build()
	require.Contains(t, told(p), "post-status slagate success", "an hour ends it")
	require.Equal(t, []pull.PutRight{{What: key, At: []time.Time{g.d.At}}}, p.PutRights)
}

// Counts that others keep in the same list are left alone.
func TestBuild_OtherCounts(t *testing.T) {
	t.Parallel()
	g := opened()
	label := pull.PutRight{What: "label:sla/legal-approved", At: []time.Time{noon.AddDate(0, 0, -1)}}
	g.d.Memory.PutRights = []pull.PutRight{{What: "comment", At: label.At}, label}
	require.Equal(t, []pull.PutRight{label}, g.build().PutRights)
}

func TestBuild_WhoseStatus(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name    string
		creator pull.Person
		ours    bool
	}{
		{"by id", pull.Person{ID: 77, Login: "renamed[bot]"}, true},
		{"GraphQL", pull.Person{Login: "slagate", Kind: pull.KindBot}, true},
		{"REST", pull.Person{Login: "slagate[bot]"}, true},
		{"a person of the same name", pull.Person{Login: "slagate", Kind: pull.KindUser}, false},
		{"nobody knows the kind", pull.Person{Login: "slagate"}, false},
		{"another app", pull.Person{ID: 78, Login: "slagate[bot]", Kind: pull.KindBot}, false},
		{"not said, as remembered", pull.Person{}, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			g := opened()
			g.apply(g.build())
			for i := range g.sn.Observed.Statuses {
				g.sn.Observed.Statuses[i].Creator = tt.creator
			}
			require.Equal(t, tt.ours, len(g.build().Steps) == 0)
		})
	}
	g := opened()
	g.apply(g.build())
	g.d.Memory.Posted = nil
	g.sn.Observed.Statuses[0].Creator = pull.Person{}
	require.NotEmpty(t, g.build().Steps, "not said and not remembered")
}

// T16: whatever others do to the comment is undone, ten times an hour.
func TestBuild_TamperedComment(t *testing.T) {
	t.Parallel()
	edits := map[string]func(body string) string{
		"text":         func(body string) string { return strings.Replace(body, "Waiting", "Signed", 1) },
		"forged time":  func(body string) string { return strings.Replace(body, "12:00 UTC", "12:30 UTC", 1) },
		"foreign tick": func(body string) string { return strings.Replace(body, "- [ ]", "- [x]", 1) },
		"line ends":    func(body string) string { return strings.ReplaceAll(body, "\n", "\r\n") + "more" },
	}
	for name, edit := range edits {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g := opened()
			g.apply(g.build())
			for i := range 11 {
				g.sn.Observed.Comment = &pull.Comment{ID: newComment, Body: edit(g.sn.Observed.Comment.Body)}
				p := g.build()
				require.Equal(t, []string{"comment"}, p.Tampered)
				if i == 10 {
					require.Empty(t, p.Steps)
					break
				}
				require.Equal(t, []string{"edit-comment"}, told(p))
				g.apply(p)
				require.Empty(t, g.build().Steps)
			}
		})
	}
	g := opened()
	g.apply(g.build())
	g.sn.Observed.Comment = nil
	p := g.build()
	require.Contains(t, told(p), "create-comment")
	require.Equal(t, []string{"comment"}, p.Tampered, "deleted")
}

// An owner's tick changes the text, so it is an edit of ours, not a correction.
func TestBuild_OwnersTick(t *testing.T) {
	t.Parallel()
	g := opened()
	g.apply(g.build())
	body := strings.ReplaceAll(strings.Replace(g.sn.Observed.Comment.Body, "- [ ]", "- [x]", 1), "\n", "\r\n")
	g.sn.Observed.Comment = &pull.Comment{ID: newComment, Body: body}
	g.d.Checklist[0].Tick = &pull.Tick{State: pull.TickDone, Person: pull.Person{Login: "ana"}, At: noon}
	p := g.build()
	require.Equal(t, []string{"edit-comment"}, told(p))
	require.Empty(t, p.Tampered)
	require.True(t, taskbox.Parse(p.Steps[0].Body)["rollback"])
}

// I10: a plan that was carried out leaves nothing to do, whatever stood before.
func TestBuild_SettlesAtOnce(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		g := opened()
		g.draw(t)
		p := g.build()
		require.Equal(t, p, g.build(), "the same input gives the same plan")
		g.apply(p)
		require.Empty(t, told(g.build()))
		g.draw(t) // and on to another state of the same pull request
		g.apply(g.build())
		require.Empty(t, told(g.build()))
	})
}

// draw changes decision and surroundings at random.
func (g *github) draw(t *rapid.T) {
	d := &g.d
	d.Verdict = rapid.SampledFrom([]gate.Verdict{
		gate.Ungated, gate.AllNeutral, gate.Waiting, gate.OpenItems, gate.Signed, gate.CannotSign,
		gate.HeadPolicyInvalid, gate.PolicyBroken, gate.AddsPolicy, gate.NoAnswer,
	}).Draw(t, "verdict")
	fresh := opened().d
	d.Functions, d.NoLonger, d.Files = nil, nil, nil
	for _, f := range fresh.Functions {
		switch rapid.IntRange(0, 3).Draw(t, f.Name) {
		case 0:
			f.LabelWanted = true
			f.SignOffs = []pull.SignOff{{Person: pull.Person{Login: "jane"}, At: noon}}
			d.Functions = append(d.Functions, f)
		case 1:
			d.Functions = append(d.Functions, f)
		case 2:
			d.NoLonger = append(d.NoLonger, f.Name)
		}
	}
	if rapid.Bool().Draw(t, "files") {
		d.Files = fresh.Files
	}
	d.HelpAsked = rapid.Bool().Draw(t, "help")
	d.Memory.Owed = []pull.Reaction{{CommentID: rapid.Int64Range(1, 9).Draw(t, "reaction"), Content: "confused"}}
	d.At = d.At.Add(time.Duration(rapid.IntRange(0, 90).Draw(t, "minutes")) * time.Minute)
	o := &g.sn.Observed
	o.Doubles = rapid.SliceOfNDistinct(rapid.Int64Range(1, 9), 0, 2, rapid.ID).Draw(t, "doubles")
	o.RepoLabels = rapid.SliceOfDistinct(rapid.SampledFrom(o.LabelsAsked), rapid.ID).Draw(t, "repo labels")
	for _, name := range []string{"sla/needs-legal", "SLA/Legal-approved", "support: ok", "bug"} {
		if rapid.Bool().Draw(t, name) && !slices.ContainsFunc(g.sn.Labels, func(l pull.Label) bool { return strings.EqualFold(l.Name, name) }) {
			g.sn.Labels = append(g.sn.Labels, pull.Label{Name: name})
		}
	}
	for _, context := range []string{"slagate", "Slagate/Legal", "slagate/support"} {
		if rapid.Bool().Draw(t, "foreign "+context) {
			g.post(pull.Status{Context: context, State: rapid.SampledFrom([]string{"success", "pending", "error"}).Draw(t, "state"), Creator: mal})
		}
	}
	if o.Comment != nil && rapid.Bool().Draw(t, "edited") {
		o.Comment = &pull.Comment{ID: o.Comment.ID, Body: o.Comment.Body + "x"}
	}
	o.Siblings = nil
	if rapid.Bool().Draw(t, "shared") {
		o.Siblings = []pull.Sibling{{Number: 14, State: rapid.SampledFrom([]string{"", "success", "failure"}).Draw(t, "sibling"), Description: "x"}}
	}
}
