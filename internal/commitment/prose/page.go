package prose

import "strings"

// page is a document without its markup: passages and tables in their order.
type page struct {
	title string
	parts []part
}

// part is a passage, or a table if that is set, below its headings.
type part struct {
	headings []string // from the outermost to the nearest
	lead     string   // the passage before it, below the same heading: what a list or table is about
	item     bool     // of a list
	line     int
	// text keeps its line ends, so that a sentence knows its line. Inline code stands
	// between codeStart and codeEnd.
	text  string
	table *table
}

// table has a row of headers, if the markup says which, and its rows.
type table struct {
	head []cell
	rows [][]cell
}

type cell struct {
	text string
	line int
}

// Inline code stands between two marks that no text holds by itself.
const (
	codeStart = "\x01"
	codeEnd   = "\x02"
)

// writer builds a page.
type writer struct {
	page  page
	stack []heading
	lead  string
}

type heading struct {
	level int
	text  string
}

// maxParts bounds what one file is cut into.
const maxParts = 50_000

func (w *writer) heading(level int, text string) {
	text = plain(text)
	if text == "" {
		return
	}
	if w.page.title == "" {
		w.page.title = text
	}
	for len(w.stack) > 0 && w.stack[len(w.stack)-1].level >= level {
		w.stack = w.stack[:len(w.stack)-1]
	}
	w.stack, w.lead = append(w.stack, heading{level, text}), ""
}

func (w *writer) headings() []string {
	out := make([]string, 0, len(w.stack))
	for _, h := range w.stack {
		out = append(out, h.text)
	}
	return out
}

func (w *writer) passage(text string, line int, item bool) {
	if strings.TrimSpace(text) == "" || len(w.page.parts) >= maxParts {
		return
	}
	for strings.HasPrefix(text, "\n") {
		text, line = text[1:], line+1
	}
	w.page.parts = append(w.page.parts, part{headings: w.headings(), lead: w.lead, item: item, line: line, text: text})
	if !item {
		w.lead = plain(text)
	}
}

func (w *writer) table(t table, line int) {
	if len(t.rows) == 0 || len(w.page.parts) >= maxParts {
		return
	}
	w.page.parts = append(w.page.parts, part{headings: w.headings(), lead: w.lead, line: line, table: &t})
	w.lead = ""
}

// plain is a text on one line, without the marks of code.
func plain(text string) string {
	if strings.ContainsAny(text, codeStart+codeEnd) {
		text = strings.NewReplacer(codeStart, "", codeEnd, "").Replace(text)
	}
	return strings.Join(strings.Fields(text), " ")
}
