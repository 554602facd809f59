package opsgenie

import (
	"slices"
	"strings"

	"github.com/slagate/slagate/internal/commitment"
	"github.com/slagate/slagate/internal/commitment/terraform"
)

// routing reads a rule that says which alerts of a team go where. Rules are asked in
// order, so a place in it decides, but what follows from it depends on the others.
func (f *file) routing(b terraform.Block) commitment.Commitment {
	c := b.Promise(name, f.path, f.File, commitment.Routing)
	var told []string
	opaque := ""
	for _, n := range b.Blocks("notify") {
		kind, who := n.Attr("type").Text(), n.Attr("name")
		if who.IsNull() {
			who = n.Attr("id")
		}
		switch {
		case n.Opaque():
			opaque = n.Source()
		case kind != "none":
			told = append(told, strings.TrimSpace(kind+" "+who.Text()))
		}
	}
	v := commitment.ListOf(told...)
	if opaque != "" {
		v = commitment.Unread(opaque)
	}
	c.Fields = append(c.Fields, commitment.Field{Name: "notify", Role: commitment.RoleTeller, Value: v, Line: b.Line()})
	c.Fields = append(c.Fields, key(b, "order"), key(b, "team_id"), definition(b, "criteria"), definition(b, "time_restriction"))
	if b.Has("time_restriction") {
		c.Fields = append(c.Fields, key(b, "timezone"))
	}
	return c
}

// schedule reads whether a schedule counts at all; who is on it say its rotations.
func (f *file) schedule(b terraform.Block) commitment.Commitment {
	c := b.Promise(name, f.path, f.File, commitment.Schedule)
	c.Fields = append(c.Fields, enabled(b)...)
	c.Fields = append(c.Fields, key(b, "timezone"))
	return c
}

// rotation reads who takes turns on a schedule, and when. A participant of type none
// is nobody.
func (f *file) rotation(b terraform.Block) commitment.Commitment {
	c := b.Promise(name, f.path, f.File, commitment.Schedule)
	var who []string
	var opaque []string
	participants := slices.Concat(b.Blocks("participant"), b.Blocks("participants"))
	for _, p := range participants {
		id := p.Attr("id")
		if id.IsNull() {
			id = p.Attr("username")
		}
		switch kind := p.Attr("type").Text(); {
		case p.Opaque(), kind == "team", kind == "escalation": // any number of people
			opaque = append(opaque, p.Source())
		case kind != "none" && kind != "noone":
			who = append(who, id.Text())
		}
	}
	c.Fields = append(c.Fields,
		commitment.Field{Name: "people", Role: commitment.RoleRank, Value: terraform.Crew(who, strings.Join(opaque, " ")), Line: b.Line()},
		commitment.Field{Name: "participants", Role: commitment.RoleNote, Value: commitment.ListOf(who...), Line: b.Line()},
		key(b, "schedule_id"), key(b, "start_date"), key(b, "end_date"), definition(b, "time_restriction"),
	)
	return c
}

// key is an argument that decides together with others.
func key(b terraform.Block, argument string) commitment.Field {
	a := b.Attr(argument)
	f := commitment.Field{Name: argument, Role: commitment.RoleKey, Line: a.Line()}
	if !a.IsNull() {
		f.Value = commitment.Words(a.Text())
	}
	return f
}

// definition is a nested block that is compared as text.
func definition(b terraform.Block, block string) commitment.Field {
	f := commitment.Field{Name: block, Role: commitment.RoleDefinition}
	var texts []string
	for _, n := range b.Blocks(block) {
		texts = append(texts, n.Source())
		f.Line = n.Line()
	}
	if len(texts) > 0 {
		f.Value = commitment.Words(strings.Join(texts, " "))
	}
	return f
}
