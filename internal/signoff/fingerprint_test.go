package signoff_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/slagate/slagate/internal/commitment"
	"github.com/slagate/slagate/internal/pull"
	"github.com/slagate/slagate/internal/signoff"
)

// The content decides, not the commits that brought it nor the order in which
// GitHub lists it.
func ExampleFingerprint() {
	slo := pull.Item{
		Path: "slo/checkout.yml", Effect: commitment.Unknown,
		Before: pull.Entry{Mode: "100644", OID: "a1"}, After: pull.Entry{Mode: "100644", OID: "a2"},
	}
	escalation := pull.Item{Path: "oncall/tree.yml", After: pull.Entry{Mode: "100644", OID: "b1"}}

	first := signoff.Fingerprint("legal", []pull.Item{slo, escalation}, []string{"impact"})
	again := signoff.Fingerprint("legal", []pull.Item{escalation, slo}, []string{"impact"})
	slo.After.OID = "a3"
	changed := signoff.Fingerprint("legal", []pull.Item{slo, escalation}, []string{"impact"})

	fmt.Println(len(first), first == again, first == changed)
	// Output: 64 true false
}

func drawItems(t *rapid.T) []pull.Item {
	short := rapid.StringOfN(rapid.RuneFrom([]rune("ab/é")), 0, 4, -1)
	return rapid.SliceOfNDistinct(rapid.Custom(func(t *rapid.T) pull.Item {
		return pull.Item{
			Path: short.Draw(t, "path"), Previous: short.Draw(t, "previous"),
			Before: pull.Entry{Mode: short.Draw(t, "mode"), OID: short.Draw(t, "oid")},
			After:  pull.Entry{Mode: short.Draw(t, "mode"), OID: short.Draw(t, "oid")},
		}
	}), 1, 4, func(it pull.Item) string { return it.Path }).Draw(t, "items")
}

// TestFingerprintTellsApart: any small change of what is asked gives another
// fingerprint, also one that only moves a byte from one field to the next.
func TestFingerprintTellsApart(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		items := drawItems(t)
		list := rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"a", "b", "ab", "impact"}), 0, 3, rapid.ID[string]).Draw(t, "list")
		same := signoff.Fingerprint("legal", items, list)
		differs := func(what, function string, items []pull.Item, list []string) {
			require.NotEqual(t, same, signoff.Fingerprint(function, items, list), what)
		}
		differs("function", "legals", items, list)
		differs("less", "legal", items[1:], list)
		differs("list", "legal", items, append(slices.Clone(list), "z"))
		// A path that looks like what follows: what is a list and what is an item is told by the counts.
		differs("item as list", "legal", items[1:], append(slices.Clone(list), items[0].Path))

		i := rapid.IntRange(0, len(items)-1).Draw(t, "item")
		fields := func(it *pull.Item) []*string {
			return []*string{&it.Path, &it.Previous, &it.Before.Mode, &it.Before.OID, &it.After.Mode, &it.After.OID}
		}
		k := rapid.IntRange(0, 5).Draw(t, "field")
		changed := slices.Clone(items)
		*fields(&changed[i])[k] += "x"
		differs("field", "legal", changed, list)

		moved := slices.Clone(items)
		if from, to := fields(&moved[i])[k], fields(&moved[i])[(k+1)%6]; *from != "" {
			last := len(*from) - 1
			*to = (*from)[last:] + *to
			*from = (*from)[:last]
			if !slices.EqualFunc(moved, items, pull.Item.Alike) {
				differs("moved byte", "legal", moved, list)
			}
		}
	})
}

// TestFingerprintLeavesOut: what is no content leaves it alike.
func TestFingerprintLeavesOut(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		items := drawItems(t)
		list := []string{"impact", "rollback"}
		same := signoff.Fingerprint("legal", items, list)
		before := slices.Clone(items)
		other := slices.Clone(items)
		slices.Reverse(other)
		for i := range other {
			other[i].Effect, other[i].Before.Size, other[i].After.Size = commitment.Removed, 7, 8
		}
		require.Equal(t, same, signoff.Fingerprint("legal", other, []string{"rollback", "impact"}))
		signoff.Fingerprint("legal", items, list)
		require.Equal(t, before, items, "the items are left in their order")
	})
}

// TestFingerprintCounts: items that are made to look like a list, byte by byte,
// are told from it by the count before them.
func TestFingerprintCounts(t *testing.T) {
	t.Parallel()
	rest := []string{"2", "3", "4", "5", "6", "7", "8"}
	// As one of eight ids: its length, forty zero bytes and the count seven. As an
	// item: a path of eight bytes, five empty fields, and a list of seven.
	id := strings.Repeat("\x00", 47) + "\x07"
	path := strings.Repeat("\x00", 7) + "\x30"
	require.NotEqual(t,
		signoff.Fingerprint("legal", nil, append([]string{id}, rest...)),
		signoff.Fingerprint("legal", []pull.Item{{Path: path}}, rest))
}
