package cli

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/slagate/slagate/internal/checkout"
	"github.com/slagate/slagate/internal/commitment"
	"github.com/slagate/slagate/internal/gate"
	"github.com/slagate/slagate/internal/policy"
	"github.com/slagate/slagate/internal/pull"
)

// page is the answer of check as a person reads it in a terminal. Lines with
// foreign text start with words of ours: a build log may take a line that starts
// with "::" for a command.
type page struct {
	strings.Builder
	paint
	check  *check
	found  checkout.Branch
	d      gate.Decision
	report Report
}

func newPage(c *check, found checkout.Branch, d gate.Decision, report Report) *page {
	p := &page{paint: newPaint(c.out), check: c, found: found, d: d, report: report}
	p.headline()
	p.problems()
	p.functions()
	p.changes()
	p.files()
	p.checklist()
	p.policyEdit()
	p.next()
	p.footer()
	return p
}

func (p *page) line(format string, args ...any) { fmt.Fprintf(&p.Builder, format+"\n", args...) }

func (p *page) title(text string) { p.line("\n%s", p.bold(text)) }

func (p *page) headline() {
	total := len(p.found.Snapshot.Files)
	switch {
	case p.d.Verdict == gate.PolicyBroken:
		p.line("%s", p.red("The policy that is in force is broken, so nobody can tell who has to sign."))
	case p.d.Verdict == gate.HeadPolicyInvalid:
		p.line("%s", p.red("The policy file of this branch would be invalid. slagate holds the merge until it is mended."))
	case p.report.Result == Failed:
		p.line("%s", p.red("Could not be found out: "+inert(p.report.Problems[0].Message)))
	case p.report.Result == SignOffsNeeded && len(p.d.Functions) == 0:
		p.line("%s", p.yellow("Nobody has to sign, but required checklist items have to be settled."))
	case p.report.Result == SignOffsNeeded:
		p.line("%s", p.yellow("Sign-offs needed: "+strings.Join(functionNames(p.d), ", ")))
	case p.report.Result == Neutral:
		p.line("%s", p.green("Commitments touched, nobody has to sign."))
	case p.d.Verdict == gate.AddsPolicy:
		p.line("%s", p.green("Adds slagate's policy: valid, in force once merged. Nobody has to sign."))
	case !p.enrolled():
		p.line("%s", p.green("No policy here, so nothing is gated."))
	case total == 0:
		p.line("%s", p.green("Nothing differs from the base. No customer commitment touched."))
	default:
		p.line("%s (%s, none under a rule)", p.green("No customer commitment touched."), count(total, "changed file"))
	}
}

// enrolled reports whether there is a policy at all.
func (p *page) enrolled() bool {
	facts := p.found.Snapshot.Policy
	return facts.Base.State != pull.BlobAbsent || facts.Owner.State != pull.BlobAbsent
}

func functionNames(d gate.Decision) []string {
	var out []string
	for _, f := range d.Functions {
		out = append(out, f.Name)
	}
	return out
}

func (p *page) problems() {
	if len(p.d.Problems) > 0 {
		p.line("")
	}
	for _, problem := range p.d.Problems {
		p.line("%s", problemLine(problem))
	}
}

func (p *page) functions() {
	if len(p.d.Functions) == 0 {
		return
	}
	p.title("Who has to sign, and why")
	width := longest(functionNames(p.d))
	for _, f := range p.d.Functions {
		p.line("  %-*s  %s, because of %s", width, f.Name, who(f), inert(strings.Join(f.Because, ", ")))
	}
}

// who says who can sign for a function.
func who(f gate.Function) string {
	people := slices.Clone(f.Teams)
	for _, u := range f.Users {
		people = append(people, "@"+u)
	}
	if len(people) == 0 {
		return "an admin of the repository"
	}
	if f.Approvals > 1 {
		return fmt.Sprintf("%d people of %s", f.Approvals, inert(strings.Join(people, ", ")))
	}
	return "one of " + inert(strings.Join(people, ", "))
}

func longest(words []string) int {
	n := 0
	for _, w := range words {
		n = max(n, len(w))
	}
	return n
}

// changes says what changes for customers. What is neutral is counted only.
func (p *page) changes() {
	neutral := 0
	var list []commitment.Change
	for _, c := range p.d.Changes {
		if c.Effect == commitment.Neutral {
			neutral++
			continue
		}
		list = append(list, c)
	}
	if len(list) > 0 || neutral > 0 {
		p.title("What changes for customers")
	}
	for i := range list[:min(len(list), changesShown)] {
		writeChange(&p.Builder, p.paint, &list[i], "  ")
	}
	if left := len(list) - changesShown; left > 0 {
		p.line("  … and %s (--format json lists all)", count(left, "more change"))
	}
	if neutral > 0 {
		p.line("  %s without effect for customers", count(neutral, "change"))
	}
	if len(p.d.Uncovered) > 0 {
		p.title("Changes of promises in files that no rule covers")
	}
	for i := range p.d.Uncovered[:min(len(p.d.Uncovered), changesShown)] {
		writeChange(&p.Builder, p.paint, &p.d.Uncovered[i], "  ")
	}
	if len(p.d.Findings) > 0 {
		p.title("Worth a look")
	}
	for _, f := range p.d.Findings {
		p.line("  - %s", findingText(p.paint, f))
	}
}

// filesShown bounds the list of files on a page that a person reads; JSON has all.
const filesShown = 25

func (p *page) files() {
	if len(p.d.Files) == 0 {
		return
	}
	p.title(fmt.Sprintf("Files under a rule (%d of %s)", len(p.d.Files), count(len(p.found.Snapshot.Files), "changed file")))
	for _, f := range worstFirst(p.d.Files) {
		var rules []string
		for _, h := range ruleHits(f) {
			rules = append(rules, ruleText(h))
		}
		p.line("  - %s", inert(f.Path))
		p.line("      %s; %s", p.fileText(f), p.dim(strings.Join(rules, "; ")))
	}
	if left := len(p.d.Files) - filesShown; left > 0 {
		p.line("  … and %s (--format json lists all)", count(left, "more file"))
	}
	if slices.ContainsFunc(p.d.Files, needsLegend) {
		p.line("  %s", p.dim("unknown: "+meanings()[commitment.Unknown]+". Please read the change."))
	}
}

// fileText says what happens to a file, in few words.
func (p *page) fileText(f gate.GatedFile) string {
	text := done(f) + ", " + string(f.Effect)
	if isPolicy(f) {
		text = done(f) + ": " + policyMeaning
	}
	if f.Why != "" {
		text += " (" + inert(f.Why) + ")"
	}
	return text
}

// ruleText says which pattern of which rule covers a file.
func ruleText(h RuleHit) string {
	if h.Pattern == "" {
		return "rule " + inert(h.Rule)
	}
	if h.Rule == gate.PolicyRule && h.Pattern == pull.PolicyPath {
		return "the policy protects itself"
	}
	return fmt.Sprintf("rule %s by %s", inert(h.Rule), inert(h.Pattern))
}

func (p *page) checklist() {
	if len(p.d.Checklist) == 0 {
		return
	}
	p.title("Checklist")
	owners := append(functionNames(p.d), policy.AuthorOwner)
	for _, i := range p.d.Checklist {
		if !slices.Contains(owners, i.Owner) {
			owners = append(owners, i.Owner)
		}
	}
	width := longest(owners)
	for _, owner := range owners {
		for _, i := range p.d.Checklist {
			if i.Owner != owner {
				continue
			}
			required := ""
			if i.Required {
				required = p.yellow(" (required)")
			}
			p.line("  %-*s  %s%s: %s", width, owner, i.ID, required, inert(i.Text))
		}
	}
}

func (p *page) policyEdit() {
	if len(p.d.PolicyEdit) == 0 || p.d.Verdict == gate.AddsPolicy {
		return
	}
	p.title("What this does to slagate's policy")
	for _, e := range p.d.PolicyEdit {
		p.line("  - %s", inert(e))
	}
}

// next says what to do.
func (p *page) next() {
	steps := p.steps()
	if len(steps) == 0 {
		return
	}
	p.title("What to do next")
	for _, s := range steps {
		p.line("  - %s", s)
	}
}

func (p *page) steps() []string {
	switch {
	case p.d.Verdict == gate.HeadPolicyInvalid:
		return []string{"Mend the places above; \"slagate validate\" checks the file as it lies in the folder."}
	case p.d.Verdict == gate.PolicyBroken && p.check.policy != "":
		return []string{"Mend the places above, then check again."}
	case p.d.Verdict == gate.PolicyBroken:
		return []string{"Mend the places above in a branch that changes nothing else, and have that merged first."}
	case p.report.Result == SignOffsNeeded:
		return p.signSteps()
	case p.report.Result == NothingGated && !p.enrolled() && p.d.Verdict != gate.AddsPolicy:
		return []string{
			"To guard promises here, add .github/slagate.yml (config/slagate.example.yml in slagate's repository shows all of it).",
			"Try it before it is merged: slagate check --policy .github/slagate.yml",
		}
	case len(p.found.Snapshot.Files) == 0 && !p.check.base.Worktree:
		return []string{"Only what is committed was looked at; --worktree looks at everything in the folder."}
	}
	return nil
}

func (p *page) signSteps() []string {
	steps := []string{"Open the pull request: slagate asks everybody named here, in one comment."}
	if len(p.d.Functions) > 0 {
		steps = append(steps, "There they sign: "+strings.Join(p.ways(), ", or ")+".")
	}
	if slices.ContainsFunc(p.d.Checklist, func(i gate.Item) bool { return i.Required }) {
		steps = append(steps, "Required checklist items hold the merge until their owner has ticked them.")
	}
	return steps
}

// ways are the ways to sign.
func (p *page) ways() []string {
	var labels, ways []string
	for _, f := range p.d.Functions {
		if f.Label != "" {
			labels = append(labels, inert(f.Label))
		}
	}
	for _, m := range p.methods() {
		switch m {
		case policy.Label:
			if len(labels) > 0 {
				ways = append(ways, "by a label ("+strings.Join(labels, ", ")+")")
			}
		case policy.Command:
			ways = append(ways, fmt.Sprintf("by a line in a comment (/sla sign %s)", p.d.Functions[0].Name))
		case policy.Review:
			ways = append(ways, "by an approving review")
		}
	}
	return ways
}

func (p *page) methods() []policy.Method {
	if len(p.d.Methods) > 0 {
		return p.d.Methods
	}
	return []policy.Method{policy.Label, policy.Command}
}

func (p *page) footer() {
	sn := p.found.Snapshot
	what := "HEAD " + short(sn.Pull.Head)
	if p.check.base.Worktree {
		what = "the folder, committed or not,"
	}
	p.line("\n%s", p.dim(fmt.Sprintf("Compared: %s with %s, where it left %s.", what, short(sn.Pull.MergeBase), inert(shortRef(p.found.Base)))))
	if !p.enrolled() {
		return
	}
	source := ".github/slagate.yml at " + shortRef(p.found.Base)
	if sn.Policy.Base.State == pull.BlobAbsent {
		source = "the owner default alone"
	}
	source = cmp.Or(p.check.policy, source)
	if p.check.owner != "" {
		source += ", over the owner default " + p.check.owner
	}
	branch := ""
	if sn.Pull.BaseBranch != "" {
		branch = " Base branch: " + inert(sn.Pull.BaseBranch) + "."
	}
	p.line("%s", p.dim("Policy: "+inert(source)+"."+branch))
}

// shortRef is a ref with a commit id in it made short.
func shortRef(ref string) string {
	end := strings.IndexFunc(ref, func(r rune) bool { return !strings.ContainsRune("0123456789abcdef", r) })
	if end < 0 {
		end = len(ref)
	}
	if end < 40 { // SHA-1 has 40 digits, SHA-256 has 64
		return ref
	}
	return short(ref) + ref[end:]
}

func short(oid string) string { return oid[:min(len(oid), 8)] }
