package githubsim_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/slagate/slagate/internal/githubsim"
)

func TestMergedAnyway(t *testing.T) {
	t.Parallel()
	for _, how := range []githubsim.MergeMethod{githubsim.MergeCommit, githubsim.MergeSquash, githubsim.MergeRebase} {
		t.Run(string(how), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.shop.Require("main", "slagate", 7)
			w.shop.AddLabel("sla/after-the-fact")
			p := w.pull("topic")
			first := p.View().Head
			_, err := w.sim.As("ana").Push(w.shop, "topic", "more", map[string]githubsim.File{"b.txt": githubsim.Text("b\n")})
			require.NoError(t, err)
			base := w.shop.Tip("main")
			require.Equal(t, http.StatusCreated, w.post("/repos/acme/shop/statuses/"+p.View().Head, object{"state": "pending", "context": "slagate"}).status)
			w.take()
			require.EqualError(t, w.sim.As("ana").MergeAnyway(p, how), "Must have admin rights to Repository.")
			require.EqualError(t, w.sim.As("olga").MergeBy(p, how, false), `Required status check "slagate" is pending.`)
			require.NoError(t, w.sim.As("olga").MergeAnyway(p, how))

			got := w.take()
			require.Equal(t, "closed", at(t, got[0].body, "action"))
			require.Equal(t, true, at(t, got[0].body, "pull_request.merged"))
			require.Equal(t, "olga", at(t, got[0].body, "pull_request.merged_by.login"))
			tip := w.shop.Tip("main")
			require.Equal(t, tip, at(t, got[0].body, "pull_request.merge_commit_sha"))
			require.Equal(t, "push", got[1].event)
			require.Equal(t, how == githubsim.MergeCommit, w.shop.MergeBase("main", "topic") == p.View().Head, "only a merge commit contains the head")
			text, ok := w.shop.Content("main", "slo/api.yaml")
			require.True(t, ok)
			require.Equal(t, "objective: 99.5 # topic\n", text)
			require.Len(t, p.View().Files, 2, "the diff outlives the merge")

			const q = `{repository(owner:"acme",name:"shop"){defaultBranchRef{target{oid}} pullRequest(number:1){merged mergedAt mergedBy{login} mergeCommit{oid} state baseRefOid headRefOid
			 commits(last:1){nodes{commit{oid status{contexts{context state description targetUrl creator{__typename login ... on Bot{databaseId}}}}}}}}}}`
			pr := at(t, w.query(q, nil), "data.repository.pullRequest")
			require.Equal(t, tip, at(t, w.query(q, nil), "data.repository.defaultBranchRef.target.oid"))
			require.Equal(t, "MERGED", at(t, pr, "state"))
			require.Equal(t, "olga", at(t, pr, "mergedBy.login"))
			require.Equal(t, tip, at(t, pr, "mergeCommit.oid"))
			require.Equal(t, base, at(t, pr, "baseRefOid"))
			require.NotEqual(t, first, at(t, pr, "commits.nodes.0.commit.oid"))
			require.Equal(t, "PENDING", at(t, pr, "commits.nodes.0.commit.status.contexts.0.state"))
			require.InDelta(t, w.sim.App().ID, at(t, pr, "commits.nodes.0.commit.status.contexts.0.creator.databaseId"), 0)

			require.Equal(t, http.StatusOK, w.post("/repos/acme/shop/issues/1/labels", object{"labels": []string{"sla/after-the-fact"}}).status)
			require.Equal(t, http.StatusCreated, w.post("/repos/acme/shop/issues/1/comments", object{"body": "please look"}).status)
			require.NoError(t, w.sim.As("tri").Unlabel(p, "sla/after-the-fact"))
			require.Equal(t, []string{"pull_request.labeled", "issue_comment.created", "pull_request.unlabeled"}, w.events())
			require.Error(t, w.sim.As("olga").MergeAnyway(p, how), "merged already")
		})
	}
	w := newWorld(t)
	require.Error(t, w.sim.As("ana").MergeBy(w.pull("topic"), "octopus", false))
}

func TestWhoMayBypass(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	check := []githubsim.Check{{Context: "slagate"}}
	merge := func(who string) error { return w.sim.As(who).MergeAnyway(w.pull("topic-"+who), githubsim.MergeCommit) }
	w.shop.Protect("main", githubsim.Protection{Checks: check, Everyone: true})
	require.EqualError(t, merge("olga"), `Required status check "slagate" is expected.`, "administrators are held to it")
	w.shop.Unprotect("main")
	w.shop.AddRuleset(githubsim.Ruleset{Checks: check, Bypass: []githubsim.BypassActor{{ID: w.legal.ID, Kind: githubsim.BypassTeam}}})
	require.EqualError(t, merge("ana"), "Must have admin rights to Repository.")
	w.legal.Add(w.ana)
	require.EqualError(t, w.sim.As("olga").MergeAnyway(w.shop.Pulls()[0], githubsim.MergeSquash), `Required status check "slagate" is expected.`, "an administrator is not by itself")
	require.NoError(t, w.sim.As("ana").MergeAnyway(w.shop.Pulls()[1], githubsim.MergeSquash), "on the bypass list")
	w.shop.AddRuleset(githubsim.Ruleset{Checks: check, Bypass: []githubsim.BypassActor{{ID: 5, Kind: githubsim.BypassRole}, {Kind: githubsim.BypassOwner}}})
	third := w.pull("third")
	require.ErrorContains(t, w.sim.As("olga").MergeAnyway(third, githubsim.MergeSquash), "is expected", "every ruleset counts")
}

func TestPlaceInTheMergeQueue(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.shop.UseMergeQueue("main")
	one, two := w.pull("one"), w.pull("two")
	_, err := w.sim.As("ana").Push(w.shop, "two", "elsewhere", map[string]githubsim.File{"slo/api.yaml": githubsim.Text("objective: 99.9\n"), "b": githubsim.Text("b\n")})
	require.NoError(t, err)
	const q = `query($n:Int!){repository(owner:"acme",name:"shop"){pullRequest(number:$n){isInMergeQueue mergeQueueEntry{position state headCommit{oid} baseCommit{oid} enqueuer{login}}}}}`
	entry := func(p *githubsim.Pull) any {
		return at(t, w.query(q, object{"n": p.View().Number}), "data.repository.pullRequest.mergeQueueEntry")
	}
	require.Nil(t, entry(two))
	require.NoError(t, w.sim.As("olga").Queue(one))
	require.NoError(t, w.sim.As("olga").Queue(two))
	all := w.shop.Queued("main")
	require.Equal(t, object{
		"position": 2.0, "state": "MERGEABLE", "headCommit": object{"oid": all[1].Head}, "baseCommit": object{"oid": all[0].Head}, "enqueuer": object{"login": "olga"},
	}, entry(two))
	require.NoError(t, w.sim.As("ana").Dequeue(one))
	require.InDelta(t, 1, at(t, entry(two), "position"), 0)
	require.Equal(t, "olga", at(t, entry(two), "enqueuer.login"), "who rebuilt the group did not enqueue it")
}

func TestBaseOfAPullRequestIsThatOfItsLastPush(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	base := w.shop.Tip("main")
	w.pull("topic")
	w.shop.Commit("main", w.olga, "meanwhile", map[string]githubsim.File{"c": githubsim.Text("c\n")})
	const q = `{repository(owner:"acme",name:"shop"){pullRequest(number:1){baseRefOid baseRef{target{oid}}}}}`
	pr := at(t, w.query(q, nil), "data.repository.pullRequest")
	require.Equal(t, base, at(t, pr, "baseRefOid"))
	require.Equal(t, w.shop.Tip("main"), at(t, pr, "baseRef.target.oid"))
	_, err := w.sim.As("ana").Push(w.shop, "topic", "again", map[string]githubsim.File{"d": githubsim.Text("d\n")})
	require.NoError(t, err)
	require.Equal(t, w.shop.Tip("main"), at(t, w.query(q, nil), "data.repository.pullRequest.baseRefOid"))
}
