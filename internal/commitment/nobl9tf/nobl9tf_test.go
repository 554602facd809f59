package nobl9tf_test

import (
	"testing"

	"github.com/slagate/slagate/internal/commitment/formattest"
	"github.com/slagate/slagate/internal/commitment/nobl9tf"
)

func TestCases(t *testing.T) {
	t.Parallel()
	formattest.Cases(t, nobl9tf.Format())
}

func FuzzParse(f *testing.F) { formattest.Fuzz(f, nobl9tf.Format(), "a.tf") }
