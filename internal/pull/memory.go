package pull

import (
	"slices"
	"time"

	"github.com/slagate/slagate/internal/commitment"
)

// Memory is what slagate remembers of one pull request between evaluations. It
// is written only by the evaluation of that pull request, in the transaction
// that keeps the decision, so it never runs ahead of it.
type Memory struct {
	// CommentID is slagate's comment; 0 until it exists.
	CommentID int64 `json:"comment_id,omitempty"`
	// Views are the versions of the pull request that slagate evaluated, oldest first.
	Views []View `json:"views,omitempty"`
	// SignOffs are all pieces of evidence for a sign-off that were ever judged, each once.
	SignOffs []SignOff `json:"sign_offs,omitempty"`
	// Ticks is the history of the checklist: the last word on an item counts.
	Ticks []Tick `json:"ticks,omitempty"`
	// Commands are the comment commands that were answered, each once.
	Commands []Command `json:"commands,omitempty"`
	// Owed are the reactions to comments that have not been posted yet.
	Owed []Reaction `json:"owed,omitempty"`
	// Withdrawals are the withdrawals that were settled, by evidence id: they are
	// not judged again, whoever joins or leaves a team later.
	Withdrawals []string `json:"withdrawals,omitempty"`
	// PutRights counts how often something that others changed was put right.
	PutRights []PutRight `json:"put_rights,omitempty"`
	// Asked are the functions ever asked on this pull request (their status contexts exist).
	Asked []string `json:"asked,omitempty"`
	// Refreshed is when /sla refresh was last obeyed.
	Refreshed time.Time `json:"refreshed,omitzero"`
	// Posted are slagate's own last statuses by head and context.
	Posted []Posted `json:"posted,omitempty"`
	// Labelled are the sign-off labels that were wanted when they were last decided about, and
	// JudgedAt is up to when, by GitHub's clock, their history was known then.
	Labelled []string  `json:"labelled,omitempty"`
	JudgedAt time.Time `json:"judged_at,omitzero"`
	// Judged is the Seq of the newest evidence that an evaluation had before it.
	Judged int64 `json:"judged,omitempty"`
	// CommentHash is taskbox.Hash of the comment's body as slagate last wrote it.
	CommentHash string `json:"comment_hash,omitempty"`
	// Over is the end of a pull request with which nothing is left to do; zero while it is open.
	Over Over `json:"over,omitzero"`
	// Bypass is the merge that slagate had not let through; nil if there was none.
	Bypass *Bypass `json:"bypass,omitempty"`
}

// Over is what was known when a pull request was found closed, or merged as slagate
// had let it through.
type Over struct {
	Head string `json:"head"`
	Seq  int64  `json:"seq,omitempty"` // of the newest evidence
}

// InDebt reports whether the pull request was merged without something that is
// still asked for.
func (m Memory) InDebt() bool { return m.Bypass != nil && m.Bypass.Settled.IsZero() }

// Bypass is a merge that happened while slagate's status was no success. It is
// never taken back: what is found out later is only added.
type Bypass struct {
	Head string    `json:"head"`
	At   time.Time `json:"at"` // GitHub's merged_at
	By   Person    `json:"by"`
	// Was is what stood on Head then, "pending: Waiting for legal (0 of 1 signed)"; "" for nothing.
	Was string `json:"was,omitempty"`
	// WasBy is who had posted that, if it was not slagate.
	WasBy Person `json:"was_by,omitzero"`

	// Judged: it is known what was missing when it was merged: Missing are the functions
	// that had not signed, Open the required items of the checklist that were open.
	Judged  bool     `json:"judged,omitempty"`
	Missing []string `json:"missing,omitempty"`
	Open    []string `json:"open,omitempty"`
	// Unjudged says why it could not be told what was missing, or not at once.
	Unjudged string `json:"unjudged,omitempty"`

	// Settled is since when nothing is owed any more; zero while something is.
	Settled time.Time `json:"settled,omitzero"`
}

// View is one version of the pull request as slagate evaluated it: the content
// each function was asked about.
type View struct {
	Head       string `json:"head"`
	BaseBranch string `json:"base_branch"`
	MergeBase  string `json:"merge_base,omitempty"`
	// SeenAt is GitHub's time of the first evaluation of this view.
	SeenAt time.Time `json:"seen_at"`
	// Policy tells one policy from another: that of the first evaluation of this view, "" if none could be told.
	Policy string `json:"policy,omitempty"`
	// Publications are the writes of the comment that showed this view.
	Publications []Publication `json:"publications,omitempty"`
	// Asked is what each function was asked about, by function in policy order.
	Asked []Asked `json:"asked,omitempty"`
}

// Publication is one write of slagate's comment.
type Publication struct {
	CommentID int64     `json:"comment_id"`
	Created   bool      `json:"created,omitempty"` // the write that made the comment
	At        time.Time `json:"at"`                // GitHub's updated_at of the comment
	// BodyHash is the SHA-256 of the body with every task box unticked.
	BodyHash string `json:"body_hash"`
}

// Asked is the content that one function is asked to agree to.
type Asked struct {
	Function    string `json:"function"`
	Fingerprint string `json:"fingerprint"`
	Items       []Item `json:"items"`
	// MoreItems is how many further items are not kept; the fingerprint is over all.
	MoreItems int `json:"more_items,omitempty"`
	// Checklist are the ids of the checklist items shown to the function.
	Checklist []string `json:"checklist,omitempty"`
}

// itemsKept bounds the items that are remembered of versions gone by.
const itemsKept = 100

// Trim is what is remembered of a version once it is not the one at hand.
func (a Asked) Trim() Asked {
	if len(a.Items) > itemsKept {
		a.MoreItems += len(a.Items) - itemsKept
		a.Items = a.Items[:itemsKept:itemsKept]
	}
	return a
}

// Item is one gated file as a function is asked about it.
type Item struct {
	Path     string            `json:"path"`
	Previous string            `json:"previous_path,omitempty"`
	Before   Entry             `json:"before"`
	After    Entry             `json:"after"`
	Effect   commitment.Effect `json:"effect"`
	// Read: the commitments of both sides were read. What is agreed to is then Changes,
	// else the contents as they are.
	Read bool `json:"read,omitempty"`
	// Changes are the changes of commitments that the function is asked about, by digest.
	Changes []ItemChange `json:"changes,omitempty"`
}

// ItemChange is a change of one commitment.
type ItemChange struct {
	Name string `json:"name"`
	// Digest is commitment.Change.Digest: kind, key, indicator, values before and after.
	Digest string `json:"digest"`
}

// Alike reports whether two items ask for agreement to the same.
func (i Item) Alike(o Item) bool {
	if i.Path != o.Path || i.Previous != o.Previous || i.Read != o.Read || i.Before.Mode != o.Before.Mode || i.After.Mode != o.After.Mode {
		return false
	}
	if i.Read {
		return slices.EqualFunc(i.Changes, o.Changes, func(x, y ItemChange) bool { return x.Digest == y.Digest })
	}
	return i.Before.OID == o.Before.OID && i.After.OID == o.After.OID
}

// SignOffState is where a sign-off stands.
type SignOffState string

// The states of a sign-off. Only an active one can count, and only while its
// fingerprint is the content at hand and its person is still eligible.
const (
	SignOffActive    SignOffState = "active"
	SignOffWithdrawn SignOffState = "withdrawn" // taken back by the person or the function
	SignOffLapsed    SignOffState = "lapsed"    // the person is no longer in the function
	SignOffRefused   SignOffState = "refused"   // never counted
)

// SignOff is one piece of evidence for a sign-off and what came of it.
type SignOff struct {
	Function string    `json:"function"`
	Method   string    `json:"method"`   // label, command, review
	Evidence string    `json:"evidence"` // label event's node id, "comment:ID:LINE", "review:ID"; used once
	Person   Person    `json:"person"`
	At       time.Time `json:"at"`
	Note     string    `json:"note,omitempty"`

	Head        string   `json:"head,omitempty"`
	Fingerprint string   `json:"fingerprint,omitempty"`
	Items       []Item   `json:"items,omitempty"`
	MoreItems   int      `json:"more_items,omitempty"` // not kept
	Checklist   []string `json:"checklist,omitempty"`

	State SignOffState `json:"state"`
	// Reason says in words why it was refused, withdrawn or lapsed.
	Reason string `json:"reason,omitempty"`
	// By is who withdrew it, Ended the evidence that did.
	By    Person `json:"by,omitzero"`
	Ended string `json:"ended,omitempty"`
}

// Tick is one word on a checklist item.
type Tick struct {
	Item     string    `json:"item"`
	State    TickState `json:"state"`
	Person   Person    `json:"person"`
	At       time.Time `json:"at"`
	Note     string    `json:"note,omitempty"`
	Evidence string    `json:"evidence"`
	// Content is the fingerprint of the gated content the owner saw.
	Content string `json:"content"`
}

// TickState is what somebody said of a checklist item.
type TickState string

// What can be said of a checklist item.
const (
	TickDone          TickState = "done"
	TickUndone        TickState = "undone"
	TickNotApplicable TickState = "na"
)

// Command is an answered command line of a comment.
type Command struct {
	Evidence string    `json:"evidence"` // "comment:ID:LINE"
	Person   Person    `json:"person"`
	At       time.Time `json:"at"`
	Text     string    `json:"text"`
	Refused  string    `json:"refused,omitempty"` // why, in words; empty if it was obeyed
	// HasRole: the person is in a function, is the author or has write access; refusals
	// of others leave the reaction only.
	HasRole bool `json:"has_role,omitempty"`
}

// Reaction is an answer to a comment by emoji.
type Reaction struct {
	CommentID int64  `json:"comment_id"`
	Content   string `json:"content"` // "rocket" or "confused"
}

// PutRight counts corrections of one thing that others change.
type PutRight struct {
	What string      `json:"what"` // "status:HEAD:CONTEXT", "comment", "label:NAME"
	At   []time.Time `json:"at"`
}

// Posted is a status as slagate last posted it.
type Posted struct {
	Head        string `json:"head"`
	Context     string `json:"context"`
	State       string `json:"state"`
	Description string `json:"description"`
	TargetURL   string `json:"target_url,omitempty"`
}

// Observed is what GitHub shows now of the things that slagate writes.
type Observed struct {
	Statuses []Status `json:"statuses,omitempty"` // newest per context on the head, ours and others' of our contexts
	// Comment is slagate's own comment; nil if there is none.
	Comment *Comment `json:"comment,omitempty"`
	// Doubles are further comments of slagate that carry its marker.
	Doubles []int64 `json:"doubles,omitempty"`
	// RepoLabels are the names of slagate's labels that exist in the repository;
	// asked only for the names in Needs.Labels.
	RepoLabels []string `json:"repo_labels,omitempty"`
	// LabelsAsked are the names that were looked for.
	LabelsAsked []string `json:"labels_asked,omitempty"`
	// Siblings are the other open pull requests with the same head, as last judged.
	Siblings []Sibling `json:"siblings,omitempty"`
}

// Status is a commit status.
type Status struct {
	Context     string `json:"context"`
	State       string `json:"state"` // lower case: success, pending, failure, error
	Description string `json:"description"`
	TargetURL   string `json:"target_url,omitempty"`
	Creator     Person `json:"creator"`
}

// Sibling is another open pull request with the same head commit.
type Sibling struct {
	Number int `json:"number"`
	// State and Description are what its own decision asks for; State "" means
	// it has not been judged at this head yet.
	State       string `json:"state"`
	Description string `json:"description"`
	TargetURL   string `json:"target_url,omitempty"`
}

// Needs is what a decision still has to know. The gate names it, the adapter
// that talks to GitHub fills it in.
type Needs struct {
	// Entries: paths whose tree entries at merge base and head are needed.
	Entries []string
	// Trees: the list of files is incomplete, compare the trees instead.
	Trees bool
	// HeadPolicy: the policy file at the head.
	HeadPolicy bool
	// Teams and the ids whose membership matters; logins are for the search.
	Teams   []string
	Members []Person
	// Logins of the policy's users.
	Logins []string
	// Roles of these people on the repository.
	Roles []Person
	// Pushes and commits to be looked at for gated content: see PushContent.Key.
	Pushes []string
	// Gated are the paths that count as gated content for Pushes.
	Gated []string
	// Labels: names of labels whose existence in the repository matters.
	Labels []string
	// LabelNames: the label history with the names of then.
	LabelNames bool
	// Blobs: ids of files' contents whose texts are needed, see Snapshot.Texts. A
	// submodule's id is none: what it names lies in another repository.
	Blobs []string
}

// Empty reports whether nothing is needed.
func (n Needs) Empty() bool {
	return len(n.Entries) == 0 && !n.Trees && !n.HeadPolicy && len(n.Teams) == 0 && len(n.Members) == 0 &&
		len(n.Logins) == 0 && len(n.Roles) == 0 && len(n.Pushes) == 0 && len(n.Labels) == 0 && !n.LabelNames &&
		len(n.Blobs) == 0
}
