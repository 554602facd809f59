package render

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/slagate/slagate/internal/gate"
	"github.com/slagate/slagate/internal/policy"
	"github.com/slagate/slagate/internal/pull"
	"github.com/slagate/slagate/internal/taskbox"
)

// itemShape is an id that can stand in a box's hidden marker.
var itemShape = regexp.MustCompile(`^[a-z0-9-]+$`)

// checklist is the items by owner: the functions in policy order, the author last.
func (c comment) checklist(room int) string {
	if len(c.d.Checklist) == 0 {
		return ""
	}
	groups := map[string][]gate.Item{}
	owners := functionNames(c.d.Functions)
	for _, item := range c.d.Checklist {
		if item.Owner != policy.AuthorOwner && !slices.Contains(owners, item.Owner) {
			owners = append(owners, item.Owner)
		}
		groups[item.Owner] = append(groups[item.Owner], item)
	}
	var b strings.Builder
	left := 0
	for _, owner := range append(owners, policy.AuthorOwner) {
		if len(groups[owner]) == 0 {
			continue
		}
		b.WriteString("For " + c.owner(owner) + ":\n\n")
		b.WriteString(fill(len(groups[owner]), len(groups[owner]), room-b.Len(), func(i int) string {
			return boxLine(groups[owner][i])
		}, func(n int) string {
			left += n
			return ""
		}))
		b.WriteString("\n")
	}
	if left > 0 {
		fmt.Fprintf(&b, "… and %s that do not fit here.\n", count(left, "more item"))
	}
	return titled("Checklist", b.String())
}

// boxLine is one item with its box. An item whose id cannot stand in the
// marker has none, for nobody could tell whose tick it was.
func boxLine(item gate.Item) string {
	box := "-"
	if itemShape.MatchString(item.ID) {
		box = taskbox.Line(item.ID, !item.Open())
	}
	text := box + " " + prose(item.Text, line) + " (" + Code(item.ID)
	if item.Required {
		text += ", **required**"
	}
	return text + ")" + tickText(item.Tick) + "\n"
}

// tickText says who settled an item, how and when.
func tickText(t *pull.Tick) string {
	if t == nil {
		return ""
	}
	by := login(t.Person, line) + ", " + minute(t.At)
	note := ""
	if t.Note != "" {
		note = ": " + proseOf(t.Note, 200, line)
	}
	switch t.State {
	case pull.TickDone:
		return " – done by " + by + note
	case pull.TickNotApplicable:
		return " – **does not apply**" + note + " (" + by + ")"
	case pull.TickUndone:
	}
	return " – opened again by " + by + note
}
