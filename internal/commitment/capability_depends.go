package commitment

import (
	"cmp"
	"fmt"
	"math/big"
	"slices"
	"strings"
)

// dependencies finds promises that what they rest on cannot keep: services in series are
// available for A = A1 x A2 x .. of the time (formats.md 2.8; SRE book, "The Calculus of
// Service Availability", ACM Queue 15/2). Of each dependency the objective counts if
// there is one in the changed files, else what is promised.
func (s *survey) dependencies() {
	for i := range s.coming {
		p := &s.coming[i]
		if p.Kind != Availability || p.Target.Unit != Ratio || p.Target.Num == nil {
			continue
		}
		product, parts, touched := big.NewRat(1, 1), []string{}, s.touched(p)
		for _, id := range p.DependsOn {
			at := slices.IndexFunc(s.coming, func(q Promise) bool { return q.ID == id })
			if at < 0 || id == p.ID {
				continue
			}
			d := &s.coming[at]
			share, text, ok := s.capacity(d)
			if !ok {
				continue
			}
			product.Mul(product, share)
			parts = append(parts, text)
			touched = touched || s.touched(d)
		}
		if touched && len(parts) > 0 && product.Cmp(p.Target.Num) < 0 {
			s.add(codeDepends, p.Source.File, p.Source.Line,
				"The promise %s cannot be kept by what it depends on: %s = %s, assuming they fail independently.",
				p.title(), strings.Join(parts, " x "), percentOf(product))
		}
	}
}

// capacity is the share of time for which a dependency is there.
func (s *survey) capacity(d *Promise) (share *big.Rat, text string, ok bool) {
	for i := range s.after.Commitments {
		c := &s.after.Commitments[i]
		if f, found := c.Field(RoleTarget); found && c.Kind == Availability && d.standsFor(c) && f.Value.Unit == Ratio && f.Value.Num != nil && f.Better == Higher {
			if share == nil || f.Value.Num.Cmp(share) < 0 {
				share, text = f.Value.Num, fmt.Sprintf("%s %s (%s:%d)", d.ID, Say(f.Value), c.Source.File, cmp.Or(f.Line, c.Source.Line))
			}
		}
	}
	if share != nil {
		return share, text, true
	}
	if d.Kind != Availability || d.Target.Unit != Ratio || d.Target.Num == nil {
		return nil, "", false
	}
	return d.Target.Num, d.ID + " " + Say(d.Target), true
}

// percentOf writes a share as a percentage, cut so that it never looks like more than it is.
func percentOf(share *big.Rat) string {
	const places = 10_000
	scaled := new(big.Rat).Mul(share, big.NewRat(100*places, 1))
	whole := new(big.Int).Quo(scaled.Num(), scaled.Denom())
	return decimal(new(big.Rat).SetFrac(whole, big.NewInt(places)), 4) + "%"
}

// delays are the parts of an alert's delay, added up; false where one cannot be read.
func delays(c *Commitment) (sum *big.Rat, line int, ok bool) {
	sum = new(big.Rat)
	for _, f := range c.Fields {
		if f.Role != RoleDelay {
			continue
		}
		if f.Value.Opaque || f.Value.Num == nil && f.Value.Exists() {
			return nil, 0, false
		}
		if f.Value.Num != nil && f.Value.Unit == Seconds {
			sum.Add(sum, f.Value.Num)
			ok = true
			if f.Value.Num.Sign() > 0 {
				line = cmp.Or(line, f.Line)
			}
		}
	}
	return sum, cmp.Or(line, c.Source.Line), ok
}

// detection is the time from the fault to the first message, with its parts in words:
// D = ramp + scrape + evaluation + for + route delay (formats.md 2.4). What an alert
// says is known; for Prometheus a scrape interval of a minute and a group_wait of 30 s,
// its defaults, come on top where nothing else is known.
func (s *survey) detection(c *Commitment) (sum *big.Rat, parts []string, ok bool) {
	own, _, ok := delays(c)
	if !ok {
		return nil, nil, false
	}
	sum = new(big.Rat).Set(own)
	for _, f := range c.Fields {
		if f.Role == RoleDelay && f.Value.Num != nil && f.Value.Num.Sign() > 0 {
			parts = append(parts, f.Name+" "+Spell(f.Value.Num))
		}
	}
	if c.Key.Format != "prometheus" {
		return sum, parts, true
	}
	const scrape, groupWait = 60, 30
	wait := big.NewRat(groupWait, 1)
	for i := range s.after.Commitments {
		if r := s.after.Commitments[i].Routes; r != nil && r.Root.GroupWait.Num != nil {
			wait = r.Root.GroupWait.Num
		}
	}
	sum.Add(sum, big.NewRat(scrape, 1))
	sum.Add(sum, wait)
	return sum, append(parts, "scrape 1m", "group_wait "+Spell(wait)), true
}

// notifications finds promises to tell customers that detection and the first
// escalation alone use up: D + reach(k) for the second level, or the first where there
// is no second (formats.md 2.7, 2.8). It looks where the change touches one of them.
func (s *survey) notifications() {
	for i := range s.coming {
		p := &s.coming[i]
		if p.Kind != Notification || !isTime(p.Target) {
			continue
		}
		alert, alerted := s.slowest(p)
		path, escalated := s.path(p)
		if alert == nil || !alerted && !escalated && !s.touched(p) {
			continue
		}
		sum, parts, _ := s.detection(alert)
		total := new(big.Rat).Set(sum)
		place, line := alert.Source.File, alert.Source.Line
		if path != nil {
			k := min(len(path.Path.Levels), 2)
			if reach := path.Path.Levels[k-1].Reach; reach.Num != nil && reach.Num.Sign() > 0 {
				total.Add(total, reach.Num)
				parts = append(parts, fmt.Sprintf("escalation to level %d %s", k, Say(reach)))
				if escalated && !alerted {
					place, line = path.Source.File, cmp.Or(path.Path.Levels[k-1].Line, path.Source.Line)
				}
			}
		}
		if total.Cmp(p.Target.Num) > 0 {
			s.add(codeTooLate, place, line, "Customers are promised to be told within %s (%s), but %s takes %s: %s.",
				Say(p.Target), p.ID, subject(alert), Spell(total), strings.Join(parts, " + "))
		}
	}
}

// slowest is the alert that a notification waits for: of those of the service that
// change the slowest, else the fastest there is. changed tells which.
func (s *survey) slowest(p *Promise) (alert *Commitment, changed bool) {
	var least, most *big.Rat
	for i := range s.after.Commitments {
		c := &s.after.Commitments[i]
		if c.Kind != Detection || !p.serves(c) {
			continue
		}
		sum, _, ok := s.detection(c)
		if !ok {
			continue
		}
		if s.changed[spotOf(c)] != nil {
			if most == nil || sum.Cmp(most) > 0 {
				alert, most, changed = c, sum, true
			}
		} else if most == nil && (least == nil || sum.Cmp(least) < 0) {
			alert, least = c, sum
		}
	}
	return alert, changed
}

// path is the escalation of the promise's service; of several the one that changed.
func (s *survey) path(p *Promise) (path *Commitment, changed bool) {
	for i := range s.after.Commitments {
		c := &s.after.Commitments[i]
		if c.Path == nil || len(c.Path.Levels) == 0 || !p.serves(c) {
			continue
		}
		if s.changed[spotOf(c)] != nil {
			return c, true
		}
		if path == nil {
			path = c
		}
	}
	return path, false
}

// serves reports whether an alert or a path is for the promise: named by it, or of its service.
func (p *Promise) serves(c *Commitment) bool {
	return p.names(c) || p.Service != "" && strings.EqualFold(p.Service, c.Service)
}
