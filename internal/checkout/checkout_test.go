package checkout

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/slagate/slagate/internal/pull"
)

// repo is a repository in a folder of its own.
type repo struct {
	t   *testing.T
	dir string
}

func newRepo(t *testing.T) repo {
	t.Helper()
	r := repo{t, t.TempDir()}
	r.git("init", "-q", "-b", "main")
	return r
}

// git runs git there, without any setting of whoever runs the test.
func (r repo) git(args ...string) string {
	r.t.Helper()
	return r.feed("", args...)
}

func (r repo) feed(in string, args ...string) string {
	r.t.Helper()
	cmd := exec.CommandContext(r.t.Context(), "git", append([]string{"-C", r.dir, "-c", "core.protectNTFS=false"}, args...)...)
	cmd.Stdin = strings.NewReader(in)
	cmd.Env = append(environment(), "GIT_CONFIG_GLOBAL="+os.DevNull, "GIT_CONFIG_NOSYSTEM=1",
		"GIT_AUTHOR_NAME=Ana", "GIT_AUTHOR_EMAIL=ana@example.com", "GIT_COMMITTER_NAME=Ana", "GIT_COMMITTER_EMAIL=ana@example.com")
	out, err := cmd.CombinedOutput()
	require.NoError(r.t, err, "git %v: %s", args, out)
	return strings.TrimSpace(string(out))
}

// write writes files, given by name and text in turn.
func (r repo) write(pairs ...string) {
	r.t.Helper()
	for i := 0; i < len(pairs); i += 2 {
		full := filepath.Join(r.dir, pairs[i])
		require.NoError(r.t, os.MkdirAll(filepath.Dir(full), 0o755))
		require.NoError(r.t, os.WriteFile(full, []byte(pairs[i+1]), 0o644))
	}
}

func (r repo) commit() string {
	r.t.Helper()
	r.git("add", "-A")
	r.git("commit", "-q", "--allow-empty", "-m", "change")
	return r.git("rev-parse", "HEAD")
}

func (r repo) remove(name string) {
	r.t.Helper()
	require.NoError(r.t, os.RemoveAll(filepath.Join(r.dir, name)))
}

func (r repo) compare(o Options) (Branch, error) {
	r.t.Helper()
	found, err := Open(r.t.Context(), r.dir)
	require.NoError(r.t, err)
	return found.Compare(r.t.Context(), o)
}

// listed gives the files in one line each.
func listed(files []pull.File) []string {
	var out []string
	for _, f := range files {
		side := func(e *pull.Entry) string {
			if !e.Exists() {
				return "none"
			}
			return e.Mode
		}
		text := fmt.Sprintf("%s %q %s-%s", f.Status, f.Path, side(f.Before), side(f.After))
		if f.Previous != "" {
			text += fmt.Sprintf(" from %q", f.Previous)
		}
		if f.Problem != "" {
			text += ": " + f.Problem
		}
		out = append(out, text)
	}
	return out
}

const long = "1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n"

func TestChanges(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name string
		do   func(r repo)
		want []string // committed
		disk []string // as it lies in the folder before it is committed; nil: the same
	}{
		{"nothing", func(repo) {}, nil, nil},
		{"edited", func(r repo) { r.write("slo/a.yml", "new") }, []string{`modified "slo/a.yml" 100644-100644`}, nil},
		{"written anew", func(r repo) { r.write("slo/a.yml", long) }, nil, nil},
		{
			"new", func(r repo) { r.write("slo/new.yml", "x", "b.sh", "x") },
			[]string{`added "b.sh" none-100644`, `added "slo/new.yml" none-100644`},
			nil,
		},
		{"deleted", func(r repo) { r.remove("slo/a.yml") }, []string{`removed "slo/a.yml" 100644-none`}, nil},
		{
			"renamed", func(r repo) { r.git("mv", "slo/a.yml", "b.yml") },
			[]string{`renamed "b.yml" 100644-100644 from "slo/a.yml"`},
			nil,
		},
		{
			"renamed and edited a little", func(r repo) {
				r.git("mv", "slo/a.yml", "b.yml")
				r.write("b.yml", long+"11\n")
			},
			[]string{`renamed "b.yml" 100644-100644 from "slo/a.yml"`},
			nil,
		},
		{
			"renamed without telling git", func(r repo) { r.remove("slo/a.yml"); r.write("b.yml", long) },
			[]string{`renamed "b.yml" 100644-100644 from "slo/a.yml"`},
			[]string{`added "b.yml" none-100644`, `removed "slo/a.yml" 100644-none`},
		},
		{
			"copied", func(r repo) { r.write("b.yml", long) }, // GitHub shows copies as new files, too
			[]string{`added "b.yml" none-100644`}, nil,
		},
		{
			"made executable", func(r repo) { require.NoError(r.t, os.Chmod(filepath.Join(r.dir, "slo/a.yml"), 0o755)) },
			[]string{`changed "slo/a.yml" 100644-100755`},
			nil,
		},
		{
			"new and executable", func(r repo) {
				r.write("b.sh", "x")
				require.NoError(r.t, os.Chmod(filepath.Join(r.dir, "b.sh"), 0o755))
			},
			[]string{`added "b.sh" none-100755`},
			nil,
		},
		{
			"made a link", func(r repo) {
				r.remove("slo/a.yml")
				require.NoError(r.t, os.Symlink("../x", filepath.Join(r.dir, "slo/a.yml")))
			},
			[]string{`changed "slo/a.yml" 100644-120000`},
			nil,
		},
		{
			"folder made a link", func(r repo) {
				r.write("c/a.yml", long)
				r.remove("slo")
				require.NoError(r.t, os.Symlink("c", filepath.Join(r.dir, "slo")))
			},
			[]string{`renamed "c/a.yml" 100644-100644 from "slo/a.yml"`, `added "slo" none-120000`},
			[]string{`added "c/a.yml" none-100644`, `added "slo" none-120000`, `removed "slo/a.yml" 100644-none`},
		},
		{
			"odd names", func(r repo) {
				r.write("sp ace", "1", "line\nend", "2", `"quoted"`, "3", "t\tab", "4", "ö", "5", "-n", "6", ":(top)x", "7")
			},
			[]string{
				`added "\"quoted\"" none-100644`, `added "-n" none-100644`, `added ":(top)x" none-100644`,
				`added "line\nend" none-100644`, `added "sp ace" none-100644`, `added "t\tab" none-100644`, `added "ö" none-100644`,
			},
			nil,
		},
		{
			"ignored", func(r repo) { r.write(".git/info/exclude", "x\n", "x", "x") }, nil, nil,
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r := newRepo(t)
			r.write("slo/a.yml", long)
			r.commit()
			r.git("switch", "-q", "-c", "topic")
			tt.do(r)
			if tt.disk == nil {
				tt.disk = tt.want
			}
			onDisk, err := r.compare(Options{Worktree: true})
			require.NoError(t, err)
			require.Equal(t, tt.disk, listed(onDisk.Snapshot.Files))
			r.commit()
			committed, err := r.compare(Options{})
			require.NoError(t, err)
			require.Equal(t, tt.want, listed(committed.Snapshot.Files))
			require.Len(t, committed.Snapshot.Files, committed.Snapshot.Pull.Changed)
			// What lies in the folder is what was committed, ids included.
			again, err := r.compare(Options{Worktree: true})
			require.NoError(t, err)
			require.Equal(t, committed.Snapshot.Files, again.Snapshot.Files)
			if fmt.Sprint(tt.disk) == fmt.Sprint(tt.want) {
				for i, f := range onDisk.Snapshot.Files {
					if f.After.Mode != pull.ModeSymlink {
						require.Equal(t, committed.Snapshot.Files[i].After, f.After)
					}
				}
			}
		})
	}
}

// No setting of the user and no file of the branch changes what is seen.
func TestChangesCannotBeBent(t *testing.T) {
	t.Parallel()
	r := newRepo(t)
	r.write("slo/a.yml", long, "slo/b.yml", "b")
	r.commit()
	r.git("switch", "-q", "-c", "topic")
	r.git("mv", "slo/a.yml", "slo/c.yml")
	r.write("slo/b.yml", "B", ".gitattributes", "* -diff diff=evil\n", ".gitmodules", "[submodule \"x\"]\n\tpath = x\n\turl = ./x\n\tignore = all\n")
	require.NoError(t, os.Mkdir(filepath.Join(r.dir, "x"), 0o755))
	r.git("update-index", "--add", "--cacheinfo", "160000,"+r.git("rev-parse", "HEAD")+",x")
	r.commit()
	for _, setting := range []string{
		"diff.renames=false", "diff.renameLimit=1", "diff.external=false", "diff.evil.command=false", "diff.noprefix=true", "diff.relative=true",
		"diff.ignoreSubmodules=all", "diff.orderFile=/nowhere", "core.quotePath=true", "color.ui=always", "diff.renames=copies",
	} {
		name, value, _ := strings.Cut(setting, "=")
		r.git("config", name, value)
	}
	r.git("config", "--unset", "diff.orderFile") // git itself stops at a missing one
	want := []string{
		`added ".gitattributes" none-100644`, `added ".gitmodules" none-100644`, `modified "slo/b.yml" 100644-100644`,
		`renamed "slo/c.yml" 100644-100644 from "slo/a.yml"`, `added "x" none-160000`,
	}
	for _, worktree := range []bool{false, true} {
		found, err := r.compare(Options{Worktree: worktree})
		require.NoError(t, err)
		require.Equal(t, want, listed(found.Snapshot.Files), "worktree %v", worktree)
	}
}

// Commits that were replaced on this machine are as they are on GitHub.
func TestReplacedObjectsAreNot(t *testing.T) {
	t.Parallel()
	r := newRepo(t)
	r.write("slo/a.yml", "1")
	base := r.commit()
	r.git("switch", "-q", "-c", "topic")
	r.write("slo/a.yml", "2")
	head := r.commit()
	r.git("replace", "-f", head, base)
	found, err := r.compare(Options{})
	require.NoError(t, err)
	require.Equal(t, []string{`modified "slo/a.yml" 100644-100644`}, listed(found.Snapshot.Files))
}

func TestManyFiles(t *testing.T) {
	t.Parallel()
	r := newRepo(t)
	r.write("a", "a")
	r.commit()
	r.git("switch", "-q", "-c", "topic")
	const many = 3100
	for i := range many {
		r.write(fmt.Sprintf("d%d/f%d.yml", i%50, i), fmt.Sprint(i))
	}
	for _, worktree := range []bool{true, false} {
		if !worktree {
			r.commit()
		}
		found, err := r.compare(Options{Worktree: worktree})
		require.NoError(t, err)
		require.Len(t, found.Snapshot.Files, many)
		require.Equal(t, many, found.Snapshot.Pull.Changed)
	}
}

func TestConflictStandsOnce(t *testing.T) {
	t.Parallel()
	r := newRepo(t)
	r.write("slo/a.yml", "1")
	r.commit()
	r.git("switch", "-q", "-c", "topic")
	r.write("slo/a.yml", "2")
	r.commit()
	r.git("switch", "-q", "-c", "other", "main")
	r.write("slo/a.yml", "3")
	r.commit()
	r.git("config", "user.name", "Ana")
	r.git("config", "user.email", "ana@example.com")
	cmd := exec.CommandContext(t.Context(), "git", "-C", r.dir, "merge", "topic")
	require.Error(t, cmd.Run(), "a conflict")
	found, err := r.compare(Options{Worktree: true})
	require.NoError(t, err)
	require.Equal(t, []string{`modified "slo/a.yml" 100644-100644`}, listed(found.Snapshot.Files))
}

func TestBaseAndItsName(t *testing.T) {
	t.Parallel()
	origin := newRepo(t)
	origin.write("a", "1")
	first := origin.commit()
	origin.git("branch", "release/1")
	origin.git("tag", "v1")
	r := newRepo(t)
	r.git("remote", "add", "origin", origin.dir)
	r.git("remote", "add", "team/up", origin.dir)
	r.git("fetch", "-q", "--all")
	r.git("symbolic-ref", "refs/remotes/origin/HEAD", "refs/remotes/origin/main")
	r.git("switch", "-q", "-c", "topic", "origin/main")
	r.write("a", "2")
	r.commit()
	r.git("update-ref", "refs/heads/-x", first)
	r.git("update-ref", "refs/remotes/gone/dev", first)
	for _, tt := range []struct{ base, name, wantBase, wantName string }{
		{"", "", "origin/HEAD", "main"},
		{"origin/HEAD", "", "origin/HEAD", "main"},
		{"origin/main", "", "origin/main", "main"},
		{"refs/remotes/origin/main", "", "refs/remotes/origin/main", "main"},
		{"origin/release/1", "", "origin/release/1", "release/1"},
		{"team/up/release/1", "", "team/up/release/1", "release/1"},
		{"gone/dev", "", "gone/dev", "dev"},
		{"-x", "", "-x", "-x"},
		{"v1", "", "v1", "main"},
		{first, "", first, "main"},
		{"HEAD^", "", "HEAD^", "main"},
		{"HEAD", "", "HEAD", "topic"},
		{"HEAD^", "stable", "HEAD^", "stable"},
	} {
		found, err := r.compare(Options{Base: tt.base, BaseBranch: tt.name})
		require.NoError(t, err, tt.base)
		require.Equal(t, tt.wantBase, found.Base, tt.base)
		require.Equal(t, tt.wantName, found.Snapshot.Pull.BaseBranch, tt.base)
	}
	// Without a remote head, and detached, the name is not guessed.
	r.git("symbolic-ref", "--delete", "refs/remotes/origin/HEAD")
	r.git("update-ref", "-d", "refs/remotes/origin/main")
	r.git("switch", "-q", "--detach")
	_, err := r.compare(Options{})
	require.ErrorIs(t, err, ErrNoBase)
	found, err := r.compare(Options{Base: first})
	require.NoError(t, err)
	require.Empty(t, found.Snapshot.Pull.BaseBranch)
}

func TestMergeBaseIsWhereItLeft(t *testing.T) {
	t.Parallel()
	r := newRepo(t)
	r.write("a", "1", "b", "1")
	left := r.commit()
	r.git("switch", "-q", "-c", "topic")
	r.write("a", "2")
	head := r.commit()
	r.git("switch", "-q", "main")
	r.write("b", "2", pull.PolicyPath, "version: 1")
	tip := r.commit()
	r.git("switch", "-q", "topic")
	found, err := r.compare(Options{})
	require.NoError(t, err)
	sn := found.Snapshot
	require.Equal(t, []string{`modified "a" 100644-100644`}, listed(sn.Files), "what main did meanwhile is not the branch's")
	require.Equal(t, []string{left, tip, head}, []string{sn.Pull.MergeBase, sn.Pull.BaseTip, sn.Pull.Head})
	require.Equal(t, "version: 1", sn.Policy.Base.Text, "the policy is the one at the tip")
	require.Equal(t, pull.BlobNotAsked, sn.Policy.Head.State, "the branch does not touch it")
	require.True(t, sn.Pull.Open)
}

func TestPolicyFiles(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name string
		do   func(r repo)
		want pull.Blob // without the id
	}{
		{"edited", func(r repo) { r.write(pull.PolicyPath, "version: 1 # new") }, pull.Blob{State: pull.BlobFound, Text: "version: 1 # new"}},
		{"deleted", func(r repo) { r.remove(pull.PolicyPath) }, pull.Blob{State: pull.BlobAbsent}},
		{"made a link", func(r repo) {
			r.remove(pull.PolicyPath)
			require.NoError(r.t, os.Symlink("../other.yml", filepath.Join(r.dir, pull.PolicyPath)))
		}, pull.Blob{State: pull.BlobSymlink}},
		{"behind a link", func(r repo) {
			r.write("config/slagate.yml", "version: 1")
			r.remove(".github")
			require.NoError(r.t, os.Symlink("config", filepath.Join(r.dir, ".github")))
		}, pull.Blob{State: pull.BlobAbsent}},
		{"huge", func(r repo) { r.write(pull.PolicyPath, strings.Repeat("#", policyLimit+1)) }, pull.Blob{State: pull.BlobUnreadable, Problem: tooLarge}},
		{"made a folder", func(r repo) {
			r.remove(pull.PolicyPath)
			r.write(pull.PolicyPath+"/x", "x")
		}, pull.Blob{State: pull.BlobUnreadable, Problem: notAFile}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r := newRepo(t)
			r.write(pull.PolicyPath, "version: 1", "other.yml", "version: 1")
			r.commit()
			r.git("switch", "-q", "-c", "topic")
			tt.do(r)
			for _, worktree := range []bool{true, false} {
				if !worktree {
					r.commit()
				}
				found, err := r.compare(Options{Worktree: worktree})
				require.NoError(t, err)
				got := found.Snapshot.Policy.Head
				got.OID = ""
				require.Equal(t, tt.want, got, "worktree %v", worktree)
				require.Equal(t, "version: 1", found.Snapshot.Policy.Base.Text)
			}
		})
	}
}

func TestOpenRefuses(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	_, err := Open(t.Context(), dir)
	require.ErrorIs(t, err, ErrNoCheckout)
	_, err = Open(t.Context(), filepath.Join(dir, "missing"))
	require.ErrorIs(t, err, os.ErrNotExist)

	bare := repo{t, dir}
	bare.git("init", "-q", "--bare")
	_, err = Open(t.Context(), dir)
	require.ErrorIs(t, err, ErrBare)

	// A worktree of a bare repository is a checkout.
	r := newRepo(t)
	r.write("a", "1")
	r.commit()
	tree := filepath.Join(t.TempDir(), "tree")
	r.git("clone", "-q", "--bare", r.dir, dir+"/b")
	repo{t, dir + "/b"}.git("worktree", "add", "-q", "--detach", tree, "main")
	opened, err := Open(t.Context(), tree)
	require.NoError(t, err)
	_, err = opened.Compare(t.Context(), Options{})
	require.NoError(t, err)
}

func TestCompareRefuses(t *testing.T) {
	t.Parallel()
	r := newRepo(t)
	_, err := r.compare(Options{})
	require.ErrorIs(t, err, ErrNoBase)
	r.write("a", "1")
	r.commit()
	for _, ref := range []string{"nope", "--all", "-n1", "HEAD^{tree}", "main..HEAD", "^main", "", " "} {
		if _, err := r.compare(Options{Base: ref}); ref != "" {
			require.ErrorIs(t, err, ErrNoCommit, ref)
		}
	}
	r.git("switch", "-q", "--orphan", "alone")
	_, err = r.compare(Options{Base: "main"})
	require.ErrorContains(t, err, "nothing is committed here yet")
	r.commit()
	_, err = r.compare(Options{})
	require.ErrorIs(t, err, ErrUnrelated)
}

func TestInterrupted(t *testing.T) {
	t.Parallel()
	r := newRepo(t)
	r.write("a", "1")
	r.commit()
	found, err := Open(t.Context(), r.dir)
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = found.Compare(ctx, Options{})
	require.ErrorIs(t, err, context.Canceled)
}

func TestParseRawRefusesWhatItDoesNotKnow(t *testing.T) {
	t.Parallel()
	const ids = "100644 100644 aa bb "
	for _, out := range []string{
		"x", ":" + ids + "M", ":" + ids + "M\x00", "M\x00a", ":100644 aa M\x00a\x00", ":" + ids + "R100\x00a\x00", ":" + ids + "X\x00a\x00",
		ids + "M\x00a\x00",
	} {
		files, err := parseRaw(out)
		if err == nil { // the only thing that may be read into it is the file with the empty name
			require.Equal(t, ":"+ids+"M\x00", out)
			require.Len(t, files, 1)
			continue
		}
		require.ErrorIs(t, err, errRaw, "%q", out)
	}
}

// A file that git names twice, as it may at a conflict, stands there once.
func TestByPath(t *testing.T) {
	t.Parallel()
	files, err := parseRaw(":100644 100644 aa 00 M\x00b\x00:100644 000000 aa 00 U\x00b\x00:100644 100755 aa aa M\x00a\x00")
	require.NoError(t, err)
	require.Equal(t, []string{`changed "a" 100644-100755`, `modified "b" 100644-100644: a merge stopped here at a conflict`}, listed(byPath(files)))
}

func TestComplaint(t *testing.T) {
	t.Parallel()
	for said, want := range map[string]string{
		"":     "",
		"x\ny": "x",
		"warning: ignoring dangling symref\nfatal: bad object\nmore": "bad object",
	} {
		require.Equal(t, want, complaint(said))
	}
	require.Contains(t, complaint("fatal: detected dubious ownership in repository at '/x'\nTo add an exception"), "safe.directory")
}
