package githubsim_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/slagate/slagate/internal/githubsim"
)

// crowd is 300 pull requests in 30 repositories of five organisations.
type crowd struct {
	b      *testing.B
	sim    *githubsim.Server
	pulls  []*githubsim.Pull
	paths  []string // of the repositories of pulls
	tokens []string
}

func newCrowd(b *testing.B) *crowd {
	b.Helper()
	now := time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC)
	c := &crowd{b: b, sim: githubsim.New(githubsim.Options{AppID: 7, PrivateKey: testKey(), Now: func() time.Time { return now }, Limit: 1 << 40, KeepLog: 1000})}
	sink := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	b.Cleanup(sink.Close)
	c.sim.SetWebhook(sink.URL, "secret")
	for o := range 5 {
		org := c.sim.AddOrg(fmt.Sprintf("org%d", o))
		legal := org.AddTeam("Legal")
		ana := c.sim.AddUser(fmt.Sprintf("ana%d", o))
		legal.Add(c.sim.AddUser(fmt.Sprintf("lee%d", o)))
		in := c.sim.Install(org)
		for n := range 6 {
			repo := org.AddRepo(fmt.Sprintf("repo%d", n)).Grant(ana, githubsim.RoleWrite)
			repo.AddLabel("sla/pending")
			repo.Commit("main", ana, "start", map[string]githubsim.File{"slo/api.yaml": githubsim.Text("objective: 99.9\n"), ".github/slagate.yml": githubsim.Text("version: 1\n")})
			repo.Require("main", "slagate", 7)
			for p := range 10 {
				branch := fmt.Sprintf("topic%d", p)
				repo.Commit(branch, ana, "weaken", map[string]githubsim.File{"slo/api.yaml": githubsim.Text(fmt.Sprintf("objective: 99.%d\n", p))})
				pr, err := c.sim.By(ana).OpenPull(repo, githubsim.PullInput{Head: branch, Base: "main"})
				require.NoError(b, err)
				_, err = c.sim.By(ana).Comment(pr, "hello")
				require.NoError(b, err)
				c.pulls, c.paths = append(c.pulls, pr), append(c.paths, repo.FullName())
			}
		}
		token := c.newToken(in)
		for range 60 {
			c.tokens = append(c.tokens, token)
		}
	}
	return c
}

func (c *crowd) newToken(in *githubsim.Installation) string {
	signed, err := appJWT(time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC))
	require.NoError(c.b, err)
	out := c.call("Bearer "+signed, http.MethodPost, fmt.Sprintf("/api/v3/app/installations/%d/access_tokens", in.ID), nil)
	var answer struct{ Token string }
	require.NoError(c.b, json.Unmarshal(out, &answer))
	return answer.Token
}

// call asks without a network between: what is measured is the stand-in.
func (c *crowd) call(auth, method, path string, body any) []byte {
	in, err := json.Marshal(body)
	if err != nil {
		c.b.Fatal(err)
	}
	req := httptest.NewRequestWithContext(c.b.Context(), method, path, bytes.NewReader(in))
	req.Header.Set("Authorization", auth)
	rec := httptest.NewRecorder()
	c.sim.Handler().ServeHTTP(rec, req)
	if rec.Code >= 300 {
		c.b.Fatalf("%s %s: %d %s", method, path, rec.Code, rec.Body)
	}
	return rec.Body.Bytes()
}

// BenchmarkEvaluation asks what an evaluation of a pull request asks: one query,
// now and then a status and a comment. It reports requests a second.
func BenchmarkEvaluation(b *testing.B) {
	c := newCrowd(b)
	require.NoError(b, c.sim.Deliveries().Wait(b.Context()))
	var n, requests atomic.Int64
	b.ReportAllocs()
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			k := int(n.Add(1))
			i := k % len(c.pulls)
			owner, name, _ := strings.Cut(c.paths[i], "/")
			p, token := c.pulls[i], "token "+c.tokens[i]
			c.call(token, http.MethodPost, "/api/graphql", object{"query": evaluationQuery, "variables": object{"o": owner, "r": name, "n": p.Number}})
			requests.Add(1)
			if k%3 == 0 {
				repo := "/api/v3/repos/" + c.paths[i]
				c.call(token, http.MethodPost, repo+"/statuses/"+p.View().Head, object{"state": "pending", "context": fmt.Sprintf("c%d", k/500)})
				c.call(token, http.MethodGet, fmt.Sprintf("%s/pulls/%d", repo, p.Number), nil)
				requests.Add(2)
			}
		}
	})
	b.ReportMetric(float64(requests.Load())/b.Elapsed().Seconds(), "requests/s")
	b.StopTimer()
	require.NoError(b, c.sim.Deliveries().Wait(b.Context()))
}

// evaluationQuery asks for what the app's one query of a pull request asks for.
const evaluationQuery = `query($o:String!,$r:String!,$n:Int!){repository(owner:$o,name:$r){databaseId isPrivate name owner{login}
 object(expression:"HEAD:.github/slagate.yml"){... on Blob{oid byteSize isBinary isTruncated text}}
 a:label(name:"sla/pending"){id name} b:label(name:"sla/legal-approved"){id name}
 pullRequest(number:$n){id number state isDraft merged isCrossRepository baseRefName baseRefOid baseRef{target{oid}} headRefName headRefOid changedFiles updatedAt createdAt
 author{__typename login ... on User{databaseId} ... on Bot{databaseId}}
 labels(first:100){nodes{id name} pageInfo{hasNextPage endCursor}}
 comments(last:100){nodes{databaseId body createdAt updatedAt lastEditedAt author{__typename login ... on User{databaseId}} editor{__typename login} isMinimized} pageInfo{hasPreviousPage startCursor}}
 reviews(last:100){nodes{databaseId state body author{__typename login} commit{oid}} pageInfo{hasPreviousPage startCursor}}
 timelineItems(last:100,itemTypes:[LABELED_EVENT,UNLABELED_EVENT,HEAD_REF_FORCE_PUSHED_EVENT,BASE_REF_CHANGED_EVENT]){nodes{__typename
  ... on LabeledEvent{id createdAt actor{__typename login ... on User{databaseId}} label{id name}}
  ... on UnlabeledEvent{id createdAt actor{__typename login} label{id name}}} pageInfo{hasPreviousPage startCursor}}
 files(first:100){nodes{path changeType additions deletions} pageInfo{hasNextPage endCursor}}
 commits(first:100){nodes{commit{oid parents(first:3){nodes{oid}} author{user{login databaseId}} committer{user{login databaseId}}}} pageInfo{hasNextPage endCursor}}
 last:commits(last:1){nodes{commit{oid status{contexts{context state description targetUrl createdAt creator{__typename login ... on Bot{databaseId}}}}}}}
}}}`
