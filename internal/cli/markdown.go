package cli

import (
	"fmt"
	"slices"
	"strings"

	"github.com/slagate/slagate/internal/commitment"
	"github.com/slagate/slagate/internal/gate"
	"github.com/slagate/slagate/internal/policy"
	"github.com/slagate/slagate/internal/pull"
	"github.com/slagate/slagate/internal/render"
)

// markdown is the answer of check for a place that shows Markdown, such as a
// job's summary. All foreign text stands in code that it cannot leave, in lists,
// where no character of it can start something else.
func markdown(d gate.Decision, r Report) string {
	var b strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	line("### %s", markdownTitle(d, r))
	if len(r.Problems) > 0 {
		line("")
	}
	for _, p := range r.Problems {
		line("- %s %s", render.Code(fmt.Sprintf("%s:%d:%d", p.File, p.Line, p.Column)), render.Code(p.Message))
	}
	if len(d.Functions) > 0 {
		line("\n**Who has to sign, and why**\n")
	}
	for _, f := range d.Functions {
		line("- **%s**: %s of %s, because of %s", f.Name, count(f.Approvals, "approval"), codes(slices.Concat(f.Teams, f.Users)), codes(f.Because))
	}
	if len(d.Changes) > 0 {
		line("\n**What changes for customers**\n\n%s", render.Changes(d.Changes))
	}
	if len(d.Uncovered) > 0 {
		line("\n**Changes of promises in files that no rule covers**\n\n%s", render.Changes(d.Uncovered))
	}
	if len(d.Findings) > 0 {
		line("\n%s", render.Findings(d.Findings))
	}
	if len(d.Files) > 0 {
		line("\n**Files under a rule**\n")
	}
	for _, f := range worstFirst(d.Files) {
		line("- %s: %s; %s", render.Code(f.Path), fileMarkdown(f), hitCodes(f))
	}
	if left := len(d.Files) - filesShown; left > 0 {
		line("- … and %s", count(left, "more file"))
	}
	if slices.ContainsFunc(d.Files, needsLegend) {
		line("\n**unknown**: %s. Please read the change.", meanings()[commitment.Unknown])
	}
	if len(d.Checklist) > 0 {
		line("\n**Checklist**\n")
	}
	for _, i := range d.Checklist {
		required := ""
		if i.Required {
			required = ", **required**"
		}
		line("- %s (%s%s): %s", i.ID, i.Owner, required, itemText(i))
	}
	return b.String()
}

func markdownTitle(d gate.Decision, r Report) string {
	switch r.Result {
	case SignOffsNeeded:
		if len(d.Functions) == 0 {
			return "Nobody has to sign, but required checklist items have to be settled"
		}
		return "Sign-offs needed: " + strings.Join(functionNames(d), ", ")
	case Neutral:
		return "Commitments touched, nobody has to sign"
	case NothingGated:
		if d.Verdict == gate.AddsPolicy {
			return "Adds slagate's policy: valid, in force once merged"
		}
		return "No customer commitment touched"
	case Same, Changed, Failed:
	}
	if d.Verdict == gate.HeadPolicyInvalid {
		return "The policy would be invalid"
	}
	return "The policy is broken"
}

// fileMarkdown says what happens to a file, in few words.
func fileMarkdown(f gate.GatedFile) string {
	text := done(f)
	if f.Status == pull.FileRenamed {
		text = "renamed from " + render.Code(f.Previous)
	}
	if isPolicy(f) {
		text += ", " + policyMeaning
	} else {
		text += ", **" + string(f.Effect) + "**"
	}
	if f.Why != "" {
		text += " (" + f.Why + ")"
	}
	return text
}

func codes(list []string) string {
	var out []string
	for _, text := range list {
		out = append(out, render.Code(text))
	}
	if len(out) == 0 {
		return "an admin of the repository"
	}
	return strings.Join(out, ", ")
}

func hitCodes(f gate.GatedFile) string {
	var out []string
	for _, h := range ruleHits(f) {
		text := render.Code(h.Rule)
		if h.Pattern != "" {
			text += " by " + render.Code(h.Pattern)
		}
		out = append(out, text)
	}
	return strings.Join(out, ", ")
}

// itemText is our own sentence as it is, and anybody else's as code.
func itemText(i gate.Item) string {
	if slices.ContainsFunc(policy.BuiltIn(), func(b policy.Item) bool { return b.ID == i.ID && b.Text == i.Text }) {
		return i.Text
	}
	return render.Code(i.Text)
}
