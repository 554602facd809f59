package objective

import (
	"regexp"
	"strings"

	"github.com/slagate/slagate/internal/commitment"
	"github.com/slagate/slagate/internal/commitment/source"
)

var (
	// quiet are labels that keep an alert quiet (formats.md 1.2).
	quiet = regexp.MustCompile(`(?i)^(cancel_if_|silence|silenced$|inhibit|mute|suppress)`)
	// urgent are labels that say how urgent an alert is.
	urgent = regexp.MustCompile(`(?i)^(severity|priority|urgency)$`)
	// routing are labels that decide who is told.
	routing = regexp.MustCompile(`(?i)team|owner|channel|rout|receiver|destination|notif|escalat|oncall|on_call|pager|opsgenie|slack|squad|group|area|namespace|env|cluster|customer`)
	// idle are labels and annotations for people.
	idle = regexp.MustCompile(`(?i)dashboard|runbook|^url$|^link$|description|summary|documentation`)
)

// Labels adds the labels of a mapping. Labels of an alert decide all where it goes;
// of those of an objective itself (alert is false) only the ones that sound like it do.
func (f *Fields) Labels(name string, n source.Node, alert bool) {
	if n.IsNull() {
		return
	}
	if !n.IsMap() {
		f.Text(name, commitment.RoleKey, n)
		return
	}
	var silences []string
	var at source.Node
	for _, p := range n.Pairs() {
		switch key := name + "." + p.Key; {
		case quiet.MatchString(p.Key):
			if item, ok := silence(p); ok {
				silences, at = append(silences, item), p.Value
			}
		case idle.MatchString(p.Key):
			f.Text(key, commitment.RoleNote, p.Value)
		case alert && urgent.MatchString(p.Key):
			f.Read(key, commitment.RoleSeverity, commitment.Neither, p.Value, commitment.Words)
		case alert || urgent.MatchString(p.Key) || routing.MatchString(p.Key):
			f.Text(key, commitment.RoleKey, p.Value)
		default:
			f.Text(key, commitment.RoleNote, p.Value)
		}
	}
	if len(silences) > 0 {
		f.Put(name+" that silence", commitment.RoleSuppression, commitment.Neither, at, commitment.ListOf(silences...))
	}
}

// silence is what a label keeps quiet for. One that is true only sometimes says when.
func silence(p source.Pair) (string, bool) {
	text := Squeeze(p.Value.Shown())
	on, ok := p.Value.Bool()
	switch {
	case ok && !on, p.Value.IsNull(), text == "":
		return "", false
	case ok:
		return p.Key, true
	}
	return p.Key + " = " + text, true
}

// Alert adds a page or ticket alert that can be switched off.
func (f *Fields) Alert(name string, n source.Node) {
	f.Off(name, n, "disable", "disabled")
	f.Labels(name+".labels", n.Get("labels"), true)
}

// digits are the numbers of a name that are values of the promise: "99.9% of requests".
var digits = regexp.MustCompile(`(^|[^\pL\pN.])[0-9]+(?:[.,][0-9]+)?\s*(?:%|ms|s|m|h|d)?($|[^\pL\pN])`)

// Identity is a display name without the numbers in it: a name that follows its value
// still names the same objective.
func Identity(display string) string {
	for range 5 {
		next := digits.ReplaceAllString(display, "$1$2")
		if next == display {
			break
		}
		display = next
	}
	return strings.Trim(Squeeze(display), " -_,()<>=")
}

// Service is the first of the texts that there is.
func Service(nodes ...source.Node) string {
	for _, n := range nodes {
		if text := n.Shown(); n.IsScalar() && text != "" {
			return text
		}
	}
	return ""
}

// KindOf tells a latency objective from an availability by what it measures and how it is called.
func KindOf(name string, m Measured) commitment.Kind {
	switch lower := strings.ToLower(name); {
	case len(m.Bounds) > 0 && m.Bounds[0].Better == commitment.Lower, strings.Contains(lower, "latency"):
		return commitment.Latency
	case strings.Contains(lower, "freshness"):
		return commitment.Freshness
	case strings.Contains(lower, "throughput"):
		return commitment.Throughput
	}
	return commitment.Availability
}
