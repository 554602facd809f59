package policy

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/slagate/slagate/internal/commitment"
)

const ownerText = `version: 1
functions:
  legal: {teams: [acme/legal], approvals: 2}
  security: {teams: [acme/security]}
rules:
  - {name: promises, paths: ["sla/**"], require: [legal], checklist: [impact, own]}
checklist: [{id: own, text: Own, owner: legal}]
policy: {require: [legal]}
signoffs: {methods: [command, label], several: true}
commitments: [{id: first, kind: availability, target: 99.9%}]
`

func TestLoadBoth(t *testing.T) {
	t.Parallel()
	p := load(t, Input{OwnerText: []byte(ownerText), Text: []byte(`version: 1
functions:
  support: {users: [jane]}
  security: {approvals: 3}
rules:
  - {name: routes, paths: ["oncall/**"], require: [support, legal], checklist: [own, more]}
checklist: [{id: more, text: More, owner: support}]
policy: {require: [support]}
signoffs: {methods: [review, command], author: true, on_push: reset}
commitments: [{id: second, kind: response_time, target: 4h, depends_on: [first]}]
`)})
	require.Equal(t, []string{"legal", "security", "support"}, p.FunctionNames())
	require.Equal(t, []int{2, 3, 1}, []int{p.Functions[0].Approvals, p.Functions[1].Approvals, p.Functions[2].Approvals})
	require.Equal(t, []string{"acme/security"}, p.Functions[1].Teams)
	require.Equal(t, "promises", p.Rules[0].Name)
	require.True(t, p.Rules[0].Floor)
	require.Equal(t, "routes", p.Rules[1].Name)
	require.False(t, p.Rules[1].Floor)
	require.Equal(t, []string{"legal", "support"}, p.Rules[1].Asks(commitment.Neutral), "policy order, whatever the order in the file")
	require.Equal(t, []string{"own", "more"}, []string{p.Items[0].ID, p.Items[1].ID})
	require.Equal(t, []string{"legal", "support"}, p.Require)
	require.Equal(t, SignOffs{Methods: []Method{Command}, Several: true, Reset: true}, p.SignOffs)
	require.Len(t, p.Catalog.Promises, 2)
	require.Equal(t, "first", p.Catalog.Promises[0].ID)
	require.Equal(t, "slagate.yml", p.Catalog.Promises[0].Source.File)
	require.Equal(t, "second", p.Catalog.Promises[1].ID)
	require.Equal(t, []string{"first"}, p.Catalog.Promises[1].DependsOn)
}

func TestLoadBothMistakes(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		text string
		want []string
	}{
		{"function redefined", "functions: {legal: {teams: [acme/x], users: [jane], label: ok, approvals: 2}}", []string{
			`2:29 [acme/x] function "legal" is defined in slagate.yml and closed; only approvals may be raised here`,
			`2:46 [jane] function "legal" is defined in slagate.yml and closed; only approvals may be raised here`,
			`2:60 [ok] function "legal" is defined in slagate.yml and closed; only approvals may be raised here`,
		}},
		{"function emptied", "functions: {legal: {}}", []string{`2:13 [legal] function "legal" is defined in slagate.yml and closed; only approvals may be raised here`}},
		{"approvals lowered", "functions: {legal: {approvals: 1}}", []string{`2:32 [1] approvals of function "legal" may only be raised; slagate.yml asks for 2`}},
		{"label of the owner's function", "functions: {new: {users: [x], label: sla/legal-approved}}", []string{`2:38 [sla/legal-approved] label "sla/legal-approved" is already the sign-off label of function "legal"`}},
		{"same rule", "rules: [{name: promises, paths: [a/b], require: []}]", []string{`2:16 [promises] rule "promises" is already in slagate.yml; give this one another name`}},
		{"same item", "checklist: [{id: own, text: x, owner: author}]", []string{`2:18 [own] checklist item "own" is already in slagate.yml; give this one another id`}},
		{"built-in item of the owner's rules replaced", "checklist: [{id: impact, text: x, owner: author}]", []string{`2:18 [impact] the built-in checklist item "impact" is used by rules of slagate.yml and cannot be replaced here`}},
		{"no method left", "signoffs: {methods: [review]}", []string{"2:22 [review] none of these methods is allowed by slagate.yml, so nobody could sign"}},
		{"unknown function", "policy: {require: [securty]}", []string{`2:20 [securty] unknown function "securty", did you mean "security"?`}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			loaded := Load(Input{OwnerText: []byte(ownerText), Text: []byte("version: 1\n" + tt.text + "\n")})
			require.Equal(t, tt.want, say(loaded.Problems))
			require.Equal(t, ".github/slagate.yml", loaded.Problems[0].File)
			require.Nil(t, loaded.Policy)
		})
	}
}

// A broken owner default must not make the repository's file look broken too.
func TestLoadBrokenOwner(t *testing.T) {
	t.Parallel()
	repo := "version: 1\nrules: [{name: a, paths: [a/b], require: [legal, security]}]\nfunctions: {legal: {approvals: 2}}\n"
	for _, owner := range []string{
		"version: 1\nfunctions: {legal: acme/legal, security: {users: [x]}}\n", // the names are still known
		"version: 1\nfunctions: [\n", // no name is
	} {
		loaded := Load(Input{OwnerFile: "acme/.github/slagate.yml", OwnerText: []byte(owner), Text: []byte(repo)})
		require.Nil(t, loaded.Policy)
		require.True(t, loaded.HasOwner)
		require.NotEmpty(t, loaded.Problems)
		require.Equal(t, "acme/.github/slagate.yml", loaded.Problems[0].File)
		for _, p := range loaded.Problems {
			require.NotContains(t, p.Message, "unknown function")
		}
	}
}

func TestRequireOfThePolicyFile(t *testing.T) {
	t.Parallel()
	functions := "functions: {%s: {users: [x]}}\n"
	tests := []struct {
		name, owner, repo string
		want              []string
	}{
		{"nobody says", "", "", nil},
		{"owner says, repository does not", "policy: {require: [o]}\n", "", []string{"o"}},
		{"repository says, owner asks for all", "", "policy: {require: [r]}\n", nil},
		{"both say", "policy: {require: [o]}\n", "policy: {require: [r]}\n", []string{"o", "r"}},
		{"owner says nobody", "policy: {require: []}\n", "", []string{}},
		{"owner says nobody, repository somebody", "policy: {require: []}\n", "policy: {require: [r]}\n", []string{"r"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			p := load(t, Input{
				OwnerText: []byte("version: 1\n" + fmt.Sprintf(functions, "o") + tt.owner),
				Text:      []byte("version: 1\n" + fmt.Sprintf(functions, "r") + tt.repo),
			})
			require.Equal(t, tt.want, p.Require)
		})
	}
}

func TestRequireWithAnOwnerWithoutFunctions(t *testing.T) {
	t.Parallel()
	p := load(t, Input{
		OwnerText: []byte("version: 1\n"),
		Text:      []byte("version: 1\nfunctions: {r: {users: [x]}}\npolicy: {require: [r]}\n"),
	})
	require.Equal(t, []string{"r"}, p.Require)
}

// genFile draws a policy; prefix keeps the names of two files apart now and then.
func genFile(t *rapid.T, name string, known []string) string {
	pick := func(label string, from ...string) string { return rapid.SampledFrom(from).Draw(t, name+label) }
	var b strings.Builder
	b.WriteString("version: 1\n")
	functions := rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"a", "b", "c"}), 0, 3, rapid.ID[string]).Draw(t, name+"functions")
	if len(functions) > 0 {
		b.WriteString("functions:\n")
	}
	for _, f := range functions {
		body := pick("body", "{users: [x]}", "{teams: [o/t], approvals: 2}", "{users: [x, y], label: l-"+name+f+"}", "{approvals: 3}", "{approvals: 1}")
		b.WriteString("  " + f + ": " + body + "\n")
	}
	list := func(label string) string {
		names := rapid.SliceOfNDistinct(rapid.SampledFrom(append([]string{"a", "b", "c"}, known...)), 0, 3, rapid.ID[string]).Draw(t, name+label)
		return "[" + strings.Join(slices.DeleteFunc(names, func(n string) bool {
			return !slices.Contains(functions, n) && !slices.Contains(known, n)
		}), ", ") + "]"
	}
	rules := rapid.IntRange(0, 3).Draw(t, name+"rules")
	if rules > 0 {
		b.WriteString("rules:\n")
	}
	for i := range rules {
		paths := pick("paths", "'slo/**'", "'slo/**', '!slo/a'", "'!slo/b', '**'", "'SLO/*'")
		require := list("require")
		if rapid.Bool().Draw(t, name+"long") {
			require = "{weakened: " + list("weakened") + ", added: " + list("added") + "}"
		}
		fmt.Fprintf(&b, "  - {name: %s%d, paths: [%s], require: %s, checklist: [%s]}\n", pick("rule", name, "same"), i, paths, require, pick("items", "", "impact", "{id: rollback, required: true}"))
	}
	if rapid.Bool().Draw(t, name+"policy") {
		b.WriteString("policy: {require: " + list("self") + "}\n")
	}
	if rapid.Bool().Draw(t, name+"items") {
		b.WriteString("checklist: [{id: " + pick("id", "impact", "mine", "mine-"+name) + ", text: T, owner: author}]\n")
	}
	if rapid.Bool().Draw(t, name+"signoffs") {
		fmt.Fprintf(&b, "signoffs: {methods: [%s], author: %s, several: %s, committers: %s, on_push: %s}\n",
			pick("methods", "label", "command", "review, label", "label, command"), pick("author", "true", "false"),
			pick("several", "true", "false"), pick("committers", "true", "false"), pick("push", "reset", "keep-if-unchanged"))
	}
	return b.String()
}

// Whatever a repository writes, the two together ask at least what the owner
// default asks alone.
func TestOwnerDefaultIsAFloor(t *testing.T) {
	t.Parallel()
	both := 0
	rapid.Check(t, func(t *rapid.T) {
		owner := genFile(t, "o", nil)
		alone := Load(Input{OwnerText: []byte(owner)})
		if alone.Policy == nil {
			t.Skip("not a valid default")
		}
		text := genFile(t, "r", alone.Policy.FunctionNames())
		merged := Load(Input{OwnerText: []byte(owner), Text: []byte(text)})
		if merged.Policy == nil {
			require.NotEmpty(t, merged.Problems)
			return
		}
		both++
		atLeast(t, alone.Policy, merged.Policy)
	})
	require.NotZero(t, both)
}

func atLeast(t *rapid.T, floor, merged *Policy) {
	for _, f := range floor.Functions {
		g, ok := merged.Function(f.Name)
		require.True(t, ok)
		require.GreaterOrEqual(t, g.Approvals, f.Approvals)
		g.Approvals = f.Approvals
		require.Equal(t, f, g)
	}
	require.GreaterOrEqual(t, len(merged.Rules), len(floor.Rules))
	for i, r := range floor.Rules {
		require.Equal(t, r, merged.Rules[i])
	}
	for _, r := range floor.Rules {
		for _, ask := range r.Checklist {
			a, _ := floor.Item(ask.ID)
			b, ok := merged.Item(ask.ID)
			require.True(t, ok)
			require.Equal(t, a.Text, b.Text)
		}
	}
	before, after := Compile(floor), Compile(merged)
	for _, path := range []string{"slo/a", "slo/b", "slo/x/y", "SLO/a", "other"} {
		for _, effect := range commitment.Effects() {
			require.Subset(t, asked(merged, after, path, effect), asked(floor, before, path, effect))
		}
	}
	if floor.Require == nil && len(floor.Functions) > 0 {
		require.Nil(t, merged.Require, "every function is asked")
	}
	require.Subset(t, merged.Require, floor.Require)
	require.Subset(t, floor.SignOffs.Methods, merged.SignOffs.Methods)
	require.NotEmpty(t, merged.SignOffs.Methods)
	for _, loosened := range []bool{
		merged.SignOffs.Author && !floor.SignOffs.Author, merged.SignOffs.Several && !floor.SignOffs.Several,
		merged.SignOffs.Committers && !floor.SignOffs.Committers, floor.SignOffs.Reset && !merged.SignOffs.Reset,
	} {
		require.False(t, loosened)
	}
}

// asked is everybody whom the policy asks about a path.
func asked(p *Policy, m *Matcher, path string, effect commitment.Effect) []string {
	out := []string{}
	for _, hit := range m.Match(path) {
		out = append(out, p.Rules[hit.Index].Asks(effect)...)
	}
	return out
}
