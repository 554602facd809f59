package app

import (
	"context"
	"errors"
	"net"
	"strings"
	"syscall"
)

// trouble says in a few words why the store does not do as it is told. They are for whoever
// runs the service and are shown at /readyz and on GitHub's page of deliveries, so they
// quote nothing: the log has the error itself.
func trouble(err error) string {
	// What the engines' errors have in common with each other is a code: PostgreSQL's
	// SQLSTATE, SQLite's result code. Their types stop at the store.
	var postgres interface {
		error
		SQLState() string
	}
	var sqlite interface {
		error
		Code() int
	}
	var network *net.OpError
	switch {
	case errors.As(err, &postgres):
		return postgresTrouble(postgres.SQLState())
	case errors.As(err, &sqlite):
		return sqliteTrouble(sqlite.Code())
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		return "the disk of the database is full"
	case errors.Is(err, syscall.EROFS):
		return "the database is read-only"
	case errors.Is(err, context.DeadlineExceeded):
		return "the database does not answer in time"
	case errors.As(err, &network):
		return "the database cannot be reached"
	}
	return "the database takes no write"
}

// postgresTrouble knows the states that an operator can mend.
// https://www.postgresql.org/docs/current/errcodes-appendix.html
func postgresTrouble(state string) string {
	switch {
	case state == "53100":
		return "the disk of the database is full"
	case state == "53200":
		return "the database is out of memory"
	case state == "53300":
		return "the database has no connection left"
	case state == "25006":
		return "the database is read-only: a standby, or set so"
	case state == "57P03":
		return "the database is starting or stopping"
	case state == "3D000":
		return "there is no database of that name"
	case strings.HasPrefix(state, "57P"):
		return "the database was shut down"
	case strings.HasPrefix(state, "28"):
		return "the database refuses user or password"
	case state == "42501":
		return "the database user may not do this"
	case strings.HasPrefix(state, "08"):
		return "the database cannot be reached"
	}
	return "the database takes no write"
}

// sqliteTrouble knows the primary result codes, which are the lowest eight bits.
// https://www.sqlite.org/rescode.html
func sqliteTrouble(code int) string {
	switch code & 0xff {
	case 5, 6:
		return "the database is busy"
	case 8:
		return "the database is read-only"
	case 10:
		return "the disk of the database fails"
	case 11, 26:
		return "the database file is damaged"
	case 13:
		return "the disk of the database is full"
	case 14:
		return "the database file cannot be opened"
	}
	return "the database takes no write"
}
