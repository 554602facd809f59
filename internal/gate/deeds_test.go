package gate_test

import (
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/stretchr/testify/require"

	"github.com/slagate/slagate/internal/pull"
	"github.com/slagate/slagate/internal/taskbox"
)

// deed is a form of line in a timeline.
type deed struct {
	pattern *regexp.Regexp
	do      func(w *world, m []string)
}

// deeds are all that can happen. " -- lost" or " -- late" behind a line says
// what becomes of its delivery.
var deeds = allDeeds()

func allDeeds() []deed {
	d := func(pattern string, do func(w *world, m []string)) deed {
		return deed{regexp.MustCompile("^(?:" + pattern + ")$"), do}
	}
	return []deed{
		d(`look`, func(w *world, _ []string) { w.publish(w.look()) }),
		d(`look unpublished`, func(w *world, _ []string) { w.look() }),
		d(`show`, func(w *world, _ []string) { w.show(false) }),
		d(`show files`, func(w *world, _ []string) { w.show(true) }),
		d(`(\S+) opened (\S+)(?: with (.+))?`, (*world).opened),
		d(`(\S+) (pushed|force-pushed) (\S+?)(?: by (\S+))?( \(unreadable\))?`, (*world).pushed),
		d(`(\S+) labeled (.+)`, (*world).labeled),
		d(`(\S+) unlabeled (.+)`, (*world).unlabeled),
		d(`\S+ renamed label (.+) to (.+)`, (*world).renamedLabel),
		d(`(\S+) deleted label (.+)`, (*world).deletedLabel),
		d(`(\S+) commented (\d+): (.*)`, (*world).commented),
		d(`(\S+) edited (\d+): (.*)`, (*world).edited),
		d(`(\S+) approved (\d+)(?: at (\S+))?`, func(w *world, m []string) { w.review(m, pull.ReviewApproved) }),
		d(`(\S+) requested changes (\d+)`, func(w *world, m []string) { w.review(append(m, ""), pull.ReviewChangesRequested) }),
		d(`review (\d+) is dismissed`, (*world).dismissed),
		d(`(\S+) (ticked|unticked) (\S+)( with other changes)?`, (*world).ticked),
		d(`(\S+) joined (\S+)`, func(w *world, m []string) { w.teams[m[1]].members = append(w.teams[m[1]].members, m[0]) }),
		d(`(\S+) left (\S+)`, func(w *world, m []string) {
			w.teams[m[1]].members = slices.DeleteFunc(w.teams[m[1]].members, func(s string) bool { return s == m[0] })
		}),
		d(`team (\S+) (is gone|does not answer|answers|is another|is hidden)`, (*world).team),
		d(`user (\S+) is (gone|outside)`, func(w *world, m []string) { w.missing[m[0]], w.roles[m[0]] = m[1] == "gone", m[1] }),
		d(`comment (\d+) is (shown|not shown)`, func(w *world, m []string) { w.unshown[number(w, m[0])] = m[1] != "shown" }),
		d(`\S+ retargeted to (\S+)`, func(w *world, m []string) {
			w.sn.Pull.BaseBranch = m[0]
			w.sn.Policy.BaseLastValid = w.lastOwn[m[0]]
		}),
		d(`base moved to (\S+)`, func(w *world, m []string) { w.sn.Pull.BaseTip = m[0] }),
		d(`policy (?:is|becomes) (.+)`, func(w *world, m []string) { w.sn.Policy.Base = w.blob(m[0]) }),
		d(`head policy (?:is|becomes) (.+)`, func(w *world, m []string) { w.sn.Policy.Head = w.blob(m[0]) }),
		d(`owner default (?:is|becomes) (.+)`, func(w *world, m []string) { w.sn.Policy.Owner = w.blob(m[0]) }),
		d(`files are not listed: (.+)`, func(w *world, m []string) { w.sn.FilesProblem = m[0] }),
		d(`files are listed`, func(w *world, _ []string) { w.sn.FilesProblem = "" }),
		d(`commits are not listed: (.+)`, func(w *world, m []string) { w.sn.CommitsProblem = m[0] }),
		d(`late deliveries arrive`, func(w *world, _ []string) {
			for _, e := range w.held {
				w.arrive(e)
			}
			w.held = nil
		}),
		d(`closed`, func(w *world, _ []string) { w.sn.Pull.Open = false }),
		d(`(\S+) merged, not let through`, (*world).merged),
	}
}

// merged is a merge that slagate's status did not allow, as the service finds it.
func (w *world) merged(m []string) {
	p := &w.sn.Pull
	p.Open, p.Merged, p.MergedAt, p.MergedBy, p.UpdatedAt = false, true, w.now, person(m[0]), w.now
	w.sn.Memory.Bypass = &pull.Bypass{Head: p.Head, At: p.MergedAt, By: p.MergedBy}
}

// show looks and writes down what was concluded.
func (w *world) show(files bool) {
	d := w.look()
	w.publish(d)
	w.out.WriteString(w.now.Format("15:04:05") + " " + shown(d))
	if files {
		w.out.WriteString(shownFiles(d))
	}
}

// blob is what stands where a policy file is looked for.
func (w *world) blob(what string) pull.Blob {
	state := map[string]pull.BlobState{
		"absent": pull.BlobAbsent, "hidden": pull.BlobHidden, "silent": pull.BlobNoAnswer, "a symlink": pull.BlobSymlink, "unreadable": pull.BlobUnreadable,
	}[what]
	if state != "" {
		return pull.Blob{State: state, Problem: "is not a text file"}
	}
	text := w.text(what, "")
	require.NotEmpty(w.t, text, what)
	return found(text)
}

func (w *world) opened(m []string) {
	who, p := person(m[0]), &w.sn.Pull
	p.Author, p.Head, p.CreatedAt, p.UpdatedAt = who, m[1], w.now, w.now
	w.commit(m[1], nil, who, true, false)
	e := pull.Evidence{Kind: pull.EvidenceOpened, Actor: who, Head: p.Head}
	if m[2] != "" {
		e.Labels = strings.Split(m[2], ", ")
	}
	w.deliver(e)
	for _, l := range e.Labels {
		w.label(who, l)
		w.deliver(pull.Evidence{Kind: pull.EvidenceLabeled, Actor: who, Head: p.Head, Label: l})
	}
}

// commit notes who is named in a head's newest commit and whether it changed gated content.
func (w *world) commit(head string, parents []pull.Commit, named pull.Person, gated, unreadable bool) {
	w.commits[head] = append(slices.Clone(parents), pull.Commit{OID: head, Author: named, Committer: named})
	w.pushes[head] = pull.PushContent{Key: head, Gated: gated || unreadable, Unreadable: unreadable}
}

func (w *world) pushed(m []string) {
	who, old, head := person(m[0]), w.sn.Pull.Head, m[2]
	named := who
	if m[3] != "" {
		named = person(m[3])
	}
	gated, unreadable := !reflect.DeepEqual(w.files(old), w.files(head)), m[4] != ""
	w.pushes[old+".."+head] = pull.PushContent{Key: old + ".." + head, Gated: gated || unreadable, Unreadable: unreadable}
	if m[1] == "pushed" {
		w.commit(head, w.commits[old], named, gated, unreadable)
	} else {
		w.sn.ForcePushes = append(slices.Clone(w.sn.ForcePushes), pull.ForcePush{ID: w.id("FP_"), Actor: who, Before: old, After: head, Created: w.now})
		if w.commits[head] == nil {
			w.commit(head, nil, named, gated, unreadable)
		}
	}
	w.sn.Pull.Head = head
	w.deliver(pull.Evidence{Kind: pull.EvidencePush, Actor: who, Before: old, Head: head})
}

func (w *world) labeled(m []string) {
	w.label(person(m[0]), m[1])
	w.deliver(pull.Evidence{Kind: pull.EvidenceLabeled, Actor: person(m[0]), Head: w.sn.Pull.Head, Label: m[1]})
}

func (w *world) unlabeled(m []string) {
	w.unlabel(person(m[0]), m[1])
	w.deliver(pull.Evidence{Kind: pull.EvidenceUnlabeled, Actor: person(m[0]), Head: w.sn.Pull.Head, Label: m[1]})
}

// deletedLabel takes a label off everywhere, and its events out of the history
// that GraphQL shows; the REST history keeps them, and the delivery names no label.
func (w *world) deletedLabel(m []string) {
	if w.hasLabel(m[1]) {
		w.unlabel(person(m[0]), m[1])
		w.deliver(pull.Evidence{Kind: pull.EvidenceUnlabeled, Actor: person(m[0]), Head: w.sn.Pull.Head})
	}
	w.sn.LabelEvents = slices.DeleteFunc(slices.Clone(w.sn.LabelEvents), func(e pull.LabelEvent) bool { return e.Label.NodeID == w.labels[m[1]] })
	delete(w.labels, m[1])
}

// renamedLabel moves the name on every pull request and in the whole history,
// as GraphQL shows it. Only the REST history keeps the names of then.
func (w *world) renamedLabel(m []string) {
	w.sn.LabelEvents, w.sn.Labels = slices.Clone(w.sn.LabelEvents), slices.Clone(w.sn.Labels)
	for i := range w.sn.LabelEvents {
		if l := &w.sn.LabelEvents[i].Label; l.NodeID == w.labels[m[0]] {
			l.Name = m[1]
		}
	}
	w.labels[m[1]] = w.labels[m[0]]
	delete(w.labels, m[0])
	for i := range w.sn.Labels {
		if w.sn.Labels[i].Name == m[0] {
			w.sn.Labels[i].Name = m[1]
		}
	}
}

func number(w *world, text string) int64 {
	n, err := strconv.ParseInt(text, 10, 64)
	require.NoError(w.t, err)
	return n
}

func (w *world) commented(m []string) {
	c := pull.Comment{ID: number(w, m[1]), Author: person(m[0]), Body: strings.ReplaceAll(m[2], `\n`, "\n"), Created: w.now}
	w.sn.Comments = append(slices.Clone(w.sn.Comments), c)
	w.deliver(pull.Evidence{Kind: pull.EvidenceComment, Actor: c.Author, Author: c.Author, CommentID: c.ID, Body: c.Body})
}

func (w *world) edited(m []string) {
	id, body := number(w, m[1]), strings.ReplaceAll(m[2], `\n`, "\n")
	w.sn.Comments = slices.Clone(w.sn.Comments)
	i := slices.IndexFunc(w.sn.Comments, func(c pull.Comment) bool { return c.ID == id })
	require.GreaterOrEqual(w.t, i, 0)
	c := &w.sn.Comments[i]
	w.deliver(pull.Evidence{Kind: pull.EvidenceCommentEdited, Actor: person(m[0]), Author: c.Author, CommentID: id, From: c.Body, Body: body})
	c.Body, c.EditedAt, c.Editor = body, w.now, person(m[0])
}

func (w *world) review(m []string, state string) {
	commit := m[2]
	if commit == "" {
		commit = w.sn.Pull.Head
	}
	r := pull.Review{ID: number(w, m[1]), Author: person(m[0]), State: state, Commit: commit, Submitted: w.now}
	w.sn.Reviews = append(slices.Clone(w.sn.Reviews), r)
	w.deliver(pull.Evidence{
		Kind: pull.EvidenceReview, Actor: r.Author, Head: w.sn.Pull.Head, ReviewID: r.ID, ReviewState: strings.ToLower(state), Commit: commit,
	})
}

func (w *world) dismissed(m []string) {
	w.sn.Reviews = slices.Clone(w.sn.Reviews)
	for i := range w.sn.Reviews {
		if w.sn.Reviews[i].ID == number(w, m[0]) {
			w.sn.Reviews[i].State = pull.ReviewDismissed
		}
	}
}

// ticked is an edit of slagate's own comment by somebody with write access.
func (w *world) ticked(m []string) {
	from, to := taskbox.Line(m[2], m[1] != "ticked"), taskbox.Line(m[2], m[1] == "ticked")
	body := strings.Replace(w.body, from, to, 1)
	if m[3] != "" {
		body += "and more"
	}
	w.deliver(pull.Evidence{
		Kind: pull.EvidenceCommentEdited, Actor: person(m[0]), Author: app, CommentID: ourComment, From: w.body, Body: body,
	})
}

func (w *world) team(m []string) {
	t := w.teams[m[0]]
	switch m[1] {
	case "is gone":
		t.problem = "not found"
	case "is hidden":
		t.problem = "not visible to slagate"
	case "is another":
		t.id++
	case "does not answer", "answers":
		t.silent = m[1] != "answers"
	}
}
