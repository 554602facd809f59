// Package store names what slagate keeps: deliveries, the evidence they
// brought, what it remembers of pull requests, repositories and owners, and the
// jobs that follow from them.
//
// Its one idea: a delivery, its evidence, the generation counters of the pull
// requests it touches and the jobs that look at them are written in one
// transaction, before GitHub is answered. What is accepted is never lost, and
// an evaluation that began before something arrived is always followed by one
// that began after.
//
// What is kept and how it hangs together is said once, in relational, in SQL that
// every engine understands; the engines below it (sqlite, postgres) open, migrate and
// lock their database, and pass the one suite in storetest. The package itself
// holds the types and no SQL.
package store

import (
	"errors"
	"time"

	"github.com/slagate/slagate/internal/pull"
)

// ErrStale says that something arrived for the pull request after the
// evaluation that wants to save had begun.
var ErrStale = errors.New("something arrived for this pull request in the meantime")

// ErrOvertaken says that the turn of an evaluation is over: another worker has
// begun to evaluate the same pull request, or the lock behind the turn is lost.
// What it found out must not be written any more.
var ErrOvertaken = errors.New("another evaluation of this pull request has begun")

// ErrBusy says that another worker, perhaps in another process, holds the turn.
var ErrBusy = errors.New("another worker is at it")

// ErrNotFound says that nothing is kept under that key.
var ErrNotFound = errors.New("not known")

// Delivery is one signed delivery, reduced to what is kept of it.
type Delivery struct {
	GUID         string
	Event        string // X-GitHub-Event
	Action       string
	BodyHash     string // SHA-256 of the raw body, hex: a replay under a new GUID brings no new evidence
	Installation int64
	Received     time.Time

	// Pulls are the pull requests that it is about, with what is known of them.
	Pulls []PullHint
	// Evidence for the pull request Pulls[0]; Seq and Delivery are given by the store.
	Evidence []pull.Evidence
	// Looks are wider looks that follow from it: all pull requests of a repository, an owner, an installation.
	Looks []Look
	// MergeGroups are groups to be answered or forgotten.
	MergeGroups []MergeGroup
	// Renames are new names for repository ids (transfer, rename): applied at once.
	Repos []RepoHint
}

// PullHint is what a payload says of a pull request.
type PullHint struct {
	Ref        pull.Ref
	OwnerID    int64
	Head       string // "" if the payload does not say
	BaseBranch string
	Closed     bool
	UpdatedAt  time.Time // pull_request.updated_at; zero if the payload does not say
	// TakesAway: the event can only take something away from a success, which therefore turns pending at once.
	TakesAway bool
	// First: opened, reopened or synchronize; the head gets its first status.
	First bool
	// Shown is a digest of all that a list showed of the pull request; "" if the
	// hint does not come from a list, or the list did not show enough. See PullRow.Settled.
	Shown string
}

// Empty reports whether nothing follows from the delivery: it needs no keeping.
func (d Delivery) Empty() bool {
	return len(d.Pulls) == 0 && len(d.Looks) == 0 && len(d.MergeGroups) == 0 && len(d.Repos) == 0
}

// RepoHint is what a payload says of a repository. With RepoID 0 and Gone it
// speaks of every repository of the installation.
type RepoHint struct {
	Installation int64
	RepoID       int64
	OwnerID      int64
	Owner, Repo  string
	Gone         bool // removed from the installation, deleted
}

// Haste says how soon a pull request is to be looked at, where a job for it waits already.
type Haste int

// The degrees of haste.
const (
	// Sometime: there has to be a job; one that waits is left as it is.
	Sometime Haste = iota
	// Soon: it does not wait for a scheduled time any more, but lets others pass.
	Soon
	// InTurn: as AtOnce, but much of its repository waits already, so that it lets those of others pass.
	InTurn
	// AtOnce: people wait for it; it overtakes others and ends the back-off after an error.
	AtOnce
)

// Scope is how far a look goes.
type Scope string

// The scopes.
const (
	ScopeRepo         Scope = "repo"         // RepoID: every open pull request of it
	ScopeOwner        Scope = "owner"        // OwnerID: every open pull request of every known repository of it
	ScopeInstallation Scope = "installation" // Installation: list its repositories and pull requests anew from GitHub
	ScopeHead         Scope = "head"         // RepoID and Head: pull requests with this head
)

// Look asks for an evaluation of many pull requests.
type Look struct {
	Scope        Scope  `json:"scope"`
	Installation int64  `json:"installation"`
	OwnerID      int64  `json:"owner_id,omitempty"`
	RepoID       int64  `json:"repo_id,omitempty"`
	Owner        string `json:"owner,omitempty"`
	Repo         string `json:"repo,omitempty"`
	Head         string `json:"head,omitempty"`
	Branch       string `json:"branch,omitempty"` // only pull requests against this base branch; "" all
	// TakesAway as in PullHint.
	TakesAway bool `json:"takes_away,omitempty"`
	// Policy: the owner default may be another one, so that repositories matter
	// which had no policy until now.
	Policy bool   `json:"policy,omitempty"`
	Why    string `json:"why"`
	// Sweep: it is one of those that come again and again. Pull requests that are shown
	// as they were settled are left alone, and where no policy is known all but the newest.
	Sweep bool `json:"sweep,omitempty"`
	// Spread is the time over which the parts of a sweep are spread. Each part has it, too: one that waits
	// for its place is not the same as one at once.
	Spread time.Duration `json:"spread,omitempty"`
	// OwnerDefault tells one version of the owner default from another, as it was before the sweep.
	OwnerDefault string `json:"owner_default,omitempty"`
	// Delay is how long the look may wait before it begins.
	Delay time.Duration `json:"-"`
}

// MergeGroup is a group of the merge queue.
type MergeGroup struct {
	Ref     pull.Ref `json:"ref"` // Number is 0
	Head    string   `json:"head"`
	Base    string   `json:"base"` // base_sha
	HeadRef string   `json:"head_ref"`
	BaseRef string   `json:"base_ref"`
	Pulls   []int    `json:"pulls,omitempty"` // once known
	// State and Description are what was last posted on Head.
	State       string `json:"state,omitempty"`
	Description string `json:"description,omitempty"`
	Gone        bool   `json:"gone,omitempty"` // destroyed
}

// Turn is the right to evaluate one pull request. The last one that was given
// out is the one that counts: whoever holds an older one writes nothing more.
type Turn struct {
	Ref pull.Ref
	Gen int64 // what had arrived when it was given out
	No  int64 // counts the turns of the pull request
	// Delivery is the GUID of the last delivery that no evaluation has answered yet, "" if
	// there is none: a sweep, or another look at a certain time.
	Delivery string
}

// PullRow is all that is kept of one pull request.
type PullRow struct {
	Ref        pull.Ref
	OwnerID    int64
	Head       string
	BaseBranch string
	Open       bool
	UpdatedAt  time.Time // newest GitHub time of the pull request that any payload or read told
	// Gen counts what arrived, Done is the Gen that the last saved evaluation began with.
	Gen, Done int64
	// TakesAway: something arrived since Done that can only take a success away.
	TakesAway bool
	// First: an opened, reopened or synchronize arrived since Done.
	First bool
	// Turn is the No of the last Turn that was given out.
	Turn int64
	// Debt: it was merged without sign-offs that are still asked for.
	Debt bool
	// Shown is what the last list showed of it, if nothing arrived since; Settled is what a
	// list showed of it before an evaluation that found nothing to change. While a list
	// shows the same, and until SettledUntil, another evaluation would find nothing either.
	Shown, Settled string
	SettledUntil   time.Time
	// FailingSince is when evaluations of it began to fail; zero if the last one succeeded.
	FailingSince time.Time
	Evidence     []pull.Evidence
	Memory       pull.Memory
	// Outcome is what the last decision asks of the context slagate at Head.
	Outcome Outcome
}

// Outcome is the state that one pull request's own decision asks for, before
// shared heads are considered.
type Outcome struct {
	Head        string `json:"head,omitempty"`
	State       string `json:"state,omitempty"` // "" : not judged
	Description string `json:"description,omitempty"`
	TargetURL   string `json:"target_url,omitempty"`
}

// Saved is what an evaluation leaves behind.
type Saved struct {
	Ref       pull.Ref
	Gen       int64 // the Gen it began with
	Turn      int64 // the No of its Turn; 0: it has none and is not checked
	Snapshot  []byte
	Decision  []byte
	Head      string
	Base      string
	Open      bool
	UpdatedAt time.Time
	Memory    pull.Memory
	Outcome   Outcome
	Debt      bool
	// Settled and SettledUntil as in PullRow.
	Settled      string
	SettledUntil time.Time
}

// RepoRow is what is kept of a repository.
type RepoRow struct {
	RepoID       int64
	Installation int64
	OwnerID      int64
	Owner, Repo  string
	Gone         bool
	Memory       RepoMemory
}

// RepoMemory is what slagate remembers of a repository.
type RepoMemory struct {
	// Enrolled says for each base branch that was looked at whether a policy
	// applied to it (its own, valid or not, or the owner's).
	Enrolled map[string]bool `json:"enrolled,omitempty"`
	// LastValid is the last valid text of the policy by base branch.
	LastValid map[string]string `json:"last_valid,omitempty"`
	// Bindings are the ids behind the names of the policy, by Function.Binding + name.
	Bindings map[string]int64 `json:"bindings,omitempty"`
	// Labels are slagate's labels that are known to exist.
	Labels []string `json:"labels,omitempty"`
}

// HasPolicy reports whether a policy applies to any branch.
func (m RepoMemory) HasPolicy() bool {
	for _, enrolled := range m.Enrolled {
		if enrolled {
			return true
		}
	}
	return false
}

// OwnerMemory is what slagate remembers of an owner.
type OwnerMemory struct {
	// LastValid is the last valid owner default, "" if none was ever seen.
	LastValid string `json:"last_valid,omitempty"`
	// UnreadableSince is when it stopped being readable or valid.
	UnreadableSince time.Time `json:"unreadable_since,omitzero"`
}

// Keep says since when things are kept; what is older may be deleted.
type Keep struct {
	// Deliveries: deliveries and merge groups.
	Deliveries time.Time
	// Redeliveries: which deliveries were asked for again.
	Redeliveries time.Time
	// Closed: evidence and snapshots of pull requests that are closed and were
	// last heard of before it.
	Closed time.Time
}

// Depth is how many unfinished jobs there are of one kind in one state.
type Depth struct {
	Kind, State string
	Jobs        int64
}
