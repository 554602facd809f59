package commitment

import (
	"cmp"
	"fmt"
	"slices"
)

// Diff compares the commitments of all files of a change at once. It gives the same
// answer for the same input, whatever order the files came in.
func Diff(before, after Set, o Options) Result {
	o.Severities = vocabulary(o.Severities, before, after)
	o.Catalog = withCatalog(o.Catalog, before)
	d := &diff{before: before, after: after, o: o}
	p := newPairing(before.Commitments, after.Commitments, o.Renames)
	p.run()
	for _, x := range p.pairs {
		d.compare(x)
	}
	d.leftovers(p)
	d.files()
	d.measurements()
	d.rendered()
	changes := gather(fold(d.changes))
	slices.SortStableFunc(changes, worstFirst)
	return Result{Changes: changes, Findings: capability(after, changes, o)}
}

// withCatalog adds the promises of catalogs among the files, as they were before the
// change: what is in force is what a change is held against.
func withCatalog(catalog Catalog, before Set) Catalog {
	promises := slices.Clone(catalog.Promises)
	for i := range before.Commitments {
		c := &before.Commitments[i]
		if c.Key.Format != CatalogFormat || c.Path != nil {
			continue
		}
		p := promiseOf(c)
		if !slices.ContainsFunc(promises, func(q Promise) bool { return q.ID == p.ID }) {
			promises = append(promises, p)
		}
	}
	return Catalog{Promises: promises}
}

// diff is one comparison in progress.
type diff struct {
	before, after Set
	o             Options
	changes       []Change
}

// leftovers are what has no counterpart: removed, added, or in a file that could not
// be read on the other side.
func (d *diff) leftovers(p *pairing) {
	lost, gained := map[string]int{}, map[string]int{}
	for _, c := range p.leftBefore() {
		if f, ok := d.after.File(renamed(d.o.Renames, c.Source.File)); ok && f.broken() {
			lost[c.Source.File]++
			continue
		}
		if !isHollow(c) {
			d.add(Change{Effect: vanishing(c), Kind: c.Kind, Before: c})
		}
	}
	for _, c := range p.leftAfter() {
		if f, ok := d.before.File(former(d.o.Renames, c.Source.File)); ok && f.broken() {
			gained[c.Source.File]++
			continue
		}
		effect := Added
		if c.Kind == Dependency || isCode(c) || isSetting(c) { // new code does nothing until other code uses it
			effect = Neutral
		}
		if !isHollow(c) {
			d.add(Change{Effect: effect, Kind: c.Kind, After: c})
		}
	}
	d.broken(lost, gained)
}

// isHollow reports whether a commitment is a list without entries. It is kept so that
// the first entry is seen as one that came in; that it comes or goes itself is nothing.
func isHollow(c *Commitment) bool {
	return c.Kind == Statement && len(c.Fields) > 0 && !slices.ContainsFunc(c.Fields, func(f Field) bool { return f.Value.Unit != List || len(f.Value.Items) > 0 })
}

// vanishing is the effect of a commitment that is not there any more. What is shown
// only and never judged does not weaken by going.
func vanishing(c *Commitment) Effect {
	switch {
	case c.Kind == Dependency:
		return Neutral
	case isCode(c) || isSetting(c):
		return Unknown // what came out of it, and what counts instead, cannot be seen
	}
	return Removed
}

// broken reports files of which a part cannot be read on one side, unless nothing in
// them changed.
func (d *diff) broken(lost, gained map[string]int) {
	for _, f := range d.after.Files {
		old, had := d.before.File(former(d.o.Renames, f.Path))
		if !f.broken() || had && old.Hash == f.Hash {
			continue
		}
		text := fmt.Sprintf("%s cannot be read: %s.", f.Path, f.firstWhole())
		if had && !old.broken() {
			text = fmt.Sprintf("%s cannot be read any more: %s. %s not checked.", f.Path, f.firstWhole(), counted(lost[old.Path], "commitment"))
		}
		d.add(Change{Effect: Unknown, Kind: Other, File: f.Path, Text: text})
	}
	for _, f := range d.before.Files {
		now, has := d.after.File(renamed(d.o.Renames, f.Path))
		if !f.broken() || has && (now.Hash == f.Hash || now.broken()) {
			continue
		}
		text := fmt.Sprintf("%s could not be read before (%s), so that %s cannot be compared.", f.Path, f.firstWhole(), counted(gained[now.Path], "commitment"))
		d.add(Change{Effect: Unknown, Kind: Other, File: f.Path, Text: text})
	}
}

func (f File) firstWhole() string {
	for _, p := range f.Problems {
		if p.Whole {
			if p.Line > 0 {
				return fmt.Sprintf("line %d: %s", p.Line, p.Text)
			}
			return p.Text
		}
	}
	return ""
}

// files reports what could not be read in part, where it could before.
func (d *diff) files() {
	for _, f := range d.after.Files {
		old, _ := d.before.File(former(d.o.Renames, f.Path))
		for _, text := range newProblems(old, f) {
			d.add(Change{Effect: Unknown, Kind: Other, File: f.Path, Text: fmt.Sprintf("A part of %s cannot be read any more: %s.", f.Path, text)})
		}
	}
	for _, f := range d.before.Files {
		now, has := d.after.File(renamed(d.o.Renames, f.Path))
		for _, text := range newProblems(now, f) {
			if has {
				d.add(Change{Effect: Unknown, Kind: Other, File: f.Path, Text: fmt.Sprintf("A part of %s could not be read before: %s.", f.Path, text)})
			}
		}
	}
}

// newProblems are the problems of a part that the other version does not have.
func newProblems(other, f File) []string {
	left := map[string]int{}
	for _, p := range other.Problems {
		left[p.Text]++
	}
	var out []string
	for _, p := range f.Problems {
		if p.Whole {
			continue
		}
		if left[p.Text]--; left[p.Text] < 0 {
			text := p.Text
			if p.Line > 0 {
				text = fmt.Sprintf("line %d: %s", p.Line, p.Text)
			}
			out = append(out, text)
		}
	}
	return out
}

// measurements settles changes of recorded values. One that an alert, an objective or
// another recorded value is built on before and after cannot be judged. One that is used
// on one side only came or went with what uses it, and that is judged by itself; one that
// nothing here uses changes no promise.
func (d *diff) measurements() {
	before, after := usesOf(d.before), usesOf(d.after)
	for i := range d.changes {
		c := &d.changes[i]
		renamed := c.Before != nil && c.After != nil && c.Before.Key.Name != c.After.Key.Name
		if c.Kind != Measurement || c.Effect == Neutral && !renamed {
			continue
		}
		both, one := false, false
		for _, side := range []*Commitment{c.Before, c.After} {
			if side == nil {
				continue
			}
			name := side.Key.Name
			// What was recorded by nobody before is not computed in another way now.
			both = both || after.used[name] && before.used[name] && (side == c.Before || before.recorded[name])
			one = one || after.used[name] || before.used[name]
		}
		switch {
		case both:
			c.Effect = Unknown
			c.Notes = append(c.Notes, "alerts or objectives in the changed files are measured by it")
		case one:
			c.Effect = Neutral
			c.Notes = append(c.Notes, "it came or went with what is measured by it")
		default:
			c.Effect = Neutral
			c.Notes = append(c.Notes, "nothing in the changed files is measured by it")
		}
	}
}

// uses are the recorded values of a side, and those that something is measured by.
type uses struct{ used, recorded map[string]bool }

func usesOf(set Set) uses {
	u := uses{map[string]bool{}, map[string]bool{}}
	for i := range set.Commitments {
		c := &set.Commitments[i]
		for _, name := range c.Uses {
			u.used[name] = true
		}
		if c.Kind == Measurement {
			u.recorded[c.Key.Name] = true
		}
	}
	return u
}

// side is the commitment as it is now, or as it was if it is gone.
func (c *Change) side() *Commitment {
	if c.After != nil {
		return c.After
	}
	return c.Before
}

// add keeps a change, with its words.
func (d *diff) add(c Change) {
	if c.Text == "" {
		c.Text = describe(c)
	}
	if s := c.side(); s != nil {
		for _, caveat := range s.Caveats {
			if !slices.Contains(c.Notes, caveat) {
				c.Notes = append(c.Notes, caveat)
			}
		}
	}
	if crosses, text := crossesFloor(&c, d.o); text != "" {
		c.CrossesFloor = crosses
		c.Text += " " + text
	}
	d.changes = append(d.changes, c)
}

func worstFirst(a, b Change) int {
	floor := func(c Change) int {
		if c.CrossesFloor {
			return 0
		}
		return 1
	}
	return cmp.Or(
		cmp.Compare(floor(a), floor(b)),
		cmp.Compare(b.Effect.Severity(), a.Effect.Severity()),
		cmp.Compare(b.Magnitude, a.Magnitude),
		cmp.Compare(a.place().File, b.place().File),
		cmp.Compare(a.place().Line, b.place().Line),
		cmp.Compare(a.Text, b.Text),
	)
}

// place is where the change stands: after it, or before if it is gone.
func (c *Change) place() Source {
	if s := c.side(); s != nil {
		return s.Source
	}
	return Source{File: c.File}
}

func renamed(renames map[string]string, path string) string {
	if now, ok := renames[path]; ok {
		return now
	}
	return path
}

func former(renames map[string]string, path string) string {
	for old, now := range renames {
		if now == path {
			return old
		}
	}
	return path
}
