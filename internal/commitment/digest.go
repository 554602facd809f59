package commitment

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"hash"
	"slices"
)

// Digest identifies what a change does to a promise, for a sign-off to be bound to:
// SHA-256 over length-prefixed fields of the kind, the key, the indicator and the
// values on both sides (product.md 2.4). Where it stands is not part of it, nor are
// texts that promise nothing, nor the effect and the words, which are slagate's own.
func (c *Change) Digest() string {
	h := sha256.New()
	field(h, "slagate change v1")
	field(h, string(c.Kind))
	for _, side := range []*Commitment{c.Before, c.After} {
		if side == nil {
			field(h, "none")
			continue
		}
		field(h, "some")
		for _, part := range []string{side.Key.Format, side.Key.Namespace, side.Key.Group, side.Key.Name, side.Key.Sub} {
			field(h, part)
		}
		bare := *side
		bare.Fields = nil
		for _, f := range side.Fields {
			if f.Role != RoleNote {
				bare.Fields = append(bare.Fields, f)
			}
		}
		field(h, content(&bare))
	}
	for _, other := range slices.Sorted(slices.Values(c.folded)) {
		field(h, other)
	}
	return hex.EncodeToString(h.Sum(nil))
}

// field writes a text with its length before it, so that no two lists of texts give
// the same bytes.
func field(h hash.Hash, text string) {
	var n [8]byte
	binary.BigEndian.PutUint64(n[:], uint64(len(text)))
	h.Write(n[:]) // hash.Hash never returns an error
	h.Write([]byte(text))
}
