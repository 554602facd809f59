package checkout

import (
	"bufio"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/slagate/slagate/internal/pull"
)

// sides are the ids of both sides of all files.
func sides(files []pull.File) []string {
	var out []string
	for _, f := range files {
		for _, e := range []*pull.Entry{f.Before, f.After} {
			if e.Exists() && e.Mode != pull.ModeSubmodule {
				out = append(out, e.OID)
			}
		}
	}
	return out
}

func fileAt(t *testing.T, sn pull.Snapshot, path string) pull.File {
	t.Helper()
	for _, f := range sn.Files {
		if f.Path == path {
			return f
		}
	}
	require.Fail(t, "no such file", path)
	return pull.File{}
}

func TestTexts(t *testing.T) {
	t.Parallel()
	huge := strings.Repeat("x", textLimit+1)
	for _, worktree := range []bool{false, true} {
		r := newRepo(t)
		r.write("slo/a.yml", "99.9\n", "gone", "was\n")
		r.commit()
		r.git("switch", "-q", "-c", "topic")
		r.remove("gone")
		r.write("slo/a.yml", "99.5\n", "limit", huge[1:], "huge", huge, "bin", "a\x00b", "latin1", "caf\xe9", "empty", "", "no end", "99", "line\nend", "x: 1")
		if !worktree {
			r.commit()
		}
		found, err := Open(t.Context(), r.dir)
		require.NoError(t, err)
		branch, err := found.Compare(t.Context(), Options{Worktree: worktree})
		require.NoError(t, err)
		sn := branch.Snapshot
		require.NoError(t, found.Texts(t.Context(), &sn, sides(sn.Files)))
		require.Len(t, sn.Texts, len(sides(sn.Files)))
		for path, want := range map[string]pull.Blob{
			"slo/a.yml": {State: pull.BlobFound, Text: "99.5\n"}, "limit": {State: pull.BlobFound, Text: huge[1:]},
			"huge": {State: pull.BlobUnreadable, Problem: pull.ProblemTooLarge}, "bin": {State: pull.BlobUnreadable, Problem: pull.ProblemNotText},
			"latin1": {State: pull.BlobUnreadable, Problem: pull.ProblemNotText}, "empty": {State: pull.BlobFound},
			"no end": {State: pull.BlobFound, Text: "99"}, "line\nend": {State: pull.BlobFound, Text: "x: 1"},
		} {
			want.OID = fileAt(t, sn, path).After.OID
			got, ok := sn.Text(want.OID)
			require.True(t, ok, path)
			require.Equal(t, want, got, path)
		}
		for path, want := range map[string]string{"slo/a.yml": "99.9\n", "gone": "was\n"} {
			got, ok := sn.Text(fileAt(t, sn, path).Before.OID)
			require.True(t, ok, path)
			require.Equal(t, want, got.Text)
		}
		before := sn.Texts
		require.NoError(t, (&Repo{root: filepath.Join(r.dir, "nowhere")}).Texts(t.Context(), &sn, sides(sn.Files)), "what is known is not read again")
		require.Equal(t, before, sn.Texts)
	}
}

func TestTextsThatAreNotThere(t *testing.T) {
	t.Parallel()
	r := newRepo(t)
	r.write("a", "1", "b", "1")
	head := r.commit()
	sn := pull.Snapshot{Files: []pull.File{
		{Path: "gone", After: &pull.Entry{Mode: "100644", OID: strings.Repeat("2", 40)}},
		{Path: "link", After: &pull.Entry{Mode: "100644", OID: strings.Repeat("3", 40)}},
		{Path: "folder/x", After: &pull.Entry{Mode: "100644", OID: strings.Repeat("4", 40)}},
	}}
	outside := filepath.Join(t.TempDir(), "secret")
	require.NoError(t, os.WriteFile(outside, []byte("secret"), 0o600))
	require.NoError(t, os.Symlink(outside, filepath.Join(r.dir, "link")))
	require.NoError(t, os.Symlink(filepath.Dir(outside), filepath.Join(r.dir, "folder")))
	asked := []string{strings.Repeat("1", 40), strings.Repeat("2", 40), strings.Repeat("3", 40), strings.Repeat("4", 40), head, "", "HEAD:a\n" + head}
	require.NoError(t, OpenHistory(r.dir).Texts(t.Context(), &sn, asked))
	require.Len(t, sn.Texts, len(asked))
	for _, b := range sn.Texts {
		require.Equal(t, pull.BlobUnreadable, b.State, b.OID)
		require.NotEmpty(t, b.Problem)
		require.Empty(t, b.Text)
	}
	sn = pull.Snapshot{}
	require.ErrorContains(t, OpenHistory(t.TempDir()).Texts(t.Context(), &sn, []string{head}), "not a git repository")
	require.Empty(t, sn.Texts)
	ctx, stop := context.WithCancel(t.Context())
	stop()
	require.ErrorIs(t, OpenHistory(r.dir).Texts(ctx, &sn, []string{head}), context.Canceled)
}

func TestReadBatchRefusesWhatItDoesNotKnow(t *testing.T) {
	t.Parallel()
	id, other := strings.Repeat("1", 40), strings.Repeat("2", 40)
	for _, out := range []string{"", id, id + " blob\n", other + " missing\n", id + " blob x\n", id + " blob 5\nab\n", id + " blob 1\nab\n", id + " blob 1\na", id + " blob -1\n\n", other + " blob 1\na\n"} {
		_, err := readBatch(bufio.NewReader(strings.NewReader(out)), []string{id})
		require.ErrorIs(t, err, errBatch, "%q", out)
	}
}

func TestRange(t *testing.T) {
	t.Parallel()
	r := newRepo(t)
	r.write("slo/a.yml", long, "b", "1")
	left := r.commit()
	r.git("tag", "v1.0")
	r.git("tag", "-a", "-m", "x", "v1.0-signed")
	r.git("switch", "-q", "-c", "topic")
	r.git("mv", "slo/a.yml", "slo/b.yml")
	r.write("slo/b.yml", long+"11\n")
	head := r.commit()
	r.git("switch", "-q", "main")
	r.write("b", "2")
	tip := r.commit()
	renamed, reverted := `renamed "slo/b.yml" 100644-100644 from "slo/a.yml"`, `modified "b" 100644-100644`
	r.git("config", "diff.relative", "true")
	bare := filepath.Join(t.TempDir(), "bare.git")
	r.git("clone", "-q", "--bare", r.dir, bare)
	for _, dir := range []string{r.dir, filepath.Join(r.dir, "slo"), bare} {
		h := OpenHistory(dir)
		for _, tt := range []struct {
			text    string
			commits []string // base, merge base, head
			want    []string
		}{
			{"v1.0..topic", []string{left, left, head}, []string{renamed}},
			{"v1.0-signed.." + head[:12], []string{left, left, head}, []string{renamed}},
			{"main..topic", []string{tip, tip, head}, []string{reverted, renamed}},
			{"main...topic", []string{tip, left, head}, []string{renamed}},
			{"...topic", []string{tip, left, head}, []string{renamed}},
			{"topic~1..", []string{left, left, tip}, []string{reverted}},
			{"main..main", []string{tip, tip, tip}, nil},
		} {
			sn, err := h.RangeOf(t.Context(), tt.text)
			require.NoError(t, err, tt.text)
			require.Equal(t, tt.want, listed(sn.Files), tt.text)
			got := []string{sn.Pull.BaseTip, sn.Pull.MergeBase, sn.Pull.Head}
			require.Equal(t, tt.commits, got, tt.text)
			require.Equal(t, len(tt.want), sn.Pull.Changed)
			require.NoError(t, h.Texts(t.Context(), &sn, sides(sn.Files)))
			for _, id := range sides(sn.Files) {
				b, ok := sn.Text(id)
				require.True(t, ok)
				require.Equal(t, pull.BlobFound, b.State)
			}
		}
		sn, err := h.Range(t.Context(), "main", "topic")
		require.NoError(t, err)
		require.Len(t, sn.Files, 2)
	}
}

func TestRangeRefuses(t *testing.T) {
	t.Parallel()
	r := newRepo(t)
	r.write("a", "1")
	r.commit()
	tree := r.git("rev-parse", "HEAD^{tree}")
	r.git("switch", "-q", "--orphan", "apart")
	r.write("a", "2")
	r.commit()
	h := OpenHistory(r.dir)
	for text, want := range map[string]error{
		"main": ErrNoRange, "": ErrNoRange, "main..nobody": ErrNoCommit, "nobody..main": ErrNoCommit, "--all..main": ErrNoCommit,
		"^main..main": ErrNoCommit, tree + "..main": ErrNoCommit, "main\nmain..main": ErrNoCommit, "main...apart": ErrUnrelated, "main..a\x00": ErrNoCommit,
	} {
		_, err := h.RangeOf(t.Context(), text)
		require.ErrorIs(t, err, want, "%q", text)
	}
	_, err := OpenHistory(t.TempDir()).RangeOf(t.Context(), "a..b")
	require.ErrorIs(t, err, ErrNoCheckout)
	_, err = OpenHistory(filepath.Join(t.TempDir(), "none")).RangeOf(t.Context(), "a..b")
	require.Error(t, err)
	shallow := filepath.Join(t.TempDir(), "shallow")
	r.git("clone", "-q", "--depth", "1", "--branch", "main", "file://"+r.dir, shallow)
	_, err = OpenHistory(shallow).RangeOf(t.Context(), "HEAD~1..HEAD")
	require.ErrorContains(t, err, "shallow clone")
}
