package formats_test

import (
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"
	"github.com/stretchr/testify/require"

	"github.com/slagate/slagate/internal/commitment"
	"github.com/slagate/slagate/internal/commitment/formats"
)

// A trap file in testdata/traps holds one example, the file that is named first, and
// edits of it (threats.md T11 to T14, formats.md 2.10):
//
//	-- weak/a longer wait --
//	for: 5m
//	====
//	for: 5h
//
// An edit replaces the first text by the second, once. Further pairs stand after a
// line of "----". <U+200B> stands for a character that nobody sees.
//
// "weak" edits are what a careless or malicious author does: each must be heard.
// "harmless" ones change no promise: each must be neutral at most. What is not heard,
// or heard although harmless, stands in knownSilent or knownLoud with its reason.
type trap struct {
	file     string // the trap file without its extension
	path     string
	text     string
	weak     []trapEdit
	harmless []trapEdit
}

type trapEdit struct {
	name string
	do   func(text string) (string, bool)
}

func traps(t *testing.T) []trap {
	t.Helper()
	paths, err := filepath.Glob("testdata/traps/*.txtar")
	require.NoError(t, err)
	require.NotEmpty(t, paths)
	var out []trap
	for _, path := range paths {
		archive, err := txtar.ParseFile(path)
		require.NoError(t, err)
		out = append(out, newTrap(t, strings.TrimSuffix(filepath.Base(path), ".txtar"), archive))
	}
	return out
}

func newTrap(t *testing.T, name string, archive *txtar.Archive) trap {
	t.Helper()
	require.NotEmpty(t, archive.Files)
	out := trap{file: name, path: archive.Files[0].Name, text: string(archive.Files[0].Data)}
	for _, f := range archive.Files[1:] {
		kind, edit, ok := strings.Cut(f.Name, "/")
		require.True(t, ok, f.Name)
		e := trapEdit{edit, replacing(string(f.Data))}
		switch kind {
		case "weak":
			out.weak = append(out.weak, e)
		case "harmless":
			out.harmless = append(out.harmless, e)
		default:
			require.Fail(t, "an edit is weak or harmless", f.Name)
		}
	}
	return out
}

// replacing is the edit that a section of a trap file tells.
func replacing(section string) func(string) (string, bool) {
	return func(text string) (string, bool) {
		for pair := range strings.SplitSeq(strings.TrimSuffix(section, "\n"), "\n----\n") {
			from, to, ok := strings.Cut(pair+"\n", "\n====\n")
			if !ok || !strings.Contains(text, from) {
				return from, false
			}
			text = strings.Replace(text, from, strings.TrimSuffix(to, "\n"), 1)
		}
		for name, char := range hidden() {
			text = strings.ReplaceAll(text, name, char)
		}
		return text, true
	}
}

// hidden are characters that do not show, or look like others, by their names in trap files.
func hidden() map[string]string {
	return map[string]string{
		"<U+200B>": "\u200b", "<U+00A0>": "\u00a0", "<U+00AD>": "\u00ad", "<U+202E>": "\u202e", "<U+FEFF>": "\ufeff",
		"<TAB>": "\t", "<NUL>": "\x00", "<FF>": "\xff", "<BR>": "\n", "<CR>": "\r", "<NEL>": "\u0085",
	}
}

// knownSilent are weakening edits that nobody is asked about, with the reason.
func knownSilent() map[string]string {
	return map[string]string{
		"cloudwatch/ignored changes of life cycle": "what the file says stays the same, and whether the alarm that runs differs from it cannot be seen here",
		"openslo/disabled in the spec":             "OpenSLO has no such key, and no tool is known that heeds it",
	}
}

// knownLoud are harmless edits that people are asked about, with the reason.
func knownLoud() map[string]string {
	return map[string]string{
		"cloudwatch/literal for a variable": "the variable may have had another value than its default, by what is not in the repository",
	}
}

// TestTraps holds that no weakening edit passes in silence.
func TestTraps(t *testing.T) {
	t.Parallel()
	silent, loud := knownSilent(), knownLoud()
	var there []string
	for _, trap := range traps(t) {
		for _, e := range append(slices.Clone(trap.weak), everyFile(trap.path)...) {
			there = append(there, trap.file+"/"+e.name)
		}
		for _, e := range append(slices.Clone(trap.harmless), harmlessEverywhere()...) {
			there = append(there, trap.file+"/"+e.name)
		}
		t.Run(trap.file, func(t *testing.T) {
			t.Parallel()
			unchanged := compare(trap, trap.path, trap.text)
			require.False(t, unchanged.heard(), "the example by itself: %s", unchanged)
			require.True(t, unchanged.read, "the example is read")
			for _, e := range append(slices.Clone(trap.weak), everyFile(trap.path)...) {
				hear(t, trap, e, silent[trap.file+"/"+e.name])
			}
			for _, e := range append(slices.Clone(trap.harmless), harmlessEverywhere()...) {
				staySilent(t, trap, e, loud[trap.file+"/"+e.name])
			}
		})
	}
	for name := range maps.All(silent) {
		require.Contains(t, there, name, "an excuse without its edit")
	}
	for name := range maps.All(loud) {
		require.Contains(t, there, name, "an excuse without its edit")
	}
}

func hear(t *testing.T, trap trap, e trapEdit, excuse string) {
	t.Helper()
	text, ok := e.do(trap.text)
	if !ok {
		t.Errorf("%s: the example does not hold %q", e.name, text)
		return
	}
	got := compare(trap, trap.path, text)
	switch {
	case !got.heard() && excuse == "":
		t.Errorf("NOT HEARD %s\n%s", e.name, got)
	case got.heard() && excuse != "":
		t.Errorf("heard after all, the excuse can go: %s\n%s", e.name, got)
	}
}

func staySilent(t *testing.T, trap trap, e trapEdit, excuse string) {
	t.Helper()
	text, ok := e.do(trap.text)
	if !ok {
		t.Errorf("%s: the example does not hold %q", e.name, text)
		return
	}
	got := compare(trap, trap.path, text)
	switch {
	case !got.quiet() && excuse == "":
		t.Errorf("HEARD THOUGH HARMLESS %s\n%s", e.name, got)
	case got.quiet() && excuse != "":
		t.Errorf("quiet after all, the excuse can go: %s\n%s", e.name, got)
	}
}

// outcome is what the gate would make of an edit.
type outcome struct {
	read   bool // both sides
	result commitment.Result
}

func compare(trap trap, path, text string) outcome {
	before, after, r := formats.Compare([]formats.Pair{{
		Before: formats.Side{Path: trap.path, Src: []byte(trap.text)},
		After:  formats.Side{Path: path, Src: []byte(text)},
	}}, commitment.Options{})
	b, _ := before.File(trap.path)
	a, _ := after.File(path)
	return outcome{read: b.Read && a.Read, result: r}
}

// heard: people are asked, because something got weaker, went or could not be told,
// or because the gate takes a file that is not read for unknown.
func (o outcome) heard() bool {
	return !o.read || slices.ContainsFunc(o.result.Changes, func(c commitment.Change) bool {
		return slices.Contains([]commitment.Effect{commitment.Weakened, commitment.Removed, commitment.Unknown}, c.Effect)
	})
}

// quiet: nobody is asked.
func (o outcome) quiet() bool {
	return o.read && !slices.ContainsFunc(o.result.Changes, func(c commitment.Change) bool { return c.Effect != commitment.Neutral })
}

func (o outcome) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "    read %v\n", o.read)
	for _, c := range o.result.Changes {
		fmt.Fprintf(&b, "    %s: %s %v\n", c.Effect, c.Text, c.Fields)
	}
	return b.String()
}

// everyFile are weakening edits that any example can suffer.
func everyFile(path string) []trapEdit {
	is := func(suffixes ...string) bool {
		return slices.ContainsFunc(suffixes, func(s string) bool { return strings.HasSuffix(path, s) })
	}
	out := []trapEdit{
		{"emptied", func(string) (string, bool) { return "", true }},
		{"blank", func(string) (string, bool) { return "\n\n  \n", true }},
		{"over 1 MiB", func(s string) (string, bool) {
			return s + "\n" + strings.Repeat(strings.Repeat("# ", 50)+"\n", 11_000), true
		}},
		{"replaced by a web page", func(string) (string, bool) { return "<!doctype html>\n<p>moved</p>\n", true }},
	}
	if !is(".md", ".html", ".rst") { // a text of letters is read whatever stands between them
		out = append(
			out,
			trapEdit{"not UTF-8 inside", func(s string) (string, bool) { return s[:len(s)/2] + "\xff\xfe" + s[len(s)/2:], true }},
			trapEdit{"in UTF-16", func(s string) (string, bool) { return utf16(s), true }},
			trapEdit{"conflict marks", func(s string) (string, bool) { return "<<<<<<< ours\n" + s + "=======\n>>>>>>> theirs\n", true }},
		)
	}
	lines := func(prefix string) func(string) (string, bool) {
		return func(s string) (string, bool) {
			return prefix + strings.ReplaceAll(strings.TrimSuffix(s, "\n"), "\n", "\n"+prefix) + "\n", true
		}
	}
	around := func(before, after string) func(string) (string, bool) {
		return func(s string) (string, bool) { return before + s + after, true }
	}
	switch {
	case is(".yaml", ".yml", ".tpl"):
		out = append(out, trapEdit{"commented out", lines("# ")}, trapEdit{"under another key", func(s string) (string, bool) {
			if strings.Contains(s, "\n---") {
				return "", true
			}
			in, _ := lines("  ")(s)
			return "disabled:\n" + in, true
		}},
			trapEdit{"never rendered", around("{{- if false }}\n", "{{- end }}\n")},
			trapEdit{"never rendered, as a comment", around("{{- /*\n", "*/}}\n")},
			trapEdit{"as a text", func(s string) (string, bool) { in, _ := lines("  ")(s); return "old: |\n" + in, true }},
			trapEdit{"alias bomb", around("", "\n---\na: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b]\nd: &d [*c,*c,*c,*c,*c,*c,*c,*c,*c]\ne: &e [*d,*d,*d,*d,*d,*d,*d,*d,*d]\nf: &f [*e,*e,*e,*e,*e,*e,*e,*e,*e]\ng: [*f,*f,*f,*f,*f,*f,*f,*f,*f]\n")},
			trapEdit{"deep nesting", around("", "\n---\na: "+strings.Repeat("[", 9_000)+strings.Repeat("]", 9_000)+"\n")},
		)
	case is(".tf"):
		out = append(out, trapEdit{"commented out", lines("# ")}, trapEdit{"commented out //", lines("// ")},
			trapEdit{"commented out /*", around("/*\n", "*/\n")},
			trapEdit{"as a text", around("locals {\n  old = <<EOT\n", "EOT\n}\n")},
			trapEdit{"no end", around("", "\nresource \"x\" \"y\" {\n")},
		)
	case is(".jsonnet", ".libsonnet"):
		out = append(out, trapEdit{"commented out //", lines("// ")}, trapEdit{"commented out /*", around("/*\n", "*/ {}\n")},
			trapEdit{"commented out #", lines("# ")})
	case is(".md", ".html", ".erb"):
		out = append(out, trapEdit{"commented out", around("<!--\n", "-->\n")},
			trapEdit{"hidden", around("<div hidden>\n\n", "\n</div>\n")},
			trapEdit{"not displayed", around("<div style=\"display: none\">\n\n", "\n</div>\n")},
			trapEdit{"as a template", around("<template>\n\n", "\n</template>\n")})
	case is(".rst"):
		out = append(out, trapEdit{"commented out", func(s string) (string, bool) { in, _ := lines("   ")(s); return "..\n" + in, true }})
	}
	return out
}

// harmlessEverywhere are edits that change nothing, whatever the format.
func harmlessEverywhere() []trapEdit {
	return []trapEdit{
		{"byte order mark", func(s string) (string, bool) { return "\ufeff" + s, true }},
		{"line ends of Windows", func(s string) (string, bool) { return strings.ReplaceAll(s, "\n", "\r\n"), true }},
		{"no line end at the end", func(s string) (string, bool) { return strings.TrimSuffix(s, "\n"), true }},
		{"empty lines at the end", func(s string) (string, bool) { return s + "\n\n", true }},
	}
}

func utf16(s string) string {
	out := []byte{0xff, 0xfe}
	for _, r := range s {
		out = append(out, byte(r), byte(r>>8))
	}
	return string(out)
}
