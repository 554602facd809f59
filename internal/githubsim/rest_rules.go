package githubsim

import (
	"maps"
	"net/http"
	"slices"
)

func (s *Server) ruleRoutes() []route {
	const repo = "/repos/{owner}/{repo}"
	metadata := []string{"metadata:read"}
	return []route{
		{pattern: "GET " + repo + "/branches/{branch...}", needs: []string{"contents:read"}, handle: s.getBranch},
		{pattern: "GET " + repo + "/rules/branches/{branch...}", needs: metadata, handle: s.branchRules},
		{pattern: "GET " + repo + "/rulesets/{id}", needs: metadata, handle: s.getRuleset},
	}
}

func (s *Server) getBranch(c *call) (any, error) {
	r, name := c.repo, c.path("branch")
	sha := r.branches[name]
	if sha == "" {
		return nil, refuse(http.StatusNotFound, "Branch not found")
	}
	p := r.classic(name)
	on := len(p.Checks) > 0 || hasKey(r.protected, name)
	protection := object{"enabled": on}
	if !p.Hidden {
		protection["required_status_checks"] = jsonRequired(p)
	}
	url := s.api("/repos/%s/branches/%s", r.fullName(), pathEscape(name))
	return object{
		"name": name, "commit": s.jsonCommit(r, r.objects.commits[sha]), "protected": on, "protection_url": url + "/protection",
		"_links": object{"self": url, "html": s.web("%s/tree/%s", r.fullName(), name)}, "protection": protection,
	}, nil
}

func jsonRequired(p Protection) object {
	contexts, checks := []string{}, []object{}
	for _, need := range p.Checks {
		contexts = append(contexts, need.Context)
		app := any(nil)
		if need.AppID != 0 {
			app = need.AppID
		}
		checks = append(checks, object{"context": need.Context, "app_id": app})
	}
	level := "off"
	switch {
	case len(contexts) > 0 && p.Everyone:
		level = "everyone"
	case len(contexts) > 0:
		level = "non_admins"
	}
	return object{"enforcement_level": level, "contexts": contexts, "checks": checks}
}

// branchRules shows the active rules of a branch: what Require asked for as a
// ruleset with a rule of a kind that older clients do not know behind it, then
// the other rulesets. Classic protection is not among them.
func (s *Server) branchRules(c *call) (any, error) {
	r, name := c.repo, c.path("branch")
	rules := []object{}
	add := func(rs *Ruleset) {
		for _, rule := range jsonRules(rs) {
			rule["ruleset_source_type"], rule["ruleset_source"] = s.rulesetSource(r, rs)
			rule["ruleset_id"] = rs.ID
			rules = append(rules, rule)
		}
	}
	if rs := r.ownRules(name); rs != nil {
		add(rs)
	}
	for _, rs := range r.rulesets {
		if rs.covers(name) {
			add(rs)
		}
	}
	if r.queues[name] != nil {
		rules = append(rules, object{
			"type": "merge_queue", "ruleset_source_type": "Repository", "ruleset_source": r.fullName(), "ruleset_id": r.ID + ownRuleset,
			"parameters": object{
				"check_response_timeout_minutes": 60, "grouping_strategy": "ALLGREEN", "max_entries_to_build": 5, "max_entries_to_merge": 5,
				"merge_method": "MERGE", "min_entries_to_merge": 1, "min_entries_to_merge_wait_minutes": 5,
			},
		})
	}
	return page(c, rules), nil
}

// ownRuleset is added to a repository's id for the ruleset that shows what Require asked for.
const ownRuleset = 1_000_000

// ownRules is what Require asked for on a branch as a ruleset; nil if nothing.
func (r *Repo) ownRules(branch string) *Ruleset {
	if len(r.required[branch]) == 0 {
		return nil
	}
	return &Ruleset{
		ID: r.ID + ownRuleset, Name: "required", Branches: []string{branch}, Enforcement: "active", Checks: r.required[branch],
		Kinds: []string{"copilot_code_review"}, Bypass: []BypassActor{{ID: 5, Kind: BypassRole}}, since: r.since,
	}
}

// jsonRules are the rules of a ruleset.
func jsonRules(rs *Ruleset) []object {
	rules := []object{}
	if len(rs.Checks) > 0 {
		checks := []object{}
		for _, need := range rs.Checks {
			check := object{"context": need.Context}
			if need.AppID != 0 {
				check["integration_id"] = need.AppID
			}
			checks = append(checks, check)
		}
		rules = append(rules, object{"type": "required_status_checks", "parameters": object{
			"required_status_checks": checks, "strict_required_status_checks_policy": false, "do_not_enforce_on_create": false,
		}})
	}
	for _, kind := range rs.Kinds {
		rule := object{"type": kind}
		if kind == "copilot_code_review" {
			rule["parameters"] = object{"review_on_push": false, "review_draft_pull_requests": false}
		}
		rules = append(rules, rule)
	}
	return rules
}

func (s *Server) rulesetSource(r *Repo, rs *Ruleset) (kind, name string) {
	if rs.Organization {
		return "Organization", r.owner.login
	}
	return "Repository", r.fullName()
}

// findRuleset finds a ruleset of a repository by id, what Require made included.
func (r *Repo) findRuleset(id int64) *Ruleset {
	for _, rs := range r.rulesets {
		if rs.ID == id {
			return rs
		}
	}
	if id != r.ID+ownRuleset {
		return nil
	}
	var all *Ruleset
	for _, branch := range slices.Sorted(maps.Keys(r.required)) {
		switch rs := r.ownRules(branch); {
		case rs == nil:
		case all == nil:
			all = rs
		default:
			all.Branches, all.Checks = append(all.Branches, branch), slices.Concat(all.Checks, rs.Checks)
		}
	}
	return all
}

func (s *Server) getRuleset(c *call) (any, error) {
	r := c.repo
	rs := r.findRuleset(c.number("id"))
	if rs == nil {
		return nil, notFound()
	}
	kind, source := s.rulesetSource(r, rs)
	include := []string{"~ALL"}
	if len(rs.Branches) > 0 {
		include = include[:0]
		for _, name := range rs.Branches {
			include = append(include, "refs/heads/"+name)
		}
	}
	url := s.api("/repos/%s/rulesets/%d", r.fullName(), rs.ID)
	o := object{
		"id": rs.ID, "node_id": nodeID("RRS", rs.ID), "name": rs.Name, "target": "branch", "source_type": kind, "source": source,
		"enforcement": rs.Enforcement, "conditions": object{"ref_name": object{"include": include, "exclude": []string{}}},
		"rules": jsonRules(rs), "current_user_can_bypass": "never", "created_at": stamp(rs.since), "updated_at": stamp(rs.since),
		"_links": object{"self": object{"href": url}, "html": object{"href": s.web("%s/rules/%d", r.fullName(), rs.ID)}},
	}
	if rs.ShowBypass || c.token.may([]string{"administration:write"}) {
		o["bypass_actors"] = jsonBypass(rs)
	}
	for _, b := range rs.Bypass {
		if b.Kind == BypassApp && b.ID == s.opts.AppID {
			o["current_user_can_bypass"] = "always"
		}
	}
	return o, nil
}

func jsonBypass(rs *Ruleset) []object {
	out := []object{}
	for _, b := range rs.Bypass {
		id := any(b.ID)
		if b.Kind == BypassOwner && b.ID == 0 {
			id = 1 // GitHub ignores it for this kind and answers 1 or null
		}
		out = append(out, object{"actor_id": id, "actor_type": b.Kind, "bypass_mode": orDefault(b.Mode, "always")})
	}
	return out
}
