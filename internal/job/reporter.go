package job

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"
	"github.com/rs/zerolog"

	"github.com/slagate/slagate/internal/store"
)

// told is an error with the logger of the work that failed, which names what it was about.
type told struct {
	error
	log *zerolog.Logger
}

func (t told) Unwrap() error { return t.error }

// panicked is a panic with the logger of the work that it ended, as told is an error.
type panicked struct {
	value any
	log   *zerolog.Logger
}

// String is all that River shows of it, in a job's row too.
func (p panicked) String() string { return fmt.Sprint(p.value) }

// named has a panic that passes through know what the work was about. It has to be deferred. A
// panic that begins anew keeps the trace of the first.
func named(ctx context.Context) {
	if value := recover(); value != nil {
		panic(panicked{value, zerolog.Ctx(ctx)})
	}
}

// reporter logs what went wrong, once per attempt.
type reporter struct {
	log zerolog.Logger
}

// HandleError logs a failed attempt.
func (r reporter) HandleError(_ context.Context, job *rivertype.JobRow, err error) *river.ErrorHandlerResult {
	log := r.about(job)
	if t, ok := errors.AsType[told](err); ok {
		log = *t.log
	}
	log.Warn().Err(err).Int("attempt", job.Attempt).Msg("job failed")
	return nil
}

// HandlePanic logs a bug. A value is written as text, for JSON shows nothing of most errors.
func (r reporter) HandlePanic(_ context.Context, job *rivertype.JobRow, value any, trace string) *river.ErrorHandlerResult {
	log := r.about(job)
	if p, ok := value.(panicked); ok {
		log = *p.log
	}
	log.Error().Str("panic", fmt.Sprint(value)).Str("trace", trace).Int("attempt", job.Attempt).Msg("job panicked")
	return nil
}

// about is a logger with what the row of a job tells. It knows most repositories by their ids only.
func (r reporter) about(job *rivertype.JobRow) zerolog.Logger {
	with := r.log.With().Int64("job", job.ID).Str("kind", job.Kind)
	var args struct {
		RepoID int64      `json:"repo_id"`
		Number int        `json:"number"`
		Head   string     `json:"head"`
		Look   store.Look `json:"look"`
	}
	if json.Unmarshal(job.EncodedArgs, &args) != nil {
		return with.Logger() // its kind has to do
	}
	if id := cmp.Or(args.RepoID, args.Look.RepoID); id != 0 {
		with = with.Int64("repo_id", id)
	}
	if args.Look.Repo != "" {
		with = with.Str("repo", args.Look.Owner+"/"+args.Look.Repo)
	}
	if args.Number != 0 {
		with = with.Int("pr", args.Number)
	}
	if head := cmp.Or(args.Head, args.Look.Head); head != "" {
		with = with.Str("head", head)
	}
	return with.Logger()
}
