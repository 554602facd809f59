package alertmanager

import (
	"bytes"
	"regexp"
)

// bareTemplate is a value that is nothing but an expression of a template. YAML reads
// {{ x }} without quotes as a mapping whose key is a mapping, and would lose its text.
var bareTemplate = regexp.MustCompile(`(?m)^([ \t]*(?:- +)?(?:[\w.-]+:[ \t]+)?)(\{\{[^{}"\\\n]*\}\})[ \t]*$`)

// quoteTemplates puts such values into quotes, on their lines. A line that holds an
// expression alone may be control flow and stays as it is.
func quoteTemplates(src []byte) []byte {
	return bareTemplate.ReplaceAllFunc(src, func(line []byte) []byte {
		m := bareTemplate.FindSubmatch(line)
		if len(m[1]) == 0 || !endsInValue(m[1]) {
			return line
		}
		out := append([]byte(nil), m[1]...)
		out = append(out, '"')
		out = append(out, m[2]...)
		return append(out, '"')
	})
}

// endsInValue: what stands before the expression is a key or the dash of a list.
func endsInValue(before []byte) bool {
	before = bytes.TrimRight(before, " \t")
	return bytes.HasSuffix(before, []byte(":")) || bytes.HasSuffix(before, []byte("-"))
}
