package policy_test

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/slagate/slagate/internal/policy"
)

// TestReadmeListsTheBuiltInItems keeps README's table in step with the library.
func TestReadmeListsTheBuiltInItems(t *testing.T) {
	t.Parallel()
	readme, err := os.ReadFile(filepath.Join("..", "..", "README.md"))
	require.NoError(t, err)
	for _, it := range policy.BuiltIn() {
		require.Contains(t, string(readme), fmt.Sprintf("| `%s` | %s | %s |\n", it.ID, it.Owner, it.Text))
	}
}
