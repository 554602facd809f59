package doctor

import (
	"slices"
	"strings"

	"github.com/slagate/slagate/internal/policy"
	"github.com/slagate/slagate/internal/pull"
)

// branchesAtMost bounds how many branches of a repository are looked at; each costs
// two requests. Further ones are counted, not forgotten.
const branchesAtMost = 50

// Load is the policy in force on a branch: its own file on the owner default.
func (o *Owner) Load(b *Branch) policy.Loaded {
	in := policy.Input{OwnerText: o.defaultText(), OwnerFile: o.defaultFile(), Owner: o.Login}
	if in.OwnerText != nil && o.loadDefault().Policy == nil && b.Policy.State == pull.BlobAbsent {
		in.OwnerText = nil // an invalid default alone does not gate
	}
	if b.Policy.State == pull.BlobFound {
		in.Text = []byte(b.Policy.Text)
	}
	return policy.Load(in)
}

// Rules reports whether a policy, valid or not, applies to a branch.
func (o *Owner) Rules(b *Branch) bool {
	switch b.Policy.State {
	case pull.BlobFound, pull.BlobSymlink, pull.BlobUnreadable, pull.BlobNoAnswer:
		return true
	case pull.BlobAbsent, pull.BlobHidden, pull.BlobNotAsked:
	}
	return o.Load(b).Exists()
}

// Wanted is what a policy names.
type Wanted struct {
	Teams, Logins, Labels []string
}

// Wanted collects what the policies of all branches of a repository name.
func (o *Owner) Wanted(r *Repo) Wanted {
	var w Wanted
	for _, f := range o.functions(r) {
		w.Teams = added(w.Teams, f.Teams...)
		w.Logins = added(w.Logins, f.Users...)
		w.Labels = added(w.Labels, f.Label, policy.NeedsLabel(f.Name))
	}
	return w
}

// functions are those of all branches that somebody may be asked by, each once for
// every way in which it is staffed.
func (o *Owner) functions(r *Repo) []policy.Function {
	var out []policy.Function
	for i := range r.Branches {
		loaded := o.Load(&r.Branches[i])
		if loaded.Policy == nil {
			continue
		}
		for _, f := range loaded.Policy.Functions {
			same := func(g policy.Function) bool {
				return g.Name == f.Name && g.Binding == f.Binding && g.Approvals == f.Approvals && g.Label == f.Label
			}
			if !slices.ContainsFunc(out, same) {
				out = append(out, f)
			}
		}
	}
	return out
}

func added(to []string, names ...string) []string {
	for _, name := range names {
		if !slices.ContainsFunc(to, func(n string) bool { return strings.EqualFold(n, name) }) {
			to = append(to, name)
		}
	}
	return to
}

// Branches says which branches of a repository to look at besides its default
// branch, whose policy has to be known by now: the protected ones, and those that a
// rule limited to branches is for. left is how many there are beyond.
func (o *Owner) Branches(r *Repo) (names []string, left int) {
	if len(r.Branches) == 0 {
		return nil, 0
	}
	var limited []policy.Rule
	if loaded := o.Load(&r.Branches[0]); loaded.Policy != nil {
		limited = slices.DeleteFunc(slices.Clone(loaded.Policy.Rules), func(rule policy.Rule) bool { return len(rule.Branches) == 0 })
	}
	for _, b := range r.Listed {
		applies := func(rule policy.Rule) bool { return rule.AppliesTo(b.Name) }
		if b.Name != r.DefaultBranch && (b.Protected || slices.ContainsFunc(limited, applies)) {
			names = append(names, b.Name)
		}
	}
	if r.ListedProblem != "" {
		for _, rule := range limited {
			for _, name := range rule.Branches {
				if !strings.ContainsAny(name, `!*?[{\`) && name != r.DefaultBranch && !slices.Contains(names, name) {
					names = append(names, name)
				}
			}
		}
	}
	if len(names) > branchesAtMost {
		return names[:branchesAtMost], len(names) - branchesAtMost
	}
	return names, 0
}
