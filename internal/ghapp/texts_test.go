package ghapp

import (
	"encoding/base64"
	"fmt"
	"maps"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/slagate/slagate/internal/pull"
)

// blobAnswer is GraphQL's answer with one object at alias b0.
func blobAnswer(object any) func(string, map[string]any) any {
	return func(string, map[string]any) any {
		return map[string]any{"data": map[string]any{"repository": map[string]any{"databaseId": ref.RepoID, "b0": object}}}
	}
}

func TestTextIsBelievedOnlyIfItIsAllOfTheContent(t *testing.T) {
	t.Parallel()
	type object = map[string]any
	id := oid("1")
	blob := func(size int, more object) object {
		o := object{"__typename": "Blob", "oid": id, "byteSize": size, "isBinary": false, "isTruncated": false, "text": nil}
		maps.Copy(o, more)
		return o
	}
	rest := func(text string) string {
		return fmt.Sprintf(`{"sha":%q,"encoding":"base64","content":%q}`, id, base64.StdEncoding.EncodeToString([]byte(text)))
	}
	found := func(text string) pull.Blob { return pull.Blob{State: pull.BlobFound, OID: id, Text: text} }
	unreadable := func(why string) pull.Blob { return pull.Blob{State: pull.BlobUnreadable, OID: id, Problem: why} }
	for _, test := range []struct {
		name  string
		graph any
		rest  string // what REST answers; "": it is not asked
		want  pull.Blob
	}{
		{"whole", blob(5, object{"text": "99.9\n"}), "", found("99.9\n")},
		{"empty", blob(0, nil), "", found("")},
		{"cut", blob(9, object{"text": "99.9\n", "isTruncated": true}), rest("99.9\n99.5"), found("99.9\n99.5")},
		{"cut without saying so", blob(9, object{"text": "99.9\n"}), rest("99.9\n99.5"), found("99.9\n99.5")},
		{"converted from another encoding", blob(4, object{"text": "café"}), rest("caf\xe9"), unreadable(pull.ProblemNotText)},
		{"binary", blob(5, object{"isBinary": true}), "", unreadable(pull.ProblemNotText)},
		{"no text and nothing said of why", blob(5, object{"isBinary": nil}), rest("99.9\n"), found("99.9\n")},
		{"a text with a NUL", blob(2, object{"text": "a\x00"}), "", unreadable(pull.ProblemNotText)},
		{"too large", blob(1<<20+1, object{"text": "x", "isTruncated": true}), "", unreadable(pull.ProblemTooLarge)},
		{"not there for GraphQL yet", nil, rest("99.9\n"), found("99.9\n")},
		{"a folder", object{"__typename": "Tree", "oid": id}, "", unreadable("is not a file")},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			f := newFake(t)
			f.graph = blobAnswer(test.graph)
			want := []string{"POST /api/graphql"}
			if test.rest != "" {
				route := "GET /repos/acme/shop/git/blobs/" + id
				f.reply(route, test.rest)
				want = append(want, route)
			}
			g := NewGatherer(f.creator())
			for i := range 2 {
				snap := snapshot()
				require.NoError(t, g.Fill(t.Context(), snap, pull.Needs{Blobs: []string{id}}))
				require.Equal(t, []pull.Blob{test.want}, snap.Texts)
				if i == 0 {
					require.Equal(t, want, f.requests())
				}
			}
			require.Empty(t, f.requests(), "the second time from the cache")
		})
	}
}

func TestAnswersAboutSomethingElseAreNoTexts(t *testing.T) {
	t.Parallel()
	id := oid("1")
	good := map[string]any{"__typename": "Blob", "oid": id, "byteSize": 1, "text": "x"}
	for name, answer := range map[string]any{
		"another object":     map[string]any{"databaseId": ref.RepoID, "b0": map[string]any{"__typename": "Blob", "oid": oid("2"), "byteSize": 1, "text": "x"}},
		"another repository": map[string]any{"databaseId": ref.RepoID + 1, "b0": good},
		"no repository":      nil,
		"a part":             map[string]any{"databaseId": ref.RepoID},
	} {
		f := newFake(t)
		f.graph = func(string, map[string]any) any { return map[string]any{"data": map[string]any{"repository": answer}} }
		snap := snapshot()
		require.Error(t, fill(t, f, snap, pull.Needs{Blobs: []string{id}}), name)
		require.Empty(t, snap.Texts, name)
	}
	f := newFake(t)
	f.graph = blobAnswer(nil)
	snap := snapshot()
	require.ErrorContains(t, fill(t, f, snap, pull.Needs{Blobs: []string{id}}), "404", "named a moment ago, so it is not gone")
	f.status("GET /repos/acme/shop/git/blobs/"+id, http.StatusUnprocessableEntity, `{"message":"odd"}`)
	require.NoError(t, fill(t, f, snap, pull.Needs{Blobs: []string{id}}))
	require.Equal(t, pull.BlobUnreadable, snap.Texts[0].State)
}

func TestQueriesForTextsAreBounded(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	var sizes []int
	f.graph = func(_ string, vars map[string]any) any {
		repo := map[string]any{"databaseId": ref.RepoID}
		for name, id := range vars {
			if name != "owner" && name != "name" {
				repo[name] = map[string]any{"__typename": "Blob", "oid": id, "byteSize": 1, "text": "x"}
			}
		}
		f.mu.Lock()
		sizes = append(sizes, len(repo)-1)
		f.mu.Unlock()
		return map[string]any{"data": map[string]any{"repository": repo}}
	}
	snap := snapshot()
	var needs pull.Needs
	for i := range 20 {
		id := fmt.Sprintf("%040x", i)
		needs.Blobs = append(needs.Blobs, id)
		snap.Files = append(snap.Files, pull.File{Path: id, After: &pull.Entry{Mode: file644, OID: id, Size: 400_000}})
	}
	require.NoError(t, fill(t, f, snap, needs))
	require.ElementsMatch(t, []int{10, 10}, sizes)
	require.Len(t, snap.Texts, 20)
}
