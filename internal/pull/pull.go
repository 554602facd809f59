// Package pull holds one pull request at one instant as plain data.
//
// A [Snapshot] is everything the gate needs to decide: what GitHub said when
// it was asked, what signed deliveries said when they came in ([Evidence]) and
// what slagate itself remembers ([Memory]). It marshals to JSON and back
// without loss, so a stored snapshot can be judged again years later and gives
// the same decision, byte for byte.
//
// Three rules keep it honest. Facts are kept raw: nothing here has been judged.
// "Not asked", "asked and no" and "could not find out" are three different
// values. And every time in it is GitHub's, never this machine's.
//
// The package imports nothing of slagate but the six words of package commitment, and does no I/O.
package pull

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Ref names a pull request. RepoID and Number are its identity; the names are
// for the URLs and change when a repository is renamed or transferred.
type Ref struct {
	Installation int64  `json:"installation"`
	RepoID       int64  `json:"repo_id"`
	Owner        string `json:"owner"`
	Repo         string `json:"repo"`
	Number       int    `json:"number"`
}

// String is the form used in logs and errors: owner/repo#12.
func (r Ref) String() string { return fmt.Sprintf("%s/%s#%d", r.Owner, r.Repo, r.Number) }

// The kinds of account that GitHub knows (the REST user.type, GraphQL's
// __typename). Only KindUser can sign.
const (
	KindUser         = "User"
	KindBot          = "Bot"
	KindOrganization = "Organization"
	KindMannequin    = "Mannequin"
)

// Person is an account as GitHub showed it. The zero Person is the ghost: an
// account that was deleted or that GitHub could not attribute. Kind "" means
// GitHub did not say.
type Person struct {
	ID    int64  `json:"id,omitempty"`
	Login string `json:"login,omitempty"`
	Kind  string `json:"kind,omitempty"`
}

// IsHuman reports whether the account can stand for a person: type User, with
// an id, and not GitHub's ghost (user 10137 on github.com).
func (p Person) IsHuman() bool {
	return p.Kind == KindUser && p.ID != 0 && p.Login != "ghost"
}

// Snapshot is one pull request at one instant.
type Snapshot struct {
	// At is GitHub's clock (its Date header) when the facts were read.
	At  time.Time `json:"at"`
	Ref Ref       `json:"ref"`
	// App is slagate's own bot account; Login is without the suffix "[bot]".
	App  Person `json:"app"`
	Pull Pull   `json:"pull"`

	Policy PolicyFacts `json:"policy"`

	// Files are the changed files, by path. When FilesProblem is not empty the
	// list could not be had whole and everything counts as touched.
	Files        []File `json:"files"`
	FilesProblem string `json:"files_problem,omitempty"`

	Labels      []Label      `json:"labels,omitempty"`       // on the pull request now
	LabelEvents []LabelEvent `json:"label_events,omitempty"` // GitHub's history, oldest first
	// LabelNames is the same history with the names of then (REST keeps them,
	// GraphQL shows the present one); read only when Needs.LabelNames asks.
	LabelNames []LabelName `json:"label_names,omitempty"`
	// LabelNamesRead: LabelNames were read, even if there are none.
	LabelNamesRead bool        `json:"label_names_read,omitempty"`
	ForcePushes    []ForcePush `json:"force_pushes,omitempty"` // oldest first
	Comments       []Comment   `json:"comments,omitempty"`     // people's comments, oldest first; ours is in Observed
	Reviews        []Review    `json:"reviews,omitempty"`      // oldest first
	Commits        []Commit    `json:"commits,omitempty"`      // of the pull request, oldest first
	// CommitsProblem is set when the commits could not be had whole.
	CommitsProblem string `json:"commits_problem,omitempty"`

	Teams    []Team    `json:"teams,omitempty"`
	Accounts []Account `json:"accounts,omitempty"`
	Roles    []Role    `json:"roles,omitempty"`
	// Pushes says for pushes and commits that were asked about whether they
	// changed gated content.
	Pushes []PushContent `json:"pushes,omitempty"`
	// Texts are the contents that were asked for by their ids, each BlobFound or
	// BlobUnreadable; by OID, each once. See [Snapshot.Text] and [Snapshot.AddText].
	Texts []Blob `json:"texts,omitempty"`

	// Bindings are the ids that stood behind the policy's names when they were
	// first read, by BindingKey.
	Bindings map[string]int64 `json:"bindings,omitempty"`

	Evidence []Evidence `json:"evidence,omitempty"` // in order of arrival
	Memory   Memory     `json:"memory"`
	Observed Observed   `json:"observed"`
}

// Pull is the pull request itself.
type Pull struct {
	NodeID      string    `json:"node_id,omitempty"`
	Open        bool      `json:"open"`
	Merged      bool      `json:"merged,omitempty"`
	Draft       bool      `json:"draft,omitempty"`
	Fork        bool      `json:"fork,omitempty"`
	Author      Person    `json:"author"`
	CreatedAt   time.Time `json:"created_at"`
	UpdatedAt   time.Time `json:"updated_at"`
	BaseBranch  string    `json:"base_branch"`
	BaseTip     string    `json:"base_tip"`             // tip of the base branch now, never base.sha; once merged BaseSHA
	MergeBase   string    `json:"merge_base,omitempty"` // of Head and BaseTip; "" until asked
	HeadBranch  string    `json:"head_branch,omitempty"`
	Head        string    `json:"head"`
	Changed     int       `json:"changed_files"` // GitHub's own count
	RepoPrivate bool      `json:"repo_private,omitempty"`
	// MergedAt and MergedBy are zero unless it was merged; so is BaseSHA, the base branch's
	// tip right before. The tip of now contains the change, so that it tells no difference.
	MergedAt time.Time `json:"merged_at,omitzero"`
	MergedBy Person    `json:"merged_by,omitzero"`
	BaseSHA  string    `json:"base_sha,omitempty"`
}

// BlobState says what was found where a file was looked for.
type BlobState string

// What a look for a file can find.
const (
	BlobNotAsked   BlobState = ""           // nobody looked
	BlobFound      BlobState = "found"      // a regular file, Text holds it
	BlobAbsent     BlobState = "absent"     // looked for and certainly not there
	BlobSymlink    BlobState = "symlink"    // a symbolic link: never followed
	BlobUnreadable BlobState = "unreadable" // there, but too large, binary or not a file; Problem says which
	BlobHidden     BlobState = "hidden"     // the repository is not visible to the app (GitHub says 404)
	BlobNoAnswer   BlobState = "no-answer"  // GitHub did not answer; Problem says what it said
)

// Blob is the content of one file at one commit.
type Blob struct {
	State   BlobState `json:"state,omitempty"`
	OID     string    `json:"oid,omitempty"`
	Text    string    `json:"text,omitempty"`
	Problem string    `json:"problem,omitempty"`
}

// PolicyFacts are the texts that the policy in force is made of.
type PolicyFacts struct {
	// Base is .github/slagate.yml at the tip of the base branch.
	Base Blob `json:"base"`
	// BaseLastValid is the last text of it on that branch that was valid ("" if none is known).
	BaseLastValid string `json:"base_last_valid,omitempty"`
	// Head is the file at the head, looked at only where the pull request touches it.
	Head Blob `json:"head"`
	// Elsewhere: no policy may apply here, but the repository has or had one, so
	// that its pull requests are always answered.
	Elsewhere bool `json:"elsewhere,omitempty"`
	// Owner is slagate.yml in the owner's .github repository, default branch.
	Owner Blob `json:"owner"`
	// OwnerLastValid is the last valid owner default that was seen ("" if none ever was).
	OwnerLastValid string `json:"owner_last_valid,omitempty"`
	// OwnerUnreadableSince is the day from which on Owner could not be read or was
	// invalid although a valid one had been seen; zero if it is fine.
	OwnerUnreadableSince time.Time `json:"owner_unreadable_since,omitzero"`
}

// Names of the policy files.
const (
	PolicyPath      = ".github/slagate.yml"
	OwnerRepo       = ".github"
	OwnerPolicyPath = "slagate.yml"
)

// Why a content has no text to read: the Problem of a BlobUnreadable.
const (
	ProblemTooLarge = "is larger than 1 MiB"
	ProblemNotText  = "is not a text file"
)

// Text finds the content with this id among Texts; false if it was not asked for.
func (s *Snapshot) Text(oid string) (Blob, bool) {
	at, ok := slices.BinarySearchFunc(s.Texts, oid, byOID)
	if !ok {
		return Blob{}, false
	}
	return s.Texts[at], true
}

// AddText puts a content in its place among Texts. An id always means the same
// content, so a newer answer only takes the place of an older one.
func (s *Snapshot) AddText(b Blob) {
	at, ok := slices.BinarySearchFunc(s.Texts, b.OID, byOID)
	if ok {
		s.Texts[at] = b
		return
	}
	s.Texts = slices.Insert(s.Texts, at, b)
}

func byOID(b Blob, oid string) int { return strings.Compare(b.OID, oid) }

// FileStatus is GitHub's word for what happened to a file.
type FileStatus string

// The file states of GitHub's list of files of a pull request.
const (
	FileAdded    FileStatus = "added"
	FileRemoved  FileStatus = "removed"
	FileModified FileStatus = "modified"
	FileRenamed  FileStatus = "renamed"
	FileCopied   FileStatus = "copied"
	FileChanged  FileStatus = "changed" // mode or type
)

// File is one changed file. Before and After are filled for gated files only.
type File struct {
	Path     string     `json:"path"`
	Previous string     `json:"previous_path,omitempty"`
	Status   FileStatus `json:"status"`
	Before   *Entry     `json:"before,omitempty"` // at the merge base; nil: not asked; Mode "" : not there
	After    *Entry     `json:"after,omitempty"`  // at the head
	// Problem says why Before or After could not be read, in words.
	Problem string `json:"problem,omitempty"`
}

// Entry is an entry of a git tree.
type Entry struct {
	Mode string `json:"mode,omitempty"` // "100644", "100755", "120000" symlink, "160000" submodule, "040000" folder
	OID  string `json:"oid,omitempty"`
	Size int64  `json:"size,omitempty"` // bytes; 0 where unknown
}

// Exists reports whether the path is there at that commit.
func (e *Entry) Exists() bool { return e != nil && e.Mode != "" }

// The modes of git tree entries that matter here.
const (
	ModeSymlink   = "120000"
	ModeSubmodule = "160000"
)

// Label is a label of the repository. NodeID is GraphQL's id of it.
type Label struct {
	NodeID string `json:"node_id,omitempty"`
	Name   string `json:"name"`
}

// LabelEvent is one entry of GitHub's history of labels on the pull request.
type LabelEvent struct {
	ID      string    `json:"id"` // GraphQL node id of the event
	Added   bool      `json:"added"`
	Label   Label     `json:"label"` // as GitHub shows it now: GraphQL gives the live label, with its present name
	Actor   Person    `json:"actor"`
	Created time.Time `json:"created_at"`
}

// LabelName is one entry of the label history with the name of then.
type LabelName struct {
	Added   bool      `json:"added"`
	Name    string    `json:"name"`
	ActorID int64     `json:"actor_id"`
	Actor   Person    `json:"actor,omitzero"`
	Created time.Time `json:"created_at"`
}

// ForcePush is a force-push of the head branch.
type ForcePush struct {
	ID      string    `json:"id"`
	Actor   Person    `json:"actor"`
	Before  string    `json:"before,omitempty"`
	After   string    `json:"after,omitempty"`
	Created time.Time `json:"created_at"`
}

// Comment is a comment on the pull request as GitHub shows it now.
type Comment struct {
	ID       int64     `json:"id"`
	Author   Person    `json:"author"`
	Body     string    `json:"body"`
	Created  time.Time `json:"created_at"`
	EditedAt time.Time `json:"edited_at,omitzero"`
	Editor   Person    `json:"editor,omitzero"`
}

// Review is a review of the pull request. State is GitHub's word in upper case.
type Review struct {
	ID        int64     `json:"id"`
	Author    Person    `json:"author"`
	State     string    `json:"state"`
	Commit    string    `json:"commit,omitempty"`
	Submitted time.Time `json:"submitted_at"`
}

// The review states that matter.
const (
	ReviewApproved         = "APPROVED"
	ReviewChangesRequested = "CHANGES_REQUESTED"
	ReviewDismissed        = "DISMISSED"
)

// Commit is a commit of the pull request with the GitHub accounts that it names.
type Commit struct {
	OID       string   `json:"oid"`
	Parents   []string `json:"parents,omitempty"`
	Author    Person   `json:"author"`
	Committer Person   `json:"committer"`
}

// Team is the answer to a question about a team of the policy.
type Team struct {
	Slug string `json:"slug"` // "acme/legal", as the policy has it
	ID   int64  `json:"id,omitempty"`
	// Problem is empty when the team was found. Else it is a short phrase for
	// people: "not found", "not visible to slagate".
	Problem string `json:"problem,omitempty"`
	// NoAnswer: GitHub did not answer; Problem says what it said. Never a no.
	NoAnswer bool `json:"no_answer,omitempty"`
	// Total is the number of its active members, child teams included.
	Total int `json:"total"`
	// Asked are the ids asked about, Members those of them that are active
	// members. An id in neither was not asked about.
	Asked   []int64 `json:"asked,omitempty"`
	Members []int64 `json:"members,omitempty"`
}

// Account is the answer to a question about a login that the policy names.
type Account struct {
	Login  string `json:"login"` // as the policy has it
	Person Person `json:"person,omitzero"`
	// Belongs: a member of the owner or a collaborator of the repository.
	Belongs bool `json:"belongs"`
	// Problem and NoAnswer as in Team.
	Problem  string `json:"problem,omitempty"`
	NoAnswer bool   `json:"no_answer,omitempty"`
}

// Role is somebody's permission on the repository: admin, maintain, write,
// triage, read, none.
type Role struct {
	ID         int64  `json:"id"`
	Permission string `json:"permission"`
}

// PushContent is the answer to the question whether a push or a commit changed
// gated content. Key is "before..after" for a push, the commit's id for a commit.
type PushContent struct {
	Key string `json:"key"`
	// Gated: it changed gated content. Merging the base in does not.
	Gated bool `json:"gated"`
	// Unreadable: the trees could not be read, Gated is then true.
	Unreadable bool `json:"unreadable,omitempty"`
}

// EvidenceKind says what a signed delivery told us.
type EvidenceKind string

// The kinds of evidence.
const (
	EvidenceOpened         EvidenceKind = "opened"          // pull_request opened: Head, Labels already on it
	EvidencePush           EvidenceKind = "push"            // pull_request synchronize: Before, Head, Actor
	EvidenceLabeled        EvidenceKind = "labeled"         // pull_request labeled: Label, Actor, Head
	EvidenceUnlabeled      EvidenceKind = "unlabeled"       // pull_request unlabeled: Label ("": it was deleted in the repository), Actor, Head
	EvidenceMerged         EvidenceKind = "merged"          // pull_request closed, merged: Actor, Head
	EvidenceReview         EvidenceKind = "review"          // pull_request_review submitted: ReviewID, ReviewState, Actor, Head, Commit
	EvidenceComment        EvidenceKind = "comment"         // issue_comment created: CommentID, Actor, Body
	EvidenceCommentEdited  EvidenceKind = "comment-edited"  // issue_comment edited: CommentID, Actor (who edited), Author, From, Body
	EvidenceCommentDeleted EvidenceKind = "comment-deleted" // issue_comment deleted: CommentID, Actor
	EvidenceLabelGone      EvidenceKind = "label-gone"      // label deleted or renamed in the repository: Label, From
)

// Evidence is what one signed delivery said, reduced to what can matter. It is
// a hint until a read from GitHub confirms the event it speaks of.
type Evidence struct {
	Seq      int64        `json:"seq"`      // order of arrival, given by the store
	Delivery string       `json:"delivery"` // GUID
	Kind     EvidenceKind `json:"kind"`
	At       time.Time    `json:"at"` // GitHub's time in the payload (second precision)
	Actor    Person       `json:"actor"`

	Head       string `json:"head,omitempty"`
	Before     string `json:"before,omitempty"`
	BaseBranch string `json:"base_branch,omitempty"`

	Label  string   `json:"label,omitempty"`
	Labels []string `json:"labels,omitempty"`

	CommentID int64  `json:"comment_id,omitempty"`
	Author    Person `json:"author,omitzero"`
	Body      string `json:"body,omitempty"`
	From      string `json:"from,omitempty"`

	ReviewID    int64  `json:"review_id,omitempty"`
	ReviewState string `json:"review_state,omitempty"`
	Commit      string `json:"commit,omitempty"`
}

// BindingKey is the key under which the id behind a name of the policy is kept:
// the policy line it stands in, "team" or "user", and the name.
func BindingKey(line, kind, name string) string { return line + "|" + kind + "|" + name }
