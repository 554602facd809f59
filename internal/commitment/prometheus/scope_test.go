package prometheus

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/slagate/slagate/internal/commitment"
)

func TestMoreOfASelectorIsGoodOrBad(t *testing.T) {
	t.Parallel()
	for expr, want := range map[string]commitment.Better{
		`up{job="a"} == 0`:                         commitment.Higher,
		`rate(x_total{job="a"}[5m]) > 1`:           commitment.Higher,
		`sum(rate(x_total{job="a"}[5m])) > 1`:      commitment.Higher,
		`count(up{job="a"} == 0) > 1`:              commitment.Higher,
		`max(x{job="a"}) > 1`:                      commitment.Higher,
		`absent(up{job="a"})`:                      commitment.Lower,
		`absent_over_time(up{job="a"}[5m])`:        commitment.Lower,
		`predict_linear(x{job="a"}[6h], 3600) < 0`: commitment.Higher,
		`increase(x_total{job="a"}[1h]) == 0`:      commitment.Higher,
		`changes(x{job="a"}[1h]) > 3`:              commitment.Higher,
		`sum(changes(x{job="a"}[1h])) > 3`:         commitment.Higher,
		`sum(delta(x{job="a"}[1h])) > 3`:           commitment.Neither,
		`y unless on(a) x{job="a"}`:                commitment.Lower,
		`sum(rate(x_total{job="a"}[5m])) < 1`:      commitment.Neither,
		`avg(x{job="a"}) > 1`:                      commitment.Neither,
		`count(up{job="a"}) < 3`:                   commitment.Neither,
		`histogram_quantile(0.9, x{job="a"}) > 1`:  commitment.Neither,
		`z > on(a) count by (a) (up{job="a"})`:     commitment.Neither,
		`sum(z_total) / sum(x_total{job="a"}) > 1`: commitment.Neither,
		`z_total / on(a) x_total{job="a"} > 1`:     commitment.Higher,
	} {
		c := one(t, expr)
		for _, f := range c.Fields {
			if f.Role == commitment.RoleScope && f.Value.Text != "everything" {
				require.Equal(t, want, f.Better, expr)
				require.Equal(t, `job="a"`, f.Value.Text, expr)
			}
		}
		require.NotContains(t, c.Indicator, "job", expr)
	}
}

// A bound of a bucket that is no number, and a template, stay a part of what is measured.
func TestNotEveryMatcherIsAScope(t *testing.T) {
	t.Parallel()
	require.Contains(t, one(t, `rate(d_bucket{le="+Inf"}[5m]) > 1`).Indicator, `{le="+Inf"}`)
	require.NotEqual(t, one(t, `up{job="{{ .a }}"} == 0`).Indicator, one(t, `up{job="{{ .b }}"} == 0`).Indicator)
	require.NotEqual(t, one(t, `{__name__=~"a.*"} > 1`).Indicator, one(t, `{__name__=~"b.*"} > 1`).Indicator)
}

func TestAConditionIsCutWhereItMeansTheSame(t *testing.T) {
	t.Parallel()
	a, b := one(t, `absent(x) or x > 5`), one(t, `x > 5 or absent(x)`)
	require.Equal(t, a.Indicator, b.Indicator)
	require.Equal(t, said(a), said(b))
	require.Equal(t, "x > ?", a.Indicator)
	require.Equal(t, "absent(x)", one(t, `absent(x) and on(a) y or x > 5`).Indicator, "what belongs together stays so")

	require.Contains(t, said(one(t, `x unless on(a) (y or z)`)), "fires only unless on(a) y, unless on(a) z suppression")
	require.Contains(t, said(one(t, `x unless on(a) (y or on(b) z)`)), "fires only unless on(a) y or on(b) z suppression")
}
