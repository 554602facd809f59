package policy

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/bmatcuk/doublestar/v4"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// withPaths is a policy of one rule per list of patterns, named r0, r1, ...
func withPaths(lists ...[]string) *Policy {
	p := &Policy{}
	for i, list := range lists {
		rule := Rule{Name: fmt.Sprintf("r%d", i)}
		for _, pattern := range list {
			rule.Paths = append(rule.Paths, normalise(pattern))
		}
		p.Rules = append(p.Rules, rule)
	}
	return p
}

func TestMatchPatterns(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name     string
		patterns []string
		path     string
		want     string // the pattern that decides; "" for no hit
	}{
		{"double star", []string{"slo/**"}, "slo/a/b.yml", "slo/**"},
		{"double star matches the folder's own name", []string{"slo/**"}, "slo", "slo/**"},
		{"another folder with the same start", []string{"slo/**"}, "slow/a.yml", ""},
		{"leading slash", []string{"/slo/*.yml"}, "slo/a.yml", "slo/*.yml"},
		{"trailing slash", []string{"slo/"}, "slo/a/b", "slo/**"},
		{"only a slash is everything", []string{"/"}, "a/b", "**"},
		{"star stays within a folder", []string{"slo/*"}, "slo/a/b", ""},
		{"root only", []string{"*.md"}, "docs/a.md", ""},
		{"anywhere by suffix", []string{"**/*.md"}, "docs/a.md", "**/*.md"},
		{"anywhere by suffix, in the root", []string{"**/*.md"}, "a.md", "**/*.md"},
		{"anywhere by long suffix", []string{"**/*.slo.yml"}, "x/a.slo.yml", "**/*.slo.yml"},
		{"anywhere by long suffix, shorter name", []string{"**/*.slo.yml"}, "x/a.yml", ""},
		{"a name that is only the suffix", []string{"**/*.yml"}, "x/.yml", "**/*.yml"},
		{"anywhere by name", []string{"**/SLA"}, "x/y/SLA", "**/SLA"},
		{"below a folder by name", []string{"a/**/SLA"}, "a/SLA", "a/**/SLA"},
		{"exact", []string{"CODEOWNERS"}, "CODEOWNERS", "CODEOWNERS"},
		{"exact is no prefix", []string{"CODEOWNERS"}, "CODEOWNERS/x", ""},
		{"braces", []string{"sla/**/*.{yml,yaml}"}, "sla/x/a.yaml", "sla/**/*.{yml,yaml}"},
		{"braces over folders", []string{"{a,b/c}/x"}, "b/c/x", "{a,b/c}/x"},
		{"nested braces", []string{"a{b,c{d,e}}"}, "ace", "a{b,c{d,e}}"},
		{"class", []string{"log[0-9].txt"}, "log5.txt", "log[0-9].txt"},
		{"brace in a class", []string{"a[{,]b"}, "a{b", "a[{,]b"},
		{"brace in a class before braces", []string{"a[{]{b,c}"}, "a{c", "a[{]{b,c}"},
		{"slash in a class", []string{"x*[/]lit/y"}, "xa/lit/y", "x*[/]lit/y"},
		{"escape", []string{`a\*b`}, "a*b", `a\*b`},
		{"taken away", []string{"slo/**", "!slo/experiments/**"}, "slo/experiments/a", ""},
		{"last match wins", []string{"slo/**", "!slo/x/**", "slo/x/keep.yml"}, "slo/x/keep.yml", "slo/x/keep.yml"},
		{"taken away first, then taken again", []string{"!slo/x", "slo/**"}, "slo/x", "slo/**"},
		{"middle of a name", []string{"terraform/pagerduty*.tf"}, "terraform/pagerduty_eu.tf", "terraform/pagerduty*.tf"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			hits := Compile(withPaths(tt.patterns)).Match(tt.path)
			if tt.want == "" {
				require.Empty(t, hits)
				return
			}
			require.Equal(t, []Hit{{Index: 0, Rule: "r0", Pattern: tt.want}}, hits)
		})
	}
}

func TestMatchFolded(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name     string
		patterns []string
		path     string
		folded   string // "" with hit false: no hit
		hit      bool
	}{
		{"plain", []string{"slo/**"}, "slo/a.yml", "", true},
		{"capitals in the path", []string{"slo/**"}, "SLO/a.yml", FoldedCase, true},
		{"capitals in the pattern", []string{"SLO/**"}, "slo/a.yml", FoldedCase, true},
		{"capitals at the end", []string{"**/*.yml"}, "a/b.YML", FoldedCase, true},
		{"sharp s", []string{"strasse/**"}, "straße/x", FoldedCase, true},
		{"class of capitals", []string{"tier[A-C]/**"}, "tierb/x", FoldedCase, true},
		{"class of small letters", []string{"tier[a-c]/**"}, "tierB/x", FoldedCase, true},
		{"negated class of digits", []string{"x[^0-9].txt"}, "x5.txt", "", false},
		{"negated class of small letters", []string{"Log[^a-z]"}, "logB", FoldedCase, true},
		{"negated class of all letters", []string{"Log[^a-zA-Z]"}, "logB", "", false},
		{"escaped star", []string{`Slo\*/x`}, "slo*/x", FoldedCase, true},
		{"escaped star is no star", []string{`Slo\*/x`}, "slow/x", "", false},
		{"class of digits stays", []string{"LOG[0-9]"}, "loga", "", false},
		{"Cyrillic o", []string{"slo/**"}, "slо/a.yml", FoldedLookAlike, true},
		{"Cyrillic capitals", []string{"slo/**"}, "ЅLО/a.yml", FoldedLookAlike, true},
		{"Cyrillic I in place of l", []string{"sla/**"}, "sІa/x", FoldedLookAlike, true},
		{"Cyrillic I in place of i", []string{"incident/**"}, "Іncident/x", FoldedLookAlike, true},
		{"Cyrillic ve by its capital", []string{"abc/**"}, "aВc/x", FoldedLookAlike, true},
		{"Cyrillic small ve", []string{"abc/**"}, "aвc/x", FoldedLookAlike, true},
		{"Greek omicron", []string{"slo/**"}, "slο/x", FoldedLookAlike, true},
		{"full width", []string{"slo/**"}, "ｓｌｏ/x", FoldedLookAlike, true},
		{"mathematical", []string{"slo/**"}, "𝐬𝐥𝐨/x", FoldedLookAlike, true},
		{"division slash", []string{"slo/**"}, "slo∕x", FoldedLookAlike, true},
		{"look-alike before a class", []string{"slo[0-9]/**"}, "slо7/x", FoldedLookAlike, true},
		{"pattern in Cyrillic, path in ASCII", []string{"сор/**"}, "cop/x", FoldedLookAlike, true},
		{"zero-width space", []string{"slo/**"}, "sl\u200bo/x", FoldedInvisible, true},
		{"soft hyphen and capitals", []string{"slo/**"}, "S\u00adLO/x", FoldedInvisible, true},
		{"decomposed path", []string{"café/**"}, "cafe\u0301/x", FoldedNotNFC, true},
		{"decomposed pattern", []string{"cafe\u0301/**"}, "café/x", "", true},
		{"decomposed below a plain pattern", []string{"slo/**"}, "slo/cafe\u0301", FoldedNotNFC, true},
		{"not UTF-8", []string{"slo/**"}, "docs/\xff", FoldedNotUTF8, true},
		{"replacement character", []string{"slo/**"}, "docs/\uFFFD", FoldedNotUTF8, true},
		{"not UTF-8 although taken away", []string{"slo/**", "!**"}, "docs/\xff", FoldedNotUTF8, true},
		{"ASCII look-alikes are other names", []string{"slo/**"}, "sl0/x", "", false},
		{"ASCII look-alikes beside another script", []string{"**/slo.yml"}, "日本/SL0.yml", "", false},
		{"one and l", []string{"sla/**"}, "s1a/x", "", false},
		{"accents are other letters", []string{"slo/**"}, "sló/x", "", false},
		{"taken away exactly stays away", []string{"slo/**", "!SLO/**"}, "SLO/x", "", false},
		{"taken away after folding stays away", []string{"slo/**", "!slo/old/**"}, "SLO/old/x", "", false},
		{"exact hit is not folded away", []string{"slo/**", "!slo/old/**"}, "slo/OLD/x", "", true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			hits := Compile(withPaths(tt.patterns)).Match(tt.path)
			if !tt.hit {
				require.Empty(t, hits)
				return
			}
			require.Len(t, hits, 1)
			require.Equal(t, tt.folded, hits[0].Folded)
		})
	}
}

func TestMatchOnBranches(t *testing.T) {
	t.Parallel()
	p := withPaths([]string{"slo/**"}, []string{"slo/*"}, []string{"**"})
	p.Rules[0].Branches = []string{"main", "release/*"}
	p.Rules[1].Branches = []string{"**", "!dev/**"}
	m := Compile(p)
	rules := func(branch string) (names []string) {
		for _, h := range m.MatchOn(branch, "slo/a") {
			names = append(names, h.Rule)
		}
		return names
	}
	require.Equal(t, []string{"r0", "r1", "r2"}, rules("main"))
	require.Equal(t, []string{"r0", "r1", "r2"}, rules("release/1"))
	require.Equal(t, []string{"r1", "r2"}, rules("release/1/x"))
	require.Equal(t, []string{"r1", "r2"}, rules("Main"))
	require.Equal(t, []string{"r2"}, rules("dev/x"))
	require.Len(t, m.Match("slo/a"), 3)
}

func TestExplain(t *testing.T) {
	t.Parallel()
	p := withPaths([]string{"slo/**", "!slo/old/**"}, []string{"SLO/old/*"}, []string{"docs/**"}, []string{"**"})
	p.Rules[3].Branches = []string{"main"}
	require.Equal(t, []Explanation{
		{Rule: "r0", Pattern: "!slo/old/**", Why: `taken away by "!slo/old/**"`},
		{Rule: "r1", Covers: true, Pattern: "SLO/old/*", Folded: FoldedCase, Why: `covered by "SLO/old/*" only after folding letter case`},
		{Rule: "r2", Why: "no pattern matches"},
		{Rule: "r3", Pattern: "**", Why: `covered by "**", but the rule is for base branches main only`},
	}, Compile(p).Explain("slo/old/x", "dev"))
	require.Equal(t, "the path is not UTF-8, so every rule covers it", Compile(p).Explain("\xff", "")[2].Why)
}

// naive is the loop that Compile spares: every pattern of every rule.
func naive(p *Policy, path string) []Hit {
	var out []Hit
	for i, rule := range p.Rules {
		for _, pattern := range slices.Backward(rule.Paths) {
			rest, away := strings.CutPrefix(pattern, "!")
			if !doublestar.MatchUnvalidated(rest, path) {
				continue
			}
			if !away {
				out = append(out, Hit{Index: i, Rule: rule.Name, Pattern: pattern})
			}
			break
		}
	}
	return out
}

// The segments are small letters only, so that folding never adds a hit.
func genPattern(t *rapid.T) string {
	segment := rapid.SampledFrom([]string{
		"a", "b", "ab", "a.x", "b.y.x", "*", "**", "*.x", "*.y.x", "a*", "?", "[ab]", "[^a]", "{a,b}", "*.{x,z}", "{a,b*}.x", "a{,b}", `\a`, "a**", "{a,b/a}",
	})
	pattern := strings.Join(rapid.SliceOfN(segment, 1, 4).Draw(t, "segments"), "/")
	if rapid.IntRange(0, 3).Draw(t, "away") == 0 {
		return "!" + pattern
	}
	return pattern
}

func TestMatchLikeDoublestar(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var lists [][]string
		for range rapid.IntRange(1, 6).Draw(t, "rules") {
			lists = append(lists, rapid.SliceOfN(rapid.Custom(genPattern), 1, 5).Draw(t, "patterns"))
		}
		p := withPaths(lists...)
		m := Compile(p)
		for range 20 {
			segment := rapid.SampledFrom([]string{"a", "b", "ab", "c", "a.x", "b.y.x", "q.x", "a.z", ".x"})
			path := strings.Join(rapid.SliceOfN(segment, 1, 5).Draw(t, "path"), "/")
			require.Equal(t, naive(p, path), m.Match(path), "%v on %s", lists, path)
		}
	})
}

// A pattern that never ends for a matcher that backtracks must not here.
func TestMatchIsBounded(t *testing.T) {
	t.Parallel()
	bomb := strings.Repeat("*{a,aa}", 7) + "b"
	_, ok := expand(bomb)
	require.True(t, ok)
	start := time.Now()
	require.Empty(t, Compile(withPaths([]string{bomb})).Match(strings.Repeat("a", 200)))
	require.Less(t, time.Since(start), 5*time.Second)
	require.Contains(t, badGlob(strings.Repeat("{a,aa}", 8)), "more than 128")
	require.Contains(t, badGlob("{"+strings.Repeat("{", 100)+strings.Repeat("}", 100)+strings.Repeat(",a", 130)+"}"), "more than 128")
}

// benchmarkCorpus is 1,000 patterns of the kinds people write, and 3,000 paths of
// which about one in three is covered.
func benchmarkCorpus() (*Policy, []string) {
	r := rand.New(rand.NewPCG(1, 2))
	kinds := []string{"team%d/slo/**", "services/s%d/sla/*.yaml", "**/svc%d.slo.yml", "docs/p%d/*.{md,rst}", "oncall/%d/**/*.tf", "**/k%d/alerts/**", "terraform/pagerduty_%d*.tf", "catalog/c%d.yaml"}
	p := &Policy{}
	for i := range 1000 {
		p.Rules = append(p.Rules, Rule{Name: fmt.Sprint(i), Paths: []string{fmt.Sprintf(kinds[i%len(kinds)], i)}})
	}
	names := []string{"team%d/slo/x/a.yml", "services/s%d/sla/a.yaml", "a/b/svc%d.slo.yml", "docs/p%d/a.md", "src/pkg%d/internal/main.go", "web/app/c%d/view.tsx", "test/data/d%d.json", "lib/Mod%d/README.md"}
	var paths []string
	for range 3000 {
		paths = append(paths, fmt.Sprintf(names[r.IntN(len(names))], r.IntN(1000)))
	}
	return p, paths
}

func TestBenchmarkCorpusAgrees(t *testing.T) {
	t.Parallel()
	p, paths := benchmarkCorpus()
	m := Compile(p)
	found := 0
	for _, path := range paths[:300] {
		want := naive(p, path)
		found += len(want)
		require.Equal(t, want, m.Match(path), path)
	}
	require.NotZero(t, found)
}

// BenchmarkMatch measures 1,000 patterns on 3,000 paths, compiled and as a loop
// over doublestar, and reports how many times faster the former is, without and
// with compiling (which happens once per policy).
func BenchmarkMatch(b *testing.B) {
	p, paths := benchmarkCorpus()
	var compiling, compiled, loop time.Duration
	for b.Loop() {
		start := time.Now()
		m := Compile(p)
		compiling += time.Since(start)
		start = time.Now()
		for _, path := range paths {
			m.Match(path)
		}
		compiled += time.Since(start)
		start = time.Now()
		for _, path := range paths {
			naive(p, path)
		}
		loop += time.Since(start)
	}
	b.ReportMetric(float64(loop)/float64(compiled), "times-faster")
	b.ReportMetric(float64(loop)/float64(compiled+compiling), "times-faster-with-compiling")
	b.ReportMetric(loop.Seconds()*1000/float64(b.N), "loop-ms")
}
