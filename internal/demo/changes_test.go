package demo

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/slagate/slagate/internal/githubsim"
)

func TestChangesApply(t *testing.T) {
	t.Parallel()
	files, err := shopFiles()
	require.NoError(t, err)
	read := func(path string) (string, bool) {
		f, ok := files[path]
		return f.Content, ok
	}
	seen := map[string]bool{}
	for _, c := range changes() {
		require.False(t, seen[c.ID], c.ID)
		seen[c.ID] = true
		changed, err := c.Edit(read)
		require.NoError(t, err, c.ID)
		require.NotEmpty(t, changed, c.ID)
		for path, f := range changed {
			require.NotEqual(t, files[path], f, "%s leaves %s alike", c.ID, path)
		}
	}
	for _, p := range pushes() {
		once, err := p.Edit(read)
		require.NoError(t, err, p.ID)
		require.Len(t, once, 1)
		for path, f := range once {
			require.NotEqual(t, files[path], f, p.ID)
			again, err := p.Edit(func(string) (string, bool) { return f.Content, true })
			require.NoError(t, err, p.ID)
			require.NotEqual(t, f, again[path], "%s has nothing to push a second time", p.ID)
		}
	}
}

func TestEdit_NothingLeft(t *testing.T) {
	t.Parallel()
	gone := func(string) (string, bool) { return "", false }
	empty := func(string) (string, bool) { return "", true }
	for _, c := range changes() {
		_, err := c.Edit(gone)
		require.ErrorContains(t, err, "this branch has no ", c.ID)
		if c.ID != "rename" {
			_, err = c.Edit(empty)
			require.ErrorIs(t, err, errApplied, c.ID)
		}
	}
}

// TestPeople holds the cast against what the story and the page say of them.
func TestPeople(t *testing.T) {
	t.Parallel()
	roles := map[string]githubsim.Role{}
	of := map[string]int{}
	for _, p := range people() {
		roles[p.Login] = p.Role
		of[p.Team]++
	}
	require.Equal(t, githubsim.RoleRead, roles["lee"])
	require.Equal(t, githubsim.RoleWrite, roles[writer])
	require.Equal(t, githubsim.RoleAdmin, roles[mayor])
	require.Equal(t, 2, of["security"])
	for _, f := range functions() {
		require.Positive(t, of[f], f)
	}
}
