package sqlite

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"strings"

	"github.com/hashicorp/golang-lru/v2/simplelru"
)

// statementsKept bounds the prepared statements of a connection; River and we use about 60.
const statementsKept = 128

// keeping is a connector whose connections keep the statements that they have
// prepared. SQLite plans a statement anew each time otherwise, which takes longer than
// most of ours run: a quarter of the CPU time of an evaluation went there.
type keeping struct{ driver.Connector }

// Connect opens a connection.
func (k keeping) Connect(ctx context.Context) (driver.Conn, error) {
	conn, err := k.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	able, ok := conn.(ableConn)
	if !ok {
		return nil, errors.Join(fmt.Errorf("connection %T cannot keep statements", conn), conn.Close())
	}
	kept, err := simplelru.NewLRU(statementsKept, func(_ string, s *statement) { s.drop() })
	if err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	return &keepingConn{ableConn: able, kept: kept}, nil
}

// ableConn is all that database/sql asks of a connection of modernc.org/sqlite.
type ableConn interface {
	driver.Conn
	driver.ConnBeginTx
	driver.ConnPrepareContext
	driver.ExecerContext
	driver.QueryerContext
	driver.Pinger
	driver.SessionResetter
	driver.Validator
}

// keepingConn is used by one goroutine at a time, as every driver.Conn.
type keepingConn struct {
	ableConn
	kept *simplelru.LRU[string, *statement]
}

// ableStmt is all that database/sql asks of a statement of modernc.org/sqlite.
type ableStmt interface {
	driver.Stmt
	driver.StmtExecContext
	driver.StmtQueryContext
}

// statement is one that is kept. open: its rows are being read, so that it cannot
// run a second time; gone: it is not kept any more.
type statement struct {
	ableStmt
	open, gone bool
}

func (s *statement) drop() {
	s.gone = true
	if !s.open {
		_ = s.Close() // finalizing repeats the error of the last run, which was reported then
	}
}

// statement is the kept one for the text, nil if there can be none: while it is being read from,
// and for pragmas, which SQLite carries out when it prepares them, not when they run.
func (c *keepingConn) statement(ctx context.Context, query string) (*statement, error) {
	if strings.HasPrefix(strings.ToLower(strings.TrimSpace(query)), "pragma") {
		return nil, nil //nolint:nilnil // no statement and no error: it runs without
	}
	if s, ok := c.kept.Get(query); ok {
		if s.open {
			return nil, nil //nolint:nilnil // as above
		}
		return s, nil
	}
	stmt, err := c.PrepareContext(ctx, query)
	if err != nil {
		return nil, err
	}
	able, ok := stmt.(ableStmt)
	if !ok {
		return nil, errors.Join(fmt.Errorf("statement %T takes no context", stmt), stmt.Close())
	}
	s := &statement{ableStmt: able}
	c.kept.Add(query, s)
	return s, nil
}

// ExecContext runs a statement.
func (c *keepingConn) ExecContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
	s, err := c.statement(ctx, query)
	if err != nil {
		return nil, err
	}
	if s == nil {
		return c.ableConn.ExecContext(ctx, query, args)
	}
	return s.ExecContext(ctx, args)
}

// QueryContext runs a statement that has rows.
func (c *keepingConn) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	s, err := c.statement(ctx, query)
	if err != nil {
		return nil, err
	}
	if s == nil {
		return c.ableConn.QueryContext(ctx, query, args)
	}
	rows, err := s.QueryContext(ctx, args)
	if err != nil {
		return nil, err
	}
	s.open = true
	return &keptRows{Rows: rows, of: s}, nil
}

// Close closes the statements and the connection.
func (c *keepingConn) Close() error {
	c.kept.Purge()
	return c.ableConn.Close()
}

// keptRows give their statement back when they are closed.
type keptRows struct {
	driver.Rows
	of *statement
}

// Close ends the reading.
func (r *keptRows) Close() error {
	err := r.Rows.Close()
	r.of.open = false
	if r.of.gone {
		r.of.drop()
	}
	return err
}
