package archtest

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// tour is the package comment of app.
func tour(t *testing.T) string {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), filepath.Join(root, "internal", "app", "doc.go"), nil, parser.ParseComments|parser.PackageClauseOnly)
	require.NoError(t, err)
	require.NotNil(t, file.Doc)
	return file.Doc.Text()
}

// room is how the tour introduces a package.
var room = regexp.MustCompile(`(?m)^ *- (internal/[a-z0-9/]+): `)

// TestTheTourShowsEveryRoom: every package has its lines, and no line is about
// a package that is not there.
func TestTheTourShowsEveryRoom(t *testing.T) {
	t.Parallel()
	var shown, there []string
	for _, m := range room.FindAllStringSubmatch(tour(t), -1) {
		shown = append(shown, m[1])
	}
	for _, p := range packages(t) {
		if strings.HasPrefix(p.at(), "internal/") {
			there = append(there, p.at())
		}
	}
	require.ElementsMatch(t, there, shown)
}

// named is a name of a package as the tour writes it: gate.Gate.Evaluate.
var named = regexp.MustCompile(`\b([a-z]+)\.([A-Z][A-Za-z]*(?:\.[A-Z][A-Za-z]*)?)\b`)

// TestTheTourNamesWhatIsThere: a function that was renamed is renamed in the tour.
func TestTheTourNamesWhatIsThere(t *testing.T) {
	t.Parallel()
	exported := map[string][]string{}
	for _, p := range packages(t) {
		exported[p.Name] = names(t, p)
	}
	require.Contains(t, exported["gate"], "Gate.Evaluate")
	require.NotContains(t, exported["gate"], "Gate.Guess")
	mentions := named.FindAllStringSubmatch(tour(t), -1)
	require.Greater(t, len(mentions), 20)
	for _, m := range mentions {
		require.Contains(t, exported[m[1]], m[2], "the tour names %s", m[0])
	}
}

// names are the exported functions, types, methods, variables and constants of a package.
func names(t *testing.T, p pkg) []string {
	t.Helper()
	var out []string
	for _, name := range p.GoFiles {
		file, err := parser.ParseFile(token.NewFileSet(), filepath.Join(p.Dir, name), nil, parser.SkipObjectResolution)
		require.NoError(t, err)
		for _, d := range file.Decls {
			out = append(out, declared(d)...)
		}
	}
	return slices.DeleteFunc(out, func(name string) bool { return !ast.IsExported(name) })
}

func declared(d ast.Decl) []string {
	var out []string
	switch d := d.(type) {
	case *ast.FuncDecl:
		return []string{receiver(d) + d.Name.Name}
	case *ast.GenDecl:
		for _, s := range d.Specs {
			switch s := s.(type) {
			case *ast.TypeSpec:
				out = append(out, s.Name.Name)
			case *ast.ValueSpec:
				for _, n := range s.Names {
					out = append(out, n.Name)
				}
			}
		}
	}
	return out
}

// receiver is "Gate." for a method of Gate or *Gate, "" for a function.
func receiver(f *ast.FuncDecl) string {
	if f.Recv == nil || len(f.Recv.List) == 0 {
		return ""
	}
	typ := f.Recv.List[0].Type
	if star, ok := typ.(*ast.StarExpr); ok {
		typ = star.X
	}
	if id, ok := typ.(*ast.Ident); ok {
		return id.Name + "."
	}
	return "?."
}
