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

func TestServersThatKnowNoMergeQueue(t *testing.T) {
	t.Parallel()
	for _, lacks := range []string{
		`{"message":"Field 'mergeQueue' doesn't exist on type 'Repository'","locations":[{"line":1,"column":1}],"path":["query","repository","mergeQueue"],"extensions":{"code":"undefinedField","typeName":"Repository","fieldName":"mergeQueue"}}`,
		`{"message":"Field 'mergeQueue' doesn't exist on type 'Repository'"}`,
	} {
		f := newFake(t)
		f.queries(func(query string, _ map[string]any) any {
			if strings.Contains(query, "mergeQueue") {
				return decoded(t, `{"errors":[`+lacks+`]}`)
			}
			return decoded(t, `{"data":{"repository":{"databaseId":100}}}`)
		})
		g := NewGatherer(f.creator())
		for range 3 {
			got, err := g.MergeQueue(t.Context(), ref, "main")
			require.NoError(t, err)
			require.Nil(t, got)
		}
		require.Len(t, f.requests(), 4, "once with, and from then on without")
		require.Equal(t, 1, strings.Count(f.log.String(), "this server has no merge queues"))

		f = newFake(t)
		f.always(decoded(t, `{"errors":[`+strings.ReplaceAll(lacks, "mergeQueue", "entries")+`]}`))
		_, err := NewGatherer(f.creator()).MergeQueue(t.Context(), ref, "main")
		require.ErrorContains(t, err, `no field "entries"`)
		require.Len(t, f.requests(), 1, "nothing else is gone without")
	}
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
