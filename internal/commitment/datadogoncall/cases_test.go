package datadogoncall_test

import (
	"testing"

	"github.com/slagate/slagate/internal/commitment/datadogoncall"
	"github.com/slagate/slagate/internal/commitment/formattest"
)

func TestCases(t *testing.T) {
	t.Parallel()
	formattest.Cases(t, datadogoncall.Format())
}
