package plan

import "github.com/slagate/slagate/internal/pull"

// Kind is what an action does at GitHub.
type Kind string

// The kinds of action.
const (
	PostStatus    Kind = "post-status"    // Status on Head
	CreateComment Kind = "create-comment" // Body
	EditComment   Kind = "edit-comment"   // CommentID, Body
	DeleteComment Kind = "delete-comment" // CommentID; only doubles of our own
	AddLabels     Kind = "add-labels"     // Labels on the pull request
	RemoveLabel   Kind = "remove-label"   // Labels[0] from the pull request
	CreateLabel   Kind = "create-label"   // Labels[0] in the repository, with Color and Description
	React         Kind = "react"          // Reaction on CommentID
)

// Action is one step towards what GitHub should look like. Repeating it is safe.
type Action struct {
	Kind        Kind        `json:"kind"`
	Head        string      `json:"head,omitempty"`
	Status      pull.Status `json:"status,omitzero"`
	CommentID   int64       `json:"comment_id,omitempty"`
	Body        string      `json:"body,omitempty"`
	Labels      []string    `json:"labels,omitempty"`
	Color       string      `json:"color,omitempty"` // six hex digits, without "#"
	Description string      `json:"description,omitempty"`
	Reaction    string      `json:"reaction,omitempty"`
}
