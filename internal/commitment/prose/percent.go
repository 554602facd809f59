package prose

import (
	"math/big"
	"regexp"
	"strings"

	"github.com/slagate/slagate/internal/commitment"
)

var (
	percentage = regexp.MustCompile(`(?i)(?:\b(?:at least|a minimum of|minimum|no less than|not less than|more than|over|less than|below|under|equal to|or greater than|greater than|to|and|between|up to)\s+|>=?\s*|<=?\s*)*(?:(\d{1,3}(?:[.,]\d+)?|` + tokenPattern + `)\s?(?:%|percent\b|per cent\b)|\b(two|three|four|five|six) (?:and a half )?nines\b)(?:\s+or (?:more|higher|better|above))?`)
	// otherShare is what a percentage is of when it is no promise.
	otherShare  = regexp.MustCompile(`(?i)^\+?\s*(?:\w+\s+)?(?:percentile|of (?:all |our |the |your )*(?:\w+ )?(?:users|people|developers|companies|cpu|memory|disk|traffic|code|market|revenue|population|respondents|space|capacity|budget|volume|instances|nodes|pods|quota|browsers?|devices?|cases where)|off\b|discount|faster|slower|cheaper|more\b|less\b|fewer|cpu|memory|disk|coverage|code coverage|confidence|open[- ]source|free\b|compatible|vat|tax|growth|increase|decrease|reduction|threshold|full\b|used\b|utili[sz]ation)`)
	percentWord = regexp.MustCompile(`(?i)per ?cent|nines`)
	uptime      = regexp.MustCompile(`(?i)\b(?:up-?time|availability|SLAs?|service[- ]levels?|SLOs?)\b`)
	otherBefore = regexp.MustCompile(`(?i)\b(?:discount|vat|tax|cpu|memory|disk|coverage|increased? by|decreased? by|reduced? by|grew by|alert (?:at|when)|threshold of|zoom|width|height|opacity)\s*(?:of|:|at|by|is)?\s*$`)
	window      = regexp.MustCompile(`(?i)[\s,(]*\b(?:(?:measured|calculated|computed|averaged|assessed|evaluated)\s+)?(?:(?:per|each|every|in (?:any|a|each)|in any given|during (?:any|a|each)|over (?:any|a|the|each)|for (?:any|each)|on a|of (?:each|every|the)|a)\s+(?:given\s+)?(?:calendar |billing |rolling |trailing )?(month|quarter|year|week|day)(?:ly)?(?: basis| period| billing cycle)?\b|\b(monthly|quarterly|yearly|annually|annual|weekly|daily)\b|(?:over|in|per|within)\s+(?:any|a|the|each)?\s*(?:rolling |trailing |last )?(\d{1,3})[- ]days?(?: period| window)?)\)?`)
)

// percents finds the percentages that are promises.
func percents(text string, p place) []fact {
	var out []fact
	if !strings.ContainsAny(text, "%") && !percentWord.MatchString(text) {
		return nil
	}
	for _, m := range percentage.FindAllStringSubmatchIndex(text, -1) {
		from, to := m[0], m[1]
		if otherShare.MatchString(strings.TrimPrefix(text[to:], " ")) || otherBefore.MatchString(text[:from]) {
			continue
		}
		value, ok := percentValue(text, m)
		if !ok {
			continue
		}
		s, found := nearest(text, from, to, 60, shareSubjects())
		if p.short && len(text) < 80 && !found {
			s, found = p.aroundSubject(shareSubjects())
		}
		if !found && p.about == promising && likeAvailability(value) && requestWords.MatchString(text[to:]) {
			s, found = shareSubjects()[1], true
		}
		if p.about == unrelated && s.name == "availability" && !uptime.MatchString(text) {
			continue
		}
		if s.name == "share" && p.about != promising && !requestWords.MatchString(text[to:]) {
			continue
		}
		if !found || !plausible(s, value, p) {
			continue
		}
		out = append(out, fact{from: from, to: to, subject: s, ok: true, value: value, share: true})
	}
	return out
}

// plausible refuses availabilities that are none: nobody promises half of the time,
// and outside of service levels only numbers near to all are meant so.
func plausible(s subject, v commitment.Value, p place) bool {
	if v.Num == nil || s.name != "availability" {
		return p.about > unrelated || s.name == "availability" || s.kind == commitment.Credit || s.kind == commitment.Durability
	}
	floor := big.NewRat(9, 10)
	if p.about == promising {
		floor = big.NewRat(1, 2)
	}
	return v.Num.Cmp(floor) >= 0 && v.Num.Cmp(big.NewRat(1, 1)) <= 0
}

func likeAvailability(v commitment.Value) bool {
	return v.Num != nil && v.Num.Cmp(big.NewRat(9, 10)) >= 0 && v.Num.Cmp(big.NewRat(1, 1)) <= 0
}

func percentValue(text string, m []int) (commitment.Value, bool) {
	if m[4] >= 0 {
		digits := map[string]string{"two": "99", "three": "99.9", "four": "99.99", "five": "99.999", "six": "99.9999"}
		nines := text[m[4]:m[5]]
		v := commitment.PercentOf(digits[strings.ToLower(nines)])
		v.Text = nines + " nines"
		return v, true
	}
	digits := text[m[2]:m[3]]
	if token.MatchString(digits) {
		return commitment.Unread(digits + "%"), true
	}
	v := commitment.PercentOf(strings.Replace(digits, ",", ".", 1))
	v.Text = digits + "%"
	return v, v.Num != nil
}

// windowOf is the time over which an availability holds, if the text says one.
func windowOf(text string) (commitment.Field, [2]int, bool) {
	m := window.FindStringSubmatchIndex(text)
	if m == nil {
		return commitment.Field{}, [2]int{}, false
	}
	lengths := map[string]string{
		"month": "30d", "monthly": "30d", "quarter": "91d", "quarterly": "91d", "year": "365d", "yearly": "365d", "annual": "365d",
		"annually": "365d", "week": "7d", "weekly": "7d", "day": "1d", "daily": "1d",
	}
	written := strings.TrimPrefix(strings.Trim(text[m[0]:m[1]], " ,()"), "a ")
	var length string
	calendar := true
	switch {
	case m[2] >= 0:
		length = lengths[strings.ToLower(text[m[2]:m[3]])]
	case m[4] >= 0:
		length = lengths[strings.ToLower(text[m[4]:m[5]])]
	default:
		length, calendar = text[m[6]:m[7]]+"d", false
	}
	v := commitment.Duration(length, commitment.NoPlain)
	v.Text = written
	v.Calendar = calendar && !strings.Contains(strings.ToLower(written), "rolling") && !strings.Contains(strings.ToLower(written), "trailing")
	return commitment.Field{Name: "window", Role: commitment.RoleWindow, Value: v}, [2]int{m[0], m[1]}, v.Num != nil
}
