package commitment

import (
	"fmt"
	"math/big"
	mathbits "math/bits"
	"slices"
	"strings"
)

// join puts sets of alerts together that differ in one label only.
func (w *routing) join(sets []alertSet) []alertSet {
	for again := true; again; {
		again = false
		for label := range w.labels {
			index := map[string]int{}
			var out []alertSet
			for _, s := range sets {
				key := s.without(label)
				if i, ok := index[key]; ok {
					out[i] = out[i].with(label, out[i][label].or(s[label]))
					again = true
					continue
				}
				index[key], out = len(out), append(out, s)
			}
			sets = out
		}
	}
	return sets
}

// without is a text of all labels but one.
func (s alertSet) without(label int) string {
	var b strings.Builder
	for i := range s {
		if i != label {
			fmt.Fprintf(&b, "%x ", []uint64(s[i]))
		} else {
			b.WriteString("* ")
		}
	}
	return b.String()
}

// The most sets of alerts, and the most exceptions, that a sentence names.
const (
	maxDescribed = 3
	maxExcepted  = 3
)

// describe says which alerts some sets hold: "alerts with severity=page". Where the
// sets have a label in common it is what people look for; that other rules come first
// for some of them is said, not listed.
func (w *routing) describe(sets []alertSet) string {
	if len(sets) > 1 {
		around := slices.Clone(sets[0])
		for _, s := range sets[1:] {
			for i := range around {
				around[i] = around[i].or(s[i])
			}
		}
		if with, not := w.traits(around); len(with) > 0 {
			if !w.fills(sets, around) {
				return "alerts with " + strings.Join(with, " and ") + unlessTaken
			}
			return sentence(with, not)
		}
	}
	var out []string
	for _, s := range sets {
		if text := sentence(w.traits(s)); !slices.Contains(out, text) {
			out = append(out, text)
		}
	}
	if n := len(out); n > maxDescribed {
		out = append(out[:maxDescribed], fmt.Sprintf("alerts of %d more kinds", n-maxDescribed))
	}
	return strings.Join(out, ", and ")
}

// fills reports whether some sets, of which no two have an alert in common, are
// together all of the set around them.
func (w *routing) fills(sets []alertSet, around alertSet) bool {
	sum := new(big.Int)
	for _, s := range sets {
		sum.Add(sum, s.size())
	}
	return sum.Cmp(around.size()) == 0
}

// size is how many combinations of values a set holds.
func (s alertSet) size() *big.Int {
	out := big.NewInt(1)
	for _, values := range s {
		n := 0
		for _, word := range values {
			n += mathbits.OnesCount64(word)
		}
		out.Mul(out, big.NewInt(int64(n)))
	}
	return out
}

// traits are what the alerts of a set have, and what they have not.
func (w *routing) traits(s alertSet) (with, not []string) {
	for i := range w.labels {
		l := &w.labels[i]
		if s[i].full(len(l.classes)) {
			continue
		}
		if text, negative := l.describe(s[i]); negative {
			not = append(not, text...)
		} else {
			with = append(with, strings.Join(text, " or "))
		}
	}
	return with, not
}

const unlessTaken = " that no earlier rule takes"

func sentence(with, not []string) string {
	text := "all alerts"
	if len(with) > 0 {
		text = "alerts with " + strings.Join(with, " and ")
	}
	switch {
	case len(not) == 0:
		return text
	case len(not) > maxExcepted:
		return text + unlessTaken
	}
	return text + " except those with " + strings.Join(not, " or ")
}

// describe says which values a label has: the values themselves, or, where most are
// in, those that it has not.
func (l *routeLabel) describe(in bits) (texts []string, negative bool) {
	negative = slices.ContainsFunc(l.classes, func(c class) bool { return c.other }) && in.has(slices.IndexFunc(l.classes, func(c class) bool { return c.other }))
	var values []string
	absent := false
	for i, c := range l.classes {
		if in.has(i) == negative {
			continue
		}
		absent = absent || c.absent
		switch {
		case len(c.values) > 0:
			values = append(values, c.values...)
		case c.pattern != "":
			texts = append(texts, l.name+" like "+c.pattern)
		}
	}
	slices.Sort(values)
	shown := values
	if len(values) > 6 {
		shown = append(slices.Clone(values[:5]), fmt.Sprintf("%d more", len(values)-5))
	}
	switch {
	case len(shown) > 0 && negative:
		for _, v := range values {
			texts = append(texts, l.name+"="+v)
		}
	case len(shown) > 0:
		texts = append([]string{l.name + "=" + strings.Join(shown, " or ")}, texts...)
	}
	if absent && (!negative || len(texts) == 0) {
		texts = append(texts, "no "+l.name)
	}
	return slices.Compact(texts), negative
}

// namesOf are who is told, by the names of their receivers; of a receiver of which
// only a part is meant, the part.
func namesOf(list []told) []string {
	var out []string
	for _, t := range list {
		if !slices.Contains(out, t.name) {
			out = append(out, t.name)
		}
	}
	return out
}

// withKind names receivers; of those that others of the same change share a name
// with, the way that is meant.
func withKind(list []told, others ...[]string) []string {
	var out []string
	for _, t := range list {
		name := t.name
		if slices.ContainsFunc(others, func(o []string) bool { return slices.Contains(o, name) }) {
			name += " by " + t.said()
		}
		if !slices.Contains(out, name) {
			out = append(out, name)
		}
	}
	return out
}

// said is an address for people: without what is only a trace of a secret, where
// there is something else to tell it by.
func (a address) said() string {
	parts := strings.Split(a.target, ", ")
	clear := slices.DeleteFunc(slices.Clone(parts), func(part string) bool {
		_, value, _ := strings.Cut(part, " ")
		return len(value) == 7 && strings.HasPrefix(value, "#") && strings.Trim(value[1:], "0123456789abcdef") == ""
	})
	if len(clear) == 0 {
		clear = parts
	}
	if a.target == "" {
		return a.kind
	}
	return a.kind + " (" + strings.Join(clear, ", ") + ")"
}

// apartIn says two addresses by the settings in which they differ.
func apartIn(b, a address) (before, after string) {
	x, y := strings.Split(b.target, ", "), strings.Split(a.target, ", ")
	b.target, a.target = strings.Join(missing(x, y), ", "), strings.Join(missing(y, x), ", ")
	return settings(b), settings(a)
}

func listed(names []string) string {
	if n := len(names); n > 4 {
		names = append(slices.Clone(names[:3]), fmt.Sprintf("%d others", n-3))
	}
	if len(names) < 2 {
		return strings.Join(names, "")
	}
	return strings.Join(names[:len(names)-1], ", ") + " and " + names[len(names)-1]
}

// say puts a difference into sentences.
func (o *outcome) say(alerts string, kept []string) []string {
	var out []string
	if text := o.sayWho(alerts, kept); text != "" {
		out = append(out, title(text))
	}
	for _, m := range o.moved {
		if len(out) > 0 {
			alerts = "these alerts"
		}
		b, a := apartIn(m[0].address, m[1].address)
		out = append(out, fmt.Sprintf("%s reach %s at another address: %s now, %s before.", title(alerts), m[0].name, a, b))
	}
	for _, f := range o.options {
		if len(out) > 0 {
			alerts = "these alerts"
		}
		out = append(out, title(sayOption(f, alerts)))
	}
	return out
}

func (o *outcome) sayWho(alerts string, kept []string) string {
	lost, gained := o.lostNames(o.kept), o.gainedNames(o.kept)
	still := ""
	if len(kept) > 0 {
		still = "; they still reach " + listed(kept)
	}
	switch {
	case len(lost) > 0 && len(gained) > 0:
		return fmt.Sprintf("%s now reach %s; they no longer reach %s%s.", alerts, listed(gained), listed(lost), strings.Replace(still, "they still", "they also still", 1))
	case len(lost) > 0 && o.nobodyA:
		return fmt.Sprintf("%s no longer reach anybody; they went to %s before.", alerts, listed(lost))
	case len(lost) > 0:
		return fmt.Sprintf("%s no longer reach %s%s.", alerts, listed(lost), still)
	case len(gained) > 0 && o.nobodyB:
		return fmt.Sprintf("%s now reach %s; before, nobody was told.", alerts, listed(gained))
	case len(gained) > 0:
		return fmt.Sprintf("%s now reach %s, too%s.", alerts, listed(gained), still)
	}
	return ""
}

func sayOption(f FieldChange, alerts string) string {
	switch f.Name {
	case optionWait:
		return fmt.Sprintf("the first message about %s goes out %s after they begin instead of %s%s.", alerts, f.After, f.Before, comma(f.Meaning))
	case optionInterval:
		return fmt.Sprintf("news of %s that join others go out every %s instead of %s%s.", alerts, f.After, f.Before, comma(f.Meaning))
	case optionRepeat:
		return fmt.Sprintf("reminders of %s come every %s instead of %s.", alerts, f.After, f.Before)
	case optionMute:
		switch {
		case f.Before == "":
			return fmt.Sprintf("nobody is told of %s at these times: %s.", alerts, f.After)
		case f.After == "":
			return fmt.Sprintf("people are told of %s at all times; before, not at these: %s.", alerts, f.Before)
		}
		return fmt.Sprintf("the times at which nobody is told of %s changed from %s to %s.", alerts, f.Before, f.After)
	case optionActive:
		switch {
		case f.Before == "":
			return fmt.Sprintf("people are told of %s at these times only: %s.", alerts, f.After)
		case f.After == "":
			return fmt.Sprintf("people are told of %s at all times; before, only at these: %s.", alerts, f.Before)
		}
		return fmt.Sprintf("the times at which people are told of %s changed from %s to %s.", alerts, f.Before, f.After)
	case optionGroupBy:
		return fmt.Sprintf("%s are bundled into messages by other labels (%s instead of %s); who is told stays.", alerts, orNone(f.After), orNone(f.Before))
	}
	return ""
}

// closing is what the change means, at the end.
func (w *routing) closing(c Change, unsure bool) []string {
	var out []string
	if unsure {
		out = append(out, "A condition that tells these alerts apart is filled in elsewhere and changed.")
	}
	if word := verdictWord(c); word != "" {
		out = append(out, word)
	}
	if c.Effect == Unknown {
		out = append(out, "Whether that is better or worse cannot be told from here. Please judge.")
	}
	return out
}
