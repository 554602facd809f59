package commitment

import (
	"math/big"
	"slices"
	"strings"
)

// compare judges one pair. What is word for word the same is no change, unless it
// has another name or place now.
func (d *diff) compare(p pair) {
	b, a := p.before, p.after
	if a.Routes != nil || b.Routes != nil {
		d.compareRoutes(p)
		return
	}
	c := Change{Kind: a.Kind, Before: b, After: a}
	v := verdict{}
	rewritten := b.Indicator != a.Indicator
	d.compareFields(&c, &v, rewritten)
	if rewritten {
		v.add(Unknown)
	}
	if a.Kind != b.Kind {
		v.add(Unknown)
		c.Notes = append(c.Notes, "it promised another kind of thing before ("+string(b.Kind)+")")
	}
	path := ""
	if a.Path != nil || b.Path != nil {
		path = d.comparePaths(&c, &v)
	}
	switch p.how {
	case samePlace, regrouped:
	case moved:
		c.Notes = append(c.Notes, "moved from "+b.Source.File)
	case renamedTo:
		c.Notes = append(c.Notes, "renamed from "+b.Name)
	case perhaps:
		c.Notes = append(c.Notes, "probably renamed from "+b.Name)
	}
	if len(c.Fields) == 0 && !rewritten && len(c.Notes) == 0 && path == "" {
		return
	}
	c.Effect, c.Mixed, c.Partly = v.effect(), v.weak && v.strong, v.unknown && (v.weak || v.strong)
	if a.Kind == Dependency {
		c.Effect, c.Mixed, c.Partly = Neutral, false, false
	}
	c.Magnitude += magnitude(b, a)
	if path != "" {
		path = title(subject(a)) + ": " + lower(path)
		c.Text = strings.TrimSpace(strings.Join(append(append([]string{path}, describeParts(c, true)...), verdictWord(c)), " "))
	}
	d.add(c)
}

// verdict collects the effects of the parts.
type verdict struct{ weak, strong, unknown bool }

func (v *verdict) add(e Effect) {
	switch e {
	case Weakened, Removed:
		v.weak = true
	case Strengthened, Added:
		v.strong = true
	case Unknown:
		v.unknown = true
	case Neutral:
	}
}

// effect combines them: what is weaker in one part is weaker, whatever the others say
// (formats.md section 3).
func (v *verdict) effect() Effect {
	switch {
	case v.weak:
		return Weakened
	case v.unknown:
		return Unknown
	case v.strong:
		return Strengthened
	}
	return Neutral
}

// fieldPair is a field before and after; the zero Field where there is none.
type fieldPair struct{ before, after Field }

// role is what the field means; a side without the field has none.
func (x fieldPair) role() Role {
	if x.after.Role == "" {
		return x.before.Role
	}
	return x.after.Role
}

// oneSided reports whether the value is there on one side only.
func (x fieldPair) oneSided() bool { return x.before.Value.Exists() != x.after.Value.Exists() }

// same reports whether nothing differs: the values are equal, or one is the default
// that counts where nothing is written.
func (x fieldPair) same() bool {
	b, a := x.before.Value, x.after.Value
	if b.Equal(a) {
		return x.before.Role == x.after.Role && x.before.Better == x.after.Better || !b.Exists()
	}
	if b.Exists() && a.Exists() || b.Opaque || a.Opaque {
		return false
	}
	switch x.role() {
	case RoleDelay:
		return difference(x).Sign() == 0
	case RoleEnabled:
		effect, _ := judgeSwitch(b, a)
		return effect == Neutral
	default:
		return false
	}
}

// fieldPairs matches the fields by name, the n-th with the n-th, in the order of the
// version after.
func fieldPairs(b, a *Commitment) []fieldPair {
	used := make([]bool, len(b.Fields))
	out := make([]fieldPair, 0, len(a.Fields))
	for _, f := range a.Fields {
		x := fieldPair{after: f}
		for i := range b.Fields {
			if !used[i] && b.Fields[i].Name == f.Name {
				x.before, used[i] = b.Fields[i], true
				break
			}
		}
		out = append(out, x)
	}
	for i, f := range b.Fields {
		if !used[i] {
			out = append(out, fieldPair{before: f})
		}
	}
	return out
}

// compareFields judges the fields one by one, and delays by their sum.
func (d *diff) compareFields(c *Change, v *verdict, rewritten bool) {
	more, delays, opaque := new(big.Rat), 0, false
	pairs := fieldPairs(c.Before, c.After)
	lists := slices.ContainsFunc(pairs, func(x fieldPair) bool {
		return (x.role() == RoleCoverage || x.role() == RoleSuppression) && !x.same()
	})
	for _, x := range pairs {
		equal := x.before.Value.Equal(x.after.Value)
		if x.same() || equal && (rewritten || x.before.Role == RoleNote || x.after.Role == RoleNote) {
			continue
		}
		role := x.role()
		if role == RoleScope && (rewritten || x.before.Role != x.after.Role) {
			continue // what is measured was rewritten, or came or went with its entry of a list
		}
		effect, meaning := judge(x.before, x.after, d.o)
		switch inside := role == RoleTarget || role == RoleThreshold || x.before.Inner || x.after.Inner; {
		case rewritten && inside && effect != Neutral:
			effect, meaning = Unknown, "the number moved, and so did what is measured"
		case lists && x.oneSided() && role == RoleThreshold:
			effect, meaning = Neutral, "" // it came or went with its entry of the list
		case lists && role == RoleScope:
			effect = Unknown // whether it is that of the same entry cannot be told
		}
		f := changeOf(x, effect, meaning)
		f.saidB, f.saidA = sayIn(c.Before, x.before.Value), sayIn(c.After, x.after.Value)
		f.shown = rewritten && effect == Unknown && (x.before.Inner || x.after.Inner)
		c.Fields = append(c.Fields, f)
		if role != RoleDelay || effect == Unknown {
			v.add(effect)
			opaque = opaque || role == RoleDelay
			continue
		}
		delays++
		more.Add(more, difference(x))
	}
	if delays == 0 || opaque {
		return
	}
	effect, _ := delayEffect(more)
	if effect == Neutral && delays > 1 {
		c.Notes = append(c.Notes, "taken together the delay stays as it was")
	}
	v.add(effect)
	minutes, _ := new(big.Rat).Quo(more, big.NewRat(60, 1)).Float64()
	c.Magnitude += max(minutes, -minutes)
}

// difference is how much longer a delay is after.
func difference(x fieldPair) *big.Rat {
	sum := new(big.Rat)
	if x.after.Value.Num != nil {
		sum.Add(sum, x.after.Value.Num)
	}
	if x.before.Value.Num != nil {
		sum.Sub(sum, x.before.Value.Num)
	}
	return sum
}

func changeOf(x fieldPair, effect Effect, meaning string) FieldChange {
	name := x.after.Name
	if name == "" {
		name = x.before.Name
	}
	return FieldChange{
		Name: name, Before: written(x.before.Value), After: written(x.after.Value), Effect: effect, Meaning: meaning,
		BeforeLine: x.before.Line, AfterLine: x.after.Line,
		role: x.role(),
	}
}

// written is a value as it stands in the file, or the default that counts.
func written(v Value) string {
	if v.Text != "" {
		return v.Text
	}
	return Say(v)
}

// comparePaths judges an escalation path as a whole and returns it in words.
func (d *diff) comparePaths(c *Change, v *verdict) string {
	b, a := c.Before.Path, c.After.Path
	if b == nil || a == nil {
		v.add(Unknown)
		return "Whether this still is an escalation path cannot be told."
	}
	fields, effect, mixed, text, size := diffPaths(b, a)
	c.Fields = slices.Concat(fields, c.Fields)
	c.Magnitude += size
	if mixed {
		v.weak, v.strong = true, true
	}
	for _, f := range fields {
		v.unknown = v.unknown || f.Effect == Unknown
		v.strong = v.strong || effect == Unknown && f.Effect == Strengthened // what is not known hides it
	}
	v.add(effect)
	return text
}

// compareRoutes judges routing trees by what they do with the alerts that can occur.
func (d *diff) compareRoutes(p pair) {
	var alerts []map[string]string
	for _, set := range []Set{d.before, d.after} {
		for i := range set.Commitments {
			if c := &set.Commitments[i]; c.Kind == Detection && len(c.Labels) > 0 {
				alerts = append(alerts, c.Labels)
			}
		}
	}
	for _, c := range diffRoutes(p.before, p.after, alerts, d.o) {
		d.add(c)
	}
	c := Change{Kind: p.after.Kind, Before: p.before, After: p.after}
	v := verdict{}
	d.compareFields(&c, &v, false)
	if len(c.Fields) > 0 {
		c.Effect, c.Mixed, c.Partly = v.effect(), v.weak && v.strong, v.unknown && (v.weak || v.strong)
		d.add(c)
	}
}
