// Package doctor judges whether an installed slagate can do its work: whether the
// app may do what it has to, whether GitHub reaches it, and whether every repository
// with a policy really waits for it.
//
// Its one idea: what was read is plain data ([Facts]) and what follows from it is
// plain data ([Report]), so that [Examine] is total and needs no GitHub. A fact
// that could not be read says why, and becomes a finding of its own: "could not see"
// is [Unknown] in words, never [OK].
//
// What to read depends on what was read before: [Owner.Wanted] and [Owner.Branches]
// say which teams, labels and branches a repository's policies speak of.
//
// A new check is a [Check], a field of the facts, and a function that [Examine]
// calls. Each finding that is not ok says who does what next.
//
// What it refuses to do: to read, to mend anything, or to call a thing right
// because nothing was found wrong with the half that could be seen.
package doctor
