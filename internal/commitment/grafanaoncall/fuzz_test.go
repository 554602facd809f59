package grafanaoncall_test

import (
	"testing"

	"github.com/slagate/slagate/internal/commitment/formattest"
	"github.com/slagate/slagate/internal/commitment/grafanaoncall"
)

func FuzzParse(f *testing.F) { formattest.Fuzz(f, grafanaoncall.Format(), "a.tf") }
