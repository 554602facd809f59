package cli

import (
	"fmt"
	"io"
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
	for i := range r.Changes {
		if forTheWorse(r.Changes[i]) {
			return p.red(text)
		}
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
		p.change(&changes[i])
	}
}

func (p *diffPage) change(c *commitment.Change) {
	fmt.Fprintf(&p.Builder, "\n%s  %s\n", p.effect(c.Effect), p.dim(inert(where(c))))
	if c.CrossesFloor {
		fmt.Fprintf(&p.Builder, "  %s\n", p.red("BELOW THE CONTRACT"))
	}
	fmt.Fprintf(&p.Builder, "  %s\n", inert(c.Text))
	for _, f := range c.Fields {
		fmt.Fprintf(&p.Builder, "    %s: %s -> %s%s\n", inert(f.Name), fieldText(f.Before), fieldText(f.After), p.dim(fieldEffect(f)))
	}
	for _, note := range c.Notes {
		fmt.Fprintf(&p.Builder, "    %s\n", p.dim("("+inert(note)+")"))
	}
	if n := len(c.SameAs); n > 0 {
		fmt.Fprintf(&p.Builder, "    %s\n", p.dim(fmt.Sprintf("the same change in %s", count(n, "other place"))))
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
	switch {
	case c.Before == nil && c.After == nil:
		return c.File
	case c.Before == nil:
		return c.After.Source.String()
	case c.After == nil:
		return c.Before.Source.String() + " (gone)"
	case c.Before.Source == c.After.Source:
		return c.After.Source.String()
	case c.Before.Source.File == c.After.Source.File:
		return fmt.Sprintf("%s (was line %d)", c.After.Source, c.Before.Source.Line)
	}
	return c.Before.Source.String() + " -> " + c.After.Source.String()
}

func (p *diffPage) effect(e commitment.Effect) string {
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
		fmt.Fprintf(&p.Builder, "  - %s %s\n", inert(f.Text), p.dim(inert(commitment.Source{File: f.File, Line: f.Line}.String())))
	}
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
