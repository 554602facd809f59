package policy

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/slagate/slagate/internal/commitment"
)

// say gives problems as "LINE:COLUMN [VALUE] MESSAGE".
func say(problems []Problem) []string {
	out := []string{}
	for _, p := range problems {
		out = append(out, fmt.Sprintf("%d:%d [%s] %s", p.Line, p.Column, p.Value, p.Message))
	}
	return out
}

// head is a valid start that the cases of one mistake build upon.
const head = "version: 1\nfunctions:\n  legal: {teams: [acme/legal]}\n  support: {users: [jane]}\n"

func TestLoadMistakes(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		text string
		want []string
	}{
		// The file as such.
		{"empty", "", []string{`1:1 [] "version" is missing: the file is empty; "version: 1" is the smallest valid one`}},
		{"only comments", "# nothing\n\n", []string{`1:1 [] "version" is missing: the file is empty; "version: 1" is the smallest valid one`}},
		{"only null", "~\n", []string{"1:1 [~] the policy must be a mapping, but is empty"}},
		{"a list", "- a\n", []string{"1:1 [[a]] the policy must be a mapping, but is a list"}},
		{"not UTF-8", "version: 1\n# \xff\n", []string{"2:3 [byte 0xff] the file is not valid UTF-8 here"}},
		{"control character", "version: 1\n# é\x01\n", []string{"2:4 [U+0001] the character U+0001 is not allowed here"}},
		{"tab", "version: 1\npolicy:\n\trequire: []\n", []string{"3:1 [] a tab is used for indentation; YAML allows spaces only"}},
		{"tab after spaces", "version: 1\nsignoffs:\n  author: true\n \tseveral: true\n", []string{"4:2 [] a tab is used for indentation; YAML allows spaces only"}},
		{"unclosed quote", "version: 1\nrules: 'x\n", []string{"2:8 [] this is opened but never closed"}},
		{"unclosed list", "version: 1\nrules: [a\npolicy: {}\n", []string{"3:7 [] a comma, a value or a closing bracket is missing before this"}},
		{"colon in a value", "version: 1\nrules: a: b\n", []string{`2:9 [] a ":" is not allowed here; put the value in quotes`}},
		{"value starts with @", head + "rules: @x\n", []string{"5:8 [] this character cannot start a value in YAML; put the value in quotes"}},
		{"second document", "version: 1\n---\nversion: 1\n", []string{"2:1 [---] a second YAML document starts here; a policy is one document"}},
		{"anchor and alias", "version: 1\npolicy: &p {}\nsignoffs: *p\n", []string{"2:9 [{}] anchors (&name) are not allowed in a policy", "3:11 [*p] aliases (*name) are not allowed in a policy"}},
		{"unknown alias", "version: 1\npolicy: *p\n", []string{"2:9 [] aliases (*name) are not allowed in a policy"}},
		{"merge key", "version: 1\n<<: {policy: {}}\n", []string{"2:1 [<<] merge keys (<<) are not allowed in a policy"}},
		{"tag", "version: !!int 1\npolicy: !x {}\n", []string{`1:10 [1] the tag "!!int" is not allowed in a policy`, `2:9 [{}] the tag "!x" is not allowed in a policy`}},
		{"nan", "version: 1\ncommitments: [{id: a, kind: latency, target: .nan}]\nrules: [-.inf]\n", []string{"2:46 [.nan] this number cannot be used; is it meant as text? Put it in quotes", "3:9 [-.inf] this number cannot be used; is it meant as text? Put it in quotes"}},
		{"deep", "version: 1\ncommitments: [" + strings.Repeat("{a: ", 19) + "1" + strings.Repeat("}", 19) + "]\n", []string{"2:84 [a] nested deeper than 20 levels"}},
		{"key that is a list", "version: 1\n? [a]\n: 1\n", []string{"2:3 [[a]] a key must be plain text"}},
		{"key twice", "version: 1\npolicy: {}\npolicy: {}\n", []string{`3:1 [policy] key "policy" stands here twice, first at line 2`}},
		{"key twice in commitments", "version: 1\ncommitments:\n  - {id: x, kind: latency, target: 1s,\n    kind: latency}\n", []string{`4:5 [kind] key "kind" stands here twice, first at line 3`}},
		{"commitments is no list", "version: 1\ncommitments: {a: 1}\n", []string{"2:14 [{a: 1}] commitments must be a list, but is a mapping"}},
		{"commitment is no mapping", "version: 1\ncommitments: [x]\n", []string{"2:15 [x] an entry of commitments must be a mapping, but is text"}},

		// Version and keys.
		{"version missing", "policy: {}\n", []string{`1:1 [] "version" is missing`}},
		{"version 2", "version: 2\n", []string{"1:10 [2] version must be the number 1"}},
		{"version as text", "version: '1'\n", []string{"1:10 [1] version must be the number 1"}},
		{"huge version", "version: 99999999999999999999\n", []string{"1:10 [99999999999999999999] version must be the number 1"}},
		{"unknown key, close", "version: 1\nrule: []\n", []string{`2:1 [rule] unknown key "rule", did you mean "rules"?`}},
		{"unknown key, far", "version: 1\nwhatever: []\n", []string{`2:1 [whatever] unknown key "whatever"`}},
		{"empty section", "version: 1\nrules:\n", []string{"2:7 [] rules must be a list, but is empty"}},

		// Functions.
		{"bad name", head + "  Security: {users: [x]}\n", []string{`5:3 [Security] "Security": a function's name is lower-case letters, digits and hyphens, at most 31, starting with a letter`}},
		{"long name", head + "  " + strings.Repeat("a", 32) + ": {users: [x]}\n", []string{`5:3 [` + strings.Repeat("a", 32) + `] "` + strings.Repeat("a", 32) + `": a function's name is lower-case letters, digits and hyphens, at most 31, starting with a letter`}},
		{"reserved name", head + "  author: {users: [x]}\n  policy: {users: [x]}\n", []string{`5:3 [author] "author" is reserved and cannot be the name of a function`, `6:3 [policy] "policy" is reserved and cannot be the name of a function`}},
		{"function twice", head + "  legal: {users: [x]}\n", []string{`5:3 [legal] function "legal" stands here twice, first at line 3`}},
		{"no teams or users", head + "  product: {approvals: 1}\n", []string{`5:3 [product] function "product" has neither teams nor users`}},
		{"empty teams", head + "  product: {teams: []}\n", []string{"5:20 [[]] teams is an empty list"}},
		{"foreign team", head + "  product: {teams: [acme/x, other/x, ACME/y]}\n", []string{`5:29 [other/x] "other/x" is a team of another owner; only teams of acme can sign`}},
		{"bad team", head + "  product: {teams: [product, acme/a/b, '@acme/x']}\n", []string{`5:21 [product] "product": a team is written "org/team-slug"`, `5:30 [acme/a/b] "acme/a/b": a team is written "org/team-slug"`, `5:40 [@acme/x] "@acme/x": a team is written "org/team-slug"`}},
		{"bad user", head + "  product: {users: ['@jane', 'x[bot]']}\n", []string{`5:21 [@jane] "@jane": a user is written as the GitHub login of a person, without "@"`, `5:30 [x[bot]] "x[bot]": a user is written as the GitHub login of a person, without "@"`}},
		{"number as user", head + "  product: {users: [123]}\n", []string{"5:21 [123] an entry of users must be text, but is a number; put it in quotes"}},
		{"team twice", head + "  product: {teams: [acme/x, acme/x]}\n", []string{`5:29 [acme/x] "acme/x" is listed twice in teams, first at line 5`}},
		{"approvals 0", head + "  product: {users: [x], approvals: 0}\n", []string{"5:36 [0] approvals must be from 1 to 20"}},
		{"approvals 21", head + "  product: {users: [x], approvals: 21}\n", []string{"5:36 [21] approvals must be from 1 to 20"}},
		{"approvals 1.5", head + "  product: {users: [x], approvals: 1.5}\n", []string{"5:36 [1.5] approvals must be a whole number"}},
		{"approvals as text", head + "  product: {users: [x], approvals: two}\n", []string{"5:36 [two] approvals must be a number, but is text"}},
		{"label too long", head + "  product: {users: [x], label: " + strings.Repeat("é", 51) + "}\n", []string{"5:32 [" + strings.Repeat("é", 51) + "] label has 51 characters, at most 50 are allowed"}},
		{"label empty", head + "  product: {users: [x], label: ''}\n", []string{"5:32 [] label is empty"}},
		{"label of another", head + "  product: {users: [x], label: SLA/legal-approved}\n", []string{`5:32 [SLA/legal-approved] label "SLA/legal-approved" is already the sign-off label of function "legal"`}},
		{"label twice", head + "  a: {users: [x], label: ok}\n  b: {users: [x], label: OK}\n", []string{`6:26 [OK] label "OK" is already the sign-off label of function "a"`}},
		{"default label taken", "version: 1\nfunctions:\n  a: {users: [x], label: sla/b-approved}\n  b: {users: [x]}\n", []string{`4:3 [b] label "sla/b-approved" is already the sign-off label of function "a"`}},
		{"label of slagate", head + "  product: {users: [x], label: sla/needs-legal}\n", []string{`5:32 [sla/needs-legal] label "sla/needs-legal" is one that slagate puts on itself (sla/needs-…)`}},
		{"label with spaces around", head + "  product: {users: [x], label: ' ok'}\n", []string{`5:32 [ ok] label " ok" starts or ends with a space`}},
		{"unknown key in a function", head + "  product: {users: [x], aprovals: 2}\n", []string{`5:25 [aprovals] unknown key "aprovals", did you mean "approvals"?`}},
		{"a function that is a team", head + "  product: acme/product\nrules: [{name: a, paths: [a/b], require: [product]}]\n", []string{"5:12 [acme/product] product must be a mapping, but is text"}},

		// Rules.
		{"rule without anything", head + "rules:\n  - {}\n", []string{`6:5 [] "name" is missing in an entry of rules`, `6:5 [] "paths" is missing in an entry of rules`, `6:5 [] "require" is missing in an entry of rules`}},
		{"rule name empty", head + "rules: [{name: '', paths: [a/b], require: []}]\n", []string{"5:16 [] name is empty"}},
		{"rule name of two lines", head + "rules: [{name: \"a\\nb\", paths: [a/b], require: []}]\n", []string{`5:16 [a b] "a b": must be one line of text`}},
		{"rule twice", head + "rules:\n  - {name: a, paths: [a/b], require: []}\n  - {name: a, paths: [a/b], require: []}\n", []string{`7:12 [a] rule "a" stands here twice, first at line 6`}},
		{"no paths", head + "rules: [{name: a, paths: [], require: []}]\n", []string{"5:26 [[]] paths is an empty list"}},
		{"paths is text", head + "rules: [{name: a, paths: x, require: []}]\n", []string{"5:26 [x] paths must be a list, but is text"}},
		{"bad globs", head + "rules: [{name: a, paths: ['a/[', 'a/{b', a/../b, a//b, '!', ./a], require: []}]\n", []string{
			`5:27 [a/[] pattern "a/[": not a valid glob: a bracket or brace is not closed, or it ends in a backslash`,
			`5:34 [a/{b] pattern "a/{b": not a valid glob: a bracket or brace is not closed, or it ends in a backslash`,
			`5:42 [a/../b] pattern "a/../b": can never match: paths have no ".." in them`,
			`5:50 [a//b] pattern "a//b": can never match: paths have no "//" in them`,
			`5:56 [!] pattern "!": the pattern is empty`,
			`5:61 [./a] pattern "./a": can never match: paths have no "." in them`,
		}},
		{"long pattern", head + "rules: [{name: a, paths: [" + strings.Repeat("a", 501) + "], require: []}]\n", []string{"5:27 [" + strings.Repeat("a", 79) + "…] pattern \"" + strings.Repeat("a", 79) + "…\": the pattern has 501 bytes, at most 500 are allowed"}},
		{"braces without end", head + "rules: [{name: a, paths: ['a/" + strings.Repeat("{a,b}", 8) + "'], require: []}]\n", []string{"5:27 [a/" + strings.Repeat("{a,b}", 8) + "] pattern \"a/" + strings.Repeat("{a,b}", 8) + "\": the braces stand for more than 128 patterns"}},
		{"everything taken away", head + "rules: [{name: a, paths: ['!a/b'], branches: ['!main'], require: []}]\n", []string{`5:27 [!a/b] every entry of paths takes away ("!"), so nothing is left to match`, `5:47 [!main] every entry of branches takes away ("!"), so nothing is left to match`}},
		{"bad branch", head + "rules: [{name: a, paths: [a/b], branches: ['['], require: []}]\n", []string{`5:44 [[] pattern "[": not a valid glob: a bracket or brace is not closed, or it ends in a backslash`}},
		{"no branches", head + "rules: [{name: a, paths: [a/b], branches: [], require: []}]\n", []string{"5:43 [[]] branches is an empty list"}},
		{"unknown function", head + "rules: [{name: a, paths: [a/b], require: [leagl, finance]}]\n", []string{`5:43 [leagl] unknown function "leagl", did you mean "legal"?`, `5:50 [finance] unknown function "finance"`}},
		{"misspelled functions", "version: 1\nfunction: {legal: {users: [x]}}\nrules: [{name: a, paths: [a/b], require: [legal]}]\n", []string{`2:1 [function] unknown key "function", did you mean "functions"?`}},
		{"short words are not near", head + "rules: [{name: a, paths: [a/b], require: [lea]}]\n", []string{`5:43 [lea] unknown function "lea"`}},
		{"reserved function", head + "rules: [{name: a, paths: [a/b], require: [author]}]\n", []string{`5:43 [author] "author" is reserved: it is no function that can be asked to sign`}},
		{"function twice in require", head + "rules: [{name: a, paths: [a/b], require: [legal, legal]}]\n", []string{`5:50 [legal] "legal" is listed twice in require, first at line 5`}},
		{"require is text", head + "rules: [{name: a, paths: [a/b], require: legal}]\n", []string{"5:42 [legal] require must be a list or a mapping, but is text"}},
		{"unknown effect", head + "rules: [{name: a, paths: [a/b], require: {weakened: [], tightened: [], strengtend: []}}]\n", []string{`5:57 [tightened] unknown effect "tightened"`, `5:72 [strengtend] unknown effect "strengtend", did you mean "strengthened"?`}},
		{"weakened missing", head + "rules: [{name: a, paths: [a/b], require: {removed: [legal]}}]\n", []string{`5:42 [] "weakened" is missing in require`}},
		{"unknown function in the long form", head + "rules: [{name: a, paths: [a/b], require: {weakened: [], neutral: [supprt]}}]\n", []string{`5:67 [supprt] unknown function "supprt", did you mean "support"?`}},
		{"unknown checklist item", head + "rules: [{name: a, paths: [a/b], require: [], checklist: [rolback, {id: nope, required: true}]}]\n", []string{`5:58 [rolback] unknown checklist item "rolback", did you mean "rollback"?`, `5:72 [nope] unknown checklist item "nope"`}},
		{"checklist item twice", head + "rules: [{name: a, paths: [a/b], require: [], checklist: [impact, {id: impact}]}]\n", []string{`5:71 [impact] checklist item "impact" is listed twice in this rule, first at line 5`}},
		{"checklist item of the wrong kind", head + "rules: [{name: a, paths: [a/b], require: [], checklist: [3, {required: yes}]}]\n", []string{"5:58 [3] an entry of checklist must be text or a mapping, but is a number", `5:61 [] "id" is missing in an entry of checklist`, "5:72 [yes] required must be true or false, but is text"}},

		// The rest.
		{"own items", head + "checklist:\n  - {id: Plan, text: x, owner: legal}\n  - {id: plan, text: '', owner: leagl}\n  - {id: plan, text: x, owner: author}\n", []string{
			`6:10 [Plan] "Plan": an item's id is lower-case letters, digits and hyphens, at most 50, starting with a letter`,
			"7:22 [] text is empty",
			`7:33 [leagl] unknown owner "leagl", did you mean "legal"?`,
			`8:10 [plan] checklist item "plan" stands here twice, first at line 7`,
		}},
		{"item without owner", head + "checklist: [{id: plan, text: x}]\n", []string{`5:13 [] "owner" is missing in an entry of checklist`}},
		{"policy require", head + "policy: {require: [legl]}\n", []string{`5:20 [legl] unknown function "legl", did you mean "legal"?`}},
		{"methods", head + "signoffs: {methods: [lable, label, label]}\n", []string{`5:22 [lable] unknown method "lable", did you mean "label"?`, `5:36 [label] "label" is listed twice in methods, first at line 5`}},
		{"no methods", head + "signoffs: {methods: []}\n", []string{"5:21 [[]] methods is an empty list"}},
		{"on_push", head + "signoffs: {on_push: rest, author: no}\n", []string{`5:21 [rest] unknown choice for on_push "rest", did you mean "reset"?`, "5:35 [no] author must be true or false, but is text"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			loaded := Load(Input{Text: []byte(tt.text), Owner: "acme"})
			require.Equal(t, tt.want, say(loaded.Problems))
			require.Nil(t, loaded.Policy)
			require.True(t, loaded.Broken())
		})
	}
}

func TestLoadAllowed(t *testing.T) {
	t.Parallel()
	problems := Load(Input{File: "x.yml", Text: []byte(head + "rules: [{name: a, paths: [a/b], require: [leagl], checklist: [impct]}]\nsignoffs: {metods: []}\n")}).Problems
	require.Len(t, problems, 3)
	require.Equal(t, "x.yml", problems[0].File)
	require.Equal(t, []string{"legal", "support"}, problems[0].Allowed)
	require.Contains(t, problems[1].Allowed, "impact")
	require.NotContains(t, problems[1].Allowed, "")
	require.Equal(t, []string{"methods", "author", "committers", "several", "on_push"}, problems[2].Allowed)
	require.Equal(t, `x.yml:5:43 unknown function "leagl", did you mean "legal"?`, problems[0].String())
}

func TestLoadLimits(t *testing.T) {
	t.Parallel()
	rule := func(i int, patterns string) string {
		return fmt.Sprintf("  - {name: r%d, paths: [%s], require: []}\n", i, patterns)
	}
	var rules, patterns, braces strings.Builder
	for i := range 501 {
		rules.WriteString(rule(i, "a/b"))
	}
	for i := range 21 {
		patterns.WriteString(rule(i, strings.TrimSuffix(strings.Repeat("a/b,", 100), ",")))
	}
	for i := range 50 {
		braces.WriteString(rule(i, "'a/"+strings.Repeat("{a,b}", 7)+"'"))
	}
	tests := []struct{ name, text, want string }{
		{"bytes", "version: 1\n#" + strings.Repeat("x", 1<<20), "1:1 [] the file has 1048588 bytes, at most 1048576 are read"},
		{"structure", "version: 1\ncommitments: [" + strings.Repeat("a,", 1<<18) + "]\n", "2:200008 [] the file has more than 100000 lines, commas, colons and brackets"},
		{"nodes", "version: 1\ncommitments:\n" + strings.Repeat("  - {}\n", 20000), "19998:5 [{}] the file has more than 20000 values"},
		{"rules", head + "rules:\n" + rules.String(), "506:5 [{name: r500, paths: [a/b], require: []}] rules has 501 entries, at most 500 are allowed"},
		{"patterns", head + "rules:\n" + patterns.String(), "26:25 [a/b] the file has more than 2000 patterns"},
		{"braces", head + "rules:\n" + braces.String(), "45:25 [a/{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}] the braces of this file stand for more than 5000 patterns"},
		{"deep before the walk", strings.Repeat("[", 1<<16), "1:101 [] nested deeper than 20 levels"},
		{"many mistakes", "version: 1\n" + "signoffs: {" + strings.Repeat("x, ", 300) + "}\n", "2:12 [x] unknown key"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			loaded := Load(Input{Text: []byte(tt.text)})
			require.NotEmpty(t, loaded.Problems)
			require.LessOrEqual(t, len(loaded.Problems), maxProblems+1)
			require.Contains(t, say(loaded.Problems)[0], tt.want)
		})
	}
	many := Load(Input{Text: []byte("version: 1\nsignoffs: {" + strings.Repeat("a: 1, ", 300) + "}\n")}).Problems
	require.Equal(t, "and 100 more problems in this file", many[len(many)-1].Message)
}

// The sentence of the contract: all of them at once.
func TestLoadSaysEverythingAtOnce(t *testing.T) {
	t.Parallel()
	text := `version: 1
functions:
  legal: { teams: [other/legal], aprovals: 2 }
rules:
  - name: a
    paths: ["slo/["]
    require: { weakend: [legal], removed: [leagl] }
    checklist: [impct]
signoffs: { methods: [mail] }
extra: 1
`
	want := []string{
		`3:20 [other/legal] "other/legal" is a team of another owner; only teams of Acme can sign`,
		`3:34 [aprovals] unknown key "aprovals", did you mean "approvals"?`,
		`6:13 [slo/[] pattern "slo/[": not a valid glob: a bracket or brace is not closed, or it ends in a backslash`,
		`7:14 [] "weakened" is missing in require`,
		`7:16 [weakend] unknown effect "weakend", did you mean "weakened"?`,
		`7:44 [leagl] unknown function "leagl", did you mean "legal"?`,
		`8:17 [impct] unknown checklist item "impct", did you mean "impact"?`,
		`9:23 [mail] unknown method "mail"`,
		`10:1 [extra] unknown key "extra"`,
	}
	require.Equal(t, want, say(Load(Input{Text: []byte(text), Owner: "Acme"}).Problems))
}

func TestLoadMinimal(t *testing.T) {
	t.Parallel()
	loaded := Load(Input{Text: []byte("version: 1")})
	require.Empty(t, loaded.Problems)
	require.Equal(t, &Policy{SignOffs: SignOffs{Methods: []Method{Label, Command}}, Uncovered: Report}, loaded.Policy)

	none := Load(Input{})
	require.False(t, none.Exists())
	require.False(t, none.Broken())
	require.Nil(t, none.Policy)
	require.Empty(t, none.Problems)
}

func TestLoadDefaults(t *testing.T) {
	t.Parallel()
	p := load(t, Input{Text: []byte(`version: 1
functions:
  a: {users: [x]}
  b: {users: [x]}
  c: {users: [x]}
rules:
  - {name: long, paths: [/a, b/], require: {weakened: [b, a], added: [c]}}
  - {name: short, paths: [x/y], require: [c, a]}
`)})
	long, short := p.Rules[0], p.Rules[1]
	require.Equal(t, []string{"a", "b/**"}, long.Paths)
	require.Equal(t, []string{"a", "b"}, long.Asks(commitment.Weakened))
	require.Equal(t, []string{"a", "b", "c"}, long.Asks(commitment.Removed))
	require.Equal(t, []string{"a", "b", "c"}, long.Asks(commitment.Unknown))
	require.Equal(t, []string{"a", "b", "c"}, long.Asks("something else"))
	require.Equal(t, []string{"c"}, long.Asks(commitment.Added))
	require.Empty(t, long.Asks(commitment.Strengthened))
	require.Empty(t, long.Asks(commitment.Neutral))
	for _, effect := range commitment.Effects() {
		require.Equal(t, []string{"a", "c"}, short.Asks(effect))
	}
	require.Nil(t, p.Require)
	require.Equal(t, Function{Name: "a", Users: []string{"x"}, Approvals: 1, Label: "sla/a-approved", Binding: "teams: [], users: [x]"}, p.Functions[0])
}

// load is Load of what must be valid.
func load(tb testing.TB, in Input) *Policy {
	tb.Helper()
	loaded := Load(in)
	require.Empty(tb, say(loaded.Problems))
	require.NotNil(tb, loaded.Policy)
	return loaded.Policy
}

func TestLoadExample(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../config/slagate.example.yml")
	require.NoError(t, err)
	loaded := Load(Input{Text: text, Owner: "acme"})
	require.Empty(t, say(loaded.Problems))
	require.Empty(t, say(loaded.Warnings))
	p := loaded.Policy
	require.Equal(t, []string{"product", "legal", "security", "support"}, p.FunctionNames())
	require.Equal(t, 2, p.Functions[2].Approvals)
	require.Equal(t, "support: ok", p.Functions[3].Label)
	require.Equal(t, []string{"slo/**", "sla/**/*.{yml,yaml}", "!slo/experiments/**"}, p.Rules[0].Paths)
	require.Equal(t, []string{"product", "support"}, p.Rules[0].Asks(commitment.Strengthened))
	require.NotNil(t, p.Rules[0].Require)
	require.Equal(t, []Ask{{"impact", false}, {"rollback", false}, {"customer-notice", true}}, p.Rules[0].Checklist)
	require.Equal(t, []string{"main", "release/*"}, p.Rules[1].Branches)
	require.Equal(t, []Item{{"price-plan", "Price plan page updated", "product"}}, p.Items)
	require.Equal(t, []string{"legal", "security"}, p.Require)
	require.Equal(t, SignOffs{Methods: []Method{Label, Command}}, p.SignOffs)

	owner, err := os.ReadFile("../../config/owner-default.example.yml")
	require.NoError(t, err)
	require.Empty(t, say(Load(Input{OwnerText: owner, Owner: "acme"}).Problems))
	require.Empty(t, say(Load(Input{OwnerText: owner, Owner: "acme"}).Warnings))
}

func TestLoadWarnings(t *testing.T) {
	t.Parallel()
	loaded := Load(Input{
		OwnerText: []byte("version: 1\nsignoffs: {on_push: reset}\n"),
		Text: []byte(`version: 1
functions: {legal: {users: [jane], approvals: 2}}
rules:
  - {name: a, paths: ["*.md", "!x", "/y", "**", "docs**/z"], require: []}
signoffs: {author: true, on_push: keep-if-unchanged}
`),
	})
	require.Empty(t, say(loaded.Problems))
	require.Equal(t, []string{
		"2:47 [2] 2 approvals are wanted, but the function has only 1 users",
		`4:23 [*.md] "*.md" matches only in the root; did you mean "**/*.md"? (write "/*.md" if the root is meant)`,
		`4:31 [!x] "!x" matches only in the root; did you mean "!**/x"? (write "!/x" if the root is meant)`,
		`4:49 [docs**/z] in "docs**/z" "**" does not stand alone between slashes and means the same as "*"`,
		"5:20 [true] author: true has no effect, slagate.yml does not allow it",
		"5:35 [keep-if-unchanged] on_push: keep-if-unchanged has no effect, slagate.yml asks for reset",
	}, say(loaded.Warnings))
}
