package cli

import (
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/slagate/slagate/internal/policy"
	"github.com/slagate/slagate/internal/pull"
)

// Validity is what validate prints as JSON.
type Validity struct {
	Version  int            `json:"version"`
	Result   ValidityResult `json:"result"`
	Problems []Problem      `json:"problems"`
	// Warnings break nothing and are not counted.
	Warnings []Problem `json:"warnings"`
}

// ValidityResult is the answer of validate in one word.
type ValidityResult string

// The results of validate.
const (
	Valid         ValidityResult = "valid"
	ProblemsFound ValidityResult = "problems"
	Unreadable    ValidityResult = "error"
)

type validate struct {
	streams
	ownerDefault string
	owner        string
	format       string
}

func newValidate(s streams) *cobra.Command {
	v := &validate{streams: s}
	cmd := &cobra.Command{
		Use: "validate [flags] [FILE...]", Short: "Find every mistake in a policy file, with its place",
		Long: `Find every mistake in policy files, all at once: where it is, what stands there and
what is allowed. Without FILE it looks at .github/slagate.yml in this folder.

Exit code: 0 all valid, 3 there are problems, 2 a file cannot be read.
Warnings are valid but probably not meant; they do not count.`,
		Example: `  slagate validate
  slagate validate --owner acme policy/a.yml policy/b.yml
  slagate validate --owner-default ../.github/slagate.yml     as it will be combined on GitHub`,
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := format(cmd, v.format, formatText, formatJSON); err != nil {
				return err
			}
			if len(args) == 0 {
				args = []string{pull.PolicyPath}
			}
			return v.run(args)
		},
	}
	cmd.Flags().StringVar(&v.ownerDefault, "owner-default", "", "`FILE` with the owner default that the policy files are combined with")
	cmd.Flags().StringVar(&v.owner, "owner", "", "`LOGIN` of the repository's owner, whose teams alone may be named (default: not checked)")
	cmd.Flags().StringVar(&v.format, "format", formatText, "`FORM`: text or json")
	return cmd
}

func (v *validate) run(files []string) error {
	answer, checked := v.check(files)
	var err error
	if v.format == formatJSON {
		err = writeJSON(v.out, answer)
	} else {
		err = v.print(answer, checked)
	}
	switch {
	case err != nil:
		return fmt.Errorf("writing the answer: %w", err)
	case answer.Result == Unreadable:
		return errReported
	case answer.Result == ProblemsFound:
		return errSomething
	}
	return nil
}

// check validates all files and says which of them could be read.
func (v *validate) check(files []string) (answer Validity, checked []string) {
	answer = Validity{Version: reportVersion, Result: Valid, Problems: []Problem{}, Warnings: []Problem{}}
	in := policy.Input{Owner: v.owner, OwnerFile: v.ownerDefault}
	if v.ownerDefault != "" {
		var err error
		if in.OwnerText, err = readFile(v.ownerDefault); err != nil {
			answer.unreadable(v.ownerDefault, err)
			return answer, nil
		}
	}
	for _, name := range files {
		var err error
		if in.Text, err = readFile(name); err != nil {
			answer.unreadable(name, err)
			continue
		}
		in.File = name
		checked = append(checked, name)
		loaded := policy.Load(in)
		answer.Problems = added(answer.Problems, loaded.Problems)
		answer.Warnings = added(answer.Warnings, loaded.Warnings)
	}
	if answer.Result == Valid && len(answer.Problems) > 0 {
		answer.Result = ProblemsFound
	}
	return answer, checked
}

func (a *Validity) unreadable(name string, err error) {
	message := "cannot be read: " + err.Error()
	if errors.Is(err, os.ErrNotExist) {
		message = "there is no such file"
	}
	a.Result = Unreadable
	a.Problems = append(a.Problems, Problem{File: name, Message: message, Allowed: []string{}})
}

// added adds problems; those of the owner default come up with every file.
func added(to []Problem, list []policy.Problem) []Problem {
	for _, p := range newProblems(list) {
		same := func(q Problem) bool {
			return q.File == p.File && q.Line == p.Line && q.Column == p.Column && q.Message == p.Message
		}
		if !slices.ContainsFunc(to, same) {
			to = append(to, p)
		}
	}
	return to
}

func (v *validate) print(a Validity, checked []string) error {
	var b, unread strings.Builder
	for _, p := range a.Problems {
		if p.Line == 0 {
			fmt.Fprintln(&unread, problemText(p, ""))
			continue
		}
		fmt.Fprintln(&b, problemText(p, ""))
	}
	for _, w := range a.Warnings {
		fmt.Fprintln(&b, problemText(w, "warning: "))
	}
	p := newPaint(v.out)
	wrong := func(name string) bool {
		return slices.ContainsFunc(a.Problems, func(p Problem) bool { return p.File == name })
	}
	for _, name := range checked {
		if !wrong(name) && !wrong(v.ownerDefault) {
			fmt.Fprintf(&b, "%s: %s\n", inert(name), p.green("valid"))
		}
	}
	switch {
	case a.Result == ProblemsFound:
		fmt.Fprintf(&b, "%s\n", p.red(count(len(a.Problems), "problem")+"."))
	case slices.ContainsFunc(a.Problems, func(p Problem) bool { return p.File == pull.PolicyPath && p.Line == 0 }):
		fmt.Fprintln(&unread, "Run this at the top of the repository, or name the file. A first policy needs one line: \"version: 1\".")
	}
	_, err := io.WriteString(v.out, b.String())
	_, unsaid := io.WriteString(v.err, unread.String())
	return errors.Join(err, unsaid)
}

// problemLine is a mistake in one line: FILE:LINE:COLUMN: message (value; allowed).
func problemLine(p policy.Problem) string {
	return problemText(newProblems([]policy.Problem{p})[0], "")
}

func problemText(p Problem, kind string) string {
	place := inert(p.File)
	if p.Line > 0 {
		place = fmt.Sprintf("%s:%d:%d", place, p.Line, p.Column)
	}
	var notes []string
	if p.Value != "" {
		notes = append(notes, "value "+inert(p.Value))
	}
	if len(p.Allowed) > 0 {
		notes = append(notes, "allowed "+inert(strings.Join(p.Allowed, ", ")))
	}
	text := place + ": " + kind + inert(p.Message)
	if len(notes) > 0 {
		text += " (" + strings.Join(notes, "; ") + ")"
	}
	return text
}
