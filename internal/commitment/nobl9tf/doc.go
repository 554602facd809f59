// Package nobl9tf reads objectives of Nobl9 that are written in Terraform (nobl9_slo).
//
// Its one idea: each objective block is a promise of its own, over the one window and
// the one way of budgeting of its resource. For a threshold metric op says which side
// of value is good, and so which way value may move.
//
// An argument is a line in slo.go. Nobl9's YAML is another package's.
//
// It refuses to compare metrics: another query is another measurement.
package nobl9tf
