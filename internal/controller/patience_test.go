package controller_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/slagate/slagate/internal/pull"
)

// The status that was posted before the read is remembered although the
// evaluation's own memory began with an older one.
func TestFirstStatusIsNotForgotten(t *testing.T) {
	t.Parallel()
	f := newFake()
	c := f.controller()
	sn := f.github[12]
	sn.Teams = []pull.Team{{Slug: "acme/legal", NoAnswer: true}}
	f.github[12] = sn
	f.sign()
	_, err := c.Process(t.Context(), turn(12))
	require.Error(t, err)
	c = f.controller()
	f.readErr, f.now = errDown, ten.Add(time.Hour)
	_, err = c.Process(t.Context(), turn(12))
	require.Error(t, err)
	require.Equal(t, "error: GitHub did not answer since 10:01 UTC; trying again", f.shows("h1"))
}

// After ten minutes of a fact missing the decision itself says so, and nobody else.
func TestFactMissingIsSaidOnce(t *testing.T) {
	t.Parallel()
	f := newFake()
	c := f.controller()
	f.process(t, c, 12)
	f.sign()
	sn := f.github[12]
	sn.Teams = []pull.Team{{Slug: "acme/legal", NoAnswer: true}}
	f.github[12] = sn
	f.log = nil
	for _, m := range []int{2, 12, 13} {
		f.now = ten.Add(time.Duration(m) * time.Minute)
		_, err := c.Process(t.Context(), turn(12))
		require.Error(t, err)
	}
	posted := slices.DeleteFunc(f.log, func(s string) bool { return !strings.HasPrefix(s, "slagate on h1:") })
	require.Len(t, posted, 1)
}
