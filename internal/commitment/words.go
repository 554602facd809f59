package commitment

import (
	"fmt"
	"math/big"
	"slices"
	"strings"
	"unicode/utf8"
)

// Value is what a commitment promises in one word: the number that people ask for
// first, and the window it holds over.
func (c *Commitment) Value() (value, window string) {
	if c == nil {
		return "", ""
	}
	if f, ok := c.Field(RoleWindow); ok {
		window = Say(f.Value)
	}
	if c.Kind == Statement {
		return clip(c.shown(), 200), window
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
	parts := describeParts(c, false)
	if len(parts) == 0 {
		parts = append(parts, describeNeutral(c))
	}
	if text := strings.Join(parts, " "); c.Effect == Unknown && !strings.Contains(text, "Please judge.") {
		judge := "Please judge."
		if !strings.Contains(text, "cannot be told") {
			judge = "Whether that is better or worse for customers cannot be told. " + judge
		}
		parts = append(parts, judge)
	}
	return strings.TrimSpace(strings.Join(append(parts, verdictWord(c)), " "))
}

// describeParts says each difference of two versions in a sentence. The first one names
// what it is about, unless that was named already.
func describeParts(c Change, named bool) []string {
	var parts []string
	if text := describeBudget(c); text != "" {
		parts, named = append(parts, text), true
	}
	told := len(parts) > 0
	for _, f := range c.Fields {
		if f.role == RoleTarget && told {
			continue // the budget has said it
		}
		if f.role == RoleScope && slices.ContainsFunc(parts, func(said string) bool { return strings.HasSuffix(said, " "+f.Meaning+".") }) {
			continue // several parts of a condition look at the same
		}
		if text := describeField(c, f, named); text != "" {
			if !slices.Contains(parts, text) {
				parts, named = append(parts, text), true
			}
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
		return statement(c)
	case Availability, Latency, ErrorRate, Throughput, Durability, Freshness:
		if startsWith(name, strings.ReplaceAll(string(c.Kind), "_", " ")) || toldToCustomers(name) {
			return "the promised " + lower(name)
		}
		return "the " + strings.ReplaceAll(string(c.Kind), "_", " ") + " objective of " + name
	case ResponseTime, ResolutionTime, UpdateCadence, Notification, SupportHours, Credit, Retention:
		return promised(c.Kind, name)
	case Dependency:
		return name + ", which may affect a promise,"
	case Other:
		if toldToCustomers(name) {
			return "the " + name
		}
	}
	return name
}

// toldToCustomers reports whether a name is that of a promise in a text for customers
// whose kind has other names elsewhere.
func toldToCustomers(name string) bool {
	return slices.ContainsFunc([]string{"delivery time", "downtime", "promised time", "support period", "backup interval", "recovery point", "error rate", "durability"}, func(words string) bool {
		return startsWith(name, words)
	})
}

// promised is a promise to customers by its kind and name. A name that begins with
// what is promised says it already.
func promised(kind Kind, name string) string {
	words := map[Kind]string{UpdateCadence: "time between updates", Notification: "notice", SupportHours: "support hours", Credit: "service credit"}[kind]
	if words == "" {
		words = strings.ReplaceAll(string(kind), "_", " ")
	}
	switch first, rest, _ := strings.Cut(name, " "); {
	case kind == UpdateCadence && strings.TrimRight(first, ",") == "updates":
		return "the promised " + strings.TrimSpace(words+strings.TrimPrefix(first, "updates")+" "+rest)
	case startsWith(name, words), startsWith(name, strings.ReplaceAll(string(kind), "_", " ")), startsWith(name, "first response"), startsWith(name, "first response time"),
		startsWith(name, "updates"), startsWith(name, "notice"), startsWith(name, "deletion"), startsWith(name, "claim period"), startsWith(name, "working days"), startsWith(name, "share"):
		return "the promised " + lower(name)
	}
	return "the promised " + words + " of " + name
}

// startsWith reports whether a name begins with the words of what it is, as in
// "availability (enterprise)" and not in "availability-slo".
func startsWith(name, words string) bool {
	rest, ok := strings.CutPrefix(strings.ToLower(name), words)
	return ok && (rest == "" || strings.HasPrefix(rest, " ") || strings.HasPrefix(rest, ","))
}

// statement is a promise without a number: a sentence, or an entry of a table.
func statement(c *Commitment) string {
	for _, list := range []string{"what is left out", "what counts"} {
		if startsWith(c.Name, list) {
			return "the list of " + c.Name
		}
	}
	if rest, ok := strings.CutPrefix(c.Name, "included, "); ok {
		return rest
	}
	return "the statement \"" + c.Name + "\""
}

func title(text string) string {
	r, n := utf8.DecodeRuneInString(text)
	return strings.ToUpper(string(r)) + text[n:]
}

func describeGone(c Change) string {
	text := title(subject(c.Before)) + isOrAre(c.Kind) + "gone"
	switch c.Kind {
	case Detection:
		return text + ". " + firing(c.Before, "It had", "started") + "This fault is not noticed by it any more."
	case Statement:
		return text + ". Before: " + quote(c.Before.shown()) + "."
	case Dependency:
		return text + "."
	default:
	}
	if value := spoken(c.Before); value != "" {
		text += " (before: " + clip(value, 200) + ")"
	}
	text += ". Nobody is promised " + map[bool]string{true: "them", false: "it"}[c.Kind == SupportHours] + " any more."
	if toCustomers(c.Before) {
		text += " Before: " + quote(c.Before.shown()) + "."
	}
	return text
}

func describeNew(c Change) string {
	text := title(subject(c.After)) + isOrAre(c.Kind) + "new"
	switch c.Kind {
	case Detection:
		return strings.TrimSpace(text + ". " + firing(c.After, "It has", "starts"))
	case Statement:
		return text + ": " + quote(c.After.shown()) + "."
	default:
	}
	if value := spoken(c.After); value != "" {
		text += ": " + clip(value, 200)
		if f, ok := c.After.Field(RoleWindow); ok && f.Value.Exists() {
			text += " over " + speak(f.Value)
		}
	}
	text += "."
	if toCustomers(c.After) {
		text += " It says: " + quote(c.After.shown()) + "."
	}
	return text
}

// isOrAre is the verb for a kind: hours are several.
func isOrAre(kind Kind) string {
	if kind == SupportHours {
		return " are "
	}
	return " is "
}

// firing says how urgent an alert is and when it starts, where that is known.
func firing(c *Commitment, has, starts string) string {
	severity, okS := c.Field(RoleSeverity)
	threshold, okT := c.Field(RoleThreshold)
	okS, okT = okS && severity.Value.Exists(), okT && threshold.Value.Exists()
	at := starts + " at " + sayIn(c, threshold.Value)
	switch {
	case okS && okT:
		return has + " the urgency " + speak(severity.Value) + " and " + at + ". "
	case okS:
		return has + " the urgency " + speak(severity.Value) + ". "
	case okT:
		return "It " + at + ". "
	}
	return ""
}

// spoken is a commitment's value in words.
func spoken(c *Commitment) string {
	value, _ := c.Value()
	for _, f := range c.Fields {
		if f.Role != RoleWindow && value != "" && Say(f.Value) == value {
			return sayIn(c, f.Value)
		}
	}
	return value
}

// toCustomers reports whether customers read the promise in a sentence, which is then
// worth being shown.
func toCustomers(c *Commitment) bool {
	switch c.Kind {
	case ResponseTime, ResolutionTime, UpdateCadence, Notification, SupportHours, Credit, Retention:
		return len(strings.Fields(c.Shown)) > 3
	default:
	}
	return toldToCustomers(c.Name) && len(strings.Fields(c.Shown)) > 3
}

// describeBudget says what a move of a target or its window means in minutes.
func describeBudget(c Change) string {
	x, y, window, ok := budgets(c.Before, c.After)
	if !ok || x.Cmp(y) == 0 || c.Before.Indicator != c.After.Indicator {
		return ""
	}
	before, _ := c.Before.Field(RoleTarget)
	after, _ := c.After.Field(RoleTarget)
	text := fmt.Sprintf("%s goes from %s to %s", title(subject(c.After)), speak(before.Value), speak(after.Value))
	if before.Value.Equal(after.Value) {
		text = fmt.Sprintf("%s stays at %s, over another window", title(subject(c.After)), Say(after.Value))
	}
	from, to := downtimes(x, y)
	return fmt.Sprintf("%s. In %s the allowed %s goes from %s to %s, if everything fails%s.",
		text, timeWords(window), failing(c.Kind), from, to, times(x, y))
}

// failing is what a target allows for a while.
func failing(kind Kind) string {
	switch kind { //nolint:exhaustive // the others are targets of being available
	case Latency:
		return "time of being too slow"
	case ErrorRate:
		return "time of errors"
	}
	return "downtime"
}

// downtimes are two budgets in one unit: minutes, or hours where both are long.
func downtimes(x, y *big.Rat) (from, to string) {
	unit, per := "minute", big.NewRat(1, 1)
	if long := big.NewRat(600, 1); x.Cmp(long) >= 0 && y.Cmp(long) >= 0 {
		unit, per = "hour", big.NewRat(60, 1)
	}
	in := func(m *big.Rat) string { return plural(decimal(new(big.Rat).Quo(m, per), 2), unit) }
	return in(x), in(y)
}

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

// describeRewrite says that something is measured in another way.
func describeRewrite(c Change) string {
	what := "What " + subject(c.After) + " measures was rewritten; whether that is better or worse for customers cannot be told."
	switch c.Kind {
	case Detection:
		what = "The condition of " + subject(c.After) + " was rewritten; whether it fires earlier or later cannot be told."
	case Statement, ResponseTime, ResolutionTime, UpdateCadence, Notification, SupportHours, Credit, Retention:
		what = title(subject(c.After)) + isOrAre(c.Kind) + "worded in another way."
	case Measurement:
		what = title(subject(c.After)) + " is computed in another way."
	default:
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
