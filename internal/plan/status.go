package plan

import (
	"slices"
	"strings"

	"github.com/slagate/slagate/internal/pull"
	"github.com/slagate/slagate/internal/render"
)

// status is the step that makes one context say what is wanted, if one is needed.
func (b *builder) status(wanted pull.Status) []Action {
	key := statusKey + b.d.Head + ":" + wanted.Context
	standing := b.observed(wanted.Context)
	foreign := standing != nil && !b.ours(*standing)
	if b.held(key) {
		if foreign {
			b.plan.Tampered = append(b.plan.Tampered, key)
		}
		return nil
	}
	if standing != nil && !foreign && sameStatus(*standing, wanted) {
		return nil
	}
	if foreign && b.putRight(key) == sayOnce {
		wanted.State, wanted.Description = render.StateError, render.ForeignStatus
	}
	return []Action{{Kind: PostStatus, Head: b.d.Head, Status: wanted}}
}

// functionStatuses are the steps for slagate/<function>. A head that several
// open pull requests share gets none: they would contradict each other.
func (b *builder) functionStatuses(target string) []Action {
	if len(b.sn.Observed.Siblings) > 0 {
		return nil
	}
	var steps []Action
	for _, f := range b.d.Functions {
		if f.Label == "" { // the policy repair, which no function signs
			continue
		}
		wanted := render.FunctionStatus(f)
		wanted.TargetURL = target
		steps = append(steps, b.status(wanted)...)
	}
	for _, name := range b.d.NoLonger {
		if b.observed(render.FunctionContext(name)) == nil || asked(b.d.Functions, name) {
			continue
		}
		wanted := render.NotAsked(name)
		wanted.TargetURL = target
		steps = append(steps, b.status(wanted)...)
	}
	return steps
}

// observed is the newest status of a context; GitHub does not tell contexts
// apart that differ in letter case only.
func (b *builder) observed(context string) *pull.Status {
	i := slices.IndexFunc(b.sn.Observed.Statuses, func(s pull.Status) bool { return strings.EqualFold(s.Context, context) })
	if i < 0 {
		return nil
	}
	return &b.sn.Observed.Statuses[i]
}

// stands reports whether a context shows a state, whoever posted it.
func (b *builder) stands(context, state string) bool {
	s := b.observed(context)
	return s != nil && s.State == state
}

// ours reports whether slagate posted a status.
func (b *builder) ours(s pull.Status) bool {
	return Ours(s, b.sn.App, b.d.Head, b.d.Memory.Posted)
}

// Ours reports whether slagate, whose account is app, posted a status on a head.
// Where GitHub does not say who did, it is ours if it is what slagate remembers to
// have posted.
func Ours(s pull.Status, app pull.Person, head string, posted []pull.Posted) bool {
	creator := s.Creator
	if creator == (pull.Person{}) {
		return slices.ContainsFunc(posted, func(p pull.Posted) bool {
			return p.Head == head && strings.EqualFold(p.Context, s.Context) && p.State == s.State &&
				p.Description == s.Description && p.TargetURL == s.TargetURL
		})
	}
	if app.ID != 0 && creator.ID != 0 {
		return app.ID == creator.ID
	}
	login, suffixed := strings.CutSuffix(creator.Login, botSuffix)
	isBot := creator.Kind == pull.KindBot || creator.Kind == "" && suffixed
	return isBot && strings.EqualFold(login, strings.TrimSuffix(app.Login, botSuffix))
}

// botSuffix ends an app's login in REST and webhooks; GraphQL leaves it out.
// No person can have it in theirs.
const botSuffix = "[bot]"

func sameStatus(a, b pull.Status) bool {
	return a.State == b.State && a.Description == b.Description && a.TargetURL == b.TargetURL
}
