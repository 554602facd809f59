package ghapp

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/google/go-github/v62/github"
)

// Delivery is an attempt of GitHub's to deliver an event to us. Attempts of the
// same event have the same GUID.
type Delivery struct {
	ID            int64
	GUID          string
	Event, Action string
	At            time.Time
	// OK: we answered 2xx. GitHub's own filter for failures leaves out outcomes that are
	// neither, so nothing but the status code is believed.
	OK           bool
	StatusCode   int
	Redelivery   bool
	Installation int64 // 0: of none
	RepoID       int64 // 0: of none
}

// Deliveries lists the attempts of the app's webhook since then, newest first, reading not
// more pages of a hundred than given. Where that does not reach back so far, the list comes
// with [ErrCutOff]; a server that has no such list brings [ErrUnsupported].
// https://docs.github.com/en/rest/apps/webhooks#list-deliveries-for-an-app-webhook
func (l *Lister) Deliveries(ctx context.Context, since time.Time, pages int) ([]Delivery, error) {
	var out []Delivery
	opts := &github.ListCursorOptions{PerPage: perPage}
	for range pages {
		listed, resp, err := l.creator.app.rest.Apps.ListHookDeliveries(ctx, opts)
		if err = explain(err); answered(err) == http.StatusNotFound {
			return nil, fmt.Errorf("listing deliveries: %w", ErrUnsupported)
		}
		if err != nil {
			return nil, fmt.Errorf("listing deliveries: %w", err)
		}
		for _, d := range listed {
			if d.GetDeliveredAt().Before(since) {
				return out, nil
			}
			out = append(out, deliveryOf(d))
		}
		if resp.Cursor == "" {
			return out, nil
		}
		opts.Cursor = resp.Cursor
	}
	return out, fmt.Errorf("listing deliveries since %s: %w", since.UTC().Format(time.RFC3339), ErrCutOff)
}

func deliveryOf(d *github.HookDelivery) Delivery {
	code := d.GetStatusCode()
	return Delivery{
		ID: d.GetID(), GUID: d.GetGUID(), Event: d.GetEvent(), Action: d.GetAction(), At: utc(d.GetDeliveredAt().Time),
		OK: code >= 200 && code < 300, StatusCode: code, Redelivery: d.GetRedelivery(),
		Installation: d.GetInstallationID(), RepoID: d.GetRepositoryID(),
	}
}

// Redeliver asks GitHub to deliver an event once more, by the id of one of its attempts.
// [ErrNotFound]: GitHub does not keep it any more. A *[RefusedError]: it never will.
// https://docs.github.com/en/rest/apps/webhooks#redeliver-a-delivery-for-an-app-webhook
func (l *Lister) Redeliver(ctx context.Context, id int64) error {
	_, _, err := l.creator.app.rest.Apps.RedeliverHookDelivery(ctx, id)
	if _, accepted := errors.AsType[*github.AcceptedError](err); accepted || err == nil {
		return nil // 202 is an error to go-github
	}
	switch err = explain(err); {
	case answered(err) == http.StatusNotFound:
		err = ErrNotFound
	case answered(err) == http.StatusUnprocessableEntity:
		err = &RefusedError{What: "redeliver", Message: saidMessage(err)}
	}
	return fmt.Errorf("redelivering %d: %w", id, err)
}
