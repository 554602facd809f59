package datadogoncall_test

import (
	"testing"

	"github.com/slagate/slagate/internal/commitment/formattest"
	"github.com/slagate/slagate/internal/commitment/datadogoncall"
)

func FuzzParse(f *testing.F) { formattest.Fuzz(f, datadogoncall.Format(), "a.tf") }
