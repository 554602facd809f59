package job_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"

	"github.com/slagate/slagate/internal/store"
)

// journal keeps the lines of a log.
type journal struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (j *journal) Write(b []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.Write(b)
}

// line is the first line with that phrase, nil if there is none.
func (j *journal) line(t *testing.T, phrase string) map[string]any {
	t.Helper()
	j.mu.Lock()
	defer j.mu.Unlock()
	for line := range strings.Lines(j.text.String()) {
		if strings.Contains(line, `"message":"`+phrase+`"`) {
			var fields map[string]any
			require.NoError(t, json.Unmarshal([]byte(line), &fields))
			return fields
		}
	}
	return nil
}

// Each line says what it is about, whatever became of the work.
func TestLinesOfALogNameTheirPullRequest(t *testing.T) {
	t.Parallel()
	b, lines := setup(t), &journal{}
	b.config.Log = zerolog.New(lines)
	b.config.Handlers.Evaluate = func(ctx context.Context, turn store.Turn, _ bool) (time.Duration, error) {
		zerolog.Ctx(ctx).Info().Msg("at work")
		switch turn.Ref.Number {
		case 12:
			return 0, errors.New("bad gateway")
		case 13:
			panic(errors.New("a bug"))
		}
		return 0, limited{time.Hour}
	}
	b.arrive(t, "g1", 12)
	b.start(t)
	seen := func(phrase string) map[string]any {
		t.Helper()
		require.Eventually(t, func() bool { return lines.line(t, phrase) != nil }, patience, tick)
		return lines.line(t, phrase)
	}
	for phrase, level := range map[string]string{"at work": "info", "job failed": "warn"} {
		got := seen(phrase)
		require.Subset(t, got, map[string]any{"level": level, "repo": "acme/shop", "pr": 12.0, "delivery": "g1"})
		require.Contains(t, got, "job")
	}
	require.Subset(t, seen("job failed"), map[string]any{"kind": "evaluate", "attempt": 1.0, "error": "evaluate acme/shop#12: bad gateway"})
	b.arrive(t, "g2", 13)
	got := seen("job panicked")
	require.Subset(t, got, map[string]any{"level": "error", "repo_id": float64(repoID), "pr": 13.0, "kind": "evaluate", "panic": "a bug"})
	require.Contains(t, got["trace"], "reporter_test.go")
	b.arrive(t, "g3", 14)
	require.Subset(t, seen("job put off"), map[string]any{"repo": "acme/shop", "pr": 14.0, "delivery": "g3"})
}
