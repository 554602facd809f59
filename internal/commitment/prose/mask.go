package prose

import (
	"crypto/sha256"
	"encoding/hex"
	"regexp"
	"strings"
)

// tokenPattern is the word that stands for a template's expression inside a line.
const tokenPattern = `xtpl[0-9a-f]{10}x` //nolint:gosec // a placeholder, no credential

var (
	token = regexp.MustCompile(tokenPattern)
	// expression is what a template engine replaces or obeys.
	expression = regexp.MustCompile(`(?s)\{\{.*?\}\}|<%.*?%>|\{%.*?%\}|\{#.*?#\}`)
	// pageHeader is a macro that writes a heading: its text is the page's.
	pageHeader = regexp.MustCompile(`\{\{-?\s*[\w.]*(?:header|heading|title)\w*\(\s*["']([^"'{}]+)["'][^{}]*\}\}`)
	// tab is the start of a tab or section whose title stands in a tag of a template.
	tab         = regexp.MustCompile(`\{%-?\s*(?:tab|content-ref|expandable|accordion)\s+[^%]*?(?:title|label|name)?=?\s*["']([^"'{}]+)["'][^%]*%\}`)
	frontMatter = regexp.MustCompile(`\A\x{FEFF}?(?:---[ \t]*\n(?s:.*?)\n(?:---|\.\.\.)[ \t]*(?:\n|\z)|\+\+\+[ \t]*\n(?s:.*?)\n\+\+\+[ \t]*(?:\n|\z))`)
	titleKey    = regexp.MustCompile(`(?m)^title\s*[:=]\s*["']?(.+?)["']?\s*$`)
	comment     = regexp.MustCompile(`(?s)<!--.*?-->`)
)

// masked is a text whose lines keep their numbers while what is not for readers is gone.
type masked struct {
	text        string
	expressions map[string]string
	dropped     bool // expressions stood alone and are gone
}

// mask takes out front matter, comments and the expressions of templates. An
// expression that stands alone on its line goes; one inside a text becomes a word
// made of its own text, so that an unchanged one stays equal.
func mask(text string) masked {
	text = strings.ReplaceAll(strings.ReplaceAll(text, "\r\n", "\n"), "\r", "\n")
	text = strings.NewReplacer(codeStart, "", codeEnd, "", "\x00", "").Replace(strings.ToValidUTF8(text, ""))
	if at := frontMatter.FindString(text); at != "" {
		title := ""
		if m := titleKey.FindStringSubmatch(at); m != nil {
			title = titleMark + m[1]
		}
		text = title + lines(at) + text[len(at):]
	}
	text = comment.ReplaceAllStringFunc(text, lines)
	out := masked{expressions: map[string]string{}}
	text = pageHeader.ReplaceAllString(text, "<h1>$1</h1>")
	text = tab.ReplaceAllString(text, "<summary>$1</summary>")
	var b strings.Builder
	last := 0
	for _, at := range expression.FindAllStringIndex(text, -1) {
		b.WriteString(text[last:at[0]])
		found := text[at[0]:at[1]]
		if standsAlone(text, at[0], at[1]) || !strings.HasPrefix(found, "{{") && !strings.HasPrefix(found, "<%=") {
			out.dropped = true
			b.WriteString(lines(found))
		} else {
			name := tokenOf(found)
			out.expressions[name] = found
			b.WriteString(name + lines(found))
		}
		last = at[1]
	}
	b.WriteString(text[last:])
	out.text = b.String()
	return out
}

// titleMark begins the title that front matter gives; it has a line of its own.
const titleMark = "\x03"

// takeTitle cuts the title that front matter gave off the text.
func takeTitle(text string) (title, rest string) {
	if !strings.HasPrefix(text, titleMark) {
		return "", text
	}
	title, rest, _ = strings.Cut(text[len(titleMark):], "\n")
	return title, "\n" + rest
}

// lines are the line ends of a text and nothing else.
func lines(text string) string { return strings.Repeat("\n", strings.Count(text, "\n")) }

func tokenOf(text string) string {
	sum := sha256.Sum256([]byte(strings.Join(strings.Fields(text), " ")))
	return "xtpl" + hex.EncodeToString(sum[:5]) + "x"
}

// standsAlone reports whether the line of text[from:to] holds only blanks besides it.
func standsAlone(text string, from, to int) bool {
	start := strings.LastIndexByte(text[:from], '\n') + 1
	end := strings.IndexByte(text[to:], '\n')
	if end < 0 {
		end = len(text) - to
	}
	return strings.TrimSpace(text[start:from]) == "" && strings.TrimSpace(text[to:to+end]) == ""
}
