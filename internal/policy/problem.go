package policy

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"go.yaml.in/yaml/v4"
)

// Limits of what is said about a broken file: a file with ten thousand
// mistakes needs no ten thousand sentences.
const (
	maxProblems = 200 // per file
	maxAllowed  = 60  // entries of Problem.Allowed
	maxValue    = 80  // runes of Problem.Value, and of a value inside a message
)

// String is the form that people read: FILE:LINE:COLUMN message.
func (p Problem) String() string {
	return fmt.Sprintf("%s:%d:%d %s", p.File, p.Line, p.Column, p.Message)
}

// reporter collects the problems of one file.
type reporter struct {
	file     string
	problems []Problem
	more     int // problems beyond maxProblems
}

// full reports whether further problems are only counted, so that the work
// of wording them can be spared.
func (r *reporter) full() bool { return len(r.problems) >= maxProblems }

// place adds a problem at a line and column.
func (r *reporter) place(line, column int, value, message string, allowed []string) {
	if r.full() {
		r.more++
		return
	}
	if len(allowed) > maxAllowed {
		allowed = append(slices.Clone(allowed[:maxAllowed]), "…")
	}
	r.problems = append(r.problems, Problem{
		File: r.file, Line: max(line, 1), Column: max(column, 1),
		Value: shorten(value), Message: message, Allowed: allowed,
	})
}

// node adds a problem at a YAML node.
func (r *reporter) node(n *yaml.Node, message string, allowed ...string) {
	r.place(n.Line, n.Column, written(n), message, allowed)
}

// nodef is node with a format.
func (r *reporter) nodef(n *yaml.Node, format string, args ...any) {
	r.node(n, fmt.Sprintf(format, args...))
}

// unknown adds a problem about a word that is none of the known ones, with the nearest of them.
func (r *reporter) unknown(n *yaml.Node, what string, known []string) {
	if r.full() {
		r.more++
		return
	}
	message := fmt.Sprintf("unknown %s %s", what, quote(n.Value))
	if near := nearest(n.Value, known); near != "" {
		message += fmt.Sprintf(", did you mean %q?", near)
	}
	r.node(n, message, known...)
}

// sorted gives the problems by place; what was only counted is said in the last one.
func (r *reporter) sorted() []Problem {
	slices.SortStableFunc(r.problems, func(a, b Problem) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
	if r.more > 0 && len(r.problems) > 0 {
		last := r.problems[len(r.problems)-1]
		last.Message = fmt.Sprintf("and %d more problems in this file", r.more)
		last.Value, last.Allowed = "", nil
		return append(r.problems, last)
	}
	return r.problems
}

// written gives a node in one line, as a person would write it.
func written(n *yaml.Node) string {
	var b strings.Builder
	write(&b, n)
	return b.String()
}

func write(b *strings.Builder, n *yaml.Node) {
	if b.Len() > 4*maxValue {
		return
	}
	switch kindOf(n) {
	case kindList:
		b.WriteByte('[')
		for i, item := range n.Content {
			if i > 0 {
				b.WriteString(", ")
			}
			write(b, item)
		}
		b.WriteByte(']')
	case kindMapping:
		b.WriteByte('{')
		for i, item := range n.Content {
			if i > 0 && i%2 == 0 {
				b.WriteString(", ")
			}
			write(b, item)
			if i%2 == 0 {
				b.WriteString(": ")
			}
		}
		b.WriteByte('}')
	default:
		if n.Kind == yaml.AliasNode {
			b.WriteByte('*')
		}
		b.WriteString(n.Value[:min(len(n.Value), 4*maxValue)])
	}
}

// shorten makes a value fit for one line: no control characters, at most
// maxValue runes.
func shorten(value string) string {
	value = value[:min(len(value), 8*maxValue)]
	value = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || r == utf8.RuneError {
			return ' '
		}
		return r
	}, value)
	if runes := []rune(value); len(runes) > maxValue {
		return string(runes[:maxValue-1]) + "…"
	}
	return value
}

// quote is a value inside a message.
func quote(value string) string { return strconv.Quote(shorten(value)) }

// nearest is the known word that the value was probably meant to be: at most
// two edits away, and at most a third of its length; "" if there is none.
func nearest(value string, known []string) string {
	best, bestDistance := "", 3
	if utf8.RuneCountInString(value) > maxValue {
		return ""
	}
	for _, word := range known {
		d := distance(strings.ToLower(value), strings.ToLower(word), bestDistance)
		if d < bestDistance && 3*d <= max(len(word), 3) {
			best, bestDistance = word, d
		}
	}
	return best
}

// distance is the number of edits (insert, delete, replace, swap neighbours)
// between two words; limit or more if it is not below limit.
func distance(a, b string, limit int) int {
	x, y := []rune(a), []rune(b)
	if len(x)-len(y) >= limit || len(y)-len(x) >= limit {
		return limit
	}
	before, previous := make([]int, len(y)+1), make([]int, len(y)+1)
	for j := range previous {
		previous[j] = j
	}
	for i := range x {
		current := make([]int, len(y)+1)
		current[0] = i + 1
		for j := range y {
			cost := 1
			if x[i] == y[j] {
				cost = 0
			}
			current[j+1] = min(previous[j+1]+1, current[j]+1, previous[j]+cost)
			if i > 0 && j > 0 && x[i] == y[j-1] && x[i-1] == y[j] {
				current[j+1] = min(current[j+1], before[j-1]+1)
			}
		}
		before, previous = previous, current
	}
	return previous[len(y)]
}
