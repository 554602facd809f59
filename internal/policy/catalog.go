package policy

import (
	"fmt"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"

	"github.com/slagate/slagate/internal/commitment"
	"github.com/slagate/slagate/internal/commitment/catalog"
)

// placed is a word of any shape.
type placed interface {
	at() *yaml.Node
	text() string
}

// shown is a word as package catalog takes it; one that is not there is the zero text.
func shown[W placed](w *W) catalog.Text {
	if w == nil || (*w).at() == nil {
		return catalog.Text{}
	}
	return catalog.Text{Text: (*w).text(), Line: (*w).at().Line}
}

func allShown[W placed](list []W) []catalog.Text {
	var out []catalog.Text
	for i := range list {
		out = append(out, shown(&list[i]))
	}
	return out
}

// nodeOf is the place of a word that need not be there.
func nodeOf[W placed](w *W) *yaml.Node {
	if w == nil {
		return nil
	}
	return (*w).at()
}

// entry is a line of the catalog as package catalog takes it.
func (c rawCommitment) entry(file string) catalog.Entry {
	e := catalog.Entry{
		ID: shown(&c.ID), Service: shown(c.Service), Kind: shown(&c.Kind), Target: shown(&c.Target), Unit: shown(c.Unit),
		Window: shown(c.Window), Plan: shown(c.Plan), ContractRef: shown(c.ContractRef), Owner: shown(c.Owner), Notice: shown(c.Notice),
		MeasuredBy: allShown(c.MeasuredBy), Customers: allShown(c.Customers), DependsOn: allShown(c.DependsOn),
		Source: commitment.Source{File: file},
	}
	if c.node != nil {
		e.Source.Line = c.node.Line
	}
	return e
}

// place is where a key of a line stands; nil where it does not.
func (c rawCommitment) place(w catalog.Wrong) *yaml.Node {
	if w.Key == "depends_on" {
		return c.DependsOn[w.Index].node
	}
	return map[string]*yaml.Node{
		"target": c.Target.node, "window": nodeOf(c.Window), "notice": nodeOf(c.Notice),
	}[w.Key] // kind and unit are checked by their lists of words
}

func (e rawEscalation) escalation(file string) catalog.Escalation {
	out := catalog.Escalation{ID: shown(&e.ID), Service: shown(e.Service), Severity: shown(e.Severity), Source: commitment.Source{File: file}}
	if e.node != nil {
		out.Source.Line = e.node.Line
	}
	for _, l := range e.Levels {
		step := catalog.Step{After: shown(l.After), Who: allShown(l.Who)}
		if l.node != nil {
			step.Line = l.node.Line
		}
		out.Levels = append(out.Levels, step)
	}
	if e.Repeat != nil {
		out.Every = shown(&e.Repeat.Every)
		if e.Repeat.Times != nil {
			out.Times = catalog.Text{Text: e.Repeat.Times.node.Value, Line: e.Repeat.Times.node.Line}
		}
	}
	return out
}

func (e rawEscalation) place(w catalog.Wrong) *yaml.Node {
	switch w.Key {
	case "after":
		return nodeOf(e.Levels[w.Index].After)
	case "repeat":
		if e.Repeat != nil {
			return e.Repeat.Every.node
		}
	}
	return nil
}

// catalog checks what was negotiated with customers.
func (c *checker) catalog() {
	var ids, paths []string
	if c.floor != nil {
		ids, paths = c.floor.promised()
	}
	more, morePaths := c.promised()
	ids, paths = append(ids, more...), append(paths, morePaths...)
	seen := map[string]int{}
	for _, p := range c.raw.Commitments {
		c.once("commitment", p.ID, seen, ids[:len(ids)-len(more)])
		c.dependencies(p, ids)
		_, wrong := p.entry(c.file).Promise()
		for _, w := range wrong {
			if n := p.place(w); n != nil && !c.hurt[p.node] { // a unit that was left out would be missed here
				c.node(n, w.Text, w.Allowed...)
			}
		}
	}
	seen = map[string]int{}
	for _, e := range c.raw.Escalations {
		c.once("escalation", e.ID, seen, paths[:len(paths)-len(morePaths)])
		_, wrong := e.escalation(c.file).Path()
		for _, w := range wrong {
			if n := e.place(w); n != nil {
				c.node(n, w.Text, w.Allowed...)
			}
		}
	}
}

// promised are the ids of the draft's commitments and escalations, well formed or not.
func (d *draft) promised() (commitments, escalations []string) {
	for _, p := range d.raw.Commitments {
		commitments = append(commitments, p.ID.Text)
	}
	for _, e := range d.raw.Escalations {
		escalations = append(escalations, e.ID.Text)
	}
	return commitments, escalations
}

// once reports an id that stands twice, here or in the owner default.
func (c *checker) once(what string, id rawPromiseID, seen map[string]int, floor []string) {
	if id.node == nil {
		return
	}
	line, twice := seen[id.Text]
	seen[id.Text] = id.node.Line
	switch {
	case twice:
		c.nodef(id.node, "%s %s stands here twice, first at line %d", what, quote(id.Text), line)
	case slices.Contains(floor, id.Text):
		c.nodef(id.node, "%s %s is already in %s; give this one another id", what, quote(id.Text), c.floor.file)
	}
}

// dependencies reports ids that no commitment has. Where an id could not be read
// nobody can say which there are.
func (c *checker) dependencies(p rawCommitment, ids []string) {
	if slices.Contains(ids, "") {
		return
	}
	for _, on := range p.DependsOn {
		if on.node != nil && !slices.Contains(ids, on.Text) {
			c.unknown(on.node, "commitment", ids)
		}
	}
}

// severities checks the vocabulary of urgency.
func (c *checker) severities() {
	seen := map[string]int{}
	for _, rank := range c.raw.Severities {
		for _, w := range rank {
			if w.node == nil {
				continue
			}
			word := strings.ToLower(w.Text)
			if line, twice := seen[word]; twice {
				c.nodef(w.node, "severity %s stands here twice, first at line %d", quote(w.Text), line)
			}
			seen[word] = w.node.Line
		}
	}
	if c.floor == nil {
		return
	}
	if len(c.raw.Severities) > 0 && len(c.floor.raw.Severities) > 0 && len(c.raw.Severities[0]) > 0 {
		c.warnings.node(c.raw.Severities[0][0].node, fmt.Sprintf("severities has no effect, those of %s count", c.floor.file))
	}
	if u := c.raw.Uncovered; u != nil && u.Text == uncoveredReport && c.floor.uncovered() == Gate {
		c.warnings.node(u.node, fmt.Sprintf("uncovered: %s has no effect, %s asks for %s", uncoveredReport, c.floor.file, uncoveredGate))
	}
}

// uncovered is what the draft says of promises that no rule covers.
func (d *draft) uncovered() Uncovered {
	if d.raw.Uncovered != nil && d.raw.Uncovered.Text == uncoveredGate {
		return Gate
	}
	return Report
}

// addCatalog adds a file's part of what was negotiated. Of uncovered the stricter word
// counts, of the vocabularies the first, which is the owner's.
func (p *Policy) addCatalog(d *draft) {
	for _, raw := range d.raw.Commitments {
		entry := raw.entry(d.file)
		promise, _ := entry.Promise()
		p.Catalog.Promises = append(p.Catalog.Promises, promise)
		p.Commitments = append(p.Commitments, entry.Commitment())
	}
	for _, raw := range d.raw.Escalations {
		p.Escalations = append(p.Escalations, raw.escalation(d.file).Commitment())
	}
	if u := d.uncovered(); p.Uncovered == "" || u == Gate {
		p.Uncovered = u
	}
	if p.Severities != nil {
		return
	}
	for _, rank := range d.raw.Severities {
		p.Severities = append(p.Severities, plainWords(rank))
	}
}
