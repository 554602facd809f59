package gate

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"

	lru "github.com/hashicorp/golang-lru/v2"

	"github.com/slagate/slagate/internal/policy"
	"github.com/slagate/slagate/internal/pull"
)

// Gate judges pull requests. It remembers parsed and compiled policies by their
// text, which changes nothing but the time it takes. It is safe for concurrent use.
type Gate struct {
	loaded   *lru.Cache[texts, policy.Loaded]
	compiled *lru.Cache[*policy.Policy, *policy.Matcher]
	compared *lru.Cache[comparisonKey, *comparison]
}

// policiesKept bounds the parsed policies that are kept, comparisonsKept what was
// compared: an evaluation asks for it several times, and so does the one that follows.
const (
	policiesKept    = 512
	comparisonsKept = 32
)

// New returns a Gate.
func New() *Gate {
	loaded, err := lru.New[texts, policy.Loaded](policiesKept)
	if err != nil {
		panic(err) // only for a size below 1
	}
	compiled, err := lru.New[*policy.Policy, *policy.Matcher](policiesKept)
	if err != nil {
		panic(err) // only for a size below 1
	}
	compared, err := lru.New[comparisonKey, *comparison](comparisonsKept)
	if err != nil {
		panic(err) // only for a size below 1
	}
	return &Gate{loaded: loaded, compiled: compiled, compared: compared}
}

// texts are the policy files that make up one policy. It is comparable, unlike
// policy.Input, and so the key under which the result is kept.
type texts struct {
	login            string // of the repository's owner
	own, owner       string
	hasOwn, hasOwner bool
}

// id is the same for two only if they ask the same: SHA-256 over the fields.
func (t texts) id() string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%q %t %q %t %q", t.login, t.hasOwn, t.own, t.hasOwner, t.owner))
	return hex.EncodeToString(sum[:])
}

func (g *Gate) load(t texts) policy.Loaded {
	if l, ok := g.loaded.Get(t); ok {
		return l
	}
	in := policy.Input{File: pull.PolicyPath, OwnerFile: ownerFile(t.login), Owner: t.login}
	if t.hasOwn {
		in.Text = []byte(t.own)
	}
	if t.hasOwner {
		in.OwnerText = []byte(t.owner)
	}
	l := policy.Load(in)
	g.loaded.Add(t, l)
	return l
}

// ownerOnly is the owner default without a file of the repository.
func ownerOnly(login, text string) texts { return texts{login: login, owner: text, hasOwner: true} }

// ownFile is a repository's file over the owner default in force ("" for none).
func ownFile(login, text, owner string) texts {
	return texts{login: login, own: text, hasOwn: true, owner: owner, hasOwner: owner != ""}
}

func (g *Gate) compile(p *policy.Policy) *policy.Matcher {
	if m, ok := g.compiled.Get(p); ok {
		return m
	}
	m := policy.Compile(p)
	g.compiled.Add(p, m)
	return m
}

// Expect names the teams, users and labels that a policy speaks of, so that the
// first read can ask GitHub about them at once. Texts that are not valid give nothing.
func (g *Gate) Expect(ref pull.Ref, own, owner string) (teams, logins, labels []string) {
	l := g.load(texts{login: ref.Owner, own: own, hasOwn: own != "", owner: owner, hasOwner: owner != ""})
	if l.Policy == nil {
		return nil, nil, nil
	}
	for _, f := range l.Policy.Functions {
		teams, logins = append(teams, f.Teams...), append(logins, f.Users...)
		labels = append(labels, f.Label, policy.NeedsLabel(f.Name))
	}
	return unique(teams), unique(logins), unique(labels)
}

// SignOffLabels names the labels that are sign-offs under a policy; nothing for
// texts that are not valid.
func (g *Gate) SignOffLabels(ref pull.Ref, own, owner string) []string {
	l := g.load(texts{login: ref.Owner, own: own, hasOwn: own != "", owner: owner, hasOwner: owner != ""})
	if l.Policy == nil {
		return nil
	}
	var labels []string
	for _, f := range l.Policy.Functions {
		labels = append(labels, f.Label)
	}
	return labels
}

func unique(list []string) []string {
	slices.Sort(list)
	return slices.Compact(list)
}

func sameLabel(a, b string) bool { return strings.EqualFold(a, b) }

// Needs says which facts the judgement of this snapshot still lacks.
func (g *Gate) Needs(sn pull.Snapshot) pull.Needs {
	var n pull.Needs
	if !judged(&sn) {
		return n
	}
	if touched, _ := touchesPolicy(&sn); touched && sn.FilesProblem == "" && sn.Policy.Head.State == pull.BlobNotAsked {
		n.HeadPolicy = true
		return n
	}
	var d Decision
	e, early := g.begin(&sn, &d)
	if early {
		return n
	}
	if sn.FilesProblem != "" {
		n.Trees = true
	}
	files := e.gated()
	for _, f := range e.readable() {
		if f.Before == nil || f.After == nil {
			n.Entries = append(n.Entries, names(f)...)
		}
	}
	n.Entries, n.Blobs = unique(n.Entries), e.compared.wanted
	e.needPeople(&n, files)
	return n
}

// needPeople names teams, users, memberships, pushes and labels that matter.
func (e *evaluation) needPeople(n *pull.Needs, files []GatedFile) {
	asked := e.askedFunctions(files)
	for _, f := range e.functions {
		if !slices.Contains(asked, f.Name) && !e.asksEverybody(files) {
			continue
		}
		for _, slug := range f.Teams {
			if !slices.ContainsFunc(e.sn.Teams, func(t pull.Team) bool { return strings.EqualFold(t.Slug, slug) }) {
				n.Teams = append(n.Teams, slug)
			}
		}
		for _, login := range f.Users {
			if !slices.ContainsFunc(e.sn.Accounts, func(a pull.Account) bool { return strings.EqualFold(a.Login, login) }) {
				n.Logins = append(n.Logins, login)
			}
		}
		if f.Label != "" && slices.Contains(asked, f.Name) {
			n.Labels = append(n.Labels, f.Label, policy.NeedsLabel(f.Name))
		}
	}
	n.Labels = slices.DeleteFunc(n.Labels, func(name string) bool { return slices.Contains(e.sn.Observed.LabelsAsked, name) })
	items := e.checklist(files)
	res := e.collect(e.view(files, asked, items), asked, items)
	n.Members, n.Roles, n.Pushes, n.LabelNames = res.Needs.Members, res.Needs.Roles, res.Needs.Pushes, res.Needs.LabelNames
	if len(n.Members) > 0 {
		for _, f := range e.functions {
			n.Teams = append(n.Teams, f.Teams...)
		}
	}
	n.Teams, n.Logins, n.Labels = unique(n.Teams), unique(n.Logins), unique(n.Labels)
	if len(n.Pushes) > 0 {
		for _, f := range files {
			n.Gated = append(n.Gated, names(&pull.File{Path: f.Path, Previous: f.Previous})...)
		}
		n.Gated = unique(n.Gated)
	}
}

// asksEverybody reports whether who signs depends on which functions can: an
// edit of the policy with no list of its own.
func (e *evaluation) asksEverybody(files []GatedFile) bool {
	return e.rules.policy.Require == nil && slices.ContainsFunc(files, func(f GatedFile) bool {
		return slices.ContainsFunc(f.Rules, func(h RuleHit) bool { return h.Rule == PolicyRule })
	})
}

// Bindings are the ids behind the policy's names that have not been seen before:
// they are bound from now on.
func (g *Gate) Bindings(sn pull.Snapshot) map[string]int64 {
	var d Decision
	e, early := g.begin(&sn, &d)
	if early {
		return nil
	}
	found := map[string]int64{}
	bind := func(f policy.Function, kind, name string, id int64) {
		key := pull.BindingKey(f.Binding, kind, strings.ToLower(name))
		if _, ok := sn.Bindings[key]; !ok && id != 0 {
			found[key] = id
		}
	}
	for _, f := range e.functions {
		for _, t := range sn.Teams {
			if slices.ContainsFunc(f.Teams, func(s string) bool { return strings.EqualFold(s, t.Slug) }) {
				bind(f, "team", t.Slug, t.ID)
			}
		}
		for _, a := range sn.Accounts {
			if slices.ContainsFunc(f.Users, func(s string) bool { return strings.EqualFold(s, a.Login) }) {
				bind(f, "user", a.Login, a.Person.ID)
			}
		}
	}
	return found
}

// Enrolled reports whether any policy applies to pull requests against this base.
func (g *Gate) Enrolled(sn pull.Snapshot) bool {
	r := g.inForce(&sn)
	return !r.none
}

// ValidBase and ValidOwner report whether the policy texts of a snapshot are
// valid: then they are what slagate goes on with should they break later.
func (g *Gate) ValidBase(sn pull.Snapshot) bool {
	return sn.Policy.Base.State == pull.BlobFound && g.inForce(&sn).policy != nil
}

// ValidOwner is ValidBase for the owner default.
func (g *Gate) ValidOwner(sn pull.Snapshot) bool {
	if sn.Policy.Owner.State != pull.BlobFound {
		return false
	}
	return g.load(ownerOnly(sn.Ref.Owner, sn.Policy.Owner.Text)).Policy != nil
}

// AsksFor are the functions that changes of these files would ask, under the
// rules of a snapshot.
func (g *Gate) AsksFor(sn pull.Snapshot, files []pull.File) []string {
	sn.Files, sn.FilesProblem = files, ""
	var d Decision
	e, early := g.begin(&sn, &d)
	if early {
		return nil
	}
	return e.askedFunctions(e.gated())
}

// Asked is what each function is asked about in a snapshot.
func (g *Gate) Asked(sn pull.Snapshot) []pull.Asked {
	var d Decision
	e, early := g.begin(&sn, &d)
	if early {
		return nil
	}
	files := e.gated()
	return e.view(files, e.askedFunctions(files), e.checklist(files)).Asked
}
