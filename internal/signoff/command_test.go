package signoff_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/slagate/slagate/internal/signoff"
)

func TestParseCommands(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, body string
		want       []string
	}{
		{"plain", "/sla sign legal", []string{"/sla sign legal"}},
		{"with note", "/sla sign legal  agreed with ACME ", []string{"/sla sign legal  agreed with ACME"}},
		{"second line", "Looks fine.\n/sla sign legal\nthanks", []string{"/sla sign legal"}},
		{"two", "/sla sign legal\n\n/sla done rollback tried", []string{"/sla sign legal", "/sla done rollback tried"}},
		{"browser line ends", "ok\r\n/sla sign legal\r\n", []string{"/sla sign legal"}},
		{"middle of a line", "please write /sla sign legal", nil},
		{"quote", "> /sla sign legal\n\nno", nil},
		{"lazy quote", "> he said\n/sla sign legal", nil},
		{"fence", "```\n/sla sign legal\n```", nil},
		{"unclosed fence", "```\n/sla sign legal", nil},
		{"indented code", "    /sla sign legal", nil},
		{"code span", "`\n/sla sign legal\n`", nil},
		{"span line", "`/sla sign legal`", nil},
		{"comment", "<!--\n/sla sign legal\n-->", nil},
		{"comment with blank line", "<!-- a\n\n/sla sign legal\n-->", nil},
		{"inline comment", "text <!-- a\n/sla sign legal\n--> text", nil},
		{"folded", "<details><summary>x</summary>\n\n/sla sign legal\n\n</details>", nil},
		{"folded inline", "x <details>\n/sla sign legal\n</details>", nil},
		{"after folded", "<details>\n\nx\n\n</details>\n\n/sla sign legal", []string{"/sla sign legal"}},
		{"list", "- /sla sign legal", nil},
		{"heading", "# /sla sign legal", nil},
		{"another word", "/slack me", nil},
		{"emphasis after", "/sla sign legal *really*", []string{"/sla sign legal *really*"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var got []string
			for _, c := range signoff.ParseCommands(tt.body) {
				got = append(got, c.Text)
			}
			require.Equal(t, tt.want, got)
		})
	}
}

func TestCommandParts(t *testing.T) {
	t.Parallel()
	cs := signoff.ParseCommands("/sla NA Rollback  no data is changed")
	require.Len(t, cs, 1)
	require.Equal(t, signoff.VerbNA, cs[0].Verb)
	require.Equal(t, "rollback", cs[0].Arg)
	require.Equal(t, "no data is changed", cs[0].Rest)
	require.Equal(t, signoff.VerbHelp, signoff.ParseCommands("/sla")[0].Verb)
}

// FuzzParseCommands: whatever the text is, a command is a whole line of it that
// begins with the word, and the same text quoted says nothing.
func FuzzParseCommands(f *testing.F) {
	f.Add("/sla sign legal")
	f.Add("> quote\n/sla\n<details>")
	f.Add("x\r\n\t/sla sign legal\r\n- /sla done x")
	f.Fuzz(func(t *testing.T, body string) {
		lines := strings.Split(strings.ReplaceAll(body, "\r\n", "\n"), "\n")
		for _, c := range signoff.ParseCommands(body) {
			require.True(t, slices.ContainsFunc(lines, func(l string) bool { return strings.TrimSpace(l) == c.Text }), "%q in %q", c.Text, body)
			require.Equal(t, "/sla", strings.Fields(c.Text)[0])
			require.NotEmpty(t, c.Verb)
		}
		require.Empty(t, signoff.ParseCommands("> "+strings.Join(lines, "\n> ")), "quoted")
	})
}
