package formats

import (
	"fmt"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"github.com/slagate/slagate/internal/commitment"
	"github.com/slagate/slagate/internal/commitment/source"
	"github.com/slagate/slagate/internal/commitment/terraform"
)

// modules are the definitions of Terraform's modules (folders) on one side of a
// change, as far as their files are part of it.
type modules map[string]map[string][]byte

func (m modules) add(s Side) {
	if s.Path == "" || s.Problem != "" || len(s.Src) > commitment.MaxFileSize {
		return
	}
	if text := terraform.Definitions(s.Path, s.Src); len(text) > 0 {
		dir := path.Dir(s.Path)
		if m[dir] == nil {
			m[dir] = map[string][]byte{}
		}
		m[dir][s.Path] = text
	}
}

// join is a file as it is read: with the definitions of the others of its module.
func (m modules) join(s Side) []byte {
	others := m[path.Dir(s.Path)]
	names := make([]string, 0, len(others))
	for name := range others {
		if name != s.Path {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	var all []byte
	for _, name := range names {
		all = append(all, others[name]...)
	}
	if joined := terraform.Joined(s.Path, s.Src, all); len(joined) <= commitment.MaxFileSize {
		return joined
	}
	return s.Src
}

// setting is a value that is set for others and where it stands.
type setting struct {
	terraform.Setting
	file string
}

// settings are the values of one side by where they count: those of a module by its
// folder, those of a file of values by the file.
func settings(pairs []Pair, side func(Pair) Side) map[string]setting {
	out := map[string]setting{}
	for _, p := range pairs {
		s := side(p)
		if s.Path == "" || s.Problem != "" || len(s.Src) > commitment.MaxFileSize {
			continue
		}
		place := path.Dir(s.Path)
		if terraform.IsValues(s.Path) {
			place = p.After.Path
		}
		for _, v := range terraform.Settings(s.Path, s.Src) {
			out[place+" "+v.Name] = setting{v, s.Path}
		}
		for _, v := range chartValues(s.Path, s.Src) {
			out[p.After.Path+" "+v.Name] = setting{v, s.Path}
		}
	}
	return out
}

// elsewhere are the changes of values that promises in other files may rest on: those
// whose name says so, and those that a promise of the change names. Whether it gets better or
// worse is not said: who uses the value, and how, stands in files that did not change.
func elsewhere(pairs []Pair, after *commitment.Set) []commitment.Change {
	before := settings(pairs, func(p Pair) Side { return p.Before })
	now := settings(pairs, func(p Pair) Side { return p.After })
	var out []commitment.Change
	for _, place := range slices.Sorted(maps.Keys(now)) {
		a := now[place]
		b, ok := before[place]
		if !ok {
			continue
		}
		named, said := mentioned(pairs, after, a)
		if said || !named && !sounds(a) {
			continue
		}
		for _, d := range differences(b, a) {
			if !d.word || tells(a.Name+d.path) {
				out = append(out, d.change(b, a, named))
			}
		}
	}
	if left := len(out) - maxValues; left > 0 {
		file := out[maxValues].After.Source.File
		text := fmt.Sprintf("%d more values that alarms or promises in other files may use changed. Please judge.", left)
		out = append(out[:maxValues], commitment.Change{Effect: commitment.Unknown, Kind: commitment.Other, File: file, Text: text})
	}
	return out
}

// maxValues bounds how many values are told one by one.
const maxValues = 50

// mentioned reports whether a file of the change that holds promises names a value. said: the
// promises of that file were read with it, so that they say themselves what differs.
func mentioned(pairs []Pair, after *commitment.Set, s setting) (named, said bool) {
	text := regexp.QuoteMeta(s.Name)
	hcl := terraform.Is(s.file) || terraform.IsValues(s.file)
	if !hcl {
		text = `(?:\.Values\.|p\(['"])` + text
	}
	name := regexp.MustCompile(text + `\b`)
	for _, p := range pairs {
		if !promises(after, p.After.Path) || terraform.Is(p.After.Path) != hcl || !name.Match(p.After.Src) {
			continue
		}
		switch same := path.Dir(p.After.Path) == path.Dir(s.file); {
		case hcl && same && !terraform.IsValues(s.file):
			said = true
		case !hcl || terraform.IsValues(s.file):
			named = true
		}
	}
	return named, said
}

// promises reports whether a file holds any, beside what may only affect one.
func promises(set *commitment.Set, file string) bool {
	return slices.ContainsFunc(set.Commitments, func(c commitment.Commitment) bool {
		return c.Source.File == file && c.Kind != commitment.Dependency
	})
}

// sounds reports whether a value is, by its name or description, one of alarms or
// promises. Words that are used for much else (target, timeout, period) count only
// where another word explains them.
func sounds(s setting) bool {
	name := words(s.Name)
	if slices.ContainsFunc(name, strong) {
		return true
	}
	all := append(words(s.Description), name...)
	return slices.ContainsFunc(name, weak) && slices.ContainsFunc(all, func(w string) bool { return strong(w) || explains(w) })
}

// holdsValues reports whether a file is, by its name, one of values for templates: of a
// Helm chart (values.yaml), or the properties of a BOSH job (jobs/NAME/spec).
func holdsValues(name string) bool {
	base := strings.ToLower(path.Base(name))
	for part := range strings.SplitSeq(path.Dir(name), "/") {
		if slices.Contains([]string{"ci", "test", "tests", "testdata", "examples"}, part) {
			return false
		}
	}
	return strings.Contains(base, "values") && (strings.Contains(base, ".yaml") || strings.Contains(base, ".yml")) || isSpec(name)
}

// isSpec reports whether a file describes a BOSH job: https://bosh.io/docs/jobs/
func isSpec(name string) bool {
	return path.Base(name) == "spec" && path.Base(path.Dir(path.Dir(name))) == "jobs"
}

// chartValues are the single values in such a file, by the path to them.
func chartValues(name string, src []byte) []terraform.Setting {
	if !holdsValues(name) {
		return nil
	}
	var out []terraform.Setting
	for _, d := range source.YAML(name, src).Documents {
		if isSpec(name) {
			for _, p := range d.Root.Get("properties").Pairs() {
				if v := p.Value.Get("default"); v.Exists() {
					out = append(out, single(p.Key, p.Value.Get("description").Text(), v))
				}
			}
			continue
		}
		d.Root.Walk(func(keys []string, n source.Node) bool {
			if len(keys) > 0 && !n.IsMap() {
				out = append(out, single(strings.Join(keys, "."), "", n))
				return false
			}
			return true
		})
	}
	return out
}

func single(name, description string, n source.Node) terraform.Setting {
	text := n.Shown()
	if !n.IsScalar() {
		text = n.String()
	}
	counts := commitment.Duration(text, commitment.PlainSeconds).Num != nil
	if _, ok := n.Bool(); ok {
		counts = true
	}
	return terraform.Setting{Name: name, Description: description, Line: n.Line(), Values: []terraform.Entry{{Text: text, Word: !counts}}}
}

func strong(word string) bool {
	return slices.Contains([]string{
		"threshold", "thresholds", "alarm", "alarms", "alert", "alerts", "alerting", "slo", "slos", "sla", "slas", "sli", "objective", "objectives",
		"pagerduty", "opsgenie", "oncall", "escalation", "escalations", "paging", "severity", "datapoints",
	}, word)
}

func weak(word string) bool {
	return slices.Contains([]string{
		"target", "timeout", "timeouts", "period", "periods", "delay", "delays", "interval", "window", "availability", "uptime", "latency", "duration", "acknowledgement",
	}, word)
}

func explains(word string) bool {
	return slices.Contains([]string{
		"monitor", "monitors", "monitoring", "monitored", "evaluation", "evaluated", "evaluate", "budget", "page", "paged", "call", "notify", "notification", "notifications",
	}, word)
}

// tells reports whether a word that is set may decide who is told, or how urgent it
// is. Others (names, descriptions) decide nothing.
func tells(name string) bool {
	return slices.ContainsFunc(words(name), func(w string) bool {
		return slices.Contains([]string{
			"email", "emails", "topic", "topics", "arn", "arns", "channel", "channels", "recipient", "recipients", "endpoint", "endpoints", "webhook", "action", "actions",
			"key", "integration", "service", "services", "policy", "schedule", "severity", "team", "contact", "contacts", "address", "operator", "statistic", "missing", "duration", "timeout", "period", "window", "delay",
		}, w)
	})
}

// words are the words of a name, in lower case: those between marks and capitals.
func words(name string) []string {
	var b strings.Builder
	last := ' '
	for _, r := range name {
		if unicode.IsUpper(r) && unicode.IsLower(last) {
			b.WriteRune(' ')
		}
		b.WriteRune(unicode.ToLower(r))
		last = r
	}
	return strings.FieldsFunc(b.String(), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
}

// difference is a value in a setting that differs; a side without it is "".
type difference struct {
	path, before, after string
	word                bool
}

// differences are those of one setting.
func differences(b, a setting) []difference {
	was := map[string]terraform.Entry{}
	for _, v := range b.Values {
		was[v.Path] = v
	}
	var out []difference
	for _, v := range a.Values {
		old, ok := was[v.Path]
		delete(was, v.Path)
		if !ok || old.Text != v.Text {
			out = append(out, difference{v.Path, old.Text, v.Text, v.Word && (!ok || old.Word)})
		}
	}
	for _, v := range b.Values {
		if _, gone := was[v.Path]; gone {
			out = append(out, difference{v.Path, v.Text, "", v.Word})
		}
	}
	return out
}

// change says that a value differs.
func (d difference) change(b, a setting, named bool) commitment.Change {
	user := "Who uses it is not among the changed files."
	if named {
		user = "The changed files use it, and are read without it."
	}
	name := a.Name + d.path
	side := func(s setting, text string) *commitment.Commitment {
		return &commitment.Commitment{
			Key: commitment.Key{Format: "terraform values", Name: name}, Kind: commitment.Other, Name: name, Shown: text,
			Fields: []commitment.Field{{Name: "value", Role: commitment.RoleKey, Value: commitment.Words(text), Line: s.Line}},
			Source: commitment.Source{File: s.file, Line: s.Line},
		}
	}
	return commitment.Change{
		Effect: commitment.Unknown, Kind: commitment.Other, Before: side(b, d.before), After: side(a, d.after),
		Fields: []commitment.FieldChange{{Name: "value", Before: d.before, After: d.after, Effect: commitment.Unknown, BeforeLine: b.Line, AfterLine: a.Line}},
		Text: fmt.Sprintf("A value that alarms or promises may use changed: %s goes from %s to %s. %s Please judge.",
			name, orNothing(d.before), orNothing(d.after), user),
	}
}

// maxShown bounds how much of a value is said.
const maxShown = 80

func orNothing(text string) string {
	text = strings.Join(strings.Fields(text), " ")
	switch runes := []rune(text); {
	case text == "":
		return "nothing"
	case len(runes) > maxShown:
		return string(runes[:maxShown]) + "…"
	}
	return text
}
