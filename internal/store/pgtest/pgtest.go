// Package pgtest gives tests a PostgreSQL of their own.
//
// Its one idea is that a test needs an empty database, not a machine that was
// prepared: the first test of a binary starts a throw-away server from the installed
// programs, every test gets a database in it, and the server ends with the binary, however that
// ends. With SLAGATE_TEST_POSTGRES set to the address of a server, databases are made there instead.
//
// A package that uses it runs its tests through [Main]. Where there is no PostgreSQL a test is skipped
// with a word on how to get it; with SLAGATE_TEST_STRICT=1 it fails.
package pgtest

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// patience bounds every wait for the server.
const patience = time.Minute

// shared is the server of this test binary.
type shared struct {
	once   sync.Once
	server *Server
	err    error
	made   atomic.Int64
}

var ours shared //nolint:gochecknoglobals // one server a test binary is the point

// Main runs the tests of a package and ends the server after them; it is what TestMain calls.
func Main(m *testing.M) {
	code := m.Run()
	if ours.server != nil {
		if err := ours.server.Close(); err != nil {
			_, _ = fmt.Fprintln(os.Stderr, "stop PostgreSQL:", err) // there is nobody else to tell
			code = max(code, 1)
		}
	}
	os.Exit(code)
}

// New returns the address of an empty database. It is dropped after the test.
func New(tb testing.TB) string {
	tb.Helper()
	address := os.Getenv("SLAGATE_TEST_POSTGRES")
	if address == "" {
		ours.once.Do(func() { ours.server, ours.err = Start(Options{}) })
		if ours.err != nil {
			Lacking(tb, ours.err)
		}
		address = ours.server.Address("postgres")
	}
	name := fmt.Sprintf("slagate_test_%d_%d", os.Getpid(), ours.made.Add(1))
	if err := execute(address, "create database "+name); err != nil {
		tb.Fatalf("make a database: %v", err)
	}
	tb.Cleanup(func() {
		if err := execute(address, "drop database if exists "+name+" with (force)"); err != nil {
			tb.Errorf("drop the database: %v", err)
		}
	})
	u, err := url.Parse(address)
	if err != nil {
		tb.Fatal("SLAGATE_TEST_POSTGRES is not an address of the form postgres://user:password@host:5432/postgres")
	}
	u.Path = "/" + name
	return u.String()
}

// Lacking ends a test that could not have its PostgreSQL.
func Lacking(tb testing.TB, err error) {
	tb.Helper()
	if os.Getenv("SLAGATE_TEST_STRICT") == "1" || !errors.Is(err, ErrNotInstalled) {
		tb.Fatalf("PostgreSQL: %v", err)
	}
	tb.Skipf("%v: install it (on Debian: apt-get install postgresql) or set SLAGATE_TEST_POSTGRES to the address of a server", err)
}

func execute(address, statement string) error {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	conn, err := pgx.Connect(ctx, address)
	if err != nil {
		return err
	}
	_, err = conn.Exec(ctx, statement)
	return errors.Join(err, conn.Close(ctx))
}

// escaped writes a setting of the server's command line.
func escaped(name, value string) []string {
	return []string{"-c", strings.Join([]string{name, value}, "=")}
}
