package cli

import (
	"cmp"
	"encoding/json"

	"github.com/slagate/slagate/internal/commitment"
	"github.com/slagate/slagate/internal/gate"
	"github.com/slagate/slagate/internal/pull"
)

// Change is what happens to one promise. A file under a rule whose promises could not
// be compared is one change of kind "other".
type Change struct {
	Effect       commitment.Effect `json:"effect" jsonschema:"enum=unknown,enum=removed,enum=weakened,enum=added,enum=strengthened,enum=neutral"`
	Kind         string            `json:"kind"`
	Service      string            `json:"service"`
	Name         string            `json:"name"`
	Before       Side              `json:"before" jsonschema_description:"An empty object where there was nothing."`
	After        Side              `json:"after" jsonschema_description:"An empty object where there is nothing any more."`
	Text         string            `json:"text" jsonschema_description:"The change in plain words."`
	Fields       []Field           `json:"fields"`
	CrossesFloor bool              `json:"crosses_floor" jsonschema_description:"It was within what a contract promises, and is not any more."`
	Mixed        bool              `json:"mixed" jsonschema_description:"Some of it is better for customers, some worse; the effect is the worse one."`
	Notes        []string          `json:"notes" jsonschema_description:"What else is worth knowing: renamed from, read without rendering."`
	SameAs       []string          `json:"same_as" jsonschema_description:"Further places with the very same change, as FILE:LINE."`
}

// Side is a promise before or after. The empty side, where there is none, is {}.
type Side struct {
	Value  string `json:"value"`
	Window string `json:"window"`
	File   string `json:"file"`
	Line   int    `json:"line"`
}

// MarshalJSON implements json.Marshaler: a side where there is nothing is {}.
func (s Side) MarshalJSON() ([]byte, error) {
	if s == (Side{}) {
		return []byte("{}"), nil
	}
	type plain Side
	return json.Marshal(plain(s))
}

// Field is one part of a promise that changes.
type Field struct {
	Name   string            `json:"name"`
	Before string            `json:"before"`
	After  string            `json:"after"`
	Effect commitment.Effect `json:"effect"`
}

// kindOther is the kind of a change whose promise has not been read.
const kindOther = string(commitment.Other)

// newChanges puts changes of commitments in the form that is printed.
func newChanges(list []commitment.Change) []Change {
	out := []Change{}
	for i := range list {
		out = append(out, newChange(&list[i]))
	}
	return out
}

func newChange(c *commitment.Change) Change {
	out := Change{
		Effect: c.Effect, Kind: string(c.Kind), Text: c.Text, Fields: []Field{}, CrossesFloor: c.CrossesFloor, Mixed: c.Mixed,
		Notes: filled(c.Notes), SameAs: []string{},
	}
	before, after := c.Sides()
	out.Before, out.After = side(before, c.At().Before), side(after, c.At().After)
	switch {
	case c.After != nil:
		out.Name, out.Service = c.After.Name, c.After.Service
	case c.Before != nil:
		out.Name, out.Service = c.Before.Name, c.Before.Service
	default:
		out.Name, out.After.File = c.File, c.File
	}
	for _, f := range c.Fields {
		out.Fields = append(out.Fields, Field{f.Name, f.Before, f.After, f.Effect})
	}
	for _, p := range c.SameAs {
		source := p.After
		if source.File == "" {
			source = p.Before
		}
		out.SameAs = append(out.SameAs, source.String())
	}
	return out
}

func side(said commitment.Said, at commitment.Source) Side {
	return Side{Value: said.Value, Window: said.Window, File: at.File, Line: at.Line}
}

// newFileChange is the change of a file under a rule whose promises were not compared.
func newFileChange(f gate.GatedFile) Change {
	c := Change{Effect: f.Effect, Kind: kindOther, Name: f.Path, Text: changeText(f), Fields: []Field{}, Notes: []string{}, SameAs: []string{}}
	if f.Status != pull.FileAdded && f.Status != pull.FileCopied {
		c.Before.File = cmp.Or(f.Previous, f.Path)
	}
	if f.Status != pull.FileRemoved {
		c.After.File = f.Path
	}
	return c
}
