package render

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/slagate/slagate/internal/gate"
	"github.com/slagate/slagate/internal/policy"
	"github.com/slagate/slagate/internal/pull"
)

// namesShown is how many functions a sentence lists.
const namesShown = 12

// head says where the pull request stands, in a heading and a paragraph.
func (c comment) head(int) string {
	title, lead := c.headline()
	if b := c.d.Memory.Bypass; b != nil {
		title, lead = c.merged(*b)
	}
	text := "### " + title + "\n\n" + lead
	if c.d.Repair != "" {
		text += "\n\nThe policy in force is broken. This pull request changes policy files only, so it is judged by " +
			prose(c.d.Repair, line) + "."
	}
	if c.d.AllTouched != "" {
		text += "\n\nslagate could not get the whole list of changed files (" + prose(c.d.AllTouched, line) +
			"), so every file counts as changed."
	}
	if !c.d.OwnerUnreadableSince.IsZero() {
		text += "\n\nThe owner's default policy cannot be read since " + c.d.OwnerUnreadableSince.UTC().Format("2006-01-02") +
			"; its last valid version goes on."
	}
	return text
}

func (c comment) headline() (title, lead string) {
	missing := names(functionNames(awaited(c.d.Functions)), namesShown)
	switch c.d.Verdict {
	case gate.Waiting:
		signed := len(c.d.Functions) - len(awaited(c.d.Functions))
		return fmt.Sprintf("Waiting for %s (%d of %d signed)", missing, signed, len(c.d.Functions)),
			c.subject() + " The merge is held until everybody who has to agree has signed."
	case gate.OpenItems:
		return "Signed; still open: " + codes(openRequired(c.d.Checklist), namesShown, line),
			c.subject() + " Everybody who has to agree has signed. The merge is held until the required items of the checklist are settled."
	case gate.Signed:
		return c.signedTitle(), c.subject() + " Everybody who has to agree to it has. slagate does not hold the merge."
	case gate.CannotSign:
		return c.cannotTitle(), c.subject() + " The merge is held, and the functions named here cannot release it until that is mended."
	case gate.AllNeutral:
		return "Commitments touched, none changed", c.subject() + " No promise changes by it, so nobody has to sign."
	case gate.NoAnswer:
		return c.noAnswerHead()
	case gate.HeadPolicyInvalid:
		return "The policy would be invalid", "This pull request changes slagate's policy, and the new version has " +
			count(len(c.d.Problems), "mistake") + ". The merge is held until the file is mended."
	case gate.PolicyBroken:
		return "slagate's policy is broken", "The policy that is in force for " + Code(c.d.Base) + " has " +
			count(len(c.d.Problems), "mistake") + ", so slagate cannot tell who has to agree, and holds the merge." +
			" Somebody who looks after the policy has to mend it, in a pull request that changes nothing else."
	case gate.AddsPolicy:
		return "Adds slagate's policy", "The policy that this pull request adds is valid." +
			" It is in force once merged; until then nobody has to sign."
	case gate.Ungated:
		if len(c.d.Uncovered) > 0 {
			return ungatedText(c.d), "This pull request changes promises in files that no rule of slagate's policy covers." +
				" Nobody has to sign, and slagate does not hold the merge. Somebody who looks after the policy may want to cover these files."
		}
	case gate.Silent:
	}
	return notTouched, "Nothing in this pull request is under a rule of slagate's policy. Nobody has to sign, and slagate does not hold the merge."
}

// subject says what the pull request does, in a sentence.
func (c comment) subject() string {
	promises := 0
	for _, f := range c.d.Files {
		if !isPolicy(f) {
			promises++
		}
	}
	policyToo := ""
	if promises < len(c.d.Files) {
		policyToo = ", and the policy by which slagate asks for agreement"
	}
	switch {
	case promises == 0 && len(c.d.PolicyEdit)+len(c.d.Files) > 0:
		return "This pull request changes the policy by which slagate asks for agreement."
	case promises == 0:
		return "This pull request touches promises to customers."
	case promises == 1:
		return "This pull request touches 1 file that holds promises to customers" + policyToo + "."
	}
	return "This pull request touches " + count(promises, "file") + " that hold promises to customers" + policyToo + "."
}

// isPolicy reports whether a file is the policy: it holds no promise, but says who guards them.
func isPolicy(f gate.GatedFile) bool {
	return f.Path == pull.PolicyPath || f.Previous == pull.PolicyPath
}

func (c comment) signedTitle() string {
	if len(c.d.Functions) == 0 {
		return signedText(nil)
	}
	return "Signed by " + names(functionNames(c.d.Functions), namesShown)
}

func (c comment) cannotTitle() string {
	able := slices.DeleteFunc(slices.Clone(c.d.Functions), func(f gate.Function) bool { return f.Cannot == "" })
	return names(functionNames(able), namesShown) + " cannot sign"
}

func (c comment) noAnswerHead() (title, lead string) {
	since := c.o.FailingSince
	if since.IsZero() {
		since = c.d.At
	}
	lead = "The merge is held until GitHub answers. Nobody has to do anything: slagate keeps trying by itself."
	if c.d.Unanswered != "" {
		lead += " What is missing: " + prose(c.d.Unanswered, line) + "."
	}
	if len(c.d.Files)+len(c.d.Functions) > 0 {
		lead += " What follows is what is known so far."
	}
	return "GitHub did not answer since " + since.UTC().Format("15:04") + " UTC", lead
}

// turn lists whose turn it is and what they have to do. It is the only place
// that mentions people, so that they are told: GitHub notifies of a mention
// that an edit adds, and of none that stood there before.
func (c comment) turn(room int) string {
	if c.d.Verdict == gate.HeadPolicyInvalid { // nobody else should read what will change again
		return titled("Whose turn it is", "- "+c.owner(policy.AuthorOwner)+": mend the policy file\n")
	}
	var lines []string
	for _, f := range awaited(c.d.Functions) {
		lines = append(lines, c.turnOf(f))
	}
	if c.d.Verdict == gate.Waiting || c.d.Verdict == gate.OpenItems || c.d.Verdict == gate.CannotSign {
		lines = append(lines, c.openItems()...)
	}
	body := fill(len(lines), 30, room, func(i int) string { return lines[i] }, func(left int) string {
		return "- and " + thousands(left) + " more, see below\n"
	})
	return titled("Whose turn it is", body)
}

func (c comment) turnOf(f gate.Function) string {
	if f.Cannot != "" {
		return "- " + bold(f.Name, line) + " cannot sign: " + prose(f.Cannot, line) +
			". Somebody who looks after slagate's policy, or after what slagate may see, has to mend this.\n"
	}
	text := "- " + bold(f.Name, line)
	switch who := mentions(f); {
	case who != "":
		text += " (" + who + ")"
	case f.Label == "":
		text += " (an administrator of this repository other than the author)"
	}
	text += ": "
	if f.Since != nil {
		text += "what you signed has changed, please look again; "
	}
	switch {
	case f.Approvals > 1 && len(f.SignOffs) == 0:
		text += fmt.Sprintf("%d people have to sign; ", f.Approvals)
	case f.Approvals > 1:
		text += fmt.Sprintf("%d of %d people have signed; ", len(f.SignOffs), f.Approvals)
	}
	return text + "if you agree, " + c.waysToSign(f) + ".\n"
}

// waysToSign says in one breath how a function signs.
func (c comment) waysToSign(f gate.Function) string {
	var ways []string
	for _, m := range c.methods() {
		switch {
		case m == policy.Command:
			ways = append(ways, "write the comment "+Code("/sla sign "+f.Name))
		case m == policy.Label && f.Label != "":
			ways = append(ways, "add the label "+Code(f.Label))
		case m == policy.Review:
			ways = append(ways, "approve in a review")
		}
	}
	return strings.Join(ways, " or ")
}

// methods are the ways to sign that the policy allows, the easiest first.
func (c comment) methods() []policy.Method {
	allowed := c.d.Methods
	if len(allowed) == 0 {
		allowed = []policy.Method{policy.Command, policy.Label}
	}
	return slices.DeleteFunc([]policy.Method{policy.Command, policy.Label, policy.Review}, func(m policy.Method) bool {
		return !slices.Contains(allowed, m)
	})
}

var (
	userShape = regexp.MustCompile(`^[A-Za-z0-9](-?[A-Za-z0-9_])*$`)
	teamShape = regexp.MustCompile(`^[A-Za-z0-9](-?[A-Za-z0-9_])*/[A-Za-z0-9._-]+$`)
)

// mentions names the members of a function so that GitHub tells them. What
// does not look like a name of GitHub's is shown, not mentioned.
func mentions(f gate.Function) string {
	var who []string
	for _, team := range f.Teams {
		who = append(who, mention(team, teamShape))
	}
	for _, user := range f.Users {
		who = append(who, mention(user, userShape))
	}
	return strings.Join(some(who, 10), ", ")
}

func mention(name string, shape *regexp.Regexp) string {
	if !shape.MatchString(name) {
		return Code(name)
	}
	return "@" + name
}

// openItems says, a line for each owner, which required items are open.
func (c comment) openItems() []string {
	var owners []string
	open := map[string][]string{}
	for _, item := range c.d.Checklist {
		if !item.Required || !item.Open() {
			continue
		}
		if open[item.Owner] == nil {
			owners = append(owners, item.Owner)
		}
		open[item.Owner] = append(open[item.Owner], item.ID)
	}
	var lines []string
	for _, owner := range owners {
		what := "settle the required checklist item "
		if len(open[owner]) > 1 {
			what = "settle the required checklist items "
		}
		lines = append(lines, "- "+c.owner(owner)+": "+what+codes(open[owner], namesShown, line)+" below\n")
	}
	return lines
}

// owner is whom a checklist item belongs to.
func (c comment) owner(name string) string {
	if name == policy.AuthorOwner {
		return "the author (" + login(c.o.Author, line) + ")"
	}
	return bold(name, line)
}
