package e2e

import (
	"bytes"
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/slagate/slagate/internal/githubsim"
)

// process is the real program as a process of its own.
type process struct {
	replica
	cmd *exec.Cmd
	log *heardLog
}

// execute starts the program with its GitHub and its database at these addresses.
func (w *world) execute(binary, api, database string, more ...string) *process {
	w.t.Helper()
	address := freeAddress(w.t)
	p := &process{replica: replica{url: "http://" + address}, cmd: exec.CommandContext(context.Background(), binary, "serve"), log: &heardLog{}}
	p.cmd.Stderr = p.log
	p.cmd.Env = settings(w.t, api, address, database, append([]string{"SLAGATE_CONTENT_PER_MINUTE=off"}, more...)...)
	require.NoError(w.t, p.cmd.Start())
	p.stop = sync.OnceFunc(func() {
		if w.t.Failed() {
			w.t.Log(p.log)
		}
		assert.NoError(w.t, p.cmd.Process.Signal(syscall.SIGCONT))
		assert.NoError(w.t, p.cmd.Process.Signal(os.Interrupt))
		assert.NoError(w.t, p.cmd.Wait())
	})
	w.t.Cleanup(p.stop)
	require.NoError(w.t, poll(p.service().ready), "not ready")
	return p
}

func (p *process) service() *service { return &service{url: p.url} }

// line is one process's way to the database. It can keep back what the database answers.
type line struct {
	to       string // host and port of the database
	socket   net.Listener
	release  func() // lets go what is kept back
	released <-chan struct{}
	held     chan struct{} // closed when an answer is kept back

	mu    sync.Mutex
	until string // the answer to the next question with this in it is kept back
	open  []net.Conn
}

// newLine returns a way to the database and the address that leads along it.
func newLine(t *testing.T, database string) (*line, string) {
	t.Helper()
	u, err := url.Parse(database)
	require.NoError(t, err)
	released := make(chan struct{})
	l := &line{to: u.Host, release: sync.OnceFunc(func() { close(released) }), released: released, held: make(chan struct{})}
	l.socket, err = new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	u.Host = l.socket.Addr().String()
	q := u.Query()
	q.Set("default_query_exec_mode", "cache_describe") // every question has its text with it
	u.RawQuery = q.Encode()
	var all sync.WaitGroup
	all.Go(func() { l.accept(&all) })
	t.Cleanup(func() {
		l.release() // a test that failed has not
		require.NoError(t, l.socket.Close())
		l.mu.Lock()
		for _, c := range l.open {
			_ = c.Close() // one side has closed it, mostly
		}
		l.mu.Unlock()
		all.Wait()
	})
	return l, u.String()
}

func (l *line) accept(all *sync.WaitGroup) {
	for {
		client, err := l.socket.Accept()
		if err != nil {
			return // closed at the end of the test
		}
		server, err := new(net.Dialer).DialContext(context.Background(), "tcp", l.to)
		if err != nil {
			_ = client.Close() // the database is away
			continue
		}
		l.mu.Lock()
		l.open = append(l.open, client, server)
		l.mu.Unlock()
		keep := make(chan struct{})
		all.Go(func() { l.carry(server, client, func(question []byte) { l.listen(question, keep) }) })
		all.Go(func() {
			l.carry(client, server, func([]byte) {
				select {
				case <-keep:
					<-l.released
				default:
				}
			})
		})
	}
}

// carry carries bytes, each portion after a look at it.
func (l *line) carry(to, from net.Conn, look func([]byte)) {
	defer func() {
		_ = to.Close() // the other direction may have closed it, which tells nothing
	}()
	buffer := make([]byte, 64<<10)
	for {
		n, err := from.Read(buffer)
		if err != nil {
			return
		}
		look(buffer[:n])
		if _, err := to.Write(buffer[:n]); err != nil {
			return
		}
	}
}

// listen keeps the answers of a connection back from the question on that is waited for.
func (l *line) listen(question []byte, keep chan struct{}) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.until == "" || !bytes.Contains(question, []byte(l.until)) {
		return
	}
	l.until = ""
	close(keep)
	close(l.held)
}

// keepBack has the answer to the next such question kept back.
func (l *line) keepBack(question string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.until = question
}

// The questions between which an evaluation must not fall asleep unnoticed, as PostgreSQL hears them.
const (
	// asksNeighbours comes when all of GitHub's answers are there and nothing is kept yet.
	asksNeighbours = "where p.repo_id = $1 and p.head = $2 and p.open = 1 order by p.number\x00"
	// asksTurn comes right before each write to GitHub.
	asksTurn = "select gen, turn from pulls where repo_id = $1 and number = $2\x00"
)

// twins are two processes of the program on one database, each with ways of its own to GitHub and to the database.
type twins struct {
	*world
	both  [2]*process
	lines [2]*line

	mu     sync.Mutex
	writes [2][]string
	edited string // is kept back once a process has edited the comment
}

func newTwins(t *testing.T, binary string) *twins {
	t.Helper()
	w := &twins{world: prepare(t, thePolicy)}
	w.on = onPostgres
	w.cfg = w.config(w.on.database(t))
	for i := range w.both {
		api := httptest.NewServer(w.before(i))
		t.Cleanup(api.Close)
		var database string
		w.lines[i], database = newLine(t, w.cfg.Database)
		w.both[i] = w.execute(binary, api.URL, database, "SLAGATE_WORKERS=4", "SLAGATE_SWEEP_INTERVAL=1h")
		if i == 0 {
			w.uses(w.both[i].replica)
		}
	}
	w.settle()
	return w
}

// before is GitHub as one of them sees it: who writes is written down.
func (w *twins) before(i int) http.Handler {
	return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		w.sim.Handler().ServeHTTP(rw, r)
		if r.Method == http.MethodGet || resource(r) == "graphql" || strings.HasSuffix(r.URL.Path, "/access_tokens") {
			return
		}
		w.mu.Lock()
		defer w.mu.Unlock()
		w.writes[i] = append(w.writes[i], r.Method+" "+r.URL.Path)
		if w.edited != "" && r.Method == http.MethodPatch {
			w.lines[i].keepBack(w.edited)
			w.edited = ""
		}
	})
}

func (w *twins) written(i int) []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return append([]string(nil), w.writes[i]...)
}

// A process falls asleep when it is about to say "signed". The other one takes over what has
// happened since. When the first one wakes it believes that no time has passed, and writes nothing.
//
// That River gives up on the sleeping process's job takes it more than a minute; with SLAGATE_SOAK that
// is waited for, otherwise the job is set free as River does then.
func TestThreat_T23_AsleepAndAwake(t *testing.T) {
	t.Parallel()
	binary := buildBinary(t)
	withdraw := func(w *twins, p *githubsim.Pull) error { return w.as("lee").Unlabel(p, "sla/legal-approved") }
	worse := func(w *twins, p *githubsim.Pull) error { return pushes("objective: 1\nwindow: 30d\n")(w.world, p) }
	for name, x := range map[string]struct {
		before  bool // it falls asleep before it has kept its decision, not between two writes
		happens func(w *twins, p *githubsim.Pull) error
		state   string
	}{
		"with facts, withdrawn":     {true, withdraw, legalLacks},
		"between writes, withdrawn": {false, withdraw, legalLacks},
		"between writes, pushed":    {false, worse, bothLack},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newTwins(t, binary)
			asleepAndAwake(w, x.before, x.happens, x.state)
		})
	}
}

func asleepAndAwake(w *twins, before bool, happens func(*twins, *githubsim.Pull) error, state string) {
	t := w.t
	t.Helper()
	p := w.open(weaken())
	w.do(w.as("pia").Label(p, "sla/product-approved"))
	head := p.View().Head
	if before {
		w.lines[0].keepBack(asksNeighbours)
		w.lines[1].keepBack(asksNeighbours)
	} else {
		w.mu.Lock()
		w.edited = asksTurn
		w.mu.Unlock()
	}
	require.NoError(t, w.as("lee").Label(p, "sla/legal-approved"))
	sleeper := w.fallAsleep()
	asleep, awake := w.both[sleeper], w.both[1-sleeper]
	said := w.written(sleeper)
	edited := len(said) > 0 && strings.HasPrefix(said[len(said)-1], http.MethodPatch)
	require.Equal(t, before, !strings.Contains(w.comment(p), "Signed by product, legal") && !edited)

	w.tells(awake.replica)
	require.NoError(t, happens(w, p))
	require.NoError(t, w.sim.Deliveries().Wait(t.Context()))
	w.giveUp()
	w.eventually(func() bool { return slagateSays(p) == state })
	w.settle()
	was := w.visible(p)
	w.lines[sleeper].release()
	require.NoError(t, asleep.cmd.Process.Signal(syscall.SIGCONT))
	w.eventually(func() bool {
		_, body, err := asleep.service().get("/metrics")
		return err == nil && strings.Contains(body, `slagate_evaluation_failures_total{why="overtaken"} 1`)
	})
	w.settle()
	require.Equal(t, said, w.written(sleeper), "the one who slept has written")
	require.Equal(t, was, w.visible(p))
	for _, s := range w.repo.Statuses(head) {
		require.False(t, s.Context == "slagate" && s.State == "success", "was green")
	}

	// Both go on, the one who slept too.
	w.tells(asleep.replica)
	w.do(w.as("pia").Label(p, "sla/product-approved"))
	w.do(w.as("lee").Label(p, "sla/legal-approved"))
	w.sees(p, "success", "Signed by product, legal")
	w.requireNoRepetition([]string{head, p.View().Head})
	require.NotEmpty(t, w.comment(p)) // and only one
}

// fallAsleep stops the process that is kept waiting.
func (w *twins) fallAsleep() (which int) {
	w.t.Helper()
	w.eventually(func() bool {
		for i, l := range w.lines {
			select {
			case <-l.held:
				which = i
				return true
			default:
			}
		}
		return false
	})
	w.lines[1-which].keepBack("")
	require.NoError(w.t, w.both[which].cmd.Process.Signal(syscall.SIGSTOP))
	return which
}

// giveUp has River take the sleeping process for dead, which it would only after 65 seconds.
func (w *twins) giveUp() {
	w.t.Helper()
	if os.Getenv("SLAGATE_SOAK") != "" {
		return
	}
	result, err := w.jobs.ExecContext(w.t.Context(), `update river_job set state = 'available' where state = 'running' and kind = 'evaluate'`)
	require.NoError(w.t, err)
	n, err := result.RowsAffected()
	require.NoError(w.t, err)
	require.EqualValues(w.t, 1, n)
}
