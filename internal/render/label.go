package render

import "github.com/slagate/slagate/internal/gate"

// Look is how a label looks that slagate creates.
type Look struct {
	Color       string // six hex digits, without "#"
	Description string // at most 100 characters, GitHub's limit
}

// NeedsLabel is the label of a pull request that a function is asked about:
// GitHub's search for it is the function's queue.
func NeedsLabel(function string) string { return "sla/needs-" + function }

// ApprovedLabel is the default name of a function's sign-off label.
func ApprovedLabel(function string) string { return "sla/" + function + "-approved" }

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
