package commitment

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// diffInhibits compares the rules by which one alert keeps another one quiet.
func diffInhibits(before, after []Inhibit, o Options) []Change {
	gone, gained := unmatched(before, after), unmatched(after, before)
	var out []Change
	for _, related := range []func(b, a Inhibit) bool{sameEnds, sameEnd} {
		left := gone[:0:0]
		for _, b := range gone {
			i := slices.IndexFunc(gained, func(a Inhibit) bool { return related(b, a) })
			if i < 0 {
				left = append(left, b)
				continue
			}
			out = append(out, inhibitChange(&b, &gained[i], editedInhibit(b, gained[i], o)))
			gained = slices.Delete(gained, i, i+1)
		}
		gone = left
	}
	for _, b := range gone {
		out = append(out, inhibitChange(&b, nil, hiding(b, o, Strengthened)))
	}
	for _, a := range gained {
		out = append(out, inhibitChange(nil, &a, hiding(a, o, Weakened)))
	}
	return out
}

// hiding is the effect of a rule that is gone or new: none where it only hides the
// milder form of an alert that is reported anyway (formats.md 2.6).
func hiding(r Inhibit, o Options, effect Effect) Effect {
	if harmless(r, o) {
		return Neutral
	}
	return effect
}

func harmless(r Inhibit, o Options) bool {
	return slices.Contains(r.Equal, "alertname") && moreSevere(r, o)
}

// moreSevere: every severity of the source is more urgent than every one of the target.
func moreSevere(r Inhibit, o Options) bool {
	source, target := severities(r.Source, o), severities(r.Target, o)
	return len(source) > 0 && len(target) > 0 && source[0] >= 0 && slices.Max(source) < slices.Min(target)
}

// severities are the ranks of the severities that some conditions ask for; a first
// one of -1 says that they cannot be told.
func severities(ms []Matcher, o Options) []int {
	var out []int
	for _, m := range ms {
		if m.Label != "severity" {
			continue
		}
		words, complete := words(m)
		if !complete {
			return []int{-1}
		}
		for _, word := range words {
			out = append(out, severityRank(word, o.Severities))
		}
	}
	slices.Sort(out)
	return out
}

// words are the values that a condition allows, where it allows a few only.
func words(m Matcher) ([]string, bool) {
	switch {
	case m.Op == "=", m.Op == "=~" && isExpression(m.Value):
		return []string{m.Value}, true
	case m.Op == "=~":
		return sample(m.Value)
	}
	return nil, false
}

// unmatched are the rules that the other side does not have.
func unmatched(list, other []Inhibit) []Inhibit {
	left := map[string]int{}
	for _, r := range other {
		left[r.text()]++
	}
	var out []Inhibit
	for _, r := range list {
		if left[r.text()]--; left[r.text()] < 0 {
			out = append(out, r)
		}
	}
	return out
}

func (r Inhibit) text() string {
	return matchersText(r.Source) + " > " + matchersText(r.Target) + " = " + strings.Join(r.Equal, ",")
}

func matchersText(ms []Matcher) string { return strings.Join(sortedMatchers(ms), ", ") }

func sortedMatchers(ms []Matcher) []string {
	out := make([]string, 0, len(ms))
	for _, m := range ms {
		if strings.HasSuffix(m.Op, "~") {
			m.Value = sense(m.Value)
		}
		out = append(out, m.text())
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// sameEnds and sameEnd tell which rules are versions of one.
func sameEnds(b, a Inhibit) bool {
	return matchersText(b.Source) == matchersText(a.Source) && matchersText(b.Target) == matchersText(a.Target)
}

func sameEnd(b, a Inhibit) bool {
	return matchersText(b.Source) == matchersText(a.Source) || matchersText(b.Target) == matchersText(a.Target)
}

// editedInhibit judges an edited rule: the fewer alerts it applies to, the better.
func editedInhibit(b, a Inhibit, o Options) Effect {
	x, y := harmless(b, o), harmless(a, o)
	weaker, stronger := x || wider(b, a), y || wider(a, b)
	switch {
	case x && y, wider(b, a) && wider(a, b):
		return Neutral
	case weaker && stronger:
		return Unknown
	case weaker:
		return Weakened
	case stronger:
		return Strengthened
	}
	return Unknown
}

// wider: whatever rule r keeps quiet, s keeps quiet too.
func wider(r, s Inhibit) bool {
	return implied(r.Source, s.Source) && implied(r.Target, s.Target) && len(missing(s.Equal, r.Equal)) == 0
}

// implied: alerts that meet the conditions ms meet those of others, too.
func implied(ms, others []Matcher) bool {
	for _, other := range others {
		if !slices.ContainsFunc(ms, func(m Matcher) bool { return implies(m, other) }) {
			return false
		}
	}
	return true
}

func implies(m, other Matcher) bool {
	if m.Label != other.Label {
		return false
	}
	if matchersText([]Matcher{m}) == matchersText([]Matcher{other}) {
		return true
	}
	x, complete := words(m)
	y, all := words(other)
	if complete && all {
		return len(missing(x, y)) == 0
	}
	return m.Op == "=~" && other.Op == "=~" && len(missing(alternatives(m.Value), alternatives(other.Value))) == 0
}

// inhibitChange says a rule that is gone, new or another one.
func inhibitChange(b, a *Inhibit, effect Effect) Change {
	f := FieldChange{Name: "inhibit_rules", Effect: effect}
	var words []string
	if b != nil {
		f.Before, f.BeforeLine = b.shown(), b.Line
	}
	if a != nil {
		f.After, f.AfterLine = a.shown(), a.Line
	}
	switch {
	case a == nil:
		words = append(words, fmt.Sprintf("%s are reported also while %s fire%s: the rule that kept them quiet is gone.", title(alertsOf(b.Target)), alertsOf(b.Source), sameLabels(b.Equal)))
	case b == nil:
		words = append(words, fmt.Sprintf("%s are not reported any more while %s fire%s.", title(alertsOf(a.Target)), alertsOf(a.Source), sameLabels(a.Equal)))
	default:
		words = append(words, fmt.Sprintf("The rule that keeps alerts quiet changed. Before: %s. After: %s.", b.said(), a.said()))
	}
	c := Change{Effect: effect, Magnitude: 10, Fields: []FieldChange{f}}
	switch word := verdictWord(c); {
	case word != "":
		words = append(words, word)
	case effect == Neutral:
		words = append(words, "It only hides the milder form of the same alert.")
	case effect == Unknown:
		words = append(words, "Please judge.")
	}
	c.Text = strings.Join(words, " ")
	return c
}

// shown is a rule as it is listed.
func (r Inhibit) shown() string {
	text := func(ms []Matcher) string {
		var parts []string
		for _, m := range ms {
			parts = append(parts, m.text())
		}
		return "{" + strings.Join(parts, ", ") + "}"
	}
	return text(r.Source) + " hides " + text(r.Target) + sameLabels(r.Equal)
}

func (r Inhibit) said() string {
	return fmt.Sprintf("%s are quiet while %s fire%s", alertsOf(r.Target), alertsOf(r.Source), sameLabels(r.Equal))
}

func alertsOf(ms []Matcher) string {
	if len(ms) == 0 {
		return "all alerts"
	}
	var parts []string
	for _, m := range ms {
		switch m.Op {
		case "=":
			parts = append(parts, m.Label+"="+cmp.Or(m.Value, "nothing"))
		case "=~":
			if list, complete := words(m); complete && len(list) <= 4 {
				parts = append(parts, m.Label+"="+strings.Join(list, " or "))
				continue
			}
			parts = append(parts, m.Label+" like "+m.Value)
		default:
			parts = append(parts, m.Label+" not "+m.Value)
		}
	}
	return "alerts with " + strings.Join(parts, " and ")
}

func sameLabels(equal []string) string {
	if len(equal) == 0 {
		return ""
	}
	return " with the same " + strings.Join(equal, ", ")
}
