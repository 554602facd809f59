package google_test

import (
	"testing"

	"github.com/slagate/slagate/internal/commitment/formattest"
	"github.com/slagate/slagate/internal/commitment/google"
)

func TestCases(t *testing.T) {
	t.Parallel()
	formattest.Cases(t, google.Format())
}

func FuzzParse(f *testing.F) { formattest.Fuzz(f, google.Format(), "a.tf") }
