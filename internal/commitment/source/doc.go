// Package source reads the syntax that several formats share: YAML and JSON with
// the line of every value, and templates of them.
//
// Its one idea: a format walks [Node]s and never sees YAML's own machinery. A Node
// that is not there is the zero Node, whose methods answer with nothing, so a walk
// needs no checks on its way. Aliases and merge keys are resolved as one goes; what
// would grow beyond bounds is a problem instead of being expanded.
//
// Templates (Helm, ERB, Jinja, Terraform's templatefile) are masked, never rendered:
// lines that are only control flow go away, an expression inside a line becomes a
// token made of its text, so that an unchanged expression stays equal and a changed
// one does not. [Node.Opaque] tells such a value and [Node.Shown] gives its source.
//
// Of a key that stands twice in a mapping nobody can say which one counts: its value
// is opaque, and a problem says where it stands.
//
// The package does no I/O and judges nothing.
package source
