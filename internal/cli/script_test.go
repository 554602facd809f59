package cli

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
	validator "github.com/santhosh-tekuri/jsonschema/v6"
)

// The scripts under testdata/script tell one user story each, in their first
// line, and run the program as people do.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"slagate": func() { os.Exit(Main(os.Args[1:], os.Stdin, os.Stdout, os.Stderr)) },
	})
}

func TestScripts(t *testing.T) {
	t.Parallel()
	schema, err := filepath.Abs("../../config/check.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, testscript.Params{
		Dir:                 "../../testdata/script",
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		UpdateScripts:       *update,
		Setup: func(env *testscript.Env) error {
			bin, err := exec.LookPath("slagate")
			if err != nil {
				return err
			}
			env.Setenv("BIN", filepath.Dir(bin)) // where there is slagate and nothing else
			// Fixed people and times give fixed commit ids.
			env.Vars = append(env.Vars, "GIT_CONFIG_GLOBAL="+os.DevNull, "GIT_CONFIG_NOSYSTEM=1", "GIT_DEFAULT_HASH=sha1",
				"GIT_AUTHOR_NAME=Ana", "GIT_AUTHOR_EMAIL=ana@example.com", "GIT_AUTHOR_DATE=2026-03-02T10:00:00Z",
				"GIT_COMMITTER_NAME=Ana", "GIT_COMMITTER_EMAIL=ana@example.com", "GIT_COMMITTER_DATE=2026-03-02T10:00:00Z",
				"NO_COLOR=", "TERM=xterm")
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"exits":  exits,
			"init":   initRepository,
			"commit": commit,
			"report": func(ts *testscript.TestScript, neg bool, args []string) { report(ts, neg, args, schema) },
		},
	})
}

// exits runs a program that has to end with a certain code: exits 3 slagate check.
func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits CODE PROGRAM [ARGUMENT...]")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	got := 0
	if err := ts.Exec(args[1], args[2:]...); err != nil {
		exit := (*exec.ExitError)(nil)
		if !errors.As(err, &exit) {
			ts.Fatalf("%v", err)
		}
		got = exit.ExitCode()
	}
	if got != want {
		ts.Fatalf("%s: exit code %d, want %d", strings.Join(args[1:], " "), got, want)
	}
}

// initRepository makes the folder a repository with everything in it on main,
// and goes on with the branch that is named: init [BRANCH].
func initRepository(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) > 1 {
		ts.Fatalf("usage: init [BRANCH]")
	}
	ts.Check(ts.Exec("git", "init", "-q", "-b", "main"))
	commit(ts, false, []string{"base"})
	if len(args) == 1 {
		ts.Check(ts.Exec("git", "switch", "-q", "-c", args[0]))
	}
}

// commit commits everything: commit MESSAGE.
func commit(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: commit MESSAGE")
	}
	ts.Check(ts.Exec("git", "add", "-A"))
	ts.Check(ts.Exec("git", "commit", "-q", "--allow-empty", "-m", args[0]))
}

// report holds the output of check --format json against its schema, and
// optionally against a result: report [RESULT].
func report(ts *testscript.TestScript, neg bool, args []string, schema string) {
	if neg || len(args) > 1 {
		ts.Fatalf("usage: report [RESULT]")
	}
	answer, err := validator.UnmarshalJSON(strings.NewReader(ts.ReadFile("stdout")))
	ts.Check(err)
	compiled, err := validator.NewCompiler().Compile(schema)
	ts.Check(err)
	ts.Check(compiled.Validate(answer))
	fields, ok := answer.(map[string]any)
	if len(args) == 1 && (!ok || fields["result"] != args[0]) {
		ts.Fatalf("result %v, want %s", fields["result"], args[0])
	}
}
