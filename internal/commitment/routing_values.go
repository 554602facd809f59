package commitment

import (
	"cmp"
	"maps"
	"regexp"
	"regexp/syntax"
	"slices"
	"strings"
)

// bits is a set of small numbers.
type bits []uint64

func newBits(n int) bits { return make(bits, (n+63)/64) }

func allBits(n int) bits {
	b := newBits(n)
	for i := range n {
		b.set(i)
	}
	return b
}

func (b bits) set(i int)      { b[i/64] |= 1 << (i % 64) }
func (b bits) has(i int) bool { return b[i/64]&(1<<(i%64)) != 0 }

func (b bits) and(c bits) bits {
	out := make(bits, len(b))
	for i := range b {
		out[i] = b[i] & c[i]
	}
	return out
}

func (b bits) without(c bits) bits {
	out := make(bits, len(b))
	for i := range b {
		out[i] = b[i] &^ c[i]
	}
	return out
}

func (b bits) or(c bits) bits {
	out := make(bits, len(b))
	for i := range b {
		out[i] = b[i] | c[i]
	}
	return out
}

func (b bits) full(n int) bool { return slices.Equal(b, allBits(n)) }

// certainty is how often a condition holds within a set.
type certainty int

const (
	never certainty = iota
	sometimes
	always
)

// under is how often a condition with this truth holds for the values in b.
func (b bits) under(truth bits) certainty {
	in, out := false, false
	for i := range b {
		in = in || b[i]&truth[i] != 0
		out = out || b[i]&^truth[i] != 0
	}
	switch {
	case !in:
		return never
	case out:
		return sometimes
	}
	return always
}

// alertSet is a set of alerts: of each label the classes of values that it may have.
type alertSet []bits

func (s alertSet) with(label int, values bits) alertSet {
	out := slices.Clone(s)
	out[label] = values
	return out
}

// everything is the set of all alerts.
func (w *routing) everything() alertSet {
	out := make(alertSet, len(w.labels))
	for i := range w.labels {
		out[i] = allBits(len(w.labels[i].classes))
	}
	return out
}

// routeLabel is a label that conditions mention.
type routeLabel struct {
	name       string
	conditions []int
	classes    []class
	index      map[string]int // of a class by what holds for it
}

// class are values of a label that no condition of either tree tells apart.
type class struct {
	values  []string // those that are written somewhere
	pattern string   // the expression that they match, where none is written
	other   bool     // all values that nothing mentions
	absent  bool     // the label is not there
}

// sides of a change on which something occurs.
type sides int

const (
	onlyBefore sides = 1
	onlyAfter  sides = 2
)

// condition is a matcher with what it means for each class of its label's values.
type condition struct {
	matcher Matcher
	label   int
	on      sides
	truth   bits
	holds   func(value string) bool
	// samples are values for which a regular expression holds; complete: it holds for no others.
	samples  []string
	complete bool
	// sense is the text of the expression as it is understood.
	sense string
}

// collect gathers the conditions of a tree.
func (w *routing) collect(r *Route, on sides) {
	for _, m := range r.Matchers {
		id, ok := w.conditionIDs[m]
		if !ok {
			id = len(w.conditions)
			w.conditionIDs[m] = id
			w.conditions = append(w.conditions, w.condition(m))
			label := &w.labels[w.conditions[id].label]
			label.conditions = append(label.conditions, id)
		}
		w.conditions[id].on |= on
	}
	for i := range r.Routes {
		w.collect(&r.Routes[i], on)
	}
}

func (w *routing) label(name string) int {
	i, ok := w.labelIndex[name]
	if !ok {
		i = len(w.labels)
		w.labelIndex[name] = i
		w.labels = append(w.labels, routeLabel{name: name, index: map[string]int{}})
	}
	return i
}

// isExpression reports whether a text holds an expression of a template, which is
// filled in elsewhere.
func isExpression(text string) bool {
	return slices.ContainsFunc([]string{"{{", "${", "$(", "<%", "{%", "%{"}, func(mark string) bool { return strings.Contains(text, mark) })
}

// condition reads a matcher. A regular expression that is none, is too large, holds an
// expression of a template or matches nothing that can be found is taken for a value
// of its own.
func (w *routing) condition(m Matcher) condition {
	c := condition{matcher: m, label: w.label(m.Label), samples: []string{m.Value}, complete: true, sense: m.Value}
	holds := func(value string) bool { return value == m.Value }
	if strings.HasSuffix(m.Op, "~") && !isExpression(m.Value) && w.fits(m.Value) {
		re, err := regexp.Compile("^(?s:" + m.Value + ")$")
		samples, complete := sample(m.Value)
		if err == nil {
			samples = slices.DeleteFunc(samples, func(s string) bool { return !re.MatchString(s) })
		}
		if err == nil && len(samples) > 0 {
			c.samples, c.complete, c.sense, holds = samples, complete, sense(m.Value), re.MatchString
		}
	}
	c.holds = holds
	if strings.HasPrefix(m.Op, "!") {
		c.holds = func(value string) bool { return !holds(value) }
	}
	return c
}

// fits reports whether a regular expression is not too large, all before it included.
func (w *routing) fits(expr string) bool {
	re, err := syntax.Parse(expr, syntax.Perl)
	if err != nil {
		return false
	}
	n := extent(re, 0)
	w.patterns += n
	return n <= maxPatterns/20 && w.patterns <= maxPatterns
}

// extent is the size of an expression with its repetitions written out.
func extent(re *syntax.Regexp, depth int) int {
	if depth > 100 {
		return maxPatterns
	}
	sum := 1 + len(re.Rune)
	for _, sub := range re.Sub {
		sum += extent(sub, depth+1)
	}
	if re.Op == syntax.OpRepeat {
		sum *= max(re.Min, re.Max, 1)
	}
	return min(sum, maxPatterns)
}

// classify sorts the values of each label into classes.
func (w *routing) classify(alerts []map[string]string) {
	for i := range w.labels {
		l := &w.labels[i]
		var literals, samples []string
		pattern := map[string]string{}
		for _, id := range l.conditions {
			c := &w.conditions[id]
			if c.complete {
				literals = append(literals, c.samples...)
				continue
			}
			for _, s := range c.samples {
				pattern[s] = c.matcher.Value
			}
			samples = append(samples, c.samples...)
		}
		for _, s := range literals {
			w.place(l, s, func(c *class) { c.values = append(c.values, s) })
		}
		for _, labels := range alerts {
			if s := labels[l.name]; s != "" {
				w.place(l, s, func(c *class) { c.values = append(c.values, s) })
			}
		}
		for _, s := range joined(samples) {
			w.place(l, s, func(c *class) { c.pattern = cmp.Or(c.pattern, pattern[s], s) })
		}
		w.place(l, "", func(c *class) { c.absent = true })
		w.place(l, "any other value", func(c *class) { c.other = true })
		l.settle()
		w.evaluate(l)
	}
}

// joined adds to samples of expressions what may match two of them at once.
func joined(samples []string) []string {
	out := slices.Clone(samples)
	if len(samples) <= 12 {
		for _, x := range samples {
			for _, y := range samples {
				out = append(out, x+y)
			}
		}
	}
	return out
}

// place puts a value into its class.
func (w *routing) place(l *routeLabel, value string, add func(*class)) {
	if w.placed += len(l.conditions); w.placed > maxPlaced && value != "" {
		w.capped = true
		return
	}
	truth := w.truth(l, value)
	i, ok := l.index[truth]
	if !ok {
		i = len(l.classes)
		l.index[truth] = i
		l.classes = append(l.classes, class{})
	}
	add(&l.classes[i])
}

// truth is which of a label's conditions hold for a value: a 1 or 0 for each.
func (w *routing) truth(l *routeLabel, value string) string {
	out := make([]byte, len(l.conditions))
	for i, id := range l.conditions {
		out[i] = '0'
		if w.conditions[id].holds(value) {
			out[i] = '1'
		}
	}
	return string(out)
}

// settle makes the classes ready to be shown.
func (l *routeLabel) settle() {
	for i := range l.classes {
		c := &l.classes[i]
		values := slices.DeleteFunc(c.values, func(s string) bool { return s == "" })
		c.values = slices.Compact(slices.Sorted(slices.Values(values)))
	}
}

// evaluate notes for each condition in which classes it holds.
func (w *routing) evaluate(l *routeLabel) {
	for _, id := range l.conditions {
		w.conditions[id].truth = newBits(len(l.classes))
	}
	for _, key := range slices.Sorted(maps.Keys(l.index)) {
		for i, id := range l.conditions {
			if key[i] == '1' {
				w.conditions[id].truth.set(l.index[key])
			}
		}
	}
}
