// Package resource turns resources of Terraform, and what looks like them elsewhere,
// into fields of commitments.
//
// Its one idea: a format of resources is a list of types, each with a function from a
// [Block] to commitments; everything that all of them share is said here once. That
// is: for_each over an object that is written out makes one item for each entry; a
// conditional value is two values, named after the condition, so that they are
// compared arm by arm (formats.md 1.6); an argument that is absent or null has its
// default; and a value that rests on a local of the file that cannot be folded brings
// the text of that local along, so that a change of it is seen.
//
// A new type is a function and a line in the map that its format gives to [Read].
//
// It refuses to guess: what the file does not say stays an opaque value, and it knows
// no meaning of any attribute but count and for_each.
package resource
