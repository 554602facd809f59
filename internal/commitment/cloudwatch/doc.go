// Package cloudwatch reads alarms of Amazon CloudWatch as promises to notice a fault:
// aws_cloudwatch_metric_alarm and aws_cloudwatch_composite_alarm in Terraform, modules
// with the same arguments, and AWS::CloudWatch::Alarm in CloudFormation.
//
// Its one idea: an alarm fires when M of the last N datapoints, one for each period,
// are beyond the threshold (AWS, "Evaluating an alarm"). So a lasting fault is noticed
// after period x M, which is one delay: three datapoints of one minute and one of
// three minutes are the same (formats.md 2.4). That N is larger than M lets good
// datapoints be among the bad ones, which finds more faults and none later; it is a
// value of its own. A sum or a count over a longer period reaches its threshold with
// fewer events each minute, so for those the period is a value of its own too.
//
// A new argument is a line in metric.go; a new source of alarms (another tool's
// files) is another resource.Block.
//
// It refuses to give a direction to anomaly bands, to metric math and to the rule of
// a composite alarm: another text there is another measurement.
package cloudwatch
