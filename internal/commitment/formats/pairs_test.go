package formats_test

import (
	"math/rand"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"
	"github.com/stretchr/testify/require"

	"github.com/slagate/slagate/internal/commitment"
	"github.com/slagate/slagate/internal/commitment/formats"
	"github.com/slagate/slagate/internal/commitment/formattest"
)

// seed is one file of a case of some format.
type seed struct {
	path string
	text []byte
}

// seeds are all files of all formats' cases, and the examples of the traps.
func seeds(t *testing.T) []seed {
	t.Helper()
	var out []seed
	paths, err := filepath.Glob("../*/testdata/*.txtar")
	require.NoError(t, err)
	for _, path := range paths {
		text, err := os.ReadFile(path)
		require.NoError(t, err)
		for _, f := range txtar.Parse(text).Files {
			if _, name, ok := strings.Cut(f.Name, "/"); ok {
				out = append(out, seed{name, f.Data})
			}
		}
	}
	for _, trap := range traps(t) {
		out = append(out, seed{trap.path, []byte(trap.text)})
	}
	require.NotEmpty(t, out)
	return out
}

// alone is a file that became another one.
func alone(a, b seed) []formats.Pair {
	return []formats.Pair{{Before: formats.Side{Path: a.path, Src: a.text}, After: formats.Side{Path: a.path, Src: b.text}}}
}

// TestAnyFileMayBecomeAnyOther: two files that have nothing to do with each other, and
// halves of files, give an answer, and the mirrored one the other way round.
func TestAnyFileMayBecomeAnyOther(t *testing.T) {
	t.Parallel()
	all := seeds(t)
	random := rand.New(rand.NewSource(3))
	pick := func() seed { return all[random.Intn(len(all))] }
	const rounds = 300
	for range rounds {
		a, b := pick(), pick()
		if filepath.Ext(a.path) != filepath.Ext(b.path) {
			b = a
			b.text = garbled(random, b.text)
		}
		before, after, r := formats.Compare(alone(a, b), commitment.Options{})
		require.Equal(t, r.Changes, again(a, b).Changes, "the same answer every time")
		if !measures(before) && !measures(after) { // a value that was recorded by nobody before is judged with what uses it, and new code is none that went
			formattest.Mirrored(t, before, after)
		}
	}
}

func measures(s commitment.Set) bool {
	return slices.ContainsFunc(s.Commitments, func(c commitment.Commitment) bool {
		return c.Kind == commitment.Measurement || c.Kind == commitment.Other && c.Key.Format == "jsonnet"
	})
}

func again(a, b seed) commitment.Result {
	_, _, r := formats.Compare(alone(a, b), commitment.Options{})
	return r
}

// garbled is a text as a slip of the hand leaves it: lines lost, doubled, swapped or
// moved to the right, or a part of it cut out.
func garbled(random *rand.Rand, text []byte) []byte {
	rows := strings.SplitAfter(string(text), "\n")
	for range 1 + random.Intn(3) {
		i, j := random.Intn(len(rows)), random.Intn(len(rows))
		switch random.Intn(6) {
		case 0:
			rows[i] = ""
		case 1:
			rows[i] += rows[i]
		case 2:
			rows[i], rows[j] = rows[j], rows[i]
		case 3:
			rows[i] = "  " + rows[i]
		case 4:
			rows[i] = "# " + rows[i]
		default:
			rows = slices.Delete(rows, min(i, j), min(max(i, j), min(i, j)+3))
			if len(rows) == 0 {
				rows = []string{""}
			}
		}
	}
	return []byte(strings.Join(rows, ""))
}

// FuzzCompare holds that no text brings the reading of any format down, on either side.
func FuzzCompare(f *testing.F) {
	f.Add("a.yaml", []byte("groups:\n- name: a\n  rules:\n  - alert: A\n    expr: up == 0\n"), []byte("{{ if false }}\ngroups: []\n{{ end }}\n"))
	f.Add("a.tf", []byte("resource \"pagerduty_escalation_policy\" \"a\" {\n  rule {\n    escalation_delay_in_minutes = 5\n  }\n}\n"), []byte("/*"))
	f.Add("a.md", []byte("We guarantee 99.9% availability.\n<div hidden>\n\nWe reply within 1 hour.\n"), []byte("~~We guarantee 99.9% availability.~~\n"))
	f.Add("a.rst", []byte(".. only:: x\n\n   We guarantee 99.9% availability.\n"), []byte("<% if x %>"))
	f.Fuzz(func(t *testing.T, path string, a, b []byte) {
		if len(a)+len(b) > 20_000 {
			return // long texts only make it slow
		}
		formats.Compare(alone(seed{path, a}, seed{path, b}), commitment.Options{})
		_, _, r := formats.Compare(alone(seed{path, a}, seed{path, a}), commitment.Options{})
		require.Empty(t, r.Changes)
	})
}
