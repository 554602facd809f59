package render

import (
	"fmt"
	"slices"
	"strings"

	"github.com/slagate/slagate/internal/commitment"
	"github.com/slagate/slagate/internal/gate"
	"github.com/slagate/slagate/internal/pull"
)

// Lengths of texts in the table of changes, in characters.
const (
	nameLength  = 80
	valueLength = 90
	wordsLength = 700
)

// Rows that the tables of changes show at most.
const (
	changesShown  = 60
	findingsShown = 20
	notesShown    = 5
)

// Changes is the table of what changes for customers, without links: what the
// command line prints as Markdown. "" where nothing does.
func Changes(list []commitment.Change) string {
	if len(list) == 0 {
		return ""
	}
	return changesHead + fill(len(list), changesShown, commentLimit, func(i int) string {
		return changeRow(&list[i], func(s commitment.Source) string { return span(s.String(), cell) })
	}, func(left int) string { return "\n… and " + count(left, "more change") + ".\n" })
}

// Findings is the list of what is worth knowing, without links; "" where nothing is.
func Findings(list []commitment.Finding) string {
	body := findingList(list, commentLimit, func(s commitment.Source) string { return span(s.String(), line) })
	return titled("Worth a look", body)
}

const changesHead = "| Promise | Before | After | Effect | In words |\n|---|---|---|---|---|\n"

// changes is the first table of the comment: what changes for customers. Changes that
// are neutral stand folded below it.
func (c comment) changes(room int) string {
	if len(c.d.Files) == 0 && len(c.d.Uncovered) == 0 && len(c.d.Findings) == 0 {
		return ""
	}
	rows, neutral := c.rows()
	var body string
	if len(rows) > 0 {
		body = changesHead + fill(len(rows), changesShown, room*3/5, func(i int) string { return rows[i] }, func(left int) string {
			return "\n… and " + count(left+c.d.MoreChanges, "more change") + ". " + link("All changes", c.links.pull()+"/files") + ".\n"
		})
	} else if len(c.d.Files) > 0 {
		body = "No promise changes: what differs in the files under a rule means nothing for customers.\n"
	}
	if slices.ContainsFunc(c.d.Files, func(f gate.GatedFile) bool { return f.Effect == commitment.Unknown && !isPolicy(f) }) {
		body += "\n**unknown** means that slagate cannot tell whether it gets better or worse, so it counts as the worst." +
			" Please read the change and judge for yourself.\n"
	}
	body = titled("What changes for customers", body)
	for _, more := range []string{
		folded(count(len(neutral), "change")+" without effect for customers", tabled(neutral, room/8)),
		c.uncovered(room / 8), titled("Worth a look", findingList(c.d.Findings, room/8, c.place)),
	} {
		if more != "" {
			body += "\n" + strings.TrimRight(more, "\n") + "\n"
		}
	}
	return strings.TrimPrefix(body, "\n")
}

// rows are the lines of the table, and those of what is neutral. A file whose promises
// could not be compared is a line of its own, before what could be judged and behind
// what falls below a contract.
func (c comment) rows() (rows, neutral []string) {
	var floors, files []string
	for i := range c.d.Changes {
		row := changeRow(&c.d.Changes[i], c.place)
		switch {
		case c.d.Changes[i].CrossesFloor:
			floors = append(floors, row)
		case c.d.Changes[i].Effect == commitment.Neutral:
			neutral = append(neutral, row)
		default:
			rows = append(rows, row)
		}
	}
	for _, f := range c.d.Files {
		switch {
		case f.Read:
		case f.Effect == commitment.Neutral && !isPolicy(f):
			neutral = append(neutral, c.fileRow(f))
		default:
			files = append(files, c.fileRow(f))
		}
	}
	return slices.Concat(floors, files, rows), neutral
}

func tabled(rows []string, room int) string {
	if len(rows) == 0 {
		return ""
	}
	return changesHead + fill(len(rows), changesShown, room, func(i int) string { return rows[i] }, func(left int) string {
		return "\n… and " + count(left, "more change") + ".\n"
	})
}

// uncovered are promises that change in files which no rule covers.
func (c comment) uncovered(room int) string {
	var rows []string
	for i := range c.d.Uncovered {
		rows = append(rows, changeRow(&c.d.Uncovered[i], c.place))
	}
	return titled("Changes of promises in files that no rule covers", tabled(rows, room))
}

// changeRow is a change as a line of the table.
func changeRow(c *commitment.Change, place func(commitment.Source) string) string {
	name, source := c.File, c.At().After
	if source.File == "" {
		source = c.At().Before
	}
	for _, side := range []*commitment.Commitment{c.Before, c.After} {
		if side != nil {
			name = side.Name
		}
	}
	promise := spanOf(name, nameLength, cell)
	if c.File == "" {
		promise += " (" + strings.ReplaceAll(string(c.Kind), "_", " ") + ")"
	}
	promise += "<br>" + place(source)
	if n := len(c.SameAs); n > 0 {
		promise += fmt.Sprintf(" and %s", count(n, "other place"))
	}
	before, after := c.Sides()
	return "| " + strings.Join([]string{promise, value(before), value(after), effectWord(c), inWords(c)}, " | ") + " |\n"
}

// value is what a promise was or is, in one word.
func value(s commitment.Said) string {
	if s.Value == "" {
		return "–"
	}
	text := spanOf(s.Value, valueLength, cell)
	if s.Window != "" {
		text += " over " + spanOf(s.Window, valueLength, cell)
	}
	return text
}

func effectWord(c *commitment.Change) string {
	word := "**" + string(c.Effect) + "**"
	if c.CrossesFloor {
		word = "**below the contract**<br>" + word
	}
	return word
}

func inWords(c *commitment.Change) string {
	parts := []string{proseOf(c.Text, wordsLength, cell)}
	for _, note := range c.Notes[:min(len(c.Notes), notesShown)] {
		parts = append(parts, "("+prose(note, cell)+")")
	}
	return strings.Join(parts, " ")
}

// place is where something stands, as a link to the version that is judged.
func (c comment) place(s commitment.Source) string {
	address := c.links.diff(s.File)
	return link(span(s.String(), cell), address)
}

// findingList are findings as a list.
func findingList(list []commitment.Finding, room int, place func(commitment.Source) string) string {
	return fill(len(list), findingsShown, room, func(i int) string {
		f := list[i]
		return "- " + proseOf(f.Text, wordsLength, line) + " " + place(commitment.Source{File: f.File, Line: f.Line}) + "\n"
	}, func(left int) string { return "- and " + count(left, "more") + "\n" })
}

// fileRow is a file whose promises were not compared, as a line of the table.
func (c comment) fileRow(f gate.GatedFile) string {
	where := link(span(f.Path, cell), c.links.diff(f.Path))
	before, after := c.blob(c.o.MergeBase, formerPath(f)), c.blob(c.d.Head, f.Path)
	switch f.Status {
	case pull.FileAdded, pull.FileCopied:
		where += " (new file)"
		before = "nothing"
	case pull.FileRemoved:
		where += " (deleted)"
		after = "nothing"
	case pull.FileRenamed:
		where += ", before " + span(f.Previous, cell)
	case pull.FileModified, pull.FileChanged:
	}
	return "| " + where + " | " + before + " | " + after + " | " + fileEffect(f) + " | " + meaning(f) + " |\n"
}

func fileEffect(f gate.GatedFile) string {
	if isPolicy(f) {
		return "policy"
	}
	return "**" + string(f.Effect) + "**"
}

func formerPath(f gate.GatedFile) string {
	if f.Previous != "" {
		return f.Previous
	}
	return f.Path
}

// blob is a link to the text of one side.
func (c comment) blob(commit, path string) string {
	address := c.links.blob(commit, path)
	if address == "" {
		return "–"
	}
	return link("read", address)
}

// meaning is the effect of an uncompared file in words, with the reason where there is one.
func meaning(f gate.GatedFile) string {
	text := map[commitment.Effect]string{
		commitment.Weakened:     "worse than promised before",
		commitment.Strengthened: "better than promised before",
		commitment.Neutral:      "no promise changes",
		commitment.Added:        "a new promise",
		commitment.Removed:      "the promise is gone",
	}[f.Effect]
	switch {
	case isPolicy(f):
		text = "who has to agree may change, see below"
	case text == "":
		text = "could not be compared, please judge"
	}
	if f.Why != "" {
		text += " (" + prose(f.Why, cell) + ")"
	}
	return text
}
