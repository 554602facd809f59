package commitment

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// pair is a commitment before and after.
type pair struct {
	before, after *Commitment
	how           how
}

// how says by what two commitments were taken for the same one.
type how string

const (
	samePlace how = ""                 // its key, in the same file
	moved     how = "moved"            // its key, in another file
	regrouped how = "regrouped"        // its name, in another group or folder
	renamedTo how = "renamed"          // what it measures
	perhaps   how = "probably renamed" // likeness
)

// The thresholds of pairing by likeness (formats.md section 3).
const (
	likeEnough = 0.6
	clearlyTop = 0.15
	maxLikened = 400 // beyond so many left over on a side, likeness is not tried
)

// pairing finds out which commitment of one side is which of the other, over all
// files of the change. Each step looks only at what the ones before left.
type pairing struct {
	renames map[string]string
	before  []*Commitment
	after   []*Commitment
	pairs   []pair
}

func newPairing(before, after []Commitment, renames map[string]string) *pairing {
	p := &pairing{renames: renames}
	for i := range before {
		p.before = append(p.before, &before[i])
	}
	for i := range after {
		p.after = append(p.after, &after[i])
	}
	byPlace := func(a, b *Commitment) int {
		if a.Source.File != b.Source.File {
			return strings.Compare(a.Source.File, b.Source.File)
		}
		return a.Source.Line - b.Source.Line
	}
	slices.SortStableFunc(p.before, byPlace)
	slices.SortStableFunc(p.after, byPlace)
	return p
}

func (p *pairing) leftBefore() []*Commitment { return p.before }
func (p *pairing) leftAfter() []*Commitment  { return p.after }

// run does all steps.
func (p *pairing) run() {
	key := func(c *Commitment) string { return fmt.Sprintf("%q", c.Key) }
	name := func(c *Commitment) string {
		text := fmt.Sprintf("%q %q %q", c.Key.Format, c.Key.Name, c.Key.Sub)
		if c.Key.Format == proseFormat {
			text += c.Indicator // a name in a text is no more than "first response": the sentence tells
		}
		return text
	}
	p.equal(samePlace, func(c *Commitment, file string) string { return file + "\n" + key(c) + "\n" + content(c) })
	p.equal(moved, func(c *Commitment, _ string) string { return key(c) + "\n" + content(c) })
	p.grouped(samePlace, func(c *Commitment, file string) string { return file + "\n" + key(c) })
	p.grouped(regrouped, func(c *Commitment, file string) string { return file + "\n" + name(c) })
	p.unique(moved, func(c *Commitment) string { return key(c) })
	p.grouped(moved, func(c *Commitment, _ string) string { return key(c) })
	p.unique(moved, func(c *Commitment) string { return name(c) })
	p.unique(renamedTo, func(c *Commitment) string {
		if bare(c) {
			return ""
		}
		return c.Key.Format + "\n" + content(c)
	})
	p.unique(renamedTo, func(c *Commitment) string {
		if c.Indicator == "" || isDemo(c) {
			return ""
		}
		return c.Key.Format + "\n" + string(c.Kind) + "\n" + watched(c)
	})
	p.alike()
}

// watched is what is measured and of what, in one text.
func watched(c *Commitment) string {
	parts := []string{c.Indicator}
	for _, f := range c.Fields {
		if f.Role == RoleScope {
			parts = append(parts, strings.Join(f.Value.Items, ", "))
		}
	}
	return strings.Join(parts, "\n")
}

// bare reports whether a commitment says too little to be told by its content.
func bare(c *Commitment) bool {
	return (c.Indicator == "" || isDemo(c)) && c.Path == nil && c.Routes == nil
}

// isDemo reports whether an alert fires on nothing that is measured, as one that only
// shows that alerts arrive. Such ones are alike without being the same.
func isDemo(c *Commitment) bool { return c.Kind == Detection && constantly.MatchString(c.Indicator) }

var constantly = regexp.MustCompile(`^(?:vector)?[\s().0-9?<>=]*$`)

// take pairs two and strikes them off the lists.
func (p *pairing) take(found []pair) {
	if len(found) == 0 {
		return
	}
	gone := make(map[*Commitment]bool, 2*len(found))
	for _, x := range found {
		gone[x.before], gone[x.after] = true, true
	}
	p.pairs = append(p.pairs, found...)
	p.before = slices.DeleteFunc(p.before, func(c *Commitment) bool { return gone[c] })
	p.after = slices.DeleteFunc(p.after, func(c *Commitment) bool { return gone[c] })
}

// groups sorts what is left by a text; "" leaves it out.
func groups(list []*Commitment, by func(*Commitment) string) map[string][]*Commitment {
	out := map[string][]*Commitment{}
	for _, c := range list {
		if k := by(c); k != "" {
			out[k] = append(out[k], c)
		}
	}
	return out
}

// equal pairs what is alike in everything, as often as it occurs on both sides.
func (p *pairing) equal(h how, by func(c *Commitment, file string) string) {
	after := groups(p.after, func(c *Commitment) string { return by(c, c.Source.File) })
	var found []pair
	for _, b := range p.before {
		k := by(b, renamed(p.renames, b.Source.File))
		if list := after[k]; len(list) > 0 {
			found = append(found, pair{b, list[0], h})
			after[k] = list[1:]
		}
	}
	p.take(found)
}

// grouped pairs what has one key. Where that stands several times, what is measured
// tells which is which, then the urgency, then the order.
func (p *pairing) grouped(h how, by func(c *Commitment, file string) string) {
	before := groups(p.before, func(c *Commitment) string { return by(c, renamed(p.renames, c.Source.File)) })
	after := groups(p.after, func(c *Commitment) string { return by(c, c.Source.File) })
	var found []pair
	for _, b := range p.before {
		k := by(b, renamed(p.renames, b.Source.File))
		if len(before[k]) == 0 || len(after[k]) == 0 {
			continue
		}
		found = append(found, amongEqualKeys(before[k], after[k], h)...)
		before[k] = nil
	}
	p.take(found)
}

// amongEqualKeys pairs two lists of the same key.
func amongEqualKeys(before, after []*Commitment, h how) []pair {
	if len(before) == 1 && len(after) == 1 {
		return []pair{{before[0], after[0], h}}
	}
	severity := func(c *Commitment) string {
		f, _ := c.Field(RoleSeverity)
		return f.Value.Text
	}
	sub := &pairing{before: slices.Clone(before), after: slices.Clone(after)}
	for _, by := range []func(*Commitment) string{
		func(c *Commitment) string { return "w" + watched(c) + "\n" + severity(c) },
		func(c *Commitment) string { return "w" + watched(c) },
		func(c *Commitment) string { return "i" + c.Indicator + "\n" + severity(c) },
		func(c *Commitment) string { return "i" + c.Indicator },
		func(c *Commitment) string { return "s" + severity(c) },
	} {
		sub.equal(h, func(c *Commitment, _ string) string { return by(c) })
	}
	if len(sub.before) == len(sub.after) {
		sub.equal(h, func(*Commitment, string) string { return "in order" })
	}
	return sub.pairs
}

// unique pairs what stands exactly once on either side.
func (p *pairing) unique(h how, by func(*Commitment) string) {
	before, after := groups(p.before, by), groups(p.after, by)
	var found []pair
	for _, b := range p.before {
		k := by(b)
		if len(before[k]) == 1 && len(after[k]) == 1 {
			found = append(found, pair{b, after[k][0], h})
		}
	}
	p.take(found)
}

// alike pairs the best by likeness of name and indicator, where it is best on both
// sides and clearly so.
func (p *pairing) alike() {
	if len(p.before) > maxLikened || len(p.after) > maxLikened {
		return
	}
	likeness := p.likenesses()
	best := func(row []float64) (int, float64, float64) {
		at, top, second := -1, 0.0, 0.0
		for i, v := range row {
			if v > top {
				at, top, second = i, v, top
			} else if v > second {
				second = v
			}
		}
		return at, top, second
	}
	var found []pair
	for i, row := range likeness {
		j, top, second := best(row)
		if j < 0 || top < likeEnough || top-second < clearlyTop {
			continue
		}
		column := make([]float64, len(likeness))
		for k := range likeness {
			column[k] = likeness[k][j]
		}
		if back, backTop, backSecond := best(column); back == i && backTop-backSecond >= clearlyTop {
			found = append(found, pair{p.before[i], p.after[j], perhaps})
		}
	}
	p.take(found)
}

func (p *pairing) likenesses() [][]float64 {
	tokensOf := func(c *Commitment) map[string]bool {
		out := map[string]bool{}
		for _, w := range strings.FieldsFunc(strings.ToLower(c.Name+" "+watched(c)), func(r rune) bool {
			return (r < 'a' || r > 'z') && (r < '0' || r > '9') && r < 128
		}) {
			out[w] = true
		}
		return out
	}
	after := make([]map[string]bool, len(p.after))
	for j, a := range p.after {
		after[j] = tokensOf(a)
	}
	out := make([][]float64, len(p.before))
	for i, b := range p.before {
		out[i] = make([]float64, len(p.after))
		tokens := tokensOf(b)
		for j, a := range p.after {
			if a.Kind == b.Kind && a.Service == b.Service && a.Key.Format == b.Key.Format {
				out[i][j] = jaccard(tokens, after[j])
			}
		}
	}
	return out
}

func jaccard(a, b map[string]bool) float64 {
	both := 0
	for w := range a {
		if b[w] {
			both++
		}
	}
	if all := len(a) + len(b) - both; all > 0 {
		return float64(both) / float64(all)
	}
	return 0
}

// content is everything that a commitment says, without its place and its key. Equal
// contents are the same promise word for word.
func content(c *Commitment) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n%q\n", c.Kind, c.Indicator)
	for _, f := range c.Fields {
		fmt.Fprintf(&b, "%q %s %s %s\n", f.Name, f.Role, f.Better, canonical(f.Value))
	}
	if c.Path != nil {
		writePath(&b, c.Path)
	}
	if c.Routes != nil {
		text, err := json.Marshal(unplaced(*c.Routes))
		if err != nil {
			return "unreadable " + err.Error()
		}
		b.Write(text)
	}
	return b.String()
}

// canonical is a text that equal values share.
func canonical(v Value) string {
	switch {
	case v.Opaque:
		return "opaque " + v.Text
	case v.Unit == List:
		return fmt.Sprintf("list %q", v.Items)
	case v.Num != nil:
		return fmt.Sprintf("%s %s %v", v.Num.RatString(), v.Unit, v.Calendar)
	}
	return fmt.Sprintf("text %q", v.Text)
}

func writePath(b *strings.Builder, p *Path) {
	fmt.Fprintf(b, "path %d %s %q\n", p.Repeats, canonical(p.Round), p.Opaque)
	for _, l := range p.Levels {
		fmt.Fprintf(b, "level %s %q\n", canonical(l.Reach), l.Targets)
	}
}

// unplaced is a routing tree without the lines it stands on.
func unplaced(r Routes) Routes {
	var node func(Route) Route
	node = func(n Route) Route {
		n.Line, n.Routes = 0, slices.Clone(n.Routes)
		for i := range n.Routes {
			n.Routes[i] = node(n.Routes[i])
		}
		return n
	}
	r.Root = node(r.Root)
	r.Receivers, r.Inhibits = slices.Clone(r.Receivers), slices.Clone(r.Inhibits)
	for i := range r.Receivers {
		r.Receivers[i].Line = 0
	}
	for i := range r.Inhibits {
		r.Inhibits[i].Line = 0
	}
	return r
}
