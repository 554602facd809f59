package opsgenie_test

import (
	"testing"

	"github.com/slagate/slagate/internal/commitment/formattest"
	"github.com/slagate/slagate/internal/commitment/opsgenie"
)

func FuzzParse(f *testing.F) { formattest.Fuzz(f, opsgenie.Format(), "a.tf") }
