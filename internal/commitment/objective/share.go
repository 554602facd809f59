package objective

import (
	"math/big"
	"strings"

	"github.com/slagate/slagate/internal/commitment"
	"github.com/slagate/slagate/internal/commitment/source"
)

// Percent reads the target of a format that writes percentages. At most 1 is not
// believed: it may be a ratio by mistake, and 99.9 -> 0.999 is no weakening by a
// factor (formats.md 2.1).
func Percent(text string) commitment.Value {
	v := commitment.PercentOf(text)
	if v.Num == nil || v.Num.Cmp(big.NewRat(1, 100)) <= 0 || v.Num.Cmp(big.NewRat(1, 1)) > 0 {
		return commitment.Unread(text)
	}
	return v
}

// Ratio reads the target of a format that writes ratios. Above 1 is not believed.
func Ratio(text string) commitment.Value {
	v := commitment.RatioOf(text)
	if v.Num == nil || v.Num.Sign() <= 0 || v.Num.Cmp(big.NewRat(1, 1)) > 0 {
		return commitment.Unread(text)
	}
	return v
}

// Share reads a target of which the format does not say whether it is a ratio or a percentage.
func Share(text string) commitment.Value {
	v := commitment.ShareOf(text)
	if v.Num == nil || v.Num.Sign() <= 0 || v.Num.Cmp(big.NewRat(1, 1)) > 0 {
		return commitment.Unread(text)
	}
	return v
}

// Target adds the promised share and says so where it cannot be one.
func (f *Found) Target(fields *Fields, name string, n source.Node, read Reader) {
	v := n.As(read)
	if v.Opaque && !n.Opaque() && !strings.Contains(v.Text, "{{") {
		f.Problem(n, "the target %q is no share that can be compared", Squeeze(v.Text))
	}
	fields.Put(name, commitment.RoleTarget, commitment.Higher, n, v)
}

// Window reads a length of time with its unit.
func Window(text string) commitment.Value { return commitment.Duration(text, commitment.NoPlain) }

// Number reads a plain number.
func Number(text string) commitment.Value { return commitment.Number(text, commitment.None) }

// Squeeze makes one line of a text: white space means nothing in it.
func Squeeze(text string) string { return strings.Join(strings.Fields(text), " ") }
