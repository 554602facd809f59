package policy

import (
	"fmt"
	"slices"
	"strings"

	"github.com/bmatcuk/doublestar/v4"
	"golang.org/x/text/unicode/norm"
)

// maxAlternatives is how many plain patterns the braces of one pattern may
// stand for, maxExpanded how many those of a whole file may.
const (
	maxAlternatives = 128
	maxExpanded     = 5000
)

// takesAway marks a pattern that takes paths away.
const takesAway = "!"

// normalise brings a path pattern to the form it is matched in: NFC, without a
// leading "/", a trailing "/" meaning everything below the folder.
func normalise(pattern string) string {
	rest, away := strings.CutPrefix(norm.NFC.String(pattern), takesAway)
	rest = strings.TrimPrefix(rest, "/")
	if rest == "" || strings.HasSuffix(rest, "/") {
		rest += "**"
	}
	if away {
		return takesAway + rest
	}
	return rest
}

// badGlob says what is wrong with a pattern as written; "" if nothing is.
func badGlob(pattern string) string {
	rest, _ := strings.CutPrefix(pattern, takesAway)
	switch {
	case len(pattern) > maxPattern:
		return fmt.Sprintf("the pattern has %d bytes, at most %d are allowed", len(pattern), maxPattern)
	case strings.TrimSpace(rest) == "":
		return "the pattern is empty"
	case !doublestar.ValidatePattern(rest):
		return "not a valid glob: a bracket or brace is not closed, or it ends in a backslash"
	}
	trimmed := strings.TrimSuffix(strings.TrimPrefix(rest, "/"), "/")
	if trimmed == "" {
		return ""
	}
	expanded, ok := expand(trimmed)
	if !ok {
		return fmt.Sprintf("the braces stand for more than %d patterns", maxAlternatives)
	}
	for _, plain := range expanded {
		for segment := range strings.SplitSeq(plain, "/") {
			switch segment {
			case ".", "..":
				return fmt.Sprintf("can never match: paths have no %q in them", segment)
			}
		}
		if strings.Contains(plain, "//") || strings.HasPrefix(plain, "/") {
			return `can never match: paths have no "//" in them`
		}
	}
	return ""
}

// expand writes a pattern with braces out as patterns without; false if they
// would be more than maxAlternatives. The union of what these match is what the
// pattern matches, and none of them can make the matcher backtrack without end,
// as nested alternatives can.
func expand(pattern string) ([]string, bool) {
	pending, done := []string{pattern}, []string(nil)
	for len(pending) > 0 {
		p := pending[len(pending)-1]
		pending = pending[:len(pending)-1]
		open, end := braces(p)
		if open < 0 {
			done = append(done, p)
		} else {
			alternatives := split(p[open+1 : end])
			for _, alternative := range slices.Backward(alternatives) {
				pending = append(pending, p[:open]+alternative+p[end+1:])
			}
		}
		if len(done)+len(pending) > maxAlternatives {
			return nil, false
		}
	}
	return done, true
}

// braces finds the first group of alternatives: the places of "{" and of the
// "}" that closes it; -1 if there is none.
func braces(p string) (open, end int) {
	open = -1
	depth := 0
	for i := 0; i < len(p); i++ {
		switch p[i] {
		case '\\':
			i++
		case '[':
			i = class(p, i)
		case '{':
			if depth++; depth == 1 {
				open = i
			}
		case '}':
			if depth--; depth == 0 {
				return open, i
			}
		}
	}
	return -1, -1
}

// split cuts the inside of a group at its own commas.
func split(inside string) []string {
	var out []string
	depth, start := 0, 0
	for i := 0; i < len(inside); i++ {
		switch inside[i] {
		case '\\':
			i++
		case '[':
			i = class(inside, i)
		case '{':
			depth++
		case '}':
			depth--
		case ',':
			if depth == 0 {
				out = append(out, inside[start:i])
				start = i + 1
			}
		}
	}
	return append(out, inside[start:])
}

// class is the place of the "]" that ends the character class opened at i.
func class(p string, i int) int {
	for i++; i < len(p); i++ {
		switch p[i] {
		case '\\':
			i++
		case ']':
			return i
		}
	}
	return len(p)
}

// decide gives the index of the last pattern that matches, or -1 if none does
// or the last one takes away. It is for short lists, like base branches.
func decide(patterns []string, name string) int {
	name = norm.NFC.String(name)
	for i, pattern := range slices.Backward(patterns) {
		rest, away := strings.CutPrefix(pattern, takesAway)
		if !matches(rest, name) {
			continue
		}
		if away {
			return -1
		}
		return i
	}
	return -1
}

// matches is doublestar's match of a checked pattern, braces written out.
func matches(pattern, name string) bool {
	expanded, ok := expand(pattern)
	if !ok {
		return doublestar.MatchUnvalidated(pattern, name)
	}
	for _, plain := range expanded {
		if doublestar.MatchUnvalidated(plain, name) {
			return true
		}
	}
	return false
}
