package prose

import (
	"regexp"
	"strings"
)

var (
	underline  = regexp.MustCompile("^([=\\-`:.'\"~^_*+#<>])(?:[=\\-`:.'\"~^_*+#<>]){2,}\\s*$")
	directive  = regexp.MustCompile(`^(\s*)\.\.\s+([\w:-]+?)::\s*(.*)$`)
	rstComment = regexp.MustCompile(`^\s*\.\.(?:\s|$)`)
	rstOption  = regexp.MustCompile(`^\s*:[\w -]+:`)
	bullet     = regexp.MustCompile(`^(\s*)(?:[-*+•]|\(?(?:\d{1,3}|[a-zA-Z#])[.)])\s+(\S.*)$`)
	gridBorder = regexp.MustCompile(`^\s*\+(?:[-=]+\+)+\s*$`)
	simpleRule = regexp.MustCompile(`^\s*=+(?:\s+=+)+\s*$`)
	rstRole    = regexp.MustCompile("(?s):[\\w:.+-]+:`([^`<]*?)\\s*(?:<[^`>]*>)?`")
	rstLink    = regexp.MustCompile("(?s)`([^`<]+?)\\s*<[^`>]*>`__?")
	rstCode    = regexp.MustCompile("(?s)``(.+?)``")
	rstMarks   = regexp.MustCompile("(?s)\\*\\*(\\S.*?)\\*\\*|\\*(\\S[^*]*?)\\*|`([^`]+?)`_{0,2}")
)

// rstReader reads reStructuredText, and plain text whose paragraphs and headings look alike.
type rstReader struct {
	w     writer
	rows  []string
	marks []string // the underlines of headings, the outermost first
	at    int
}

func readRST(src string) page {
	title, src := takeTitle(src)
	r := &rstReader{rows: strings.Split(src, "\n")}
	r.w.heading(0, title)
	for r.at < len(r.rows) {
		r.block()
	}
	return r.w.page
}

func (r *rstReader) row(i int) string {
	if i < 0 || i >= len(r.rows) {
		return ""
	}
	return r.rows[i]
}

func blank(row string) bool { return strings.TrimSpace(row) == "" }

func indentOf(row string) int { return len(row) - len(strings.TrimLeft(row, " \t")) }

// block reads one block and moves on, by one line at least.
func (r *rstReader) block() {
	row, next := r.row(r.at), r.row(r.at+1)
	switch {
	case blank(row):
		r.at++
	case gridBorder.MatchString(row):
		r.grid()
	case simpleRule.MatchString(row):
		r.simple()
	case underline.MatchString(row) && !blank(next) && underline.MatchString(r.row(r.at+2)):
		r.title("o"+row[:1], next, 3)
	case underline.MatchString(row):
		r.at++
	case directive.MatchString(row):
		r.directive()
	case rstComment.MatchString(row):
		r.skipIndented(indentOf(row))
	case underline.MatchString(next) && len(strings.TrimSpace(next))+3 >= len(strings.TrimSpace(row)) && len(row) < 200:
		r.title(next[:1], row, 2)
	default:
		r.paragraph()
	}
}

func (r *rstReader) title(mark, text string, rows int) {
	level := -1
	for i, known := range r.marks {
		if known == mark {
			level = i
		}
	}
	if level < 0 {
		r.marks = append(r.marks, mark)
		level = len(r.marks) - 1
	}
	r.w.heading(level+1, rstInline(text))
	r.at += rows
}

// skipIndented leaves a line and what is indented below it.
func (r *rstReader) skipIndented(indent int) {
	r.at++
	for r.at < len(r.rows) && (blank(r.rows[r.at]) || indentOf(r.rows[r.at]) > indent) {
		r.at++
	}
}

func (r *rstReader) directive() {
	m := directive.FindStringSubmatch(r.rows[r.at])
	indent, name, argument := len(m[1]), strings.ToLower(m[2]), m[3]
	switch name {
	case "list-table":
		r.listTable(indent)
	case "csv-table":
		r.csvTable(indent)
	case "table":
		r.w.lead = rstInline(argument)
		r.at++
	case "tab", "tab-item", "dropdown", "group-tab", "rubric", "collapse":
		r.w.heading(9, rstInline(argument))
		r.options()
	case "note", "warning", "important", "tip", "hint", "caution", "attention", "danger", "error", "admonition", "seealso",
		"versionadded", "versionchanged", "deprecated", "container", "class", "epigraph", "topic", "sidebar", "tab-set", "tabs", "grid", "only", "card", "grid-item-card":
		line := r.at + 1
		r.w.passage(rstInline(argument), line, false)
		r.options()
	default:
		r.skipIndented(indent)
	}
}

// options leaves a directive's line and its options; the body is read on as text.
func (r *rstReader) options() {
	r.at++
	for rstOption.MatchString(r.row(r.at)) {
		r.at++
	}
}

func (r *rstReader) paragraph() {
	start := r.at
	text := r.rows[r.at]
	item := false
	if m := bullet.FindStringSubmatch(text); m != nil {
		item, text = true, m[2]
	}
	r.at++
	for r.at < len(r.rows) {
		row := r.rows[r.at]
		if blank(row) || bullet.MatchString(row) || gridBorder.MatchString(row) || directive.MatchString(row) || underline.MatchString(row) && !underline.MatchString(r.row(r.at+1)) {
			break
		}
		if definition := indentOf(row) > indentOf(r.rows[start]) && r.at == start+1 && !item; definition {
			text += ":"
		}
		text += "\n" + row
		r.at++
	}
	literal := strings.HasSuffix(strings.TrimRight(text, " "), "::")
	r.w.passage(rstInline(text), start+1, item)
	if !literal {
		return
	}
	for blank(r.row(r.at)) && r.at < len(r.rows) {
		r.at++
	}
	if indentOf(r.row(r.at)) > indentOf(r.rows[start]) {
		r.skipIndented(indentOf(r.rows[start]))
	}
}

// rstInline takes the inline markup out of a text.
func rstInline(text string) string {
	text = rstCode.ReplaceAllString(text, codeStart+"$1"+codeEnd)
	text = rstRole.ReplaceAllString(text, "$1")
	text = rstLink.ReplaceAllString(text, "$1")
	text = rstMarks.ReplaceAllString(text, "$1$2$3")
	return unescape(text)
}
