package controller

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/rs/zerolog"
)

// Deliveries is GitHub's own list of what it delivered, or could not.
type Deliveries interface {
	// Deliveries are the attempts since then, newest first. whole is false if there
	// were more than could be read at once.
	Deliveries(ctx context.Context, since time.Time) (list []Attempt, whole bool, err error)
	// Redeliver asks for an attempt's event once more. GitHub may have forgotten it, which is no error.
	Redeliver(ctx context.Context, id int64) error
}

// Asked keeps which deliveries were asked for again, and how far the list was read.
type Asked interface {
	AskedAgain(ctx context.Context, guids []string) (asked []string, err error)
	NoteAsked(ctx context.Context, guid string) error
	Mark(ctx context.Context, name string) (time.Time, error)
	SetMark(ctx context.Context, name string, at time.Time) error
}

// Attempt is one attempt to deliver an event; attempts of one event share the GUID.
type Attempt struct {
	ID   int64
	GUID string
	At   time.Time
	OK   bool
}

// ErrNoList says that the server keeps no list of deliveries.
var ErrNoList = errors.New("this server keeps no list of deliveries")

const (
	// markDeliveries is the name under which it is kept how far the list was read.
	markDeliveries = "deliveries"
	// keptByGitHub is how long github.com can deliver an event again.
	// https://docs.github.com/en/webhooks/testing-and-troubleshooting-webhooks/redelivering-webhooks
	keptByGitHub = 3 * 24 * time.Hour
	// overlap is read once more each time: attempts get their place in the list
	// late, and clocks differ.
	overlap = time.Hour
	// redeliveries bounds what one run asks for; the next one goes on.
	redeliveries = 200
)

// Recover asks GitHub once more for each event that it could not deliver: the
// service was away, or too slow. What is known of an event only through its
// delivery, such as the commit that somebody saw who signed, is not lost that way.
// Where there is no such list the sweep alone finds out what happened.
func (c *Controller) Recover(ctx context.Context) error {
	began := c.Now()
	since, err := c.Asked.Mark(ctx, markDeliveries)
	if err != nil {
		return err
	}
	if oldest := began.Add(-keptByGitHub); since.Before(oldest) {
		since = oldest
	}
	list, whole, err := c.Deliveries.Deliveries(ctx, since.Add(-overlap))
	if errors.Is(err, ErrNoList) {
		zerolog.Ctx(ctx).Info().Msg("github keeps no list of deliveries here, what gets lost is found by sweeps alone")
		return nil
	}
	if err != nil {
		return fmt.Errorf("list deliveries: %w", err)
	}
	if !whole {
		zerolog.Ctx(ctx).Warn().Int("read", len(list)).Msg("more deliveries than can be looked through, the oldest are left to the sweep")
	}
	all, err := c.askAgain(ctx, failed(list))
	if err != nil || !all {
		return err
	}
	return c.Asked.SetMark(ctx, markDeliveries, began)
}

// failed are the last attempts of the events of which no attempt succeeded, oldest first.
func failed(list []Attempt) []Attempt {
	delivered := map[string]bool{}
	for _, a := range list {
		delivered[a.GUID] = delivered[a.GUID] || a.OK
	}
	last := map[string]Attempt{}
	for _, a := range list {
		if !delivered[a.GUID] && a.GUID != "" && !a.At.Before(last[a.GUID].At) {
			last[a.GUID] = a
		}
	}
	out := make([]Attempt, 0, len(last))
	for _, a := range last {
		out = append(out, a)
	}
	slices.SortFunc(out, func(a, b Attempt) int { return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.ID, b.ID)) })
	return out
}

// askAgain asks for each event that was not asked for before. all is false if some are left.
func (c *Controller) askAgain(ctx context.Context, events []Attempt) (all bool, err error) {
	guids := make([]string, 0, len(events))
	for _, a := range events {
		guids = append(guids, a.GUID)
	}
	before, err := c.Asked.AskedAgain(ctx, guids)
	if err != nil {
		return false, err
	}
	events = slices.DeleteFunc(events, func(a Attempt) bool { return slices.Contains(before, a.GUID) })
	all = len(events) <= redeliveries
	events = events[:min(len(events), redeliveries)]
	for i, a := range events {
		if err := c.Deliveries.Redeliver(ctx, a.ID); err != nil {
			c.Observer.Redelivered(i, 1)
			return false, fmt.Errorf("ask for delivery %s again: %w", a.GUID, err)
		}
		if err := c.Asked.NoteAsked(ctx, a.GUID); err != nil {
			return false, err
		}
	}
	if len(events) > 0 {
		c.Observer.Redelivered(len(events), 0)
		zerolog.Ctx(ctx).Info().Int("deliveries", len(events)).Msg("failed deliveries asked for again")
	}
	return all, nil
}
