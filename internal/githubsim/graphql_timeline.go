package githubsim

import (
	"strings"
	"time"

	graphql "github.com/graph-gophers/graphql-go"
)

// timelineTypes maps REST's words to the schema's item types.
func timelineTypes() map[string]string {
	return map[string]string{
		"labeled": "LABELED_EVENT", "unlabeled": "UNLABELED_EVENT", "head_ref_force_pushed": "HEAD_REF_FORCE_PUSHED_EVENT",
		"base_ref_changed": "BASE_REF_CHANGED_EVENT", "closed": "CLOSED_EVENT", "reopened": "REOPENED_EVENT", "merged": "MERGED_EVENT",
		"renamed": "RENAMED_TITLE_EVENT", "ready_for_review": "READY_FOR_REVIEW_EVENT", "convert_to_draft": "CONVERT_TO_DRAFT_EVENT",
		"added_to_merge_queue": "ADDED_TO_MERGE_QUEUE_EVENT", "removed_from_merge_queue": "REMOVED_FROM_MERGE_QUEUE_EVENT",
		"commented": "ISSUE_COMMENT", "reviewed": "PULL_REQUEST_REVIEW",
	}
}

// TimelineItems are the entries of the timeline, oldest first. An event whose
// label was deleted is left out: its label cannot be shown and may not be null.
func (g *gqlPull) TimelineItems(args struct {
	pageArgs
	ItemTypes *[]string
	Since     *dateTime
},
) (*timelinePage, error) {
	types := timelineTypes()
	var all []*gqlNode
	for _, e := range g.p.events {
		if args.ItemTypes != nil && !contains(*args.ItemTypes, types[e.Kind]) || args.Since != nil && e.At.Before(args.Since.Time) {
			continue
		}
		if item, ok := timelineItem(g.c, g.p, e); ok {
			all = append(all, item)
		}
	}
	page, err := connect("timelineItems", args.pageArgs, all, func(n *gqlNode) gqlNode { return *n })
	if err != nil {
		return nil, err
	}
	return &timelinePage{page, len(all), g.p.updated}, nil
}

// timelineItem makes the item of an event.
func timelineItem(c *call, p *Pull, e *Event) (*gqlNode, bool) {
	switch {
	case e.Kind == "commented":
		if x := p.comment(e.Comment.ID); x != nil {
			return &gqlNode{graphql.ID(x.NodeID), newComment(c, x)}, true
		}
		return nil, false
	case e.Kind == "reviewed":
		return &gqlNode{graphql.ID(e.Review.NodeID), newReview(c, p, e.Review)}, true
	case strings.HasSuffix(e.Kind, "labeled") && e.Label == nil:
		return nil, false
	default:
		return &gqlNode{graphql.ID(e.NodeID), &gqlEvent{graphql.ID(e.NodeID), actor(c, e.Actor), dateTime{e.At}, c, p, e}}, true
	}
}

// timelinePage is a page of the timeline.
type timelinePage struct {
	page    *conn[gqlNode]
	all     int
	updated time.Time
}

// Nodes are the items.
func (t *timelinePage) Nodes() *[]*gqlNode { return t.page.Nodes() }

// Edges are the items with their cursors.
func (t *timelinePage) Edges() *[]*edge[gqlNode] { return t.page.Edges() }

// PageInfo tells where the page stands.
func (t *timelinePage) PageInfo() pageInfo { return t.page.PageInfo() }

// TotalCount is the number of items of the types asked for.
func (t *timelinePage) TotalCount() int32 { return count32(t.all) }

// FilteredCount is the same number.
func (t *timelinePage) FilteredCount() int32 { return count32(t.all) }

// PageCount is the number of items on the page.
func (t *timelinePage) PageCount() int32 { return count32(len(t.page.items)) }

// UpdatedAt is when the pull request last changed.
func (t *timelinePage) UpdatedAt() dateTime { return dateTime{t.updated} }

// gqlEvent is an event of any type; the schema's types pick their fields.
type gqlEvent struct {
	ID        graphql.ID
	Actor     *gqlAccount
	CreatedAt dateTime
	c         *call
	p         *Pull
	e         *Event
}

// DatabaseID is REST's id.
func (g *gqlEvent) DatabaseID() *int32 { return number32(g.e.ID) }

// Label is the label as it is now.
func (g *gqlEvent) Label() *gqlLabel { return newLabel(g.e.Label) }

// BeforeCommit is the head before a force-push.
func (g *gqlEvent) BeforeCommit() *gqlCommit { return commitOf(g.c, g.p.repo, g.e.Before) }

// AfterCommit is the head after a force-push.
func (g *gqlEvent) AfterCommit() *gqlCommit { return commitOf(g.c, g.p.repo, g.e.After) }

// Ref is the head branch.
func (g *gqlEvent) Ref() (*gqlRef, error) { return newPull(g.c, g.p).HeadRef() }

// CurrentRefName is the new base branch.
func (g *gqlEvent) CurrentRefName() string { return g.e.After }

// PreviousRefName is the former base branch.
func (g *gqlEvent) PreviousRefName() string { return g.e.Before }

// CurrentTitle is the new title.
func (g *gqlEvent) CurrentTitle() string { return g.e.After }

// PreviousTitle is the former title.
func (g *gqlEvent) PreviousTitle() string { return g.e.Before }

// Commit is the commit of a merge.
func (g *gqlEvent) Commit() *gqlCommit { return commitOf(g.c, g.p.repo, g.e.After) }

// MergeRefName is the branch merged into.
func (g *gqlEvent) MergeRefName() string { return g.p.base }

// Reason is why it left the merge queue.
func (g *gqlEvent) Reason() *string { return textOrNull(g.e.After) }
