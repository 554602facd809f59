package policy

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/mtibben/confusables"
	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
)

// The words for how a path had to be read so that a rule covers it.
const (
	FoldedNotNFC    = "not in Unicode normal form"
	FoldedNotUTF8   = "not UTF-8"
	FoldedCase      = "letter case"
	FoldedInvisible = "invisible characters"
	FoldedLookAlike = "look-alike letters"
)

// readable reports whether the path is text. GitHub replaces bytes that are
// not UTF-8 by U+FFFD in its answers, so that character stands for "unknown".
func readable(path string) bool {
	return utf8.ValidString(path) && !strings.ContainsRune(path, utf8.RuneError)
}

func ascii(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// foldCase folds letter case (Unicode full case folding).
func foldCase(s string) string {
	if ascii(s) {
		return strings.ToLower(s)
	}
	return norm.NFC.String(cases.Fold().String(s))
}

// stripInvisible removes characters that show nothing: controls of format and
// layout, fillers and variation selectors.
func stripInvisible(s string) string {
	if ascii(s) {
		return s
	}
	return strings.Map(func(r rune) rune {
		if unicode.In(r, unicode.Cf, unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector) {
			return -1
		}
		return r
	}, s)
}

// smallCapitals are letters that look like capitals made small; Unicode's table
// of confusables (UTS #39) takes several Cyrillic and Greek letters to them, not to ASCII.
const (
	smallCapitals = "ᴀʙᴄᴅᴇꜰɢʜɪᴊᴋʟᴍɴᴏᴘʀꜱᴛᴜᴠᴡʏᴢ"
	smallLetters  = "abcdefghijklmnoprstuvwyz"
)

// lookAlike is the ASCII text that a character of another script looks like
// (UTS #39, https://www.unicode.org/reports/tr39/#Confusable_Detection); false
// if it looks like none.
func lookAlike(r rune) (string, bool) {
	for _, candidate := range []string{string(r), foldCase(string(r))} {
		like := confusables.Skeleton(candidate)
		if like != "" && ascii(like) {
			return strings.ToLower(like), true
		}
		if i := strings.Index(smallCapitals, like); i >= 0 && like != "" {
			return smallLetters[utf8.RuneCountInString(smallCapitals[:i]):][:1], true
		}
	}
	return "", false
}

// foldLookAlikes replaces characters that look like ASCII by what they look
// like; changed says whether there were any. Since I, l, 1 and O, 0 share one
// look, they become one here: the result is only ever compared with patterns
// folded in the same way, and only where such a character is about.
func foldLookAlikes(s string) (folded string, changed bool) {
	var b strings.Builder
	for _, r := range foldCompatible(s) {
		if r < utf8.RuneSelf {
			b.WriteRune(r)
			continue
		}
		if like, ok := lookAlike(r); ok {
			b.WriteString(like)
			changed = true
			continue
		}
		b.WriteRune(r)
	}
	changed = changed || foldCompatible(s) != s
	same := strings.NewReplacer("rn", "m", "i", "l", "1", "l", "|", "l", "0", "o")
	return same.Replace(foldCase(b.String())), changed
}

// foldCompatible takes full-width, mathematical and other presentation forms
// to the plain characters.
func foldCompatible(s string) string {
	if ascii(s) {
		return s
	}
	return norm.NFKC.String(stripInvisible(s))
}

// foldGlob applies a folding to the literal parts of a brace-free pattern;
// classes are rewritten by foldClass.
func foldGlob(pattern string, fold func(string) string, foldClass func(string) string) string {
	var out, run strings.Builder
	flush := func() {
		for _, r := range fold(run.String()) {
			if strings.ContainsRune(metas+"]}", r) {
				out.WriteByte('\\')
			}
			out.WriteRune(r)
		}
		run.Reset()
	}
	for i := 0; i < len(pattern); i++ {
		switch c := pattern[i]; c {
		case '*', '?':
			flush()
			out.WriteByte(c)
		case '[':
			end := min(class(pattern, i), len(pattern)-1)
			flush()
			out.WriteString(foldClass(pattern[i : end+1]))
			i = end
		case '\\':
			if i++; i < len(pattern) {
				run.WriteByte(pattern[i])
			}
		default:
			run.WriteByte(c)
		}
	}
	flush()
	return out.String()
}

// anyCharacter stands in for a character class where that is close enough.
func anyCharacter(string) string { return "?" }

// foldClassCase rewrites a character class for names whose case was folded: it
// matches a small letter if the class matches either case of it. Only ASCII
// letters are looked at.
func foldClassCase(bracket string) string {
	inside := bracket[1 : len(bracket)-1]
	negated := inside[0] == '!' || inside[0] == '^'
	if negated {
		inside = inside[1:]
	}
	var letters [26]struct{ small, capital bool }
	var rest strings.Builder
	for _, span := range spans(inside) {
		for r := span[0]; r <= span[1] && r < utf8.RuneSelf; r++ {
			switch {
			case r >= 'a' && r <= 'z':
				letters[r-'a'].small = true
			case r >= 'A' && r <= 'Z':
				letters[r-'A'].capital = true
			default:
				writeClass(&rest, r, r)
			}
		}
		if span[1] >= utf8.RuneSelf {
			writeClass(&rest, max(span[0], utf8.RuneSelf), span[1])
		}
	}
	for i, l := range letters {
		if l.small && l.capital || !negated && (l.small || l.capital) {
			writeClass(&rest, 'a'+rune(i), 'a'+rune(i))
		}
	}
	switch {
	case negated && rest.Len() == 0:
		return "?"
	case negated:
		return "[^" + rest.String() + "]"
	default:
		return "[" + rest.String() + "]"
	}
}

// spans reads the inside of a character class as ranges, the way doublestar does.
func spans(inside string) [][2]rune {
	var out [][2]rune
	runes := []rune(inside)
	next := func(i int) (rune, int) {
		if runes[i] == '\\' && i+1 < len(runes) {
			i++
		}
		return runes[i], i + 1
	}
	for i := 0; i < len(runes); {
		low, after := next(i)
		high := low
		if after+1 < len(runes) && runes[after] == '-' {
			high, after = next(after + 1)
		}
		if low <= high {
			out = append(out, [2]rune{low, high})
		}
		i = after
	}
	return out
}

// writeClass writes a range of a character class, escaped.
func writeClass(b *strings.Builder, low, high rune) {
	b.WriteByte('\\')
	b.WriteRune(low)
	if high > low {
		b.WriteString("-\\")
		b.WriteRune(high)
	}
}
