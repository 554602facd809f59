package prometheus

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/slagate/slagate/internal/commitment"
)

// one reads a single alert with a condition.
func one(t *testing.T, expr string) commitment.Commitment {
	t.Helper()
	got := Format().Parse("rules.yml", []byte("groups:\n- name: g\n  rules:\n  - alert: A\n    expr: |\n      "+strings.ReplaceAll(expr, "\n", "\n      ")+"\n"))
	require.Len(t, got.Commitments, 1, "%v", got.Problems)
	return got.Commitments[0]
}

// said is what the fields of a condition say, notes and what it looks at left out.
func said(c commitment.Commitment) []string {
	var out []string
	for _, f := range c.Fields {
		switch {
		case f.Name == "for", f.Name == "interval", f.Role == commitment.RoleNote, f.Role == commitment.RoleScope:
			continue
		}
		number := f.Value.Text
		if f.Value.Num != nil {
			number += "=" + f.Value.Num.RatString()
		}
		out = append(out, strings.TrimSpace(fmt.Sprintf("%s %s %s %s", f.Name, number, f.Role, f.Better)))
	}
	return out
}

func TestAConditionIsTakenApart(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ expr, skeleton, fields string }{
		{`sum(rate(errors_total[5m])) by (b,a) > 5`, `sum by (a,b) (rate(errors_total[?1])) > ?`, "threshold 5=5 threshold lower; range 5m=300 delay"},
		{`(sum by (a, b) (rate(errors_total [5m])))>=5.0`, `sum by (a,b) (rate(errors_total[?1])) > ?`, "threshold 5.0=5 threshold lower; range 5m=300 delay"},
		{`5 < x`, `x > ?`, "threshold 5=5 threshold lower"},
		{`x < 5`, `x < ?`, "threshold 5=5 threshold higher"},
		{`x == 5`, `x == ?`, "threshold 5=5 threshold"},
		{`x > 60 * 45`, `x > ?`, "threshold 60 * 45=2700 threshold lower"},
		{`x > 2*(10^8)`, `x > ?`, "threshold 2*(10^8)=200000000 threshold lower"},
		{`x > -5`, `x > ?`, "threshold -5=-5 threshold lower"},
		{`x > (14.4 * 0.001)`, `x > ?`, "threshold 14.4 * 0.001=9/625 threshold lower"},
		{`time() - x > 1h`, `(time() - x) > ?`, "threshold 1h=3600 threshold lower"},
		// Below unless, a divisor, a minus, bool: the direction turns or holds.
		{`up unless on(a) x > 5`, `up`, "threshold of x 5=5 threshold higher; fires only unless on(a) x > ? suppression"},
		{`a > 5 and b < 3`, `a > ?`, "threshold 5=5 threshold lower; threshold of b 3=3 threshold higher; fires only and b < ? suppression"},
		{`a > 5 or absent(a)`, `a > ?`, "threshold 5=5 threshold lower; also fires on absent(a) coverage"},
		{`count(x > 5) > 3`, `count(x > ?) > ?`, "threshold 5=5 threshold lower; threshold 3=3 threshold lower"},
		{`count(x > 5) < 3`, `count(x > ?) < ?`, "threshold 5=5 threshold; threshold 3=3 threshold higher"},
		{`avg(x > 5) > 3`, `avg(x > ?) > ?`, "threshold 5=5 threshold; threshold 3=3 threshold lower"},
		{`avg(x > bool 5) > 0.5`, `avg(x > bool ?) > ?`, "threshold 5=5 threshold lower; threshold 0.5=1/2 threshold lower"},
		{`avg(x > bool 5) < 0.5`, `avg(x > bool ?) < ?`, "threshold 5=5 threshold higher; threshold 0.5=1/2 threshold higher"},
		{`x > 0.9 * max_bytes`, `x > (? * max_bytes)`, "threshold 0.9=9/10 threshold lower"},
		{`x > 0.9 * y`, `x > (? * y)`, "threshold 0.9=9/10 threshold"},
		{`x < y - 5`, `x < (y - ?)`, "threshold 5=5 threshold lower"},
		{`x > bool 5`, `x > bool ?`, "threshold 5=5 threshold"},
		// Ranges.
		{`increase(x[1h]) > 3`, `increase(x[?1]) > ?`, "threshold 3=3 threshold lower; range 1h=3600 threshold"},
		{`increase(x[1h]) == 0`, `increase(x[?1]) == ?`, "threshold 0=0 threshold; range 1h=3600 delay"},
		{`increase(a[1h]) / increase(b[1h]) > 0.1`, `(increase(a[?1]) / increase(b[?1])) > ?`, "threshold 0.1=1/10 threshold lower; range 1h=3600 delay"},
		{`rate(a[5m]) / rate(b[10m]) > 1`, `(rate(a[?1]) / rate(b[?2])) > ?`, "threshold 1=1 threshold lower; range 5m=300 delay; range 10m=600 delay"},
		{`rate(a_total[5m]) > 0`, `rate(a_total[?1]) > ?`, "threshold 0=0 threshold lower; range 5m=300 threshold"},
		{`rate(a_total[5m]) / rate(b_total[5m]) > 0`, `(rate(a_total[?1]) / rate(b_total[?1])) > ?`, "threshold 0=0 threshold lower; range 5m=300 threshold"},
		{`rate(a_total[5m]) == 0`, `rate(a_total[?1]) == ?`, "threshold 0=0 threshold; range 5m=300 delay"},
		{`min_over_time(x[10m]) > 1`, `min_over_time(x[?1]) > ?`, "threshold 1=1 threshold lower; range 10m=600 delay"},
		{`min_over_time(x[10m]) < 1`, `min_over_time(x[?1]) < ?`, "threshold 1=1 threshold higher; range 10m=600 threshold"},
		{`avg_over_time((rate(x[5m]))[1h:1m]) > 1`, `avg_over_time(rate(x[?1])[?2:1m]) > ?`, "threshold 1=1 threshold lower; range 5m=300 delay; range 1h=3600 delay"},
		{`absent_over_time(x[10m])`, `absent_over_time(x[?1])`, "range 10m=600 delay"},
		{`x offset 10m > 1`, `x > ?`, "threshold 1=1 threshold lower; offset 10m=600 delay"},
		{`x / x offset 1d < 0.5`, `(x / x offset ?) < ?`, "threshold 0.5=1/2 threshold higher; offset 1d=86400 threshold"},
		// Latency.
		{`sum(rate(d_bucket{le="0.5"}[5m])) / sum(rate(d_count[5m])) < 0.99`, `(sum(rate(d_bucket{le="?"}[?1])) / sum(rate(d_count[?1]))) < ?`, "threshold 0.99=99/100 threshold higher; range 5m=300 delay; le 0.5=1/2 threshold lower"},
		{`1 - sum(rate(d_bucket{le="0.5"}[5m])) / sum(rate(d_count[5m])) > 0.01`, `(1 - (sum(rate(d_bucket{le="?"}[?1])) / sum(rate(d_count[?1])))) > ?`, "threshold 0.01=1/100 threshold lower; range 5m=300 delay; le 0.5=1/2 threshold lower"},
		{`sum(rate(d_bucket{le="+Inf"}[5m])) > 1`, `sum(rate(d_bucket{le="+Inf"}[?1])) > ?`, "threshold 1=1 threshold lower; range 5m=300 delay"},
		{`histogram_quantile(0.99, sum by (le) (rate(d_bucket[5m]))) > 2`, `histogram_quantile(?, sum by (le) (rate(d_bucket[?1]))) > ?`, "threshold 2=2 threshold lower; quantile 0.99=99/100 threshold higher; range 5m=300 delay"},
		{`predict_linear(free[6h], 4*3600) < 0`, `predict_linear(free[?1], ?) < ?`, "threshold 0=0 threshold higher; horizon 4*3600=14400 threshold higher; range 6h=21600 delay"},
		{`label_replace(x, "a", "${1}", "b", "(.*)") > 1`, `label_replace(x, "a", "${1}", "b", "(.*)") > ?`, "threshold 1=1 threshold lower"},
		// Templates inside valid YAML.
		{`{% raw %}x{a="b"} > 1{% endraw %}`, `x > ?`, "threshold 1=1 threshold lower"},
		{`x > {{ .Values.limit }}`, `x > ?`, "threshold {{ .Values.limit }} threshold lower"},
		{`rate(x[{{ .Values.window }}]) > 1`, `rate(x[?1]) > ?`, "threshold 1=1 threshold lower; range {{ .Values.window }} threshold"},
		{`rate(x[${window}m]) > 1`, `rate(x[?1]) > ?`, "threshold 1=1 threshold lower; range ${window}m threshold"},
	} {
		got := one(t, c.expr)
		require.Equal(t, c.skeleton, got.Indicator, c.expr)
		require.Equal(t, c.fields, strings.Join(said(got), "; "), c.expr)
		require.Equal(t, c.expr, got.Shown)
		require.Equal(t, strings.ContainsAny(c.fields, "$") || strings.Contains(c.fields, "{{"), got.Source.Template, c.expr)
	}
}
