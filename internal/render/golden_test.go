package render_test

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/slagate/slagate/internal/gate"
	"github.com/slagate/slagate/internal/pull"
	"github.com/slagate/slagate/internal/render"
)

// update rewrites the golden files: go test ./internal/render -run TestGolden -update.
// Read the difference as prose before committing it.
var update = flag.Bool("update", false, "rewrite the golden files of the comment")

func TestGolden(t *testing.T) {
	t.Parallel()
	for _, s := range situations() {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			got := render.Comment(s.decision, s.options)
			golden := filepath.Join("testdata", s.name+".md")
			if *update {
				require.NoError(t, os.WriteFile(golden, []byte(got), 0o600))
			}
			want, err := os.ReadFile(golden)
			require.NoError(t, err)
			require.Equal(t, string(want), got)
		})
	}
}

func TestComment_Frame(t *testing.T) {
	t.Parallel()
	for _, s := range situations() {
		body := render.Comment(s.decision, s.options)
		require.True(t, strings.HasPrefix(body, render.Marker+"\n"), s.name)
		require.Contains(t, body, "evaluated at "+s.decision.Head[:7]+", 2026-03-02 12:00 UTC", s.name)
		require.Equal(t, body, render.Comment(s.decision, s.options), "%s: the same decision gives the same bytes", s.name)
		for line := range strings.Lines(body) {
			require.False(t, strings.HasPrefix(strings.TrimLeft(line, " -*>"), "/sla"), "%s: a line looks like a command: %q", s.name, line)
		}
	}
}

// Only those whose turn it is are mentioned, once, and the same at every edit
// until it is no longer their turn.
func TestComment_Mentions(t *testing.T) {
	t.Parallel()
	mentions := func(d gate.Decision) []string {
		var found []string
		for _, name := range []string{"@acme/product", "@acme/legal", "@jane", "@acme/security", "@acme/support"} {
			for range strings.Count(render.Comment(d, render.Options{}), name) {
				found = append(found, name)
			}
		}
		return found
	}
	require.Equal(t, []string{"@acme/product", "@acme/legal", "@jane", "@acme/security", "@acme/support"}, mentions(waiting()))
	require.Equal(t, []string{"@acme/legal", "@jane", "@acme/security"}, mentions(partlySigned()))
	require.Empty(t, mentions(allSigned()))
	require.Equal(t, 0, strings.Count(render.Comment(allSigned(), render.Options{Author: person(1, "ana")}), "@"))
}

func TestComment_Methods(t *testing.T) {
	t.Parallel()
	d := waiting()
	d.Methods = nil
	body := render.Comment(d, render.Options{})
	require.Contains(t, body, "`/sla sign legal` or add the label `sla/legal-approved`")
	require.NotContains(t, body, "review")
	d.Methods = append(d.Methods, "review")
	body = render.Comment(d, render.Options{})
	require.Contains(t, body, "approve in a review")
	require.NotContains(t, body, "/sla sign")
	require.NotContains(t, body, "sla/legal-approved")
}

func TestComment_LastFiveRefusals(t *testing.T) {
	t.Parallel()
	d := waiting()
	for _, name := range []string{"r1", "r2", "r3", "r4", "r5", "r6", "r7"} {
		d.Refusals = append(d.Refusals, gate.Refusal{Person: person(1, name), At: noon, What: "/sla sign legal", Why: "no"})
	}
	body := render.Comment(d, render.Options{})
	require.NotContains(t, body, "`r2`")
	for _, name := range []string{"`r3`", "`r4`", "`r5`", "`r6`", "`r7`"} {
		require.Contains(t, body, name)
	}
}

func TestSameComment(t *testing.T) {
	t.Parallel()
	d := waiting()
	body := render.Comment(d, render.Options{})
	d.At = d.At.Add(48*time.Hour + time.Minute)
	later := render.Comment(d, render.Options{})
	require.NotEqual(t, body, later)
	require.True(t, render.SameComment(body, later))
	require.True(t, render.SameComment(body, strings.ReplaceAll(strings.TrimSpace(later), "\n", "\r\n")))
	d.Head = headTwo
	require.False(t, render.SameComment(body, render.Comment(d, render.Options{})))
	require.False(t, render.SameComment(body, body+"more"))
	require.False(t, render.SameComment(body, strings.Replace(body, "- [ ]", "- [x]", 1)))
}

func TestComment_Tick(t *testing.T) {
	t.Parallel()
	d := waiting()
	d.Checklist[1].Tick = &pull.Tick{State: pull.TickUndone, Person: person(1, "ana"), At: noon}
	body := render.Comment(d, render.Options{})
	require.Contains(t, body, "- [ ] <!-- item:rollback --> The way back is written down and was tried (`rollback`, **required**) – opened again by `ana`, 2026-03-02 12:00 UTC\n")
	d.Checklist[1].Tick.State = pull.TickDone
	require.Contains(t, render.Comment(d, render.Options{}), "- [x] <!-- item:rollback -->")
}
