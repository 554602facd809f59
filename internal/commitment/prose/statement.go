package prose

import (
	"regexp"
	"slices"
	"strings"

	"github.com/slagate/slagate/internal/commitment"
)

var (
	promiser = regexp.MustCompile(`(?i)\b(?:(?:we|our (?:\w+ )?(?:team|staff|engineers))(?:,? [\w'/-]+){0,5}?|(?:(?:support|service|the|\w+) (?:team|desk|provider|company|engineers?)|support|provider|company|vendor)(?:,? (?:then|also|always|only|and|or|\w+ly|we|you|they)){0,3}) (?:will|shall|guarantees?|commits?|committed|ensures?|promises?|warrants?|aims?|strives?|endeavou?rs?)\b|\bwe'll\b|(?:^|, |and )(?:we|support|our \w+) (?:also |always )?(?:provides?|offers?|notif(?:y|ies)|responds?|escalates?|monitors?)\b`)
	// serves is what people are promised: in other sentences of such a page the writer only talks.
	serves   = regexp.MustCompile(`(?i)\b(?:support(?:ed|ing)?|repl(?:y|ies)|respon(?:d|ds|se|ses)|acknowledg\w+|notif\w+|notice|inform(?:ed)?|credit(?:s|ed)?|refund(?:s|ed)?|compensat\w+|up-?time|down-?time|available|availability|incidents?|outages?|interruptions?|maintenance|escalat\w+|restor\w+|resol(?:ve|ves|ved|ution)|fix(?:es|ed)?|remed\w+|mitigat\w+|status (?:page|updates?)|updates?|priorit\w+|SLAs?|SLOs?|service[- ]levels?|monitor\w*|back(?:ed )?-?ups?|data loss|breach\w*|recover\w*|emergenc\w+|24|business hours|working days?|guarantee\w*|commit\w*|root cause|errors?|secur\w+|contact|help)\b`)
	entitled = regexp.MustCompile(`(?i)\b(?:guarantee[sd]?|entitled to|eligible for (?:a |an )?(?:service )?(?:credit|refund|support)|service credits?|sole (?:and exclusive )?remedy|escalat(?:e|ed|ion|ions)\b[^.]*\bto\b|(?:will|shall) be (?:escalated|notified|informed|credited|refunded|prioriti[sz]ed|acknowledged|resolved|restored|announced|compensated))\b`)
	outright = regexp.MustCompile(`(?i)\b(?:guarantee[sd]?|commit(?:s|ted|ment)?|entitled|service[- ]level agreement|SLAs?)\b`)
	service  = regexp.MustCompile(`(?i)\b(?:customers?|uptime|availability|service credits?|support (?:team|response|requests?|hours)|response times?)\b`)
	leaving  = regexp.MustCompile(`(?i)\b(?:exclu(?:de|des|ded|ding|sions?)|does not (?:apply|include|cover)|do not (?:apply|include|cover)|not (?:covered|included|apply|eligible)|exceptions?|(?:what|which)\b.*\b(?:is|are) not|out of scope|not in scope|limitations)\b`)
	counting = regexp.MustCompile(`(?i)\b(?:what (?:counts|constitutes|qualifies|is considered|we (?:cover|support))|(?:is|are) (?:only )?(?:classed|considered|defined|classified) (?:as|an?)\b|(?:counts?|qualif(?:y|ies)) as|what is (?:included|covered)|(?:includes?|covers?|entitled to|consists? of)(?: the following)?:$)`)
	apply    = regexp.MustCompile(`(?i)\b(?:does not|do not|shall not|will not|doesn't|don't|won't) (?:apply to|include|cover|extend to)\s+([^.]{3,200})|\b(?:exclud(?:es|e|ing))\s+([^.:]{3,200})|^(.{3,120}?)\s+(?:is|are) (?:excluded|not (?:covered|included|eligible|supported)|out of scope)\b`)
	asking   = regexp.MustCompile(`(?i)\?\s*$|^(?:click|see|run|read|note|visit|go to|check|use|open|select|create|add|install|you (?:can|may|must|should|need))\b`)
)

// readStatement keeps a sentence that promises something without a number. In a text
// that is not about service only what is promised outright counts.
func (r *reading) readStatement(s sentence, p part, about topic) {
	if !mentions(s.text, "will", "shall", "'ll", "guarant", "commit", "ensure", "promise", "warrant", "aim", "strive", "endeavo", "provide", "offer", "notif", "respond", "escalat", "monitor", "entitle", "eligib", "credit", "remedy") {
		return
	}
	if asking.MatchString(s.text) || len(words(s.text)) < 3 {
		return
	}
	if excludes(p, s.text) && about == promising {
		return
	}
	switch {
	case about == promising && serves.MatchString(s.text) && (promiser.MatchString(s.text) || entitled.MatchString(s.text)):
	case outright.MatchString(s.text) && service.MatchString(s.text) && promiser.MatchString(s.text):
	default:
		return
	}
	w, firmly := wording(s.text)
	l, narrowed := limits(s.text, commitment.Statement)
	rest := words(without(s.text, nil, slices.Concat(firmly, narrowed)))
	if len(rest) < 2 {
		return
	}
	name := strings.Join(rest[:min(6, len(rest))], " ")
	r.add(commitment.Commitment{
		Kind: commitment.Statement, Name: shorten(s.text), Shown: s.text, Indicator: strings.Join(rest, " "),
		Key:    commitment.Key{Group: r.group(p.headings), Name: "statement: " + name},
		Fields: []commitment.Field{w, l},
	}, s.line)
}

// shorten is the beginning of a sentence, for lists.
func shorten(text string) string {
	all := strings.Fields(text)
	if len(all) <= 8 {
		return text
	}
	return strings.Join(all[:8], " ") + "..."
}

// excludes reports whether a sentence says what a promise leaves out.
func excludes(p part, text string) bool {
	return leavesOut(text) && apply.MatchString(text) || p.item && leaves(p)
}

// leavesOut reports whether a text can say what is left out at all.
func leavesOut(text string) bool { return mentions(text, " not ", "n't ", "exclu", "out of scope") }

// leaves reports whether the list in which a part stands names what is left out.
func leaves(p part) bool {
	nearest := ""
	if len(p.headings) > 0 {
		nearest = p.headings[len(p.headings)-1]
	}
	return leaving.MatchString(p.lead) || p.lead == "" && leaving.MatchString(nearest)
}

// readLists gathers what the promises of a page leave out and what counts for them.
func (r *reading) readLists() {
	r.readExclusions()
	r.readMeanings()
}

// readExclusions gathers what the promises leave out: an entry more is a promise less.
// The list is kept even where it is empty in a text about service levels, so that the
// first entry is seen as one that came in.
func (r *reading) readExclusions() {
	var items, shown []string
	line := 0
	for _, p := range r.page.parts {
		if p.table != nil || !leavesOut(p.text) && (!p.item || !leaves(p)) || r.topicOf(p) != promising {
			continue
		}
		for _, s := range sentences(readable(p.text, promising), p.line) {
			if found := leftOut(p, s.text); len(found) > 0 && !r.factual[s.text] {
				if line == 0 {
					line = s.line
				}
				items, shown = append(items, found...), append(shown, s.text)
			}
		}
	}
	counted := slices.ContainsFunc(r.found, func(c commitment.Commitment) bool { return c.Kind != commitment.Statement })
	if len(r.found) == 0 || len(items) == 0 && (r.about != promising || !counted) {
		return
	}
	r.addList("what is left out", "", commitment.RoleSuppression, items, shown, max(line, 1))
}

// readMeanings gathers, heading by heading, what counts as an emergency and the like:
// an entry less is a promise less.
func (r *reading) readMeanings() {
	type list struct {
		group        string
		items, shown []string
		line         int
	}
	var all []list
	for _, p := range r.page.parts {
		if p.table != nil || !p.item || r.topicOf(p) != promising || leaves(p) || !counts(p) {
			continue
		}
		group := r.group(p.headings)
		if len(all) == 0 || all[len(all)-1].group != group {
			all = append(all, list{group: group, line: p.line})
		}
		last := &all[len(all)-1]
		text := plain(readable(p.text, promising))
		last.items, last.shown = append(last.items, canon(text)), append(last.shown, text)
	}
	for _, l := range all {
		r.addList("what counts", l.group, commitment.RoleCoverage, l.items, l.shown, l.line)
	}
}

// counts reports whether the list in which a part stands says what something is.
func counts(p part) bool {
	nearest := ""
	if len(p.headings) > 0 {
		nearest = p.headings[len(p.headings)-1]
	}
	return counting.MatchString(p.lead) || counting.MatchString(nearest)
}

func (r *reading) addList(name, group string, role commitment.Role, items, shown []string, line int) {
	list := commitment.ListOf(items...)
	list.Text = strings.Join(shown, "; ")
	c := commitment.Commitment{
		Kind: commitment.Statement, Name: name, Shown: list.Text, Indicator: name,
		Key:    commitment.Key{Group: group, Name: name},
		Fields: []commitment.Field{{Name: "entries", Role: role, Value: list}},
	}
	if group != "" {
		c.Name = name + " (" + group + ")"
	}
	r.add(c, line)
}

// leftOut is what a sentence or an entry of a list says to be left out.
func leftOut(p part, text string) []string {
	if p.item && leaves(p) {
		if c := canon(text); c != "" {
			return []string{c}
		}
	}
	var out []string
	if !leavesOut(text) {
		return nil
	}
	for _, m := range apply.FindAllStringSubmatch(text, -1) {
		if c := canon(m[1] + m[2] + m[3]); c != "" && c != "following" {
			out = append(out, c)
		}
	}
	return out
}
