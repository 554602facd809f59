package pgtest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
)

// ErrNotInstalled says that the programs of PostgreSQL are not on this machine.
var ErrNotInstalled = errors.New("PostgreSQL is not installed")

// Options are what Start can be told.
type Options struct {
	// Durable has the server flush what it commits, as in production. Tests do
	// without: a server that is killed loses nothing by it, only a machine does.
	Durable bool
}

// Server is a throw-away PostgreSQL on a free port of the loopback interface. It can be
// stopped, killed and started again on the same data and port.
type Server struct {
	bin  string
	root string
	port int
	opts Options

	cmd  *exec.Cmd
	life io.WriteCloser // the server ends when this does, also if our process is killed
	done chan struct{}
}

// Start makes a server of its own and starts it.
func Start(opts Options) (*Server, error) {
	bin, err := programs()
	if err != nil {
		return nil, err
	}
	root, err := os.MkdirTemp("", "pg")
	if err != nil {
		return nil, err
	}
	s := &Server{bin: bin, root: root, opts: opts}
	if err := s.create(); err != nil {
		return nil, errors.Join(err, os.RemoveAll(root))
	}
	return s, nil
}

// programs is the folder of initdb and postgres: on the path, or where Debian and its
// kin put them, the newest version first.
func programs() (string, error) {
	if path, err := exec.LookPath("initdb"); err == nil {
		return filepath.Dir(path), nil
	}
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	if err != nil || len(found) == 0 {
		return "", ErrNotInstalled
	}
	return filepath.Dir(slices.MaxFunc(found, func(a, b string) int { return version(a) - version(b) })), nil
}

func version(path string) int {
	n, err := strconv.Atoi(filepath.Base(filepath.Dir(filepath.Dir(path))))
	if err != nil {
		return 0
	}
	return n
}

func (s *Server) create() error {
	if os.Getuid() == 0 { // PostgreSQL refuses to run as root
		chown := exec.CommandContext(context.Background(), "chown", "postgres", s.root) //nolint:gosec // a folder of our own making
		if out, err := chown.CombinedOutput(); err != nil {
			return fmt.Errorf("give the folder to the user postgres: %w: %s", err, out)
		}
	}
	cmd := s.command("initdb", "-D", s.data(), "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-locale", "--no-sync")
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("initdb: %w: %s", err, out)
	}
	var err error
	for range 5 { // somebody else may take the port in between
		if s.port, err = freePort(); err != nil {
			return err
		}
		if err = s.Start(); err == nil {
			return nil
		}
	}
	return err
}

func (s *Server) data() string { return filepath.Join(s.root, "data") }

func freePort() (int, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // closed at once
	if err != nil {
		return 0, err
	}
	_, port, err := net.SplitHostPort(l.Addr().String())
	if err != nil {
		return 0, err
	}
	n, err := strconv.Atoi(port)
	return n, errors.Join(err, l.Close())
}

// command runs one of PostgreSQL's programs, not as root.
func (s *Server) command(program string, args ...string) *exec.Cmd {
	args = append([]string{filepath.Join(s.bin, program)}, args...)
	if os.Getuid() == 0 {
		args = append([]string{"runuser", "-u", "postgres", "--"}, args...)
	}
	cmd := exec.CommandContext(context.Background(), args[0], args[1:]...) //nolint:gosec // installed programs
	cmd.Dir = s.root
	return cmd
}

// Start starts a server that was stopped or killed, and waits until it answers.
func (s *Server) Start() error {
	args := []string{"-D", s.data(), "-p", strconv.Itoa(s.port), "-k", s.root}
	settings := [][2]string{{"listen_addresses", "127.0.0.1"}, {"max_connections", "300"}, {"shared_buffers", "128MB"}}
	if !s.opts.Durable {
		settings = append(settings, [2]string{"fsync", "off"}, [2]string{"full_page_writes", "off"})
	}
	for _, x := range settings {
		args = append(args, escaped(x[0], x[1])...)
	}
	server := s.command("postgres", args...)
	// The shell ends the server when its input ends.
	script := append([]string{"-c", `"$@" </dev/null & cat >/dev/null; kill -INT "$(head -n 1 data/postmaster.pid)"; wait`, "sh"}, server.Args...)
	s.cmd = exec.CommandContext(context.Background(), "sh", script...) //nolint:gosec // installed programs
	s.cmd.Dir = s.root
	log, err := os.OpenFile(filepath.Join(s.root, "log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	s.cmd.Stdout, s.cmd.Stderr = log, log
	if s.life, err = s.cmd.StdinPipe(); err != nil {
		return errors.Join(err, log.Close())
	}
	if err := s.cmd.Start(); err != nil {
		return errors.Join(err, log.Close())
	}
	s.done = make(chan struct{})
	go func(cmd *exec.Cmd, done chan struct{}) {
		_ = cmd.Wait() // it is told to end by a signal
		_ = log.Close()
		close(done)
	}(s.cmd, s.done)
	return s.wait()
}

// wait waits until the server answers.
func (s *Server) wait() error {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	ticker := time.NewTicker(20 * time.Millisecond)
	defer ticker.Stop()
	for {
		conn, err := pgx.Connect(ctx, s.Address("postgres"))
		if err == nil {
			return conn.Close(ctx)
		}
		select {
		case <-ticker.C:
		case <-s.done:
			return fmt.Errorf("PostgreSQL does not start: %s", s.lastWords())
		case <-ctx.Done():
			return fmt.Errorf("PostgreSQL does not answer: %w: %s", err, s.lastWords())
		}
	}
}

func (s *Server) lastWords() string {
	text, err := os.ReadFile(filepath.Join(s.root, "log"))
	if err != nil {
		return err.Error()
	}
	return strings.TrimSpace(string(text[max(0, len(text)-2000):]))
}

// Address is how a database of the server is reached.
func (s *Server) Address(database string) string {
	return fmt.Sprintf("postgres://postgres@127.0.0.1:%d/%s?sslmode=disable", s.port, database)
}

// Create makes an empty database and returns its address.
func (s *Server) Create(database string) (string, error) {
	return s.Address(database), execute(s.Address("postgres"), "create database "+database)
}

// Stop has the server break off all connections and end in order, as a restart does.
func (s *Server) Stop() error {
	err := s.life.Close()
	<-s.done
	return err
}

// Kill ends the server as a crash does.
func (s *Server) Kill() error {
	text, err := os.ReadFile(filepath.Join(s.data(), "postmaster.pid"))
	if err != nil {
		return err
	}
	first, _, _ := strings.Cut(string(text), "\n")
	pid, err := strconv.Atoi(strings.TrimSpace(first))
	if err != nil {
		return err
	}
	process, err := os.FindProcess(pid)
	if err != nil {
		return err
	}
	if err := process.Signal(syscall.SIGQUIT); err != nil { // its own word for "as if it crashed"
		return err
	}
	return s.Stop()
}

// Close stops the server and deletes its data.
func (s *Server) Close() error { return errors.Join(s.Stop(), os.RemoveAll(s.root)) }
