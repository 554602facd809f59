package e2e

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/slagate/slagate/internal/app"
	"github.com/slagate/slagate/internal/githubsim"
)

// enterprise is a world on a GitHub Enterprise Server, with slagate set up as its
// documents say: by three addresses. Nothing runs yet.
func enterprise(t *testing.T, change func(*githubsim.Options)) *world {
	t.Helper()
	w := prepare(t, "")
	opts := githubsim.Options{
		AppID: appID, AppSlug: slug, PrivateKey: signingKey(), WebhookSecret: secret, WebURL: "https://git.acme.test", Enterprise: "3.17.0",
		Now: func() time.Time { return time.Now().Add(time.Duration(w.clock.Load()) * time.Second) },
	}
	change(&opts)
	w.sim = githubsim.New(opts)
	w.api = httptest.NewServer(w.sim.Handler())
	t.Cleanup(w.api.Close)
	w.people()
	w.furnish("shop", thePolicy)
	w.in = w.sim.Install(w.org)
	var err error
	w.cfg, err = app.LoadConfig("", []string{
		"GITHUB_WEB_URL=https://git.acme.test", "GITHUB_V3_API_URL=" + w.api.URL + "/api/v3/", "GITHUB_V4_API_URL=" + w.api.URL + "/api/graphql",
		fmt.Sprintf("GITHUB_APP_INTEGRATION_ID=%d", appID), "GITHUB_APP_WEBHOOK_SECRET=" + secret, "GITHUB_APP_PRIVATE_KEY=" + string(keyPEM()),
		"SLAGATE_LISTEN=127.0.0.1:0", "SLAGATE_DATABASE_URL=sqlite:" + w.on.database(t), "SLAGATE_SWEEP_INTERVAL=1h",
	})
	require.NoError(t, err)
	require.Negative(t, w.cfg.ContentPerMinute, "its limits are off")
	return w
}

func TestEnterprise_TheWholeStory(t *testing.T) {
	t.Parallel()
	w := enterprise(t, func(*githubsim.Options) {})
	w.start()
	p := w.open(weaken())
	w.sees(p, "pending", "Waiting for product, legal (0 of 2 signed)")
	require.True(t, strings.HasPrefix(p.View().Status("slagate").TargetURL, "https://git.acme.test/acme/shop/pull/"), p.View().Status("slagate").TargetURL)

	w.do(w.as("pia").Label(p, "sla/product-approved"))
	w.say("lea", p, "/sla sign legal agreed with the customer")
	w.sees(p, "success", "Signed by product, legal")
	_, err := w.as("ana").Push(w.repo, p.View().HeadName, "docs", map[string]githubsim.File{"README.md": githubsim.Text("the shop\n")})
	w.do(err)
	w.sees(p, "success", "Signed by product, legal")
	_, err = w.as("ana").Push(w.repo, p.View().HeadName, "less", map[string]githubsim.File{"slo/checkout.yml": githubsim.Text("objective: 99\nwindow: 30d\n")})
	w.do(err)
	w.sees(p, "pending", "Waiting for product, legal (0 of 2 signed)")
	w.do(w.as("pia").Label(p, "sla/product-approved"))
	w.do(w.as("lee").Label(p, "sla/legal-approved"))
	w.do(w.as("ana").Merge(p, false))
	require.True(t, p.View().Merged)
	w.onlyItsOwnAPI()
}

// onlyItsOwnAPI requires that slagate asked for nothing that the server does not have.
func (w *world) onlyItsOwnAPI() {
	w.t.Helper()
	require.Empty(w.t, w.sim.Unknown())
	for _, r := range w.sim.Requests() {
		require.NotEqual(w.t, 501, r.Status, r.Route)
	}
}

// A server that is slow to answer is waited for, and nothing is done twice.
func TestEnterprise_LateAnswers(t *testing.T) {
	t.Parallel()
	w := enterprise(t, func(*githubsim.Options) {})
	w.start()
	w.open(map[string]githubsim.File{"src/main.go": githubsim.Text("package main // new\n")})
	hold := make(chan struct{})
	w.sim.Fault(githubsim.Fault{Route: "POST /graphql", Until: hold})
	p := w.openOnly(weaken())
	w.eventually(func() bool { return w.sim.FaultHits() > 0 })
	w.sees(p, "pending", "Looking at this pull request")
	close(hold)
	w.settle()
	w.sees(p, "pending", "Waiting for product, legal (0 of 2 signed)")
	require.Contains(t, w.comment(p), "slo/checkout.yml")
}

// Without the list of deliveries, and without the events of the installation, what gets
// lost is found by the sweep; the log says so.
func TestEnterprise_SweepsAlone(t *testing.T) {
	t.Parallel()
	w := enterprise(t, func(o *githubsim.Options) { o.NoDeliveries = true })
	log := &heardLog{}
	first := w.runLogged(log)
	w.openJobs()
	w.hook, w.stop = first.url, first.stop
	// No webhook is set: not even the installation is told.
	p := w.openOnly(weaken())
	require.NoError(t, w.as("pia").Label(p, "sla/product-approved"))
	first.stop()
	second := w.runLogged(log)
	w.hook, w.stop = second.url, second.stop
	w.eventually(func() bool { return w.comment(p) != "" })
	w.settle()
	w.notGreen(p)
	w.eventually(func() bool { return strings.Contains(log.String(), "github keeps no list of deliveries here") })
	require.NotContains(t, log.String(), "job failed")
	w.say("lee", p, "/sla sign legal")
	second.stop()
	third := w.runLogged(log)
	w.hook, w.stop = third.url, third.stop
	w.eventually(func() bool { return strings.Contains(p.View().Status("slagate/legal").Description, "Signed by lee") })
	w.onlyItsOwnAPI()
}

// heardLog is a log that can be read while it is written.
type heardLog struct {
	mu   sync.Mutex
	text bytes.Buffer
}

// Write implements io.Writer.
func (l *heardLog) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(b)
}

func (l *heardLog) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// runLogged is run with a log that is listened to.
func (w *world) runLogged(log *heardLog) replica {
	w.t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	service, err := app.New(ctx, w.cfg, zerolog.New(log))
	require.NoError(w.t, err)
	done := make(chan error, 1)
	go func() { done <- service.Run(ctx) }()
	stop := sync.OnceFunc(func() { cancel(); assert.NoError(w.t, <-done) })
	w.t.Cleanup(stop)
	return replica{url: "http://" + service.Addr(), stop: stop}
}

// A GitHub Enterprise Server waits 30 seconds for an answer. One that comes after more than
// github.com's 10 is taken, and what was taken although nobody heard of it is done once. The headers
// that older servers lack are not missed, nor is the list of deliveries.
func TestEnterprise_LateAcknowledgements(t *testing.T) {
	t.Parallel()
	for name, x := range map[string]struct {
		deadline time.Duration // of the server
		late     time.Duration // is the answer
		status   int           // that the server sees
	}{
		"within 30 seconds": {0, 11 * time.Second, http.StatusOK},
		"given up":          {500 * time.Millisecond, time.Second, http.StatusGatewayTimeout},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := enterprise(t, func(o *githubsim.Options) { o.NoDeliveries, o.Deadline = true, x.deadline })
			w.start()
			p := w.open(weaken())
			w.do(w.as("pia").Label(p, "sla/product-approved"))
			slow := httptest.NewServer(w.lately(x.late))
			t.Cleanup(slow.Close)
			before := len(w.sim.Deliveries().Log())
			w.sim.SetWebhook(slow.URL+"/api/github/hook", secret)
			require.NoError(t, w.as("lee").Label(p, "sla/legal-approved"))
			w.eventually(func() bool { return slagateSays(p) == bothSigned })
			w.eventually(func() bool { return len(w.sim.Deliveries().Log()) > before })
			d := w.sim.Deliveries().Log()[before]
			require.Equal(t, x.status, d.StatusCode)
			w.sim.SetWebhook(w.hook+"/api/github/hook", secret)
			was := w.visible(p)
			w.replay(d) // nobody asks for it again there, so an administrator does
			w.settle()
			require.Equal(t, was, w.visible(p))
			// What is lost for good is found by the sweep alone.
			w.sim.Deliveries().LoseNext(1)
			require.NoError(t, w.as("lee").Unlabel(p, "sla/legal-approved"))
			w.sweep()
			w.eventually(func() bool { return slagateSays(p) == legalLacks })
			w.onlyItsOwnAPI()
		})
	}
}

// lately passes deliveries on at once, without what older servers do not say, and answers late.
func (w *world) lately(late time.Duration) http.Handler {
	to, err := url.Parse(w.hook)
	require.NoError(w.t, err)
	return &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(to)
			r.Out.Header.Del("X-GitHub-Hook-Installation-Target-ID")
			r.Out.Header.Del("X-GitHub-Hook-Installation-Target-Type")
		},
		ModifyResponse: func(r *http.Response) error {
			timer := time.NewTimer(late)
			defer timer.Stop()
			select {
			case <-timer.C:
			case <-r.Request.Context().Done():
			}
			return nil
		},
	}
}
