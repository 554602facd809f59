package commitment

import (
	"cmp"
	"regexp/syntax"
	"slices"
	"strings"
	"unicode"
)

// maxSamples bounds the values that are made from one expression.
const maxSamples = 256

// sample makes values that match a regular expression. complete: there are no others.
func sample(expr string) (values []string, complete bool) {
	re, err := syntax.Parse(expr, syntax.Perl)
	if err != nil {
		return nil, false
	}
	return samples(re, 0)
}

func samples(re *syntax.Regexp, depth int) ([]string, bool) {
	if depth > 50 {
		return nil, false
	}
	switch re.Op {
	case syntax.OpEmptyMatch, syntax.OpBeginLine, syntax.OpBeginText, syntax.OpEndLine, syntax.OpEndText:
		return []string{""}, true
	case syntax.OpWordBoundary, syntax.OpNoWordBoundary:
		return []string{""}, false
	case syntax.OpLiteral:
		return []string{string(re.Rune)}, re.Flags&syntax.FoldCase == 0
	case syntax.OpCharClass:
		return letters(re.Rune)
	case syntax.OpAnyChar, syntax.OpAnyCharNotNL:
		return []string{"x"}, false
	case syntax.OpCapture:
		return samples(re.Sub[0], depth+1)
	case syntax.OpStar:
		return repeated(re.Sub[0], 0, -1, depth)
	case syntax.OpPlus:
		return repeated(re.Sub[0], 1, -1, depth)
	case syntax.OpQuest:
		return repeated(re.Sub[0], 0, 1, depth)
	case syntax.OpRepeat:
		return repeated(re.Sub[0], re.Min, re.Max, depth)
	case syntax.OpConcat:
		return concat(re.Sub, depth)
	case syntax.OpAlternate:
		var out []string
		complete := true
		for _, sub := range re.Sub {
			s, all := samples(sub, depth+1)
			out, complete = append(out, s...), complete && all
		}
		return limited(out, complete)
	case syntax.OpNoMatch:
	}
	return nil, true
}

// letters are the characters of a class: all of a small one, the ends of the ranges of a large one.
func letters(ranges []rune) ([]string, bool) {
	var all, ends []string
	for i := 0; i+1 < len(ranges); i += 2 {
		for _, r := range []rune{ranges[i], ranges[i+1]} {
			if unicode.IsPrint(r) {
				ends = append(ends, string(r))
			}
		}
		for r := ranges[i]; r <= ranges[i+1] && len(all) <= 16; r++ {
			all = append(all, string(r))
		}
	}
	switch {
	case len(all) <= 16:
		return all, true
	case len(ends) == 0:
		return all[:1], false
	}
	slices.SortFunc(ends, func(a, b string) int { return cmp.Compare(plainness(a), plainness(b)) })
	return ends[:min(len(ends), 8)], false
}

// plainness orders characters: letters first, then digits, then the rest.
func plainness(s string) int {
	switch {
	case s >= "a" && s <= "z":
		return 0
	case s >= "0" && s <= "9":
		return 1
	case s >= "A" && s <= "Z":
		return 2
	}
	return 3
}

func repeated(sub *syntax.Regexp, least, most, depth int) ([]string, bool) {
	once, complete := samples(sub, depth+1)
	var out []string
	for n := least; n <= least+1 && (most < 0 || n <= most); n++ {
		for _, s := range once {
			if len(s)*n <= 4*maxSamples {
				out = append(out, strings.Repeat(s, n))
			}
			if n == 0 {
				break
			}
		}
	}
	return limited(out, complete && least == 0 && most == 1)
}

func concat(subs []*syntax.Regexp, depth int) ([]string, bool) {
	out, complete := []string{""}, true
	for _, sub := range subs {
		s, all := samples(sub, depth+1)
		complete = complete && all
		var next []string
		for _, x := range out {
			for _, y := range s {
				if len(next) < 4*maxSamples {
					next = append(next, x+y)
				}
			}
		}
		complete = complete && len(out)*len(s) <= 4*maxSamples
		if out, complete = limited(next, complete); len(out) == 0 {
			return nil, complete
		}
	}
	return out, complete
}

func limited(values []string, complete bool) ([]string, bool) {
	values = slices.Compact(slices.Sorted(slices.Values(values)))
	if len(values) > maxSamples {
		return values[:maxSamples], false
	}
	return values, complete
}

// sense is an expression without what changes nothing in it: anchors at its ends,
// groups, the order of its alternatives.
func sense(expr string) string { return strings.Join(alternatives(expr), "|") }

// alternatives are the parts of an expression of which any may match, sorted.
func alternatives(expr string) []string {
	expr = strings.TrimSuffix(strings.TrimPrefix(expr, "^"), "$")
	re, err := syntax.Parse(expr, syntax.Perl)
	if err != nil {
		return []string{expr}
	}
	re = ungrouped(re, 0)
	if re.Op != syntax.OpAlternate {
		return []string{re.Simplify().String()}
	}
	var out []string
	for _, sub := range re.Sub {
		out = append(out, sub.Simplify().String())
	}
	slices.Sort(out)
	return slices.Compact(out)
}

func ungrouped(re *syntax.Regexp, depth int) *syntax.Regexp {
	for re.Op == syntax.OpCapture {
		re = re.Sub[0]
	}
	if depth < 50 {
		for i, sub := range re.Sub {
			re.Sub[i] = ungrouped(sub, depth+1)
		}
	}
	return re
}
