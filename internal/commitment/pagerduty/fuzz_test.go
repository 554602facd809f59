package pagerduty_test

import (
	"testing"

	"github.com/slagate/slagate/internal/commitment/formattest"
	"github.com/slagate/slagate/internal/commitment/pagerduty"
)

func FuzzParse(f *testing.F) { formattest.Fuzz(f, pagerduty.Format(), "a.tf") }
