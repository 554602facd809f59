package zendesk

import (
	"strings"

	"github.com/slagate/slagate/internal/commitment"
	"github.com/slagate/slagate/internal/commitment/resource"
)

const format = "zendesk"

// Format reads service level policies of Zendesk in Terraform.
func Format() commitment.Format {
	return commitment.Format{
		Name:  format,
		Sniff: func(path string, src []byte) bool { return resource.Mentions(path, src, "zendesk_sla_policy") },
		Parse: func(path string, src []byte) commitment.Parsed {
			return resource.Read(path, src, map[string]resource.Type{"zendesk_sla_policy": policy})
		},
	}
}

// policy reads zendesk_sla_policy, a commitment for each metric and priority (formats.md 1.9).
func policy(it resource.Item) []commitment.Commitment {
	metrics := it.Blocks("policy_metrics")
	out := make([]commitment.Commitment, 0, len(metrics))
	for _, m := range metrics {
		var f resource.Fields
		read := resource.Minutes
		if business := m.Attr("business_hours"); business.Text == "true" {
			read = businessMinutes
		} else if business.Exists() && !business.Literal {
			read = func(text string) commitment.Value { return commitment.Unread(text + " " + business.Text) }
		}
		f.Add(m.Attr("target"), resource.Spec{Name: "target", Role: commitment.RoleTarget, Better: commitment.Lower, Read: read})
		f.Notes(m, "business_hours")
		for _, b := range it.Blocks("filter") {
			f.Rely(b.Locals()...)
			f.Made(b.Line(), resource.Spec{Name: "filter", Role: commitment.RoleDefinition}, commitment.Words(b.Text(nil)))
		}
		f.Notes(it, "title", "description")
		f.Close(it)
		metric, priority := m.Attr("metric").Text, m.Attr("priority").Text
		out = append(out, commitment.Commitment{
			Key: it.Key(format, strings.TrimSpace(metric+" "+priority)), Kind: kind(metric),
			Name:      it.Title("title") + ": " + strings.ReplaceAll(metric, "_", " ") + ", priority " + priority,
			Indicator: metric + " " + priority, Fields: f.List, Source: commitment.Source{Line: m.Line()},
		})
	}
	return out
}

func businessMinutes(text string) commitment.Value {
	v := resource.Minutes(text)
	if v.Num != nil {
		v.Unit = commitment.BusinessSeconds
	}
	return v
}

// kind says what a metric of Zendesk promises.
func kind(metric string) commitment.Kind {
	switch metric {
	case "first_reply_time", "next_reply_time":
		return commitment.ResponseTime
	case "periodic_update_time", "pausable_update_time":
		return commitment.UpdateCadence
	case "requester_wait_time", "agent_work_time", "total_resolution_time", "resolution_time":
		return commitment.ResolutionTime
	}
	return commitment.Other
}
