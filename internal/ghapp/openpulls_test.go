package ghapp

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/slagate/slagate/internal/pull"
)

// openJSON is one open pull request of the list.
const openJSON = `{"number":12,"headRefOid":"HEAD","baseRefName":"main","baseRef":{"target":{"oid":"TIP"}},"updatedAt":"2026-03-02T10:00:00Z",
"labels":{"nodes":[{"id":"L2","name":"b"},{"id":"L1","name":"z"}],"pageInfo":{"hasNextPage":false}},
"comments":{"nodes":[{"fullDatabaseId":"5","lastEditedAt":null,"author":{"__typename":"User","login":"slagate","databaseId":3},"editor":null},
  {"fullDatabaseId":"6","lastEditedAt":"2026-03-02T09:01:00Z","author":{"__typename":"Bot","login":"slagate","databaseId":9},"editor":{"__typename":"User","login":"lee","databaseId":12}}],
  "pageInfo":{"hasNextPage":false}},
"last":{"nodes":[{"commit":{"oid":"HEAD","status":{"contexts":[
  {"context":"slagate/legal","state":"SUCCESS","description":"d","targetUrl":null,"creator":null},
  {"context":"ci","state":"FAILURE","description":"","targetUrl":null,"creator":null},
  {"context":"slagate","state":"PENDING","description":"Waiting","targetUrl":"https://x/1","creator":{"__typename":"Bot","login":"slagate","databaseId":9}}]}}}]},
"mergeQueueEntry":{"headCommit":{"oid":"g1"},"baseCommit":{"oid":"b1"}}}`

func openPull(t *testing.T) map[string]any {
	t.Helper()
	return parse(t, strings.NewReplacer("HEAD", headSHA, "TIP", tipSHA).Replace(openJSON))
}

// listing makes an answer of one page.
func listing(t *testing.T, cursor string, nodes ...any) map[string]any {
	t.Helper()
	answer := parse(t, fmt.Sprintf(`{"data":{"repository":{"databaseId":100,"defaultBranchRef":{"target":{"oid":%q}},
		"pullRequests":{"pageInfo":{"hasNextPage":%v,"endCursor":%q}}}}}`, oldSHA, cursor != "", cursor))
	put(t, answer, "data.repository.pullRequests.nodes", nodes)
	return answer
}

func listOpen(t *testing.T, f *fake) ([]OpenPull, error) {
	t.Helper()
	id, got, err := NewLister(f.creator()).OpenPulls(t.Context(), 1, "acme", "shop")
	if err == nil {
		require.Equal(t, int64(100), id)
	}
	return got, err
}

func TestOpenPulls(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	bare := decoded(t, fmt.Sprintf(`{"number":13,"headRefOid":%q,"baseRefName":"gone","baseRef":null,"updatedAt":"2026-03-02T10:00:00Z",
		"labels":{"nodes":[],"pageInfo":{"hasNextPage":true}},"comments":{"nodes":[],"pageInfo":{"hasNextPage":true}},
		"last":{"nodes":[]},"mergeQueueEntry":null}`, headSHA))
	f.queries(func(query string, vars map[string]any) any {
		require.Contains(t, query, "pullRequests(states:OPEN,first:100,")
		require.Contains(t, query, "mergeQueueEntry")
		if strings.Contains(query, "after:$v2") {
			require.Equal(t, "c1", vars["v2"])
			return listing(t, "", bare)
		}
		return listing(t, "c1", openPull(t))
	})
	got, err := listOpen(t, f)
	require.NoError(t, err)
	require.Len(t, f.requests(), 2)
	bot, lee := pull.Person{ID: 9, Login: "slagate", Kind: "Bot"}, pull.Person{ID: 12, Login: "lee", Kind: "User"}
	require.Equal(t, []OpenPull{
		{Number: 12, Head: headSHA, BaseBranch: "main", BaseTip: tipSHA, DefaultTip: oldSHA, UpdatedAt: start, Look: Look{
			Labels: []pull.Label{{NodeID: "L1", Name: "z"}, {NodeID: "L2", Name: "b"}}, LabelsWhole: true,
			Statuses: []pull.Status{
				{Context: "slagate", State: "pending", Description: "Waiting", TargetURL: "https://x/1", Creator: bot},
				{Context: "slagate/legal", State: "success", Description: "d"},
			},
			StatusesSeen: true, Comments: []OwnComment{{ID: 6, EditedAt: nine(1), Editor: lee}}, CommentSeen: true,
			Queued: true, GroupHead: "g1", GroupBase: "b1",
		}},
		{Number: 13, Head: headSHA, BaseBranch: "gone", DefaultTip: oldSHA, UpdatedAt: start},
	}, got)
}

func TestPartOfAListIsNoList(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	f.always(decoded(t, `{"data":{"repository":null},"errors":[{"type":"NOT_FOUND","path":["repository"]}]}`))
	_, err := listOpen(t, f)
	require.ErrorIs(t, err, ErrNotFound)
	for _, missing := range []string{"labels", "comments", "last", "number", "headRefOid", "baseRefName"} {
		node := openPull(t)
		delete(node, missing)
		f.always(listing(t, "", node))
		_, err = listOpen(t, f)
		require.ErrorContains(t, err, "in part only", missing)
	}
	f.always(listing(t, "", nil))
	_, err = listOpen(t, f)
	require.ErrorContains(t, err, "in part only", "a pull request that is null")
	answer := listing(t, "", openPull(t))
	answer["errors"] = decoded(t, `[{"message":"Something went wrong","path":["repository","pullRequests","nodes",0,"labels"]}]`)
	f.always(answer)
	_, err = listOpen(t, f)
	require.ErrorContains(t, err, "in part only", "errors beside data")
	answer = listing(t, "", openPull(t))
	put(t, answer, "data.repository.databaseId", nil)
	f.always(answer)
	_, err = listOpen(t, f)
	require.ErrorContains(t, err, "in part only")
}

func TestListsThatAreTooMuchForGitHub(t *testing.T) {
	t.Parallel()
	for _, status := range []int{http.StatusBadGateway, http.StatusGatewayTimeout} {
		f := newFake(t)
		f.handle("POST /api/graphql", func(w http.ResponseWriter, r *http.Request) {
			f.answer(w, r, func(query string, _ map[string]any) any {
				if strings.Contains(query, "first:100,orderBy") {
					w.WriteHeader(status)
					return nil
				}
				require.Contains(t, query, "first:20,orderBy")
				if strings.Contains(query, "after:") {
					return listing(t, "", openPull(t))
				}
				return listing(t, "c1", openPull(t))
			})
		})
		got, err := listOpen(t, f)
		require.NoError(t, err)
		require.Len(t, got, 2)
		f.status("POST /api/graphql", status, "")
		_, err = listOpen(t, f)
		require.Error(t, err)
	}
	require.True(t, tooMuch(t.Context(), context.DeadlineExceeded))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	require.False(t, tooMuch(ctx, context.DeadlineExceeded), "the caller does not wait any longer")
}

func TestOpenPullsOfServersWithoutMergeQueues(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	f.queries(func(query string, _ map[string]any) any {
		if strings.Contains(query, "mergeQueueEntry") {
			return decoded(t, `{"errors":[{"message":"Field 'mergeQueueEntry' doesn't exist on type 'PullRequest'"}]}`)
		}
		node := openPull(t)
		delete(node, "mergeQueueEntry")
		return listing(t, "", node)
	})
	l := NewLister(f.creator())
	for range 2 {
		_, got, err := l.OpenPulls(t.Context(), 1, "acme", "shop")
		require.NoError(t, err)
		require.False(t, got[0].Look.Queued)
		require.NotEmpty(t, got[0].Digest())
	}
	require.Len(t, f.requests(), 3)
}

func TestDigestChangesWithAnythingThatMatters(t *testing.T) {
	t.Parallel()
	node := func(change func(map[string]any)) string {
		t.Helper()
		n := openPull(t)
		change(n)
		f := newFake(t)
		f.always(listing(t, "", n))
		got, err := listOpen(t, f)
		require.NoError(t, err)
		return got[0].Digest()
	}
	set := func(path string, value any) func(map[string]any) {
		return func(n map[string]any) { put(t, n, path, value) }
	}
	text := func(old, replacement string) func(map[string]any) {
		return func(n map[string]any) {
			changed := strings.NewReplacer("HEAD", headSHA, "TIP", tipSHA).Replace(strings.Replace(openJSON, old, replacement, 1))
			require.NotEqual(t, openJSON, strings.Replace(openJSON, old, replacement, 1))
			maps.Copy(n, parse(t, changed))
		}
	}
	same := node(func(map[string]any) {})
	require.Len(t, same, 64)
	require.Equal(t, same, node(text(`{"id":"L2","name":"b"},{"id":"L1","name":"z"}`, `{"id":"L1","name":"z"},{"id":"L2","name":"b"}`)), "the order of labels")
	require.Equal(t, same, node(text(`"FAILURE"`, `"SUCCESS"`)), "the checks of others")
	seen := map[string]bool{same: true}
	for _, change := range []func(map[string]any){
		set("baseRefName", "release"), set("baseRef.target", map[string]any{"oid": oldSHA}), set("updatedAt", "2026-03-02T10:00:01Z"),
		func(n map[string]any) { put(t, n, "headRefOid", oldSHA); commitOf(t, n)["oid"] = oldSHA },
		text(`"name":"z"`, `"name":"y"`), text(`"id":"L2"`, `"id":"L3"`), set("labels.nodes", []any{}),
		text(`"PENDING"`, `"SUCCESS"`), text(`"Waiting"`, `"Signed"`), text(`https://x/1`, `https://x/2`), text(`"context":"slagate/legal"`, `"context":"slagate/support"`),
		text(`"creator":{"__typename":"Bot","login":"slagate","databaseId":9}`, `"creator":{"__typename":"User","login":"eve","databaseId":66}`),
		text(`09:01:00Z`, `09:01:01Z`), text(`"login":"lee"`, `"login":"eve"`), text(`"fullDatabaseId":"6"`, `"fullDatabaseId":"7"`), set("comments.nodes", []any{}),
		set("mergeQueueEntry", nil), text(`"g1"`, `"g2"`), text(`"b1"`, `"b2"`),
	} {
		got := node(change)
		require.NotEmpty(t, got)
		require.False(t, seen[got], "each difference is another digest")
		seen[got] = true
	}
	for name, change := range map[string]func(map[string]any){
		"the base branch is gone": set("baseRef", nil), "more labels": set("labels.pageInfo", map[string]any{"hasNextPage": true}),
		"no commit": set("last.nodes", []any{}), "an older commit": func(n map[string]any) { commitOf(t, n)["oid"] = oldSHA },
		"no status": func(n map[string]any) { commitOf(t, n)["status"] = nil }, "no status of ours": text(`"context":"slagate",`, `"context":"other",`),
		"our comment may be further down": func(n map[string]any) {
			put(t, n, "comments.nodes", []any{})
			put(t, n, "comments.pageInfo", map[string]any{"hasNextPage": true})
		},
	} {
		require.Empty(t, node(change), name)
	}
	require.Equal(t, same, node(set("comments.pageInfo", map[string]any{"hasNextPage": true})), "ours is among the first")
}

// commitOf is the last commit of a pull request of the list.
func commitOf(t *testing.T, node map[string]any) map[string]any {
	t.Helper()
	last, ok := node["last"].(map[string]any)
	require.True(t, ok)
	nodes, ok := last["nodes"].([]any)
	require.True(t, ok)
	first, ok := nodes[0].(map[string]any)
	require.True(t, ok)
	commit, ok := first["commit"].(map[string]any)
	require.True(t, ok)
	return commit
}

func TestDigestOfTimesIsOfTheInstant(t *testing.T) {
	t.Parallel()
	elsewhere := start.In(time.FixedZone("x", 3600))
	require.Equal(t, when(start), when(elsewhere))
	require.NotEqual(t, digestOf("ab", "c"), digestOf("a", "bc"))
}

func digestOf(fields ...string) string {
	d := digest{}
	d.add(fields...)
	return string(d.bytes)
}

func TestOwnerDefaultTip(t *testing.T) {
	t.Parallel()
	const absent, hidden = "absent", "hidden"
	repo := func(rest string) string {
		return `{"data":{"ownerRepo":{"name":".github","owner":{"login":"Acme"},` + rest + `}}}`
	}
	for name, test := range map[string]struct{ answer, want string }{
		"there":         {repo(`"folder":{"__typename":"Tree","oid":"f","entries":[{"name":"a","mode":33188,"oid":"x"},{"name":"slagate.yml","mode":33188,"oid":"p1"}]}`), "100644 p1"},
		"a link":        {repo(`"folder":{"__typename":"Tree","oid":"f","entries":[{"name":"slagate.yml","mode":40960,"oid":"p1"}]}`), "120000 p1"},
		"no such file":  {repo(`"folder":{"__typename":"Tree","oid":"f","entries":[{"name":"slagate.yaml","mode":33188,"oid":"p1"}]}`), absent},
		"no commit":     {repo(`"folder":null`), absent},
		"not there":     {`{"data":{"ownerRepo":null},"errors":[{"type":"NOT_FOUND","path":["ownerRepo"]}]}`, hidden},
		"renamed away":  {`{"data":{"ownerRepo":{"name":"old","owner":{"login":"acme"},"folder":null}}}`, hidden},
		"given away":    {`{"data":{"ownerRepo":{"name":".github","owner":{"login":"globex"},"folder":null}}}`, hidden},
		"forbidden":     {`{"data":{"ownerRepo":null},"errors":[{"type":"FORBIDDEN","path":["ownerRepo"],"message":"no access"}]}`, ""},
		"null":          {`{"data":{"ownerRepo":null}}`, ""},
		"not found, in": {`{"data":{"ownerRepo":{"name":".github","folder":null}},"errors":[{"type":"NOT_FOUND","path":["ownerRepo","folder"]}]}`, ""},
		"in part":       {`{"data":{"ownerRepo":null},"errors":[{"message":"Something went wrong","path":["ownerRepo"]}]}`, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFake(t)
			f.always(decoded(t, test.answer))
			got, err := NewLister(f.creator()).OwnerDefaultTip(t.Context(), 1, "acme")
			require.Equal(t, test.want == "", err != nil, "%v", err)
			require.Equal(t, test.want, got)
			require.Len(t, f.requests(), 1)
		})
	}
}
