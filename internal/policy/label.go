package policy

// needsPrefix starts the labels by which slagate shows who is awaited.
const needsPrefix = "sla/needs-"

// NeedsLabel is the label that stands on a pull request while a function is
// awaited: GitHub's search for it is the function's queue.
func NeedsLabel(function string) string { return needsPrefix + function }

// ApprovedLabel is the default name of a function's sign-off label.
func ApprovedLabel(function string) string { return "sla/" + function + "-approved" }
