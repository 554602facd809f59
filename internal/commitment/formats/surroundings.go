package formats

import (
	"regexp"
	"slices"
	"strings"

	"github.com/slagate/slagate/internal/commitment"
)

// surround adds to the commitments of a file what stands around them and decides
// whether they count at all: the conditions of a template that they are rendered
// under, the place in the file where the tools that obey them look, and a heading that
// says that they are history. Each is a definition: another one is unknown.
//
// A promise that is in force by every look has no such field, so that moving it from
// one usual place to another is no change.
//
// What it returns are keys that are not what they look like.
func surround(name string, src []byte, found []commitment.Commitment) []commitment.Problem {
	if len(src) > commitment.MaxFileSize {
		return nil
	}
	rows := strings.Split(strings.ReplaceAll(string(src), "\r\n", "\n"), "\n")
	conditions, outline := conditionsOf(rows), outlineOf(rows)
	for i := range found {
		c := &found[i]
		add := func(name, text string) {
			if text != "" {
				c.Fields = append(c.Fields, commitment.Field{
					Name: name, Role: commitment.RoleDefinition, Value: commitment.Words(text), Line: c.Source.Line,
				})
			}
		}
		add("rendered only under", conditionOf(c, conditions))
		add("place", outline.place(c))
		add("selected by", outline.labels(c))
		if c.Key.Format == "prose" && history.MatchString(c.Key.Group) {
			add("heading", c.Key.Group)
		}
	}
	if !data.MatchString(name) {
		return nil
	}
	return outline.odd
}

// data are the names of files of keys and values.
var data = regexp.MustCompile(`(?i)\.(?:ya?ml|json|rules?|alerts?)(?:\.\w+)?$`)

// history are words of a heading that take back what stands below it.
var history = regexp.MustCompile(`(?i)\b(?:former|formerly|old|deprecated|no longer|until|archived?|superseded|drafts?|obsolete|previous|historic(?:al)?|void|withdrawn|retired|proposed|proposal)\b`)

// conditionOf are the conditions around a commitment, and those around values of it
// where they are others.
func conditionOf(c *commitment.Commitment, conditions []string) string {
	at := func(line int) string {
		if line < 1 || line > len(conditions) {
			return ""
		}
		return conditions[line-1]
	}
	own := at(c.Source.Line)
	parts := []string{own}
	for _, f := range c.Fields {
		if inner := at(f.Line); f.Role != commitment.RoleNote && f.Line > c.Source.Line && inner != own && strings.HasPrefix(inner, own) {
			parts = append(parts, f.Name+": "+strings.TrimPrefix(inner, own))
		}
	}
	return strings.TrimSpace(strings.Join(slices.Compact(parts), " "))
}

var (
	// tag is an expression of a template engine: Go, Jinja and Liquid, ERB.
	tag = regexp.MustCompile(`\{\{-?\s*(.*?)\s*-?\}\}|\{%[-+]?\s*(.*?)\s*[-+]?%\}|<%-?\s*(.*?)\s*-?%>`)
	// opens is a tag that others stand under until its end; turns begins another branch.
	opens  = regexp.MustCompile(`^(?:if|unless|range|with|for|case|comment|while)\b|\bdo(?:\s*\|[^|]*\|)?$`)
	turns  = regexp.MustCompile(`^(?:else|elsif|elif|elseif|when)\b`)
	closes = regexp.MustCompile(`^end(?:\w*)$|^\}$`)
	// named opens too, but what stands in it is in force as it would be without.
	named = regexp.MustCompile(`^(?:define|block|macro|call|filter|autoescape|raw)\b`)
)

// conditionsOf are for each line the conditions of a template that are open where its
// own text begins.
func conditionsOf(rows []string) []string {
	out := make([]string, len(rows))
	var open []string
	part := directive{column: -1}
	for i, row := range rows {
		seen := false
		if part.follow(row) {
			out[i] = part.text + " "
		}
		for _, at := range tags(row) {
			if !seen && strings.Trim(tag.ReplaceAllString(row[:at[0]], ""), " \t-<>pulitrd") != "" {
				out[i], seen = out[i]+strings.Join(open, " "), true
			}
			open = step(open, inside(row, at))
		}
		if !seen {
			out[i] += strings.Join(open, " ")
		}
	}
	return out
}

// tags are the places of template expressions in a line.
func tags(row string) [][]int {
	if !strings.Contains(row, "{{") && !strings.Contains(row, "{%") && !strings.Contains(row, "<%") {
		return nil
	}
	return tag.FindAllStringSubmatchIndex(row, -1)
}

// directive is one of reStructuredText that shows what is indented below it to some only.
type directive struct {
	column int
	text   string
}

var only = regexp.MustCompile(`^(\s*)\.\. (?:only|ifconfig)::\s*(.*)$`)

// follow reports whether a line stands below one.
func (d *directive) follow(row string) bool {
	if !strings.Contains(row, ".. ") && d.column < 0 {
		return false
	}
	if m := only.FindStringSubmatch(row); m != nil {
		d.column, d.text = len(m[1]), "only "+m[2]
		return false
	}
	if strings.TrimSpace(row) != "" && len(row)-len(strings.TrimLeft(row, " \t")) <= d.column {
		d.column = -1
	}
	return d.column >= 0
}

// inside is the text between a tag's marks.
func inside(row string, at []int) string {
	for i := 2; i+1 < len(at); i += 2 {
		if at[i] >= 0 {
			return strings.Join(strings.Fields(row[at[i]:at[i+1]]), " ")
		}
	}
	return ""
}

// step follows one tag. What it names is kept as "" and says nothing.
func step(open []string, text string) []string {
	const deepest = 50
	switch {
	case turns.MatchString(text) && len(open) > 0:
		open = slices.Clone(open)
		open[len(open)-1] += " " + text
	case named.MatchString(text) && !strings.HasPrefix(text, "raw"), opens.MatchString(text):
		if named.MatchString(text) {
			text = ""
		}
		if len(open) < deepest {
			open = append(slices.Clone(open), text)
		}
	case closes.MatchString(text) && text != "endraw" && len(open) > 0:
		open = open[:len(open)-1]
	}
	return open
}
