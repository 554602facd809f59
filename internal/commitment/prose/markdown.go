package prose

import (
	"regexp"
	"sort"
	"strings"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	east "github.com/yuin/goldmark/extension/ast"
	"github.com/yuin/goldmark/text"
)

var (
	// admonition starts an indented block of text (MkDocs), contentTab a tab of one.
	admonition = regexp.MustCompile(`^(\s*)(?:!!!|\?\?\?\+?)\s+(\S.*)$`)
	contentTab = regexp.MustCompile(`^(\s*)===[!+]?\s+"([^"]+)"\s*$`)
	// jsxTab is a tab of MDX, summary the title of a section that can be opened.
	jsxTab  = regexp.MustCompile(`^\s*<(?:TabItem|Tab|Accordion|AccordionItem|Expandable)\b[^>]*?\s(?:label|title|value)=["']([^"']+)["'][^>]*>\s*$`)
	summary = regexp.MustCompile(`^\s*(?:<details[^>]*>\s*)?<summary[^>]*>(.*?)</summary>\s*$`)
	// mdxNoise are lines of MDX and of directives that are no text.
	mdxNoise = regexp.MustCompile(`^\s*(?:import\s.*\sfrom\s+['"].*|export\s+(?:const|default)\b.*|</?[A-Z]\w*[^<>]*>|:::+\s*\w*.*|</?details[^>]*>|</summary>)\s*;?$`)
	tags     = regexp.MustCompile(`<[^<>]*>`)
)

// readMarkdown reads CommonMark with tables; blocks of HTML in it are read as such.
func readMarkdown(src string) page {
	title, src := takeTitle(src)
	source := []byte(openBlocks(src))
	r := markdownReader{src: source}
	r.w.heading(0, title)
	for i, b := range source {
		if b == '\n' {
			r.ends = append(r.ends, i)
		}
	}
	r.blocks(goldmark.New(goldmark.WithExtensions(extension.Table)).Parser().Parse(text.NewReader(source)), false)
	return r.w.page
}

// openBlocks rewrites, line by line, what Markdown's dialects indent: their text
// would else be read as code.
func openBlocks(src string) string {
	rows := strings.Split(src, "\n")
	indent := -1 // of the content of the innermost open block
	fenced := false
	for i, row := range rows {
		if trimmed := strings.TrimSpace(row); strings.HasPrefix(trimmed, "```") || strings.HasPrefix(trimmed, "~~~") {
			fenced = !fenced
		}
		if m := contentTab.FindStringSubmatch(row); m != nil && !fenced {
			rows[i], indent = "###### "+m[2], len(m[1])+4
			continue
		}
		if m := admonition.FindStringSubmatch(row); m != nil && !fenced {
			rows[i], indent = "", len(m[1])+4
			continue
		}
		if indent >= 0 && strings.TrimSpace(row) != "" {
			lead := len(row) - len(strings.TrimLeft(row, " "))
			if lead < indent {
				indent = -1
			} else {
				row = row[indent:]
			}
		}
		switch {
		case fenced:
		case jsxTab.MatchString(row):
			row = "###### " + jsxTab.FindStringSubmatch(row)[1]
		case summary.MatchString(row):
			row = "###### " + tags.ReplaceAllString(summary.FindStringSubmatch(row)[1], "")
		case mdxNoise.MatchString(row):
			row = ""
		}
		rows[i] = row
	}
	return strings.Join(rows, "\n")
}

type markdownReader struct {
	src  []byte
	ends []int // offsets of the line ends
	w    writer
	// veils are elements of HTML that are open around Markdown.
	veils []veil
}

// line is the 1-based line of an offset.
func (r *markdownReader) line(offset int) int { return sort.SearchInts(r.ends, offset) + 1 }

func (r *markdownReader) blocks(parent ast.Node, item bool) {
	for n := parent.FirstChild(); n != nil; n = n.NextSibling() {
		switch b := n.(type) {
		case *ast.Heading:
			r.w.heading(b.Level, r.inline(b))
		case *ast.Paragraph, *ast.TextBlock:
			r.w.passage(r.veiled(r.inline(n)), r.lineOf(n), item)
		case *ast.HTMLBlock:
			r.html(b)
		case *east.Table:
			r.table(b)
		case *ast.CodeBlock, *ast.FencedCodeBlock:
		case *ast.ListItem:
			r.blocks(n, true)
		default:
			r.blocks(n, item)
		}
	}
}

// lineOf is the line on which a block starts.
func (r *markdownReader) lineOf(n ast.Node) int {
	if l := n.Lines(); l != nil && l.Len() > 0 {
		return r.line(l.At(0).Start)
	}
	return 0
}

func (r *markdownReader) html(b *ast.HTMLBlock) {
	var out strings.Builder
	for i := range b.Lines().Len() {
		s := b.Lines().At(i)
		out.Write(s.Value(r.src))
	}
	if b.HasClosure() {
		s := b.ClosureLine
		out.Write(s.Value(r.src))
	}
	r.veils = readHTMLInto(&r.w, out.String(), r.lineOf(b), r.veils)
}

func (r *markdownReader) table(t *east.Table) {
	var out table
	first := 0
	for row := t.FirstChild(); row != nil; row = row.NextSibling() {
		var cells []cell
		for c := row.FirstChild(); c != nil; c = c.NextSibling() {
			at := r.firstText(c)
			if at > 0 && first == 0 {
				first = at
			}
			cells = append(cells, cell{text: r.veiled(r.inline(c)), line: at})
		}
		if _, ok := row.(*east.TableHeader); ok {
			out.head = cells
		} else {
			out.rows = append(out.rows, cells)
		}
	}
	r.w.table(out, first)
}

// veiled is a text with the words for what hides it.
func (r *markdownReader) veiled(text string) string {
	if len(r.veils) == 0 || strings.TrimSpace(text) == "" {
		return text
	}
	return r.veils[len(r.veils)-1].words + text
}

// firstText is the line of the first text below a node; 0 if it has none.
func (r *markdownReader) firstText(n ast.Node) int {
	found := 0
	walk(n, func(child ast.Node) {
		if t, ok := child.(*ast.Text); ok && found == 0 {
			found = r.line(t.Segment.Start)
		}
	})
	return found
}

func walk(n ast.Node, visit func(ast.Node)) {
	for c := n.FirstChild(); c != nil; c = c.NextSibling() {
		visit(c)
		walk(c, visit)
	}
}

// inline is the text of a block. Line ends are kept, links are their text.
func (r *markdownReader) inline(n ast.Node) string {
	var b strings.Builder
	for c := n.FirstChild(); c != nil; c = c.NextSibling() {
		switch t := c.(type) {
		case *ast.Text:
			b.WriteString(strings.ReplaceAll(string(t.Segment.Value(r.src)), "~~", struckWords))
			if t.SoftLineBreak() || t.HardLineBreak() {
				b.WriteByte('\n')
			}
		case *ast.String:
			b.Write(t.Value)
		case *ast.CodeSpan:
			b.WriteString(codeStart + r.inline(t) + codeEnd)
		case *ast.RawHTML:
			b.WriteString(veilOfTag(string(t.Segments.Value(r.src))))
		case *ast.Image, *ast.AutoLink:
			b.WriteByte(' ')
		default:
			b.WriteString(r.inline(c))
		}
	}
	return unescape(b.String())
}
