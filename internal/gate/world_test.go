package gate_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/txtar"
	"github.com/stretchr/testify/require"

	"github.com/slagate/slagate/internal/gate"
	"github.com/slagate/slagate/internal/pull"
	"github.com/slagate/slagate/internal/taskbox"
)

const (
	// day is the day of a timeline's clock times.
	day = "2026-03-02T"
	// ourComment is slagate's comment; people's comments of a story have higher numbers.
	ourComment = 100

	standardPolicy = `version: 1
functions:
  product: { teams: [acme/product] }
  legal: { teams: [acme/legal] }
rules:
  - name: service levels
    paths: ["slo/**"]
    require: [product, legal]
`
	standardTeams = `acme/product: pia
acme/legal: lee lea
acme/security: sam sue
acme/support: sid
`
	standardFiles = "M slo/a.yml 100644:a1 -> 100644:a2\n"
)

var app = pull.Person{ID: 1000, Login: "slagate", Kind: pull.KindBot}

// team is a team at GitHub.
type team struct {
	id      int64
	members []string
	problem string
	silent  bool
}

// world is GitHub, and what slagate remembers, in a story.
type world struct {
	t       require.TestingT
	gate    *gate.Gate
	archive *txtar.Archive
	now     time.Time
	// sn is everything that a look reads, but for what it asks the facts for.
	sn      pull.Snapshot
	names   []pull.LabelName
	labels  map[string]string // node ids by name
	teams   map[string]*team
	roles   map[string]string
	missing map[string]bool // logins of which GitHub knows no account
	unshown map[int64]bool  // comments that GitHub's answers leave out: they are stale
	held    []pull.Evidence // deliveries that are late
	commits map[string][]pull.Commit
	pushes  map[string]pull.PushContent
	body    string // of slagate's comment
	lastOwn map[string]string
	ids     int
	lost    bool // the delivery of the line at hand
	late    bool
	out     strings.Builder
}

func newWorld(t require.TestingT, archive *txtar.Archive) *world {
	w := &world{
		t: t, gate: gate.New(), archive: archive, teams: map[string]*team{}, roles: map[string]string{"ada": "admin", "bob": "triage"},
		missing: map[string]bool{}, unshown: map[int64]bool{}, labels: map[string]string{}, commits: map[string][]pull.Commit{}, pushes: map[string]pull.PushContent{}, lastOwn: map[string]string{},
	}
	w.sn = pull.Snapshot{
		Ref:  pull.Ref{Installation: 1, RepoID: 2, Owner: "acme", Repo: "shop", Number: 12},
		App:  app,
		Pull: pull.Pull{Open: true, BaseBranch: "main", BaseTip: "tip", MergeBase: "base", Author: person("ana")},
		Policy: pull.PolicyFacts{
			Base: found(w.text("policy", standardPolicy)), Owner: pull.Blob{State: pull.BlobAbsent}, Head: pull.Blob{State: pull.BlobAbsent},
		},
		Bindings: map[string]int64{},
	}
	if text := w.text("owner", ""); text != "" {
		w.sn.Policy.Owner = found(text)
	}
	if text := w.text("head-policy", ""); text != "" {
		w.sn.Policy.Head = found(text)
	}
	for line := range strings.Lines(w.text("teams", standardTeams)) {
		name, members, _ := strings.Cut(strings.TrimSpace(line), ":")
		w.teams[name] = &team{id: int64(500 + len(w.teams)), members: strings.Fields(members)}
	}
	return w
}

func found(text string) pull.Blob {
	return pull.Blob{State: pull.BlobFound, OID: "p" + taskbox.Hash(text)[:6], Text: text}
}

// text is a section of the story, or what stands where it has none.
func (w *world) text(name, otherwise string) string {
	if slices.ContainsFunc(w.archive.Files, func(f txtar.File) bool { return f.Name == name }) {
		return section(w.archive, name)
	}
	return otherwise
}

// person is an account; its name tells its kind.
func person(name string) pull.Person {
	p := pull.Person{Login: name, Kind: pull.KindUser}
	switch {
	case name == "ghost":
		return pull.Person{}
	case strings.HasSuffix(name, "[bot]"):
		p.Login, p.Kind = strings.TrimSuffix(name, "[bot]"), pull.KindBot
	case strings.HasPrefix(name, "mannequin"):
		p.Kind = pull.KindMannequin
	}
	for i, r := range name {
		p.ID += int64(r) << (5 * i % 40)
	}
	return p
}

// id is a fresh id of something at GitHub.
func (w *world) id(kind string) string {
	w.ids++
	return fmt.Sprintf("%s%d", kind, w.ids)
}

// deliver sends a signed delivery, unless the line says that it is lost or late.
func (w *world) deliver(e pull.Evidence) {
	e.At, e.BaseBranch = w.now, w.sn.Pull.BaseBranch
	w.sn.Pull.UpdatedAt = w.now
	switch {
	case w.lost:
	case w.late:
		w.held = append(w.held, e)
	default:
		w.arrive(e)
	}
}

func (w *world) arrive(e pull.Evidence) {
	e.Seq, e.Delivery = int64(len(w.sn.Evidence)+1), w.id("delivery")
	w.sn.Evidence = append(w.sn.Evidence, e)
}

// do plays one line of a timeline.
func (w *world) do(line string) {
	clock, deed, _ := strings.Cut(line, " ")
	if !strings.Contains(clock, "T") {
		clock = day + clock + "Z"
	}
	at, err := time.Parse(time.RFC3339, clock)
	require.NoError(w.t, err, line)
	require.False(w.t, at.Before(w.now), "a timeline does not run backwards: %s", line)
	w.now = at
	deed, w.lost = strings.CutSuffix(deed, " -- lost")
	deed, w.late = strings.CutSuffix(deed, " -- late")
	for _, d := range deeds {
		if m := d.pattern.FindStringSubmatch(deed); m != nil {
			d.do(w, m[1:])
			return
		}
	}
	require.Fail(w.t, "no such deed", line)
}

// look lets slagate evaluate the pull request and do what follows from it.
func (w *world) look() gate.Decision {
	sn := w.snapshot()
	d := w.gate.Evaluate(sn)
	w.sn.Memory = d.Memory
	w.sn.Memory.Owed = nil // posted
	maps.Copy(w.sn.Bindings, w.gate.Bindings(sn))
	w.rememberPolicies(sn)
	w.putLabelsRight(d)
	return d
}

func (w *world) rememberPolicies(sn pull.Snapshot) {
	p := &w.sn.Policy
	if w.gate.ValidBase(sn) {
		w.lastOwn[sn.Pull.BaseBranch] = p.Base.Text
	}
	p.BaseLastValid = w.lastOwn[sn.Pull.BaseBranch]
	switch {
	case w.gate.ValidOwner(sn):
		p.OwnerLastValid, p.OwnerUnreadableSince = p.Owner.Text, time.Time{}
	case p.Owner.State == pull.BlobAbsent:
		p.OwnerLastValid, p.OwnerUnreadableSince = "", time.Time{}
	case p.OwnerLastValid != "" && p.OwnerUnreadableSince.IsZero():
		p.OwnerUnreadableSince = sn.At
	}
}

// publish writes slagate's comment where it says something new.
func (w *world) publish(d gate.Decision) {
	if len(d.Files) == 0 && len(d.Functions) == 0 && len(d.Problems) == 0 && w.body == "" {
		return
	}
	body := d.Head + "\n" + shown(d) + "\n"
	for _, f := range d.Functions {
		body += f.Fingerprint + "\n"
	}
	for _, it := range d.Checklist {
		body += taskbox.Line(it.ID, !it.Open()) + " " + it.Text + "\n"
	}
	if body == w.body {
		return
	}
	m := &w.sn.Memory
	if i := d.ViewIndex; i >= 0 {
		v := &m.Views[i]
		v.Publications = append(slices.Clone(v.Publications), pull.Publication{
			CommentID: ourComment, Created: w.body == "", At: w.now, BodyHash: taskbox.Hash(body),
		})
	}
	m.CommentID, m.CommentHash, w.body = ourComment, taskbox.Hash(body), body
}

// putLabelsRight does what the plan of a decision would do about labels.
func (w *world) putLabelsRight(d gate.Decision) {
	if d.Verdict == gate.NoAnswer {
		return
	}
	for _, f := range d.Functions {
		switch on := w.hasLabel(f.Label); {
		case f.Label == "" || on == f.LabelWanted:
		case f.LabelWanted:
			w.label(app, f.Label)
		default:
			w.unlabel(app, f.Label)
		}
	}
}

func (w *world) hasLabel(name string) bool {
	return slices.ContainsFunc(w.sn.Labels, func(l pull.Label) bool { return strings.EqualFold(l.Name, name) })
}

func (w *world) label(who pull.Person, name string) {
	if w.labels[name] == "" {
		w.labels[name] = w.id("L_")
	}
	w.sn.Labels = append(slices.Clone(w.sn.Labels), pull.Label{NodeID: w.labels[name], Name: name})
	w.labelEvent(who, name, true)
}

func (w *world) unlabel(who pull.Person, name string) {
	w.sn.Labels = slices.DeleteFunc(slices.Clone(w.sn.Labels), func(l pull.Label) bool { return strings.EqualFold(l.Name, name) })
	w.labelEvent(who, name, false)
}

func (w *world) labelEvent(who pull.Person, name string, added bool) {
	w.sn.LabelEvents = append(slices.Clone(w.sn.LabelEvents), pull.LabelEvent{
		ID: w.id("LE_"), Added: added, Label: pull.Label{NodeID: w.labels[name], Name: name}, Actor: who, Created: w.now,
	})
	w.names = append(w.names, pull.LabelName{Added: added, Name: name, ActorID: who.ID, Actor: who, Created: w.now})
}
