package e2e

import (
	"bytes"
	"context"
	"database/sql"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/slagate/slagate/internal/githubsim"
)

func TestThreat_T17_ForgedStatus(t *testing.T) {
	t.Parallel()
	w := newWorld(t, thePolicy)
	p := w.open(weaken())
	head := p.View().Head
	w.do(w.as("ana").PostStatus(w.repo, head, "success", "slagate", "Signed by product, legal"))
	w.sees(p, "pending", "Waiting for product, legal (0 of 2 signed)")
	for range 12 {
		w.do(w.as("ana").PostStatus(w.repo, head, "success", "SLAgate", "Signed by product, legal"))
	}
	// Put right ten times, then said once and left.
	w.sees(p, "success", "Signed by product, legal")
	posts := 0
	for _, s := range w.repo.Statuses(head) {
		if strings.EqualFold(s.Context, "slagate") && s.Description == "Somebody else keeps posting this status" {
			posts++
		}
	}
	require.Equal(t, 1, posts)
	require.Contains(t, w.get("/metrics"), `slagate_put_right_total{what="status"}`)
	// An hour later it is put right again.
	w.pass(61 * time.Minute)
	w.sweep()
	w.sees(p, "pending", "Waiting for product, legal (0 of 2 signed)")
}

// post sends a raw delivery.
func (w *world) post(body []byte, header map[string]string) int {
	w.t.Helper()
	req, err := http.NewRequestWithContext(context.Background(), http.MethodPost, w.hook+"/api/github/hook", bytes.NewReader(body))
	require.NoError(w.t, err)
	for k, v := range header {
		req.Header.Set(k, v)
	}
	resp, err := http.DefaultClient.Do(req)
	require.NoError(w.t, err)
	_, err = io.Copy(io.Discard, resp.Body)
	require.NoError(w.t, err)
	require.NoError(w.t, resp.Body.Close())
	return resp.StatusCode
}

func TestThreat_T18_ForgedAndReplayedDeliveries(t *testing.T) {
	t.Parallel()
	w := newWorld(t, thePolicy)
	p := w.open(weaken())
	w.do(w.as("pia").Label(p, "sla/product-approved"))
	w.do(w.as("lee").Label(p, "sla/legal-approved"))
	w.green(p)
	w.do(w.as("lee").Unlabel(p, "sla/legal-approved"))
	w.notGreen(p)
	var captured githubsim.Delivery
	for _, d := range w.sim.Deliveries().Log() {
		if d.Event == "pull_request" && d.Action == "labeled" && strings.Contains(string(d.Payload), `"login":"lee"`) {
			captured = d
		}
	}
	require.NotEmpty(t, captured.GUID)
	good := githubsim.Signature(secret, captured.Payload)
	header := func(changes ...string) map[string]string {
		h := map[string]string{
			"Content-Type": "application/json", "X-GitHub-Event": "pull_request", "X-GitHub-Delivery": "11111111-aaaa-bbbb-cccc-000000000000",
			"X-Hub-Signature-256": good, "X-GitHub-Hook-Installation-Target-ID": fmt.Sprint(appID),
		}
		for i := 0; i < len(changes); i += 2 {
			h[changes[i]] = changes[i+1]
		}
		return h
	}
	require.Equal(t, 401, w.post(captured.Payload, header("X-Hub-Signature-256", githubsim.Signature("guess", captured.Payload))))
	require.Equal(t, 401, w.post(captured.Payload, header("X-Hub-Signature-256", "", "X-Hub-Signature", "sha1=da39a3ee5e6b4b0d3255bfef95601890afd80709")))
	require.Equal(t, 401, w.post([]byte(`{}`), header()))
	require.Equal(t, 403, w.post(captured.Payload, header("X-GitHub-Hook-Installation-Target-ID", "1")))
	// Replayed under a new GUID, and under another event's name: taken, and harmless.
	require.Equal(t, 200, w.post(captured.Payload, header()))
	require.Equal(t, 200, w.post(captured.Payload, header("X-GitHub-Event", "issue_comment", "X-GitHub-Delivery", "2")))
	w.settle()
	w.pass(time.Hour)
	w.sweep()
	w.notGreen(p)
}

func TestThreat_T19_TooMuch(t *testing.T) {
	t.Parallel()
	w := newWorld(t, thePolicy)
	big := make([]byte, 25<<20+1)
	status := func() (code int) {
		defer func() {
			if recover() != nil {
				code = 413
			}
		}()
		req, err := http.NewRequestWithContext(context.Background(), http.MethodPost, w.hook+"/api/github/hook", bytes.NewReader(big))
		require.NoError(t, err)
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			return 413 // the connection was closed before the body was read
		}
		require.NoError(t, resp.Body.Close())
		return resp.StatusCode
	}()
	require.Equal(t, 413, status)
	// Slow senders hold connections only; others are served meanwhile.
	var d net.Dialer
	for range 50 {
		conn, err := d.DialContext(context.Background(), "tcp", strings.TrimPrefix(w.hook, "http://"))
		require.NoError(t, err)
		_, err = conn.Write([]byte("POST /api/github/hook HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n{"))
		require.NoError(t, err)
		defer func() { require.NoError(t, conn.Close()) }()
	}
	p := w.open(weaken())
	w.notGreen(p)
	// A surge of label flips does not use up the 1,000 statuses of the head.
	w.sim.Deliveries().Pause()
	for range 150 {
		require.NoError(t, w.as("pia").Label(p, "sla/product-approved"))
		require.NoError(t, w.as("pia").Unlabel(p, "sla/product-approved"))
	}
	w.sim.Deliveries().Resume()
	w.settle()
	w.sees(p, "pending", "Waiting for product, legal (0 of 2 signed)")
	require.Less(t, len(w.repo.Statuses(p.View().Head)), 60)
}

func TestThreat_T20_GitHubAnswersBadly(t *testing.T) {
	t.Parallel()
	faults := map[string]githubsim.Fault{
		"500 on the read":             {Route: "POST /graphql", Times: 2, Status: 500},
		"partial answer":              {Route: "POST /graphql", Times: 2, Null: []string{"repository.pullRequest.labels"}},
		"stale answer":                {Route: "POST /graphql", Times: 2, Stale: true},
		"404 for a moment":            {Route: "GET /repos/{owner}/{repo}/compare/{basehead}", Times: 1, Status: 404},
		"comment made, answer lost":   {Route: "POST /repos/{owner}/{repo}/issues/{number}/comments", Times: 1, Status: 502, DoneAnyway: true},
		"comment not made":            {Route: "POST /repos/{owner}/{repo}/issues/{number}/comments", Times: 1, Status: 502},
		"status posted, answer lost":  {Route: "POST /repos/{owner}/{repo}/statuses/{sha}", Times: 2, Status: 502, DoneAnyway: true},
		"labels added, answer lost":   {Route: "POST /repos/{owner}/{repo}/issues/{number}/labels", Times: 1, Status: 500, DoneAnyway: true},
		"connection cut on the query": {Route: "POST /graphql", Times: 1, Cut: true},
	}
	for name, fault := range faults {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, thePolicy)
			w.open(map[string]githubsim.File{"README.md": githubsim.Text("x")}) // the policy is known from here on
			w.repo.Branch("yesterday", "main")
			_, err := w.as("ada").Push(w.repo, "main", "elsewhere", map[string]githubsim.File{"src/main.go": githubsim.Text("package main // x\n")})
			w.do(err)
			w.from = "yesterday"
			w.sim.Fault(fault)
			p := w.openOnly(weaken())
			w.eventually(func() bool {
				w.notGreen(p)
				return p.View().Status("slagate").Description == "Waiting for product, legal (0 of 2 signed)" && len(p.View().Labels) == 2
			})
			w.settle()
			require.NotEmpty(t, w.comment(p)) // and only one
			require.Positive(t, w.sim.FaultHits(), "the fault was met")
			w.do(w.as("pia").Label(p, "sla/product-approved"))
			w.do(w.as("lee").Label(p, "sla/legal-approved"))
			w.green(p)
		})
	}
}

// eventually waits for something that takes a back-off.
func (w *world) eventually(ok func() bool) {
	w.t.Helper()
	require.Eventually(w.t, ok, patience, tick)
}

func TestThreat_T20_NoAnswerForTenMinutes(t *testing.T) {
	t.Parallel()
	w := newWorld(t, thePolicy)
	p := w.open(weaken())
	w.do(w.as("pia").Label(p, "sla/product-approved"))
	w.do(w.as("lee").Label(p, "sla/legal-approved"))
	w.green(p)
	// Something arrives that can only take away, and GitHub's reads fail: pending at once.
	w.sim.Fault(githubsim.Fault{Route: "POST /graphql", Times: -1, Status: 500})
	_, err := w.as("ana").Push(w.repo, p.View().HeadName, "worse", map[string]githubsim.File{"slo/checkout.yml": githubsim.Text("objective: 1\n")})
	require.NoError(t, err)
	w.eventually(func() bool { return p.View().Status("slagate").State == "pending" })
	w.sees(p, "pending", "Looking at this pull request")
}

func TestThreat_T21_DeliveriesLostDoubledReordered(t *testing.T) {
	t.Parallel()
	w := newWorld(t, thePolicy)
	p := w.open(weaken())
	w.sim.Deliveries().DuplicateNext(2)
	w.do(w.as("pia").Label(p, "sla/product-approved"))
	w.sim.Deliveries().Pause()
	require.NoError(t, w.as("lee").Label(p, "sla/legal-approved"))
	require.NoError(t, w.as("lee").Unlabel(p, "sla/legal-approved"))
	require.NoError(t, w.as("lee").Label(p, "sla/legal-approved"))
	w.sim.Deliveries().Reverse()
	w.sim.Deliveries().Resume()
	w.settle()
	w.green(p)
	// The withdrawal is lost: the next sweep finds it.
	w.sim.Deliveries().LoseNext(1)
	require.NoError(t, w.as("lee").Unlabel(p, "sla/legal-approved"))
	w.settle()
	w.sweep()
	w.sees(p, "pending", "Waiting for legal (1 of 2 signed)")
	// A lost opening is found by the sweep too.
	w.sim.Deliveries().LoseNext(2)
	q := w.openOnly(weaken())
	w.settle()
	w.sweep()
	w.sees(q, "pending", "Waiting for product, legal (0 of 2 signed)")
}

func TestThreat_T22_KilledAndDatabaseGone(t *testing.T) {
	t.Parallel()
	w := newWorld(t, thePolicy)
	p := w.open(weaken())
	// Every write blocks until released: the process is stopped in the middle of an evaluation.
	hold := make(chan struct{})
	w.sim.Fault(githubsim.Fault{Route: "DELETE /repos/{owner}/{repo}/issues/{number}/labels/{name}", Times: 1, Until: hold})
	require.NoError(t, w.as("pia").Label(p, "sla/product-approved"))
	require.NoError(t, w.sim.Deliveries().Wait(context.Background()))
	w.stop()
	close(hold)
	w.start()
	w.sees(p, "pending", "Waiting for legal (1 of 2 signed)")
	require.ElementsMatch(t, []string{"sla/product-approved", "sla/needs-legal"}, p.View().Labels)
	require.NotEmpty(t, w.comment(p))
}

func TestThreat_T22_StoreTakesNoWrite(t *testing.T) {
	t.Parallel()
	w := newWorld(t, thePolicy)
	db, err := sql.Open("sqlite", "file:"+w.cfg.Database+"?_pragma=busy_timeout(10000)")
	require.NoError(t, err)
	_, err = db.ExecContext(context.Background(), `create trigger full before insert on deliveries begin select raise(fail, 'database or disk is full'); end`)
	require.NoError(t, err)
	p := w.openOnly(weaken())
	require.NoError(t, w.sim.Deliveries().Wait(context.Background()))
	log := w.sim.Deliveries().Log()
	refused := 0
	for _, d := range log {
		if d.StatusCode == http.StatusServiceUnavailable {
			refused++
		}
	}
	require.Positive(t, refused, "503 to GitHub, nothing claimed")
	_, err = db.ExecContext(context.Background(), `drop trigger full`)
	require.NoError(t, err)
	require.NoError(t, db.Close())
	w.sweep()
	w.sees(p, "pending", "Waiting for product, legal (0 of 2 signed)")
}

func TestThreat_T24_OthersAreNotHeldUp(t *testing.T) {
	t.Parallel()
	w := prepare(t, thePolicy)
	other := w.sim.AddOrg("other")
	other.AddMember(w.users["ana"])
	other.AddOwner(w.users["ana"])
	shop := other.AddRepo("shop")
	shop.Grant(w.users["ana"], githubsim.RoleAdmin)
	shop.Commit("main", w.users["ana"], "start", map[string]githubsim.File{".github/slagate.yml": githubsim.Text("version: 1\n"), "a": githubsim.Text("a")})
	w.sim.Install(other)
	w.start()
	p := w.open(weaken())
	// acme is limited; other is served.
	w.sim.Fault(githubsim.Fault{Route: "", Contains: "/acme/", Times: -1, Status: 403, Message: "You have exceeded a secondary rate limit"})
	require.NoError(t, w.as("pia").Label(p, "sla/product-approved"))
	shop.Branch("topic", "main")
	_, err := w.as("ana").Push(shop, "topic", "x", map[string]githubsim.File{"a": githubsim.Text("b")})
	require.NoError(t, err)
	q, err := w.as("ana").OpenPull(shop, githubsim.PullInput{Title: "x", Head: "topic"})
	require.NoError(t, err)
	w.eventually(func() bool { return q.View().Status("slagate").Description == "No customer commitment touched" })
	w.sim.ClearFaults()
}

func TestThreat_T25_SuspendedRenamedTransferred(t *testing.T) {
	t.Parallel()
	for _, on := range []engine{onSQLite, onPostgres} {
		t.Run(string(on), func(t *testing.T) {
			t.Parallel()
			suspendedRenamedTransferred(t, on)
		})
	}
}

func suspendedRenamedTransferred(t *testing.T, on engine) {
	t.Helper()
	w := newWorldOn(t, on, thePolicy)
	p := w.open(weaken())
	w.do(w.as("pia").Label(p, "sla/product-approved"))
	w.in.Suspend()
	w.settle()
	_, err := w.as("ana").Push(w.repo, p.View().HeadName, "worse", map[string]githubsim.File{"slo/checkout.yml": githubsim.Text("objective: 1\n")})
	require.NoError(t, err)
	w.settle()
	w.in.Unsuspend()
	w.settle()
	w.sees(p, "pending", "Waiting for product, legal (0 of 2 signed)")
	w.do(w.as("ada").RenameRepo(w.repo, "store"))
	w.do(w.as("pia").Label(p, "sla/product-approved"))
	w.do(w.as("lee").Label(p, "sla/legal-approved"))
	w.green(p)
	// Uninstalled and installed again: nothing was forgotten, nothing is believed blindly.
	w.in.Uninstall()
	w.settle()
	require.NoError(t, w.as("lee").Unlabel(p, "sla/legal-approved"))
	w.in = w.sim.Install(w.org)
	w.settle()
	w.sees(p, "pending", "Waiting for legal (1 of 2 signed)")
}

func TestThreat_T31_NoSecretsAnywhere(t *testing.T) {
	t.Parallel()
	w := newWorld(t, thePolicy)
	w.sim.Fault(githubsim.Fault{Route: "POST /graphql", Times: 2, Status: 500})
	p := w.open(weaken())
	w.eventually(func() bool { return w.comment(p) != "" })
	w.settle()
	body := w.comment(p) + w.get("/metrics") + w.get("/readyz")
	require.NotContains(t, body, secret)
	require.NotContains(t, body, "ghs_")
	w.stop()
	data, err := os.ReadFile(w.cfg.Database)
	require.NoError(t, err)
	require.False(t, bytes.Contains(data, []byte("ghs_")) || bytes.Contains(data, []byte(secret)) || bytes.Contains(data, []byte("RSA PRIVATE KEY")))
}

func TestThreat_T32_ClosedInTheMiddle(t *testing.T) {
	t.Parallel()
	w := newWorld(t, thePolicy)
	p := w.open(weaken())
	w.do(w.as("pia").Label(p, "sla/product-approved"))
	hold := make(chan struct{})
	w.sim.Fault(githubsim.Fault{Route: "PATCH /repos/{owner}/{repo}/issues/comments/{id}", Times: 1, Until: hold})
	require.NoError(t, w.as("lee").Label(p, "sla/legal-approved"))
	w.eventually(func() bool { return w.sim.FaultHits() > 0 })
	// The sign-off is taken back while slagate is about to say "signed".
	require.NoError(t, w.as("lee").Unlabel(p, "sla/legal-approved"))
	require.NoError(t, w.sim.Deliveries().Wait(context.Background()))
	close(hold)
	w.settle()
	w.sees(p, "pending", "Waiting for legal (1 of 2 signed)")
	for _, s := range w.repo.Statuses(p.View().Head) {
		require.False(t, s.Context == "slagate" && s.State == "success", "was green for a moment")
	}
	w.do(w.as("ana").Close(p))
	w.do(w.as("lee").Label(p, "sla/legal-approved"))
	w.do(w.as("ana").Reopen(p))
	w.green(p)
	w.do(w.as("ana").Draft(p))
	w.green(p)
}

func TestThreat_T33_MergeGroup(t *testing.T) {
	t.Parallel()
	w := prepare(t, thePolicy)
	w.repo.UseMergeQueue("main").Require("main", "slagate", appID)
	w.start()
	p := w.open(weaken())
	w.do(w.as("pia").Label(p, "sla/product-approved"))
	w.do(w.as("lee").Label(p, "sla/legal-approved"))
	w.green(p)
	q := w.open(map[string]githubsim.File{"README.md": githubsim.Text("docs\n")})
	w.do(w.as("ana").Queue(q))
	w.do(w.as("ana").Queue(p))
	entries := w.repo.Queued("main")
	require.Len(t, entries, 2)
	require.Equal(t, "No customer commitment touched", groupStatus(w, entries[0].Head).Description)
	require.Equal(t, "Signed for this content: #1", groupStatus(w, entries[1].Head).Description)
	require.Equal(t, "success", groupStatus(w, entries[1].Head).State)
}

func TestThreat_T33_ChangedInTheGroup(t *testing.T) {
	t.Parallel()
	w := prepare(t, thePolicy)
	w.repo.UseMergeQueue("main").Require("main", "slagate", appID)
	w.start()
	p := w.open(map[string]githubsim.File{"slo/checkout.yml": githubsim.Text("objective: 99.5\nwindow: 30d\n")})
	q := w.open(map[string]githubsim.File{"slo/checkout.yml": githubsim.Text("objective: 99.5\nwindow: 30d\n"), "slo/new.yml": githubsim.Text("x: 1\n")})
	for _, pr := range []*githubsim.Pull{p, q} {
		w.do(w.as("pia").Label(pr, "sla/product-approved"))
		w.do(w.as("lee").Label(pr, "sla/legal-approved"))
		w.green(pr)
	}
	w.do(w.as("ana").Queue(p))
	require.NoError(t, w.as("ana").Queue(q))
	w.settle()
	entries := w.repo.Queued("main")
	require.Len(t, entries, 2)
	last := groupStatus(w, entries[1].Head)
	require.Equal(t, "failure: #2 changed in the group: product, legal must look again", last.State+": "+last.Description)
}

func groupStatus(w *world, sha string) githubsim.Status {
	for _, s := range w.repo.Statuses(sha) {
		if s.Context == "slagate" {
			return s
		}
	}
	return githubsim.Status{}
}
