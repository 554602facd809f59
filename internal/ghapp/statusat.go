package ghapp

import (
	"context"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/google/go-github/v62/github"

	"github.com/slagate/slagate/internal/pull"
)

// StatusAt says what a status context said on a commit at an instant; false if nothing
// yet. GitHub's times are whole seconds: what was posted within the second of the instant
// counts as posted before it.
// https://docs.github.com/en/rest/commits/statuses#list-commit-statuses-for-a-reference
func (l *Lister) StatusAt(ctx context.Context, ref pull.Ref, sha, contextOf string, at time.Time) (pull.Status, bool, error) {
	status, found, err := l.statusAt(ctx, ref, sha, contextOf, at)
	if err != nil {
		return pull.Status{}, false, fmt.Errorf("looking for the status of %s at %s: %w", ref, at.UTC().Format(time.RFC3339), cleaned(err))
	}
	return status, found, nil
}

func (l *Lister) statusAt(ctx context.Context, ref pull.Ref, sha, contextOf string, at time.Time) (found pull.Status, ok bool, err error) {
	if !objectID.MatchString(sha) {
		return pull.Status{}, false, fmt.Errorf("commit %q: %w", shorten(sha, 80), errNotCommit)
	}
	inst, err := l.creator.installation(ref.Installation)
	if err != nil {
		return pull.Status{}, false, err
	}
	err = allPages(func(opts *github.ListOptions) (*github.Response, error) {
		listed, resp, err := inst.rest.Repositories.ListStatuses(ctx, url.PathEscape(ref.Owner), url.PathEscape(ref.Repo), sha, opts)
		for _, s := range listed { // newest first
			if !ok && strings.EqualFold(s.GetContext(), contextOf) && !s.GetCreatedAt().After(at) {
				found, ok = statusOfREST(s), true
				resp.NextPage = 0 // the rest is older
			}
		}
		return resp, err
	})
	return found, ok, err
}

func statusOfREST(s *github.RepoStatus) pull.Status {
	creator := s.GetCreator()
	return pull.Status{
		Context: s.GetContext(), State: strings.ToLower(s.GetState()), Description: s.GetDescription(), TargetURL: s.GetTargetURL(),
		Creator: pull.Person{ID: creator.GetID(), Login: creator.GetLogin(), Kind: creator.GetType()},
	}
}
