package render

import (
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/slagate/slagate/internal/gate"
	"github.com/slagate/slagate/internal/pull"
)

// Marker is the first line of slagate's comment. It finds the comment again
// among slagate's own; anybody can write it, so alone it proves nothing.
const Marker = "<!-- slagate:comment -->"

// commentLimit is where the comment ends at the latest. GitHub refuses bodies
// above 65,536 characters; counted in bytes here, which are never fewer.
// Source: https://github.com/telia-oss/github-pr-resource/issues/259
const commentLimit = 59_900

// Options is what the comment needs besides the decision.
type Options struct {
	WebURL    string      // where people see GitHub; "" means https://github.com
	MergeBase string      // the commit that the changes are compared with; "" if not known
	Author    pull.Person // of the pull request
	// FailingSince is when GitHub stopped answering (gate.NoAnswer); zero means at the decision's time.
	FailingSince time.Time
}

// comment is one comment being written.
type comment struct {
	d     gate.Decision
	o     Options
	links links
}

// section is a part of the comment and the bytes it may take.
type section struct {
	write func(room int) string
	room  int
}

// Comment is the one comment of a pull request, for every verdict. It begins
// with [Marker] and ends with when and on what it was written.
func Comment(d gate.Decision, o Options) string {
	c := comment{d: d, o: o, links: newLinks(o.WebURL, d.Ref)}
	sections := []section{
		{c.head, 4_000},
		{c.turn, 6_000},
		{c.since, 3_500},
		{c.problems, 4_500},
		{c.changes, 16_000},
		{c.functions, 8_000},
		{c.refusals, 2_500},
		{c.policyEdit, 2_500},
		{c.checklist, 7_000},
		{c.why, 4_500},
		{c.how, 2_500},
	}
	var b strings.Builder
	b.WriteString(Marker + "\n")
	footer := "\n" + c.footer() + "\n"
	for _, s := range sections {
		text := s.write(s.room)
		if text == "" || b.Len()+len(text)+2+len(footer) > commentLimit {
			continue
		}
		b.WriteString("\n" + strings.TrimRight(text, "\n") + "\n")
	}
	return b.String() + footer
}

// footer says on what and when the decision was made.
func (c comment) footer() string {
	return "<sub>evaluated at " + commit(c.d.Head, line) + ", " + minute(c.d.At) + "</sub>"
}

// evaluated finds the time in the footer, which alone does not make two comments differ.
var evaluated = regexp.MustCompile(`(<sub>evaluated at [^,\n]*), [0-9-]{10} [0-9:]{5} UTC</sub>\s*$`)

// SameComment reports whether two bodies say the same, however long ago they
// were evaluated. Line ends may be a browser's.
func SameComment(a, b string) bool { return timeless(a) == timeless(b) }

func timeless(body string) string {
	body = strings.TrimRight(strings.ReplaceAll(body, "\r\n", "\n"), " \n")
	return evaluated.ReplaceAllString(body, "$1")
}

// minute is an instant as the comment shows it.
func minute(at time.Time) string { return at.UTC().Format("2006-01-02 15:04") + " UTC" }

// shortHash is the start of a commit's or a fingerprint's hex digits.
var shortHash = regexp.MustCompile(`^[0-9a-f]{7}`)

// commit is a commit as people read it; GitHub links plain ones by itself.
func commit(id string, in place) string {
	if !shortHash.MatchString(id) {
		return span(id, in)
	}
	return short(id)
}

// fill writes lines until the room or their number is used up, and then how
// many are left out.
func fill(n, limit, room int, line func(i int) string, more func(left int) string) string {
	var b strings.Builder
	for i := range n {
		text := line(i)
		if i == limit || b.Len()+len(text) > room {
			b.WriteString(more(n - i))
			break
		}
		b.WriteString(text)
	}
	return b.String()
}

// titled puts a heading over a body, if there is one.
func titled(title, body string) string {
	if body == "" {
		return ""
	}
	return "**" + title + "**\n\n" + body
}

// folded hides a body behind a line that opens it.
func folded(summary, body string) string {
	if body == "" {
		return ""
	}
	return "<details>\n<summary>" + summary + "</summary>\n\n" + strings.TrimRight(body, "\n") + "\n\n</details>"
}

// nameShape is what the policy allows as the name of a function.
var nameShape = regexp.MustCompile(`^[a-z][a-z0-9-]{0,30}$`)

// bold is a function's name, as the comment shows it.
func bold(function string, in place) string {
	if !nameShape.MatchString(function) {
		return span(function, in)
	}
	return "**" + function + "**"
}

// login is a person's name, in code so that it does not mention them.
func login(p pull.Person, in place) string {
	if p.Login == "" {
		return "an unknown account"
	}
	return span(p.Login, in)
}

func codes(texts []string, limit int, in place) string {
	shown := make([]string, 0, len(texts))
	for _, text := range texts[:min(len(texts), limit)] {
		shown = append(shown, span(text, in))
	}
	if left := len(texts) - limit; left > 0 {
		shown = append(shown, fmt.Sprintf("%s more", thousands(left)))
	}
	return and(shown)
}

func names(functions []string, limit int) string {
	shown := make([]string, 0, len(functions))
	for _, f := range functions {
		if !nameShape.MatchString(f) {
			f = Code(f)
		}
		shown = append(shown, f)
	}
	return and(some(shown, limit))
}
