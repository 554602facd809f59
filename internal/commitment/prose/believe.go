package prose

import (
	"math/big"
	"slices"
	"strings"

	"github.com/slagate/slagate/internal/commitment"
)

// pledge is what a time is called that somebody promises to do something in, where the
// words say no kind.
const pledge = "promised time"

// talking reports whether a text that is not about service levels only talks of a
// time: of a setting, of what one does oneself, of a condition.
func talking(f *fact, s subject, text string) bool {
	before := text[:f.from]
	switch {
	case tells.MatchString(text), yourTask.MatchString(before) && !ourselves.MatchString(text), settings.MatchString(text) && !ourselves.MatchString(text):
		return true
	case s.kind != commitment.UpdateCadence || f.cadence || f.adverb:
		return false
	}
	return !f.bound || takesTime.MatchString(before)
}

// conditional reports whether a time is one that something has to last to matter. Such a
// sentence says no promise in numbers, unless it pays for it.
func conditional(f *fact, s subject, text string) bool {
	before := text[:f.from]
	return beyond.MatchString(before) && !notBeyond.MatchString(before) && s.name != "downtime" && !creditWords.MatchString(text)
}

// tooLong reports whether nobody would promise to do this in such a time: it is the
// length of a licence or of a year.
func tooLong(f *fact, s subject) bool {
	switch s.kind {
	case commitment.ResponseTime, commitment.ResolutionTime, commitment.UpdateCadence, commitment.Latency:
		return !f.period && f.value.Num != nil && f.value.Num.Cmp(big.NewRat(270*86400, 1)) > 0
	default:
		return false
	}
}

// saidOften reports whether a word like "weekly" is said of what is told or kept: it
// stands beside it.
func saidOften(text string, f *fact, s subject) bool {
	switch s.kind {
	case commitment.UpdateCadence:
		_, near := nearest(text, f.from, f.to, 14, timeSubjects()[1:2])
		return near
	case commitment.Retention:
		return true
	default:
		return false
	}
}

// believed refuses times that are no promise of service, and turns the direction
// where the sentence does: notice in advance is better the longer it is.
func believed(f *fact, s *subject, segment, text string, p place) bool {
	if hardNoise.MatchString(segment) || p.about < promising && notService.MatchString(text) {
		return false
	}
	if otherAfter.MatchString(text[f.to:]) && s.name != "downtime" || over.MatchString(text[f.to:]) && !f.cadence && !f.adverb || conditional(f, *s, text) || p.about < promising && talking(f, *s, text) || tooLong(f, *s) {
		return false
	}
	if s.name == "support period" && f.value.Num != nil && f.value.Num.Cmp(big.NewRat(3*86400, 1)) <= 0 {
		*s = timeSubjects()[0] // "a 4-hour support window"
	}
	if f.seconds {
		if p.about != promising || s.kind != commitment.ResponseTime && s.kind != commitment.Latency {
			return false
		}
		*s = subject{kind: commitment.Latency, name: "latency", better: commitment.Lower}
	}
	if p.about == unrelated || p.about == related && !p.short {
		if !serving.MatchString(text) {
			return false
		}
	}
	if f.period && slices.Contains([]commitment.Kind{commitment.ResponseTime, commitment.ResolutionTime, commitment.UpdateCadence}, s.kind) {
		*s = subject{kind: commitment.Other, name: "support period", better: commitment.Higher}
	}
	switch s.kind {
	case commitment.UpdateCadence:
		if p.about == unrelated && !customers.MatchString(text) {
			return false
		}
	case commitment.Notification:
		if early.MatchString(segment) || f.advance {
			s.name, s.better = "notice", commitment.Higher
		}
	case commitment.Retention:
		// Long is good for backups; how long what was deleted stays is for customers to judge.
		if deleting.MatchString(text + " " + strings.Join(p.around, " ")) {
			s.name, s.better = "deletion", commitment.Neither
		}
		if f.cadence {
			s.kind, s.name, s.better = commitment.Other, "backup interval", commitment.Lower
		}
	case commitment.Latency:
		return p.about == promising || f.value.Unit == commitment.BusinessSeconds || f.bound && ourselves.MatchString(text)
	case commitment.Other, commitment.Credit, commitment.Availability:
		if p.about == unrelated && s.name != pledge {
			return false
		}
	default:
	}
	return true
}
