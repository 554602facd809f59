package archtest

import (
	"bytes"
	"encoding/json"
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// root is the top of the module, seen from here.
const root = "../.."

// goList runs "go list" at the top of the module.
func goList(t *testing.T, args ...string) []byte {
	t.Helper()
	var errOut bytes.Buffer
	cmd := exec.CommandContext(t.Context(), "go", append([]string{"list"}, args...)...)
	cmd.Dir, cmd.Stderr = root, &errOut
	out, err := cmd.Output()
	require.NoError(t, err, "go list %s: %s", strings.Join(args, " "), errOut.String())
	return out
}

func packages(t *testing.T) []pkg {
	t.Helper()
	dec := json.NewDecoder(bytes.NewReader(goList(t, "-json=ImportPath,Dir,Name,Doc,GoFiles,Imports,TestImports,XTestImports", "./...")))
	var all []pkg
	for {
		var p pkg
		err := dec.Decode(&p)
		if errors.Is(err, io.EOF) {
			break
		}
		require.NoError(t, err)
		all = append(all, p)
	}
	require.NotEmpty(t, all)
	return all
}

func TestTheLawsHold(t *testing.T) {
	t.Parallel()
	require.Empty(t, violations(packages(t)))
}

// TestTheLawsBite plants one violation after the other and sees each caught.
func TestTheLawsBite(t *testing.T) {
	t.Parallel()
	real := packages(t)
	imports := func(at string, paths ...string) func(*pkg) {
		return func(p *pkg) {
			if p.at() == at {
				p.Imports = slices.Concat(p.Imports, paths)
			}
		}
	}
	tests := []struct {
		name  string
		plant func(*pkg)
		want  string
	}{
		{"core asks the network", imports("internal/gate", "net/http"), "internal/gate imports net/http: bytes in"},
		{"core reads files", imports("internal/policy", "os"), "internal/policy imports os: bytes in"},
		{"core logs", imports("internal/plan", "github.com/rs/zerolog"), "internal/plan imports github.com/rs/zerolog: bytes in"},
		{"core throws dice", imports("internal/signoff", "math/rand/v2"), "internal/signoff imports math/rand/v2: bytes in"},
		{"library of another core package", imports("internal/render", "github.com/yuin/goldmark"), "internal/render imports github.com/yuin/goldmark: bytes in"},
		{"core imports an adapter", imports("internal/render", module+"internal/store"), "internal/render imports internal/store: not in its row"},
		{"core against its order", imports("internal/pull", module+"internal/gate"), "internal/pull imports internal/gate: not in its row"},
		{"adapters know each other", imports("internal/webhook", module+"internal/ghapp"), "internal/webhook imports internal/ghapp: not in its row"},
		{"an adapter decides", imports("internal/ghapp", module+"internal/gate"), "internal/ghapp imports internal/gate: not in its row"},
		{"job chooses a store", imports("internal/job", module+"internal/store/sqlite"), "internal/job imports internal/store/sqlite: not in its row"},
		{"the stand-in knows us", imports("internal/githubsim", module+"internal/pull"), "internal/githubsim imports internal/pull: not in its row"},
		{"main does more", imports("cmd/slagate", module+"internal/app"), "cmd/slagate imports internal/app: not in its row"},
		{"GitHub types leave", imports("internal/controller", "github.com/google/go-github/v62/github"), "internal/controller imports github.com/google/go-github/v62/github: its types"},
		{"River leaves", imports("internal/controller", "github.com/riverqueue/river"), "internal/controller imports github.com/riverqueue/river: its types"},
		{"SQL leaves", imports("internal/app", "database/sql"), "internal/app imports database/sql: its types"},
		{"HTTP leaves", imports("internal/job", "net/http"), "internal/job imports net/http: its types"},
		{"a row within another", imports("internal/app", "net/http/httptest"), "internal/app imports net/http/httptest: test code"},
		{"testing in the binary", imports("internal/githubsim", "testing"), "internal/githubsim imports testing: test code"},
		{"testify in the binary", imports("internal/demo", "github.com/stretchr/testify/require"), "internal/demo imports github.com/stretchr/testify/require: test code"},
		{"cgo", imports("internal/store/sqlite", "C"), "internal/store/sqlite imports C: the product is pure Go"},
		{"core tested with an adapter", func(p *pkg) {
			if p.at() == "internal/gate" {
				p.XTestImports = append(slices.Clone(p.XTestImports), module+"internal/githubsim")
			}
		}, "internal/gate imports internal/githubsim in a test"},
		{"stand-in tested with us", func(p *pkg) {
			if p.at() == "internal/githubsim" {
				p.TestImports = append(slices.Clone(p.TestImports), module+"internal/ghapp")
			}
		}, "internal/githubsim imports internal/ghapp in a test"},
		{"no package comment", func(p *pkg) {
			if p.at() == "internal/job" {
				p.Doc = ""
			}
		}, `internal/job has no package comment that begins with "Package job "`},
		{"a package moved", func(p *pkg) {
			if p.at() == "internal/reconcile" {
				p.ImportPath = module + "internal/common"
			}
		}, "internal/common has no row in house"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			pkgs := slices.Clone(real)
			for i := range pkgs {
				tt.plant(&pkgs[i])
			}
			got := violations(pkgs)
			require.True(t, slices.ContainsFunc(got, func(v string) bool { return strings.HasPrefix(v, tt.want) }), "%q not in %q", tt.want, got)
		})
	}
	t.Run("a stale row", func(t *testing.T) {
		t.Parallel()
		pkgs := slices.DeleteFunc(slices.Clone(real), func(p pkg) bool { return p.at() == "internal/job" })
		require.Contains(t, violations(pkgs), "internal/job has a row in house but is not there")
	})
}

// TestTheBinaryHoldsNoTestCode looks at what is linked by way of others too.
func TestTheBinaryHoldsNoTestCode(t *testing.T) {
	t.Parallel()
	linked := strings.Fields(string(goList(t, "-deps", "./cmd/slagate")))
	require.Contains(t, linked, module+"internal/gate", "the list is not of the binary")
	for _, path := range linked {
		for _, s := range strangers() {
			require.False(t, within(path, s), "the binary holds %s", path)
		}
	}
}

// TestMainIsTiny: main hands over to cli.Main, which tests can call.
func TestMainIsTiny(t *testing.T) {
	t.Parallel()
	file, err := parser.ParseFile(token.NewFileSet(), filepath.Join(root, "cmd", "slagate", "main.go"), nil, 0)
	require.NoError(t, err)
	var funcs []*ast.FuncDecl
	for _, d := range file.Decls {
		if f, ok := d.(*ast.FuncDecl); ok {
			funcs = append(funcs, f)
		}
	}
	require.Len(t, funcs, 1)
	require.Len(t, funcs[0].Body.List, 1)
}

// TestTheCoreHasNoClock: time is a value in the core, never a question.
func TestTheCoreHasNoClock(t *testing.T) {
	t.Parallel()
	require.Equal(t, []string{"Now", "Sleep"}, clockReads(t, "planted.go",
		"package p\nimport \"time\"\nvar a = time.Now\nfunc f(d time.Time) { time.Sleep(1); _ = d.After(d); _ = time.Unix(0, 0) }\n"))
	for _, p := range packages(t) {
		if !slices.Contains(core(), p.at()) {
			continue
		}
		for _, name := range p.GoFiles {
			src, err := os.ReadFile(filepath.Join(p.Dir, name))
			require.NoError(t, err)
			require.Empty(t, clockReads(t, name, string(src)), "%s/%s asks the clock", p.at(), name)
		}
	}
}

// clockReads names what a file uses of package time that reads or follows the clock.
func clockReads(t *testing.T, name, src string) []string {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), name, src, 0)
	require.NoError(t, err)
	asking := []string{"After", "AfterFunc", "NewTicker", "NewTimer", "Now", "Since", "Sleep", "Tick", "Until"}
	var found []string
	ast.Inspect(file, func(n ast.Node) bool {
		if s, ok := n.(*ast.SelectorExpr); ok {
			if x, ok := s.X.(*ast.Ident); ok && x.Name == "time" && slices.Contains(asking, s.Sel.Name) {
				found = append(found, s.Sel.Name)
			}
		}
		return true
	})
	return found
}
