package cloudwatch_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/slagate/slagate/internal/commitment"
	"github.com/slagate/slagate/internal/commitment/cloudwatch"
	"github.com/slagate/slagate/internal/commitment/formattest"
)

func TestCases(t *testing.T) {
	t.Parallel()
	formattest.Cases(t, cloudwatch.Format())
}

func alarm(need, of int) string {
	return fmt.Sprintf(`resource "aws_cloudwatch_metric_alarm" "a" {
  comparison_operator = "GreaterThanThreshold"
  threshold           = 1.5
  period              = 60
  evaluation_periods  = %d
  datapoints_to_alarm = %d
}
`, of, need)
}

func diff(t *testing.T, before, after string) []commitment.Change {
	t.Helper()
	var b, a commitment.Set
	b.Load("a.tf", []byte(before), []commitment.Format{cloudwatch.Format()})
	a.Load("a.tf", []byte(after), []commitment.Format{cloudwatch.Format()})
	return commitment.Diff(b, a, commitment.Options{}).Changes
}

// An alarm that needs M of N bad datapoints fires whenever one does that needs at most
// M of at least N.
func TestDatapoints(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		need, of, thenNeed, thenOf int
		want                       commitment.Effect
	}{
		{5, 5, 3, 5, commitment.Strengthened},
		{3, 5, 5, 5, commitment.Weakened},
		{3, 5, 3, 3, commitment.Weakened},
		{3, 3, 3, 5, commitment.Strengthened},
		{1, 1, 3, 5, commitment.Weakened},
		{3, 5, 1, 1, commitment.Strengthened},
		{3, 3, 1, 1, commitment.Strengthened},
		{1, 1, 3, 3, commitment.Weakened},
		{1, 1, 1, 5, commitment.Neutral},
		{2, 2, 3, 5, commitment.Weakened}, // mixed: neither fires whenever the other does
	} {
		changes := diff(t, alarm(c.need, c.of), alarm(c.thenNeed, c.thenOf))
		require.Len(t, changes, 1, "%+v", c)
		require.Equal(t, c.want, changes[0].Effect, "%+v", c)
	}
}

func TestPlacesAndNumbers(t *testing.T) {
	t.Parallel()
	p := cloudwatch.Format().Parse("aws/a.tf", []byte("# one\n"+alarm(2, 3)))
	require.True(t, p.Mine)
	require.Empty(t, p.Problems)
	c := p.Commitments[0]
	require.Equal(t, commitment.Key{Format: "cloudwatch", Group: "aws_cloudwatch_metric_alarm", Name: "a"}, c.Key)
	require.Equal(t, commitment.Source{File: "aws/a.tf", Line: 2}, c.Source)
	require.Equal(t, "a", c.Name)
	f, ok := c.Field(commitment.RoleThreshold)
	require.True(t, ok)
	require.Equal(t, "3/2", f.Value.Num.RatString())
	require.Equal(t, 4, f.Line)
	require.Equal(t, commitment.Lower, f.Better)
	f, ok = c.Field(commitment.RoleDelay)
	require.True(t, ok)
	require.Equal(t, "120", f.Value.Num.RatString())
}

// What is not an alarm is not this format's, and one bad alarm does not take the others along.
func TestOthers(t *testing.T) {
	t.Parallel()
	f := cloudwatch.Format()
	require.False(t, f.Sniff("a.tf", []byte(`resource "aws_sns_topic" "x" {}`)))
	require.False(t, f.Sniff("a.md", []byte(`resource "aws_cloudwatch_metric_alarm" "x" {}`)))
	require.False(t, f.Parse("a.tf", []byte(`resource "aws_cloudwatch_log_group" "x" {}`)).Mine)
	p := f.Parse("a.tf", []byte("resource \"aws_cloudwatch_metric_alarm\" \"bad\" {\n  threshold = = 1\n}\n"+alarm(1, 1)))
	require.True(t, p.Mine)
	require.Len(t, p.Problems, 1)
	require.Equal(t, 2, p.Problems[0].Line)
	require.Equal(t, "a", p.Commitments[len(p.Commitments)-1].Key.Name)
}

// Two periods in one piece of metric math cannot be one delay.
func TestPeriodsOfMetricMath(t *testing.T) {
	t.Parallel()
	text := `resource "aws_cloudwatch_metric_alarm" "a" {
  comparison_operator = "GreaterThanThreshold"
  threshold           = 1
  evaluation_periods  = 1
  metric_query {
    id = "a"
    metric {
      metric_name = "A"
      period      = 60
    }
  }
  metric_query {
    id = "b"
    metric {
      metric_name = "B"
      period      = PERIOD
    }
  }
}
`
	changes := diff(t, strings.Replace(text, "PERIOD", "60", 1), strings.Replace(text, "PERIOD", "300", 1))
	require.Len(t, changes, 1)
	require.Equal(t, commitment.Unknown, changes[0].Effect)
}

func FuzzParse(f *testing.F) {
	f.Add("a.tf", alarm(2, 3))
	f.Add("a.tf", "locals {\n  m = { a = { t = 1 } }\n}\nresource \"aws_cloudwatch_metric_alarm\" \"x\" {\n  for_each = local.m\n  count = var.x ? 1 : 0\n  threshold = each.value.t\n  alarm_name = \"${each.key}-x\"\n}\n")
	f.Add("a.tf", "resource \"aws_cloudwatch_composite_alarm\" \"x\" {\n  alarm_rule = <<EOT\nALARM(a) OR\nALARM(b)\nEOT\n  actions_suppressor {\n    wait_period = 1\n  }\n}\n")
	f.Add("s.yml", "Resources:\n  A:\n    Type: AWS::CloudWatch::Alarm\n    Properties:\n      Threshold: !Ref T\n      AlarmActions: [!Ref A]\n      Metrics:\n        - MetricStat: {Period: 60, Metric: {Dimensions: [{Name: a}]}}\n")
	format := cloudwatch.Format()
	f.Fuzz(func(t *testing.T, path, text string) {
		if !format.Sniff(path, []byte(text)) {
			return
		}
		var a, b commitment.Set
		a.Load(path, []byte(text), []commitment.Format{format})
		b.Load(path, []byte(text), []commitment.Format{format})
		require.Equal(t, a, b)
		require.Empty(t, commitment.Diff(a, b, commitment.Options{}).Changes)
	})
}

func TestAnAlarmWhoseLogFilterIsGoneIsNotSilent(t *testing.T) {
	t.Parallel()
	alarm := "resource \"aws_cloudwatch_metric_alarm\" \"panics\" {\n  comparison_operator = \"GreaterThanThreshold\"\n  evaluation_periods = 1\n  period = 60\n" +
		"  metric_name = \"Panics\"\n  namespace = \"Shop\"\n  statistic = \"Sum\"\n  threshold = 0\n}\n"
	filter := "resource \"aws_cloudwatch_log_metric_filter\" \"panics\" {\n  name = \"panics\"\n  pattern = \"PANIC\"\n  log_group_name = \"shop\"\n" +
		"  metric_transformation {\n    name = \"Panics\"\n    namespace = \"Shop\"\n    value = \"1\"\n  }\n}\n"
	var before, after commitment.Set
	before.Load("a.tf", []byte(alarm+filter), []commitment.Format{cloudwatch.Format()})
	after.Load("a.tf", []byte(alarm), []commitment.Format{cloudwatch.Format()})
	changes := commitment.Diff(before, after, commitment.Options{}).Changes
	require.Len(t, changes, 1)
	require.Equal(t, commitment.Unknown, changes[0].Effect)
}
