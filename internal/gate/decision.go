package gate

import (
	"time"

	"github.com/slagate/slagate/internal/commitment"
	"github.com/slagate/slagate/internal/policy"
	"github.com/slagate/slagate/internal/pull"
)

// Verdict is the outcome of one judgement. Each stands for one row of the
// table of statuses that people see.
type Verdict string

// The verdicts.
const (
	// Silent: no policy anywhere, or the pull request is closed and nothing is owed on it; nothing is written.
	Silent Verdict = "silent"
	// Ungated: nothing gated is touched.
	Ungated Verdict = "ungated"
	// AllNeutral: gated files are touched, no commitment changes and nobody is asked.
	AllNeutral Verdict = "neutral"
	// Waiting: some functions have not signed.
	Waiting Verdict = "waiting"
	// OpenItems: all signed, required checklist items are open.
	OpenItems Verdict = "open-items"
	// Signed: everything is done.
	Signed Verdict = "signed"
	// CannotSign: a function cannot be satisfied.
	CannotSign Verdict = "cannot-sign"
	// HeadPolicyInvalid: the policy file that the pull request brings is invalid.
	HeadPolicyInvalid Verdict = "head-policy-invalid"
	// PolicyBroken: the policy in force is broken.
	PolicyBroken Verdict = "policy-broken"
	// AddsPolicy: the first policy of the repository, valid.
	AddsPolicy Verdict = "adds-policy"
	// NoAnswer: a fact that is needed could not be had from GitHub.
	NoAnswer Verdict = "no-answer"
)

// Decision is what the gate concludes for one pull request at one instant, with
// every reason. It is data: all words a person reads of it are made by render.
type Decision struct {
	Ref     pull.Ref  `json:"ref"`
	At      time.Time `json:"at"`
	Head    string    `json:"head"`
	Base    string    `json:"base_branch"`
	Verdict Verdict   `json:"verdict"`

	// Functions that are asked, in policy order (owner default first).
	Functions []Function `json:"functions,omitempty"`
	// NoLonger are functions that were asked on this pull request and are not any more.
	NoLonger []string `json:"no_longer,omitempty"`
	// Files that are gated, by path.
	Files []GatedFile `json:"files,omitempty"`
	// Changes are the changes of commitments in gated files, the worst first.
	Changes []commitment.Change `json:"changes,omitempty"`
	// MoreChanges is how many further ones are not listed; they count all the same.
	MoreChanges int `json:"more_changes,omitempty"`
	// Uncovered are changes of commitments in files that no rule covers.
	Uncovered []commitment.Change `json:"uncovered,omitempty"`
	// Findings are what is worth knowing about the promises as they would stand.
	Findings []commitment.Finding `json:"findings,omitempty"`
	// AllTouched: the list of files could not be had whole, everything counts as touched; says why.
	AllTouched string `json:"all_touched,omitempty"`
	// Checklist items that apply: by rule, then in the rule's order.
	Checklist []Item `json:"checklist,omitempty"`
	// Methods by which the policy lets people sign; empty means the default (label, command).
	Methods []policy.Method `json:"methods,omitempty"`
	// Reset: the policy voids every sign-off at a push (on_push: reset).
	Reset bool `json:"reset,omitempty"`
	// Problems of the policy (HeadPolicyInvalid, PolicyBroken).
	Problems []policy.Problem `json:"problems,omitempty"`
	// OwnerUnreadableSince is set while the owner default cannot be read and the last valid one goes on.
	OwnerUnreadableSince time.Time `json:"owner_unreadable_since,omitzero"`
	// Repair: the base's policy is broken and this pull request, which changes
	// policy files only, is judged by something else; says by what.
	Repair string `json:"repair,omitempty"`
	// PolicyEdit describes what the pull request does to the policy, a sentence each;
	// empty when it does not touch it.
	PolicyEdit []string `json:"policy_edit,omitempty"`
	// Refusals are the last commands and labels that did not count, oldest first.
	Refusals []Refusal `json:"refusals,omitempty"`
	// Unanswered says in words which fact is missing (NoAnswer).
	Unanswered string `json:"unanswered,omitempty"`

	// ViewIndex is the place in Memory.Views of the version that was judged; -1 if none is kept.
	ViewIndex int `json:"view_index"`
	// Memory is what has to be remembered after this decision.
	Memory pull.Memory `json:"memory"`
	// HelpAsked: somebody asked for help, so the comment is wanted even where nothing is gated.
	HelpAsked bool `json:"help_asked,omitempty"`
	// NextCheck is when this pull request should be looked at again although
	// nothing arrives; zero if there is no reason.
	NextCheck time.Time `json:"next_check,omitzero"`
}

// Function is one function that is asked, and how far it is.
type Function struct {
	Name  string   `json:"name"`
	Teams []string `json:"teams,omitempty"`
	Users []string `json:"users,omitempty"`
	Label string   `json:"label"` // the sign-off label; "" for the policy repair
	// Because are the rules that ask it, in policy order.
	Because []string `json:"because"`
	// Approvals it takes, SignOffs those that count now, oldest first.
	Approvals int            `json:"approvals"`
	SignOffs  []pull.SignOff `json:"sign_offs,omitempty"`
	// Cannot says why it cannot be satisfied ("team acme/legal not found"); empty if it can.
	Cannot string `json:"cannot,omitempty"`
	// Fingerprint of the content it is asked about.
	Fingerprint string `json:"fingerprint"`
	// Since is what changed since the function last signed; nil if it never did or nothing changed.
	Since *Since `json:"since,omitempty"`
	// LabelWanted: the sign-off label has to stand on the pull request.
	LabelWanted bool `json:"label_wanted,omitempty"`
	// Notes are sentences about withdrawn, lapsed or void sign-offs, for the comment.
	Notes []string `json:"notes,omitempty"`
}

// Done reports whether the function's sign-offs are complete.
func (f Function) Done() bool { return f.Cannot == "" && len(f.SignOffs) >= f.Approvals }

// Since is how the content differs from what a function last signed.
type Since struct {
	SignOff pull.SignOff `json:"sign_off"`
	Changed []string     `json:"changed,omitempty"` // paths whose content is other than signed
	Gained  []string     `json:"gained,omitempty"`  // paths that were not part of it
	Lost    []string     `json:"lost,omitempty"`    // paths that are no longer part of it
	// Checklist: the items shown to the function are others than then.
	Checklist bool `json:"checklist,omitempty"`
}

// GatedFile is a file that a rule covers.
type GatedFile struct {
	Path     string            `json:"path"`
	Previous string            `json:"previous_path,omitempty"`
	Status   pull.FileStatus   `json:"status"`
	Effect   commitment.Effect `json:"effect"`
	// Why says in words how the effect came about, where it needs saying.
	Why string `json:"why,omitempty"`
	// Rules that matched and by which pattern.
	Rules     []RuleHit `json:"rules"`
	Functions []string  `json:"functions,omitempty"` // asked because of this file
	// Read: the commitments on both sides were read and compared.
	Read bool `json:"read,omitempty"`
	// Changes are the changes of commitments in it.
	Changes []FileChange `json:"-"`
}

// FileChange is a change of a commitment as one gated file sees it.
type FileChange struct {
	Index     int // in the comparison's result
	Effect    commitment.Effect
	Why       string   // it is another effect than the change's own
	Functions []string // asked because of it
}

// RuleHit is a rule that covers a file and the pattern that decided.
type RuleHit struct {
	Rule    string `json:"rule"`
	Pattern string `json:"pattern"`
	// Path is the name that matched: the file's, or its previous one.
	Path string `json:"path"`
	// Folded says how the path had to be read to match ("letter case", "look-alike letters"); empty for a plain match.
	Folded string `json:"folded,omitempty"`
	// New: the rule is not in force; the policy that the pull request brings has it.
	New bool `json:"new,omitempty"`
}

// Item is a checklist item that applies.
type Item struct {
	ID       string   `json:"id"`
	Text     string   `json:"text"`
	Owner    string   `json:"owner"` // a function, or "author"
	Required bool     `json:"required"`
	Rules    []string `json:"rules"`
	// Tick is the word that counts now; nil while the item is open.
	Tick *pull.Tick `json:"tick,omitempty"`
}

// Open reports whether nobody has settled the item yet.
func (i Item) Open() bool { return i.Tick == nil || i.Tick.State == pull.TickUndone }

// Refusal is something that somebody tried and that did not count.
type Refusal struct {
	Person pull.Person `json:"person"`
	At     time.Time   `json:"at"`
	What   string      `json:"what"` // "/sla sign legal", "label sla/legal-approved"
	Why    string      `json:"why"`
}
