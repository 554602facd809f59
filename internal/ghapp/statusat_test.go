package ghapp

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/slagate/slagate/internal/pull"
)

func TestStatusAt(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	route := "GET /repos/acme/shop/commits/" + headSHA + "/statuses"
	f.pages(route,
		`[{"context":"Slagate","state":"Success","description":"signed","target_url":"https://x/2","created_at":"2026-03-02T09:40:00Z","creator":{"id":9,"login":"slagate[bot]","type":"Bot"}},
		  {"context":"ci/test","state":"failure","created_at":"2026-03-02T09:35:00Z"}]`,
		`[{"context":"slagate","state":"pending","description":"Waiting","created_at":"2026-03-02T09:30:00Z","creator":null},
		  {"context":"slagate","state":"error","created_at":"2026-03-02T09:20:00Z"}]`)
	l := NewLister(f.creator())
	ask := func(at time.Time) (pull.Status, bool) {
		t.Helper()
		status, found, err := l.StatusAt(t.Context(), ref, headSHA, "slagate", at)
		require.NoError(t, err)
		return status, found
	}
	success := pull.Status{
		Context: "Slagate", State: "success", Description: "signed", TargetURL: "https://x/2",
		Creator: pull.Person{ID: 9, Login: "slagate[bot]", Kind: pull.KindBot},
	}
	got, found := ask(nine(50))
	require.True(t, found)
	require.Equal(t, success, got)
	require.Len(t, f.requests(), 1, "older pages are not read")
	got, _ = ask(nine(40))
	require.Equal(t, success, got, "the second of the instant counts")
	got, found = ask(nine(40).Add(-time.Second))
	require.True(t, found)
	require.Equal(t, pull.Status{Context: "slagate", State: "pending", Description: "Waiting"}, got)
	got, _ = ask(nine(25))
	require.Equal(t, "error", got.State)
	_, found = ask(nine(19))
	require.False(t, found)
}

func TestStatusThatCannotBeRead(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	l := NewLister(f.creator())
	_, found, err := l.StatusAt(t.Context(), ref, headSHA, "slagate", start)
	require.Error(t, err, "an unknown commit is not one without a status")
	require.False(t, found)
	f.status("GET /repos/acme/shop/commits/"+headSHA+"/statuses", http.StatusInternalServerError, "")
	_, _, err = l.StatusAt(t.Context(), ref, headSHA, "slagate", start)
	require.Error(t, err)
	f.requests()
	_, _, err = l.StatusAt(t.Context(), ref, "main", "slagate", start)
	require.ErrorIs(t, err, errNotCommit, "a branch is not a commit")
	require.Empty(t, f.requests())
}
