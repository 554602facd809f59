package source

import "bytes"

// HasKey reports whether one of the keys stands in a text as a key may in YAML or JSON:
// behind nothing but blanks, quotes, a dash or an opening bracket, and before a colon.
// It is for a format's first look at a file: it may say yes to what is no key, never
// no to what is one (but for keys written with escapes).
func HasKey(src []byte, keys ...string) bool {
	for _, key := range keys {
		if hasKey(src, []byte(key)) {
			return true
		}
	}
	return false
}

func hasKey(src, key []byte) bool {
	for from := 0; ; {
		i := bytes.Index(src[from:], key)
		if i < 0 {
			return false
		}
		at := from + i
		from = at + len(key)
		if begins(src[:at]) && ends(src[from:]) {
			return true
		}
	}
}

// begins reports whether a key may stand behind a text.
func begins(before []byte) bool {
	if len(before) == 0 {
		return true
	}
	switch before[len(before)-1] {
	case ' ', '\t', '\n', '\r', '"', '\'', '{', ',', '[', '?', 0xbf: // the last of a byte order mark
		return true
	}
	return false
}

// ends reports whether a text goes on as it does behind a key.
func ends(after []byte) bool {
	after = bytes.TrimLeft(after[:min(len(after), 16)], "\"' \t\r\n")
	return len(after) > 0 && after[0] == ':'
}
