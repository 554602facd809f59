package prose

import (
	"strings"

	"github.com/slagate/slagate/internal/commitment"
)

// fact is something that was found in a sentence: where it stands and what it says.
type fact struct {
	from, to int
	spans    [][2]int // what is taken out of the indicator; nil is from..to
	subject  subject
	ok       bool // the subject is known
	value    commitment.Value
	advance  bool // "before", "at least ... notice": more is better
	cadence  bool // "every hour"
	adverb   bool // "hourly", "every month": a time only where something is told so often
	period   bool // "for 24 months"
	bound    bool // "within 4 hours", "up to two days"
	share    bool // a percentage
	seconds  bool // written in seconds or below
	fields   []commitment.Field
}

// place is where a sentence stands.
type place struct {
	about topic
	// around are texts that say what a short sentence is about, the nearest first: the
	// header of a column, the passage before a list, a heading.
	around []string
	short  bool // an item of a list or a cell: what is around it speaks for it
}

// cover blanks a part of a text, so that it is found once and offsets stay.
func cover(text string, from, to int) string {
	return text[:from] + strings.Repeat(" ", to-from) + text[to:]
}

// aroundSubject is the subject that the place gives to a fact that has none itself.
func (p place) aroundSubject(subjects []subject) (subject, bool) {
	for _, text := range p.around {
		if s, ok := nearest(text, len(text), len(text), len(text)+8, subjects); ok {
			return s, true
		}
	}
	return subject{}, false
}
