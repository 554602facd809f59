package prose

import (
	"regexp"
	"strings"
)

var (
	adocHeading = regexp.MustCompile(`^(={1,6}|#{1,6})\s+(\S.*)$`)
	adocFence   = regexp.MustCompile("^(?:-{4,}|\\.{4,}|`{3,}|\\+{4,}|/{4,})\\s*$")
	adocSkip    = regexp.MustCompile(`^(?:\[[^\]]*\]|:[\w-]+!?:.*|//.*|(?:include|image|ifdef|ifndef|endif|toc|video)::.*|={4,}|\*{4,}|_{4,}|--|\+)\s*$`)
	adocTitle   = regexp.MustCompile(`^\.([A-Za-z].*)$`)
	adocBullet  = regexp.MustCompile(`^\s*(?:\*{1,5}|-|\.{1,5}|\d+\.)\s+(\S.*)$`)
	adocTerm    = regexp.MustCompile(`^(\S.*?)::\s*(.*)$`)
	adocLink    = regexp.MustCompile(`(?:link:|xref:|https?://)[^\s\[\]]*\[([^\]]*)\]`)
	adocMarks   = regexp.MustCompile(`\*\*?(\S[^*]*?)\*\*?|\b__?(\S[^_]*?)__?\b`)
	adocCode    = regexp.MustCompile("`+([^`]+)`+")
	adocCols    = regexp.MustCompile(`cols\s*=\s*"?(?:(\d+)\*|([^"\]]+))`)
	adocCell    = regexp.MustCompile(`(?:^|\s)(?:\d+(?:\.\d+)?[+*])?[<^>.]*[aehlmsv]?\|`)
)

// adocReader reads AsciiDoc.
type adocReader struct {
	w       writer
	rows    []string
	at      int
	columns int
	header  bool
}

func readAsciiDoc(src string) page {
	title, src := takeTitle(src)
	r := &adocReader{rows: strings.Split(src, "\n")}
	r.w.heading(0, title)
	for r.at < len(r.rows) {
		r.block()
	}
	return r.w.page
}

func (r *adocReader) block() {
	row := strings.TrimRight(r.rows[r.at], " \t")
	switch {
	case row == "":
		r.at++
	case strings.HasPrefix(row, "|==="):
		r.table()
	case adocFence.MatchString(row):
		r.skipTo(row)
	case adocHeading.MatchString(row):
		m := adocHeading.FindStringSubmatch(row)
		r.w.heading(len(m[1]), adocInline(m[2]))
		r.at++
	case adocSkip.MatchString(row):
		if m := adocCols.FindStringSubmatch(row); m != nil {
			r.columns = strings.Count(m[2], ",") + 1
			if m[1] != "" {
				r.columns = int(m[1][0] - '0')
			}
		}
		r.header = r.header || strings.Contains(row, "header")
		r.at++
	case adocTitle.MatchString(row):
		r.w.lead = adocInline(row[1:])
		r.at++
	default:
		r.paragraph()
	}
}

// skipTo leaves a block of code up to the line that closes it.
func (r *adocReader) skipTo(fence string) {
	for r.at++; r.at < len(r.rows); r.at++ {
		if strings.TrimRight(r.rows[r.at], " \t") == fence {
			r.at++
			return
		}
	}
}

func (r *adocReader) paragraph() {
	start, row := r.at, r.rows[r.at]
	item := false
	if m := adocBullet.FindStringSubmatch(row); m != nil {
		item, row = true, m[1]
	} else if m := adocTerm.FindStringSubmatch(row); m != nil {
		row = m[1] + ": " + m[2]
	}
	text := []string{row}
	for r.at++; r.at < len(r.rows); r.at++ {
		next := strings.TrimRight(r.rows[r.at], " \t")
		if next == "" || next == "+" || adocBullet.MatchString(next) || adocFence.MatchString(next) || strings.HasPrefix(next, "|===") || adocHeading.MatchString(next) {
			break
		}
		text = append(text, next)
	}
	r.w.passage(adocInline(strings.Join(text, "\n")), start+1, item)
}

// table reads cells that begin with "|". The header is the row that stands alone
// before a blank line, or that the attributes call so.
func (r *adocReader) table() {
	columns, header := r.columns, r.header
	r.columns, r.header = 0, false
	r.at++
	first := r.at
	var cells []cell
	for ; r.at < len(r.rows); r.at++ {
		row := strings.TrimRight(r.rows[r.at], " \t")
		if strings.HasPrefix(row, "|===") {
			r.at++
			break
		}
		marks := adocCell.FindAllStringIndex(row, -1)
		if row == "" && len(cells) > 0 && columns == 0 {
			columns = len(cells)
		}
		if len(marks) == 0 || marks[0][0] > 0 {
			if len(cells) > 0 && row != "" && len(marks) == 0 {
				cells[len(cells)-1].text += "\n" + adocInline(row)
			}
		}
		for i, m := range marks {
			end := len(row)
			if i+1 < len(marks) {
				end = marks[i+1][0]
			}
			cells = append(cells, cell{adocInline(strings.TrimSpace(row[m[1]:end])), r.at + 1})
		}
		if r.at == first && len(marks) > 1 {
			header = true
			columns = len(marks)
		}
	}
	r.rowsOf(cells, columns, header)
}

func (r *adocReader) rowsOf(cells []cell, columns int, header bool) {
	if columns <= 0 || len(cells) == 0 {
		return
	}
	var t table
	for len(cells) > 0 {
		n := min(columns, len(cells))
		t.rows = append(t.rows, cells[:n:n])
		cells = cells[n:]
	}
	if len(t.rows) > 1 && (header || len(t.rows) > 2) {
		t.head, t.rows = t.rows[0], t.rows[1:]
	}
	r.w.table(t, firstLine(t))
}

func adocInline(text string) string {
	text = adocCode.ReplaceAllString(text, codeStart+"$1"+codeEnd)
	text = adocLink.ReplaceAllString(text, "$1")
	text = adocMarks.ReplaceAllString(text, "$1$2")
	return unescape(text)
}
