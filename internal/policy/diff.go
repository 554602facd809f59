package policy

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/slagate/slagate/internal/commitment"
)

// Differences says in sentences what changes for people when one policy is
// replaced by another; nothing if nothing does. Either may be nil: no policy.
func Differences(before, after *Policy) []string {
	switch {
	case before == nil && after == nil:
		return nil
	case before == nil:
		before = &Policy{SignOffs: after.SignOffs, Require: after.Require, Uncovered: after.Uncovered, Severities: after.Severities}
	case after == nil:
		return []string{"the policy is removed: nothing is gated any more"}
	}
	var d differences
	d.functions(before, after)
	d.rules(before, after)
	d.items(before, after)
	d.self(before, after)
	d.signoffs(before.SignOffs, after.SignOffs)
	d.catalog(before.Catalog, after.Catalog)
	d.escalations(before.Escalations, after.Escalations)
	d.words(before, after)
	return d
}

type differences []string

func (d *differences) addf(format string, args ...any) { *d = append(*d, fmt.Sprintf(format, args...)) }

func (d *differences) functions(before, after *Policy) {
	for _, old := range before.Functions {
		if _, ok := after.Function(old.Name); !ok {
			d.addf("function %s is removed", old.Name)
		}
	}
	for _, f := range after.Functions {
		old, ok := before.Function(f.Name)
		if !ok {
			d.addf("function %s is new: %s, approvals %d, label %q", f.Name, people(f), f.Approvals, f.Label)
			continue
		}
		d.members(f.Name, "team", old.Teams, f.Teams)
		d.members(f.Name, "user", old.Users, f.Users)
		if old.Approvals != f.Approvals {
			d.addf("function %s: approvals %d -> %d", f.Name, old.Approvals, f.Approvals)
		}
		if old.Label != f.Label {
			d.addf("function %s: label %q -> %q", f.Name, old.Label, f.Label)
		}
	}
}

func people(f Function) string {
	all := slices.Clone(f.Teams)
	for _, user := range f.Users {
		all = append(all, "@"+user)
	}
	return strings.Join(all, ", ")
}

func (d *differences) members(function, kind string, before, after []string) {
	for _, name := range without(before, after) {
		d.addf("function %s: %s %s can no longer sign", function, kind, name)
	}
	for _, name := range without(after, before) {
		d.addf("function %s: %s %s can sign now", function, kind, name)
	}
}

// without are the entries of a that b lacks.
func without(a, b []string) []string {
	return slices.DeleteFunc(slices.Clone(a), func(s string) bool { return slices.Contains(b, s) })
}

func (d *differences) rules(before, after *Policy) {
	for _, old := range before.Rules {
		if _, ok := after.Rule(old.Name); !ok {
			d.addf("rule %q is removed: %s no longer gated by it", old.Name, strings.Join(old.Paths, ", "))
		}
	}
	for _, r := range after.Rules {
		old, ok := before.Rule(r.Name)
		if !ok {
			d.addf("rule %q is new: %s; %s", r.Name, strings.Join(r.Paths, ", "), asks(r))
			continue
		}
		d.paths(old, r)
		d.branches(old, r)
		d.require(old, r)
		d.asks(old, r)
	}
}

// asks says whom a rule asks for a weakened or unknown promise.
func asks(r Rule) string {
	worst := without(r.Asks(commitment.Unknown), r.Asks(commitment.Weakened))
	worst = append(slices.Clone(r.Asks(commitment.Weakened)), worst...)
	if len(worst) == 0 {
		return "asks nobody"
	}
	return "asks " + strings.Join(worst, ", ")
}

func (d *differences) paths(old, r Rule) {
	for _, p := range without(old.Paths, r.Paths) {
		if rest, away := strings.CutPrefix(p, takesAway); away {
			d.addf("pattern %s is no longer exempt from rule %q", rest, r.Name)
		} else {
			d.addf("pattern %s no longer gated by rule %q", p, r.Name)
		}
	}
	for _, p := range without(r.Paths, old.Paths) {
		if rest, away := strings.CutPrefix(p, takesAway); away {
			d.addf("pattern %s is exempt from rule %q", rest, r.Name)
		} else {
			d.addf("pattern %s is gated by rule %q", p, r.Name)
		}
	}
	if len(without(old.Paths, r.Paths))+len(without(r.Paths, old.Paths)) == 0 && !slices.Equal(old.Paths, r.Paths) {
		d.addf("rule %q: the order of its patterns changes to %s", r.Name, strings.Join(r.Paths, ", "))
	}
}

func (d *differences) branches(old, r Rule) {
	if !slices.Equal(old.Branches, r.Branches) {
		d.addf("rule %q: base branches %s -> %s", r.Name, listed(old.Branches, "all"), listed(r.Branches, "all"))
	}
}

// listed joins a list; none stands for an empty one.
func listed(list []string, none string) string {
	if len(list) == 0 {
		return none
	}
	return strings.Join(list, ", ")
}

// require groups the effects by what happens to a function, so that a sentence
// names all effects at once.
func (d *differences) require(old, r Rule) {
	lost, gained := map[string][]string{}, map[string][]string{}
	for _, effect := range commitment.Effects() {
		for _, f := range without(old.Asks(effect), r.Asks(effect)) {
			lost[f] = append(lost[f], string(effect))
		}
		for _, f := range without(r.Asks(effect), old.Asks(effect)) {
			gained[f] = append(gained[f], string(effect))
		}
	}
	for _, f := range slices.Sorted(maps.Keys(lost)) {
		d.addf("rule %q: %s no longer signs %s changes", r.Name, f, effects(lost[f]))
	}
	for _, f := range slices.Sorted(maps.Keys(gained)) {
		d.addf("rule %q: %s signs %s changes now", r.Name, f, effects(gained[f]))
	}
}

func effects(list []string) string {
	if len(list) == len(commitment.Effects()) {
		return "any"
	}
	return strings.Join(list, ", ")
}

func (d *differences) asks(old, r Rule) {
	find := func(list []Ask, id string) (Ask, bool) {
		i := slices.IndexFunc(list, func(a Ask) bool { return a.ID == id })
		if i < 0 {
			return Ask{}, false
		}
		return list[i], true
	}
	for _, ask := range old.Checklist {
		if _, ok := find(r.Checklist, ask.ID); !ok {
			d.addf("rule %q: checklist item %s is dropped", r.Name, ask.ID)
		}
	}
	for _, ask := range r.Checklist {
		was, ok := find(old.Checklist, ask.ID)
		switch {
		case !ok && ask.Required:
			d.addf("rule %q: checklist item %s is added and required", r.Name, ask.ID)
		case !ok:
			d.addf("rule %q: checklist item %s is added", r.Name, ask.ID)
		case was.Required && !ask.Required:
			d.addf("rule %q: checklist item %s is no longer required", r.Name, ask.ID)
		case !was.Required && ask.Required:
			d.addf("rule %q: checklist item %s is required now", r.Name, ask.ID)
		}
	}
}

func (d *differences) items(before, after *Policy) {
	for _, item := range after.Items {
		was, ok := before.Item(item.ID)
		if !ok {
			d.addf("checklist item %s is new: %q, owner %s", item.ID, item.Text, item.Owner)
			continue
		}
		if was.Owner != item.Owner {
			d.addf("checklist item %s: owner %s -> %s", item.ID, was.Owner, item.Owner)
		}
		if was.Text != item.Text {
			d.addf("checklist item %s: %q -> %q", item.ID, was.Text, item.Text)
		}
	}
	for _, item := range before.Items {
		now, ok := after.Item(item.ID)
		switch {
		case !ok:
			d.addf("checklist item %s is removed", item.ID)
		case !slices.ContainsFunc(after.Items, func(i Item) bool { return i.ID == item.ID }) && now != item:
			d.addf("checklist item %s is the built-in one again: %q, owner %s", item.ID, now.Text, now.Owner)
		}
	}
}

func (d *differences) self(before, after *Policy) {
	if slices.Equal(before.Require, after.Require) && (before.Require == nil) == (after.Require == nil) {
		return
	}
	say := func(p *Policy) string {
		if p.Require == nil {
			return "every function"
		}
		return listed(p.Require, "nobody")
	}
	d.addf("changes of the policy file are signed by: %s -> %s", say(before), say(after))
}

func (d *differences) signoffs(before, after SignOffs) {
	if !slices.Equal(before.Methods, after.Methods) {
		d.addf("sign-off by %s -> %s", strings.Join(names(before.Methods), ", "), strings.Join(names(after.Methods), ", "))
	}
	d.flag(before.Author, after.Author, "the author", "sign")
	d.flag(before.Committers, after.Committers, "people who pushed gated content", "sign")
	d.flag(before.Several, after.Several, "one person", "sign for more than one function")
	switch {
	case before.Reset && !after.Reset:
		d.addf("a push keeps the sign-offs while the content is unchanged")
	case !before.Reset && after.Reset:
		d.addf("any push resets all sign-offs")
	}
}

func (d *differences) flag(before, after bool, who, what string) {
	switch {
	case before && !after:
		d.addf("%s can no longer %s", who, what)
	case !before && after:
		d.addf("%s can %s now", who, what)
	}
}
