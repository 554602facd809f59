package opsgenie_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"
	"github.com/stretchr/testify/require"

	"github.com/slagate/slagate/internal/commitment"
	"github.com/slagate/slagate/internal/commitment/opsgenie"
)

// FuzzParse starts from the files of the cases: whatever comes, nothing panics, and a
// file compared with itself is no change.
func FuzzParse(f *testing.F) {
	paths, err := filepath.Glob("testdata/*.txtar")
	require.NoError(f, err)
	for _, path := range paths {
		text, err := os.ReadFile(path)
		require.NoError(f, err)
		for _, file := range txtar.Parse(text).Files {
			f.Add(string(file.Data))
		}
	}
	f.Fuzz(func(t *testing.T, text string) {
		set := commitment.Set{}
		set.Load("a.tf", []byte(text), []commitment.Format{opsgenie.Format()})
		require.Empty(t, commitment.Diff(set, set, commitment.Options{}).Changes)
	})
}
