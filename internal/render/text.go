package render

import (
	"fmt"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Lengths at which foreign text is cut, in characters.
const (
	codeLength  = 120 // a path, a label, a value
	proseLength = 400 // a sentence
)

// place says what surrounds a piece of text.
type place bool

const (
	line place = false // a paragraph or a list item
	cell place = true  // a table cell, where a pipe would start the next one
)

// Code shows foreign text as inline code that it cannot break out of: the
// fence is longer than any run of backticks inside, invisible and control
// characters (line ends, bidirectional marks) are spelled out, and long text
// is cut in the middle. Code is for running text; in tables a pipe would still
// split the cell, so sections use span with their place.
func Code(text string) string { return span(text, line) }

// span is Code for a given place.
func span(text string, in place) string { return spanOf(text, codeLength, in) }

func spanOf(text string, limit int, in place) string {
	shown := visible(clipMiddle(text, limit))
	if in == cell {
		shown = escapePipes(shown)
	}
	if strings.Trim(shown, " ") == "" {
		return "(empty)"
	}
	fence := strings.Repeat("`", longestRun(shown, '`')+1)
	// Markdown takes one space off both ends, and a backtick at an end would
	// lengthen the fence.
	if strings.HasPrefix(shown, "`") || strings.HasSuffix(shown, "`") ||
		(strings.HasPrefix(shown, " ") && strings.HasSuffix(shown, " ")) {
		shown = " " + shown + " "
	}
	return fence + shown + fence
}

// visible spells out what a reader could not see or what would end the line.
func visible(text string) string {
	var b strings.Builder
	for i, r := range text {
		switch {
		case r == '\n':
			b.WriteString(`\n`)
		case r == '\r':
			b.WriteString(`\r`)
		case r == '\t':
			b.WriteString(`\t`)
		case r == utf8.RuneError && !strings.HasPrefix(text[i:], "\ufffd"):
			fmt.Fprintf(&b, `\x%02x`, text[i])
		case hidden(r):
			fmt.Fprintf(&b, `\u{%x}`, r)
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

// hidden reports whether a character shows nothing or changes how others show:
// control and format characters (among them the bidirectional marks),
// separators of lines, private and unassigned ones, fillers.
func hidden(r rune) bool {
	return !unicode.IsGraphic(r) ||
		unicode.Is(unicode.Other_Default_Ignorable_Code_Point, r) ||
		unicode.Is(unicode.Variation_Selector, r)
}

// escapePipes keeps pipes from ending a table cell. Behind a backslash the
// escape itself would be ambiguous, so the pipe is spelled out there.
func escapePipes(text string) string {
	var b strings.Builder
	previous := rune(0)
	for _, r := range text {
		switch {
		case r == '|' && previous == '\\':
			b.WriteString(`u{7c}`)
		case r == '|':
			b.WriteString(`\|`)
		default:
			b.WriteRune(r)
		}
		previous = r
	}
	return b.String()
}

func longestRun(text string, of rune) int {
	longest, run := 0, 0
	for _, r := range text {
		if r != of {
			run = 0
			continue
		}
		run++
		longest = max(longest, run)
	}
	return longest
}

// clip cuts text to a number of characters, the ellipsis among them.
func clip(text string, limit int) string {
	if len(text) <= limit || utf8.RuneCountInString(text) <= limit {
		return text
	}
	return string([]rune(text[:min(len(text), limit*utf8.UTFMax)])[:limit-1]) + "…"
}

// clipMiddle cuts text to a number of characters and keeps both ends: of a
// path the last name says the most.
func clipMiddle(text string, limit int) string {
	if len(text) <= limit || utf8.RuneCountInString(text) <= limit {
		return text
	}
	head := limit / 2
	tail := limit - head - 1
	start, end := 0, len(text)
	for range head {
		_, size := utf8.DecodeRuneInString(text[start:])
		start += size
	}
	for range tail {
		_, size := utf8.DecodeLastRuneInString(text[:end])
		end -= size
	}
	return text[:start] + "…" + text[end:]
}

var (
	// plainWord is a word that can mean nothing to Markdown or GitHub, wherever it stands in a line.
	plainWord = regexp.MustCompile(`^[\p{L}\p{N}…][\p{L}\p{M}\p{N}.,;:!?'"’“”„()%–—…-]*$`)
	// reference is a word of plain characters that GitHub would turn into a link.
	reference = regexp.MustCompile(`(?i)gh-[0-9]|^[0-9a-f]{7,64}$|www\.`)
	// clock is the one use of a colon inside a word that starts no link and makes no emoji.
	clock = regexp.MustCompile(`^[0-9]{1,2}:[0-9]{2}$`)
	// ordinal starts a numbered list at the start of an item.
	ordinal = regexp.MustCompile(`^[0-9]+[.)]$`)
)

// prose shows a foreign sentence: plain words stay plain, everything that
// could mean something (names with a slash, an at sign, punctuation of
// Markdown) becomes inline code, word by word.
func prose(text string, in place) string { return proseOf(text, proseLength, in) }

func proseOf(text string, limit int, in place) string {
	words := strings.Fields(clip(text, limit))
	for i, word := range words {
		if i == 0 && ordinal.MatchString(word) {
			words[i] = span(word, in)
			continue
		}
		words[i] = proseWord(word, in)
	}
	return strings.Join(words, " ")
}

func proseWord(word string, in place) string {
	if word == "->" {
		return "→"
	}
	core := strings.TrimLeft(word, `("'“„`)
	before := word[:len(word)-len(core)]
	core = strings.TrimRight(core, `.,;:!?)"'”’`)
	after := word[len(before)+len(core):]
	if core == "" {
		return word
	}
	if len(core) > 2 && core[0] == '`' && core[len(core)-1] == '`' {
		core = core[1 : len(core)-1]
	} else if plain(core) {
		return word
	}
	if strings.HasSuffix(before, `"`) && strings.HasPrefix(after, `"`) { // code stands out without quotes
		before, after = strings.TrimSuffix(before, `"`), strings.TrimPrefix(after, `"`)
	}
	return before + span(core, in) + after
}

func plain(word string) bool {
	return plainWord.MatchString(word) && !reference.MatchString(word) && !strings.ContainsFunc(word, hidden) &&
		(!strings.Contains(word, ":") || clock.MatchString(word))
}

// and joins words as a sentence does: "a", "a and b", "a, b and c".
func and(words []string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	return strings.Join(words[:len(words)-1], ", ") + " and " + words[len(words)-1]
}

// some shows the first words of a list and how many are left out.
func some(words []string, limit int) []string {
	if len(words) <= limit {
		return words
	}
	return append(append([]string{}, words[:limit]...), fmt.Sprintf("%d more", len(words)-limit))
}

// count is a number with its noun: "1 file", "3 files".
func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%s %ss", thousands(n), noun)
}

// thousands writes a number with commas.
func thousands(n int) string {
	digits := fmt.Sprint(n)
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return digits
}
