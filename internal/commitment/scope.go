package commitment

import (
	"regexp"
	"regexp/syntax"
	"slices"
	"strconv"
	"strings"
)

// everything is what a scope without restrictions covers.
const everything = "everything"

// ScopeOf is what a measurement looks at: restrictions of which all hold, as
// Restriction writes them. Without any it is everything there is.
func ScopeOf(restrictions ...string) Value {
	v := ListOf(restrictions...)
	if len(v.Items) == 0 {
		v.Text = everything
	}
	return v
}

// The bounds of what is understood of a regular expression.
const (
	maxPattern      = 2_000
	maxAlternatives = 200
)

// Restriction is a condition on a label in canonical form, for ScopeOf. The operators
// are those of Prometheus, whose regular expressions are anchored
// (https://prometheus.io/docs/prometheus/latest/querying/basics/#time-series-selectors).
// One that everything meets is none, and one that excludes several things is several.
func Restriction(label, op, value string) []string {
	write := func(op, value string) string { return label + op + strconv.Quote(value) }
	if op != "=~" && op != "!~" {
		return []string{write(op, value)}
	}
	options := branches(value)
	switch op {
	case "!~":
		var out []string
		for _, o := range options {
			if text, ok := literally(o); ok {
				out = append(out, write("!=", text))
			} else {
				out = append(out, write("!~", o))
			}
		}
		return out
	case "=~":
		if slices.Contains(options, ".*") {
			return nil
		}
		if len(options) == 1 {
			if text, ok := literally(options[0]); ok {
				return []string{write("=", text)}
			}
			if options[0] == ".+" {
				return []string{write("!=", "")}
			}
		}
		options = slices.Compact(slices.Sorted(slices.Values(options)))
		return []string{write("=~", strings.Join(options, "|"))}
	}
	return []string{write(op, value)}
}

// branches cuts a regular expression at the bars at its top.
func branches(pattern string) []string {
	if len(pattern) > maxPattern {
		return []string{pattern}
	}
	whole := unwrapped(pattern)
	var out []string
	depth, class, start := 0, false, 0
	for i := 0; i < len(whole); i++ {
		switch c := whole[i]; {
		case c == '\\':
			i++
		case class:
			class = c != ']'
		case c == '[':
			class = true
		case c == '(':
			depth++
		case c == ')':
			depth--
		case c == '|' && depth == 0:
			out, start = append(out, whole[start:i]), i+1
		}
	}
	out = append(out, whole[start:])
	if depth != 0 || class || len(out) > maxAlternatives {
		return []string{pattern}
	}
	return out
}

// unwrapped is a pattern without the anchors and brackets around the whole of it.
func unwrapped(pattern string) string {
	for {
		inner := strings.TrimPrefix(pattern, "^")
		if strings.HasSuffix(inner, "$") && !strings.HasSuffix(inner, `\$`) {
			inner = strings.TrimSuffix(inner, "$")
		}
		if strings.HasPrefix(inner, "(") && enclosed(inner) {
			inner = strings.TrimPrefix(inner[1:len(inner)-1], "?:")
			if strings.HasPrefix(inner, "?") {
				return pattern // a flag or a name
			}
		}
		if inner == pattern || strings.Contains(inner, "|^") || strings.Contains(inner, "$|") {
			return pattern
		}
		pattern = inner
	}
}

// enclosed reports whether the bracket at the start of a pattern ends with it.
func enclosed(pattern string) bool {
	depth := 0
	for i := 0; i < len(pattern); i++ {
		switch pattern[i] {
		case '\\':
			i++
		case '[':
			return false // too rare to look into
		case '(':
			depth++
		case ')':
			if depth--; depth == 0 {
				return i == len(pattern)-1
			}
		}
	}
	return false
}

// literally is the only text that a pattern matches; false where there are more.
func literally(pattern string) (string, bool) {
	if pattern == "" {
		return "", true
	}
	re, err := syntax.Parse(pattern, syntax.Perl)
	if err != nil || re.Op != syntax.OpLiteral || re.Flags&syntax.FoldCase != 0 {
		return "", false
	}
	return string(re.Rune), true
}

// restriction is a condition of a scope, taken apart again.
type restriction struct{ label, op, value string }

var restrictionText = regexp.MustCompile(`(?s)^(.*?)(=~|!~|!=|=)(".*")$`)

func restrictionOf(text string) (restriction, bool) {
	m := restrictionText.FindStringSubmatch(text)
	if m == nil {
		return restriction{}, false
	}
	value, err := strconv.Unquote(m[3])
	return restriction{m[1], m[2], value}, err == nil
}

// judgeScope compares what is looked at. Better says whether more of it is better for
// customers. One scope that is neither within the other nor around it cannot be judged.
func judgeScope(b, a Field) (Effect, string) {
	narrower, wider := within(a.Value.Items, b.Value.Items), within(b.Value.Items, a.Value.Items)
	lost, gained := missing(b.Value.Items, a.Value.Items), missing(a.Value.Items, b.Value.Items)
	var meaning string
	verb := "looks at"
	if a.Better == Lower {
		verb = "is kept quiet by"
	}
	switch {
	case narrower && wider:
		return Neutral, "the same in other words"
	case narrower:
		meaning = verb + " less: only " + inWords(gained)
		if len(lost) > 0 {
			meaning += " instead of " + inWords(lost)
		}
	case wider && len(gained) > 0:
		meaning = verb + " more: " + inWords(gained) + " instead of only " + inWords(lost)
	case wider:
		meaning = verb + " more: not only " + inWords(lost) + " any more"
	default:
		return Unknown, verb + " something else: " + inWords(gained) + " instead of " + inWords(lost)
	}
	switch {
	case a.Better != b.Better || a.Better == Neither:
		return Unknown, meaning
	case wider == (a.Better == Higher):
		return Strengthened, meaning
	}
	return Weakened, meaning
}

func inWords(restrictions []string) string {
	if len(restrictions) == 0 {
		return everything
	}
	return strings.Join(restrictions, ", ")
}

// within reports whether all that meets some restrictions certainly meets others.
func within(some, others []string) bool {
	byLabel := map[string][]restriction{}
	for _, text := range some {
		if r, ok := restrictionOf(text); ok {
			byLabel[r.label] = append(byLabel[r.label], r)
		}
	}
	return !slices.ContainsFunc(others, func(text string) bool {
		if slices.Contains(some, text) {
			return false
		}
		r, ok := restrictionOf(text)
		return !ok || !follows(byLabel[r.label], r)
	})
}

// follows reports whether what meets the restrictions of a label meets another one.
func follows(given []restriction, r restriction) bool {
	return slices.ContainsFunc(given, func(g restriction) bool {
		switch {
		case g.op == "=":
			return meets(g.value, r)
		case g.op == "=~" && (r.op == "=~" || r.op == "=" || r.op == "!~"):
			return !slices.ContainsFunc(branches(g.value), func(option string) bool {
				if r.op == "=~" && slices.Contains(branches(r.value), option) {
					return false
				}
				text, ok := literally(option)
				return !ok || !meets(text, r)
			})
		case g.op == "=~":
			return matches(g.value, r.value) == no
		case g.op == "!~" && r.op == "!=":
			return matches(g.value, r.value) == yes
		}
		return false
	})
}

// meets reports whether a text certainly meets a restriction.
func meets(text string, r restriction) bool {
	switch r.op {
	case "=":
		return text == r.value
	case "!=":
		return text != r.value
	case "=~":
		return matches(r.value, text) == yes
	}
	return matches(r.value, text) == no
}

// answer to whether a pattern matches: some patterns cannot be asked.
type answer int

const (
	unsure answer = iota
	yes
	no
)

// matches tells whether a pattern matches a text as a whole.
func matches(pattern, text string) answer {
	if len(pattern) > maxPattern {
		return unsure
	}
	re, err := regexp.Compile("^(?s:" + pattern + ")$")
	switch {
	case err != nil:
		return unsure
	case re.MatchString(text):
		return yes
	}
	return no
}
