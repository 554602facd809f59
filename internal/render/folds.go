package render

import (
	"strings"

	"github.com/slagate/slagate/internal/gate"
	"github.com/slagate/slagate/internal/policy"
)

// why says, folded, by which rule and pattern each file is gated.
func (c comment) why(room int) string {
	files := c.d.Files
	body := fill(len(files), filesShown, room, func(i int) string { return whyFile(files[i]) }, func(left int) string {
		return "- and " + count(left, "more file") + "\n"
	})
	return folded("Why "+count(len(files), "file")+" need"+thirdPerson(len(files))+" agreement", body)
}

func thirdPerson(n int) string {
	if n == 1 {
		return "s"
	}
	return ""
}

func whyFile(f gate.GatedFile) string {
	var hits []string
	for _, hit := range f.Rules[:min(len(f.Rules), pathsShown)] {
		text := "rule " + Code(hit.Rule)
		switch {
		case hit.Rule == gate.UncoveredRule && hit.Pattern == "":
			text = "a promise in it changes that no rule covers"
		case hit.New:
			text = "the new policy's " + text
		}
		if hit.Pattern != "" {
			text += " by " + Code(hit.Pattern)
		}
		if hit.Path != "" && hit.Path != f.Path {
			text += " on " + Code(hit.Path)
		}
		if hit.Folded != "" {
			text += ", which matches only if one looks past " + prose(hit.Folded, line)
		}
		hits = append(hits, text)
	}
	text := "- " + Code(f.Path) + ": " + strings.Join(hits, "; ")
	if len(f.Functions) > 0 {
		text += "; asks " + names(f.Functions, namesShown)
	}
	return text + "\n"
}

// how says, folded, how to sign and how long it holds. Commands stand in
// inline code only, never at the start of a line.
func (c comment) how(int) string {
	if len(c.d.Functions) == 0 && len(c.d.Checklist) == 0 && !c.d.HelpAsked {
		return ""
	}
	return folded("How to sign, and how long it holds", c.howToSign()+c.howToTick()+
		"- Look again now: `/sla refresh`. Show this: `/sla help`.\n")
}

func (c comment) howToSign() string {
	function := "FUNCTION"
	if len(c.d.Functions) > 0 && nameShape.MatchString(c.d.Functions[0].Name) {
		function = c.d.Functions[0].Name
	}
	var b strings.Builder
	for _, m := range c.methods() {
		switch m {
		case policy.Command:
			b.WriteString("- By comment: begin a comment with `/sla sign " + function + "`; a note may follow. You only need to be able to read this repository." +
				" Take it back with `/sla unsign " + function + "`.\n")
		case policy.Label:
			b.WriteString("- By label: add the sign-off label of your function at the side of this page. GitHub asks for triage rights. Take it back by removing it.\n")
		case policy.Review:
			b.WriteString("- By review: approve under “Files changed”. It counts for the function you belong to.\n")
		}
	}
	if c.d.Reset {
		b.WriteString("- A sign-off is for the content shown here. Any push asks for it again.\n")
	} else {
		b.WriteString("- A sign-off is for the content shown here. It holds when other things change; if this content changes, only the functions concerned are asked again.\n")
	}
	b.WriteString("- It counts only from a member of the function. Whether the author, or somebody who pushed to these files, may sign is up to the policy.\n")
	return b.String()
}

func (c comment) howToTick() string {
	if len(c.d.Checklist) == 0 {
		return ""
	}
	item := "ITEM"
	if itemShape.MatchString(c.d.Checklist[0].ID) {
		item = c.d.Checklist[0].ID
	}
	return "- Checklist: tick the box, or write a comment `/sla done " + item + "`, `/sla undone " + item + "` or `/sla na " + item +
		" REASON` (does not apply). It counts only from the one it belongs to.\n"
}
