package demo

import (
	"regexp"
	"strings"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	extast "github.com/yuin/goldmark/extension/ast"
	"github.com/yuin/goldmark/text"
)

// section is a part of slagate's comment as plain text: its title and its lines.
type section struct {
	Title string
	Lines []string
}

// has reports whether a text is in the section.
func (s section) has(text string) bool {
	return strings.Contains(s.Title+"\n"+strings.Join(s.Lines, "\n"), text)
}

// sections reads a comment as plain text. A heading, a paragraph that is nothing
// but bold text, or a folded part begins a section; tables have a line for each row.
func sections(body string) []section {
	source := []byte(body)
	doc := goldmark.New(goldmark.WithExtensions(extension.GFM)).Parser().Parse(text.NewReader(source))
	all := []section{{}}
	for n := doc.FirstChild(); n != nil; n = n.NextSibling() {
		last := &all[len(all)-1]
		switch {
		case n.Kind() == ast.KindHeading || isTitle(n):
			all = append(all, section{Title: plain(n, source)})
		case n.Kind() == ast.KindHTMLBlock: // the edge of a folded part
			all = append(all, section{Title: summary(n, source)})
		case n.Kind() == ast.KindParagraph:
			last.Lines = append(last.Lines, plain(n, source))
		default:
			for c := n.FirstChild(); c != nil; c = c.NextSibling() {
				if c.Kind() != extast.KindTableHeader {
					last.Lines = append(last.Lines, plain(c, source))
				}
			}
		}
	}
	return all
}

// lines are the lines of the section with that title.
func lines(body, title string) []string {
	for _, s := range sections(body) {
		if s.Title == title {
			return s.Lines
		}
	}
	return nil
}

// fold is the line that a folded part shows.
var fold = regexp.MustCompile(`<summary>(.*?)</summary>`)

func summary(n ast.Node, source []byte) string {
	if m := fold.FindSubmatch(n.Lines().Value(source)); m != nil {
		return string(m[1])
	}
	return ""
}

func isTitle(n ast.Node) bool {
	first := n.FirstChild()
	return n.Kind() == ast.KindParagraph && first != nil && first.Kind() == ast.KindEmphasis && first.NextSibling() == nil
}

// plain is the text of a node without any mark-up.
func plain(n ast.Node, source []byte) string {
	var b strings.Builder
	write := func(n ast.Node) {
		switch n := n.(type) {
		case *ast.Text:
			b.Write(n.Segment.Value(source))
			if n.SoftLineBreak() || n.HardLineBreak() {
				b.WriteByte(' ')
			}
		case *ast.String:
			b.Write(n.Value)
		case *ast.AutoLink:
			b.Write(n.Label(source))
		case *ast.RawHTML: // a line break within a cell of a table
			b.WriteByte(' ')
		}
	}
	// The walk ends with an error only if the visitor does, and this one never does.
	_ = ast.Walk(n, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if entering {
			write(n)
		} else if n.Kind() == extast.KindTableCell && n.NextSibling() != nil {
			b.WriteString(" | ")
		} else if n.Type() == ast.TypeBlock {
			b.WriteByte(' ')
		}
		return ast.WalkContinue, nil
	})
	return strings.Join(strings.Fields(b.String()), " ")
}
