package commitment

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Routing trees are compared by what they do with alerts, not by how they are written
// (formats.md 1.4): both trees are walked as Alertmanager walks them, and what is
// reported is for which alerts somebody else is told, or at another time.
//
// The labels and values that the conditions of either tree mention make the kinds of
// alerts there are (routing_values.go). Starting with all alerts at once, a set is cut
// in two at a condition on which the trees may part ways, until they do the same for
// all alerts of a set or the set cannot be cut any more (routing_tree.go). So trees
// that differ in one place are compared in that place, however large they are. What
// differs for a set is judged in routing_outcome.go, said in routing_words.go.

// The limits of a comparison; what is beyond them is unknown.
const (
	maxSets     = 2000       // sets of alerts for which something differs
	maxSteps    = 40_000_000 // conditions looked at
	maxPlaced   = 8_000_000  // values times conditions of a label
	maxPatterns = 200_000    // the size of all regular expressions together
)

// diffRoutes compares two routing trees; nil is a tree that is not there. The labels
// of known alerts name in the result which of them are concerned.
func diffRoutes(before, after *Commitment, alerts []map[string]string, o Options) []Change {
	switch {
	case (before == nil || before.Routes == nil) && (after == nil || after.Routes == nil):
		return nil
	case before == nil || before.Routes == nil:
		return []Change{{Effect: Added, Kind: Routing, After: after, Text: "The rules for who is told of which alert are new."}}
	case after == nil || after.Routes == nil:
		return []Change{{Effect: Removed, Kind: Routing, Before: before, Text: "The rules for who is told of which alert are gone."}}
	}
	w := newRouting(before.Routes, after.Routes, alerts)
	if same := identical(w.before, w.after); same {
		w.capped = false
	} else {
		w.explore(w.everything())
	}
	var out []Change
	groups, renames := w.renames(w.groups())
	for _, g := range groups {
		out = append(out, w.change(g))
	}
	out = append(out, renames...)
	out = append(out, w.rewritten()...)
	out = append(out, diffInhibits(before.Routes.Inhibits, after.Routes.Inhibits, o)...)
	if w.capped {
		out = append(out, Change{Effect: Unknown, Text: fmt.Sprintf("The rules for who is told of which alert differ in more ways than are compared here (%d kinds of alerts). Please judge the rest.", maxSets)})
	}
	out = append(out, opaqueRoutes(before.Routes, after.Routes, len(out) > 0)...)
	for i := range out {
		out[i].Kind, out[i].Before, out[i].After = Routing, before, after
	}
	slices.SortStableFunc(out, func(x, y Change) int {
		return cmp.Or(cmp.Compare(y.Effect.Severity(), x.Effect.Severity()), cmp.Compare(y.Magnitude, x.Magnitude), cmp.Compare(x.Text, y.Text))
	})
	return out
}

// opaqueRoutes says that a tree could not be read whole, where that matters: the
// reason is new or gone, or what could be read differs.
func opaqueRoutes(before, after *Routes, differs bool) []Change {
	if before.Opaque == after.Opaque && (before.Opaque == "" || !differs) {
		return nil
	}
	return []Change{{Effect: Unknown, Text: fmt.Sprintf("The rules for who is told of which alert cannot be compared whole: %s. Please judge.", cmp.Or(after.Opaque, before.Opaque))}}
}

// routing is one comparison of two trees.
type routing struct {
	labels        []routeLabel
	labelIndex    map[string]int
	conditions    []condition
	conditionIDs  map[Matcher]int
	deliveryIDs   map[string]int
	before, after *routeNode
	// unsure are labels of which a condition is an expression of a template that changed.
	unsure []bool
	known  []knownAlert
	found  []region
	capped bool

	steps, placed, patterns int // work done, against the limits
}

// region is a set of alerts for which the two trees do different things.
type region struct {
	alerts  alertSet
	outcome outcome
}

func newRouting(before, after *Routes, alerts []map[string]string) *routing {
	w := &routing{labelIndex: map[string]int{}, conditionIDs: map[Matcher]int{}, deliveryIDs: map[string]int{}}
	w.collect(&before.Root, onlyBefore)
	w.collect(&after.Root, onlyAfter)
	w.classify(alerts)
	names := renamedReceivers(before.Receivers, after.Receivers)
	bare := before.isBare() && after.isBare()
	w.before = w.compile(&before.Root, newBook(before, names, bare), inherited())
	w.after = w.compile(&after.Root, newBook(after, nil, bare), inherited())
	w.findUnsure()
	w.know(alerts)
	return w
}

// group are all sets of alerts with the same difference.
type group struct {
	outcome outcome
	sets    []alertSet
	kept    []string // who is told of all of them, before and after
}

func (w *routing) groups() []group {
	var out []group
	index := map[string]int{}
	for _, r := range w.found {
		key := r.outcome.key()
		if w.depends(r.alerts) {
			key += "\x00unsure"
		}
		i, ok := index[key]
		if !ok {
			i = len(out)
			index[key], out = i, append(out, group{outcome: r.outcome, kept: r.outcome.kept})
		}
		out[i].sets = append(out[i].sets, r.alerts)
		out[i].kept = slices.DeleteFunc(slices.Clone(out[i].kept), func(name string) bool { return !slices.Contains(r.outcome.kept, name) })
	}
	for i := range out {
		out[i].sets = w.join(out[i].sets)
	}
	return out
}

// depends reports whether a set of alerts is told by a condition that nobody can
// evaluate here and that changed.
func (w *routing) depends(set alertSet) bool {
	for i := range set {
		if w.unsure[i] && !set[i].full(len(w.labels[i].classes)) {
			return true
		}
	}
	return false
}

// change says a group.
func (w *routing) change(g group) Change {
	v := verdict{}
	c := Change{Fields: g.outcome.fields(), Magnitude: g.outcome.magnitude()}
	unsure := slices.ContainsFunc(g.sets, w.depends)
	for i := range c.Fields {
		if unsure && c.Fields[i].Effect != Neutral {
			c.Fields[i].Effect = Unknown
		}
		v.add(c.Fields[i].Effect)
	}
	c.Effect, c.Mixed, c.Partly = v.effect(), v.weak && v.strong, v.unknown && (v.weak || v.strong)
	c.Text = strings.Join(append(g.outcome.say(w.describe(g.sets), g.kept), w.closing(c, unsure)...), " ")
	if names := w.concerned(g.sets); names != "" {
		c.Notes = append(c.Notes, names)
	}
	return c
}
