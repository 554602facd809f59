package alertmanager

import (
	"strings"

	"github.com/slagate/slagate/internal/commitment/source"
)

// parts are a tree and what belongs to it.
type parts struct {
	route, receivers, inhibits, global, templates source.Node
	intervals                                     []source.Node
}

// partsOf are the trees that stand in a mapping, told by their shape: a route with a
// receiver. In variables for a configuration tool the keys may have a prefix in common
// (alertmanager_route, alertmanager_receivers). Grafana's provisioning files hold a
// list of them (https://grafana.com/docs/grafana/latest/alerting/set-up/provision-alerting-resources/file-provisioning/).
func partsOf(n source.Node) []parts {
	if !n.IsMap() {
		return nil
	}
	var out []parts
	for _, p := range n.Pairs() {
		prefix, ok := strings.CutSuffix(p.Key, "route")
		if !ok || !p.Value.IsMap() || prefix != "" && !strings.HasSuffix(prefix, "_") {
			continue
		}
		receivers := n.Get(prefix + "receivers")
		nested := receivers.IsList() && p.Value.Get("routes").IsList()
		if !p.Value.Get("receiver").IsScalar() && !nested {
			continue
		}
		out = append(out, parts{
			route: p.Value, receivers: receivers, inhibits: n.First(prefix+"inhibit_rules", prefix+"inhibitRules"),
			global: n.First(prefix+"global", prefix+"global_config"), templates: n.Get(prefix + "templates"),
			intervals: []source.Node{
				n.First(prefix+"time_intervals", prefix+"timeIntervals"), n.First(prefix+"mute_time_intervals", prefix+"muteTimeIntervals"),
			},
		})
	}
	for _, policy := range n.Get("policies").Items() {
		if policy.Get("receiver").IsScalar() {
			out = append(out, parts{route: policy, receivers: n.Get("contactPoints"), intervals: []source.Node{n.Get("muteTimes")}})
		}
	}
	return out
}
