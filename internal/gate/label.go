package gate

// NeedsLabel is the label that stands on a pull request while a function is
// awaited: the approvers' queue in GitHub's own search.
func NeedsLabel(function string) string { return "sla/needs-" + function }
