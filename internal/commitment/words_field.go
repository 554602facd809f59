package commitment

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// describeField says one difference in a sentence, of the thing that was named before
// if it was. Notes are not worth one.
func describeField(c Change, f FieldChange, named bool) string {
	if f.Effect == Neutral || f.role == "" || f.shown { // the path, the routes or the rewrite have said it
		return ""
	}
	switch f.role {
	case RoleDelay:
		if text := describeDelay(c, f, named); text != "" {
			return text
		}
	case RoleThreshold:
		if c.Kind == Detection {
			return describeThreshold(c, f, named)
		}
	case RoleSeverity:
		return describeSeverity(c, f, named)
	case RoleScope:
		return who(c, named) + " " + f.Meaning + "."
	case RoleEnabled, RoleTeller, RoleCoverage, RoleSuppression:
		if f.Meaning != notWritten {
			return describeList(c, f, named)
		}
	case RoleRank:
		if text := describeRank(c, f, named); text != "" {
			return text
		}
	default:
	}
	return describeMove(c, f, named)
}

// who is the thing that a sentence is about: by its name, or "it".
func who(c Change, named bool) string {
	if named {
		return "It"
	}
	return title(subject(c.After))
}

// describeMove says that a value is another one now.
func describeMove(c Change, f FieldChange, named bool) string {
	lead, goes, is := leadTo(c, f, named), " goes", " is"
	if several(f.Name) {
		goes, is = " go", " are"
	}
	if f.role == RoleTarget || strings.Contains(strings.ToLower(c.After.Name), strings.ToLower(f.Name)) {
		lead, goes, is = who(c, named), " goes", " is"
	}
	switch {
	case c.Kind == SupportHours && f.saidB != "" && f.saidA != "":
		return fmt.Sprintf("%s: now %s instead of %s%s.", who(c, named), quote(f.saidA), quote(f.saidB), inBrackets(f.Meaning))
	case f.Meaning == notWritten && f.saidB == "":
		return lead + is + " now " + orNone(f.saidA) + ", which cannot be evaluated here."
	case f.saidB == "" && f.saidA == "":
		return lead + " changed" + inBrackets(f.Meaning) + "."
	case f.saidB == "":
		return lead + is + " now " + orNone(f.saidA) + ", which was not said before" + inBrackets(unless(f.Meaning, "it was not said before")) + "."
	case f.saidA == "":
		return lead + is + " not said any more, before: " + orNone(f.saidB) + inBrackets(unless(f.Meaning, "it is not said any more")) + "."
	case f.Meaning == notWritten:
		return lead + goes + " from " + orNone(f.saidB) + " to " + orNone(f.saidA) + ", which cannot be evaluated here."
	case f.saidB == f.saidA:
		return lead + " stays at " + orNone(f.saidA) + ", but is counted differently" + inBrackets(f.Meaning) + "."
	}
	return lead + goes + " from " + orNone(f.saidB) + " to " + orNone(f.saidA) + inBrackets(f.Meaning) + "."
}

func describeDelay(c Change, f FieldChange, named bool) string {
	if f.Meaning == "" || f.Effect == Unknown || c.Kind != Detection {
		return ""
	}
	none := func(text string) string {
		if text == "" || text == "0s" {
			return "none"
		}
		return clip(text, 160)
	}
	return fmt.Sprintf("%s tells people at least %s (%s: %s to %s).", who(c, named), f.Meaning, f.Name, none(f.saidB), none(f.saidA))
}

func describeThreshold(c Change, f FieldChange, named bool) string {
	subject := who(c, named)
	b, a := clip(f.saidB, 160), clip(f.saidA, 160)
	switch {
	case b == "":
		return fmt.Sprintf("%s has a threshold of %s now that it did not have (%s).", subject, a, f.Name)
	case a == "":
		return fmt.Sprintf("%s has no threshold of %s any more (%s).", subject, b, f.Name)
	case f.Meaning == notWritten:
		return fmt.Sprintf("%s starts at %s instead of %s; which of them is reached earlier cannot be told here.", subject, a, b)
	case a == b:
		return fmt.Sprintf("%s still has the threshold %s, but counts the other way round.", subject, a)
	}
	return fmt.Sprintf("%s starts at %s instead of %s%s.", subject, a, b, earlier(f.Effect))
}

func describeSeverity(c Change, f FieldChange, named bool) string {
	switch b, a := f.saidB, f.saidA; {
	case b == "":
		return fmt.Sprintf("%s has the urgency %s now; it had none of its own before.", who(c, named), a)
	case a == "":
		return fmt.Sprintf("%s has no urgency of its own any more; it was %s.", who(c, named), b)
	default:
		return fmt.Sprintf("%s has the urgency %s instead of %s%s.", who(c, named), a, b, comma(unless(f.Meaning, "how urgent that is cannot be told")))
	}
}

// describeRank says a choice whose order has words of its own: how firmly something is
// promised, and when somebody is there.
func describeRank(c Change, f FieldChange, named bool) string {
	switch f.Name {
	case "opens", "closes":
		return fmt.Sprintf("Support %s at %s instead of %s.", f.Name, orNone(f.saidA), orNone(f.saidB))
	case "wording":
		return fmt.Sprintf("%s was %s and is now %s.", whoWords(c, named), firmness(f.saidB), firmness(f.saidA))
	}
	return ""
}

func whoWords(c Change, named bool) string {
	if named {
		return "It"
	}
	return "What is said of " + strings.TrimPrefix(subject(c.After), "the promised ")
}

// firmness says how firmly something is promised.
func firmness(word string) string {
	switch word {
	case "stated":
		return "promised"
	case "aimed at":
		return "only aimed at"
	case "guaranteed":
		return "guaranteed"
	case "not promised":
		return "expressly not promised"
	case "":
		return "not said"
	}
	return word
}

// describeList says what a list lost or gained, or that something was switched.
func describeList(c Change, f FieldChange, named bool) string {
	subject := who(c, named)
	lost, gained := listWords(f.Meaning)
	lead := leadTo(c, f, named)
	switch f.role { //nolint:exhaustive // the roles of lists and switches
	case RoleEnabled:
		if rest, ok := strings.CutPrefix(c.After.Name, "included, "); ok && c.Kind == Statement {
			return fmt.Sprintf("%s: %s.", rest, map[bool]string{true: "not included any more", false: "included now"}[f.Effect == Weakened])
		}
		if whole(f.Name) {
			return fmt.Sprintf("%s is %s (%s).", subject, f.Meaning, f.Name)
		}
	case RoleTeller:
		return describeTellers(subject, f, lost, gained)
	case RoleCoverage:
		return describeCoverage(lead, subject, f, lost, gained)
	case RoleSuppression:
		return describeLimits(c, f, lost, gained)
	}
	return fmt.Sprintf("%s: %s.", lead, f.Meaning)
}

func describeCoverage(lead, subject string, f FieldChange, lost, gained string) string {
	if f.Name == "entries" {
		lead = subject
	}
	if does, ok := strings.CutPrefix(f.Name, "also "); ok && (lost == "" || gained == "") {
		if lost != "" {
			return fmt.Sprintf("%s no longer %s %s.", subject, does, lost)
		}
		return fmt.Sprintf("%s now also %s %s.", subject, does, gained)
	}
	switch {
	case lost != "" && gained != "":
		return fmt.Sprintf("%s: now %s instead of %s.", lead, gained, lost)
	case lost != "":
		return fmt.Sprintf("%s: no longer %s.", lead, lost)
	case gained != "":
		return fmt.Sprintf("%s: now also %s.", lead, gained)
	}
	return fmt.Sprintf("%s: %s.", lead, f.Meaning)
}

// leadTo is the thing that a sentence is about with the name of its value.
func leadTo(c Change, f FieldChange, named bool) string {
	if named {
		return "Its " + fieldWords(f.Name)
	}
	return title(subject(c.After)) + ": " + fieldWords(f.Name)
}

// several reports whether the name of a value is a plural.
func several(name string) bool {
	return strings.HasSuffix(name, "s") && !strings.HasSuffix(name, "ss") && !strings.Contains(name, " ") && name != "datapoints"
}

func describeTellers(subject string, f FieldChange, lost, gained string) string {
	switch {
	case lost != "" && gained != "":
		return fmt.Sprintf("%s tells %s now instead of %s; whether that is better cannot be told (%s).", subject, gained, lost, f.Name)
	case gained != "":
		return fmt.Sprintf("%s now also tells %s (%s).", subject, gained, f.Name)
	case lost != "":
		return fmt.Sprintf("%s no longer tells %s (%s).", subject, lost, f.Name)
	}
	return fmt.Sprintf("%s tells nobody any more; it told %s (%s).", subject, orNone(f.saidB), f.Name)
}

// describeLimits says what narrows a promise, or keeps an alert quiet.
func describeLimits(c Change, f FieldChange, lost, gained string) string {
	what, name := subject(c.After), " ("+f.Name+")"
	if f.Name == "limits" {
		name = ""
	}
	if f.Name == "entries" {
		name, what = "", "what is promised here"
	}
	switch {
	case lost != "" && gained != "":
		return fmt.Sprintf("The limits of %s are others%s. New: %s. Gone: %s.", what, name, gained, lost)
	case gained != "":
		return fmt.Sprintf("There is a new limit to %s%s: %s.", what, name, gained)
	}
	return fmt.Sprintf("A limit to %s is gone%s: %s.", what, name, lost)
}

// listWords are the entries that a list lost and gained, as judgeList says them.
func listWords(meaning string) (lost, gained string) {
	meaning = strings.TrimPrefix(meaning, "somebody else is told; ")
	if rest, ok := strings.CutPrefix(meaning, "gone: "); ok {
		lost, gained, _ = strings.Cut(rest, "; new: ")
		return clip(lost, 300), clip(gained, 300)
	}
	rest, _ := strings.CutPrefix(meaning, "new: ")
	if rest == meaning {
		return "", ""
	}
	return "", clip(rest, 300)
}

// whole reports whether a switch turns the whole thing on or off.
func whole(name string) bool {
	lower := strings.ToLower(name)
	return lower == "count" || lower == "for_each" || strings.Contains(lower, "enable") || strings.Contains(lower, "disable") || strings.Contains(lower, "paused")
}

// fieldWords is the name of a field as words.
func fieldWords(name string) string {
	switch name {
	case "treat_missing_data":
		return "treatment of missing data"
	case "measured_by":
		return "what it is measured by"
	case "depends_on":
		return "what it depends on"
	case "renotify_interval":
		return "time between reminders"
	case "datapoints":
		return "number of faulty measurements needed"
	}
	if strings.ContainsAny(name, ". ") {
		return name
	}
	return strings.ReplaceAll(name, "_", " ")
}

// describeNeutral says what differs where nothing differs for customers.
func describeNeutral(c Change) string {
	if text := calledBefore(c); text != "" && len(c.Fields) == 0 {
		return text + "; nothing else differs."
	}
	var said, notes []string
	for _, f := range c.Fields {
		switch {
		case f.role == RoleNote || f.Meaning == "":
			if c.Kind == Dependency {
				said = append(said, fmt.Sprintf("%s from %s to %s", fieldWords(f.Name), orNone(f.saidB), orNone(f.saidA)))
			}
			notes = append(notes, fieldWords(strings.TrimPrefix(f.Name, "annotations.")))
		case f.role == RoleSeverity:
			said = append(said, f.saidA+" is "+f.Meaning+" as "+strings.TrimSpace(f.saidB))
		default:
			said = append(said, fmt.Sprintf("%s goes from %s to %s%s", fieldWords(f.Name), orNone(f.saidB), orNone(f.saidA), inBrackets(f.Meaning)))
		}
	}
	text := strings.TrimSuffix(title(subject(c.After)), ",")
	if name := calledBefore(c); name != "" {
		text = name
	}
	switch {
	case c.Kind == Dependency && len(said) > 0:
		return text + ": " + strings.Join(said, "; ") + "."
	case len(said) > 0:
		return text + ": " + strings.Join(said, "; ") + ". For customers it stays as it was."
	case len(notes) > 0:
		return text + ": only the " + series(slices.Compact(notes)) + " changed. For customers it stays as it was."
	}
	return text + " stays as it was."
}

// calledBefore says that a commitment has another name or place; "" if it has not.
func calledBefore(c Change) string {
	switch {
	case c.Before.Name != c.After.Name:
		return title(subject(c.After)) + " was called " + c.Before.Name + " before"
	case c.Before.Source.File != c.After.Source.File:
		return title(subject(c.After)) + " stood in " + c.Before.Source.File + " before"
	}
	return ""
}

// series is a list in words: a, b and c.
func series(list []string) string {
	if len(list) < 2 {
		return strings.Join(list, "")
	}
	last := len(list) - 1
	return strings.Join(list[:last], ", ") + " and " + list[last]
}

func inBrackets(text string) string {
	if text == "" {
		return ""
	}
	return " (" + text + ")"
}

func unless(text, said string) string {
	if text == said {
		return ""
	}
	return text
}

// lower is a text that goes on in a sentence.
func lower(text string) string {
	r, n := utf8.DecodeRuneInString(text)
	return strings.ToLower(string(r)) + text[n:]
}

func comma(text string) string {
	if text == "" {
		return ""
	}
	return ", " + text
}

func earlier(e Effect) string {
	switch e {
	case Weakened:
		return ", so later"
	case Strengthened:
		return ", so earlier"
	case Neutral, Added, Removed, Unknown:
	}
	return ""
}

func orNone(text string) string {
	if text == "" {
		return "nothing"
	}
	return clip(text, 160)
}
