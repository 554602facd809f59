package ghapp

import (
	"context"
	"fmt"

	"github.com/google/go-github/v62/github"

	"github.com/slagate/slagate/internal/pull"
)

// labelNames reads the label history with the names of then. GraphQL's events
// show the present name of a label, so that a renamed one would look as if it
// had always been called so; REST keeps the old name.
// Source: https://github.com/aws-actions/stale-issue-cleanup/issues/20
func (f *filling) labelNames(ctx context.Context) error {
	if !f.needs.LabelNames {
		return nil
	}
	var names []pull.LabelName
	err := allPages(func(opts *github.ListOptions) (*github.Response, error) {
		events, resp, err := f.inst.rest.Issues.ListIssueEvents(ctx, f.ref.Owner, f.ref.Repo, f.ref.Number, opts)
		for _, e := range events {
			if kind := e.GetEvent(); kind == "labeled" || kind == "unlabeled" {
				actor := e.GetActor()
				names = append(names, pull.LabelName{
					Added: kind == "labeled", Name: e.GetLabel().GetName(), ActorID: actor.GetID(), Created: utc(e.GetCreatedAt().Time),
					Actor: pull.Person{ID: actor.GetID(), Login: actor.GetLogin(), Kind: actor.GetType()},
				})
			}
		}
		return resp, err
	})
	if err != nil {
		return fmt.Errorf("reading the label history: %w", err)
	}
	f.snap.LabelNames, f.snap.LabelNamesRead = names, true
	return nil
}
