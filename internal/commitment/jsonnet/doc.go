// Package jsonnet reads the promises that stand as literals in Jsonnet: the rules of
// monitoring mixins, and the objectives of service catalogs (formats.md 1.8).
//
// Its one idea: nothing is evaluated and no import is read. What a rule says in
// literals is written down as the rule file that it would become, every expression in
// it as a template's expression with its source ("x > {{ $._config.limit }}"), and
// package prometheus reads that (rules.go). Objectives and thresholds that are numbers
// are taken as they stand (objective.go). Settings of a mixin (_config) are values of
// which nobody can say what they do. And the code around all of it is kept as a digest
// (rest.go): where that changes, what comes out may change, so it is never silence.
//
// To read more: a word that names an objective is a case in objective.go, a key that
// changes nothing for customers a line in noteKey.
//
// The package refuses to evaluate, to follow imports, to read what is nested without
// measure (depth.go), and to guess what a function makes of its arguments.
package jsonnet
