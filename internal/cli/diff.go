package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/slagate/slagate/internal/checkout"
	"github.com/slagate/slagate/internal/commitment"
	"github.com/slagate/slagate/internal/commitment/formats"
	"github.com/slagate/slagate/internal/pull"
)

// The results of diff besides Failed (product.md section 8).
const (
	Same    Result = "same"
	Changed Result = "changed"
)

// DiffReport is what diff prints as JSON.
type DiffReport struct {
	Version  int       `json:"version" jsonschema:"enum=1"`
	Result   Result    `json:"result" jsonschema:"enum=same,enum=changed,enum=error"`
	Changes  []Change  `json:"changes" jsonschema_description:"What changes for customers, the worst first."`
	Findings []Finding `json:"findings" jsonschema_description:"What is worth knowing about the promises as they are after the change."`
	Problems []Problem `json:"problems" jsonschema_description:"Why the answer could not be found out."`
}

// Finding is something worth knowing, with its place.
type Finding struct {
	Code string `json:"code"`
	File string `json:"file"`
	Line int    `json:"line"`
	Text string `json:"text"`
}

// maxDiffFiles and maxDiffBytes bound what one run reads.
const (
	maxDiffFiles = 20_000
	maxDiffBytes = 256 << 20
)

// diff is the command of that name with its flags.
type diff struct {
	streams
	git    string
	policy string
	format string
}

func newDiff(s streams) *cobra.Command {
	c := &diff{streams: s}
	cmd := &cobra.Command{
		Use: "diff [flags] A B | diff --git BASE..HEAD [DIR]", Short: "Say which promises differ between two versions",
		Long: `Say which promises to customers differ between two versions of files, in what way, and
for whom it gets worse: objectives, alerts, routing, escalation paths, support and SLA texts.

A and B are two files or two folders; /dev/null is an empty side. With --git they are two
commits of the checkout that DIR (default: this folder) belongs to; BASE...HEAD means what
HEAD changed since it left BASE. Nothing is sent anywhere.

Exit code: 0 nothing changed for the worse, 3 something is weakened, removed or could not
be compared, 2 wrong usage or not to be found out.`,
		Example: `  slagate diff old/slo.yml new/slo.yml
  slagate diff before/ after/ --format markdown
  slagate diff --git main..HEAD
  slagate diff --git HEAD~1..HEAD --policy .github/slagate.yml    with the contract's floors`,
		Args: func(cmd *cobra.Command, args []string) error {
			switch withGit := cmd.Flags().Changed("git"); {
			case withGit && len(args) > 1:
				return misused(cmd, "with --git there is one folder at most")
			case !withGit && len(args) != 2:
				return misused(cmd, "two files or folders are needed, or --git BASE..HEAD")
			}
			return format(cmd, c.format, formatText, formatJSON, formatMarkdown)
		},
		RunE: func(cmd *cobra.Command, args []string) error { return c.run(cmd, args) },
	}
	f := cmd.Flags()
	f.StringVar(&c.git, "git", "", "compare two commits: `BASE..HEAD`")
	f.StringVar(&c.policy, "policy", "", "policy `FILE` whose commitments are the floors")
	f.StringVar(&c.format, "format", formatText, "`FORM`: text, json or markdown")
	return cmd
}

func (c *diff) run(cmd *cobra.Command, args []string) error {
	result, err := c.compare(cmd, args)
	if err != nil {
		return c.fail(err)
	}
	switch c.format {
	case formatJSON:
		err = writeJSON(c.out, newDiffReport(result))
	case formatMarkdown:
		_, err = io.WriteString(c.out, diffMarkdown(result))
	default:
		_, err = io.WriteString(c.out, newDiffPage(c.out, result).String())
	}
	if err != nil {
		return fmt.Errorf("writing the answer: %w", err)
	}
	if slices.ContainsFunc(result.Changes, forTheWorse) {
		return errSomething
	}
	return nil
}

// forTheWorse reports whether a change is one that diff's exit code tells.
func forTheWorse(c commitment.Change) bool {
	switch c.Effect {
	case commitment.Weakened, commitment.Removed, commitment.Unknown:
		return true
	case commitment.Strengthened, commitment.Added, commitment.Neutral:
	}
	return c.CrossesFloor
}

func newDiffReport(r commitment.Result) DiffReport {
	out := DiffReport{Version: reportVersion, Result: Same, Changes: newChanges(r.Changes), Findings: newFindings(r.Findings), Problems: []Problem{}}
	if len(r.Changes) > 0 {
		out.Result = Changed
	}
	return out
}

func newFindings(list []commitment.Finding) []Finding {
	out := []Finding{}
	for _, f := range list {
		out = append(out, Finding{f.Code, f.File, f.Line, f.Text})
	}
	return out
}

// fail says why there is no answer, as check does.
func (c *diff) fail(why error) error {
	if c.format != formatJSON {
		return why
	}
	r := newDiffReport(commitment.Result{})
	r.Result, r.Problems = Failed, []Problem{{Message: why.Error(), Allowed: []string{}}}
	if err := writeJSON(c.out, r); err != nil {
		return fmt.Errorf("writing the answer: %w", err)
	}
	return why
}

func (c *diff) compare(cmd *cobra.Command, args []string) (commitment.Result, error) {
	o, err := c.options()
	if err != nil {
		return commitment.Result{}, err
	}
	done := progress(c.err, isTerminal(c.err), "comparing")
	defer done()
	var pairs []formats.Pair
	if cmd.Flags().Changed("git") {
		dir := "."
		if len(args) == 1 {
			dir = args[0]
		}
		pairs, err = c.commits(cmd.Context(), dir)
	} else {
		pairs, err = pathPairs(args[0], args[1])
	}
	if err != nil {
		return commitment.Result{}, err
	}
	_, _, result := formats.Compare(pairs, o)
	return result, nil
}

// options are the floors and words of the policy that was named.
func (c *diff) options() (commitment.Options, error) {
	if c.policy == "" {
		return commitment.Options{}, nil
	}
	own, err := policyFile(c.policy)
	if err != nil {
		return commitment.Options{}, err
	}
	loaded := load(pull.PolicyFacts{Base: own, Owner: pull.Blob{State: pull.BlobAbsent}})
	if loaded.Policy == nil {
		return commitment.Options{}, fmt.Errorf("%s is no valid policy: %s", c.policy, problemLine(loaded.Problems[0]))
	}
	return commitment.Options{Catalog: loaded.Policy.Catalog, Severities: loaded.Policy.Severities}, nil
}

// commits are the files that differ between two commits.
func (c *diff) commits(ctx context.Context, dir string) ([]formats.Pair, error) {
	repo := checkout.OpenHistory(dir)
	sn, err := repo.RangeOf(ctx, c.git)
	if err != nil {
		return nil, err
	}
	var files []pull.File
	var wanted []string
	for _, f := range sn.Files {
		if !formats.Known(f.Path) && (f.Previous == "" || !formats.Known(f.Previous)) || f.Problem != "" {
			continue
		}
		files = append(files, f)
		for _, entry := range []*pull.Entry{f.Before, f.After} {
			if entry.Exists() && entry.Mode != pull.ModeSubmodule {
				wanted = append(wanted, entry.OID)
			}
		}
	}
	if len(files) > maxDiffFiles {
		return nil, fmt.Errorf("%d files differ that may hold promises, at most %d are compared", len(files), maxDiffFiles)
	}
	if err := repo.Texts(ctx, &sn, wanted); err != nil {
		return nil, err
	}
	pairs := make([]formats.Pair, 0, len(files))
	for i := range files {
		f := &files[i]
		old := f.Path
		if f.Status == pull.FileRenamed && f.Previous != "" {
			old = f.Previous
		}
		pairs = append(pairs, formats.Pair{Before: gitSide(&sn, old, f.Before), After: gitSide(&sn, f.Path, f.After)})
	}
	return pairs, nil
}

func gitSide(sn *pull.Snapshot, path string, entry *pull.Entry) formats.Side {
	s := formats.Side{Path: path}
	if !entry.Exists() {
		return formats.Side{}
	}
	switch entry.Mode {
	case pull.ModeSymlink:
		s.Problem = "it is a symbolic link, which is never followed"
		return s
	case pull.ModeSubmodule:
		s.Problem = "it is a submodule, whose content is elsewhere"
		return s
	}
	blob, ok := sn.Text(entry.OID)
	switch {
	case !ok:
		s.Problem = "its content is not in this checkout"
	case blob.State != pull.BlobFound:
		s.Problem = "it " + blob.Problem
	default:
		s.Src = []byte(blob.Text)
	}
	return s
}

// pathPairs are two files, or the files of two folders by their paths in them.
func pathPairs(a, b string) ([]formats.Pair, error) {
	isDir, err := folders(a, b)
	if err != nil {
		return nil, err
	}
	if !isDir {
		before, err := fileSide(a, a)
		if err != nil {
			return nil, err
		}
		after, err := fileSide(b, b)
		if err != nil {
			return nil, err
		}
		return []formats.Pair{{Before: before, After: after}}, nil
	}
	return folderPairs(a, b)
}

// folders reports whether two paths are folders; a folder and a file cannot be compared.
func folders(a, b string) (bool, error) {
	var dirs, files int
	for _, path := range []string{a, b} {
		if path == os.DevNull {
			continue
		}
		info, err := os.Stat(path)
		switch {
		case err != nil:
			return false, fmt.Errorf("reading: %w", err)
		case info.IsDir():
			dirs++
		default:
			files++
		}
	}
	if dirs > 0 && files > 0 {
		return false, fmt.Errorf("%s and %s: a folder and a file cannot be compared", a, b)
	}
	return dirs > 0, nil
}

func fileSide(path, shown string) (formats.Side, error) {
	if path == os.DevNull {
		return formats.Side{}, nil
	}
	src, err := os.ReadFile(path) //nolint:gosec // the file that the user named
	if err != nil {
		return formats.Side{}, fmt.Errorf("reading: %w", err)
	}
	return formats.Side{Path: filepath.ToSlash(shown), Src: src}, nil
}

// folderPairs matches the files of two folders by their paths below them.
func folderPairs(a, b string) ([]formats.Pair, error) {
	before, err := folderFiles(a)
	if err != nil {
		return nil, err
	}
	after, err := folderFiles(b)
	if err != nil {
		return nil, err
	}
	had, has := map[string]bool{}, map[string]bool{}
	for _, path := range before {
		had[path] = true
	}
	for _, path := range after {
		has[path] = true
	}
	var pairs []formats.Pair
	size := 0
	for _, path := range slices.Compact(slices.Sorted(slices.Values(slices.Concat(before, after)))) {
		var p formats.Pair
		if had[path] {
			if p.Before, err = fileSide(filepath.Join(a, path), path); err != nil {
				return nil, err
			}
		}
		if has[path] {
			if p.After, err = fileSide(filepath.Join(b, path), path); err != nil {
				return nil, err
			}
		}
		if size += len(p.Before.Src) + len(p.After.Src); size > maxDiffBytes {
			return nil, fmt.Errorf("%s and %s: together they are too large to be compared", a, b)
		}
		pairs = append(pairs, p)
	}
	return pairs, nil
}

var errTooManyFiles = errors.New("it holds too many files that may hold promises")

// folderFiles are the files below a folder whose names some format reads. Links are
// not followed, and git's own folder is not looked into.
func folderFiles(dir string) ([]string, error) {
	if dir == os.DevNull {
		return nil, nil
	}
	var out []string
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && d.Name() == ".git":
			return filepath.SkipDir
		case !d.Type().IsRegular() || !formats.Known(path):
			return nil
		case len(out) >= maxDiffFiles:
			return errTooManyFiles
		}
		out = append(out, strings.TrimPrefix(strings.TrimPrefix(path, filepath.Clean(dir)), string(filepath.Separator)))
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", dir, err)
	}
	slices.Sort(out)
	return out, nil
}
