// Package signoff finds out who signed what, and whether it still counts.
//
// Its one idea is the ledger: every piece of evidence for a sign-off (a label
// event, a command in a comment, a review) is judged exactly once, when it is
// first confirmed by a read from GitHub, and the verdict is remembered with the
// content that the evidence itself is tied to. A refused piece never counts
// later, however the facts change; an accepted one counts only while all of this
// is true now: it was not taken back, its person is an active member of the
// function, is not the author and did not push gated content, and the content
// is the one it was given for.
//
//	evidence ──judged once──▶ refused
//	        └───────────────▶ active ──withdrawn / no longer a member──▶ withdrawn, lapsed
//	                            │ counts while fingerprint == content now
//
// "Could not find out" is a third answer everywhere: the evidence then stays
// unjudged, the function incomplete, and the caller is told when to look again.
//
// To add a way to sign, write one file that turns facts into gives (see
// label.go, review.go), and add it to gives in collect.go. The package refuses
// to look at rule texts, to know a clock (times are GitHub's) and to talk to
// anybody.
package signoff
