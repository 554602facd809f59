// Package commitment is about promises made to customers and how two versions of
// them differ: the one thing that slagate knows and a text diff does not.
//
// Its one idea: every format is read into the same plain data, a [Commitment] made
// of [Field]s whose [Role] says what it means when their value moves. [Diff] then
// pairs the commitments of all files of a change, compares them field by field by
// the rules of the roles (rules.go), judges the fields together where only their
// sum means something (a budget, a delay, an escalation path, a routing tree), and
// says it in words. So a format knows nothing of effects, and the judgement
// nothing of formats.
//
//	bytes --format--> Parsed --+
//	bytes --format--> Parsed --+--> Set (before) --+
//	                                               +--> Diff --> []Change
//	bytes --format--> Parsed -----> Set (after) ---+
//
// Three habits keep it honest. Values are exact decimals and are compared as such;
// the text as written is kept for display. What could not be read is a [Problem]
// and becomes the effect [Unknown], never silence. And a direction is given only
// where a rule gives it: a wrong direction is worse than "please judge".
//
// Where things are: model.go the data, value.go and duration.go the values,
// set.go what was read, diff.go the way through, pair.go which belongs to which,
// compare.go and rules.go what a difference means, budget.go how large it is, fold.go copies, escalation.go and routing.go
// the two shapes that are judged as a whole, capability.go promise against capability,
// words.go what people read. A new format is a folder beside these
// files and a line in package formats; a new meaning is a [Role] and its row in rules.go.
//
// The package is part of the core: it does no I/O and knows no clock.
package commitment
