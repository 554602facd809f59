package commitment

import (
	"cmp"
	"fmt"
	"path"
	"slices"
	"strings"
)

// codeFormat is the format of files that others are rendered from, and codeGroup what
// it calls the code around the literals, of which nobody can say what comes out.
const (
	codeFormat = "jsonnet"
	codeGroup  = "code"
)

// isCode reports whether a commitment stands for code.
func isCode(c *Commitment) bool {
	return c != nil && c.Key.Format == codeFormat && c.Key.Group == codeGroup && c.Kind == Other
}

// isSetting reports whether a commitment is a value that only code makes something of.
func isSetting(c *Commitment) bool {
	return c != nil && c.Key.Format == codeFormat && c.Key.Group != codeGroup && c.Kind == Other
}

// rendered folds what changed in a source into what changed in what is rendered from it:
// where both stand in the repository, the rendered text is what counts (formats.md 1.8).
func (d *diff) rendered() {
	d.rules()
	out := d.renderings()
	var code, rest []Change
	for _, c := range d.changes {
		s := c.side()
		if !isCode(s) && !isSetting(s) {
			rest = append(rest, c)
			continue
		}
		if isCode(s) || c.After == nil {
			c.Text = fromCode(&c)
		}
		if len(out) > 0 && c.Effect != Neutral {
			c.Effect = Neutral
			c.Text = title(s.Name) + " changed. What it is rendered to is part of this change, and compared there: " + some(out) + "."
		}
		if isCode(s) && c.Effect == Unknown {
			code = append(code, c)
			continue
		}
		rest = append(rest, c)
	}
	d.changes = append(rest, oneOf(code)...)
}

// fromCode says that code changed.
func fromCode(c *Change) string {
	text := title(c.side().Name)
	switch {
	case isSetting(c.side()):
		return text + " is not set any more. What counts instead, and what follows from it, cannot be told without running the code. Please judge."
	case c.Before == nil:
		return text + " is new."
	case c.After == nil:
		text += " is gone."
	default:
		text += " changed."
	}
	return text + " What alerts and objectives come out of it cannot be told without running it. Please judge."
}

// rules drops a change of a rule in a source where the same rule changed in what is
// rendered, with the same effect, or with one where the source cannot be judged.
func (d *diff) rules() {
	type name struct {
		kind Kind
		name string
	}
	there := map[name][]int{}
	for i := range d.changes {
		if s := d.changes[i].side(); s != nil && s.Key.Format != codeFormat && (s.Kind == Detection || s.Kind == Measurement) {
			there[name{s.Kind, s.Name}] = append(there[name{s.Kind, s.Name}], i)
		}
	}
	dropped := map[int]bool{}
	for i := range d.changes {
		c := &d.changes[i]
		s := c.side()
		if s == nil || s.Key.Format != codeFormat {
			continue
		}
		for _, k := range there[name{s.Kind, s.Name}] {
			if r := &d.changes[k]; r.Effect == c.Effect || c.Effect == Unknown && r.Effect != Neutral {
				r.swallow(c)
				dropped[i] = true
				break
			}
		}
	}
	rest := make([]Change, 0, len(d.changes))
	for i, c := range d.changes {
		if !dropped[i] {
			rest = append(rest, c)
		}
	}
	d.changes = rest
}

// renderings are the files of rules that are known to be rendered and changed, too:
// they say so, stand where such files stand, or hold a rule of one of the sources.
func (d *diff) renderings() []string {
	source := map[string]bool{}
	for _, set := range []Set{d.before, d.after} {
		for i := range set.Commitments {
			if c := &set.Commitments[i]; c.Key.Format == codeFormat && c.Kind == Detection {
				source[c.Name] = true
			}
		}
	}
	var out []string
	for i := range d.after.Commitments {
		c := &d.after.Commitments[i]
		if c.Key.Format == codeFormat || c.Kind != Detection && c.Routes == nil || slices.Contains(out, c.Source.File) {
			continue
		}
		now, _ := d.after.File(c.Source.File)
		old, had := d.before.File(former(d.o.Renames, c.Source.File))
		if had && old.Hash == now.Hash || !source[c.Name] && !c.Source.Generated && !keptRendered(c.Source.File) {
			continue
		}
		out = append(out, c.Source.File)
	}
	slices.Sort(out)
	return out
}

// keptRendered reports whether a file stands in a folder in which projects that write
// Jsonnet keep what comes out of it.
func keptRendered(file string) bool {
	return slices.ContainsFunc(strings.Split(path.Dir(file), "/"), func(dir string) bool {
		return slices.Contains([]string{"manifests", "assets", "rendered", "generated", "dist", "out", "output"}, dir)
	})
}

// oneOf makes one finding of code that changed in several files, as people judge it once.
func oneOf(code []Change) []Change {
	if len(code) < 2 {
		return code
	}
	first := together(code)
	var files []string
	for _, p := range first.Places() {
		files = append(files, cmp.Or(p.After.File, p.Before.File))
	}
	first.Text = fmt.Sprintf("The code of %d files changed (%s). What alerts and objectives come out of it cannot be told without running it. Please judge.", len(files), some(files))
	return []Change{first}
}

// some names a few files.
func some(files []string) string {
	const few = 3
	text := strings.Join(files[:min(len(files), few)], ", ")
	if len(files) > few {
		text += fmt.Sprintf(" and %d more", len(files)-few)
	}
	return text
}
