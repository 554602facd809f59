package policy

import (
	"github.com/invopop/jsonschema"
	"go.yaml.in/yaml/v4"
)

// A word is a text of the file with its place. The types below are words of a
// certain shape: each knows its part of the schema.
type word struct {
	Text string
	node *yaml.Node
}

// UnmarshalYAML keeps the place.
func (w *word) UnmarshalYAML(n *yaml.Node) error {
	w.Text, w.node = n.Value, n
	return nil
}

// rawNumber is a whole number with its place.
type rawNumber struct {
	Value int
	node  *yaml.Node
}

// UnmarshalYAML keeps the place.
func (v *rawNumber) UnmarshalYAML(n *yaml.Node) error {
	f, _ := numeric(n)
	v.Value, v.node = int(f), n
	return nil
}

// JSONSchema is a whole number.
func (rawNumber) JSONSchema() *jsonschema.Schema { return &jsonschema.Schema{Type: "integer"} }

// rawFlag is a yes or no with its place.
type rawFlag struct {
	Value bool
	node  *yaml.Node
}

// UnmarshalYAML keeps the place.
func (v *rawFlag) UnmarshalYAML(n *yaml.Node) error {
	v.Value, v.node = scalar(n) == true, n
	return nil
}

// JSONSchema is true or false.
func (rawFlag) JSONSchema() *jsonschema.Schema { return &jsonschema.Schema{Type: "boolean"} }

type (
	rawTeam         struct{ word }
	rawLogin        struct{ word }
	rawLabel        struct{ word }
	rawLine         struct{ word }
	rawLong         struct{ word }
	rawPattern      struct{ word }
	rawFunctionName struct{ word }
	rawOwner        struct{ word }
	rawItemID       struct{ word }
	rawItemRef      struct{ word }
	rawMethod       struct{ word }
	rawOnPush       struct{ word }
	rawPromiseID    struct{ word }
	rawPromiseRef   struct{ word }
	rawKind         struct{ word }
	rawUnit         struct{ word }
	rawTarget       struct{ word }
	rawSpan         struct{ word }
	rawUncovered    struct{ word }
)

// shapeError is the keyword under which editors, and the loader, find the words
// for a text that does not have the wanted shape.
const shapeError = "patternErrorMessage"

// text is the schema of a text of a given shape; wrong says what is wanted.
func text(shape, wrong string) *jsonschema.Schema {
	return &jsonschema.Schema{Type: "string", Pattern: shape, Extras: map[string]any{shapeError: wrong}}
}

// line is the schema of a text that people read: not empty, one line.
func line(limit uint64) *jsonschema.Schema {
	s := text(lineShape, "must be one line of text")
	one := uint64(1)
	s.MinLength, s.MaxLength = &one, &limit
	return s
}

// JSONSchema is the shape of a team.
func (rawTeam) JSONSchema() *jsonschema.Schema {
	return text(teamShape, `a team is written "org/team-slug"`)
}

// JSONSchema is the shape of a login.
func (rawLogin) JSONSchema() *jsonschema.Schema {
	return text(loginShape, `a user is written as the GitHub login of a person, without "@"`)
}

// JSONSchema is the shape of a label.
func (rawLabel) JSONSchema() *jsonschema.Schema { return line(maxLabel) }

// JSONSchema is the shape of a rule's name.
func (rawLine) JSONSchema() *jsonschema.Schema { return line(100) }

// JSONSchema is the shape of an item's wording.
func (rawLong) JSONSchema() *jsonschema.Schema { return line(300) }

// JSONSchema is a text; whether it is a good pattern is checked by its own rules.
func (rawPattern) JSONSchema() *jsonschema.Schema {
	one := uint64(1)
	return &jsonschema.Schema{Type: "string", MinLength: &one}
}

// JSONSchema is the shape of a function's name.
func (rawFunctionName) JSONSchema() *jsonschema.Schema {
	return &jsonschema.Schema{Type: "string", Description: "The name of a function."}
}

// JSONSchema is the shape of an item's owner.
func (rawOwner) JSONSchema() *jsonschema.Schema {
	return &jsonschema.Schema{Type: "string"}
}

const itemWrong = "an item's id is lower-case letters, digits and hyphens, at most 50, starting with a letter"

// JSONSchema is the shape of an item's id.
func (rawItemID) JSONSchema() *jsonschema.Schema { return text(itemShape, itemWrong) }

// JSONSchema lists the built-in items, and allows any id of one's own.
func (rawItemRef) JSONSchema() *jsonschema.Schema {
	s := &jsonschema.Schema{Description: "A built-in item, or the id of one declared under checklist."}
	for _, item := range BuiltIn() {
		s.AnyOf = append(s.AnyOf, &jsonschema.Schema{
			Const:       item.ID,
			Description: item.Text + " (" + item.Owner + ")",
		})
	}
	own := text(itemShape, itemWrong)
	own.Description = "An item declared under checklist."
	s.AnyOf = append(s.AnyOf, own)
	return s
}

// JSONSchema lists the methods.
func (rawMethod) JSONSchema() *jsonschema.Schema {
	s := &jsonschema.Schema{Type: "string", Title: "method"}
	for _, m := range methods() {
		s.Enum = append(s.Enum, string(m))
	}
	return s
}

// The two words of on_push.
const (
	pushKeep  = "keep-if-unchanged"
	pushReset = "reset"
)

// JSONSchema lists the choices.
func (rawOnPush) JSONSchema() *jsonschema.Schema {
	return &jsonschema.Schema{
		Type: "string", Title: "choice for on_push", Enum: []any{pushKeep, pushReset}, Default: pushKeep,
	}
}

// methods lists every way to sign.
func methods() []Method { return []Method{Label, Command, Review} }
