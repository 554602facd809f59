package prometheus

import (
	"crypto/sha256"
	"encoding/hex"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/slagate/slagate/internal/commitment/source"
)

// tokenMark begins a token of package source, whose tokens are this long.
const (
	tokenMark   = "Xslagate"
	tokenLength = len(tokenMark) + 13
)

var (
	// rawText is Helm's way to write a text that is not for Helm.
	rawText = regexp.MustCompile("(?s)\\{\\{-?\\s*`([^`]*)`\\s*-?\\}\\}")
	// template is an expression that an engine replaces, in a value that is valid YAML with it.
	// ${1} is none: so label_replace writes what it found.
	template = regexp.MustCompile(`(?s)\{\{.*?\}\}|<%.*?%>|\{%.*?%\}|[$%]\{[^{}\n0-9][^{}\n]*\}`)
	// rawBlock is Jinja's way to write a text that is not for Jinja.
	rawBlock = regexp.MustCompile(`\{%[-+]?\s*(?:end)?raw\s*[-+]?%\}`)
	// token is a masked expression, unless it is a part of a longer word.
	token = regexp.MustCompile(`\b` + tokenMark + `[0-9a-f]{12}X\b`)
	// ranged is a range whose length is a masked expression.
	ranged = regexp.MustCompile(`\[\s*([0-9]*` + tokenMark + `[0-9a-f]{12}X[a-z]*)\s*([:\]])`)
)

// text is a condition as the parser gets it.
type text struct {
	parsed  string
	restore func(string) string
	masks   map[time.Duration]string // what stands for masked ranges
	opaque  bool                     // a template's expression is in it
}

// prepare masks the expressions of a template, so that the rest can be parsed: an
// expression becomes a word made of its text, one in the place of a range a length
// that nobody writes.
func prepare(n source.Node) text {
	t := text{parsed: n.Text(), restore: n.Restore, opaque: n.Opaque()}
	if strings.Contains(t.parsed, "`") {
		t.parsed = rawText.ReplaceAllString(t.parsed, "$1")
	}
	if strings.Contains(t.parsed, "{%") {
		t.parsed = rawBlock.ReplaceAllString(t.parsed, "")
	}
	if templated(t.parsed) {
		words := map[string]string{}
		t.parsed = template.ReplaceAllStringFunc(t.parsed, func(written string) string {
			sum := sha256.Sum256([]byte(strings.Join(strings.Fields(written), " ")))
			word := tokenMark + hex.EncodeToString(sum[:6]) + "X"
			words[word] = written
			return word
		})
		t.opaque = true
		t.restore = func(s string) string {
			for word, written := range words {
				s = strings.ReplaceAll(s, word, written)
			}
			return n.Restore(s)
		}
	}
	if t.opaque && strings.Contains(t.parsed, "[") {
		t.maskRanges()
	}
	return t
}

// templated reports whether a text holds expressions of a template. The quick look first:
// every selector has a brace.
func templated(s string) bool {
	for _, mark := range []string{"{{", "<%", "{%", "${", "%{"} {
		if strings.Contains(s, mark) {
			return template.MatchString(s)
		}
	}
	return false
}

// maskRanges puts lengths in the place of masked ranges, equal ones for equal expressions.
func (t *text) maskRanges() {
	const first = 7_000_003 // milliseconds: nobody writes it
	t.masks = map[time.Duration]string{}
	lengths := map[string]int{}
	t.parsed = ranged.ReplaceAllStringFunc(t.parsed, func(written string) string {
		m := ranged.FindStringSubmatch(written)
		if _, ok := lengths[m[1]]; !ok {
			lengths[m[1]] = first + len(lengths)
		}
		t.masks[time.Duration(lengths[m[1]])*time.Millisecond] = t.restore(m[1])
		return "[" + strconv.Itoa(lengths[m[1]]) + "ms" + m[2]
	})
}

// asScalars writes the masked expressions as scalars, those within quotes left alone.
func (t text) asScalars() string {
	if !t.opaque {
		return t.parsed
	}
	parts := strings.Split(t.parsed, `"`)
	for i := 0; i < len(parts); i += 2 {
		parts[i] = token.ReplaceAllString(parts[i], "scalar($0)")
	}
	return strings.Join(parts, `"`)
}

// squeezed is a text with single blanks, for what cannot be parsed.
func squeezed(s string) string { return strings.Join(strings.Fields(s), " ") }

// words are what may be names of metrics in a text that is no PromQL: too many rather
// than too few, as a measurement that is used must not be taken for an unused one.
func words(s string) []string {
	names := strings.FieldsFunc(s, func(c rune) bool {
		return c != '_' && c != ':' && (c < '0' || c > '9') && (c < 'a' || c > 'z') && (c < 'A' || c > 'Z')
	})
	slices.Sort(names)
	return slices.DeleteFunc(slices.Compact(names), func(name string) bool { return !strings.ContainsAny(name, "_:") })
}
