package commitment

import (
	"fmt"
	"math/big"
	"slices"
	"strings"
)

// judge says what a difference of one field means for customers, by its role. The
// values differ when it is called.
func judge(b, a Field, o Options) (Effect, string) {
	role := a.Role
	if role == "" || !a.Value.Exists() && b.Role != "" {
		role = b.Role
	}
	if role == RoleNote {
		return Neutral, ""
	}
	if b.Value.Opaque || a.Value.Opaque {
		return Unknown, notWritten
	}
	switch role {
	case RoleTarget, RoleThreshold, RoleAmount:
		return judgeAmount(b, a)
	case RoleRank:
		return judgeNumber(b.Value, a.Value, Higher)
	case RoleWindow:
		return judgeWindow(b.Value, a.Value)
	case RoleDelay:
		return judgeDelay(b.Value, a.Value)
	case RoleSeverity:
		return judgeSeverity(b.Value.Text, a.Value.Text, o.Severities)
	case RoleEnabled:
		return judgeSwitch(b.Value, a.Value)
	case RoleCoverage:
		return judgeList(b.Value.Items, a.Value.Items, Weakened, Strengthened)
	case RoleSuppression:
		return judgeList(b.Value.Items, a.Value.Items, Strengthened, Weakened)
	case RoleScope:
		return judgeScope(b, a)
	case RoleTeller:
		return judgeTellers(b.Value.Items, a.Value.Items)
	case RoleDefinition:
		return Unknown, "it is defined in another way"
	case RoleKey:
		return judgeKey(b, a)
	case RoleNote:
	}
	return Neutral, ""
}

// judgeKey looks at a word that decides elsewhere. One that comes or goes matters only
// where its name is one that teams route by; another word always may.
func judgeKey(b, a Field) (Effect, string) {
	if b.Value.Exists() && a.Value.Exists() || routes(a.Name+b.Name) {
		return Unknown, "what follows from it is decided elsewhere"
	}
	return Neutral, "routes that look at it may change"
}

// routes reports whether a label's name is one that alerts are commonly routed by.
func routes(name string) bool {
	name = strings.ToLower(name)
	return slices.ContainsFunc([]string{
		"team", "owner", "dest", "receiver", "route", "routing", "channel", "notify", "squad", "group", "oncall", "on_call", "escalat", "silence", "mute", "tier", "priority",
	}, func(word string) bool { return strings.Contains(name, word) }) || !strings.Contains(name, "label")
}

// notWritten is said of an expression that is not evaluated here.
const notWritten = "its value is an expression that is not evaluated here"

// judgeAmount compares numbers with a direction.
func judgeAmount(b, a Field) (Effect, string) {
	better := a.Better
	switch {
	case !b.Value.Exists():
		return Unknown, "it was not said before"
	case !a.Value.Exists():
		return Unknown, "it is not said any more"
	case b.Better != a.Better:
		return Unknown, "the direction in which it counts has turned"
	}
	return judgeNumber(b.Value, a.Value, better)
}

// judgeNumber compares two numbers where more or less is better.
func judgeNumber(b, a Value, better Better) (Effect, string) {
	x, y, ok := measured(b, a)
	switch {
	case !ok:
		return Unknown, "the two values count different things"
	case better == Neither:
		return Unknown, "whether more or less is better cannot be told"
	case x.Cmp(y) == 0:
		return Neutral, "the same amount"
	case (x.Cmp(y) < 0) == (better == Higher):
		return Strengthened, ""
	}
	return Weakened, ""
}

// measured brings two numbers to one measure; false where there is none.
func measured(b, a Value) (x, y *big.Rat, ok bool) {
	switch {
	case b.Num == nil || a.Num == nil:
		return nil, nil, false
	case b.Unit == a.Unit:
		return b.Num, a.Num, true
	case b.Unit == BusinessSeconds && a.Unit == Seconds:
		return worstCase(b.Num), a.Num, true
	case b.Unit == Seconds && a.Unit == BusinessSeconds:
		return b.Num, worstCase(a.Num), true
	}
	return nil, nil, false
}

// worstCase is how long working hours may take by the clock for somebody who asks at
// closing time before a weekend: the first night and the weekend (64 hours), then
// eight hours a day with sixteen between, and a weekend after each five days.
func worstCase(business *big.Rat) *big.Rat {
	const hour = 3600
	if business.Sign() <= 0 {
		return business
	}
	days := new(big.Rat).Quo(business, big.NewRat(8*hour, 1))
	full := new(big.Int).Quo(new(big.Int).Sub(days.Num(), big.NewInt(1)), days.Denom()) // nights in between
	sum := new(big.Rat).Add(business, big.NewRat(64*hour, 1))
	sum.Add(sum, new(big.Rat).Mul(new(big.Rat).SetInt(full), big.NewRat(16*hour, 1)))
	weeks := new(big.Int).Quo(full, big.NewInt(5))
	return sum.Add(sum, new(big.Rat).Mul(new(big.Rat).SetInt(weeks), big.NewRat(48*hour, 1)))
}

// judgeWindow compares the time over which a target holds. Over a longer one a single
// outage within the promise may be longer; a difference below a tenth (28 against 30
// days) is none. Rolling and calendar windows cannot be compared (formats.md 2.3).
func judgeWindow(b, a Value) (Effect, string) {
	switch {
	case !b.Exists():
		return Unknown, "it was not said before"
	case !a.Exists():
		return Unknown, "it is not said any more"
	case b.Num == nil || a.Num == nil || b.Unit != a.Unit || b.Num.Sign() <= 0:
		return Unknown, "the two windows cannot be compared"
	case b.Calendar != a.Calendar:
		return Unknown, "a calendar window starts afresh with its period, a rolling one never does"
	}
	ratio := new(big.Rat).Quo(a.Num, b.Num)
	meaning := "a single outage within the promise may be " + decimal(ratio, 2) + " times as long"
	switch {
	case ratio.Cmp(big.NewRat(10, 11)) >= 0 && ratio.Cmp(big.NewRat(11, 10)) <= 0:
		return Neutral, "less than a tenth apart"
	case ratio.Cmp(big.NewRat(1, 1)) > 0:
		return Weakened, meaning
	}
	return Strengthened, meaning
}

// judgeDelay compares times until somebody is told; absent is none. What is below the
// usual interval of evaluation, a minute, makes no difference (formats.md 2.2).
func judgeDelay(b, a Value) (Effect, string) {
	zero := new(big.Rat)
	x, y := b.Num, a.Num
	if x == nil {
		x = zero
	}
	if y == nil {
		y = zero
	}
	return delayEffect(new(big.Rat).Sub(y, x))
}

func delayEffect(more *big.Rat) (Effect, string) {
	minute := big.NewRat(60, 1)
	switch size := new(big.Rat).Abs(more); {
	case size.Cmp(minute) < 0:
		return Neutral, "less than a minute apart"
	case more.Sign() > 0:
		return Weakened, longTime(size) + " later"
	default:
		return Strengthened, longTime(size) + " earlier"
	}
}

// Severities is the default vocabulary of urgency, the most urgent words first
// (formats.md 2.6).
func Severities() [][]string {
	return [][]string{
		{"emergency", "disaster"},
		{"page", "critical", "crit", "sev0", "sev1", "p0", "p1", "s1"},
		{"high", "error", "major", "sev2", "p2", "s2"},
		{"warning", "warn", "medium", "minor", "sev3", "p3", "s3", "ticket", "task", "notify"},
		{"low", "sev4", "p4", "s4"},
		{"info", "informational", "debug"},
		{"none", "null", "silent"},
	}
}

// severityRank is the place of a word; 0 is the most urgent, -1 not in the vocabulary.
func severityRank(word string, vocabulary [][]string) int {
	if vocabulary == nil {
		vocabulary = Severities()
	}
	word = strings.ToLower(strings.TrimSpace(word))
	return slices.IndexFunc(vocabulary, func(words []string) bool { return slices.Contains(words, word) })
}

// vocabulary is the order of urgency for two sides. Where "page" is used beside another
// word of its rank, the two are not the same there: only a page wakes somebody.
func vocabulary(words [][]string, before, after Set) [][]string {
	if words == nil {
		words = Severities()
	}
	i := slices.IndexFunc(words, func(rank []string) bool { return len(rank) > 1 && slices.Contains(rank, "page") })
	if i < 0 {
		return words
	}
	others := slices.DeleteFunc(slices.Clone(words[i]), func(w string) bool { return w == "page" })
	for _, set := range []Set{before, after} {
		page, beside := false, false
		for k := range set.Commitments {
			f, _ := set.Commitments[k].Field(RoleSeverity)
			word := strings.ToLower(f.Value.Text)
			page, beside = page || word == "page", beside || slices.Contains(others, word)
		}
		if page && beside {
			return slices.Concat(words[:i], [][]string{{"page"}, others}, words[i+1:])
		}
	}
	return words
}

func judgeSeverity(b, a string, vocabulary [][]string) (Effect, string) {
	x, y := severityRank(b, vocabulary), severityRank(a, vocabulary)
	switch {
	case b == "":
		return Unknown, "it had no urgency of its own before"
	case a == "":
		return Unknown, "it has no urgency of its own any more"
	case x < 0 || y < 0:
		return Unknown, "how urgent that is cannot be told"
	case x == y:
		return Neutral, "another word for the same urgency"
	case y < x:
		return Strengthened, "more urgent"
	}
	return Weakened, "less urgent"
}

// judgeSwitch compares something that is on or off; absent is on.
func judgeSwitch(b, a Value) (Effect, string) {
	on := func(v Value) bool { return v.Num == nil || v.Num.Sign() != 0 }
	switch {
	case on(b) == on(a):
		return Neutral, "as before"
	case on(a):
		return Strengthened, "switched on"
	}
	return Weakened, "switched off"
}

// judgeList compares lists of which losing an entry means one thing and gaining one another.
func judgeList(b, a []string, losing, gaining Effect) (Effect, string) {
	lost, gained := missing(b, a), missing(a, b)
	switch {
	case len(lost) > 0 && len(gained) > 0:
		return Unknown, fmt.Sprintf("gone: %s; new: %s", strings.Join(lost, ", "), strings.Join(gained, ", "))
	case len(lost) > 0:
		return losing, "gone: " + strings.Join(lost, ", ")
	case len(gained) > 0:
		return gaining, "new: " + strings.Join(gained, ", ")
	}
	return Neutral, ""
}

// judgeTellers compares who is told. Somebody else instead cannot be judged, nobody
// any more can.
func judgeTellers(b, a []string) (Effect, string) {
	effect, meaning := judgeList(b, a, Weakened, Strengthened)
	if len(a) == 0 && effect == Weakened {
		meaning = "nobody is told any more"
	}
	if effect == Unknown {
		meaning = "somebody else is told; " + meaning
	}
	return effect, meaning
}

// missing are the entries of one list that the other does not have.
func missing(list, other []string) []string {
	var out []string
	for _, x := range list {
		if !slices.Contains(other, x) {
			out = append(out, x)
		}
	}
	return out
}
