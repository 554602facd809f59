package e2e

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"database/sql"
	"encoding/pem"
	"flag"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // to look into the database
	"github.com/rs/zerolog"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/slagate/slagate/internal/app"
	"github.com/slagate/slagate/internal/githubsim"
	"github.com/slagate/slagate/internal/store/pgtest"
)

func TestMain(m *testing.M) {
	flag.Parse()
	given := false
	flag.Visit(func(f *flag.Flag) { given = given || f.Name == "test.parallel" })
	if !given {
		_ = flag.Set("test.parallel", strconv.Itoa(waiting*runtime.GOMAXPROCS(0))) // a number is never refused
	}
	pgtest.Main(m)
}

// waiting is how many tests a processor runs together: most of the time they wait for others.
const waiting = 3

// engine is the kind of database that slagate keeps its things in.
type engine string

const (
	onSQLite   engine = "sqlite"
	onPostgres engine = "postgres"
	// onDurable is onPostgres with a server that flushes what it commits, as in production.
	onDurable engine = "durable postgres"
)

// database is a new database of that kind.
func (e engine) database(t *testing.T) string {
	t.Helper()
	if e == onPostgres {
		return pgtest.New(t)
	}
	return filepath.Join(t.TempDir(), "slagate.db")
}

// look opens a database of that kind for looking into it.
func (e engine) look(address string) (*sql.DB, error) {
	if e != onSQLite {
		return sql.Open("pgx", address)
	}
	return sql.Open("sqlite", "file:"+address+"?mode=ro&_pragma=busy_timeout(5000)")
}

const (
	appID  = 4711
	slug   = "slagate-test"
	secret = "a webhook secret"
	// patience bounds every wait; it is reached only when something is broken.
	patience = time.Minute
	// tick is how often a wait looks; looking costs, above all under the race detector.
	tick = 10 * time.Millisecond
)

// thePolicy is what most stories are about.
const thePolicy = `version: 1
functions:
  product:  { teams: [acme/product] }
  legal:    { teams: [acme/legal] }
  security: { teams: [acme/security] }
  support:  { teams: [acme/support] }
rules:
  - name: service levels
    paths: ["slo/**"]
    require: [product, legal]
    checklist: [impact, rollback]
  - name: escalation paths
    paths: ["oncall/**"]
    require: [security, support]
policy: { require: [legal, security] }
`

// sweptOnce finds a sweep that is over among the metrics.
var sweptOnce = regexp.MustCompile(`slagate_sweeps_total\{[^}]*\} [1-9]`)

// sweptTwice finds both with which a process begins: the one at once and the one that gives places.
var sweptTwice = regexp.MustCompile(`slagate_sweeps_total\{[^}]*\} ([2-9]|[1-9][0-9])`)

// signingKey is made once: making an RSA key takes longer than most tests.
var signingKey = sync.OnceValue(func() *rsa.PrivateKey {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	return key
})

// world is one organisation, its repository and one running slagate.
type world struct {
	t     *testing.T
	sim   *githubsim.Server
	api   *httptest.Server
	org   *githubsim.Org
	repo  *githubsim.Repo
	teams map[string]*githubsim.Team
	users map[string]*githubsim.User
	in    *githubsim.Installation
	clock *atomic.Int64 // seconds that the stand-in is ahead
	on    engine
	cfg   app.Config
	hook  string
	stop  func()
	jobs  *sql.DB // the database of slagate, to see when it is at rest
	from  string  // where new branches begin
}

// newWorld starts a world whose repository has the given policy ("" for none).
func newWorld(t *testing.T, policy string) *world {
	t.Helper()
	w := prepare(t, policy)
	w.start()
	return w
}

// newWorldOn is newWorld with the database of one's choice.
func newWorldOn(t *testing.T, on engine, policy string) *world {
	t.Helper()
	w := prepare(t, policy)
	w.on = on
	w.start()
	return w
}

// prepare builds a world without starting slagate, which will keep its things in SQLite.
func prepare(t *testing.T, policy string) *world {
	t.Helper()
	w := &world{
		t: t, on: onSQLite, clock: &atomic.Int64{}, from: "main", teams: map[string]*githubsim.Team{}, users: map[string]*githubsim.User{},
	}
	w.sim = githubsim.New(githubsim.Options{
		AppID: appID, AppSlug: slug, PrivateKey: signingKey(), WebhookSecret: secret, WebURL: "https://github.test",
		Now: func() time.Time { return time.Now().Add(time.Duration(w.clock.Load()) * time.Second) },
	})
	w.api = httptest.NewServer(w.sim.Handler())
	t.Cleanup(w.api.Close)
	w.people()
	w.furnish("shop", policy)
	w.in = w.sim.Install(w.org)
	return w
}

// furnish makes the world's repository.
func (w *world) furnish(name, policy string) {
	w.repo = w.org.AddRepo(name)
	w.roles()
	files := map[string]githubsim.File{
		"README.md":            githubsim.Text("shop\n"),
		"slo/checkout.yml":     githubsim.Text("objective: 99.9\nwindow: 30d\n"),
		"slo/search.yml":       githubsim.Text("objective: 99.5\nwindow: 30d\n"),
		"oncall/escalation.tf": githubsim.Text("escalation_delay_in_minutes = 15\n"),
		"src/main.go":          githubsim.Text("package main\n"),
	}
	if policy != "" {
		files[".github/slagate.yml"] = githubsim.Text(policy)
	}
	w.repo.Commit("main", w.users["ada"], "start", files)
	w.repo.AddLabel("bug")
	for _, f := range []string{"product", "legal", "security", "support"} {
		w.repo.AddLabel("sla/" + f + "-approved")
		w.repo.AddLabel("sla/needs-" + f)
	}
}

func (w *world) people() {
	w.org = w.sim.AddOrg("acme")
	for _, login := range []string{"ada", "ana", "pia", "lee", "lea", "sam", "sue", "sid", "bob", "eve"} {
		w.users[login] = w.sim.AddUser(login)
		if login != "eve" {
			w.org.AddMember(w.users[login])
		}
	}
	w.org.AddOwner(w.users["ada"])
	for team, members := range map[string][]string{
		"product": {"pia"}, "legal": {"lee", "lea"}, "security": {"sam", "sue"}, "support": {"sid"},
	} {
		w.teams[team] = w.org.AddTeam(team)
		for _, m := range members {
			w.teams[team].Add(w.users[m])
		}
	}
}

func (w *world) roles() {
	for login, role := range map[string]githubsim.Role{
		"ada": githubsim.RoleAdmin, "ana": githubsim.RoleWrite, "pia": githubsim.RoleTriage, "lee": githubsim.RoleTriage,
		"lea": githubsim.RoleRead, "sam": githubsim.RoleWrite, "sue": githubsim.RoleTriage, "sid": githubsim.RoleTriage,
		"bob": githubsim.RoleTriage, "eve": githubsim.RoleRead,
	} {
		w.repo.Grant(w.users[login], role)
	}
}

func keyPEM() []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(signingKey())})
}

// start starts slagate on the world's database; it can be stopped and started again.
func (w *world) start() {
	w.t.Helper()
	first := w.begin()
	w.openJobs()
	// What happened while nobody listened is lost, not late.
	require.NoError(w.t, w.sim.Deliveries().Wait(context.Background()))
	w.hook, w.stop = first.url, first.stop
	w.sim.SetWebhook(w.hook+"/api/github/hook", secret)
	require.Eventually(w.t, func() bool { return sweptTwice.MatchString(w.get("/metrics")) },
		patience, tick, "no first sweeps")
	w.settle()
}

// replica is one slagate of a world.
type replica struct {
	url  string
	stop func()
}

// run starts slagate on a database that is there.
func (w *world) run(database string) {
	w.t.Helper()
	w.cfg = w.config(database)
	w.start()
}

func (w *world) config(database string) app.Config {
	return app.Config{
		WebURL: "https://github.test", V3URL: w.api.URL + "/api/v3/", V4URL: w.api.URL + "/api/graphql",
		AppID: appID, Secrets: []string{secret}, PrivateKey: keyPEM(),
		Listen: "127.0.0.1:0", Database: database, Workers: 4, SweepInterval: time.Hour,
		Retention: time.Hour, ClosedRetention: time.Hour, ContentPerMinute: -1,
	}
}

// begin starts one slagate on the world's database, beside those that run already.
func (w *world) begin() replica {
	w.t.Helper()
	if w.cfg.Database == "" {
		w.cfg = w.config(w.on.database(w.t))
	}
	log := zerolog.New(zerolog.NewTestWriter(w.t)).Level(zerolog.WarnLevel)
	if testing.Verbose() {
		log = log.Level(zerolog.DebugLevel)
	}
	ctx, cancel := context.WithCancel(context.Background())
	service, err := app.New(ctx, w.cfg, log)
	require.NoError(w.t, err)
	done := make(chan error, 1)
	go func() { done <- service.Run(ctx) }()
	stop := sync.OnceFunc(func() {
		cancel()
		assert.NoError(w.t, <-done)
	})
	w.t.Cleanup(stop)
	return replica{url: "http://" + service.Addr(), stop: stop}
}

// openJobs opens slagate's database for reading, once.
func (w *world) openJobs() {
	w.t.Helper()
	if w.jobs != nil {
		return
	}
	var err error
	w.jobs, err = w.on.look(w.cfg.Database)
	require.NoError(w.t, err)
	w.jobs.SetMaxOpenConns(1)
	w.t.Cleanup(func() { assert.NoError(w.t, w.jobs.Close()) })
}

// get is what the service answers at one of its own addresses.
func (w *world) get(path string) string {
	w.t.Helper()
	req, err := http.NewRequestWithContext(context.Background(), http.MethodGet, w.hook+path, nil)
	require.NoError(w.t, err)
	resp, err := http.DefaultClient.Do(req)
	require.NoError(w.t, err)
	body, err := io.ReadAll(resp.Body)
	require.NoError(w.t, err)
	require.NoError(w.t, resp.Body.Close())
	return string(body)
}

// as acts as a person, a second later than whatever happened before.
func (w *world) as(login string) githubsim.Actor {
	w.clock.Add(1)
	return w.sim.As(login)
}

// pass lets time go by at GitHub.
func (w *world) pass(d time.Duration) { w.clock.Add(int64(d / time.Second)) }

// settle waits until everything that was sent has arrived and has been worked off.
func (w *world) settle() {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	require.Eventually(w.t, func() bool {
		// Twice, because a job that ends while the first look is under way may
		// have made deliveries that bring new jobs.
		for range 2 {
			var busy int
			if err := w.sim.Deliveries().Wait(ctx); err != nil {
				return false
			}
			// What waits for its time (a retry, a later look) does not count as busy.
			err := w.jobs.QueryRowContext(ctx, `select count(*) from river_job where state in ('available', 'running', 'pending')`).Scan(&busy)
			if err != nil || busy > 0 {
				return false
			}
		}
		return true
	}, patience, tick, "the service does not come to rest")
}

// look makes the sweep's look at everything happen now.
func (w *world) sweep() {
	w.t.Helper()
	w.stop()
	w.start()
}

// open opens a pull request of ana's with these files changed and settles.
func (w *world) open(files map[string]githubsim.File) *githubsim.Pull {
	w.t.Helper()
	p := w.openOnly(files)
	w.settle()
	return p
}

func (w *world) openOnly(files map[string]githubsim.File) *githubsim.Pull {
	w.t.Helper()
	branch := strings.ReplaceAll(strings.ToLower(rand.Text()[:8]), "=", "")
	w.repo.Branch(branch, w.from)
	_, err := w.as("ana").Push(w.repo, branch, "change", files)
	require.NoError(w.t, err)
	p, err := w.as("ana").OpenPull(w.repo, githubsim.PullInput{Title: "A change", Head: branch})
	require.NoError(w.t, err)
	return p
}

// weaken is the change that most stories begin with.
func weaken() map[string]githubsim.File {
	return map[string]githubsim.File{"slo/checkout.yml": githubsim.Text("objective: 99.5\nwindow: 30d\n")}
}

// sees requires the state and the description of the context slagate.
func (w *world) sees(p *githubsim.Pull, state, description string) {
	w.t.Helper()
	s := p.View().Status("slagate")
	require.Equal(w.t, state+": "+description, s.State+": "+s.Description)
}

// green requires that the pull request is let through, red that it is not.
func (w *world) green(p *githubsim.Pull) {
	w.t.Helper()
	require.Equal(w.t, "success", p.View().Status("slagate").State, p.View().Status("slagate").Description)
}

func (w *world) notGreen(p *githubsim.Pull) {
	w.t.Helper()
	require.NotEqual(w.t, "success", p.View().Status("slagate").State, p.View().Status("slagate").Description)
}

// comment is slagate's comment on a pull request, "" if there is none; there is
// never more than one.
func (w *world) comment(p *githubsim.Pull) string {
	w.t.Helper()
	body := ""
	for _, c := range p.View().Comments {
		if c.Author == w.sim.App() {
			require.Empty(w.t, body, "a second comment")
			body = c.Body
		}
	}
	return body
}

// do requires that an act succeeds, and settles.
func (w *world) do(err error) {
	w.t.Helper()
	require.NoError(w.t, err)
	w.settle()
}

// say writes a comment and settles.
func (w *world) say(login string, p *githubsim.Pull, body string) *githubsim.Comment {
	w.t.Helper()
	c, err := w.as(login).Comment(p, body)
	require.NoError(w.t, err)
	w.settle()
	return c
}
