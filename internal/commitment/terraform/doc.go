// Package terraform reads the syntax of Terraform files (HCL, and its JSON form)
// for the formats that look for promises in their resources.
//
// Its one idea: a format walks [Block]s and [Attr]s and never sees HCL's own
// machinery. What is not there is the zero Attr, whose methods answer with nothing.
// A value is known only where the file itself says it: a literal, or constant
// arithmetic over literals and the file's own locals. All else (variables, modules,
// each.value, functions of files) is opaque, with its source in one spelling, so that an unchanged
// expression stays equal and a changed one does not (formats.md 1.6).
//
// A variable's default is shown beside the variable and changes its text, but is not
// taken for the value: who calls the module may say something else.
//
// A block with a syntax error in it does not take the others along; it is opaque
// itself. The package evaluates no function of the outside world, expands no
// for_each, does no I/O and judges nothing.
package terraform
