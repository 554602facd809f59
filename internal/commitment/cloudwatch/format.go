package cloudwatch

import (
	"github.com/slagate/slagate/internal/commitment"
	"github.com/slagate/slagate/internal/commitment/resource"
)

const format = "cloudwatch"

// Format reads alarms of CloudWatch.
func Format() commitment.Format {
	return commitment.Format{Name: format, Sniff: sniff, Parse: parse}
}

func sniff(path string, src []byte) bool {
	return resource.Mentions(path, src, "aws_cloudwatch_", "comparison_operator") || sniffStack(path, src)
}

func parse(path string, src []byte) commitment.Parsed {
	if sniffStack(path, src) {
		return parseStack(path, src)
	}
	return resource.Read(path, src, map[string]resource.Type{
		"aws_cloudwatch_metric_alarm":      metricAlarm,
		"aws_cloudwatch_composite_alarm":   compositeAlarm,
		"aws_cloudwatch_log_metric_filter": logFilter,
		"module":                           module,
	})
}

// module reads a module that takes the arguments of an alarm under their own names,
// as terraform-aws-modules/cloudwatch does. Any other is none.
func module(it resource.Item) []commitment.Commitment {
	for _, name := range []string{"comparison_operator", "evaluation_periods", "threshold"} {
		if !it.Attr(name).Exists() {
			return nil
		}
	}
	return metricAlarm(it)
}
