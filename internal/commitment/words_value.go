package commitment

import (
	"fmt"
	"math/big"
	"regexp"
	"strings"
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
	case v.Text != "" && !calculated(v):
		return v.Text
	}
	return folded(v)
}

// Sides are a change's values before and after, each in one word: what the promise is
// about, or, where that stayed, the first value that differs, with its name.
func (c *Change) Sides() (before, after Said) {
	before.Value, before.Window = c.Before.Value()
	after.Value, after.Window = c.After.Value()
	if c.Before == nil || c.After == nil || before != after {
		return before, after
	}
	for _, f := range c.Fields {
		if f.Effect != Neutral && (f.saidB != "" || f.saidA != "") && f.saidB != f.saidA {
			before.Value, after.Value = f.Name+" "+orNone(f.saidB), f.Name+" "+orNone(f.saidA)
			return before, after
		}
	}
	return before, after
}

// Said is one side of a change in one word.
type Said struct{ Value, Window string }

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

// speak is a value in a sentence: lengths of time in words.
func speak(v Value) string {
	if v.Opaque || v.Num == nil || v.Unit != Seconds || v.Calendar {
		return Say(v)
	}
	return timeWords(v.Num)
}

// timeWords is a length of time in words, exactly, in the largest unit that divides it:
// 30 days, 75 minutes.
func timeWords(seconds *big.Rat) string {
	for _, u := range []struct {
		name string
		in   int64
	}{{"day", 86400}, {"hour", 3600}, {"minute", 60}, {"second", 1}} {
		if n := new(big.Rat).Quo(seconds, big.NewRat(u.in, 1)); n.IsInt() && n.Sign() > 0 {
			return plural(decimal(n, 0), u.name)
		}
	}
	if seconds.Sign() > 0 && seconds.Cmp(big.NewRat(60, 1)) < 0 {
		return plural(decimal(seconds, 3), "second")
	}
	return Spell(seconds)
}

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

var (
	// sum is a number that was written as a calculation.
	sum = regexp.MustCompile(`^[\d\s.()eE]*\d\)*\s*[*/^+-]\s*\(*[\d\s.()*/^+eE-]*$`)
	// kibi are calculations of powers of 1024, of which people say KiB, MiB and GiB.
	kibi = regexp.MustCompile(`1024\s*\*\s*1024|1024\s*\^|1024\s*\*\*|2\s*\^\s*[34]0`)
	// otherUnit is said of what is not counted in bytes.
	otherUnit = regexp.MustCompile(`(?i)kilobyte|megabyte|gigabyte|[km]ib\b|[_ ][kmg]b\b|percent`)
)

// calculated reports whether a number was written as a calculation.
func calculated(v Value) bool {
	return (v.Unit == None || v.Unit == PerSecond || v.Unit == Bytes) && sum.MatchString(v.Text)
}

// sayIn is a value of a commitment in a sentence. An amount of bytes is told by how it
// was calculated.
func sayIn(c *Commitment, v Value) string {
	if v.Num == nil || v.Opaque || v.Unit == Ratio || v.Unit == Seconds || v.Unit != Bytes && !calculated(v) {
		return speak(v)
	}
	if v.Unit != Bytes && (!kibi.MatchString(v.Text) || c != nil && otherUnit.MatchString(c.Name+" "+c.Indicator)) {
		return speak(v)
	}
	for _, u := range []struct {
		name string
		bits uint
	}{{"TiB", 40}, {"GiB", 30}, {"MiB", 20}, {"KiB", 10}} {
		n := new(big.Rat).Quo(v.Num, big.NewRat(1<<u.bits, 1))
		if n.Cmp(big.NewRat(1, 1)) >= 0 {
			return decimal(n, 2) + " " + u.name
		}
	}
	return speak(v)
}

// folded is the number that a calculation amounts to, its digits in groups.
func folded(v Value) string {
	text := decimal(v.Num, 6)
	if n := v.Num; !n.IsInt() || len(text) < 6 {
		return text
	}
	digits, sign := text, ""
	if strings.HasPrefix(digits, "-") {
		digits, sign = digits[1:], "-"
	}
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return sign + digits
}
