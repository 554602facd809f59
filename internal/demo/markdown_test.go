package demo

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestToHTML(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ name, markdown, want string }{
		{"a comment is hidden", "a <!-- x --> b", "<p>a  b</p>\n"},
		{"an endless comment hides the rest", "<!-- x\n<b>y", ""},
		{"a script is text", "<script>alert(1)</script>", "alert(1)"},
		{"a tag inside is dropped", "a <img src=x onerror=alert(1)> b", "<p>a  b</p>\n"},
		{"an attribute is not let through", "<details open ontoggle=alert(1)>x", "x"},
		{"folds", "<details>\n<summary>S & T</summary>\n\n*in*\n\n</details>\n", "<details>\n<summary>S &amp; T</summary>\n<p><em>in</em></p>\n</details>\n"},
		{"a fold is closed", "<details>\n\nin", "<details>\n<p>in</p>\n</details>"},
		{"only what is open is closed", "</details>\n\nx", "\n<p>x</p>\n"},
		{"a script in a link", "[x](javascript:alert(1))", "<p><a href=\"\">x</a></p>\n"},
		{"a picture is its text", "![cat](https://elsewhere.test/cat.png)", "<p>[cat]</p>\n"},
		{"mentions", "hi @acme/legal, @lee. me@x", "<p>hi <strong>@acme/legal</strong>, <strong>@lee</strong>. me@x</p>\n"},
		{"text", "a < b & \"c\"", "<p>a &lt; b &amp; &quot;c&quot;</p>\n"},
		{"a box of somebody", "- [x] <!-- item:rollback --> done", "<ul>\n<li><input type=\"checkbox\" disabled checked>  done</li>\n</ul>\n"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got, err := toHTML(test.markdown, "")
			require.NoError(t, err)
			require.Equal(t, test.want, string(got))
		})
	}
}

func TestToHTML_Boxes(t *testing.T) {
	t.Parallel()
	got, err := toHTML("- [ ] <!-- item:rollback --> a\n- [x] <!-- item:impact --> b\n- [ ] c\n- [ ] **d** <!-- item:no -->\n", "tick")
	require.NoError(t, err)
	require.Contains(t, got, `aria-checked="false" aria-label="rollback" form="tick" name="item" value="rollback"></button>`)
	require.Contains(t, got, `aria-checked="true" aria-label="impact" form="tick" name="item" value="impact">✓</button>`)
	require.NotContains(t, got, `value="no"`)
	require.Contains(t, got, `<input type="checkbox" disabled> c`)
}
