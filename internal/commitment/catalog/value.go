package catalog

import (
	"fmt"
	"math/big"
	"regexp"
	"slices"
	"strings"

	"github.com/slagate/slagate/internal/commitment"
)

// sort of target a kind of promise has.
type measure int

const (
	share    measure = iota // of events, time or money: a ratio
	duration                // how long
	rate                    // so many a second
	words                   // not a number
)

// kind is what the catalog knows of a kind of commitment.
type kind struct {
	kind    commitment.Kind
	better  commitment.Better
	measure measure
	// bare: a number without a unit can mean one thing only.
	bare bool
}

// kinds are the kinds that may stand in a catalog. For whom a larger number is better
// is part of the kind (formats.md 2.1: direction belongs to the commitment).
func kinds() []kind {
	return []kind{
		{commitment.Availability, commitment.Higher, share, true},
		{commitment.Latency, commitment.Lower, duration, false},
		{commitment.ErrorRate, commitment.Lower, share, false}, // is 0.5 a half, or half a percent?
		{commitment.Throughput, commitment.Higher, rate, true},
		{commitment.Durability, commitment.Higher, share, true},
		{commitment.Freshness, commitment.Lower, duration, false},
		{commitment.ResponseTime, commitment.Lower, duration, false},
		{commitment.ResolutionTime, commitment.Lower, duration, false},
		{commitment.UpdateCadence, commitment.Lower, duration, false},
		{commitment.Notification, commitment.Lower, duration, false},
		{commitment.Detection, commitment.Lower, duration, false},
		{commitment.Retention, commitment.Higher, duration, false},
		{commitment.SupportHours, commitment.Neither, words, true},
		{commitment.Credit, commitment.Higher, share, false},
	}
}

// Kinds are the words that `kind:` may be.
func Kinds() []string {
	var out []string
	for _, k := range kinds() {
		out = append(out, string(k.kind))
	}
	return out
}

// Units are the words that `unit:` may be.
func Units() []string {
	return []string{
		"percent", "ratio", "milliseconds", "seconds", "minutes", "hours", "days", "weeks",
		"business minutes", "business hours", "business days", "per_second",
	}
}

// known finds a kind by its word.
func known(word string) (kind, bool) {
	all := kinds()
	i := slices.IndexFunc(all, func(k kind) bool { return string(k.kind) == word })
	if i < 0 {
		return kind{kind: commitment.Other}, false
	}
	return all[i], true
}

// Target reads the promised value of a kind. wrong says in words what is wrong with
// it; the value is then opaque.
func Target(kindOf, text, unit string) (value commitment.Value, better commitment.Better, wrong string) {
	k, ok := known(kindOf)
	text = strings.TrimSpace(text)
	if !ok {
		return commitment.Unread(text), commitment.Neither, ""
	}
	_, bare := commitment.ParseNumber(text)
	switch {
	case k.measure == words:
		return commitment.Words(text), k.better, ""
	case unit != "" && !slices.Contains(Units(), unit):
		return commitment.Unread(text), k.better, ""
	case unit != "" && !bare && (unit != "percent" || !strings.HasSuffix(text, "%")):
		return commitment.Unread(text), k.better, fmt.Sprintf("%q has its unit already; leave out unit, or write the number alone", text)
	case unit == "" && bare && !k.bare:
		return commitment.Unread(text), k.better, fmt.Sprintf("%q has no unit; %s", text, example(k))
	}
	value, wrong = measured(k, text, unit)
	better = k.better
	if k.kind == commitment.Latency && value.Unit == commitment.Ratio {
		better = commitment.Higher // the share of what is fast enough
	}
	return value, better, wrong
}

// measured reads a target as what its kind is measured in.
func measured(k kind, text, unit string) (commitment.Value, string) {
	var v commitment.Value
	switch {
	case k.measure == rate:
		v = perSecond(text, unit)
	case unit == "percent" || strings.HasSuffix(text, "%"):
		v = commitment.PercentOf(text)
	case unit == "ratio":
		v = commitment.RatioOf(text)
	case k.measure == share && unit == "":
		v = commitment.ShareOf(text)
	default:
		v = Duration(strings.TrimSpace(text + " " + unit))
	}
	v.Text = text
	if unit != "" && unit != "percent" && unit != "ratio" {
		v.Text = text + " " + unit
	}
	if wrong := unfit(k, v); wrong != "" {
		return commitment.Unread(v.Text), wrong
	}
	return v, ""
}

// unfit says why a value cannot be the target of a kind.
func unfit(k kind, v commitment.Value) string {
	one := big.NewRat(1, 1)
	switch {
	case v.Opaque:
		return fmt.Sprintf("%q cannot be read; %s", v.Text, example(k))
	case v.Num.Sign() < 0:
		return fmt.Sprintf("%q is below zero", v.Text)
	case v.Unit == commitment.Ratio && k.measure == rate,
		v.Unit == commitment.Ratio && k.measure == duration && k.kind != commitment.Latency,
		v.Unit != commitment.Ratio && k.measure == share:
		return fmt.Sprintf("%q is no %s; %s", v.Text, k.kind, example(k))
	case v.Unit == commitment.Ratio && v.Num.Cmp(one) > 0:
		return fmt.Sprintf("%q is more than all", v.Text)
	}
	return ""
}

func example(k kind) string {
	switch k.measure {
	case share:
		return `write "99.9%", or a number with unit: percent or ratio`
	case rate:
		return `write "100/s", or a number with unit: per_second`
	case duration:
		return `write "30m", "4h" or "8 business hours", or a number with its unit`
	case words:
	}
	return "write it as people read it"
}

func perSecond(text, unit string) commitment.Value {
	number := strings.TrimSpace(strings.TrimSuffix(strings.TrimSuffix(text, "/s"), "per second"))
	if unit != "" && unit != "per_second" {
		return commitment.Unread(text)
	}
	v := commitment.Number(number, commitment.PerSecond)
	v.Text = text
	return v
}

// phrase is a number with the word for a length of time.
var phrase = regexp.MustCompile(`^([0-9]+(?:\.[0-9]+)?)[ -]?((?:business|working)[ -])?(millisecond|second|sec|minute|min|hour|hr|day|week|month|quarter|year)s?$`)

// Duration reads a length of time as people write it: 30m, 1h30m, PT30M, "4 hours",
// "8 business hours". Business time is a unit of its own; a business day has 8 of its
// hours and a business week 5 days (formats.md 1.7: business hours are not hours).
func Duration(text string) commitment.Value {
	text = strings.TrimSpace(text)
	if v := commitment.Duration(text, commitment.NoPlain); !v.Opaque {
		return v
	}
	m := phrase.FindStringSubmatch(strings.ToLower(strings.Join(strings.Fields(text), " ")))
	if m == nil {
		return commitment.Unread(text)
	}
	n, ok := commitment.ParseNumber(m[1])
	if !ok {
		return commitment.Unread(text)
	}
	unit, milliseconds := commitment.Seconds, plainLength(m[3])
	if m[2] != "" {
		unit, milliseconds = commitment.BusinessSeconds, businessLength(m[3])
	}
	if milliseconds == 0 {
		return commitment.Unread(text)
	}
	return commitment.Exactly(text, n.Mul(n, big.NewRat(milliseconds, 1000)), unit)
}

// The lengths of formats.md 2.3, in milliseconds.
func plainLength(word string) int64 {
	const second, minute, hour, day = 1000, 60_000, 3_600_000, 86_400_000
	return map[string]int64{
		"millisecond": 1, "second": second, "sec": second, "minute": minute, "min": minute, "hour": hour, "hr": hour,
		"day": day, "week": 7 * day, "month": 30 * day, "quarter": 91 * day, "year": 365 * day,
	}[word]
}

func businessLength(word string) int64 {
	const minute, hour = 60_000, 3_600_000
	return map[string]int64{"minute": minute, "min": minute, "hour": hour, "hr": hour, "day": 8 * hour, "week": 40 * hour}[word]
}

// Window reads the time over which a target holds: "30d", "rolling 28 days", or, of
// the calendar, "month", "calendar quarter", "1M".
func Window(text string) (commitment.Value, string) {
	plain := strings.ToLower(strings.TrimSpace(text))
	rolling := strings.TrimSpace(strings.TrimSuffix(strings.TrimPrefix(plain, "rolling "), " rolling"))
	named := strings.TrimPrefix(strings.TrimPrefix(plain, "calendar "), "1 ")
	if word, ok := strings.CutSuffix(named, "ly"); ok && word != "dai" {
		named = word
	}
	if length := plainLength(named); length >= plainLength("day") && rolling == plain {
		return commitment.Value{Text: text, Num: big.NewRat(length, 1000), Unit: commitment.Seconds, Calendar: true}, ""
	}
	v := Duration(rolling)
	if commitment.Duration(strings.TrimSpace(text), commitment.NoPlain).Num != nil {
		v = Duration(text) // its case means something: 1M is a month, 1m a minute
		v.Calendar = strings.ContainsAny(text, "MQY") && !strings.HasPrefix(text, "P")
	}
	v.Text = text
	if v.Opaque || v.Unit != commitment.Seconds || v.Num.Sign() <= 0 {
		return commitment.Unread(text), fmt.Sprintf("%q is no window; write \"30d\", \"28 days\", \"month\" or \"quarter\"", text)
	}
	return v, ""
}
