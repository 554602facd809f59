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
// The way of one evaluation: the policy in force (rules.go) → the gated files
// and their effects (files.go) → who is asked about which content (asked.go) →
// what was signed (package signoff) → the verdict (evaluate.go).
package gate
