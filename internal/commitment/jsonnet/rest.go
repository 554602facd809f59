package jsonnet

import (
	"crypto/sha256"
	"encoding/hex"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/google/go-jsonnet/ast"

	"github.com/slagate/slagate/internal/commitment"
)

// rest keeps the code around the literals as a digest: loops, functions, imports and
// conditions decide what comes out of them. It is named after the file's last name, so
// that a file that moves to another folder is the same.
func (r *reading) rest() {
	slices.SortFunc(r.taken, func(a, b span) int { return a.from - b.from })
	var out strings.Builder
	at := 0
	for _, s := range r.taken {
		if s.from > at {
			out.WriteString(r.code[at:s.from])
		}
		at = max(at, s.to)
	}
	out.WriteString(r.code[at:])
	code := out.String()
	if !r.promises() {
		if code = about(code); code == "" {
			return // a component like any other
		}
	}
	// What separates and encloses goes as its contents go.
	left := strings.NewReplacer(",", " ", "{", " ", "}", " ").Replace(code)
	left = strings.ReplaceAll(strings.Join(strings.Fields(left), ""), "rules:[]", "") // of a group that is gone
	sum := sha256.Sum256([]byte(left))
	name := "the code of " + path.Base(r.from.File)
	r.add(1, commitment.Commitment{
		Key: commitment.Key{Group: "code", Name: path.Base(r.from.File)}, Kind: commitment.Other, Name: name,
		Fields: []commitment.Field{{
			Name: "code besides its literals", Role: commitment.RoleDefinition, Line: 1,
			Value: commitment.Words("version " + hex.EncodeToString(sum[:4])),
		}},
		Caveats: []string{caveat},
	})
}

// promises reports whether the file itself holds an alert, a recorded value or an
// objective. In one that does not, such as the component of a platform, only the lines
// of code that speak of them are kept.
func (r *reading) promises() bool {
	return slices.ContainsFunc(r.out.Commitments, func(c commitment.Commitment) bool { return c.Kind != commitment.Other })
}

var (
	alertmanager = regexp.MustCompile(`(?i)alert-?_?managers?`)
	ofPromises   = regexp.MustCompile(`(?i)alert|rule|record|severity|threshold|objective|\bslos?\b|apdex|errorRatio`)
)

// about are the lines of code that speak of alerts, rules or objectives.
func about(code string) string {
	var out []string
	for line := range strings.Lines(code) {
		if ofPromises.MatchString(alertmanager.ReplaceAllString(line, "")) {
			out = append(out, line)
		}
	}
	return strings.Join(out, "")
}

// plainKey are names of fields that only describe, wherever they stand: whatever they
// say, nothing follows for customers. Names of noteKey do so among a mixin's settings.
var plainKey = regexp.MustCompile(`^(description|summary|title|runbook_url|dashboardTags|toolingLinks|featureCategory|team)$`)

// notes leaves out what only describes.
func (r *reading) notes(f field, at place) bool {
	if !plainKey.MatchString(f.name) && (!within(at.path, settings) || !noteKey.MatchString(f.name)) {
		return false
	}
	if _, ok := f.body.(*ast.LiteralString); !ok {
		return false
	}
	r.take(f.at)
	return true
}
