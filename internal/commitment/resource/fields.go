package resource

import (
	"slices"

	"github.com/slagate/slagate/internal/commitment"
)

// Spec says how an argument becomes a field.
type Spec struct {
	Name   string
	Role   commitment.Role
	Better commitment.Better
	// Read reads its text; nil takes it as a word.
	Read func(text string) commitment.Value
	// Default counts where it is not written.
	Default commitment.Value
}

// Fields collects the fields of one commitment.
type Fields struct {
	List   []commitment.Field
	locals []string
}

// Add adds an argument. One that is absent adds its default, if it has one. A
// conditional adds its condition and two fields that are named after it, so that the
// values of other conditions are never compared.
func (f *Fields) Add(a Attr, s Spec) {
	if s.Read == nil {
		s.Read = commitment.Words
	}
	if !a.Exists() {
		if s.Default.Exists() || s.Default.Unit != commitment.None {
			f.List = append(f.List, commitment.Field{Name: s.Name, Role: s.Role, Better: s.Better, Value: s.Default})
		}
		return
	}
	v := a.Value(s.Read)
	if v.Opaque && a.IsList || s.Role == commitment.RoleTeller {
		v = a.List()
	}
	if v.Opaque && len(a.Arms) > 0 && apart(s.Role) {
		v = commitment.Unread("depends on " + a.When)
		defer f.arms(a, s)
	}
	f.List = append(f.List, commitment.Field{Name: s.Name, Role: s.Role, Better: s.Better, Value: v, Line: a.Line})
}

// apart reports whether the values of a conditional can be compared one by one: those
// of roles for which a value that is not there says nothing.
func apart(role commitment.Role) bool {
	switch role {
	case commitment.RoleTarget, commitment.RoleThreshold, commitment.RoleAmount, commitment.RoleWindow,
		commitment.RoleDelay, commitment.RoleRank, commitment.RoleSeverity:
		return true
	case commitment.RoleEnabled, commitment.RoleScope, commitment.RoleCoverage, commitment.RoleSuppression, commitment.RoleTeller,
		commitment.RoleDefinition, commitment.RoleKey, commitment.RoleNote:
	}
	return false
}

// arms adds the two values of a conditional. Only one of them counts at a time, so
// that delays are compared each by itself and not added up.
func (f *Fields) arms(a Attr, s Spec) {
	if s.Role == commitment.RoleDelay {
		s.Role, s.Better = commitment.RoleAmount, commitment.Lower
	}
	for _, arm := range a.Arms {
		x := s
		x.Name = s.Name + " " + arm.Name
		f.Add(arm.Attr, x)
	}
}

// Note adds an argument that changes nothing for customers.
func (f *Fields) Note(a Attr, name string) {
	f.Add(a, Spec{Name: name, Role: commitment.RoleNote})
}

// Notes adds arguments that change nothing for customers, under their own names.
func (f *Fields) Notes(b Block, names ...string) {
	for _, name := range names {
		f.Note(b.Attr(name), name)
	}
}

// Definitions adds arguments that say how something is measured, under their own names.
func (f *Fields) Definitions(b Block, names ...string) {
	for _, name := range names {
		f.Define(b.Attr(name), name)
	}
}

// Define adds an argument that says how something is measured. Its text is compared
// whatever it is made of.
func (f *Fields) Define(a Attr, name string) {
	if !a.Exists() {
		return
	}
	f.locals = append(f.locals, a.Locals...)
	f.List = append(f.List, commitment.Field{Name: name, Role: commitment.RoleDefinition, Value: commitment.Words(a.Text), Line: a.Line})
}

// Rely notes that the commitment's indicator rests on locals of the file.
func (f *Fields) Rely(locals ...string) { f.locals = append(f.locals, locals...) }

// Made adds a value that is computed from others.
func (f *Fields) Made(line int, s Spec, v commitment.Value) {
	f.List = append(f.List, commitment.Field{Name: s.Name, Role: s.Role, Better: s.Better, Value: v, Line: line})
}

// Close adds what all resources have: how often it is made, and the locals that its
// values rest on.
func (f *Fields) Close(it Item) {
	if a := it.Attr("count"); a.Exists() {
		f.locals = append(f.locals, a.Locals...)
		f.List = append(f.List, commitment.Field{Name: "count", Role: commitment.RoleEnabled, Value: a.Count(), Line: a.Line})
	}
	if it.Each == "" {
		if a := it.Attr("for_each"); a.Exists() {
			f.locals = append(f.locals, a.Locals...)
			f.List = append(f.List, commitment.Field{Name: "for_each", Role: commitment.RoleKey, Value: commitment.Words(a.Text), Line: a.Line})
		}
	}
	slices.Sort(f.locals)
	for _, name := range slices.Compact(f.locals) {
		if it.Named == nil {
			return
		}
		if text, line, ok := it.Named(name); ok {
			f.List = append(f.List, commitment.Field{Name: "local." + name, Role: commitment.RoleKey, Value: commitment.Words(text), Line: line})
		}
	}
}

// Flag reads true and false.
func Flag(text string) commitment.Value {
	switch text {
	case "true", "1":
		return commitment.Switch(text, true)
	case "false", "0":
		return commitment.Switch(text, false)
	}
	return commitment.Unread(text)
}

// Plain reads a number without a unit.
func Plain(text string) commitment.Value { return commitment.Number(text, commitment.None) }

// Seconds reads a number of seconds, or a duration with its unit.
func Seconds(text string) commitment.Value {
	return commitment.Duration(text, commitment.PlainSeconds)
}

// Minutes reads a number of minutes, or a duration with its unit.
func Minutes(text string) commitment.Value {
	return commitment.Duration(text, commitment.PlainMinutes)
}

// Order reads words that a vendor orders, the best for the customer first. Others are opaque.
func Order(words ...string) func(text string) commitment.Value {
	return func(text string) commitment.Value {
		i := slices.Index(words, text)
		if i < 0 {
			return commitment.Unread(text)
		}
		return commitment.Choice(text, int64(len(words)-1-i))
	}
}
