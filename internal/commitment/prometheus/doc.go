// Package prometheus reads Prometheus alerting and recording rules: rule files, the
// operator's PrometheusRule, and every mapping with alert and expr wherever it stands
// (Helm values, Ansible variables, BOSH operations, a rules file inside a ConfigMap).
//
// Its one idea: an alert's condition is taken apart into what is measured and the
// numbers in it. What is measured becomes a canonical text in which the numbers are
// question marks (skeleton.go); each number becomes a field whose direction follows
// from where it stands (sense.go): a number to the right of > fires later the larger it
// is, but below unless, under a minus or as a divisor it is the other way round, and
// where no rule of the language gives a direction the field says that there is none.
// Conditions joined at the top by or, and, unless become lists, so that a condition that
// came or went is seen as such (parts.go).
//
// To read more: a function of PromQL that keeps or turns the order of its values is a
// line in through, one whose range is a plain delay a line in spanKind; another place in
// which rules stand is a case in the walk of file.go.
//
// The package refuses to render templates, to evaluate a condition on data, to guess
// what a label means elsewhere, and to read the unit tests of rules as rules. A
// condition that is no PromQL is compared as text.
package prometheus
