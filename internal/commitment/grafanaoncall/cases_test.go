package grafanaoncall_test

import (
	"testing"

	"github.com/slagate/slagate/internal/commitment/formattest"
	"github.com/slagate/slagate/internal/commitment/grafanaoncall"
)

func TestCases(t *testing.T) {
	t.Parallel()
	formattest.Cases(t, grafanaoncall.Format())
}
