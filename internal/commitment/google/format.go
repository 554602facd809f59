package google

import (
	"github.com/slagate/slagate/internal/commitment"
	"github.com/slagate/slagate/internal/commitment/resource"
)

const format = "google-monitoring"

// Format reads objectives and alerts of Google Cloud Monitoring.
func Format() commitment.Format {
	return commitment.Format{Name: format, Sniff: sniff, Parse: parse}
}

func sniff(path string, src []byte) bool {
	return resource.Mentions(path, src, "google_monitoring_slo", "google_monitoring_alert_policy")
}

func parse(path string, src []byte) commitment.Parsed {
	return resource.Read(path, src, map[string]resource.Type{
		"google_monitoring_slo":          objective,
		"google_monitoring_alert_policy": policy,
	})
}
