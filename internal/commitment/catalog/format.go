package catalog

import (
	"bytes"

	"github.com/slagate/slagate/internal/commitment"
)

// Format reads the own catalog as commitments. A line that was changed is judged like
// any other promise; whether what is measured still keeps to it is the business of
// package commitment (capability.go).
func Format() commitment.Format {
	return commitment.Format{Name: commitment.CatalogFormat, Sniff: sniff, Parse: parse}
}

// sniff looks for one of the two keys in YAML or JSON.
func sniff(_ string, src []byte) bool {
	return bytes.Contains(src, []byte("commitments")) || bytes.Contains(src, []byte("escalations"))
}

func parse(path string, src []byte) commitment.Parsed {
	r := read(path, src)
	p := commitment.Parsed{Mine: r.mine, Problems: r.problems}
	for _, e := range r.entries {
		p.Commitments = append(p.Commitments, r.caveat(e.Commitment()))
	}
	for _, e := range r.paths {
		p.Commitments = append(p.Commitments, r.caveat(e.Commitment()))
	}
	return p
}

func (r *reading) caveat(c commitment.Commitment) commitment.Commitment {
	if r.template {
		c.Caveats = []string{"read without rendering the template"}
	}
	return c
}
