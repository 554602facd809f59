package render

import (
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/slagate/slagate/internal/gate"
	"github.com/slagate/slagate/internal/policy"
	"github.com/slagate/slagate/internal/pull"
)

// Context is the commit status that may be made a required check.
const Context = "slagate"

// FunctionContext is the commit status of one function; it is for reading only.
func FunctionContext(function string) string { return Context + "/" + function }

// Descriptions that are posted without a decision.
const (
	// Looking stands on a head that has not been judged yet, and replaces a
	// success as soon as something arrives that could take it away.
	Looking = "Looking at this pull request"
	// ForeignStatus is said once when somebody else keeps overwriting a status.
	ForeignStatus = "Somebody else keeps posting this status"

	notTouched = "No customer commitment touched"
	notAsked   = "Not asked any more"
)

// The states of a commit status.
// Source: https://docs.github.com/en/rest/commits/statuses
const (
	StatePending = "pending"
	StateSuccess = "success"
	StateFailure = "failure"
	StateError   = "error"
)

// descriptionLimit is GitHub's for a status description. Whether it counts
// bytes or characters is not documented, so bytes, the stricter reading.
const descriptionLimit = 140

// ownerSuffix begins what every status ends in while the owner default cannot be read.
const ownerSuffix = " (owner default unreadable since "

// Status is what the context slagate should say of a decision; the zero Status
// for a decision that says nothing.
func Status(d gate.Decision) pull.Status {
	state, text := outcome(d)
	if state == "" {
		return pull.Status{}
	}
	return newStatus(Context, state, text+ownerNote(d.OwnerUnreadableSince))
}

func outcome(d gate.Decision) (state, text string) {
	switch d.Verdict {
	case gate.Silent:
		return "", ""
	case gate.Ungated:
		return StateSuccess, ungatedText(d)
	case gate.AllNeutral:
		return StateSuccess, "Commitments touched, none changed"
	case gate.Waiting:
		return StatePending, waitingText(d.Functions)
	case gate.OpenItems:
		return StatePending, "Signed; still open: " + strings.Join(openRequired(d.Checklist), ", ")
	case gate.Signed:
		return StateSuccess, signedText(d.Functions)
	case gate.CannotSign:
		return StateFailure, firstCannot(d.Functions)
	case gate.HeadPolicyInvalid:
		return StateFailure, "Policy would be invalid: " + firstProblem(d.Problems)
	case gate.PolicyBroken:
		return StateError, firstProblem(d.Problems)
	case gate.AddsPolicy:
		return StateSuccess, "Adds slagate's policy: valid, in force once merged"
	case gate.NoAnswer:
		return StateError, noAnswerText(d.At)
	default:
		return StateError, "slagate does not know what to say of " + string(d.Verdict)
	}
}

// ungatedText does not call a promise untouched that changes where no rule looks.
func ungatedText(d gate.Decision) string {
	if len(d.Uncovered) == 0 {
		return notTouched
	}
	return "Not under a rule: " + count(len(d.Uncovered), "commitment") + " changed, see the comment"
}

// NoAnswer is the status of a pull request whose facts could not be read since
// the given time.
func NoAnswer(since, ownerUnreadableSince time.Time) pull.Status {
	return newStatus(Context, StateError, noAnswerText(since)+ownerNote(ownerUnreadableSince))
}

func noAnswerText(since time.Time) string {
	return "GitHub did not answer since " + since.UTC().Format("15:04") + " UTC; trying again"
}

func waitingText(functions []gate.Function) string {
	missing := awaited(functions)
	names := make([]string, 0, len(missing))
	for _, f := range missing {
		names = append(names, f.Name)
	}
	return fmt.Sprintf("Waiting for %s (%d of %d signed)",
		strings.Join(names, ", "), len(functions)-len(missing), len(functions))
}

func signedText(functions []gate.Function) string {
	if len(functions) == 0 {
		return "Commitments touched, nobody has to sign"
	}
	return "Signed by " + strings.Join(functionNames(functions), ", ")
}

func firstCannot(functions []gate.Function) string {
	for _, f := range functions {
		if f.Cannot != "" {
			return cannotText(f)
		}
	}
	return "A function cannot sign"
}

func cannotText(f gate.Function) string { return f.Name + " cannot sign: " + f.Cannot }

// firstProblem is FILE:LINE and the message of the first problem.
func firstProblem(problems []policy.Problem) string {
	if len(problems) == 0 {
		return "the policy cannot be read"
	}
	p := problems[0]
	return fmt.Sprintf("%s:%d %s", p.File, p.Line, p.Message)
}

// FunctionStatus is the status of one asked function, for reading.
func FunctionStatus(f gate.Function) pull.Status {
	context := FunctionContext(f.Name)
	switch {
	case f.Cannot != "":
		return newStatus(context, StateFailure, cannotText(f))
	case f.Done():
		return newStatus(context, StateSuccess, "Signed by "+strings.Join(signers(f), ", "))
	case len(f.SignOffs) > 0:
		return newStatus(context, StatePending, fmt.Sprintf("%d of %d", len(f.SignOffs), f.Approvals))
	}
	text := "Waiting for " + f.Name
	if who := members(f); len(who) > 0 {
		text += " (" + strings.Join(who, ", ") + ")"
	}
	return newStatus(context, StatePending, text)
}

// NotAsked is the status of a function that was asked on this head and is not any more.
func NotAsked(function string) pull.Status {
	return newStatus(FunctionContext(function), StateSuccess, notAsked)
}

// members are the teams and users of a function as people write them.
func members(f gate.Function) []string {
	who := slices.Clone(f.Teams)
	for _, user := range f.Users {
		who = append(who, "@"+user)
	}
	return who
}

func signers(f gate.Function) []string {
	logins := make([]string, 0, len(f.SignOffs))
	for _, s := range f.SignOffs {
		logins = append(logins, s.Person.Login)
	}
	return logins
}

// SharedHead is the status of a head commit that several open pull requests
// share: the strictest of their outcomes, and which pull request it belongs to
// where they differ. Every one of them computes the same.
func SharedHead(own pull.Sibling, siblings []pull.Sibling) pull.Status {
	all := append([]pull.Sibling{own}, siblings...)
	differ := false
	for i := range all {
		if all[i].State == "" {
			all[i].State, all[i].Description, all[i].TargetURL = StatePending, Looking, ""
		}
		differ = differ || all[i].State != all[0].State || all[i].Description != all[0].Description
	}
	slices.SortFunc(all, func(a, b pull.Sibling) int {
		if a.State != b.State {
			return strictness(b.State) - strictness(a.State)
		}
		return a.Number - b.Number
	})
	text := all[0].Description
	if differ {
		text = fmt.Sprintf("#%d (same commit): %s", all[0].Number, text)
	}
	status := newStatus(Context, all[0].State, text)
	status.TargetURL = all[0].TargetURL
	return status
}

// strictness orders states; a state that is not known is the strictest.
func strictness(state string) int {
	switch state {
	case StateSuccess:
		return 0
	case StatePending:
		return 1
	case StateFailure:
		return 2
	default:
		return 3
	}
}

// GroupPull is a pull request of a merge group, as the group would merge it.
type GroupPull struct {
	Number int
	Gated  bool // it touches a commitment
	Signed bool // its own decision stands at success
	// FirstDescription is what its own status says where it is not signed.
	FirstDescription string
	// Changed are the functions whose content the group changes, in policy order.
	Changed []string
}

// MergeGroup is the status of a merge group's head.
func MergeGroup(pulls []GroupPull, ownerUnreadableSince time.Time) pull.Status {
	note := ownerNote(ownerUnreadableSince)
	gated := slices.DeleteFunc(slices.Clone(pulls), func(p GroupPull) bool { return !p.Gated })
	slices.SortFunc(gated, func(a, b GroupPull) int { return a.Number - b.Number })
	var numbers, failures []string
	for _, p := range gated {
		numbers = append(numbers, fmt.Sprintf("#%d", p.Number))
		switch {
		case !p.Signed:
			failures = append(failures, fmt.Sprintf("#%d is not signed: %s", p.Number, p.FirstDescription))
		case len(p.Changed) > 0:
			failures = append(failures, fmt.Sprintf("#%d changed in the group: %s must look again", p.Number, strings.Join(p.Changed, ", ")))
		}
	}
	switch {
	case len(gated) == 0:
		return newStatus(Context, StateSuccess, notTouched+note)
	case len(failures) == 0:
		return newStatus(Context, StateSuccess, "Signed for this content: "+strings.Join(numbers, ", ")+note)
	case len(failures) > 1:
		more := fmt.Sprintf("; +%d more", len(failures)-1)
		return newStatus(Context, StateFailure, fit(failures[0], descriptionLimit-len(more)-len(note))+more+note)
	}
	return newStatus(Context, StateFailure, failures[0]+note)
}

func newStatus(context, state, text string) pull.Status {
	text, note := splitOwnerNote(text)
	return pull.Status{Context: context, State: state, Description: fit(text, descriptionLimit-len(note)) + note}
}

func ownerNote(since time.Time) string {
	if since.IsZero() {
		return ""
	}
	return ownerSuffix + since.UTC().Format(time.DateOnly) + ")"
}

// splitOwnerNote parts a description from the suffix that must never be cut.
func splitOwnerNote(text string) (before, note string) {
	length := len(ownerSuffix) + len(time.DateOnly) + 1
	if len(text) < length || !strings.HasPrefix(text[len(text)-length:], ownerSuffix) {
		return text, ""
	}
	return text[:len(text)-length], text[len(text)-length:]
}

// fit makes foreign text one visible line of at most limit bytes.
func fit(text string, limit int) string {
	const ellipsis = "…"
	text = visible(strings.Join(strings.Fields(text), " "))
	if len(text) <= limit {
		return text
	}
	end := limit - len(ellipsis)
	for end > 0 && !utf8.RuneStart(text[end]) {
		end--
	}
	return strings.TrimRight(text[:end], " ") + ellipsis
}

// awaited are the functions whose sign-off is missing.
func awaited(functions []gate.Function) []gate.Function {
	return slices.DeleteFunc(slices.Clone(functions), gate.Function.Done)
}

func functionNames(functions []gate.Function) []string {
	names := make([]string, 0, len(functions))
	for _, f := range functions {
		names = append(names, f.Name)
	}
	return names
}

// openRequired are the ids of the required items that nobody has settled.
func openRequired(items []gate.Item) []string {
	var ids []string
	for _, item := range items {
		if item.Required && item.Open() {
			ids = append(ids, item.ID)
		}
	}
	return ids
}
