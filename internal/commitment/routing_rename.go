package commitment

import (
	"fmt"
	"slices"
	"strings"
)

// renames takes out of the groups those pairs in which a value of a label loses just
// what another value gains: team=db was a condition, team=databases is one now.
// Whether the alerts have the new value is not written in the tree, so that such a
// pair is one change that cannot be judged. Severities are no names: of them the
// value itself says what is meant, and they stay two changes.
func (w *routing) renames(groups []group) ([]group, []Change) {
	var out []Change
	for i := 0; i < len(groups); i++ {
		for j := range groups {
			label, before, after, ok := w.renamed(groups[i], groups[j])
			if !ok {
				continue
			}
			g := groups[i].outcome
			out = append(out, Change{
				Effect: Unknown, Magnitude: g.magnitude(),
				Fields: []FieldChange{{Name: "condition", Before: label + "=" + before, After: label + "=" + after, Effect: Unknown, BeforeLine: g.linesB, AfterLine: groups[j].outcome.linesA}},
				Text: fmt.Sprintf("%s are treated now as alerts with %s=%s were before%s. Whether the alerts have the new name cannot be told from here. Please judge.",
					title(w.describe(groups[j].sets)), label, before, reaching(g.lost)),
			})
			groups = slices.Delete(groups, max(i, j), max(i, j)+1)
			groups = slices.Delete(groups, min(i, j), min(i, j)+1)
			i = -1
			break
		}
	}
	return groups, out
}

func reaching(list []told) string {
	if len(list) == 0 {
		return ""
	}
	return ": they reach " + listed(namesOf(list))
}

// renamed reports whether one group loses for a value what the other gains for another
// value of the same label, one of them known before only, the other one after only.
func (w *routing) renamed(lost, gained group) (label, before, after string, ok bool) {
	x, y := lost.outcome, gained.outcome
	if len(lost.sets) != 1 || len(gained.sets) != 1 || len(x.lost) == 0 || len(x.moved)+len(y.moved)+len(x.options)+len(y.options) > 0 ||
		!slices.Equal(addressesOf(x.lost), addressesOf(y.gained)) || !slices.Equal(addressesOf(x.gained), addressesOf(y.lost)) {
		return "", "", "", false
	}
	at := -1
	for i := range w.labels {
		if slices.Equal(lost.sets[0][i], gained.sets[0][i]) {
			continue
		}
		if at >= 0 {
			return "", "", "", false
		}
		at = i
	}
	if at < 0 || w.labels[at].name == "severity" {
		return "", "", "", false
	}
	before, okB := w.only(at, lost.sets[0][at], onlyBefore)
	after, okA := w.only(at, gained.sets[0][at], onlyAfter)
	return w.labels[at].name, before, after, okB && okA
}

// only are the values of a set if conditions of one side alone name them.
func (w *routing) only(label int, set bits, on sides) (string, bool) {
	var values []string
	for i, c := range w.labels[label].classes {
		if !set.has(i) {
			continue
		}
		if c.other || c.absent || len(c.values) == 0 {
			return "", false
		}
		values = append(values, c.values...)
	}
	for _, id := range w.labels[label].conditions {
		if c := &w.conditions[id]; c.on != on && slices.ContainsFunc(c.samples, func(s string) bool { return slices.Contains(values, s) }) {
			return "", false
		}
	}
	slices.Sort(values)
	return strings.Join(values, " or "), len(values) > 0
}

func addressesOf(list []told) []address {
	var out []address
	for _, t := range list {
		out = append(out, t.address)
	}
	slices.SortFunc(out, compareAddresses)
	return out
}
