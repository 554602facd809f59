package policy

import (
	"slices"

	"github.com/slagate/slagate/internal/commitment"
)

// Function finds a function by its name.
func (p *Policy) Function(name string) (Function, bool) {
	i := slices.IndexFunc(p.Functions, func(f Function) bool { return f.Name == name })
	if i < 0 {
		return Function{}, false
	}
	return p.Functions[i], true
}

// FunctionNames are the names of all functions in policy order.
func (p *Policy) FunctionNames() []string {
	names := make([]string, 0, len(p.Functions))
	for _, f := range p.Functions {
		names = append(names, f.Name)
	}
	return names
}

// Item finds a checklist item by its id: the policy's own, else the built-in
// one. A built-in item whose function the policy does not have belongs to the
// author.
func (p *Policy) Item(id string) (Item, bool) {
	named := func(i Item) bool { return i.ID == id }
	if i := slices.IndexFunc(p.Items, named); i >= 0 {
		return p.Items[i], true
	}
	builtIn := BuiltIn()
	i := slices.IndexFunc(builtIn, named)
	if i < 0 {
		return Item{}, false
	}
	item := builtIn[i]
	if _, ok := p.Function(item.Owner); !ok {
		item.Owner = AuthorOwner
	}
	return item, true
}

// Rule finds a rule by its name.
func (p *Policy) Rule(name string) (Rule, bool) {
	i := slices.IndexFunc(p.Rules, func(r Rule) bool { return r.Name == name })
	if i < 0 {
		return Rule{}, false
	}
	return p.Rules[i], true
}

// RuleApplies reports whether the rule counts for pull requests into the base branch.
func (p *Policy) RuleApplies(rule Rule, branch string) bool { return rule.AppliesTo(branch) }

// AppliesTo reports whether the rule counts for pull requests into the base branch.
func (r Rule) AppliesTo(branch string) bool {
	return len(r.Branches) == 0 || decide(r.Branches, branch) >= 0
}

// Asks are the functions that must sign when a change has the effect, in policy
// order. What is not one of the six effects asks like unknown.
func (r Rule) Asks(effect commitment.Effect) []string {
	if !slices.Contains(commitment.Effects(), effect) {
		effect = commitment.Unknown
	}
	return r.Require[effect]
}
