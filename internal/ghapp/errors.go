package ghapp

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/google/go-github/v62/github"

	"github.com/slagate/slagate/internal/pull"
	"github.com/slagate/slagate/internal/redact"
)

// What can be wrong with an installation, a pull request or a comment as a whole.
var (
	// ErrGone: the installation does not exist any more (404 when asking for its token).
	ErrGone = errors.New("the installation is gone")
	// ErrSuspended: the installation is suspended.
	ErrSuspended = errors.New("the installation is suspended")
	// ErrNotFound: GitHub shows no such repository or pull request to this
	// installation, maybe for a moment only.
	ErrNotFound = errors.New("not found")
	// ErrOtherRepo: the repository of that name has another id than the one meant.
	ErrOtherRepo = errors.New("another repository has this name now")
	// ErrBaseGone: the base branch of the pull request was deleted.
	ErrBaseGone = errors.New("the base branch is gone")
	// ErrUnsupported: this server has no such API (GitHub Enterprise Server may lack some).
	ErrUnsupported = errors.New("this server cannot do that")
	// ErrCutOff: there is more than was read. What was read is returned beside it.
	ErrCutOff = errors.New("there is more than was read")
	// ErrCommentGone: the comment to be edited or reacted to was deleted.
	ErrCommentGone = errors.New("the comment is gone")
)

// LimitedError says that GitHub limits this installation, or would if the request
// had been sent. Nothing of its kind is sent until then.
type LimitedError struct {
	Installation int64 // 0 for requests of the app itself
	Until        time.Time

	why string
	now func() time.Time
}

// Why a request is held back, after "installation 1" and before "until".
const (
	whyGitHub  = "is limited by GitHub"
	whyCalm    = "keeps what is left of its limit for what people wait for"
	whyContent = "has written as much as GitHub allows"
)

func (e *LimitedError) Error() string {
	return fmt.Sprintf("installation %d %s until %s", e.Installation, e.why, e.Until.UTC().Format(time.RFC3339))
}

// RetryAfter is how long to wait before the next try.
func (e *LimitedError) RetryAfter() time.Duration {
	if e.now == nil {
		return minuteWait
	}
	return max(e.Until.Sub(e.now()), 0)
}

// StaleError says that GitHub answered with something older than what a
// signed delivery already told: the read must be repeated, never used.
type StaleError struct {
	Ref  pull.Ref
	What string

	attempt int
}

func (e *StaleError) Error() string {
	return fmt.Sprintf("the read of %s is behind: %s", e.Ref, e.What)
}

// RetryAfter is 1 s after the first try and doubles up to 30 s.
func (e *StaleError) RetryAfter() time.Duration {
	return min(time.Second<<min(max(e.attempt, 0), 5), 30*time.Second)
}

// MovedError says that the repository belongs to another owner now. Its policy
// is the new owner's, so nothing is read under the old name.
type MovedError struct {
	Ref         pull.Ref
	Owner, Repo string // as they are now
}

func (e *MovedError) Error() string {
	return fmt.Sprintf("%s/%s is %s/%s now", e.Ref.Owner, e.Ref.Repo, e.Owner, e.Repo)
}

// RefusedError says that GitHub refused a write as invalid (422). Repeating it
// changes nothing.
type RefusedError struct {
	What    string // "post-status", "edit-comment", ...
	Message string // GitHub's words
}

func (e *RefusedError) Error() string {
	return fmt.Sprintf("GitHub refused to %s: %s", strings.ReplaceAll(e.What, "-", " "), e.Message)
}

// explain turns an error of go-github into one of ours and takes secrets out
// of its text.
func explain(err error) error {
	var limited *LimitedError
	var refusal *github.ErrorResponse
	switch {
	case err == nil:
		return nil
	case errors.As(err, &limited):
		return limited
	case errors.As(err, &refusal):
		return &answerError{status: statusOf(refusal.Response), message: messageOf(refusal), err: err}
	}
	return cleaned(err)
}

// answerError is an answer of GitHub that is not a success.
type answerError struct {
	status  int
	message string
	err     error
}

func (e *answerError) Error() string {
	return fmt.Sprintf("GitHub answered %d: %s", e.status, e.message)
}

func (e *answerError) Unwrap() error { return e.err }

// answered is the HTTP status of the answer that caused err, 0 if there was none.
func answered(err error) int {
	if answer, ok := errors.AsType[*answerError](err); ok {
		return answer.status
	}
	return 0
}

// saidMessage is what GitHub said in the answer that caused err.
func saidMessage(err error) string {
	if answer, ok := errors.AsType[*answerError](err); ok {
		return answer.message
	}
	return ""
}

// permanent reports whether repeating the same read would bring the same
// refusal: GitHub answered 4xx, and not because of limits or the token.
func permanent(err error) bool {
	switch status := answered(err); status {
	case http.StatusUnauthorized, http.StatusForbidden, http.StatusRequestTimeout, http.StatusTooManyRequests:
		return false
	default:
		return status >= 400 && status < 500
	}
}

func statusOf(resp *http.Response) int {
	if resp == nil {
		return 0
	}
	return resp.StatusCode
}

// messageOf joins GitHub's message with the details of its errors, shortened.
func messageOf(refusal *github.ErrorResponse) string {
	parts := []string{refusal.Message}
	for _, e := range refusal.Errors {
		switch {
		case e.Message != "":
			parts = append(parts, e.Message)
		case e.Code != "":
			parts = append(parts, strings.TrimSpace(e.Resource+" "+e.Field+" "+e.Code))
		}
	}
	return shorten(redact.Text(strings.Join(parts, "; ")), 500)
}

// shorten cuts s to at most n bytes at the boundary of a letter, with an ellipsis.
func shorten(s string, n int) string {
	const ellipsis = "…"
	if len(s) <= n {
		return s
	}
	end := 0
	for i := range s {
		if i > n-len(ellipsis) {
			break
		}
		end = i
	}
	return s[:end] + ellipsis
}

// Refusal reports that repeating the write would not help.
func (e *RefusedError) Refusal() bool { return true }
