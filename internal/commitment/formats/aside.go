package formats

import (
	"path"
	"regexp"
	"slices"
	"strings"
)

// PutAside says why a file of this new name may not be read any more by the tools that
// obeyed it under the old one; "" if nothing tells so. What they load is chosen by names:
// another ending, or a folder for what is no longer in use, takes a promise out of
// force without a change to its content (threats.md T11).
func PutAside(old, now string) string {
	switch {
	case old == now:
		return ""
	case !slices.Equal(endings(old), endings(now)):
		return "renamed to another kind of file"
	case aside.MatchString(now) && !aside.MatchString(old):
		return "renamed to a name that looks like one for what is not in use"
	}
	return ""
}

var aside = regexp.MustCompile(`(?i)(?:^|[/._-])(?:disabled?|inactive|unused|archived?|attic|old|bak|backup|deprecated|obsolete|retired|removed|trash|tmp|examples?|samples?|drafts?)(?:[/._-]|$)|(?:^|/)[._][^/]+$`)

// endings are what follows the dots of a name, where spellings mean the same.
func endings(name string) []string {
	parts := strings.Split(strings.ToLower(path.Base(name)), ".")[1:]
	// Only the last two matter: shop.v2.yaml is YAML.
	parts = parts[max(0, len(parts)-2):]
	same := map[string]string{"yml": "yaml", "markdown": "md", "mdx": "md", "htm": "html", "tofu": "tf", "rst": "rst"}
	for i, p := range parts {
		if s, ok := same[p]; ok {
			parts[i] = s
		}
	}
	if len(parts) == 2 && !slices.Contains([]string{"bak", "old", "orig", "disabled", "tpl", "tmpl", "j2", "erb", "template", "gotmpl", "tftpl", "off", "save", "txt"}, parts[1]) {
		parts = parts[1:]
	}
	return parts
}
