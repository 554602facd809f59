package prose

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// FuzzParse sees that no text makes any reader fail, that a place is within the file,
// and that reading is the same each time.
func FuzzParse(f *testing.F) {
	for _, text := range []string{
		"---\ntitle: SLA\n---\n# SLA\n\nWe guarantee 99.9% uptime per month, except for holidays.\n\n| Sev | Response |\n|---|---|\n| 1 | 1 hour |\n",
		"SLA\n===\n\n.. list-table:: X\n   :header-rows: 1\n\n   * - Plan\n     - Uptime\n   * - A\n     - 99%\n\n+--+--+\n| a| b|\n+==+==+\n| c| 1 hour |\n+--+--+\n",
		"==  ==\na   b\n==  ==\nx   99.9%\n==  ==\n",
		"= SLA\n\n[cols=\"1,1\"]\n|===\n|Severity |Response time\n\n|1\n|within 2 (two) business days\n|===\n----\ncode\n----\n",
		"<h1>Support</h1><table><tr><th>Plan<th>Uptime<tr><td>A<td>99%</table><p>9am to 5pm, Monday to Friday<% if x %><%= y %> hours</p>",
		"Support is available 24x7, from 8:00 a.m. to 11.30 pm on weekdays; we update you every hour and fix faults by the end of the next working day.",
		"=== \"Tab\"\n\n    We reply within {{ n }} hours.\n\n<details><summary>x</summary>\n\n`1 hour` reply\n",
		"| Monthly uptime | Credit |\n|--|--|\n| < 99.9% | 10% |\n| < 99% | 100% |\n", "\x01\x02\x03\x00 99%", "’“”—×≥ 99,9 % uptime",
	} {
		for kind := range 5 {
			f.Add(kind, text)
		}
	}
	f.Fuzz(func(t *testing.T, kind int, text string) {
		names := []string{"sla.md", "sla.rst", "sla.adoc", "sla.html.erb", "support.txt"}
		file := names[((kind%5)+5)%5]
		found := Parse(file, []byte(text))
		require.True(t, found.Mine)
		for _, c := range found.Commitments {
			require.NotEmpty(t, c.Key.Name)
			require.GreaterOrEqual(t, c.Source.Line, 0)
			for _, field := range c.Fields {
				require.NotEmpty(t, field.Role)
			}
		}
		require.Equal(t, found, Parse(file, []byte(text)))
	})
}
