package signoff

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/slagate/slagate/internal/policy"
	"github.com/slagate/slagate/internal/pull"
)

// Grace is how long after an event its signed delivery may still be on its way
// before slagate does without it (GitHub: deliveries may be late by minutes, but
// a sweep finds the event first; waiting costs nobody anything but time).
const Grace = 30 * time.Second

// Result is what Collect found out.
type Result struct {
	// Memory is the snapshot's memory with the ledger brought up to date.
	Memory pull.Memory
	// Counting are the sign-offs that count now, by function, oldest first.
	Counting map[string][]pull.SignOff
	// Undecided are functions with evidence that cannot be judged yet.
	Undecided map[string]bool
	// Unanswered says which fact could not be had; empty if none was missing.
	Unanswered string
	// Notes are sentences about sign-offs that stopped counting, by function.
	Notes map[string][]string
	// Reactions owed to comments.
	Reactions map[int64]bool // true: obeyed, false: refused
	// NextCheck is when undecided evidence should be looked at again.
	NextCheck time.Time
	// Needs are facts that were missing.
	Needs pull.Needs
}

// Input is what Collect works on.
type Input struct {
	Snapshot pull.Snapshot
	Policy   *policy.Policy
	// Now is the version of the pull request at hand, with what each function is
	// asked about it.
	Now pull.View
	// Checklist are the items that apply, with their owners.
	Checklist []policy.Item
	// Functions that are asked now, in policy order.
	Functions []policy.Function
}

// Collect judges all evidence not judged before, applies withdrawals, and says
// what counts now. It is pure: the same input gives the same result.
func Collect(in Input) Result {
	c := &collector{
		Input: in, sn: in.Snapshot, members: NewMembers(&in.Snapshot),
		res: Result{
			Memory: cloneMemory(in.Snapshot.Memory), Counting: map[string][]pull.SignOff{}, Undecided: map[string]bool{},
			Notes: map[string][]string{}, Reactions: map[int64]bool{},
		},
	}
	events := slices.Concat(c.labelEvents(), c.commentEvents(), c.reviewEvents(), c.tickEvents())
	for _, f := range in.Policy.Functions { // asked now or not
		events = append(events, c.forgottenTakings(f)...)
	}
	slices.SortStableFunc(events, func(a, b event) int {
		if n := a.at.Compare(b.at); n != 0 {
			return n
		}
		return cmp.Compare(a.rank, b.rank)
	})
	for _, e := range events {
		e.run()
	}
	c.awaitConfirmation()
	c.count()
	return c.res
}

// event is something that happened on the pull request. Within one second
// (GitHub's resolution) commands come before reviews, labels and withdrawals, so
// that a doubt takes a sign-off away rather than gives one.
type event struct {
	at   time.Time
	rank int
	run  func()
}

// The order of things that happened in the same second.
const (
	rankCommand = iota
	rankReview
	rankLabel
	rankTake
)

type collector struct {
	Input
	sn      pull.Snapshot
	members Members
	res     Result
}

func cloneMemory(m pull.Memory) pull.Memory {
	m.SignOffs = slices.Clone(m.SignOffs)
	m.Ticks = slices.Clone(m.Ticks)
	m.Commands = slices.Clone(m.Commands)
	m.Withdrawals = slices.Clone(m.Withdrawals)
	m.PutRights = slices.Clone(m.PutRights)
	for i := range m.PutRights {
		m.PutRights[i].At = slices.Clone(m.PutRights[i].At)
	}
	return m
}

func (c *collector) need(push string) {
	if !slices.Contains(c.res.Needs.Pushes, push) {
		c.res.Needs.Pushes = append(c.res.Needs.Pushes, push)
	}
}

// needPerson asks for somebody's memberships.
func (c *collector) needPerson(p pull.Person) {
	if !slices.ContainsFunc(c.res.Needs.Members, func(q pull.Person) bool { return q.ID == p.ID }) {
		c.res.Needs.Members = append(c.res.Needs.Members, p)
	}
}

func (c *collector) needRole(p pull.Person) {
	if !slices.ContainsFunc(c.res.Needs.Roles, func(q pull.Person) bool { return q.ID == p.ID }) {
		c.res.Needs.Roles = append(c.res.Needs.Roles, p)
	}
}

// isMember is members.member that asks for what is not known. GitHub cannot be
// asked about accounts that are no persons, and they are in no function.
func (c *collector) isMember(f policy.Function, p pull.Person) answer {
	if p.ID == 0 || p.Login == "" || (p.Kind != "" && p.Kind != pull.KindUser) {
		return no
	}
	a := c.members.member(f, p)
	if a == unknown {
		if f.Name == RepairFunction {
			c.needRole(p)
		} else {
			c.needPerson(p)
		}
		c.unanswered(fmt.Sprintf("whether %s belongs to %s", p.Login, f.Name))
	}
	return a
}

// unanswered notes the first fact that could not be had.
func (c *collector) unanswered(what string) {
	if c.res.Unanswered == "" {
		c.res.Unanswered = what
	}
}

func (c *collector) function(name string) (policy.Function, bool) {
	i := slices.IndexFunc(c.Functions, func(f policy.Function) bool { return f.Name == name })
	if i < 0 {
		return policy.Function{}, false
	}
	return c.Functions[i], true
}

func (c *collector) judged(evidence string) bool {
	return slices.ContainsFunc(c.res.Memory.SignOffs, func(s pull.SignOff) bool { return s.Evidence == evidence })
}

// soon asks for another look at something of that time: after a second at first,
// then after as long again as it has taken already.
func (c *collector) soon(at time.Time) {
	c.lookAt(c.sn.At.Add(min(max(c.sn.At.Sub(at), time.Second), 5*time.Minute)))
}

// lookAt asks for another look at the given time.
func (c *collector) lookAt(next time.Time) {
	if c.res.NextCheck.IsZero() || next.Before(c.res.NextCheck) {
		c.res.NextCheck = next
	}
}

// confirmation is how long slagate keeps looking for an event that a delivery
// told of and that GitHub's answers do not show yet (they may be stale).
const confirmation = time.Minute

// awaitConfirmation asks for another look while a delivery tells of a label or
// a command that GitHub does not show yet.
func (c *collector) awaitConfirmation() {
	for _, d := range c.sn.Evidence {
		if c.sn.At.Sub(d.At) > confirmation {
			continue
		}
		switch d.Kind { //nolint:exhaustive // the others need no confirmation
		case pull.EvidenceComment:
			if !slices.ContainsFunc(c.sn.Comments, func(k pull.Comment) bool { return k.ID == d.CommentID }) {
				c.soon(d.At)
			}
		case pull.EvidenceLabeled:
			if !slices.ContainsFunc(c.sn.LabelEvents, func(e pull.LabelEvent) bool {
				return e.Added && e.Actor.ID == d.Actor.ID && d.At.Sub(e.Created).Abs() <= pairing
			}) {
				c.soon(d.At)
			}
		}
	}
}

// give is evidence for a sign-off whose content is known.
type give struct {
	function policy.Function
	method   policy.Method
	evidence string
	person   pull.Person
	at       time.Time
	note     string
	view     *pull.View // nil: unbound says why it cannot be told
	unbound  string
}

// judge decides about a piece of evidence once and for all, or leaves it for
// later. It returns the verdict's reason ("" accepted) and whether it decided.
func (c *collector) judge(g give) (refused string, decided bool) {
	refused, decided = c.refusal(g)
	if !decided {
		c.res.Undecided[g.function.Name] = true
		c.soon(g.at)
		return "", false
	}
	s := pull.SignOff{
		Function: g.function.Name, Method: string(g.method), Evidence: g.evidence, Person: g.person, At: g.at, Note: g.note,
		State: pull.SignOffActive,
	}
	if refused != "" {
		s.State, s.Reason = pull.SignOffRefused, refused
	}
	if g.view != nil {
		s.Head = g.view.Head
		if asked, ok := askedOf(g.view, g.function.Name); ok && refused == "" {
			asked = asked.Trim()
			s.Fingerprint, s.Items, s.MoreItems, s.Checklist = asked.Fingerprint, asked.Items, asked.MoreItems, asked.Checklist
		}
	}
	c.res.Memory.SignOffs = append(c.res.Memory.SignOffs, s)
	return refused, true
}

// refusal says why evidence does not count, in the order in which a person
// would want to hear it.
func (c *collector) refusal(g give) (reason string, decided bool) {
	f := g.function
	if !g.person.IsHuman() {
		return "only a person's account can sign", true
	}
	if !slices.Contains(c.Policy.SignOffs.Methods, g.method) && f.Name != RepairFunction {
		return fmt.Sprintf("this repository does not take a %s as a sign-off", g.method), true
	}
	switch c.isMember(f, g.person) {
	case unknown:
		return "", false
	case no:
		return c.notMember(f), true
	case yes:
	}
	if g.person.ID == c.sn.Pull.Author.ID && (!c.Policy.SignOffs.Author || f.Name == RepairFunction) {
		return "the author of a pull request cannot sign it", true
	}
	if !c.Policy.SignOffs.Committers {
		switch a, why := c.pushed(g.person); a {
		case unknown:
			return "", false
		case yes:
			return "somebody who pushed gated content cannot sign it: " + why, true
		case no:
		}
	}
	if g.view == nil {
		return g.unbound, true
	}
	if _, ok := askedOf(g.view, f.Name); !ok {
		return fmt.Sprintf("%s was not asked about the version this was given for (commit %s)", f.Name, short(g.view.Head)), true
	}
	if other := c.otherFunction(g); other != "" {
		return fmt.Sprintf("already signed for %s; one person signs for one function only", other), true
	}
	return "", true
}

func (c *collector) notMember(f policy.Function) string {
	if f.Name == RepairFunction {
		return "only an admin of the repository can repair the policy"
	}
	var who []string
	who = append(who, f.Teams...)
	for _, u := range f.Users {
		who = append(who, "@"+u)
	}
	return fmt.Sprintf("not an active member of %s (%s)", f.Name, strings.Join(who, ", "))
}

// otherFunction names another function for which the person's sign-off counts.
func (c *collector) otherFunction(g give) string {
	if c.Policy.SignOffs.Several {
		return ""
	}
	for _, s := range c.res.Memory.SignOffs {
		if s.State == pull.SignOffActive && s.Person.ID == g.person.ID && s.Function != g.function.Name && c.current(s) {
			return s.Function
		}
	}
	return ""
}

// current reports whether a sign-off is for the content at hand.
func (c *collector) current(s pull.SignOff) bool {
	asked, ok := askedOf(&c.Now, s.Function)
	if !ok || s.Fingerprint == "" || s.Fingerprint != asked.Fingerprint {
		return false
	}
	return !c.Policy.SignOffs.Reset || s.Head == c.Now.Head
}

func askedOf(v *pull.View, function string) (pull.Asked, bool) {
	for _, a := range v.Asked {
		if a.Function == function {
			return a, true
		}
	}
	return pull.Asked{}, false
}

// count decides which active sign-offs count now. One that is active but whose
// person left the function lapses for good.
func (c *collector) count() {
	taken := map[int64]string{}
	for i := range c.res.Memory.SignOffs {
		s := &c.res.Memory.SignOffs[i]
		f, asked := c.function(s.Function)
		if s.State != pull.SignOffActive || !asked || !c.current(*s) {
			continue
		}
		if !c.stillEligible(f, s) {
			continue
		}
		if other := taken[s.Person.ID]; other != "" && other != f.Name && !c.Policy.SignOffs.Several {
			c.note(f.Name, fmt.Sprintf("%s's sign-off counts for %s only.", s.Person.Login, other))
			continue
		}
		if slices.ContainsFunc(c.res.Counting[f.Name], func(x pull.SignOff) bool { return x.Person.ID == s.Person.ID }) {
			continue
		}
		taken[s.Person.ID] = f.Name
		c.res.Counting[f.Name] = append(c.res.Counting[f.Name], *s)
	}
}

func (c *collector) stillEligible(f policy.Function, s *pull.SignOff) bool {
	switch c.isMember(f, s.Person) {
	case unknown:
		return false
	case no:
		s.State, s.Reason = pull.SignOffLapsed, "no longer "+strings.TrimPrefix(c.notMember(f), "not ")
		return false
	case yes:
	}
	if s.Person.ID == c.sn.Pull.Author.ID && !c.Policy.SignOffs.Author {
		c.note(f.Name, s.Person.Login+"'s sign-off does not count: the author of a pull request cannot sign it.")
		return false
	}
	if c.Policy.SignOffs.Committers {
		return true
	}
	a, why := c.pushed(s.Person)
	if a == unknown {
		c.unanswered("what " + s.Person.Login + " pushed")
	}
	if a == yes {
		c.note(f.Name, fmt.Sprintf("%s's sign-off does not count: %s %s.", s.Person.Login, s.Person.Login, why))
	}
	return a == no
}

func (c *collector) note(function, sentence string) {
	if !slices.Contains(c.res.Notes[function], sentence) {
		c.res.Notes[function] = append(c.res.Notes[function], sentence)
	}
}
