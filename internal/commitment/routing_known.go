package commitment

import (
	"fmt"
	"slices"
)

// knownAlert is an alert that was read, by the classes of its labels' values; -1 is
// any: a label that an alert does not have may get any value on its way.
type knownAlert struct {
	name    string
	classes []int
}

// know takes note of the alerts that were read.
func (w *routing) know(alerts []map[string]string) {
	seen := map[string]bool{}
	for _, labels := range alerts {
		k := knownAlert{name: labels["alertname"]}
		for i := range w.labels {
			k.classes = append(k.classes, w.classOf(&w.labels[i], labels[w.labels[i].name]))
		}
		key := fmt.Sprint(k.name, k.classes)
		if k.name != "" && !seen[key] {
			seen[key] = true
			w.known = append(w.known, k)
		}
	}
}

func (w *routing) classOf(l *routeLabel, value string) int {
	if value == "" || isExpression(value) || w.capped {
		return -1
	}
	if class, ok := l.index[w.truth(l, value)]; ok {
		return class
	}
	return -1
}

// may reports whether an alert can be in a set.
func (s alertSet) may(k knownAlert) bool {
	for i, class := range k.classes {
		if class >= 0 && !s[i].has(class) {
			return false
		}
	}
	return true
}

// concerned names the alerts read in this change that a difference is about.
func (w *routing) concerned(sets []alertSet) string {
	var names []string
	for _, k := range w.known {
		if slices.ContainsFunc(sets, func(s alertSet) bool { return s.may(k) }) {
			names = append(names, k.name)
		}
	}
	if len(names) == 0 {
		return ""
	}
	slices.Sort(names)
	return "of the alerts read here this may be about " + listed(slices.Compact(names))
}

// findUnsure marks the labels of which a condition is an expression of a template on
// one side only, while the other side has other conditions instead: what was page may
// be called {{ .severity }} now.
func (w *routing) findUnsure() {
	w.unsure = make([]bool, len(w.labels))
	for i := range w.labels {
		l := &w.labels[i]
		var expression, single [3]bool
		for _, id := range l.conditions {
			c := &w.conditions[id]
			if c.on == onlyBefore|onlyAfter {
				continue
			}
			single[c.on] = true
			expression[c.on] = expression[c.on] || isExpression(c.matcher.Value) || isExpression(l.name)
		}
		w.unsure[i] = single[onlyBefore] && single[onlyAfter] && (expression[onlyBefore] || expression[onlyAfter]) ||
			isExpression(l.name) && (expression[onlyBefore] || expression[onlyAfter])
	}
}

// rewritten are conditions with another expression of which no alert was found that
// tells them apart: they may be equal, or may not.
func (w *routing) rewritten() []Change {
	if w.capped {
		return nil
	}
	replaced := map[string][]*condition{}
	key := func(c *condition) string { return fmt.Sprintf("%d %x", c.label, []uint64(c.truth)) }
	for i := range w.conditions {
		if c := &w.conditions[i]; c.on == onlyBefore {
			replaced[key(c)] = append(replaced[key(c)], c)
		}
	}
	var out []Change
	for i := range w.conditions {
		a := &w.conditions[i]
		if a.on != onlyAfter {
			continue
		}
		for _, b := range replaced[key(a)] {
			if a.complete && b.complete || a.sense == b.sense {
				continue
			}
			out = append(out, Change{
				Effect: Unknown,
				Fields: []FieldChange{{Name: "condition", Before: b.matcher.text(), After: a.matcher.text(), Effect: Unknown}},
				Text:   fmt.Sprintf("The condition %s was rewritten as %s; which alerts it takes now cannot be told. Please judge.", b.matcher.text(), a.matcher.text()),
			})
		}
	}
	return out
}

func (m Matcher) text() string { return m.Label + m.Op + fmt.Sprintf("%q", m.Value) }
