// Package plan says what GitHub should look like after a decision, and the
// steps there from what it looks like now.
//
// Its one idea is the difference: comment, labels and statuses are computed
// whole from a [gate.Decision], compared with what was observed, and only what
// differs becomes an [Action]. The same state twice gives an empty plan, so a
// repeated evaluation writes nothing, and what somebody else changed is put right.
//
// The steps are in the order in which they may be interrupted. Whatever takes a
// standing success away goes first. A success goes last, so that no green
// stands before the record that explains it.
//
//	status that ends a success ─▶ labels ─▶ comment ─▶ slagate, not yet green
//	        ─▶ function statuses ─▶ doubles ─▶ reactions ─▶ slagate, green
//
// On a pull request that was merged although slagate had not let it through, labels
// and comment are kept right as on an open one, and no status is posted any more.
//
// Somebody who keeps overwriting a status or the comment is outwaited: after
// [putRightLimit] corrections in an hour it is said once, then nothing is
// written until the hour is over.
//
// To let slagate write a new kind of thing, add a [Kind], a method of builder
// that compares wanted with observed, and its place in [Build]. The package is
// part of the core: it does no I/O. It refuses to decide: words come from
// render, verdicts from gate.
package plan
