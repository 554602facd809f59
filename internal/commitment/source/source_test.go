package source_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/slagate/slagate/internal/commitment/source"
)

func read(t *testing.T, text string) source.File {
	t.Helper()
	return source.YAML("a.yml", []byte(text))
}

func TestValuesHaveTheirLines(t *testing.T) {
	t.Parallel()
	f := read(t, "# top\nbase: &b {for: 5m}\n---\n# second\na:\n  - for: 10m\n")
	require.Len(t, f.Documents, 2)
	require.Equal(t, 2, f.Documents[0].Root.Get("base", "for").Line())
	v := f.Documents[1].Root.Get("a").Items()[0].Get("for")
	require.Equal(t, "10m", v.Text())
	require.Equal(t, 6, v.Line())
	require.False(t, f.Documents[1].Root.Get("no", "way").Exists())
}

func TestAliasesAndMerges(t *testing.T) {
	t.Parallel()
	f := read(t, "d: &d\n  for: 5m\n  severity: page\na:\n  <<: *d\n  for: 10m\nb: *d\n")
	root := f.Documents[0].Root
	require.Equal(t, "10m", root.Get("a", "for").Text())
	require.Equal(t, "page", root.Get("a", "severity").Text())
	require.Equal(t, 5, root.Get("a", "severity").Line(), "the line of the use")
	require.Equal(t, 7, root.Get("b", "for").Line())
	require.Equal(t, "{for: 10m, severity: page}", root.Get("a").String())
}

func TestABrokenDocumentDoesNotTakeTheOthersAlong(t *testing.T) {
	t.Parallel()
	f := read(t, "a: 1\n---\nb: [\n---\nc: 3\n")
	require.Len(t, f.Documents, 2)
	require.Len(t, f.Problems, 1)
	require.Equal(t, "3", f.Documents[1].Root.Get("c").Text())
	require.Equal(t, 5, f.Documents[1].Root.Get("c").Line())
}

func TestAKeyThatStandsTwiceIsNotGuessed(t *testing.T) {
	t.Parallel()
	f := read(t, "for: 5m\nfor: 3h\n")
	require.Equal(t, "the key \"for\" stands here twice", f.Problems[0].Text)
	require.Equal(t, 2, f.Problems[0].Line)
	v := f.Documents[0].Root.Get("for")
	require.True(t, v.Opaque())
	require.Equal(t, "5m | 3h", v.Shown())
}

func TestTemplatesAreMasked(t *testing.T) {
	t.Parallel()
	f := read(t, "{{- if .Values.on }}\ngroups:\n- name: {{ .Release.Name }}-x\n  rules:\n"+
		"  {{- range .Values.list }}\n  - alert: A\n    for: {{ .Values.for | default \"5m\" }}\n    expr: up{job=\"{{`a`}}\"} == 0\n  {{- end }}\n{{ end }}\n")
	require.Empty(t, f.Problems)
	require.True(t, f.Template)
	rule := f.Documents[0].Root.Get("groups").Items()[0].Get("rules").Items()[0]
	require.Equal(t, "A", rule.Get("alert").Text())
	require.Equal(t, 6, rule.Get("alert").Line())
	require.True(t, rule.Get("for").Opaque())
	require.Equal(t, `{{ .Values.for | default "5m" }}`, rule.Get("for").Shown())
	require.Equal(t, `up{job="a"} == 0`, rule.Get("expr").Text())
}

func TestAnUnquotedExpressionIsATemplate(t *testing.T) {
	t.Parallel()
	f := read(t, "for: {{ .Values.for }}\nlist: [{{ .a }}, b]\n")
	require.Empty(t, f.Problems)
	require.True(t, f.Template)
	require.True(t, f.Documents[0].Root.Get("for").Opaque())
	require.Equal(t, "{{ .Values.for }}", f.Documents[0].Root.Get("for").Shown())
}

func TestBombsAreRefused(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	b.WriteString("a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n")
	for i := 1; i < 10; i++ {
		prev := string(rune('0' + i - 1))
		b.WriteString("a" + string(rune('0'+i)) + ": &a" + string(rune('0'+i)) + " [" + strings.TrimSuffix(strings.Repeat("*a"+prev+",", 10), ",") + "]\n")
	}
	f := read(t, b.String())
	require.True(t, f.Whole())
	deep := read(t, strings.Repeat("[", 5000)+strings.Repeat("]", 5000))
	require.True(t, deep.Whole())
	circle := read(t, "a: &a\n  b: *a\n")
	require.NotPanics(t, func() {
		for _, d := range circle.Documents {
			_ = d.Root.String()
		}
	})
}

func FuzzYAML(f *testing.F) {
	f.Add("a: 1\n---\nb: {{ x }}\n")
	f.Add("a: &a\n  <<: *a\n")
	f.Add("<% if x %>\na: <%= y %>\n<% end %>")
	f.Fuzz(func(t *testing.T, text string) {
		file := source.YAML("a.yml", []byte(text))
		for _, d := range file.Documents {
			d.Root.Walk(func(_ []string, n source.Node) bool {
				_, _ = n.Line(), n.Shown()
				return true
			})
			_ = d.Root.String()
		}
	})
}

func TestExpressionsMayHoldBracesInStrings(t *testing.T) {
	t.Parallel()
	f := read(t, "{{- if .Values.on }}\na: \"x={{ \"{{ .Receiver }}\" }}\"\nb: \"{{ printf \\\"%s\\\" .Values.b }}\"\nc: {{ 5\" }} inch\nd: 1\n{{- end }}\n")
	require.Empty(t, f.Problems)
	root := f.Documents[0].Root
	require.Equal(t, `x={{ "{{ .Receiver }}" }}`, root.Get("a").Shown())
	require.Equal(t, `{{ 5" }} inch`, root.Get("c").Shown())
	require.Equal(t, "1", root.Get("d").Text())
}

func TestWordsThatATemplateDefinesAreNotPartOfIt(t *testing.T) {
	t.Parallel()
	words := "{{- define \"owner\" -}}\n\"{{`{{ if $labels.team }}`}}{{ . }}{{`{{ end }}`}}\"\n{{- end -}}\n"
	f := read(t, words+"groups:\n- name: a\n  rules: [{alert: X, labels: {owner: {{ include \"owner\" . }}}}]\n")
	require.Empty(t, f.Problems)
	require.True(t, f.Template)
	group := f.Documents[0].Root.Get("groups").Items()[0]
	require.Equal(t, 5, group.Line(), "the lines keep their numbers")
	require.Equal(t, "X", group.Get("rules").Items()[0].Get("alert").Text())

	alone := read(t, "{{ define \"rules\" }}\n{{ if .on }}\ngroups:\n- name: a\n{{ end }}\n{{ end }}\n")
	require.Empty(t, alone.Problems)
	require.Equal(t, "a", alone.Documents[0].Root.Get("groups").Items()[0].Get("name").Text(), "a definition of more than words is read")

	broken := read(t, words+"{{ define \"rules\" }}\ngroups: [\n{{ end }}\nname: b\n")
	require.True(t, broken.Whole(), "what may hold alerts is never left out")
	nothing := read(t, "a: \"\n"+words)
	require.True(t, nothing.Whole())
}

func TestTheBranchesOfATemplateAreNoDoubledKeys(t *testing.T) {
	t.Parallel()
	f := read(t, "{{- if .old }}\nfor: 5m\n{{- else }}\nfor: 10m\n{{- end }}\n")
	require.Empty(t, f.Problems)
	v := f.Documents[0].Root.Get("for")
	require.True(t, v.Opaque(), "which of the two counts is not known")
	require.Equal(t, "5m | 10m", v.Shown())
}

func TestIsGenerated(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		path, text string
		want       bool
	}{
		{"a.yml", "# Code generated by mk.sh. DO NOT EDIT.\na: 1\n", true},
		{"a.yml", "---\n#\n# This file is auto-generated, do not manually amend.\na: 1\n", true},
		{"a.tf", "// WARNING: local edits will be overwritten\nlocals {}\n", true},
		{"a.md", "<!-- Generated from the sources in docs/ -->\n", true},
		{"a.yml", "{{- /* Generated from base.yml, do not edit */ -}}\na: 1\n", true},
		{"a.json", "{\n  \"_comment\": \"automatically generated\",\n  \"a\": 1}\n", true},
		{"deploy/rendered/a.yml", "a: 1\n", true},
		{"rules.generated.yml", "a: 1\n", true},
		{"a.yml", "# Load that we see.\nsummary: errors generated by clients\n", false},
		{"a.yml", "a: 1\n# generated by nobody\n", false},
		{"a.yml", "# owner: x\nnote: DO NOT EDIT while on call\n", false},
		{"generatedthings/a.yml", "a: 1\n", false},
	} {
		require.Equal(t, c.want, source.IsGenerated(c.path, []byte(c.text)), "%s %q", c.path, c.text)
	}
}
