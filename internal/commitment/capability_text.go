package commitment

import (
	"cmp"
	"math/big"
	"regexp"
	"slices"
	"strings"
)

// burnRates finds alerts on the use of an error budget that count with another budget
// than the objective has: `> 14.4 * 0.001` belongs to 99.9% (formats.md 2.5; SRE Workbook,
// chapter "Alerting on SLOs"). It looks at those that the change moves apart.
func (s *survey) burnRates() {
	for i := range s.after.Commitments {
		a := &s.after.Commitments[i]
		budget, ok := errorBudget(a)
		if !ok {
			continue
		}
		objective, moved := s.misfit(a, budget.Value.Num)
		if objective == nil || !moved {
			continue
		}
		f, _ := objective.Field(RoleTarget)
		s.add(codeBurnRate, a.Source.File, cmp.Or(budget.Line, a.Source.Line), "%s counts with an error budget of %s, but %s of %s leaves %s.",
			title(subject(a)), percentOf(budget.Value.Num), Say(f.Value), objective.Name, percentOf(rest(f.Value.Num)))
	}
}

func rest(share *big.Rat) *big.Rat { return new(big.Rat).Sub(big.NewRat(1, 1), share) }

// errorBudget is the budget that an alert counts with.
func errorBudget(c *Commitment) (Field, bool) {
	for _, f := range c.Fields {
		if (f.Name == "error budget" || strings.HasPrefix(f.Name, "error budget ")) && f.Value.Num != nil {
			return f, true
		}
	}
	return Field{}, false
}

// misfit is an objective of the alert's service or name whose budget is another one,
// unless the budget of any fits. moved: the change made it so.
func (s *survey) misfit(a *Commitment, budget *big.Rat) (objective *Commitment, moved bool) {
	for i := range s.after.Commitments {
		o := &s.after.Commitments[i]
		f, ok := o.Field(RoleTarget)
		if !ok || f.Value.Unit != Ratio || f.Value.Num == nil || f.Better != Higher || o.Key.Format == CatalogFormat || o.Kind == Detection || !sameSubject(a, o) {
			continue
		}
		if rest(f.Value.Num).Cmp(budget) == 0 {
			return nil, false
		}
		if s.movedApart(a, o, budget, f.Value.Num) {
			objective, moved = o, true
		}
	}
	return objective, moved
}

// movedApart reports whether the two fitted before, or one of them is new.
func (s *survey) movedApart(a, o *Commitment, budget, target *big.Rat) bool {
	ca, co := s.changed[spotOf(a)], s.changed[spotOf(o)]
	if ca == nil && co == nil {
		return false
	}
	if ca != nil && ca.Before != nil {
		if f, ok := errorBudget(ca.Before); ok {
			budget = f.Value.Num
		}
	}
	if co != nil && co.Before != nil {
		if f, ok := co.Before.Field(RoleTarget); ok && f.Value.Num != nil {
			target = f.Value.Num
		}
	}
	isNew := ca != nil && ca.Before == nil || co != nil && co.Before == nil
	return isNew || rest(target).Cmp(budget) == 0
}

func sameSubject(a, o *Commitment) bool {
	return a.Service != "" && strings.EqualFold(a.Service, o.Service) || a.Name == o.Name ||
		o.Key.Name != "" && (a.Key.Group == o.Key.Name || a.Name == o.Key.Name)
}

// texts finds words beside a value that still say what it was: "99.9% of requests" as
// the name of an objective of 99.5%.
func (s *survey) texts() {
	for i := range s.changes {
		c := &s.changes[i]
		if c.Before == nil || c.After == nil {
			continue
		}
		for k, f := range c.After.Fields {
			old, ok := counterpart(c, k)
			if ok && telling(f) && f.Value.Num != nil && old.Value.Num != nil && !f.Value.Equal(old.Value) && !elsewhere(c.After, k, old.Value) {
				s.contradictions(c.After, f, old.Value)
			}
		}
		s.reworded(c)
	}
}

// telling are the values that people repeat in words.
func telling(f Field) bool {
	switch f.Role {
	case RoleTarget, RoleWindow, RoleThreshold, RoleAmount, RoleDelay:
		return true
	case RoleSeverity, RoleRank, RoleEnabled, RoleCoverage, RoleSuppression, RoleScope, RoleTeller, RoleDefinition, RoleKey, RoleNote:
	}
	return false
}

// counterpart is the same field before: the n-th with the same name and role.
func counterpart(c *Change, k int) (Field, bool) {
	want, nth := c.After.Fields[k], 0
	for _, f := range c.After.Fields[:k] {
		if f.Name == want.Name && f.Role == want.Role {
			nth++
		}
	}
	for _, f := range c.Before.Fields {
		if f.Name == want.Name && f.Role == want.Role {
			if nth == 0 {
				return f, true
			}
			nth--
		}
	}
	return Field{}, false
}

// elsewhere reports whether another value still is what this one was: then the words may mean that one.
func elsewhere(c *Commitment, k int, old Value) bool {
	for i, f := range c.Fields {
		if i != k && telling(f) && f.Value.Num != nil && f.Value.Unit == old.Unit && f.Value.Num.Cmp(old.Num) == 0 {
			return true
		}
	}
	return false
}

// contradictions looks at all words of a commitment.
func (s *survey) contradictions(c *Commitment, f Field, old Value) {
	for _, w := range wordsOf(c) {
		if says(w.text, old) && !says(w.text, f.Value) {
			s.add(codeText, c.Source.File, w.line, "%s (%s) still says %s, but %s is %s now.", quote(w.text), w.what, Say(old), f.Name, Say(f.Value))
		}
	}
}

// words beside a value.
type beside struct {
	what, text string
	line       int
}

func wordsOf(c *Commitment) []beside {
	var out []beside
	add := func(w beside) {
		if !slices.ContainsFunc(out, func(o beside) bool { return o.text == w.text }) {
			out = append(out, w)
		}
	}
	for _, note := range c.Fields {
		if note.Role == RoleNote && note.Value.Unit == Word {
			add(beside{note.Name, note.Value.Text, cmp.Or(note.Line, c.Source.Line)})
		}
	}
	add(beside{"name", c.Name, c.Source.Line})
	return out
}

// reworded finds words that said a value, and now give another number while the value
// is what it was.
func (s *survey) reworded(c *Change) {
	for k, note := range c.After.Fields {
		old, ok := counterpart(c, k)
		if !ok || note.Role != RoleNote || note.Value.Unit != Word || note.Value.Text == old.Value.Text {
			continue
		}
		for i, f := range c.After.Fields {
			was, ok := counterpart(c, i)
			if ok && telling(f) && f.Value.Num != nil && f.Value.Equal(was.Value) && numbered(note.Value.Text, f.Value.Unit) &&
				says(old.Value.Text, f.Value) && !says(note.Value.Text, f.Value) {
				s.add(codeText, c.After.Source.File, cmp.Or(note.Line, c.After.Source.Line), "%s (%s) says something else now, but %s still is %s.", quote(note.Value.Text), note.Name, f.Name, Say(f.Value))
			}
		}
	}
}

// numbered reports whether a text has a number of the kind at all.
func numbered(text string, unit Unit) bool {
	return unit == Ratio && inPercent.MatchString(text) || unit == Seconds && inTime.MatchString(text)
}

var (
	inPercent = regexp.MustCompile(`([0-9]+(?:\.[0-9]+)?)[ -]?(?:%|percent\b)`)
	inTime    = regexp.MustCompile(`([0-9]+(?:\.[0-9]+)?)[ -]?(ms|milliseconds?|s|secs?|seconds?|m|mins?|minutes?|h|hrs?|hours?|d|days?|w|weeks?)(?:[^A-Za-z]|$)`)
	inDigits  = regexp.MustCompile(`[0-9]+(?:\.[0-9]+)?`)
)

// says reports whether a text has a number that is the value: a percentage, a length of
// time, or, where the value has no unit or its digits cannot be anything else, the digits.
func says(text string, v Value) bool {
	const limit = 4096 // of a text that people read
	text = text[:min(len(text), limit)]
	switch v.Unit {
	case Ratio:
		percent := new(big.Rat).Mul(v.Num, big.NewRat(100, 1))
		other := new(big.Rat).Sub(big.NewRat(100, 1), percent) // "fewer than 0.1% fail"
		return slices.ContainsFunc(numbers(inPercent, text), func(n *big.Rat) bool { return n.Cmp(percent) == 0 || n.Cmp(other) == 0 }) ||
			!percent.IsInt() && slices.ContainsFunc(numbers(inDigits, text), func(n *big.Rat) bool { return n.Cmp(percent) == 0 || n.Cmp(v.Num) == 0 })
	case Seconds:
		return saysTime(text, v.Num)
	case None, PerSecond, Bytes:
		return slices.ContainsFunc(inDigits.FindAllString(text, -1), func(digits string) bool {
			n, ok := ParseNumber(digits)
			return ok && len(digits) > 1 && n.Cmp(v.Num) == 0
		})
	case BusinessSeconds, Rank, Flag, List, Word:
	}
	return false
}

func numbers(in *regexp.Regexp, text string) []*big.Rat {
	var out []*big.Rat
	for _, m := range in.FindAllStringSubmatch(text, -1) {
		if n, ok := ParseNumber(m[len(m)-1]); ok {
			out = append(out, n)
		}
	}
	return out
}

func saysTime(text string, seconds *big.Rat) bool {
	for _, m := range inTime.FindAllStringSubmatch(text, -1) {
		n, ok := ParseNumber(m[1])
		if !ok {
			continue
		}
		length := map[byte]int64{'s': 1000, 'm': 60_000, 'h': 3_600_000, 'd': 86_400_000, 'w': 604_800_000}[m[2][0]]
		if strings.HasPrefix(m[2], "ms") || strings.HasPrefix(m[2], "milli") {
			length = 1
		}
		if n.Mul(n, big.NewRat(length, 1000)).Cmp(seconds) == 0 {
			return true
		}
	}
	return false
}

// prose finds pages that promise another availability than the contract or more than
// the objective aims for. It looks where the change touches one of them.
func (s *survey) prose() {
	for i := range s.after.Commitments {
		page := &s.after.Commitments[i]
		f, ok := page.Field(RoleTarget)
		if page.Key.Format != proseFormat || page.Kind != Availability || !ok || f.Value.Unit != Ratio || f.Value.Num == nil {
			continue
		}
		s.againstCatalog(page, f)
		s.againstObjectives(page, f)
	}
}

// againstCatalog: a page that says what any promise of the service says is right.
func (s *survey) againstCatalog(page *Commitment, f Field) {
	var wrong *Promise
	touched := s.changed[spotOf(page)] != nil
	for i := range s.coming {
		p := &s.coming[i]
		if p.Kind != Availability || p.Target.Unit != Ratio || p.Target.Num == nil || !p.names(page) && (p.Service == "" || !strings.EqualFold(p.Service, page.Service)) {
			continue
		}
		if p.Target.Num.Cmp(f.Value.Num) == 0 {
			return
		}
		wrong, touched = p, touched || s.touched(p)
	}
	if wrong != nil && touched {
		s.add(codeProse, page.Source.File, cmp.Or(f.Line, page.Source.Line), "%s says %s, the contract promises %s.", title(subject(page)), Say(f.Value), wrong.title())
	}
}

func (s *survey) againstObjectives(page *Commitment, f Field) {
	for i := range s.after.Commitments {
		o := &s.after.Commitments[i]
		g, ok := o.Field(RoleTarget)
		if !ok || o == page || o.Kind != Availability || o.Key.Format == CatalogFormat || o.Key.Format == page.Key.Format || page.Service == "" ||
			!strings.EqualFold(o.Service, page.Service) || g.Value.Unit != Ratio || g.Value.Num == nil || g.Better != Higher {
			continue
		}
		if s.changed[spotOf(page)] == nil && s.changed[spotOf(o)] == nil || f.Value.Num.Cmp(g.Value.Num) <= 0 {
			continue
		}
		s.add(codeProse, page.Source.File, cmp.Or(f.Line, page.Source.Line), "%s says %s, but the objective %s aims for %s only (%s:%d).",
			title(subject(page)), Say(f.Value), o.Name, Say(g.Value), o.Source.File, cmp.Or(g.Line, o.Source.Line))
	}
}
