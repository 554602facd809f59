package policy

import "github.com/slagate/slagate/internal/commitment"

// Problem is one mistake in a policy file, with its place and what would be right.
type Problem struct {
	File    string   `json:"file"`
	Line    int      `json:"line"`   // from 1
	Column  int      `json:"column"` // from 1
	Value   string   `json:"value"`  // the offending value as written, shortened
	Message string   `json:"message"`
	Allowed []string `json:"allowed,omitempty"`
}

// Policy is a valid policy: the rules of a repository with its owner's defaults.
type Policy struct {
	Functions []Function // the owner's first, then the repository's, each in file order
	Rules     []Rule     // likewise
	Items     []Item     // built-in ones that a rule lists are not repeated here; see Policy.Item
	// Require says who signs changes of the policy file; nil means all functions that can be satisfied.
	Require  []string
	SignOffs SignOffs
	// Catalog is what was negotiated with customers, the owner's first: the floors.
	Catalog commitment.Catalog
	// Commitments are the same lines as commitments, to be compared with others.
	Commitments []commitment.Commitment
	// Escalations are the paths that were promised, the owner's first.
	Escalations []commitment.Commitment
	// Uncovered says what happens to a promise in a file that no rule covers.
	Uncovered Uncovered
	// Severities are the words for urgency, the most urgent first; nil is the default vocabulary.
	Severities [][]string
}

// Uncovered says what happens to a promise in a file that no rule covers.
type Uncovered string

// The two ways.
const (
	Report Uncovered = "report" // it is said
	Gate   Uncovered = "gate"   // it is said, and asks
)

// Function is a group that must agree.
type Function struct {
	Name      string
	Teams     []string // "org/slug", lower case as written
	Users     []string // logins as written
	Approvals int      // at least 1
	Label     string   // the sign-off label; default sla/<name>-approved
	// Binding identifies the policy line (the text of teams and users): the ids
	// behind the names are bound to it until it changes.
	Binding string
}

// Rule says which paths, and which effects on them, need which functions.
type Rule struct {
	Name      string
	Paths     []string // doublestar patterns, normalised; a leading "!" takes away
	Branches  []string // base branches; empty: all
	Require   map[commitment.Effect][]string
	Checklist []Ask
	// Floor: the rule comes from the owner default.
	Floor bool
}

// Ask is a checklist item as a rule lists it.
type Ask struct {
	ID       string
	Required bool
}

// Item is a checklist item.
type Item struct {
	ID    string
	Text  string
	Owner string // a function, or "author"
}

// AuthorOwner owns the items that the author answers for.
const AuthorOwner = "author"

// Method is a way to sign.
type Method string

// The methods.
const (
	Label   Method = "label"
	Command Method = "command"
	Review  Method = "review"
)

// SignOffs says what counts as a sign-off.
type SignOffs struct {
	Methods    []Method
	Author     bool // may the author sign?
	Committers bool // may people who pushed gated content sign?
	Several    bool // may one person sign for more than one function?
	Reset      bool // on_push: reset; any push voids all sign-offs
}
