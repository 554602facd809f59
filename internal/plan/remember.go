package plan

import (
	"slices"
	"strings"

	"github.com/slagate/slagate/internal/pull"
	"github.com/slagate/slagate/internal/taskbox"
)

// Remember is the memory after a step was carried out: the status that was
// posted, the comment that stands. For CreateComment, commentID is the new
// comment's id. Statuses of other heads are forgotten.
func Remember(m pull.Memory, done Action, commentID int64) pull.Memory {
	switch done.Kind {
	case PostStatus:
		s := done.Status
		m.Posted = slices.DeleteFunc(slices.Clone(m.Posted), func(p pull.Posted) bool {
			return p.Head != done.Head || strings.EqualFold(p.Context, s.Context)
		})
		m.Posted = append(m.Posted, pull.Posted{
			Head: done.Head, Context: s.Context, State: s.State, Description: s.Description, TargetURL: s.TargetURL,
		})
	case CreateComment:
		m.CommentID, m.CommentHash = commentID, taskbox.Hash(done.Body)
	case EditComment:
		m.CommentID, m.CommentHash = done.CommentID, taskbox.Hash(done.Body)
	case DeleteComment, AddLabels, RemoveLabel, CreateLabel, React:
	}
	return m
}
