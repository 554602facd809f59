package githubsim

import (
	"net/http"
	"slices"
	"time"
)

func (s *Server) issueRoutes() []route {
	const (
		repo     = "/repos/{owner}/{repo}"
		issue    = repo + "/issues/{number}"
		comments = repo + "/issues/comments/{id}"
	)
	read, write := []string{"issues:read", "pull_requests:read"}, []string{"issues:write", "pull_requests:write"}
	return []route{
		{pattern: "GET " + issue + "/comments", needs: read, handle: s.listComments},
		{pattern: "POST " + issue + "/comments", needs: write, handle: s.postComment},
		{pattern: "GET " + comments, needs: read, handle: s.getComment},
		{pattern: "PATCH " + comments, needs: write, handle: s.patchComment},
		{pattern: "DELETE " + comments, needs: write, handle: s.dropComment},
		{pattern: "GET " + comments + "/reactions", needs: read, handle: s.listReactions},
		{pattern: "POST " + comments + "/reactions", needs: write, handle: s.postReaction},
		{pattern: "DELETE " + comments + "/reactions/{reaction}", needs: write, handle: s.dropReaction},
		{pattern: "GET " + issue + "/events", needs: read, handle: s.listEvents},
		{pattern: "GET " + issue + "/timeline", needs: read, handle: s.listTimeline},
		{pattern: "GET " + issue + "/labels", needs: read, handle: s.issueLabels},
		{pattern: "POST " + issue + "/labels", needs: write, handle: s.postIssueLabels},
		{pattern: "PUT " + issue + "/labels", needs: write, handle: refusePut},
		{pattern: "DELETE " + issue + "/labels", needs: write, handle: refusePut},
		{pattern: "DELETE " + issue + "/labels/{name}", needs: write, handle: s.dropIssueLabel},
		{pattern: "GET " + repo + "/labels", needs: read, handle: s.listLabels},
		{pattern: "POST " + repo + "/labels", needs: write, handle: s.postLabel},
		{pattern: "GET " + repo + "/labels/{name}", needs: read, handle: s.getLabel},
		{pattern: "PATCH " + repo + "/labels/{name}", needs: write, handle: s.patchLabel},
		{pattern: "DELETE " + repo + "/labels/{name}", needs: write, handle: s.dropLabel},
		{pattern: "POST " + repo + "/statuses/{sha}", needs: []string{"statuses:write"}, handle: s.postStatus},
		{pattern: "GET " + repo + "/commits/{ref}/status", needs: []string{"statuses:read"}, handle: s.combinedStatus},
		{pattern: "GET " + repo + "/commits/{ref}/statuses", needs: []string{"statuses:read"}, handle: s.listStatuses},
	}
}

// refusePut keeps anybody from replacing or clearing all labels: that races with people.
func refusePut(*call) (any, error) {
	return nil, refuse(http.StatusInternalServerError, "githubsim: replacing or removing all labels of a pull request races with people; add and remove single labels")
}

func (s *Server) listComments(c *call) (any, error) {
	p, err := c.pull()
	if err != nil {
		return nil, err
	}
	var since time.Time
	if v := c.query("since"); v != "" {
		if since, err = time.Parse(time.RFC3339, v); err != nil {
			return nil, refuse(http.StatusUnprocessableEntity, "Invalid since")
		}
	}
	var found []*Comment
	for _, x := range p.comments {
		if !x.Updated.Before(since) {
			found = append(found, x)
		}
	}
	out := []object{}
	for _, x := range page(c, found) {
		out = append(out, s.jsonComment(x))
	}
	return out, nil
}

type bodyInput struct {
	Body string `json:"body"`
}

func (s *Server) postComment(c *call) (any, error) {
	p, err := c.pull()
	if err != nil {
		return nil, err
	}
	var in bodyInput
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	x, err := s.createComment(p, in.Body, s.app)
	if err != nil {
		return nil, err
	}
	return c.created(s.jsonComment(x))
}

// comment finds the comment of the path.
func (c *call) comment() (*Comment, error) {
	for _, p := range c.repo.pulls {
		if x := p.comment(c.number("id")); x != nil {
			return x, nil
		}
	}
	return nil, notFound()
}

func (s *Server) getComment(c *call) (any, error) {
	x, err := c.comment()
	if err != nil {
		return nil, err
	}
	return s.jsonComment(x), nil
}

func (s *Server) patchComment(c *call) (any, error) {
	x, err := c.comment()
	if err != nil {
		return nil, err
	}
	var in bodyInput
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	if err := s.editComment(x, in.Body, s.app); err != nil {
		return nil, err
	}
	return s.jsonComment(x), nil
}

func (s *Server) dropComment(c *call) (any, error) {
	x, err := c.comment()
	if err != nil {
		return nil, err
	}
	s.deleteComment(x, s.app)
	return nil, nil // 204
}

func (s *Server) jsonReaction(r Reaction) object {
	return object{"id": r.ID, "node_id": r.NodeID, "user": s.jsonUser(r.User), "content": r.Content, "created_at": stamp(r.At)}
}

func (s *Server) listReactions(c *call) (any, error) {
	x, err := c.comment()
	if err != nil {
		return nil, err
	}
	out := []object{}
	for _, r := range page(c, x.Reactions) {
		out = append(out, s.jsonReaction(r))
	}
	return out, nil
}

func (s *Server) postReaction(c *call) (any, error) {
	x, err := c.comment()
	if err != nil {
		return nil, err
	}
	var in struct {
		Content string `json:"content"`
	}
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	r, fresh, err := s.react(x, in.Content, s.app)
	if err != nil {
		return nil, err
	}
	if fresh {
		c.status = http.StatusCreated
	}
	return s.jsonReaction(r), nil
}

func (s *Server) dropReaction(c *call) (any, error) {
	x, err := c.comment()
	if err != nil {
		return nil, err
	}
	i := slices.IndexFunc(x.Reactions, func(r Reaction) bool { return r.ID == c.number("reaction") && r.User == s.app })
	if i < 0 {
		return nil, notFound()
	}
	x.Reactions = slices.Delete(slices.Clone(x.Reactions), i, i+1)
	return nil, nil // 204
}

func (s *Server) issueLabels(c *call) (any, error) {
	p, err := c.pull()
	if err != nil {
		return nil, err
	}
	return s.jsonLabels(c.repo, page(c, p.labels)), nil
}

func (s *Server) postIssueLabels(c *call) (any, error) {
	p, err := c.pull()
	if err != nil {
		return nil, err
	}
	var in struct {
		Labels []string `json:"labels"`
	}
	if err := c.decode(&in); err != nil || in.Labels == nil {
		if err := c.decode(&in.Labels); err != nil {
			return nil, err
		}
	}
	if err := s.addLabels(p, in.Labels, s.app, true); err != nil {
		return nil, err
	}
	return s.jsonLabels(c.repo, p.labels), nil
}

func (s *Server) dropIssueLabel(c *call) (any, error) {
	p, err := c.pull()
	if err != nil {
		return nil, err
	}
	if err := s.removeLabel(p, c.path("name"), s.app); err != nil {
		return nil, err
	}
	return s.jsonLabels(c.repo, p.labels), nil
}

func (s *Server) listLabels(c *call) (any, error) {
	return s.jsonLabels(c.repo, page(c, c.repo.labels)), nil
}

type labelInput struct {
	Name        *string `json:"name"`
	NewName     *string `json:"new_name"`
	Color       *string `json:"color"`
	Description *string `json:"description"`
}

func value(p *string) string {
	if p == nil {
		return ""
	}
	return *p
}

func (s *Server) postLabel(c *call) (any, error) {
	var in labelInput
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	l, err := s.createLabel(c.repo, value(in.Name), value(in.Color), value(in.Description), s.app)
	if err != nil {
		return nil, err
	}
	return c.created(s.jsonLabel(c.repo, l))
}

func (c *call) label() (*Label, error) {
	if l := c.repo.label(c.path("name")); l != nil {
		return l, nil
	}
	return nil, notFound()
}

func (s *Server) getLabel(c *call) (any, error) {
	l, err := c.label()
	if err != nil {
		return nil, err
	}
	return s.jsonLabel(c.repo, l), nil
}

func (s *Server) patchLabel(c *call) (any, error) {
	l, err := c.label()
	if err != nil {
		return nil, err
	}
	var in labelInput
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	if in.NewName == nil {
		in.NewName = in.Name
	}
	if err := s.editLabel(c.repo, l, in.NewName, in.Color, in.Description, s.app); err != nil {
		return nil, err
	}
	return s.jsonLabel(c.repo, l), nil
}

func (s *Server) dropLabel(c *call) (any, error) {
	l, err := c.label()
	if err != nil {
		return nil, err
	}
	s.deleteLabel(c.repo, l, s.app)
	return nil, nil // 204
}

func (s *Server) postStatus(c *call) (any, error) {
	var in struct {
		State       string `json:"state"`
		Context     string `json:"context"`
		Description string `json:"description"`
		TargetURL   string `json:"target_url"`
	}
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	st, err := s.createStatus(c.repo, Status{SHA: c.path("sha"), State: in.State, Context: in.Context, Description: in.Description, TargetURL: in.TargetURL}, s.app)
	if err != nil {
		return nil, err
	}
	return c.created(s.jsonStatus(c.repo, st))
}

func (s *Server) combinedStatus(c *call) (any, error) {
	sha := c.repo.resolve(c.path("ref"))
	if sha == "" {
		return nil, refuse(http.StatusNotFound, "No commit found for SHA: %s", c.path("ref"))
	}
	all := c.repo.latest(sha)
	list := []object{}
	for _, st := range page(c, all) {
		o := s.jsonStatus(c.repo, st)
		delete(o, "creator") // the combined view does not tell who posted
		list = append(list, o)
	}
	url := s.api("/repos/%s/commits/%s", c.repo.fullName(), sha)
	return object{
		"state": combined(all), "sha": sha, "total_count": len(all), "statuses": list, "repository": s.repository(c.repo),
		"commit_url": url, "url": url + "/status",
	}, nil
}

func (s *Server) listStatuses(c *call) (any, error) {
	all := slices.Clone(c.repo.statuses[c.repo.resolve(c.path("ref"))])
	slices.Reverse(all)
	list := []object{}
	for _, st := range page(c, all) {
		list = append(list, s.jsonStatus(c.repo, st))
	}
	return list, nil
}
