package datadogoncall_test

import (
	"testing"

	"github.com/slagate/slagate/internal/commitment/datadogoncall"
	"github.com/slagate/slagate/internal/commitment/formattest"
)

func FuzzParse(f *testing.F) { formattest.Fuzz(f, datadogoncall.Format(), "a.tf") }
