package sqlite

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"fmt"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
	"modernc.org/sqlite"
)

// counting counts what is prepared by the connections of a connector.
type counting struct {
	driver.Connector
	prepared map[string]int
}

func (c counting) Connect(ctx context.Context) (driver.Conn, error) {
	conn, err := c.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	able, ok := conn.(ableConn)
	if !ok {
		return nil, fmt.Errorf("connection is a %T", conn)
	}
	return &countingConn{able, c.prepared}, nil
}

type countingConn struct {
	ableConn
	prepared map[string]int
}

func (c *countingConn) PrepareContext(ctx context.Context, query string) (driver.Stmt, error) {
	c.prepared[query]++
	return c.ableConn.PrepareContext(ctx, query)
}

// TestStatements_Kept: what runs again is not planned again; pragmas are, because
// SQLite carries them out while it plans them.
func TestStatements_Kept(t *testing.T) {
	t.Parallel()
	connector, err := sqlite.NewConnector(dsn(filepath.Join(t.TempDir(), "kept.db"), "rwc"))
	require.NoError(t, err)
	prepared := map[string]int{}
	db := sql.OpenDB(keeping{counting{connector, prepared}})
	db.SetMaxOpenConns(1)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	for i := range 5 {
		var n int
		require.NoError(t, db.QueryRowContext(t.Context(), `select ? + 1`, i).Scan(&n))
		require.Equal(t, i+1, n)
		for _, level := range []int{0, 1} {
			_, err := db.ExecContext(t.Context(), fmt.Sprintf(` PRAGMA synchronous = %d`, level))
			require.NoError(t, err)
			require.NoError(t, db.QueryRowContext(t.Context(), `pragma synchronous`).Scan(&n))
			require.Equal(t, level, n)
		}
	}
	require.Equal(t, map[string]int{`select ? + 1`: 1}, prepared)
}
