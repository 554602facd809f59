package terraform

import (
	"bytes"
	"math/big"
	"strings"

	"github.com/slagate/slagate/internal/commitment"
)

// Sniff reports whether a file may hold resources whose type contains a word.
func Sniff(path string, src []byte, words ...string) bool {
	if !Is(path) {
		return false
	}
	for _, word := range words {
		if bytes.Contains(src, []byte(word)) {
			return true
		}
	}
	return false
}

// Promise begins the commitment of a resource: who it is, where it stands, and whether
// it stands once. Its name for people is what the argument name says, its identity the
// resource's own name.
func (b Block) Promise(format, path string, f File, kind commitment.Kind) commitment.Commitment {
	group, resource := b.Resource()
	c := commitment.Commitment{
		Key:    commitment.Key{Format: format, Group: group, Name: resource},
		Kind:   kind,
		Name:   resource,
		Source: commitment.Source{File: path, Line: b.Line(), Generated: f.Generated, Template: f.Template},
	}
	if name, ok := b.Attr("name").Literal(); ok && name != "" {
		c.Name = name
	}
	if b.Opaque() {
		c.Caveats = append(c.Caveats, "a part of it could not be read")
	}
	if repeated := b.Repeated(); repeated != "" && !strings.HasPrefix(b.Attr("count").Count().Text, "only ") {
		c.Caveats = append(c.Caveats, "it stands for any number of them: "+repeated)
	}
	c.Fields = append(c.Fields, b.existence()...)
	return c
}

// existence says whether a resource is there at all: count = 0 takes it away, and so
// does an entry that for_each has lost.
func (b Block) existence() []commitment.Field {
	if a := b.Attr("count"); !a.IsNull() {
		return []commitment.Field{{Name: "count", Role: commitment.RoleEnabled, Value: a.Count(), Line: a.Line()}}
	}
	a := b.Attr("for_each")
	if a.IsNull() {
		return nil
	}
	v := commitment.Unread(a.Shown())
	if items, ok := b.instances(a); ok {
		v = commitment.ListOf(items...)
	}
	return []commitment.Field{{Name: "for_each", Role: commitment.RoleCoverage, Value: v, Line: a.Line()}}
}

// Count reads the argument count: whether there is any at all. Under a condition it says
// when ("only if var.paging"), since nobody without the values can say more.
func (a Attr) Count() commitment.Value {
	v := a.Value(some)
	if !v.Opaque {
		return v
	}
	when, then, otherwise, ok := a.Arms()
	if !ok {
		return v
	}
	rest := strings.TrimPrefix(a.Shown(), a.Source()) // what the file says about the names in it
	switch yes, no := then.Value(some), otherwise.Value(some); {
	case yes.Num == nil || no.Num == nil:
	case yes.Num.Sign() > 0 && no.Num.Sign() == 0:
		return commitment.Unread("only if " + when + rest)
	case yes.Num.Sign() == 0 && no.Num.Sign() > 0:
		return commitment.Unread("only unless " + when + rest)
	case yes.Num.Cmp(no.Num) == 0:
		return yes
	}
	return v
}

// some reads a number of things as whether there are any.
func some(text string) commitment.Value {
	n, ok := commitment.ParseNumber(text)
	if !ok {
		return commitment.Unread(text)
	}
	return commitment.Switch(text, n.Sign() > 0)
}

// Broken is why a block could not be read whole, with all that was; "" where it was.
func (b Block) Broken() string {
	if !b.Opaque() {
		return ""
	}
	return "a part of it could not be read: " + b.Source()
}

// Seconds reads an argument as a length of time, bare numbers in a unit of their own.
func (a Attr) Seconds(plain commitment.Plain) commitment.Value {
	return a.Value(func(text string) commitment.Value { return commitment.Duration(text, plain) })
}

// Clock adds up lengths of time. Once one of them is not known, what is
// added is written beside it: two such sums are equal where their parts are.
type Clock struct {
	known  *big.Rat
	opaque string
}

// Add lets a length of time pass; the zero value is none.
func (c *Clock) Add(v commitment.Value) {
	if c.known == nil {
		c.known = new(big.Rat)
	}
	switch {
	case v.Opaque || v.Exists() && v.Num == nil:
		c.opaque += " + " + v.Text
	case v.Num != nil:
		c.known.Add(c.known, v.Num)
	}
}

// Now is the time that has passed.
func (c *Clock) Now() commitment.Value {
	if c.known == nil {
		c.known = new(big.Rat)
	}
	if c.opaque != "" {
		if c.known.Sign() == 0 {
			return commitment.Unread(strings.TrimPrefix(c.opaque, " + "))
		}
		return commitment.Unread(commitment.Spell(c.known) + c.opaque)
	}
	return commitment.Value{Text: commitment.Spell(c.known), Num: new(big.Rat).Set(c.known), Unit: commitment.Seconds}
}

// Crew is how many people share a duty: nobody, one without a stand-in, several. Who
// they are makes no difference for customers. opaque are those that are not written out.
func Crew(names []string, opaque string) commitment.Value {
	switch distinct := commitment.ListOf(names...).Items; {
	case len(distinct) > 1:
		return commitment.Choice("several people", 2)
	case opaque != "":
		return commitment.Unread(opaque)
	case len(distinct) == 1:
		return commitment.Choice("one person", 1)
	}
	return commitment.Choice("nobody", 0)
}
