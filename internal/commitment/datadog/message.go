package datadog

import (
	"regexp"
	"slices"
	"strings"

	"github.com/slagate/slagate/internal/commitment"
	"github.com/slagate/slagate/internal/commitment/resource"
)

var (
	// handle is who is told: @pagerduty-shop, @ana@example.com, @slack-${var.channel}.
	handle = regexp.MustCompile(`(?:^|[^A-Za-z0-9._%+@-])(@(?:\$\{[^{}]*\}|[A-Za-z0-9_])(?:\$\{[^{}]*\}|[A-Za-z0-9._@+/-])*)`)
	// perhaps is an expression that by its name stands for handles.
	perhaps    = regexp.MustCompile(`\$\{[^{}]*\}`)
	recipients = regexp.MustCompile(`(?i)notif|channel|recipient|handle|on_?call|pager|slack|opsgenie|alert_?to|contact`)
)

// tellers adds who is told by a message. A message that is no text here, and names
// nobody, may tell anybody.
func tellers(f *resource.Fields, a resource.Attr, name string) {
	s := resource.Spec{Name: name + " tells", Role: commitment.RoleTeller}
	if !a.Exists() {
		f.Made(0, s, commitment.ListOf())
		return
	}
	text := a.Text
	if !a.Literal {
		text = resource.Unquoted(text)
	}
	var items []string
	for _, m := range handle.FindAllStringSubmatchIndex(text, -1) {
		items = append(items, strings.TrimRight(text[m[2]:m[3]], ".-/@")+when(text[:m[2]]))
	}
	if !a.Literal {
		for _, expression := range perhaps.FindAllString(text, -1) {
			known := slices.ContainsFunc(items, func(item string) bool { return strings.Contains(item, expression) })
			if !known && recipients.MatchString(expression) {
				items = append(items, expression)
			}
		}
		if len(items) == 0 && !strings.Contains(a.Text, `"`) && !strings.HasPrefix(a.Text, "<<") {
			f.Rely(a.Locals...)
			f.Made(a.Line, s, commitment.Unread(a.Text))
			return
		}
	}
	f.Made(a.Line, s, commitment.ListOf(items...))
}

// section begins or ends a part of a message that is sent in some cases only.
// https://docs.datadoghq.com/monitors/notify/variables/#conditional-variables
var section = regexp.MustCompile(`\{\{([#^/])\s*([^{}]*?)\s*\}\}`)

// when are the cases in which what follows a text is sent, unless they are those of
// an alert.
func when(before string) string {
	var open []string
	for _, m := range section.FindAllStringSubmatch(before, -1) {
		switch {
		case m[1] != "/":
			open = append(open, strings.Replace(m[1], "#", "", 1)+m[2])
		case len(open) > 0:
			open = open[:len(open)-1]
		}
	}
	open = slices.DeleteFunc(open, func(s string) bool { return s == "is_alert" || s == "^is_recovery" })
	if len(open) == 0 {
		return ""
	}
	return " if " + strings.Join(open, " and ")
}
