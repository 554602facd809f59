package resource

import (
	"bytes"
	"slices"
	"strings"

	"github.com/slagate/slagate/internal/commitment"
	"github.com/slagate/slagate/internal/commitment/terraform"
)

// Type reads the resources of one type.
type Type func(it Item) []commitment.Commitment

// Mentions reports whether a file is one of Terraform, or a template of one, and
// holds one of the words.
func Mentions(path string, src []byte, words ...string) bool {
	base := path[strings.LastIndexByte(path, '/')+1:]
	if !terraform.Is(path) && !strings.Contains(base, ".tf.") && !strings.HasSuffix(base, ".tftpl") && !strings.HasSuffix(base, ".hcl") {
		return false
	}
	return slices.ContainsFunc(words, func(w string) bool { return bytes.Contains(src, []byte(w)) })
}

// Read reads the resources of the given types, and modules by the type "module".
func Read(path string, src []byte, types map[string]Type) commitment.Parsed {
	f := terraform.Read(path, src)
	var out commitment.Parsed
	named := names(f)
	for _, b := range f.Blocks {
		kind, name := b.Resource()
		if b.Type() == "module" && len(b.Labels()) == 1 {
			kind, name = "module", b.Labels()[0]
		}
		read := types[kind]
		if read == nil {
			continue
		}
		at := commitment.Source{File: path, Line: b.Line(), Template: f.Template, Generated: f.Generated}
		for _, it := range items(Item{Block: block{b: b}, Type: kind, Name: name, Source: at, Named: named}, b) {
			found := read(it)
			out.Mine = out.Mine || len(found) > 0 || kind != "module"
			out.Commitments = append(out.Commitments, said(found, it)...)
		}
	}
	if out.Mine || whole(f.Problems) {
		out.Problems = f.Problems
	}
	return out
}

func whole(problems []commitment.Problem) bool {
	return slices.ContainsFunc(problems, func(p commitment.Problem) bool { return p.Whole })
}

// said completes commitments with what is the same for all of a resource.
func said(list []commitment.Commitment, it Item) []commitment.Commitment {
	for i := range list {
		c := &list[i]
		line := c.Source.Line
		c.Source = it.Source
		if line > 0 {
			c.Source.Line = line
		}
		if it.Source.Template {
			c.Caveats = append(c.Caveats, "read without rendering the template")
		}
	}
	return list
}

// maxEach bounds the items that one for_each is written out to.
const maxEach = 500

// items are what a resource stands for: one for each entry of a for_each that is
// written out, else itself.
func items(it Item, b terraform.Block) []Item {
	a := b.Attr("for_each")
	if keys, ok := a.List(); ok && len(keys) > 0 && len(keys) <= maxEach {
		entries, _ := a.Attrs()
		var out []Item
		for _, e := range entries {
			if key, ok := e.Literal(); ok {
				out = append(out, it.bound(b, each{key: key, entry: e, bound: true}))
			}
		}
		if len(out) == len(keys) {
			return out
		}
		return []Item{it}
	}
	keys, ok := a.Names()
	if !ok || len(keys) == 0 || len(keys) > maxEach {
		return []Item{it}
	}
	out := make([]Item, 0, len(keys))
	for _, key := range keys {
		out = append(out, it.bound(b, each{key: key, entry: a.Get(key), bound: true}))
	}
	return out
}

func (it Item) bound(b terraform.Block, e each) Item {
	it.Block, it.Each = block{b, e}, e.key
	return it
}

// names finds the locals of a file. Their texts are kept, since many resources may
// rest on the same one.
func names(f terraform.File) func(string) (string, int, bool) {
	texts := map[string]string{}
	return func(name string) (string, int, bool) {
		for _, b := range f.Blocks {
			if b.Type() != "locals" {
				continue
			}
			raw := b.Attr(name)
			if !raw.Exists() {
				continue
			}
			text, ok := texts[name]
			if !ok {
				text = each{}.attr(raw).Text
				texts[name] = text
			}
			return text, raw.Line(), true
		}
		return "", 0, false
	}
}
