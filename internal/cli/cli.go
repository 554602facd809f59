// Package cli is slagate's command line: one file per command.
//
// [Main] takes arguments and streams and returns an exit code, so that scripts
// and tests run it in process. The codes are the same everywhere: 0 nothing to
// do, 3 something is (sign-offs needed, problems found), 2 wrong usage or could
// not be found out. Results go to standard output, everything else to standard
// error; colours only where a person looks on.
//
// A command here reads files and arguments, asks the core, and prints. It
// decides nothing that the core decides. A new command is a file with a newX
// function and a word in newRoot; its story is a script under testdata/script.
package cli

//go:generate go test -run TestReportSchemaInStep . -update

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os/signal"
	"runtime/debug"
	"strings"
	"syscall"

	"github.com/spf13/cobra"
)

// The exit codes (product.md section 5).
const (
	ExitNothing   = 0
	ExitError     = 2
	ExitSomething = 3
)

// errSomething ends a command that found something: exit code 3, no message.
var errSomething = errors.New("something is to be done")

// streams are where a command reads and writes.
type streams struct {
	in       io.Reader
	out, err io.Writer
}

// Main runs the command line and returns the exit code.
func Main(args []string, in io.Reader, out, errOut io.Writer) int {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	root := newRoot(streams{in, out, errOut})
	root.SetArgs(args)
	switch err := root.ExecuteContext(ctx); {
	case err == nil:
		return ExitNothing
	case errors.Is(err, errSomething):
		return ExitSomething
	case errors.Is(err, errReported):
		return ExitError
	case ctx.Err() != nil && errors.Is(err, context.Canceled):
		err = errors.New("interrupted")
		fallthrough
	default:
		if _, werr := fmt.Fprintf(errOut, "slagate: %v\n", err); werr != nil {
			return ExitError
		}
		return ExitError
	}
}

func newRoot(s streams) *cobra.Command {
	root := &cobra.Command{
		Use:   "slagate",
		Short: "Guards what was promised to customers: SLAs, SLOs, support and escalation paths",
		Long: `slagate finds pull requests that touch a promise to customers, says in plain words
which promise changes, asks the people who must agree, proves who agreed to what,
and holds the merge until they have.

New here?      slagate demo            a complete trial on this machine, no account needed
In a checkout  slagate check           what the gate would ask of this branch
Two versions   slagate diff A B        which promises differ, and for whom it gets worse
A policy file  slagate validate        every mistake with its place
Installed?     slagate doctor          whether GitHub is set up so that anything is guarded`,
		SilenceUsage: true, SilenceErrors: true,
		Args: func(cmd *cobra.Command, args []string) error {
			if err := cobra.NoArgs(cmd, args); err != nil {
				return misused(cmd, "unknown command %q%s", args[0], suggestions(cmd, args[0]))
			}
			return nil
		},
		RunE:              func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
		CompletionOptions: cobra.CompletionOptions{HiddenDefaultCmd: true},
	}
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error { return misused(cmd, "%w", err) })
	root.SetIn(s.in)
	root.SetOut(s.out)
	root.SetErr(s.err)
	root.AddCommand(newServe(s), newDemo(s), newDoctor(s), newCheck(s), newDiff(s), newValidate(s), newSchema(s), newVersion(s))
	return root
}

// suggestions are the commands that may have been meant.
func suggestions(cmd *cobra.Command, word string) string {
	cmd.SuggestionsMinimumDistance = 2
	if names := cmd.SuggestionsFor(word); len(names) > 0 {
		return ", did you mean " + strings.Join(names, " or ") + "?"
	}
	return ""
}

// version is what the build knows of itself.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	v := info.Main.Version
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" && (v == "" || v == "(devel)") {
			v = "devel " + s.Value[:min(12, len(s.Value))]
		}
	}
	if v == "" {
		v = "devel"
	}
	return v
}

func newVersion(s streams) *cobra.Command {
	return &cobra.Command{
		Use: "version", Short: "Print the version", Args: atMost(0),
		RunE: func(*cobra.Command, []string) error {
			_, err := fmt.Fprintf(s.out, "slagate %s\n", version())
			return err
		},
	}
}
