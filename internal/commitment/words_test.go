package commitment

import (
	"math/big"
	"testing"

	"github.com/stretchr/testify/require"
)

// What people read first: no bare field names, numbers as they say them, and never "it
// promises what it did before" where something differs.
func TestAChangeIsSaidInWords(t *testing.T) {
	t.Parallel()
	alert := func(fields ...Field) Commitment {
		return Commitment{Key: Key{Format: "x", Name: "DiskFull"}, Kind: Detection, Name: "DiskFull", Indicator: "free", Fields: fields}
	}
	threshold := func(text string, n int64) Field {
		return Field{Name: "threshold", Role: RoleThreshold, Better: Higher, Value: Exactly(text, new(big.Rat).SetInt64(n), None)}
	}
	severity := func(word string) Field {
		return Field{Name: "severity", Role: RoleSeverity, Value: Words(word)}
	}
	note := func(text string) Field {
		return Field{Name: "annotations.summary", Role: RoleNote, Value: Words(text)}
	}
	hours := func(text string, rank int64) Commitment {
		return Commitment{Key: Key{Format: "x", Name: "support hours"}, Kind: SupportHours, Name: "support hours (phone)", Fields: []Field{{Name: "hours", Role: RoleRank, Value: Choice(text, rank)}}}
	}
	for _, c := range []struct {
		name, want    string
		before, after Commitment
	}{
		{"bytes", "The alert DiskFull starts at 20 GiB instead of 10 GiB, so earlier. Better for customers.", alert(threshold("10 * 1024 * 1024 * 1024", 10<<30)), alert(threshold("20 * 1024 * 1024 * 1024", 20<<30))},
		{"a calculation", "The alert DiskFull starts at 3,600,000 instead of 3,000,000, so earlier. Better for customers.", alert(threshold("3000 * 1000", 3_000_000)), alert(threshold("60 * 60 * 1000", 3_600_000))},
		{"only a note", "The alert DiskFull: only the summary changed. For customers it stays as it was.", alert(threshold("1", 1), note("a")), alert(threshold("1", 1), note("b"))},
		{"another word", "The alert DiskFull: crit is another word for the same urgency as critical. For customers it stays as it was.", alert(severity("critical")), alert(severity("crit"))},
		{"an unknown word", "The alert DiskFull has the urgency blue instead of critical. Whether that is better or worse for customers cannot be told. Please judge.", alert(severity("critical")), alert(severity("blue"))},
		{"two sentences", "The alert DiskFull has the urgency critical instead of warning, more urgent. It starts at 2 instead of 1, so earlier. Better for customers.", alert(severity("warning"), threshold("1", 1)), alert(severity("critical"), threshold("2", 2))},
		{"hours", `The promised support hours (phone): now "24x5" instead of "24/7". Weaker for customers.`, hours("24/7", 10080), hours("24x5", 7200)},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r := Diff(Set{Commitments: []Commitment{c.before}}, Set{Commitments: []Commitment{c.after}}, Options{})
			require.Len(t, r.Changes, 1)
			require.Equal(t, c.want, r.Changes[0].Text)
		})
	}
	gone := alert(severity("critical"), threshold("2", 2))
	r := Diff(Set{Commitments: []Commitment{gone}}, Set{}, Options{})
	require.Equal(t, "The alert DiskFull is gone. It had the urgency critical and started at 2. This fault is not noticed by it any more.", r.Changes[0].Text)
}
