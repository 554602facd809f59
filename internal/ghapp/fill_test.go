package ghapp

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/slagate/slagate/internal/pull"
)

// oid is a made-up object id.
func oid(c string) string { return strings.Repeat(c, 40) }

// entry of a tree as REST shows it.
func restEntry(mode, path, id string) string {
	return fmt.Sprintf(`{"path":%q,"mode":%q,"sha":%q,"size":3}`, path, mode, id)
}

const file644 = "100644"

// tree cans the answer to a look at a tree, whole or as a folder.
func (f *fake) tree(id string, entries ...string) {
	f.reply("GET /repos/acme/shop/git/trees/"+id, fmt.Sprintf(`{"sha":%q,"truncated":false,"tree":[%s]}`, id, strings.Join(entries, ",")))
}

// hugeTree is one that GitHub hands out folder by folder only.
func (f *fake) hugeTree(id string, entries ...string) {
	f.handle("GET /repos/acme/shop/git/trees/"+id, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Get("recursive") != "" {
			f.send(w, `{"truncated":true,"tree":[]}`)
			return
		}
		f.send(w, fmt.Sprintf(`{"sha":%q,"truncated":false,"tree":[%s]}`, id, strings.Join(entries, ",")))
	})
}

func (f *fake) compare(base, head, mergeBase string) {
	f.reply("GET /repos/acme/shop/compare/"+base+"..."+head, fmt.Sprintf(`{"merge_base_commit":{"sha":%q}}`, mergeBase))
}

func snapshot(files ...pull.File) *pull.Snapshot {
	return &pull.Snapshot{Ref: ref, Pull: pull.Pull{Head: headSHA, BaseTip: tipSHA}, Files: files}
}

func fill(t *testing.T, f *fake, snap *pull.Snapshot, needs pull.Needs) error {
	t.Helper()
	return NewGatherer(f.creator()).Fill(t.Context(), snap, needs)
}

func TestAGatedPullRequestCostsFourReadsAndThenOne(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	f.always(answerJSON(t))
	f.compare(tipSHA, headSHA, baseSHA)
	f.tree(baseSHA, restEntry(file644, "slo/api.yaml", oid("1")))
	f.tree(headSHA, restEntry(file644, "slo/api.yaml", oid("2")))
	g := NewGatherer(f.creator())
	for _, want := range [][]string{
		{
			"POST /api/graphql", "GET /repos/acme/shop/compare/" + tipSHA + "..." + headSHA + "?per_page=1&page=2",
			"GET /repos/acme/shop/git/trees/" + baseSHA + "?recursive=1", "GET /repos/acme/shop/git/trees/" + headSHA + "?recursive=1",
		},
		{"POST /api/graphql"},
	} {
		snap, err := g.Read(t.Context(), ref, hints())
		require.NoError(t, err)
		require.NoError(t, g.Fill(t.Context(), &snap, pull.Needs{Entries: []string{"slo/api.yaml"}}))
		require.ElementsMatch(t, want, f.requests())
		require.Equal(t, baseSHA, snap.Pull.MergeBase)
		require.Equal(t, &pull.Entry{Mode: file644, OID: oid("1"), Size: 3}, snap.Files[0].Before)
		require.Equal(t, &pull.Entry{Mode: file644, OID: oid("2"), Size: 3}, snap.Files[0].After)
	}
	other := ref
	other.RepoID, other.Repo = 200, "other"
	_, err := g.EntriesAt(t.Context(), other, headSHA, []string{"slo/api.yaml"})
	require.Error(t, err, "what one repository's cache holds is not handed out through another")
}

func TestTipThatIsAParentIsTheMergeBase(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	f.tree(tipSHA)
	f.tree(headSHA, restEntry(file644, "a", oid("1")))
	snap := snapshot(pull.File{Path: "a", Status: pull.FileAdded})
	snap.Commits = []pull.Commit{{OID: oldSHA, Parents: []string{tipSHA}}, {OID: headSHA, Parents: []string{oldSHA}}}
	require.NoError(t, fill(t, f, snap, pull.Needs{Entries: []string{"a"}}))
	require.Equal(t, tipSHA, snap.Pull.MergeBase)
	require.Len(t, f.requests(), 2)

	snap = snapshot(pull.File{Path: "a"}) // a list that does not have the head proves nothing
	snap.Commits = []pull.Commit{{OID: oldSHA, Parents: []string{tipSHA}}}
	f.compare(tipSHA, headSHA, tipSHA)
	require.NoError(t, fill(t, f, snap, pull.Needs{Entries: []string{"a"}}))
	require.Len(t, f.requests(), 3)
}

func TestEntriesOfFiles(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	f.compare(tipSHA, headSHA, baseSHA)
	f.tree(baseSHA, restEntry(file644, "old", oid("1")), restEntry(file644, "slo/a..b.yaml", oid("2")),
		restEntry("120000", "link", oid("3")), restEntry("160000", "sub", oid("4")), restEntry(file644, "source", oid("5")))
	f.tree(headSHA, restEntry(file644, "new", oid("1")), restEntry("100755", "slo/a..b.yaml", oid("2")), restEntry(file644, "copy", oid("5")), restEntry(file644, "source", oid("5")))
	snap := snapshot(
		pull.File{Path: "new", Previous: "old", Status: pull.FileRenamed}, pull.File{Path: "slo/a..b.yaml", Status: pull.FileChanged},
		pull.File{Path: "link", Status: pull.FileRemoved}, pull.File{Path: "sub", Status: pull.FileRemoved},
		pull.File{Path: "copy", Previous: "source", Status: pull.FileCopied}, pull.File{Path: "nowhere", Status: pull.FileModified},
		pull.File{Path: "not asked"},
	)
	require.NoError(t, fill(t, f, snap, pull.Needs{Entries: []string{"old", "slo/a..b.yaml", "link", "sub", "copy", "nowhere"}}))
	type row struct{ before, after, problem string }
	var got []row
	for _, file := range snap.Files[:6] {
		got = append(got, row{file.Before.Mode, file.After.Mode, file.Problem})
	}
	require.Equal(t, []row{
		{file644, file644, ""},
		{file644, "100755", ""},
		{pull.ModeSymlink, "", ""},
		{pull.ModeSubmodule, "", ""},
		{"", file644, ""},
		{"", "", "neither the base nor the head has a file of this name"},
	}, got)
	require.Nil(t, snap.Files[6].Before)
}

func TestHugeTreesAreWalked(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	f.hugeTree(headSHA, restEntry(modeTree, "slo", oid("1")), restEntry("120000", "link", oid("9")), restEntry(modeTree, "web", oid("8")))
	f.tree(oid("1"), restEntry(modeTree, "deep", oid("2")))
	f.tree(oid("2"), restEntry(file644, "..", oid("3")), restEntry(file644, "a.yaml", oid("4")))
	g := NewGatherer(f.creator())
	paths := []string{"slo/deep/a.yaml", "slo/deep/..", "slo/none.yaml", "link/a", "slo"}
	got, err := g.EntriesAt(t.Context(), ref, headSHA, paths)
	require.NoError(t, err)
	require.Equal(t, map[string]pull.Entry{
		"slo/deep/a.yaml": {Mode: file644, OID: oid("4"), Size: 3}, "slo/deep/..": {Mode: file644, OID: oid("3"), Size: 3},
		"slo/none.yaml": {}, "link/a": {}, "slo": {Mode: modeTree, OID: oid("1"), Size: 3},
	}, got)
	require.Len(t, f.requests(), 4, "the tree, its root, two folders; never the others")
	_, err = g.EntriesAt(t.Context(), ref, headSHA, paths)
	require.NoError(t, err)
	require.Empty(t, f.requests())
	_, err = g.EntriesAt(t.Context(), ref, "main", paths)
	require.ErrorIs(t, err, errNotCommit)
}

func TestWhatCannotBeReadForGoodIsSaid(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	f.status("GET /repos/acme/shop/compare/"+tipSHA+"..."+headSHA, http.StatusNotFound, `{"message":"No common ancestor between x and y."}`)
	snap := snapshot(pull.File{Path: "a"})
	snap.FilesProblem = "GitHub lists only 3000 of 3001 files"
	require.NoError(t, fill(t, f, snap, pull.Needs{Entries: []string{"a"}, Trees: true}))
	require.Contains(t, snap.Files[0].Problem, "No common ancestor")
	require.Contains(t, snap.FilesProblem, "the list of files could not be read whole: ")

	for status, body := range map[int]string{404: `{"message":"Not Found"}`, 500: `{}`, 401: `{}`, 403: `{"message":"Resource not accessible by integration"}`} {
		f.status("GET /repos/acme/shop/compare/"+tipSHA+"..."+headSHA, status, body)
		require.Error(t, fill(t, f, snapshot(pull.File{Path: "a"}), pull.Needs{Entries: []string{"a"}}), "status %d may pass", status)
	}
	f.reply("GET /repos/acme/shop/compare/"+tipSHA+"..."+headSHA, `{}`)
	require.ErrorContains(t, fill(t, f, snapshot(pull.File{Path: "a"}), pull.Needs{Entries: []string{"a"}}), "no merge base")
}

func TestMergeBaseOnTheFirstPageOnly(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	f.handle("GET /repos/acme/shop/compare/"+tipSHA+"..."+headSHA, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Get("page") == "2" {
			f.send(w, `{"commits":[]}`)
			return
		}
		f.send(w, fmt.Sprintf(`{"merge_base_commit":{"sha":%q}}`, baseSHA))
	})
	f.tree(baseSHA)
	f.tree(headSHA)
	snap := snapshot(pull.File{Path: "a"})
	require.NoError(t, fill(t, f, snap, pull.Needs{Entries: []string{"a"}}))
	require.Equal(t, baseSHA, snap.Pull.MergeBase)
}

func TestTreesTakeThePlaceOfTheListOfFiles(t *testing.T) {
	t.Parallel()
	before := []string{
		restEntry(file644, "changed", oid("1")), restEntry(file644, "dir/moved", oid("2")), restEntry(file644, "empty", emptyBlob),
		restEntry(file644, "gone", oid("3")), restEntry(file644, "mode", oid("4")), restEntry(file644, "same", oid("5")),
		restEntry(file644, "typed", oid("6")), restEntry(file644, "twin1", oid("7")), restEntry(file644, "twin2", oid("7")),
	}
	after := []string{
		restEntry(file644, "changed", oid("8")), restEntry(file644, "also-empty", emptyBlob), restEntry(file644, "new", oid("9")),
		restEntry("100755", "mode", oid("4")), restEntry(file644, "same", oid("5")), restEntry("120000", "typed", oid("f")),
		restEntry(file644, "to/moved", oid("2")), restEntry(file644, "to/twin2", oid("7")),
	}
	want := []pull.File{
		{Path: "also-empty", Status: pull.FileAdded},
		{Path: "changed", Status: pull.FileModified},
		{Path: "empty", Status: pull.FileRemoved},
		{Path: "gone", Status: pull.FileRemoved},
		{Path: "mode", Status: pull.FileChanged},
		{Path: "new", Status: pull.FileAdded},
		{Path: "to/moved", Previous: "dir/moved", Status: pull.FileRenamed},
		{Path: "to/twin2", Previous: "twin2", Status: pull.FileRenamed},
		{Path: "twin1", Status: pull.FileRemoved},
		{Path: "typed", Status: pull.FileChanged},
	}
	t.Run("whole", func(t *testing.T) {
		t.Parallel()
		f := newFake(t)
		f.compare(tipSHA, headSHA, baseSHA)
		f.tree(baseSHA, append(before, restEntry(modeTree, "dir", oid("a1")[:40]))...)
		f.tree(headSHA, after...)
		snap := snapshot(pull.File{Path: "first of many"})
		snap.FilesProblem = "GitHub lists only 3000 of 9000 files"
		require.NoError(t, fill(t, f, snap, pull.Needs{Trees: true, Entries: []string{"changed"}}))
		require.Empty(t, snap.FilesProblem)
		require.Equal(t, oid("1"), snap.Files[1].Before.OID)
		snap.Files[1].Before, snap.Files[1].After = nil, nil
		require.Equal(t, want, snap.Files)
	})
	t.Run("folder by folder", func(t *testing.T) {
		t.Parallel()
		f := newFake(t)
		dir, to, same := strings.Repeat("1a", 20), strings.Repeat("2b", 20), strings.Repeat("3c", 20)
		f.hugeTree(baseSHA, append(top(before), restEntry(modeTree, "dir", dir), restEntry(modeTree, "same-dir", same))...)
		f.hugeTree(headSHA, append(top(after), restEntry(modeTree, "to", to), restEntry(modeTree, "same-dir", same))...)
		f.tree(dir, restEntry(file644, "moved", oid("2")))
		f.tree(to, restEntry(file644, "moved", oid("2")), restEntry(file644, "twin2", oid("7")))
		g := NewGatherer(f.creator())
		got, err := g.DiffTrees(t.Context(), ref, baseSHA, headSHA)
		require.NoError(t, err)
		require.Equal(t, want, got)
		for _, seen := range f.requests() {
			require.NotContains(t, seen, same, "what is alike is not looked into")
		}
		got, err = g.DiffTrees(t.Context(), ref, headSHA, headSHA)
		require.NoError(t, err)
		require.Empty(t, got)
	})
}

// top leaves the entries of the root.
func top(entries []string) []string {
	var out []string
	for _, e := range entries {
		if !strings.Contains(strings.SplitN(e, ",", 2)[0], "/") {
			out = append(out, e)
		}
	}
	return out
}

func TestFolderThatIsTooWide(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	f.compare(tipSHA, headSHA, baseSHA)
	for _, id := range []string{baseSHA, headSHA} {
		f.status("GET /repos/acme/shop/git/trees/"+id, http.StatusOK, `{"truncated":true,"tree":[]}`)
	}
	snap := snapshot(pull.File{Path: "a"})
	snap.FilesProblem = "GitHub lists only 3000 of 3001 files"
	require.NoError(t, fill(t, f, snap, pull.Needs{Trees: true}))
	require.Contains(t, snap.FilesProblem, "could not be read whole")
}

func TestPolicyAtTheHead(t *testing.T) {
	t.Parallel()
	blobRoute := "GET /repos/acme/shop/git/blobs/" + oid("1")
	content := func(text string) string {
		coded := base64.StdEncoding.EncodeToString([]byte(text))
		return fmt.Sprintf(`{"sha":%q,"encoding":"base64","content":"%s\n"}`, oid("1"), coded[:4]+`\n`+coded[4:])
	}
	folder := restEntry(modeTree, ".github", oid("f"))
	file := restEntry(file644, pull.PolicyPath, oid("1"))
	unreadable := func(why string) pull.Blob { return pull.Blob{State: pull.BlobUnreadable, OID: oid("1"), Problem: why} }
	for _, test := range []struct {
		name    string
		entries []string
		blob    string
		want    pull.Blob
	}{
		{"a file", []string{folder, file}, content("version: 1\n"), pull.Blob{State: pull.BlobFound, OID: oid("1"), Text: "version: 1\n"}},
		{"nothing", nil, "", pull.Blob{State: pull.BlobAbsent}},
		{"a symbolic link", []string{folder, restEntry("120000", pull.PolicyPath, oid("1"))}, "", pull.Blob{State: pull.BlobSymlink, OID: oid("1"), Problem: "is a symbolic link"}},
		{"its folder is one", []string{restEntry("120000", ".github", oid("2"))}, "", pull.Blob{State: pull.BlobSymlink, Problem: "is a symbolic link"}},
		{"a submodule", []string{folder, restEntry("160000", pull.PolicyPath, oid("1"))}, "", unreadable("is a submodule")},
		{"a folder", []string{folder, restEntry(modeTree, pull.PolicyPath, oid("1"))}, "", unreadable("is a folder")},
		{"binary", []string{folder, file}, content("a\x00bcd"), unreadable("is not a text file")},
		{"not UTF-8", []string{folder, file}, content("\xff\xfebc"), unreadable("is not a text file")},
		{"huge", []string{folder, strings.Replace(file, `"size":3`, `"size":1048577`, 1)}, "", unreadable("is larger than 1 MiB")},
		{"huge after all", []string{folder, file}, content(strings.Repeat("x", policyLimit+1)), unreadable("is larger than 1 MiB")},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			f := newFake(t)
			f.tree(headSHA, test.entries...)
			if test.blob != "" {
				f.reply(blobRoute, test.blob)
			}
			g := NewGatherer(f.creator())
			for range 2 {
				snap := snapshot()
				require.NoError(t, g.Fill(t.Context(), snap, pull.Needs{HeadPolicy: true}))
				require.Equal(t, test.want, snap.Policy.Head)
			}
			require.LessOrEqual(t, len(f.requests()), 2, "the second time from the cache")
		})
	}
	t.Run("no answer", func(t *testing.T) {
		t.Parallel()
		f := newFake(t)
		require.Error(t, fill(t, f, snapshot(), pull.Needs{HeadPolicy: true}), "a head that GitHub just named is not gone")
		f.tree(headSHA, folder, file)
		require.Error(t, fill(t, f, snapshot(), pull.Needs{HeadPolicy: true}))
		f.status(blobRoute, http.StatusUnprocessableEntity, `{"message":"odd"}`)
		snap := snapshot()
		require.NoError(t, fill(t, f, snap, pull.Needs{HeadPolicy: true}))
		require.Equal(t, pull.BlobUnreadable, snap.Policy.Head.State)
		f.status("GET /repos/acme/shop/git/trees/"+headSHA, http.StatusConflict, `{"message":"Git Repository is empty."}`)
		snap = snapshot()
		require.NoError(t, fill(t, f, snap, pull.Needs{HeadPolicy: true}))
		require.Contains(t, snap.Policy.Head.Problem, "empty")
	})
}

func TestPushesThatChangedGatedContent(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	at := func(id, gated, other string) {
		f.tree(id, restEntry(file644, "gated", oid(gated)), restEntry(file644, "other", oid(other)))
	}
	at(baseSHA, "1", "1") // the merge base of everything but the merge
	at(oid("2"), "1", "2")
	at(oid("3"), "3", "2") // gated content changed
	at(tipSHA, "7", "1")   // the base went on
	at(oid("4"), "7", "2") // the base was merged in
	at(oid("5"), "8", "2") // ... and the gated file edited while merging
	at(oid("6"), "1", "2") // put back to what the base had
	f.compare(tipSHA, oid("3"), baseSHA)
	f.compare(tipSHA, oid("6"), baseSHA)
	f.compare(tipSHA, oid("4"), tipSHA)
	f.compare(tipSHA, oid("5"), tipSHA)
	parents := map[any]string{
		oid("5"): fmt.Sprintf(`{"parents":{"totalCount":2,"nodes":[{"oid":%q},{"oid":%q}]}}`, oid("2"), tipSHA),
		oid("8"): `{"parents":{"totalCount":101,"nodes":[{"oid":"x"}]}}`, oid("e"): "null",
	}
	f.queries(func(_ string, vars map[string]any) any {
		return decoded(t, `{"data":{"repository":{"databaseId":100,"object":`+parents[vars["commit"]]+`}}}`)
	})
	f.tree(oid("9"), restEntry(file644, "gated", oid("1")))
	f.tree(oid("0"))
	snap := snapshot()
	snap.Commits = []pull.Commit{
		{OID: oid("2"), Parents: []string{baseSHA}},
		{OID: oid("3"), Parents: []string{oid("2")}},
		{OID: oid("4"), Parents: []string{oid("2"), tipSHA}},
		{OID: oid("9")},
		{OID: oid("0")},
	}
	snap.Pushes = []pull.PushContent{{Key: oid("2"), Gated: true}, {Key: "kept", Gated: true}}
	keys := []struct {
		key               string
		gated, unreadable bool
	}{
		{baseSHA + ".." + oid("2"), false, false},
		{oid("2") + ".." + oid("3"), true, false},
		{oid("2") + ".." + oid("4"), false, false}, // merging the base in is nobody's change
		{oid("2") + ".." + oid("5"), true, false},
		{oid("3") + ".." + oid("6"), false, false}, // what the base has is nobody's change
		{oid("e") + ".." + oid("2"), true, true},   // gone
		{"not..commits", true, true},
		{oid("2"), false, false},
		{oid("3"), true, false},
		{oid("4"), false, false}, // a plain merge
		{oid("5"), true, false},  // a merge with an edit
		{oid("9"), true, false},  // a root commit that has the file
		{oid("0"), false, false}, // ... and one without it
		{oid("e"), true, true},
		{oid("8"), true, true}, // more parents than can be asked for
		{"nonsense", true, true},
	}
	needs := pull.Needs{Gated: []string{"gated"}}
	want := []pull.PushContent{{Key: "kept", Gated: true}}
	for _, k := range keys {
		needs.Pushes = append(needs.Pushes, k.key)
		want = append(want, pull.PushContent{Key: k.key, Gated: k.gated, Unreadable: k.unreadable})
	}
	require.NoError(t, fill(t, f, snap, needs))
	require.Equal(t, want, snap.Pushes)

	f.status("GET /repos/acme/shop/git/trees/"+oid("2"), http.StatusInternalServerError, "")
	require.Error(t, fill(t, f, snap, needs), "what may pass is asked again")
}

func TestCacheIsBounded(t *testing.T) {
	t.Parallel()
	c := newObjectCache(100)
	key := func(id string) objectKey { return objectKey{repo: 1, kind: "tree", id: id} }
	for _, id := range []string{"a", "b", "c"} {
		c.put(key(id), id, 40)
	}
	_, ok := c.get(key("a"))
	require.False(t, ok, "the oldest went")
	_, ok = c.get(key("b"))
	require.True(t, ok)
	c.put(key("d"), "d", 40)
	_, ok = c.get(key("c"))
	require.False(t, ok, "b was used later than c")
	c.put(key("huge"), "huge", 60)
	_, ok = c.get(key("huge"))
	require.False(t, ok)
	c.put(key("d"), "again", 10)
	got, ok := c.get(key("d"))
	require.True(t, ok)
	require.Equal(t, "again", got)
	require.Equal(t, 50, c.weight)
	_, ok = c.get(objectKey{repo: 2, kind: "tree", id: "d"})
	require.False(t, ok)
}
