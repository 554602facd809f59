package cli

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/slagate/slagate/internal/commitment"
	"github.com/slagate/slagate/internal/render"
)

// changesShown bounds the changes on a page that a person reads; JSON has all.
const changesShown = 100

// diffPage is the answer of diff as a person reads it in a terminal. Lines with foreign
// text start with words of ours, as on check's page.
type diffPage struct {
	strings.Builder
	paint
}

func newDiffPage(w io.Writer, r commitment.Result) *diffPage {
	p := &diffPage{paint: newPaint(w)}
	fmt.Fprintf(&p.Builder, "%s\n", p.headline(r))
	p.changes(r.Changes)
	p.findings(r.Findings)
	return p
}

// headline counts the effects in one sentence.
func (p *diffPage) headline(r commitment.Result) string {
	text := tally(r.Changes)
	if slices.ContainsFunc(r.Changes, forTheWorse) {
		return p.red(text)
	}
	return p.green(text)
}

// tally says how many changes there are of each effect.
func tally(changes []commitment.Change) string {
	counts := map[commitment.Effect]int{}
	for i := range changes {
		counts[changes[i].Effect]++
	}
	var parts []string
	for _, e := range commitment.Effects() {
		if n := counts[e]; n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, e))
		}
	}
	if len(parts) == 0 {
		return "No promise differs."
	}
	return "Promises that differ: " + strings.Join(parts, ", ") + "."
}

func (p *diffPage) changes(changes []commitment.Change) {
	for i := range changes {
		if i == changesShown {
			fmt.Fprintf(&p.Builder, "\n… and %s (--format json lists all)\n", count(len(changes)-i, "more change"))
			return
		}
		fmt.Fprintln(&p.Builder)
		writeChange(&p.Builder, p.paint, &changes[i], "")
	}
}

// writeChange writes one change as a person reads it, each line behind an indent.
func writeChange(b *strings.Builder, p paint, c *commitment.Change, indent string) {
	line := func(format string, args ...any) { fmt.Fprintf(b, indent+format+"\n", args...) }
	line("%s  %s", effectText(p, c.Effect), p.dim(inert(where(c))))
	if c.CrossesFloor {
		line("  %s", p.red("BELOW THE CONTRACT"))
	}
	line("  %s", inert(c.Text))
	for _, f := range c.Fields {
		line("    %s: %s -> %s%s", inert(f.Name), fieldText(f.Before), fieldText(f.After), p.dim(fieldEffect(f)))
	}
	for _, note := range c.Notes {
		line("    %s", p.dim("("+inert(note)+")"))
	}
	if n := len(c.SameAs); n > 0 {
		line("    %s", p.dim(fmt.Sprintf("the same change in %s", count(n, "other place"))))
	}
}

func fieldEffect(f commitment.FieldChange) string {
	if f.Effect == commitment.Neutral {
		return ""
	}
	return "  " + string(f.Effect)
}

// fieldText is a value on a page: on one line, cut where it is long.
func fieldText(text string) string {
	text = strings.Join(strings.Fields(text), " ")
	if text == "" {
		return "(nothing)"
	}
	if r := []rune(text); len(r) > 120 {
		text = string(r[:119]) + "…"
	}
	return inert(text)
}

// where is the place of a change on both sides.
func where(c *commitment.Change) string {
	at := c.At()
	switch {
	case at.Before.File == "":
		return at.After.String()
	case at.After.File == "":
		return at.Before.String() + " (gone)"
	case at.Before.File != at.After.File:
		return at.Before.String() + " -> " + at.After.String()
	case at.Before.Line != at.After.Line:
		return fmt.Sprintf("%s (was line %d)", at.After, at.Before.Line)
	}
	return at.After.String()
}

func effectText(p paint, e commitment.Effect) string {
	switch e {
	case commitment.Weakened, commitment.Removed, commitment.Unknown:
		return p.red(string(e))
	case commitment.Strengthened, commitment.Added:
		return p.green(string(e))
	case commitment.Neutral:
	}
	return p.bold(string(e))
}

func (p *diffPage) findings(list []commitment.Finding) {
	if len(list) > 0 {
		fmt.Fprintf(&p.Builder, "\n%s\n", p.bold("Worth a look"))
	}
	for _, f := range list {
		fmt.Fprintf(&p.Builder, "  - %s\n", findingText(p.paint, f))
	}
}

func findingText(p paint, f commitment.Finding) string {
	return inert(f.Text) + " " + p.dim(inert(commitment.Source{File: f.File, Line: f.Line}.String()))
}

// diffMarkdown is the answer of diff for a place that shows Markdown: the table that
// slagate's comment has, without links.
func diffMarkdown(r commitment.Result) string {
	var b strings.Builder
	fmt.Fprintf(&b, "### %s\n", tally(r.Changes))
	if table := render.Changes(r.Changes); table != "" {
		b.WriteString("\n" + table)
	}
	if findings := render.Findings(r.Findings); findings != "" {
		b.WriteString("\n" + findings)
	}
	return b.String()
}
