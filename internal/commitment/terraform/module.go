package terraform

import (
	"bytes"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
)

// joined begins what [Joined] adds to a file.
const joined = "\n# The other files of this module say:\n"

// maxDefinitions bounds what is added to a file, in bytes.
const maxDefinitions = 256 << 10

// Definitions are the locals and variables of a file, for the other files of its
// module: Terraform takes all files of a folder as one
// (https://developer.hashicorp.com/terraform/language/files).
func Definitions(path string, src []byte) []byte {
	if !Is(path) || strings.HasSuffix(path, ".json") || !bytes.Contains(src, []byte("locals")) && !bytes.Contains(src, []byte("variable")) {
		return nil
	}
	var out []byte
	for _, b := range Read(path, src).Blocks {
		if !b.opaque && (b.kind == "locals" || b.kind == "variable") {
			out = append(append(out, b.scope.text(b.at)...), '\n')
		}
	}
	return out
}

// Joined is a file together with definitions of other files of its module. Their lines
// are not lines of the file: they are reported as unknown.
func Joined(path string, src, definitions []byte) []byte {
	if !Is(path) || strings.HasSuffix(path, ".json") || len(definitions) == 0 || len(definitions) > maxDefinitions || bytes.Contains(src, []byte(joined)) {
		return src
	}
	return slices.Concat(src, []byte(joined), definitions)
}

// ownLines is how many lines of a text are the file's own.
func ownLines(src []byte) int {
	own, _, ok := bytes.Cut(src, []byte(joined))
	if !ok {
		return 0
	}
	return 1 + bytes.Count(own, []byte("\n"))
}

// Setting is a value that is set for others: a local, the default of a variable, or
// what a file of values (.tfvars) gives to one.
type Setting struct {
	Name        string // "local.limit", "var.limit"
	Description string
	Line        int
	// Values are the value, or where it is an object or a list the values in it, by
	// the path to them ("" for the value itself), in order.
	Values []Entry
}

// Entry is one value of a setting.
type Entry struct {
	Path, Text string
	// Word: the text is a string.
	Word bool
}

// IsValues reports whether a path is that of a file of values for variables.
func IsValues(path string) bool { return strings.HasSuffix(path, ".tfvars") }

// Settings are all values that a file sets for others.
func Settings(path string, src []byte) []Setting {
	if !Is(path) && !IsValues(path) {
		return nil
	}
	if IsValues(path) {
		return given(path, src)
	}
	var out []Setting
	for _, b := range Read(path, src).Blocks {
		switch {
		case b.kind == "locals":
			for _, name := range b.Names() {
				out = append(out, settingOf("local."+name, "", b.Attr(name)))
			}
		case b.kind == "variable" && len(b.labels) == 1 && b.Attr("default").Exists():
			description, _ := b.Attr("description").Literal()
			out = append(out, settingOf("var."+b.labels[0], description, b.Attr("default")))
		}
	}
	return out
}

// given reads a file of values as the block of locals that it could be.
func given(path string, src []byte) []Setting {
	wrapped := slices.Concat([]byte("locals {\n"), bytes.TrimPrefix(src, []byte("\xef\xbb\xbf")), []byte("\n}\n"))
	var out []Setting
	for _, b := range Read(path+".tf", wrapped).Blocks {
		for _, name := range b.Names() {
			s := settingOf("var."+name, "", b.Attr(name))
			s.Line--
			out = append(out, s)
		}
	}
	return out
}

func settingOf(name, description string, a Attr) Setting {
	s := Setting{Name: name, Description: description, Line: a.Line()}
	s.entries(a, "", 0)
	return s
}

// maxNested bounds objects in objects.
const maxNested = 8

// entries adds a value, or what is in it.
func (s *Setting) entries(a Attr, path string, depth int) {
	keys, isObject := a.Names()
	if isObject && depth < maxNested && len(s.Values) < maxEntries {
		for _, key := range keys {
			s.entries(a.Get(key), path+"."+key, depth+1)
		}
		return
	}
	text, literal := a.Literal()
	if !literal {
		text = a.Source()
	}
	s.Values = append(s.Values, Entry{Path: path, Text: text, Word: literal && word(a.expr)})
}

// word reports whether an expression is a string that is written out.
func word(e hclsyntax.Expression) bool {
	_, ok := unwrap(e).(*hclsyntax.TemplateExpr)
	return ok
}

// beyond reports whether a block is not of the file itself.
func (s *scope) beyond(r hcl.Range) bool { return s.own > 0 && r.Start.Line > s.own }
