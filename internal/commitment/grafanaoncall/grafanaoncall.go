// Package grafanaoncall reads escalation chains of Grafana OnCall from Terraform.
//
// Its one idea: a chain is spread over resources, one for each step. So the steps of a
// file are put together by their chain and in the order of their position; when a step
// tells somebody is the sum of the waits before it (formats.md 1.5, 2.7). Steps without
// a wait between them are one level. A step that only lets the chain go on at some hours, or only after
// many alerts, or that ends it by resolving the alert, keeps what follows quiet.
//
// A chain whose steps stand in several files is read per file. Routes are
// compared as text (route.go), schedules are left out.
//
// https://registry.terraform.io/providers/grafana/grafana/latest/docs/resources/oncall_escalation
package grafanaoncall

import (
	"cmp"
	"slices"
	"strings"

	"github.com/slagate/slagate/internal/commitment"
	"github.com/slagate/slagate/internal/commitment/terraform"
)

const (
	name     = "grafanaoncall"
	resource = "grafana_oncall_escalation"
)

// Format reads Grafana OnCall's escalation chains in Terraform files.
func Format() commitment.Format {
	return commitment.Format{
		Name: name,
		Sniff: func(path string, src []byte) bool {
			return terraform.Sniff(path, src, resource, routeResource, integrationResource)
		},
		Parse: parse,
	}
}

func parse(path string, src []byte) commitment.Parsed {
	f := terraform.Read(path, src)
	out := commitment.Parsed{Problems: f.Problems}
	var order []string
	steps := map[string][]step{}
	for _, b := range f.Resources(resource) {
		if b.Attr("count").Text() == "0" {
			continue
		}
		chain := b.Attr("escalation_chain_id").Text()
		if _, known := steps[chain]; !known {
			order = append(order, chain)
		}
		steps[chain] = append(steps[chain], stepOf(b))
	}
	for _, chain := range order {
		out.Commitments = append(out.Commitments, commitmentOf(chain, steps[chain], path, f))
	}
	out.Commitments = append(out.Commitments, routes(f, path)...)
	out.Mine = len(out.Commitments) > 0 || len(out.Problems) > 0
	return out
}

// step is one resource with its place in the chain.
type step struct {
	block    terraform.Block
	position commitment.Value
}

func stepOf(b terraform.Block) step {
	return step{b, b.Attr("position").Value(func(text string) commitment.Value { return commitment.Number(text, commitment.None) })}
}

func commitmentOf(chain string, steps []step, path string, f terraform.File) commitment.Commitment {
	first := steps[0].block
	c := commitment.Commitment{
		Key:    commitment.Key{Format: name, Group: resource, Name: chain},
		Kind:   commitment.Escalation,
		Name:   chainName(chain, f),
		Source: commitment.Source{File: path, Line: first.Line(), Generated: f.Generated, Template: f.Template},
	}
	w := walk{path: &commitment.Path{}}
	w.path.Opaque = unreadable(steps)
	if w.path.Opaque == "" {
		slices.SortStableFunc(steps, func(x, y step) int { return x.position.Num.Cmp(y.position.Num) })
	}
	for _, s := range steps {
		if w.step(s.block) {
			break
		}
	}
	if w.path.Repeats == 0 {
		w.path.Round = w.clock.Now()
	}
	c.Path = w.path
	c.Fields = []commitment.Field{
		{Name: "only if", Role: commitment.RoleSuppression, Value: commitment.ListOf(w.quiet...), Line: first.Line()},
		{Name: "important", Role: commitment.RoleCoverage, Value: commitment.ListOf(w.important...), Line: first.Line()},
	}
	return c
}

// unreadable is why the order or the number of the steps is not known.
func unreadable(steps []step) string {
	var why []string
	for _, s := range steps {
		_, id := s.block.Resource()
		switch {
		case s.block.Opaque():
			why = append(why, id+": "+s.block.Broken())
		case s.position.Num == nil:
			why = append(why, "the position of "+id+" is "+cmp.Or(s.position.Text, "not written"))
		case s.block.Repeated() != "":
			why = append(why, id+" stands for any number of steps: "+s.block.Repeated())
		}
	}
	return strings.Join(why, "; ")
}

// chainName is what the chain's own resource is called, if it stands in the file.
func chainName(chain string, f terraform.File) string {
	id := strings.TrimSuffix(strings.TrimPrefix(chain, resource+"_chain."), ".id")
	for _, b := range f.Resources(resource + "_chain") {
		if _, n := b.Resource(); n == id {
			if text, ok := b.Attr("name").Literal(); ok {
				return text
			}
		}
	}
	return cmp.Or(id, "without a chain")
}
