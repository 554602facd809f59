// Package redact takes secrets out of texts that people or programs will read:
// log lines, errors, answers to requests.
//
// Its one idea is that a secret is found in two ways. What looks like one is
// taken out wherever it comes from ([Text], [Error]): GitHub's tokens, JSON web
// tokens, private keys, Authorization headers, passwords in addresses. What is
// known to be one, because it is a setting, is taken out letter by letter ([New]),
// whatever it looks like and however it is escaped.
//
// A new kind of secret is a pattern in patterns.go and a sample in the test. The
// package would rather take out too much than too little, but a line of JSON stays
// one. It is no licence to log secrets: it is the net below those who do not.
package redact

import (
	"io"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// Mark is what stands in place of a secret.
const Mark = "[redacted]"

// leastKnown is the length from which a known secret is taken out by its letters.
// Shorter ones would take ordinary words out of every line.
const leastKnown = 8

// Error returns err itself if its text is clean, else an error with a clean
// text that wraps it.
func Error(err error) error { return New().Error(err) }

// Redactor takes out known secrets too. The zero value knows none.
type Redactor struct {
	known *strings.Replacer
}

// New returns a Redactor that knows these secrets. Of a secret with several
// lines, such as a private key, each line counts as one of its own.
func New(secrets ...string) *Redactor {
	var forms []string
	for _, secret := range secrets {
		secret = strings.TrimSpace(secret)
		forms = append(forms, spellings(secret)...)
		for line := range strings.Lines(secret) {
			if line = strings.TrimSpace(line); !strings.HasPrefix(line, "-----") {
				forms = append(forms, spellings(line)...)
			}
		}
	}
	if len(forms) == 0 {
		return &Redactor{}
	}
	// Where one secret begins as another does, the longer one is to be taken out whole.
	slices.SortFunc(forms, func(a, b string) int { return len(b) - len(a) })
	pairs := make([]string, 0, 2*len(forms))
	for _, form := range slices.Compact(forms) {
		pairs = append(pairs, form, Mark)
	}
	return &Redactor{known: strings.NewReplacer(pairs...)}
}

// spellings are the ways in which a secret is written: as it is, in JSON, in Go's
// quotes, in an address.
func spellings(secret string) []string {
	if len(secret) < leastKnown {
		return nil
	}
	quoted := strconv.Quote(secret)
	quoted = quoted[1 : len(quoted)-1]
	return []string{
		secret, quoted, inJSON(secret), inJSON(quoted),
		url.QueryEscape(secret), url.PathEscape(secret), url.UserPassword("", secret).String()[1:],
	}
}

// inJSON writes s as zerolog does within a string: letters stay what they are,
// control characters have the short form where there is one.
func inJSON(s string) string {
	return strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`, "\r", `\r`, "\t", `\t`, "\b", `\b`, "\f", `\f`).Replace(s)
}

// Text takes out what is known to be a secret, and what looks like one.
func (r *Redactor) Text(s string) string {
	if r.known != nil {
		s = r.known.Replace(s)
	}
	return Text(s)
}

// Error is as the function of that name.
func (r *Redactor) Error(err error) error {
	if err == nil {
		return nil
	}
	text := strings.ToValidUTF8(r.Text(err.Error()), "?")
	if text == err.Error() {
		return err
	}
	return &cleanError{text: text, err: err}
}

// Writer takes secrets out of what is written to w. It is meant for writers that
// are given whole lines at a time, as zerolog does: a secret that is cut in two is not found.
func (r *Redactor) Writer(w io.Writer) io.Writer { return &writer{to: w, redactor: r} }

type writer struct {
	to       io.Writer
	redactor *Redactor
}

// Write implements io.Writer.
func (w *writer) Write(p []byte) (int, error) {
	if _, err := io.WriteString(w.to, w.redactor.Text(string(p))); err != nil {
		return 0, err
	}
	return len(p), nil
}

// cleanError is an error whose text holds no secrets.
type cleanError struct {
	text string
	err  error
}

func (e *cleanError) Error() string { return e.text }

func (e *cleanError) Unwrap() error { return e.err }
