package prose

import (
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestSniff(t *testing.T) {
	t.Parallel()
	for _, file := range []string{
		"README.md", "docs/a.mdx", "a.rst", "a.adoc", "a.txt", "a.html", "a.htm", "v/index.html.erb", "v/index.erb", "a.html.j2", "a.md.tmpl", "a.liquid", "A.MD",
	} {
		require.True(t, Sniff(file, nil), file)
		require.True(t, Parse(file, nil).Mine, file)
	}
	for _, file := range []string{"a.yaml", "a.yml.erb", "a.go", "alert.tmpl", "md", "a.yaml.j2", ""} {
		require.False(t, Sniff(file, nil), file)
		require.False(t, Parse(file, []byte("99.9% uptime")).Mine, file)
	}
}

// Every markup says the same, with the line on which it stands.
func TestMarkups(t *testing.T) {
	t.Parallel()
	for file, text := range map[string]string{
		"sla.md": "# SLA\n\nWe reply within\n**1 hour**.\n\n| Plan | Uptime |\n|---|---|\n| Team | 99.5% |\n| Premium | 99.9 % |\n",
		"sla.mdx": "import X from 'x'\n\nWe reply within 1 hour.\n\n" +
			"| Plan | Uptime |\n|:--|--:|\n<Note>\n</Note>\n\n| Plan | Uptime |\n|---|---|\n| Team | 99.5% |\n| Premium | 99.9% |\n",
		"sla.rst":      "SLA\n===\n\nWe reply within\n*1 hour*.\n\n=======  ======\nPlan     Uptime\n=======  ======\nTeam     99.5%\nPremium  99.9%\n=======  ======\n",
		"grid.rst":     "SLA\n===\n\nWe reply within 1 hour.\n\n+---------+--------+\n| Plan    | Uptime |\n+=========+========+\n| Team    | 99.5%  |\n+---------+--------+\n| Premium | 99.9%  |\n+---------+--------+\n",
		"list.rst":     "SLA\n===\n\nWe reply within 1 hour.\n\n.. list-table:: Levels\n   :header-rows: 1\n\n   * - Plan\n     - Uptime\n   * - Team\n     - 99.5%\n   * - Premium\n     - 99.9%\n",
		"csv.rst":      "SLA\n===\n\nWe reply within 1 hour.\n\n.. csv-table:: Levels\n   :header: \"Plan\", \"Uptime\"\n\n   \"Team\", 99.5%\n   \"Premium\", 99.9%\n",
		"sla.adoc":     "= SLA\n\nWe reply within *1 hour*.\n\n|===\n|Plan |Uptime\n\n|Team\n|99.5%\n\n|Premium |99.9%\n|===\n",
		"sla.html":     "<h1>SLA</h1>\n<p>We reply within\n<b>1&nbsp;hour</b>.</p>\n<table><thead><tr><th>Plan</th><th>Uptime</th></tr></thead>\n<tbody><tr><td>Team</td><td>99.5%</td></tr>\n<tr><td>Premium</td><td>99.9%</td></tr></tbody></table>\n",
		"sla.html.erb": "<h1>SLA</h1>\n<% if x %>\n<p>We reply within 1 hour.</p>\n<% end %>\n<table><tr><td>Plan</td><td>Uptime</td></tr>\n<tr><td>Team</td><td>99.5%</td></tr>\n<tr><td>Premium</td><td>99.9%</td></tr></table>\n",
	} {
		t.Run(file, func(t *testing.T) {
			t.Parallel()
			found := said("sla/"+file, text)
			require.Len(t, found, 3)
			for i, want := range []string{"response time: response time 3600 seconds", "availability, Team: availability 0.995", "availability, Premium: availability 0.999"} {
				_, rest, _ := strings.Cut(found[i], " ")
				require.Equal(t, want, rest)
			}
			for i, sign := range []string{"We reply", "99.5%", "99.9"} {
				line, _, _ := strings.Cut(found[i], " ")
				rows := strings.Split(text, "\n")
				at := 0
				for k, row := range rows {
					if strings.Contains(row, sign) {
						at = k + 1
					}
				}
				require.Equal(t, strconv.Itoa(at), line, "%s in %s", sign, file)
			}
		})
	}
}

func TestTabsAndBlocks(t *testing.T) {
	t.Parallel()
	text := "# Support\n\n=== \"Team\"\n\n    We reply within 8 hours.\n\n=== \"Premium\"\n\n    We reply within 1 hour.\n\n!!! note\n    We fix faults within 2 days.\n"
	found := Parse("support.md", []byte(text)).Commitments
	require.Equal(t, []string{"team", "premium", "premium"}, []string{found[0].Key.Group, found[1].Key.Group, found[2].Key.Group})
	require.Equal(t, 12, found[2].Source.Line)
}

func TestSourceIsMarked(t *testing.T) {
	t.Parallel()
	c := Parse("views/support.html.erb", []byte("<p>We reply to support tickets within <%= n %> hours.</p>")).Commitments[0]
	require.True(t, c.Source.Template)
	require.NotEmpty(t, c.Caveats)
	require.True(t, c.Fields[0].Value.Opaque)
	require.Equal(t, "<%= n %> hours", c.Fields[0].Value.Text)
	c = Parse("dist/support.md", []byte("We reply to support tickets within 2 hours.")).Commitments[0]
	require.True(t, c.Source.Generated)
	require.False(t, c.Source.Template)
}
