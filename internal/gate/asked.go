package gate

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"

	"github.com/slagate/slagate/internal/commitment"
	"github.com/slagate/slagate/internal/policy"
	"github.com/slagate/slagate/internal/pull"
	"github.com/slagate/slagate/internal/signoff"
)

// policyAsks are the functions that sign changes of the policy file: those it
// names, else all that can be satisfied. Where none can, all are asked and the
// pull request is held: an edit that nobody can sign is not free for all.
func (e *evaluation) policyAsks() []string {
	if e.repairedBy == repairByAdmin {
		return []string{signoff.RepairFunction}
	}
	if e.rules.policy.Require != nil {
		return e.rules.policy.Require
	}
	var all []string
	for _, f := range e.functions {
		if e.members.Cannot(f, e.sn.Pull.Author, e.rules.policy.SignOffs.Author) == "" {
			all = append(all, f.Name)
		}
	}
	if len(all) == 0 {
		return e.rules.policy.FunctionNames()
	}
	return all
}

// uncoveredAsks are the functions asked about a promise that no rule covers, where the
// policy gates those: whoever any rule asks about that effect.
func (e *evaluation) uncoveredAsks(effect commitment.Effect) []string {
	if e.rules.policy.Uncovered != policy.Gate {
		return nil // it is here for the floor alone
	}
	var asked []string
	for i := range e.rules.policy.Rules {
		if r := &e.rules.policy.Rules[i]; e.rules.policy.RuleApplies(*r, e.sn.Pull.BaseBranch) {
			asked = append(asked, r.Asks(effect)...)
		}
	}
	return asked
}

// allAsked are the functions asked where the list of files could not be had:
// whatever any rule on this branch could ask.
func (e *evaluation) allAsked() []string {
	asked := e.policyAsks()
	for i := range e.rules.policy.Rules {
		r := &e.rules.policy.Rules[i]
		if !e.rules.policy.RuleApplies(*r, e.sn.Pull.BaseBranch) {
			continue
		}
		for _, effect := range commitment.Effects() {
			asked = append(asked, r.Asks(effect)...)
		}
	}
	return e.inOrder(asked)
}

// checklist are the items that the matching rules list: by rule, then in the
// rule's order. An item that is required by one of them is required.
func (e *evaluation) checklist(files []GatedFile) []Item {
	var items []Item
	for i := range e.rules.policy.Rules {
		r := &e.rules.policy.Rules[i]
		if !e.ruleMatters(r, files) {
			continue
		}
		for _, ask := range r.Checklist {
			if j := slices.IndexFunc(items, func(it Item) bool { return it.ID == ask.ID }); j >= 0 {
				items[j].Required = items[j].Required || ask.Required
				items[j].Rules = append(items[j].Rules, r.Name)
				continue
			}
			if it, ok := e.rules.policy.Item(ask.ID); ok {
				items = append(items, Item{ID: it.ID, Text: it.Text, Owner: it.Owner, Required: ask.Required, Rules: []string{r.Name}})
			}
		}
	}
	return items
}

// ruleMatters reports whether a rule's checklist applies: it covers a file that
// is not neutral, or asks somebody even so.
func (e *evaluation) ruleMatters(r *policy.Rule, files []GatedFile) bool {
	if e.sn.FilesProblem != "" {
		return e.rules.policy.RuleApplies(*r, e.sn.Pull.BaseBranch)
	}
	for _, f := range files {
		if (f.Effect != commitment.Neutral || len(r.Asks(commitment.Neutral)) > 0) &&
			slices.ContainsFunc(f.Rules, func(h RuleHit) bool { return h.Rule == r.Name }) {
			return true
		}
	}
	return false
}

// view is the version of the pull request at hand: what each function, and the
// author, is asked about.
func (e *evaluation) view(files []GatedFile, asked []string, items []Item) pull.View {
	v := pull.View{Head: e.sn.Pull.Head, BaseBranch: e.sn.Pull.BaseBranch, MergeBase: e.sn.Pull.MergeBase, SeenAt: e.sn.At, Policy: e.rules.id}
	for _, name := range asked {
		var list []string
		for _, it := range items {
			if it.Owner == name {
				list = append(list, it.ID)
			}
		}
		v.Asked = append(v.Asked, e.askedOf(name, files, list))
	}
	if len(files) > 0 || e.sn.FilesProblem != "" {
		v.Asked = append(v.Asked, e.askedOf(policy.AuthorOwner, files, nil))
	}
	return v
}

func (e *evaluation) askedOf(name string, files []GatedFile, list []string) pull.Asked {
	a := pull.Asked{Function: name, Checklist: list}
	if e.sn.FilesProblem != "" {
		// Nobody knows which files: the sign-off is for exactly these two commits.
		a.Items = []pull.Item{{
			Path: "*", Before: pull.Entry{OID: e.sn.Pull.BaseTip}, After: pull.Entry{OID: e.sn.Pull.Head}, Effect: commitment.Unknown,
		}}
	}
	for _, f := range files {
		if name != policy.AuthorOwner && !slices.Contains(f.Functions, name) {
			continue
		}
		it := pull.Item{Path: f.Path, Previous: f.Previous, Effect: f.Effect, Read: f.Read}
		it.Changes = e.changesFor(name, f)
		if i := slices.IndexFunc(e.sn.Files, func(x pull.File) bool { return x.Path == f.Path && x.Previous == f.Previous }); i >= 0 {
			it.Before, it.After = entry(e.sn.Files[i].Before), entry(e.sn.Files[i].After)
			if e.sn.Files[i].Problem != "" {
				// What could not be read may change without showing: bind to the commits.
				it.Before, it.After = pull.Entry{OID: e.sn.Pull.MergeBase}, pull.Entry{OID: e.sn.Pull.Head}
			}
		}
		a.Items = append(a.Items, it)
	}
	a.Fingerprint = signoff.Fingerprint(name, a.Items, list)
	return a
}

// changesFor are the changes in a file that a function is asked about; the author is
// asked about all. What is neutral changes no promise: it may change again without
// asking anybody.
func (e *evaluation) changesFor(name string, f GatedFile) []pull.ItemChange {
	if !f.Read {
		return nil
	}
	var out []pull.ItemChange
	for _, c := range f.Changes {
		if c.Effect == commitment.Neutral || name != policy.AuthorOwner && !slices.Contains(c.Functions, name) {
			continue
		}
		change := &e.compared.result.Changes[c.Index]
		out = append(out, pull.ItemChange{Name: nameOf(change), Digest: change.Digest()})
	}
	slices.SortFunc(out, func(a, b pull.ItemChange) int { return strings.Compare(a.Digest, b.Digest) })
	return together(out)
}

// changesKept is how many changes of a file are remembered one by one.
const changesKept = 50

// together bounds what is remembered of a file in which very much changes: its changes
// are then one, whose digest is over all of theirs.
func together(list []pull.ItemChange) []pull.ItemChange {
	if len(list) <= changesKept {
		return list
	}
	h := sha256.New()
	for _, c := range list {
		h.Write([]byte(c.Digest)) // of one length each; hash.Hash never returns an error
	}
	return []pull.ItemChange{{Name: fmt.Sprintf("%d changes", len(list)), Digest: hex.EncodeToString(h.Sum(nil))}}
}

func nameOf(c *commitment.Change) string {
	switch {
	case c.After != nil:
		return c.After.Name
	case c.Before != nil:
		return c.Before.Name
	}
	return c.File
}

func entry(p *pull.Entry) pull.Entry {
	if p == nil {
		return pull.Entry{}
	}
	return pull.Entry{Mode: p.Mode, OID: p.OID}
}

// remember adds the view to those seen, as the last one. While it stays the last
// it keeps its first time and its publications. One that comes back after another
// is seen anew: which stood when can be told from the order alone.
func remember(views []pull.View, now pull.View) []pull.View {
	if n := len(views); n > 0 && sameView(views[n-1], now) {
		return views
	}
	out := slices.Clone(views)
	for i := range out {
		out[i].Asked = slices.Clone(out[i].Asked)
		for j := range out[i].Asked {
			out[i].Asked[j] = out[i].Asked[j].Trim()
		}
	}
	out = append(out, now)
	if len(out) > maxViews {
		out = out[len(out)-maxViews:]
	}
	return out
}

// maxViews bounds the memory of a pull request that is pushed to again and again.
const maxViews = 50

func sameView(a, b pull.View) bool {
	return a.Head == b.Head && a.BaseBranch == b.BaseBranch && slices.EqualFunc(a.Asked, b.Asked, func(x, y pull.Asked) bool {
		return x.Function == y.Function && x.Fingerprint == y.Fingerprint
	})
}

// since compares what a function is asked about with what it last signed.
func since(f policy.Function, signOffs []pull.SignOff, now pull.Asked) *Since {
	for _, s := range slices.Backward(signOffs) {
		if s.Function != f.Name || s.Fingerprint == "" || (s.State != pull.SignOffActive && s.State != pull.SignOffWithdrawn) {
			continue
		}
		if s.Fingerprint == now.Fingerprint {
			return nil
		}
		d := &Since{SignOff: s, Checklist: !sameSet(s.Checklist, now.Checklist)}
		for _, it := range now.Items {
			i := slices.IndexFunc(s.Items, func(x pull.Item) bool { return x.Path == it.Path })
			switch {
			case i < 0 && s.MoreItems > 0: // it may be one of those that were not kept
			case i < 0:
				d.Gained = append(d.Gained, it.Path)
			case !s.Items[i].Alike(it):
				d.Changed = append(d.Changed, it.Path)
			}
		}
		for _, it := range s.Items {
			if !slices.ContainsFunc(now.Items, func(x pull.Item) bool { return x.Path == it.Path }) {
				d.Lost = append(d.Lost, it.Path)
			}
		}
		return d
	}
	return nil
}

func sameSet(a, b []string) bool {
	a, b = slices.Sorted(slices.Values(a)), slices.Sorted(slices.Values(b))
	return slices.Equal(a, b)
}
