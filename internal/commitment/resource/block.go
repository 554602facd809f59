package resource

import (
	"slices"
	"strings"

	"github.com/slagate/slagate/internal/commitment"
	"github.com/slagate/slagate/internal/commitment/terraform"
)

// Block is a resource, or a block in one.
type Block interface {
	Attr(name string) Attr
	// Blocks are the nested blocks of a name.
	Blocks(name string) []Block
	// Opaque: it stands for any number of blocks, or has a syntax error.
	Opaque() bool
	Line() int
	// Text is all that it says in one spelling, sorted, without the values and blocks
	// whose path ("range.max") hide reports: those that are fields of their own, and
	// may have defaults.
	Text(hide func(path string) bool) string
	// Locals are the locals of the file that its text rests on.
	Locals() []string
}

// block is a block of Terraform with what for_each gives to it.
type block struct {
	b    terraform.Block
	each each
}

func (b block) Attr(name string) Attr { return b.each.attr(b.b.Attr(name)) }
func (b block) Opaque() bool          { return b.b.Opaque() }
func (b block) Line() int             { return b.b.Line() }

func (b block) Blocks(name string) []Block {
	var out []Block
	for _, n := range b.b.Blocks(name) {
		out = append(out, block{n, b.each})
	}
	return out
}

func (b block) Text(hide func(string) bool) string { return b.write("", hide, 0) }

func (b block) write(path string, hide func(string) bool, depth int) string {
	if depth > maxNested {
		return b.each.spell(b.b.Source())
	}
	var parts []string
	for _, name := range b.b.Names() {
		a := b.Attr(name)
		if a.Exists() && (hide == nil || !hide(path+name)) {
			parts = append(parts, name+" = "+strings.Join(strings.Fields(a.Text), " "))
		}
	}
	for _, kind := range b.b.Kinds() {
		if hide != nil && hide(path+kind) {
			continue
		}
		for _, n := range b.b.Blocks(kind) {
			parts = append(parts, kind+" "+block{n, b.each}.write(path+kind+".", hide, depth+1))
		}
	}
	slices.Sort(parts)
	text := "{" + strings.Join(parts, "; ") + "}"
	if b.b.Opaque() {
		return "dynamic " + text
	}
	return text
}

func (b block) Locals() []string {
	out := []string(nil)
	for _, name := range b.b.Names() {
		out = append(out, b.Attr(name).Locals...)
	}
	for _, kind := range b.b.Kinds() {
		for _, n := range b.b.Blocks(kind) {
			out = append(out, block{n, b.each}.Locals()...)
		}
	}
	return out
}

// Item is one thing that a file's resource stands for.
type Item struct {
	Block
	// Type is the resource's, "module" for a module.
	Type string
	Name string
	// Each is the key of for_each, "" for a resource that stands once.
	Each string
	// Source is where it stands.
	Source commitment.Source
	// Named are the texts of the file's locals.
	Named func(local string) (text string, line int, ok bool)
}

// Key is the identity of what it stands for.
func (it Item) Key(format, sub string) commitment.Key {
	name := it.Name
	if it.Each != "" {
		name += "[" + it.Each + "]"
	}
	return commitment.Key{Format: format, Group: it.Type, Name: name, Sub: sub}
}

// Title is what an argument says that it is called; else the resource's name.
func (it Item) Title(name string) string {
	if a := it.Attr(name); a.Exists() && a.Text != "" {
		return strings.Trim(a.Text, `"`)
	}
	return it.Key("", "").Name
}
