package prose

import (
	"math/big"
	"regexp"
	"slices"
	"strings"

	"github.com/slagate/slagate/internal/commitment"
)

const (
	counted  = `\d+(?:[.,]\d+)?|` + tokenPattern + `|half an?|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|fifteen|twenty[- ]four|twenty|thirty|forty[- ]five|forty[- ]eight|forty|sixty|seventy[- ]two|ninety|an?`
	inBraces = `(?:\s*\(\s*[\w-]+\s*\))?`
	leadIn   = `within(?: the (?:next|first))?|in under|in less than|in|under|up to|at most|less than|fewer than|no more than|not more than|not exceed(?:ing)?|no later than|not later than|(?:a )?max(?:imum)?(?: of)?|at least|(?:a )?min(?:imum)?(?: of)?|no less than|no fewer than|approximately|approx\.?|about|around|every|each|once (?:every|per|an?)|per|after|for|between|<=?|>=?|~`
	units    = `milliseconds?|msecs?|ms|seconds?|secs?|minutes?|mins?|hours?|hrs?|weekdays?|workdays?|days?|weeks?|wks?|months?|quarters?|years?|yrs?|h|d|m|s`
)

var (
	lasting = regexp.MustCompile(`(?i)(?:\b|^|\s)((?:` + leadIn + `)\s*)?\b(` + counted + `)` + inBraces + `(?:\s*(?:-|to|and|or)\s*(\d+(?:[.,]\d+)?|` + counted + `)` + inBraces + `)?[\s-]*((?:full )?(?:business|working|work|office|calendar|support|clock|consecutive|operational|service)[\s-]+)?(` + units + `)(?:\(s\)|')?\b\)?((?:\s+or (?:less|fewer|sooner|faster|more)|\s+max(?:imum)?\b)?(?:,?\s+\(?(?:during|in|of|within)\s+(?:our |normal |regular |standard |local )*(?:business|working|office|support)\s+(?:hours|days)\)?|\s+\((?:business|working)(?:\s+(?:hours|days))?\))?)`)
	// named times have no number.
	nextDayEnd = regexp.MustCompile(`(?i)\b(?:by |before |at )?(?:the )?(?:end|close) of (?:business )?(?:on )?(?:the )?(?:next|following) (?:(business|working|work) )?day\b`)
	nextDay    = regexp.MustCompile(`(?i)\b(?:(?:by|on|within|before|no later than) )?(?:the )?(?:next|following)[- ](?:(business|working|work)[- ])?day\b|\bNBD\b`)
	sameDay    = regexp.MustCompile(`(?i)\b(?:(?:by|on|within) )?(?:the )?same[- ](?:(business|working|work)[- ])?day\b|\b(?:by |before )?(?:the )?(?:end|close) of (?:the |each |every )?(?:(?:same )?(business|working) day|business|day)\b|\bby EOD\b`)
	atOnce     = regexp.MustCompile(`(?i)\b(?:immediately|immediate|instantly|right away|straight away)\b`)
	everyUnit  = regexp.MustCompile(`(?i)\b(?:(?:once )?(?:every|each)|once an?) (minute|hour|(?:business |working )?day|week|month|quarter|year)\b`)
	frequency  = regexp.MustCompile(`(?i)\b(hourly|daily|weekly|monthly|twice (?:an?|per) (?:day|week)|once (?:an?|per) (?:hour|day|week))\b`)
	notService = regexp.MustCompile(`(?i)\b(?:time-?outs?|cach(?:e|ed|ing)|retr(?:y|ies|ied)|cron|tokens?|sessions? (?:expire|last)|cookies?|trial|passwords?|tutorial|scrap(?:e|es|ed|ing)|TTL|heartbeat|keep-?alive|polls?|polling|debounce|back-?off|minute read|rate limit\w*|years? (?:of|old)|ago|course|video|workshop)\b`)
	serving    = regexp.MustCompile(`(?i)\b(?:we|we'll|our|us|support|team|customers?|clients?|SLAs?|service levels?|maintainers?|staff|engineers?|vendor|provider|business|working|guarantee\w*|uptime|severity)\b`)
	business   = regexp.MustCompile(`(?i)business|working|work|office|operational|support|service`)
	early      = regexp.MustCompile(`(?i)\b(?:in advance|advance(?:d)?|prior|before(?:hand)?|ahead|notice|notice period|lead time)\b`)
)

// times finds the durations of a text, whatever they are for.
func times(text string) []fact {
	var out []fact
	take := func(from, to int, v commitment.Value) {
		out = append(out, fact{from: from, to: to, value: v, bound: true})
		text = cover(text, from, to)
	}
	for _, named := range []struct {
		words *regexp.Regexp
		days  int64
	}{{nextDayEnd, 2}, {nextDay, 2}, {sameDay, 1}} {
		for _, m := range named.words.FindAllStringSubmatchIndex(text, -1) {
			take(m[0], m[1], namedDay(text[m[0]:m[1]], named.days))
		}
	}
	for _, m := range lasting.FindAllStringSubmatchIndex(text, -1) {
		if f, ok := lastingFact(text, m); ok {
			out = append(out, f)
		}
	}
	for _, f := range out {
		text = cover(text, f.from, f.to)
	}
	for _, m := range everyUnit.FindAllStringSubmatchIndex(text, -1) {
		unit := text[m[2]:m[3]]
		v := lengthOf("one", strings.ToLower(unit[strings.LastIndexByte(unit, ' ')+1:]), unit, text[m[0]:m[1]])
		out = append(out, fact{from: m[0], to: m[1], value: v, cadence: true, adverb: true})
		text = cover(text, m[0], m[1])
	}
	for _, m := range frequency.FindAllStringSubmatchIndex(text, -1) {
		out = append(out, fact{from: m[0], to: m[1], value: often(text[m[0]:m[1]]), cadence: true, adverb: true})
	}
	return out
}

// namedDay is "the next working day": nobody says at which hour today the question
// came, so a day that is not over may be added. A day of business has eight hours.
func namedDay(text string, days int64) commitment.Value {
	lower := strings.ToLower(text)
	if strings.Contains(lower, "business") || strings.Contains(lower, "work") || lower == "nbd" {
		return commitment.Exactly(strings.TrimSpace(text), big.NewRat(days*8*3600, 1), commitment.BusinessSeconds)
	}
	return commitment.Exactly(strings.TrimSpace(text), big.NewRat(days*24*3600, 1), commitment.Seconds)
}

func often(text string) commitment.Value {
	lower := strings.ToLower(text)
	n := int64(3600)
	switch {
	case strings.Contains(lower, "dai"), strings.Contains(lower, "day"):
		n = 86400
	case strings.Contains(lower, "week"):
		n = 7 * 86400
	case strings.Contains(lower, "month"):
		n = 30 * 86400
	}
	if strings.HasPrefix(lower, "twice") {
		n /= 2
	}
	return commitment.Exactly(text, big.NewRat(n, 1), commitment.Seconds)
}

// lastingFact makes a fact of a match of lasting: 1 what leads in, 2 and 3 the
// numbers, 4 what sort of time, 5 the unit, 6 what follows.
func lastingFact(text string, m []int) (fact, bool) {
	group := func(i int) string {
		if m[2*i] < 0 {
			return ""
		}
		return text[m[2*i]:m[2*i+1]]
	}
	lead, first, last, sort, unit, after := strings.ToLower(strings.TrimSpace(group(1))), group(2), group(3), group(4), strings.ToLower(group(5)), group(6)
	article := strings.EqualFold(first, "a") || strings.EqualFold(first, "an")
	if article && (lead == "" || isPeriod(unit) && lead != "within") {
		return fact{}, false // "in a month" is a window
	}
	if len(unit) == 1 && (first[0] < '0' || first[0] > '9' || m[10] != m[5] && m[10] != m[7]) {
		return fact{}, false
	}
	number := first
	if last != "" {
		number = last // the upper end of a range is what is promised
	}
	from := m[4]
	if lead != "" {
		from = m[2]
	}
	written := strings.TrimSpace(text[m[4]:m[1]])
	f := fact{from: from, to: m[1], value: lengthOf(number, unit, sort+" "+after, written)}
	f.seconds = strings.HasPrefix(unit, "s") || strings.HasPrefix(unit, "ms") || strings.HasPrefix(unit, "milli")
	f.period = lead == "for"
	f.bound = strings.HasPrefix(lead, "within") || slices.Contains([]string{"in", "under", "up to", "at most", "less than", "no more than", "not more than", "no later than", "not later than", "<", "<="}, lead)
	f.cadence = strings.HasPrefix(lead, "every") || strings.HasPrefix(lead, "once") || lead == "each" || lead == "per"
	f.advance = lead == "at least" || strings.HasPrefix(lead, "min") || strings.HasPrefix(lead, "a min") || lead == "no less than"
	return f, f.value.Opaque || f.value.Num != nil
}

// isPeriod reports whether a unit is one that availability is counted over.
func isPeriod(unit string) bool {
	return strings.HasPrefix(unit, "mo") || strings.HasPrefix(unit, "q") || strings.HasPrefix(unit, "y")
}

func lengthOf(number, unit, sort, written string) commitment.Value {
	if token.MatchString(number) {
		return commitment.Unread(written)
	}
	n, ok := count(number)
	if !ok {
		return commitment.Value{}
	}
	inBusiness := business.MatchString(sort) || strings.HasPrefix(unit, "weekd") || strings.HasPrefix(unit, "workd")
	seconds := unitSeconds(unit)
	out := commitment.Exactly(written, n, commitment.Seconds)
	if inBusiness {
		out.Unit = commitment.BusinessSeconds
		switch {
		case seconds.Cmp(big.NewRat(86400, 1)) == 0:
			seconds.SetInt64(8 * 3600)
		case seconds.Cmp(big.NewRat(7*86400, 1)) == 0:
			seconds.SetInt64(5 * 8 * 3600)
		case seconds.Cmp(big.NewRat(86400, 1)) > 0: // months and years run by the calendar
			out.Unit = commitment.Seconds
		}
	}
	out.Num = n.Mul(n, seconds)
	return out
}

func unitSeconds(unit string) *big.Rat {
	for _, u := range []struct {
		start   string
		seconds int64
	}{{"mo", 30 * 86400}, {"min", 60}, {"h", 3600}, {"weekd", 86400}, {"workd", 86400}, {"d", 86400}, {"w", 7 * 86400}, {"q", 91 * 86400}, {"y", 365 * 86400}, {"s", 1}} {
		if strings.HasPrefix(unit, u.start) {
			return big.NewRat(u.seconds, 1)
		}
	}
	if unit == "m" {
		return big.NewRat(60, 1)
	}
	return big.NewRat(1, 1000)
}

// count reads a number in digits or words.
func count(text string) (*big.Rat, bool) {
	lower := strings.ReplaceAll(strings.ToLower(text), "-", " ")
	named := map[string]int64{
		"a": 1, "an": 1, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10, "eleven": 11,
		"twelve": 12, "fifteen": 15, "twenty": 20, "twenty four": 24, "thirty": 30, "forty": 40, "forty five": 45, "forty eight": 48, "sixty": 60, "seventy two": 72, "ninety": 90,
	}
	if n, ok := named[lower]; ok {
		return big.NewRat(n, 1), true
	}
	if strings.HasPrefix(lower, "half") {
		return big.NewRat(1, 2), true
	}
	return commitment.ParseNumber(strings.Replace(lower, ",", ".", 1))
}
