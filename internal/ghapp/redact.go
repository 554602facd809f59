package ghapp

import (
	"regexp"
	"strings"
)

// secrets matches what must never be seen: GitHub's tokens in the short and
// the long form (ghs_APPID_JWT since 2026-04-27, so no fixed length), JSON web
// tokens, Authorization headers and private keys.
// https://docs.github.com/en/authentication/keeping-your-account-and-data-secure/about-authentication-to-github#githubs-token-formats
var secrets = regexp.MustCompile(`(?s)-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(-----END [A-Z ]*PRIVATE KEY-----|$)` +
	`|\b(gh[a-z]_|github_pat_)[A-Za-z0-9_.=-]+` +
	`|\beyJ[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)?` +
	`|(?i:\b(bearer|token|basic)[ ]+[A-Za-z0-9_.=+/-]{16,})`)

// redact replaces secrets in a text.
func redact(s string) string { return secrets.ReplaceAllString(s, "[redacted]") }

// cleanError is an error whose text holds no secrets.
type cleanError struct {
	text string
	err  error
}

func (e *cleanError) Error() string { return e.text }

func (e *cleanError) Unwrap() error { return e.err }

// cleaned returns err itself if its text is clean, else the same error with a
// clean text.
func cleaned(err error) error {
	if err == nil {
		return nil
	}
	text := strings.ToValidUTF8(redact(err.Error()), "?")
	if text == err.Error() {
		return err
	}
	return &cleanError{text: text, err: err}
}
