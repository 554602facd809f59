package source_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/slagate/slagate/internal/commitment/source"
)

func TestHasKey(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{
		"objective: 1":                    true,
		"  - objective : 1":               true,
		`{"objective": 1}`:                true,
		"{a: 1, objective: 2}":            true,
		"{a: 1,\n objective: 2}":          true,
		"\xef\xbb\xbfobjective: 1":        true,
		"? objective\n: 1":                true,
		"'objective': 1":                  true,
		"x: an objective\nobjective: 1":   true,
		"my_objective: 1":                 false,
		"objectives: 1":                   false,
		"the objective is good":           false,
		"":                                false,
		"objective":                       false,
		"x: \"objective\" \ny: objective": false,
	} {
		require.Equal(t, want, source.HasKey([]byte(text), "no", "objective"), "%q", text)
	}
}
