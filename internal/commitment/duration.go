package commitment

import (
	"math/big"
	"regexp"
	"strings"
	"time"
)

// A day and what is made of it. A month is 30 days, a quarter 91, a year 365: the
// lengths that formats.md 2.3 counts budgets with.
const (
	day     = 24 * time.Hour
	week    = 7 * day
	month   = 30 * day
	quarter = 91 * day
	year    = 365 * day
)

// Plain says what a bare number means as a duration.
type Plain time.Duration

// The meanings of a bare number.
const (
	NoPlain      Plain = 0 // a bare number is no duration; 0 always is one
	PlainSeconds       = Plain(time.Second)
	PlainMinutes       = Plain(time.Minute)
	PlainHours         = Plain(time.Hour)
	PlainDays          = Plain(day)
)

// Duration reads a duration in any of the spellings that formats use: 5m, 1h30m,
// 30d, 4w, 1y (Prometheus), 72h0m0s, 1.5h (Go), PT30M, P30D (ISO 8601), 1M and 1Q
// (OpenSLO), and plain numbers as plain says. What is none is an opaque value.
func Duration(text string, plain Plain) Value {
	d, ok := parseDuration(strings.TrimSpace(text), plain)
	if !ok {
		return Unread(text)
	}
	return Value{Text: text, Num: d, Unit: Seconds}
}

// DurationOf is a duration as such, in the spelling of Prometheus.
func DurationOf(d time.Duration) Value {
	n := big.NewRat(int64(d/time.Millisecond), 1000)
	return Value{Text: Spell(n), Num: n, Unit: Seconds}
}

func parseDuration(text string, plain Plain) (*big.Rat, bool) {
	if n, ok := ParseNumber(text); ok && !strings.HasPrefix(text, "0x") {
		switch {
		case n.Sign() == 0:
			return n, true
		case plain == NoPlain:
			return nil, false
		}
		return n.Mul(n, big.NewRat(int64(time.Duration(plain)/time.Second), 1)), true
	}
	if len(text) > maxDigits {
		return nil, false
	}
	if strings.HasPrefix(strings.TrimLeft(text, "+-"), "P") {
		return parseISO(text)
	}
	return parseUnits(text)
}

var part = regexp.MustCompile(`^([0-9]+(?:\.[0-9]+)?|\.[0-9]+)(ns|us|µs|μs|ms|s|m|h|d|w|y|M|Q|Y)`)

// parseUnits reads numbers with units behind them: 1h30m. M, Q and Y are OpenSLO's
// month, quarter and year; m is always minutes.
func parseUnits(text string) (*big.Rat, bool) {
	lengths := map[string]time.Duration{
		"ns": time.Nanosecond, "us": time.Microsecond, "µs": time.Microsecond, "μs": time.Microsecond, "ms": time.Millisecond,
		"s": time.Second, "m": time.Minute, "h": time.Hour, "d": day, "w": week, "y": year, "M": month, "Q": quarter, "Y": year,
	}
	sum, rest := new(big.Rat), text
	negative := strings.HasPrefix(rest, "-")
	rest = strings.TrimLeft(rest, "+-")
	if rest == "" {
		return nil, false
	}
	for rest != "" {
		m := part.FindStringSubmatch(rest)
		if m == nil {
			return nil, false
		}
		n, ok := ParseNumber(m[1])
		if !ok {
			return nil, false
		}
		sum.Add(sum, n.Mul(n, big.NewRat(int64(lengths[m[2]]), int64(time.Second))))
		rest = rest[len(m[0]):]
	}
	if negative {
		sum.Neg(sum)
	}
	return sum, true
}

var iso = regexp.MustCompile(`^P(?:([0-9.]+)Y)?(?:([0-9.]+)M)?(?:([0-9.]+)W)?(?:([0-9.]+)D)?(?:T(?:([0-9.]+)H)?(?:([0-9.]+)M)?(?:([0-9.]+)S)?)?$`)

// parseISO reads an ISO 8601 duration.
func parseISO(text string) (*big.Rat, bool) {
	m := iso.FindStringSubmatch(text)
	if m == nil {
		return nil, false
	}
	lengths := []time.Duration{year, month, week, day, time.Hour, time.Minute, time.Second}
	sum, found := new(big.Rat), false
	for i, digits := range m[1:] {
		if digits == "" {
			continue
		}
		n, ok := ParseNumber(digits)
		if !ok {
			return nil, false
		}
		found = true
		sum.Add(sum, n.Mul(n, big.NewRat(int64(lengths[i]/time.Second), 1)))
	}
	return sum, found
}

// Spell writes seconds as people read them: 1h30m, 30d, 90s, 250ms.
func Spell(seconds *big.Rat) string {
	if seconds.Sign() < 0 {
		return "-" + Spell(new(big.Rat).Neg(seconds))
	}
	if seconds.Sign() == 0 {
		return "0s"
	}
	ms := new(big.Rat).Mul(seconds, big.NewRat(1000, 1))
	whole := new(big.Int).Quo(ms.Num(), ms.Denom())
	if !ms.IsInt() || !whole.IsInt64() {
		return decimal(seconds, 3) + "s"
	}
	left, out := whole.Int64(), ""
	for _, u := range []struct {
		name string
		ms   int64
	}{{"d", 86_400_000}, {"h", 3_600_000}, {"m", 60_000}, {"s", 1000}, {"ms", 1}} {
		if left >= u.ms {
			out += big.NewInt(left/u.ms).String() + u.name
			left %= u.ms
		}
	}
	return out
}

// decimal writes a number with at most so many places, without idle zeros.
func decimal(n *big.Rat, places int) string {
	text := n.FloatString(places)
	if strings.Contains(text, ".") {
		text = strings.TrimRight(strings.TrimRight(text, "0"), ".")
	}
	return text
}
