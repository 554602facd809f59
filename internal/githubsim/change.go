package githubsim

import (
	"net/http"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// Limits of GitHub's API: labels 50 characters, their descriptions and a pull
// request's labels 100, comment bodies 65,536, status descriptions 140,
// statuses of one commit and context 1,000 (all from its REST description).
const (
	maxLabelName   = 50
	maxLabels      = 100
	maxBody        = 65_536
	maxDescription = 140
	maxStatuses    = 1000
)

// The functions of this file change the state and send the events. They check
// the shape of what they are given, not who gives it: that is done by Actor for
// people and by the routes for the app. The caller holds the lock.

func (s *Server) createLabel(r *Repo, name, color, description string, by *User) (*Label, error) {
	name = strings.TrimSpace(name)
	switch {
	case name == "":
		return nil, invalid("Label", "name", "missing_field", "")
	case utf8.RuneCountInString(name) > maxLabelName:
		return nil, invalid("Label", "name", "custom", "name is too long (maximum is 50 characters)")
	case utf8.RuneCountInString(description) > maxLabels:
		return nil, invalid("Label", "description", "custom", "description is too long (maximum is 100 characters)")
	case r.label(name) != nil:
		return nil, invalid("Label", "name", "already_exists", "")
	case color == "":
		color = "ededed"
	case !isColor(color):
		return nil, invalid("Label", "color", "invalid", "color must be 6 character hex code, excluding the leading \"#\" character.")
	}
	l := r.newLabel(name, color, description)
	s.emit(r.owner, r, "label", "created", by, object{"label": s.jsonLabel(r, l)})
	return l, nil
}

func isColor(c string) bool {
	return len(c) == 6 && strings.Trim(strings.ToLower(c), "0123456789abcdef") == ""
}

// editLabel renames or recolours a label: it keeps its id, and no pull request
// gets an event.
func (s *Server) editLabel(r *Repo, l *Label, name, color, description *string, by *User) error {
	changes := object{}
	if name != nil && *name != l.Name {
		other := r.label(*name)
		switch {
		case utf8.RuneCountInString(*name) > maxLabelName:
			return invalid("Label", "name", "custom", "name is too long (maximum is 50 characters)")
		case other != nil && other != l:
			return invalid("Label", "name", "already_exists", "")
		}
		changes["name"] = object{"from": l.Name}
		l.Name = *name
	}
	if color != nil && *color != l.Color {
		changes["color"] = object{"from": l.Color}
		l.Color = *color
	}
	if description != nil && *description != l.Description {
		changes["description"] = object{"from": l.Description}
		l.Description = *description
	}
	if len(changes) > 0 {
		s.emit(r.owner, r, "label", "edited", by, object{"label": s.jsonLabel(r, l), "changes": changes})
	}
	return nil
}

// deleteLabel takes the label from the repository and from its pull requests,
// which get an unlabeled event without its label.
func (s *Server) deleteLabel(r *Repo, l *Label, by *User) {
	r.labels = slices.DeleteFunc(slices.Clone(r.labels), func(x *Label) bool { return x == l })
	gone := s.jsonLabel(r, l)
	for _, p := range r.pulls {
		if p.has(l) {
			p.touch()
			p.labels = slices.DeleteFunc(slices.Clone(p.labels), func(x *Label) bool { return x == l })
			e := p.event("unlabeled", by)
			e.Name = l.Name
			s.emitPull(p, "unlabeled", by, nil)
		}
		for _, e := range p.events {
			if e.Label == l {
				e.Label = nil
			}
		}
	}
	s.emit(r.owner, r, "label", "deleted", by, object{"label": gone})
}

// addLabels puts labels on a pull request; those that do not exist are made if create.
func (s *Server) addLabels(p *Pull, names []string, by *User, create bool) error {
	add, err := s.findLabels(p, names, by, create)
	for _, l := range add {
		p.touch()
		p.labels = append(slices.Clone(p.labels), l)
		s.labeled(p, l, by)
	}
	return err
}

// labeled writes down and tells that a label was put on.
func (s *Server) labeled(p *Pull, l *Label, by *User) {
	e := p.event("labeled", by)
	e.Label, e.Name = l, l.Name
	s.emitPull(p, "labeled", by, object{"label": s.jsonLabel(p.repo, l)})
}

// findLabels finds the labels that are not on the pull request yet.
func (s *Server) findLabels(p *Pull, names []string, by *User, create bool) ([]*Label, error) {
	var add []*Label
	for _, name := range names {
		l := p.repo.label(name)
		if l == nil {
			if !create {
				return nil, invalid("Label", "name", "invalid", "")
			}
			var err error
			if l, err = s.createLabel(p.repo, name, "", "", by); err != nil {
				return nil, err
			}
		}
		if !p.has(l) && !slices.Contains(add, l) {
			add = append(add, l)
		}
	}
	if len(p.labels)+len(add) > maxLabels {
		return nil, invalid("Issue", "labels", "custom", "An issue can have at most 100 labels")
	}
	return add, nil
}

func (s *Server) removeLabel(p *Pull, name string, by *User) error {
	l := p.repo.label(name)
	if l == nil || !p.has(l) {
		return refuse(http.StatusNotFound, "Label does not exist")
	}
	p.touch()
	p.labels = slices.DeleteFunc(slices.Clone(p.labels), func(x *Label) bool { return x == l })
	e := p.event("unlabeled", by)
	e.Label, e.Name = l, l.Name
	s.emitPull(p, "unlabeled", by, object{"label": s.jsonLabel(p.repo, l)})
	return nil
}

func checkBody(body string) error {
	switch {
	case strings.TrimSpace(body) == "":
		return invalid("IssueComment", "body", "custom", "body cannot be blank")
	case utf8.RuneCountInString(body) > maxBody:
		return invalid("IssueComment", "body", "custom", "body is too long (maximum is 65536 characters)")
	default:
		return nil
	}
}

func (s *Server) createComment(p *Pull, body string, by *User) (*Comment, error) {
	if err := checkBody(body); err != nil {
		return nil, err
	}
	p.touch()
	id := s.next()
	c := &Comment{ID: id, NodeID: nodeID("IC", id), Author: by, Body: body, Created: s.now(), Updated: s.now(), pull: p}
	p.comments = append(p.comments, c)
	p.event("commented", by).Comment = c
	s.emitComment(c, "created", by, nil)
	return c, nil
}

func (s *Server) editComment(c *Comment, body string, by *User) error {
	if err := checkBody(body); err != nil {
		return err
	}
	c.pull.touch()
	from := c.Body
	c.Body, c.Updated, c.EditedAt, c.Editor = body, s.now(), s.now(), by
	s.emitComment(c, "edited", by, object{"changes": object{"body": object{"from": from}}})
	return nil
}

func (s *Server) deleteComment(c *Comment, by *User) {
	p := c.pull
	p.touch()
	p.comments = slices.DeleteFunc(slices.Clone(p.comments), func(x *Comment) bool { return x == c })
	p.events = slices.DeleteFunc(slices.Clone(p.events), func(e *Event) bool { return e.Comment == c })
	s.emitComment(c, "deleted", by, nil)
}

// react adds a reaction; a second one of the same kind by the same account is the first.
func (s *Server) react(c *Comment, content string, by *User) (Reaction, bool, error) {
	if !slices.Contains(reactionKinds(), content) {
		return Reaction{}, false, invalid("Reaction", "content", "invalid", "")
	}
	for _, r := range c.Reactions {
		if r.User == by && r.Content == content {
			return r, false, nil
		}
	}
	id := s.next()
	r := Reaction{ID: id, NodeID: nodeID("REA", id), User: by, Content: content, At: s.now()}
	c.Reactions = append(slices.Clone(c.Reactions), r)
	return r, true, nil
}

func (s *Server) createStatus(r *Repo, st Status, by *User) (*Status, error) {
	if st.Context == "" {
		st.Context = "default"
	}
	n := 0
	for _, old := range r.statuses[st.SHA] {
		if strings.EqualFold(old.Context, st.Context) {
			n++
		}
	}
	switch {
	case r.objects.commits[st.SHA] == nil:
		return nil, refuse(http.StatusUnprocessableEntity, "No commit found for SHA: %s", st.SHA)
	case !slices.Contains([]string{"error", "failure", "pending", "success"}, st.State):
		return nil, invalid("Status", "state", "custom", "state is not included in the list")
	case utf8.RuneCountInString(st.Description) > maxDescription:
		return nil, invalid("Status", "description", "custom", "description is too long (maximum is 140 characters)")
	case n >= maxStatuses:
		return nil, invalid("Status", "", "custom", "This SHA and context has reached the maximum number of statuses.")
	}
	st.ID = s.next()
	st.NodeID, st.Creator, st.At = nodeID("SC", st.ID), by, s.now()
	r.statuses[st.SHA] = append(r.statuses[st.SHA], &st)
	s.emitStatus(r, &st)
	return &st, nil
}

func (s *Server) emitStatus(r *Repo, st *Status) {
	branches := []object{}
	for name, sha := range r.branches {
		if sha == st.SHA && len(branches) < 10 {
			branches = append(branches, object{"name": name, "protected": false, "commit": object{"sha": sha, "url": s.api("/repos/%s/commits/%s", r.fullName(), sha)}})
		}
	}
	s.emit(r.owner, r, "status", "", st.Creator, object{
		"id": st.ID, "sha": st.SHA, "name": r.fullName(), "context": st.Context, "state": st.State, "description": orNull(st.Description),
		"target_url": orNull(st.TargetURL), "avatar_url": s.web("avatars/%d", st.Creator.ID), "branches": branches,
		"created_at": stamp(st.At), "updated_at": stamp(st.At), "commit": s.jsonCommit(r, r.objects.commits[st.SHA]),
	})
}

// commitFiles writes a commit on top of parents and returns it.
func (r *Repo) commitFiles(by *User, message string, files map[string]File, parents ...string) *commit {
	tree := ""
	if len(parents) > 0 {
		tree = r.objects.tree(parents[0])
	}
	return r.objects.writeCommit(&commit{
		Tree: r.objects.apply(tree, r.objects.files(files)), Parents: parents, Author: by, Committer: by, At: r.s.now(), Message: message,
	})
}

// setBranch moves a branch and everything that follows it: the push event, the
// pull requests whose head it is, the queue they stand in.
func (s *Server) setBranch(r *Repo, branch, sha string, by *User) {
	before := r.branches[branch]
	if before == sha {
		return
	}
	forced := before != "" && r.objects.mergeBase(before, sha) != before
	r.branches[branch] = sha
	r.pushed = s.now()
	s.emitPush(r, branch, before, sha, forced, by)
	for _, base := range s.sortedRepos() {
		for _, p := range base.pulls {
			if p.open && p.head == r && p.headName == branch {
				s.pushed(p, before, sha, forced, by)
			}
		}
	}
}

func (s *Server) pushed(p *Pull, before, after string, forced bool, by *User) {
	p.touch()
	p.headSHA, p.baseSHA = after, p.repo.branches[p.base]
	if forced {
		e := p.event("head_ref_force_pushed", by)
		e.Before, e.After = before, after
	}
	s.emitPull(p, "synchronize", by, object{"before": before, "after": after})
	s.dequeue(p, by, "INVALIDATED", "invalidated")
}

// closePull closes a pull request, merged or not.
func (s *Server) closePull(p *Pull, by *User, mergeCommit string) {
	tip := p.baseTip()
	s.dequeue(p, by, "CLOSED", "dequeued")
	p.touch()
	p.open, p.closed, p.queued = false, s.now(), false
	if mergeCommit != "" {
		p.merged, p.mergedBy, p.mergeCommit = true, by, mergeCommit
		p.baseSHA = tip
		p.event("merged", by).After = mergeCommit
	}
	p.event("closed", by)
	s.emitPull(p, "closed", by, nil)
}

func (s *Server) reopenPull(p *Pull, by *User) {
	p.touch()
	p.open, p.closed = true, time.Time{}
	p.event("reopened", by)
	s.emitPull(p, "reopened", by, nil)
}
