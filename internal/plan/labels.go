package plan

import (
	"slices"
	"strings"

	"github.com/slagate/slagate/internal/gate"
	"github.com/slagate/slagate/internal/policy"
	"github.com/slagate/slagate/internal/render"
)

// labels are the steps that make the labels right: those the repository lacks,
// then those the pull request lacks, in one step, then those that must go.
func (b *builder) labels() []Action {
	var steps []Action
	var add, remove []string
	for _, f := range b.d.Functions {
		if f.Label == "" {
			continue
		}
		needs := policy.NeedsLabel(f.Name)
		steps = append(steps, b.createLabel(needs, render.NeedsLook(f.Name))...)
		steps = append(steps, b.createLabel(f.Label, render.ApprovedLook(f))...)
		add, remove = b.sort(needs, !f.Done(), add, remove)
		add, remove = b.sort(f.Label, f.LabelWanted, add, remove)
	}
	for _, name := range b.d.NoLonger {
		if asked(b.d.Functions, name) {
			continue
		}
		_, remove = b.sort(policy.NeedsLabel(name), false, nil, remove)
		_, remove = b.sort(policy.ApprovedLabel(name), false, nil, remove)
	}
	if len(add) > 0 {
		steps = append(steps, Action{Kind: AddLabels, Labels: add})
	}
	for _, name := range remove {
		steps = append(steps, Action{Kind: RemoveLabel, Labels: []string{name}})
	}
	return steps
}

// sort puts a label where it belongs, if it does not stand as wanted.
func (b *builder) sort(name string, wanted bool, add, remove []string) (toAdd, toRemove []string) {
	standing := b.standing(name)
	switch {
	case wanted && standing == "" && !slices.Contains(add, name):
		add = append(add, name)
	case !wanted && standing != "" && !slices.Contains(remove, standing):
		remove = append(remove, standing)
	}
	return add, remove
}

// standing is a label of the pull request as it is written there, "" if it has
// none of that name. GitHub does not tell labels apart by letter case.
func (b *builder) standing(name string) string {
	for _, l := range b.sn.Labels {
		if strings.EqualFold(l.Name, name) {
			return l.Name
		}
	}
	return ""
}

// createLabel makes a label that was looked for in the repository and is not there.
func (b *builder) createLabel(name string, look render.Look) []Action {
	if !containsFold(b.sn.Observed.LabelsAsked, name) || containsFold(b.sn.Observed.RepoLabels, name) {
		return nil
	}
	return []Action{{Kind: CreateLabel, Labels: []string{name}, Color: look.Color, Description: look.Description}}
}

func containsFold(names []string, name string) bool {
	return slices.ContainsFunc(names, func(n string) bool { return strings.EqualFold(n, name) })
}

func asked(functions []gate.Function, name string) bool {
	return slices.ContainsFunc(functions, func(f gate.Function) bool { return f.Name == name })
}
