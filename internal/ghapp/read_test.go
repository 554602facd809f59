package ghapp

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/slagate/slagate/internal/pull"
)

func read(t *testing.T, f *fake, h pull.Hints) (pull.Snapshot, error) {
	t.Helper()
	return NewGatherer(f.creator()).Read(t.Context(), ref, h)
}

func nine(minute int) time.Time { return time.Date(2026, 3, 2, 9, minute, 0, 0, time.UTC) }

func TestReadWithOneQuery(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	f.always(answerJSON(t))
	got, err := read(t, f, hints())
	require.NoError(t, err)
	require.Equal(t, []string{"POST /api/graphql"}, f.requests())
	ana, lee := pull.Person{ID: 11, Login: "ana", Kind: "User"}, pull.Person{ID: 12, Login: "lee", Kind: "User"}
	require.Equal(t, pull.Snapshot{
		At: start, Ref: ref, App: pull.Person{Login: "slagate", Kind: "Bot"},
		Pull: pull.Pull{
			NodeID: "PR_1", Open: true, Fork: true, Author: ana,
			CreatedAt: time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC), UpdatedAt: nine(59),
			BaseBranch: "main", BaseTip: tipSHA, HeadBranch: "topic", Head: headSHA, Changed: 1, RepoPrivate: true,
		},
		Policy: pull.PolicyFacts{
			Base:  pull.Blob{State: pull.BlobFound, OID: "p1", Text: "version: 1\n"},
			Owner: pull.Blob{State: pull.BlobHidden},
		},
		Files:  []pull.File{{Path: "slo/api.yaml", Status: pull.FileModified}},
		Labels: []pull.Label{{NodeID: "L1", Name: "sla/legal-approved"}},
		LabelEvents: []pull.LabelEvent{
			{ID: "E1", Added: true, Label: pull.Label{NodeID: "L1", Name: "sla/legal-approved"}, Actor: lee, Created: nine(3)},
			{ID: "E2", Label: pull.Label{NodeID: "L2", Name: "x"}, Created: nine(4)},
		},
		ForcePushes: []pull.ForcePush{{ID: "E3", Actor: pull.Person{Login: "dep", Kind: "Bot"}, After: headSHA, Created: nine(5)}},
		Comments:    []pull.Comment{{ID: 5000000001, Author: lee, Body: "/sla sign legal", Created: nine(0), EditedAt: nine(1)}},
		Reviews:     []pull.Review{{ID: 71, State: "APPROVED", Commit: headSHA, Submitted: nine(2)}},
		Commits:     []pull.Commit{{OID: headSHA, Parents: []string{oldSHA}, Author: ana}},
		Observed: pull.Observed{Statuses: []pull.Status{
			{Context: "slagate", State: "pending", Description: "Waiting", TargetURL: "https://x/1", Creator: pull.Person{ID: 9, Login: "slagate", Kind: "Bot"}},
			{Context: "Slagate/legal", State: "success"},
		}},
	}, got)
}

func TestPartOfAnAnswerIsNoAnswer(t *testing.T) {
	t.Parallel()
	const pr = "data.repository.pullRequest."
	for _, test := range []struct {
		name   string
		change func(t *testing.T, answer map[string]any)
		want   string
	}{
		{"an error beside the data", func(t *testing.T, a map[string]any) {
			t.Helper()
			put(t, a, "errors", decoded(t, `[{"type":"NOT_FOUND","path":["ownerRepo"]},{"message":"Something went wrong while executing your query."}]`))
		}, "in part only"},
		{"an error at the labels", func(t *testing.T, a map[string]any) {
			t.Helper()
			put(t, a, "errors", decoded(t, `[{"type":"NOT_FOUND","path":["repository","pullRequest","labels"],"message":"x"}]`))
		}, "repository.pullRequest.labels"},
		{"another error at the owner default", func(t *testing.T, a map[string]any) {
			t.Helper()
			put(t, a, "errors", decoded(t, `[{"type":"INTERNAL","path":["ownerRepo"],"message":"x"}]`))
		}, "in part only"},
		{"no labels", func(t *testing.T, a map[string]any) { t.Helper(); put(t, a, pr+"labels", nil) }, "no labels"},
		{"null nodes", func(t *testing.T, a map[string]any) { t.Helper(); put(t, a, pr+"labels.nodes", nil) }, "no labels"},
		{"a null label", func(t *testing.T, a map[string]any) { t.Helper(); put(t, a, pr+"labels.nodes", []any{nil}) }, "some labels"},
		{"no events", func(t *testing.T, a map[string]any) { t.Helper(); put(t, a, pr+"timelineItems", nil) }, "no timelineItems"},
		{"no comments", func(t *testing.T, a map[string]any) { t.Helper(); put(t, a, pr+"comments", nil) }, "no comments"},
		{"no commits", func(t *testing.T, a map[string]any) { t.Helper(); put(t, a, pr+"commits", nil) }, "no commits"},
		{"no last commit", func(t *testing.T, a map[string]any) { t.Helper(); put(t, a, pr+"last", nil) }, "no last commit"},
		{"no files", func(t *testing.T, a map[string]any) { t.Helper(); put(t, a, pr+"files", nil) }, "no files"},
		{"no head", func(t *testing.T, a map[string]any) { t.Helper(); put(t, a, pr+"headRefOid", "") }, "no head"},
		{"no owner default", func(t *testing.T, a map[string]any) {
			t.Helper()
			put(t, a, "data", decoded(t, `{"repository":{"databaseId":100}}`))
		}, "not found"},
		{"no data", func(t *testing.T, a map[string]any) { t.Helper(); put(t, a, "data", nil) }, "no data"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			f := newFake(t)
			answer := answerJSON(t)
			test.change(t, answer)
			f.always(answer)
			got, err := read(t, f, hints())
			require.ErrorContains(t, err, test.want)
			require.ErrorContains(t, err, "acme/shop#12")
			require.Equal(t, pull.Snapshot{}, got)
		})
	}
}

func TestReadOfWhatIsNotThere(t *testing.T) {
	t.Parallel()
	const pr = "data.repository.pullRequest."
	for _, test := range []struct {
		name   string
		change func(t *testing.T, answer map[string]any)
		want   error
	}{
		{"repository", func(t *testing.T, a map[string]any) {
			t.Helper()
			put(t, a, "data.repository", nil)
			put(t, a, "errors", decoded(t, `[{"type":"NOT_FOUND","path":["repository"]},{"type":"NOT_FOUND","path":["ownerRepo"]}]`))
		}, ErrNotFound},
		{"pull request", func(t *testing.T, a map[string]any) {
			t.Helper()
			put(t, a, "data.repository.pullRequest", nil)
			put(t, a, "errors", decoded(t, `[{"type":"NOT_FOUND","path":["repository","pullRequest"]}]`))
		}, ErrNotFound},
		{"another repository under the name", func(t *testing.T, a map[string]any) { t.Helper(); put(t, a, "data.repository.databaseId", 101) }, ErrOtherRepo},
		{"base branch", func(t *testing.T, a map[string]any) { t.Helper(); put(t, a, pr+"baseRef", nil) }, ErrBaseGone},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			f := newFake(t)
			answer := answerJSON(t)
			test.change(t, answer)
			f.always(answer)
			_, err := read(t, f, hints())
			require.ErrorIs(t, err, test.want)
		})
	}
	t.Run("transferred", func(t *testing.T) {
		t.Parallel()
		f := newFake(t)
		answer := answerJSON(t)
		put(t, answer, "data.repository.owner.login", "globex")
		f.always(answer)
		_, err := read(t, f, hints())
		var moved *MovedError
		require.ErrorAs(t, err, &moved)
		require.Equal(t, "globex", moved.Owner)
	})
	t.Run("the base branch of a closed one", func(t *testing.T) {
		t.Parallel()
		f := newFake(t)
		answer := answerJSON(t)
		put(t, answer, pr+"baseRef", nil)
		put(t, answer, pr+"state", "MERGED")
		f.always(answer)
		got, err := read(t, f, hints())
		require.NoError(t, err)
		require.False(t, got.Pull.Open)
		require.Equal(t, pull.BlobNoAnswer, got.Policy.Base.State)
	})
}

func TestStaleReads(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	f.always(answerJSON(t)) // updated 09:59
	for _, test := range []struct {
		name  string
		hints pull.Hints
		wait  time.Duration // 0: not stale
	}{
		{"older than the delivery", pull.Hints{ExpectUpdated: start}, time.Second},
		{"third try", pull.Hints{ExpectUpdated: start, Attempt: 2}, 4 * time.Second},
		{"much later", pull.Hints{ExpectUpdated: start, Attempt: 40}, 30 * time.Second},
		{"much later, but the head is as delivered", pull.Hints{ExpectUpdated: start, ExpectHead: headSHA, Attempt: 5}, 0},
		{"same second, other head", pull.Hints{ExpectUpdated: nine(59), ExpectHead: oldSHA}, time.Second},
		{"same second, other head, for long", pull.Hints{ExpectUpdated: nine(59), ExpectHead: oldSHA, Attempt: 3}, 0},
		{"newer than the delivery", pull.Hints{ExpectUpdated: nine(58), ExpectHead: oldSHA}, 0},
		{"as delivered", pull.Hints{ExpectUpdated: nine(59), ExpectHead: headSHA}, 0},
	} {
		test.hints.BaseBranch = "main"
		_, err := read(t, f, test.hints)
		var stale *StaleError
		if test.wait == 0 {
			require.NoError(t, err, test.name)
			continue
		}
		require.ErrorAs(t, err, &stale, test.name)
		require.Equal(t, test.wait, stale.RetryAfter(), test.name)
	}
}

func TestOurCommentIsOursByAuthor(t *testing.T) {
	t.Parallel()
	const marker = "<!-- slagate:v1 -->"
	comment := func(id int, kind, login, body string) string {
		return fmt.Sprintf(`{"databaseId":%d,"body":%q,"createdAt":"2026-03-02T09:00:00Z","author":{"__typename":%q,"login":%q,"databaseId":1}}`, id, body, kind, login)
	}
	nodes := "[" + strings.Join([]string{
		comment(1, "User", "slagate", marker), // a person who calls themselves so
		comment(2, "Bot", "slagate", "an old note"),
		comment(3, "Bot", "slagate", marker+" one"),
		comment(4, "Bot", "other", marker),
		comment(5, "Bot", "slagate", marker+" two"),
		comment(6, "Bot", "slagate", "the marker was edited out"),
	}, ",") + "]"
	for _, test := range []struct {
		name    string
		id      int64
		marker  string
		want    int64
		doubles []int64
	}{
		{"by the marker", 0, marker, 3, []int64{5}},
		{"by the id", 5, marker, 5, []int64{3}},
		{"by the id alone", 6, "", 6, nil},
		{"by the id of somebody's comment", 1, "", 0, nil},
		{"not at all", 0, "", 0, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			f := newFake(t)
			answer := answerJSON(t)
			put(t, answer, "data.repository.pullRequest.comments.nodes", decoded(t, nodes))
			f.always(answer)
			got, err := read(t, f, pull.Hints{BaseBranch: "main", CommentID: test.id, Marker: test.marker})
			require.NoError(t, err)
			if test.want == 0 {
				require.Nil(t, got.Observed.Comment)
			} else {
				require.Equal(t, test.want, got.Observed.Comment.ID)
			}
			require.Equal(t, test.doubles, got.Observed.Doubles)
			require.Len(t, got.Comments, 2)
			require.Equal(t, int64(1), got.Comments[0].ID)
			require.Equal(t, int64(4), got.Comments[1].ID)
		})
	}
}

func TestLongListsAreReadToTheirEnd(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	answer := answerJSON(t)
	const pr = "data.repository.pullRequest."
	put(t, answer, pr+"comments.pageInfo", decoded(t, `{"hasPreviousPage":true,"startCursor":"c2"}`))
	put(t, answer, pr+"labels.pageInfo", decoded(t, `{"hasNextPage":true,"endCursor":"l2"}`))
	older := func(id int, more bool, cursor string) any {
		return decoded(t, fmt.Sprintf(`{"data":{"repository":{"databaseId":100,"pullRequest":{"headRefOid":%q,"list":{
			"nodes":[{"databaseId":%d,"body":"","createdAt":"2026-03-02T08:00:00Z","author":null}],"pageInfo":{"hasPreviousPage":%v,"startCursor":%q}}}}}}`, headSHA, id, more, cursor))
	}
	f.queries(func(query string, vars map[string]any) any {
		switch cursor := vars["cursor"]; {
		case cursor == nil:
			return answer
		case strings.Contains(query, "list:comments(last:100,before:$cursor)") && cursor == "c2":
			return older(2, true, "c1")
		case strings.Contains(query, "list:comments(") && cursor == "c1":
			return older(1, false, "")
		case strings.Contains(query, "list:labels(first:100,after:$cursor)") && cursor == "l2":
			return decoded(t, fmt.Sprintf(`{"data":{"repository":{"databaseId":100,"pullRequest":{"headRefOid":%q,"list":{"nodes":[{"id":"L9","name":"z"}],"pageInfo":{"hasNextPage":false}}}}}}`, headSHA))
		default:
			t.Errorf("unexpected query %s with cursor %v", query, cursor)
			return nil
		}
	})
	got, err := read(t, f, hints())
	require.NoError(t, err)
	var order []int64
	for _, c := range got.Comments {
		order = append(order, c.ID)
	}
	require.Equal(t, []int64{1, 2, 5000000001}, order)
	require.Equal(t, []pull.Label{{NodeID: "L1", Name: "sla/legal-approved"}, {NodeID: "L9", Name: "z"}}, got.Labels)

	f.queries(func(_ string, vars map[string]any) any {
		if vars["cursor"] == nil {
			return answer
		}
		return decoded(t, fmt.Sprintf(`{"data":{"repository":{"databaseId":100,"pullRequest":{"headRefOid":%q,"list":{"nodes":[],"pageInfo":{}}}}}}`, oldSHA))
	})
	_, err = read(t, f, hints())
	var stale *StaleError
	require.ErrorAs(t, err, &stale, "a push between two pages")
}

func TestCommitsThatCannotBeHadWhole(t *testing.T) {
	t.Parallel()
	const commits = "data.repository.pullRequest.commits"
	commit := fmt.Sprintf(`{"commit":{"oid":%q,"parents":{"totalCount":1,"nodes":[{"oid":"x"}]},"author":null,"committer":null}}`, headSHA)
	for _, test := range []struct{ name, commits, want string }{
		{"fewer than counted", `{"totalCount":3,"nodes":[` + commit + `],"pageInfo":{}}`, "1 of 3"},
		{"as many as are ever listed", `{"totalCount":250,"nodes":[` + strings.TrimSuffix(strings.Repeat(commit+",", 250), ",") + `],"pageInfo":{}}`, "first 250"},
		{"a great many parents", strings.Replace(`{"totalCount":1,"nodes":[`+commit+`],"pageInfo":{}}`, `"totalCount":1,"nodes":[{"oid"`, `"totalCount":11,"nodes":[{"oid"`, 1), "11 parents"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			f := newFake(t)
			answer := answerJSON(t)
			put(t, answer, commits, decoded(t, test.commits))
			f.always(answer)
			got, err := read(t, f, hints())
			require.NoError(t, err)
			require.Contains(t, got.CommitsProblem, test.want)
		})
	}
}

func TestStatusesOfTheHeadEvenIfItIsNotTheLastCommit(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	answer := answerJSON(t)
	put(t, answer, "data.repository.pullRequest.last.nodes", decoded(t, fmt.Sprintf(`[{"commit":{"oid":%q,"status":{"contexts":[{"context":"slagate","state":"SUCCESS"}]}}}]`, oldSHA)))
	f.queries(func(query string, vars map[string]any) any {
		if !strings.Contains(query, "object(oid:$head)") {
			return answer
		}
		return decoded(t, fmt.Sprintf(`{"data":{"repository":{"object":{"oid":%q,"status":{"contexts":[{"context":"slagate","state":"ERROR"}]}}}}}`, vars["head"]))
	})
	got, err := read(t, f, hints())
	require.NoError(t, err)
	require.Equal(t, []pull.Status{{Context: "slagate", State: "error"}}, got.Observed.Statuses)
}

func TestHeadWithoutStatuses(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	answer := answerJSON(t)
	put(t, answer, "data.repository.pullRequest.last.nodes", decoded(t, fmt.Sprintf(`[{"commit":{"oid":%q,"status":null}}]`, headSHA)))
	f.always(answer)
	got, err := read(t, f, hints())
	require.NoError(t, err)
	require.Empty(t, got.Observed.Statuses)
}

func TestNamesCannotBeInjected(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	evil := `x"){id} evil:repository(owner:"a",name:"b`
	answer := answerJSON(t)
	f.queries(func(query string, vars map[string]any) any {
		require.NotContains(t, query, "evil")
		found := false
		for _, v := range vars {
			found = found || v == "refs/heads/"+evil+":.github/slagate.yml"
		}
		require.True(t, found)
		return answer
	})
	_, err := read(t, f, pull.Hints{BaseBranch: evil, Logins: []string{evil}, Teams: []string{"acme/" + evil}, Labels: []string{evil}, People: []pull.Person{{ID: 1, Login: evil}}})
	require.Error(t, err, "the answer lacks what was asked")
}

func TestReadNeedsADate(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	f.handle("POST /api/graphql", func(w http.ResponseWriter, _ *http.Request) {
		w.Header()["Date"] = nil
		f.send(w, `{"data":{}}`)
	})
	_, err := read(t, f, hints())
	require.ErrorContains(t, err, "no date")
}

func TestReadFailsWithGitHub(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	f.status("POST /api/graphql", http.StatusInternalServerError, "oops "+secretToken)
	_, err := read(t, f, hints())
	var answer *answerError
	require.ErrorAs(t, err, &answer)
	require.NotContains(t, err.Error(), secretToken)
	f.status("GET /app", http.StatusUnauthorized, `{"message":"A JSON web token could not be decoded"}`)
	_, err = read(t, f, hints())
	require.ErrorContains(t, err, "who the app is")
}
