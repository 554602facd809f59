package prometheus

import (
	"math/big"
	"strings"

	"github.com/prometheus/prometheus/promql/parser"

	"github.com/slagate/slagate/internal/commitment"
)

// The bounds of exact arithmetic: what is larger is no number that somebody signs.
const (
	maxBits  = 2048
	maxPower = 64
)

// constant is the exact value of an expression made of numbers only: 60*45, 2*(10^8),
// -5, 14.4 * (1 - 0.999), 1h. text is what the expression was parsed from.
func constant(e parser.Expr, text string) (*big.Rat, bool) { return constantAt(e, text, 0) }

func constantAt(e parser.Expr, text string, depth int) (*big.Rat, bool) {
	if depth > maxLook {
		return nil, false
	}
	switch e := bare(e).(type) {
	case *parser.NumberLiteral:
		return literal(e, text)
	case *parser.UnaryExpr:
		n, ok := constantAt(e.Expr, text, depth+1)
		if ok && e.Op == parser.SUB {
			n = new(big.Rat).Neg(n)
		}
		return n, ok
	case *parser.BinaryExpr:
		x, ok := constantAt(e.LHS, text, depth+1)
		if !ok {
			return nil, false
		}
		y, ok := constantAt(e.RHS, text, depth+1)
		if !ok {
			return nil, false
		}
		return calculate(e.Op, x, y)
	case *parser.Call:
		if e.Func.Name == "vector" && len(e.Args) == 1 {
			return constantAt(e.Args[0], text, depth+1)
		}
	}
	return nil, false
}

// literal reads a number as it is written, exactly; the parser's own value is a float.
func literal(e *parser.NumberLiteral, text string) (*big.Rat, bool) {
	written := strings.Join(strings.Fields(piece(e, text)), "")
	negative := strings.HasPrefix(written, "-")
	written = strings.TrimLeft(written, "+-")
	n, ok := commitment.ParseNumber(written)
	if !ok {
		n = commitment.Duration(written, commitment.NoPlain).Num
	}
	if n == nil {
		return nil, false
	}
	if negative {
		n = n.Neg(n)
	}
	return n, true
}

func calculate(op parser.ItemType, x, y *big.Rat) (*big.Rat, bool) {
	out := new(big.Rat)
	switch op {
	case parser.ADD:
		out.Add(x, y)
	case parser.SUB:
		out.Sub(x, y)
	case parser.MUL:
		out.Mul(x, y)
	case parser.DIV:
		if y.Sign() == 0 {
			return nil, false
		}
		out.Quo(x, y)
	case parser.POW:
		return power(x, y)
	default:
		return nil, false
	}
	return out, out.Num().BitLen() <= maxBits && out.Denom().BitLen() <= maxBits
}

// power raises to a whole power, one multiplication after the other.
func power(x, y *big.Rat) (*big.Rat, bool) {
	if !y.IsInt() || !y.Num().IsInt64() {
		return nil, false
	}
	n := y.Num().Int64()
	if n > maxPower || n < -maxPower || n < 0 && x.Sign() == 0 {
		return nil, false
	}
	out := big.NewRat(1, 1)
	for range max(n, -n) {
		next, ok := calculate(parser.MUL, out, x)
		if !ok {
			return nil, false
		}
		out = next
	}
	if n < 0 {
		out.Inv(out)
	}
	return out, true
}

// piece is what an expression was parsed from.
func piece(e parser.Expr, text string) string {
	at := e.PositionRange()
	if at.Start < 0 || int(at.End) > len(text) || at.Start > at.End {
		return ""
	}
	return text[at.Start:at.End]
}

// plain writes an exact number as people do, as a fraction where it has no end.
func plain(n *big.Rat) string {
	if n.IsInt() {
		return n.Num().String()
	}
	if places, exact := n.FloatPrec(); exact && places < maxPower {
		return n.FloatString(places)
	}
	return n.RatString()
}
