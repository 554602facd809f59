package gate_test

import (
	"fmt"
	"strings"

	"github.com/slagate/slagate/internal/gate"
	"github.com/slagate/slagate/internal/pull"
)

// shown is a decision as a transcript has it.
func shown(d gate.Decision) string {
	var b strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	line("%s at %s on %s", d.Verdict, d.Head, d.Base)
	if d.Unanswered != "" {
		line("  unanswered: %s", d.Unanswered)
	}
	if d.AllTouched != "" {
		line("  everything counts as touched: %s", d.AllTouched)
	}
	if !d.OwnerUnreadableSince.IsZero() {
		line("  owner default unreadable since %s", d.OwnerUnreadableSince.Format("15:04:05"))
	}
	for _, p := range d.Problems {
		line("  problem: %s:%d %s", p.File, p.Line, p.Message)
	}
	for _, s := range d.PolicyEdit {
		line("  policy edit: %s", s)
	}
	if b := d.Memory.Bypass; b != nil {
		line("  %s", shownBypass(*b))
	}
	for _, f := range d.Functions {
		line("  %s", strings.TrimSpace(shownFunction(f)))
	}
	if len(d.NoLonger) > 0 {
		line("  not asked any more: %s", strings.Join(d.NoLonger, ", "))
	}
	for _, it := range d.Checklist {
		line("  item %s", shownItem(it))
	}
	for _, r := range d.Refusals {
		line("  refused: %s, %s: %s", r.Person.Login, r.What, r.Why)
	}
	for _, r := range d.Memory.Owed {
		line("  reaction: %d %s", r.CommentID, r.Content)
	}
	if !d.NextCheck.IsZero() {
		line("  look again at %s", d.NextCheck.Format("15:04:05"))
	}
	return b.String()
}

func shownBypass(b pull.Bypass) string {
	text := fmt.Sprintf("merged by %s at %s", b.By.Login, b.At.Format("15:04:05"))
	if b.Judged {
		text += fmt.Sprintf(" without %v, open %v", b.Missing, b.Open)
	}
	if b.Unjudged != "" {
		text += ", not judged: " + b.Unjudged
	}
	if !b.Settled.IsZero() {
		text += ", settled " + b.Settled.Format("15:04:05")
	}
	return text
}

func shownFunction(f gate.Function) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %d of %d", f.Name, len(f.SignOffs), f.Approvals)
	for _, s := range f.SignOffs {
		fmt.Fprintf(&b, ", %s by %s", s.Person.Login, s.Method)
	}
	if f.LabelWanted {
		b.WriteString(", label")
	}
	if f.Cannot != "" {
		b.WriteString(", cannot: " + f.Cannot)
	}
	if s := f.Since; s != nil {
		fmt.Fprintf(&b, "\n    since %s signed: changed %v, gained %v, lost %v", s.SignOff.Person.Login, s.Changed, s.Gained, s.Lost)
		if s.Checklist {
			b.WriteString(", other checklist")
		}
	}
	for _, n := range f.Notes {
		b.WriteString("\n    note: " + n)
	}
	return b.String()
}

func shownItem(it gate.Item) string {
	state := "open"
	if it.Tick != nil {
		state = fmt.Sprintf("%s by %s", it.Tick.State, it.Tick.Person.Login)
		if it.Tick.Note != "" {
			state += " (" + it.Tick.Note + ")"
		}
	}
	required := ""
	if it.Required {
		required = ", required"
	}
	return fmt.Sprintf("%s of %s%s: %s", it.ID, it.Owner, required, state)
}

func shownFiles(d gate.Decision) string {
	var b strings.Builder
	for _, f := range d.Files {
		name := f.Path
		if f.Previous != "" {
			name = f.Previous + " => " + f.Path
		}
		fmt.Fprintf(&b, "  file %s %s", name, f.Effect)
		if f.Why != "" {
			b.WriteString(": " + f.Why)
		}
		fmt.Fprintf(&b, " -> %s", strings.Join(f.Functions, ", "))
		for _, h := range f.Rules {
			fmt.Fprintf(&b, "\n    rule %s by %s on %s", h.Rule, h.Pattern, h.Path)
			if h.Folded != "" {
				b.WriteString(" (" + h.Folded + ")")
			}
		}
		b.WriteString("\n")
	}
	for _, c := range d.Uncovered {
		fmt.Fprintf(&b, "  uncovered: %s %s\n", c.Effect, c.Text)
	}
	return b.String()
}
