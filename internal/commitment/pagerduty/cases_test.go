package pagerduty_test

import (
	"testing"

	"github.com/slagate/slagate/internal/commitment/formattest"
	"github.com/slagate/slagate/internal/commitment/pagerduty"
)

func TestCases(t *testing.T) {
	t.Parallel()
	formattest.Cases(t, pagerduty.Format())
}
