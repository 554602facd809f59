package signoff

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/text"
)

// Verb is the word after "/sla".
type Verb string

// The verbs. The last group is part of the language but not answered yet.
const (
	VerbSign    Verb = "sign"
	VerbUnsign  Verb = "unsign"
	VerbDone    Verb = "done"
	VerbUndone  Verb = "undone"
	VerbNA      Verb = "na"
	VerbRefresh Verb = "refresh"
	VerbHelp    Verb = "help"

	VerbObject     Verb = "object"
	VerbWithdraw   Verb = "withdraw"
	VerbAnswer     Verb = "answer"
	VerbDelegate   Verb = "delegate"
	VerbBreakGlass Verb = "break-glass"
)

// CommandLine is one command as a person wrote it.
type CommandLine struct {
	Text string // the whole line, trimmed
	Verb Verb
	Arg  string // function or item; "" if none
	Rest string // note or reason
}

// Evidence is the id of the command line in a comment. The same line twice in
// one comment is one command.
func (c CommandLine) Evidence(comment int64) string {
	sum := sha256.Sum256([]byte(c.Text))
	return fmt.Sprintf("comment:%d:%s", comment, hex.EncodeToString(sum[:8]))
}

const prefix = "/sla"

// ParseCommands returns the commands of a comment: lines of plain text at the
// top level that begin with "/sla". Quotes, lists, code, HTML comments and
// folded blocks are not looked into, so that quoting somebody signs nothing.
func ParseCommands(body string) []CommandLine {
	if !strings.Contains(body, prefix) {
		return nil
	}
	src := []byte(strings.ReplaceAll(body, "\r\n", "\n"))
	doc := goldmark.New(goldmark.WithExtensions(extension.GFM)).Parser().Parse(text.NewReader(src))
	var found []CommandLine
	folded := 0
	for block := doc.FirstChild(); block != nil; block = block.NextSibling() {
		switch b := block.(type) {
		case *ast.HTMLBlock:
			folded = max(0, folded+folds(b, src))
		case *ast.Paragraph:
			if folded == 0 {
				found = append(found, paragraphCommands(b, src)...)
			}
			folded = max(0, folded+inlineFolds(b, src))
		}
	}
	return found
}

// folds counts how many folded blocks an HTML block opens (or, below zero, closes).
func folds(b *ast.HTMLBlock, src []byte) int {
	var html []byte
	for i := range b.Lines().Len() {
		seg := b.Lines().At(i)
		html = append(html, seg.Value(src)...)
	}
	if b.HasClosure() {
		html = append(html, b.ClosureLine.Value(src)...)
	}
	return openTags(html)
}

func openTags(html []byte) int {
	lower := bytes.ToLower(html)
	return bytes.Count(lower, []byte("<details")) - bytes.Count(lower, []byte("</details"))
}

// inlineFolds counts the same in HTML that stands inside a paragraph.
func inlineFolds(p *ast.Paragraph, src []byte) int {
	n := 0
	for c := p.FirstChild(); c != nil; c = c.NextSibling() {
		if raw, ok := c.(*ast.RawHTML); ok {
			for i := range raw.Segments.Len() {
				seg := raw.Segments.At(i)
				n += openTags(seg.Value(src))
			}
		}
	}
	return n
}

// paragraphCommands looks at the lines of a paragraph that begin with plain
// text: a line that begins inside a code span or a tag does not.
func paragraphCommands(p *ast.Paragraph, src []byte) []CommandLine {
	starts := map[int]bool{}
	for c := p.FirstChild(); c != nil; c = c.NextSibling() {
		if t, ok := c.(*ast.Text); ok {
			starts[t.Segment.Start] = true
		}
	}
	var found []CommandLine
	depth := 0
	for i := range p.Lines().Len() {
		seg := p.Lines().At(i)
		line := seg.Value(src)
		indent := len(line) - len(bytes.TrimLeft(line, " \t"))
		if depth == 0 && starts[seg.Start+indent] {
			if c, ok := parseLine(string(line)); ok {
				found = append(found, c)
			}
		}
		depth = max(0, depth+openTags(line))
	}
	return found
}

func parseLine(line string) (CommandLine, bool) {
	line = strings.TrimSpace(line)
	words := strings.Fields(line)
	if len(words) == 0 || words[0] != prefix {
		return CommandLine{}, false
	}
	c := CommandLine{Text: line}
	if len(words) == 1 {
		c.Verb = VerbHelp
		return c, true
	}
	c.Verb = Verb(strings.ToLower(words[1]))
	if len(words) > 2 {
		c.Arg = strings.ToLower(words[2])
		rest := strings.TrimSpace(strings.TrimPrefix(line, prefix))
		rest = strings.TrimSpace(rest[len(words[1]):])
		c.Rest = strings.TrimSpace(rest[len(words[2]):])
	}
	return c, true
}
