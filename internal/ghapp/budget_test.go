package ghapp

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// left cans an answer that says how much of 5,000 is left until a time from the start.
func (f *fake) left(remaining int, until time.Duration) {
	f.status(commitRoute, http.StatusOK, `{}`, "X-Ratelimit-Limit", "5000", "X-Ratelimit-Remaining", strconv.Itoa(remaining),
		"X-Ratelimit-Resource", "core", "X-Ratelimit-Reset", strconv.FormatInt(start.Add(until).Unix(), 10))
}

func TestWorkThatNobodyWaitsForStopsFirst(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	f.always(map[string]any{"data": map[string]any{}})
	c := f.creator()
	urgent, calm := t.Context(), Calm(t.Context())
	f.reply(commitRoute, `{}`)
	require.NoError(t, getCommit(calm, t, c, 1), "nothing is known yet")
	f.left(1001, 20*time.Minute)
	require.NoError(t, getCommit(calm, t, c, 1))
	require.NoError(t, getCommit(calm, t, c, 1), "more than a fifth is left")
	f.left(1000, 20*time.Minute)
	require.NoError(t, getCommit(urgent, t, c, 1))
	f.requests()

	var limited *LimitedError
	require.ErrorAs(t, getCommit(calm, t, c, 1), &limited)
	require.Equal(t, start.Add(20*time.Minute), limited.Until.UTC())
	require.Equal(t, "installation 1 keeps what is left of its limit for what people wait for until 2026-03-02T10:20:00Z", limited.Error())
	require.Empty(t, f.requests(), "nothing is sent")
	require.NoError(t, askGraph(calm, t, c), "GraphQL has a budget of its own")
	require.NoError(t, getCommit(calm, t, c, 2), "so has another installation")
	f.left(1, 20*time.Minute)
	require.NoError(t, getCommit(urgent, t, c, 1), "what people wait for goes on")
	require.NoError(t, getCommit(urgent, t, c, 1))

	f.left(4999, 80*time.Minute)
	f.pass(20*time.Minute - time.Second)
	require.ErrorAs(t, getCommit(calm, t, c, 1), &limited)
	f.pass(time.Second)
	require.NoError(t, getCommit(calm, t, c, 1), "a new hour")
	require.NoError(t, getCommit(calm, t, c, 1))
}

func TestAnswersThatOvertakeEachOther(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	c := f.creator()
	var limited *LimitedError
	f.left(900, 20*time.Minute)
	require.NoError(t, getCommit(t.Context(), t, c, 1))
	f.left(1100, 20*time.Minute+time.Second) // sent before, answered after
	require.NoError(t, getCommit(t.Context(), t, c, 1))
	require.ErrorAs(t, getCommit(Calm(t.Context()), t, c, 1), &limited)
	f.left(4000, 60*time.Minute)
	require.NoError(t, getCommit(t.Context(), t, c, 1))
	require.NoError(t, getCommit(Calm(t.Context()), t, c, 1), "another window")
}

func TestServersWithoutLimits(t *testing.T) {
	t.Parallel()
	reset := strconv.FormatInt(start.Add(time.Hour).Unix(), 10)
	for _, headers := range [][]string{
		nil,
		{"X-Ratelimit-Remaining", "1"},
		{"X-Ratelimit-Remaining", "1", "X-Ratelimit-Limit", "5000"},
		{"X-Ratelimit-Remaining", "1", "X-Ratelimit-Limit", "0", "X-Ratelimit-Reset", reset},
		{"X-Ratelimit-Remaining", "few", "X-Ratelimit-Limit", "5000", "X-Ratelimit-Reset", reset},
		{"X-Ratelimit-Limit", "5000", "X-Ratelimit-Reset", reset},
		{"X-Ratelimit-Remaining", "1", "X-Ratelimit-Limit", "5000", "X-Ratelimit-Reset", "later"},
	} {
		f := newFake(t)
		f.status(commitRoute, http.StatusOK, `{}`, headers...)
		c := f.creator()
		for range 3 {
			require.NoError(t, getCommit(Calm(t.Context()), t, c, 1), "%q", headers)
		}
	}
}

func TestBudgetWithoutItsNameIsThatOfTheRequest(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	f.status("POST /api/graphql", http.StatusOK, `{"data":{}}`, "X-Ratelimit-Limit", "5000", "X-Ratelimit-Remaining", "7",
		"X-Ratelimit-Reset", strconv.FormatInt(start.Add(time.Minute).Unix(), 10))
	f.reply(commitRoute, `{}`)
	c := f.creator()
	require.NoError(t, askGraph(t.Context(), t, c))
	var limited *LimitedError
	require.ErrorAs(t, askGraph(Calm(t.Context()), t, c), &limited)
	require.NoError(t, getCommit(Calm(t.Context()), t, c, 1))
}

func TestAtMostAHundredRequestsAtOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		sent, answer := make(chan struct{}, 2*concurrent), make(chan struct{})
		next := roundTripper(func(*http.Request) (*http.Response, error) {
			sent <- struct{}{}
			<-answer
			return nil, errors.New("no answer")
		})
		l := newLimiter(1, next, nil, func() time.Time { return start })
		ctx, giveUp := context.WithCancel(t.Context())
		done := make(chan error, 2*concurrent)
		ask := func(ctx context.Context) {
			req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://github.test/x", http.NoBody)
			if err == nil {
				_, err = l.RoundTrip(req) //nolint:bodyclose // there is no response
			}
			done <- err
		}
		for range concurrent {
			go ask(t.Context())
		}
		synctest.Wait()
		go ask(ctx)
		go ask(t.Context())
		synctest.Wait()
		require.Len(t, sent, concurrent)
		giveUp()
		require.ErrorIs(t, <-done, context.Canceled, "who does not wait any longer is let go")
		answer <- struct{}{}
		require.ErrorContains(t, <-done, "no answer")
		synctest.Wait()
		require.Len(t, sent, concurrent+1, "the next one takes the free place")
		close(answer)
		for range concurrent {
			require.ErrorContains(t, <-done, "no answer")
		}
		require.Empty(t, l.slots)
	})
}
