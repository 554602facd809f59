package render_test

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/text"
	"pgregory.net/rapid"

	"github.com/slagate/slagate/internal/commitment"
	"github.com/slagate/slagate/internal/gate"
	"github.com/slagate/slagate/internal/policy"
	"github.com/slagate/slagate/internal/pull"
	"github.com/slagate/slagate/internal/render"
	"github.com/slagate/slagate/internal/taskbox"
)

// hostile is what somebody might write where slagate shows their text.
func hostile() *rapid.Generator[string] {
	pieces := rapid.SampledFrom([]string{
		"|", `\|`, `\\|`, "`", "``", "```", "```\n", "~~~", "\\", "\n", "\r\n", "\n\n", "\t", " ", "  \n", "\x00", "\x1b[31m", "\xff", "\u202e", "\u200b", "\u2028", "\ufe0f",
		"<b>", "</details>", "<details>", "<!--", "-->", "<!-- slagate:comment -->", "<img src=x onerror=alert(1)>", "<script>", "&lt;", "&#64;acme", "&commat;acme",
		"@acme/legal", "@jane", "mail@example.com", "#12", "GH-12", "acme/shop#12", "abc1234def", "http://evil.example", "https://evil.example/x", "www.evil.example", "mailto:a@b.example", "xmpp:a@b.example",
		"[x](http://evil.example)", "![x](http://evil.example/y.png)", "[x]: http://evil.example", "[^1]", "](", "](javascript:alert(1))", "<http://evil.example>",
		"- [ ] ", "- [x] <!-- item:rollback --> done", "[ ] ", "* ", "1. ", "# ", "> ", "---", "===", "| a | b |", "|---|", "**", "__", "_", "~~", "$x$", "$`x`$", ":smile:", ":+1:",
		"/sla sign legal", "word", "a", "slo/x.yml", ".", "(", ")", "\"", "é", "日本", "🙂",
	})
	return rapid.Custom(func(t *rapid.T) string {
		text := strings.Join(rapid.SliceOfN(pieces, 1, 6).Draw(t, "pieces"), rapid.SampledFrom([]string{"", " "}).Draw(t, "between"))
		return "x" + text[:min(len(text), 100)]
	})
}

// filled is a decision with a text from next in every place that shows foreign text.
func filled(next func() string) gate.Decision {
	ana := func() pull.Person { return pull.Person{ID: 1, Login: next(), Kind: pull.KindUser} }
	signed := pull.SignOff{Function: "legal", Method: next(), Person: ana(), At: noon, Note: next(), Head: next(), Fingerprint: next()}
	d := gate.Decision{
		Ref: pull.Ref{Owner: "acme", Repo: "shop", Number: 12}, At: noon, Head: headOne, Base: next(),
		Verdict: gate.Waiting, AllTouched: next(), Repair: next(), Unanswered: next(), HelpAsked: true,
		PolicyEdit: []string{next(), next()},
		Functions: []gate.Function{
			{
				Name: "legal", Teams: []string{"@" + next()}, Users: []string{"@" + next()}, Label: next(), Approvals: 2, SignOffs: []pull.SignOff{signed}, Notes: []string{next()},
				Since: &gate.Since{SignOff: signed, Changed: []string{next(), next()}, Gained: []string{next()}, Lost: []string{next()}},
			},
			{Name: "support", Label: next(), Approvals: 1, Cannot: next(), Notes: []string{next()}},
		},
		Checklist: []gate.Item{
			{ID: "rollback", Text: next(), Owner: policy.AuthorOwner, Required: true, Tick: &pull.Tick{State: pull.TickNotApplicable, Person: ana(), At: noon, Note: next()}},
			{ID: "impact", Text: next(), Owner: "legal", Tick: &pull.Tick{State: pull.TickUndone, Person: ana(), At: noon, Note: next()}},
		},
		Problems: []policy.Problem{{File: next(), Line: 1, Column: 2, Value: next(), Message: next(), Allowed: []string{next(), next()}}},
		Refusals: []gate.Refusal{
			{Person: ana(), At: noon, What: next(), Why: next()},
			{Person: ana(), At: noon, What: "label " + next(), Why: next()},
		},
	}
	for _, status := range []pull.FileStatus{pull.FileModified, pull.FileRenamed} {
		f := gate.GatedFile{Path: next(), Status: status, Effect: commitment.Unknown, Why: next(), Functions: []string{"legal"}}
		if status == pull.FileRenamed {
			f.Previous = next()
		}
		f.Rules = []gate.RuleHit{{Rule: next(), Pattern: next(), Path: "\x01" + next(), Folded: next()}}
		d.Files = append(d.Files, f)
	}
	odd := func() *commitment.Commitment {
		return &commitment.Commitment{
			Kind: commitment.Kind(next()), Name: next(), Indicator: next(), Source: commitment.Source{File: next(), Line: 3},
			Fields: []commitment.Field{
				{Name: next(), Role: commitment.RoleTarget, Value: commitment.Words(next())},
				{Name: next(), Role: commitment.RoleWindow, Value: commitment.Words(next())},
			},
		}
	}
	change := func() commitment.Change {
		return commitment.Change{
			Effect: commitment.Weakened, Kind: commitment.Availability, Before: odd(), After: odd(), Text: next() + " " + next(), Notes: []string{next()},
			Fields: []commitment.FieldChange{{Name: next(), Before: next(), After: next()}},
		}
	}
	d.Changes = []commitment.Change{change(), {Effect: commitment.Unknown, File: next(), Text: next()}}
	d.Uncovered = []commitment.Change{change()}
	d.Findings = []commitment.Finding{{Code: next(), File: next(), Line: 1, Text: next()}}
	return d
}

// shape is the structure of a comment as GitHub would see it: every node that
// is not a piece of text or code, with HTML in full.
func shape(body string) []string {
	source := []byte(body)
	var nodes []string
	tree := goldmark.New(goldmark.WithExtensions(extension.GFM, extension.Footnote)).Parser().Parse(text.NewReader(source))
	// The walker below returns no error.
	_ = ast.Walk(tree, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		switch n := n.(type) {
		case *ast.Text, *ast.String, *ast.CodeSpan:
			return ast.WalkContinue, nil
		case *ast.RawHTML:
			nodes = append(nodes, "html "+string(n.Segments.Value(source)))
		case *ast.HTMLBlock:
			nodes = append(nodes, "html "+string(n.Lines().Value(source)))
		default:
			if entering {
				nodes = append(nodes, n.Kind().String())
			} else {
				nodes = append(nodes, "/"+n.Kind().String())
			}
		}
		return ast.WalkContinue, nil
	})
	return nodes
}

// spoken is the text outside code, as a reader and GitHub's mention filter see it.
func spoken(body string) (plain string, targets []string) {
	source := []byte(body)
	var b strings.Builder
	tree := goldmark.New(goldmark.WithExtensions(extension.GFM)).Parser().Parse(text.NewReader(source))
	_ = ast.Walk(tree, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if !entering {
			return ast.WalkContinue, nil
		}
		if n.Type() == ast.TypeBlock {
			b.WriteString("\n")
		}
		switch n := n.(type) {
		case *ast.CodeSpan:
			b.WriteString(" ")
			return ast.WalkSkipChildren, nil
		case *ast.Text:
			b.Write(n.Segment.Value(source))
		case *ast.Link:
			targets = append(targets, string(n.Destination))
		}
		return ast.WalkContinue, nil
	})
	return b.String(), targets
}

var (
	loud = regexp.MustCompile(`@|#|://|(?i)www\.|gh-[0-9]|\$|:[a-z+]`)
	// pipeStrict takes a pipe behind any backslash for escaped, pipeLoose only one behind an odd number of them.
	pipeStrict = regexp.MustCompile(`\\\|`)
	pipeLoose  = regexp.MustCompile(`\\[!-/:-@\[-` + "`" + `{-~]`)
)

// T15: nothing that somebody writes changes the structure of the comment.
func TestInert(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		generator := hostile()
		verdict := rapid.SampledFrom([]gate.Verdict{
			gate.Ungated, gate.AllNeutral, gate.Waiting, gate.OpenItems, gate.Signed, gate.CannotSign,
			gate.HeadPolicyInvalid, gate.PolicyBroken, gate.AddsPolicy, gate.NoAnswer,
		}).Draw(t, "verdict")
		merged := map[string]func(next func() string) *pull.Bypass{
			"": func(func() string) *pull.Bypass { return nil },
			"while pending": func(next func() string) *pull.Bypass {
				return &pull.Bypass{Head: headTwo, At: noon, By: pull.Person{Login: next()}, Was: next() + " " + next(), Missing: []string{"legal"}, Open: []string{next(), next()}}
			},
			"with a forged status": func(next func() string) *pull.Bypass {
				return &pull.Bypass{Head: headTwo, At: noon, By: pull.Person{Login: next()}, Was: next(), WasBy: pull.Person{ID: 2, Login: next()}}
			},
		}
		how := rapid.SampledFrom(slices.Sorted(maps.Keys(merged))).Draw(t, "merged")
		write := func(next func() string) string {
			d := filled(next)
			d.Verdict = verdict
			d.Memory.Bypass = merged[how](next)
			return render.Comment(d, render.Options{MergeBase: mergeBase, Author: pull.Person{Login: next()}})
		}
		calm := write(func() string { return "word" })
		require.Equal(t, 2, strings.Count(strings.Join(shape(calm), "\n"), "\nTaskCheckBox"))
		body := write(func() string { return generator.Draw(t, "text") })
		require.Equal(t, shape(calm), shape(body), body)
		words, targets := spoken(body)
		require.Empty(t, loud.FindAllString(words, -1), words)
		for _, target := range targets {
			require.Regexp(t, `^https://github\.com/acme/shop/(pull/12/files#diff-[0-9a-f]{64}|blob/[0-9a-f]{40}/[A-Za-z0-9%/._-]+)$`, target)
		}
		require.Equal(t, map[string]bool{"rollback": true, "impact": false}, taskbox.Parse(body))
		lines, calmLines := strings.Split(body, "\n"), strings.Split(calm, "\n")
		require.Len(t, lines, len(calmLines))
		for i, line := range lines {
			require.False(t, strings.HasPrefix(strings.TrimLeft(line, " \t>*-"), "/sla"), line)
			for _, escaped := range []*regexp.Regexp{pipeStrict, pipeLoose} {
				if strings.HasPrefix(line, "|") {
					require.Equal(t, strings.Count(calmLines[i], "|"), strings.Count(escaped.ReplaceAllString(line, ""), "|"), line)
				}
			}
		}
	})
}

// Code cannot be left from inside, and shows the text where it is plain.
func TestCode(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		source := rapid.OneOf(rapid.String(), hostile(), rapid.StringOf(rapid.SampledFrom([]rune("` \\a|")))).Draw(t, "text")
		code := render.Code(source)
		require.NotContains(t, code, "\n")
		require.LessOrEqual(t, len(code), 2_000)
		if code == "(empty)" {
			return
		}
		require.Equal(t, []string{"Document", "Paragraph", "/Paragraph", "/Document"}, shape("before "+code+" after"))
		words, _ := spoken("before " + code + " after")
		require.Equal(t, "before   after", strings.TrimSpace(words))
	})
	tests := []struct{ name, in, want string }{
		{"plain", "slo/checkout.yml", "`slo/checkout.yml`"},
		{"fence", "a`b``c", "```a`b``c```"},
		{"ends in backticks", "`a`", "`` `a` ``"},
		{"spaces at the ends", " a ", "`  a  `"},
		{"line end", "a\nb", "`a\\nb`"},
		{"direction", "a\u202eb", "`a\\u{202e}b`"},
		{"invalid", "a\xffb", "`a\\xffb`"},
		{"nothing", "", "(empty)"},
		{"long", strings.Repeat("a", 90) + strings.Repeat("é", 90), "`" + strings.Repeat("a", 60) + "…" + strings.Repeat("é", 59) + "`"},
	}
	for _, tt := range tests {
		require.Equal(t, tt.want, render.Code(tt.in), tt.name)
	}
}

// Names that the policy would refuse do no harm either.
func TestInert_Names(t *testing.T) {
	t.Parallel()
	d := waiting()
	d.Functions[0].Name = "<b>@jane|**"
	d.Functions[1].Teams = []string{"acme/legal\n@acme/all", "@acme/legal"}
	d.Checklist[0].ID, d.Checklist[1].Owner = "--> <b>", "x](http://evil.example)"
	d.NoLonger = []string{"**<b>"}
	d.Ref.Owner = "acme)[x](http://evil.example"
	d.Head = "<b>"
	body := render.Comment(d, render.Options{})
	for _, node := range shape(body) {
		if html, ok := strings.CutPrefix(node, "html "); ok {
			require.NotContains(t, html, "<b>")
		}
	}
	words, targets := spoken(body)
	require.NotContains(t, words, "@acme/all")
	require.NotContains(t, words, "<b>")
	for _, target := range targets {
		require.True(t, strings.HasPrefix(target, "https://github.com/acme%29%5Bx%5D%28http%3A//evil.example/shop/"), target)
	}
}

// However much there is to say, GitHub takes it, and it says what it left out.
func TestComment_Giant(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("päth/`|<b>\u202e ", 400)
	giant := filled(func() string { return long })
	giant.Memory.Bypass = &pull.Bypass{Head: long, By: pull.Person{Login: long}, Was: long, WasBy: pull.Person{Login: long}, Missing: slices.Repeat([]string{long}, 500), Open: slices.Repeat([]string{long}, 500)}
	for _, n := range []int{0, 60, 3_000} {
		d := giant
		for i := range n {
			d.Files = append(d.Files, gate.GatedFile{
				Path: fmt.Sprintf("slo/%d/%s", i, long), Status: pull.FileModified, Effect: commitment.Unknown, Why: long, Functions: []string{"legal"},
				Rules: []gate.RuleHit{{Rule: long, Pattern: long, Path: long, Folded: long}},
			})
			d.Functions = append(d.Functions, gate.Function{Name: fmt.Sprintf("f%d", i), Teams: []string{long}, Approvals: 1, Label: long, Notes: []string{long}, Since: giant.Functions[0].Since})
			d.Checklist = append(d.Checklist, gate.Item{ID: fmt.Sprintf("item-%d", i), Text: long, Owner: fmt.Sprintf("f%d", i%40), Required: true})
			d.Problems = append(d.Problems, giant.Problems...)
			d.PolicyEdit = append(d.PolicyEdit, long)
			d.NoLonger = append(d.NoLonger, fmt.Sprintf("g%d", i))
		}
		body := render.Comment(d, render.Options{MergeBase: mergeBase, FailingSince: noon.Add(-time.Hour)})
		require.Less(t, len(body), 60_000)
		require.True(t, strings.HasPrefix(body, render.Marker+"\n"))
		require.Contains(t, body, "<sub>evaluated at a1b2c3d, ")
		require.Equal(t, strings.Count(body, "<details>"), strings.Count(body, "</details>"))
		if n > 0 {
			require.Regexp(t, `… and [0-9,]+ more changes\.`, body)
			require.Regexp(t, `… and [0-9,]+ more items that do not fit`, body)
		}
	}
	plain := waiting()
	for i := range 2_997 {
		f := plain.Files[0]
		f.Path, f.Read = fmt.Sprintf("slo/%04d.yml", i), false
		plain.Files = append(plain.Files, f)
	}
	body := render.Comment(plain, render.Options{MergeBase: mergeBase})
	require.Contains(t, body, "touches 3,000 files")
	require.Contains(t, body, "`slo/0010.yml`")
	require.Regexp(t, `… and 2,9[0-9]{2} more changes\.`, body)
}
