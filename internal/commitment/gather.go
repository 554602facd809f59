package commitment

import (
	"cmp"
	"fmt"
	"slices"
)

// gather tells in one finding what people judge at once: many commitments of a file of
// which the same definition changed in the same way, and the many rules by which one
// value is recorded. Each of them stays a part of what is signed.
func gather(changes []Change) []Change {
	groups := map[string][]Change{}
	var order []string
	for i := range changes {
		key := changes[i].cause()
		if key == "" {
			key = fmt.Sprintf("by itself %d", i)
		}
		if len(groups[key]) == 0 {
			order = append(order, key)
		}
		groups[key] = append(groups[key], changes[i])
	}
	out := make([]Change, 0, len(changes))
	for _, key := range order {
		list := groups[key]
		if len(list) == 1 || list[0].Kind != Measurement && len(list) < 3 {
			out = append(out, list...)
			continue
		}
		first := together(list)
		if first.Kind == Measurement && len(first.Fields) == 0 {
			first.Text = fmt.Sprintf("%s is recorded in another way: %d rules of it differ, such as this one. %s", title(subject(first.side())), len(list), first.Text)
		} else {
			first.Text = fmt.Sprintf("%d commitments of %s changed in the same way, such as this one. %s", len(list), first.place().File, first.Text)
		}
		out = append(out, first)
	}
	return out
}

// cause is what a change has in common with others that are judged with it; "" for one
// that is judged by itself.
func (c *Change) cause() string {
	s := c.side()
	if s == nil || c.Effect != Unknown || len(c.SameAs) > 0 {
		return ""
	}
	key := []string{s.Source.File}
	told := 0
	for _, f := range c.Fields {
		if f.Effect == Neutral {
			continue
		}
		if f.role != RoleDefinition {
			return ""
		}
		told++
		key = append(key, f.Name, f.Before, f.After)
	}
	switch {
	case told > 0 && c.Before != nil && c.After != nil && c.Before.Indicator == c.After.Indicator:
		return fmt.Sprintf("definition %q", key)
	case told == 0 && c.Kind == Measurement && len(c.Fields) == 0:
		return fmt.Sprintf("recorded %q %q", s.Name, key)
	}
	return ""
}

// together makes one change of several: the first in order of its place, with the others.
func together(list []Change) Change {
	list = slices.Clone(list)
	slices.SortStableFunc(list, func(i, j Change) int {
		a, b := i.place(), j.place()
		return cmp.Or(boolOrder(a.Generated, b.Generated), cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line))
	})
	first := list[0]
	first.SameAs = slices.Clone(first.SameAs)
	for i := range list[1:] {
		first.swallow(&list[i+1])
	}
	return first
}

// swallow tells another change with this one.
func (c *Change) swallow(other *Change) {
	c.SameAs = append(append(c.SameAs, other.places()), other.SameAs...)
	c.folded = append(append(c.folded, other.Digest()), other.folded...)
}
