package githubsim_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/slagate/slagate/internal/githubsim"
)

// factsQuery was validated against GitHub's public schema.
const factsQuery = `query($o:String!,$r:String!,$n:Int!){repository(owner:$o,name:$r){databaseId pullRequest(number:$n){
 id number state isDraft merged isCrossRepository baseRefName baseRefOid headRefOid changedFiles isInMergeQueue
 author{__typename login ... on User{databaseId} ... on Bot{databaseId}}
 labels(first:100){nodes{id name} pageInfo{hasNextPage endCursor}}
 comments(last:100){nodes{databaseId body lastEditedAt author{__typename login} editor{__typename login} isMinimized} pageInfo{hasPreviousPage startCursor}}
 timelineItems(last:100,itemTypes:[LABELED_EVENT,UNLABELED_EVENT,HEAD_REF_FORCE_PUSHED_EVENT,BASE_REF_CHANGED_EVENT]){nodes{__typename
  ... on LabeledEvent{id createdAt actor{__typename login ... on User{databaseId}} label{id name}}
  ... on UnlabeledEvent{id createdAt actor{__typename login} label{id name}}} pageInfo{hasPreviousPage startCursor}}
 statusCheckRollup{contexts(first:100){nodes{__typename ... on StatusContext{context state isRequired(pullRequestNumber:$n) creator{__typename login}}}}}
}} rateLimit{cost remaining resetAt}}`

func TestFactsQuery(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := w.pull("topic")
	w.shop.AddLabel("sla/legal-approved")
	w.shop.Require("main", "slagate", 0)
	require.NoError(t, w.sim.As("tri").Label(p, "sla/legal-approved"))
	c, err := w.sim.As("lee").Comment(p, "hi")
	require.NoError(t, err)
	require.NoError(t, w.sim.As("ana").EditComment(p, c.ID, "changed by somebody else"))
	require.Equal(t, http.StatusCreated, w.post("/repos/acme/shop/statuses/"+p.View().Head, object{"state": "pending", "context": "slagate"}).status)

	q := w.query(factsQuery, object{"o": "acme", "r": "shop", "n": 1})
	require.NotContains(t, q, "errors")
	pr := at(t, q, "data.repository.pullRequest")
	require.Equal(t, "OPEN", at(t, pr, "state"))
	require.Equal(t, object{"__typename": "User", "login": "ana", "databaseId": float64(w.ana.ID)}, at(t, pr, "author"))
	require.Equal(t, "sla/legal-approved", at(t, pr, "labels.nodes.0.name"))
	require.Equal(t, "lee", at(t, pr, "comments.nodes.0.author.login"))
	require.Equal(t, "ana", at(t, pr, "comments.nodes.0.editor.login"))
	require.Equal(t, "2026-03-02T10:00:00Z", at(t, pr, "comments.nodes.0.lastEditedAt"))
	require.Equal(t, "LabeledEvent", at(t, pr, "timelineItems.nodes.0.__typename"))
	require.Equal(t, "tri", at(t, pr, "timelineItems.nodes.0.actor.login"))
	status := at(t, pr, "statusCheckRollup.contexts.nodes.0")
	require.Equal(t, object{
		"__typename": "StatusContext", "context": "slagate", "state": "PENDING", "isRequired": true,
		"creator": object{"__typename": "Bot", "login": "slagate"},
	}, status)
	require.InDelta(t, 1, at(t, q, "data.rateLimit.cost"), 0)
}

func TestRenamedLabelKeepsItsIDWithoutAnEvent(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := w.pull("topic")
	l := w.shop.AddLabel("harmless")
	require.NoError(t, w.sim.As("tri").Label(p, "harmless"))
	w.take()
	require.EqualError(t, w.sim.As("tri").RenameLabel(w.shop, "harmless", "sla/legal-approved"), "Must have write rights to Repository.")
	require.NoError(t, w.sim.As("ana").RenameLabel(w.shop, "harmless", "sla/legal-approved"))
	got := w.take()
	require.Len(t, got, 1)
	require.Equal(t, "label", got[0].event)
	require.Equal(t, "harmless", at(t, got[0].body, "changes.name.from"))
	require.Equal(t, []string{"sla/legal-approved"}, p.View().Labels)
	q := w.query(factsQuery, object{"o": "acme", "r": "shop", "n": 1})
	items := at(t, q, "data.repository.pullRequest.timelineItems.nodes")
	require.Len(t, items, 1)
	require.Equal(t, object{"id": l.NodeID, "name": "sla/legal-approved"}, at(t, items, "0.label"), "live")
	require.Equal(t, "harmless", at(t, w.get("/repos/acme/shop/issues/1/timeline").list()[1], "label.name"), "the name of that time")

	require.NoError(t, w.sim.As("ana").DeleteLabel(w.shop, "sla/legal-approved"))
	got = w.take()
	require.Equal(t, "unlabeled", at(t, got[0].body, "action"))
	require.NotContains(t, got[0].body, "label", "absent when a label is deleted")
	require.Equal(t, "deleted", at(t, got[1].body, "action"))
	require.Empty(t, p.View().Labels)
}

func TestQueryNotFound(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	q := w.query(`{a:repository(owner:"acme",name:"none"){id} b:user(login:"nobody"){id} organization(login:"acme"){team(slug:"none"){id}}}`, nil)
	require.Nil(t, at(t, q, "data.a"))
	require.Nil(t, at(t, q, "data.organization.team"))
	errs, ok := q["errors"].([]any)
	require.True(t, ok)
	require.Len(t, errs, 2)
	for _, e := range errs {
		require.Equal(t, "NOT_FOUND", at(t, e, "type"))
	}
	require.Contains(t, []any{[]any{"a"}, []any{"b"}}, at(t, errs, "0.path"))
}

func TestQueryPages(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := w.pull("topic")
	for _, text := range []string{"1", "2", "3", "4", "5"} {
		_, err := w.sim.As("lee").Comment(p, text)
		require.NoError(t, err)
	}
	const q = `query($b:String){repository(owner:"acme",name:"shop"){pullRequest(number:1){comments(last:2,before:$b){totalCount nodes{body} pageInfo{hasPreviousPage startCursor}}}}}`
	var got []any
	var before any
	for {
		page := at(t, w.query(q, object{"b": before}), "data.repository.pullRequest.comments")
		nodes, ok := at(t, page, "nodes").([]any)
		require.True(t, ok)
		for _, n := range slices.Backward(nodes) {
			got = append(got, at(t, n, "body"))
		}
		before = at(t, page, "pageInfo.startCursor")
		if at(t, page, "pageInfo.hasPreviousPage") == false {
			break
		}
	}
	require.Equal(t, []any{"5", "4", "3", "2", "1"}, got)
	bad := w.query(`{repository(owner:"acme",name:"shop"){labels(first:101){totalCount}}}`, nil)
	require.Equal(t, "EXCESSIVE_PAGINATION", at(t, bad, "errors.0.type"))
	bad = w.query(`{repository(owner:"acme",name:"shop"){labels{totalCount}}}`, nil)
	require.Equal(t, "MISSING_PAGINATION_BOUNDARIES", at(t, bad, "errors.0.type"))
}

func TestQueryGit(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.shop.Commit("main", w.olga, "link", map[string]githubsim.File{"slo/l": githubsim.Symlink("api.yaml"), "bin": githubsim.Text("\x00\x01")})
	q := w.query(`{repository(owner:"acme",name:"shop"){
	  defaultBranchRef{name target{oid ... on Commit{file(path:"slo/l"){mode oid type size} none:file(path:"slo/none"){mode}}}}
	  text:object(expression:"main:slo/api.yaml"){... on Blob{text byteSize isBinary isTruncated}}
	  bin:object(expression:"main:bin"){... on Blob{text isBinary}}
	  dir:object(expression:"main:slo"){... on Tree{entries{name mode type object{oid ... on Blob{text}}}}}
	  none:object(expression:"main:none"){oid}
	  pullRequest:ref(qualifiedName:"refs/heads/none"){name}
	}}`, nil)
	require.NotContains(t, q, "errors")
	r := at(t, q, "data.repository")
	require.Equal(t, w.shop.Tip("main"), at(t, r, "defaultBranchRef.target.oid"))
	require.InDelta(t, 0o120000, at(t, r, "defaultBranchRef.target.file.mode"), 0)
	require.Nil(t, at(t, r, "defaultBranchRef.target.none"))
	require.Equal(t, "objective: 99.9\n", at(t, r, "text.text"))
	require.Equal(t, object{"text": nil, "isBinary": true}, at(t, r, "bin"))
	require.Equal(t, "api.yaml", at(t, r, "dir.entries.1.object.text"))
	require.Nil(t, at(t, r, "none"))
}

func TestQueryContentsByTheirIDs(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	long, latin := strings.Repeat("é", 300_000), "caf\xe9"
	w.shop.Commit("main", w.olga, "texts", map[string]githubsim.File{"long": githubsim.Text("x" + long), "latin": githubsim.Text(latin), "empty": githubsim.Text("")})
	q := w.query(`query($text:GitObjectID! $long:GitObjectID! $latin:GitObjectID! $empty:GitObjectID! $none:GitObjectID!){repository(owner:"acme",name:"shop"){
	  text:object(oid:$text){__typename oid ... on Blob{byteSize isBinary isTruncated text}}
	  long:object(oid:$long){... on Blob{byteSize isTruncated text}}
	  latin:object(oid:$latin){... on Blob{isBinary text}}
	  empty:object(oid:$empty){... on Blob{byteSize isTruncated text}}
	  none:object(oid:$none){oid}
	}}`, object{
		"text": githubsim.BlobID("objective: 99.9\n"), "long": githubsim.BlobID("x" + long), "latin": githubsim.BlobID(latin),
		"empty": githubsim.BlobID(""), "none": githubsim.BlobID("nobody's"),
	})
	require.NotContains(t, q, "errors")
	r := at(t, q, "data.repository")
	require.Equal(t, object{
		"__typename": "Blob", "oid": githubsim.BlobID("objective: 99.9\n"), "byteSize": 16.0, "isBinary": false, "isTruncated": false, "text": "objective: 99.9\n",
	}, at(t, r, "text"))
	require.InDelta(t, 600_001, at(t, r, "long.byteSize"), 0)
	require.Equal(t, true, at(t, r, "long.isTruncated"))
	require.True(t, strings.HasPrefix("x"+long, at(t, r, "long.text").(string)), "cut at the end of a letter")
	require.Equal(t, object{"isBinary": true, "text": nil}, at(t, r, "latin"))
	require.Equal(t, object{"byteSize": 0.0, "isTruncated": false, "text": ""}, at(t, r, "empty"))
	require.Nil(t, at(t, r, "none"))
}

func TestQueryTeams(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	kim, kit := w.sim.AddUser("kim"), w.sim.AddUser("kit")
	w.legal.AddTeam("Legal EU").Add(kim)
	w.legal.Invite(kit)
	const q = `query($m:TeamMembershipType!,$q:String){organization(login:"acme"){databaseId team(slug:"legal"){databaseId members(first:10,membership:$m,query:$q){totalCount nodes{databaseId login}}}}}`
	names := func(variables object) []any {
		t.Helper()
		var out []any
		nodes, ok := at(t, w.query(q, variables), "data.organization.team.members.nodes").([]any)
		require.True(t, ok)
		for _, n := range nodes {
			out = append(out, at(t, n, "login"))
		}
		return out
	}
	require.Equal(t, []any{"lee", "kim"}, names(object{"m": "ALL"}))
	require.Equal(t, []any{"lee"}, names(object{"m": "IMMEDIATE"}))
	require.Equal(t, []any{"kim"}, names(object{"m": "ALL", "q": "KI"}))
	require.Equal(t, http.StatusNotFound, w.get("/orgs/acme/teams/none/memberships/lee").status)
	require.Equal(t, "active", w.get("/orgs/acme/teams/legal/memberships/kim").object()["state"])
	require.Equal(t, "pending", w.get("/orgs/acme/teams/legal/memberships/kit").object()["state"])
	require.Len(t, w.get("/orgs/acme/teams/legal/members").list(), 2)

	w.take()
	require.NoError(t, w.sim.As("olga").RemoveFromTeam(w.legal, w.lee))
	require.NoError(t, w.sim.As("olga").RenameTeam(w.legal, "Counsel"))
	require.Error(t, w.sim.As("ana").DeleteTeam(w.legal))
	require.Equal(t, []string{"membership.removed", "team.edited"}, w.events())
	require.Equal(t, "counsel", w.legal.Slug())
	require.Nil(t, at(t, w.query(q, object{"m": "ALL"}), "data.organization.team"))
	require.NoError(t, w.sim.As("olga").DeleteTeam(w.legal))
	require.Equal(t, http.StatusNotFound, w.get("/orgs/acme/teams/counsel").status)
}

func TestQueryForceAndCommits(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := w.pull("topic")
	before := p.View().Head
	forged := w.shop.CommitAs(w.shop.Tip("main"), w.lee, w.ana, "forged", map[string]githubsim.File{"slo/api.yaml": githubsim.Text("1\n")})
	require.NoError(t, w.sim.As("ana").ForcePush(w.shop, "topic", forged))
	require.NoError(t, w.sim.As("ana").Retarget(p, "topic"))
	_, err := w.sim.As("tri").Review(p, "APPROVED", "fine")
	require.NoError(t, err)
	q := w.query(`{repository(owner:"acme",name:"shop"){pullRequest(number:1){baseRefName
	  timelineItems(first:10){totalCount nodes{__typename ... on HeadRefForcePushedEvent{beforeCommit{oid} afterCommit{oid} actor{login}} ... on BaseRefChangedEvent{previousRefName currentRefName}}}
	  reviews(last:5){nodes{databaseId state author{login} submittedAt commit{oid}}}
	  baseRef{target{oid ... on Commit{author{user{login}} committer{user{login}} parents(first:2){nodes{oid}} status{context(name:"x"){state}}}}}}}}`, nil)
	require.NotContains(t, q, "errors")
	pr := at(t, q, "data.repository.pullRequest")
	require.Equal(t, object{"__typename": "HeadRefForcePushedEvent", "beforeCommit": object{"oid": before}, "afterCommit": object{"oid": forged}, "actor": object{"login": "ana"}},
		at(t, pr, "timelineItems.nodes.0"))
	require.Equal(t, "main", at(t, pr, "timelineItems.nodes.1.previousRefName"))
	require.Equal(t, "PullRequestReview", at(t, pr, "timelineItems.nodes.2.__typename"))
	require.Equal(t, forged, at(t, pr, "reviews.nodes.0.commit.oid"))
	require.Equal(t, "lee", at(t, pr, "baseRef.target.author.user.login"))
	require.Equal(t, "ana", at(t, pr, "baseRef.target.committer.user.login"))
	require.Nil(t, at(t, pr, "baseRef.target.status"))
}

func TestQueryGhostsAndNodes(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := w.pull("topic")
	c, err := w.sim.As("lee").Comment(p, "bye")
	require.NoError(t, err)
	w.sim.DeleteUser(w.lee)
	q := w.query(`query($a:ID!,$b:ID!){node(id:$a){__typename ... on IssueComment{body author{login}}} nodes(ids:[$b,"none"]){id ... on Label{name}}}`,
		object{"a": c.NodeID, "b": w.shop.AddLabel("l").NodeID})
	require.Equal(t, object{"__typename": "IssueComment", "body": "bye", "author": nil}, at(t, q, "data.node"))
	require.Equal(t, "l", at(t, q, "data.nodes.0.name"))
	require.Nil(t, at(t, q, "data.nodes.1"))
	require.Equal(t, "ghost", at(t, w.get("/repos/acme/shop/issues/1/comments").list()[0], "user.login"))
}

func TestMergeQueue(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.shop.Require("main", "slagate", 7).UseMergeQueue("main")
	one := w.pull("one")
	_, err := w.sim.As("ana").Push(w.shop, "two", "docs", map[string]githubsim.File{"docs/z.md": githubsim.Text("z")})
	require.NoError(t, err)
	two, err := w.sim.As("ana").OpenPull(w.shop, githubsim.PullInput{Head: "two"})
	require.NoError(t, err)
	status := func(sha, state string) {
		t.Helper()
		require.Equal(t, http.StatusCreated, w.post("/repos/acme/shop/statuses/"+sha, object{"state": state, "context": "slagate"}).status)
	}
	require.Error(t, w.sim.As("ana").Queue(one), "its own checks come first")
	status(one.View().Head, "success")
	status(two.View().Head, "success")
	require.EqualError(t, w.sim.As("ana").Merge(one, false), "Changes must be made through the merge queue")
	w.take()
	require.NoError(t, w.sim.As("ana").Queue(one))
	require.NoError(t, w.sim.As("ana").Queue(two))
	require.Equal(t, []string{
		"pull_request.enqueued", "push", "merge_group.checks_requested", "pull_request.enqueued", "push", "merge_group.checks_requested",
	}, w.events())
	q := w.query(`{repository(owner:"acme",name:"shop"){mergeQueue(branch:"main"){entries(first:10){nodes{position headCommit{oid} baseCommit{oid} pullRequest{number headRefOid isInMergeQueue}}}}}}`, nil)
	entries := at(t, q, "data.repository.mergeQueue.entries.nodes")
	queued := w.shop.Queued("main")
	require.Equal(t, queued[0].Head, at(t, entries, "0.headCommit.oid"))
	require.Equal(t, queued[0].Head, at(t, entries, "1.baseCommit.oid"), "a group builds on the one ahead")
	require.Equal(t, true, at(t, entries, "1.pullRequest.isInMergeQueue"))

	require.Empty(t, w.shop.RunQueue("main"), "nothing reported yet")
	status(queued[0].Head, "failure")
	w.take()
	require.Empty(t, w.shop.RunQueue("main"))
	require.Equal(t, []string{
		"pull_request.dequeued", "merge_group.destroyed", "merge_group.destroyed", "push", "merge_group.checks_requested",
	}, w.events(), "the group behind is built anew")
	queued = w.shop.Queued("main")
	require.Len(t, queued, 1)
	require.Equal(t, w.shop.Tip("main"), queued[0].Base)
	status(queued[0].Head, "success")
	merged := w.shop.RunQueue("main")
	require.Len(t, merged, 1)
	require.Equal(t, two, merged[0])
	require.Equal(t, queued[0].Head, w.shop.Tip("main"))
	require.False(t, one.View().Queued)
}
