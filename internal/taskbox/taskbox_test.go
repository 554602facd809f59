package taskbox_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/slagate/slagate/internal/taskbox"
)

const body = "Head\n\n- [ ] <!-- item:rollback --> Way back\n- [x] <!-- item:impact --> Impact\n- [ ] somebody else's box\n"

func TestParse(t *testing.T) {
	t.Parallel()
	require.Equal(t, map[string]bool{"rollback": false, "impact": true}, taskbox.Parse(body))
	require.Equal(t, map[string]bool{"rollback": true}, taskbox.Parse(taskbox.Line("rollback", true)+" text"))
}

func TestDiff(t *testing.T) {
	t.Parallel()
	ticked := "Head\r\n\r\n- [x] <!-- item:rollback --> Way back\r\n- [ ] <!-- item:impact --> Impact\r\n- [ ] somebody else's box"
	tests := []struct {
		name, to string
		changed  map[string]bool
		only     bool
	}{
		{"two boxes, line ends of a browser", ticked, map[string]bool{"rollback": true, "impact": false}, true},
		{"nothing", body, map[string]bool{}, true},
		{"text changed while ticking", "Head!\n" + ticked, nil, false},
		{"another box ticked", body[:len(body)-1] + "!", nil, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			changed, only := taskbox.Diff(body, tt.to)
			require.Equal(t, tt.only, only)
			require.Equal(t, tt.changed, changed)
			require.Equal(t, tt.only, taskbox.Hash(body) == taskbox.Hash(tt.to))
		})
	}
}
