package zendesk_test

import (
	"testing"

	"github.com/slagate/slagate/internal/commitment/formattest"
	"github.com/slagate/slagate/internal/commitment/zendesk"
)

func TestCases(t *testing.T) {
	t.Parallel()
	formattest.Cases(t, zendesk.Format())
}

func FuzzParse(f *testing.F) { formattest.Fuzz(f, zendesk.Format(), "a.tf") }
