package prose

import (
	"html"
	"regexp"
	"slices"
	"strings"

	nethtml "golang.org/x/net/html"
)

// readHTML reads a page of HTML, or a template of one whose expressions are masked.
func readHTML(src string) page {
	title, src := takeTitle(src)
	var w writer
	w.heading(0, title)
	readHTMLInto(&w, src, 1, nil)
	return w.page
}

// htmlReader gathers text until a block ends.
type htmlReader struct {
	w      *writer
	line   int
	text   strings.Builder
	start  int  // the line of the gathered text
	item   bool // it is in a list
	skip   string
	depth  int // of the skipped element within itself
	head   int // level of the heading that is open
	term   string
	table  *table
	row    []cell
	isHead bool
	veils  []veil
}

// readHTMLInto reads a fragment that starts at a line. It is given what veils it from
// before, and returns what it leaves open.
func readHTMLInto(w *writer, src string, line int, veils []veil) []veil {
	r := &htmlReader{w: w, line: line, start: line, veils: veils}
	z := nethtml.NewTokenizer(strings.NewReader(src))
	z.SetMaxBuf(0)
	for {
		kind := z.Next()
		raw := string(z.Raw())
		switch kind {
		case nethtml.ErrorToken:
			r.flush()
			r.endTable()
			if r.skip != "" {
				r.veils = append(r.veils, veil{name: r.skip, words: hiddenWords})
			}
			return r.veils
		case nethtml.TextToken:
			r.write(raw)
		case nethtml.StartTagToken, nethtml.SelfClosingTagToken:
			name, more := z.TagName()
			r.veil(string(name), veilOf(z, string(name), more), kind == nethtml.SelfClosingTagToken)
			r.open(string(name), kind == nethtml.SelfClosingTagToken)
		case nethtml.EndTagToken:
			name, _ := z.TagName()
			r.close(string(name))
			r.unveil(string(name))
		case nethtml.CommentToken, nethtml.DoctypeToken:
		}
		r.line += strings.Count(raw, "\n")
		if kind != nethtml.TextToken && r.skip == "" && r.text.Len() > 0 {
			r.text.WriteString(lines(raw))
		}
	}
}

func (r *htmlReader) write(raw string) {
	if r.skip != "" {
		return
	}
	if strings.TrimSpace(r.text.String()) == "" {
		r.text.Reset()
		r.start = r.line
	}
	if strings.TrimSpace(raw) != "" {
		r.text.WriteString(r.veiled())
	}
	r.text.WriteString(html.UnescapeString(raw))
}

// isBlock reports whether an element ends the sentence before it.
func isBlock(name string) bool {
	return slices.Contains([]string{
		"p", "div", "section", "article", "main", "header", "footer", "nav", "aside", "ul", "ol", "li", "dl", "dt", "dd",
		"h1", "h2", "h3", "h4", "h5", "h6", "table", "thead", "tbody", "tfoot", "tr", "td", "th", "caption", "blockquote", "pre",
		"form", "fieldset", "legend", "details", "summary", "figure", "figcaption", "hr", "body", "html", "title", "option", "label", "button",
	}, name)
}

func (r *htmlReader) open(name string, closed bool) {
	if r.skip != "" {
		if name == r.skip && !closed {
			r.depth++
		}
		return
	}
	if slices.Contains([]string{"script", "style", "pre", "svg", "template", "head", "noscript"}, name) && !closed {
		if name == "head" {
			return
		}
		r.flush()
		r.skip, r.depth = name, 1
		return
	}
	switch name {
	case "br":
		if r.table == nil {
			r.flush()
		} else {
			r.text.WriteByte(' ')
		}
		return
	case "code", "kbd", "samp", "tt":
		r.text.WriteString(codeStart)
		return
	}
	if !isBlock(name) {
		return
	}
	if r.row != nil && (name == "p" || name == "div" || name == "ul" || name == "li") {
		r.text.WriteByte(' ')
		return
	}
	r.flush()
	r.openBlock(name)
}

func (r *htmlReader) openBlock(name string) {
	switch name {
	case "h1", "h2", "h3", "h4", "h5", "h6":
		r.head = int(name[1] - '0')
	case "summary":
		r.head = 6
	case "title":
		r.head = -1
	case "li":
		r.item = true
	case "table":
		r.endTable()
		r.table = &table{}
	case "tr":
		r.endRow()
		if r.table != nil {
			r.row, r.isHead = []cell{}, true
		}
	case "td":
		r.isHead = false
	}
}

func (r *htmlReader) close(name string) {
	if r.skip != "" {
		if name == r.skip {
			if r.depth--; r.depth <= 0 {
				r.skip = ""
			}
		}
		return
	}
	switch name {
	case "code", "kbd", "samp", "tt":
		r.text.WriteString(codeEnd)
		return
	case "td", "th":
		if r.row != nil {
			r.row = append(r.row, cell{text: r.text.String(), line: r.start})
			r.text.Reset()
		}
		return
	case "p", "div", "ul", "li":
		if r.row != nil {
			r.text.WriteByte(' ')
			return
		}
	}
	if !isBlock(name) {
		return
	}
	if name == "dt" {
		r.term = plain(r.text.String())
		r.text.Reset()
		return
	}
	r.flush()
	switch name {
	case "li", "ul", "ol":
		r.item = false
	case "tr":
		r.endRow()
	case "table":
		r.endTable()
	}
}

// flush ends the block that was gathered.
func (r *htmlReader) flush() {
	gathered := r.text.String()
	r.text.Reset()
	level := r.head
	r.head = 0
	if strings.TrimSpace(gathered) == "" {
		return
	}
	switch {
	case level > 0:
		r.w.heading(level, gathered)
	case level < 0:
		if r.w.page.title == "" {
			r.w.page.title = plain(gathered)
		}
	case r.row != nil:
		r.row = append(r.row, cell{text: gathered, line: r.start})
	default:
		if r.term != "" {
			gathered, r.term = r.term+": "+gathered, ""
		}
		r.w.passage(gathered, r.start, r.item)
	}
}

func (r *htmlReader) endRow() {
	if r.row == nil || r.table == nil {
		r.row = nil
		return
	}
	if r.isHead && len(r.table.head) == 0 && len(r.table.rows) == 0 {
		r.table.head = r.row
	} else if len(r.row) > 0 {
		r.table.rows = append(r.table.rows, r.row)
	}
	r.row = nil
}

func (r *htmlReader) endTable() {
	r.endRow()
	if r.table != nil {
		t := *r.table
		r.table = nil
		line := r.line
		if len(t.rows) > 0 && len(t.rows[0]) > 0 {
			line = t.rows[0][0].line
		}
		r.w.table(t, line)
	}
}

var escaped = regexp.MustCompile(`\\([!-/:-@\[-` + "`" + `{-~])`)

// unescape takes out backslashes before punctuation and resolves entities.
func unescape(text string) string {
	return html.UnescapeString(escaped.ReplaceAllString(text, "$1"))
}
