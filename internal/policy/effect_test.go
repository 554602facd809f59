package policy

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/slagate/slagate/internal/commitment"
)

const lawful = `version: 1
functions:
  product: {teams: [acme/product]}
  legal: {teams: [acme/legal], approvals: 2}
  support: {users: [jane, bo]}
rules:
  - name: service levels
    paths: ["slo/**", "sla/*.md", "!slo/tmp/**"]
    require: {weakened: [product, legal], neutral: [support]}
    checklist: [impact, contract-terms, {id: rollback, required: true}]
  - {name: routes, paths: ["oncall/**"], branches: [main], require: [support], checklist: [on-call]}
policy: {require: [legal, product]}
commitments:
  - {id: uptime, kind: availability, target: 99.9%, window: 30d, owner: product, notice: 30d}
escalations: [{id: p1, levels: [{who: ana}, {after: 15m, who: bo}]}]
uncovered: gate
`

func TestEffect(t *testing.T) {
	t.Parallel()
	files := []string{"slo/a.yml", "slo/b/c.yml", "slo/tmp/x.yml", "sla/terms.md", "oncall/p1.yml", "README.md"}
	const weaker, stronger, neutral = commitment.Weakened, commitment.Strengthened, commitment.Neutral
	tests := []struct {
		name     string
		old, now string // a piece of the policy and what stands there instead
		want     commitment.Effect
		losers   []string
		said     []string
	}{
		{"the same", "", "", neutral, nil, nil},
		{"reworded", "teams: [acme/legal]", "teams: [ACME/legal]", neutral, nil, nil},
		{"another label", "users: [jane, bo]", "users: [bo, jane], label: ok", neutral, nil, nil},
		{"a rule renamed", "name: service levels", "name: promises", neutral, nil, nil},
		{"function taken off a list", "weakened: [product, legal]", "weakened: [product], unknown: [product, legal, support], removed: [product, legal, support]", weaker, []string{"legal"}, []string{"legal no longer signs weakened changes of service levels (3 paths)"}},
		{"function added to a list", "neutral: [support]", "neutral: [support, legal]", stronger, nil, []string{"legal signs neutral changes of service levels now (3 paths)"}},
		{
			"one lost, one won", "weakened: [product, legal]", "weakened: [product, support], unknown: [product, legal, support], removed: [product, legal, support]", weaker,
			[]string{"legal"},
			[]string{"legal no longer signs weakened changes of service levels (3 paths)", "support signs weakened changes of service levels now (3 paths)"},
		},
		{"rule removed", "  - {name: routes, paths: [\"oncall/**\"], branches: [main], require: [support], checklist: [on-call]}\n", "", weaker, []string{"support"}, []string{"support no longer signs changes of routes (1 path)"}},
		{"rule for another branch", "branches: [main]", "branches: [release]", weaker, []string{"support"}, []string{"support no longer signs changes of routes (1 path)", "support signs changes of routes now (1 path)"}},
		{"rule for all branches", "branches: [main], ", "", stronger, nil, []string{"support signs changes of routes now (1 path)"}},
		{
			"pattern taken away", `"sla/*.md", `, "", weaker,
			[]string{"product", "legal", "support"},
			[]string{
				"product no longer signs unknown, removed, weakened changes of service levels (1 path)",
				"legal no longer signs unknown, removed, weakened changes of service levels (1 path)",
				"support no longer signs unknown, removed, neutral changes of service levels (1 path)",
			},
		},
		{
			"pattern exempted", `"!slo/tmp/**"`, `"!slo/tmp/**", "!slo/later/**"`, weaker,
			[]string{"product", "legal", "support"},
			[]string{
				"product no longer signs unknown, removed, weakened changes of service levels",
				"legal no longer signs unknown, removed, weakened changes of service levels",
				"support no longer signs unknown, removed, neutral changes of service levels",
			},
		},
		{"pattern widened", `"sla/*.md"`, `"sla/**"`, stronger, nil, []string{
			"product signs unknown, removed, weakened changes of service levels now",
			"legal signs unknown, removed, weakened changes of service levels now",
			"support signs unknown, removed, neutral changes of service levels now",
		}},
		{"approvals lowered", ", approvals: 2", "", weaker, []string{"legal"}, []string{"approvals of legal: 2 -> 1"}},
		{"approvals raised", "approvals: 2", "approvals: 3", stronger, nil, []string{"approvals of legal: 2 -> 3"}},
		{"the team replaced", "acme/legal", "acme/dev", weaker, []string{"legal"}, []string{"function legal: team acme/legal can no longer sign", "function legal: team acme/dev can sign now"}},
		{"somebody more may sign", "[jane, bo]", "[jane, bo, mallory]", weaker, []string{"support"}, []string{"function support: user mallory can sign now"}},
		{"item dropped", "impact, contract-terms,", "impact,", weaker, []string{"legal"}, []string{"the checklist of service levels no longer asks for contract-terms"}},
		{"the author's item dropped", "impact, contract-terms,", "contract-terms,", weaker, []string{"product", "legal", "support"}, []string{"the checklist of service levels no longer asks for impact"}},
		{"item not required", "{id: rollback, required: true}", "rollback", weaker, []string{"product", "legal", "support"}, []string{"rollback is no longer required for service levels"}},
		{"item required", "contract-terms, ", "{id: contract-terms, required: true}, ", stronger, nil, []string{"the checklist of service levels asks for contract-terms and requires it now"}},
		{"item answered by another", "policy: {req", "checklist: [{id: contract-terms, text: Checked, owner: product}]\npolicy: {req", weaker, []string{"legal"}, []string{"product answers for contract-terms of service levels instead of legal"}},
		{"policy signed by fewer", "policy: {require: [legal, product]}", "policy: {require: [product]}", weaker, []string{"legal"}, []string{"legal no longer signs changes of the policy"}},
		{"policy signed by all", "policy: {require: [legal, product]}", "policy: {}", stronger, nil, []string{"support signs changes of the policy now"}},
		{"author may sign", "policy: {req", "signoffs: {author: true}\npolicy: {req", weaker, []string{"product", "legal", "support"}, []string{"the author can now sign"}},
		{"reviews count", "policy: {req", "signoffs: {methods: [label, command, review]}\npolicy: {req", weaker, []string{"product", "legal", "support"}, []string{"a sign-off by review counts now"}},
		{"a push resets", "policy: {req", "signoffs: {on_push: reset}\npolicy: {req", stronger, nil, []string{"sign-offs no longer hold over a push that leaves the content alike"}},
		{"uncovered is reported", "uncovered: gate", "uncovered: report", weaker, []string{"product", "legal", "support"}, []string{"a promise in a file that no rule covers is only reported"}},
		{"severities", "uncovered: gate", "uncovered: gate\nseverities: [[low], [page]]", weaker, []string{"product", "legal", "support"}, []string{"words for urgency: the default -> low > page"}},
		{"owner of a promise", "owner: product", "owner: legal", weaker, []string{"product"}, []string{"commitment uptime: owner product -> legal"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			require.Contains(t, lawful, tt.old)
			effect, losers, said := Effect(load(t, Input{Text: []byte(lawful)}), load(t, Input{Text: []byte(replaced(lawful, tt.old, tt.now))}), files)
			require.Equal(t, tt.said, said)
			require.Equal(t, tt.want, effect)
			require.Equal(t, tt.losers, losers)
		})
	}
}

func replaced(text, old, now string) string {
	if old == "" {
		return text
	}
	return strings.Replace(text, old, now, 1)
}

// What is judged by the rules for all commitments: only effects and losers, their words are elsewhere.
func TestEffectOfTheCatalog(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name     string
		old, now string
		want     commitment.Effect
		losers   []string
	}{
		{"floor lowered", "target: 99.9%", "target: 99.5%", commitment.Weakened, []string{"product", "legal"}},
		{"floor raised", "target: 99.9%", "target: 99.95%", commitment.Strengthened, nil},
		{"floor spelled otherwise", "target: 99.9%", "target: 0.999", commitment.Neutral, nil},
		{"notice shortened", "notice: 30d", "notice: 7d", commitment.Weakened, []string{"product", "legal"}},
		{"promise removed", "  - {id: uptime, kind: availability, target: 99.9%, window: 30d, owner: product, notice: 30d}\n", "  []\n", commitment.Weakened, []string{"product", "legal"}},
		{"promise added", "escalations:", "  - {id: more, kind: latency, target: 1s}\nescalations:", commitment.Strengthened, nil},
		{"escalation later", "after: 15m", "after: 45m", commitment.Weakened, []string{"support"}},
		{"escalation sooner", "after: 15m", "after: 5m", commitment.Strengthened, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			require.Contains(t, lawful, tt.old)
			effect, losers, said := Effect(load(t, Input{Text: []byte(lawful)}), load(t, Input{Text: []byte(replaced(lawful, tt.old, tt.now))}), nil)
			require.Equal(t, tt.want, effect, "%v", said)
			require.Equal(t, tt.losers, losers)
			require.Equal(t, effect == commitment.Neutral, len(said) == 0)
		})
	}
}

func TestEffectOfAWholePolicy(t *testing.T) {
	t.Parallel()
	p := load(t, Input{Text: []byte(lawful)})
	effect, losers, said := Effect(p, nil, nil)
	require.Equal(t, commitment.Removed, effect)
	require.Equal(t, []string{"product", "legal", "support"}, losers)
	require.Equal(t, []string{"the policy is removed: nothing is gated any more"}, said)
	effect, losers, _ = Effect(nil, p, nil)
	require.Equal(t, commitment.Added, effect)
	require.Empty(t, losers)
	effect, _, said = Effect(nil, nil, nil)
	require.Equal(t, commitment.Neutral, effect)
	require.Empty(t, said)
}

// A rule that is split, merged or moved into a wider one asks the same.
func TestEffectOfMovedPatterns(t *testing.T) {
	t.Parallel()
	const start = "version: 1\nfunctions: {a: {users: [x]}, b: {users: [y]}}\nrules:\n"
	tests := []struct {
		name     string
		old, now string
		want     commitment.Effect
		losers   []string
	}{
		{"split", `  - {name: r, paths: ["x/**", "y/**"], require: [a]}`, "  - {name: r, paths: [\"x/**\"], require: [a]}\n  - {name: s, paths: [\"y/**\"], require: [a]}", commitment.Neutral, nil},
		{"two that ask together", `  - {name: r, paths: ["x/**"], require: [a, b]}`, "  - {name: r, paths: [\"x/**\"], require: [a]}\n  - {name: s, paths: [\"x/**\"], require: [b]}", commitment.Neutral, nil},
		{"wider", `  - {name: r, paths: ["x/*.yml"], require: [a]}`, `  - {name: r, paths: ["x/**"], require: [a]}`, commitment.Strengthened, nil},
		{"narrower", `  - {name: r, paths: ["x/**"], require: [a]}`, `  - {name: r, paths: ["x/*.yml"], require: [a]}`, commitment.Weakened, []string{"a"}},
		{"a folder that only begins alike", `  - {name: r, paths: ["xy/**"], require: [a]}`, `  - {name: r, paths: ["x/**"], require: [a]}`, commitment.Weakened, []string{"a"}},
		{"the exemption comes first", `  - {name: r, paths: ["x/**", "!x/t/**"], require: [a]}`, `  - {name: r, paths: ["!x/t/**", "x/**"], require: [a]}`, commitment.Strengthened, nil},
		{"the exemption comes last", `  - {name: r, paths: ["!x/t/**", "x/**"], require: [a]}`, `  - {name: r, paths: ["x/**", "!x/t/**"], require: [a]}`, commitment.Weakened, []string{"a"}},
		{"everything, but not this", `  - {name: r, paths: ["x/**"], require: [a]}`, `  - {name: r, paths: ["**", "!x/t/**"], require: [a]}`, commitment.Weakened, []string{"a"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			effect, losers, said := Effect(load(t, Input{Text: []byte(start + tt.old)}), load(t, Input{Text: []byte(start + tt.now)}), nil)
			require.Equal(t, tt.want, effect, "%v", said)
			require.Equal(t, tt.losers, losers)
		})
	}
}
