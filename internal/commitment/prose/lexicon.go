package prose

import (
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/slagate/slagate/internal/commitment"
)

// topic is how much a place is about promises of service.
type topic int

// The topics. In an unrelated text a sentence must say by itself that it is about
// service; in a related one the words of the fact are enough; in one about service
// levels and support also what has no number is a promise.
const (
	unrelated topic = iota
	related
	promising
)

var (
	promisingName = regexp.MustCompile(`(?i)(?:^|[/._\- ])(?:slas?|slos?|service[-_ ]?levels?\w*|service[-_ ]?objectives?|customer[-_ ]service\w*|support(?:[-_ ]?(?:policy|policies|plans?|terms|levels?|hours|tiers?|sla|offerings?|index))?|uptime|availability|escalations?(?:[-_ ]\w+)?|response[-_ ]?times?|service[-_ ]?credits?|guarantees?|commitments?)(?:[._\- ]|$)`)
	relatedName   = regexp.MustCompile(`(?i)(?:^|[/._\- ])(?:support|terms(?:[-_ ]of[-_ ](?:service|use))?|tos|msa|dpa|security|status|warranty|help|contact\w*|editions?|pricing|plans?|offerings?|incidents?(?:[-_ ]\w+)?|maintenance|legal|polic(?:y|ies)|retention|backups?|disaster[-_ ]recovery|reliability|on[-_ ]?call|deprecation\w*|lifecycle|releases?)(?:[/._\- ]|$)`)

	promisingHeading = regexp.MustCompile(`(?i)\b(?:SLAs?|SLOs?|service[- ]levels?|service[- ](?:objectives?|credits?|commitments?)|support|uptime|availability|escalat\w+|response times?|resolution times?|response targets?|severit(?:y|ies)|service hours|opening hours|office hours|guarantees?|commitments?|what (?:you can|to) expect|maintenance (?:windows?|notice)|incident (?:response|management|communication)s?|priorit(?:y|ies) levels?)\b`)
	technicalHeading = regexp.MustCompile(`(?i)\b(?:high[- ]availability|availability (?:zone|set|group)s?|supported|browser support|platform support|language support|support(?:ing)? (?:for|matrix|bundle|the|multiple)|tls|known issues|install\w*|troubleshoot\w*|configur\w*|api reference|requirements|feature support|adding support|example)`)
	relatedHeading   = regexp.MustCompile(`(?i)\b(?:incidents?|maintenance|downtime|outages?|backups?|retention|disaster recovery|plans?|pricing|editions?|offerings?|security|vulnerabilit(?:y|ies)|disclosure|notice|notifications?|deprecation|contact|help|emergenc(?:y|ies)|recovery|credits?|refunds?|lifecycle|end of life)\b`)
)

// logName is the name of a file that tells what was done: it promises nothing, whatever
// its headings say.
var logName = regexp.MustCompile(`(?i)(?:^|[._\- ])(?:change-?logs?|changes|release[-_ ]?notes?|history|news|whats?[-_ ]new)(?:[._\- ]|$)`)

// aboutFile is what a file is about by its name and title.
func aboutFile(file, title string) topic {
	base := strings.TrimSuffix(path.Base(file), path.Ext(file))
	if i := strings.IndexByte(base, '.'); i > 0 {
		base = base[:i]
	}
	if strings.EqualFold(base, "index") || strings.EqualFold(base, "readme") || strings.EqualFold(base, "_index") {
		base = path.Base(path.Dir(file))
	}
	switch {
	case promisingName.MatchString(base) && !technicalHeading.MatchString(title):
		return promising
	case aboutHeading(title) == promising:
		return promising
	case relatedName.MatchString(file), promisingName.MatchString(file), aboutHeading(title) == related:
		return related
	}
	return unrelated
}

func aboutHeading(text string) topic {
	switch {
	case technicalHeading.MatchString(text):
		return unrelated
	case promisingHeading.MatchString(text):
		return promising
	case relatedHeading.MatchString(text):
		return related
	}
	return unrelated
}

// topicOf is what a part of the page is about.
func (r *reading) topicOf(p part) topic {
	best := r.about
	if r.log {
		return best
	}
	for _, h := range p.headings {
		about, ok := r.topics[h]
		if !ok {
			about = aboutHeading(h)
			r.topics[h] = about
		}
		best = max(best, about)
	}
	return best
}

// subject is a thing that is promised, with the words by which it is known.
type subject struct {
	kind   commitment.Kind
	name   string
	better commitment.Better
	words  *regexp.Regexp
	stems  []string // one of these stands in all that the words match; nil is not known
	behind int      // by how much it gives way to others: it is as often only what a sentence is about
}

// known is a subject by its words.
func known(kind commitment.Kind, name string, better commitment.Better, words *regexp.Regexp) subject {
	return subject{kind: kind, name: name, better: better, words: words}
}

var (
	updateWords   = regexp.MustCompile(`(?i)\b(?:status updates?|progress (?:updates?|reports?)|updat(?:e|es|ed|ing)|keep (?:you|customers?) (?:informed|posted|updated)|communications?|communicat(?:e|ed)|report back)\b`)
	resolveWords  = regexp.MustCompile(`(?i)\b(?:resol(?:ve|ves|ved|ving|utions?)|fix(?:es|ed|ing)?|restor(?:e|es|ed|ation)|repair(?:s|ed)?|work[- ]?arounds?|remed(?:y|ies|iate|iated|iation)|patch(?:es|ed)?|mitigat(?:e|es|ed|ion)|solutions?|solv(?:e|es|ed)|RTO|recovery time(?: objective)?|recover(?:y|ed)?|closed?|closure|hotfix(?:es)?|TTR|MTTR)\b`)
	respondWords  = regexp.MustCompile(`(?i)\b(?:repl(?:y|ies|ied)|respon(?:d|ds|ded|se|ses|sive)|acknowledg(?:e|es|ed|ement|ment)|answer(?:s|ed)?|triage[ds]?|first contact|initial contact|get(?:s)? back to|getting back|react(?:s|ion)?|(?:start|begin)s? work(?:ing)?|work (?:starts|begins)|pick(?:ed)? up|investigat(?:e|es|ed|ion)|contact(?:ed)? you|call(?:ed)? (?:you )?back|call-?backs?|turn-?around|hear (?:back )?from us|time to (?:first )?response|TTO|MTTA|reviewed?|get(?:s|ting)? to (?:all |your |the |any |every )?(?:\w+ )?(?:posts?|tickets?|issues?|requests?|messages?|e-?mails?|questions?))\b`)
	notifyWords   = regexp.MustCompile(`(?i)\b(?:notif(?:y|ies|ied|ications?)|inform(?:s|ed)?|announce(?:s|d|ments?)?|notice|advance warning|advis(?:e|es|ed)|tell you|told|let you know|disclos(?:e|es|ed|ure)|warn(?:s|ed|ing)?|alert(?:s|ed)? (?:you|customers?)|deprecat(?:e|es|ed|ion)|publish(?:es|ed)?|post-?mortems?|root cause|RCAs?|incident reports?|tells? (?:\w+ ){0,3}(?:customers?|users?|clients?|subscribers?|people)|(?:an?|the|written|full|first|final) (?:\w+ ){0,2}reports?|hear from us)\b`)
	retainWords   = regexp.MustCompile(`(?i)\b(?:retain(?:s|ed)?|retention|kept|keeps? (?:\w+ ){0,3}(?:data|backups?|logs?|copies|history|records)|stored|backups?|backed up|restor(?:e|able) (?:point|from)|delet(?:e|es|ed|ion)|erase[ds]?|purge[ds]?)\b`)
	downtimeWords = regexp.MustCompile(`(?i)\b(?:downtime|unavailab\w*|outages?|maintenance(?: windows?)?|interruptions?)\b`)
	deliverWords  = regexp.MustCompile(`(?i)\b(?:deliver(?:s|ed|y)?|process(?:es|ed|ing)?|complet(?:e|es|ed|ion)|provision(?:s|ed|ing)?|latenc(?:y|ies)|load(?:s|ed)?|turned around|ship(?:s|ped)?|dispatch(?:ed|es)?|sent|arrive[sd]?|page load|percentile)\b`)
	pointWords    = regexp.MustCompile(`(?i)\b(?:RPO|recovery point(?: objective)?|data loss)\b`)
	lifeWords     = regexp.MustCompile(`(?i)\b(?:supported (?:for|until)|support(?:ed)? (?:period|lifetime|window)|support(?:s)? (?:each|every|the) \w+|maintained for|security (?:updates?|fixes|patches) for|(?:bug ?fixes|updates) for|long[- ]term support|LTS|end[- ]of[- ](?:life|support))\b`)
	claimWords    = regexp.MustCompile(`(?i)\b(?:claim(?:s|ed)?|request(?:ing)? (?:a |the |any )?(?:service )?credits?|(?:service )?credits? requests?|appl(?:y|ied) (?:for|to)|submit(?:ted)?)\b`)

	creditWords       = regexp.MustCompile(`(?i)\b(?:credit(?:s|ed)?|refund(?:s|ed)?|reimburs\w*|compensat\w*|rebates?)\b`)
	availabilityWords = regexp.MustCompile(`(?i)\b(?:up-?time|availab(?:le|ility)|SLAs?|service[- ]levels?|SLOs?|reachab\w*|operational|accessib\w*|up and running|online)\b`)
	durabilityWords   = regexp.MustCompile(`(?i)\bdurab\w*`)
	errorWords        = regexp.MustCompile(`(?i)\b(?:error[- ](?:rates?|ratios?)|errors?|failure[- ]rates?|failed|failures?)\b`)
	satisfactionWords = regexp.MustCompile(`(?i)\b(?:satisfaction|CSAT|satisfied|NPS)\b`)
	requestWords      = regexp.MustCompile(`(?i)\bof (?:all |the |our |valid |your |these )*(?:\w+ )?(?:requests?|quer(?:y|ies)|calls?|tickets?|messages?|e-?mails?|jobs?|cases?|issues?|transactions?|inquiries|incidents?|time|minutes|hours|events?|notifications?|orders?|texts?)\b`)
)

// timeSubjects are what a time may be promised for.
func timeSubjects() []subject {
	all := []subject{
		known(commitment.ResponseTime, "response time", commitment.Lower, respondWords),
		known(commitment.UpdateCadence, "updates", commitment.Lower, updateWords),
		known(commitment.ResolutionTime, "resolution time", commitment.Lower, resolveWords),
		known(commitment.Notification, "notification", commitment.Lower, notifyWords),
		known(commitment.Retention, "retention", commitment.Higher, retainWords),
		known(commitment.Availability, "downtime", commitment.Lower, downtimeWords),
		known(commitment.Other, "recovery point", commitment.Lower, pointWords),
		known(commitment.Other, "support period", commitment.Higher, lifeWords),
		known(commitment.Credit, "claim period", commitment.Higher, claimWords),
		known(commitment.Latency, "delivery time", commitment.Lower, deliverWords),
	}
	for i := range all {
		all[i].stems = stemsOf(all[i].name)
		if all[i].name == "downtime" || all[i].name == "delivery time" {
			all[i].behind = 30
		}
	}
	return all
}

// shareSubjects are what a percentage may be promised for.
func shareSubjects() []subject {
	all := []subject{
		known(commitment.Credit, "service credit", commitment.Higher, creditWords),
		known(commitment.Availability, "availability", commitment.Higher, availabilityWords),
		known(commitment.Availability, "downtime", commitment.Lower, downtimeWords),
		known(commitment.Durability, "durability", commitment.Higher, durabilityWords),
		known(commitment.ErrorRate, "error rate", commitment.Lower, errorWords),
		known(commitment.Other, "satisfaction", commitment.Higher, satisfactionWords),
		known(commitment.ResponseTime, "share", commitment.Higher, respondWords),
		known(commitment.ResolutionTime, "share", commitment.Higher, resolveWords),
		known(commitment.Latency, "share", commitment.Higher, deliverWords),
	}
	for i := range all {
		all[i].stems = stemsOf(all[i].name)
	}
	return all
}

// stemsOf are beginnings of words for subjects that few texts are about: to look for
// them first is far cheaper than to match.
func stemsOf(name string) []string {
	switch name {
	case "downtime":
		return []string{"downtime", "unavail", "outage", "maintenance", "interruption"}
	case "recovery point":
		return []string{"rpo", "recovery point", "data loss"}
	case "support period":
		return []string{"support", "maintained", "security", "fixes for", "updates for", "long-term", "long term", "lts", "end-of", "end of"}
	case "claim period":
		return []string{"claim", "credit", "apply", "applied", "submit"}
	case "service credit":
		return []string{"credit", "refund", "reimburs", "compensat", "rebate"}
	case "durability":
		return []string{"durab"}
	case "satisfaction":
		return []string{"satisf", "csat", "nps"}
	case "retention":
		return []string{"ret", "kept", "keep", "stored", "back", "rest", "delet", "erase", "purge"}
	}
	return nil
}

// nearest is the subject whose words stand nearest to text[from:to]. What stands
// behind counts as farther: verbs and nouns lead their numbers.
func nearest(text string, from, to, reach int, subjects []subject) (subject, bool) {
	best, found := reach+1, subject{}
	low := strings.ToLower(text)
	for _, s := range subjects {
		if s.stems != nil && !slices.ContainsFunc(s.stems, func(stem string) bool { return strings.Contains(low, stem) }) {
			continue
		}
		for _, m := range s.words.FindAllStringIndex(text, -1) {
			distance := 0
			switch {
			case m[1] <= from:
				distance = from - m[1]
			case m[0] >= to:
				distance = m[0] - to + 8
				if m[0]-to <= 1 { // "30-minute response"
					distance = 0
				}
			}
			distance += s.behind
			if distance < best {
				best, found = distance, s
			}
		}
	}
	return found, best <= reach
}
