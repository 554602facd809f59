package jsonnet

import (
	"fmt"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/google/go-jsonnet"
	"github.com/google/go-jsonnet/ast"

	"github.com/slagate/slagate/internal/commitment"
	"github.com/slagate/slagate/internal/commitment/source"
)

// Name of the format.
const Name = "jsonnet"

// Format reads Jsonnet (formats.md 1.8).
func Format() commitment.Format {
	return commitment.Format{Name: Name, Sniff: sniff, Parse: parse}
}

// promising are the words without which a Jsonnet file holds nothing that is read here.
// They count in comments, too: an objective that is commented out is a removal, and
// the file is still one of objectives.
var promising = regexp.MustCompile(`\balert['"]?\s*:|\brecord['"]?\s*:|prometheusAlerts|prometheusRules|monitoringThresholds|apdexScore|errorRatio|` +
	`satisfiedThreshold|toleratedThreshold|_config\b|(?i:\bslos?['"]?\+?:)`)

func sniff(name string, src []byte) bool {
	ext := strings.ToLower(path.Ext(name))
	return (ext == ".jsonnet" || ext == ".libsonnet") && promising.Match(src)
}

// parse reads what stands in literals.
func parse(name string, src []byte) commitment.Parsed {
	if !promising.Match(src) {
		return commitment.Parsed{}
	}
	text := strings.ReplaceAll(strings.TrimPrefix(string(src), "\ufeff"), "\r\n", "\n")
	code, ok := withoutComments(text)
	if !ok {
		return broken(1, "it is nested too deep to be read")
	}
	root, err := tree(text)
	if err != nil {
		return broken(lineOf(err), "it is not valid Jsonnet")
	}
	r := &reading{
		code: code, lines: lineStarts(code),
		from: commitment.Source{File: name, Generated: source.IsGenerated(name, src)},
		out:  commitment.Parsed{Mine: true},
	}
	r.walk(root, place{})
	r.readRules()
	r.rest()
	slices.SortStableFunc(r.out.Commitments, func(a, b commitment.Commitment) int { return a.Source.Line - b.Source.Line })
	return r.out
}

func broken(line int, why string) commitment.Parsed {
	return commitment.Parsed{Mine: true, Problems: []commitment.Problem{{Line: line, Text: why, Whole: true}}}
}

// tree parses a text. What the library stumbles over is an error, too.
func tree(text string) (root ast.Node, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("1:1 %v", p)
		}
	}()
	root, err = jsonnet.SnippetToAST("", text)
	if err == nil && root == nil {
		err = fmt.Errorf("1:1 nothing to read")
	}
	return root, err
}

var errorPlace = regexp.MustCompile(`(\d+):\d+`)

// lineOf is the line that an error of the parser names.
func lineOf(err error) int {
	if m := errorPlace.FindStringSubmatch(err.Error()); m != nil {
		if n, err := strconv.Atoi(m[1]); err == nil && n > 0 {
			return n
		}
	}
	return 1
}

// reading is one file in progress.
type reading struct {
	code  string // the text with blanks for comments
	lines []int  // offsets at which lines begin
	from  commitment.Source
	rules []rule
	taken []span // what was read, so that the rest is the rest
	out   commitment.Parsed
}

// span is a piece of the text.
type span struct{ from, to int }

func lineStarts(text string) []int {
	out := []int{0}
	for i := range len(text) {
		if text[i] == '\n' {
			out = append(out, i+1)
		}
	}
	return out
}

// span is where a range of lines and columns stands in the text.
func (r *reading) span(at ast.LocationRange) span {
	offset := func(l ast.Location) int {
		if l.Line < 1 || l.Line > len(r.lines) {
			return 0
		}
		return min(max(r.lines[l.Line-1]+l.Column-1, 0), len(r.code))
	}
	s := span{offset(at.Begin), offset(at.End)}
	s.to = max(s.to, s.from)
	return s
}

// written is the source of a node in one spelling: without comments, white space as
// single blanks. "" where the parser made it up.
func (r *reading) written(n ast.Node) string {
	if n == nil || n.Loc() == nil || n.Loc().Begin.Line == 0 {
		return ""
	}
	s := r.span(*n.Loc())
	return squeezed(r.code[s.from:s.to])
}

func squeezed(text string) string { return strings.Join(strings.Fields(text), " ") }

func (r *reading) take(at ast.LocationRange) { r.taken = append(r.taken, r.span(at)) }

func (r *reading) add(line int, c commitment.Commitment) {
	c.Key.Format, c.Source = Name, r.from
	c.Source.Line = line
	r.out.Commitments = append(r.out.Commitments, c)
}
