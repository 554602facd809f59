package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/slagate/slagate/internal/githubsim"
)

// toll stands before the stand-in GitHub. It knows which installation asks, and may answer
// in GitHub's place or keep the request waiting.
type toll struct {
	github http.Handler
	// meets is asked about each request (0: none of an installation's) before it is passed on.
	meets func(installation int64, rw http.ResponseWriter, r *http.Request) (answered bool)

	mu     sync.Mutex
	tokens map[string]int64
}

// collect puts a toll before the world's GitHub; slagate is to be started afterwards.
func (w *world) collect(meets func(installation int64, rw http.ResponseWriter, r *http.Request) bool) *httptest.Server {
	w.t.Helper()
	api := httptest.NewServer(&toll{github: w.sim.Handler(), meets: meets, tokens: map[string]int64{}})
	w.t.Cleanup(api.Close)
	return api
}

func (x *toll) ServeHTTP(rw http.ResponseWriter, r *http.Request) {
	_, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	x.mu.Lock()
	in := x.tokens[token]
	x.mu.Unlock()
	if x.meets(in, rw, r) {
		return
	}
	_, after, found := strings.Cut(r.URL.Path, "/app/installations/")
	if id, ok := strings.CutSuffix(after, "/access_tokens"); found && ok {
		x.learn(id, rw, r)
		return
	}
	x.github.ServeHTTP(rw, r)
}

// learn passes the making of a token on and notes whose it is.
func (x *toll) learn(id string, rw http.ResponseWriter, r *http.Request) {
	answer := httptest.NewRecorder()
	x.github.ServeHTTP(answer, r)
	var made struct{ Token string }
	in, err := strconv.ParseInt(id, 10, 64)
	if err == nil && json.Unmarshal(answer.Body.Bytes(), &made) == nil {
		x.mu.Lock()
		x.tokens[made.Token] = in
		x.mu.Unlock()
	}
	maps.Copy(rw.Header(), answer.Header())
	rw.WriteHeader(answer.Code)
	if _, err := rw.Write(answer.Body.Bytes()); err != nil {
		return // the asker is gone
	}
}

// limit is how GitHub refuses an installation until a certain time.
type limit func(rw http.ResponseWriter, r *http.Request, until time.Time)

// secondary is a limit that says for how long.
func secondary(status int) limit {
	return func(rw http.ResponseWriter, _ *http.Request, until time.Time) {
		rw.Header().Set("Retry-After", strconv.Itoa(int(time.Until(until)/time.Second)+1))
		http.Error(rw, `{"message":"You have exceeded a secondary rate limit. Please wait a few minutes before you try again."}`, status)
	}
}

// primary is the end of an hour's budget, of which GraphQL has one of its own and tells otherwise.
func primary(rw http.ResponseWriter, r *http.Request, until time.Time) {
	h := rw.Header()
	h.Set("X-RateLimit-Limit", "5000")
	h.Set("X-RateLimit-Used", "5000")
	h.Set("X-RateLimit-Remaining", "0")
	h.Set("X-RateLimit-Reset", strconv.FormatInt(until.Unix()+1, 10))
	h.Set("X-RateLimit-Resource", resource(r))
	h.Set("Content-Type", "application/json; charset=utf-8")
	status, text := http.StatusForbidden, `{"message":"API rate limit exceeded for installation ID 1."}`
	if resource(r) == "graphql" {
		status, text = http.StatusOK, `{"errors":[{"type":"RATE_LIMITED","message":"API rate limit exceeded for installation ID 1."}]}`
	}
	rw.WriteHeader(status)
	_, _ = rw.Write([]byte(text)) // an asker who is gone has no answer
}

func resource(r *http.Request) string {
	if strings.HasSuffix(r.URL.Path, "/graphql") {
		return "graphql"
	}
	return "core"
}

// barrier refuses one installation until a certain time and holds another one's requests back.
type barrier struct {
	how     limit
	limited int64
	held    int64
	release chan struct{}

	mu      sync.Mutex
	until   time.Time
	refused map[string]int // by resource
	pass    int            // how many requests of the held one go by; below 0: all
	waiting int
}

func (b *barrier) meets(in int64, rw http.ResponseWriter, r *http.Request) bool {
	b.mu.Lock()
	until := b.until
	refuse := in == b.limited && time.Now().Before(until)
	if refuse {
		b.refused[resource(r)]++
	}
	hold := in == b.held && b.pass == 0
	if in == b.held && b.pass > 0 {
		b.pass--
	}
	if hold {
		b.waiting++
	}
	b.mu.Unlock()
	if refuse {
		b.how(rw, r, until)
	}
	if hold {
		select {
		case <-b.release:
		case <-r.Context().Done():
		}
	}
	return refuse
}

// change changes what the barrier does.
func (b *barrier) change(do func()) {
	b.mu.Lock()
	defer b.mu.Unlock()
	do()
}

// seen is how many requests were refused, and how many wait.
func (b *barrier) seen() (refused map[string]int, waiting int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return maps.Clone(b.refused), b.waiting
}

// legalAlone is a policy for owners of whom lee is a member.
const legalAlone = `version: 1
functions: { legal: { users: [lee] } }
rules: [ { name: promises, paths: ["slo/**"], require: [legal] } ]
policy: { require: [legal] }
`

// elsewhere is a repository of another owner, with an installation of its own.
func (w *world) elsewhere(owner string) (*githubsim.Repo, *githubsim.Installation) {
	w.t.Helper()
	org := w.sim.AddOrg(owner)
	org.AddMember(w.users["ana"], w.users["lee"])
	repo := org.AddRepo("shop")
	repo.Grant(w.users["ana"], githubsim.RoleAdmin).Grant(w.users["lee"], githubsim.RoleTriage)
	repo.Commit("main", w.users["ana"], "start", map[string]githubsim.File{
		".github/slagate.yml": githubsim.Text(legalAlone), "slo/checkout.yml": githubsim.Text("objective: 99.9\nwindow: 30d\n"),
	})
	repo.AddLabel("sla/legal-approved")
	return repo, w.sim.Install(org)
}

// openIn opens a pull request of ana's in any repository and waits for nothing.
func (w *world) openIn(repo *githubsim.Repo, branch string, files map[string]githubsim.File) *githubsim.Pull {
	w.t.Helper()
	repo.Branch(branch, "main")
	_, err := w.as("ana").Push(repo, branch, "change", files)
	require.NoError(w.t, err)
	p, err := w.as("ana").OpenPull(repo, githubsim.PullInput{Title: "A change", Head: branch})
	require.NoError(w.t, err)
	return p
}

// One installation is limited, and a pull request of 3,000 files of another one is under way for as
// long as it takes: a third one is answered. The limited one asks nothing until its
// time is over; then all of it becomes right.
func TestThreat_T24_LimitedAndHugeAtOnce(t *testing.T) {
	t.Parallel()
	for name, x := range map[string]struct {
		on  engine
		how limit
	}{
		"403 secondary":           {onSQLite, secondary(http.StatusForbidden)},
		"429":                     {onSQLite, secondary(http.StatusTooManyRequests)},
		"primary":                 {onSQLite, primary},
		"403 secondary, Postgres": {onPostgres, secondary(http.StatusForbidden)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			limitedAndHuge(t, x.on, x.how)
		})
	}
}

// limitFor is how long the limited installation is.
const limitFor = 4 * time.Second

func limitedAndHuge(t *testing.T, on engine, how limit) {
	t.Helper()
	w := prepare(t, thePolicy)
	w.on = on
	big, bigIn := w.elsewhere("big")
	third, _ := w.elsewhere("third")
	b := &barrier{how: how, limited: w.in.ID, held: bigIn.ID, release: make(chan struct{}), refused: map[string]int{}, pass: -1}
	w.api = w.collect(b.meets)
	w.cfg = w.config(w.on.database(t))
	w.cfg.Workers = 2 // the huge one has one of them
	w.start()
	var pulls []*githubsim.Pull
	for range 4 {
		p := w.open(weaken())
		w.do(w.as("pia").Label(p, "sla/product-approved"))
		pulls = append(pulls, p)
	}

	b.change(func() { b.until = time.Now().Add(limitFor) })
	require.NoError(t, w.as("lee").Label(pulls[0], "sla/legal-approved"))
	w.settle()
	refused, _ := b.seen()
	require.Equal(t, map[string]int{"graphql": 1}, refused, "the first one, which learns it")
	for _, p := range pulls[1:] {
		require.NoError(t, w.as("lee").Label(p, "sla/legal-approved"))
	}
	files := weaken()
	for i := range 2999 {
		files[fmt.Sprintf("src/%04d.txt", i)] = githubsim.Text(fmt.Sprint(i))
	}
	b.change(func() { b.pass = 5 }) // in the midst of its reads
	huge := w.openIn(big, "huge", files)
	w.eventually(func() bool { _, waiting := b.seen(); return waiting > 0 })
	next := w.openIn(big, "next", weaken())
	p := w.openIn(third, "topic", weaken())
	w.eventually(func() bool { return slagateSays(p) == "pending: Waiting for legal (0 of 1 signed)" })
	require.NoError(t, w.as("lee").Label(p, "sla/legal-approved"))
	w.eventually(func() bool { return slagateSays(p) == "success: Signed by legal" })
	require.NotContains(t, slagateSays(huge)+slagateSays(next), "Waiting", "they are still under way")

	close(b.release)
	for _, p := range []*githubsim.Pull{huge, next} {
		w.eventually(func() bool { return slagateSays(p) == "pending: Waiting for legal (0 of 1 signed)" })
	}
	for _, p := range pulls {
		w.eventually(func() bool { return slagateSays(p) == bothSigned })
	}
	refused, _ = b.seen()
	require.Equal(t, map[string]int{"graphql": 1}, refused, "nothing was asked before the time was over")
}

// unwritable is a database that takes no write for a while.
type unwritable struct {
	w          *world
	log        *heardLog
	shut, open func()
	why        string // in slagate's words
}

// signedAndNot are two pull requests: one lacks legal's word, one lacks nothing.
func (w *world) signedAndNot() (lacking, signed *githubsim.Pull) {
	w.t.Helper()
	lacking, signed = w.open(weaken()), w.open(weaken())
	w.do(w.as("pia").Label(lacking, "sla/product-approved"))
	w.signBoth(signed)
	return lacking, signed
}

// refused are the deliveries since then, none of which was taken, and what was answered last.
func (u unwritable) refused(before int) map[string]string {
	u.w.t.Helper()
	out := map[string]string{}
	for _, d := range u.w.sim.Deliveries().Log()[before:] {
		if !strings.Contains(d.Response, "ignored") {
			require.Equal(u.w.t, http.StatusServiceUnavailable, d.StatusCode, "%s: %s", d.Event, d.Response)
			out[d.GUID] = d.Response
		}
	}
	return out
}

// run has the database take no write, people go on meanwhile, and the database come back.
func (u unwritable) run() {
	w, t := u.w, u.w.t
	t.Helper()
	lacking, signed := w.signedAndNot()
	svc := &service{url: w.hook}
	u.shut()
	w.eventually(func() bool { // what room is left is used up
		require.NoError(t, w.as("bob").Label(lacking, "bug"))
		require.NoError(t, w.as("bob").Unlabel(lacking, "bug"))
		require.NoError(t, w.sim.Deliveries().Wait(t.Context()))
		return !svc.ready()
	})
	before := len(w.sim.Deliveries().Log())
	require.NoError(t, w.as("lee").Label(lacking, "sla/legal-approved"))
	require.NoError(t, w.as("lee").Unlabel(signed, "sla/legal-approved"))
	opened := w.openOnly(weaken())
	require.NoError(t, w.sim.Deliveries().Wait(t.Context()))
	refused := u.refused(before)
	require.GreaterOrEqual(t, len(refused), 3)
	w.eventually(func() bool { // GitHub's page of deliveries says why, once no session is left that was ended
		require.NoError(t, w.as("bob").Label(lacking, "bug"))
		require.NoError(t, w.as("bob").Unlabel(lacking, "bug"))
		require.NoError(t, w.sim.Deliveries().Wait(t.Context()))
		refused = u.refused(before)
		return slices.Contains(slices.Collect(maps.Values(refused)), "service unavailable: not kept, "+u.why+"\n")
	})
	u.saysSo(svc)
	for _, p := range []*githubsim.Pull{lacking, opened} {
		w.notGreen(p)
	}

	u.open()
	w.eventually(svc.ready)
	w.eventually(func() bool { return slagateSays(lacking) == bothSigned })
	w.eventually(func() bool { return slagateSays(signed) == legalLacks })
	w.eventually(func() bool { return slagateSays(opened) == bothLack })
	w.eventually(func() bool { return w.allCame(refused) })
	w.settle()
	for p, state := range map[*githubsim.Pull]string{lacking: bothSigned, signed: legalLacks, opened: bothLack} {
		require.Equal(t, state, slagateSays(p))
		require.NotEmpty(t, w.comment(p)) // and only one
	}
}

// saysSo requires that page, metrics and log say what is wrong, and that nobody would restart the process for it.
func (u unwritable) saysSo(svc *service) {
	t := u.w.t
	t.Helper()
	code, body, err := svc.get("/readyz")
	require.NoError(t, err)
	require.Equal(t, "503 store: takes no write: "+u.why+"\n", fmt.Sprint(code, " ", body))
	code, _, err = svc.get("/healthz")
	require.NoError(t, err)
	require.Equal(t, http.StatusOK, code)
	_, body, err = svc.get("/metrics")
	require.NoError(t, err)
	require.Regexp(t, `slagate_deliveries_total\{event="pull_request",outcome="failed",status="503"\} [1-9]`, body)
	for _, message := range []string{"delivery not taken", "store takes no write"} {
		require.True(t, u.log.says(message, u.why), "%s: %s", message, u.why)
	}
}

// says reports whether an error with these words and this reason was logged.
func (l *heardLog) says(message, why string) bool {
	for line := range strings.Lines(l.String()) {
		var entry struct{ Level, Message, Why string }
		if json.Unmarshal([]byte(line), &entry) == nil && entry.Level == "error" && entry.Message == message && entry.Why == why {
			return true
		}
	}
	return false
}

// allCame reports whether each of these deliveries was sent again and taken.
func (w *world) allCame(guids map[string]string) bool {
	came := map[string]bool{}
	for _, d := range w.sim.Deliveries().Log() {
		if _, ours := guids[d.GUID]; ours && d.Redelivery && d.OK() {
			came[d.GUID] = true
		}
	}
	return len(came) == len(guids)
}

// sweptOften is the interval between sweeps where a test waits for one.
const sweptOften = 2 * time.Second

// begun starts slagate with a log that is listened to and sweeps that come often.
func (w *world) begun() *heardLog {
	w.t.Helper()
	if w.cfg.Database == "" {
		w.cfg = w.config(w.on.database(w.t))
	}
	w.cfg.SweepInterval = sweptOften
	log := &heardLog{}
	w.uses(w.runLogged(log))
	return log
}

// uses has GitHub deliver to this slagate, the first one, and waits for its first sweep.
func (w *world) uses(r replica) {
	w.t.Helper()
	w.openJobs()
	w.tells(r)
	w.eventually(func() bool { return sweptOnce.MatchString(w.get("/metrics")) })
}

// tells has GitHub deliver to this slagate from now on.
func (w *world) tells(r replica) {
	w.hook, w.stop = r.url, r.stop
	w.sim.SetWebhook(w.hook+"/api/github/hook", secret)
}

// The database is set read-only, as providers do when a disk is nearly full, and back. Sessions
// keep what they began with: some are ended in between, or all that began meanwhile go on.
func TestThreat_T22_DatabaseReadOnly(t *testing.T) {
	t.Parallel()
	const (
		set  = `do $$ begin execute format('alter database %%I set default_transaction_read_only = %s', current_database()); end $$`
		ends = `select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()`
	)
	for name, mended := range map[string][]string{
		"sessions ended": {fmt.Sprintf(set, "off"), ends},
		"sessions go on": {fmt.Sprintf(set, "off")},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := prepare(t, thePolicy)
			w.on = onPostgres
			log := w.begun()
			db, err := w.on.look(w.cfg.Database)
			require.NoError(t, err)
			t.Cleanup(func() { require.NoError(t, db.Close()) })
			db.SetMaxOpenConns(1) // its session begins before
			require.NoError(t, db.PingContext(t.Context()))
			execute := func(statements ...string) func() {
				return func() {
					for _, statement := range statements {
						_, err := db.ExecContext(t.Context(), statement)
						require.NoError(t, err)
					}
				}
			}
			unwritable{
				w: w, log: log, why: "the database is read-only: a standby, or set so",
				shut: execute(fmt.Sprintf(set, "on"), ends), open: execute(mended...),
			}.run()
		})
	}
}

// without ends a test that this machine lacks something for: skipped with the reason, or failed where
// nothing may be left out.
func without(t *testing.T, what string) {
	t.Helper()
	if os.Getenv("SLAGATE_TEST_STRICT") == "1" {
		t.Fatal(what)
	}
	t.Skip(what) // what says what is missing and how to get it; under SLAGATE_TEST_STRICT=1 it failed above
}

// The disk that SQLite's file is on is full, and has room again.
func TestThreat_T22_DiskFull(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	small := exec.CommandContext(t.Context(), "mount", "-t", "tmpfs", "-o", "size=16m", "tmpfs", folder)
	if out, err := small.CombinedOutput(); err != nil {
		without(t, fmt.Sprintf("no small disk can be had here, which takes root and mount(8): %v: %s", err, out))
	}
	t.Cleanup(func() {
		out, err := exec.CommandContext(context.Background(), "umount", folder).CombinedOutput()
		require.NoError(t, err, string(out))
	})
	w := prepare(t, thePolicy)
	w.cfg = w.config(filepath.Join(folder, "slagate.db"))
	log := w.begun()
	filler := filepath.Join(folder, "filler")
	unwritable{
		w: w, log: log, why: "the disk of the database is full",
		shut: func() { require.ErrorIs(t, os.WriteFile(filler, make([]byte, 16<<20), 0o600), syscall.ENOSPC) },
		open: func() { require.NoError(t, os.Remove(filler)) },
	}.run()
}

// The real program may not write to its files any more, and may again.
func TestThreat_T22_FilesTakeNoWrite(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("prlimit"); err != nil {
		without(t, "prlimit(1) is not installed (on Debian: apt-get install util-linux)")
	}
	w := prepare(t, thePolicy)
	w.cfg = w.config(w.on.database(t))
	p := w.execute(buildBinary(t), w.api.URL, "sqlite:"+w.cfg.Database, "SLAGATE_SWEEP_INTERVAL="+sweptOften.String())
	w.uses(p.replica)
	limitTo := func(bytes string) func() {
		return func() {
			out, err := exec.CommandContext(t.Context(), "prlimit", "--pid", fmt.Sprint(p.cmd.Process.Pid), "--fsize="+bytes).CombinedOutput()
			require.NoError(t, err, string(out))
		}
	}
	unwritable{
		w: w, log: p.log, why: "the disk of the database fails",
		shut: limitTo("1:unlimited"), open: limitTo("unlimited:unlimited"),
	}.run()
}
