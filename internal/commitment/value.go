package commitment

import (
	"math/big"
	"slices"
	"strings"
)

// Unit is what a number counts. Numbers of different units are compared only where
// a rule knows how.
type Unit string

// The units.
const (
	None            Unit = ""                 // a plain number
	Ratio           Unit = "ratio"            // 1 is all; percents are stored as ratios
	Seconds         Unit = "seconds"          // durations
	BusinessSeconds Unit = "business_seconds" // time that runs only while somebody works; a business day has 8 hours
	PerSecond       Unit = "per_second"
	Bytes           Unit = "bytes"
	Rank            Unit = "rank" // a place in an order that the format knows
	Flag            Unit = "flag" // 1 is on, 0 is off
	List            Unit = "list" // Items
	Word            Unit = "word" // a text
)

// Value is one value as written and as compared.
type Value struct {
	// Text is what stands in the file; "" when nothing does and a default counts.
	Text string `json:"text,omitempty"`
	// Num is the number, exact; nil where the value is none or could not be read.
	Num  *big.Rat `json:"num,omitempty"`
	Unit Unit     `json:"unit,omitempty"`
	// Items are the entries of a list, sorted, without doubles.
	Items []string `json:"items,omitempty"`
	// Calendar: a window that starts with the calendar, not a rolling one.
	Calendar bool `json:"calendar,omitempty"`
	// Opaque: an expression that is not evaluated here (a template, a variable). Equal
	// texts are equal values; any other move is unknown.
	Opaque bool `json:"opaque,omitempty"`
}

// Number is a plain number with its unit. A text that is none gives an opaque value.
func Number(text string, unit Unit) Value {
	if n, ok := ParseNumber(text); ok {
		return Value{Text: text, Num: n, Unit: unit}
	}
	return Unread(text)
}

// Exactly is a value that does not stand in the file as such: a default, a sum.
func Exactly(text string, num *big.Rat, unit Unit) Value {
	return Value{Text: text, Num: num, Unit: unit}
}

// Unread is a value that cannot be evaluated here.
func Unread(text string) Value { return Value{Text: text, Opaque: true} }

// Words is a text. It is compared as one: equal or not.
func Words(text string) Value { return Value{Text: text, Unit: Word} }

// Switch is an on/off value.
func Switch(text string, on bool) Value {
	n := new(big.Rat)
	if on {
		n.SetInt64(1)
	}
	return Value{Text: text, Num: n, Unit: Flag}
}

// Choice is a value with a place in an order; the higher, the better for the customer.
func Choice(text string, rank int64) Value {
	return Value{Text: text, Num: new(big.Rat).SetInt64(rank), Unit: Rank}
}

// ListOf is a list whose order and doubles mean nothing.
func ListOf(items ...string) Value {
	sorted := slices.Compact(slices.Sorted(slices.Values(items)))
	return Value{Text: strings.Join(sorted, ", "), Items: sorted, Unit: List}
}

// RatioOf is a share written as a ratio (0.999).
func RatioOf(text string) Value { return Number(text, Ratio) }

// PercentOf is a share written as a percentage, with or without the sign ("99.9", "99.9%").
func PercentOf(text string) Value {
	n, ok := ParseNumber(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(text), "%")))
	if !ok {
		return Unread(text)
	}
	return Value{Text: text, Num: n.Quo(n, big.NewRat(100, 1)), Unit: Ratio}
}

// ShareOf is a share of which only the size tells whether it is a ratio or a
// percentage: up to 1 a ratio, above a percentage (formats.md 2.1). Exactly 1 may be
// either and is opaque.
func ShareOf(text string) Value {
	if strings.HasSuffix(strings.TrimSpace(text), "%") {
		return PercentOf(text)
	}
	n, ok := ParseNumber(text)
	one := big.NewRat(1, 1)
	switch {
	case !ok || n.Cmp(one) == 0:
		return Unread(text)
	case n.Cmp(one) < 0:
		return Value{Text: text, Num: n, Unit: Ratio}
	}
	return PercentOf(text)
}

// maxDigits bounds the numbers that are read: beyond it a text is no number that a
// promise is made of, and exact arithmetic would take memory that somebody else chose.
const maxDigits = 64

// ParseNumber reads a decimal number exactly: 99.9, -3, 1e-3, 1_000, 0x10. NaN and
// infinities are none.
func ParseNumber(text string) (*big.Rat, bool) {
	text = strings.ReplaceAll(strings.TrimSpace(text), "_", "")
	if text == "" || len(text) > maxDigits || strings.ContainsAny(text, "/pP") {
		return nil, false
	}
	if i := strings.IndexAny(text, "eE"); i >= 0 && !strings.HasPrefix(strings.TrimLeft(text, "+-"), "0x") {
		exp := strings.TrimLeft(text[i+1:], "+-")
		if len(exp) > 2 {
			return nil, false
		}
	}
	return new(big.Rat).SetString(text)
}

// Equal reports whether two values are the same promise, however they are written.
func (v Value) Equal(w Value) bool {
	switch {
	case v.Opaque || w.Opaque:
		return v.Opaque == w.Opaque && v.Text == w.Text
	case v.Unit == List || w.Unit == List:
		return slices.Equal(v.Items, w.Items)
	case v.Num != nil && w.Num != nil:
		return v.Unit == w.Unit && v.Calendar == w.Calendar && v.Num.Cmp(w.Num) == 0
	case v.Num != nil || w.Num != nil:
		return false
	}
	return v.Text == w.Text
}

// Exists reports whether there is a value at all.
func (v Value) Exists() bool { return v.Text != "" || v.Num != nil || len(v.Items) > 0 }
