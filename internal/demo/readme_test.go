package demo

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestReadmeShowsTheStory keeps README in step with what the script prints.
func TestReadmeShowsTheStory(t *testing.T) {
	t.Parallel()
	readme, err := os.ReadFile(filepath.Join("..", "..", "README.md"))
	require.NoError(t, err)
	story, err := os.ReadFile(filepath.Join("testdata", "script.txt"))
	require.NoError(t, err)
	require.Contains(t, string(readme), string(story))
}
