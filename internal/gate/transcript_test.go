package gate_test

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"
	"github.com/stretchr/testify/require"
)

// update rewrites what the transcripts expect: go test ./internal/gate -update.
// Read the difference as prose before it is kept.
var update = flag.Bool("update", false, "rewrite the want sections of the transcripts")

// TestTranscripts plays every story of testdata. A story is a timeline, one
// event a line, and what slagate concluded wherever the timeline says "show".
// The events are listed at deeds, what is not said stands in newWorld.
func TestTranscripts(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/*.txtar")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			t.Parallel()
			archive, err := txtar.ParseFile(file)
			require.NoError(t, err)
			require.NotEmpty(t, strings.TrimSpace(string(archive.Comment)), "the first lines say the story")
			got := play(t, archive)
			if *update {
				keep(archive, "want", got)
				require.NoError(t, os.WriteFile(file, txtar.Format(archive), 0o600))
				return
			}
			require.Equal(t, section(archive, "want"), got)
		})
	}
}

// play plays a story and returns what was concluded.
func play(t *testing.T, archive *txtar.Archive) string {
	t.Helper()
	w := newWorld(t, archive)
	for line := range strings.Lines(section(archive, "timeline")) {
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "#") {
			w.do(line)
		}
	}
	return w.out.String()
}

func section(archive *txtar.Archive, name string) string {
	for _, f := range archive.Files {
		if f.Name == name {
			return string(f.Data)
		}
	}
	return ""
}

func keep(archive *txtar.Archive, name, text string) {
	for i := range archive.Files {
		if archive.Files[i].Name == name {
			archive.Files[i].Data = []byte(text)
			return
		}
	}
	archive.Files = append(archive.Files, txtar.File{Name: name, Data: []byte(text)})
}
