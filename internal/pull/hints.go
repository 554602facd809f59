package pull

import "time"

// Hints are what the store expects of a pull request before GitHub is asked. They
// only make the first question fit better; nothing is believed because of them.
type Hints struct {
	BaseBranch string   // where the policy is looked for at once
	Teams      []string // teams of the policy known so far
	Logins     []string // users of the policy known so far
	People     []Person // people whose memberships will matter
	Labels     []string // labels whose existence in the repository will matter
	Marker     string   // what slagate's own comment begins with
	CommentID  int64    // slagate's own comment, 0 if none is known

	// ExpectHead and ExpectUpdated are the head and the time of the pull request
	// that the newest payload told: an answer older than this is stale. Attempt
	// counts the reads that failed in a row.
	ExpectHead    string
	ExpectUpdated time.Time
	Attempt       int
}
