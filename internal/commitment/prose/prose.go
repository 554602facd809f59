// Package prose reads the promises that customers themselves read: service levels
// and support terms in Markdown, reStructuredText, HTML and its templates, AsciiDoc
// and plain text, in sentences and in tables (formats.md 1.7).
//
// Its one idea: a reader per markup turns the file into a page of passages and
// tables under headings, with the line of each; everything after that sees no markup.
// In a passage the facts are found (a percentage near "uptime", a time near "reply",
// hours of support), and what is left of the sentence is the indicator, normalised so
// far that punctuation, articles and contractions are no change. So a moved number is
// a field, and a reworded sentence another indicator, which is shown to people.
//
// A new markup is a reader that fills a page (page.go) and a line in [parsePage]. A
// new kind of promise is a row in subjects (lexicon.go).
//
// It refuses to guess. Percentages and times count only near words of service in a
// place that is about service; code is not read, nor what a template would put in.
// And it does not judge: the roles of its fields say which way is better.
package prose

import (
	"path"
	"slices"
	"strings"

	"github.com/slagate/slagate/internal/commitment"
)

// Name is the format's name.
const Name = "prose"

// Format reads promises in prose (formats.md 1.7).
func Format() commitment.Format {
	return commitment.Format{Name: Name, Sniff: Sniff, Parse: Parse}
}

// Sniff reports whether the file is a text for people, by its extension alone: a
// document without a promise today may have held one yesterday.
func Sniff(file string, _ []byte) bool { return markupOf(file) != "" }

// markupOf is the markup of a file: the name of its reader.
func markupOf(file string) string {
	name := strings.ToLower(path.Base(file))
	for _, suffix := range []string{".j2", ".jinja", ".jinja2", ".tmpl", ".tpl", ".gotmpl", ".liquid", ".njk", ".hbs", ".mustache", ".twig"} {
		if cut, ok := strings.CutSuffix(name, suffix); ok {
			name = cut
			if path.Ext(name) == "" && slices.Contains([]string{".liquid", ".njk", ".hbs", ".twig", ".jinja", ".jinja2"}, suffix) {
				return "html"
			}
			break
		}
	}
	switch path.Ext(strings.TrimSuffix(name, ".erb")) {
	case ".md", ".mdx", ".markdown", ".mdown", ".mkd", ".mkdn":
		return "markdown"
	case ".rst", ".rest":
		return "rst"
	case ".html", ".htm", ".xhtml":
		return "html"
	case ".adoc", ".asciidoc", ".asc":
		return "asciidoc"
	case ".txt", ".text":
		return "text"
	}
	if strings.HasSuffix(name, ".erb") && path.Ext(strings.TrimSuffix(name, ".erb")) == "" {
		return "html"
	}
	return ""
}

// Parse reads all promises of a page. It never fails: a text is always a text.
func Parse(file string, src []byte) commitment.Parsed {
	markup := markupOf(file)
	if markup == "" {
		return commitment.Parsed{}
	}
	masked := mask(string(src))
	p := parsePage(markup, masked.text)
	r := &reading{
		file: file, page: p, templates: masked.expressions,
		source:  commitment.Source{File: file, Template: len(masked.expressions) > 0 || masked.dropped, Generated: generated(file, string(src))},
		factual: map[string]bool{}, topics: map[string]topic{}, keys: map[string]string{},
	}
	r.repeats = r.repeatedHeadings()
	r.about, r.log = aboutFile(file, p.title), logName.MatchString(strings.TrimSuffix(path.Base(file), path.Ext(file)))
	if r.log {
		r.about = unrelated
	}
	for _, part := range p.parts {
		if part.table != nil {
			r.readTable(part)
		} else {
			r.readPassage(part)
		}
	}
	r.readLists()
	r.distinguish()
	return commitment.Parsed{Mine: true, Commitments: r.found, Problems: r.problems}
}

func parsePage(markup, text string) page {
	switch markup {
	case "markdown":
		return readMarkdown(text)
	case "rst", "text":
		return readRST(text)
	case "asciidoc":
		return readAsciiDoc(text)
	}
	return readHTML(text)
}

// reading is the state of reading one page.
type reading struct {
	file      string
	page      page
	about     topic
	log       bool // it tells what was done
	source    commitment.Source
	templates map[string]string // token to expression
	repeats   map[string]bool   // headings that stand more than once on the page
	factual   map[string]bool   // sentences that hold facts
	topics    map[string]topic  // what headings are about, for there are many parts below each
	keys      map[string]string // headings as keys
	found     []commitment.Commitment
	problems  []commitment.Problem
}

// group is the heading that a promise is kept under. A heading that stands more than
// once is told apart by the one above it.
func (r *reading) group(headings []string) string {
	if len(headings) == 0 {
		return ""
	}
	last := r.headingKey(headings[len(headings)-1])
	if r.repeats[last] && len(headings) > 1 {
		return r.headingKey(headings[len(headings)-2]) + " / " + last
	}
	return last
}

// headingKey is a heading without the percentage that it may repeat.
func (r *reading) headingKey(text string) string {
	key, ok := r.keys[text]
	if !ok {
		key = canon(percentage.ReplaceAllString(text, " "))
		r.keys[text] = key
	}
	return key
}

// repeatedHeadings are the headings under which parts stand in more than one place.
func (r *reading) repeatedHeadings() map[string]bool {
	above := map[string]string{}
	repeated := map[string]bool{}
	for _, part := range r.page.parts {
		n := len(part.headings)
		if n == 0 {
			continue
		}
		last, path := r.headingKey(part.headings[n-1]), strings.Join(part.headings, "\n")
		if known, ok := above[last]; ok && known != path {
			repeated[last] = true
		}
		above[last] = path
	}
	return repeated
}

// add keeps a promise with its place.
func (r *reading) add(c commitment.Commitment, line int) {
	if len(r.found) > commitment.MaxItems {
		return
	}
	c.Source, c.Key.Format = r.source, Name
	c.Source.Line = line
	if r.source.Template {
		c.Caveats = append(c.Caveats, "read without rendering the template")
	}
	for i := range c.Fields {
		if c.Fields[i].Line == 0 {
			c.Fields[i].Line = line
		}
	}
	r.found = append(r.found, c)
}

// distinguish tells promises of equal keys apart by their limits: two hours of support
// on a page are those for emergencies and those for the rest.
func (r *reading) distinguish() {
	count := map[commitment.Key]int{}
	for _, c := range r.found {
		count[c.Key]++
	}
	for i, c := range r.found {
		if count[c.Key] < 2 {
			continue
		}
		if limits, ok := c.Field(commitment.RoleSuppression); ok && c.Key.Sub == "" {
			r.found[i].Key.Sub = limits.Value.Text
		}
	}
}

func generated(file, text string) bool {
	head := text[:min(len(text), 500)]
	if strings.Contains(head, "DO NOT EDIT") {
		return true
	}
	for dir := range strings.SplitSeq(path.Dir(file), "/") {
		if slices.Contains([]string{"dist", "generated", "rendered", "_site", "public"}, dir) {
			return true
		}
	}
	return false
}
