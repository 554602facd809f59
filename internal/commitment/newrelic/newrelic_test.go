package newrelic_test

import (
	"testing"

	"github.com/slagate/slagate/internal/commitment/formattest"
	"github.com/slagate/slagate/internal/commitment/newrelic"
)

func TestCases(t *testing.T) {
	t.Parallel()
	formattest.Cases(t, newrelic.Format())
}

func FuzzParse(f *testing.F) { formattest.Fuzz(f, newrelic.Format(), "a.tf") }
