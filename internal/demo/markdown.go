package demo

import (
	"bytes"
	"fmt"
	"html/template"
	"regexp"
	"strings"
	"unicode"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	extast "github.com/yuin/goldmark/extension/ast"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/renderer"
	"github.com/yuin/goldmark/text"
	"github.com/yuin/goldmark/util"
)

// tags are the only HTML that passes through, and only exactly like this: what
// slagate's comment uses of what GitHub lets through.
var (
	tags = regexp.MustCompile(`^</?(?:details|summary|sub)>$`)
	// piece is a comment, a tag, or a comment that does not end.
	piece = regexp.MustCompile(`(?s)<!--.*?(?:-->|$)|</?[A-Za-z][^>]*>`)
	// itemMark is behind the task box of a checklist item.
	itemMark = regexp.MustCompile(`^<!-- item:([a-z0-9-]+) -->$`)
	// mentioned is a mention of a person or a team.
	mentioned = regexp.MustCompile(`^@[A-Za-z0-9](?:-?[A-Za-z0-9])*(?:/[A-Za-z0-9][A-Za-z0-9._-]*)?`)
)

// toHTML renders a comment about as GitHub does. Raw HTML is dropped but for a
// few tags without attributes, pictures are their text (nothing is loaded from
// elsewhere). With form, the boxes of checklist items are buttons of that form.
func toHTML(markdown, form string) (template.HTML, error) {
	boxes := &filter{form: form}
	md := goldmark.New(
		goldmark.WithExtensions(extension.GFM),
		goldmark.WithParserOptions(parser.WithInlineParsers(util.Prioritized(mentions{}, 500))),
		goldmark.WithRendererOptions(renderer.WithNodeRenderers(util.Prioritized(boxes, 1))),
	)
	var b bytes.Buffer
	if err := md.Convert([]byte(markdown), &b); err != nil {
		return "", fmt.Errorf("render a comment: %w", err)
	}
	for range boxes.open {
		b.WriteString("</details>")
	}
	return template.HTML(b.String()), nil //nolint:gosec // goldmark escapes all text, filter lets through the tags above only
}

// filter renders what goldmark would leave out or load.
type filter struct {
	form string
	open int // details that are not closed
}

// RegisterFuncs implements renderer.NodeRenderer.
func (f *filter) RegisterFuncs(r renderer.NodeRendererFuncRegisterer) {
	r.Register(ast.KindRawHTML, f.inline)
	r.Register(ast.KindHTMLBlock, f.block)
	r.Register(ast.KindImage, f.image)
	r.Register(extast.KindTaskCheckBox, f.box)
}

func (f *filter) inline(w util.BufWriter, source []byte, n ast.Node, entering bool) (ast.WalkStatus, error) {
	if raw, ok := n.(*ast.RawHTML); ok && entering {
		return ast.WalkSkipChildren, f.tag(w, string(raw.Segments.Value(source)))
	}
	return ast.WalkSkipChildren, nil
}

func (f *filter) block(w util.BufWriter, source []byte, n ast.Node, entering bool) (ast.WalkStatus, error) {
	block, ok := n.(*ast.HTMLBlock)
	if !ok || !entering {
		return ast.WalkContinue, nil
	}
	raw := string(block.Lines().Value(source))
	if block.HasClosure() {
		raw += string(block.ClosureLine.Value(source))
	}
	for raw != "" {
		at := piece.FindStringIndex(raw)
		if at == nil {
			at = []int{len(raw), len(raw)}
		}
		if _, err := w.Write(util.EscapeHTML([]byte(raw[:at[0]]))); err != nil {
			return ast.WalkStop, err
		}
		if err := f.tag(w, raw[at[0]:at[1]]); err != nil {
			return ast.WalkStop, err
		}
		raw = raw[at[1]:]
	}
	return ast.WalkContinue, nil
}

// tag writes a tag if it may pass.
func (f *filter) tag(w util.BufWriter, tag string) error {
	switch {
	case !tags.MatchString(tag), tag == "</details>" && f.open == 0:
		return nil
	case tag == "<details>":
		f.open++
	case tag == "</details>":
		f.open--
	}
	_, err := w.WriteString(tag)
	return err
}

// image shows the text of a picture.
func (f *filter) image(w util.BufWriter, _ []byte, _ ast.Node, entering bool) (ast.WalkStatus, error) {
	edge := "["
	if !entering {
		edge = "]"
	}
	_, err := w.WriteString(edge)
	return ast.WalkContinue, err
}

// box is a task box: of a checklist item one that can be ticked.
func (f *filter) box(w util.BufWriter, source []byte, n ast.Node, entering bool) (ast.WalkStatus, error) {
	task, ok := n.(*extast.TaskCheckBox)
	if !ok || !entering {
		return ast.WalkContinue, nil
	}
	checked, sign := "", ""
	if task.IsChecked {
		checked, sign = " checked", "✓"
	}
	item := itemOf(n, source)
	if f.form == "" || item == "" {
		_, err := fmt.Fprintf(w, `<input type="checkbox" disabled%s> `, checked)
		return ast.WalkContinue, err
	}
	_, err := fmt.Fprintf(w, `<button class="tick" role="checkbox" aria-checked="%t" aria-label="%s" form="%s" name="item" value="%s">%s</button> `,
		task.IsChecked, item, template.HTMLEscapeString(f.form), item, sign)
	return ast.WalkContinue, err
}

// itemOf is the checklist item whose mark is behind a task box.
func itemOf(box ast.Node, source []byte) string {
	for n := box.NextSibling(); n != nil; n = n.NextSibling() {
		switch n := n.(type) {
		case *ast.RawHTML:
			if m := itemMark.FindStringSubmatch(string(n.Segments.Value(source))); m != nil {
				return m[1]
			}
			return ""
		case *ast.Text:
			if strings.TrimSpace(string(n.Segment.Value(source))) != "" {
				return ""
			}
		default:
			return ""
		}
	}
	return ""
}

// mentions makes mentions bold.
type mentions struct{}

// Trigger implements parser.InlineParser.
func (mentions) Trigger() []byte { return []byte{'@'} }

// Parse implements parser.InlineParser.
func (mentions) Parse(_ ast.Node, block text.Reader, _ parser.Context) ast.Node {
	if before := block.PrecendingCharacter(); unicode.IsLetter(before) || unicode.IsDigit(before) {
		return nil
	}
	line, segment := block.PeekLine()
	found := mentioned.Find(line)
	if found == nil {
		return nil
	}
	block.Advance(len(found))
	strong := ast.NewEmphasis(2)
	strong.AppendChild(strong, ast.NewTextSegment(text.NewSegment(segment.Start, segment.Start+len(found))))
	return strong
}
