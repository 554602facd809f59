package githubsim_test

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/slagate/slagate/internal/githubsim"
)

// TestObjectIDs holds ids against those that git itself computes.
func TestObjectIDs(t *testing.T) {
	t.Parallel()
	require.Equal(t, "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391", githubsim.BlobID(""))
	require.Equal(t, "ce013625030ba8dba906f756967f9e9ca394464a", githubsim.BlobID("hello\n"))

	w := newWorld(t)
	r := w.acme.AddRepo("ids")
	r.Commit("main", w.olga, "x", map[string]githubsim.File{
		"a": githubsim.Text("hello\n"), "b/c": githubsim.Exec("#!/bin/sh\n"), "b.txt": githubsim.Text("x\n"), "l": githubsim.Symlink("a"),
	})
	// git mktree over the same four entries
	require.Equal(t, treeOfFour, at(t, w.get("/repos/acme/ids/commits/main").object(), "commit.tree.sha"))
}

func TestTreesAndContents(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(o *githubsim.Options) { o.MaxTree = 6 })
	w.shop.Commit("main", w.olga, "more", map[string]githubsim.File{
		"slo/link.yaml": githubsim.Symlink("api.yaml"), "slo/out": githubsim.Symlink("/etc/passwd"), "slo/a..b.yaml": githubsim.Text("dots\n"),
		"vendored": githubsim.Submodule("1111111111111111111111111111111111111111"),
	})
	top := w.get("/repos/acme/shop/git/trees/" + w.shop.Tip("main")).object()
	require.Len(t, top["tree"], 4)
	require.Equal(t, false, top["truncated"])
	full := w.get("/repos/acme/shop/git/trees/main?recursive=1").object()
	require.Equal(t, true, full["truncated"])
	require.Len(t, full["tree"], 6)

	modes := map[string]string{}
	for _, e := range w.get("/repos/acme/shop/git/trees/" + fmt.Sprint(at(t, top, "tree.2.sha"))).object()["tree"].([]any) {
		modes[e.(object)["path"].(string)] = e.(object)["mode"].(string) // of the sim
	}
	require.Equal(t, map[string]string{"a..b.yaml": "100644", "api.yaml": "100644", "link.yaml": "120000", "out": "120000"}, modes)

	link := w.get("/repos/acme/shop/contents/slo/link.yaml").object()
	require.Equal(t, "file", link["type"], "a link to a file reads as the file")
	require.Equal(t, "b2JqZWN0aXZlOiA5OS45Cg==", link["content"])
	require.Equal(t, "symlink", w.get("/repos/acme/shop/contents/slo/out").object()["type"])
	require.Equal(t, http.StatusOK, w.get("/repos/acme/shop/contents/slo/a..b.yaml").status)
	require.Equal(t, http.StatusNotFound, w.get("/repos/acme/shop/contents/slo/none").status)
}

func TestDiffs(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, err := w.sim.As("ana").Push(w.shop, "topic", "move", map[string]githubsim.File{
		"slo/api.yaml": githubsim.Removed(), "old/api.yaml": githubsim.Text("objective: 99.9\n"),
		"docs/a.md": githubsim.Removed(), "docs/b.md": githubsim.Text("a\nb\nc\nX\n"),
		"README.md": githubsim.Exec("shop\n"), "new.txt": githubsim.Text("1\n2\n"),
	})
	require.NoError(t, err)
	w.shop.Commit("main", w.olga, "meanwhile", map[string]githubsim.File{"other.md": githubsim.Text("not of the pull request")})
	_, err = w.sim.As("ana").OpenPull(w.shop, githubsim.PullInput{Head: "topic"})
	require.NoError(t, err)

	var got []string
	for _, f := range w.get("/repos/acme/shop/pulls/1/files").list() {
		got = append(got, fmt.Sprint(f["status"], " ", f["filename"], " ", f["previous_filename"], " +", f["additions"], " -", f["deletions"]))
	}
	require.Equal(t, []string{
		"changed README.md <nil> +0 -0",
		"renamed docs/b.md docs/a.md +1 -1",
		"added new.txt <nil> +2 -0",
		"renamed old/api.yaml slo/api.yaml +0 -0",
	}, got)
	files := w.get("/repos/acme/shop/pulls/1/files").list()
	require.Equal(t, "@@ -1,4 +1,4 @@\n a\n b\n c\n-d\n+X", files[1]["patch"])
	require.Equal(t, "@@ -0,0 +1,2 @@\n+1\n+2", files[2]["patch"])
	q := w.query(`{repository(owner:"acme",name:"shop"){pullRequest(number:1){changedFiles files(first:10){nodes{path changeType}}}}}`, nil)
	require.Equal(t, "RENAMED", at(t, q, "data.repository.pullRequest.files.nodes.3.changeType"))
}

func TestFilesStopAt3000(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	files := map[string]githubsim.File{}
	for i := range 3010 {
		files[fmt.Sprintf("many/f%04d", i)] = githubsim.Text(fmt.Sprint(i))
	}
	_, err := w.sim.As("ana").Push(w.shop, "topic", "many", files)
	require.NoError(t, err)
	_, err = w.sim.As("ana").OpenPull(w.shop, githubsim.PullInput{Head: "topic"})
	require.NoError(t, err)
	require.Len(t, w.get("/repos/acme/shop/pulls/1/files?per_page=100&page=30").list(), 100)
	require.Empty(t, w.get("/repos/acme/shop/pulls/1/files?per_page=100&page=31").list())
	require.InDelta(t, 3010, w.get("/repos/acme/shop/pulls/1").object()["changed_files"], 0)
	cmp := w.get("/repos/acme/shop/compare/main...topic").object()
	require.Len(t, cmp["files"], 300)
	require.Equal(t, w.shop.Tip("main"), at(t, cmp, "merge_base_commit.sha"))
}

func TestMergeBases(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	start := w.shop.Tip("main")
	p := w.pull("topic")
	require.Equal(t, start, p.View().MergeBase)
	next := w.shop.Commit("main", w.olga, "on", map[string]githubsim.File{"x": githubsim.Text("x")})
	require.Equal(t, start, p.View().MergeBase)
	require.NoError(t, w.sim.As("ana").MergeBaseIn(p))
	require.Equal(t, next, p.View().MergeBase)
	require.Len(t, p.View().Files, 1, "what came from the base is not of the pull request")
	merge := p.View().Head
	require.Len(t, w.get("/repos/acme/shop/commits/" + merge).object()["parents"], 2)

	last := w.shop.Commit("main", w.olga, "and on", map[string]githubsim.File{"y": githubsim.Text("y")})
	w.take()
	require.NoError(t, w.sim.As("ana").Rebase(p))
	require.Equal(t, last, p.View().MergeBase)
	got := w.take()
	require.Equal(t, true, at(t, got[0].body, "forced"))
	require.Equal(t, merge, at(t, got[1].body, "before"))
	events := p.View().Events
	require.Equal(t, "head_ref_force_pushed", events[len(events)-1].Kind)
	require.Equal(t, "diverged", w.get("/repos/acme/shop/compare/" + merge + "...topic").object()["status"])

	w.shop.Commit("main", w.olga, "conflict", map[string]githubsim.File{"slo/api.yaml": githubsim.Text("objective: 90\n")})
	require.EqualError(t, w.sim.As("ana").Merge(p, false), "Pull Request is not mergeable")
	require.Error(t, w.sim.As("ana").MergeBaseIn(p))
}

func TestForks(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	fork, err := w.sim.As("lee").Fork(w.shop)
	require.NoError(t, err)
	_, err = w.sim.As("lee").Push(w.shop, "topic", "no", nil)
	require.EqualError(t, err, "Must have write rights to Repository.")
	sha, err := w.sim.As("lee").Push(fork, "topic", "from outside", map[string]githubsim.File{"slo/api.yaml": githubsim.Text("0\n")})
	require.NoError(t, err)
	p, err := w.sim.As("lee").OpenPull(w.shop, githubsim.PullInput{Head: "topic", HeadRepo: fork})
	require.NoError(t, err)
	require.Equal(t, []string{"pull_request.opened"}, w.events(), "pushes to the fork are not ours to see")

	o := w.get("/repos/acme/shop/pulls/1").object()
	require.Equal(t, "lee/shop", at(t, o, "head.repo.full_name"))
	require.Len(t, w.get("/repos/acme/shop/pulls?head=lee:topic").list(), 1)
	require.Equal(t, http.StatusCreated, w.post("/repos/acme/shop/statuses/"+sha, object{"state": "pending"}).status)
	require.Len(t, w.get("/repos/acme/shop/commits/"+sha+"/pulls").list(), 1)
	require.NoError(t, w.sim.As("lee").DeleteRepo(fork))
	require.Nil(t, at(t, w.get("/repos/acme/shop/pulls/1").object(), "head.repo"))
	q := w.query(`{repository(owner:"acme",name:"shop"){pullRequest(number:1){isCrossRepository headRepository{name} headRef{name}}}}`, nil)
	require.Equal(t, object{"isCrossRepository": true, "headRepository": nil, "headRef": nil}, at(t, q, "data.repository.pullRequest"))
	require.Equal(t, sha, p.View().Head)
}

// treeOfFour is what git write-tree says.
const treeOfFour = "6bb83317661d74227fc599c16dfcd41233b4d302"
