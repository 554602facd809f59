package githubsim

import (
	"maps"
	"slices"
)

func (s *Server) listEvents(c *call) (any, error) {
	p, err := c.pull()
	if err != nil {
		return nil, err
	}
	// comments and reviews are in the timeline only
	events := slices.DeleteFunc(slices.Clone(p.events), func(e *Event) bool { return e.Kind == "commented" || e.Kind == "reviewed" })
	out := []object{}
	for _, e := range page(c, events) {
		out = append(out, s.jsonEvent(p, e))
	}
	return out, nil
}

func (s *Server) listTimeline(c *call) (any, error) {
	p, err := c.pull()
	if err != nil {
		return nil, err
	}
	var all []object
	for _, k := range p.commits() {
		o := s.jsonCommit(p.repo, k)
		detail := o["commit"].(object) // just built
		all = append(all, object{
			"event": "committed", "sha": k.OID, "node_id": o["node_id"], "url": detail["url"], "html_url": o["html_url"], "author": detail["author"],
			"committer": detail["committer"], "tree": detail["tree"], "message": k.Message, "parents": o["parents"], "verification": detail["verification"],
		})
	}
	for _, e := range p.events {
		all = append(all, s.jsonEvent(p, e))
	}
	return page(c, all), nil
}

// jsonEvent is an entry of the event list and of the timeline. Labels stand in
// it with the name they had at that time and without an id.
func (s *Server) jsonEvent(p *Pull, e *Event) object {
	o := object{
		"id": e.ID, "node_id": e.NodeID, "url": s.api("/repos/%s/issues/events/%d", p.repo.fullName(), e.ID), "actor": s.jsonUser(e.Actor),
		"event": e.Kind, "commit_id": nil, "commit_url": nil, "created_at": stamp(e.At), "performed_via_github_app": nil,
	}
	if e.Actor == s.app {
		o["performed_via_github_app"] = s.jsonApp()
	}
	switch e.Kind {
	case "labeled", "unlabeled":
		color := "ededed"
		if e.Label != nil {
			color = e.Label.Color
		}
		o["label"] = object{"name": e.Name, "color": color}
	case "renamed":
		o["rename"] = object{"from": e.Before, "to": e.After}
	case "merged":
		o["commit_id"], o["commit_url"] = e.After, s.api("/repos/%s/commits/%s", p.repo.fullName(), e.After)
	case "commented":
		maps.Copy(o, s.jsonComment(e.Comment))
		o["actor"] = s.jsonUser(e.Actor)
	case "reviewed":
		maps.Copy(o, s.jsonReview(p, e.Review))
	}
	return o
}
