package ghapp

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"github.com/google/go-github/v62/github"

	"github.com/slagate/slagate/internal/plan"
	"github.com/slagate/slagate/internal/pull"
)

// descriptionLimit is GitHub's limit of a status's description; whether it
// counts characters or bytes is not said, so bytes.
// https://docs.github.com/en/rest/commits/statuses#create-a-commit-status
const descriptionLimit = 140

// Writer carries out actions. It is safe for concurrent use.
type Writer struct {
	creator *Creator
}

// NewWriter makes a Writer.
func NewWriter(c *Creator) *Writer { return &Writer{creator: c} }

// Result is what GitHub said of what was done.
type Result struct {
	// CommentID is the comment that was written to or reacted to.
	CommentID int64
	// UpdatedAt is GitHub's time of the write: of a comment its updated_at.
	UpdatedAt time.Time
}

// Apply carries out one action on a pull request. It is sent at most once. The
// error is a *[RefusedError] if GitHub refused it as invalid, [ErrCommentGone]
// if the comment was deleted, a *[LimitedError] if nothing was sent or done
// because of a limit; any other may have been done or not.
func (w *Writer) Apply(ctx context.Context, ref pull.Ref, a plan.Action) (Result, error) {
	inst, err := w.creator.installation(ref.Installation)
	if err != nil {
		return Result{}, fmt.Errorf("%s on %s: %w", a.Kind, ref, err)
	}
	s := &step{rest: inst.rest, owner: url.PathEscape(ref.Owner), repo: url.PathEscape(ref.Repo), number: ref.Number, action: a}
	result, err := s.do(ctx)
	if err != nil {
		return Result{}, fmt.Errorf("%s on %s: %w", a.Kind, ref, s.explain(err))
	}
	return result, nil
}

// step is one action on its way.
type step struct {
	rest        *github.Client
	owner, repo string
	number      int
	action      plan.Action
}

func (s *step) do(ctx context.Context) (Result, error) {
	switch s.action.Kind {
	case plan.PostStatus:
		return s.postStatus(ctx)
	case plan.CreateComment:
		comment, _, err := s.rest.Issues.CreateComment(ctx, s.owner, s.repo, s.number, s.body())
		return ofComment(comment), err
	case plan.EditComment:
		comment, _, err := s.rest.Issues.EditComment(ctx, s.owner, s.repo, s.action.CommentID, s.body())
		return ofComment(comment), err
	case plan.DeleteComment:
		resp, err := s.rest.Issues.DeleteComment(ctx, s.owner, s.repo, s.action.CommentID)
		return Result{CommentID: s.action.CommentID}, unlessGone(resp, err)
	case plan.AddLabels:
		_, _, err := s.rest.Issues.AddLabelsToIssue(ctx, s.owner, s.repo, s.number, s.action.Labels)
		return Result{}, err
	case plan.RemoveLabel:
		return s.removeLabel(ctx)
	case plan.CreateLabel:
		return s.createLabel(ctx)
	case plan.React:
		_, _, err := s.rest.Reactions.CreateIssueCommentReaction(ctx, s.owner, s.repo, s.action.CommentID, s.action.Reaction)
		return Result{CommentID: s.action.CommentID}, err
	}
	return Result{}, fmt.Errorf("unknown kind of action %q", s.action.Kind)
}

func (s *step) body() *github.IssueComment {
	return &github.IssueComment{Body: new(s.action.Body)}
}

func ofComment(c *github.IssueComment) Result {
	return Result{CommentID: c.GetID(), UpdatedAt: utc(c.GetUpdatedAt().Time)}
}

func (s *step) postStatus(ctx context.Context) (Result, error) {
	if !objectID.MatchString(s.action.Head) {
		return Result{}, fmt.Errorf("head %q: %w", shorten(s.action.Head, 80), errNotCommit)
	}
	status := s.action.Status
	posted := &github.RepoStatus{
		State: new(status.State), Context: new(status.Context),
		Description: new(shorten(status.Description, descriptionLimit)),
	}
	if status.TargetURL != "" {
		posted.TargetURL = new(status.TargetURL)
	}
	answer, _, err := s.rest.Repositories.CreateStatus(ctx, s.owner, s.repo, s.action.Head, posted)
	return Result{UpdatedAt: utc(answer.GetUpdatedAt().Time)}, err
}

// removeLabel escapes the name, which go-github does not: "a#b" would take
// label "a" off. Names that a path cannot hold are refused here.
func (s *step) removeLabel(ctx context.Context) (Result, error) {
	name, err := s.label()
	if err != nil {
		return Result{}, err
	}
	if name == "." || name == ".." {
		return Result{}, &RefusedError{What: string(plan.RemoveLabel), Message: fmt.Sprintf("label %q cannot be named in a path", name)}
	}
	resp, err := s.rest.Issues.RemoveLabelForIssue(ctx, s.owner, s.repo, s.number, url.PathEscape(name))
	return Result{}, unlessGone(resp, err)
}

func (s *step) createLabel(ctx context.Context) (Result, error) {
	name, err := s.label()
	if err != nil {
		return Result{}, err
	}
	_, _, err = s.rest.Issues.CreateLabel(ctx, s.owner, s.repo, &github.Label{
		Name: new(name), Color: new(s.action.Color), Description: new(s.action.Description),
	})
	if alreadyExists(err) {
		return Result{}, nil
	}
	return Result{}, err
}

func (s *step) label() (string, error) {
	if len(s.action.Labels) != 1 || s.action.Labels[0] == "" {
		return "", fmt.Errorf("the action names %d labels instead of one", len(s.action.Labels))
	}
	return s.action.Labels[0], nil
}

// unlessGone: taking away what is not there is done already.
func unlessGone(resp *github.Response, err error) error {
	if err != nil && resp != nil && (resp.StatusCode == http.StatusNotFound || resp.StatusCode == http.StatusGone) {
		return nil
	}
	return err
}

func alreadyExists(err error) bool {
	var refusal *github.ErrorResponse
	if !errors.As(err, &refusal) || statusOf(refusal.Response) != http.StatusUnprocessableEntity {
		return false
	}
	for _, e := range refusal.Errors {
		if e.Code == "already_exists" {
			return true
		}
	}
	return false
}

// explain makes the errors of writes that callers tell apart.
func (s *step) explain(err error) error {
	if _, ok := errors.AsType[*RefusedError](err); ok {
		return err
	}
	err = explain(err)
	switch answered(err) {
	case http.StatusUnprocessableEntity:
		return &RefusedError{What: string(s.action.Kind), Message: saidMessage(err)}
	case http.StatusNotFound, http.StatusGone:
		if s.action.Kind == plan.EditComment || s.action.Kind == plan.React {
			return fmt.Errorf("comment %d: %w", s.action.CommentID, ErrCommentGone)
		}
	}
	return err
}
