package checkout

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
)

// bending are variables of the environment that would make git look at another
// repository than the folder's. Hooks set some of them.
func bending() []string {
	return []string{"GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX", "GIT_COMMON_DIR", "GIT_NAMESPACE", "GIT_LITERAL_PATHSPECS"}
}

func environment() []string {
	env := slices.DeleteFunc(os.Environ(), func(v string) bool {
		name, _, _ := strings.Cut(v, "=")
		return slices.Contains(bending(), name)
	})
	// GitHub knows no replaced objects, and there is nobody to type a password.
	return append(env, "LC_ALL=C", "GIT_OPTIONAL_LOCKS=0", "GIT_NO_REPLACE_OBJECTS=1", "GIT_TERMINAL_PROMPT=0")
}

// git runs git in the checkout and returns what it printed.
func (r *Repo) git(ctx context.Context, args ...string) ([]byte, error) {
	return r.feed(ctx, nil, args...)
}

// feed is git with something to read.
func (r *Repo) feed(ctx context.Context, in io.Reader, args ...string) ([]byte, error) {
	var out, errOut bytes.Buffer
	cmd := r.command(ctx, args)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = in, &out, &errOut
	if err := cmd.Run(); err != nil {
		return nil, told(ctx, err, args[0], errOut.String())
	}
	return out.Bytes(), nil
}

// stream is feed for output that is read while it comes. git is stopped where
// read gives up.
func (r *Repo) stream(ctx context.Context, in io.Reader, read func(*bufio.Reader) error, args ...string) error {
	inner, stop := context.WithCancel(ctx)
	defer stop()
	var errOut bytes.Buffer
	cmd := r.command(inner, args)
	cmd.Stdin, cmd.Stderr = in, &errOut
	out, err := cmd.StdoutPipe()
	if err != nil {
		return fmt.Errorf("git %s: %w", args[0], err)
	}
	if err := cmd.Start(); err != nil {
		return told(ctx, err, args[0], "")
	}
	readErr := read(bufio.NewReader(out))
	if readErr != nil {
		stop()
	}
	err = cmd.Wait()
	switch {
	case errOut.Len() > 0 && err != nil, ctx.Err() != nil:
		return told(ctx, err, args[0], errOut.String())
	case readErr != nil:
		return readErr
	case err != nil:
		return told(ctx, err, args[0], "")
	}
	return nil
}

func (r *Repo) command(ctx context.Context, args []string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, "git", append([]string{"-C", r.root, "--literal-pathspecs"}, args...)...) //nolint:gosec // git with our own words; refs follow --end-of-options
	cmd.Env = environment()
	return cmd
}

// told is why git stopped, in its own words where it had some.
func told(ctx context.Context, err error, command, said string) error {
	switch {
	case ctx.Err() != nil:
		return fmt.Errorf("git %s: %w", command, ctx.Err())
	case errors.Is(err, exec.ErrNotFound):
		return ErrNoGit
	}
	if msg := complaint(said); msg != "" {
		return fmt.Errorf("git %s: %s", command, msg)
	}
	return fmt.Errorf("git %s: %w", command, err)
}

// complaint is the line of what git said that tells why it stopped.
func complaint(said string) string {
	lines := strings.Split(strings.TrimSpace(said), "\n")
	if i := slices.IndexFunc(lines, func(l string) bool { return strings.HasPrefix(l, "fatal: ") }); i >= 0 {
		msg := strings.TrimPrefix(lines[i], "fatal: ")
		if strings.Contains(msg, "dubious ownership") {
			msg += " (the folder belongs to somebody else; git config --global --add safe.directory FOLDER accepts that)"
		}
		return msg
	}
	return lines[0]
}

// line runs git for an answer of one line.
func (r *Repo) line(ctx context.Context, args ...string) (string, error) {
	out, err := r.git(ctx, args...)
	return strings.TrimSuffix(string(out), "\n"), err
}

// commit is the id of the commit that a ref names.
func (r *Repo) commit(ctx context.Context, ref string) (string, error) {
	oid, err := r.line(ctx, "rev-parse", "--verify", "--quiet", "--end-of-options", ref+"^{commit}")
	switch {
	case ctx.Err() != nil || errors.Is(err, ErrNoGit):
		return "", err
	case err != nil || !isID(oid): // "^main" names what is left out
		return "", fmt.Errorf("%q %w", ref, ErrNoCommit)
	}
	return oid, nil
}

// isID reports whether a text is the name of an object: SHA-1 or SHA-256.
func isID(text string) bool {
	return len(text) >= 40 && strings.Trim(text, "0123456789abcdef") == ""
}

// base finds the base branch.
func (r *Repo) base(ctx context.Context, wanted string) (ref, oid string, err error) {
	if wanted != "" {
		oid, err = r.commit(ctx, wanted)
		return wanted, oid, err
	}
	for _, ref := range []string{"origin/HEAD", "origin/main", "origin/master", "main", "master"} {
		oid, err := r.commit(ctx, ref)
		switch {
		case err == nil:
			return ref, oid, nil
		case !errors.Is(err, ErrNoCommit):
			return "", "", err
		}
	}
	return "", "", ErrNoBase
}

// mergeBase is the commit at which the branch left the base.
func (r *Repo) mergeBase(ctx context.Context, tip, head string) (string, error) {
	oid, err := r.line(ctx, "merge-base", tip, head)
	if exit := (*exec.ExitError)(nil); errors.As(err, &exit) && exit.ExitCode() == 1 {
		return "", ErrUnrelated // git says it by its exit code alone
	}
	return oid, err
}

// shallow adds to an error that the checkout lacks history, where it does.
func (r *Repo) shallow(ctx context.Context, err error) error {
	if is, e := r.line(ctx, "rev-parse", "--is-shallow-repository"); e == nil && is == "true" {
		return fmt.Errorf("%w (this is a shallow clone: run git fetch --unshallow; with actions/checkout set fetch-depth: 0)", err)
	}
	return err
}

// branchName is what base-branch filters see of a ref: the name of the branch,
// without the remote's. A commit id, a tag or the like has no such name; for
// those it is the name of the branch that is the default base. "" if there is
// none either.
func (r *Repo) branchName(ctx context.Context, ref string) string {
	if name := r.symbolicName(ctx, ref); name != "" {
		return name
	}
	ref, _, err := r.base(ctx, "")
	if err != nil {
		return ""
	}
	return r.symbolicName(ctx, ref)
}

// symbolicName is the branch that a ref stands for. origin/HEAD stands for the
// branch that it points to.
func (r *Repo) symbolicName(ctx context.Context, ref string) string {
	full, err := r.line(ctx, "rev-parse", "--verify", "--quiet", "--symbolic-full-name", "--end-of-options", ref)
	if err != nil {
		return ""
	}
	if name, ok := strings.CutPrefix(full, "refs/heads/"); ok {
		return name
	}
	rest, ok := strings.CutPrefix(full, "refs/remotes/")
	if !ok {
		return ""
	}
	remotes, err := r.line(ctx, "remote")
	if err != nil {
		return ""
	}
	name := ""
	for remote := range strings.SplitSeq(remotes, "\n") {
		// A remote's name may hold a slash; the longest that fits is meant.
		if cut, ok := strings.CutPrefix(rest, remote+"/"); ok && (name == "" || len(cut) < len(name)) {
			name = cut
		}
	}
	if name == "" { // left over from a remote that is gone
		_, name, _ = strings.Cut(rest, "/")
	}
	if name == "HEAD" { // of a remote whose default branch is not known
		return ""
	}
	return name
}
