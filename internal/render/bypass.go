package render

import (
	"fmt"

	"github.com/slagate/slagate/internal/gate"
	"github.com/slagate/slagate/internal/pull"
)

// merged heads the comment of a pull request that was merged although slagate had
// not let it through: how it stands now, who merged it and what was missing, what
// is asked of whom.
func (c comment) merged(b pull.Bypass) (title, lead string) {
	title, now := c.afterMerge(b)
	lead = "Merged by " + login(b.By, line) + " on " + minute(b.At) + withoutWhat(b) + ". " + stoodThen(b) + "\n\n" + now
	if judged := c.d.Verdict != gate.PolicyBroken && c.d.Verdict != gate.HeadPolicyInvalid; judged && len(c.d.Problems) > 0 {
		lead += "\n\nThe policy that it brought has " + count(len(c.d.Problems), "mistake") + mendIt
	}
	return title, lead
}

const (
	mendIt = ". Somebody who looks after the policy has to mend it, in a pull request that changes nothing else."
	// askNow is why people are asked although the merge is done, and what else there is to do.
	askNow = " slagate cannot hold the merge any more, so it asks after the fact: a sign-off is for exactly the content that was merged." +
		" Whoever does not agree says so in a comment, and asks those who look after this code to take the change back."
)

// afterMerge says how it stands after the merge, and what is to be done about it.
func (c comment) afterMerge(b pull.Bypass) (title, now string) {
	missing := awaited(c.d.Functions)
	switch c.d.Verdict {
	case gate.Waiting:
		title = fmt.Sprintf("Merged before it was signed: waiting for %s (%d of %d signed)",
			names(functionNames(missing), namesShown), len(c.d.Functions)-len(missing), len(c.d.Functions))
		return title, c.subject() + " Not everybody who has to agree has signed." + askNow
	case gate.CannotSign:
		return "Merged before it was signed: " + c.cannotTitle(),
			c.subject() + " The functions named here cannot sign until that is mended." + askNow
	case gate.OpenItems:
		return "Merged before it was done; still open: " + codes(openRequired(c.d.Checklist), namesShown, line),
			c.subject() + " Everybody who has to agree has signed. The required items of the checklist are asked for after the fact."
	case gate.PolicyBroken:
		return "Merged while slagate's policy was broken", "The policy that was in force for " + Code(c.d.Base) + " had " +
			count(len(c.d.Problems), "mistake") + ", so slagate cannot tell who had to agree, and asks nobody." +
			" Somebody who looks after the policy has to mend it, and to look at this change."
	case gate.HeadPolicyInvalid:
		return "Merged with a policy that is invalid", "The policy that it brought has " + count(len(c.d.Problems), "mistake") + mendIt
	case gate.NoAnswer:
		title, _ = c.noAnswerHead()
		return "Merged before it was judged: " + title, "slagate cannot tell yet who had to agree. What is missing: " +
			prose(c.d.Unanswered, line) + ". Nobody has to do anything: slagate keeps trying by itself."
	case gate.Signed, gate.Silent, gate.Ungated, gate.AllNeutral, gate.AddsPolicy:
	}
	return settled(b), "Since " + minute(b.Settled) + " nothing is owed any more."
}

// settled is the title once nothing is owed any more.
func settled(b pull.Bypass) string {
	switch {
	case len(b.Missing) > 0:
		return "Signed after the fact by " + names(b.Missing, namesShown)
	case len(b.Open) > 0:
		return "Settled after the fact: " + codes(b.Open, namesShown, line)
	}
	return "Merged before it was judged; nothing was missing"
}

// withoutWhat says what was missing at the time of the merge.
func withoutWhat(b pull.Bypass) string {
	text := ""
	if len(b.Missing) > 0 {
		text = " without the sign-off of " + names(b.Missing, namesShown)
	}
	if len(b.Open) == 0 {
		return text
	}
	if text != "" {
		text += ", and"
	}
	return text + " with required items of the checklist open: " + codes(b.Open, namesShown, line)
}

// stoodThen says what stood on the commit when it was merged.
func stoodThen(b pull.Bypass) string {
	on := "on commit " + commit(b.Head, line)
	switch {
	case b.Was == "":
		return "slagate had not said anything " + on + " by then."
	case b.WasBy != (pull.Person{}):
		return "What stood " + on + " then was “" + prose(b.Was, line) + "”, put there by " + login(b.WasBy, line) + " and not by slagate."
	}
	return "slagate's status " + on + " was then “" + prose(b.Was, line) + "”."
}

// signedWhen is when a sign-off was given; one that came after a merge says so.
func (c comment) signedWhen(s pull.SignOff) string {
	if b := c.d.Memory.Bypass; b != nil && s.At.After(b.At) {
		return minute(s.At) + ", after the merge"
	}
	return minute(s.At)
}
