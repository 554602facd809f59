package alertmanager

import (
	"regexp"
	"strconv"
	"strings"

	"github.com/slagate/slagate/internal/commitment"
)

var (
	// classic is a matcher as Alertmanager reads it since 0.22.
	classic = regexp.MustCompile(`^\s*([a-zA-Z_:][a-zA-Z0-9_:]*)\s*(=~|=|!=|!~)\s*((?s).*?)\s*$`)
	// quoted is one with a label in quotes, or with letters that only UTF-8 mode allows.
	quoted = regexp.MustCompile("(?s)^\\s*(\"(?:[^\"\\\\]|\\\\.)*\"|[^\\s\"'`{}!=~,\\\\]+)\\s*(=~|=|!=|!~)\\s*(.*?)\\s*$")
)

// readMatchers reads one text, which may hold several matchers in braces:
// {severity="page", team=~"a|b"}. false where a part is none.
func readMatchers(text string) ([]commitment.Matcher, bool) {
	text = strings.TrimSpace(text)
	if strings.HasPrefix(text, "{") && !strings.HasPrefix(text, "{{") {
		text = strings.TrimSuffix(strings.TrimPrefix(text, "{"), "}")
	}
	var out []commitment.Matcher
	for _, part := range split(text) {
		m, ok := readMatcher(part)
		if !ok {
			return nil, false
		}
		out = append(out, m)
	}
	return out, len(out) > 0
}

// split cuts at commas outside quotes and outside expressions of templates.
func split(text string) []string {
	var out []string
	start, inside, escaped, braces := 0, false, false, 0
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case escaped:
			escaped = false
		case c == '\\':
			escaped = true
		case strings.HasPrefix(text[i:], "{{"):
			braces++
		case strings.HasPrefix(text[i:], "}}") && braces > 0:
			braces--
		case c == '"' && braces == 0:
			inside = !inside
		case c == ',' && !inside && braces == 0:
			out, start = append(out, text[start:i]), i+1
		}
	}
	out = append(out, text[start:])
	kept := out[:0]
	for _, part := range out {
		if strings.TrimSpace(part) != "" {
			kept = append(kept, part)
		}
	}
	return kept
}

func readMatcher(text string) (commitment.Matcher, bool) {
	if m := classic.FindStringSubmatch(text); m != nil {
		if value, ok := unescape(m[3]); ok {
			return commitment.Matcher{Label: m[1], Op: m[2], Value: value}, true
		}
	}
	m := quoted.FindStringSubmatch(text)
	if m == nil {
		return commitment.Matcher{}, false
	}
	label, value := m[1], m[3]
	if strings.HasPrefix(label, `"`) {
		var err error
		if label, err = strconv.Unquote(label); err != nil {
			return commitment.Matcher{}, false
		}
	}
	value, ok := unescape(value)
	return commitment.Matcher{Label: label, Op: m[2], Value: value}, ok
}

// unescape reads a value as Alertmanager's classic parser does, which also wins where
// both of its parsers understand a text in different ways: \n, \" and \\ are escapes,
// any other backslash is one.
func unescape(raw string) (string, bool) {
	body, inQuotes := strings.CutPrefix(raw, `"`)
	if !inQuotes && strings.Contains(raw, "{{") {
		return raw, true // an expression of a template, kept as its source
	}
	var b strings.Builder
	for i := 0; i < len(body); i++ {
		switch c := body[i]; {
		case c == '\\' && i+1 < len(body):
			i++
			switch body[i] {
			case 'n':
				b.WriteByte('\n')
			case '"', '\\':
				b.WriteByte(body[i])
			default:
				b.WriteByte('\\')
				b.WriteByte(body[i])
			}
		case c == '"':
			return b.String(), inQuotes && i == len(body)-1
		default:
			b.WriteByte(c)
		}
	}
	return b.String(), !inQuotes
}
