package githubsim

import (
	"encoding/base64"
	"net/http"
	"path"
	"strings"
)

func (s *Server) repoRoutes() []route {
	const repo = "/repos/{owner}/{repo}"
	contents, metadata := []string{"contents:read"}, []string{"metadata:read"}
	return []route{
		{pattern: "GET " + repo, needs: metadata, handle: func(c *call) (any, error) { return s.repository(c.repo), nil }},
		{pattern: "GET " + repo + "/git/ref/{ref...}", needs: contents, handle: s.getRef},
		{pattern: "GET " + repo + "/git/trees/{sha}", needs: contents, handle: s.getTree},
		{pattern: "GET " + repo + "/git/blobs/{sha}", needs: contents, handle: s.getBlob},
		{pattern: "GET " + repo + "/contents/{path...}", needs: contents, handle: s.getContents},
		{pattern: "GET " + repo + "/commits/{ref}", needs: contents, handle: s.getCommit},
		{pattern: "GET " + repo + "/commits/{ref}/pulls", needs: []string{"pull_requests:read"}, handle: s.commitPulls},
		{pattern: "GET " + repo + "/compare/{basehead}", needs: contents, handle: s.compare},
		{pattern: "GET " + repo + "/collaborators/{user}", needs: metadata, handle: s.isCollaborator},
		{pattern: "GET " + repo + "/collaborators/{user}/permission", needs: metadata, handle: s.collaboratorPermission},
	}
}

func (s *Server) getRef(c *call) (any, error) {
	name, ok := strings.CutPrefix(c.path("ref"), "heads/")
	sha := c.repo.branches[name]
	if !ok || sha == "" {
		return nil, notFound()
	}
	ref := "refs/heads/" + name
	return object{
		"ref": ref, "node_id": "REF_" + base64.RawURLEncoding.EncodeToString([]byte(c.repo.fullName()+ref)), "url": s.api("/repos/%s/git/%s", c.repo.fullName(), ref),
		"object": object{"type": "commit", "sha": sha, "url": s.api("/repos/%s/git/commits/%s", c.repo.fullName(), sha)},
	}, nil
}

func (s *Server) getTree(c *call) (any, error) {
	r := c.repo
	g := r.objects
	sha := c.path("sha")
	if tip := r.resolve(sha); tip != "" {
		sha = tip
	}
	tree := g.tree(sha)
	if tree == "" {
		return nil, notFound()
	}
	list, truncated := []object{}, false
	var walk func(oid, prefix string)
	walk = func(oid, prefix string) {
		for _, e := range g.trees[oid] {
			if len(list) == s.opts.MaxTree {
				truncated = true
				return
			}
			o := object{"path": prefix + e.Name, "mode": e.Mode, "type": e.kind(), "sha": e.OID}
			switch e.kind() {
			case "blob":
				o["size"] = len(g.blobs[e.OID])
				o["url"] = s.api("/repos/%s/git/blobs/%s", r.fullName(), e.OID)
			case "tree":
				o["url"] = s.api("/repos/%s/git/trees/%s", r.fullName(), e.OID)
			}
			list = append(list, o)
			if e.Mode == modeTree && c.query("recursive") != "" {
				walk(e.OID, prefix+e.Name+"/")
			}
		}
	}
	walk(tree, "")
	return object{"sha": sha, "url": s.api("/repos/%s/git/trees/%s", r.fullName(), sha), "tree": list, "truncated": truncated}, nil
}

func (s *Server) getBlob(c *call) (any, error) {
	sha := c.path("sha")
	content, ok := c.repo.objects.blobs[sha]
	if !ok {
		return nil, notFound()
	}
	return object{
		"sha": sha, "node_id": "B_" + sha, "size": len(content), "url": s.api("/repos/%s/git/blobs/%s", c.repo.fullName(), sha),
		"content": base64.StdEncoding.EncodeToString([]byte(content)), "encoding": "base64",
	}, nil
}

// getContents answers for a path. A symbolic link to a file answers with the
// file's content, as GitHub's does; above 1 MB the content is left out.
func (s *Server) getContents(c *call) (any, error) {
	r, name := c.repo, strings.Trim(c.path("path"), "/")
	ref := orDefault(c.query("ref"), r.main)
	sha := r.resolve(ref)
	if sha == "" {
		return nil, refuse(http.StatusNotFound, "No commit found for the ref %s", ref)
	}
	g := r.objects
	tree := g.tree(sha)
	e := g.find(tree, name)
	if e == nil {
		return nil, notFound()
	}
	if e.Mode == modeTree {
		list := []object{}
		for _, x := range g.trees[e.OID] {
			list = append(list, s.jsonContent(r, x, path.Join(name, x.Name), ref))
		}
		return list, nil
	}
	o := s.jsonContent(r, e, name, ref)
	if e.Mode == ModeSymlink {
		target := g.find(tree, path.Join(path.Dir(name), g.blobs[e.OID]))
		if target == nil || !isRegular(target) {
			o["type"], o["target"] = "symlink", g.blobs[e.OID]
			return o, nil
		}
		e = target
		o["type"], o["size"] = "file", len(g.blobs[e.OID])
	}
	if e.Mode == ModeSubmodule {
		return o, nil
	}
	o["content"], o["encoding"] = base64.StdEncoding.EncodeToString([]byte(g.blobs[e.OID])), "base64"
	if len(g.blobs[e.OID]) > 1<<20 {
		o["content"], o["encoding"] = "", "none"
	}
	return o, nil
}

func (s *Server) jsonContent(r *Repo, e *entry, name, ref string) object {
	kind := "file" // submodules too, see GitHub's documentation
	if e.Mode == modeTree {
		kind = "dir"
	}
	if e.Mode == ModeSymlink {
		kind = "symlink"
	}
	url := s.api("/repos/%s/contents/%s?ref=%s", r.fullName(), pathEscape(name), ref)
	html := s.web("%s/blob/%s/%s", r.fullName(), ref, pathEscape(name))
	git := s.api("/repos/%s/git/%ss/%s", r.fullName(), e.kind(), e.OID)
	return object{
		"type": kind, "name": path.Base(name), "path": name, "sha": e.OID, "size": len(r.objects.blobs[e.OID]), "url": url, "html_url": html,
		"git_url": git, "download_url": s.web("%s/raw/%s/%s", r.fullName(), ref, pathEscape(name)), "_links": object{"self": url, "git": git, "html": html},
	}
}

func (s *Server) getCommit(c *call) (any, error) {
	r := c.repo
	sha := r.resolve(c.path("ref"))
	if sha == "" {
		return nil, refuse(http.StatusUnprocessableEntity, "No commit found for SHA: %s", c.path("ref"))
	}
	k := r.objects.commits[sha]
	o := s.jsonCommit(r, k)
	before := ""
	if len(k.Parents) > 0 {
		before = r.objects.tree(k.Parents[0])
	}
	added, deleted := 0, 0
	files := r.objects.diff(before, k.Tree)
	list := []object{}
	for _, f := range page(c, files) {
		list = append(list, s.jsonFile(r, f, sha))
	}
	for _, f := range files {
		added, deleted = added+f.Added, deleted+f.Deleted
	}
	o["files"], o["stats"] = list, object{"additions": added, "deletions": deleted, "total": added + deleted}
	return o, nil
}

func (s *Server) commitPulls(c *call) (any, error) {
	sha := c.path("ref")
	var found []*Pull
	for _, p := range c.repo.pulls {
		for _, k := range p.commits() {
			if k.OID == sha {
				found = append(found, p)
			}
		}
	}
	out := []object{}
	for _, p := range page(c, found) {
		out = append(out, s.simplePull(p))
	}
	return out, nil
}

// compare shows at most 300 files, and those on the first page only.
func (s *Server) compare(c *call) (any, error) {
	r := c.repo
	from, to, ok := strings.Cut(c.path("basehead"), "...")
	side := func(ref string) string {
		if _, branch, other := strings.Cut(ref, ":"); other {
			ref = branch
		}
		return r.resolve(ref)
	}
	base, head := side(from), side(to)
	if !ok || base == "" || head == "" {
		return nil, notFound()
	}
	g := r.objects
	mb := g.mergeBase(base, head)
	if mb == "" {
		return nil, refuse(http.StatusNotFound, "No common ancestor between %s and %s.", from, to)
	}
	ahead, behind := g.between(base, head), g.between(head, base)
	status := "diverged"
	switch {
	case base == head:
		status = "identical"
	case len(behind) == 0:
		status = "ahead"
	case len(ahead) == 0:
		status = "behind"
	}
	commits := []object{}
	for _, k := range page(c, ahead) {
		commits = append(commits, s.jsonCommit(r, k))
	}
	files := []object{}
	if _, n := c.paging(); n == 1 {
		for _, f := range g.diff(g.tree(mb), g.tree(head)) {
			if len(files) < 300 {
				files = append(files, s.jsonFile(r, f, head))
			}
		}
	}
	html := s.web("%s/compare/%s...%s", r.fullName(), base, head)
	return object{
		"url": s.api("/repos/%s/compare/%s...%s", r.fullName(), base, head), "html_url": html, "permalink_url": html, "diff_url": html + ".diff",
		"patch_url": html + ".patch", "base_commit": s.jsonCommit(r, g.commits[base]), "merge_base_commit": s.jsonCommit(r, g.commits[mb]),
		"status": status, "ahead_by": len(ahead), "behind_by": len(behind), "total_commits": len(ahead), "commits": commits, "files": files,
	}, nil
}
