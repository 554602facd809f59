package opsgenie_test

import (
	"testing"

	"github.com/slagate/slagate/internal/commitment/formattest"
	"github.com/slagate/slagate/internal/commitment/opsgenie"
)

func TestCases(t *testing.T) {
	t.Parallel()
	formattest.Cases(t, opsgenie.Format())
}
