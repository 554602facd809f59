// Package catalog reads slagate's own catalog of commitments: what was negotiated
// with customers (`commitments:`) and who is told when (`escalations:`), in
// slagate's policy file or in a file of its own (formats.md 1.1).
//
// Its one idea: a line of the catalog is read once, as texts with their places (an
// [Entry], an [Escalation]), by whoever has the file: [Read] and the [Format] here,
// the policy's loader there. What the texts mean, and what is wrong with them, is
// said in one place for both, so that a floor in the policy and the same floor in a
// file of its own can never differ. From an entry come the floor that is compared
// with what is measured ([Entry.Promise]) and the commitment that is compared with
// its former self ([Entry.Commitment]).
//
// Percents and ratios are ratios, "4h" is time, "8 business hours" is time that runs
// only while somebody works, and "month" is a window that starts with the calendar.
// A number without a unit is taken only where it can mean one thing.
//
// To extend: a new kind is a row in kinds, a new key a field of Entry, a line in
// read.go and one in the policy's raw.go.
//
// The package refuses to guess: an unknown key, kind or unit is a problem with its
// line, and the value then counts as unread. It does no I/O and judges nothing.
package catalog
