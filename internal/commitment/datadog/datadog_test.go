package datadog_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"
	"github.com/stretchr/testify/require"

	"github.com/slagate/slagate/internal/commitment"
	"github.com/slagate/slagate/internal/commitment/datadog"
	"github.com/slagate/slagate/internal/commitment/formattest"
)

func TestCases(t *testing.T) {
	t.Parallel()
	formattest.Cases(t, datadog.Format())
}

// FuzzParse begins with the files of the cases.
func FuzzParse(f *testing.F) {
	cases, err := filepath.Glob("testdata/*.txtar")
	require.NoError(f, err)
	for _, path := range cases {
		text, err := os.ReadFile(path)
		require.NoError(f, err)
		for _, file := range txtar.Parse(text).Files {
			f.Add(string(file.Data))
		}
	}
	format := datadog.Format()
	f.Fuzz(func(t *testing.T, text string) {
		if !format.Sniff("a.tf", []byte(text)) {
			return
		}
		var a, b commitment.Set
		a.Load("a.tf", []byte(text), []commitment.Format{format})
		b.Load("a.tf", []byte(text), []commitment.Format{format})
		require.Equal(t, a, b)
		require.Empty(t, commitment.Diff(a, b, commitment.Options{}).Changes)
	})
}
