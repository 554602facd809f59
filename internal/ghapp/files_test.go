package ghapp

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/slagate/slagate/internal/pull"
)

const filesRoute = "GET /repos/acme/shop/pulls/12/files"

func graphFiles(nodes string, more bool, total int) string {
	return fmt.Sprintf(`{"totalCount":%d,"nodes":[%s],"pageInfo":{"hasNextPage":%v}}`, total, nodes, more)
}

func readFiles(t *testing.T, f *fake, files string, changed int) (pull.Snapshot, error) {
	t.Helper()
	answer := answerJSON(t)
	put(t, answer, "data.repository.pullRequest.files", decoded(t, files))
	put(t, answer, "data.repository.pullRequest.changedFiles", changed)
	f.always(answer)
	return read(t, f, hints())
}

func TestPlainFilesNeedNoMore(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	nodes := `{"path":"z","changeType":"ADDED"},{"path":"b","changeType":"DELETED"},{"path":"slo/a..b.yaml","changeType":"CHANGED"},{"path":"n","changeType":"NEW_WORD"}`
	got, err := readFiles(t, f, graphFiles(nodes, false, 4), 4)
	require.NoError(t, err)
	require.Equal(t, []pull.File{
		{Path: "b", Status: pull.FileRemoved},
		{Path: "n", Status: pull.FileChanged},
		{Path: "slo/a..b.yaml", Status: pull.FileChanged},
		{Path: "z", Status: pull.FileAdded},
	}, got.Files)
	require.Empty(t, got.FilesProblem)
	require.Len(t, f.requests(), 1)
}

func TestRenamedFilesAreReadWithTheirPreviousNames(t *testing.T) {
	t.Parallel()
	for _, word := range []string{"RENAMED", "COPIED"} {
		f := newFake(t)
		status := strings.ToLower(word)
		f.reply(filesRoute, `[{"filename":"new","previous_filename":"old","status":"`+status+`"},{"filename":"a","status":"unchanged"}]`)
		got, err := readFiles(t, f, graphFiles(`{"path":"new","changeType":"`+word+`"},{"path":"a","changeType":"MODIFIED"}`, false, 2), 2)
		require.NoError(t, err)
		require.Equal(t, []pull.File{{Path: "a", Status: pull.FileChanged}, {Path: "new", Previous: "old", Status: pull.FileStatus(status)}}, got.Files)
		require.Equal(t, []string{"POST /api/graphql", filesRoute + "?page=1&per_page=100"}, f.requests())
	}
}

// serveFiles answers REST's list with n files, a hundred a page.
func serveFiles(f *fake, n int) {
	f.handle(filesRoute, func(w http.ResponseWriter, r *http.Request) {
		page, err := strconv.Atoi(r.URL.Query().Get("page"))
		if err != nil || r.URL.Query().Get("per_page") != "100" {
			f.t.Errorf("asked for %s", r.URL.RawQuery)
		}
		var out []string
		for i := (page - 1) * 100; i < min(page*100, n); i++ {
			out = append(out, fmt.Sprintf(`{"filename":"f%05d","status":"added"}`, i))
		}
		f.send(w, "["+strings.Join(out, ",")+"]")
	})
}

func TestManyFiles(t *testing.T) {
	t.Parallel()
	nodes := strings.TrimSuffix(strings.Repeat(`{"path":"x","changeType":"ADDED"},`, 100), ",")
	for _, test := range []struct {
		name             string
		served, changed  int
		problem          string
		files, restPages int
	}{
		{"two pages and a bit", 201, 201, "", 201, 3},
		{"all that GitHub lists", 3000, 3000, "", 3000, 30},
		{"more than GitHub lists", 3000, 3001, "GitHub lists only 3000 of 3001 files", 100, 0},
		{"fewer than counted", 199, 200, "GitHub listed 199 of 200 files", 100, 2},
		{"more than counted", 300, 150, "GitHub listed 200 of 150 files", 100, 2},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			f := newFake(t)
			serveFiles(f, test.served)
			got, err := readFiles(t, f, graphFiles(nodes, true, test.changed), test.changed)
			require.NoError(t, err)
			require.Equal(t, test.problem, got.FilesProblem)
			require.Len(t, got.Files, test.files)
			require.Len(t, f.requests(), 1+test.restPages)
		})
	}
}

func TestCountThatDoesNotFitIsNotBelieved(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	serveFiles(f, 1)
	got, err := readFiles(t, f, graphFiles(`{"path":"x","changeType":"ADDED"}`, false, 1), 2)
	require.NoError(t, err)
	require.Equal(t, "GitHub listed 1 of 2 files", got.FilesProblem)
}

func TestFilesOfAnotherHeadAreNotTaken(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	f.reply(filesRoute, fmt.Sprintf(`[{"filename":"new","status":"renamed","contents_url":"https://x/contents/new?ref=%s"}]`, oldSHA))
	_, err := readFiles(t, f, graphFiles(`{"path":"new","changeType":"RENAMED"}`, false, 1), 1)
	var stale *StaleError
	require.ErrorAs(t, err, &stale)
	f.status(filesRoute, http.StatusInternalServerError, "")
	_, err = readFiles(t, f, graphFiles(`{"path":"new","changeType":"RENAMED"}`, false, 1), 1)
	require.ErrorContains(t, err, "listing files")
}
