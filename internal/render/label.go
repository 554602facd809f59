package render

import "github.com/slagate/slagate/internal/gate"

// Look is how a label looks that slagate creates.
type Look struct {
	Color       string // six hex digits, without "#"
	Description string // at most 100 characters, GitHub's limit
}

// NeedsLook is the look of a function's queue label.
func NeedsLook(function string) Look {
	return Look{Color: "fbca04", Description: clip("slagate waits for "+function+" to sign", lookLimit)}
}

// ApprovedLook is the look of a function's sign-off label.
func ApprovedLook(f gate.Function) Look {
	return Look{Color: "0e8a16", Description: clip("Sign-off of "+f.Name+"; counts only from its members", lookLimit)}
}

// lookLimit is the length of a label's description that GitHub takes.
// Source: https://docs.github.com/en/rest/issues/labels
const lookLimit = 100
