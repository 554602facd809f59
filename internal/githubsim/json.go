package githubsim

import (
	"encoding/json"
	"fmt"
	"maps"
	"strings"
	"time"
)

// object is a JSON object under construction.
type object = map[string]any

func (s *Server) api(format string, args ...any) string {
	return s.opts.APIURL + fmt.Sprintf(format, args...)
}

func (s *Server) web(format string, args ...any) string {
	return s.opts.WebURL + "/" + fmt.Sprintf(format, args...)
}

func stamp(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t.Format(time.RFC3339)
}

func orNull(s string) any {
	if s == "" {
		return nil
	}
	return s
}

// jsonUser is a simple-user; null for nobody.
func (s *Server) jsonUser(u *User) any {
	if u == nil {
		return nil
	}
	return s.account(s.shown(u))
}

func (s *Server) account(u *User) object {
	url := s.api("/users/%s", strings.ReplaceAll(strings.ReplaceAll(u.login, "[", "%5B"), "]", "%5D"))
	html := s.web("%s", strings.TrimSuffix(u.login, "[bot]"))
	if u.Kind == KindBot {
		html = s.web("apps/%s", strings.TrimSuffix(u.login, "[bot]"))
	}
	return object{
		"login": u.login, "id": u.ID, "node_id": u.NodeID, "type": u.Kind, "site_admin": false,
		"avatar_url": s.web("avatars/%d", u.ID), "gravatar_id": "", "url": url, "html_url": html,
		"followers_url": url + "/followers", "following_url": url + "/following{/other_user}",
		"gists_url": url + "/gists{/gist_id}", "starred_url": url + "/starred{/owner}{/repo}",
		"subscriptions_url": url + "/subscriptions", "organizations_url": url + "/orgs", "repos_url": url + "/repos",
		"events_url": url + "/events{/privacy}", "received_events_url": url + "/received_events",
	}
}

// fullAccount is a public-user, as GET /users/{username} has it.
func (s *Server) fullAccount(u *User) object {
	o := s.account(u)
	for _, k := range []string{"name", "company", "blog", "location", "email", "hireable", "bio", "twitter_username"} {
		o[k] = nil
	}
	for _, k := range []string{"public_repos", "public_gists", "followers", "following"} {
		o[k] = 0
	}
	o["created_at"], o["updated_at"], o["user_view_type"] = stamp(u.since), stamp(u.since), "public"
	return o
}

// repoLinks are the url fields of a repository below its own url.
func repoLinks() map[string]string {
	return map[string]string{
		"archive_url": "/{archive_format}{/ref}", "assignees_url": "/assignees{/user}", "blobs_url": "/git/blobs{/sha}",
		"branches_url": "/branches{/branch}", "collaborators_url": "/collaborators{/collaborator}", "comments_url": "/comments{/number}",
		"commits_url": "/commits{/sha}", "compare_url": "/compare/{base}...{head}", "contents_url": "/contents/{+path}",
		"contributors_url": "/contributors", "deployments_url": "/deployments", "downloads_url": "/downloads", "events_url": "/events",
		"forks_url": "/forks", "git_commits_url": "/git/commits{/sha}", "git_refs_url": "/git/refs{/sha}", "git_tags_url": "/git/tags{/sha}",
		"hooks_url": "/hooks", "issue_comment_url": "/issues/comments{/number}", "issue_events_url": "/issues/events{/number}",
		"issues_url": "/issues{/number}", "keys_url": "/keys{/key_id}", "labels_url": "/labels{/name}", "languages_url": "/languages",
		"merges_url": "/merges", "milestones_url": "/milestones{/number}", "notifications_url": "/notifications{?since,all,participating}",
		"pulls_url": "/pulls{/number}", "releases_url": "/releases{/id}", "stargazers_url": "/stargazers", "statuses_url": "/statuses/{sha}",
		"subscribers_url": "/subscribers", "subscription_url": "/subscription", "tags_url": "/tags", "teams_url": "/teams", "trees_url": "/git/trees{/sha}",
	}
}

// jsonRepo is a repository; null for none.
func (s *Server) jsonRepo(r *Repo) any {
	if r == nil {
		return nil
	}
	return s.repository(r)
}

// repoFacts is what the JSON of a repository is made of.
type repoFacts struct {
	name, api, web, main string
	owner                *User
	private, archived    bool
	open                 int
	pushed               time.Time
}

// repoText is the JSON of a repository and what it was made of. Webhooks have it
// three times each, so it is made when something changed only.
type repoText struct {
	of   repoFacts
	text json.RawMessage
}

func (s *Server) repository(r *Repo) json.RawMessage {
	is := repoFacts{r.fullName(), s.opts.APIURL, s.opts.WebURL, r.main, r.owner, r.private, r.archived, 0, r.pushed}
	for _, p := range r.pulls {
		if p.open {
			is.open++
		}
	}
	if old := r.text.Load(); old != nil && old.of == is {
		return old.text
	}
	fresh := &repoText{is, mustJSON(s.repositoryObject(r, is.open))}
	r.text.Store(fresh)
	return fresh.text
}

func (s *Server) repositoryObject(r *Repo, open int) object {
	url, html := s.api("/repos/%s", r.fullName()), s.web("%s", r.fullName())
	visibility := "public"
	if r.private {
		visibility = "private"
	}
	o := object{
		"id": r.ID, "node_id": r.NodeID, "name": r.name, "full_name": r.fullName(), "owner": s.account(r.owner),
		"private": r.private, "visibility": visibility, "html_url": html, "url": url, "description": nil, "fork": r.fork != nil,
		"created_at": stamp(r.since), "updated_at": stamp(r.pushed), "pushed_at": stamp(r.pushed), "homepage": nil, "language": nil,
		"clone_url": html + ".git", "git_url": html + ".git", "ssh_url": html + ".git", "svn_url": html, "mirror_url": nil,
		"size": 0, "stargazers_count": 0, "watchers_count": 0, "watchers": 0, "forks": 0, "forks_count": 0, "network_count": 0,
		"subscribers_count": 0, "open_issues": open, "open_issues_count": open, "default_branch": r.main, "license": nil,
		"has_issues": true, "has_projects": false, "has_wiki": false, "has_pages": false, "has_discussions": false, "has_downloads": false,
		"archived": r.archived, "disabled": false, "is_template": false, "allow_forking": true, "web_commit_signoff_required": false, "topics": []string{},
	}
	for k, path := range repoLinks() {
		o[k] = url + path
	}
	return o
}

// jsonOrg is the organization of a webhook payload.
func (s *Server) jsonOrg(o *Org) object {
	url := s.api("/orgs/%s", o.login)
	return object{
		"login": o.login, "id": o.ID, "node_id": o.NodeID, "url": url, "repos_url": url + "/repos", "events_url": url + "/events",
		"hooks_url": url + "/hooks", "issues_url": url + "/issues", "members_url": url + "/members{/member}",
		"public_members_url": url + "/public_members{/member}", "avatar_url": s.web("avatars/%d", o.ID), "description": nil,
	}
}

func (s *Server) jsonLabel(r *Repo, l *Label) object {
	return object{
		"id": l.ID, "node_id": l.NodeID, "url": s.api("/repos/%s/labels/%s", r.fullName(), pathEscape(l.Name)),
		"name": l.Name, "color": l.Color, "default": false, "description": orNull(l.Description),
	}
}

func (s *Server) jsonLabels(r *Repo, ls []*Label) []object {
	out := make([]object, len(ls))
	for i, l := range ls {
		out[i] = s.jsonLabel(r, l)
	}
	return out
}

func (s *Server) association(r *Repo, u *User) string {
	org := s.orgOf(r.owner)
	switch {
	case u == r.owner:
		return "OWNER"
	case u != nil && org != nil && hasKey(org.members, u.ID):
		return "MEMBER"
	case u != nil && r.roles[u.ID] > RoleNone:
		return "COLLABORATOR"
	default:
		return "NONE"
	}
}

func hasKey[K comparable, V any](m map[K]V, k K) bool {
	_, ok := m[k]
	return ok
}

// jsonSide is the head or base of a pull request.
func (s *Server) jsonSide(r *Repo, owner *User, branch, sha string) object {
	return object{"label": owner.login + ":" + branch, "ref": branch, "sha": sha, "user": s.jsonUser(owner), "repo": s.jsonRepo(r)}
}

// simplePull is the pull request as lists and webhooks have it.
func (s *Server) simplePull(p *Pull) object {
	r := p.repo
	url, html := s.api("/repos/%s/pulls/%d", r.fullName(), p.Number), s.web("%s/pull/%d", r.fullName(), p.Number)
	issue := s.api("/repos/%s/issues/%d", r.fullName(), p.Number)
	statuses := s.api("/repos/%s/statuses/%s", r.fullName(), p.headSHA)
	headOwner := p.author
	if p.head != nil {
		headOwner = p.head.owner
	}
	state := "closed"
	if p.open {
		state = "open"
	}
	link := func(u string) object { return object{"href": u} }
	o := object{
		"id": p.ID, "node_id": p.NodeID, "number": p.Number, "state": state, "locked": false, "title": p.title, "body": orNull(p.body),
		"user": s.jsonUser(p.author), "draft": p.draft, "url": url, "html_url": html, "diff_url": html + ".diff", "patch_url": html + ".patch",
		"issue_url": issue, "commits_url": url + "/commits", "review_comments_url": url + "/comments",
		"review_comment_url": s.api("/repos/%s/pulls/comments{/number}", r.fullName()), "comments_url": issue + "/comments", "statuses_url": statuses,
		"created_at": stamp(p.created), "updated_at": stamp(p.updated), "closed_at": stamp(p.closed), "merged_at": nil,
		"merge_commit_sha": orNull(p.mergeCommit), "assignee": nil, "assignees": []any{}, "milestone": nil, "auto_merge": nil,
		"requested_reviewers": []any{}, "requested_teams": []any{}, "labels": s.jsonLabels(r, p.labels),
		"head":               s.jsonSide(p.head, headOwner, p.headName, p.headSHA),
		"base":               s.jsonSide(r, r.owner, p.base, p.baseSHA),
		"author_association": s.association(r, p.author), "active_lock_reason": nil,
		"_links": object{
			"self": link(url), "html": link(html), "issue": link(issue), "comments": link(issue + "/comments"), "statuses": link(statuses),
			"review_comments": link(url + "/comments"), "commits": link(url + "/commits"),
			"review_comment": link(s.api("/repos/%s/pulls/comments{/number}", r.fullName())),
		},
	}
	if p.merged {
		o["merged_at"] = stamp(p.closed)
	}
	return o
}

// fullPull adds what only the single pull request and webhooks have.
func (s *Server) fullPull(p *Pull) object {
	o := s.simplePull(p)
	added, deleted, files := 0, 0, p.files()
	for _, f := range files {
		added, deleted = added+f.Added, deleted+f.Deleted
	}
	state := "clean"
	switch err := p.mergeable(p.headSHA); {
	case !p.open:
		state = "unknown"
	case p.draft:
		state = "draft"
	case err != nil:
		state = "blocked"
	}
	o["merged"], o["merged_by"], o["mergeable"], o["mergeable_state"] = p.merged, s.jsonUser(p.mergedBy), nil, state
	if p.open {
		o["mergeable"] = !p.conflicts(p.baseTip())
	}
	o["rebaseable"], o["maintainer_can_modify"] = nil, false
	o["comments"], o["review_comments"], o["commits"] = len(p.comments), 0, len(p.commits())
	o["additions"], o["deletions"], o["changed_files"] = added, deleted, len(files)
	return o
}

// jsonIssue is the pull request as the issues API has it.
func (s *Server) jsonIssue(p *Pull) object {
	o := s.simplePull(p)
	url := s.api("/repos/%s/issues/%d", p.repo.fullName(), p.Number)
	out := object{
		"url": url, "repository_url": s.api("/repos/%s", p.repo.fullName()), "labels_url": url + "/labels{/name}",
		"comments_url": url + "/comments", "events_url": url + "/events", "timeline_url": url + "/timeline", "comments": len(p.comments),
		"pull_request": object{"url": o["url"], "html_url": o["html_url"], "diff_url": o["diff_url"], "patch_url": o["patch_url"], "merged_at": o["merged_at"]},
	}
	for _, k := range []string{
		"html_url", "id", "node_id", "number", "title", "body", "user", "labels", "state", "locked", "draft", "assignee", "assignees",
		"milestone", "created_at", "updated_at", "closed_at", "author_association", "active_lock_reason",
	} {
		out[k] = o[k]
	}
	return out
}

func (s *Server) jsonComment(c *Comment) object {
	r := c.pull.repo
	url := s.api("/repos/%s/issues/comments/%d", r.fullName(), c.ID)
	counts := object{"url": url + "/reactions", "total_count": len(c.Reactions)}
	for _, k := range reactionKinds() {
		n := 0
		for _, x := range c.Reactions {
			if x.Content == k {
				n++
			}
		}
		counts[k] = n
	}
	via := any(nil)
	if c.Author == s.app {
		via = s.jsonApp()
	}
	return object{
		"id": c.ID, "node_id": c.NodeID, "url": url, "html_url": s.commentURL(c), "issue_url": s.api("/repos/%s/issues/%d", r.fullName(), c.pull.Number),
		"user": s.jsonUser(c.Author), "body": c.Body, "created_at": stamp(c.Created), "updated_at": stamp(c.Updated),
		"author_association": s.association(r, c.Author), "performed_via_github_app": via, "reactions": counts,
	}
}

func (s *Server) commentURL(c *Comment) string {
	return s.web("%s/pull/%d#issuecomment-%d", c.pull.repo.fullName(), c.pull.Number, c.ID)
}

func reactionKinds() []string {
	return []string{"+1", "-1", "laugh", "confused", "heart", "hooray", "rocket", "eyes"}
}

// jsonApp is the app itself.
func (s *Server) jsonApp() object {
	return object{
		"id": s.opts.AppID, "slug": s.opts.AppSlug, "node_id": nodeID("A", s.opts.AppID), "client_id": fmt.Sprintf("Iv23%d", s.opts.AppID),
		"owner": s.account(s.app), "name": s.opts.AppSlug, "description": nil, "external_url": s.opts.WebURL,
		"html_url": s.web("apps/%s", s.opts.AppSlug), "created_at": stamp(s.appSince), "updated_at": stamp(s.appSince),
		"permissions": maps.Clone(s.opts.Permissions), "events": s.opts.Events, "installations_count": len(s.installs),
	}
}

func (s *Server) jsonReview(p *Pull, v *Review) object {
	url := s.api("/repos/%s/pulls/%d", p.repo.fullName(), p.Number)
	html := s.web("%s/pull/%d#pullrequestreview-%d", p.repo.fullName(), p.Number, v.ID)
	return object{
		"id": v.ID, "node_id": v.NodeID, "user": s.jsonUser(v.Author), "body": v.Body, "state": v.State, "html_url": html,
		"pull_request_url": url, "commit_id": v.Commit, "submitted_at": stamp(v.Submitted), "author_association": s.association(p.repo, v.Author),
		"_links": object{"html": object{"href": html}, "pull_request": object{"href": url}},
	}
}

func (s *Server) jsonStatus(r *Repo, st *Status) object {
	return object{
		"id": st.ID, "node_id": st.NodeID, "url": s.api("/repos/%s/statuses/%s", r.fullName(), st.SHA), "avatar_url": s.web("avatars/%d", st.Creator.ID),
		"state": st.State, "context": st.Context, "description": orNull(st.Description), "target_url": orNull(st.TargetURL),
		"created_at": stamp(st.At), "updated_at": stamp(st.At), "creator": s.jsonUser(st.Creator),
	}
}

// mustJSON marshals what this package built itself from strings, numbers and times.
func mustJSON(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		panic(fmt.Sprintf("githubsim: %v", err))
	}
	return b
}
