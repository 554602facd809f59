package cli

import (
	"bytes"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/slagate/slagate/internal/checkout"
	"github.com/slagate/slagate/internal/pull"
)

// found is a branch with one changed file.
func found(path string) checkout.Branch {
	sn := pull.Snapshot{
		Pull:  pull.Pull{Open: true, BaseBranch: path, Head: "abc", MergeBase: "def"},
		Files: []pull.File{{Path: path}},
	}
	sn.Policy.Base.State = pull.BlobFound
	return checkout.Branch{Snapshot: sn, Base: path}
}

func TestProgressSpeaksOnlyWhenItTakesLong(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name  string
		on    bool
		takes time.Duration
		want  string
	}{
		{"quick", true, patience / 2, ""},
		{"long", true, 2 * patience, "slagate: looking …\r\x1b[K"},
		{"long without a terminal", false, 2 * patience, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				var out bytes.Buffer
				done := progress(&out, tt.on, "looking")
				<-time.After(tt.takes) // the bubble's clock, which does not wait
				done()
				require.Equal(t, tt.want, out.String())
			})
		})
	}
}

func TestShortRef(t *testing.T) {
	t.Parallel()
	sha := "4fe87c0a03d14447e3183c7e81afac1286e63495"
	for ref, want := range map[string]string{
		"origin/main": "origin/main", sha: "4fe87c0a", sha + "^": "4fe87c0a^", "abc": "abc", "": "", "deadbeef~2": "deadbeef~2",
	} {
		require.Equal(t, want, shortRef(ref))
	}
}
