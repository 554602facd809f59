package archtest

import (
	"fmt"
	"slices"
	"strings"
)

// pkg is what "go list -json" says of a package, as far as the laws need it.
type pkg struct {
	ImportPath, Dir, Name, Doc         string
	GoFiles                            []string
	Imports, TestImports, XTestImports []string
}

// at is the folder of the package below the module.
func (p pkg) at() string { return strings.TrimPrefix(p.ImportPath, module) }

// within reports whether an import is of a library, or of a part of it.
func within(path, library string) bool {
	return path == library || strings.HasPrefix(path, library+"/")
}

func isStandard(path string) bool {
	first, _, _ := strings.Cut(path, "/")
	return !strings.Contains(first, ".")
}

// violations are the breaches of the laws in these packages.
func violations(pkgs []pkg) []string {
	var out []string
	found := map[string]bool{}
	for _, p := range pkgs {
		found[p.at()] = true
		out = append(out, comment(p)...)
		out = append(out, direction(p)...)
		out = append(out, stopped(p)...)
		if slices.Contains(core(), p.at()) {
			out = append(out, pure(p)...)
		}
	}
	for name := range house() {
		if !found[name] {
			out = append(out, name+" has a row in house but is not there")
		}
	}
	slices.Sort(out)
	return out
}

// comment: every package says what it is for.
func comment(p pkg) []string {
	begins := "Package " + p.Name + " "
	if p.Name == "main" {
		begins = "Command "
	}
	if !strings.HasPrefix(p.Doc, begins) {
		return []string{fmt.Sprintf("%s has no package comment that begins with %q", p.at(), begins)}
	}
	return nil
}

// direction: of slagate only what the list allows.
func direction(p pkg) []string {
	allowed, ok := house()[p.at()]
	if !ok {
		return []string{p.at() + " has no row in house: say what it may import"}
	}
	var out []string
	for _, path := range p.Imports {
		if own, ok := strings.CutPrefix(path, module); ok && !slices.Contains(allowed, own) {
			out = append(out, fmt.Sprintf("%s imports %s: not in its row of house", p.at(), own))
		}
	}
	for _, path := range slices.Concat(p.TestImports, p.XTestImports) {
		own, ok := strings.CutPrefix(path, module)
		if !ok || own == p.at() || own == formattest {
			continue
		}
		switch {
		case slices.Contains(core(), p.at()) && !slices.Contains(core(), own):
			out = append(out, fmt.Sprintf("%s imports %s in a test: the core is tested with the core alone", p.at(), own))
		case p.at() == "internal/githubsim":
			out = append(out, fmt.Sprintf("%s imports %s in a test: the stand-in would agree with our mistakes", p.at(), own))
		}
	}
	return out
}

// pure: what the core may import of others.
func pure(p pkg) []string {
	var out []string
	for _, path := range p.Imports {
		switch {
		case strings.HasPrefix(path, module), isStandard(path) && slices.Contains(coreStandard(), path):
		case slices.ContainsFunc(coreLibraries()[p.at()], func(l string) bool { return within(path, l) }):
		default:
			out = append(out, fmt.Sprintf("%s imports %s: bytes in, decision out, the core needs nothing else", p.at(), path))
		}
	}
	return out
}

// stopped: libraries that stay in one place. The longest row that fits counts.
func stopped(p pkg) []string {
	var out []string
	for _, path := range p.Imports {
		row, best := stop{}, ""
		for library, s := range stops() {
			if len(library) > len(best) && within(path, library) {
				row, best = s, library
			}
		}
		if best != "" && !slices.Contains(row.at, p.at()) && !slices.Contains(core(), p.at()) {
			out = append(out, fmt.Sprintf("%s imports %s: %s", p.at(), path, row.why))
		}
	}
	return out
}
