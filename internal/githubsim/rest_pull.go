package githubsim

import (
	"slices"
	"strings"
)

// Limits of a pull request's lists, from GitHub's REST description.
const (
	maxFiles   = 3000
	maxCommits = 250
)

func (s *Server) pullRoutes() []route {
	const pulls = "/repos/{owner}/{repo}/pulls"
	read := []string{"pull_requests:read"}
	return []route{
		{pattern: "GET " + pulls, needs: read, handle: s.listPulls},
		{pattern: "GET " + pulls + "/{number}", needs: read, handle: s.getPull},
		{pattern: "GET " + pulls + "/{number}/files", needs: read, handle: s.pullFiles},
		{pattern: "GET " + pulls + "/{number}/commits", needs: read, handle: s.pullCommits},
		{pattern: "GET " + pulls + "/{number}/reviews", needs: read, handle: s.pullReviews},
	}
}

// pull finds the pull request of the path, stale if a fault says so.
func (c *call) pull() (*Pull, error) {
	p := c.repo.pull(int(c.number("number")))
	if p == nil {
		return nil, notFound()
	}
	p = c.see(p)
	return p, nil
}

// see is a pull request as this call sees it: as it was, if the change is
// recent enough to be missed.
func (c *call) see(p *Pull) *Pull {
	if !c.stale || !p.change.After(c.staleSince) || p.before == nil {
		return p
	}
	if !c.staleSince.IsZero() {
		c.s.chaos.count(chaosStale)
	}
	return p.stale()
}

func (s *Server) listPulls(c *call) (any, error) {
	state := orDefault(c.query("state"), "open")
	var found []*Pull
	for _, p := range c.repo.pulls {
		p = c.see(p)
		head := p.author.login + ":" + p.headName
		if p.head != nil {
			head = p.head.owner.login + ":" + p.headName
		}
		switch {
		case state == "open" && !p.open, state == "closed" && p.open:
		case c.query("base") != "" && c.query("base") != p.base:
		case c.query("head") != "" && !strings.EqualFold(c.query("head"), head):
		default:
			found = append(found, p)
		}
	}
	if c.query("direction") != "asc" {
		slices.Reverse(found) // newest first is GitHub's default
	}
	out := []object{}
	for _, p := range page(c, found) {
		out = append(out, s.simplePull(p))
	}
	return out, nil
}

func (s *Server) getPull(c *call) (any, error) {
	p, err := c.pull()
	if err != nil {
		return nil, err
	}
	return s.fullPull(p), nil
}

func (s *Server) pullFiles(c *call) (any, error) {
	p, err := c.pull()
	if err != nil {
		return nil, err
	}
	files := p.files()
	files = files[:min(len(files), maxFiles)]
	out := []object{}
	for _, f := range page(c, files) {
		out = append(out, s.jsonFile(p.repo, f, p.headSHA))
	}
	return out, nil
}

func (s *Server) pullCommits(c *call) (any, error) {
	p, err := c.pull()
	if err != nil {
		return nil, err
	}
	all := p.commits()
	out := []object{}
	for _, k := range page(c, all[:min(len(all), maxCommits)]) {
		out = append(out, s.jsonCommit(p.repo, k))
	}
	return out, nil
}

func (s *Server) pullReviews(c *call) (any, error) {
	p, err := c.pull()
	if err != nil {
		return nil, err
	}
	out := []object{}
	for _, v := range page(c, p.reviews) {
		out = append(out, s.jsonReview(p, v))
	}
	return out, nil
}
