package policy

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/slagate/slagate/internal/commitment"
)

// FuzzLoad: whatever the bytes are, Load gives a policy or a problem with a
// place, and what it takes for a policy can be used.
func FuzzLoad(f *testing.F) {
	for _, text := range corpus(f) {
		f.Add([]byte(text), []byte("version: 1\nfunctions: {legal: {teams: [acme/legal], approvals: 2}}\n"), "slo/a.yml")
		f.Add([]byte("version: 1\nfunctions: {legal: {approvals: 3}}\n"), []byte(text), "SLО/A.yml")
	}
	for _, text := range []string{
		"a: &a [*a]\n", "%YAML 1.2\n---\na: b\n", "\xff\xfe", "? ? ? x", "- - - -", "{", "[", "\"", "!!binary x", "<<: {}", "version: 0x1\n",
		"a: &a {b: &b [x, x]}\nc: [*a, *b]\n", strings.Repeat("[", 200), strings.Repeat("a:\n ", 30), "version: 1\x85rules: []", "\ufeffversion: 1", "version: 1\r\nrules: []\r\n",
	} {
		f.Add([]byte(text), []byte(nil), "\xff")
	}
	f.Fuzz(func(t *testing.T, text, owner []byte, path string) {
		loaded := Load(Input{Text: text, OwnerText: owner, Owner: "acme"})
		require.Equal(t, loaded.Exists() && loaded.Policy == nil, len(loaded.Problems) > 0)
		for _, p := range append(loaded.Problems, loaded.Warnings...) {
			require.NotEmpty(t, p.Message)
			require.NotEmpty(t, p.File)
			require.Positive(t, p.Line)
			require.Positive(t, p.Column)
			require.LessOrEqual(t, utf8.RuneCountInString(p.Value), maxValue)
			require.NotContains(t, p.Message, "\n")
			require.True(t, utf8.ValidString(p.Message))
		}
		if loaded.Policy == nil {
			return
		}
		m := Compile(loaded.Policy)
		for _, hit := range m.Match(path) {
			rule := loaded.Policy.Rules[hit.Index]
			require.Equal(t, rule.Name, hit.Rule)
			for _, effect := range commitment.Effects() {
				for _, name := range rule.Asks(effect) {
					_, ok := loaded.Policy.Function(name)
					require.True(t, ok)
				}
			}
		}
		require.Len(t, m.Explain(path, "main"), len(loaded.Policy.Rules))
		require.Empty(t, Differences(loaded.Policy, loaded.Policy))
	})
}
