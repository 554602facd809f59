package terraform_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/slagate/slagate/internal/commitment"
	"github.com/slagate/slagate/internal/commitment/terraform"
)

func read(t *testing.T, text string) terraform.File {
	t.Helper()
	f := terraform.Read("a.tf", []byte(text))
	require.Empty(t, f.Problems)
	return f
}

func number(text string) commitment.Value { return commitment.Number(text, commitment.None) }

// attr is the argument v of the first block of a text.
func attr(t *testing.T, text string) terraform.Attr {
	t.Helper()
	return read(t, "x \"y\" \"z\" {\n v = "+text+"\n}\n"+
		"locals {\n delay = 20\n half = local.delay / 2\n users = [\"ana\", u.b.id]\n limits = { warn = 5, \"crit\" = 9 }\n loop = local.loop\n}\n"+
		"variable \"wait\" {\n default = 7\n}\nvariable \"open\" {}\n").Blocks[0].Attr("v")
}

func TestValues(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ source, text, number string }{
		{"10", "10", "10"},
		{`"10"`, "10", "10"},
		{"( 10 )", "10", "10"},
		{"-3", "-3", "-3"},
		{"0.1 + 0.2", "0.1 + 0.2", "3/10"},
		{"20 * 1024*1024 * 1024 # GiB", "20 * 1024 * 1024 * 1024", "21474836480"},
		{"local.delay", "local.delay (20)", "20"},
		{"local.half * 3", "local.half * 3 (30)", "30"},
		{"local.limits.crit", "local.limits.crit (9)", "9"},
		{`"${local.delay}"`, "local.delay (20)", "20"},
		{"max(1, 2)", "max(1, 2)", "2"},
		{"var.wait", "var.wait (default 7)", ""},
		{"var.wait * 2", "var.wait * 2 (default 14)", ""},
		{"var.open", "var.open", ""},
		{"local.missing", "local.missing", ""},
		{"local.loop", "local.loop where local.loop = local.loop", ""},
		{"lookup(local.limits, var.open)", "lookup(local.limits, var.open) where local.limits = { warn = 5, \"crit\" = 9 }", ""},
		{"each.value.delay", "each.value.delay", ""},
		{"1e999999999 * 0", "1e999999999 * 0", ""},
		{"null", "", ""},
		{"[1, 2]", "[1, 2]", ""},
		{"length([for x in [1] : x])", "length([for x in [1] : x])", ""},
	} {
		t.Run(c.source, func(t *testing.T) {
			t.Parallel()
			v := attr(t, c.source).Value(number)
			require.Equal(t, c.text, v.Text)
			require.Equal(t, c.number == "" && c.text != "", v.Opaque)
			if c.number != "" {
				require.Equal(t, c.number, strings.TrimSuffix(v.Num.String(), "/1"))
			}
		})
	}
}

func TestSourceHasOneSpelling(t *testing.T) {
	t.Parallel()
	for want, sources := range map[string][]string{
		`var.a ? [1, 2] : { x = "a  b", y = -1 }`: {
			"var.a?[1,2]:{x=\"a  b\",y=-1}",
			"(var.a ? [\n1, # one\n 2,\n] : {\n x = \"a  b\"\n // why\n y = - 1\n})",
		},
		`merge(local.a, { b = c.d[0].e }) - !f`: {"merge( local.a,{ b=c.d[0].e } )-!f", "merge(\n local.a,\n {b = c.d[ 0 ].e},\n) - !f"},
		`"a ${b.c + 1} d"`:                      {`"a ${ b.c+1 } d"`},
		`[for x in y : x.id if x.on]`:           {"[for x in y: x.id if x.on]", "[\n for x in y :\n  x.id\n if x.on\n]"},
	} {
		for _, s := range sources {
			require.Equal(t, want, attr(t, s).Source(), s)
		}
	}
}

func TestLists(t *testing.T) {
	t.Parallel()
	for source, want := range map[string][]string{
		`["b", a.b.id, "b"]`:         {"b", "a.b.id", "b"},
		`local.users`:                {"ana", "u.b.id"},
		`toset(local.users)`:         {"ana", "u.b.id"},
		`concat(["x"], local.users)`: {"x", "ana", "u.b.id"},
		`[]`:                         {},
	} {
		got, ok := attr(t, source).List()
		require.True(t, ok, source)
		require.Equal(t, want, got, source)
	}
	for _, source := range []string{`var.users`, `concat(["x"], var.users)`, `"x"`, `[for u in a : u]`} {
		_, ok := attr(t, source).List()
		require.False(t, ok, source)
	}
}

func TestObjects(t *testing.T) {
	t.Parallel()
	a := attr(t, "local.limits")
	names, ok := a.Names()
	require.True(t, ok)
	require.Equal(t, []string{"warn", "crit"}, names)
	require.Equal(t, "9", a.Get("crit").Text())
	require.Equal(t, 8, a.Get("warn").Line())
	require.False(t, a.Get("none").Exists())
	_, ok = attr(t, "var.open").Names()
	require.False(t, ok)
}

func TestArms(t *testing.T) {
	t.Parallel()
	cond, then, otherwise, ok := attr(t, `var.env=="prod" ? 5 : local.delay`).Arms()
	require.True(t, ok)
	require.Equal(t, `var.env == "prod"`, cond)
	require.Equal(t, "5", then.Text())
	require.Equal(t, "20", otherwise.Text())
	_, _, _, ok = attr(t, "5").Arms()
	require.False(t, ok)
}

func TestBlocks(t *testing.T) {
	t.Parallel()
	f := read(t, `
# resource "a" "gone" {}
resource "a" "b" {
  name = "n"
  rule {
    d = 1
  }
  # rule { d = 9 }
  dynamic "rule" {
    for_each = var.rules
    content {
      d = rule.value
    }
  }
  rule {
    d = 3
  }
  layer = [{ d = 4 }, { d = 5 }]
  other = var.layers
}
`)
	require.Len(t, f.Blocks, 1)
	b := f.Resources("a")[0]
	require.Equal(t, 3, b.Line())
	kind, name := b.Resource()
	require.Equal(t, "a.b", kind+"."+name)
	rules := b.Blocks("rule")
	require.Len(t, rules, 3)
	require.Equal(t, []bool{false, true, false}, []bool{rules[0].Opaque(), rules[1].Opaque(), rules[2].Opaque()})
	require.Equal(t, "rule.value", rules[1].Attr("d").Text())
	require.Equal(t, `dynamic "rule" { for_each = var.rules, content { d = rule.value } }`, rules[1].Source())
	require.Equal(t, 16, rules[2].Attr("d").Line())
	require.Equal(t, "5", b.Blocks("layer")[1].Attr("d").Text())
	require.True(t, b.Blocks("other")[0].Opaque())
	require.Equal(t, []string{"name", "layer", "other"}, b.Names())
	require.True(t, b.Has("rule"))
	require.False(t, b.Has("nope"))
	require.Empty(t, b.Attr("nope").Text())
	require.True(t, b.Attr("nope").IsNull())
}

func TestABrokenBlockDoesNotTakeTheOthersAlong(t *testing.T) {
	t.Parallel()
	f := terraform.Read("a.tf", []byte("resource \"a\" \"one\" {\n  x = 1\n}\nresource \"a\" \"two\" {\n  x = 1\n  x = 2\n}\nresource \"a\" \"bad\" {\n  x = [\n}\nresource \"a\" \"three\" {\n  x = 3\n}\n"))
	require.Len(t, f.Problems, 2)
	require.Equal(t, commitment.Problem{Line: 6, Text: "an argument stands here twice"}, f.Problems[0])
	state := map[string]bool{}
	for _, b := range f.Blocks {
		state[b.Labels()[1]] = b.Opaque()
	}
	require.False(t, state["one"])
	require.True(t, state["two"])
	require.False(t, state["three"])
	require.Contains(t, state, "three")
	require.Equal(t, 11, f.Blocks[len(f.Blocks)-1].Line())
	require.Equal(t, "3", f.Blocks[len(f.Blocks)-1].Attr("x").Text())
}

func TestNothingAtAll(t *testing.T) {
	t.Parallel()
	f := terraform.Read("a.tf", []byte("<html>"))
	require.Empty(t, f.Blocks)
	require.True(t, f.Problems[0].Whole)
	deep := terraform.Read("a.tf", []byte("x = "+strings.Repeat("[", 5000)+strings.Repeat("]", 5000)))
	require.True(t, deep.Problems[0].Whole)
	long := terraform.Read("a.tf", []byte("x = 1"+strings.Repeat("+1", 100_000)))
	require.True(t, long.Problems[0].Whole)
}

func TestJSON(t *testing.T) {
	t.Parallel()
	f := terraform.Read("a.tf.json", []byte(`{
  "//": "made by hand",
  "locals": {"delay": 20},
  "resource": {
    "a": {
      "b": {
        "name": "x \"${local.delay}\" \\ y",
        "rule": [
          {"d": "${local.delay}"},
          {"d": 3, "on": true, "none": null}
        ]
      },
      "c": [{"d": 1}]
    }
  }
}`))
	require.Empty(t, f.Problems)
	b := f.Resources("a")[0]
	require.Equal(t, 6, b.Line())
	require.Equal(t, `x "20" \ y`, b.Attr("name").Text())
	require.Equal(t, 7, b.Attr("name").Line())
	rules := b.Blocks("rule")
	require.Equal(t, "20", rules[0].Attr("d").Text())
	require.Equal(t, "3", rules[1].Attr("d").Text())
	require.True(t, rules[1].Attr("none").IsNull())
	require.Len(t, f.Resources("a"), 2)
	require.True(t, terraform.Read("a.tf.json", []byte(`{"resource": `)).Problems[0].Whole)
}

func TestLocalsThatGrowAreNotFollowed(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	b.WriteString("x \"y\" {\n v = local.a40\n}\nlocals {\n a0 = \"0123456789\"\n")
	for i := 1; i <= 40; i++ {
		fmt.Fprintf(&b, " a%d = \"${local.a%d}${local.a%d}\"\n", i, i-1, i-1)
	}
	b.WriteString("}\n")
	f := read(t, b.String())
	require.Equal(t, "local.a40", f.Blocks[0].Attr("v").Text())
	require.Less(t, len(f.Blocks[0].Attr("v").Shown()), 2000)
}

func TestALongLocalIsToldByItsDigest(t *testing.T) {
	t.Parallel()
	shown := func(last string) string {
		return read(t, "x {\n v = f(local.a)\n}\nlocals {\n a = [\""+strings.Repeat("x", 9000)+last+"\"]\n}\n").Blocks[0].Attr("v").Shown()
	}
	require.Less(t, len(shown("a")), 200)
	require.NotEqual(t, shown("a"), shown("b"))
}

func FuzzRead(f *testing.F) {
	f.Add("resource \"pagerduty_escalation_policy\" \"a\" {\n  num_loops = 9\n  rule {\n    escalation_delay_in_minutes = local.d * 2\n    target {\n      id = x.y.id\n    }\n  }\n}\nlocals {\n  d = \"${1}0\"\n}\n", false)
	f.Add("locals {\n a = local.b\n b = local.a\n}\nx {\n v = cond ? [1, 2] : {a = <<-EOT\n b ${c}\n EOT\n}\n}\n", false)
	f.Add("x {\n dynamic \"y\" {\n for_each = z\n content {\n a = 1 % 0\n }\n }\n y = [{a = 1}, b]\n", false)
	f.Add(`{"resource": {"a": {"b": {"c": [{"d": "${e}"}], "f": 1e9}}}}`, true)
	f.Fuzz(func(t *testing.T, text string, json bool) {
		path := "a.tf"
		if json {
			path = "a.tf.json"
		}
		file := terraform.Read(path, []byte(text))
		for _, b := range file.Blocks {
			visit(t, b, 0)
		}
	})
}

func visit(t *testing.T, b terraform.Block, depth int) {
	t.Helper()
	if depth > 5 {
		return
	}
	_, _, _ = b.Line(), b.Source(), b.Repeated()
	for _, name := range b.Names() {
		a := b.Attr(name)
		_, _, _, _ = a.Value(number), a.Source(), a.Line(), a.Variables()
		_, _ = a.List()
		_, _ = a.Names()
		_, _, _, _ = a.Arms()
		for _, n := range b.Blocks(name) {
			visit(t, n, depth+1)
		}
	}
	for _, kind := range b.Kinds() {
		for _, n := range b.Blocks(kind) {
			visit(t, n, depth+1)
		}
	}
}
