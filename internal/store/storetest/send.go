package storetest

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/slagate/slagate/internal/store"
)

// inTurn runs fn in a transaction of the store that ends with fn's error.
func inTurn(t *testing.T, h Harness, fn func(ctx context.Context, tx store.Tx) error) error {
	t.Helper()
	turn, done, found, err := h.Store.BeginPull(t.Context(), repoID, 12)
	require.NoError(t, err)
	require.True(t, found)
	defer done()
	return h.Store.SettlePull(t.Context(), turn, func(tx store.Tx, _ bool) error { return fn(t.Context(), tx) })
}

// setMark sets a mark to a second after 1970.
func setMark(name string, second int) store.Statement {
	return store.Statement{
		What: "set " + name, SQL: `insert into marks (name, at) values (?, ?)`, Args: []any{name, second * int(time.Second/time.Microsecond)},
	}
}

// readMark reads one into at.
func readMark(name string, at *int64) store.Statement {
	return store.Statement{
		What: "read " + name, SQL: `select at from marks where name = ?1`, Args: []any{name},
		Scan: func(row store.Row) error { return row.Scan(at) },
	}
}

// together: statements that are sent together see what those before them did, are many or none, and
// where one fails the error names it and nothing of them stays.
func together(t *testing.T, h Harness) {
	t.Helper()
	accept(t, h.Store, delivery("g1", 12))
	const many = 300
	read := make([]int64, many)
	require.NoError(t, inTurn(t, h, func(ctx context.Context, tx store.Tx) error {
		var statements []store.Statement
		for i := range many {
			name := fmt.Sprint("m", i)
			statements = append(statements, setMark(name, i+1), readMark(name, &read[i]))
		}
		return errors.Join(tx.Send(ctx, statements), tx.Send(ctx, nil))
	}))
	for i, at := range read {
		require.Equal(t, time.Unix(int64(i+1), 0), time.UnixMicro(at))
		mark, err := h.Store.Mark(t.Context(), fmt.Sprint("m", i))
		require.NoError(t, err)
		require.True(t, time.UnixMicro(at).Equal(mark))
	}

	tired := errors.New("tired")
	var at int64
	for what, bad := range map[string]store.Statement{
		"set m0":   setMark("m0", 1), // is there
		"read m-1": readMark("m-1", &at),
		"be tired": {What: "be tired", SQL: `select 1`, Scan: func(row store.Row) error { return errors.Join(row.Scan(&at), tired) }},
	} {
		err := inTurn(t, h, func(ctx context.Context, tx store.Tx) error {
			return tx.Send(ctx, []store.Statement{setMark("before", 1), bad, setMark("after", 1)})
		})
		require.ErrorContains(t, err, what+": ")
		require.False(t, strings.Contains(err.Error(), "set before") || strings.Contains(err.Error(), "set after"), err)
		require.Equal(t, what == "read m-1", errors.Is(err, sql.ErrNoRows), err)
		require.Equal(t, what == "be tired", errors.Is(err, tired), err)
		for _, name := range []string{"before", "after"} {
			mark, err := h.Store.Mark(t.Context(), name)
			require.NoError(t, err)
			require.Zero(t, mark, "%s: %s stayed", what, name)
		}
	}
	accept(t, h.Store, delivery("g2", 12)) // the connection is as good as before
}
