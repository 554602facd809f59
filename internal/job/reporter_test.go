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

// line is the first line with that phrase and that text in it, nil if there is none.
func (j *journal) line(t *testing.T, phrase, text string) map[string]any {
	t.Helper()
	j.mu.Lock()
	defer j.mu.Unlock()
	for line := range strings.Lines(j.text.String()) {
		if strings.Contains(line, `"message":"`+phrase+`"`) && strings.Contains(line, text) {
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
		require.Eventually(t, func() bool { return lines.line(t, phrase, "") != nil }, patience, tick)
		return lines.line(t, phrase, "")
	}
	for phrase, level := range map[string]string{"at work": "info", "job failed": "warn"} {
		got := seen(phrase)
		require.Subset(t, got, map[string]any{"level": level, "repo": "acme/shop", "pr": 12.0, "delivery": "g1"})
		require.Contains(t, got, "job")
	}
	require.Subset(t, seen("job failed"), map[string]any{"kind": "evaluate", "attempt": 1.0, "error": "evaluate acme/shop#12: bad gateway"})
	b.arrive(t, "g2", 13)
	got := seen("job panicked")
	require.Subset(t, got, map[string]any{
		"level": "error", "repo": "acme/shop", "pr": 13.0, "delivery": "g2", "kind": "evaluate", "attempt": 1.0, "panic": "a bug",
	})
	require.Contains(t, got, "job")
	require.Contains(t, got["trace"], "reporter_test.go", "where it began")
	require.Eventually(t, func() bool {
		var kept string
		require.NoError(t, b.db.Writer().QueryRowContext(t.Context(),
			`select coalesce(cast(json(errors) as text), '') from river_job where id = ?`, got["job"]).Scan(&kept))
		return strings.Contains(kept, `"error":"a bug"`)
	}, patience, tick, "and in the job's row in the same words")
	b.arrive(t, "g3", 14)
	require.Subset(t, seen("job put off"), map[string]any{"repo": "acme/shop", "pr": 14.0, "delivery": "g3"})
}

// Work on a merge group and on many pull requests is named as well, by what its job's row tells.
func TestLinesOfWideWork(t *testing.T) {
	t.Parallel()
	b, lines := setup(t), &journal{}
	b.config.Log = zerolog.New(lines)
	b.config.Handlers.Group = func(context.Context, store.MergeGroup) error { panic("a bug in groups") }
	b.config.Handlers.Fan = func(_ context.Context, look store.Look) error {
		if look.Head != "" {
			panic("a bug in looks")
		}
		return errors.New("bad gateway")
	}
	d := arrival("g1", 12)
	d.MergeGroups = []store.MergeGroup{{Ref: d.Pulls[0].Ref, Head: "mmm"}}
	d.Looks = []store.Look{
		{Scope: store.ScopeRepo, RepoID: repoID, Owner: "acme", Repo: "shop", Why: "test"},
		{Scope: store.ScopeHead, RepoID: repoID, Owner: "acme", Repo: "shop", Head: "hhh", Why: "test"},
	}
	_, err := b.db.Accept(t.Context(), d)
	require.NoError(t, err)
	b.start(t)
	seen := func(phrase, text string, want map[string]any) {
		t.Helper()
		require.Eventually(t, func() bool { return lines.line(t, phrase, text) != nil }, patience, tick)
		got := lines.line(t, phrase, text)
		require.Subset(t, got, want)
		require.Contains(t, got, "job")
	}
	seen("job panicked", "in groups", map[string]any{"kind": "group", "repo": "acme/shop", "head": "mmm", "attempt": 1.0})
	seen("job panicked", "in looks", map[string]any{"kind": "fan", "repo": "acme/shop", "repo_id": float64(repoID), "head": "hhh", "attempt": 1.0})
	seen("job failed", "bad gateway", map[string]any{"kind": "fan", "repo": "acme/shop", "repo_id": float64(repoID), "error": "fan: bad gateway", "attempt": 1.0})
}
