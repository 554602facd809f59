package commitment

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// fold lists a change once that was made in several places: copies for each
// environment, a source and what is generated from it. The place that people edit is
// named, the others are kept in SameAs.
func fold(changes []Change) []Change {
	groups := map[string][]int{}
	var order []string
	for i := range changes {
		key := changes[i].sameness()
		if len(groups[key]) == 0 {
			order = append(order, key)
		}
		groups[key] = append(groups[key], i)
	}
	out := make([]Change, 0, len(order))
	for _, key := range order {
		members := groups[key]
		slices.SortStableFunc(members, func(i, j int) int {
			a, b := changes[i].place(), changes[j].place()
			return cmp.Or(boolOrder(a.Generated, b.Generated), cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line))
		})
		first := changes[members[0]]
		for _, i := range members[1:] {
			first.SameAs = append(first.SameAs, changes[i].places())
		}
		out = append(out, first)
	}
	return out
}

func boolOrder(a, b bool) int {
	switch {
	case a == b:
		return 0
	case b:
		return -1
	}
	return 1
}

// Places are all places in which the change stands, the one that is named first.
func (c *Change) Places() []Place { return append([]Place{c.places()}, c.SameAs...) }

// At is where the change stands, to the line of the first value that differs.
func (c *Change) At() Place {
	p := c.places()
	for _, effect := range []bool{true, false} {
		for _, f := range c.Fields {
			if effect == (f.Effect == Neutral) {
				continue
			}
			if f.BeforeLine > 0 && c.Before != nil {
				p.Before.Line = f.BeforeLine
			}
			if f.AfterLine > 0 && c.After != nil {
				p.After.Line = f.AfterLine
			}
			if f.BeforeLine > 0 || f.AfterLine > 0 {
				return p
			}
		}
	}
	return p
}

func (c *Change) places() Place {
	p := Place{}
	if c.Before != nil {
		p.Before = c.Before.Source
	}
	if c.After != nil {
		p.After = c.After.Source
	}
	if c.File != "" {
		p.After = Source{File: c.File}
	}
	return p
}

// sameness is what two changes have in common that are the same change in two places:
// everything but the place.
func (c *Change) sameness() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s|%s|%q|%q|%v|", c.Effect, c.Kind, c.File, c.Text, c.CrossesFloor)
	for _, side := range []*Commitment{c.Before, c.After} {
		if side == nil {
			b.WriteString("-|")
			continue
		}
		fmt.Fprintf(&b, "%q|%q|%s|", side.Name, side.Service, content(side))
	}
	return b.String()
}
