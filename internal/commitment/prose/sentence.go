package prose

import (
	"regexp"
	"strings"
)

// sentence is one sentence on one line of text, with the line on which it starts.
type sentence struct {
	text string
	line int
}

// ends is where a sentence may end: a stop and a blank before something that can begin one.
var ends = regexp.MustCompile(`[.!?]["')\]]*\s+["'(\[]*[A-Z0-9]|[a-z)]{3}\.[A-Z][a-z]+\s|[。！？]`)

// abbreviation is a word whose stop ends no sentence.
var abbreviation = regexp.MustCompile(`(?i)(?:^|[\s("])(?:e\.g|i\.e|etc|vs|approx|no|nos|incl|excl|inc|ltd|corp|co|cf|al|fig|max|min|mr|mrs|ms|dr|st|a\.m|p\.m|u\.s|mon|tue|wed|thu|fri|sat|sun|sec|art|[a-z]|\d+)\.$`)

// sentences cuts a passage. A table cell is one sentence whatever stands in it.
func sentences(text string, line int) []sentence {
	var out []sentence
	text = typewriter(text)
	start := 0
	cut := func(end int) {
		piece := text[start:end]
		trimmed := strings.TrimLeft(piece, " \n\t")
		at := line + strings.Count(text[:start+len(piece)-len(trimmed)], "\n")
		if one := strings.Join(strings.Fields(trimmed), " "); one != "" {
			out = append(out, sentence{one, at})
		}
		start = end
	}
	for _, m := range ends.FindAllStringIndex(text, -1) {
		stop := m[0] + 1
		if glued := m[0] + 3; text[m[0]] < 0x80 && glued < m[1] && text[glued] == '.' && text[m[0]] != '.' && text[m[0]] != '!' && text[m[0]] != '?' {
			cut(glued + 1) // "...notice.In a quarter"
			continue
		}
		if text[m[0]] == '.' && abbreviation.MatchString(text[max(start, m[0]-12):stop]) {
			continue
		}
		if stop > start {
			for stop < m[1] && strings.ContainsRune(`"')]`, rune(text[stop])) {
				stop++
			}
			if text[m[0]] >= 0x80 {
				stop = m[1]
			}
			cut(stop)
		}
	}
	cut(len(text))
	return out
}

// typewriter writes typographic marks as the plain ones that they stand for.
func typewriter(text string) string {
	if !strings.ContainsFunc(text, func(c rune) bool { return c >= 0x80 }) {
		return text
	}
	return strings.NewReplacer("’", "'", "‘", "'", "‛", "'", "“", `"`, "”", `"`, "„", `"`, "–", "-", "—", " - ", "‑", "-", "‐", "-", "−", "-",
		"\u00a0", " ", "\u202f", " ", "\u2009", " ", "\u200b", "", "\u00ad", "", "…", "...", "×", "x", "≥", ">=", "≤", "<=", "％", "%").Replace(text)
}

// word is what the normalised text is made of.
var word = regexp.MustCompile(`[\p{L}\p{N}#]+(?:[.&+/][\p{L}\p{N}#]+)*|[<>]=?`)

// canon is a text as far as its meaning goes: lower case, without punctuation,
// contractions, articles, pronouns and auxiliaries, plurals cut.
func canon(text string) string {
	return strings.Join(words(text), " ")
}

func words(text string) []string {
	text = strings.ToLower(typewriter(plain(text)))
	if strings.ContainsAny(text, "'-") || strings.Contains(text, "cannot") {
		text = strings.NewReplacer("won't", "will not", "can't", "can not", "cannot", "can not", "n't", " not", "'ll", " will", "'re", " are", "'ve", " have",
			"'s", "", "s'", "s", "non-", "not ", "e-mail", "email", "up-time", "uptime").Replace(text)
	}
	var out []string
	for _, w := range word.FindAllString(text, -1) {
		if !filler(w) {
			out = append(out, singular(w))
		}
	}
	return out
}

// filler reports whether a word carries no part of a promise. "not", "only", "if",
// "unless", "may", "all" and the like do.
func filler(w string) bool {
	switch w {
	case "a", "an", "the", "this", "that", "these", "those", "it", "its", "is", "are", "was", "were", "be", "been", "being", "am",
		"we", "us", "our", "ours", "you", "your", "yours", "they", "them", "their", "i", "will", "shall", "would", "have", "has", "had", "having",
		"do", "does", "did", "of", "to", "in", "on", "at", "by", "with", "as", "and", "also", "please", "so", "then", "there", "here", "which", "who",
		"within", "get", "got":
		return true
	}
	return false
}

// singular cuts the commonest plurals and third persons.
func singular(w string) string {
	switch {
	case len(w) > 4 && strings.HasSuffix(w, "ies"):
		return w[:len(w)-3] + "y"
	case len(w) > 3 && strings.HasSuffix(w, "s") && !strings.HasSuffix(w, "ss") && !strings.HasSuffix(w, "us") && !strings.HasSuffix(w, "is"):
		return w[:len(w)-1]
	}
	return w
}
