package cli

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
)

// errReported ends a command that could not find out and has said why: exit code 2.
var errReported = errors.New("could not be found out")

// usageError is a wrong use of a command.
type usageError struct {
	command string
	err     error
}

func (e *usageError) Error() string {
	return fmt.Sprintf("%s\nRun \"%s --help\" for how to use it.", strings.TrimSpace(e.err.Error()), e.command)
}

func (e *usageError) Unwrap() error { return e.err }

// misused is an error about how a command was called.
func misused(cmd *cobra.Command, format string, args ...any) error {
	return &usageError{cmd.CommandPath(), fmt.Errorf(format, args...)}
}

// atMost takes up to n arguments.
func atMost(n int) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		switch {
		case len(args) <= n:
			return nil
		case n == 0:
			return misused(cmd, "%q is one argument too many: there are none", args[0])
		}
		return misused(cmd, "%q is one argument too many", args[n])
	}
}

// The forms of output.
const (
	formatText     = "text"
	formatJSON     = "json"
	formatMarkdown = "markdown"
)

// format checks a form of output.
func format(cmd *cobra.Command, value string, allowed ...string) error {
	if slices.Contains(allowed, value) {
		return nil
	}
	return misused(cmd, "--format %q is none of %s", value, strings.Join(allowed, ", "))
}
