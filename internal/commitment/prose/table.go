package prose

import (
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/slagate/slagate/internal/commitment"
)

var (
	descriptive = regexp.MustCompile(`(?i)\b(?:descriptions?|definitions?|examples?|notes?|comments?|impact|meaning|criteria|details|explanation|conditions?|how to|actions?|owner|status|symptoms?|characteristics|remarks?)\b`)
	defining    = regexp.MustCompile(`(?i)\b(?:descriptions?|definitions?|impact|meaning|criteria|conditions?|characteristics|what it (?:is|means))\b`)
	shortID     = regexp.MustCompile(`^(?:[A-Z]?\d{1,2}|[A-D])$`)
	urgency     = regexp.MustCompile(`(?i)\b(?:sev(?:erity)?|priorit(?:y|ies)|urgency|impact)\b`)
	idHeader    = regexp.MustCompile(`(?i)^(?:sev(?:erity)?|priority|level|tier|plan|class|category)\b`)
	headerUnit  = regexp.MustCompile(`(?i)[\s(,]+(?:in )?((?:business |working )?(?:seconds|minutes|mins|hours|hrs|days)|%|percent)\)?\s*$`)
	bareNumber  = regexp.MustCompile(`^[<>=~\s]*\d+(?:[.,]\d+)?(?:\s*-\s*\d+)?$`)
	nobody      = regexp.MustCompile(`(?i)^\W*(?:n/?a|none|no|no sla|no commitment|not (?:available|applicable|covered|included|offered|supported|guaranteed)|-+|\x{2014}|\x{2013}|x|\x{2717}|\x{2718}|\x{274c})?\W*$`)
	bestEffort  = regexp.MustCompile(`(?i)^\W*(?:on a )?(?:best[- ]efforts?(?: basis)?|commercially reasonable efforts?|as soon as possible|when(?:ever)? possible|as (?:time|capacity) permits|community(?: support)?(?: only)?)\W*$`)
	yes         = regexp.MustCompile(`(?i)^\W*(?:yes|y|included|available|✓|✔|✅|☑|:white_check_mark:|:heavy_check_mark:|check|●|•|x)\W*$`)
	no          = regexp.MustCompile(`(?i)^\W*(?:no|n|not included|not available|none|✗|✘|❌|:x:|-|—|–)\W*$`)
	strictTable = regexp.MustCompile(`(?i)\b(?:response times?|respond|response|resolution|uptime|availability|SLAs?|service level|service credits?|support hours|update frequency)\b`)
	// otherResponse is where "response" is no answer to a customer.
	otherResponse = regexp.MustCompile(`(?i)\b(?:incident|http|api|json|error|status|server|example|sample) responses?\b|\bresponse (?:codes?|status|body|bodies|headers?|types?|formats?|examples?|schemas?|fields?|plans?)\b|\bhigh[- ]availability|\bavailability[- ](?:zones?|sets?)`)
	businessIn    = regexp.MustCompile(`(?i)\b(?:business|working) (?:hours?|days?)\b`)
	plainUnit     = regexp.MustCompile(`(?i)^(\W*\d+(?:\.\d+)?(?:\s*-\s*\d+)?)\s*(hours?|hrs?|h|days?|d)\W*$`)
)

// grid is a table on its way: where it stands, what it is called, what its rows are.
type grid struct {
	part  part
	about topic
	head  []cell
	rows  [][]cell
	ids   []string // what a row is called for people
	keys  []string // and what it is known by
	group string
	label string
}

func (r *reading) readTable(p part) {
	g := grid{part: p, about: r.topicOf(p), head: p.table.head, rows: p.table.rows}
	if len(g.head) == 0 && len(g.rows) > 1 {
		g.head, g.rows = g.rows[0], g.rows[1:]
	}
	var names []string
	for _, c := range g.head {
		names = append(names, plain(c.text))
	}
	for _, row := range g.rows {
		if len(row) > 0 && len(plain(row[0].text)) < 60 {
			names = append(names, plain(row[0].text))
		}
	}
	if slices.ContainsFunc(names, strictly) || strictly(p.lead) {
		g.about = promising
	}
	if g.about == unrelated || len(g.head) < 2 {
		return
	}
	g.fill()
	g.name(r)
	if r.readTiers(&g) {
		return
	}
	for i, row := range g.rows {
		first := len(r.found)
		for j := 1; j < len(row) && j < len(g.head); j++ {
			r.readCell(&g, i, j)
		}
		if first < len(r.found) {
			r.found[first].Fields = append(r.found[first].Fields, g.meaning(i)...)
		}
	}
}

// strictly reports whether words of a table say that it holds service levels.
func strictly(text string) bool {
	return strictTable.MatchString(otherResponse.ReplaceAllString(text, " "))
}

// meaning is what a row is about where a column says it: another definition of a
// severity is another promise, whatever its numbers. The first promise of the row has it.
func (g *grid) meaning(i int) []commitment.Field {
	var out []commitment.Field
	for j := 1; j < len(g.rows[i]) && j < len(g.head); j++ {
		if text := canon(g.rows[i][j].text); text != "" && defining.MatchString(g.head[j].text) {
			out = append(out, commitment.Field{Name: strings.ToLower(plain(g.head[j].text)), Role: commitment.RoleDefinition, Value: commitment.Words(text), Line: g.rows[i][j].line})
		}
	}
	return out
}

// fill completes rows whose first cells span several of them.
func (g *grid) fill() {
	for i, row := range g.rows {
		if i == 0 {
			continue
		}
		above := g.rows[i-1]
		if missing := len(g.head) - len(row); missing > 0 && missing < len(g.head) && len(above) == len(g.head) && len(row) > 1 {
			g.rows[i] = slices.Concat(above[:missing], row)
		} else if len(row) > 0 && len(above) > 0 && plain(row[0].text) == "" {
			g.rows[i] = slices.Concat([]cell{{above[0].text, row[0].line}}, row[1:])
		}
	}
}

// name gives the table and its rows their identity: the heading, what is said above
// the table if the heading has several, and the first column.
func (g *grid) name(r *reading) {
	g.group = r.group(g.part.headings)
	if siblings(r.page, g.part) > 1 {
		if g.label = tableLabel(g.part.lead); g.label != "" {
			g.group += " / " + strings.ToLower(g.label)
		}
	}
	first := plain(g.head[0].text)
	for _, row := range g.rows {
		id, key := "", ""
		if len(row) > 0 {
			id, key = rowName(first, plain(row[0].text))
		}
		g.ids, g.keys = append(g.ids, id), append(g.keys, key)
	}
	if len(slices.Compact(slices.Sorted(slices.Values(g.keys)))) == len(g.keys) {
		return
	}
	for i, row := range g.rows {
		if len(row) > 1 && len(g.head) > 2 && !descriptive.MatchString(g.head[1].text) && !strictTable.MatchString(g.head[1].text) {
			id, key := rowName(plain(g.head[1].text), plain(row[1].text))
			g.ids[i], g.keys[i] = strings.TrimSpace(g.ids[i]+" "+id), strings.TrimSpace(g.keys[i]+" "+key)
		}
	}
}

// siblings is how many tables stand below the same headings.
func siblings(p page, like part) int {
	n := 0
	for _, other := range p.parts {
		if other.table != nil && slices.Equal(other.headings, like.headings) {
			n++
		}
	}
	return n
}

var labelFiller = regexp.MustCompile(`(?i)\b(?:for|our|the|plans?|sla|slas|as|are|is|follows?|following|below|table|these|apply|applies|to|of|in|customers?|service|levels?|agreements?|shows?|see|we|offer|response|times?|tiers?|on|with|and|level|support|targets?|goals?)\b|[:.,]`)

// tableLabel is what a table is about by the text above it: mostly a plan.
func tableLabel(lead string) string {
	all := sentences(lead, 0)
	if len(all) == 0 {
		return ""
	}
	last := all[len(all)-1].text
	if !strings.HasSuffix(last, ":") && len(strings.Fields(last)) > 8 {
		return ""
	}
	return strings.Join(strings.Fields(labelFiller.ReplaceAllString(last, " ")), " ")
}

// rowName is what a row is called, and its key: a level if it has one, or its words.
func rowName(header, text string) (name, key string) {
	name = text
	if idHeader.MatchString(header) && shortID.MatchString(text) {
		name = strings.Fields(header)[0] + " " + text
	}
	if m := levelWords.FindAllStringSubmatch(name, -1); len(m) == 1 {
		return name, strings.ToLower(m[0][1][:1]) + m[0][2]
	}
	return name, canon(name)
}

func (r *reading) readCell(g *grid, i, j int) {
	header, text := plain(g.head[j].text), plain(readable(g.rows[i][j].text, promising))
	at := place{about: g.about, short: true, around: []string{header, g.ids[i], plain(g.head[0].text), g.part.lead}}
	for _, h := range slices.Backward(g.part.headings) {
		at.around = append(at.around, h)
	}
	if urgency.MatchString(g.head[0].text) {
		at.around = append(at.around, "response") // a time by severity is that, if nothing else is said
	}
	if descriptive.MatchString(header) && !strictTable.MatchString(header) {
		at.short = false
	}
	text = typewriter(withUnit(header, text))
	facts := r.facts(text, at)
	facts = slices.DeleteFunc(facts, func(f fact) bool {
		// How much downtime a percentage amounts to is arithmetic.
		return !at.short && f.share || f.subject.name == "downtime" && percentage.MatchString(g.ids[i])
	})
	if len(facts) == 0 {
		r.readWordCell(g, i, j, at, text)
		return
	}
	facts = joinCredits(text+" "+header, facts)
	for k := range facts {
		parts := segments(text, facts)
		if !facts[k].share || !sharesTime(facts, parts, k) {
			r.addCell(g, i, j, text, facts, k)
		}
	}
}

// withUnit gives a bare number the unit that stands in the column's header.
func withUnit(header, text string) string {
	m := headerUnit.FindStringSubmatch(header)
	switch {
	case m != nil && bareNumber.MatchString(text):
		if m[1] == "%" {
			return text + "%"
		}
		return text + " " + m[1]
	case businessIn.MatchString(header) && plainUnit.MatchString(text):
		return plainUnit.ReplaceAllString(text, "$1 business $2")
	}
	return text
}

// addCell makes the commitment of one fact of a cell.
func (r *reading) addCell(g *grid, i, j int, text string, facts []fact, k int) {
	f, header := facts[k], plain(g.head[j].text)
	in := segments(text, facts)[k]
	segment, taken := text[in[0]:in[1]], takenOut(facts, in)
	c := commitment.Commitment{Kind: f.subject.kind, Fields: valueFields(f)}
	if w, at, ok := windowOf(segment); ok && f.subject.kind == commitment.Availability {
		c.Fields, taken = append(c.Fields, w), append(taken, at)
	}
	for l, other := range facts {
		if l != k && other.share && !f.share && segments(text, facts)[l] == in {
			c.Fields = append(c.Fields, commitment.Field{Name: "share", Role: commitment.RoleAmount, Better: commitment.Higher, Value: other.value})
		}
	}
	w, firmly := wording(segment)
	inHeader, headerWords := wording(header)
	if len(firmly) == 0 {
		w = inHeader
	}
	limited, narrowed := limits(hide(segment, taken), f.subject.kind)
	c.Fields = append(c.Fields, w, limited)
	rest := canon(without(segment, taken, slices.Concat(firmly, narrowed)))
	c.Indicator = canon(headerUnit.ReplaceAllString(hide(header, headerWords), "")) + " | " + g.keys[i] + " | " + strings.TrimSpace(strings.TrimPrefix(rest, "#"))
	c.Shown = header + ", " + g.ids[i] + ": " + text
	names := qualifiers(without(segment, taken, narrowed))
	r.finishCell(g, i, j, c, f.subject, names)
}

// finishCell names a cell's commitment and keeps it.
func (r *reading) finishCell(g *grid, i, j int, c commitment.Commitment, s subject, names []string) {
	header := plain(g.head[j].text)
	thing, column := s.name, ""
	_, own := nearest(header, len(header), len(header), len(header)+8, slices.Concat(timeSubjects(), shareSubjects()))
	if !own && (s.kind != commitment.SupportHours || !staffed.MatchString(header)) {
		column = header
	}
	c.Key = commitment.Key{Group: g.group, Name: strings.TrimSpace(thing + ", " + g.keys[i]), Sub: canon(column)}
	if own && s.kind == commitment.ResponseTime && strings.Contains(strings.ToLower(header), "first") {
		thing = "first response"
	}
	if len(names) > 0 {
		c.Key.Sub = strings.TrimSpace(c.Key.Sub + " " + strings.Join(names, " "))
	}
	c.Name = thing + ", " + g.ids[i]
	if strings.Contains(strings.ToLower(g.ids[i]), thing) {
		c.Name = g.ids[i]
	}
	if column != "" {
		c.Name += ", " + column
	}
	if g.label != "" {
		c.Name += " (" + g.label + ")"
	}
	line := g.rows[i][j].line
	if line == 0 {
		line = g.part.line
	}
	for k := range c.Fields {
		c.Fields[k].Value = r.shown(c.Fields[k].Value)
	}
	r.add(c, line)
}

// readWordCell reads a cell without a number: "best effort", "immediately", yes and no.
func (r *reading) readWordCell(g *grid, i, j int, at place, text string) {
	header := plain(g.head[j].text)
	s, timed := place{around: []string{header, g.ids[i]}}.aroundSubject(timeSubjects())
	if !timed && g.counts(i, j) {
		s, timed = place{around: []string{header, g.ids[i]}}.aroundSubject(shareSubjects())
	}
	c := commitment.Commitment{Shown: header + ", " + g.ids[i] + ": " + text, Indicator: canon(header) + " | " + g.keys[i] + " |"}
	firm := func(rank int64) commitment.Field {
		return commitment.Field{Name: "wording", Role: commitment.RoleRank, Value: commitment.Choice(text, rank)}
	}
	switch {
	case at.short && timed && text != "" && g.about == promising && (nobody.MatchString(text) || bestEffort.MatchString(text) || atOnce.MatchString(text) && len(strings.Fields(text)) < 5):
		value, rank := commitment.Unread(text), int64(refused)
		if bestEffort.MatchString(text) {
			rank = hoped
		}
		if atOnce.MatchString(text) {
			value, rank = nothing(text), stated
		}
		c.Kind = s.kind
		w := firm(rank)
		if rank == stated {
			w.Value.Text = "stated"
		}
		c.Fields = []commitment.Field{{Name: s.name, Role: commitment.RoleTarget, Better: s.better, Value: value}, w, {Name: "limits", Role: commitment.RoleSuppression, Value: commitment.ListOf()}}
		r.finishCell(g, i, j, c, s, nil)
	case (supporting.MatchString(g.ids[i]) || strictTable.MatchString(g.ids[i])) && (yes.MatchString(text) || no.MatchString(text)):
		c.Kind = commitment.Statement
		c.Fields = []commitment.Field{{Name: "included", Role: commitment.RoleEnabled, Value: commitment.Switch(text, yes.MatchString(text))}}
		r.finishCell(g, i, j, c, subject{kind: commitment.Statement, name: "included"}, nil)
	}
}

// counts reports whether a number stands elsewhere in the row or column of a cell.
func (g *grid) counts(i, j int) bool {
	holds := func(c cell) bool { return strings.ContainsAny(c.text, "0123456789") }
	return slices.ContainsFunc(g.rows[i][1:], holds) || slices.ContainsFunc(g.rows, func(row []cell) bool { return j < len(row) && holds(row[j]) })
}

// readTiers reads a table of service credits, whose rows are known by nothing but
// their place: as the place of one row depends on all of them, their number is a
// part of the identity.
func (r *reading) readTiers(g *grid) bool {
	credit := slices.IndexFunc(g.head, func(c cell) bool { return creditWords.MatchString(c.text) })
	if credit <= 0 || !availabilityWords.MatchString(g.head[0].text) && !downtimeWords.MatchString(g.head[0].text) {
		return false
	}
	n := strconv.Itoa(len(g.rows))
	for i, row := range g.rows {
		if credit >= len(row) {
			continue
		}
		at := place{about: promising, short: true, around: []string{plain(g.head[0].text)}}
		paid := percents(typewriter(plain(row[credit].text)), place{about: promising, short: true, around: []string{"service credit"}})
		below := percents(typewriter(plain(row[0].text)), at)
		if len(paid) == 0 {
			continue
		}
		f := paid[0]
		f.subject = shareSubjects()[0]
		f.fields = tierBounds(below)
		c := commitment.Commitment{
			Kind: commitment.Credit, Fields: valueFields(f), Shown: plain(row[0].text) + ": " + plain(row[credit].text),
			Indicator: canon(g.head[0].text) + " | tier " + strconv.Itoa(i+1) + " of " + n + " | " + shape(plain(row[0].text)),
			Name:      "service credit, tier " + strconv.Itoa(i+1),
			Key:       commitment.Key{Group: g.group, Name: "service credit, tier " + strconv.Itoa(i+1) + " of " + n},
		}
		r.add(c, row[credit].line)
	}
	return true
}

// shape is the wording of a tier without its numbers.
func shape(text string) string {
	for _, m := range percents(typewriter(text), place{about: promising, short: true, around: []string{"availability"}}) {
		text = cover(typewriter(text), m.from, m.to)
	}
	return canon(text)
}

// tierBounds are the limits between which a tier of credits holds: the higher one is
// below which it is paid; where it ends is where the next begins.
func tierBounds(found []fact) []commitment.Field {
	var out []commitment.Field
	slices.SortStableFunc(found, func(a, b fact) int {
		if a.value.Num == nil || b.value.Num == nil {
			return 0
		}
		return b.value.Num.Cmp(a.value.Num)
	})
	for i, f := range found[:min(2, len(found))] {
		field := commitment.Field{Name: "below", Role: commitment.RoleAmount, Better: commitment.Higher, Value: f.value}
		if i == 1 {
			field.Name, field.Better = "down to", commitment.Neither
		}
		out = append(out, field)
	}
	return out
}
