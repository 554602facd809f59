package prose

import (
	"regexp"
	"slices"
	"strings"

	nethtml "golang.org/x/net/html"
)

// What a reader does not see, or sees struck out, is read all the same: pages show
// and hide parts as they are used, and a promise in them may still get worse. But
// words that say so become part of its sentence, so that hiding or striking a promise
// is never silent.
const (
	hiddenWords = " (hidden) "
	struckWords = " (struck out) "
)

// veil is an element that is open and hides or strikes what is in it.
type veil struct {
	name  string
	words string
	depth int // of elements of the same name within it
}

var (
	hidingStyle = regexp.MustCompile(`(?i)display\s*:\s*none|visibility\s*:\s*(?:hidden|collapse)|font-size\s*:\s*0|opacity\s*:\s*0(?:\.0*)?\s*(?:;|$)|line-through|text-indent\s*:\s*-\d{3}`)
	hidingClass = regexp.MustCompile(`(?i)(?:^|\s)(?:hidden|is-hidden|hide|d-none|invisible|visually-hidden|visuallyhidden|sr-only|govuk-visually-hidden|line-through)(?:\s|$)`)
)

// veilOf are the words for what an element does to its content; "" if nothing.
func veilOf(z *nethtml.Tokenizer, name string, more bool) string {
	words := ""
	if slices.Contains([]string{"del", "s", "strike"}, name) {
		words = struckWords
	}
	for more {
		var key, value []byte
		key, value, more = z.TagAttr()
		switch string(key) {
		case "hidden":
			words = hiddenWords
		case "style":
			if hidingStyle.Match(value) {
				words = hiddenWords
			}
		case "class":
			if hidingClass.Match(value) {
				words = hiddenWords
			}
		}
	}
	return words
}

// veil opens an element.
func (r *htmlReader) veil(name, words string, closed bool) {
	const deepest = 100
	if closed || slices.Contains([]string{"br", "img", "hr", "input", "meta", "link", "source", "wbr", "col"}, name) {
		return
	}
	if words != "" && len(r.veils) < deepest {
		r.veils = append(r.veils, veil{name: name, words: words})
		return
	}
	for i := range r.veils {
		if r.veils[i].name == name {
			r.veils[i].depth++
		}
	}
}

// unveil closes one.
func (r *htmlReader) unveil(name string) {
	for i := len(r.veils) - 1; i >= 0; i-- {
		if v := &r.veils[i]; v.name == name {
			if v.depth--; v.depth < 0 {
				r.veils = slices.Delete(r.veils, i, i+1)
				return
			}
		}
	}
}

// veiled are the words for the text at hand.
func (r *htmlReader) veiled() string {
	if len(r.veils) == 0 {
		return ""
	}
	return r.veils[len(r.veils)-1].words
}

// veilOfTag are the words for a tag within a line of Markdown, which has no end here.
func veilOfTag(tag string) string {
	z := nethtml.NewTokenizer(strings.NewReader(tag))
	if kind := z.Next(); kind != nethtml.StartTagToken {
		return " "
	}
	name, more := z.TagName()
	if words := veilOf(z, string(name), more); words != "" {
		return words
	}
	return " "
}
