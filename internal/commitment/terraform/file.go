package terraform

import (
	"bytes"
	"cmp"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"

	"github.com/slagate/slagate/internal/commitment"
	"github.com/slagate/slagate/internal/commitment/source"
)

// File is a Terraform file: its top-level blocks in order, and why others are missing.
type File struct {
	Blocks   []Block
	Problems []commitment.Problem
	// Generated: the file, or its folder's name, says that it is made from others.
	Generated bool
	// Template: the file is a template of a Terraform file, by its name.
	Template bool
}

// Is reports whether a path is that of a Terraform file.
func Is(path string) bool {
	return strings.HasSuffix(path, ".tf") || strings.HasSuffix(path, ".tf.json") || strings.HasSuffix(path, ".tofu")
}

// Read reads all blocks of a file. A block that cannot be read is a problem, and opaque
// as far as something of it was understood.
func Read(path string, src []byte) File {
	f := File{Generated: source.IsGenerated(path, src), Template: !Is(path)}
	src = bytes.ReplaceAll(bytes.TrimPrefix(src, []byte("\xef\xbb\xbf")), []byte("\r\n"), []byte("\n"))
	s := &scope{locals: map[string]hclsyntax.Expression{}, defaults: map[string]hclsyntax.Expression{}, sources: map[string]string{}, folded: map[string]folding{}}
	if strings.HasSuffix(path, ".json") {
		var ok bool
		if src, s.lines, ok = fromJSON(src); !ok {
			f.Problems = append(f.Problems, commitment.Problem{Line: 1, Text: "it is not valid JSON of Terraform", Whole: true})
			return f
		}
	}
	s.src, s.own = src, ownLines(src)
	if line, ok := bounded(src); !ok {
		f.Problems = append(f.Problems, commitment.Problem{Line: line, Text: "it is nested too deeply to be read", Whole: true})
		return f
	}
	f.parse(path, s)
	s.define(f.Blocks)
	return f
}

// Resources are the resource blocks of the given types, in file order.
func (f File) Resources(types ...string) []Block {
	var out []Block
	for _, b := range f.Blocks {
		if kind, _ := b.Resource(); kind != "" && slices.Contains(types, kind) {
			out = append(out, b)
		}
	}
	return out
}

// parse reads the whole file, or, where that fails, block by block.
func (f *File) parse(path string, s *scope) {
	file, diags := hclsyntax.ParseConfig(s.src, path, hcl.InitialPos)
	if !diags.HasErrors() {
		f.add(file, s, false)
		return
	}
	for _, at := range pieces(s.src) {
		// The blanks in front keep the lines and the offsets of the file.
		text := append(blank(s.src[:at.from]), s.src[at.from:at.to]...)
		file, diags := hclsyntax.ParseConfig(text, path, hcl.InitialPos)
		had := len(f.Blocks)
		f.add(file, s, diags.HasErrors())
		if diags.HasErrors() {
			f.problem(s, at.line, diags, len(f.Blocks) == had)
		}
	}
}

func (f *File) add(file *hcl.File, s *scope, broken bool) {
	if file == nil {
		return
	}
	body, ok := file.Body.(*hclsyntax.Body)
	if !ok || body == nil {
		return
	}
	for _, b := range body.Blocks {
		f.Blocks = append(f.Blocks, Block{scope: s, kind: b.Type, labels: b.Labels, body: b.Body, at: b.Range(), opaque: broken})
	}
}

// problem says why a part could not be read; gone: nothing came of it at all.
func (f *File) problem(s *scope, line int, diags hcl.Diagnostics, gone bool) {
	for _, d := range diags {
		if d.Severity != hcl.DiagError {
			continue
		}
		text := "it is not valid Terraform here"
		switch {
		case d.Summary == "Attribute redefined":
			text = "an argument stands here twice"
		case strings.HasPrefix(d.Summary, "Unclosed"), strings.HasPrefix(d.Summary, "Unterminated"):
			text = "something that was opened is not closed"
		}
		if d.Subject != nil {
			line = d.Subject.Start.Line
		}
		f.Problems = append(f.Problems, commitment.Problem{Line: s.line(line), Text: text, Whole: gone})
		return
	}
}

// piece is a part of a file that begins like a top-level block.
type piece struct{ from, to, line int }

// maxPieces bounds how often parts of a broken file are parsed again.
const maxPieces = 200

// pieces cuts a broken file where a top-level block begins at the start of a line.
func pieces(src []byte) []piece {
	starts := []int{0}
	for at := range lineStarts(src) {
		word, _, _ := bytes.Cut(src[at:min(len(src), at+20)], []byte(" "))
		if at > 0 && slices.Contains([]string{"resource", "data", "module", "locals", "variable", "output", "provider", "terraform", "moved", "import", "check", "removed"}, string(word)) {
			starts = append(starts, at)
		}
	}
	if len(starts) > maxPieces {
		starts = starts[:maxPieces]
	}
	var out []piece
	for i, from := range starts {
		to := len(src)
		if i+1 < len(starts) {
			to = starts[i+1]
		}
		if to > from {
			out = append(out, piece{from, to, 1 + bytes.Count(src[:from], []byte("\n"))})
		}
	}
	return out
}

func lineStarts(src []byte) func(yield func(int) bool) {
	return func(yield func(int) bool) {
		for at := 0; at < len(src); {
			if !yield(at) {
				return
			}
			next := bytes.IndexByte(src[at:], '\n')
			if next < 0 {
				return
			}
			at += next + 1
		}
	}
}

// blank is a text of the same lines and length with nothing on them.
func blank(src []byte) []byte {
	out := bytes.Repeat([]byte(" "), len(src))
	for i, c := range src {
		if c == '\n' {
			out[i] = '\n'
		}
	}
	return out
}

// Bounds on what is parsed: HCL's parser and evaluation go as deep as the text does.
const (
	maxDepth  = 200    // brackets and templates in each other
	maxTokens = 50_000 // of one expression
)

// bounded reports whether a file can be parsed with a bounded stack, and otherwise where not.
func bounded(src []byte) (line int, ok bool) {
	tokens, _ := hclsyntax.LexConfig(src, "", hcl.InitialPos)
	depth, length := 0, 0
	for _, t := range tokens {
		length++
		switch {
		case opens(t.Type):
			depth++
		case closes(t.Type):
			depth = max(depth-1, 0)
		case oneOf(t.Type, hclsyntax.TokenComma, hclsyntax.TokenNewline, hclsyntax.TokenComment):
			length = 0
		}
		if depth > maxDepth || length > maxTokens {
			return t.Range.Start.Line, false
		}
	}
	return 0, true
}

// define makes the file's locals and variables known to its values.
func (s *scope) define(blocks []Block) {
	for _, b := range blocks {
		switch {
		case b.kind == "locals":
			for name, a := range b.body.Attributes {
				if _, ok := s.locals[name]; !ok || !s.beyond(b.at) {
					s.locals[name] = a.Expr
				}
			}
		case b.kind == "variable" && len(b.labels) == 1:
			a, ok := b.body.Attributes["default"]
			if _, known := s.defaults[b.labels[0]]; ok && (!known || !s.beyond(b.at)) {
				s.defaults[b.labels[0]] = a.Expr
			}
		}
	}
}

// Block is a block of a file.
type Block struct {
	scope  *scope
	kind   string
	labels []string
	body   *hclsyntax.Body
	at     hcl.Range
	opaque bool
	each   hclsyntax.Expression // what a dynamic block is made from; nil for any other
}

// Type is the word it begins with: resource, module, locals, variable, rule.
func (b Block) Type() string { return b.kind }

// Labels are the quoted words after it.
func (b Block) Labels() []string { return b.labels }

// Resource is type and name of a resource; both are empty for any other block.
func (b Block) Resource() (kind, name string) {
	if b.kind != "resource" || len(b.labels) != 2 {
		return "", ""
	}
	return b.labels[0], b.labels[1]
}

// Line is where it begins.
func (b Block) Line() int { return b.scope.line(b.at.Start.Line) }

// Opaque reports that the block does not say all that is in it: it stands for any number
// of blocks (dynamic), or has a syntax error somewhere.
func (b Block) Opaque() bool { return b.opaque }

// Attr is an argument of the block; the zero Attr where there is none.
func (b Block) Attr(name string) Attr {
	if b.body == nil {
		return Attr{}
	}
	a, ok := b.body.Attributes[name]
	if !ok {
		return Attr{}
	}
	return Attr{scope: b.scope, expr: a.Expr, at: a.NameRange.Start.Line}
}

// Has reports whether the block has an argument or a nested block of that name.
func (b Block) Has(name string) bool { return b.Attr(name).Exists() || len(b.Blocks(name)) > 0 }

// Names are the names of its arguments in file order.
func (b Block) Names() []string {
	if b.body == nil {
		return nil
	}
	names := make([]string, 0, len(b.body.Attributes))
	for name := range b.body.Attributes {
		names = append(names, name)
	}
	slices.SortFunc(names, func(x, y string) int {
		return cmp.Or(
			cmp.Compare(b.body.Attributes[x].NameRange.Start.Byte, b.body.Attributes[y].NameRange.Start.Byte),
			cmp.Compare(x, y))
	})
	return names
}

// Blocks are the nested blocks of a name in file order. One that is generated
// (dynamic) comes once, opaque, with what its content says. Blocks that are written
// as an argument (rule = [{...}], the only way in JSON) come too.
func (b Block) Blocks(name string) []Block {
	if b.body == nil {
		return nil
	}
	var out []Block
	for _, n := range b.body.Blocks {
		switch {
		case n.Type == name:
			out = append(out, Block{scope: b.scope, kind: name, labels: n.Labels, body: n.Body, at: n.Range()})
		case n.Type == "dynamic" && len(n.Labels) == 1 && n.Labels[0] == name:
			out = append(out, Block{scope: b.scope, kind: name, body: content(n.Body), at: n.Range(), opaque: true, each: forEach(n.Body)})
		}
	}
	if a := b.Attr(name); len(out) == 0 && a.Exists() && !a.IsNull() {
		return a.blocks(name)
	}
	return out
}

func forEach(dynamic *hclsyntax.Body) hclsyntax.Expression {
	if a, ok := dynamic.Attributes["for_each"]; ok {
		return a.Expr
	}
	return nil
}

func content(dynamic *hclsyntax.Body) *hclsyntax.Body {
	for _, n := range dynamic.Blocks {
		if n.Type == "content" {
			return n.Body
		}
	}
	return nil
}

// Kinds are the names of its nested blocks in file order, each once, dynamic ones by what they make.
func (b Block) Kinds() []string {
	if b.body == nil {
		return nil
	}
	var out []string
	for _, n := range b.body.Blocks {
		name := n.Type
		if name == "dynamic" && len(n.Labels) == 1 {
			name = n.Labels[0]
		}
		if !slices.Contains(out, name) {
			out = append(out, name)
		}
	}
	return out
}

// Source is the block as written, in one spelling, without comments. What a dynamic
// block is made from is said with it.
func (b Block) Source() string {
	text := canonical(b.scope.text(b.at))
	if b.each != nil {
		text += b.scope.definitions(b.each)
	}
	return text
}

// Repeated is the source of count or for_each, "" where the block stands once.
func (b Block) Repeated() string {
	for _, name := range []string{"for_each", "count"} {
		if a := b.Attr(name); a.Exists() {
			return name + " = " + a.Source()
		}
	}
	return ""
}
