// Package newrelic reads promises of New Relic in Terraform: alert conditions
// (newrelic_nrql_alert_condition and its older relatives), service levels
// (newrelic_service_level) and how a policy bundles incidents (newrelic_alert_policy).
//
// Its one idea: each term of a condition, critical or warning, notices a fault of its
// own and is a promise of its own. Whether a term's duration is a delay is said by its
// occurrences: all of it must be bad, or one moment in it.
//
// A new kind of condition is a line in format.go; an argument is one in condition.go.
//
// It refuses to read NRQL: another query is another measurement.
package newrelic
