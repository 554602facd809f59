package prose

import (
	"regexp"
	"strings"
)

var (
	headerRows = regexp.MustCompile(`(?i)^\s*:header-rows:\s*(\d)`)
	csvHeader  = regexp.MustCompile(`(?i)^\s*:header:\s*(.+)$`)
)

// body cuts out the indented body of a directive: its first line and its rows.
func (r *rstReader) body(indent int) (int, []string) {
	start := r.at
	r.skipIndented(indent)
	return start + 1, r.rows[start+1 : r.at]
}

// listTable reads rows of nested lists: "* - a" starts a row, "- b" a cell.
func (r *rstReader) listTable(indent int) {
	caption := rstInline(directive.FindStringSubmatch(r.rows[r.at])[3])
	first, body := r.body(indent)
	var t table
	heads := 0
	for i, row := range body {
		trimmed := strings.TrimSpace(row)
		if m := headerRows.FindStringSubmatch(row); m != nil {
			heads = int(m[1][0] - '0')
		}
		switch {
		case strings.HasPrefix(trimmed, "* -"):
			t.rows = append(t.rows, []cell{{text: strings.TrimSpace(trimmed[3:]), line: first + 1 + i}})
		case len(t.rows) == 0:
		case strings.HasPrefix(trimmed, "- ") || trimmed == "-":
			last := &t.rows[len(t.rows)-1]
			*last = append(*last, cell{text: strings.TrimSpace(trimmed[1:]), line: first + 1 + i})
		case trimmed != "":
			last := t.rows[len(t.rows)-1]
			last[len(last)-1].text += "\n" + trimmed
		}
	}
	r.finish(t, heads, caption)
}

func (r *rstReader) csvTable(indent int) {
	caption := rstInline(directive.FindStringSubmatch(r.rows[r.at])[3])
	first, body := r.body(indent)
	var t table
	heads := 0
	for i, row := range body {
		switch m := csvHeader.FindStringSubmatch(row); {
		case m != nil:
			t.head = csvRow(m[1], first+1+i)
		case headerRows.MatchString(row):
			heads = int(headerRows.FindStringSubmatch(row)[1][0] - '0')
		case rstOption.MatchString(row), blank(row):
		default:
			t.rows = append(t.rows, csvRow(row, first+1+i))
		}
	}
	r.finish(t, heads, caption)
}

// csvRow cuts a row at commas outside quotes.
func csvRow(row string, line int) []cell {
	var out []cell
	quoted := false
	var b strings.Builder
	for _, c := range strings.TrimSpace(row) {
		switch {
		case c == '"':
			quoted = !quoted
		case c == ',' && !quoted:
			out = append(out, cell{strings.TrimSpace(b.String()), line})
			b.Reset()
		default:
			b.WriteRune(c)
		}
	}
	return append(out, cell{strings.TrimSpace(b.String()), line})
}

func (r *rstReader) finish(t table, heads int, caption string) {
	if heads > 0 && len(t.rows) >= heads && len(t.head) == 0 {
		t.head, t.rows = t.rows[heads-1], t.rows[heads:]
	}
	for i := range t.head {
		t.head[i].text = rstInline(t.head[i].text)
	}
	for _, row := range t.rows {
		for i := range row {
			row[i].text = rstInline(row[i].text)
		}
	}
	if caption != "" {
		r.w.lead = caption
	}
	r.w.table(t, firstLine(t))
}

func firstLine(t table) int {
	if len(t.rows) > 0 && len(t.rows[0]) > 0 {
		return t.rows[0][0].line
	}
	return 0
}

// grid reads a table drawn with +---+ and |.
func (r *rstReader) grid() {
	var t table
	var open []cell
	for r.at < len(r.rows) && !blank(r.rows[r.at]) {
		row := strings.TrimSpace(r.rows[r.at])
		r.at++
		if strings.HasPrefix(row, "+") {
			if open != nil && strings.Contains(row, "=") {
				t.head, open = open, nil
			}
			if open != nil {
				t.rows, open = append(t.rows, open), nil
			}
			continue
		}
		for i, text := range strings.Split(strings.Trim(row, "|"), "|") {
			if i < len(open) {
				open[i].text += "\n" + strings.TrimSpace(text)
			} else {
				open = append(open, cell{strings.TrimSpace(text), r.at})
			}
		}
	}
	r.finish(t, 0, "")
}

// simple reads a table whose columns are ruled with "=".
func (r *rstReader) simple() {
	columns := columnsOf(r.rows[r.at])
	r.at++
	var t table
	rules := 1
	for r.at < len(r.rows) && rules < 3 {
		row := r.rows[r.at]
		r.at++
		switch {
		case simpleRule.MatchString(row):
			rules++
			if rules == 2 && !blank(r.row(r.at)) {
				t.head, t.rows = merge(t.rows), nil
				continue
			}
			rules = 3
		case blank(row), strings.Trim(row, "- ") == "":
		default:
			t.rows = appendRow(t.rows, sliceColumns(row, columns, r.at))
		}
	}
	r.finish(t, 0, "")
}

func merge(rows [][]cell) []cell {
	var out []cell
	for _, row := range rows {
		for i, c := range row {
			if i < len(out) {
				out[i].text += " " + c.text
			} else {
				out = append(out, c)
			}
		}
	}
	return out
}

// appendRow adds a row, or goes on with the last one where the first column is empty.
func appendRow(rows [][]cell, row []cell) [][]cell {
	if len(rows) == 0 || len(row) == 0 || row[0].text != "" {
		return append(rows, row)
	}
	last := rows[len(rows)-1]
	for i := range row {
		if i < len(last) && row[i].text != "" {
			last[i].text += "\n" + row[i].text
		}
	}
	return rows
}

func columnsOf(rule string) []int {
	var out []int
	for i := range len(rule) {
		if rule[i] == '=' && (i == 0 || rule[i-1] != '=') {
			out = append(out, i)
		}
	}
	return out
}

func sliceColumns(row string, columns []int, line int) []cell {
	out := make([]cell, len(columns))
	for i, from := range columns {
		to := len(row)
		if i+1 < len(columns) {
			to = min(to, columns[i+1])
		}
		text := ""
		if from < to {
			text = strings.ToValidUTF8(strings.TrimSpace(row[from:to]), "")
		}
		out[i] = cell{text, line}
	}
	return out
}
