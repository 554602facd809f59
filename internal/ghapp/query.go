package ghapp

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/slagate/slagate/internal/pull"
)

// The pieces of the query that gathers a pull request. GraphQL allows at most
// 100 nodes a page; the whole costs one point of the limit.
// https://docs.github.com/en/graphql/overview/rate-limits-and-query-limits-for-the-graphql-api
const (
	actorFields = `__typename login ...on User{databaseId} ...on Bot{databaseId} ...on Mannequin{databaseId} ...on Organization{databaseId}`
	userFields  = `__typename login databaseId`
	pageBack    = `pageInfo{hasPreviousPage startCursor}`
	pageOn      = `pageInfo{hasNextPage endCursor}`

	pullFields = `id number state isDraft merged isCrossRepository createdAt updatedAt baseRefName baseRef{target{oid}} ` +
		`headRefName headRefOid changedFiles author{` + actorFields + `} ` +
		`mergedAt mergedBy{` + actorFields + `} baseRefOid mergeCommit{parents(first:2){nodes{oid}}}`
	labelNodes   = `nodes{id name} ` + pageOn
	commentNodes = `nodes{fullDatabaseId databaseId body createdAt lastEditedAt author{` + actorFields + `} editor{` + actorFields + `}} ` + pageBack
	reviewNodes  = `nodes{fullDatabaseId databaseId state submittedAt commit{oid} author{` + actorFields + `}} ` + pageBack
	eventTypes   = `itemTypes:[LABELED_EVENT,UNLABELED_EVENT,HEAD_REF_FORCE_PUSHED_EVENT]`
	eventNodes   = `nodes{__typename ` +
		`...on LabeledEvent{id createdAt actor{` + actorFields + `} label{id name}} ` +
		`...on UnlabeledEvent{id createdAt actor{` + actorFields + `} label{id name}} ` +
		`...on HeadRefForcePushedEvent{id createdAt actor{` + actorFields + `} beforeCommit{oid} afterCommit{oid}}} ` + pageBack
	commitNodes = `totalCount nodes{commit{oid parents(first:10){totalCount nodes{oid}} ` +
		`author{user{` + userFields + `}} committer{user{` + userFields + `}}}} ` + pageOn
	fileNodes    = `totalCount nodes{path changeType} pageInfo{hasNextPage}`
	statusFields = `oid status{contexts{context state description targetUrl creator{` + actorFields + `}}}`
	blobFields   = `__typename oid ...on Blob{byteSize isBinary isTruncated text}`
	treeFields   = `__typename oid ...on Tree{entries{name mode}}`

	// teamSearch: how many members a search for one login may bring; it finds
	// names alike, so the ids are compared.
	teamSearch = 20
)

// number64 reads an id: a number, or a string of digits (GraphQL's BigInt).
type number64 int64

// UnmarshalJSON implements json.Unmarshaler.
func (n *number64) UnmarshalJSON(b []byte) error {
	b = bytes.Trim(b, `"`)
	if string(b) == "null" || len(b) == 0 {
		return nil
	}
	v, err := strconv.ParseInt(string(b), 10, 64)
	if err != nil {
		return fmt.Errorf("%q is not an id: %w", b, err)
	}
	*n = number64(v)
	return nil
}

// ids are the two ways in which GraphQL gives an id: databaseId ends at 32 bits.
type ids struct {
	Full  number64 `json:"fullDatabaseId"`
	Short number64 `json:"databaseId"`
}

func (i ids) id() int64 {
	if i.Full != 0 {
		return int64(i.Full)
	}
	return int64(i.Short)
}

// actor is an account; nil is the ghost.
type actor struct {
	Typename   string   `json:"__typename"`
	Login      string   `json:"login"`
	DatabaseID number64 `json:"databaseId"`
}

func (a *actor) person() pull.Person {
	if a == nil {
		return pull.Person{}
	}
	return pull.Person{ID: int64(a.DatabaseID), Login: a.Login, Kind: a.Typename}
}

type pageInfo struct {
	HasNextPage     bool   `json:"hasNextPage"`
	EndCursor       string `json:"endCursor"`
	HasPreviousPage bool   `json:"hasPreviousPage"`
	StartCursor     string `json:"startCursor"`
}

// connection is one page of a list. A nil connection or node is missing data,
// which is never read as an empty list.
type connection[T any] struct {
	TotalCount int      `json:"totalCount"`
	Nodes      []*T     `json:"nodes"`
	PageInfo   pageInfo `json:"pageInfo"`
}

func (c *connection[T]) whole(what string) error {
	if c == nil || c.Nodes == nil {
		return fmt.Errorf("GitHub answered a query in part only: no %s", what)
	}
	for _, n := range c.Nodes {
		if n == nil {
			return fmt.Errorf("GitHub answered a query in part only: some %s are missing", what)
		}
	}
	return nil
}

type oidNode struct {
	OID string `json:"oid"`
}

// graphRef is a branch; nil: there is none.
type graphRef struct {
	Target *oidNode `json:"target"`
}

func (r *graphRef) tip() string {
	if r == nil || r.Target == nil {
		return ""
	}
	return r.Target.OID
}

type graphLabel struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

type graphComment struct {
	ids
	Body         string    `json:"body"`
	CreatedAt    time.Time `json:"createdAt"`
	LastEditedAt time.Time `json:"lastEditedAt"`
	Author       *actor    `json:"author"`
	Editor       *actor    `json:"editor"`
}

type graphReview struct {
	ids
	State       string    `json:"state"`
	SubmittedAt time.Time `json:"submittedAt"`
	Commit      *oidNode  `json:"commit"`
	Author      *actor    `json:"author"`
}

type graphEvent struct {
	Typename     string      `json:"__typename"`
	ID           string      `json:"id"`
	CreatedAt    time.Time   `json:"createdAt"`
	Actor        *actor      `json:"actor"`
	Label        *graphLabel `json:"label"`
	BeforeCommit *oidNode    `json:"beforeCommit"`
	AfterCommit  *oidNode    `json:"afterCommit"`
}

type gitActor struct {
	User *actor `json:"user"`
}

func (g *gitActor) person() pull.Person {
	if g == nil {
		return pull.Person{}
	}
	return g.User.person()
}

type graphCommit struct {
	Commit struct {
		OID       string               `json:"oid"`
		Parents   *connection[oidNode] `json:"parents"`
		Author    *gitActor            `json:"author"`
		Committer *gitActor            `json:"committer"`
	} `json:"commit"`
}

type graphFile struct {
	Path       string `json:"path"`
	ChangeType string `json:"changeType"`
}

type graphStatus struct {
	OID    string `json:"oid"`
	Status *struct {
		Contexts []struct {
			Context     string `json:"context"`
			State       string `json:"state"`
			Description string `json:"description"`
			TargetURL   string `json:"targetUrl"`
			Creator     *actor `json:"creator"`
		} `json:"contexts"`
	} `json:"status"`
}

// graphObject is a git object found by an expression; nil: there is none.
type graphObject struct {
	Typename    string       `json:"__typename"`
	OID         string       `json:"oid"`
	ByteSize    int64        `json:"byteSize"`
	IsBinary    *bool        `json:"isBinary"`
	IsTruncated bool         `json:"isTruncated"`
	Text        *string      `json:"text"`
	Entries     []graphEntry `json:"entries"`
}

// graphEntry is an entry of a git tree; Mode is git's octal mode as a number.
type graphEntry struct {
	Name string `json:"name"`
	Mode int64  `json:"mode"`
	OID  string `json:"oid"`
}

type graphPull struct {
	ID                string    `json:"id"`
	Number            int       `json:"number"`
	State             string    `json:"state"`
	IsDraft           bool      `json:"isDraft"`
	Merged            bool      `json:"merged"`
	IsCrossRepository bool      `json:"isCrossRepository"`
	CreatedAt         time.Time `json:"createdAt"`
	UpdatedAt         time.Time `json:"updatedAt"`
	BaseRefName       string    `json:"baseRefName"`
	BaseRef           *graphRef `json:"baseRef"`
	HeadRefName       string    `json:"headRefName"`
	HeadRefOID        string    `json:"headRefOid"`
	ChangedFiles      int       `json:"changedFiles"`
	Author            *actor    `json:"author"`

	MergedAt    time.Time `json:"mergedAt"`
	MergedBy    *actor    `json:"mergedBy"`
	BaseRefOID  string    `json:"baseRefOid"`
	MergeCommit *struct {
		Parents *connection[oidNode] `json:"parents"`
	} `json:"mergeCommit"`
	QueueEntry *graphQueueEntry `json:"mergeQueueEntry"`

	Labels   *connection[graphLabel]   `json:"labels"`
	Comments *connection[graphComment] `json:"comments"`
	Reviews  *connection[graphReview]  `json:"reviews"`
	Events   *connection[graphEvent]   `json:"timelineItems"`
	Files    *connection[graphFile]    `json:"files"`
	Commits  *connection[graphCommit]  `json:"commits"`
	Last     *connection[struct {
		Commit graphStatus `json:"commit"`
	}] `json:"last"`
}

// graphRepo is a repository as the query asks for it. The labels asked for by
// alias stay raw.
type graphRepo struct {
	DatabaseID  number64     `json:"databaseId"`
	IsPrivate   bool         `json:"isPrivate"`
	Name        string       `json:"name"`
	Owner       *actor       `json:"owner"`
	Policy      *graphObject `json:"policy"`
	Folder      *graphObject `json:"folder"`
	PullRequest *graphPull   `json:"pullRequest"`
}

// isOther: the owner's .github repository was renamed or given away, and this is what
// its name leads to now.
func (r *graphRepo) isOther(owner string) bool {
	return r.Owner != nil && !strings.EqualFold(r.Owner.Login, owner) || r.Name != "" && !strings.EqualFold(r.Name, pull.OwnerRepo)
}
