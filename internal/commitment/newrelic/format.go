package newrelic

import (
	"github.com/slagate/slagate/internal/commitment"
	"github.com/slagate/slagate/internal/commitment/resource"
)

const format = "newrelic"

// Format reads alert conditions, service levels and alert policies of New Relic.
func Format() commitment.Format {
	return commitment.Format{Name: format, Sniff: sniff, Parse: parse}
}

func sniff(path string, src []byte) bool {
	return resource.Mentions(path, src, "alert_condition\"", "newrelic_service_level", "newrelic_alert_policy")
}

func parse(path string, src []byte) commitment.Parsed {
	return resource.Read(path, src, map[string]resource.Type{
		"newrelic_nrql_alert_condition":                     condition,
		"newrelic_alert_condition":                          condition,
		"newrelic_infra_alert_condition":                    condition,
		"newrelic_synthetics_alert_condition":               condition,
		"newrelic_synthetics_multilocation_alert_condition": condition,
		"newrelic_service_level":                            serviceLevel,
		"newrelic_alert_policy":                             policy,
	})
}
