// Package policy says what the rules of a repository are: which files carry
// promises to customers, who must agree when such a promise changes, and which
// checklist applies.
//
// [Load] takes the texts of two files, the owner default and the repository's
// own, and gives either a [Policy] or every [Problem] in them with line,
// column and what would be right. There is no third outcome: a file that is
// broken never reads as "no policy". [Compile] turns a policy into a [Matcher]
// that answers for a path which rules cover it and by which pattern.
//
// The one idea is that a file passes through two shapes. The YAML shape
// (raw.go) is a set of Go structs; the published JSON Schema ([Schema]) is
// generated from them, and the loader checks the YAML nodes by walking that
// very schema (shape.go), so editors and the service cannot disagree about
// structure. A general validator would do the same walk, but it knows neither
// lines nor words that help a lawyer; a test holds the walk against one. What
// a schema cannot say (unknown functions, foreign teams, two functions with
// one label) is checked afterwards (check.go) on all that was well formed, so
// that one mistake does not hide the next. Only a file without problems
// becomes the second shape, the validated types of policy.go.
//
// With two files the owner default is a floor (merge.go): the repository adds,
// it never takes away.
//
// To extend: a new key is a field in raw.go with its description, a check in
// check.go if a schema cannot hold it, and a line in build.go; then run go
// generate. A new built-in checklist item is a row in checklist.go.
//
// The package does no I/O, reads no clock and logs nothing; it refuses to
// guess: what it does not understand is a problem with a place.
package policy

//go:generate go test -run TestSchemaInStep . -update
