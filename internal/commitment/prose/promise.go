package prose

import (
	"math/big"
	"regexp"
	"slices"
	"strings"

	"github.com/slagate/slagate/internal/commitment"
)

var (
	// parting is where a sentence goes on to another promise.
	parting   = regexp.MustCompile(`(?i)[;,]\s+(?:(?:and|or|but|with|while|whereas)\s+)?|\s+(?:and|but|while|whereas|with)\s+|[.)]\s+`)
	condition = regexp.MustCompile(`(?i)^(?:if|when|whenever|for|in (?:the )?(?:case|event) of|during|on|outside|once|after|should)\b[^,;]{2,120},`)
	leadCase  = regexp.MustCompile(`(?i)^(?:for|if|when|in|during|on|our|with)\b(?:\s+\S+){0,12}:$`)
	deleting  = regexp.MustCompile(`(?i)\b(?:delet|eras|purg|trash|destroy|cancel|terminat|personal)\w*`)
	codeSpan  = regexp.MustCompile(codeStart + `([^` + codeStart + codeEnd + `]*)` + codeEnd)
	hardNoise = regexp.MustCompile(`(?i)\b(?:time-?outs?|cach(?:e|ed|ing)|retr(?:y|ies|ied)|cron|tokens?|trial|TTL|minute read|cookies?)\b`)
	customers = regexp.MustCompile(`(?i)\b(?:you|your|customers?|clients?|status (?:page|updates?)|stakeholders?)\b`)
	// beyond leads in a time that something has to last to matter, not one until which it is done.
	beyond    = regexp.MustCompile(`(?i)\b(?:(?:more|longer|older|greater|earlier|later) (?:than|then)|older|lasts?|lasting|(?:the |in the )?(?:last|past|previous)|wait(?:ing)?(?: for| until)?)\s*$`)
	takesTime = regexp.MustCompile(`(?i)\b(?:lasts?|takes?|total of|allow)\s*$`)
	notBeyond = regexp.MustCompile(`(?i)\b(?:no|not|never)\s+(?:more|longer) than\s*$`)
	// otherAfter follows a length of time that is an effort or a way to write times.
	otherAfter = regexp.MustCompile(`(?i)^\s*(?:/|per|a|each)\s*(?:week|sprint|month|year|person)\b|^[\s-]*(?:time ?stamps?|formats?|clock|notation|sprints?|meetings?|calls?|video|sessions?|intervals? in)\b`)
	// over follows a time that is past or that somebody still has.
	over = regexp.MustCompile(`(?i)^\s*(?:until|left|ago)\b`)
	// settings are the words of a manual, tells those of a tutorial.
	settings  = regexp.MustCompile(`(?i)\b(?:settings?|configur\w+|config\.json|environment variable|system console|must be|(?:is |are )?set to|enter|specif(?:y|ies)|(?:minimum|maximum|default) (?:value|\w+ period)|parameters?|options?|flags?|command|checkbox|drop-?down)\b`)
	tells     = regexp.MustCompile(`(?i)^(?:\W*(?:step )?\d*\W*)(?:wait|click|run|enter|select|open|set|configure|install|restart|start|type|choose|go to|make sure|schedule|try|create|add|update|remove|delete|copy|use|check|verify|test|log|sign|download|upgrade|enable|disable|restore)\b`)
	yourTask  = regexp.MustCompile(`(?i)\byou (?:will |'ll )?(?:need to|must|have to)\b`)
	ourselves = regexp.MustCompile(`(?i)\b(?:we|we'll|our|us|support team|SLAs?)\b`)
	// pledged is a promise of whoever writes: whatever it is that they do in the time.
	pledged    = regexp.MustCompile(`(?i)\b(?:we|our (?:\w+ )?team|support(?: team)?|staff)(?: \w+){0,2}? (?:will|shall|guarantees?|aims? to|commits? to|promises? to)\b|\bwe'll\b`)
	negated    = regexp.MustCompile(`(?i)\b(?:(?:do|does|did|will|shall|is|are|can)(?: not|n't)|cannot|can't|won't|not|no longer|without|eventually|in the future)\b(?: \w+){0,5}?\s*(?:to be |be )?(?:available|offer(?:ed)?|provid(?:e|ed)|staffed|require[ds]?|include[ds]?|need(?:ed)?|move to|have|cover(?:ed)?|support(?:ed)?)\b[^.;,]{0,40}$`)
	anySupport = regexp.MustCompile(`(?i)\bsupport(?:ed)?\b`)
)

// readable is a text with its inline code kept where people are promised something,
// and left out where code is code.
func readable(text string, about topic) string {
	if about == promising {
		return codeSpan.ReplaceAllString(text, "$1")
	}
	return codeSpan.ReplaceAllStringFunc(text, func(m string) string { return "code" + lines(m) })
}

func (r *reading) readPassage(p part) {
	about := r.topicOf(p)
	at := place{about: about, short: p.item}
	if p.item {
		at.around = append(at.around, p.lead)
	}
	for _, h := range slices.Backward(p.headings) {
		at.around = append(at.around, h)
	}
	for _, s := range sentences(readable(p.text, about), p.line) {
		facts := r.facts(s.text, at)
		if len(facts) == 0 {
			r.readStatement(s, p, about)
			continue
		}
		r.factual[s.text] = true
		r.promises(s, facts, p)
	}
}

// hinted reports whether a sentence has what all with a number have: digits, or a word
// of time or number.
func hinted(text string) bool {
	return strings.ContainsAny(text, "0123456789") || mentions(text, "nines", "clock", "hour", "minute", "day", "week", "month", "year", "nbd", "eod", "daily", "immediate", "instant", "away")
}

// mentions reports whether a text holds one of some words in lower case. It is the
// cheap question before a dear one.
func mentions(text string, words ...string) bool {
	text = strings.ToLower(text)
	return slices.ContainsFunc(words, func(w string) bool { return strings.Contains(text, w) })
}

// facts finds everything that a sentence promises in numbers, in its order.
func (r *reading) facts(text string, p place) []fact {
	if !hinted(text) {
		return nil
	}
	var out []fact
	open, rest, ok := hours(text, p)
	if ok {
		out = append(out, open)
	}
	shares := percents(rest, p)
	for _, f := range shares {
		rest = cover(rest, f.from, f.to)
	}
	found := times(rest)
	for _, f := range found {
		rest = cover(rest, f.from, f.to)
	}
	if !ok {
		if f, has := businessHours(rest, p); has {
			out = append(out, f)
		}
	}
	all := slices.Concat(out, shares, found)
	byPlace := func(a, b fact) int { return a.from - b.from }
	slices.SortStableFunc(all, byPlace)
	parts := segments(text, all)
	kept := all[:0]
	var last *subject
	for i, f := range all {
		if !f.ok {
			if !settle(&f, text, parts[i], p, last) {
				continue
			}
			s := f.subject
			last = &s
		}
		kept = append(kept, f)
	}
	return kept
}

// segments are the parts of a sentence that belong to its facts: between two facts
// the sentence parts at the last "and" or comma.
func segments(text string, facts []fact) []span {
	out := make([]span, len(facts))
	start := 0
	for i, f := range facts {
		out[i] = span{start, len(text)}
		if i+1 == len(facts) {
			break
		}
		next := max(facts[i+1].from, f.to)
		seps := parting.FindAllStringIndex(text[f.to:next], -1)
		if len(seps) == 0 {
			continue
		}
		cut := f.to + seps[len(seps)-1][0]
		for j := i; j >= 0 && out[j][1] == len(text); j-- {
			out[j][1] = cut
		}
		start = cut
	}
	return out
}

// settle finds out what a time is for; false if for nothing that is promised.
func settle(f *fact, text string, in span, p place, last *subject) bool {
	segment := text[in[0]:in[1]]
	from, to := f.from-in[0], f.to-in[0]
	if from < 0 || to > len(segment) {
		return false
	}
	s, ok := nearest(segment, from, to, 70, timeSubjects())
	switch {
	case f.cadence && updateWords.MatchString(segment):
		s, ok = timeSubjects()[1], true
	case !ok && last != nil:
		s, ok = *last, true
	case !ok:
		s, ok = nearest(text, f.from, f.to, 120, timeSubjects())
	}
	if !ok && f.value.Unit == commitment.BusinessSeconds && anySupport.MatchString(segment) {
		s, ok = timeSubjects()[0], true
	}
	if !ok && p.short {
		s, ok = p.aroundSubject(timeSubjects())
	}
	if !ok && f.bound && (pledged.MatchString(segment) || f.value.Unit == commitment.BusinessSeconds && willing.MatchString(segment) ||
		p.about == promising && customers.MatchString(text)) {
		s, ok = subject{kind: commitment.Other, name: pledge, better: commitment.Lower}, true
	}
	if f.adverb && ok && !saidOften(text, f, s) {
		return false
	}
	if !ok || !believed(f, &s, segment, text, p) {
		return false
	}
	f.subject, f.ok = s, true
	return true
}

// promises makes the commitments of a sentence.
func (r *reading) promises(s sentence, facts []fact, p part) {
	facts = joinCredits(s.text, facts)
	parts := segments(s.text, facts)
	lead := span{}
	if m := condition.FindStringIndex(s.text); m != nil && m[1] <= facts[0].from {
		lead = span{m[0], m[1]}
	}
	for i := range facts {
		if facts[i].share && sharesTime(facts, parts, i) {
			continue
		}
		r.promise(s, facts, i, parts[i], lead, p)
	}
}

// sharesTime reports whether a percentage belongs to a time beside it: "95% of the
// requests within 4 hours".
func sharesTime(facts []fact, parts []span, i int) bool {
	for j := range facts {
		if j != i && !facts[j].share && facts[j].value.Exists() && parts[j] == parts[i] && facts[i].subject.kind != commitment.Credit {
			return true
		}
	}
	return false
}

// joinCredits makes one fact of a credit and of the availability below which it is due.
func joinCredits(text string, facts []fact) []fact {
	at := slices.IndexFunc(facts, func(f fact) bool { return f.share && f.subject.kind == commitment.Credit })
	if at < 0 || !creditWords.MatchString(text) {
		return facts
	}
	credit := facts[at]
	credit.spans = []span{{credit.from, credit.to}}
	var rest []fact
	names := []string{"below", "down to"}
	for i, f := range facts {
		switch {
		case i == at:
		case f.share && f.subject.name == "availability" && len(names) > 0:
			better := commitment.Higher
			if names[0] == "down to" {
				better = commitment.Neither
			}
			credit.fields = append(credit.fields, commitment.Field{Name: names[0], Role: commitment.RoleAmount, Better: better, Value: f.value})
			credit.spans, names = append(credit.spans, span{f.from, f.to}), names[1:]
			credit.from, credit.to = min(credit.from, f.from), max(credit.to, f.to)
		default:
			rest = append(rest, f)
		}
	}
	rest = append(rest, credit)
	slices.SortStableFunc(rest, func(a, b fact) int { return a.from - b.from })
	return rest
}

// promise makes the commitment of one fact.
func (r *reading) promise(s sentence, facts []fact, i int, in, lead span, p part) {
	f := facts[i]
	start, end := in[0], in[1]
	prefix := ""
	if lead[1] > 0 && start >= lead[1] {
		prefix = s.text[lead[0]:lead[1]] + " "
	}
	segment := s.text[start:end]
	c := commitment.Commitment{Kind: f.subject.kind, Shown: s.text}
	c.Fields = valueFields(f)
	taken := takenOut(facts, in)
	if f.subject.kind == commitment.Availability {
		w, at, ok := windowOf(hide(segment, taken))
		if ok {
			taken = append(taken, at)
		} else {
			w, _, ok = windowOf(hide(s.text, takenOut(facts, span{0, len(s.text)})))
		}
		if ok {
			c.Fields = append(c.Fields, w)
		}
	}
	for j, g := range facts {
		if j != i && g.share && !f.share && g.from >= start && g.to <= end && g.subject.kind != commitment.Credit {
			c.Fields = append(c.Fields, commitment.Field{Name: "share", Role: commitment.RoleAmount, Better: commitment.Higher, Value: r.shown(g.value)})
		}
	}
	w, firmly := wording(segment)
	if len(firmly) == 0 {
		w, _ = wording(s.text)
	}
	l, narrowed := limits(hide(segment, taken), f.subject.kind)
	c.Fields = append(c.Fields, w, l)
	rest := prefix + without(segment, taken, slices.Concat(firmly, narrowed))
	c.Indicator = canon(rest)
	names := qualifiers(prefix + without(segment, taken, narrowed))
	if len(words(rest)) < 3 && !p.item {
		whole := takenOut(facts, span{0, len(s.text)})
		rest = without(s.text, whole, nil)
		c.Indicator = canon(rest)
		names = append(names, qualifiers(rest)...)
	}
	if p.item {
		if strings.HasSuffix(p.lead, ":") && leadCase.MatchString(p.lead) {
			names = append(names, qualifiers(p.lead)...)
		}
		if len(words(rest)) < 2 {
			c.Indicator = strings.TrimSpace(canon(p.lead) + " " + c.Indicator)
		}
	}
	if n := len(p.headings); n > 0 && len(names) == 0 {
		names = qualifiers(p.headings[n-1]) // "When you report an emergency": "We'll reply within..."
	}
	slices.Sort(names)
	names = slices.Compact(names)
	c.Name = f.subject.name
	if len(names) > 0 {
		c.Name += " (" + strings.Join(names, ", ") + ")"
	}
	c.Key = commitment.Key{Group: r.group(p.headings), Name: c.Name}
	for j := range c.Fields {
		c.Fields[j].Value = r.shown(c.Fields[j].Value)
	}
	r.add(c, s.line)
}

// valueFields are the fields of what a fact says.
func valueFields(f fact) []commitment.Field {
	if f.subject.kind == commitment.SupportHours {
		return f.fields
	}
	role := commitment.RoleTarget
	if f.subject.kind == commitment.Credit || f.subject.name == "share" || f.subject.kind == commitment.Retention {
		role = commitment.RoleAmount
	}
	main := commitment.Field{Name: f.subject.name, Role: role, Better: f.subject.better, Value: f.value}
	return append([]commitment.Field{main}, f.fields...)
}

// takenOut are the spans of all facts within a segment, relative to it.
func takenOut(facts []fact, in span) []span {
	var out []span
	for _, g := range facts {
		spans := g.spans
		if spans == nil {
			spans = []span{{g.from, g.to}}
		}
		for _, s := range spans {
			if s[0] >= in[0] && s[1] <= in[1] {
				out = append(out, span{s[0] - in[0], s[1] - in[0]})
			}
		}
	}
	return out
}

// hide covers spans, so that offsets stay.
func hide(text string, spans []span) string {
	for _, s := range spans {
		text = cover(text, s[0], s[1])
	}
	return text
}

// without is a text with a mark for its facts and without the words that are fields.
func without(text string, facts, gone []span) string {
	out := []byte(hide(hide(text, facts), gone))
	for _, s := range facts {
		if s[1] > s[0] {
			out[s[0]] = '#'
		}
	}
	return string(out)
}

// shown puts the expressions of a template back into a value's text.
func (r *reading) shown(v commitment.Value) commitment.Value {
	if v.Opaque {
		v.Text = token.ReplaceAllStringFunc(v.Text, func(t string) string { return r.templates[t] })
	}
	return v
}

// nothing is the amount of "immediately".
func nothing(text string) commitment.Value {
	return commitment.Exactly(text, new(big.Rat), commitment.Seconds)
}
