package commitment

import (
	"maps"
	"math/big"
	"slices"
	"strings"
)

// routeNode is a node of a tree, ready to be walked: its options are inherited and
// its receiver is what it sends to.
type routeNode struct {
	conditions []int
	proceed    bool // the siblings after it are tried too, even if it matches
	delivery   *delivery
	children   []*routeNode
}

// delivery is what happens to an alert at a node.
type delivery struct {
	id       int // equal for equal deliveries of both trees
	receiver string
	to       []address
	wait     Value // group_wait
	interval Value // group_interval
	repeat   Value // repeat_interval
	groupBy  string
	mute     []string
	active   []string
	line     int
}

// inherited are the options that count where nothing is written
// (https://prometheus.io/docs/alerting/latest/configuration/#route).
func inherited() delivery {
	seconds := func(n int64) Value { return Value{Text: Spell(big.NewRat(n, 1)), Num: big.NewRat(n, 1), Unit: Seconds} }
	return delivery{wait: seconds(30), interval: seconds(300), repeat: seconds(4 * 3600)}
}

// compile makes a node out of a route. Muting and active times are not inherited, all
// other options are.
func (w *routing) compile(r *Route, b *book, d delivery) *routeNode {
	if r.Receiver != "" {
		d.receiver = r.Receiver
	}
	for _, option := range []struct {
		own Value
		to  *Value
	}{{r.GroupWait, &d.wait}, {r.GroupInterval, &d.interval}, {r.RepeatInterval, &d.repeat}} {
		if option.own.Exists() {
			*option.to = option.own
		}
	}
	if r.HasGroupBy {
		d.groupBy = strings.Join(r.GroupBy, ", ")
	}
	d.to, d.mute, d.active, d.line = b.addresses(d.receiver), b.times(r.Mute), b.times(r.Active), r.Line
	own := d
	own.id = w.deliveryID(&own)
	n := &routeNode{proceed: r.Continue, delivery: &own}
	for _, m := range r.Matchers {
		if id := w.conditionIDs[m]; !slices.Contains(n.conditions, id) {
			n.conditions = append(n.conditions, id)
		}
	}
	slices.Sort(n.conditions)
	for i := range r.Routes {
		n.children = append(n.children, w.compile(&r.Routes[i], b, d))
	}
	return n
}

// deliveryID numbers deliveries: equal ones, under whatever name, have one number.
func (w *routing) deliveryID(d *delivery) int {
	var b strings.Builder
	part := func(texts ...string) {
		b.WriteString(strings.Join(texts, "\x01") + "\x00")
	}
	for _, a := range d.to {
		part(a.kind, a.target, a.receiver)
	}
	part()
	for _, v := range []Value{d.wait, d.interval, d.repeat} {
		if v.Num != nil {
			part(v.Num.RatString())
		} else {
			part("?", v.Text)
		}
	}
	part(d.groupBy)
	part(d.mute...)
	part(d.active...)
	id, ok := w.deliveryIDs[b.String()]
	if !ok {
		id = len(w.deliveryIDs)
		w.deliveryIDs[b.String()] = id
	}
	return id
}

// residue is what is left of a node for a set of alerts: conditions that hold for all
// of them are gone, and so is what none of them reaches.
type residue struct {
	conditions []int
	proceed    bool
	delivery   *delivery // nil where a child always takes the alert
	children   []*residue
}

// reduce is the walk of Alertmanager (dispatch.Route.Match) for many alerts at once:
// depth first, all conditions must hold, the first child that matches ends the search
// unless it says continue, and without such a child the node itself is the result.
func (w *routing) reduce(n *routeNode, set alertSet) *residue {
	out := &residue{proceed: n.proceed, delivery: n.delivery}
	for _, id := range n.conditions {
		c := &w.conditions[id]
		w.steps += 1 + len(c.truth)
		switch set[c.label].under(c.truth) {
		case never:
			return nil
		case sometimes:
			out.conditions = append(out.conditions, id)
		case always:
		}
	}
	for _, child := range n.children {
		r := w.reduce(child, set)
		if r == nil {
			continue
		}
		out.children = append(out.children, r)
		if len(r.conditions) > 0 {
			continue
		}
		out.delivery = nil
		if !child.proceed {
			break
		}
	}
	if n := len(out.children); n > 0 {
		out.children[n-1].proceed = false // nothing comes after it
	}
	w.steps++
	return out
}

// outcome is where the alerts of a set end up that no condition tells apart.
func (r *residue) outcome() []*delivery {
	switch {
	case r == nil:
		return nil
	case len(r.children) == 0:
		return []*delivery{r.delivery}
	}
	var out []*delivery
	for _, c := range r.children {
		out = append(out, c.outcome()...)
	}
	return out
}

// explore compares both trees for a set of alerts, in parts where it must.
func (w *routing) explore(set alertSet) {
	if w.capped = w.capped || len(w.found) >= maxSets || w.steps >= maxSteps; w.capped {
		return
	}
	b, a := w.reduce(w.before, set), w.reduce(w.after, set)
	if w.same(b, a) {
		return
	}
	at := w.part(b, a)
	if at < 0 {
		at = max(b.open(), a.open())
	}
	if at < 0 {
		if o := compareOutcomes(b.outcome(), a.outcome()); o.differs() {
			w.found = append(w.found, region{set, o})
		}
		return
	}
	c := &w.conditions[at]
	w.explore(set.with(c.label, set[c.label].and(c.truth)))
	w.explore(set.with(c.label, set[c.label].without(c.truth)))
}

// identical reports whether two trees are the same, however they are written.
func identical(b, a *routeNode) bool {
	if b.proceed != a.proceed || b.delivery.id != a.delivery.id || !slices.Equal(b.conditions, a.conditions) || len(b.children) != len(a.children) {
		return false
	}
	for i := range b.children {
		if !identical(b.children[i], a.children[i]) {
			return false
		}
	}
	return true
}

// same reports whether two residues do the same, being written the same.
func (w *routing) same(b, a *residue) bool {
	w.steps++
	if b == nil || a == nil {
		return b == a
	}
	if b.proceed != a.proceed || !slices.Equal(b.conditions, a.conditions) || len(b.children) != len(a.children) || !b.sameDelivery(a) {
		return false
	}
	for i := range b.children {
		if !w.same(b.children[i], a.children[i]) {
			return false
		}
	}
	return true
}

func (r *residue) sameDelivery(other *residue) bool {
	if r.delivery == nil || other.delivery == nil {
		return r.delivery == other.delivery
	}
	return r.delivery.id == other.delivery.id
}

// part is the condition at which two residues are best told apart: one of the place
// where they differ. -1 where there is none there.
func (w *routing) part(b, a *residue) int {
	if b == nil || a == nil {
		return max(b.open(), a.open())
	}
	if id := firstOf(b.conditions, a.conditions); id >= 0 {
		return id
	}
	if id := firstOf(a.conditions, b.conditions); id >= 0 {
		return id
	}
	x, y := w.apart(b.children, a.children)
	for i := range min(len(x), len(y)) {
		if !slices.Equal(x[i].conditions, y[i].conditions) {
			break
		}
		if len(x[i].conditions) > 0 {
			return x[i].conditions[0]
		}
		if id := w.part(x[i], y[i]); id >= 0 {
			return id
		}
	}
	inX, inY := conditionsOf(x), conditionsOf(y)
	for _, pair := range [][2][]int{{inX, inY}, {inY, inX}, {inX, nil}, {inY, nil}} {
		if id := firstOf(pair[0], pair[1]); id >= 0 {
			return id
		}
	}
	return -1
}

// apart are the children between those that are the same at both ends.
func (w *routing) apart(x, y []*residue) (_, _ []*residue) {
	for len(x) > 0 && len(y) > 0 && w.same(x[0], y[0]) {
		x, y = x[1:], y[1:]
	}
	for len(x) > 0 && len(y) > 0 && w.same(x[len(x)-1], y[len(y)-1]) {
		x, y = x[:len(x)-1], y[:len(y)-1]
	}
	return x, y
}

// conditionsOf are the conditions of some nodes themselves.
func conditionsOf(rs []*residue) []int {
	seen := map[int]bool{}
	for _, r := range rs {
		for _, id := range r.conditions {
			seen[id] = true
		}
	}
	return slices.Sorted(maps.Keys(seen))
}

// firstOf is the first number that the other list does not have; -1 for none.
func firstOf(list, other []int) int {
	for _, id := range list {
		if !slices.Contains(other, id) {
			return id
		}
	}
	return -1
}

// open is any condition that is still open below; -1 for none.
func (r *residue) open() int {
	if r == nil {
		return -1
	}
	if len(r.conditions) > 0 {
		return r.conditions[0]
	}
	for _, c := range r.children {
		if id := c.open(); id >= 0 {
			return id
		}
	}
	return -1
}
