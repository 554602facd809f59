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
// actor's own, and, of contents that the actor has no own sign-off for, those of
// others, if the actor is a member. It may be repeated: a sign-off whose evidence
// is judged only after its withdrawal was seen (its delivery came late) is taken
// back all the same. Once nothing that came before is undecided any more it is
// settled, and reaches the actor's own only.
func (c *collector) withdraw(t taking) taken {
	m := &c.res.Memory
	settled := slices.Contains(m.Withdrawals, t.evidence)
	own := map[string]bool{}
	for i := range m.SignOffs {
		s := &m.SignOffs[i]
		if s.Person.ID == t.actor.ID && c.reaches(t, *s) && (s.State == pull.SignOffActive || s.Ended == t.evidence) {
			own[c.content(*s)] = true
			t.end(s)
		}
	}
	if settled {
		return takenSettled
	}
	others := slices.DeleteFunc(c.active(t), func(s *pull.SignOff) bool { return own[c.content(*s)] })
	result := takenOwn
	if len(own) == 0 || len(others) > 0 {
		switch c.isMember(t.function, t.actor) {
		case unknown:
			c.res.Undecided[t.function.Name] = true
			c.soon(t.at)
			return takenLater
		case no:
			if len(own) == 0 {
				return takenNothing
			}
		case yes:
			result = takenAll
			for _, s := range others {
				t.end(s)
			}
		}
	}
	if !c.res.Undecided[t.function.Name] {
		m.Withdrawals = append(m.Withdrawals, t.evidence)
	}
	return result
}

// end takes a sign-off back.
func (t taking) end(s *pull.SignOff) {
	s.State, s.By, s.Reason, s.Ended = pull.SignOffWithdrawn, t.actor, t.how, t.evidence
}

// active are the sign-offs that stand and that a taking reaches.
func (c *collector) active(t taking) []*pull.SignOff {
	var found []*pull.SignOff
	for i := range c.res.Memory.SignOffs {
		if s := &c.res.Memory.SignOffs[i]; s.State == pull.SignOffActive && c.reaches(t, *s) {
			found = append(found, s)
		}
	}
	return found
}

// content is what tells sign-offs for one content from those for another.
func (c *collector) content(s pull.SignOff) string {
	if c.Policy.SignOffs.Reset {
		return s.Head
	}
	return s.Fingerprint
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
