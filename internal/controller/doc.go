// Package controller joins the steps of one evaluation. Read Process first: it is
// the way of one event from "something arrived" to "GitHub shows what is true".
//
//	first    a standing success turns pending before anything is read
//	gather   GitHub is asked until the gate lacks nothing
//	judge    gate.Evaluate, pure
//	plan     plan.Build, pure
//	save     snapshot, decision and memory, in one transaction
//	apply    reconcile.Apply; a success only if nothing arrived meanwhile
//
// Around it: looks at many pull requests (look.go), the sweep that finds what
// deliveries failed to tell (sweep.go), merge groups (group.go), and what becomes of
// pull requests that are not open any more (bypass.go).
//
// It holds no rules of its own. It refuses to conclude from half an answer: an
// error of any step ends the evaluation and the queue repeats it whole.
package controller
