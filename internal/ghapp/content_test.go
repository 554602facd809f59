package ghapp

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/slagate/slagate/internal/plan"
	"github.com/slagate/slagate/internal/pull"
)

// writes counts the actions of a kind that are carried out before one is limited.
func writes(t *testing.T, w *Writer, at pull.Ref, kind plan.Kind, atMost int) (int, *LimitedError) {
	t.Helper()
	action := plan.Action{Kind: kind, Body: "x", CommentID: 5, Reaction: "eyes"}
	for n := range atMost {
		_, err := w.Apply(t.Context(), at, action)
		var limited *LimitedError
		if err != nil {
			require.ErrorAs(t, err, &limited)
			return n, limited
		}
	}
	return atMost, nil
}

func TestCommentsStayWithinGitHubsLimits(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	f.status("POST /repos/acme/shop/issues/12/comments", http.StatusCreated, `{"id":5}`)
	f.status("POST /repos/acme/shop/issues/comments/5/reactions", http.StatusCreated, `{}`)
	f.reply("PATCH /repos/acme/shop/issues/comments/5", `{"id":5}`)
	f.reply(commitRoute, `{}`)
	c := f.creator()
	w := NewWriter(c)
	made, limited := writes(t, w, ref, plan.CreateComment, 30)
	require.Nil(t, limited)
	f.pass(20 * time.Second)
	more, limited := writes(t, w, ref, plan.React, 100)
	require.Equal(t, contentPerMinute, made+more, "comments and reactions count alike")
	require.Equal(t, start.Add(time.Minute), limited.Until)
	require.Equal(t, "installation 1 has written as much as GitHub allows until 2026-03-02T10:01:00Z", limited.Error())
	require.Len(t, f.requests(), contentPerMinute, "nothing beyond is sent")

	made, limited = writes(t, w, ref, plan.EditComment, 100)
	require.Nil(t, limited, "editing creates nothing")
	require.Equal(t, 100, made)
	require.NoError(t, getCommit(t.Context(), t, c, 1), "reading goes on")
	elsewhere := ref
	elsewhere.Installation = 2
	_, limited = writes(t, w, elsewhere, plan.CreateComment, contentPerMinute)
	require.Nil(t, limited, "another installation has limits of its own")

	f.pass(40 * time.Second)
	made, limited = writes(t, w, ref, plan.CreateComment, 100)
	require.Equal(t, 30, made, "as many as were made more than a minute ago")
	require.Equal(t, 20*time.Second, limited.RetryAfter())
}

func TestCommentsInAnHour(t *testing.T) {
	t.Parallel()
	log := newContentLog(0)
	now, taken := start, 0
	for now.Before(start.Add(time.Hour)) {
		if until, ok := log.take(now); !ok {
			require.True(t, until.After(now))
			now = until
			continue
		}
		taken++
	}
	require.Equal(t, contentPerHour, taken)
	require.Equal(t, start.Add(time.Hour), now)
	_, ok := log.take(now)
	require.True(t, ok)
}

func TestBoundsOfContent(t *testing.T) {
	t.Parallel()
	for perMinute, want := range map[int]int{8: 50, 1: 6, 160: 1000} {
		log := newContentLog(perMinute)
		now, first, taken := start, 0, 0
		for now.Before(start.Add(time.Hour)) {
			until, ok := log.take(now)
			if ok {
				taken++
				continue
			}
			if now.Equal(start) {
				first = taken
			}
			now = until
		}
		require.Equal(t, perMinute, first)
		require.Equal(t, want, taken)
		require.LessOrEqual(t, cap(log.times), 4*want)
	}
	log := newContentLog(-1)
	for range 2 * contentPerHour {
		_, ok := log.take(start)
		require.True(t, ok)
	}
}

func TestContentWithAClockThatIsSetBack(t *testing.T) {
	t.Parallel()
	log := newContentLog(2)
	for range 2 {
		_, ok := log.take(start)
		require.True(t, ok)
	}
	back := start.Add(-24 * time.Hour)
	until, ok := log.take(back)
	require.False(t, ok)
	require.Equal(t, back.Add(time.Minute), until, "a minute at most, not a day")
}
