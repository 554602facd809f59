package commitment

import (
	"fmt"
	"math/big"
	"strings"
	"unicode/utf8"
)

// Say is a value as a person would say it: 99.9%, 30d, 16 business hours.
func Say(v Value) string {
	switch {
	case v.Opaque || v.Num == nil:
		if v.Unit == List && v.Text == "" {
			return strings.Join(v.Items, ", ")
		}
		return v.Text
	case v.Unit == Ratio:
		return decimal(new(big.Rat).Mul(v.Num, big.NewRat(100, 1)), 6) + "%"
	case v.Unit == Seconds && v.Calendar:
		return calendarName(v.Num)
	case v.Unit == Seconds:
		return Spell(v.Num)
	case v.Unit == BusinessSeconds:
		return businessTime(v.Num)
	case v.Unit == Flag:
		if v.Num.Sign() == 0 {
			return "off"
		}
		return "on"
	case v.Text != "":
		return v.Text
	}
	return decimal(v.Num, 6)
}

// calendarName is a window that starts with the calendar.
func calendarName(seconds *big.Rat) string {
	for name, d := range map[string]int64{
		"calendar day": int64(day / 1e9), "calendar week": int64(week / 1e9), "calendar month": int64(month / 1e9),
		"calendar quarter": int64(quarter / 1e9), "calendar year": int64(year / 1e9),
	} {
		if seconds.Cmp(big.NewRat(d, 1)) == 0 {
			return name
		}
	}
	return Spell(seconds) + " by the calendar"
}

func businessTime(seconds *big.Rat) string {
	hours := new(big.Rat).Quo(seconds, big.NewRat(3600, 1))
	if days := new(big.Rat).Quo(hours, big.NewRat(8, 1)); days.IsInt() && days.Cmp(big.NewRat(2, 1)) > 0 {
		return decimal(days, 0) + " business days"
	}
	return plural(decimal(hours, 2), "business hour")
}

func plural(n, noun string) string {
	if n == "1" {
		return "1 " + noun
	}
	return n + " " + noun + "s"
}

func counted(n int, noun string) string { return plural(fmt.Sprint(n), noun) }

// longTime is a length of time in words: 90 seconds, 170 minutes, 12 hours.
func longTime(seconds *big.Rat) string {
	for _, u := range []struct {
		name string
		in   int64
		from int64
	}{{"day", 86400, 2 * 86400}, {"hour", 3600, 3 * 3600}, {"minute", 60, 60}, {"second", 1, 0}} {
		if seconds.Cmp(big.NewRat(u.from, 1)) >= 0 {
			return plural(decimal(new(big.Rat).Quo(seconds, big.NewRat(u.in, 1)), 1), u.name)
		}
	}
	return Spell(seconds)
}

// Value is what a commitment promises in one word: the number that people ask for
// first, and the window it holds over.
func (c *Commitment) Value() (value, window string) {
	if c == nil {
		return "", ""
	}
	if f, ok := c.Field(RoleWindow); ok {
		window = Say(f.Value)
	}
	if c.Kind == SupportHours {
		if f, ok := c.Field(RoleRank); ok && f.Value.Exists() {
			return Say(f.Value), window
		}
	}
	for _, role := range []Role{RoleTarget, RoleThreshold, RoleAmount, RoleDelay, RoleSeverity, RoleTeller, RoleCoverage, RoleRank} {
		if f, ok := c.Field(role); ok && f.Value.Exists() {
			return Say(f.Value), window
		}
	}
	if c.Path != nil {
		return c.Path.Walk(), window
	}
	return clip(c.shown(), 200), window
}

func (c *Commitment) shown() string {
	if c.Shown != "" {
		return c.Shown
	}
	return c.Indicator
}

// describe says a change in words: what, from what to what, what it means.
func describe(c Change) string {
	switch {
	case c.Before == nil && c.After == nil:
		return c.File + " cannot be compared."
	case c.After == nil:
		return describeGone(c)
	case c.Before == nil:
		return describeNew(c)
	}
	parts := describeParts(c)
	if len(parts) == 0 {
		parts = append(parts, title(subject(c.After))+" promises what it did before.")
	}
	return strings.TrimSpace(strings.Join(append(parts, verdictWord(c)), " "))
}

// describeParts says each difference of two versions in a sentence.
func describeParts(c Change) []string {
	var parts []string
	if text := describeBudget(c); text != "" {
		parts = append(parts, text)
	}
	told := len(parts) > 0
	for _, f := range c.Fields {
		if f.role == RoleTarget && told {
			continue // the budget has said it
		}
		if text := describeField(c, f); text != "" {
			parts = append(parts, text)
		}
	}
	if c.Before.Indicator != c.After.Indicator {
		parts = append(parts, describeRewrite(c))
	}
	return parts
}

// subject is what a commitment is called at the start of a sentence.
func subject(c *Commitment) string {
	name := c.Name
	if c.Service != "" && !strings.Contains(strings.ToLower(name), strings.ToLower(c.Service)) {
		name += " (" + c.Service + ")"
	}
	switch c.Kind {
	case Detection:
		return "the alert " + name
	case Escalation:
		return "the escalation path " + name
	case Routing:
		if c.Routes == nil {
			return "the paging service " + name
		}
		return "the routing of alerts (" + name + ")"
	case Schedule:
		return "the on-call schedule " + name
	case Measurement:
		return "the recorded value " + name
	case Statement:
		return "the statement in " + name
	case Availability, Latency, ErrorRate, Throughput, Durability, Freshness:
		return "the " + strings.ReplaceAll(string(c.Kind), "_", " ") + " objective of " + name
	case ResponseTime, ResolutionTime, UpdateCadence, Notification, SupportHours, Credit, Retention:
		kind := strings.ReplaceAll(string(c.Kind), "_", " ")
		if strings.Contains(strings.ToLower(name), kind) {
			return "the promised " + name
		}
		return "the promised " + kind + " of " + name
	case Dependency:
		return name + ", which may affect a promise,"
	case Other:
	}
	return name
}

func title(text string) string {
	r, n := utf8.DecodeRuneInString(text)
	return strings.ToUpper(string(r)) + text[n:]
}

func describeGone(c Change) string {
	value, _ := c.Before.Value()
	text := title(subject(c.Before)) + " is gone"
	if value != "" {
		text += " (it was: " + clip(value, 200) + ")"
	}
	switch c.Kind {
	case Detection:
		return text + ". This fault is not noticed by it any more."
	case Statement:
		return text + ". Before: " + quote(c.Before.shown()) + "."
	case Dependency:
		return text + "."
	}
	return text + ". Nobody is promised it any more."
}

func describeNew(c Change) string {
	value, window := c.After.Value()
	text := title(subject(c.After)) + " is new"
	if value != "" {
		text += ": " + clip(value, 200)
		if window != "" {
			text += " over " + window
		}
	}
	return text + "."
}

// describeBudget says what a move of a target or its window means in minutes.
func describeBudget(c Change) string {
	x, y, window, ok := budgets(c.Before, c.After)
	if !ok || x.Cmp(y) == 0 || c.Before.Indicator != c.After.Indicator {
		return ""
	}
	before, _ := c.Before.Field(RoleTarget)
	after, _ := c.After.Field(RoleTarget)
	text := fmt.Sprintf("%s goes from %s to %s", title(subject(c.After)), Say(before.Value), Say(after.Value))
	if before.Value.Equal(after.Value) {
		text = fmt.Sprintf("%s stays at %s, over another window", title(subject(c.After)), Say(after.Value))
	}
	return fmt.Sprintf("%s. In %s the allowed downtime goes from %s to %s, if everything fails%s.",
		text, Spell(window), minutes(x), minutes(y), times(x, y))
}

func minutes(m *big.Rat) string { return plural(decimal(m, 2), "minute") }

func times(x, y *big.Rat) string {
	if x.Sign() <= 0 || y.Sign() <= 0 {
		return ""
	}
	r := new(big.Rat).Quo(y, x)
	if r.Cmp(big.NewRat(1, 1)) > 0 {
		return " (" + decimal(r, 2) + " times as much)"
	}
	return " (" + decimal(r.Inv(r), 2) + " times less)"
}

// describeField says one difference. Notes are not worth a sentence.
func describeField(c Change, f FieldChange) string {
	if f.Effect == Neutral {
		return ""
	}
	b, a, role := f.saidB, f.saidA, f.role
	switch {
	case role == "":
		return "" // the path or the routes have said it
	case role == RoleDelay && f.Meaning != "" && c.Kind == Detection:
		return fmt.Sprintf("%s tells people at least %s (%s: %s to %s).", title(subject(c.After)), f.Meaning, f.Name, orNone(b), orNone(a))
	case role == RoleThreshold && c.Kind == Detection:
		return fmt.Sprintf("%s starts at %s instead of %s%s.", title(subject(c.After)), orNone(a), orNone(b), earlier(f.Effect))
	case role == RoleSeverity:
		return fmt.Sprintf("%s has the urgency %s instead of %s%s.", title(subject(c.After)), orNone(a), orNone(b), comma(f.Meaning))
	case f.Effect == Unknown && f.saidB == f.Before && f.saidA == f.After && f.Meaning == notWritten:
		return fmt.Sprintf("%s: %s goes from %s to %s, which cannot be evaluated here.", title(subject(c.After)), f.Name, orNone(b), orNone(a))
	case role == RoleEnabled, role == RoleTeller, role == RoleCoverage, role == RoleSuppression:
		return fmt.Sprintf("%s: %s %s.", title(subject(c.After)), f.Name, f.Meaning)
	}
	text := fmt.Sprintf("%s: %s goes from %s to %s", title(subject(c.After)), f.Name, orNone(b), orNone(a))
	if f.Meaning != "" {
		text += " (" + f.Meaning + ")"
	}
	return text + "."
}

func comma(text string) string {
	if text == "" {
		return ""
	}
	return ", " + text
}

func earlier(e Effect) string {
	switch e {
	case Weakened:
		return ", so later"
	case Strengthened:
		return ", so earlier"
	case Neutral, Added, Removed, Unknown:
	}
	return ""
}

func orNone(text string) string {
	if text == "" {
		return "nothing"
	}
	return clip(text, 160)
}

// describeRewrite says that something is measured in another way.
func describeRewrite(c Change) string {
	what := "What " + subject(c.After) + " measures was rewritten; whether that is better or worse for customers cannot be told."
	switch c.Kind {
	case Detection:
		what = "The condition of " + subject(c.After) + " was rewritten; whether it fires earlier or later cannot be told."
	case Statement, ResponseTime, ResolutionTime, UpdateCadence, Notification, SupportHours, Credit, Retention:
		what = title(subject(c.After)) + " is worded in another way."
	case Measurement:
		what = title(subject(c.After)) + " is computed in another way."
	}
	return what + " Please judge. Before: " + quote(c.Before.shown()) + ". After: " + quote(c.After.shown()) + "."
}

// quote shows a text as it stands, on one line.
func quote(text string) string { return `"` + clip(strings.Join(strings.Fields(text), " "), 300) + `"` }

// clip cuts a long text.
func clip(text string, limit int) string {
	if utf8.RuneCountInString(text) <= limit {
		return text
	}
	return string([]rune(text)[:limit-1]) + "…"
}

// verdictWord ends the sentence with what it means for customers.
func verdictWord(c Change) string {
	switch {
	case c.Mixed:
		return "Some of it is better for customers, some worse; it counts as weaker."
	case c.Effect == Weakened:
		return "Weaker for customers."
	case c.Effect == Strengthened:
		return "Better for customers."
	}
	return ""
}
