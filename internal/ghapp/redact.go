package ghapp

import "github.com/slagate/slagate/internal/redact"

// cleaned returns err itself if its text is clean, else the same error with a
// clean text.
func cleaned(err error) error { return redact.Error(err) }
