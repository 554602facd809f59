package prose

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/slagate/slagate/internal/commitment"
)

const (
	dayName   = `(?:mon|tue|tues|wed|wednes|thu|thur|thurs|fri|sat|satur|sun)(?:day)?s?`
	clockTime = `(\d{1,2})(?:[:.](\d{2}))?\s*(a\.?m\b\.?|p\.?m\b\.?)?`
)

var (
	allWeek    = regexp.MustCompile(`(?i)\b24\s*(?:/|x|by)\s*7(?:\s*(?:/|x)\s*365)?\b|\b24x7x365\b|\b(?:24|twenty[- ]four)[\s-]*hours?(?:\s*(?:a|per|/)\s*day)?,?\s*(?:and\s+|/\s*)?(?:7|seven)[\s-]*days?(?:\s*(?:a|per|/)\s*week)?(?:,? 365 days(?: (?:a|per) year)?)?|\b(?:a?round[- ]the[- ]clock|day and night|at any time of (?:the )?day)\b`)
	allDay     = regexp.MustCompile(`(?i)\b(?:24|twenty[- ]four)[\s-]*hours?\s+(?:a|per)\s+day\b`)
	allDayNoun = regexp.MustCompile(`(?i)\b((?:24|twenty[- ]four)[\s-]?(?:hours?|hrs?|h))\s+((?:[\w/&]+[\s-]+){0,2}?)(?:support|service|cover\w*|help\w*|hotline|phone|assistance|monitoring|access|desk|on-call|availability)\b`)
	someWeek   = regexp.MustCompile(`(?i)\b(24|[1-9]|1[0-9])\s*(?:x|by)\s*([567])\b|\b(24|1[0-9]|[89])\s*/\s*([56])\b|\b(24)\s*hours?(?:\s*(?:a|per)\s*day)?,?\s*(5|five)[\s-]*days?(?:\s*(?:a|per)\s*week)?`)
	dayRange   = regexp.MustCompile(`(?i)\b(` + dayName + `)\.?\s*(?:-|to|through|thru|until)\s*(` + dayName + `)\b`)
	dayWords   = regexp.MustCompile(`(?i)\b(?:on )?(weekdays|working days|business days|(?:seven|7) days a week|(?:five|5) days a week|every day|weekends?|` + dayName + `)\b`)
	timeRange  = regexp.MustCompile(`(?i)\b(?:from |between )?` + clockTime + `\s*(?:-|to|until|till|and|through)\s*` + clockTime)
	inBusiness = regexp.MustCompile(`(?i)\b(?:(?:during|in|within|on)\s+)?(?:our\s+)?(?:normal\s+|regular\s+|standard\s+|local\s+|extended\s+)*(?:business|working|office|core)\s+(?:hours|days)\b`)
	zone       = regexp.MustCompile(`\b(?:UTC|GMT|BST|CET|CEST|EST|EDT|ET|CST|CDT|CT|MST|MT|PST|PDT|PT|AEST|AEDT|IST|JST|SGT|NZST)(?:\s?[+-]\d{1,2})?\b|(?i:\b(?:local time|(?:US )?(?:eastern|pacific|central|mountain) time)\b)`)
	staffed    = regexp.MustCompile(`(?i)\b(?:support(?:ed)?|help ?desk|service desk|hotline|on-?call|phone|telephone|chat|email|staffed|open|opening|hours|available|availability|assistance|coverage|cover|contact|reach|call|talk|team|monitor\w*|SLAs?|respond|response|days are|office|we are)\b`)
	maintained = regexp.MustCompile(`(?i)\b(?:maintenance|backups?|scheduled|batch|window|deploy\w*|release[sd]?|meeting|event|stand-?up|call for)\b`)
	namedDays  = regexp.MustCompile(`(?i)\b(?:working|business|office) days?\b`)
	// besides leads in the hours in which something is not promised, or that a case is about.
	besides    = regexp.MustCompile(`(?i)\boutside(?: of)?\s*(?:our\s*)?$|^(?:\W*)(?:if|when|in case)\b[^,]*$`)
	definition = regexp.MustCompile(`(?i)\b(?:working|business|office|opening|support|service) (?:days?|hours?)\b[^.]{0,20}?(?:\bare\b|\bis\b|\bmeans?\b|:|defined)`)
)

// span is a part of a text.
type span = [2]int

// opening is what a sentence says of the hours in which somebody is there.
type opening struct {
	spans  []span
	days   []string // nil is not said
	opens  int      // minutes after midnight, -1 not said
	closes int
	text   []string
	ranges int // of times and of days: with several it cannot be said in two numbers
	vague  bool
}

// hours finds the hours of support in a sentence and covers them, so that "24 hours a
// day" is no time in which something is promised.
func hours(text string, p place) (fact, string, bool) {
	o := opening{opens: -1, closes: -1}
	rest := o.round(text)
	rest = o.days5(rest)
	rest = o.clock(rest)
	if len(o.spans) == 0 {
		return fact{}, text, false
	}
	if !staffed.MatchString(text) && (!p.short || !staffed.MatchString(strings.Join(p.around, " "))) {
		return fact{}, rest, false
	}
	if from := o.spans[0][0]; negated.MatchString(text[:min(from, len(text))]) {
		return fact{}, rest, false
	}
	if maintained.MatchString(text) || p.about == unrelated && !supporting.MatchString(text) {
		return fact{}, rest, false
	}
	f := o.fact()
	if namedDays.MatchString(text) && definition.MatchString(text) {
		f.subject.name = "working days"
	}
	return f, rest, true
}

var supporting = regexp.MustCompile(`(?i)\b(?:support|help ?desk|service desk|hotline|on-?call|customer service|SLAs?)\b`)

func (o *opening) take(text string, from, to int) string {
	o.spans = append(o.spans, span{from, to})
	o.text = append(o.text, strings.TrimSpace(text[from:to]))
	return cover(text, from, to)
}

// round finds what is open for 24 hours.
func (o *opening) round(text string) string {
	whole := func(m span, days []string) {
		text = o.take(text, m[0], m[1])
		o.opens, o.closes, o.days = 0, 24*60, days
		o.ranges++
	}
	for _, m := range allWeek.FindAllStringIndex(text, -1) {
		whole(span{m[0], m[1]}, weekdays(7))
	}
	for _, m := range someWeek.FindAllStringSubmatchIndex(text, -1) {
		g := slices.DeleteFunc(slices.Clone(m[2:]), func(at int) bool { return at < 0 })
		if len(g) < 4 {
			continue
		}
		n := 5
		switch d := text[g[2]:g[3]]; d {
		case "6":
			n = 6
		case "7":
			n = 7
		}
		per := 0
		for _, c := range text[g[0]:g[1]] {
			per = per*10 + int(c-'0')
		}
		whole(span{m[0], m[1]}, weekdays(n))
		if per != 24 {
			o.opens, o.closes = -1, per*60
		}
	}
	for _, m := range allDay.FindAllStringIndex(text, -1) {
		whole(span{m[0], m[1]}, nil)
	}
	for _, m := range allDayNoun.FindAllStringSubmatchIndex(text, -1) {
		if !respondWords.MatchString(text[m[4]:m[5]]) {
			whole(span{m[2], m[3]}, nil)
		}
	}
	return text
}

// days5 finds days of the week.
func (o *opening) days5(text string) string {
	for _, m := range dayRange.FindAllStringSubmatchIndex(text, -1) {
		days := between(text[m[2]:m[3]], text[m[4]:m[5]])
		if o.days != nil && !slices.Equal(o.days, days) {
			o.vague = true
		}
		o.days = days
		text = o.take(text, m[0], m[1])
	}
	return text
}

// clock finds times of day, and business hours that stand for themselves.
func (o *opening) clock(text string) string {
	for _, m := range timeRange.FindAllStringSubmatchIndex(text, -1) {
		opens, closes, ok := timesOf(text, m)
		if !ok {
			continue
		}
		o.ranges++
		o.opens, o.closes = opens, closes
		text = o.take(text, m[0], m[1])
	}
	if len(o.spans) > 0 {
		for _, m := range dayWords.FindAllStringIndex(text, -1) {
			if o.days != nil {
				break
			}
			o.days = wordDays(text[m[0]:m[1]])
			text = o.take(text, m[0], m[1])
		}
	}
	for _, m := range zone.FindAllStringIndex(text, -1) {
		if len(o.spans) > 0 {
			text = cover(text, m[0], m[1])
		}
	}
	return text
}

// weekdays are the first n days of the week.
func weekdays(n int) []string {
	return []string{"Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"}[:n]
}

func dayIndex(name string) int {
	name = strings.ToLower(name)
	return slices.IndexFunc(weekdays(7), func(d string) bool { return strings.HasPrefix(strings.ToLower(d), name[:min(3, len(name))]) })
}

func between(first, last string) []string {
	from, to := dayIndex(first), dayIndex(last)
	if from < 0 || to < 0 {
		return nil
	}
	var out []string
	for i := from; ; i = (i + 1) % 7 {
		out = append(out, weekdays(7)[i])
		if i == to {
			return out
		}
	}
}

func wordDays(text string) []string {
	lower := strings.TrimPrefix(strings.ToLower(text), "on ")
	switch {
	case strings.HasPrefix(lower, "weekend"):
		return weekdays(7)[5:]
	case strings.HasPrefix(lower, "every"), strings.HasPrefix(lower, "seven"), strings.HasPrefix(lower, "7"):
		return weekdays(7)
	case strings.HasPrefix(lower, "weekd"), strings.HasPrefix(lower, "work"), strings.HasPrefix(lower, "busi"), strings.HasPrefix(lower, "five"), strings.HasPrefix(lower, "5"):
		return weekdays(5)
	}
	if i := dayIndex(lower); i >= 0 {
		return weekdays(7)[i : i+1]
	}
	return nil
}

// timesOf reads "9am to 5:30pm" and "09:00-17:30". Two bare numbers are no times.
func timesOf(text string, m []int) (opens, closes int, ok bool) {
	part := func(i int) string {
		if m[2*i] < 0 {
			return ""
		}
		return text[m[2*i]:m[2*i+1]]
	}
	first, last := part(3), part(6)
	if first == "" && last == "" && (part(2) == "" || part(5) == "") {
		return 0, 0, false
	}
	if first == "" && last != "" && !smaller(part(1), part(4)) {
		first = "am"
	}
	opens, closes = minutes(part(1), part(2), first), minutes(part(4), part(5), last)
	if first == "" && last != "" {
		opens = minutes(part(1), part(2), last)
		if opens > closes {
			opens = minutes(part(1), part(2), "am")
		}
	}
	if closes == 0 {
		closes = 24 * 60
	}
	return opens, closes, opens >= 0 && closes > opens && closes <= 24*60
}

func smaller(a, b string) bool { return minutes(a, "", "")%720 < minutes(b, "", "")%720 }

func minutes(hour, minute, half string) int {
	value := func(digits string) int {
		n := 0
		for _, c := range digits {
			n = n*10 + int(c-'0')
		}
		return n
	}
	h := value(hour)
	switch {
	case strings.HasPrefix(strings.ToLower(half), "p") && h < 12:
		h += 12
	case strings.HasPrefix(strings.ToLower(half), "a") && h == 12:
		h = 0
	}
	return h*60 + value(minute)
}

// fact says the opening in fields: an order by the hours a week, the days, and when it
// opens and closes. What is not said is every day, or a working day of eight hours.
func (o *opening) fact() fact {
	slices.SortFunc(o.spans, func(a, b span) int { return a[0] - b[0] })
	f := fact{from: o.spans[0][0], to: o.spans[len(o.spans)-1][1], spans: o.spans, ok: true, subject: subject{kind: commitment.SupportHours, name: "support hours"}}
	written := strings.Join(o.text, ", ")
	if o.ranges > 1 || o.vague {
		f.fields = []commitment.Field{{Name: "hours", Role: commitment.RoleDefinition, Value: commitment.Words(canon(written))}}
		return f
	}
	days, length := o.days, 8*60
	if o.days == nil {
		days = weekdays(7)
	}
	if o.closes >= 0 {
		length = o.closes - max(o.opens, 0)
	}
	f.fields = []commitment.Field{{Name: "hours", Role: commitment.RoleRank, Value: commitment.Choice(written, int64(len(days)*length))}}
	list := commitment.ListOf(days...)
	list.Text = daysText(days)
	f.fields = append(f.fields, commitment.Field{Name: "days", Role: commitment.RoleCoverage, Value: list})
	if o.opens >= 0 {
		f.fields = append(f.fields,
			commitment.Field{Name: "opens", Role: commitment.RoleRank, Value: clockValue(o.opens, -1)},
			commitment.Field{Name: "closes", Role: commitment.RoleRank, Value: clockValue(o.closes, 1)})
	}
	return f
}

func daysText(days []string) string {
	if len(days) == 7 {
		return "every day"
	}
	if len(days) > 1 {
		return days[0] + " to " + days[len(days)-1]
	}
	return strings.Join(days, "")
}

// clockValue is a time of day in an order: to open early is better, to close late is.
func clockValue(minute int, sign int64) commitment.Value {
	return commitment.Choice(fmt.Sprintf("%02d:%02d", minute/60, minute%60), sign*int64(minute))
}

// businessHours finds "during business hours" where it is no time but the hours.
func businessHours(text string, p place) (fact, bool) {
	m := inBusiness.FindStringIndex(text)
	if m == nil || maintained.MatchString(text) || definition.MatchString(text) || p.about == unrelated && !supporting.MatchString(text) || !staffed.MatchString(cover(text, m[0], m[1])) && !p.short {
		return fact{}, false
	}
	if besides.MatchString(text[:m[0]]) || negated.MatchString(text[:m[0]]) {
		return fact{}, false
	}
	if !p.short && !availableWords.MatchString(text) {
		return fact{}, false
	}
	o := opening{opens: -1, closes: -1, days: weekdays(5)}
	o.take(text, m[0], m[1])
	return o.fact(), true
}

var availableWords = regexp.MustCompile(`(?i)\b(?:available|provide[sd]?|offer(?:s|ed)?|open|staffed|support|reach|monitor(?:ed|s)?|hours|operate[sd]?)\b`)
