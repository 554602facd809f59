package policy

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/slagate/slagate/internal/commitment"
)

// Effect judges a change of the policy as a change of a commitment (requirements.md
// G18): whether the new policy asks less of a change than the old one, which
// functions lose their say by it, and what that means in sentences ("legal no longer
// signs weakened changes of service levels (3 paths)"). paths are the files of the
// repository; they are counted, and catch what only the order of patterns does.
//
// Weakened means that for some path, effect and function the new rules do not ask
// what the old ones did, or that a sign-off is easier to get, or that a promise of
// the catalog is. Whatever cannot be compared counts as that. A policy that is wholly
// gone is removed, a first one added; the losers are always functions of the old policy,
// in its order.
func Effect(before, after *Policy, paths []string) (effect commitment.Effect, losers, sentences []string) {
	switch {
	case before == nil && after == nil:
		return commitment.Neutral, nil, nil
	case before == nil:
		return commitment.Added, nil, Differences(nil, after)
	case after == nil:
		return commitment.Removed, before.FunctionNames(), Differences(before, nil)
	}
	j := &judging{before: before, after: after, lost: map[string]bool{}}
	j.rules(paths)
	j.checklists()
	j.functions()
	j.self()
	j.signoffs()
	j.catalog()
	j.words()
	for _, name := range before.FunctionNames() {
		if j.lost[name] {
			losers = append(losers, name)
		}
	}
	switch {
	case j.weaker:
		return commitment.Weakened, losers, j.said
	case j.stronger:
		return commitment.Strengthened, nil, j.said
	}
	return commitment.Neutral, nil, j.said
}

// judging is one comparison of two policies.
type judging struct {
	before, after    *Policy
	weaker, stronger bool
	lost             map[string]bool
	said             []string
}

// loses notes something that is asked no longer, and who loses their say by it.
func (j *judging) loses(who []string, format string, args ...any) {
	j.weaker = true
	for _, f := range who {
		j.lost[f] = true
	}
	j.said = append(j.said, fmt.Sprintf(format, args...))
}

func (j *judging) gains(format string, args ...any) {
	j.stronger = true
	j.said = append(j.said, fmt.Sprintf(format, args...))
}

// everyone are the functions that any rule asks for anything.
func (j *judging) everyone() []string {
	var out []string
	for _, r := range j.before.Rules {
		out = append(out, r.everyone()...)
	}
	return distinct(out)
}

func (r Rule) everyone() []string {
	var out []string
	for _, e := range commitment.Effects() {
		out = append(out, r.Asks(e)...)
	}
	return distinct(out)
}

func (j *judging) rules(paths []string) {
	for _, l := range losses(j.before, j.after, paths) {
		j.loses([]string{l.function}, "%s no longer signs %schanges of %s%s", l.function, l.which(), l.rule, l.count(paths))
	}
	for _, l := range losses(j.after, j.before, paths) {
		j.gains("%s signs %schanges of %s now%s", l.function, l.which(), l.rule, l.count(paths))
	}
}

// checklists compares what the rules' checklists ask. Where a rule's pattern is not
// carried on at all, that was said already.
func (j *judging) checklists() {
	old, now := carriersOf(j.before), carriersOf(j.after)
	for _, r := range j.before.Rules {
		for _, ask := range r.Checklist {
			j.item(r, ask, now)
		}
	}
	for _, r := range j.after.Rules {
		for _, ask := range r.Checklist {
			if was, carried := old.asked(r, ask.ID); carried && (was == notAsked || was == optional && ask.Required) {
				j.gains("the checklist of %s asks for %s%s now", r.Name, ask.ID, map[bool]string{true: " and requires it"}[ask.Required])
			}
		}
	}
}

// item compares one item of an old rule with what asks for it now.
func (j *judging) item(r Rule, ask Ask, now carriers) {
	item, _ := j.before.Item(ask.ID)
	who := []string{item.Owner}
	if item.Owner == AuthorOwner {
		who = r.everyone()
	}
	is, carried := now.asked(r, ask.ID)
	kept, _ := j.after.Item(ask.ID)
	switch {
	case !carried:
	case is == notAsked:
		j.loses(who, "the checklist of %s no longer asks for %s", r.Name, ask.ID)
	case is == optional && ask.Required:
		j.loses(who, "%s is no longer required for %s", ask.ID, r.Name)
	case kept.Owner != item.Owner:
		j.loses(who, "%s answers for %s of %s instead of %s", kept.Owner, ask.ID, r.Name, item.Owner)
	}
}

// functions compares who may sign for a function. Anybody who may sign now and could
// not before weakens the say of those who could.
func (j *judging) functions() {
	for _, old := range j.before.Functions {
		f, ok := j.after.Function(old.Name)
		if !ok {
			continue // what it signed is said by the rules
		}
		var d differences
		d.members(f.Name, "team", folded(old.Teams), folded(f.Teams))
		d.members(f.Name, "user", folded(old.Users), folded(f.Users))
		for _, sentence := range d {
			j.loses([]string{f.Name}, "%s", sentence)
		}
		switch {
		case f.Approvals < old.Approvals:
			j.loses([]string{f.Name}, "approvals of %s: %d -> %d", f.Name, old.Approvals, f.Approvals)
		case f.Approvals > old.Approvals:
			j.gains("approvals of %s: %d -> %d", f.Name, old.Approvals, f.Approvals)
		}
	}
}

// folded are names without their letter case, in which GitHub sees no difference.
func folded(names []string) []string {
	out := make([]string, 0, len(names))
	for _, n := range names {
		out = append(out, strings.ToLower(n))
	}
	return out
}

// self compares who signs changes of the policy.
func (j *judging) self() {
	who := func(p *Policy) []string {
		if p.Require == nil {
			return p.FunctionNames()
		}
		return p.Require
	}
	for _, f := range without(who(j.before), who(j.after)) {
		j.loses([]string{f}, "%s no longer signs changes of the policy", f)
	}
	for _, f := range without(who(j.after), who(j.before)) {
		j.gains("%s signs changes of the policy now", f)
	}
}

// signoffs compares how hard a sign-off is to get; whoever signs loses by an easier one.
func (j *judging) signoffs() {
	old, now, all := j.before.SignOffs, j.after.SignOffs, j.everyone()
	for _, m := range without(names(now.Methods), names(old.Methods)) {
		j.loses(all, "a sign-off by %s counts now", m)
	}
	for _, m := range without(names(old.Methods), names(now.Methods)) {
		j.gains("a sign-off by %s no longer counts", m)
	}
	for _, x := range []struct {
		old, now bool
		what     string
	}{
		{old.Author, now.Author, "the author can %ssign"},
		{old.Committers, now.Committers, "people who pushed gated content can %ssign"},
		{old.Several, now.Several, "one person can %ssign for more than one function"},
		{!old.Reset, !now.Reset, "sign-offs %shold over a push that leaves the content alike"},
	} {
		switch {
		case x.now && !x.old:
			j.loses(all, x.what, "now ")
		case x.old && !x.now:
			j.gains(x.what, "no longer ")
		}
	}
}

// catalog compares the promises themselves by the rules for all commitments. Legal
// and the owner of a promise lose by a lower one, support by a longer path.
func (j *judging) catalog() {
	side := func(p *Policy) commitment.Set {
		return commitment.Set{Commitments: slices.Concat(p.Commitments, p.Escalations)}
	}
	changes := commitment.Diff(side(j.before), side(j.after), commitment.Options{Severities: j.before.Severities}).Changes
	for _, c := range changes {
		text := cmp.Or(c.Text, "the catalog changes")
		switch c.Effect {
		case commitment.Neutral:
		case commitment.Strengthened, commitment.Added:
			j.gains("%s", text)
		case commitment.Weakened, commitment.Removed, commitment.Unknown:
			j.loses(j.guardians(c), "%s", text)
		}
	}
	for _, old := range j.before.Catalog.Promises {
		now, ok := promise(j.after.Catalog, old.ID)
		if _, function := j.before.Function(old.Owner); ok && function && now.Owner != old.Owner {
			j.loses([]string{old.Owner}, "commitment %s: owner %s -> %s", old.ID, old.Owner, cmp.Or(now.Owner, "none"))
		}
	}
}

// guardians are the functions that answer for a line of the catalog; where nobody
// does, all that any rule asks.
func (j *judging) guardians(c commitment.Change) []string {
	var out []string
	add := func(name string) {
		if _, ok := j.before.Function(name); ok {
			out = append(out, name)
		}
	}
	if c.Before != nil {
		add(c.Before.Owner)
	}
	if c.Kind == commitment.Escalation {
		add("support")
	} else {
		add("legal")
	}
	if out == nil {
		return j.everyone()
	}
	return out
}

// words compares what happens to promises that no rule covers, and the vocabulary of
// urgency, of which nobody can say in general what another one does.
func (j *judging) words() {
	switch {
	case j.before.Uncovered == Gate && j.after.Uncovered != Gate:
		j.loses(j.everyone(), "a promise in a file that no rule covers is only reported")
	case j.before.Uncovered != Gate && j.after.Uncovered == Gate:
		j.gains("a promise in a file that no rule covers asks now")
	}
	if old, now := ranked(j.before.Severities), ranked(j.after.Severities); old != now {
		j.loses(j.everyone(), "words for urgency: %s -> %s", old, now)
	}
}
