package e2e

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/slagate/slagate/internal/githubsim"
)

// hookWorkers is how many deliveries the stand-in has under way at most.
const hookWorkers = 64

// waitingForAll is the status of a pull request of [thePolicy] that nobody has signed.
const waitingForAll = "Waiting for product, legal, security, support (0 of 4 signed)"

// signature is one step of a pull request's way to green.
type signature struct {
	who, function string
	// state and text of the context slagate, once this and all earlier ones are given.
	state, text string
}

// signatures are the way to green, in the policy's order.
func signatures() []signature {
	return []signature{
		{"pia", "product", "pending", "Waiting for legal, security, support (1 of 4 signed)"},
		{"lee", "legal", "pending", "Waiting for security, support (2 of 4 signed)"},
		{"sue", "security", "pending", "Waiting for support (3 of 4 signed)"},
		{"sid", "support", "success", "Signed by product, legal, security, support"},
	}
}

// stage is an organisation with many repositories at a stand-in GitHub. Its
// clock is the real one, because the service under test is a process of its own
// and believes the times in its tokens.
type stage struct {
	b     *testing.B
	sim   *githubsim.Server
	api   *httptest.Server
	watch *watch
	repos []*githubsim.Repo
	last  int // number of the last branch
}

// newStage sets a stage where GitHub takes its time for every answer.
func newStage(b *testing.B, repos int, latency time.Duration) *stage {
	b.Helper()
	s := &stage{b: b}
	s.sim = githubsim.New(githubsim.Options{
		AppID: appID, AppSlug: slug, PrivateKey: signingKey(), WebhookSecret: secret, WebURL: "https://github.test", Now: time.Now,
		Workers: hookWorkers, Client: deliveryClient(), Latency: latency, Limit: 10_000_000,
	})
	s.watch = newWatch(s.sim.Handler())
	s.api = httptest.NewServer(s.watch)
	b.Cleanup(s.api.Close)
	org := s.sim.AddOrg("acme")
	for _, login := range []string{"ana", "bob"} {
		org.AddMember(s.sim.AddUser(login))
	}
	for _, sig := range signatures() {
		org.AddTeam(sig.function).Add(s.sim.AddUser(sig.who))
	}
	for n := range repos {
		s.addRepo(org, fmt.Sprintf("shop-%02d", n))
	}
	s.sim.Install(org)
	return s
}

// deliveryClient keeps its connections, as GitHub's does.
func deliveryClient() *http.Client {
	return &http.Client{Timeout: 10 * time.Second, Transport: &http.Transport{
		MaxIdleConns: 2 * hookWorkers, MaxIdleConnsPerHost: 2 * hookWorkers, IdleConnTimeout: figurePatience,
	}}
}

func (s *stage) addRepo(org *githubsim.Org, name string) {
	r := org.AddRepo(name)
	r.Grant(s.sim.User("ana"), githubsim.RoleWrite).Grant(s.sim.User("bob"), githubsim.RoleTriage)
	r.AddLabel("bug")
	for _, sig := range signatures() {
		r.Grant(s.sim.User(sig.who), githubsim.RoleTriage)
		r.AddLabel("sla/" + sig.function + "-approved")
		r.AddLabel("sla/needs-" + sig.function)
	}
	r.Commit("main", s.sim.User("ana"), "start", map[string]githubsim.File{
		".github/slagate.yml":  githubsim.Text(thePolicy),
		"README.md":            githubsim.Text(name + "\n"),
		"slo/checkout.yml":     githubsim.Text("objective: 99.9\nwindow: 30d\n"),
		"slo/search.yml":       githubsim.Text("objective: 99.5\nwindow: 30d\n"),
		"oncall/escalation.tf": githubsim.Text("escalation_delay_in_minutes = 15\n"),
	})
	s.repos = append(s.repos, r)
}

// branch pushes a change of 12 files, 3 of them gated by two rules, to a new
// branch that no other has.
func (s *stage) branch(r *githubsim.Repo) string {
	s.last++
	name := fmt.Sprintf("topic-%d", s.last)
	files := map[string]githubsim.File{
		"slo/checkout.yml":     githubsim.Text(fmt.Sprintf("objective: 99.5\nwindow: 30d\n# %s\n", name)),
		"slo/search.yml":       githubsim.Text(fmt.Sprintf("objective: 99\nwindow: 30d\n# %s\n", name)),
		"oncall/escalation.tf": githubsim.Text(fmt.Sprintf("escalation_delay_in_minutes = 30 # %s\n", name)),
	}
	for i := range 9 {
		files[fmt.Sprintf("src/f%d.go", i)] = githubsim.Text(fmt.Sprintf("package main // %s\n", name))
	}
	r.Branch(name, "main")
	_, err := s.sim.As("ana").Push(r, name, "change", files)
	require.NoError(s.b, err)
	return name
}

func (s *stage) open(r *githubsim.Repo, branch string) (*githubsim.Pull, error) {
	return s.sim.As("ana").OpenPull(r, githubsim.PullInput{Title: "A change", Head: branch})
}

// warm lets the service come to know every repository by one pull request and
// returns when it is at rest: what is measured after it is not the first time.
func (s *stage) warm(svc *service) {
	s.b.Helper()
	require.NoError(s.b, poll(svc.swept), "no first sweep")
	s.sim.SetWebhook(svc.url+"/api/github/hook", secret)
	for _, r := range s.repos {
		_, err := s.open(r, s.branch(r))
		require.NoError(s.b, err)
	}
	s.settle(svc)
	s.sim.ResetRequests()
}

// settle waits until everything that was sent has arrived and has been worked off.
func (s *stage) settle(svc *service) {
	s.b.Helper()
	db, err := svc.on.look(svc.db)
	require.NoError(s.b, err)
	defer func() { require.NoError(s.b, db.Close()) }()
	ctx, cancel := context.WithTimeout(context.Background(), figurePatience)
	defer cancel()
	require.NoError(s.b, poll(func() bool {
		return s.sim.Deliveries().Wait(ctx) == nil && svc.idle(ctx, db) && s.sim.Deliveries().Wait(ctx) == nil
	}), "the service does not come to rest")
}

// wrong says what is not as it should be with a pull request that everybody signed.
func wrong(p *githubsim.Pull) string {
	v := p.View()
	sigs := signatures()
	if st := v.Status("slagate"); st.State != "success" || st.Description != sigs[len(sigs)-1].text {
		return fmt.Sprintf("#%d: %s: %s", v.Number, st.State, st.Description)
	}
	for _, sig := range sigs {
		if st := v.Status("slagate/" + sig.function); st.State != "success" || st.Description != "Signed by "+sig.who {
			return fmt.Sprintf("#%d: %s: %s: %s", v.Number, sig.function, st.State, st.Description)
		}
	}
	for _, l := range v.Labels {
		if strings.HasPrefix(l, "sla/needs-") {
			return fmt.Sprintf("#%d: still labelled %s", v.Number, l)
		}
	}
	if len(v.Comments) != 1 {
		return fmt.Sprintf("#%d: %d comments", v.Number, len(v.Comments))
	}
	return ""
}
