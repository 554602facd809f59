package ghapp

import (
	"context"
	"net/http"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

const commitRoute = "GET /repos/acme/shop/commits/main"

// getCommit asks something by REST.
func getCommit(ctx context.Context, t *testing.T, c *Creator, installation int64) error {
	t.Helper()
	inst, err := c.installation(installation)
	require.NoError(t, err)
	return inst.get(ctx, "repos/acme/shop/commits/main", nil)
}

// askGraph asks something by GraphQL.
func askGraph(ctx context.Context, t *testing.T, c *Creator) error {
	t.Helper()
	inst, err := c.installation(1)
	require.NoError(t, err)
	q := newGraphQuery()
	q.write("viewer{login}")
	_, err = c.ask(ctx, inst, q, nil)
	return err
}

func TestLimitsOfGitHub(t *testing.T) {
	t.Parallel()
	inTenMinutes := strconv.FormatInt(start.Add(10*time.Minute).Unix(), 10)
	for _, test := range []struct {
		name    string
		status  int
		body    string
		headers []string
		wait    time.Duration // 0: no limit
	}{
		{name: "429 with Retry-After", status: 429, headers: []string{"Retry-After", "30"}, wait: 30 * time.Second},
		{name: "429 with nothing", status: 429, body: `{}`, wait: time.Minute},
		{name: "429 with a date", status: 429, headers: []string{"Retry-After", start.Add(90 * time.Second).Format(http.TimeFormat)}, wait: 90 * time.Second},
		{name: "429 with nonsense", status: 429, headers: []string{"Retry-After", "soon"}, wait: time.Minute},
		{name: "Retry-After beats the reset", status: 403, headers: []string{"Retry-After", "5", "X-Ratelimit-Remaining", "0", "X-Ratelimit-Reset", inTenMinutes}, wait: 5 * time.Second},
		{name: "primary limit", status: 403, headers: []string{"X-Ratelimit-Remaining", "0", "X-Ratelimit-Reset", inTenMinutes, "X-Ratelimit-Resource", "core"}, wait: 10 * time.Minute},
		{name: "secondary limit without a header", status: 403, body: `{"message":"You have exceeded a secondary rate limit."}`, wait: time.Minute},
		{
			name: "secondary limit does not wait for the reset of the primary one", status: 403, body: `{"message":"You have exceeded a secondary rate limit."}`,
			headers: []string{"X-Ratelimit-Remaining", "4000", "X-Ratelimit-Reset", inTenMinutes}, wait: time.Minute,
		},
		{name: "secondary limit by its page", status: 403, body: `{"message":"no","documentation_url":"https://docs.github.com/rest/overview/rate-limits-for-the-rest-api#about-secondary-rate-limits"}`, wait: time.Minute},
		{name: "asks for a year", status: 429, headers: []string{"Retry-After", "31536000"}, wait: sanestWait},
		{name: "a missing permission", status: 403, body: `{"message":"Resource not accessible by integration"}`},
		{name: "an error", status: 500, body: `secondary rate limit`},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			f := newFake(t)
			f.status(commitRoute, test.status, test.body, test.headers...)
			c := f.creator()

			err := getCommit(t.Context(), t, c, 1)
			require.Error(t, err)
			var limited *LimitedError
			if test.wait == 0 {
				require.NotErrorAs(t, err, &limited)
				return
			}
			require.ErrorAs(t, err, &limited)
			require.Equal(t, test.wait, limited.RetryAfter())
			require.Equal(t, int64(1), limited.Installation)
			require.Len(t, f.requests(), 1)

			f.pass(test.wait - time.Second)
			require.ErrorAs(t, getCommit(t.Context(), t, c, 1), &limited)
			require.Equal(t, time.Second, limited.RetryAfter())
			require.Empty(t, f.requests(), "answered without GitHub while the limit holds")

			f.reply(commitRoute, `{}`)
			require.NoError(t, getCommit(t.Context(), t, c, 2), "another installation is not held up")
			f.pass(time.Second)
			require.NoError(t, getCommit(t.Context(), t, c, 1))
		})
	}
}

// TestLimitWithoutATimeCountsOnce: one limit refuses all requests that were under way; it is no
// reason to stay away the longer the more there were.
func TestLimitWithoutATimeCountsOnce(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC)
	l := newLimiter(1, nil, nil, func() time.Time { return now })
	refused := &http.Response{StatusCode: http.StatusTooManyRequests, Header: http.Header{}}
	for range 10 {
		var limited *LimitedError
		require.ErrorAs(t, l.judge(false, refused, nil), &limited)
		require.Equal(t, time.Minute, limited.RetryAfter())
	}
	now = now.Add(time.Minute)
	var limited *LimitedError
	require.ErrorAs(t, l.judge(false, refused, nil), &limited)
	require.Equal(t, 2*time.Minute, limited.RetryAfter(), "the next one counts")
}

func TestLimitWithoutATimeGrowsAndStartsAnew(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	f.status(commitRoute, http.StatusTooManyRequests, "")
	c := f.creator()
	var limited *LimitedError
	for _, minutes := range []time.Duration{1, 2, 4, 8, 15, 15} {
		require.ErrorAs(t, getCommit(t.Context(), t, c, 1), &limited)
		require.Equal(t, minutes*time.Minute, limited.RetryAfter())
		f.pass(limited.RetryAfter())
	}
	f.reply(commitRoute, `{}`)
	require.NoError(t, getCommit(t.Context(), t, c, 1))
	f.status(commitRoute, http.StatusTooManyRequests, "")
	require.ErrorAs(t, getCommit(t.Context(), t, c, 1), &limited)
	require.Equal(t, time.Minute, limited.RetryAfter())
}

func TestLastRequestOfTheHourIsServedAndTheNextIsNotSent(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	f.status(commitRoute, http.StatusOK, `{}`, "X-Ratelimit-Remaining", "0", "X-Ratelimit-Resource", "core",
		"X-Ratelimit-Reset", strconv.FormatInt(start.Add(20*time.Minute).Unix(), 10))
	f.always(map[string]any{"data": map[string]any{}})
	c := f.creator()
	require.NoError(t, getCommit(t.Context(), t, c, 1))
	var limited *LimitedError
	require.ErrorAs(t, getCommit(t.Context(), t, c, 1), &limited)
	require.Equal(t, 20*time.Minute, limited.RetryAfter())
	require.Len(t, f.requests(), 1)
	require.NoError(t, askGraph(t.Context(), t, c), "GraphQL has a budget of its own")
}

func TestResetIsReadByGitHubsClock(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	f.status(commitRoute, http.StatusForbidden, `{}`, "X-Ratelimit-Remaining", "0",
		"X-Ratelimit-Reset", strconv.FormatInt(start.Add(5*time.Minute).Unix(), 10))
	cfg := f.config()
	cfg.Now = func() time.Time { return f.clock().Add(-3 * time.Hour) } // our clock is three hours slow
	c, err := NewCreator(cfg)
	require.NoError(t, err)
	var limited *LimitedError
	require.ErrorAs(t, getCommit(t.Context(), t, c, 1), &limited)
	require.Equal(t, 5*time.Minute, limited.RetryAfter())
}

func TestLimitInGraphQL(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	f.always(map[string]any{"data": nil, "errors": []any{map[string]any{"type": "RATE_LIMITED", "message": "API rate limit exceeded"}}})
	c := f.creator()
	var limited *LimitedError
	require.ErrorAs(t, askGraph(t.Context(), t, c), &limited)
	require.Equal(t, time.Minute, limited.RetryAfter())
	require.ErrorAs(t, getCommit(t.Context(), t, c, 1), &limited, "REST and GraphQL share the limiter")
}

func TestWordsInACommentAreNoLimit(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	answer := answerJSON(t)
	comment := decoded(t, `[{"databaseId":1,"body":"\"errors\" RATE_LIMITED secondary rate limit","createdAt":"2026-03-02T09:00:00Z","author":null}]`)
	put(t, answer, "data.repository.pullRequest.comments.nodes", comment)
	f.always(answer)
	_, err := NewGatherer(f.creator()).Read(t.Context(), ref, hints())
	require.NoError(t, err)
}

func TestGoGitHubDoesNotBlockByItself(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	f.status(commitRoute, http.StatusOK, `{}`, "X-Ratelimit-Remaining", "0", "X-Ratelimit-Resource", "core",
		"X-Ratelimit-Reset", strconv.FormatInt(time.Date(2099, 1, 1, 0, 0, 0, 0, time.UTC).Unix(), 10))
	c := f.creator()
	require.NoError(t, getCommit(t.Context(), t, c, 1))
	f.pass(sanestWait)
	require.NoError(t, getCommit(t.Context(), t, c, 1), "by our clock the limit is over")
	require.Len(t, f.requests(), 2)
}
