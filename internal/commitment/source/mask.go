package source

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"regexp"
	"strings"

	"go.yaml.in/yaml/v4"
)

// tokenMark begins every token. It is a word that no file has by itself.
const tokenMark = "Xslagate"

var token = regexp.MustCompile(tokenMark + `[0-9a-f]{12}X`)

// IsToken reports whether a text holds a masked expression.
func IsToken(text string) bool { return strings.Contains(text, tokenMark) && token.MatchString(text) }

var (
	// raw is Helm's way to write a text that is not for Helm: {{` text `}}.
	raw = regexp.MustCompile("(?s)\\{\\{-?\\s*`([^`]*)`\\s*-?\\}\\}")
	// expression is anything that a template engine replaces or obeys.
	// A string within it may hold braces of its own: {{ "{{ .Labels.job }}" }}.
	expression = regexp.MustCompile(`(?s)\{\{(?:\\.|"(?:\\.|[^"\\\n])*"|[^"\\])*?\}\}|\{\{.*?\}\}|<%.*?%>|\{%.*?%\}|\{#.*?#\}|[$%]\{[^{}\n]*\}`)
)

// mask takes a template's expressions out of a text, line by line in place: the
// lines keep their numbers. It returns the tokens with what they stand for.
func mask(src []byte) ([]byte, map[string]string) {
	tokens := map[string]string{}
	src = raw.ReplaceAll(src, []byte("$1"))
	var out bytes.Buffer
	last := 0
	for _, at := range expression.FindAllIndex(src, -1) {
		out.Write(src[last:at[0]])
		text := src[at[0]:at[1]]
		switch {
		case alone(src, at[0], at[1]):
			out.Write(bytes.Repeat([]byte("\n"), bytes.Count(text, []byte("\n"))))
		default:
			name := tokenOf(text)
			tokens[name] = string(text)
			out.WriteString(name)
			out.Write(bytes.Repeat([]byte("\n"), bytes.Count(text, []byte("\n"))))
		}
		last = at[1]
	}
	out.Write(src[last:])
	return out.Bytes(), tokens
}

var (
	defines = regexp.MustCompile(`^\{\{-?\s*define\b`)
	// opening and closing are the words of Go's templates that come in pairs.
	opening = regexp.MustCompile(`^\{\{-?\s*(?:if|range|with|define|block)\b`)
	closing = regexp.MustCompile(`^\{\{-?\s*end\b`)
)

// withoutWords is a template without the definitions (define … end) of single words
// and sentences: they are for use elsewhere and need not fit into the document.
// One that holds more is left in its place. The lines keep their numbers.
func withoutWords(src []byte) []byte {
	out := bytes.Clone(src)
	for _, d := range definitions(src) {
		text, _ := mask(src[d.body:d.bodyEnd])
		if n, err := parse(text); err == nil && (n == nil || n.Kind == yaml.ScalarNode) {
			copy(out[d.from:d.to], blanked(src[d.from:d.to]))
		}
	}
	return out
}

// definition is where one stands: the whole of it, and what is between its marks.
type definition struct{ from, body, bodyEnd, to int }

// definitions are the outermost definitions of a template.
func definitions(src []byte) []definition {
	// What is not for the template engine has no marks.
	src = raw.ReplaceAllFunc(src, blanked)
	var out []definition
	var d definition
	depth := 0 // of what is open since the definition began, it included
	for _, at := range expression.FindAllIndex(src, -1) {
		text := src[at[0]:at[1]]
		switch {
		case depth == 0 && defines.Match(text):
			d, depth = definition{from: at[0], body: at[1]}, 1
		case depth > 0 && opening.Match(text):
			depth++
		case depth > 0 && closing.Match(text):
			if depth--; depth == 0 {
				d.bodyEnd, d.to = at[0], at[1]
				out = append(out, d)
			}
		}
	}
	return out
}

// blanked is a text of the same length and lines with nothing on them.
func blanked(text []byte) []byte {
	out := bytes.Repeat([]byte(" "), len(text))
	for i, c := range text {
		if c == '\n' {
			out[i] = c
		}
	}
	return out
}

// tokenOf is a word made of the expression's text; white space in it means nothing.
func tokenOf(text []byte) string {
	sum := sha256.Sum256(bytes.Join(bytes.Fields(text), []byte(" ")))
	return tokenMark + hex.EncodeToString(sum[:6]) + "X"
}

// alone reports whether nothing but expressions and blanks stands on the lines of src[from:to].
func alone(src []byte, from, to int) bool {
	start := bytes.LastIndexByte(src[:from], '\n') + 1
	end := len(src)
	if i := bytes.IndexByte(src[to:], '\n'); i >= 0 {
		end = to + i
	}
	rest := append(bytes.Clone(src[start:from]), src[to:end]...)
	return len(bytes.TrimSpace(expression.ReplaceAll(rest, nil))) == 0
}
