package prose

import (
	"regexp"
	"slices"
	"strings"

	"github.com/slagate/slagate/internal/commitment"
)

var (
	except    = regexp.MustCompile(`(?i)[,(]?\s*\b(except(?:ing)?(?: for| on| in| during)?|excluding|excludes?|excl\.|with the exception of|other than|not including|does not (?:apply to|include|cover)|do not (?:apply to|include|cover)|is not (?:available|offered|provided) (?:on|for|to|in|during))\s+([^.;:()]{2,90})\)?`)
	onlyAfter = regexp.MustCompile(`(?i)[,(]?\s*\b(?:(?:available |applies |offered |provided |valid )?(?:only|solely|exclusively) (?:available )?(?:for|to|on|in|during|within|with|via|if|when|by)|limited to|restricted to)\s+([^.;:(),]{2,80}\w)\)?`)
	onlyNoun  = regexp.MustCompile(`(?i)[(,]\s*([\w][\w /&-]{1,40}?)\s+(?:customers |plans? |users )?only\b\)?`)
	forWhom   = regexp.MustCompile(`(?i)\s*\b(?:for|to|on|in) ((?:all |our |the |any |its )*(?:[\w&+-]+(?:,| and| or|/)? ){0,6}?)(customers?|plans?|tiers?|subscriptions?|subscribers?|accounts?|contracts?|editions?|environments?|systems?|services?)\b`)
	forCases  = regexp.MustCompile(`(?i)\s*\b(?:for|in|during|(?:in|for) (?:the )?(?:case|event) of) ((?:an? |any |all |the )?(?:(?:critical|urgent|severe|emergency|high[- ]priority|severity[- ]\d|sev[- ]?\d|p\d|priority[- ]\d|production)(?:,| and| or)? ?)*(?:emergenc(?:y|ies)|issues?|incidents?|outages?|problems?|cases?|requests?))\b`)
	everybody = regexp.MustCompile(`(?i)\b(?:all|any|every|each)\b`)

	noGuarantee  = regexp.MustCompile(`(?i)\b(?:no|not|cannot|without|never|n't)\s+(?:\w+\s+){0,2}(?:guarantee[sd]?|commit(?:ment)?s?|promises?|obligat\w+|warrant\w*)\b`)
	guaranteeing = regexp.MustCompile(`(?i)\b(?:guarantee(?:s|d|ing)?|warrants?|warranted)\b`)
	hoping       = regexp.MustCompile(`(?i)\b(?:(?:(?:will|shall) )?(?:(?:aims?|aiming|strives?|striving) (?:to be|to|for|at|that)|(?:endeavou?rs?|tr(?:y|ies)|hopes?|plans?|intends?|targets?|works?) to(?: be)?)\b|(?:(?:will|shall) )?(?:make|use|do) (?:(?:our|every|its|commercially|all) )*(?:best|reasonable) efforts? to|on a best[- ]efforts? basis|best[- ]efforts?|(?:commercially )?reasonable efforts?|our (?:goal|aim|target|objective) is(?: to)?|targets?(?: of)?|targeted|objectives?|goals?|typically|usually|normally|generally|expected|expect to|you (?:can|should) expect|should (?:be|receive|hear|get|have)|where(?:ver)? possible|as soon as possible|when(?:ever)? possible|if possible)\b`)
	mayBe        = regexp.MustCompile(`(?i)\b(?:(?:we|support|team|it) (?:may|might|could)|at our (?:sole )?discretion)\b`)
	willing      = regexp.MustCompile(`(?i)\b(?:will|shall|must|commits? to|committed to|is committed to|are committed to|promises? to|undertakes? to|agrees? to|ensures?)\b|'ll\b`)
)

// The order of wordings: what is guaranteed is worth more than what is aimed at
// (formats.md 1.7). A plain statement is as good as a will.
const (
	refused    = 0
	hoped      = 1
	stated     = 2
	guaranteed = 3
)

// wording is how firmly a text promises, and the words that say so.
func wording(text string) (commitment.Field, []span) {
	rank, kept := int64(stated), []string(nil)
	var spans []span
	for _, w := range []struct {
		words *regexp.Regexp
		rank  int64
		begin []string // one of these stands in all that the words match
	}{
		{noGuarantee, refused, []string{"guarant", "commit", "promise", "obligat", "warrant"}},
		{mayBe, refused, []string{" may", " might", " could", "discretion"}},
		{hoping, hoped, nil},
		{guaranteeing, guaranteed, []string{"guarant", "warrant"}},
		{willing, stated, nil},
	} {
		if w.begin != nil && !mentions(text, w.begin...) {
			continue
		}
		found := w.words.FindAllStringIndex(text, -1)
		for _, m := range found {
			text = cover(text, m[0], m[1])
			spans = append(spans, span{m[0], m[1]})
		}
		if len(found) > 0 && kept == nil && w.rank != stated {
			rank, kept = w.rank, []string{}
		}
	}
	words := map[int64]string{refused: "not promised", hoped: "aimed at", stated: "stated", guaranteed: "guaranteed"}[rank]
	return commitment.Field{Name: "wording", Role: commitment.RoleRank, Value: commitment.Choice(words, rank)}, spans
}

// limits are what narrows a promise: "only on weekdays", "except for bank holidays",
// "for emergencies". A list of them, for more of them is weaker.
func limits(text string, kind commitment.Kind) (commitment.Field, []span) {
	var items []string
	var spans []span
	take := func(prefix, phrase string, from, to int) {
		if c := canon(phrase); c != "" {
			items = append(items, prefix+" "+c)
			spans = append(spans, span{from, to})
			text = cover(text, from, to)
		}
	}
	for _, m := range except.FindAllStringSubmatchIndex(text, -1) {
		take("except", text[m[4]:m[5]], m[0], m[1])
	}
	for _, words := range []*regexp.Regexp{onlyAfter, onlyNoun} {
		for _, m := range words.FindAllStringSubmatchIndex(text, -1) {
			take("only", text[m[2]:m[3]], m[0], m[1])
		}
	}
	if kind == commitment.SupportHours || kind == commitment.Availability {
		for _, m := range forCases.FindAllStringSubmatchIndex(text, -1) {
			if !everybody.MatchString(text[m[2]:m[3]]) {
				take("only", text[m[2]:m[3]], m[0], m[1])
			}
		}
		for _, m := range forWhom.FindAllStringSubmatchIndex(text, -1) {
			if phrase := text[m[2]:m[3]]; canon(phrase) != "" && !everybody.MatchString(phrase) && !otherWhom(text[m[4]:m[5]]) {
				take("only", phrase, m[0], m[1])
			} else if everybody.MatchString(phrase) {
				spans = append(spans, span{m[0], m[1]})
			}
		}
	}
	return commitment.Field{Name: "limits", Role: commitment.RoleSuppression, Value: commitment.ListOf(items...)}, spans
}

// otherWhom are nouns that are as often what is available as whom it is for.
func otherWhom(noun string) bool {
	return slices.Contains([]string{"service", "services", "system", "systems"}, strings.ToLower(noun))
}

var (
	levelWords = regexp.MustCompile(`(?i)\b(sev(?:erity)?|priority|prio|level|tier|p|s)(?:[\s-]?level)?[\s-]?([0-5])\b`)
	notUrgent  = regexp.MustCompile(`(?i)\b(?:non|not|isn't|is not|are not|no)[\s-]+(?:an? )?(emergenc(?:y|ies)|critical|urgent|production)\b`)
	who        = regexp.MustCompile(`(?i)\b(emergenc(?:y|ies)|critical|urgent|high|medium|normal|low|minor|major|severe|blocker|general|vulnerabilit(?:y|ies)|breach(?:es)?|incidents?|outages?|maintenance|premium|premier|enterprise|standard|basic|professional|pro|starter|team|gold|silver|bronze|platinum|free|developer|production|sandbox|staging|phone|telephone|chat|email|ticket|forum|slack|initial|first|follow-?up|complaints?|feature requests?|questions?|bugs?|api|website|dashboard|webhooks?|sms|texts?|letters?|message|read|write|storage|compute|database|search|login|scheduled|unscheduled|planned|unplanned|weekends?|holidays?)\b`)
	notWho     = regexp.MustCompile(`(?i)\bhigh[- ](?:availability|quality|level|performance)|\bour team|\b(?:support|engineering|customer success) team|\bteam will|\bstandard (?:business|working|support) hours`)
)

// qualifiers tell the promises of one kind apart by whom or what they are for: they
// are a part of the identity, so only words of a fixed list count, in a fixed order.
func qualifiers(text string) []string {
	var out []string
	text = notWho.ReplaceAllStringFunc(text, func(m string) string { return strings.Repeat(" ", len(m)) })
	for _, m := range levelWords.FindAllStringSubmatch(text, -1) {
		out = append(out, strings.ToLower(m[1][:1])+m[2])
	}
	text = levelWords.ReplaceAllString(text, " ")
	for _, m := range notUrgent.FindAllStringSubmatch(text, -1) {
		out = append(out, "not "+canon(m[1]))
	}
	text = notUrgent.ReplaceAllString(text, " ")
	for _, m := range who.FindAllString(text, -1) {
		out = append(out, canon(m))
	}
	slices.Sort(out)
	return slices.Compact(out)
}
