package prose_test

import (
	"testing"

	"github.com/slagate/slagate/internal/commitment/formattest"
	"github.com/slagate/slagate/internal/commitment/prose"
)

func TestCases(t *testing.T) {
	t.Parallel()
	formattest.Cases(t, prose.Format())
}
