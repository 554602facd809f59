package grafanaoncall

import (
	"strings"

	"github.com/slagate/slagate/internal/commitment"
	"github.com/slagate/slagate/internal/commitment/terraform"
)

// routeResource sends some alerts of an integration along a chain; an integration has a
// block of its own for the rest.
// https://registry.terraform.io/providers/grafana/grafana/latest/docs/resources/oncall_route
const (
	integrationResource = "grafana_oncall_integration"
	routeResource       = "grafana_oncall_route"
)

// routes reads which alerts go along which chain. Who that tells is the chain's matter;
// another chain, or another choice of alerts, cannot be judged.
func routes(f terraform.File, path string) []commitment.Commitment {
	var out []commitment.Commitment
	for _, b := range f.Resources(routeResource) {
		c := b.Promise(name, path, f, commitment.Routing)
		c.Fields = append(c.Fields, chosen(b, "escalation_chain_id"), chosen(b, "routing_regex"), chosen(b, "routing_type"), chosen(b, "integration_id"), chosen(b, "position"))
		out = append(out, c)
	}
	for _, b := range f.Resources(integrationResource) {
		c := b.Promise(name, path, f, commitment.Routing)
		for _, d := range b.Blocks("default_route") {
			c.Fields = append(c.Fields, chosen(d, "escalation_chain_id"))
		}
		out = append(out, c)
	}
	return out
}

// chosen is an argument that is compared as text.
func chosen(b terraform.Block, argument string) commitment.Field {
	a := b.Attr(argument)
	f := commitment.Field{Name: argument, Role: commitment.RoleDefinition, Line: a.Line()}
	if !a.IsNull() {
		f.Value = commitment.Words(strings.TrimSpace(a.Text()))
	}
	return f
}
