// Package gate judges one pull request at one instant.
//
// [Gate.Evaluate] takes a [pull.Snapshot] and returns a [Decision] with every
// reason. It is total: a broken policy, an unreadable file, a team that is not
// there are decisions with reasons, never errors and never a silent pass. It is
// pure: no network, clock, log or randomness, so the same snapshot gives the
// same decision, byte for byte, years later.
//
// Not all facts are worth reading for every pull request, so the gate says what
// it lacks: [Gate.Needs] names the facts, the adapter that talks to GitHub fills
// them in, and this repeats until nothing is lacking. Evaluate does not rely on
// that: a fact that is missing makes the verdict [NoAnswer], not a yes.
//
// The way of one evaluation: the policy in force (rules.go) and what the pull request
// does to it (edit.go) → which promises change in the changed files (changes.go, by
// package formats) → the gated files and their effects (files.go) → who is asked about
// which changes (asked.go) → what was signed (package signoff) → the verdict (evaluate.go).
//
// Each change of a promise asks the functions of its own effect. What cannot be judged,
// for whatever reason, is unknown, and asks as the worst; that a file was not looked at
// is never the reason for a neutral.
//
// A pull request that was merged although it had not been let through is judged on as if
// it were open, until nothing is owed on it any more (bypass.go).
package gate
