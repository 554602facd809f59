package commitment

import (
	"cmp"
	"fmt"
	"math/big"
	"slices"
	"strings"
)

// proseFormat is the name of the format of pages that people read.
const proseFormat = "prose"

// standsFor reports whether a commitment is what the promise is measured by: named by
// it ("name", "format:name"), or, where it names nothing, of the same service and kind.
func (p *Promise) standsFor(c *Commitment) bool {
	if c.Key.Format == CatalogFormat && c.Key.Name == p.ID {
		return false // the promise itself
	}
	if len(p.MeasuredBy) == 0 {
		if c.Key.Format == proseFormat && (p.Kind != Availability || len(p.Customers) > 0) {
			return false // a page has a line for each plan and severity; which is meant must be said
		}
		return c.Key.Format != CatalogFormat && p.Service != "" && strings.EqualFold(p.Service, c.Service) && p.Kind == c.Kind
	}
	return p.names(c)
}

func (p *Promise) names(c *Commitment) bool {
	return slices.ContainsFunc(p.MeasuredBy, func(name string) bool {
		format, rest, ok := strings.Cut(name, ":")
		return name != "" && (name == c.Name || name == c.Key.Name || ok && format == c.Key.Format && (rest == c.Name || rest == c.Key.Name))
	})
}

// standing is how a commitment stands to the floor of a promise.
type standing int

const (
	notComparable standing = iota
	keeps
	below
)

// stand is a commitment held against a floor.
type stand struct {
	standing
	line int
	// room is what is left above the floor, in minutes of error budget or in seconds;
	// nil where it has no measure.
	room *big.Rat
	text string // "99.9% is less than 99.95%"
}

// hold compares what is measured with the floor: an objective must be at least as
// strict as the promise it serves: T_slo >= T_sla, W_slo <= W_sla, a latency or a
// response no later than promised (formats.md 2.8; SRE Workbook, chapter "Implementing SLOs").
func (p *Promise) hold(c *Commitment) stand {
	if c == nil || p.Target.Num == nil {
		return stand{}
	}
	var worst stand
	for _, f := range c.Fields {
		if f.Role != RoleTarget && (f.Role != RoleThreshold || p.Target.Unit == Ratio || c.Kind == Detection) {
			continue
		}
		f.Value = c.inSeconds(f)
		if got := p.holdField(c, f); got.standing > worst.standing || got.standing == worst.standing && got.room != nil && worst.room != nil && got.room.Cmp(worst.room) < 0 {
			worst = got
		}
	}
	if p.Kind == Detection && c.Kind == Detection {
		if sum, line, ok := delays(c); ok {
			worst = p.holdField(c, Field{Role: RoleTarget, Value: Exactly(Spell(sum), sum, Seconds), Better: Lower, Line: line})
		}
	}
	return worst
}

// inSeconds gives a latency its unit where the name of what is measured says it, as
// Prometheus's naming asks for (https://prometheus.io/docs/practices/naming/#base-units).
func (c *Commitment) inSeconds(f Field) Value {
	if c.Kind == Latency && f.Role == RoleThreshold && f.Value.Unit == None && f.Value.Num != nil && strings.Contains(c.Indicator, "_seconds") {
		f.Value.Unit = Seconds
	}
	return f.Value
}

func (p *Promise) holdField(c *Commitment, f Field) stand {
	s := stand{line: f.Line}
	switch {
	case f.Value.Num == nil:
		return s
	case p.Target.Unit == Ratio && f.Value.Unit == Ratio && !ofSpeed(p.Kind) && ofSpeed(c.Kind):
		return s // the share of what is fast says nothing of what is there
	case p.Target.Unit == Ratio && f.Value.Unit == Ratio:
		s.holdShare(p, c, f)
	case isTime(p.Target) && isTime(f.Value) && f.Better == p.Better:
		s.holdTime(p, f.Value)
	case p.Target.Unit == f.Value.Unit && f.Better == p.Better && p.Better != Neither:
		s.settle(p.Target.Num, f.Value.Num, p.Better)
	}
	s.text = fmt.Sprintf("%s against the promised %s", apart(f.Value, p.Target), apart(p.Target, f.Value))
	if s.standing == keeps {
		s.holdWindow(p, c)
	}
	return s
}

// apart says a value, with more digits where it would look like the other one.
func apart(v, other Value) string {
	if v.Unit != Ratio || v.Num == nil || other.Num == nil || Say(v) != Say(other) || v.Num.Cmp(other.Num) == 0 {
		return Say(v)
	}
	return decimal(new(big.Rat).Mul(v.Num, big.NewRat(100, 1)), 15) + "%"
}

// ofSpeed: a share of such a kind counts what is fast or fresh enough.
func ofSpeed(k Kind) bool { return k == Latency || k == Freshness }

func isTime(v Value) bool {
	return v.Num != nil && (v.Unit == Seconds || v.Unit == BusinessSeconds)
}

func (s *stand) settle(floor, value *big.Rat, better Better) {
	s.standing = keeps
	if order := value.Cmp(floor); order != 0 && (order < 0) == (better == Higher) {
		s.standing = below
	}
}

// holdShare compares shares. One of what is bad is the rest of the one of what is good
// (formats.md 2.1). Headroom = (T_slo - T_sla) x W (formats.md 2.8).
func (s *stand) holdShare(p *Promise, c *Commitment, f Field) {
	floor, value := goodShare(p.Target.Num, p.Better), goodShare(f.Value.Num, f.Better)
	if floor == nil || value == nil {
		return
	}
	s.settle(floor, value, Higher)
	room := new(big.Rat).Sub(value, floor)
	s.room = room.Mul(room, new(big.Rat).Quo(windowOf(p, c), big.NewRat(60, 1)))
}

func goodShare(n *big.Rat, better Better) *big.Rat {
	switch better {
	case Higher:
		return n
	case Lower:
		return new(big.Rat).Sub(big.NewRat(1, 1), n)
	case Neither:
	}
	return nil
}

// windowOf is the time that a budget is counted over: the measured one's, else the
// promise's, else 30 days.
func windowOf(p *Promise, c *Commitment) *big.Rat {
	if f, ok := c.Field(RoleWindow); ok && f.Value.Num != nil && f.Value.Unit == Seconds && f.Value.Num.Sign() > 0 {
		return f.Value.Num
	}
	if p.Window.Num != nil && p.Window.Unit == Seconds && p.Window.Num.Sign() > 0 {
		return p.Window.Num
	}
	return big.NewRat(30*24*3600, 1)
}

// holdTime compares times. Working hours may take longer by the clock, never less:
// against a promise in working hours a time by the clock is within it if the number is,
// and beyond it only where it exceeds even the worst case.
func (s *stand) holdTime(p *Promise, v Value) {
	floor, value := p.Target, v
	switch {
	case floor.Unit == value.Unit:
		s.settle(floor.Num, value.Num, p.Better)
		s.room = new(big.Rat).Sub(floor.Num, value.Num)
		if p.Better == Higher {
			s.room.Neg(s.room)
		}
	case p.Better != Lower:
	case floor.Unit == Seconds:
		s.settle(floor.Num, worstCase(value.Num), Lower)
	case value.Num.Cmp(floor.Num) <= 0:
		s.standing = keeps
	case value.Num.Cmp(worstCase(floor.Num)) > 0:
		s.standing = below
	}
}

// holdWindow: over a longer window than the promise's a breach of the promise can hide
// (W_slo <= W_sla, formats.md 2.8).
func (s *stand) holdWindow(p *Promise, c *Commitment) {
	f, ok := c.Field(RoleWindow)
	if !ok || p.Target.Unit != Ratio || f.Value.Num == nil || p.Window.Num == nil || f.Value.Unit != p.Window.Unit {
		return
	}
	if f.Value.Num.Cmp(p.Window.Num) > 0 {
		s.standing, s.room, s.line = below, nil, f.Line
		s.text = fmt.Sprintf("it is counted over %s, the promise over %s", Say(f.Value), Say(p.Window))
	}
}

// title is what a promise is called in a sentence.
func (p *Promise) title() string {
	out := fmt.Sprintf("%s (%s %s", p.ID, p.Kind, Say(p.Target))
	if p.Contract != "" {
		out += ", " + p.Contract
	}
	return out + ")"
}

// roomText is headroom in words: minutes of budget for shares, a time for times.
func (p *Promise) roomText(room *big.Rat) string {
	if p.Target.Unit == Ratio {
		return decimal(room, 1)
	}
	return Spell(room)
}

// crossesFloor holds a change against the promises that it is measured for. It crosses
// a floor if it is below one now and was not before: nothing that existed before was
// below, or what was there could not be told. The text says that, or how much is left.
func crossesFloor(c *Change, o Options) (crosses bool, text string) {
	var said []string
	for i := range o.Catalog.Promises {
		p := &o.Catalog.Promises[i]
		if !concerns(p, c) {
			continue
		}
		crossed, sentence := p.crossed(c)
		crosses = crosses || crossed
		if sentence != "" {
			said = append(said, sentence)
		}
	}
	return crosses, strings.Join(said, " ")
}

// concerns: on either side, so that a rename does not lose the promise.
func concerns(p *Promise, c *Change) bool {
	return c.Before != nil && p.standsFor(c.Before) || c.After != nil && p.standsFor(c.After)
}

func (p *Promise) crossed(c *Change) (bool, string) {
	old, now := p.hold(c.Before), p.hold(c.After)
	switch {
	case c.After == nil:
		return false, fmt.Sprintf("It stood for the promise %s.", p.title())
	case now.standing == below && old.standing != below && c.Before == nil:
		return true, fmt.Sprintf("It is weaker than the contract: %s, promise %s.", now.text, p.title())
	case now.standing == below && old.standing != below:
		return true, fmt.Sprintf("It is now weaker than the contract: %s, promise %s.", now.text, p.title())
	case now.standing == below:
		return false, fmt.Sprintf("It was weaker than the contract before and still is: %s, promise %s.", now.text, p.title())
	case now.standing == notComparable && old.standing == keeps:
		return false, fmt.Sprintf("Whether it still keeps the promise %s cannot be told.", p.title())
	case now.standing == keeps && old.room != nil && now.room != nil && old.room.Cmp(now.room) != 0 && old.standing == keeps:
		unit := ""
		if p.Target.Unit == Ratio {
			unit = " min"
		}
		return false, fmt.Sprintf("Within the contract (%s), headroom %s -> %s%s.", p.title(), p.roomText(old.room), p.roomText(now.room), unit)
	case now.standing == keeps && old.standing == below:
		return false, fmt.Sprintf("It keeps the promise %s again.", p.title())
	}
	return false, ""
}

// floors finds what is weaker than the contract after the change: by the promises in
// force, and by those that the change itself makes.
func (s *survey) floors() {
	for i := range s.after.Commitments {
		c := &s.after.Commitments[i]
		for _, list := range [][]Promise{s.promises, s.coming} {
			for k := range list {
				p := &list[k]
				if !p.standsFor(c) {
					continue
				}
				if got := p.hold(c); got.standing == below {
					s.add(codeBelow, c.Source.File, cmp.Or(got.line, c.Source.Line), "%s is weaker than the contract: %s, promise %s.", title(subject(c)), got.text, p.title())
				}
			}
		}
	}
	for i := range s.changes {
		s.lostMeasures(&s.changes[i])
	}
}

// lostMeasures finds promises that a change leaves without what stood for them.
func (s *survey) lostMeasures(c *Change) {
	if c.Before == nil {
		return
	}
	for i := range s.promises {
		p := &s.promises[i]
		if !p.standsFor(c.Before) {
			continue
		}
		old := p.hold(c.Before)
		switch {
		case c.After == nil && !s.stands(p):
			s.add(codeUnmeasured, c.Before.Source.File, 0, "%s is gone; it stood for the promise %s, and nothing in the changed files does so now.", title(subject(c.Before)), p.title())
		case c.After == nil:
		case len(p.MeasuredBy) > 0 && !p.standsFor(c.After):
			s.add(codeUnmeasured, c.After.Source.File, c.After.Source.Line, "%s stood for the promise %s under its old name %s; the catalog still says so.", title(subject(c.After)), p.title(), c.Before.Name)
			if now := p.hold(c.After); now.standing == below {
				s.add(codeBelow, c.After.Source.File, now.line, "%s is weaker than the contract: %s, promise %s.", title(subject(c.After)), now.text, p.title())
			}
		case old.standing == keeps && p.hold(c.After).standing == notComparable:
			s.add(codeUnsure, c.After.Source.File, c.After.Source.Line, "Whether %s still keeps the promise %s cannot be told.", subject(c.After), p.title())
		}
	}
}

// stands reports whether anything after the change stands for a promise.
func (s *survey) stands(p *Promise) bool {
	return slices.ContainsFunc(s.after.Commitments, func(c Commitment) bool { return p.standsFor(&c) })
}
