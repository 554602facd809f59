// Package google reads promises of Google Cloud Monitoring in Terraform: objectives
// (google_monitoring_slo) and alerts (google_monitoring_alert_policy).
//
// Its one idea: an objective is its goal and window over a text that says what is
// measured, with the numbers that have a direction taken out of the text (a latency,
// the ends of a range). An alert policy is one promise for each of its conditions,
// since each of them notices a fault of its own; that others must hold at the same
// time (the combiner AND) keeps it quiet and weakens it.
//
// A new kind of condition is a function and a line in conditions; a new number of an
// indicator is a line in sli.go.
//
// Of queries in PromQL and MQL it reads the comparison at the end. It refuses to read
// more of them, and SQL: another query is another measurement.
package google
