package signoff

import (
	"fmt"
	"slices"
	"time"

	"github.com/slagate/slagate/internal/policy"
	"github.com/slagate/slagate/internal/pull"
)

// refreshEvery is how often /sla refresh is obeyed (product.md section 4).
const refreshEvery = time.Minute

// spoken is a command line that a person wrote, and when.
type spoken struct {
	line    CommandLine
	comment int64
	person  pull.Person
	at      time.Time
	// edited: the line came with an edit of the comment.
	edited bool
	// doubt: the comment was edited before slagate saw it, so nobody can tell when the line came up.
	doubt bool
}

// evidence is the id of what was said. A line that its author takes out and puts
// in again is said again.
func (s spoken) evidence() string {
	id := s.line.Evidence(s.comment)
	if s.edited {
		id += fmt.Sprintf("@%d", s.at.Unix())
	}
	return id
}

// commentEvents finds the command lines of all comments: as delivered when the
// comment was made, as added by its author's own edits, or as read from GitHub
// where no delivery came and it was never edited.
func (c *collector) commentEvents() []event {
	events := c.unconfirmedTakings()
	for _, s := range c.spoken() {
		id := s.evidence()
		if slices.ContainsFunc(c.res.Memory.Commands, func(k pull.Command) bool { return k.Evidence == id }) {
			continue
		}
		rank := rankCommand
		if s.line.Verb == VerbUnsign {
			rank = rankTake
		}
		events = append(events, event{s.at, rank, func() { c.obey(s, id) }})
	}
	return events
}

func (c *collector) spoken() []spoken {
	var all []spoken
	for _, k := range c.sn.Comments {
		if c.isApp(k.Author) {
			continue
		}
		all = append(all, c.spokenIn(k)...)
	}
	return all
}

// spokenIn reads one comment that GitHub shows; that it is shown, by this author,
// is the confirmation of what the deliveries told.
func (c *collector) spokenIn(k pull.Comment) []spoken {
	var lines []spoken
	add := func(from, to string, at time.Time, edited, doubt bool) {
		for _, l := range newLines(from, to) {
			lines = append(lines, spoken{l, k.ID, k.Author, at, edited, doubt})
		}
	}
	var edits []pull.Evidence
	created := false
	for _, d := range c.sn.Evidence {
		switch {
		case d.CommentID != k.ID || d.Actor.ID != k.Author.ID:
		case d.Kind == pull.EvidenceComment:
			created = true
			add("", d.Body, k.Created, false, false)
		case d.Kind == pull.EvidenceCommentEdited:
			edits = append(edits, d)
			add(d.From, d.Body, d.At, true, false)
		}
	}
	switch {
	case created:
	case len(edits) > 0:
		first := slices.MinFunc(edits, func(a, b pull.Evidence) int { return a.At.Compare(b.At) })
		add("", first.From, k.Created, false, true)
	default:
		add("", k.Body, k.Created, false, !k.EditedAt.IsZero())
	}
	return lines
}

// putInByOther reports whether somebody else edited the line into the comment.
func (c *collector) putInByOther(s spoken) bool {
	return slices.ContainsFunc(c.sn.Evidence, func(d pull.Evidence) bool {
		return d.Kind == pull.EvidenceCommentEdited && d.CommentID == s.comment && d.Actor.ID != s.person.ID &&
			slices.ContainsFunc(newLines(d.From, d.Body), func(l CommandLine) bool { return l.Text == s.line.Text })
	})
}

// outcome is what came of a command: decided later, obeyed, or refused because.
type outcome struct {
	later   bool
	refused string
}

func refuse(format string, args ...any) outcome {
	return outcome{refused: fmt.Sprintf(format, args...)}
}

func (c *collector) obey(s spoken, id string) {
	var o outcome
	switch {
	case !s.person.IsHuman():
		o = refuse("only a person's account is listened to")
	case s.doubt && c.sn.At.Sub(s.at) < Grace:
		c.lookAt(s.at.Add(Grace)) // the delivery may still come
		return
	case s.doubt && (s.line.Verb != VerbUnsign || c.putInByOther(s)):
		o = refuse("the comment was edited before slagate had seen it; please write the command again")
	default:
		o = c.carryOut(s, id)
	}
	if o.later {
		c.soon(s.at)
		return
	}
	c.res.Memory.Commands = append(c.res.Memory.Commands, pull.Command{
		Evidence: id, Person: s.person, At: s.at, Text: s.line.Text, Refused: o.refused, HasRole: c.hasRole(s.person),
	})
	good, said := c.res.Reactions[s.comment]
	c.res.Reactions[s.comment] = o.refused == "" && (good || !said)
}

func (c *collector) carryOut(s spoken, id string) outcome {
	switch s.line.Verb {
	case VerbSign:
		return c.sign(s, id)
	case VerbUnsign:
		return c.unsign(s, id)
	case VerbDone, VerbUndone, VerbNA:
		return c.tickCommand(s, id)
	case VerbRefresh:
		return c.refresh(s)
	case VerbHelp:
		return outcome{} // the comment itself is the answer
	case VerbObject, VerbWithdraw, VerbAnswer, VerbDelegate, VerbBreakGlass:
		return refuse("not available yet")
	}
	return refuse("there is no such command; write /sla help")
}

func (c *collector) namedFunction(s spoken) (policy.Function, outcome) {
	if s.line.Arg == "" {
		return policy.Function{}, refuse("which function? write for example /sla %s legal", s.line.Verb)
	}
	f, ok := c.function(s.line.Arg)
	if !ok {
		return policy.Function{}, refuse("%q is not asked on this pull request", cut(s.line.Arg, 40))
	}
	return f, outcome{}
}

func (c *collector) sign(s spoken, id string) outcome {
	f, bad := c.namedFunction(s)
	if bad.refused != "" {
		return bad
	}
	g := give{function: f, method: policy.Command, evidence: id, person: s.person, at: s.at, note: cut(s.line.Rest, 500)}
	g.view = c.publishedBefore(s)
	g.unbound = "slagate had not yet said what there is to sign when this was written; please look at its comment and sign again"
	reason, decided := c.judge(g)
	if !decided {
		return outcome{later: true}
	}
	return outcome{refused: reason}
}

// publishedBefore is the last version that slagate's comment showed before a
// command was written. Times have a resolution of one second, so an edit of
// the same second does not count; the comment's creation is told apart by the
// order of the ids.
func (c *collector) publishedBefore(s spoken) *pull.View {
	var found *pull.View
	var last time.Time
	views := c.sn.Memory.Views
	for i := range views {
		for _, p := range views[i].Publications {
			before := p.At.Before(s.at) || (p.Created && !p.At.After(s.at) && p.CommentID < s.comment && !s.edited)
			if before && (found == nil || !p.At.Before(last)) {
				found, last = &views[i], p.At
			}
		}
	}
	return found
}

func (c *collector) unsign(s spoken, id string) outcome {
	if slices.Contains(c.res.Memory.Withdrawals, id) {
		return outcome{} // when only its delivery told of it
	}
	f, bad := c.namedFunction(s)
	if known, ok := c.Policy.Function(s.line.Arg); bad.refused != "" && ok && c.hasActive(known.Name) {
		f, bad = known, outcome{} // not asked now, but its sign-offs count again once it is
	}
	if bad.refused != "" {
		return bad
	}
	if !c.hasActive(f.Name) && !c.res.Undecided[f.Name] {
		return refuse("%s has no sign-off that could be taken back", f.Name)
	}
	switch c.withdraw(taking{function: f, actor: s.person, evidence: id, at: s.at, how: "taken back by a command"}) {
	case takenLater:
		return outcome{later: true}
	case takenNothing:
		return refuse("%s", c.notMember(f))
	case takenOwn, takenAll, takenSettled:
	}
	return outcome{later: c.res.Undecided[f.Name]}
}

// refresh is obeyed for the author, members of a function and people with write
// access, once a minute. The evaluation that reads it is the refresh.
func (c *collector) refresh(s spoken) outcome {
	if !c.hasRole(s.person) {
		role, known := c.role(s.person)
		if !known {
			c.needRole(s.person)
			return outcome{later: true}
		}
		if role != "write" && role != "maintain" && role != "admin" {
			return refuse("only the author, members of a function and people with write access can ask for a refresh")
		}
	}
	if last := c.res.Memory.Refreshed; !last.IsZero() && s.at.Sub(last) < refreshEvery {
		return refuse("refreshed less than a minute ago")
	}
	c.res.Memory.Refreshed = s.at
	return outcome{}
}

func (c *collector) role(p pull.Person) (string, bool) {
	for _, r := range c.sn.Roles {
		if r.ID == p.ID {
			return r.Permission, true
		}
	}
	return "", false
}

// hasRole reports whether refusals of this person are worth showing: the author,
// a known member of an asked function, somebody known to have write access.
func (c *collector) hasRole(p pull.Person) bool {
	if p.ID == c.sn.Pull.Author.ID {
		return true
	}
	if role, ok := c.role(p); ok && (role == "write" || role == "maintain" || role == "admin") {
		return true
	}
	return slices.ContainsFunc(c.Functions, func(f policy.Function) bool { return c.members.member(f, p) == yes })
}

func cut(s string, n int) string {
	r := []rune(s)
	if len(r) > n {
		return string(r[:n]) + "…"
	}
	return s
}
