package jsonnet

import "strings"

// The bounds of nesting. The library's parser, and the walk over its tree, go down as
// deep as the text is nested, so this is looked at before. The largest files seen have
// a tenth of it.
const (
	maxBrackets  = 150    // brackets within brackets
	maxOperators = 20_000 // of a file: each may nest what follows or precedes
	maxRun       = 64     // operators without anything between them
	maxKeywords  = 3_000  // of a file: local, if, function and their like nest what follows
)

// withoutComments is a text with blanks in the place of its comments, line ends and all
// other places kept. It is not ok where the text is nested beyond the bounds.
func withoutComments(text string) (code string, ok bool) {
	s := scanner{text: text, out: []byte(text)}
	for s.at < len(s.text) && s.bounded() {
		s.next()
	}
	return string(s.out), s.bounded()
}

// scanner goes through a text as Jsonnet's lexer does. Where that gives up, nothing is
// parsed, so that it may go on as it likes.
// https://jsonnet.org/ref/spec.html#lexing
type scanner struct {
	text                       string
	out                        []byte
	at                         int
	depth, operators, keywords int
	run                        int // operators just before
}

func (s *scanner) bounded() bool {
	return s.depth <= maxBrackets && s.operators <= maxOperators && s.run <= maxRun && s.keywords <= maxKeywords
}

// next goes over one token.
func (s *scanner) next() {
	rest, before := s.text[s.at:], s.run
	s.run = 0
	switch c := rest[0]; {
	case c == '#' || strings.HasPrefix(rest, "//"):
		s.comment(until(rest, "\n", 0))
	case strings.HasPrefix(rest, "/*"):
		s.comment(until(rest, "*/", 2))
	case strings.HasPrefix(rest, "|||"):
		s.at += block(rest)
	case c == '@' && len(rest) > 1 && (rest[1] == '"' || rest[1] == '\''):
		s.at += verbatim(rest)
	case c == '"' || c == '\'':
		s.at += quoted(rest)
	case strings.IndexByte("([{", c) >= 0:
		s.depth++
		s.at++
	case strings.IndexByte(")]}", c) >= 0:
		s.depth--
		s.at++
	case strings.IndexByte("!$:~+-&|^=<>*/%.", c) >= 0:
		if c != ':' { // which separates and does not nest
			s.operators++
		}
		s.run = before + 1 // the lexer goes over them again and again
		s.at++
	case isWord(c):
		s.word(rest)
	default:
		s.at++
	}
}

// comment blanks so many bytes, but for line ends.
func (s *scanner) comment(length int) {
	for i := s.at; i < s.at+length; i++ {
		if s.out[i] != '\n' {
			s.out[i] = ' '
		}
	}
	s.at += length
}

func (s *scanner) word(rest string) {
	end := 1
	number := rest[0] >= '0' && rest[0] <= '9'
	for end < len(rest) && (isWord(rest[end]) || number && rest[end] == '.') {
		end++
	}
	switch rest[:end] {
	case "local", "if", "else", "function", "assert", "error", "import", "importstr", "importbin", "for", "in", "tailstrict":
		s.keywords++
	}
	s.at += end
}

func isWord(c byte) bool {
	return c == '_' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
}

// until is the length of a text up to and with its end, which stands not before from.
func until(text, end string, from int) int {
	if i := strings.Index(text[min(from, len(text)):], end); i >= 0 {
		return from + i + len(end)
	}
	return len(text)
}

// quoted is the length of a string with escapes.
func quoted(text string) int {
	for i := 1; i < len(text); i++ {
		switch text[i] {
		case '\\':
			i++
		case text[0]:
			return i + 1
		}
	}
	return len(text)
}

// verbatim is the length of a string in which only its quote is doubled.
func verbatim(text string) int {
	for i := 2; i < len(text); i++ {
		if text[i] != text[1] {
			continue
		}
		if i+1 < len(text) && text[i+1] == text[1] {
			i++
			continue
		}
		return i + 1
	}
	return len(text)
}

// block is the length of a text block: it goes on as long as lines begin with the
// white space that its first one begins with, or are empty.
func block(text string) int {
	at := until(text, "\n", 0)
	for at < len(text) && text[at] == '\n' {
		at++
	}
	first := text[at:]
	indent := first[:len(first)-len(strings.TrimLeft(first, " \t"))]
	for at < len(text) && indent != "" && (text[at] == '\n' || strings.HasPrefix(text[at:], indent)) {
		at += until(text[at:], "\n", 0)
	}
	rest := strings.TrimLeft(text[at:], " \t")
	if strings.HasPrefix(rest, "|||") {
		return len(text) - len(rest) + len("|||")
	}
	return max(at, len("|||")) // the lexer gives up here
}
