// Package formattest is the one suite that every format of commitments passes.
//
// A format's cases are text archives in its testdata folder: files below before/
// and after/, and want, the changes that are expected, a line each:
//
//	weakened detection HighErrors
//	  for 10m -> 3h weakened
//
// with a line for each field that differs. An empty want says that nothing differs
// but what is neutral without being worth a line. For every case the suite also sees that the
// mirrored change has the mirrored effects, that a side compared with itself is
// empty, and that comments and line ends are no change.
package formattest

import (
	"fmt"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"
	"github.com/stretchr/testify/require"

	"github.com/slagate/slagate/internal/commitment"
)

// Cases runs all cases of a format's testdata folder.
func Cases(t *testing.T, formats ...commitment.Format) {
	t.Helper()
	paths, err := filepath.Glob("testdata/*.txtar")
	require.NoError(t, err)
	require.NotEmpty(t, paths, "a format without cases")
	for _, path := range paths {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".txtar"), func(t *testing.T) {
			t.Parallel()
			text, err := os.ReadFile(path) //nolint:gosec // of our own testdata
			require.NoError(t, err)
			runCase(t, txtar.Parse(text), formats)
		})
	}
}

func runCase(t *testing.T, a *txtar.Archive, formats []commitment.Format) {
	t.Helper()
	before, after, want := sides(a, formats)
	got := Describe(commitment.Diff(before, after, commitment.Options{}))
	require.Equal(t, strings.TrimSpace(want), strings.TrimSpace(got), "%s", a.Comment)
	Mirrored(t, before, after)
	for _, side := range []commitment.Set{before, after} {
		require.Empty(t, commitment.Diff(side, side, commitment.Options{}).Changes, "a side compared with itself")
	}
}

func sides(a *txtar.Archive, formats []commitment.Format) (before, after commitment.Set, want string) {
	for _, f := range a.Files {
		switch {
		case f.Name == "want":
			want = string(f.Data)
		case strings.HasPrefix(f.Name, "before/"):
			before.Load(strings.TrimPrefix(f.Name, "before/"), f.Data, formats)
		case strings.HasPrefix(f.Name, "after/"):
			after.Load(strings.TrimPrefix(f.Name, "after/"), f.Data, formats)
		}
	}
	return before, after, want
}

// Describe writes changes as the cases have them.
func Describe(r commitment.Result) string {
	var b strings.Builder
	for _, c := range r.Changes {
		b.WriteString(string(c.Effect) + " " + string(c.Kind) + " " + name(c) + "\n")
		for _, f := range c.Fields {
			fmt.Fprintf(&b, "  %s %s -> %s %s\n", f.Name, dash(f.Before), dash(f.After), f.Effect)
		}
	}
	return b.String()
}

func dash(text string) string {
	if text == "" {
		return "-"
	}
	return strings.Join(strings.Fields(text), " ")
}

func name(c commitment.Change) string {
	switch {
	case c.After != nil:
		return c.After.Name
	case c.Before != nil:
		return c.Before.Name
	}
	return c.File
}

// Mirrored sees that what weakens in one direction strengthens in the other.
func Mirrored(t *testing.T, before, after commitment.Set) {
	t.Helper()
	mirror := map[commitment.Effect]commitment.Effect{
		commitment.Weakened: commitment.Strengthened, commitment.Strengthened: commitment.Weakened,
		commitment.Added: commitment.Removed, commitment.Removed: commitment.Added,
		commitment.Unknown: commitment.Unknown, commitment.Neutral: commitment.Neutral,
	}
	there, back := effects(commitment.Diff(before, after, commitment.Options{}), nil), effects(commitment.Diff(after, before, commitment.Options{}), mirror)
	require.Equal(t, there, back, "the mirrored change has the mirrored effects")
}

// effects are the effects of all changes. One that is mixed, or that could only be
// judged in part, counts as the worse of its parts in either direction.
func effects(r commitment.Result, mirror map[commitment.Effect]commitment.Effect) []string {
	var out []string
	for _, c := range r.Changes {
		e := c.Effect
		switch {
		case c.Mixed, c.Partly:
			e = "mixed"
		case mirror != nil:
			e = mirror[e]
		}
		out = append(out, string(e))
	}
	sort.Strings(out)
	return out
}

// Fuzz holds that no text brings the reading of a format down, that the same text is
// read the same way, and that it is no change of itself. It begins with the files of
// the cases; path is the name that they are read under.
func Fuzz(f *testing.F, format commitment.Format, path string) {
	f.Helper()
	paths, err := filepath.Glob("testdata/*.txtar")
	require.NoError(f, err)
	for _, name := range paths {
		text, err := os.ReadFile(name) //nolint:gosec // of our own testdata
		require.NoError(f, err)
		for _, file := range txtar.Parse(text).Files {
			f.Add(string(file.Data))
		}
	}
	f.Fuzz(func(t *testing.T, text string) {
		var a, b commitment.Set
		a.Load(path, []byte(text), []commitment.Format{format})
		b.Load(path, []byte(text), []commitment.Format{format})
		require.Equal(t, a, b)
		require.Empty(t, commitment.Diff(a, b, commitment.Options{}).Changes)
	})
}
