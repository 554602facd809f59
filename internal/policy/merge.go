package policy

import "slices"

// combine makes the policy of the owner default and the repository's file,
// both checked and without problems; either may be nil.
//
// The default is a floor: whatever the repository's file says, the outcome asks
// at least what the default alone would ask. Its functions stay as they are but
// for more approvals, its rules stand first and keep their patterns, and of the
// settings the stricter one counts; where the default is silent its defaults do.
func combine(owner, repo *draft) *Policy {
	p := &Policy{}
	for _, d := range []*draft{owner, repo} {
		if d != nil {
			p.addFunctions(d.raw.Functions)
		}
	}
	b := newBuilder(p.Functions)
	for _, d := range []*draft{owner, repo} {
		if d == nil {
			continue
		}
		for _, raw := range d.raw.Rules {
			p.Rules = append(p.Rules, b.rule(raw, d == owner))
		}
		for _, item := range d.raw.Checklist {
			p.Items = append(p.Items, Item{ID: item.ID.Text, Text: item.Text.Text, Owner: item.Owner.Text})
		}
		p.addCatalog(d)
	}
	switch {
	case owner == nil:
		p.Require, p.SignOffs = repo.require(b), repo.raw.SignOffs.settings()
	case repo == nil:
		p.Require, p.SignOffs = owner.require(b), owner.raw.SignOffs.settings()
	default:
		p.Require = requireBoth(owner, repo, b)
		p.SignOffs = owner.raw.SignOffs.settings().stricter(repo.raw.SignOffs)
	}
	return p
}

// addFunctions adds new functions, and raises the approvals of known ones.
func (p *Policy) addFunctions(functions rawFunctions) {
	for _, f := range functions {
		i := slices.IndexFunc(p.Functions, func(known Function) bool { return known.Name == f.Name.Text })
		if i < 0 {
			p.Functions = append(p.Functions, f.function())
			continue
		}
		p.Functions[i].Approvals = max(p.Functions[i].Approvals, f.Function.approvals())
	}
}

// require is who signs changes of the policy file; nil: all functions.
func (d *draft) require(b builder) []string {
	if d.raw.Policy == nil || d.raw.Policy.Require == nil {
		return nil
	}
	list := b.sorted(plainWords(*d.raw.Policy.Require))
	if list == nil {
		list = []string{}
	}
	return list
}

// requireBoth is the union. A default that has functions and does not say who
// signs asks for all of them, and so does the union; a repository that does not
// say adds nobody.
func requireBoth(owner, repo *draft, b builder) []string {
	base, more := owner.require(b), repo.require(b)
	switch {
	case more == nil:
		return base
	case base == nil && len(owner.raw.Functions) > 0:
		return nil
	default:
		return b.sorted(slices.Concat(base, more))
	}
}

// stricter puts the repository's settings on top of the default's: a key that
// it does not name stays, of the others the stricter value counts.
func (s SignOffs) stricter(repo *rawSignOffs) SignOffs {
	if repo == nil {
		return s
	}
	mine := repo.settings()
	if len(repo.Methods) > 0 {
		s.Methods = common(s.Methods, mine.Methods)
	}
	s.Author = s.Author && (repo.Author == nil || mine.Author)
	s.Committers = s.Committers && (repo.Committers == nil || mine.Committers)
	s.Several = s.Several && (repo.Several == nil || mine.Several)
	s.Reset = s.Reset || mine.Reset
	return s
}

// common are the methods in both lists.
func common(a, b []Method) []Method {
	return slices.DeleteFunc(slices.Clone(a), func(m Method) bool { return !slices.Contains(b, m) })
}
