package githubsim

import (
	"maps"
	"slices"
	"strings"
)

// eventNeeds is the permission without which an app does not get an event.
func eventNeeds(event string) string {
	switch event {
	case "pull_request", "pull_request_review":
		return "pull_requests"
	case "issue_comment":
		return "issues"
	case "status":
		return "statuses"
	case "push":
		return "contents"
	case "merge_group":
		return "merge_queues"
	case "membership", "team", "team_add", "member", "organization":
		return "members"
	default:
		return "metadata"
	}
}

// emit sends an event of a repository, or of an organisation if repo is nil, to
// every installation that may see it.
func (s *Server) emit(owner *User, repo *Repo, event, action string, sender *User, payload object) {
	for _, in := range s.installs {
		if in.account != owner || in.deleted || !in.suspended.IsZero() || in.permissions[eventNeeds(event)] == "" {
			continue
		}
		if repo != nil && !in.covers(repo) || !slices.Contains(in.events, event) {
			continue
		}
		s.deliver(in, repo, event, action, sender, payload)
	}
}

// deliver sends an event to one installation, subscribed or not.
func (s *Server) deliver(in *Installation, repo *Repo, event, action string, sender *User, payload object) {
	body := maps.Clone(payload)
	if action != "" {
		body["action"] = action
	}
	if sender != nil {
		body["sender"] = s.account(s.shown(sender))
	}
	x := &Delivery{Event: event, Action: action, Installation: in.ID, host: s.host()}
	if repo != nil {
		body["repository"] = s.repository(repo)
		x.Repository = repo.ID
	}
	if org := s.orgOf(in.account); org != nil {
		body["organization"] = s.jsonOrg(org)
	}
	if body["installation"] == nil {
		body["installation"] = object{"id": in.ID, "node_id": in.NodeID}
	}
	x.body = body
	s.hook.enqueue(x)
}

// host is the server's name in the webhooks of a GitHub Enterprise Server.
func (s *Server) host() string {
	_, name, _ := strings.Cut(s.opts.WebURL, "://")
	return name
}

// shown is the account as GitHub shows it: the ghost for a deleted one.
func (s *Server) shown(u *User) *User {
	if u != nil && u.deleted {
		return s.ghost
	}
	return u
}

// emitPull sends a pull_request event.
func (s *Server) emitPull(p *Pull, action string, sender *User, extra object) {
	payload := object{"number": p.Number, "pull_request": s.fullPull(p)}
	maps.Copy(payload, extra)
	s.emit(p.repo.owner, p.repo, "pull_request", action, sender, payload)
}

func (s *Server) emitComment(c *Comment, action string, sender *User, extra object) {
	payload := object{"issue": s.jsonIssue(c.pull), "comment": s.jsonComment(c)}
	maps.Copy(payload, extra)
	s.emit(c.pull.repo.owner, c.pull.repo, "issue_comment", action, sender, payload)
}

func (s *Server) emitPush(r *Repo, branch, before, after string, forced bool, sender *User) {
	zero := "0000000000000000000000000000000000000000"
	created, deleted := before == "", after == ""
	if created {
		before = zero
	}
	if deleted {
		after = zero
	}
	commits := []object{}
	g := r.objects
	if !deleted {
		for _, c := range g.between(before, after) {
			if len(commits) < 20 || !created {
				commits = append(commits, s.jsonPushed(r, c))
			}
		}
	}
	var head any
	if c := g.commits[after]; c != nil {
		head = s.jsonPushed(r, c)
	}
	s.emit(r.owner, r, "push", "", sender, object{
		"ref": "refs/heads/" + branch, "before": before, "after": after, "created": created, "deleted": deleted, "forced": forced,
		"base_ref": nil, "compare": s.web("%s/compare/%.12s...%.12s", r.fullName(), before, after), "commits": commits, "head_commit": head,
		"pusher": object{"name": sender.login, "email": sender.login + "@users.noreply.github.test"},
	})
}

func (s *Server) jsonPushed(r *Repo, c *commit) object {
	who := func(u *User) object {
		return object{"name": u.login, "email": u.login + "@users.noreply.github.test", "username": u.login}
	}
	added, removed, modified := []string{}, []string{}, []string{}
	old := ""
	if len(c.Parents) > 0 {
		old = r.objects.tree(c.Parents[0])
	}
	for _, d := range r.objects.rawDiff(old, c.Tree) {
		switch {
		case d.Before == nil:
			added = append(added, d.Path)
		case d.After == nil:
			removed = append(removed, d.Path)
		default:
			modified = append(modified, d.Path)
		}
	}
	return object{
		"id": c.OID, "tree_id": c.Tree, "distinct": true, "message": c.Message, "timestamp": stamp(c.At), "url": s.web("%s/commit/%s", r.fullName(), c.OID),
		"author": who(c.Author), "committer": who(c.Committer), "added": added, "removed": removed, "modified": modified,
	}
}
