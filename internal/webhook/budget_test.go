package webhook

import (
	"bytes"
	"io"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/semaphore"
)

func TestBudgetIsTakenAsABodyComesInAndGivenBack(t *testing.T) {
	t.Parallel()
	budget := semaphore.NewWeighted(2 * bodyStep)
	slow := &metered{from: strings.NewReader("{"), budget: budget}
	_, err := io.ReadAll(slow)
	require.NoError(t, err)
	// One step is taken by the slow body: one more fits, two do not.
	ordinary := &metered{from: bytes.NewReader(make([]byte, bodyStep-1)), budget: budget}
	body, err := io.ReadAll(ordinary)
	require.NoError(t, err)
	require.Len(t, body, bodyStep-1)
	ordinary.release()
	_, err = io.ReadAll(&metered{from: bytes.NewReader(make([]byte, 2*bodyStep)), budget: budget})
	require.ErrorIs(t, err, errBusy)
	slow.release()
}
