package ghapp

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/slagate/slagate/internal/pull"
)

const (
	folderWith = `{"__typename":"Tree","oid":"f","entries":[{"name":"other","mode":33188},{"name":"slagate.yml","mode":%d}]}`
	textBlob   = `{"__typename":"Blob","oid":"p","byteSize":3,"isBinary":false,"isTruncated":false,"text":"a: "}`
)

func TestWhatCanStandAtThePolicysPath(t *testing.T) {
	t.Parallel()
	file, symlink, submodule, folder := 0o100644, 0o120000, 0o160000, 0o040000
	for _, test := range []struct {
		name, policy, folder string
		want                 pull.Blob
		err                  string
	}{
		{name: "a file", policy: textBlob, folder: fmt.Sprintf(folderWith, file), want: pull.Blob{State: pull.BlobFound, OID: "p", Text: "a: "}},
		{name: "an executable", policy: textBlob, folder: fmt.Sprintf(folderWith, 0o100755), want: pull.Blob{State: pull.BlobFound, OID: "p", Text: "a: "}},
		{name: "nothing", policy: "null", folder: "null", want: pull.Blob{State: pull.BlobAbsent}},
		{name: "a folder without it", policy: "null", folder: `{"__typename":"Tree","oid":"f","entries":[]}`, want: pull.Blob{State: pull.BlobAbsent}},
		{name: "a symbolic link, which GitHub hands out as a text", policy: textBlob, folder: fmt.Sprintf(folderWith, symlink), want: pull.Blob{State: pull.BlobSymlink, Problem: "is a symbolic link"}},
		{name: "a submodule", policy: "null", folder: fmt.Sprintf(folderWith, submodule), want: pull.Blob{State: pull.BlobUnreadable, Problem: "is a submodule"}},
		{name: "a folder", policy: `{"__typename":"Tree","oid":"t"}`, folder: fmt.Sprintf(folderWith, folder), want: pull.Blob{State: pull.BlobUnreadable, Problem: "is a folder"}},
		{name: "the folder is a file", policy: "null", folder: textBlob, want: pull.Blob{State: pull.BlobUnreadable, OID: "p", Problem: ".github is not a folder"}},
		{name: "binary", policy: `{"__typename":"Blob","oid":"p","byteSize":3,"isBinary":true,"text":null}`, folder: fmt.Sprintf(folderWith, file), want: pull.Blob{State: pull.BlobUnreadable, OID: "p", Problem: "is not a text file"}},
		{name: "no text", policy: `{"__typename":"Blob","oid":"p","byteSize":3,"isBinary":null,"text":null}`, folder: fmt.Sprintf(folderWith, file), want: pull.Blob{State: pull.BlobUnreadable, OID: "p", Problem: "is not a text file"}},
		{name: "empty", policy: `{"__typename":"Blob","oid":"p","byteSize":0,"isBinary":null,"text":null}`, folder: fmt.Sprintf(folderWith, file), want: pull.Blob{State: pull.BlobFound, OID: "p"}},
		{name: "cut off", policy: `{"__typename":"Blob","oid":"p","byteSize":600000,"isTruncated":true,"text":"a"}`, folder: fmt.Sprintf(folderWith, file), want: pull.Blob{State: pull.BlobUnreadable, OID: "p", Problem: "is larger than GitHub hands out whole"}},
		{name: "huge", policy: `{"__typename":"Blob","oid":"p","byteSize":1048577,"text":"a"}`, folder: fmt.Sprintf(folderWith, file), want: pull.Blob{State: pull.BlobUnreadable, OID: "p", Problem: "is larger than 1 MiB"}},
		{name: "a file that no folder lists", policy: textBlob, folder: `{"__typename":"Tree","oid":"f","entries":[]}`, err: "in part only"},
		{name: "a file without a folder", policy: textBlob, folder: "null", err: "in part only"},
		{name: "a folder without the file it lists", policy: "null", folder: fmt.Sprintf(folderWith, file), err: "in part only"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			f := newFake(t)
			answer := answerJSON(t)
			put(t, answer, "data.repository.policy", decoded(t, test.policy))
			put(t, answer, "data.repository.folder", decoded(t, test.folder))
			f.always(answer)
			got, err := read(t, f, hints())
			if test.err != "" {
				require.ErrorContains(t, err, test.err)
				return
			}
			require.NoError(t, err)
			require.Equal(t, test.want, got.Policy.Base)
		})
	}
}

func TestOwnerDefault(t *testing.T) {
	t.Parallel()
	found := `{"name":".github","owner":{"login":"Acme"},"policy":` + textBlob + `,"folder":` + fmt.Sprintf(folderWith, 0o100644) + `}`
	for _, test := range []struct {
		name, repo, errors string
		want               pull.Blob
	}{
		{"there", found, `[]`, pull.Blob{State: pull.BlobFound, OID: "p", Text: "a: "}},
		{"repository without it", `{"name":".github","owner":{"login":"acme"},"policy":null,"folder":null}`, `[]`, pull.Blob{State: pull.BlobAbsent}},
		{"no repository", `null`, `[{"type":"NOT_FOUND","path":["ownerRepo"]}]`, pull.Blob{State: pull.BlobHidden}},
		{"not for us", `null`, `[{"type":"FORBIDDEN","path":["ownerRepo"],"message":"IP allow list"}]`, pull.Blob{State: pull.BlobNoAnswer, Problem: "IP allow list"}},
		{"renamed away", strings.Replace(found, `".github"`, `"old"`, 1), `[]`, pull.Blob{State: pull.BlobHidden}},
		{"transferred to somebody else", strings.Replace(found, "Acme", "globex", 1), `[]`, pull.Blob{State: pull.BlobHidden}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			f := newFake(t)
			answer := answerJSON(t)
			put(t, answer, "data.ownerRepo", decoded(t, test.repo))
			put(t, answer, "errors", decoded(t, test.errors))
			f.always(answer)
			got, err := read(t, f, hints())
			require.NoError(t, err)
			require.Equal(t, test.want, got.Policy.Owner)
		})
	}
}

func TestPolicyOfAnUnexpectedBaseIsAskedForAtItsTip(t *testing.T) {
	t.Parallel()
	for _, branch := range []string{"", "release"} {
		f := newFake(t)
		answer := answerJSON(t)
		f.queries(func(query string, vars map[string]any) any {
			if strings.Contains(query, "pullRequest") {
				return answer
			}
			if vars["v2"] != tipSHA+":.github/slagate.yml" || vars["v3"] != tipSHA+":.github" {
				t.Errorf("asked for %v", vars)
			}
			return decoded(t, `{"data":{"repository":{"databaseId":100,"policy":null,"folder":null}}}`)
		})
		got, err := read(t, f, pull.Hints{BaseBranch: branch})
		require.NoError(t, err)
		require.Equal(t, pull.BlobAbsent, got.Policy.Base.State)
		require.Len(t, f.requests(), 2)
	}
}

func TestLabelsOfTheRepository(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	answer := answerJSON(t)
	put(t, answer, "data.repository.l0", decoded(t, `{"name":"a#b"}`))
	put(t, answer, "data.repository.l1", nil)
	f.always(answer)
	h := hints()
	h.Labels = []string{"a#b", "support: ok"}
	got, err := read(t, f, h)
	require.NoError(t, err)
	require.Equal(t, []string{"a#b"}, got.Observed.RepoLabels)
	require.Equal(t, h.Labels, got.Observed.LabelsAsked)
	require.Len(t, f.requests(), 1)
	h.Labels = append(h.Labels, "third")
	_, err = read(t, f, h)
	require.ErrorContains(t, err, `"third"`)
}
