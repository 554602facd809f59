package datadog_test

import (
	"testing"

	"github.com/slagate/slagate/internal/commitment/datadog"
	"github.com/slagate/slagate/internal/commitment/formattest"
)

func TestCases(t *testing.T) {
	t.Parallel()
	formattest.Cases(t, datadog.Format())
}

func FuzzParse(f *testing.F) { formattest.Fuzz(f, datadog.Format(), "a.tf") }
