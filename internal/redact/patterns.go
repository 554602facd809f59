package redact

import (
	"regexp"
	"strings"
)

// begin is where a token may begin: not within a word. In a line of JSON the letter
// before it may belong to an escape, such as the n of a line's end.
const begin = `(^|[^A-Za-z]|\\[bfnrt]|\\u[0-9a-f]{4})`

// value is what follows a key: all up to a blank, a quote or the next key, where an
// escape counts as one letter, so that what is left is still JSON.
const value = `(?:'[^'"\\]*'|(?:[^\s"'\\&]|\\[^\n])+)`

// The kinds of secrets.
var (
	// privateKey goes to its end, or as far as it can. A quote ends it in a line of JSON.
	privateKey = regexp.MustCompile(`-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----(?:[^"\\]|\\[^"])*?-----END [A-Z0-9 ]*PRIVATE KEY-----` +
		`|-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----(?:[^"\\]|\\[^"])*`)

	// userInfo is what stands between :// and @ in an address, with and without a password. A
	// password that was not escaped may hold a slash or another @.
	userInfo = regexp.MustCompile(`://(?:[^\s/"'\\@:]*:(?:[^\s"'\\]|\\[^"'nrt])*|[^\s/?#"'\\@]+)@`)

	// authorization is that header with whatever stands in it.
	authorization = regexp.MustCompile(`(?i)(authorization(?:\s?[:=]\s?\[?|\\{0,3}["']\s?:\s?\[?\\{0,3}["']))` +
		`(?:(?:bearer|token|basic|digest) +)?(?:[^\s"'\\\]}]|\\[^\n])+`)

	// gitHub are GitHub's tokens, short and long (ghs_APPID_JWT since 2026-04-27, so of no fixed
	// length). Those that look like nothing else are found within a word too.
	// https://docs.github.com/en/authentication/keeping-your-account-and-data-secure/about-authentication-to-github#githubs-token-formats
	gitHub = regexp.MustCompile(begin + `(?:gh[a-z]_|github_pat_)[A-Za-z0-9_.=-]+|()gh[pousr]_(?:[0-9]+_eyJ|[A-Za-z0-9]{20})[A-Za-z0-9_.=-]*`)

	// webToken is a JSON web token: two or three parts of base64, of which the first begins with {".
	webToken = regexp.MustCompile(begin + `eyJ[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)?`)

	// scheme is a credential after the name of its scheme.
	scheme = regexp.MustCompile(begin + `(?i:bearer|token|basic)[ ]+[A-Za-z0-9_.=+/~-]{16,}`)

	// keyed is a value whose key says what it is, as in a form, in the settings of a
	// database, in JSON and in JSON within JSON.
	keyed = regexp.MustCompile(`(?i)((?:password|passwd|secret|access_token|refresh_token|private_key)` +
		`(?:=|%3D|\\{0,3}["']\s?:\s?\\{0,3}["']))` + value)
)

// Text takes out what looks like a secret. Most texts hold none, so each pattern is
// tried only where letters stand without which it cannot match.
func Text(s string) string {
	lower := strings.ToLower(s)
	has := func(hint string) bool { return strings.Contains(lower, hint) }
	if has("private key-----") {
		s = privateKey.ReplaceAllString(s, Mark)
	}
	if has("://") && has("@") {
		s = userInfo.ReplaceAllString(s, "://"+Mark+"@")
	}
	if has("authorization") {
		s = authorization.ReplaceAllString(s, "${1}"+Mark)
	}
	if hintsToken(lower) {
		s = gitHub.ReplaceAllString(s, "${1}"+Mark)
	}
	if has("eyj") {
		s = webToken.ReplaceAllString(s, "${1}"+Mark)
	}
	if has("bearer ") || has("token ") || has("basic ") {
		s = scheme.ReplaceAllString(s, "${1}"+Mark)
	}
	if has("passw") || has("secret") || has("_token") || has("private_key") {
		s = keyed.ReplaceAllString(s, "${1}"+Mark)
	}
	return s
}

// hintsToken looks for "gh", a letter and "_", and for "github_pat_": "gh" alone is in "github".
func hintsToken(lower string) bool {
	if strings.Contains(lower, "github_pat_") {
		return true
	}
	for rest := lower; ; {
		at := strings.Index(rest, "gh")
		if at < 0 || len(rest) < at+4 {
			return false
		}
		if rest[at+3] == '_' {
			return true
		}
		rest = rest[at+2:]
	}
}
