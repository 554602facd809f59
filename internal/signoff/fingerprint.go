package signoff

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"hash"
	"slices"
	"strings"

	"github.com/slagate/slagate/internal/pull"
)

// Fingerprint is the identity of what a function is asked to agree to: SHA-256
// over length-prefixed fields of its name, every item and the checklist ids shown to
// it. Of an item it is both paths, both modes, and the changes of commitments where
// both sides were read, else both blobs. Neither rule texts nor titles nor commit ids
// are part of it, so a rebase or a reworded comment that leaves the promises alike
// leaves the fingerprint alike.
func Fingerprint(function string, items []pull.Item, checklist []string) string {
	h := sha256.New()
	put(h, "slagate fingerprint v2", function)
	sorted := slices.Clone(items)
	slices.SortFunc(sorted, func(a, b pull.Item) int {
		if c := strings.Compare(a.Path, b.Path); c != 0 {
			return c
		}
		return strings.Compare(a.Previous, b.Previous)
	})
	putCount(h, len(sorted))
	for _, it := range sorted {
		put(h, it.Path, it.Previous, it.Before.Mode, it.After.Mode)
		if !it.Read {
			put(h, "contents", it.Before.OID, it.After.OID)
			continue
		}
		put(h, "changes")
		putCount(h, len(it.Changes))
		for _, c := range it.Changes {
			put(h, c.Digest)
		}
	}
	ids := slices.Clone(checklist)
	slices.Sort(ids)
	putCount(h, len(ids))
	put(h, ids...)
	return hex.EncodeToString(h.Sum(nil))
}

// put writes fields with their length before them, so that no two lists of
// fields give the same bytes.
func put(h hash.Hash, fields ...string) {
	for _, f := range fields {
		putCount(h, len(f))
		h.Write([]byte(f)) // hash.Hash never returns an error
	}
}

func putCount(h hash.Hash, n int) {
	var b [8]byte
	binary.BigEndian.PutUint64(b[:], uint64(n)) //nolint:gosec // a length is never negative
	h.Write(b[:])
}
