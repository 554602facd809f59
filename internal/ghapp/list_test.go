package ghapp

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/slagate/slagate/internal/pull"
)

// pages cans an answer of two pages.
func (f *fake) pages(route, first, second string) {
	f.handle(route, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Get("page") == "2" {
			f.send(w, second)
			return
		}
		w.Header().Set("Link", fmt.Sprintf(`<%s%s?per_page=100&page=2>; rel="next"`, f.server.URL, r.URL.Path))
		f.send(w, first)
	})
}

func TestInstallations(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	f.pages("GET /app/installations", `[{"id":1,"account":{"id":50,"login":"acme","type":"Organization"}}]`,
		`[{"id":2,"account":{"id":51,"login":"ana","type":"User"},"suspended_at":"2026-01-01T00:00:00Z"}]`)
	l := NewLister(f.creator())
	got, err := l.Installations(t.Context())
	require.NoError(t, err)
	require.Equal(t, []Installation{
		{ID: 1, OwnerID: 50, Owner: "acme", OwnerKind: "Organization"},
		{ID: 2, OwnerID: 51, Owner: "ana", OwnerKind: "User", Suspended: true},
	}, got)
	app, err := l.App(t.Context())
	require.NoError(t, err)
	require.Equal(t, "slagate", app.Slug)
	f.status("GET /app/installations", http.StatusInternalServerError, "")
	_, err = l.Installations(t.Context())
	require.Error(t, err)
}

func TestRepositories(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	repo := func(id int, name string) string {
		return fmt.Sprintf(`{"repositories":[{"id":%d,"name":%q,"owner":{"id":50,"login":"acme"},"default_branch":"main","private":true,"archived":%v}]}`, id, name, id == 101)
	}
	f.pages("GET /installation/repositories", repo(100, "shop"), repo(101, "old"))
	l := NewLister(f.creator())
	got, err := l.Repositories(t.Context(), 1)
	require.NoError(t, err)
	require.Equal(t, []Repository{
		{ID: 100, OwnerID: 50, Owner: "acme", Name: "shop", DefaultBranch: "main", Private: true},
		{ID: 101, OwnerID: 50, Owner: "acme", Name: "old", DefaultBranch: "main", Private: true, Archived: true},
	}, got)
	_, err = l.Repositories(t.Context(), 0)
	require.Error(t, err)
	f.status("GET /installation/repositories", http.StatusInternalServerError, "")
	_, err = l.Repositories(t.Context(), 1)
	require.Error(t, err)
}

func TestOpenPulls(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	page := func(number int, more bool) any {
		return decoded(t, fmt.Sprintf(`{"data":{"repository":{"databaseId":100,"pullRequests":{"nodes":[
			{"number":%d,"headRefOid":%q,"baseRefName":"main","updatedAt":"2026-03-02T10:00:00Z"}],"pageInfo":{"hasNextPage":%v,"endCursor":"c"}}}}}`, number, headSHA, more))
	}
	f.queries(func(query string, _ map[string]any) any {
		if strings.Contains(query, "after:") {
			return page(2, false)
		}
		return page(1, true)
	})
	l := NewLister(f.creator())
	id, got, err := l.OpenPulls(t.Context(), 1, "acme", "shop")
	require.NoError(t, err)
	require.Equal(t, int64(100), id)
	require.Equal(t, []OpenPull{
		{Number: 1, Head: headSHA, BaseBranch: "main", UpdatedAt: start}, {Number: 2, Head: headSHA, BaseBranch: "main", UpdatedAt: start},
	}, got)
	f.always(decoded(t, `{"data":{"repository":null},"errors":[{"type":"NOT_FOUND","path":["repository"]}]}`))
	_, _, err = l.OpenPulls(t.Context(), 1, "acme", "shop")
	require.ErrorIs(t, err, ErrNotFound)
	f.always(decoded(t, `{"data":{"repository":{"databaseId":100,"pullRequests":null}}}`))
	_, _, err = l.OpenPulls(t.Context(), 1, "acme", "shop")
	require.ErrorContains(t, err, "in part only")
}

func TestMergeQueue(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	f.queries(func(query string, _ map[string]any) any {
		entry := fmt.Sprintf(`{"headCommit":{"oid":"g1"},"baseCommit":{"oid":"b1"},"pullRequest":{"number":12,"headRefOid":%q}}`, headSHA)
		more := "true"
		if strings.Contains(query, "after:") {
			entry, more = `{"headCommit":null,"baseCommit":null,"pullRequest":null}`, "false"
		}
		return decoded(t, `{"data":{"repository":{"databaseId":100,"mergeQueue":{"entries":{"nodes":[`+entry+`],"pageInfo":{"hasNextPage":`+more+`,"endCursor":"c"}}}}}}`)
	})
	g := NewGatherer(f.creator())
	got, err := g.MergeQueue(t.Context(), ref, "main")
	require.NoError(t, err)
	require.Equal(t, []QueueEntry{{Number: 12, GroupHead: "g1", GroupBase: "b1", Head: headSHA}, {}}, got)
	f.always(decoded(t, `{"data":{"repository":{"databaseId":100,"mergeQueue":null}}}`))
	got, err = g.MergeQueue(t.Context(), ref, "main")
	require.NoError(t, err)
	require.Empty(t, got)
	f.always(decoded(t, `{"data":{"repository":{"databaseId":1,"mergeQueue":null}}}`))
	_, err = g.MergeQueue(t.Context(), ref, "main")
	require.ErrorIs(t, err, ErrOtherRepo)
	f.always(decoded(t, `{"data":{"repository":{"databaseId":100,"mergeQueue":{"entries":null}}}}`))
	_, err = g.MergeQueue(t.Context(), ref, "main")
	require.ErrorContains(t, err, "in part only")
}

func TestLabelHistoryKeepsTheNamesOfThen(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	f.pages("GET /repos/acme/shop/issues/12/events",
		`[{"event":"labeled","actor":{"id":12,"login":"jane","type":"User"},"created_at":"2026-03-02T09:01:00Z","label":{"name":"old name"}},{"event":"closed"}]`,
		`[{"event":"unlabeled","actor":null,"created_at":"2026-03-02T09:02:00Z","label":{"name":"old name"}}]`)
	snap := snapshot()
	require.NoError(t, fill(t, f, snap, pull.Needs{LabelNames: true}))
	require.True(t, snap.LabelNamesRead)
	require.Equal(t, []pull.LabelName{
		{Added: true, Name: "old name", ActorID: 12, Actor: pull.Person{ID: 12, Login: "jane", Kind: pull.KindUser}, Created: nine(1)}, {Name: "old name", Created: nine(2)},
	}, snap.LabelNames)
	f.status("GET /repos/acme/shop/issues/12/events", http.StatusInternalServerError, "")
	snap = snapshot()
	require.Error(t, fill(t, f, snap, pull.Needs{LabelNames: true}))
	require.False(t, snap.LabelNamesRead)
}
