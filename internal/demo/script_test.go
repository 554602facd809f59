package demo

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// update writes what the story prints to testdata/script.txt, which README shows:
// go test ./internal/demo -run TestScript -update.
var update = flag.Bool("update", false, "write testdata/script.txt")

func config(t *testing.T) (Config, *bytes.Buffer) {
	t.Helper()
	var out bytes.Buffer
	return Config{Out: &out, Err: testWriter{t}, Now: time.Now}, &out
}

// testWriter takes what goes wrong inside; nothing should.
type testWriter struct{ t *testing.T }

func (w testWriter) Write(b []byte) (int, error) {
	w.t.Errorf("the service reports: %s", b)
	return len(b), nil
}

func TestScript(t *testing.T) {
	t.Parallel()
	cfg, out := config(t)
	require.NoError(t, Script(t.Context(), cfg))
	golden := filepath.Join("testdata", "script.txt")
	if *update {
		require.NoError(t, os.WriteFile(golden, out.Bytes(), 0o600))
	}
	want, err := os.ReadFile(golden)
	require.NoError(t, err)
	require.Equal(t, string(want), out.String(), "if the new text is right: -update")
	lines := strings.Count(out.String(), "\n")
	require.Greater(t, lines, 60)
	require.Less(t, lines, 120, "README shows it")
}

func TestPlay_WrongEnd(t *testing.T) {
	t.Parallel()
	cfg, out := config(t)
	steps := opening()[:2]
	steps[1].Want.Status = "success: Signed by nobody"
	require.ErrorIs(t, play(t.Context(), cfg, steps), ErrWrong)
	require.Contains(t, out.String(), `WRONG     status: expected "success: Signed by nobody", got "success: Commitments touched, none changed"`)
	require.NotContains(t, out.String(), "ended as they should")
}

func TestPlay_WhatIsNotThere(t *testing.T) {
	t.Parallel()
	cfg, _ := config(t)
	steps := []step{opening()[0], {Tells: "ana ticks", Do: tick(writer, "rollback")}}
	err := play(t.Context(), cfg, steps)
	require.ErrorContains(t, err, "step 2: slagate has not commented")
}

func TestDifferences(t *testing.T) {
	t.Parallel()
	right := scene{
		Status: "pending: x", Labels: []string{"a"}, Refused: "no", Forged: "success by ana", Held: "held", Merged: true, Says: "words",
	}
	require.Empty(t, differences(right, right))
	for name, change := range map[string]func(*scene){
		"status":        func(s *scene) { s.Status = "success: x" },
		"labels":        func(s *scene) { s.Labels = append([]string{"0"}, s.Labels...) },
		"refusal":       func(s *scene) { s.Refused = "" },
		"forged status": func(s *scene) { s.Forged = "" },
		"merge held by": func(s *scene) { s.Held = "" },
		"merged":        func(s *scene) { s.Merged = false },
		"comment":       func(s *scene) { s.Says = "" },
	} {
		got := right
		change(&got)
		wrong := differences(right, got)
		require.Len(t, wrong, 1, name)
		require.Contains(t, wrong[0], name+": expected")
	}
}

func TestWrap(t *testing.T) {
	t.Parallel()
	require.Equal(t, []string{"one two", "three", "a-very-long-word", "x"}, wrap("one two three a-very-long-word x", 8))
	require.Equal(t, []string{""}, wrap("", 8))
}

func TestSections(t *testing.T) {
	t.Parallel()
	body := "<!-- hidden -->\n\n### Heading\n\nLead with `code` and [a link](https://x.test).\n\n**Who**\n\n- **a** (`b`)\n- c\n\n" +
		"**Table**\n\n| H | I |\n|---|---|\n| x<br>z | y |\n\n<details>\n<summary>Fold</summary>\n\nInside\n\n</details>\n\n<sub>end</sub>\n"
	require.Equal(t, []string{"Lead with code and a link."}, lines(body, "Heading"))
	require.Equal(t, []string{"a (b)", "c"}, lines(body, "Who"))
	require.Equal(t, []string{"x z | y"}, lines(body, "Table"))
	require.Equal(t, []string{"Inside"}, lines(body, "Fold"))
	require.Empty(t, lines(body, "Other"))
}

func TestUntimed(t *testing.T) {
	t.Parallel()
	require.Equal(t, "since x signed: y came in (sam signed)", untimed("since x signed: y came in (sam signed on 2026-03-02 07:00 UTC at a1b2c3d)"))
	require.Equal(t, "bob: no", untimed("bob, 2026-03-02 11:00 UTC: no"))
}
