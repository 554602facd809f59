package datadog

import (
	"github.com/slagate/slagate/internal/commitment"
	"github.com/slagate/slagate/internal/commitment/resource"
)

const format = "datadog"

// Format reads objectives and monitors of Datadog.
func Format() commitment.Format {
	return commitment.Format{Name: format, Sniff: sniff, Parse: parse}
}

func sniff(path string, src []byte) bool {
	return resource.Mentions(path, src, "datadog_service_level_objective", "datadog_monitor")
}

func parse(path string, src []byte) commitment.Parsed {
	return resource.Read(path, src, map[string]resource.Type{
		"datadog_service_level_objective": objective,
		"datadog_monitor":                 monitor,
	})
}
