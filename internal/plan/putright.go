package plan

import (
	"slices"
	"strings"
	"time"

	"github.com/slagate/slagate/internal/pull"
)

// Put-rights of one thing: so many within putRightSpan, then it is said once,
// then nothing until the hour is over. Source: product contract, what goes wrong.
const (
	putRightLimit = 10
	putRightSpan  = time.Hour
)

// What put-rights are counted under.
const (
	commentKey = "comment"
	statusKey  = "status:" // and HEAD:CONTEXT
)

// answer is what to do about something that somebody else changed.
type answer int

const (
	mend    answer = iota // put it right
	sayOnce               // the limit is reached: say so instead
	hold                  // it was said: leave it alone
)

// putRight counts one correction of a thing, and says whether it may be made.
func (b *builder) putRight(what string) answer {
	b.plan.Tampered = append(b.plan.Tampered, what)
	if b.held(what) {
		return hold
	}
	recent := slices.DeleteFunc(b.corrections(what), func(at time.Time) bool { return b.d.At.Sub(at) >= putRightSpan })
	count := pull.PutRight{What: what, At: append(recent, b.d.At)}
	b.plan.PutRights = append(slices.DeleteFunc(b.plan.PutRights, func(p pull.PutRight) bool { return p.What == what }), count)
	if len(recent) >= putRightLimit {
		return sayOnce
	}
	return mend
}

// held reports whether the limit was reached less than an hour ago.
func (b *builder) held(what string) bool {
	at := b.corrections(what)
	return len(at) > putRightLimit && b.d.At.Sub(at[len(at)-1]) < putRightSpan
}

// corrections are the times at which a thing was put right, oldest first.
func (b *builder) corrections(what string) []time.Time {
	for _, p := range b.plan.PutRights {
		if p.What == what {
			return p.At
		}
	}
	return nil
}

// freshPutRights is a copy of the counts without those of statuses and of the
// comment that no longer matter. The others are kept: their owner prunes them.
func freshPutRights(counts []pull.PutRight, now time.Time) []pull.PutRight {
	var fresh []pull.PutRight
	for _, p := range counts {
		n := len(p.At)
		old := n == 0 || now.Sub(p.At[n-1]) >= putRightSpan
		if old && (p.What == commentKey || strings.HasPrefix(p.What, statusKey)) {
			continue
		}
		fresh = append(fresh, pull.PutRight{What: p.What, At: slices.Clone(p.At)})
	}
	return fresh
}
