package policy

import (
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"
	"golang.org/x/text/unicode/norm"

	"github.com/slagate/slagate/internal/commitment"
)

// at is the place of a word.
func (w word) at() *yaml.Node { return w.node }

func (l *rawLabel) at() *yaml.Node {
	if l == nil {
		return nil
	}
	return l.node
}

// label is the function's sign-off label.
func (f rawNamedFunction) label() string {
	if f.Function.Label != nil {
		return f.Function.Label.Text
	}
	return ApprovedLabel(f.Name.Text)
}

// approvals is how many people must sign.
func (f rawFunction) approvals() int {
	if f.Approvals == nil {
		return 1
	}
	return f.Approvals.Value
}

// all are the functions in every list.
func (r rawRequire) all() []rawFunctionName {
	if r.Effects == nil {
		return r.Short
	}
	var out []rawFunctionName
	for _, list := range r.Effects.lists() {
		if list != nil {
			out = append(out, *list...)
		}
	}
	return out
}

// lists are the lists by effect; nil where the file says nothing.
func (e *rawEffects) lists() map[commitment.Effect]*[]rawFunctionName {
	return map[commitment.Effect]*[]rawFunctionName{
		commitment.Weakened: e.Weakened, commitment.Removed: e.Removed, commitment.Unknown: e.Unknown,
		commitment.Strengthened: e.Strengthened, commitment.Added: e.Added, commitment.Neutral: e.Neutral,
	}
}

// function is the validated form.
func (f rawNamedFunction) function() Function {
	out := Function{
		Name:      f.Name.Text,
		Teams:     plainWords(f.Function.Teams),
		Users:     plainWords(f.Function.Users),
		Approvals: f.Function.approvals(),
		Label:     f.label(),
	}
	out.Binding = "teams: [" + strings.Join(out.Teams, ", ") + "], users: [" + strings.Join(out.Users, ", ") + "]"
	return out
}

// plainWords gives the texts of words.
func plainWords[W interface{ text() string }](list []W) []string {
	var out []string
	for _, w := range list {
		out = append(out, w.text())
	}
	return out
}

func (w word) text() string { return w.Text }

// builder turns checked raw rules into rules; functions are those of both
// files in policy order, by which every list of functions is sorted.
type builder struct{ order map[string]int }

func newBuilder(functions []Function) builder {
	b := builder{order: map[string]int{}}
	for i, f := range functions {
		b.order[f.Name] = i
	}
	return b
}

// sorted gives distinct names in policy order.
func (b builder) sorted(names []string) []string {
	names = distinct(names)
	slices.SortFunc(names, func(x, y string) int { return b.order[x] - b.order[y] })
	return names
}

func (b builder) rule(raw rawRule, floor bool) Rule {
	rule := Rule{Name: raw.Name.Text, Floor: floor, Require: map[commitment.Effect][]string{}}
	for _, p := range raw.Paths {
		rule.Paths = append(rule.Paths, normalise(p.Text))
	}
	for _, p := range raw.Branches {
		rule.Branches = append(rule.Branches, norm.NFC.String(p.Text))
	}
	for _, effect := range commitment.Effects() {
		rule.Require[effect] = b.sorted(raw.Require.asks(effect))
	}
	for _, ask := range raw.Checklist {
		rule.Checklist = append(rule.Checklist, Ask{ID: ask.ID.Text, Required: ask.Required.on()})
	}
	return rule
}

// asks are the functions for one effect, defaults included.
func (r rawRequire) asks(effect commitment.Effect) []string {
	if r.Effects == nil {
		return plainWords(r.Short)
	}
	if list := r.Effects.lists()[effect]; list != nil {
		return plainWords(*list)
	}
	if effect == commitment.Removed || effect == commitment.Unknown {
		return plainWords(r.all())
	}
	return nil
}

// settings are the sign-off settings with their defaults; it may be called on nil.
func (s *rawSignOffs) settings() SignOffs {
	out := SignOffs{Methods: []Method{Label, Command}}
	if s == nil {
		return out
	}
	if len(s.Methods) > 0 {
		listed := plainWords(s.Methods)
		out.Methods = slices.DeleteFunc(methods(), func(m Method) bool { return !slices.Contains(listed, string(m)) })
	}
	out.Author = s.Author.on()
	out.Committers = s.Committers.on()
	out.Several = s.Several.on()
	out.Reset = s.OnPush != nil && s.OnPush.Text == pushReset
	return out
}

func (v *rawFlag) on() bool { return v != nil && v.Value }

// names gives methods as texts.
func names(methods []Method) []string {
	out := make([]string, 0, len(methods))
	for _, m := range methods {
		out = append(out, string(m))
	}
	return out
}
