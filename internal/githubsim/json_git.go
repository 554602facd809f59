package githubsim

// gitCommit is the short form of a commit in merge_group events.
func (s *Server) gitCommit(_ *Repo, c *commit) object {
	who := func(u *User) object {
		return object{"name": u.login, "email": u.login + "@users.noreply.github.test"}
	}
	return object{
		"id": c.OID, "tree_id": c.Tree, "message": c.Message, "timestamp": stamp(c.At), "author": who(c.Author), "committer": who(c.Committer),
	}
}

// jsonCommit is a commit as the commits API has it.
func (s *Server) jsonCommit(r *Repo, c *commit) object {
	who := func(u *User) object {
		return object{"name": u.login, "email": u.login + "@users.noreply.github.test", "date": stamp(c.At)}
	}
	url, html := s.api("/repos/%s/commits/%s", r.fullName(), c.OID), s.web("%s/commit/%s", r.fullName(), c.OID)
	parents := []object{}
	for _, p := range c.Parents {
		parents = append(parents, object{"sha": p, "url": s.api("/repos/%s/commits/%s", r.fullName(), p), "html_url": s.web("%s/commit/%s", r.fullName(), p)})
	}
	return object{
		"sha": c.OID, "node_id": "C_" + c.OID, "url": url, "html_url": html, "comments_url": url + "/comments", "parents": parents,
		"author": s.jsonUser(c.Author), "committer": s.jsonUser(c.Committer),
		"commit": object{
			"url": s.api("/repos/%s/git/commits/%s", r.fullName(), c.OID), "author": who(c.Author), "committer": who(c.Committer), "message": c.Message,
			"comment_count": 0, "tree": object{"sha": c.Tree, "url": s.api("/repos/%s/git/trees/%s", r.fullName(), c.Tree)},
			"verification": object{"verified": false, "reason": "unsigned", "signature": nil, "payload": nil, "verified_at": nil},
		},
	}
}

// jsonFile is a changed file (diff-entry) of the diff that ends in sha.
func (s *Server) jsonFile(r *Repo, c *change, sha string) object {
	o := object{
		"filename": c.Path, "status": c.Status, "additions": c.Added, "deletions": c.Deleted, "changes": c.Added + c.Deleted,
		"sha":          nil,
		"blob_url":     s.web("%s/blob/%s/%s", r.fullName(), sha, pathEscape(c.Path)),
		"raw_url":      s.web("%s/raw/%s/%s", r.fullName(), sha, pathEscape(c.Path)),
		"contents_url": s.api("/repos/%s/contents/%s?ref=%s", r.fullName(), pathEscape(c.Path), sha),
	}
	switch {
	case c.After != nil:
		o["sha"] = c.After.OID
	case c.Before != nil:
		o["sha"] = c.Before.OID
	}
	if c.Patch != "" {
		o["patch"] = c.Patch
	}
	if c.Previous != "" {
		o["previous_filename"] = c.Previous
	}
	return o
}
