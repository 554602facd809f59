package resource_test

import (
	"math/big"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/slagate/slagate/internal/commitment"
	"github.com/slagate/slagate/internal/commitment/resource"
)

// parsed reads things with one number, "limit", and one list, "tell".
func parsed(t *testing.T, text string) []commitment.Commitment {
	t.Helper()
	p := resource.Read("a.tf", []byte(text), map[string]resource.Type{"thing": func(it resource.Item) []commitment.Commitment {
		var f resource.Fields
		f.Add(it.Attr("limit"), resource.Spec{
			Name: "limit", Role: commitment.RoleThreshold, Better: commitment.Lower, Read: resource.Plain,
			Default: commitment.Exactly("", big.NewRat(7, 1), commitment.None),
		})
		f.Add(it.Attr("tell"), resource.Spec{Name: "tell", Role: commitment.RoleTeller, Default: commitment.ListOf()})
		f.Define(it.Attr("what"), "what")
		f.Close(it)
		return []commitment.Commitment{{Key: it.Key("f", ""), Name: it.Title("name"), Indicator: it.Text(nil), Fields: f.List}}
	}})
	require.Empty(t, p.Problems)
	return p.Commitments
}

func fields(c commitment.Commitment) string {
	var out []string
	for _, f := range c.Fields {
		text := f.Name + "=" + f.Value.Text
		if f.Value.Opaque {
			text += "?"
		}
		out = append(out, text)
	}
	return strings.Join(out, "; ")
}

func TestFields(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, text, want string }{
		{"a literal", `limit = 5`, "limit=5; tell="},
		{"quoted", `limit = "5"`, "limit=5; tell="},
		{"absent", ``, "limit=; tell="},
		{"null", `limit = null`, "limit=; tell="},
		{"arithmetic", `limit = 2 * 60`, "limit=2 * 60; tell="},
		{"a variable", `limit = var.x`, "limit=var.x?; tell="},
		{"a conditional", `limit = var.live ? 1 : 2`, "limit=depends on var.live?; limit if var.live=1; limit unless var.live=2; tell="},
		{
			"conditionals in each other", `limit = var.a ? 1 : var.b ? 2 : 3`,
			"limit=depends on var.a?; limit if var.a=1; limit unless var.a=depends on var.b?; limit unless var.a if var.b=2; limit unless var.a unless var.b=3; tell=",
		},
		{"a list", `tell = [b.arn, a.arn, b.arn]`, "limit=; tell=a.arn, b.arn"},
		{"a conditional list", `tell = var.live ? [a.arn] : []`, "limit=; tell=var.live ? [a.arn] : []?"},
		{"objects are sorted", "what = {\n b = 1 # one\n a = \"x\"\n}", "limit=; tell=; what={a = x, b = 1}"},
		{"made never", `count = 0`, "limit=; tell=; count=0"},
		{"made under a condition", `count = var.live ? 1 : 0`, "limit=; tell=; count=only if var.live?"},
		{"made for a variable", `for_each = var.all`, "limit=; tell=; for_each=var.all"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			list := parsed(t, "resource \"thing\" \"x\" {\n"+c.text+"\n}\n")
			require.Len(t, list, 1)
			require.Equal(t, c.want, fields(list[0]))
		})
	}
}

func TestForEach(t *testing.T) {
	t.Parallel()
	list := parsed(t, `locals {
  all = {
    mail   = { limit = 1, tell = [a.arn] }
    orders = { limit = 2 * 3, tell = [] }
  }
}
resource "thing" "x" {
  for_each = local.all
  name     = "${each.key} is late"
  limit    = each.value.limit
  tell     = each.value.tell
  what     = each.key
}
resource "thing" "y" {
  for_each = toset(["b", "a"])
  name     = each.value
}
`)
	require.Len(t, list, 4)
	require.Equal(t, commitment.Key{Format: "f", Group: "thing", Name: "x[mail]"}, list[0].Key)
	require.Equal(t, "mail is late", list[0].Name)
	require.Equal(t, "limit=1; tell=a.arn; what=mail", fields(list[0]))
	require.Equal(t, "limit=2 * 3; tell=; what=orders", fields(list[1]))
	require.Equal(t, "x[orders]", list[1].Key.Name)
	require.Equal(t, "b", list[2].Name)
}

// A local that a text rests on is compared too: a change of it is no silence.
func TestLocalsBehindTexts(t *testing.T) {
	t.Parallel()
	list := parsed(t, "locals {\n  m = { for k in var.all : k => 5 }\n}\nresource \"thing\" \"x\" {\n  what     = local.m[var.k]\n  for_each = local.m\n}\n")
	require.Len(t, list, 1)
	require.Contains(t, fields(list[0]), "local.m={ for k in var.all")
	require.Equal(t, 1, strings.Count(fields(list[0]), "local.m={"))
}

func TestTextIsSortedAndHides(t *testing.T) {
	t.Parallel()
	read := func(text string) string {
		out := ""
		resource.Read("a.tf", []byte(text), map[string]resource.Type{"thing": func(it resource.Item) []commitment.Commitment {
			out = it.Text(func(path string) bool { return path == "range.max" || path == "trigger" })
			return nil
		}})
		return out
	}
	one := read("resource \"thing\" \"x\" {\n  b = 1\n  a = <<-EOT\n    x\n      y\n  EOT\n  range {\n    max = 5\n    min = 1\n  }\n  trigger {\n    count = 1\n  }\n}\n")
	require.Equal(t, "{a = x y; b = 1; range {min = 1}}", one)
	require.Equal(t, one, read("resource \"thing\" \"x\" {\n  range {\n    min = 1 # low\n  }\n  a = \"x y\"\n  b = \"1\"\n}\n"))
	require.Equal(t, "{range dynamic {min = 1}}", read("resource \"thing\" \"x\" {\n  dynamic \"range\" {\n    for_each = var.r\n    content {\n      min = 1\n    }\n  }\n}\n"))
}

func TestCompared(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		query, rest, number string
		better              commitment.Better
		ok                  bool
	}{
		{"avg(x{a=\"b > 2\"}) > 5", "avg(x{a=\"b > 2\"})", "5", commitment.Lower, true},
		{"a\n  <=  -1.5", "a", "-1.5", commitment.Higher, true},
		{"sum:x{!env:test} >= 1e3", "sum:x{!env:test}", "1e3", commitment.Lower, true},
		{"a > 5 unless b > 1", "", "", "", false},
		{"a > bool 5", "", "", "", false},
		{"a == 5", "", "", "", false},
		{"a != 5", "", "", "", false},
		{"!(a) > 5", "", "", "", false},
		{"a > b", "", "", "", false},
		{"> 5", "", "", "", false},
		{"", "", "", "", false},
	} {
		got, ok := resource.Compared(c.query)
		require.Equal(t, c.ok, ok, c.query)
		if ok {
			require.Equal(t, c.rest, got.Query)
			require.Equal(t, c.number, got.Number)
			require.Equal(t, c.better, got.Better)
		}
	}
}

func TestMentions(t *testing.T) {
	t.Parallel()
	for path, want := range map[string]bool{"a.tf": true, "x/a.tf.json": true, "a.tofu": true, "a.tf.tmpl": true, "a.tftpl": true, "terragrunt.hcl": true, "a.md": false, "tf": false} {
		require.Equal(t, want, resource.Mentions(path, []byte("thing"), "thing"), path)
	}
	require.False(t, resource.Mentions("a.tf", []byte("other"), "thing"))
}
