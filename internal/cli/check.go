package cli

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/slagate/slagate/internal/checkout"
	"github.com/slagate/slagate/internal/gate"
	"github.com/slagate/slagate/internal/policy"
	"github.com/slagate/slagate/internal/pull"
)

// check is the command of that name with its flags.
type check struct {
	streams
	dir      string
	base     checkout.Options
	policy   string
	owner    string
	format   string
	explain  string
	explains bool
}

func newCheck(s streams) *cobra.Command {
	c := &check{streams: s}
	cmd := &cobra.Command{
		Use: "check [flags] [DIR]", Short: "Say what the gate would ask of this branch, offline", Args: atMost(1),
		Long: `Say what slagate would ask of this branch if it were a pull request: which changed
files are under a rule, who has to sign and why, which checklist items apply.

Looked at is the git checkout that DIR (default: this folder) belongs to: what differs
between its HEAD and the point where it left the base branch. The policy is the one at
the tip of the base branch, because that is what counts on GitHub. Nothing is sent
anywhere, and who belongs to which team is not looked up.

Exit code: 0 nobody is asked, 3 somebody has to sign, 2 could not be found out
(a broken policy, no base branch, no checkout).`,
		Example: `  slagate check                                     this branch against origin's default branch
  slagate check --base origin/release/1.4           against another branch
  slagate check --worktree                          what is not committed yet, too
  slagate check --policy .github/slagate.yml        try a policy before it is merged
  slagate check --explain slo/checkout.yml          which pattern covers this path
  slagate check --base "origin/$GITHUB_BASE_REF"    in GitHub Actions, with fetch-depth: 0`,
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := format(cmd, c.format, formatText, formatJSON, formatMarkdown); err != nil {
				return err
			}
			if c.explains = cmd.Flags().Changed("explain"); c.explains && c.explain == "" {
				return misused(cmd, "--explain needs the path of a file, from the top of the checkout")
			}
			c.dir = "."
			if len(args) == 1 {
				c.dir = args[0]
			}
			return c.run(cmd.Context())
		},
	}
	f := cmd.Flags()
	f.StringVar(&c.base.Base, "base", "", "base `REF`: a branch, tag or commit (default origin/HEAD, else main, master)")
	f.StringVar(&c.base.BaseBranch, "base-branch", "", "`NAME` of the base branch on GitHub, for rules limited to branches (default: told from REF)")
	f.BoolVar(&c.base.Worktree, "worktree", false, "look at the files as they lie in the folder, committed or not")
	f.StringVar(&c.policy, "policy", "", "policy `FILE` in place of the base branch's .github/slagate.yml")
	f.StringVar(&c.owner, "owner-default", "", "`FILE` with the owner default (slagate.yml of the owner's .github repository)")
	f.StringVar(&c.format, "format", formatText, "`FORM`: text, json or markdown")
	f.StringVar(&c.explain, "explain", "", "say for `PATH` which pattern of which rule decides, instead of checking")
	return cmd
}

func (c *check) run(ctx context.Context) error {
	found, err := c.look(ctx)
	if err != nil {
		return c.fail(err)
	}
	if c.explains {
		return c.explainPath(found)
	}
	done := progress(c.err, isTerminal(c.err), "comparing "+count(len(found.Snapshot.Files), "changed file"))
	d, err := c.judge(ctx, &found)
	done()
	if err != nil {
		return c.fail(err)
	}
	c.nameFiles(d.Verdict, d.Problems)
	report := newReport(d)
	switch c.format {
	case formatJSON:
		err = writeJSON(c.out, report)
	case formatMarkdown:
		_, err = io.WriteString(c.out, markdown(d, report))
	default:
		_, err = io.WriteString(c.out, newPage(c, found, d, report).String())
	}
	if err != nil {
		return fmt.Errorf("writing the answer: %w", err)
	}
	return report.Result.exit()
}

// judge reads the contents that the gate asks for and has it judge.
func (c *check) judge(ctx context.Context, found *checkout.Branch) (gate.Decision, error) {
	g := gate.New()
	if wanted := g.Needs(found.Snapshot).Blobs; len(wanted) > 0 {
		repo, err := checkout.Open(ctx, c.dir)
		if err != nil {
			return gate.Decision{}, err
		}
		if err := repo.Texts(ctx, &found.Snapshot, wanted); err != nil {
			return gate.Decision{}, err
		}
	}
	return g.Evaluate(found.Snapshot), nil
}

// exit is the error by which a result becomes an exit code.
func (r Result) exit() error {
	switch r {
	case NothingGated, Neutral:
		return nil
	case SignOffsNeeded:
		return errSomething
	case Same, Changed, Failed:
	}
	return errReported
}

// fail says why there is no answer: on standard error for people, and in the
// answer's place for programs.
func (c *check) fail(why error) error {
	if c.format != formatJSON || c.explains {
		return why
	}
	if err := writeJSON(c.out, failure(why)); err != nil {
		return fmt.Errorf("writing the answer: %w", err)
	}
	return why
}

func writeJSON(w io.Writer, v any) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(v)
}

// look reads the checkout, and the policy files that were named.
func (c *check) look(ctx context.Context) (checkout.Branch, error) {
	var own, owner pull.Blob
	var err error
	if c.policy != "" {
		if own, err = policyFile(c.policy); err != nil {
			return checkout.Branch{}, err
		}
	}
	if c.owner != "" {
		if owner, err = policyFile(c.owner); err != nil {
			return checkout.Branch{}, err
		}
	}
	done := progress(c.err, isTerminal(c.err), "asking git what differs")
	defer done()
	repo, err := checkout.Open(ctx, c.dir)
	if err != nil {
		return checkout.Branch{}, err
	}
	found, err := repo.Compare(ctx, c.base)
	if err != nil {
		return checkout.Branch{}, err
	}
	if c.policy != "" {
		found.Snapshot.Policy.Base = own
	}
	if c.owner != "" {
		found.Snapshot.Policy.Owner = owner
	}
	return found, branchKnown(found)
}

// branchKnown refuses to judge by rules that are limited to branches where the
// base has no name: leaving them out could read as "nobody is asked".
func branchKnown(found checkout.Branch) error {
	if found.Snapshot.Pull.BaseBranch != "" {
		return nil
	}
	loaded := load(found.Snapshot.Policy)
	if loaded.Policy == nil {
		return nil
	}
	for _, r := range loaded.Policy.Rules {
		if len(r.Branches) > 0 {
			return fmt.Errorf("rule %q is for the base branches %s only, and %s is not the name of a branch: say it with --base-branch",
				inert(r.Name), inert(strings.Join(r.Branches, ", ")), inert(found.Base))
		}
	}
	return nil
}

// load is the policy of a snapshot, or what is wrong with it.
func load(p pull.PolicyFacts) policy.Loaded {
	in := policy.Input{File: pull.PolicyPath}
	if p.Base.State == pull.BlobFound {
		in.Text = []byte(p.Base.Text)
	}
	if p.Owner.State == pull.BlobFound {
		in.OwnerText = []byte(p.Owner.Text)
	}
	return policy.Load(in)
}

// readLimit is more than any policy may have; the rest of a larger file would
// change nothing but the time it takes.
const readLimit = 8 << 20

// readFile reads a file that was named on the command line.
func readFile(name string) ([]byte, error) {
	f, err := os.Open(name) //nolint:gosec // the user names the file
	if err != nil {
		return nil, cause(err)
	}
	defer f.Close() //nolint:errcheck // opened for reading
	text, err := io.ReadAll(io.LimitReader(f, readLimit))
	return text, cause(err)
}

// cause is an error of a file without the name of the operation and the path,
// which are said anyway.
func cause(err error) error {
	if p := (*os.PathError)(nil); errors.As(err, &p) {
		return p.Err
	}
	return err
}

func policyFile(name string) (pull.Blob, error) {
	text, err := readFile(name)
	if err != nil {
		return pull.Blob{}, fmt.Errorf("reading %s: %w", name, err)
	}
	return pull.Blob{State: pull.BlobFound, Text: string(text)}, nil
}

// nameFiles gives problems the names under which the files were given here.
func (c *check) nameFiles(v gate.Verdict, problems []policy.Problem) {
	// What the gate calls the owner default of an owner that is not known.
	const ownerDefault = "/" + pull.OwnerRepo + "/" + pull.OwnerPolicyPath
	for i := range problems {
		p := &problems[i]
		p.Message = strings.ReplaceAll(p.Message, " "+ownerDefault, " "+c.owner)
		switch {
		case p.File == ownerDefault:
			p.File = c.owner
		case p.File == pull.PolicyPath && v == gate.PolicyBroken:
			p.File = cmp.Or(c.policy, p.File)
		}
	}
}
