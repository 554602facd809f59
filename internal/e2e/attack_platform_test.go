package e2e

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/slagate/slagate/internal/githubsim"
)

// Attacks by way of the platform: branches, queues, deliveries, installations.

// What stood before is part of what was signed: when the base moves under it, it is asked again.
func TestThreat_T08_BeforeChanges(t *testing.T) {
	t.Parallel()
	w := newWorld(t, thePolicy)
	p := signedByBoth(w)
	// The base comes to hold another value; the head is put on top of it with the same content as before.
	w.repo.Commit("main", w.users["ada"], "stricter", map[string]githubsim.File{"slo/checkout.yml": githubsim.Text("objective: 99.99\nwindow: 30d\n")})
	w.settle()
	same := w.repo.CommitOn(w.repo.Tip("main"), w.users["ana"], "change", weaken())
	w.do(w.as("ana").ForcePush(w.repo, p.View().HeadName, same))
	w.sees(p, "pending", "Waiting for product, legal (0 of 2 signed)")
	require.Contains(t, w.comment(p), "ince legal signed")
}

// A pull request shrinks because another one brought a part of it; then the base is put back.
func TestThreat_T08_MergeBaseMovesAndBack(t *testing.T) {
	t.Parallel()
	w := newWorld(t, thePolicy)
	start := w.repo.Tip("main")
	p := w.open(weaken())
	gated := p.View().Head
	_, err := w.as("ana").Push(w.repo, p.View().HeadName, "docs", map[string]githubsim.File{"README.md": githubsim.Text("docs\n")})
	w.do(err)
	w.do(w.as("ada").ForcePush(w.repo, "main", gated)) // as if the first commit had been merged
	w.sweep()
	w.sees(p, "success", "No customer commitment touched")
	w.do(w.as("ada").ForcePush(w.repo, "main", start))
	w.sweep()
	w.sees(p, "pending", "Waiting for product, legal (0 of 2 signed)")
}

// The pull request is retargeted while slagate is about to say that nothing is gated.
func TestThreat_T09_RetargetBetweenEvaluationAndStatus(t *testing.T) {
	t.Parallel()
	w := newWorld(t, thePolicy)
	w.repo.Branch("free", "main")
	w.repo.Commit("free", w.users["ada"], "free", policyFile("version: 1\n"))
	w.settle()
	p := w.open(weaken())
	hold := make(chan struct{})
	w.sim.Fault(githubsim.Fault{Route: "DELETE /repos/{owner}/{repo}/issues/{number}/labels/{name}", Until: hold})
	require.NoError(t, w.as("ana").Retarget(p, "free"))
	w.eventually(func() bool { return w.sim.FaultHits() > 0 })
	require.NoError(t, w.as("ana").Retarget(p, "main"))
	require.NoError(t, w.sim.Deliveries().Wait(t.Context()))
	close(hold)
	w.settle()
	w.sees(p, "pending", "Waiting for product, legal (0 of 2 signed)")
	for _, s := range w.repo.Statuses(p.View().Head) {
		require.False(t, s.Context == "slagate" && s.State == "success", "was green for a moment")
	}
}

// One head, two bases whose policies ask differently: both have to be content.
func TestThreat_T09_SameHeadTwoPolicies(t *testing.T) {
	t.Parallel()
	w := newWorld(t, thePolicy)
	w.repo.Branch("release", "main")
	w.repo.Commit("release", w.users["ada"], "other", policyFile(strings.Replace(thePolicy, "[product, legal]", "[support]", 1)))
	w.settle()
	p := w.open(weaken())
	q, err := w.as("ana").OpenPull(w.repo, githubsim.PullInput{Title: "same head", Head: p.View().HeadName, Base: "release"})
	w.do(err)
	w.do(w.as("pia").Label(p, "sla/product-approved"))
	w.do(w.as("lee").Label(p, "sla/legal-approved"))
	w.sees(p, "pending", "#2 (same commit): Waiting for support (0 of 1 signed)")
	// A label on the other one is not one here.
	w.do(w.as("sid").Label(p, "sla/support-approved"))
	w.notGreen(q)
	w.do(w.as("sid").Label(q, "sla/support-approved"))
	w.green(p)
	// What is taken from one is taken from both, even while GitHub's reads fail.
	w.sim.Fault(githubsim.Fault{Route: "POST /graphql", Times: -1, Status: 500})
	require.NoError(t, w.as("lee").Unlabel(p, "sla/legal-approved"))
	w.eventually(func() bool { return q.View().Status("slagate").State == "pending" })
	w.sim.ClearFaults()
	w.eventually(func() bool {
		return strings.HasSuffix(q.View().Status("slagate").Description, "Waiting for legal (1 of 2 signed)")
	})
}

func TestThreat_T17_ForgedFunctionStatus(t *testing.T) {
	t.Parallel()
	w := newWorld(t, thePolicy)
	p := w.open(weaken())
	w.do(w.as("ana").PostStatus(w.repo, p.View().Head, "success", "SLAGATE/Legal", "Signed by lee"))
	require.Equal(t, "Waiting for legal (acme/legal)", p.View().Status("slagate/legal").Description)
	w.sees(p, "pending", "Waiting for product, legal (0 of 2 signed)")
}

// An old delivery of the same label by the same person does not lend its head to a new event.
func TestThreat_T18_OldDeliveryOfTheSameLabel(t *testing.T) {
	t.Parallel()
	w := newWorld(t, thePolicy)
	p := w.open(weaken())
	w.do(w.as("pia").Label(p, "sla/product-approved"))
	w.sim.Deliveries().Pause()
	require.NoError(t, w.as("lee").Label(p, "sla/legal-approved"))
	require.NoError(t, w.as("lee").Unlabel(p, "sla/legal-approved"))
	_, err := w.as("ana").Push(w.repo, p.View().HeadName, "worse", map[string]githubsim.File{"slo/checkout.yml": githubsim.Text("objective: 1\n")})
	require.NoError(t, err)
	w.sim.Deliveries().LoseNext(1)
	require.NoError(t, w.as("lee").Label(p, "sla/legal-approved")) // its delivery is lost, the first one's is not
	_, err = w.as("ana").Push(w.repo, p.View().HeadName, "back", weaken())
	require.NoError(t, err)
	w.sim.Deliveries().Resume()
	w.settle()
	w.pass(time.Minute)
	w.sweep()
	// The label that stands was for what was pushed away; the one for this content was taken back.
	w.sees(p, "pending", "Waiting for legal (1 of 2 signed)")
}

// A delivery of one event under the name of another, with every body that was ever sent.
func TestThreat_T18_EveryBodyAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t, thePolicy)
	p := signedByBoth(w)
	w.do(w.as("lee").Unlabel(p, "sla/legal-approved"))
	w.do(w.as("ana").Close(p))
	w.do(w.as("ana").Reopen(p))
	w.notGreen(p)
	for i, d := range w.sim.Deliveries().Log() {
		for _, event := range []string{d.Event, "pull_request", "issue_comment", "push", "status", "label", "merge_group", "installation", "membership", "pull_request_review"} {
			code := w.post(d.Payload, map[string]string{
				"Content-Type": "application/json", "X-GitHub-Event": event, "X-GitHub-Delivery": fmt.Sprint("replay-", i, event),
				"X-Hub-Signature-256": githubsim.Signature(secret, d.Payload), "X-GitHub-Hook-Installation-Target-ID": fmt.Sprint(appID),
			})
			require.Contains(t, []int{200, 400}, code)
		}
	}
	w.settle()
	w.pass(time.Hour)
	w.sweep()
	w.sees(p, "pending", "Waiting for legal (1 of 2 signed)")
	w.do(w.as("lee").Label(p, "sla/legal-approved"))
	w.green(p)
}

func TestThreat_T18_SecretsAndForms(t *testing.T) {
	t.Parallel()
	const next = "the next secret"
	w := prepare(t, thePolicy)
	w.start()
	w.stop()
	w.cfg.Secrets = []string{next, secret} // in the middle of a rotation
	w.start()
	p := w.open(weaken())
	w.sees(p, "pending", "Waiting for product, legal (0 of 2 signed)")
	body := []byte(`{"action":"ping"}`)
	form := []byte("payload=" + url.QueryEscape(string(body)))
	send := func(body []byte, key, contentType string, more ...string) int {
		h := map[string]string{
			"Content-Type": contentType, "X-GitHub-Event": "pull_request", "X-GitHub-Delivery": "x", "X-Hub-Signature-256": githubsim.Signature(key, body),
		}
		for i := 0; i < len(more); i += 2 {
			h[more[i]] = more[i+1]
		}
		return w.post(body, h)
	}
	require.Equal(t, 200, send(body, next, "application/json"))
	require.Equal(t, 200, send(form, secret, "application/x-www-form-urlencoded"))
	require.Equal(t, 401, send(body, "", "application/json"))
	require.Equal(t, 401, send(body, "a former secret", "application/json"))
	require.Equal(t, 400, send(body, next, "text/;;;garbage"))
	require.Equal(t, 400, send([]byte(`{"action":`), next, "application/json"))
	require.Equal(t, 400, send([]byte("\x00\xff"), next, "application/json"))
	require.Equal(t, 400, send(body, next, "application/json", "X-GitHub-Event", ""))
	require.Equal(t, 401, send(body, next, "application/json", "X-Hub-Signature-256", "", "X-Hub-Signature", "sha1=da39a3ee5e6b4b0d3255bfef95601890afd80709"))
	for path, want := range map[string]int{"/api/github/hook": 405, "/": 404, "/api/github/hook/": 404, "/../etc/passwd": 404, "/debug/pprof/": 404} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, w.hook+path, nil)
		require.NoError(t, err)
		resp, err := http.DefaultClient.Do(req)
		require.NoError(t, err)
		require.NoError(t, resp.Body.Close())
		require.Equal(t, want, resp.StatusCode, path)
	}
}

// Payloads that say less than GitHub documents, or say it in another type.
func TestThreat_T18_OddPayloads(t *testing.T) {
	t.Parallel()
	w := newWorld(t, thePolicy)
	p := w.open(weaken())
	var whole map[string]any
	for _, d := range w.sim.Deliveries().Log() {
		if d.Event != "pull_request" {
			continue
		}
		require.NoError(t, json.Unmarshal(d.Payload, &whole))
		for _, hole := range []string{"sender", "repository", "pull_request", "label", "installation", "action", "changes"} {
			for _, value := range []any{nil, map[string]any{}, []any{}, "x", 1} {
				odd := maps.Clone(whole)
				odd["action"] = "labeled"
				odd[hole] = value
				body, err := json.Marshal(odd)
				require.NoError(t, err)
				for _, event := range []string{"pull_request", "issue_comment", "merge_group", "team", "repository", "installation_repositories"} {
					code := w.post(body, map[string]string{
						"Content-Type": "application/json", "X-GitHub-Event": event, "X-GitHub-Delivery": fmt.Sprint(hole, value, event),
						"X-Hub-Signature-256": githubsim.Signature(secret, body),
					})
					require.Contains(t, []int{200, 400}, code)
				}
			}
		}
		break
	}
	w.settle()
	w.sweep()
	w.sees(p, "pending", "Waiting for product, legal (0 of 2 signed)")
}

func TestThreat_T19_EndlessBody(t *testing.T) {
	t.Parallel()
	w := newWorld(t, thePolicy)
	// No length is told, and the body never ends: it is cut at the limit.
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, w.hook+"/api/github/hook", &endless{})
	require.NoError(t, err)
	req.Header.Set("X-Hub-Signature-256", githubsim.Signature(secret, nil))
	resp, err := http.DefaultClient.Do(req)
	if err == nil { // else the connection was closed before the body was read
		require.Equal(t, 413, resp.StatusCode)
		require.NoError(t, resp.Body.Close())
	}
	require.Equal(t, "alive\n", w.get("/healthz"))
}

type endless struct{}

func (*endless) Read(b []byte) (int, error) { return copy(b, bytes.Repeat([]byte("x"), len(b))), nil }

// A sign-off is taken back by a command that GitHub's read does not show yet.
func TestThreat_T20_StaleReadAfterAWithdrawal(t *testing.T) {
	t.Parallel()
	w := newWorld(t, thePolicy)
	p := w.open(weaken())
	w.do(w.as("pia").Label(p, "sla/product-approved"))
	w.sim.Deliveries().Pause()
	_, err := w.as("lea").Comment(p, "/sla sign legal")
	require.NoError(t, err)
	c, err := w.as("lee").Comment(p, "/sla unsign legal")
	require.NoError(t, err)
	w.sim.Fault(githubsim.Fault{Route: "POST /graphql", Times: 2, Stale: true})
	w.sim.Deliveries().Resume()
	w.settle()
	w.eventually(func() bool { return reaction(p, c.ID) == "rocket" })
	w.sees(p, "pending", "Waiting for legal (1 of 2 signed)")
	for _, s := range w.repo.Statuses(p.View().Head) {
		require.False(t, s.Context == "slagate" && s.State == "success", "was green on a stale read")
	}
}

func TestThreat_T25_RemovedAndAddedAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t, thePolicy)
	p := signedByBoth(w)
	w.in.RemoveRepos(w.repo)
	w.settle()
	_, err := w.as("ana").Push(w.repo, p.View().HeadName, "worse", map[string]githubsim.File{"slo/checkout.yml": githubsim.Text("objective: 1\n")})
	require.NoError(t, err)
	require.NoError(t, w.as("lee").Unlabel(p, "sla/legal-approved"))
	w.in.AddRepos(w.repo)
	w.settle()
	w.sees(p, "pending", "Waiting for product, legal (0 of 2 signed)")
}

// A repository given to another owner is judged by what holds there: teams of the former one do not.
func TestThreat_T25_TransferredToAnotherOwner(t *testing.T) {
	t.Parallel()
	w := prepare(t, thePolicy)
	other := w.sim.AddOrg("other")
	other.AddOwner(w.users["ada"])
	w.sim.Install(other)
	w.start()
	p := signedByBoth(w)
	w.do(w.as("ada").TransferRepo(w.repo, other))
	w.sweep()
	s := p.View().Status("slagate")
	require.Equal(t, "error", s.State, s.Description)
	require.Contains(t, s.Description, ".github/slagate.yml:3 ")
}

func TestThreat_T25_OrganisationRenamed(t *testing.T) {
	t.Parallel()
	w := newWorld(t, thePolicy)
	p := signedByBoth(w)
	w.do(w.as("ada").RenameOrg(w.org, "acme-corp"))
	w.sweep()
	// The policy speaks of an owner of another name now, which says what to mend.
	s := p.View().Status("slagate")
	require.NotEqual(t, "success", s.State, s.Description)
	require.NotContains(t, s.Description, "Looking")
}

func queueWorld(t *testing.T) *world {
	t.Helper()
	w := prepare(t, thePolicy)
	w.repo.UseMergeQueue("main").Require("main", "slagate", appID)
	w.start()
	return w
}

// A sign-off is taken back while its pull request waits in the queue.
func TestThreat_T33_WithdrawnInTheQueue(t *testing.T) {
	t.Parallel()
	w := queueWorld(t)
	p := signedByBoth(w)
	w.do(w.as("ana").Queue(p))
	head := w.repo.Queued("main")[0].Head
	require.Equal(t, "success", groupStatus(w, head).State)
	w.do(w.as("lee").Unlabel(p, "sla/legal-approved"))
	s := lastStatus(w, head)
	require.Equal(t, "failure: #1 is not signed: Waiting for legal (1 of 2 signed)", s.State+": "+s.Description)
	w.do(w.as("lee").Label(p, "sla/legal-approved"))
	s = lastStatus(w, head)
	require.Equal(t, "success: Signed for this content: #1", s.State+": "+s.Description)
}

// lastStatus is the newest status of slagate on a commit.
func lastStatus(w *world, sha string) githubsim.Status {
	var last githubsim.Status
	for _, s := range w.repo.Statuses(sha) {
		if strings.EqualFold(s.Context, "slagate") {
			last = s
		}
	}
	return last
}

// A group that is taken apart and asked for again, and one whose pull request was closed.
func TestThreat_T33_GroupsComeAndGo(t *testing.T) {
	t.Parallel()
	w := queueWorld(t)
	p := signedByBoth(w)
	w.do(w.as("ana").Queue(p))
	w.do(w.as("ana").Dequeue(p))
	w.do(w.as("ana").Queue(p))
	head := w.repo.Queued("main")[0].Head
	require.Equal(t, "Signed for this content: #1", lastStatus(w, head).Description)
	w.sim.Deliveries().Pause()
	require.NoError(t, w.as("ana").Dequeue(p))
	require.NoError(t, w.as("ana").Queue(p))
	again := w.repo.Queued("main")[0].Head
	require.NoError(t, w.as("ana").Close(p))
	w.sim.Deliveries().Resume()
	w.settle()
	// It is answered or not, as fast as slagate was: everybody signed what was in it, and it is gone.
	require.Empty(t, w.repo.Queued("main"))
	require.False(t, p.View().Merged)
	if s := lastStatus(w, again); s.State == "success" {
		require.Equal(t, "Signed for this content: #1", s.Description)
	}
}

// The first in the queue changes the policy, the second what the new policy gates.
func TestThreat_T33_UngatedIsAnswered(t *testing.T) {
	t.Parallel()
	w := prepare(t, "version: 1\n")
	w.repo.UseMergeQueue("main").Require("main", "slagate", appID)
	w.start()
	p := w.open(weaken())
	w.do(w.as("ana").Queue(p))
	s := lastStatus(w, w.repo.Queued("main")[0].Head)
	require.Equal(t, "success: No customer commitment touched", s.State+": "+s.Description)
}

// The answer to a group's status is lost: it is posted again.
func TestThreat_T33_AnswerLost(t *testing.T) {
	t.Parallel()
	w := queueWorld(t)
	p := signedByBoth(w)
	w.sim.Fault(githubsim.Fault{Route: "POST /repos/{owner}/{repo}/statuses/{sha}", Status: 500, Times: 1})
	require.NoError(t, w.as("ana").Queue(p))
	w.eventually(func() bool { return lastStatus(w, w.repo.Queued("main")[0].Head).State == "success" })
}

// Somebody forges the answer to a group.
func TestThreat_T17_ForgedStatusOfAGroup(t *testing.T) {
	t.Parallel()
	w := queueWorld(t)
	w.repo.Require("main", "slagate", 0)
	p := signedByBoth(w)
	w.do(w.as("ana").Queue(p))
	head := w.repo.Queued("main")[0].Head
	w.do(w.as("lee").Unlabel(p, "sla/legal-approved"))
	require.Equal(t, "failure", lastStatus(w, head).State)
	w.do(w.as("ana").PostStatus(w.repo, head, "success", "slagate", "Signed by all"))
	require.Equal(t, "failure", lastStatus(w, head).State)
}

// Label flips with time between them do not use up the 1,000 statuses of a head.
func TestThreat_T19_PatientLabelFlips(t *testing.T) {
	t.Parallel()
	w := newWorld(t, thePolicy)
	p := signedByBoth(w)
	before := len(w.repo.Statuses(p.View().Head))
	for range 30 {
		w.do(w.as("bob").Label(p, "bug"))
		w.do(w.as("bob").Unlabel(p, "bug"))
	}
	w.green(p)
	require.LessOrEqual(t, len(w.repo.Statuses(p.View().Head))-before, 20)
}

// A status or label that GitHub refuses is said in the metrics, and holds up nothing else.
func TestProduct_RefusedStatus(t *testing.T) {
	t.Parallel()
	w := newWorld(t, thePolicy)
	w.sim.Fault(githubsim.Fault{Route: "POST /repos/{owner}/{repo}/statuses/{sha}", Status: 422, Message: "too many", Times: -1})
	p := w.open(weaken())
	require.NotEmpty(t, w.comment(p))
	require.Len(t, p.View().Labels, 2)
	require.Contains(t, w.get("/metrics"), `slagate_refused_writes_total{kind="post-status"}`)
	w.sim.ClearFaults()
	w.sweep()
	w.sees(p, "pending", "Waiting for product, legal (0 of 2 signed)")
}

func TestThreat_T14_LabelTooLong(t *testing.T) {
	t.Parallel()
	w := newWorld(t, thePolicy)
	for n, want := range map[int]string{50: "pending", 51: "failure"} {
		p := w.open(policyFile(strings.Replace(thePolicy, "[acme/legal]", "[acme/legal], label: "+strings.Repeat("x", n), 1)))
		require.Equal(t, want, p.View().Status("slagate").State, p.View().Status("slagate").Description)
	}
}
