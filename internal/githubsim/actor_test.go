package githubsim_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/slagate/slagate/internal/githubsim"
)

func TestWhoMayDoWhat(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := w.pull("topic")
	head := p.View().Head
	w.shop.AddLabel("l")
	stranger := w.sim.AddUser("stranger")
	c, err := w.sim.As("lee").Comment(p, "- [ ] read is enough to comment")
	require.NoError(t, err)
	actions := []struct {
		name string
		need githubsim.Role
		do   func(githubsim.Actor) error
	}{
		{"comment", githubsim.RoleRead, func(a githubsim.Actor) error { _, err := a.Comment(p, "x"); return err }},
		{"react", githubsim.RoleRead, func(a githubsim.Actor) error { return a.React(p, c.ID, "eyes") }},
		{"review", githubsim.RoleRead, func(a githubsim.Actor) error { _, err := a.Review(p, "COMMENTED", "x"); return err }},
		{"fork", githubsim.RoleRead, func(a githubsim.Actor) error { _, err := a.Fork(w.shop); return err }},
		{"label", githubsim.RoleTriage, func(a githubsim.Actor) error { return a.Label(p, "l") }},
		{"unlabel", githubsim.RoleTriage, func(a githubsim.Actor) error { return a.Unlabel(p, "l") }},
		{"close", githubsim.RoleTriage, func(a githubsim.Actor) error { return a.Close(p) }},
		{"reopen", githubsim.RoleTriage, func(a githubsim.Actor) error { return a.Reopen(p) }},
		{"tick", githubsim.RoleWrite, func(a githubsim.Actor) error { return a.Tick(p, c.ID, "read") }},
		{"edit comment", githubsim.RoleWrite, func(a githubsim.Actor) error { return a.EditComment(p, c.ID, "- [ ] read") }},
		{"draft", githubsim.RoleWrite, func(a githubsim.Actor) error { return a.Draft(p) }},
		{"ready", githubsim.RoleWrite, func(a githubsim.Actor) error { return a.Ready(p) }},
		{"retarget", githubsim.RoleWrite, func(a githubsim.Actor) error { return a.Retarget(p, "main") }},
		{"edit", githubsim.RoleWrite, func(a githubsim.Actor) error { return a.EditPull(p, "t", "b") }},
		{"status", githubsim.RoleWrite, func(a githubsim.Actor) error { return a.PostStatus(w.shop, head, "success", "x", "") }},
		{"create label", githubsim.RoleWrite, func(a githubsim.Actor) error { return a.CreateLabel(w.shop, "new") }},
		{"rename label", githubsim.RoleWrite, func(a githubsim.Actor) error { return a.RenameLabel(w.shop, "new", "newer") }},
		{"delete label", githubsim.RoleWrite, func(a githubsim.Actor) error { return a.DeleteLabel(w.shop, "newer") }},
		{"push", githubsim.RoleWrite, func(a githubsim.Actor) error { _, err := a.Push(w.shop, "other", "m", nil); return err }},
		{"delete branch", githubsim.RoleWrite, func(a githubsim.Actor) error { return a.DeleteBranch(w.shop, "other") }},
		{"collaborator", githubsim.RoleAdmin, func(a githubsim.Actor) error { return a.SetRole(w.shop, stranger, githubsim.RoleNone) }},
	}
	for _, x := range actions {
		for role := githubsim.RoleNone; role <= githubsim.RoleAdmin; role++ {
			other := w.sim.AddUser("p" + jsonNumber(int64(role)))
			w.shop.Grant(other, role)
			err := x.do(w.sim.By(other))
			w.shop.Grant(other, githubsim.RoleNone)
			switch {
			case role == githubsim.RoleNone:
				require.EqualErrorf(t, err, "Not Found", "%s without access", x.name)
			case role < x.need:
				require.EqualErrorf(t, err, "Must have "+x.need.String()+" rights to Repository.", "%s as %s", x.name, role)
			case role == x.need:
				require.NoErrorf(t, err, "%s as %s", x.name, role)
			}
		}
	}
	require.EqualError(t, w.sim.As("nobody").Close(p), "Bad credentials")
}

func TestRoles(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	kim := w.sim.AddUser("kim")
	role := func() any {
		t.Helper()
		return w.get("/repos/acme/shop/collaborators/kim/permission").object()["role_name"]
	}
	require.Equal(t, "none", role())
	require.Equal(t, http.StatusNotFound, w.get("/repos/acme/shop/collaborators/kim").status)
	w.shop.SetPublic(true)
	require.Equal(t, "read", role())
	require.Equal(t, http.StatusNotFound, w.get("/repos/acme/shop/collaborators/kim").status, "reading a public repository is no access that was given")
	w.shop.SetPublic(false)
	child := w.legal.AddTeam("Legal EU").Add(kim)
	w.shop.GrantTeam(w.legal, githubsim.RoleTriage)
	require.Equal(t, "triage", role(), "from the parent team")
	w.acme.SetBaseRole(githubsim.RoleWrite)
	require.Equal(t, "write", role())
	require.NoError(t, w.sim.As("olga").SetRole(w.shop, kim, githubsim.RoleMaintain))
	require.Equal(t, "maintain", role())
	require.Equal(t, "write", w.get("/repos/acme/shop/collaborators/kim/permission").object()["permission"], "the old word for it")
	require.NoError(t, w.sim.As("olga").SetRole(w.shop, kim, githubsim.RoleNone))
	require.NoError(t, w.sim.As("olga").RemoveMember(w.acme, kim))
	require.Equal(t, "none", role())
	require.Equal(t, []string{"member.added", "member.removed", "membership.removed", "organization.member_removed"}, w.events())
	require.Equal(t, http.StatusNotFound, w.get("/orgs/acme/members/kim").status)
	require.Equal(t, http.StatusNotFound, w.get("/orgs/acme/teams/"+child.Slug()+"/memberships/kim").status)
	require.Equal(t, "admin", w.get("/repos/acme/shop/collaborators/olga/permission").object()["role_name"])
}

func TestPullRequestEvents(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.shop.Branch("release", "main")
	_, err := w.sim.As("ana").Push(w.shop, "topic", "m", map[string]githubsim.File{"x": githubsim.Text("x")})
	require.NoError(t, err)
	w.shop.AddLabel("early")
	w.take()
	_, err = w.sim.As("lee").OpenPull(w.shop, githubsim.PullInput{Head: "topic"})
	require.Error(t, err, "somebody else's branch takes write")
	p, err := w.sim.As("ana").OpenPull(w.shop, githubsim.PullInput{Head: "topic", Labels: []string{"early"}, Draft: true})
	require.NoError(t, err)
	got := w.take()
	require.Len(t, got, 2)
	require.Equal(t, "early", at(t, got[0].body, "pull_request.labels.0.name"), "on it from the start")
	require.Equal(t, "labeled", got[1].body["action"])
	_, err = w.sim.As("ana").OpenPull(w.shop, githubsim.PullInput{Head: "topic"})
	require.EqualError(t, err, "Validation Failed: A pull request already exists for acme:topic.")
	_, err = w.sim.As("ana").OpenPull(w.shop, githubsim.PullInput{Head: "release"})
	require.EqualError(t, err, "Validation Failed: No commits between main and release")

	require.EqualError(t, w.sim.As("ana").Merge(p, false), "Pull Request is still a draft")
	require.NoError(t, w.sim.As("ana").Ready(p))
	require.NoError(t, w.sim.As("ana").Draft(p))
	require.NoError(t, w.sim.As("ana").Retarget(p, "release"))
	require.NoError(t, w.sim.As("ana").EditPull(p, "new title", "new body"))
	got = w.take()
	require.Equal(t, "ready_for_review", got[0].body["action"])
	require.Equal(t, "converted_to_draft", got[1].body["action"])
	require.Equal(t, "main", at(t, got[2].body, "changes.base.ref.from"))
	require.Equal(t, "release", at(t, got[2].body, "pull_request.base.ref"))
	require.Equal(t, "m", at(t, got[3].body, "changes.title.from"))

	v, err := w.sim.As("tri").Review(p, "APPROVED", "ok")
	require.NoError(t, err)
	_, err = w.sim.As("ana").Review(p, "APPROVED", "me")
	require.EqualError(t, err, "Validation Failed: Can not approve your own pull request")
	require.NoError(t, w.sim.As("olga").DismissReview(p, v.ID))
	got = w.take()
	require.Equal(t, "approved", at(t, got[0].body, "review.state"), "lower case in webhooks")
	require.Equal(t, "dismissed", got[1].body["action"])
	require.Equal(t, "DISMISSED", w.get("/repos/acme/shop/pulls/1/reviews").list()[0]["state"])

	require.NoError(t, w.sim.As("ana").DeleteBranch(w.shop, "topic"))
	require.Equal(t, []string{"push", "pull_request.closed"}, w.events())
	require.Error(t, w.sim.As("ana").Reopen(p), "the branch is gone")
}

func TestReposAndOrgsMove(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	olga := w.sim.As("olga")
	require.NoError(t, olga.RenameOrg(w.acme, "apex"))
	require.Equal(t, "apex/shop", w.shop.FullName())
	require.Equal(t, http.StatusOK, w.get("/repos/apex/shop").status)
	require.NoError(t, olga.ArchiveRepo(w.shop))
	require.EqualError(t, w.sim.As("ana").CreateLabel(w.shop, "l"), "Repository was archived so is read-only.")
	require.Equal(t, http.StatusForbidden, w.post("/repos/apex/shop/labels", object{"name": "l"}).status)
	other := w.sim.AddOrg("other")
	spare := w.acme.AddRepo("spare")
	require.NoError(t, olga.TransferRepo(spare, other))
	require.Equal(t, http.StatusNotFound, w.get("/repos/other/spare").status, "another account's now")
	gone := w.acme.AddRepo("gone")
	require.NoError(t, olga.DeleteRepo(gone))
	require.Equal(t, http.StatusNotFound, w.get("/repos/apex/gone").status)
	require.Equal(t, []string{"organization.renamed", "repository.archived", "repository.deleted"}, w.events())

	// a freed login is another account
	old := w.lee.ID
	w.sim.RenameUser(w.lee, "leo")
	require.NotEqual(t, old, w.sim.AddUser("lee").ID)
	require.InDelta(t, old, w.get("/users/leo").object()["id"], 0)
}

func TestPrefixAndLatency(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(o *githubsim.Options) { o.Prefix, o.Latency = "/gh", 5*time.Millisecond })
	require.Equal(t, http.StatusOK, w.get(w.srv.URL+"/gh/repos/acme/shop").status)
	a := w.send("bearer "+w.token, http.MethodPost, w.srv.URL+"/gh/graphql", object{"query": "{rateLimit{cost}}"})
	require.Equal(t, http.StatusOK, a.status)
	require.Empty(t, w.sim.Unknown())
}
