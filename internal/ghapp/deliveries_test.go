package ghapp

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

const deliveriesRoute = "GET /app/hook/deliveries"

// attempts cans three pages of deliveries, by cursor.
func (f *fake) attempts(asked *[]string) {
	pages := map[string]string{
		"":   `[{"id":9,"guid":"g3","delivered_at":"2026-03-02T09:50:00Z","redelivery":true,"status_code":202,"event":"push","installation_id":1,"repository_id":100}]`,
		"p2": `[{"id":8,"guid":"g2","delivered_at":"2026-03-02T09:40:00Z","status":"OK","status_code":0,"event":"pull_request","action":"labeled","installation_id":null,"repository_id":null}]`,
		"p3": `[{"id":7,"guid":"g1","delivered_at":"2026-03-02T09:30:00Z","status_code":502,"event":"ping"},{"id":6,"guid":"g0","delivered_at":"2026-03-02T09:20:00Z","status_code":299,"event":"ping"}]`,
	}
	next := map[string]string{"": "p2", "p2": "p3"}
	f.handle(deliveriesRoute, func(w http.ResponseWriter, r *http.Request) {
		*asked = append(*asked, r.URL.RawQuery)
		cursor := r.URL.Query().Get("cursor")
		if n := next[cursor]; n != "" {
			w.Header().Set("Link", fmt.Sprintf(`<%s/api/v3/app/hook/deliveries?per_page=100&cursor=%s>; rel="next"`, f.server.URL, n))
		}
		f.send(w, pages[cursor])
	})
}

func TestDeliveries(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	var asked []string
	f.attempts(&asked)
	l := NewLister(f.creator())
	nine := func(minute int) time.Time { return time.Date(2026, 3, 2, 9, minute, 0, 0, time.UTC) }
	all := []Delivery{
		{ID: 9, GUID: "g3", Event: "push", At: nine(50), OK: true, StatusCode: 202, Redelivery: true, Installation: 1, RepoID: 100},
		{ID: 8, GUID: "g2", Event: "pull_request", Action: "labeled", At: nine(40)},
		{ID: 7, GUID: "g1", Event: "ping", At: nine(30), StatusCode: 502},
		{ID: 6, GUID: "g0", Event: "ping", At: nine(20), StatusCode: 299, OK: true},
	}
	got, err := l.Deliveries(t.Context(), time.Time{}, 10)
	require.NoError(t, err)
	require.Equal(t, all, got)
	require.Equal(t, []string{"per_page=100", "cursor=p2&per_page=100", "cursor=p3&per_page=100"}, asked)

	asked = nil
	got, err = l.Deliveries(t.Context(), nine(45), 10)
	require.NoError(t, err)
	require.Equal(t, all[:1], got)
	require.Len(t, asked, 2, "not read beyond the first that is older")
	got, err = l.Deliveries(t.Context(), nine(40), 10)
	require.NoError(t, err)
	require.Equal(t, all[:2], got, "that of the instant is among them")

	got, err = l.Deliveries(t.Context(), nine(0), 2)
	require.ErrorIs(t, err, ErrCutOff)
	require.Equal(t, all[:2], got)
	_, err = l.Deliveries(t.Context(), nine(0), 3)
	require.NoError(t, err)
}

func TestDeliveriesThatCannotBeHad(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	l := NewLister(f.creator())
	_, err := l.Deliveries(t.Context(), start, 1)
	require.ErrorIs(t, err, ErrUnsupported, "a server without this API")
	f.status(deliveriesRoute, http.StatusInternalServerError, "")
	_, err = l.Deliveries(t.Context(), start, 1)
	require.Error(t, err)
	require.NotErrorIs(t, err, ErrUnsupported)
	f.status(deliveriesRoute, http.StatusTooManyRequests, "")
	var limited *LimitedError
	_, err = l.Deliveries(t.Context(), start, 1)
	require.ErrorAs(t, err, &limited)
	require.Zero(t, limited.Installation, "a limit of the app, of no installation")
	f.always(map[string]any{"data": map[string]any{}})
	require.NoError(t, askGraph(t.Context(), t, l.creator))
}

func TestRedeliver(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	f.status("POST /app/hook/deliveries/8/attempts", http.StatusAccepted, `{}`)
	l := NewLister(f.creator())
	require.NoError(t, l.Redeliver(t.Context(), 8))
	require.ErrorIs(t, l.Redeliver(t.Context(), 9), ErrNotFound)
	f.status("POST /app/hook/deliveries/8/attempts", http.StatusUnprocessableEntity, `{"message":"no"}`)
	err := l.Redeliver(t.Context(), 8)
	var refused *RefusedError
	require.ErrorAs(t, err, &refused)
	require.EqualError(t, err, "redelivering 8: GitHub refused to redeliver: no")
	for _, code := range []int{http.StatusBadRequest, http.StatusUnauthorized, http.StatusForbidden, http.StatusInternalServerError, http.StatusBadGateway} {
		f.status("POST /app/hook/deliveries/8/attempts", code, `{"message":"no"}`)
		err := l.Redeliver(t.Context(), 8)
		require.ErrorContains(t, err, "redelivering 8: ")
		require.NotErrorAs(t, err, &refused, "%d: another try may help", code)
	}
}
