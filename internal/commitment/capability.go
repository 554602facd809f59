package commitment

import (
	"fmt"
	"slices"
)

// Catalog is what was negotiated with customers.
type Catalog struct {
	Promises []Promise `json:"promises,omitempty"`
}

// Promise is a line of the catalog: the floor for what is measured.
type Promise struct {
	ID      string `json:"id"`
	Service string `json:"service,omitempty"`
	Kind    Kind   `json:"kind"`
	Target  Value  `json:"target"`
	Better  Better `json:"better,omitempty"`
	Window  Value  `json:"window,omitzero"`
	// MeasuredBy are the names of the objectives and alerts that stand for it: what
	// they say may not be weaker than this.
	MeasuredBy []string `json:"measured_by,omitempty"`
	// DependsOn are the ids of promises that this one rests on, all of them at once.
	DependsOn []string `json:"depends_on,omitempty"`
	Owner     string   `json:"owner,omitempty"`
	Contract  string   `json:"contract,omitempty"`
	// Notice is how long before a change customers are told.
	Notice    Value    `json:"notice,omitzero"`
	Customers []string `json:"customers,omitempty"`
	Source    Source   `json:"source"`
}

// CatalogFormat is the name of the format of slagate's own catalog.
const CatalogFormat = "catalog"

// The codes of the findings about promises and what keeps them.
const (
	codeBelow      = "below-contract"          // what is measured is weaker than what was promised
	codeUnsure     = "contract-not-comparable" // it was within the contract, and cannot be compared any more
	codeUnmeasured = "promise-not-measured"    // what stood for a promise is gone or has another name
	codeDepends    = "dependencies-below-promise"
	codeTooLate    = "notification-too-late"
	codeBurnRate   = "burn-rate-misfit" // the alert counts with another error budget than the objective
	codeText       = "text-contradicts-value"
	codeProse      = "prose-contradicts-promise"
)

// capability holds the promises as they stand after the change against what can be kept
// (requirements.md G13). Its findings have a place and go to people.
func capability(after Set, changes []Change, o Options) []Finding {
	s := newSurvey(after, changes, o)
	s.floors()
	s.dependencies()
	s.notifications()
	s.burnRates()
	s.texts()
	s.prose()
	s.paths()
	return s.found
}

// survey is one look at the promises after a change.
type survey struct {
	after   Set
	changes []Change
	// promises are those in force before the change; where the change gives a line
	// of the catalog other words, the new one is looked at as well.
	promises []Promise
	// coming are the promises as they will be.
	coming  []Promise
	changed map[spot]*Change
	found   []Finding
}

// spot tells commitments of one side apart.
type spot struct {
	key  Key
	file string
	line int
}

func spotOf(c *Commitment) spot { return spot{c.Key, c.Source.File, c.Source.Line} }

func newSurvey(after Set, changes []Change, o Options) *survey {
	s := &survey{after: after, changes: changes, promises: o.Catalog.Promises, changed: map[spot]*Change{}}
	for i := range changes {
		c := &changes[i]
		if c.After != nil {
			s.changed[spotOf(c.After)] = c
		}
		for _, same := range c.SameAs {
			if c.After != nil {
				s.changed[spot{c.After.Key, same.After.File, same.After.Line}] = c
			}
		}
	}
	s.coming = slices.Clone(s.promises)
	for i := range after.Commitments {
		c := &after.Commitments[i]
		if c.Key.Format != CatalogFormat || c.Path != nil {
			continue
		}
		p := promiseOf(c)
		if at := slices.IndexFunc(s.coming, func(q Promise) bool { return q.ID == p.ID }); at >= 0 {
			s.coming[at] = p
		} else {
			s.coming = append(s.coming, p)
		}
	}
	return s
}

// promiseOf reads a line of the catalog back as a floor.
func promiseOf(c *Commitment) Promise {
	p := Promise{ID: c.Key.Name, Service: c.Service, Kind: c.Kind, Owner: c.Owner, Source: c.Source}
	for _, f := range c.Fields {
		switch f.Name {
		case "target":
			p.Target, p.Better = f.Value, f.Better
			p.Source.Line = max(f.Line, 0)
		case "window":
			p.Window = f.Value
		case "notice":
			p.Notice = f.Value
		case "measured_by":
			p.MeasuredBy = f.Value.Items
		case "depends_on":
			p.DependsOn = f.Value.Items
		case "contract_ref":
			p.Contract = f.Value.Text
		}
	}
	return p
}

func (s *survey) add(code, file string, line int, format string, args ...any) {
	f := Finding{Code: code, File: file, Line: line, Text: fmt.Sprintf(format, args...)}
	if !slices.Contains(s.found, f) {
		s.found = append(s.found, f)
	}
}

// touched reports whether the change touches a promise: its line of the catalog or
// anything that stands for it.
func (s *survey) touched(p *Promise) bool {
	for i := range s.changes {
		c := &s.changes[i]
		for _, side := range []*Commitment{c.Before, c.After} {
			if side != nil && (side.Key.Format == CatalogFormat && side.Path == nil && side.Key.Name == p.ID || p.standsFor(side)) {
				return true
			}
		}
	}
	return false
}

// paths looks at the escalation paths that the change touches for what cannot work.
func (s *survey) paths() {
	for i := range s.after.Commitments {
		c := &s.after.Commitments[i]
		if c.Path != nil && s.changed[spotOf(c)] != nil {
			s.found = append(s.found, pathFindings(c)...)
		}
	}
}
