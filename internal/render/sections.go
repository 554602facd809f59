package render

import (
	"fmt"
	"slices"
	"strings"

	"github.com/slagate/slagate/internal/gate"
	"github.com/slagate/slagate/internal/pull"
)

// Rows that a section shows at most.
const (
	filesShown     = 50
	functionsShown = 40
	problemsShown  = 20
	refusalsShown  = 5 // product contract: the last five
	signersShown   = 5
	pathsShown     = 10
)

// functions is the table of who has to sign and who has, with notes under it.
func (c comment) functions(room int) string {
	fs := c.d.Functions
	if len(fs) == 0 {
		return ""
	}
	body := "| Who | Signed? | By whom | When | For which content |\n|---|---|---|---|---|\n" +
		fill(len(fs), functionsShown, room*3/4, func(i int) string { return c.function(fs[i]) }, func(left int) string {
			return "\n… and " + count(left, "more function") + ".\n"
		})
	var notes []string
	for _, f := range fs {
		for _, note := range f.Notes {
			notes = append(notes, "- "+bold(f.Name, line)+": "+prose(note, line)+"\n")
		}
	}
	if len(c.d.NoLonger) > 0 {
		notes = append(notes, "- Not asked any more: "+names(c.d.NoLonger, namesShown)+"\n")
	}
	if len(notes) > 0 {
		body += "\n" + fill(len(notes), functionsShown, room/4, func(i int) string { return notes[i] }, func(left int) string {
			return "- and " + count(left, "more note") + "\n"
		})
	}
	return titled("Who has to sign, and who has", body)
}

func (c comment) function(f gate.Function) string {
	var by, when, content []string
	for _, s := range f.SignOffs[:min(len(f.SignOffs), signersShown)] {
		by = append(by, signer(s))
		when = append(when, c.signedWhen(s))
		content = append(content, c.content(s))
	}
	if left := len(f.SignOffs) - signersShown; left > 0 {
		by = append(by, fmt.Sprintf("and %d more", left))
	}
	return "| " + strings.Join([]string{
		bold(f.Name, cell) + functionMembers(f), standing(f),
		strings.Join(by, "; "), strings.Join(when, "; "), strings.Join(slices.Compact(content), "; "),
	}, " | ") + " |\n"
}

func functionMembers(f gate.Function) string {
	var who []string
	for _, name := range slices.Concat(f.Teams, f.Users) {
		who = append(who, span(name, cell))
	}
	if len(who) == 0 {
		return ""
	}
	return " (" + strings.Join(some(who, pathsShown), ", ") + ")"
}

func standing(f gate.Function) string {
	switch {
	case f.Cannot != "":
		return "**cannot**: " + prose(f.Cannot, cell)
	case f.Done():
		return "**yes**"
	case len(f.SignOffs) > 0:
		return fmt.Sprintf("%d of %d", len(f.SignOffs), f.Approvals)
	}
	return "not yet"
}

func signer(s pull.SignOff) string {
	text := login(s.Person, cell)
	switch s.Method {
	case "label", "review":
		text += " by " + s.Method
	case "command":
		text += " by comment"
	}
	if s.Note != "" {
		text += ": " + proseOf(s.Note, 120, cell)
	}
	return text
}

// content says what a sign-off was given for.
func (c comment) content(s pull.SignOff) string {
	text := "content " + span(short(s.Fingerprint), cell)
	if s.Fingerprint == "" {
		text = "content not known"
	}
	if s.Head == "" {
		return text
	}
	text += " at " + commit(s.Head, cell)
	if s.Head != c.d.Head {
		text += ", unchanged since"
	}
	return text
}

// since says for each function that is asked again what changed since it signed.
func (c comment) since(room int) string {
	var lines []string
	for _, f := range c.d.Functions {
		if f.Since == nil {
			continue
		}
		s := f.Since.SignOff
		text := "- since " + names([]string{f.Name}, 1) + " signed: " + differences(*f.Since) +
			" (" + login(s.Person, line) + " signed on " + minute(s.At)
		if s.Head != "" {
			text += " at " + commit(s.Head, line)
		}
		lines = append(lines, text+")\n")
	}
	body := fill(len(lines), functionsShown, room, func(i int) string { return lines[i] }, func(left int) string {
		return "- and " + count(left, "more function") + "\n"
	})
	return titled("What changed since it was signed", body)
}

func differences(s gate.Since) string {
	var parts []string
	if len(s.Changed) > 0 {
		parts = append(parts, codes(s.Changed, pathsShown, line)+" changed")
	}
	if len(s.Gained) > 0 {
		parts = append(parts, codes(s.Gained, pathsShown, line)+" came in")
	}
	if len(s.Lost) > 0 {
		parts = append(parts, codes(s.Lost, pathsShown, line)+" went out")
	}
	if s.Checklist {
		parts = append(parts, "the checklist is another one")
	}
	if len(parts) == 0 {
		return "what it is asked about is another content"
	}
	return strings.Join(parts, "; ")
}

// problems is the table of mistakes in a policy file.
func (c comment) problems(room int) string {
	ps := c.d.Problems
	if len(ps) == 0 {
		return ""
	}
	body := "| Where | What stands there | What is wrong | What is allowed |\n|---|---|---|---|\n" +
		fill(len(ps), problemsShown, room, func(i int) string {
			p := ps[i]
			value := "–"
			if p.Value != "" {
				value = span(p.Value, cell)
			}
			return fmt.Sprintf("| %s | %s | %s | %s |\n",
				span(fmt.Sprintf("%s:%d:%d", p.File, p.Line, p.Column), cell), value, prose(p.Message, cell), allowed(p.Allowed))
		}, func(left int) string { return "\n… and " + count(left, "more mistake") + ".\n" })
	return titled("Mistakes in the policy", body)
}

func allowed(values []string) string {
	if len(values) == 0 {
		return "–"
	}
	return codes(values, pathsShown, cell)
}

// refusals are the last things that somebody tried and that did not count.
func (c comment) refusals(room int) string {
	rs := c.d.Refusals
	rs = rs[max(0, len(rs)-refusalsShown):]
	body := fill(len(rs), refusalsShown, room, func(i int) string {
		r := rs[i]
		what := prose(r.What, line)
		if strings.HasPrefix(r.What, "/") { // a command, in one piece
			what = Code(r.What)
		}
		return "- " + login(r.Person, line) + ", " + minute(r.At) + ": " + what + " – " + prose(r.Why, line) + "\n"
	}, func(left int) string { return "- and " + count(left, "more") + "\n" })
	return titled("Did not count", body)
}

// policyEdit says what the pull request does to the policy.
func (c comment) policyEdit(room int) string {
	es := c.d.PolicyEdit
	body := fill(len(es), filesShown, room, func(i int) string { return "- " + prose(es[i], line) + "\n" }, func(left int) string {
		return "- and " + count(left, "more change") + "\n"
	})
	return titled("What this does to slagate's policy", body)
}
