package signoff

import (
	"slices"
	"time"

	"github.com/slagate/slagate/internal/policy"
	"github.com/slagate/slagate/internal/pull"
)

// taking is something that may take sign-offs of a function back.
type taking struct {
	function policy.Function
	actor    pull.Person
	evidence string
	at       time.Time
	how      string // in words, for the comment
}

// taken is what came of a taking.
type taken int

const (
	takenLater   taken = iota // nobody could tell whether the actor has a say
	takenOwn                  // the actor's own sign-off
	takenAll                  // all of the function, by another member
	takenNothing              // the actor has no say
	takenSettled              // was settled before
)

// withdraw takes back the sign-offs of a function that were given before: the
// actor's own if there is one, else, if the actor is a member, all of them. It
// may be repeated: a sign-off whose evidence is judged only after its withdrawal
// was seen (its delivery came late) is taken back all the same. It is settled for
// good once nothing that came before it is undecided any more.
func (c *collector) withdraw(t taking) taken {
	m := &c.res.Memory
	if slices.Contains(m.Withdrawals, t.evidence) {
		return takenSettled
	}
	own := slices.ContainsFunc(m.SignOffs, func(s pull.SignOff) bool {
		return s.Person.ID == t.actor.ID && c.reaches(t, s) && (s.State == pull.SignOffActive || s.Ended == t.evidence)
	})
	result := takenOwn
	if !own {
		switch c.isMember(t.function, t.actor) {
		case unknown:
			c.res.Undecided[t.function.Name] = true
			c.soon(t.at)
			return takenLater
		case no:
			return takenNothing
		case yes:
			result = takenAll
		}
	}
	for i := range m.SignOffs {
		s := &m.SignOffs[i]
		if s.State == pull.SignOffActive && c.reaches(t, *s) && (!own || s.Person.ID == t.actor.ID) {
			s.State, s.By, s.Reason, s.Ended = pull.SignOffWithdrawn, t.actor, t.how, t.evidence
		}
	}
	if !c.res.Undecided[t.function.Name] {
		m.Withdrawals = append(m.Withdrawals, t.evidence)
	}
	return result
}

// reaches reports whether a taking came after a sign-off of its function. Within
// one second only GitHub's order of label events tells; any other doubt takes back.
func (c *collector) reaches(t taking, s pull.SignOff) bool {
	if s.Function != t.function.Name || s.At.After(t.at) {
		return false
	}
	if s.At.Before(t.at) {
		return true
	}
	given, took := c.place(s.Evidence), c.place(t.evidence)
	return given < 0 || took < 0 || given < took
}

func (c *collector) place(evidence string) int {
	return slices.IndexFunc(c.sn.LabelEvents, func(e pull.LabelEvent) bool { return e.ID == evidence })
}
