package source

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"

	"go.yaml.in/yaml/v4"

	"github.com/slagate/slagate/internal/commitment"
)

// Bounds on what a file may expand to.
const (
	maxNodes = 1_000_000 // nodes with aliases written out
	maxDepth = 200
)

// File is a YAML or JSON file: its documents in order, and why others are missing.
type File struct {
	Documents []Document
	// Template: it could only be read with its expressions masked.
	Template bool
	// Generated: a comment at its top, or the name of its folder, says that it is made from others.
	Generated bool
	Problems  []commitment.Problem
}

// Document is one document of a file.
type Document struct {
	Index int
	Root  Node
}

// Whole reports whether nothing at all could be read although there was something.
func (f File) Whole() bool { return len(f.Documents) == 0 && len(f.Problems) > 0 }

// YAML reads all documents of a file. Each that cannot be read is a problem.
func YAML(path string, src []byte) File {
	src = bytes.ReplaceAll(bytes.TrimPrefix(src, []byte("\xef\xbb\xbf")), []byte("\r\n"), []byte("\n"))
	f := File{Generated: IsGenerated(path, src)}
	for i, chunk := range documents(src) {
		f.read(i, chunk)
	}
	return f
}

// chunk is the text of one document and the line before it.
type chunk struct {
	text []byte
	line int
}

var separator = regexp.MustCompile(`(?m)^---(?:[ \t].*)?$`)

// documents cuts a file at its document marks, so that a broken document does not
// take the others along.
func documents(src []byte) []chunk {
	var out []chunk
	start, line := 0, 0
	add := func(end int) {
		out = append(out, chunk{src[start:end], line})
		line += bytes.Count(src[start:end], []byte("\n"))
	}
	for _, at := range separator.FindAllIndex(src, -1) {
		if at[0] > start {
			add(at[0])
		}
		start = at[0]
	}
	add(len(src))
	return out
}

// read adds one document, as it is or masked.
func (f *File) read(index int, c chunk) {
	d := &document{line: c.line}
	root, err := parse(c.text)
	if err != nil || braced(root, 0) {
		masked, tokens := mask(c.text)
		switch {
		case !bytes.Equal(masked, c.text):
			if root, err = parse(masked); err != nil {
				masked, tokens = mask(withoutWords(c.text))
				if root, _ = parse(masked); root == nil {
					f.problem(c, err)
					return
				}
			}
			d.tokens, f.Template = tokens, true
		case err != nil:
			f.problem(c, err)
			return
		}
	}
	if root == nil {
		return // nothing but comments
	}
	if err := bounded(root); err != nil {
		f.Problems = append(f.Problems, commitment.Problem{Line: c.line + root.Line, Text: err.Error(), Whole: true})
		return
	}
	f.doubled(c, d, root)
	f.Documents = append(f.Documents, Document{Index: index, Root: Node{doc: d, n: root}})
}

// doubled notes the keys that stand twice in a mapping. In a template they are the two
// branches of a condition as a rule, so that this is no problem; their value is
// opaque all the same.
func (f *File) doubled(c chunk, d *document, root *yaml.Node) {
	if d.tokens != nil {
		return
	}
	for _, key := range doubles(root, 0) {
		f.Problems = append(f.Problems, commitment.Problem{Line: c.line + key.Line, Text: fmt.Sprintf("the key %q stands here twice", key.Value)})
	}
}

// braced reports whether a mapping stands where a key belongs. It is YAML, but what
// was meant is a template: "for: {{ .Values.for }}".
func braced(n *yaml.Node, depth int) bool {
	if n == nil || depth > maxDepth {
		return false
	}
	for i, child := range n.Content {
		if n.Kind == yaml.MappingNode && i%2 == 0 && child.Kind == yaml.MappingNode || braced(child, depth+1) {
			return true
		}
	}
	return false
}

// parse reads the first document of a text; nil where there is none.
func parse(text []byte) (*yaml.Node, error) {
	var n yaml.Node
	err := yaml.NewDecoder(bytes.NewReader(text)).Decode(&n)
	if errors.Is(err, io.EOF) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	if n.Kind == yaml.DocumentNode {
		if len(n.Content) == 0 {
			return nil, nil
		}
		return n.Content[0], nil
	}
	return &n, nil
}

var errorLine = regexp.MustCompile(`line (\d+)`)

// problem notes a document that could not be read.
func (f *File) problem(c chunk, err error) {
	line := 1
	if m := errorLine.FindStringSubmatch(err.Error()); m != nil {
		if n, e := strconv.Atoi(m[1]); e == nil {
			line = n
		}
	}
	f.Problems = append(f.Problems, commitment.Problem{Line: c.line + line, Text: "it is not valid YAML", Whole: true})
}

var (
	errTooMany = errors.New("its aliases expand to more than a million values")
	errTooDeep = errors.New("it is nested more than 200 levels deep")
	errCircle  = errors.New("an alias in it contains itself")
)

// bounded refuses what would grow without end once aliases are followed.
func bounded(root *yaml.Node) error {
	sizes, open := map[*yaml.Node]int{}, map[*yaml.Node]bool{}
	var size func(n *yaml.Node, depth int) (int, error)
	size = func(n *yaml.Node, depth int) (int, error) {
		switch {
		case depth > maxDepth:
			return 0, errTooDeep
		case open[n]:
			return 0, errCircle
		case n.Kind == yaml.AliasNode:
			if n.Alias == nil {
				return 1, nil
			}
			return size(n.Alias, depth+1)
		}
		if s, ok := sizes[n]; ok {
			return s, nil
		}
		open[n] = true
		sum := 1
		for _, child := range n.Content {
			s, err := size(child, depth+1)
			if err != nil {
				return 0, err
			}
			if sum += s; sum > maxNodes {
				return 0, errTooMany
			}
		}
		open[n] = false
		sizes[n] = sum
		return sum, nil
	}
	_, err := size(root, 0)
	return err
}

// doubles are the keys that stand more than once in their mapping.
func doubles(n *yaml.Node, depth int) []*yaml.Node {
	if depth > maxDepth {
		return nil
	}
	var out []*yaml.Node
	if n.Kind == yaml.MappingNode {
		seen := map[string]bool{}
		for i := 0; i+1 < len(n.Content); i += 2 {
			key := n.Content[i]
			if key.Kind == yaml.ScalarNode && key.Value != "<<" {
				if seen[key.Value] {
					out = append(out, key)
				}
				seen[key.Value] = true
			}
		}
	}
	for _, child := range n.Content {
		out = append(out, doubles(child, depth+1)...)
	}
	return out
}
