// Package datadog reads promises of Datadog in Terraform: objectives
// (datadog_service_level_objective) and alerts (datadog_monitor).
//
// Its one idea: a monitor's query is a sentence that ends with a comparison and begins
// with a window. Both are taken out and become values, the rest is what is measured.
// People are told by the handles in the message (@pagerduty-shop), so that is a list
// of who is told. An objective is one promise for each of its timeframes.
//
// A new spelling of a window is a line in windows; a new argument is one in monitor.go.
//
// It refuses to look into formulas: whatever else moves in a query is another measurement.
package datadog
