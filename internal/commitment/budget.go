package commitment

import (
	"math"
	"math/big"
)

// Budget is the error budget in minutes: B = (1 - T) x W for a target T over a window W
// of seconds (SRE Workbook, chapter "Implementing SLOs"; formats.md 2.3). For targets
// of requests it is an equivalent for a full outage.
func Budget(target, window *big.Rat) *big.Rat {
	left := new(big.Rat).Sub(big.NewRat(1, 1), target)
	return left.Mul(left, new(big.Rat).Quo(window, big.NewRat(60, 1)))
}

// budgets are the error budgets of both sides in minutes; false where one has none.
// A target without a window of its own is counted over 30 days.
func budgets(b, a *Commitment) (before, after, window *big.Rat, ok bool) {
	side := func(c *Commitment) (*big.Rat, *big.Rat, bool) {
		f, ok := c.Field(RoleTarget)
		one := big.NewRat(1, 1)
		if !ok || f.Value.Num == nil || f.Value.Unit != Ratio || f.Better != Higher || f.Value.Num.Sign() <= 0 || f.Value.Num.Cmp(one) > 0 {
			return nil, nil, false
		}
		w := big.NewRat(30*24*3600, 1)
		if win, ok := c.Field(RoleWindow); ok && win.Value.Num != nil && win.Value.Unit == Seconds && win.Value.Num.Sign() > 0 {
			w = win.Value.Num
		}
		return Budget(f.Value.Num, w), w, true
	}
	x, _, okb := side(b)
	y, w, oka := side(a)
	return x, y, w, okb && oka
}

// magnitude orders changes of one effect: by the ratio of the budgets, the ratio of the
// numbers, whatever there is. It is for sorting only.
func magnitude(b, a *Commitment) float64 {
	if x, y, _, ok := budgets(b, a); ok {
		return logRatio(x, y)
	}
	sum := 0.0
	for _, p := range fieldPairs(b, a) {
		if p.before.Value.Num != nil && p.after.Value.Num != nil && p.after.Role != RoleDelay && p.after.Role != RoleNote {
			sum += logRatio(p.before.Value.Num, p.after.Value.Num)
		}
	}
	return sum
}

// logRatio is how far apart two amounts are, in factors of two.
func logRatio(x, y *big.Rat) float64 {
	if x.Sign() <= 0 || y.Sign() <= 0 {
		if x.Cmp(y) == 0 {
			return 0
		}
		return 10
	}
	f, _ := new(big.Rat).Quo(y, x).Float64()
	return math.Abs(math.Log2(f))
}
